#include "feed/fill_filter.hpp"

#include <bit>

#include "core/assert.hpp"

namespace copyd::feed {

FillFilter::FillFilter(std::size_t symbols, std::size_t capacity)
    // At most half full, so that searches stay short.
    : ring_(capacity), index_(std::bit_ceil(capacity * 2)), floor_(symbols) {
  ASSERT(capacity > 0 && capacity < UINT32_MAX);
}

bool FillFilter::accept(SymbolId symbol, TradeId trade) noexcept {
  ASSERT(symbol.value < floor_.size());
  if (trade <= floor_[symbol.value]) return false;
  const Entry entry{.trade = trade, .symbol = symbol};
  std::size_t place = place_of(entry);
  if (index_[place] != 0) return false;
  if (size_ == ring_.size()) {
    forget_oldest();
    place = place_of(entry);  // what was forgotten may have moved the free places
  } else {
    ++size_;
  }
  ring_[next_] = entry;
  index_[place] = static_cast<std::uint32_t>(next_) + 1;
  next_ = next_ + 1 == ring_.size() ? 0 : next_ + 1;
  return true;
}

bool FillFilter::seen(SymbolId symbol, TradeId trade) const noexcept {
  ASSERT(symbol.value < floor_.size());
  return trade <= floor_[symbol.value] || index_[place_of({.trade = trade, .symbol = symbol})] != 0;
}

std::size_t FillFilter::home_of(const Entry& entry) const noexcept {
  // Fibonacci hashing: trade ids of one symbol follow each other, symbols are few.
  const std::uint64_t key =
      static_cast<std::uint64_t>(entry.trade.value) ^ (std::uint64_t{entry.symbol.value} << 48);
  const std::uint64_t mixed = key * 0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>(mixed >> 32) & (index_.size() - 1);
}

std::size_t FillFilter::place_of(const Entry& entry) const noexcept {
  std::size_t place = home_of(entry);
  while (index_[place] != 0) {
    const Entry& there = ring_[index_[place] - 1];
    if (there.trade == entry.trade && there.symbol == entry.symbol) break;
    place = (place + 1) & (index_.size() - 1);
  }
  return place;
}

void FillFilter::forget_oldest() noexcept {
  const Entry& oldest = ring_[next_];
  if (floor_[oldest.symbol.value] < oldest.trade) floor_[oldest.symbol.value] = oldest.trade;

  // Closes the gap by moving back what was displaced across it; no tombstones to clean up later.
  const std::size_t mask = index_.size() - 1;
  std::size_t gap = place_of(oldest);
  ASSERT(index_[gap] == next_ + 1);
  for (std::size_t place = (gap + 1) & mask; index_[place] != 0; place = (place + 1) & mask) {
    const std::size_t home = home_of(ring_[index_[place] - 1]);
    if (((place - home) & mask) < ((place - gap) & mask)) continue;
    index_[gap] = index_[place];
    gap = place;
  }
  index_[gap] = 0;
}

}  // namespace copyd::feed
