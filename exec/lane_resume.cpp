// Orders that were in flight when the last run ended. What the journal left open is asked for, as
// of any order whose fate is unknown, before anything of the order is written again:
//   - its doubtful attempts one after the other, the first one first; one that the venue denies is
//     not absent yet, for a later one may be in the position that has to prove it;
//   - an attempt that is found counts, and is followed to its end;
//   - when the venue has denied the last of them, one position read proves all of them absent that
//     no found attempt lies behind: no attempt was ever written before those below it had ended;
//   - what orders have filled is told to the closes before them that are still in flight, as it was
//     then, and a close that overtook an opening waits for it again. Else a close in doubt would
//     take what a later one has closed in its place for closed, and leave open what then opens; and
//     the copy agent would take what opens last for the position.
// The position agrees if it is what the copy agent's book held (ExpectPosition) and what was found
// since. What else the account held is not known then: if there is something, that does not agree,
// and the order stays unknown until its orders show it, or a person does.
#include <algorithm>

#include "exec/order_lane.hpp"
#include "venue/client_order_id.hpp"

namespace copyd::exec {

// True: it was taken over, and is not to be sent now.
bool OrderLane::resume(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  const OrderTerms& terms = order.terms;
  const bool known = terms.attempt != 0 || terms.doubts != 0 || terms.ended;
  if (!known && terms.filled_before.is_zero()) return false;
  order.settled = terms.filled_before;
  order.filled = terms.filled_before;
  order.attempt_next = static_cast<std::uint8_t>(terms.attempt + 1);
  order.doubts = std::min(terms.doubts, order.attempt_next);
  keep_resumed(order, {.attempt = terms.attempt, .doubts = order.doubts, .ended = terms.ended},
               now);
  if (!order.filled.is_zero()) {
    // The copy agent's book has it when it is told, the venue has it already.
    LegState& leg = legs_[order.leg];
    leg.tracked += terms.side == Side::buy ? order.filled : -order.filled;
    leg.filled_at = now;
    // What the last run told the closes before it. Of orders that are over it is not known any
    // more.
    tell_closes(order, order.filled);
  }
  const bool whole = order.filled >= terms.qty;
  if (whole && order.reduces() && opens_before(order)) {
    // As in the last run: told after what it has overtaken. Nothing is to be heard of it any more.
    order.ended = order.attempt_next;
    set_state(follower, order, OrderState::ended);
    return true;
  }
  // Of an opening that has filled in part nothing more is sent, but the rest of a flip that was found
  // smaller: only that has an attempt behind one that filled, and this one brought nothing.
  const bool rest_failed = terms.kind == OrderKind::flip && terms.attempt != 0 && terms.ended &&
                           now < terms.expires;
  if (whole ||
      (order.doubts == 0 && !order.reduces() && !order.filled.is_zero() && !rest_failed)) {
    finish(order, OrderEnd::executed, now);
    return true;
  }
  // Whether there was something to close when it was written cannot be told.
  order.early = order.reduces();
  if (order.doubts != 0) {
    legs_[order.leg].foreign = Qty{};  // what a read has shown may be this order's
    order.attempt = static_cast<std::uint8_t>(order.attempt_next - order.doubts);
    order.ended = order.attempt;
    make_unknown(order, now);
    return true;
  }
  if (order.attempt_next > venue::attempt_max) {
    finish(order, OrderEnd::refused, now);
    return true;
  }
  order.attempt = order.attempt_next++;
  order.ended = order.attempt;
  follower.pump = true;
  return false;
}

// An attempt was found and has ended, and later ones are still to be asked for.
void OrderLane::ended_in_doubt(InflightOrder& order, Mono now) noexcept {
  order.settled = order.filled;
  order.doubts = static_cast<std::uint8_t>(order.attempt_next - 1 - order.attempt);
  order.ended = static_cast<std::uint8_t>(order.attempt + 1);
  keep_resumed(
      order, {.attempt = static_cast<std::uint8_t>(order.attempt_next - 1), .doubts = order.doubts},
      now);
  next_doubt(order, now);
}

// REQUIRES: doubts_behind().
void OrderLane::next_doubt(InflightOrder& order, Mono now) noexcept {
  ++order.attempt;
  order.confirmed = false;
  order.query_out = false;
  order.absences = 0;
  order.query_at = now;
  if (order.state != OrderState::unknown)
    set_state(follower_at(order.terms.follower), order, OrderState::unknown);
}

// The venue has denied all of an order's doubtful attempts, and the position says that something
// has traded, or cannot say that nothing has: an answer may have been wrong, so they are asked for
// anew.
void OrderLane::doubt_again(LaneFollower& follower, std::uint32_t leg, Mono now) noexcept {
  for (auto* order = inflight_.first(follower.id); order != nullptr;
       order = inflight_.next(*order)) {
    const bool denied = order->leg == leg && order->state == OrderState::unknown &&
                        order->doubts > 1 && !order->doubts_behind() &&
                        order->absences >= absences_needed;
    if (!denied) continue;
    order->attempt = static_cast<std::uint8_t>(order->attempt_next - order->doubts);
    order->query_out = false;
    order->absences = 0;
    order->query_at = now;
    order->asked_anew = now;
  }
}

// The other way round: a close that a start decided again was found to have done more, so it went
// through zero in one order then. What it has opened is the next order's of the leg, which has not
// left then, and counts there from now on. That one is written first: after a kill between the two
// the close is found again, and what it did beyond is corrected in the book by the position.
void OrderLane::was_larger(InflightOrder& order, const Fate& fate, Mono now) noexcept {
  if (order.doubts == 0 || !order.reduces() || order.terms.leg != Leg::both) return;
  auto* behind = inflight_.next(order);
  while (behind != nullptr && behind->leg != order.leg) behind = inflight_.next(*behind);
  if (behind == nullptr || behind->reduces() || behind->terms.side != order.terms.side) return;
  if (behind->state != OrderState::unknown || behind->doubts == 0) return;
  const Qty beyond = order.settled + fate.filled - order.terms.qty;
  const Qty more = std::min(beyond, behind->terms.qty - behind->filled);
  if (more.sign() <= 0) return;
  behind->settled += more;
  behind->filled += more;
  order.settled -= more;
  order.filled -= more;
  for (auto* changed : {behind, &order})
    keep_resumed(*changed,
                 {.attempt = static_cast<std::uint8_t>(changed->attempt_next - 1),
                  .doubts = changed->doubts},
                 now);
}

// A flip that a start decided again was found filled, and has asked for less than it does now: what
// goes through zero is one order where nothing else of its leg is in flight, and was the close
// alone, under the same id, where something was. What was to open behind that close has not left:
// see may_leave_now.
bool OrderLane::was_smaller(const InflightOrder& order, const Fate& fate, Mono now) noexcept {
  if (order.terms.kind != OrderKind::flip || now >= order.terms.expires) return false;
  if (order.doubts == 0 || order.doubts_behind()) return false;
  return fate.status == venue::OrderStatus::filled && order.settled + fate.filled < order.terms.qty;
}

// The present attempt has ended, and what it lacks goes under the next id.
void OrderLane::send_rest(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  order.doubts = 0;
  order.settled = order.filled;
  order.ended = order.attempt_next;
  try_again(follower, order, now);
}

// Of a flip whose earlier attempt was found what it lacks may still be to send: see was_smaller.
void OrderLane::proven_absent(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  keep_absent(order, now);
  order.doubts = 0;
  const bool lacks = order.terms.kind == OrderKind::flip && now < order.terms.expires &&
                     order.filled == order.settled;
  if (order.reduces() || order.filled.is_zero() || lacks) try_again(follower, order, now);
  else finish(order, OrderEnd::executed, now);
}

}  // namespace copyd::exec
