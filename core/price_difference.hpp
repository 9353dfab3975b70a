// How a copy's price compares with its leader's. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/units.hpp"

namespace copyd {

// How much worse than `leader` the follower's price is, in hundredths of a basis point: positive
// where a BUY was dearer or a SELL cheaper. Empty without two prices; ten thousand times the price
// at most, so that many of them can be summed up.
inline std::optional<std::int64_t> worse_bps_hundredths(Price leader, Price own,
                                                        bool buys) noexcept {
  if (leader.sign() <= 0 || own.sign() <= 0) return std::nullopt;
  const Price more = buys ? own - leader : leader - own;
  constexpr std::int64_t hundredths_per_whole = 1'000'000;
  constexpr std::int64_t most = 10'000 * hundredths_per_whole;
  return std::clamp(muldiv(more.units(), hundredths_per_whole, leader.units()), -most, most);
}

}  // namespace copyd
