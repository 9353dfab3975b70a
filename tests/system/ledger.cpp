#include "tests/system/ledger.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace copyd::system_test {
namespace {

using Element = simdjson::dom::element;

std::string text_of(const Element& object, std::string_view key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

std::int64_t number_of(const Element& object, std::string_view key) {
  std::int64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : 0;
}

bool flag_of(const Element& object, std::string_view key) {
  bool value = false;
  return object[key].get(value) == simdjson::SUCCESS && value;
}

Qty qty_of(const Element& object, std::string_view key) {
  return Qty::parse(text_of(object, key)).value_or(Qty());
}

simdjson::dom::array array_of(const Element& object, std::string_view key) {
  simdjson::dom::array array;
  return object[key].get(array) == simdjson::SUCCESS ? array : simdjson::dom::array();
}

LedgerAccount read_account(const Element& row) {
  LedgerAccount account;
  for (const auto order : array_of(row, "orders"))
    account.orders.push_back({.client_id = text_of(order, "client_order_id"),
                              .symbol = text_of(order, "symbol"),
                              .side = text_of(order, "side"),
                              .leg = text_of(order, "position_side"),
                              .type = text_of(order, "type"),
                              .order_id = number_of(order, "order_id"),
                              .qty = qty_of(order, "qty"),
                              .executed = qty_of(order, "executed"),
                              .reduce_only = flag_of(order, "reduce_only"),
                              .time = number_of(order, "time")});
  for (const auto trade : array_of(row, "trades"))
    account.trades.push_back({.symbol = text_of(trade, "symbol"),
                              .side = text_of(trade, "side"),
                              .trade_id = number_of(trade, "trade_id"),
                              .qty = qty_of(trade, "qty")});
  for (const auto position : array_of(row, "positions"))
    account.positions[{text_of(position, "symbol"), text_of(position, "leg")}] =
        qty_of(position, "qty");
  return account;
}

}  // namespace

// "c1", 22 digits of the copy, one of the attempt.
std::string LedgerOrder::copy() const {
  if (client_id.size() != 25 || !client_id.starts_with("c1")) return {};
  return client_id.substr(0, 24);
}

Ledger read_ledger(const Json& reply) {
  Ledger ledger;
  for (const auto row : array_of(reply.root(), "accounts"))
    ledger[text_of(row, "label")] = read_account(row);
  return ledger;
}

Breaches ids_used_twice(const Ledger& ledger) {
  Breaches breaches;
  for (const auto& [label, account] : ledger) {
    std::set<std::string> seen;
    for (const auto& order : account.orders)
      if (!order.client_id.empty() && !seen.insert(order.client_id).second)
        breaches.push_back(fmt::format("{}: {} was accepted twice", label, order.client_id));
  }
  return breaches;
}

Breaches copies_beyond_their_size(const Ledger& ledger) {
  Breaches breaches;
  for (const auto& [label, account] : ledger) {
    struct Copy {
      Qty most;
      Qty executed;
    };
    std::map<std::string, Copy> copies;
    for (const auto& order : account.orders) {
      if (order.copy().empty()) continue;
      Copy& copy = copies[order.copy()];
      copy.most = std::max(copy.most, order.qty);
      copy.executed += order.executed;
    }
    for (const auto& [id, copy] : copies)
      if (copy.executed > copy.most)
        breaches.push_back(fmt::format("{}: {}… executed {} units, sized for {}", label, id,
                                       copy.executed.units(), copy.most.units()));
  }
  return breaches;
}

}  // namespace copyd::system_test
