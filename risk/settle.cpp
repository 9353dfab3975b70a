#include "risk/settle.hpp"

#include <algorithm>

#include "risk/quantity.hpp"

namespace copyd::risk {
namespace {

constexpr std::int64_t bps_of_one = 10'000;

int128 ceil_div(int128 dividend, int128 divisor) noexcept {
  return (dividend + divisor - 1) / divisor;
}

// v: what the venue will value an order in this direction at.
Price valued_at(const Settlement& s, int direction) noexcept {
  if (s.policy.order.type == config::OrderStyle::Type::limit_ioc)
    return limit_price(s.price, s.policy.order.max_slippage_bps, direction, s.filters.tick);
  return Price::from_units(
      static_cast<std::int64_t>(static_cast<int128>(s.price.units()) * 995 / 1000));
}

// floor = max(min_qty, ⌈min_notional / v⌉ to the step).
Qty floor_of(const Settlement& s, int direction) noexcept {
  const Price value = valued_at(s, direction);
  if (value.sign() <= 0) return Qty::from_units(INT64_MAX);
  const int128 step = s.filters.step.units();
  const int128 money = static_cast<int128>(s.filters.min_notional.units()) * units_per_whole;
  const int128 steps = ceil_div(money, step * value.units());
  const int128 quantity = std::min<int128>(steps * step, INT64_MAX);
  return std::max(s.filters.min_qty, Qty::from_units(static_cast<std::int64_t>(quantity)));
}

// D: what is wanted, in whole steps. A rounded-up position is held until nobody wants it.
Qty desired(const Settlement& s, const LegView& leg, Qty floor) noexcept {
  Qty magnitude = trunc_to(leg.wanted.abs(), s.filters.step);
  if (magnitude < s.filters.min_qty) magnitude = Qty();
  const bool held = leg.effective.sign() == leg.wanted.sign() && !leg.effective.is_zero();
  if (s.policy.rounds_up && held && magnitude < floor)
    magnitude = std::max(magnitude, std::min(leg.effective.abs(), floor));
  return with_sign(magnitude, leg.wanted.sign());
}

// A follower who rounds up enters with the smallest order once enough of it is wanted.
bool enters(const Settlement& s, const LegView& leg, Qty floor) noexcept {
  if (!s.policy.rounds_up || !s.fill_asks()) return false;
  if (!leg.effective.is_zero() || leg.wanted.sign() != s.moved) return false;
  return static_cast<int128>(leg.wanted.abs().units()) * units_per_whole >=
         static_cast<int128>(s.policy.round_up_from.units()) * floor.units();
}

}  // namespace

Price limit_price(Price price, std::int32_t slippage_bps, int direction, Price tick) noexcept {
  const int128 tick_bps = static_cast<int128>(tick.units()) * bps_of_one;
  const int128 scaled =
      static_cast<int128>(price.units()) * (bps_of_one + direction * std::int64_t{slippage_bps});
  if (scaled <= 0) return tick;
  const int128 ticks = direction > 0 ? scaled / tick_bps : ceil_div(scaled, tick_bps);
  const int128 units = std::min<int128>(ticks * tick.units(), INT64_MAX);
  return Price::from_units(static_cast<std::int64_t>(units));
}

Intent plan(const Settlement& s, const LegView& leg) noexcept {
  // Where no fill asks, the direction is the one that takes E toward zero.
  const int direction = s.fill_asks() ? s.moved : -leg.effective.sign();
  if (direction == 0) return {};
  Intent intent{.direction = direction, .reducing = {}, .increasing = {}, .floor = {}};
  intent.floor = floor_of(s, direction);
  intent.enters = enters(s, leg, intent.floor);
  const Qty delta = desired(s, leg, intent.floor) - leg.effective;
  if (delta.sign() != direction) return intent;
  if (leg.effective.sign() == -direction)
    intent.reducing = std::min(delta.abs(), leg.effective.abs());
  if (s.fill_asks()) intent.increasing = delta.abs() - intent.reducing;
  return intent;
}

}  // namespace copyd::risk
