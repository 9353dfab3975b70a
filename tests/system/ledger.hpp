// Ledger: what really happened, by the venue's own record: orders, trades and positions of every
// account. And what must hold of it whatever was done to the daemon: one sentence for each breach.
// It shares nothing with the engine but the form of a client order id.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/system/rig.hpp"

namespace copyd::system_test {

struct LedgerOrder {
  std::string client_id;
  std::string symbol;
  std::string side;  // BUY, SELL
  std::string leg;
  std::string type;
  std::int64_t order_id = 0;
  Qty qty;
  Qty executed;
  bool reduce_only = false;
  std::int64_t time = 0;

  int sign() const { return side == "BUY" ? 1 : -1; }
  // Of copyd's own orders; "" of others. Without the attempt: what all attempts have in common.
  std::string copy() const;
};

struct LedgerTrade {
  std::string symbol;
  std::string side;
  std::int64_t trade_id = 0;
  Qty qty;

  int sign() const { return side == "BUY" ? 1 : -1; }
};

struct LedgerAccount {
  std::vector<LedgerOrder> orders;
  std::vector<LedgerTrade> trades;
  std::map<std::pair<std::string, std::string>, Qty> positions;  // symbol, leg
};

using Ledger = std::map<std::string, LedgerAccount>;  // by label

Ledger read_ledger(const Json& reply);

using Breaches = std::vector<std::string>;

// A client order id that the venue has two orders of.
Breaches ids_used_twice(const Ledger& ledger);
// Copies whose attempts together executed more than any one of them was to.
Breaches copies_beyond_their_size(const Ledger& ledger);

}  // namespace copyd::system_test
