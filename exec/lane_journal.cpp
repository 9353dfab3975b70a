// What a lane writes of its orders: an intent before each send, then the news of each attempt once,
// and how the order finished before that is told. So a restart knows of every order what the venue
// may have of it. Appending is one pwrite, and allocates nothing; the intents of a batch are one.
#include <algorithm>

#include "exec/order_lane.hpp"

namespace copyd::exec {
namespace {

// A writer that has failed keeps nothing, and is not waited for.
bool is_kept(const journal::Writer* writer, std::uint64_t sequence) noexcept {
  return writer == nullptr || writer->failed() || writer->durable() >= sequence;
}

}  // namespace

// REQUIRES: the request is made. False: it must not leave. An attempt that could not be handed over
// has its intent already, which holds for the next try: it asks for no more than that.
bool OrderLane::intend(LaneFollower& follower, InflightOrder& order, Written when,
                       Mono now) noexcept {
  if (w_.journal == nullptr || order.intended == order.sent_qty) return true;
  const OrderTerms& terms = order.terms;
  const VenueTime timestamp = order.deadline + -std::chrono::milliseconds(recv_window_ms);
  const journal::Intent intent{
      .copy_id = terms.copy_id,
      .qty = order.sent_qty,
      .limit = order.limit(),
      .timestamp_ms = timestamp.ms,
      .received_ns = terms.received.ns,
      .expires_ns = terms.expires.ns,
      .recv_window_ms = recv_window_ms,
      .generation = terms.generation,
      .follower = terms.follower,
      .symbol = terms.symbol,
      .side = terms.side,
      .leg = terms.leg,
      .kind = terms.kind,
      .reduce_only = terms.reduce_only,
      .attempt = order.attempt,
  };
  const bool written =
      when == Written::at_once ? w_.journal->append(intent, now) : w_.journal->stage(intent, now);
  if (written) {
    if (order.intended.is_zero()) order.left_unrecorded = order.attempt != 0 && !is_recorded(order);
    order.intended = order.sent_qty;
    order.lane_recorded = w_.journal->last_sequence();
    order.unrecorded_since = Mono{};
    return true;
  }
  // What has no record would be forgotten by a restart. A close leaves all the same: not to close
  // is worse than to close twice, of which the venue does the first alone.
  static_cast<void>(journal_fails(follower.id));
  return order.reduces();
}

// All is on the disk that the order's present attempt has to follow.
bool OrderLane::is_recorded(const InflightOrder& order) const noexcept {
  const bool found_by_fill = order.terms.received.ns != 0 && order.attempt == 0 && !order.crosses &&
                             order.joined == Joined::no;
  return is_kept(w_.journal, order.lane_recorded) &&
         (found_by_fill || is_kept(w_.books_journal, order.books_recorded));
}

// What a power cut may take from the journal must be found again by the next start, from the
// leader's trades alone. An order that no fill caused could be named by nothing then, so it leaves
// only when what caused it is on the disk; and an attempt after the first only when that and the
// intent before it are, so that one attempt beyond those known is all that may be at the venue. So
// does what opens behind the close of the same fill: the next start may make one order of the two,
// under the id of the close. Any other order of a fill waits for nothing. A close waits no longer
// than record_wait, but one attempt in two is on the disk: of a close two attempts beyond those
// known may be at the venue, the first two where its fill is not known. The next start counts on
// no more (risk::lost_attempts). But a close is never blocked: see record_wait_max.
bool OrderLane::may_leave_now(InflightOrder& order, Mono now) const noexcept {
  if (is_recorded(order)) return true;
  if (order.unrecorded_since.ns == 0) {
    order.unrecorded_since = now;
    if (w_.journal != nullptr) w_.journal->want_durable();
  }
  const auto held = now - order.unrecorded_since;
  if (!order.reduces() || held < record_wait) return false;
  // It could not be handed over, and had its intent: this is no other attempt.
  if (!order.intended.is_zero() || held >= record_wait_max) return true;
  return !order.left_unrecorded &&
         (order.attempt < unrecorded_max || is_kept(w_.books_journal, order.books_recorded));
}

// True once a write of this lane's has failed, which is said once: a writer that has failed stays
// so until the next start.
bool OrderLane::journal_fails(FollowerId follower) noexcept {
  if (w_.journal == nullptr || !w_.journal->failed()) return false;
  if (!journal_mourned_)
    notice(Level::error, follower,
           "the journal cannot be written: no increase leaves before the next start, closes do");
  journal_mourned_ = true;
  return true;
}

void OrderLane::keep_fate(const InflightOrder& order, const Fate& fate, Mono now) noexcept {
  if (w_.journal == nullptr) return;
  static_cast<void>(w_.journal->append(
      journal::Answer{
          .copy_id = order.terms.copy_id,
          .filled = std::max(fate.filled, order.filled - order.settled),
          .average = fate.average,
          .venue_ms = fate.time.ms,
          .status = fate.http,
          .follower = order.terms.follower,
          .attempt = order.attempt,
          .final_ = venue::is_final(fate.status),
      },
      now));
}

// The attempt surely failed.
void OrderLane::keep_refusal(const InflightOrder& order, const Refusal& refusal,
                             Mono now) noexcept {
  if (w_.journal == nullptr) return;
  static_cast<void>(w_.journal->append(
      journal::Answer{
          .copy_id = order.terms.copy_id,
          .status = refusal.status,
          .code = refusal.code,
          .follower = order.terms.follower,
          .attempt = order.attempt,
          .final_ = 1,
      },
      now));
}

void OrderLane::keep_lost(const InflightOrder& order, Mono now) noexcept {
  if (w_.journal == nullptr) return;
  static_cast<void>(w_.journal->append(journal::Lost{{.copy_id = order.terms.copy_id,
                                                      .follower = order.terms.follower,
                                                      .attempt = order.attempt}},
                                       now));
}

// That its rest goes under the next id, in place of that it has ended: a start would tell it as it
// is. Whether the next attempt has left is left open.
void OrderLane::keep_smaller(const InflightOrder& order, const Fate& fate, Mono now) noexcept {
  if (w_.journal == nullptr) return;
  static_cast<void>(w_.journal->append(
      journal::Resumed{
          .copy_id = order.terms.copy_id,
          .follower = order.terms.follower,
          .attempt = order.attempt_next,
          .doubts = 1,
          .filled_before = order.settled + fate.filled,
      },
      now));
}

// Of an earlier run's doubts all are cleared together, the first attempt first.
void OrderLane::keep_absent(const InflightOrder& order, Mono now) noexcept {
  if (w_.journal == nullptr) return;
  const int first = order.doubts == 0 ? order.attempt : order.attempt_next - order.doubts;
  for (int attempt = first; attempt <= order.attempt; ++attempt)
    static_cast<void>(
        w_.journal->append(journal::Absent{{.copy_id = order.terms.copy_id,
                                            .follower = order.terms.follower,
                                            .attempt = static_cast<std::uint8_t>(attempt)}},
                           now));
}

// With the first answer to an attempt, whichever way it comes.
void OrderLane::keep_timing(InflightOrder& order, Mono now) noexcept {
  if (w_.journal == nullptr || order.timed || order.sealed.ns == 0) return;
  order.timed = true;
  const OrderTerms& terms = order.terms;
  const auto since_received = [&](std::uint32_t ns) {
    return terms.received.ns == 0 ? 0 : terms.received.ns + ns;
  };
  static_cast<void>(w_.journal->append(
      journal::Timing{
          .copy_id = terms.copy_id,
          .received_ns = terms.received.ns,
          .decoded_ns = since_received(terms.decoded_ns),
          .decided_ns = since_received(terms.decided_ns),
          .taken_ns = order.taken.ns,
          .signed_ns = order.sealed.ns,
          .written_ns = order.written.ns,
          .acknowledged_ns = now.ns,
          .follower = terms.follower,
          .attempt = order.attempt,
      },
      now));
}

void OrderLane::keep_finished(const InflightOrder& order, const OrderDone& done,
                              Mono now) noexcept {
  if (w_.journal == nullptr) return;
  static_cast<void>(w_.journal->append(
      journal::Finished{
          .copy_id = order.terms.copy_id,
          .filled = done.filled,
          .average = done.average,
          .venue_ms = done.venue_time.ms,
          .code = done.venue_code,
          .follower = done.follower,
          .end = done.end,
      },
      now));
}

// With whom it leaves; nobody: by itself again.
void OrderLane::keep_riding(const InflightOrder& order, const CopyId& carrier, Mono now) noexcept {
  if (w_.journal == nullptr) return;
  static_cast<void>(w_.journal->append(
      journal::Riding{
          .copy_id = order.terms.copy_id, .carrier = carrier, .follower = order.terms.follower},
      now));
}

// What is known of the order's attempts, in place of all that was written of them before.
void OrderLane::keep_resumed(const InflightOrder& order, const Known& known, Mono now) noexcept {
  if (w_.journal == nullptr) return;
  static_cast<void>(w_.journal->append(
      journal::Resumed{
          .copy_id = order.terms.copy_id,
          .follower = order.terms.follower,
          .attempt = known.attempt,
          .doubts = known.doubts,
          .ended = known.ended,
          .filled_before = order.settled,
      },
      now));
}

}  // namespace copyd::exec
