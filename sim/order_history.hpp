// How far back the venue remembers orders, and the window of a list. Pure; cold.
#pragma once

#include "sim/account.hpp"
#include "sim/params.hpp"

namespace copyd::sim {

// Of an order, a trade, a modification.
inline constexpr std::int64_t memory_ms = 90 * 24 * 3'600'000LL;

ApiError no_such_order();

// Ended without a fill more than three days ago, or made more than ninety.
bool is_forgotten(const Order& order, VenueTime now) noexcept;

struct Range {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::size_t limit = 0;
  bool has(VenueTime time) const noexcept { return time.ms >= from && time.ms <= to; }
};

struct RowLimits {
  std::int64_t usual = 500;
  std::int64_t most = 1000;
};

// A week at most, ending at `endTime` or now, or starting at `startTime`.
Answer<Range> read_range(const Params& params, RowLimits limits, VenueTime now);

}  // namespace copyd::sim
