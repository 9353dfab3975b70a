// Public market data: mark prices, tickers, a book of sorts, funding.
#include <algorithm>

#include "sim/encode.hpp"

namespace copyd::sim::encode {

namespace {

constexpr std::int64_t eight_hours = 8 * 3'600'000;
constexpr int book_levels = 20;

// Calls `row` for one symbol as an object, or for all of them as an array of objects.
template <class Row>
std::string one_or_all(const Exchange& exchange, std::optional<SymbolIndex> symbol, Row row) {
  JsonWriter out;
  if (symbol) {
    row(out, *symbol);
    return out.take();
  }
  out.array();
  for (SymbolIndex index = 0; index < exchange.symbols().size(); ++index) row(out, index);
  out.end_array();
  return out.take();
}

std::string shown(const SymbolSpec& spec, Price price) {
  return padded(price, spec.price_precision);
}

// What stands on each level of the book.
Qty level_qty(const SymbolSpec& spec, int level) {
  return Qty::from_units(spec.step.units() * (1000 - 37 * level));
}

// The best prices: everybody trades at the last price, so it is the best bid and a tick above it
// the best ask.
Price ask_of(const Exchange& exchange, SymbolIndex symbol) {
  return exchange.market(symbol).last + exchange.symbol(symbol).tick;
}

}  // namespace

std::string premium_index(const Exchange& exchange, std::optional<SymbolIndex> symbol,
                          VenueTime now) {
  return one_or_all(exchange, symbol, [&](JsonWriter& out, SymbolIndex index) {
    const auto& market = exchange.market(index);
    const auto mark = padded(market.mark, 8);
    out.object()
        .text("symbol", exchange.symbol(index).name)
        .text("markPrice", mark)
        .text("indexPrice", mark)
        .text("estimatedSettlePrice", mark)
        .text("lastFundingRate", padded(market.funding_rate, 8))
        .text("interestRate", "0.00010000")
        .number("nextFundingTime", (now.ms / eight_hours + 1) * eight_hours)
        .number("time", now.ms)
        .end_object();
  });
}

std::string ticker_price(const Exchange& exchange, std::optional<SymbolIndex> symbol,
                         VenueTime now) {
  return one_or_all(exchange, symbol, [&](JsonWriter& out, SymbolIndex index) {
    const auto& spec = exchange.symbol(index);
    out.object()
        .text("symbol", spec.name)
        .text("price", shown(spec, exchange.market(index).last))
        .number("time", now.ms)
        .end_object();
  });
}

std::string book_ticker(const Exchange& exchange, std::optional<SymbolIndex> symbol,
                        VenueTime now) {
  return one_or_all(exchange, symbol, [&](JsonWriter& out, SymbolIndex index) {
    const auto& spec = exchange.symbol(index);
    const auto qty = padded(level_qty(spec, 0), spec.quantity_precision);
    out.object()
        .text("symbol", spec.name)
        .text("bidPrice", shown(spec, exchange.market(index).last))
        .text("bidQty", qty)
        .text("askPrice", shown(spec, ask_of(exchange, index)))
        .text("askQty", qty)
        .number("time", now.ms)
        .number("lastUpdateId", exchange.market(index).next_trade_id)
        .end_object();
  });
}

std::string depth(const Exchange& exchange, SymbolIndex symbol, int levels, VenueTime now) {
  const auto& spec = exchange.symbol(symbol);
  JsonWriter out;
  out.object()
      .number("lastUpdateId", exchange.market(symbol).next_trade_id)
      .number("E", now.ms)
      .number("T", now.ms);
  const auto side = [&](std::string_view name, Price best, Price apart) {
    out.key(name).array();
    Price price = best;
    for (int level = 0; level < std::min(levels, book_levels) && price.sign() > 0; ++level) {
      out.array()
          .string(shown(spec, price))
          .string(padded(level_qty(spec, level), spec.quantity_precision))
          .end_array();
      price += apart;
    }
    out.end_array();
  };
  side("bids", exchange.market(symbol).last, -spec.tick);
  side("asks", ask_of(exchange, symbol), spec.tick);
  out.end_object();
  return out.take();
}

std::string funding_rates(const Exchange& exchange, std::optional<SymbolIndex> symbol,
                          std::optional<std::int64_t> from, std::optional<std::int64_t> to,
                          std::size_t limit) {
  struct Row {
    SymbolIndex symbol;
    Funding funding;
  };
  std::vector<Row> rows;
  for (SymbolIndex index = 0; index < exchange.symbols().size(); ++index) {
    if (symbol && *symbol != index) continue;
    for (const auto& funding : exchange.market(index).fundings)
      if (funding.time.ms >= from.value_or(0) && funding.time.ms <= to.value_or(INT64_MAX))
        rows.push_back({index, funding});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& left, const Row& right) {
    return left.funding.time < right.funding.time;
  });
  // From the start when a start is given, else the most recent.
  const std::size_t many = std::min(limit, rows.size());
  const std::size_t first = from ? 0 : rows.size() - many;
  JsonWriter out;
  out.array();
  for (std::size_t i = first; i < first + many; ++i)
    out.object()
        .text("symbol", exchange.symbol(rows[i].symbol).name)
        .number("fundingTime", rows[i].funding.time.ms)
        .text("fundingRate", padded(rows[i].funding.rate, 8))
        .text("markPrice", padded(rows[i].funding.mark, 8))
        .text("rateType", "Regular")
        .end_object();
  out.end_array();
  return out.take();
}

}  // namespace copyd::sim::encode
