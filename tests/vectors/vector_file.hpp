// A file of copy-semantics vectors: event sequences with the exact answer expected after every
// event. Read strictly: an unknown key, a missing one or a malformed number refuses the file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/schema.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"

namespace copyd::vectors {

struct FillEvent {
  std::string leader, symbol;
  Side side = Side::buy;
  Leg leg = Leg::both;
  Qty qty, order_qty;
  Price price;
  std::int64_t trade = 0;
  std::int64_t age_ms = 0;
  bool forced = false;
};
struct ResultEvent {
  std::uint64_t order = 0;
  Qty filled;
};
struct EquityEvent {
  std::map<std::string, Usd> leaders;
  std::optional<Usd> follower;
};
struct MarkEvent {
  std::map<std::string, Price> prices;
};
struct StateEvent {
  FollowerState state = FollowerState::active;
};
struct LeaderPositionEvent {
  std::string leader, symbol;
  Leg leg = Leg::both;
  Qty qty;
};
struct FollowerPositionEvent {
  std::string symbol;
  Leg leg = Leg::both;
  Qty qty;
};
using Event = std::variant<FillEvent, ResultEvent, EquityEvent, MarkEvent, StateEvent,
                           LeaderPositionEvent, FollowerPositionEvent>;

// What is decided and held after one event, as lines of text that are equal exactly when the
// answers are.
struct Answer {
  std::vector<std::string> orders, skips, book;
};

struct OrderLine {
  std::uint64_t id = 0;
  std::string symbol;
  Side side = Side::buy;
  Leg leg = Leg::both;
  Price limit;  // 0: MARKET
  Qty qty;
  bool reduce_only = false;
};
struct BookLine {
  std::string symbol;
  Leg leg = Leg::both;
  Qty target, position, in_flight;
};
std::string text_of(const OrderLine& order);
std::string text_of_skip(std::uint64_t link, const std::string& symbol, const std::string& reason);
std::string text_of(const BookLine& line);

struct Case {
  std::string name;
  PositionMode mode = PositionMode::one_way;
  std::vector<config::Link> links;
  std::map<std::string, SymbolFilters> symbols;
  config::Limits limits;
  std::vector<LeaderPositionEvent> leader_positions;
  std::vector<Event> events;
  std::vector<Answer> expect;  // one per event
};

struct ReadCases {
  std::vector<Case> cases;
  std::string error;  // empty: read whole
};
ReadCases read_cases(const std::string& path);

}  // namespace copyd::vectors
