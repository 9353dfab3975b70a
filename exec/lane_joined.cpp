// Orders that waited and leave as one. What opens on a leg, wants the same and waits one behind the
// other leaves under the id of the first, which carries; the others ride. So it costs one order of
// what the venue allows.
//
//   gather     one carries, the others ride, and it waits for the disk
//   send       one order for the sum
//   share_out  it has ended: each is told its part
//   apart      it failed, or does not leave after all: each waits for itself again
//
// An id leaves at most once, for an order is at the venue either under its own id or under its
// carrier's:
//   - what rides has never left, nor does it while it rides;
//   - the joined order leaves only when the cause of each and that they ride are on the disk. Else
//     the next start would ask for one that rode under its own id, which the venue denies, and send
//     it again;
//   - where it fails they are each for themselves again, and leave only when that is on the disk;
//   - whoever carries does so for its first attempt alone, and is told last. So where any of them
//     is open after a kill the carrier is, and its attempt is the one to ask for (LaneTrack).
// What filled goes to the carrier, up to its quantity, then to the others in order of decision.
#include <algorithm>

#include "exec/order_lane.hpp"

namespace copyd::exec {
namespace {

// Never left, and nothing about it is open.
bool is_fresh(const InflightOrder& order, Mono now) noexcept {
  return order.state == OrderState::waiting && order.terms.kind == OrderKind::increase &&
         order.attempt == 0 && order.attempt_next == 1 && order.doubts == 0 && !order.alone &&
         order.joined == Joined::no && order.intended.is_zero() && order.filled.is_zero() &&
         !order.crosses && now < order.terms.expires && now >= order.retry_at;
}

bool wants_the_same(const InflightOrder& one, const InflightOrder& other) noexcept {
  return one.terms.side == other.terms.side &&
         one.terms.limit.is_zero() == other.terms.limit.is_zero() &&
         one.terms.generation == other.terms.generation;
}

Price less_generous(Side side, Price one, Price other) noexcept {
  return side == Side::buy ? std::min(one, other) : std::max(one, other);
}

}  // namespace

// The next of those that ride with `carrier`, behind `order`. They are the next ones of its leg.
InflightOrder* OrderLane::next_rider(const InflightOrder& order) noexcept {
  auto* next = inflight_.next(order);
  while (next != nullptr && (next->leg != order.leg || next->state != OrderState::riding))
    next = inflight_.next(*next);
  return next;
}

// True: others ride with it from now on, and it waits for the disk. REQUIRES: it is about to leave.
bool OrderLane::gather(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  const auto& filters = w_.symbols[order.terms.symbol].filters;
  const bool limited =
      follower.id.value < w_.books.size() && w_.books[follower.id.value].order_limited.get() != 0;
  if (!filters || limited || !is_fresh(order, now)) return false;
  order.sent_limit = order.terms.limit;
  for (auto* later = inflight_.next(order); later != nullptr && order.riders < limits::riders_max;
       later = inflight_.next(*later)) {
    if (later->leg != order.leg) continue;
    const Qty room = filters->max_qty - order.terms.qty - order.riding;
    if (!is_fresh(*later, now) || !wants_the_same(order, *later) || later->terms.qty > room) break;
    later->joined = Joined::rides;
    set_state(follower, *later, OrderState::riding);
    ++order.riders;
    order.riding += later->terms.qty;
    order.sent_limit = less_generous(order.terms.side, order.sent_limit, later->terms.limit);
    order.books_recorded = std::max(order.books_recorded, later->books_recorded);
  }
  if (order.riders == 0) return false;
  order.joined = Joined::carries;
  const CopyId& carrier = order.terms.copy_id;
  keep_riding(order, carrier, now);
  auto* rider = &order;
  for (std::uint32_t i = 0; i < order.riders; ++i) {
    rider = next_rider(*rider);
    keep_riding(*rider, carrier, now);
  }
  if (w_.journal != nullptr) {
    order.lane_recorded = w_.journal->appended();
    w_.journal->want_durable();
  }
  return true;
}

// What the joined order was gathered for still holds. The disk may make it wait, nothing else.
bool OrderLane::stays_joined(LaneFollower& follower, const InflightOrder& order,
                             Mono now) noexcept {
  const auto fails = [](const journal::Writer* writer) {
    return writer != nullptr && writer->failed();
  };
  if (fails(w_.journal) || fails(w_.books_journal) || !may_open(follower, order, now)) return false;
  const auto* rider = &order;
  for (std::uint32_t i = 0; i < order.riders; ++i) {
    rider = next_rider(*rider);
    if (now >= rider->terms.expires) return false;
  }
  return true;
}

// Each is for itself again: what they were to leave as has surely failed, or never left.
void OrderLane::apart(InflightOrder& order, Mono now) noexcept {
  LaneFollower& follower = follower_at(order.terms.follower);
  const CopyId nobody{};
  keep_riding(order, nobody, now);
  auto* rider = &order;
  for (std::uint32_t i = 0; i < order.riders; ++i) {
    rider = next_rider(*rider);
    keep_riding(*rider, nobody, now);
  }
  const std::uint64_t recorded = w_.journal != nullptr ? w_.journal->appended() : 0;
  for (; order.riders > 0; --order.riders) {
    rider = next_rider(order);
    rider->joined = Joined::no;
    rider->lane_recorded = recorded;
    set_state(follower, *rider, OrderState::waiting);
  }
  order.joined = Joined::no;
  order.riding = Qty{};
  order.lane_recorded = std::max(order.lane_recorded, recorded);
  if (w_.journal != nullptr) w_.journal->want_durable();
  follower.pump = true;
}

// The venue refused the joined order for good. What it says of the sum it may not say of each.
void OrderLane::refuse_joined(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  if (order.confirmed) order.ended = order.attempt_next;  // its stream has told the end
  auto* rider = &order;
  for (std::uint32_t i = 0; i < order.riders; ++i) {
    rider = next_rider(*rider);
    rider->alone = true;
  }
  try_again(follower, order, now);
}

// The joined order has ended. The carrier keeps its own part; the others are told, the last first.
void OrderLane::share_out(InflightOrder& order, Mono now) noexcept {
  const Qty own = std::min(order.filled, order.terms.qty);
  Qty rest = order.filled - own;
  order.filled = own;
  auto* last = &order;
  for (std::uint32_t i = 0; i < order.riders; ++i) {
    last = next_rider(*last);
    last->filled = std::min(rest, last->terms.qty);
    rest -= last->filled;
    if (last->filled.is_zero()) continue;
    last->average = order.average;
    last->traded = order.traded;
  }
  while (order.riders > 0) {
    auto* before = inflight_.previous(*last);
    while (before != &order && (before->leg != order.leg || before->state != OrderState::riding))
      before = inflight_.previous(*before);
    --order.riders;
    order.riding -= last->terms.qty;
    finish(*last, OrderEnd::executed, now);
    last = before;
  }
}

// Of an earlier run: it left with the last one of its leg that carries, or may have.
void OrderLane::ride_on(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  auto* carrier = inflight_.previous(order);
  while (carrier != nullptr && (carrier->leg != order.leg || carrier->state == OrderState::riding))
    carrier = inflight_.previous(*carrier);
  if (carrier == nullptr || carrier->joined != Joined::carries) {
    // A start hands over the one that carries with it. What it did is not to be found without it.
    notice(Level::error, follower.id, "an order that left with another was found without it");
    finish(order, OrderEnd::expired, now);
    return;
  }
  order.joined = Joined::rides;
  set_state(follower, order, OrderState::riding);
  ++carrier->riders;
  carrier->riding += order.terms.qty;
}

}  // namespace copyd::exec
