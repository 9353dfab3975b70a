// What the benchmarks share: a symbol, and followers that copy one leader one to one.
#pragma once

#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/symbols.hpp"
#include "risk/copier.hpp"

namespace copyd::bench {

inline SymbolTable make_symbols() {
  SymbolTable symbols;
  const SymbolFilters filters{.tick = *Price::parse("0.0001"),
                              .step = *Qty::parse("0.1"),
                              .min_qty = *Qty::parse("0.1"),
                              .max_qty = Qty::whole(50'000),
                              .min_notional = *Usd::parse("5.05")};
  symbols.add({.name = "DOTUSDT", .filters = filters});
  return symbols;
}

inline const SymbolTable& symbols() {
  static const SymbolTable table = make_symbols();
  return table;
}

inline const std::vector<config::Leader>& leaders() {
  static const std::vector<config::Leader> all{{.label = "alpha"}};
  return all;
}

inline std::vector<config::Follower> make_followers(std::size_t count) {
  config::Link link;
  link.leader = "alpha";
  link.sizing = config::FixedRatio{Ratio::whole(1)};
  link.max_fill_age.reset();  // no leader's stream tells the venue's time here
  link.order = {.type = config::OrderStyle::Type::market};
  std::vector<config::Follower> followers(count);
  for (std::size_t i = 0; i < count; ++i) {
    followers[i].label = "follower" + std::to_string(i);
    followers[i].links = {link};
  }
  return followers;
}

// All on lane 0. `followers` outlives what is returned.
inline std::vector<risk::CopierSetup::Follower> on_one_lane(
    const std::vector<config::Follower>& followers) {
  std::vector<risk::CopierSetup::Follower> all;
  for (const auto& follower : followers) all.push_back({follower, 0});
  return all;
}

// The n-th fill of the leader, n from 1 on: in and out by turns, so that books stay small.
inline LeaderFill fill_of(std::int64_t n, Mono received) {
  LeaderFill fill;
  fill.trade = TradeId{n};
  fill.price = Price::whole(5);
  fill.qty = fill.order_qty = Qty::whole(10);
  fill.time = VenueTime{n};
  fill.received = received;
  fill.side = n % 2 != 0 ? Side::buy : Side::sell;
  return fill;
}

}  // namespace copyd::bench
