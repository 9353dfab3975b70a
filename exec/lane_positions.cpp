// Position reads: what the venue shows on each leg, and what follows from it.
//   - a close that failed twice goes on only if there is something to close; else it ends `flat`;
//   - an unknown order that the venue does not have is absent if the position agrees;
//   - what the follower no longer holds is handed to the copy agent (lane_reconcile.cpp).
// A read that may have missed something of ours decides nothing, and is made again.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "exec/order_lane.hpp"

namespace copyd::exec {

void OrderLane::want_read(LaneFollower& follower, Mono from) noexcept {
  follower.read_due = follower.read_wanted ? std::min(follower.read_due, from) : from;
  follower.read_wanted = true;
}

// All legs at once: the venue charges the same for one.
void OrderLane::read_positions(LaneFollower& follower, Mono now, bool of_session) {
  LaneLink& link = *follower.link;
  follower.read_wanted = false;
  follower.read_asked = now;
  link.read_out = true;
  if (std::exchange(follower.read_by_timetable, false))
    holds_.weight.spend_by_timetable(now, venue::call_weight::account_read);
  else if (!of_session) holds_.weight.spend(now, venue::call_weight::account_read);
  const ReadContext context{
      .follower = follower.id,
      .asked = now,
      .epoch = link.session.account_epoch(),
      // A read rests on REST and on the stream, whatever carries orders.
      .health = health_of(follower, true),
      .of_session = of_session,
  };
  link.http->request({.method = net::HttpRequest::Method::get,
                      .target = signed_target(link, venue::path::position_risk, {}, now),
                      .api_key = std::string(link.credentials.api_key.reveal())},
                     [this, context](const Result<net::HttpResponse>& answer) {
                       on_positions_answer(context, answer);
                     });
}

void OrderLane::on_positions_answer(const ReadContext& context,
                                    const Result<net::HttpResponse>& answer) {
  LaneFollower& follower = follower_at(context.follower);
  if (!follower.link) return;
  LaneSession& session = follower.link->session;
  const Mono now = w_.clock.now();
  const bool current = context.epoch == session.account_epoch();
  hear_weight(answer, now);
  follower.link->read_out = false;
  const auto failed = [&] {
    if (!context.of_session) want_read(follower, now);
    else if (current) session.on(LaneSession::Event::account_failed, now);
  };
  if (answer.has_error()) return failed();
  if (answer->status != 200) {
    on_failed_answer(follower, *answer, now);
    return failed();
  }
  const auto rows = venue::decode_position_risk(answer->body, w_.symbols);
  if (rows.has_error()) {
    w_.cells.malformed.add();
    return failed();
  }
  apply_positions(follower, *rows, context, now);
  if (context.of_session && current) session.on(LaneSession::Event::positions_read, now);
}

void OrderLane::apply_positions(LaneFollower& follower,
                                const std::vector<venue::PositionRisk>& rows,
                                const ReadContext& context, Mono now) {
  const bool first = !follower.seen_positions;
  follower.seen_positions = true;
  if (first && trusts_positions_) first_positions(follower, rows);
  for (const auto& row : rows)
    if (row.symbol && !row.qty.is_zero()) legs_.at({follower.id, *row.symbol, row.leg});
  for (std::uint32_t i = 0; i < legs_.size(); ++i) {
    if (legs_[i].key.follower != follower.id) continue;
    const LegRead read = leg_read(legs_[i], rows, context.asked);
    judge_unknown(follower, i, read, context, now);
    judge_closes(follower, i, read, context.asked, now);
    compare(follower, i, read, now);
  }
  if (follower.take_wanted) take_positions(follower, rows, context.asked);
  settle_reads(follower, rows, context.asked);
}

// What the account holds when we first see it is not ours, unless we were told so. Where an order
// of an earlier run may have traded, what is there says nothing: it may be that order's.
void OrderLane::first_positions(LaneFollower& follower,
                                const std::vector<venue::PositionRisk>& rows) {
  for (const auto& row : rows) {
    if (row.qty.is_zero()) continue;
    if (row.symbol) {
      LegState& leg = legs_[legs_.at({follower.id, *row.symbol, row.leg})];
      if (leg.filled_at.ns != 0 || leg.on_the_wire()) continue;
      leg.foreign = row.qty;
    }
    constexpr std::array<const char*, 3> sides{"", " LONG", " SHORT"};
    const FixedText qty(row.qty);
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(),
                  "holds %.*s%s %.*s, which copyd did not open and will not touch",
                  static_cast<int>(std::min<std::size_t>(row.symbol_name.size(), 40)),
                  row.symbol_name.data(), sides[static_cast<std::size_t>(row.leg)],
                  static_cast<int>(qty.view().size()), qty.view().data());
    notice(Level::warning, follower.id, text.data());
  }
}

LegRead OrderLane::leg_read(const LegState& leg, const std::vector<venue::PositionRisk>& rows,
                            Mono asked) const noexcept {
  LegRead read;
  for (const auto& row : rows) {
    if (row.symbol != leg.key.symbol || row.leg != leg.key.leg) continue;
    read.qty = row.qty;
    read.updated = row.update_time;
  }
  // The venue's reads may lag its fills; a row that is as new as our last fill does not.
  const bool caught_up = leg.filled_at.ns == 0 || asked - leg.filled_at >= read_lag ||
                         (read.updated.ms != 0 && leg.traded.ms != 0 && read.updated >= leg.traded);
  read.telling = caught_up && leg.touched <= asked;
  return read;
}

// Waiting closes that must not go before something to close was seen.
void OrderLane::judge_closes(LaneFollower& follower, std::uint32_t index, const LegRead& read,
                             Mono asked, Mono now) noexcept {
  if (legs_[index].pacing.failures() < 2 || legs_[index].waiting == 0) return;
  const bool on_the_wire = legs_[index].on_the_wire();
  bool flat = false;
  auto* order = inflight_.first(follower.id);
  while (order != nullptr) {
    auto* next = inflight_.next(*order);
    const bool concerned =
        order->leg == index && order->state == OrderState::waiting && order->reduces();
    if (concerned && read.telling) {
      const bool something = read.qty.sign() * sign_of(order->terms.side) < 0;
      if (something) {
        legs_[index].pacing.position_seen(asked);
        legs_[index].vouched = read.qty;
        follower.pump = true;
      } else if (!on_the_wire && !awaits_an_opening(*order)) {
        finish(*order, OrderEnd::flat, now);
        flat = true;
      }
    }
    order = next;
  }
  // Otherwise the pacing asks again for a read when the close is due.
  if (!flat) return;
  notice(Level::warning, follower.id, "a close found nothing to close: the position is corrected");
  // What still waits was decided later, and comes after what was read: the copy agent corrects the
  // position under it. Were it told nothing, it would take that order's position for the old one.
  LegState& leg = legs_[index];
  if (leg.ended != 0) return;  // the read holds fills that are still to be told
  leg.seen(read.qty);
  report(FollowerPosition{
      .follower = follower.id, .symbol = leg.key.symbol, .leg = leg.key.leg, .qty = read.qty});
}

// A position that is as it was proves that a buy did not trade, or that a sell did not; but not
// that of a buy and a sell neither did. Then the time of the leg's last change has to say it, or
// that the venue denies the orders for long, and each of their doubtful attempts still.
bool OrderLane::may_have_cancelled_out(LaneFollower& follower, std::uint32_t index,
                                       VenueTime updated, Mono now) noexcept {
  bool bought = false;
  bool sold = false;
  bool denied_for_long = true;
  bool changed_since = updated.ms == 0;
  for (auto* order = inflight_.first(follower.id); order != nullptr;
       order = inflight_.next(*order)) {
    if (order->leg != index || order->state != OrderState::unknown) continue;
    (order->terms.side == Side::buy ? bought : sold) = true;
    // The first of several attempts was last asked for when the present round began.
    const Mono asked = order->doubts > 1 ? order->asked_anew : now;
    denied_for_long = denied_for_long && asked - order->unknown_since >= denial_max;
    const VenueTime sent = order->deadline + -std::chrono::milliseconds(recv_window_ms);
    // When an earlier run sent its own is not known.
    changed_since = changed_since || order->doubts != 0 || updated >= sent + -absence_margin;
  }
  return bought && sold && changed_since && !denied_for_long;
}

// Orders that the venue says it does not have, and that left no trace in the position.
void OrderLane::judge_unknown(LaneFollower& follower, std::uint32_t index, const LegRead& read,
                              const ReadContext& context, Mono now) noexcept {
  if (!legs_[index].on_the_wire() || !read.telling) return;
  const bool healthy = context.health.stands && context.health == health_of(follower, true);
  if (!healthy) return;
  if (read.qty != legs_[index].expected()) return doubt_again(follower, index, now);
  // One that may still have traded could hide another's trade in the sum.
  for (auto* order = inflight_.first(follower.id); order != nullptr;
       order = inflight_.next(*order)) {
    if (order->leg != index || order->state == OrderState::waiting ||
        order->state == OrderState::ended || order->state == OrderState::riding)
      continue;
    const bool denied = order->state == OrderState::unknown && order->absences >= absences_needed &&
                        order->absent_at <= context.asked && !order->doubts_behind();
    if (!denied) return;
  }
  if (may_have_cancelled_out(follower, index, read.updated, now)) {
    doubt_again(follower, index, now);
    return want_read(follower, now + read_lag);
  }
  auto* order = inflight_.first(follower.id);
  while (order != nullptr) {
    auto* next = inflight_.next(*order);
    if (order->leg == index && order->state == OrderState::unknown)
      proven_absent(follower, *order, now);
    order = next;
  }
}

}  // namespace copyd::exec
