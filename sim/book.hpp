// Book: what rests on one symbol, of all accounts, in the order in which it fills, and the
// conditional orders that watch its price. Only an index: the orders are their accounts'.
#pragma once

#include <set>
#include <utility>

#include "sim/account.hpp"

namespace copyd::sim {

struct BookEntry {
  Price price{};
  std::uint64_t queue = 0;
  AccountIndex account = 0;
  std::size_t place = 0;  // in the account's orders
};

struct HighestFirst {
  bool operator()(const BookEntry& left, const BookEntry& right) const noexcept {
    if (left.price != right.price) return left.price > right.price;
    return left.queue < right.queue;
  }
};

struct LowestFirst {
  bool operator()(const BookEntry& left, const BookEntry& right) const noexcept {
    if (left.price != right.price) return left.price < right.price;
    return left.queue < right.queue;
  }
};

struct Book {
  std::set<BookEntry, HighestFirst> buys{};
  std::set<BookEntry, LowestFirst> sells{};
  std::set<std::pair<AccountIndex, std::size_t>> algos{};  // by place in the account's

  void add(AccountIndex account, std::size_t place, const Order& order) {
    const BookEntry entry{order.price, order.queue, account, place};
    if (order.side == Side::buy) buys.insert(entry);
    else sells.insert(entry);
  }
  void remove(const Order& order) {
    const BookEntry entry{order.price, order.queue, 0, 0};
    if (order.side == Side::buy) buys.erase(entry);
    else sells.erase(entry);
  }
};

// Something that happens to an order by itself, unless it changed before.
struct Deadline {
  enum class Kind : std::uint8_t { order, algo, countdown };
  Kind kind = Kind::order;
  AccountIndex account = 0;
  std::size_t place = 0;   // of the order or the conditional order
  SymbolIndex symbol = 0;  // of a countdown
};

}  // namespace copyd::sim
