// Small arithmetic on signed quantities.
//
//   operation                  gives                                        rounding
//   with_sign(magnitude, s)    the magnitude, negative where s < 0          exact
//   bounded_sum(a, b)          a + b, held within ± quantity_units_max      exact inside the bound
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/units.hpp"

namespace copyd::risk {

// Sums of quantities stop here instead of overflowing. It is far above what any venue holds (40
// billion whole), and no order of such a size passes a filter or a limit.
inline constexpr std::int64_t quantity_units_max = INT64_MAX / 2;

constexpr Qty with_sign(Qty magnitude, int sign) noexcept {
  return sign < 0 ? -magnitude : magnitude;
}

constexpr Qty bounded_sum(Qty a, Qty b) noexcept {
  const int128 sum = static_cast<int128>(a.units()) + b.units();
  const int128 bound = quantity_units_max;
  return Qty::from_units(static_cast<std::int64_t>(std::clamp(sum, -bound, bound)));
}

}  // namespace copyd::risk
