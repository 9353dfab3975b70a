// Signed quantities of orders and positions. Pure.
#pragma once

#include <algorithm>

#include "core/units.hpp"
#include "sim/types.hpp"

namespace copyd::sim {

inline Qty signed_qty(Side side, Qty qty) noexcept {
  return side == Side::buy ? qty : -qty;
}

// How much of an order of this signed size would bring the position nearer to flat.
inline Qty closable(Qty position, Qty order) noexcept {
  if (position.sign() == 0 || position.sign() == order.sign()) return {};
  return std::min(position.abs(), order.abs());
}

}  // namespace copyd::sim
