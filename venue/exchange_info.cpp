// exchangeInfo: 1.1 MB, every symbol, filters in any order of keys.
#include <simdjson.h>
#include <algorithm>

#include "venue/account_codec.hpp"
#include "venue/records.hpp"

namespace copyd::venue {
namespace {

namespace dom = simdjson::dom;

using records::field;
using records::is_ambiguous;

struct LotSize {
  Qty step;
  Qty min_qty;
  Qty max_qty;
};

bool read_lot_size(const dom::object& filter, LotSize& out) {
  return field(filter, "stepSize", out.step) && field(filter, "minQty", out.min_qty) &&
         field(filter, "maxQty", out.max_qty) && out.step.sign() >= 0 && out.min_qty.sign() >= 0;
}

// One per cent above the venue's own figure, rounded up: a MARKET order is measured at a mark that
// moves while the order travels.
bool read_min_notional(const dom::object& filter, Usd& out) {
  Usd notional;
  if (!field(filter, "notional", notional) || notional.sign() < 0) return false;
  const int128 raised = (static_cast<int128>(notional.units()) * 101 + 99) / 100;
  if (raised > INT64_MAX) return false;
  out = Usd::from_units(static_cast<std::int64_t>(raised));
  return true;
}

// The filters that an order of ours must respect. All four have to be there, each once.
std::optional<SymbolFilters> read_filters(const dom::object& symbol) {
  dom::array array;
  if (symbol["filters"].get_array().get(array)) return std::nullopt;
  enum Kind : unsigned { price_filter, lot_size, market_lot_size, min_notional };
  json::Seen seen;
  SymbolFilters out;
  LotSize limit;
  LotSize market;
  for (const dom::element item : array) {
    dom::object filter;
    std::string_view type;
    if (item.get_object().get(filter) || is_ambiguous(filter) || !field(filter, "filterType", type))
      return std::nullopt;
    bool sound = true;
    if (type == "PRICE_FILTER")
      sound = seen.first(price_filter) && field(filter, "tickSize", out.tick);
    else if (type == "LOT_SIZE") sound = seen.first(lot_size) && read_lot_size(filter, limit);
    else if (type == "MARKET_LOT_SIZE")
      sound = seen.first(market_lot_size) && read_lot_size(filter, market);
    else if (type == "MIN_NOTIONAL")
      sound = seen.first(min_notional) && read_min_notional(filter, out.min_notional);
    if (!sound) return std::nullopt;
  }
  if (!seen.all(0b1111)) return std::nullopt;
  out.step = std::max(limit.step, market.step);
  out.min_qty = std::max(limit.min_qty, market.min_qty);
  out.max_qty = std::min(limit.max_qty, market.max_qty);
  if (out.tick.sign() <= 0 || out.step.sign() <= 0 || out.max_qty < out.min_qty ||
      out.max_qty.sign() <= 0)
    return std::nullopt;
  return out;
}

bool read_symbol(const dom::object& object, Symbol& out) {
  std::string_view name;
  std::string_view quote;
  std::string_view status;
  if (!field(object, "symbol", name) || name.empty()) return false;
  out.name = name;
  out.copyable = field(object, "quoteAsset", quote) && (quote == "USDT" || quote == "USDC");
  // A symbol that does not trade keeps its place in the table: positions may still be held on it.
  if (field(object, "status", status) && status == "TRADING" && !is_ambiguous(object))
    out.filters = read_filters(object);
  return true;
}

void read_rate_limit(const dom::object& row, ExchangeInfo& out) {
  std::string_view type;
  std::string_view interval;
  std::int64_t count = 0;
  std::int64_t limit = 0;
  if (!field(row, "rateLimitType", type) || !field(row, "interval", interval) ||
      !field(row, "intervalNum", count) || !field(row, "limit", limit) || limit <= 0 ||
      limit > INT32_MAX)
    return;
  if (type == "REQUEST_WEIGHT" && interval == "MINUTE" && count == 1)
    out.weight_per_minute = static_cast<int>(limit);
  if (type != "ORDERS") return;
  if (interval == "SECOND" && count == 10) out.orders_per_10s = static_cast<int>(limit);
  if (interval == "MINUTE" && count == 1) out.orders_per_minute = static_cast<int>(limit);
}

}  // namespace

Result<ExchangeInfo> decode_exchange_info(std::string_view body) {
  dom::parser parser;
  dom::element root;
  dom::array symbols;
  if (json::parse_body(parser, body).get(root) || root["symbols"].get_array().get(symbols))
    return make_error_code(Errc::malformed);

  ExchangeInfo info;
  dom::array limits;
  if (!root["rateLimits"].get_array().get(limits)) {
    for (const dom::element item : limits) {
      dom::object row;
      if (!item.get_object().get(row)) read_rate_limit(row, info);
    }
  }
  for (const dom::element item : symbols) {
    dom::object object;
    Symbol symbol;
    if (item.get_object().get(object) || !read_symbol(object, symbol))
      return make_error_code(Errc::malformed);
    if (!info.symbols.add(std::move(symbol))) return make_error_code(Errc::too_large);
  }
  return info;
}

}  // namespace copyd::venue
