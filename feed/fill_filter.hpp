// FillFilter: which trades of one leader were seen before. Pure.
//
// Remembers (symbol, trade id) exactly, up to its capacity. The oldest then makes room and leaves a
// floor for its symbol: an id at or below the floor counts as seen, so forgetting never copies a
// trade twice. Owned by one thread; everything is allocated by the constructor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/ids.hpp"
#include "core/limits.hpp"

namespace copyd::feed {

class FillFilter {
 public:
  // REQUIRES: capacity > 0; symbol ids stay below `symbols`.
  explicit FillFilter(std::size_t symbols, std::size_t capacity = limits::seen_trades_max);

  // True the first time a trade is shown; false ever after.
  bool accept(SymbolId symbol, TradeId trade) noexcept;
  bool seen(SymbolId symbol, TradeId trade) const noexcept;

 private:
  struct Entry {
    TradeId trade;
    SymbolId symbol;
  };
  std::size_t home_of(const Entry& entry) const noexcept;
  // Where the entry is in `index_`, or the free place where it belongs.
  std::size_t place_of(const Entry& entry) const noexcept;
  void forget_oldest() noexcept;

  std::vector<Entry> ring_;  // in order of arrival; `next_` is the oldest once it is full
  std::size_t next_ = 0;
  std::size_t size_ = 0;
  std::vector<std::uint32_t> index_;  // open addressing; 0 is free, else place in the ring + 1
  std::vector<TradeId> floor_;        // by symbol
};

}  // namespace copyd::feed
