#include "risk/gate.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace copyd::risk {
namespace {

struct Room {
  int128 units = 0;  // of money, ≥ 0
  Reject limit = Reject::max_order_notional;
  bool limited = false;  // false: there is no limit, `units` means nothing

  void narrow(int128 to, Reject by) noexcept {
    // The first limit keeps its name at a tie.
    if (limited && to >= units) return;
    units = to;
    limit = by;
    limited = true;
  }
  bool holds(Qty quantity, Price price) const noexcept {
    if (!limited) return true;
    return static_cast<int128>(quantity.units()) * price.units() <= units * units_per_whole;
  }
};

// What the leg is worth once its reductions are done.
int128 worth_here(const Gate::Question& q, Qty after_reducing) noexcept {
  const bool position_counts = q.leg.position.sign() == q.intent.direction;
  const Qty here =
      position_counts ? std::max(after_reducing.abs(), q.leg.position.abs()) : after_reducing.abs();
  return notional(q.settlement.price, here).units();
}

// The money that an increase may still use on this leg.
Room room_for(const Gate::Question& q, Qty after_reducing) noexcept {
  const int128 here = worth_here(q, after_reducing);
  Room room;
  if (q.limits.max_order_notional)
    room.narrow(q.limits.max_order_notional->units(), Reject::max_order_notional);
  if (q.limits.max_position_notional)
    room.narrow(q.limits.max_position_notional->units() - here, Reject::max_position_notional);
  if (q.limits.max_total_notional)
    room.narrow(q.limits.max_total_notional->units() - here - q.elsewhere.units(),
                Reject::max_total_notional);
  room.units = std::max<int128>(room.units, 0);
  return room;
}

Qty largest_within(const Room& room, Price price, Qty step) noexcept {
  const int128 quantity = room.units * units_per_whole / price.units();
  const int128 bounded = std::min<int128>(quantity, INT64_MAX);
  return trunc_to(Qty::from_units(static_cast<std::int64_t>(bounded)), step);
}

}  // namespace

void Admission::add_part(OrderKind kind, Qty quantity) noexcept {
  if (quantity.is_zero()) return;
  ASSERT(part_count_ < parts_.size());
  parts_[part_count_++] = {kind, quantity};
}

void Admission::add_skip(Reject reason) noexcept {
  ASSERT(skip_count_ < skips_.size());
  skips_[skip_count_++] = reason;
}

Admission Gate::admit(const Question& q) const noexcept {
  Admission result;
  const Intent& intent = q.intent;
  const SymbolFilters& filters = q.settlement.filters;
  if (intent.empty()) return result;

  // 1. Halted: nothing is sent.
  if (q.state == FollowerState::halted) {
    result.add_skip(Reject::halted);
    return result;
  }

  const Qty red = intent.reducing;
  Qty inc = intent.increasing;
  bool enters = intent.enters;

  // 2. Reduce only, or something else forbids opening: what increases is dropped.
  const auto denied = q.state == FollowerState::reduce_only
                          ? std::optional<Reject>(Reject::reduce_only)
                          : q.opens_denied;
  if (denied && (!inc.is_zero() || enters)) {
    result.add_skip(*denied);
    result.gives_up_ = true;
    inc = Qty();
    enters = false;
  }

  // 3. Limits clip what increases, never what reduces.
  const Qty after_reducing = q.leg.effective.abs() - red;
  const Room room = !inc.is_zero() || enters ? room_for(q, after_reducing) : Room{};
  const Qty by_money = room.holds(inc, q.settlement.price)
                           ? inc
                           : largest_within(room, q.settlement.price, filters.step);
  const Qty by_quantity =
      !q.max_order_qty || inc <= *q.max_order_qty ? inc : trunc_to(*q.max_order_qty, filters.step);
  if (by_money < inc || by_quantity < inc) {
    // Money keeps its name at a tie.
    result.add_skip(by_quantity < by_money ? Reject::max_order_qty : room.limit);
    result.gives_up_ = true;
    inc = std::min(by_money, by_quantity);
    enters = false;
  }

  // 4. The floor applies to what increases, with what reduces in the same order.
  const bool market = q.settlement.policy.order.type == config::OrderStyle::Type::market;
  bool flip = !red.is_zero() && !inc.is_zero() && market && !q.leg.in_flight;
  const Qty order_size = flip ? red + inc : inc;
  if ((!inc.is_zero() || enters) && order_size < intent.floor) {
    const bool fits = !q.max_order_qty || intent.floor <= *q.max_order_qty;
    if (enters && fits && room.holds(intent.floor, q.settlement.price)) {
      inc = intent.floor;
    } else {
      result.add_skip(Reject::below_min);
      inc = Qty();
      flip = false;
    }
  }

  // 5. A reducing order below the venue's minimum only goes when it closes the whole leg.
  const bool closes_whole = red == q.leg.effective.abs();
  const bool red_too_small = !flip && !red.is_zero() && red < filters.min_qty && !closes_whole;
  if (red_too_small && q.settlement.fill_asks()) result.add_skip(Reject::below_min);

  // 6. What remains is sent: a flip as one order, else what reduces first.
  if (flip) {
    result.add_part(OrderKind::flip, red + inc);
    return result;
  }
  if (!red_too_small) result.add_part(OrderKind::reduce, red);
  result.add_part(OrderKind::increase, inc);
  return result;
}

Rooms Gate::rooms(const Question& q) noexcept {
  const int128 here = worth_here(q, q.leg.effective.abs() - q.intent.reducing);
  const auto left = [](const std::optional<Usd>& limit, int128 used) -> std::optional<Usd> {
    if (!limit) return std::nullopt;
    return Usd::from_units(
        static_cast<std::int64_t>(std::max<int128>(int128{limit->units()} - used, 0)));
  };
  return {.order = left(q.limits.max_order_notional, 0),
          .position = left(q.limits.max_position_notional, here),
          .total = left(q.limits.max_total_notional, here + q.elsewhere.units())};
}

Admission Gate::admit_close(Qty position, const SymbolFilters& filters) const noexcept {
  Admission result;
  result.add_part(OrderKind::reduce, trunc_to(position.abs(), filters.step));
  return result;
}

Order Gate::approve(Admission& admission, OrderTerms terms) const noexcept {
  ASSERT(terms.qty.sign() > 0);
  Admission::Part* part = nullptr;
  for (auto& candidate : admission.parts_)
    if (candidate.kind == terms.kind && candidate.quantity >= terms.qty) part = &candidate;
  ASSERT(part != nullptr);
  part->quantity -= terms.qty;
  if (terms.received.ns != 0) {
    const auto since = (clock_.now() - terms.received).count();
    terms.decided_ns = static_cast<std::uint32_t>(std::clamp<std::int64_t>(since, 0, UINT32_MAX));
  }
  return Order(Order::Approval(), terms);
}

Split split_evenly(Qty quantity, const SymbolFilters& filters) noexcept {
  const std::int64_t step = filters.step.units();
  const std::int64_t steps = quantity.units() / step;
  const std::int64_t steps_max = std::max<std::int64_t>(filters.max_qty.units() / step, 1);
  if (steps <= steps_max) return {.count = 1, .larger_count = 1, .larger = quantity, .smaller = {}};
  Split split;
  split.count = (steps + steps_max - 1) / steps_max;
  split.larger_count = steps % split.count;
  split.smaller = Qty::from_units(steps / split.count * step);
  split.larger = split.smaller + filters.step;
  return split;
}

}  // namespace copyd::risk
