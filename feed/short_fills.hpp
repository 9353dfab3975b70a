// ShortFills: the last fills that TRADE_LITE has told, until they are told whole, in
// ORDER_TRADE_UPDATE: by how much the short word was ahead, and that the second word of the same
// connection is no repetition. Pure.
//
// Owned by the feed's thread; nothing is allocated. What is beyond the capacity is not measured.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "feed/said_once.hpp"

namespace copyd::feed {

class ShortFills {
 public:
  static constexpr std::size_t capacity = 64;

  // `fresh`: nobody has told it before, so that it need not be looked for on the path of a fill.
  void told(SymbolId symbol, TradeId trade, Connection by, Mono at, bool fresh) noexcept {
    Row* row = fresh ? nullptr : find(symbol, trade);
    if (row == nullptr) {
      row = &rows_[next_++ % capacity];
      *row = {.trade = trade, .at = at, .symbol = symbol, .was_first = fresh};
    }
    row->waits[static_cast<std::size_t>(by)] = true;
  }
  struct Whole {
    bool expected = false;  // this connection has told it shortly
    // By how long the short word was first, on whichever connection. Empty: it was not, or another
    // one has told it whole before.
    std::optional<std::chrono::nanoseconds> behind;
  };
  Whole told_whole(SymbolId symbol, TradeId trade, Connection by, Mono at) noexcept {
    Row* const row = find(symbol, trade);
    if (row == nullptr) return {};
    Whole whole;
    whole.expected = std::exchange(row->waits[static_cast<std::size_t>(by)], false);
    if (std::exchange(row->was_first, false)) whole.behind = at - row->at;
    return whole;
  }

 private:
  struct Row {
    TradeId trade{};
    Mono at{};
    SymbolId symbol{};
    bool was_first = false;  // and nobody has told it whole yet
    std::array<bool, connections_max> waits{};
  };
  Row* find(SymbolId symbol, TradeId trade) noexcept {
    const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) {
      return r.trade == trade && r.symbol == symbol;
    });
    return row == rows_.end() ? nullptr : &*row;
  }

  std::array<Row, capacity> rows_{};
  std::size_t next_ = 0;
};

}  // namespace copyd::feed
