// One FollowerBook with a small world around it: symbols, two leaders, prices, and a record of what
// the book decided.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "risk/follower_book.hpp"
#include "tests/unit/risk/amounts.hpp"

namespace copyd::test {

inline constexpr SymbolId btc{0};
inline constexpr SymbolId eth{1};
inline constexpr SymbolId doge{2};
inline constexpr SymbolId no_filters{3};
inline constexpr SymbolId not_copyable{4};
inline constexpr LeaderId alpha{0};
inline constexpr LeaderId beta{1};

inline SymbolTable symbols_for_tests() {
  SymbolTable table;
  table.add({"BTCUSDT", SymbolFilters{"0.1"_price, "0.001"_qty, "0.001"_qty, "120"_qty, "100"_usd},
             true});
  table.add(
      {"ETHUSDT", SymbolFilters{"0.01"_price, "0.001"_qty, "0.003"_qty, "20"_qty, "20"_usd}, true});
  table.add(
      {"DOGEUSDT", SymbolFilters{"0.00001"_price, "1"_qty, "1"_qty, "30000"_qty, "5"_usd}, true});
  table.add({"NEWUSDT", std::nullopt, true});
  table.add({"BTCBUSD", SymbolFilters{"0.1"_price, "0.001"_qty, "0.001"_qty, "120"_qty, "100"_usd},
             false});
  return table;
}

inline config::Link link_to(const std::string& leader, config::Sizing sizing) {
  config::Link link;
  link.leader = leader;
  link.sizing = sizing;
  link.order.type = config::OrderStyle::Type::market;
  link.max_fill_age.reset();
  return link;
}

class BookRig final : public risk::BookSink {
 public:
  struct Options {
    std::vector<config::Link> links{link_to("alpha", config::FixedRatio{Ratio::whole(1)})};
    risk::OrderLimits limits{};
    std::optional<PositionMode> mode = PositionMode::one_way;
    std::string name = "bob";
    std::int64_t settle_start = 1'000;
  };
  explicit BookRig(const Options& options)
      : settle_number(options.settle_start),
        prices(symbols.size()),
        shared{symbols, prices, symbol_keys, leader_keys, orders, settle_number, gate, doubts} {
    risk::FollowerBook::Setup setup;
    setup.key = name_key(options.name);
    setup.limits = options.limits;
    for (const auto& link : options.links)
      setup.links.push_back(risk::resolve(link, link.leader == "alpha" ? alpha : beta, symbols));
    book = std::make_unique<risk::FollowerBook>(std::move(setup), shared);
    if (!options.mode) return;
    book->set_mode(*options.mode);
    book->set_state(StateCause::connection, FollowerState::active, *this);
  }
  BookRig() : BookRig(Options{}) {}

  // What the last event decided.
  std::vector<Order> sent;
  std::vector<risk::Skip> skipped;
  int links_done = 0;
  int links_moved = 0;

  void on_order(const Order& order) noexcept override { sent.push_back(order); }
  void on_skip(const risk::Skip& skip) noexcept override { skipped.push_back(skip); }
  void on_link_done(bool moved) noexcept override {
    ++links_done;
    links_moved += moved ? 1 : 0;
  }
  void forget() {
    sent.clear();
    skipped.clear();
    links_done = 0;
    links_moved = 0;
  }

  LeaderFill fill_of(SymbolId symbol, Side side, Qty qty, Price price) {
    LeaderFill fill;
    fill.trade = TradeId{++last_trade};
    fill.symbol = symbol;
    fill.leader = alpha;
    fill.side = side;
    fill.qty = qty;
    fill.order_qty = qty;
    fill.price = price;
    fill.received = clock.now();
    return fill;
  }
  void fill(const LeaderFill& fill, std::optional<int> age_ms = 1) {
    forget();
    prices[fill.symbol.value] = fill.price;
    std::optional<std::chrono::milliseconds> age;
    if (age_ms) age = std::chrono::milliseconds(*age_ms);
    book->fill({.fill = fill, .age = age, .now = clock.now()}, *this);
  }
  void buy(Qty qty) { fill(fill_of(btc, Side::buy, qty, "50000"_price)); }
  void sell(Qty qty) { fill(fill_of(btc, Side::sell, qty, "50000"_price)); }
  void result(OrderRef ref, Qty filled) {
    forget();
    book->result(ref, filled, Reject::missed, *this);
  }
  // Fills every order sent by the last event.
  void fill_all_sent() {
    const auto orders_sent = sent;
    for (const Order& order : orders_sent) result(order->ref, order->qty);
  }
  void state(StateCause cause, FollowerState value) {
    forget();
    book->set_state(cause, value, *this);
  }
  std::vector<Reject> reasons() const {
    std::vector<Reject> all;
    for (const auto& skip : skipped) all.push_back(skip.reason);
    return all;
  }
  risk::FollowerBook::LegRow row(SymbolId symbol, Leg leg = Leg::both) const {
    for (std::size_t i = 0; i < book->rows(); ++i)
      if (book->row(i).symbol == symbol && book->row(i).leg == leg) return book->row(i);
    return {.symbol = symbol,
            .leg = leg,
            .target = {},
            .position = {},
            .effective = {},
            .in_flight = {}};
  }

  SymbolTable symbols = symbols_for_tests();
  std::int64_t settle_number;
  std::int64_t last_trade = 0;
  ManualClock clock;
  std::vector<Price> prices;
  std::array<NameKey, 5> symbol_keys{1, 2, 3, 4, 5};
  std::array<NameKey, 2> leader_keys{11, 12};
  risk::OrderTable orders{256};
  risk::Gate gate{clock};
  std::uint8_t doubts = 0;
  risk::BookShared shared;
  std::unique_ptr<risk::FollowerBook> book;
};

}  // namespace copyd::test
