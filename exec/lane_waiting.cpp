// Orders that wait: what holds each back, which of them goes first, and what an order of a leg
// means for those behind it.
#include <algorithm>

#include "exec/order_lane.hpp"

namespace copyd::exec {

// The strictest of what the copy agent says and what the kill file asks for, which acts here before
// the copy agent has heard of it.
FollowerState OrderLane::state_of(FollowerId follower) const noexcept {
  auto state = FollowerState::active;
  if (follower.value < w_.books.size())
    state = static_cast<FollowerState>(w_.books[follower.value].state.get());
  if (w_.kill == nullptr) return state;
  return std::max(state, static_cast<FollowerState>(w_.kill->get()));
}

// While a follower is being flattened, increases and flips that wait finish unfilled at once.
// Closes that wait go on, whoever decided them: what they take is on its way out anyhow, and the
// closes of the flatten itself come by the same queue.
bool OrderLane::is_flattening(FollowerId follower) const noexcept {
  return follower.value < w_.books.size() && w_.books[follower.value].flattening.get() != 0;
}

// Nothing stands against an increase but the disk, and the order of those that wait.
bool OrderLane::may_open(LaneFollower& follower, const InflightOrder& order, Mono now) noexcept {
  return way_of(follower, now) != Way::none && now >= follower.time_doubtful_until &&
         now >= order.retry_at && state_of(follower.id) == FollowerState::active &&
         now < order.terms.expires && !is_flattening(follower.id) &&
         is_prepared(follower, order.terms.symbol) && now >= follower.increases_from &&
         follower.budget.allows_increase(now) && !would_cross(order);
}

// Nothing stands against sending it, but the order of those that wait.
bool OrderLane::is_due(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  if (!order.reduces()) return may_leave_now(order, now) && may_open(follower, order, now);
  if (way_of(follower, now) == Way::none || now < follower.time_doubtful_until ||
      now < order.retry_at)
    return false;
  if (state_of(follower.id) == FollowerState::halted || !may_leave_now(order, now)) return false;
  if (!follower.budget.allows_reduce(now)) return false;
  switch (legs_[order.leg].pacing.ask(now)) {
    case ClosePacing::Verdict::send:
      return true;
    case ClosePacing::Verdict::hold:
      return false;
    case ClosePacing::Verdict::read_position:
      // One under way may be of before the failure: if it does not do, another is asked for.
      if (!follower.link->read_out) want_read(follower, now);
      return false;
  }
  return false;
}

// An increase that opens on the other side of zero, decided behind what takes the leg there. Those
// go first, and to their end: if one of them failed on the way, the increase would eat what it was
// to close, and nothing would ever open what the increase then lacks.
bool OrderLane::would_cross(const InflightOrder& order) noexcept {
  LegState& leg = legs_[order.leg];
  const std::size_t other = 1 - order.zone();
  if (order.terms.leg != Leg::both || leg.openings[other] + leg.closings[other] == 0) return false;
  // What makes one wait makes those behind it wait as well.
  if (leg.crossed[other] == mark_) return true;
  for (auto* earlier = inflight_.first(order.terms.follower); earlier != &order;
       earlier = inflight_.next(*earlier)) {
    if (earlier->leg != order.leg || earlier->state == OrderState::ended) continue;
    if (earlier->zone() != other) continue;
    // A later close has taken all that was there for this one: what it is to close comes behind.
    if (earlier->state == OrderState::waiting && earlier->opened_since.sign() < 0 &&
        !leg.reducible(earlier->terms.side))
      continue;
    leg.crossed[other] = mark_;
    return true;
  }
  return false;
}

// An increase would cross zero before this close.
bool OrderLane::is_waited_for(const InflightOrder& order) noexcept {
  if (order.terms.leg != Leg::both || !order.reduces()) return false;
  if (legs_[order.leg].openings[1 - order.zone()] == 0) return false;
  for (auto* later = inflight_.next(order); later != nullptr; later = inflight_.next(*later))
    if (later->leg == order.leg && !later->reduces() && later->terms.side == order.terms.side)
      return true;
  return false;
}

// An opening decided before this close has no end.
bool OrderLane::opens_before(const InflightOrder& order) noexcept {
  if (legs_[order.leg].openings[order.zone()] == 0) return false;
  for (auto* earlier = inflight_.first(order.terms.follower); earlier != &order;
       earlier = inflight_.next(*earlier)) {
    const bool opens = !earlier->reduces() && earlier->terms.side != order.terms.side;
    if (earlier->leg == order.leg && opens) return true;
  }
  return false;
}

// What a close is to close may still be opened: by an order decided before it, or by one behind it,
// where a later close has taken what was there. It then stays until it has met all that it was
// decided for. What crosses zero waits for this close, and what is behind that is not its concern.
bool OrderLane::awaits_an_opening(const InflightOrder& order) noexcept {
  if (legs_[order.leg].openings[order.zone()] == 0) return false;
  if (opens_before(order)) return true;
  // A later close has taken what was there for this one, and what that one was for is to come.
  if (order.opened_since.sign() < 0) return true;
  for (auto* later = inflight_.next(order); later != nullptr; later = inflight_.next(*later))
    if (later->leg == order.leg && !later->reduces()) return later->terms.side != order.terms.side;
  return false;
}

// The closes decided before an order that has filled are told: what it opened is not theirs, and
// what it closed was theirs, for which what it was to close itself is.
void OrderLane::tell_closes(const InflightOrder& order, Qty more) noexcept {
  for (auto* close = inflight_.first(order.terms.follower); close != &order;
       close = inflight_.next(*close)) {
    if (close->leg != order.leg || !close->reduces() || close->zone() != order.zone()) continue;
    close->opened_since += order.reduces() ? -more : more;
  }
}

// What a close may still take, where a later order has opened: what is held less that.
Qty OrderLane::left_to_close(const InflightOrder& order) noexcept {
  const LegState& leg = legs_[order.leg];
  if (!leg.reducible(order.terms.side)) return Qty();
  return std::max(leg.tracked.abs() - order.opened_since, Qty());
}

// The copy agent hears of a close after the openings that it has overtaken. It expects the orders
// of a leg to fill as they were decided, and would else take what is still to close for nothing.
void OrderLane::tell_ended(LaneFollower& follower, Mono now) noexcept {
  if (follower.ended == 0) return;
  auto* order = inflight_.first(follower.id);
  while (order != nullptr) {
    auto* next = inflight_.next(*order);
    if (order->state == OrderState::ended && !opens_before(*order))
      finish(*order, OrderEnd::executed, now);
    order = next;
  }
}

// Closes first. One overtakes increases of its own leg only where those are held back and there is
// something to close already; else it would find nothing, and their order is what was decided.
void OrderLane::pump(LaneFollower& follower, Mono now) noexcept {
  follower.pump = false;
  tell_ended(follower, now);
  if (follower.waiting == 0) return;
  expire_increases(follower, now);
  if (way_of(follower, now) == Way::none) return;
  pump_closes(follower, now);
  pump_all(follower, now);
}

void OrderLane::pump_closes(LaneFollower& follower, Mono now) noexcept {
  ++mark_;
  InflightOrder* next = nullptr;
  for (auto* order = inflight_.first(follower.id); order != nullptr; order = next) {
    next = inflight_.next(*order);
    if (order->state != OrderState::waiting) continue;
    LegState& leg = legs_[order->leg];
    // Whatever waits first, nothing may overtake it: what is behind changes nothing.
    if (leg.mark == mark_ && !leg.only_held_increases) continue;
    const bool due = is_due(follower, *order, now);
    const bool first = leg.mark != mark_;
    const bool overtakes = leg.only_held_increases && leg.reducible(order->terms.side);
    if (order->reduces() && due && (first || overtakes) && send(follower, *order, now)) continue;
    if (first) {
      leg.mark = mark_;
      leg.only_held_increases = true;
    }
    if (order->reduces() || due) leg.only_held_increases = false;
  }
}

void OrderLane::pump_all(LaneFollower& follower, Mono now) noexcept {
  ++mark_;
  InflightOrder* next = nullptr;
  for (auto* order = inflight_.first(follower.id); order != nullptr; order = next) {
    next = inflight_.next(*order);
    if (order->state != OrderState::waiting) continue;
    LegState& leg = legs_[order->leg];
    if (leg.mark == mark_) continue;
    if (order->joined == Joined::carries && !stays_joined(follower, *order, now))
      apart(*order, now);
    bool due = is_due(follower, *order, now);
    if (due && gather(follower, *order, now)) due = is_due(follower, *order, now);
    if (due && send(follower, *order, now)) continue;
    // What such a close waits for must not wait for it.
    if (order->reduces() && awaits_an_opening(*order)) continue;
    leg.mark = mark_;
  }
}

// Those that are stale, and those that will not leave any more for another reason.
void OrderLane::expire_increases(LaneFollower& follower, Mono now) noexcept {
  const bool none_leaves = follower.link == nullptr || is_flattening(follower.id);
  auto* order = inflight_.first(follower.id);
  while (order != nullptr) {
    auto* next = inflight_.next(*order);
    if (order->state == OrderState::waiting && !order->reduces()) {
      if (none_leaves || now >= order->terms.expires || journal_fails(follower.id) ||
          stays_unprepared(follower, *order))
        finish(*order, OrderEnd::expired, now);
      else if (is_refused(follower, *order)) finish(*order, OrderEnd::unprepared, now);
    }
    order = next;
  }
}

}  // namespace copyd::exec
