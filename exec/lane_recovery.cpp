// Orders whose fate is open. Unknown is a state, not a failure: an order leaves it when the venue
// shows it, in an event or an answer, or when its absence is proven:
//   - the venue would not take the request any more (its timestamp and window are past, with
//   margin);
//   - three answers, a second apart, on healthy connections, that no such order exists;
//   - and a position read, asked for after them, that agrees with what we know of the leg.
// A time-out, a lost connection or a gateway's error is no evidence at all.
#include "exec/order_lane.hpp"

#include <algorithm>

#include "venue/client_order_id.hpp"

namespace copyd::exec {
namespace {

constexpr std::int32_t no_such_order = -2013;
constexpr int queries_out_max = 4;  // of one follower at once

bool is_asked_for(const InflightOrder& order) noexcept {
  return order.state == OrderState::unknown ||
         (order.state == OrderState::written && order.confirmed);
}

// The one that has been due for longest, so that each has its turn: where there are more than can
// be asked for in a second, the first ones would else be due again before the last are asked for,
// and no position could prove anything of a leg of theirs. Null: none is due.
InflightOrder* longest_due(Inflight& inflight, FollowerId follower, Mono now) noexcept {
  InflightOrder* found = nullptr;
  for (auto* order = inflight.first(follower); order != nullptr; order = inflight.next(*order)) {
    if (!is_asked_for(*order) || order->query_out || now < order->query_at) continue;
    if (found == nullptr || order->query_at < found->query_at) found = order;
  }
  return found;
}

}  // namespace

void OrderLane::make_unknown(InflightOrder& order, Mono now) noexcept {
  LaneFollower& follower = follower_at(order.terms.follower);
  if (order.confirmed) {
    // It exists; only how it ended is open.
    order.query_at = now;
    return;
  }
  if (order.state == OrderState::unknown) return;
  set_state(follower, order, OrderState::unknown);
  order.unknown_since = now;
  order.asked_anew = now;
  order.query_at = now;
  order.absences = 0;
  order.alarmed = false;
  legs_[order.leg].touched = now;
  if (order.doubts == 0) keep_lost(order, now);
  if (order.unknown_reported) return;
  order.unknown_reported = true;
  report(OrderUnknown{.ref = order.terms.ref, .follower = order.terms.follower});
}

OrderLane::Health OrderLane::health_of(const LaneFollower& follower, bool by_rest) noexcept {
  if (!follower.link) return {};
  const LaneSession& session = follower.link->session;
  if (by_rest) return {.stands = session.hears(), .losses = session.account_losses()};
  return {.stands = session.healthy(), .losses = session.losses()};
}

// The follower's connections are gone, and with them every answer that was still to come.
void OrderLane::all_lost(LaneFollower& follower, Mono now) noexcept {
  for (auto* order = inflight_.first(follower.id); order != nullptr; order = inflight_.next(*order))
    lose(*order, now);
}

// One order socket is gone.
void OrderLane::socket_lost(LaneFollower& follower, std::uint32_t serial, Mono now) noexcept {
  for (auto* order = inflight_.first(follower.id); order != nullptr; order = inflight_.next(*order))
    if (order->carrier == serial) lose(*order, now);
}

void OrderLane::lose(InflightOrder& order, Mono now) noexcept {
  if (order.state != OrderState::staged && order.state != OrderState::written) return;
  order.request = 0;
  make_unknown(order, now);
}

// A connection stands again: what happened meanwhile was not heard.
void OrderLane::ask_soon(LaneFollower& follower, Mono now) noexcept {
  for (auto* order = inflight_.first(follower.id); order != nullptr;
       order = inflight_.next(*order)) {
    if (is_asked_for(*order) && !order->query_out) order->query_at = now;
    // Answers of before a loss are of another connection.
    order->absences = 0;
  }
}

// Timers of the orders on the wire.
void OrderLane::tend(LaneFollower& follower, Mono now) {
  follower.tended = now;
  for (auto* order = inflight_.first(follower.id); order != nullptr;
       order = inflight_.next(*order)) {
    if (order->state == OrderState::written && !order->confirmed &&
        now - order->written >= answer_max)
      make_unknown(*order, now);
    if (order->state == OrderState::unknown && !order->alarmed &&
        now - order->unknown_since >= unknown_alarm) {
      order->alarmed = true;
      report(OrderUnknown{.ref = order->terms.ref, .follower = follower.id, .quarantined = true});
      notice(Level::error, follower.id,
             "an order's fate is unknown for a minute: it stays in flight and is asked for");
    }
  }
  if (!follower.link || holds_.rest.holds(now)) return;
  while (follower.link->queries_out < queries_out_max) {
    InflightOrder* const order = longest_due(inflight_, follower.id, now);
    if (order == nullptr) return;
    query(follower, *order, now);
    if (!order->query_out) return;  // nothing can be asked at present
  }
}

void OrderLane::query(LaneFollower& follower, InflightOrder& order, Mono now) {
  // Without a key nothing can be asked; before the session has begun again it would be refused.
  if (!follower.link || follower.link->session.refused() || !venue_clock_.known()) return;
  // Many at once would cost more than the address has, and end in a ban: they wait for the weight,
  // and leave enough for the position read without which their answers prove nothing.
  constexpr int cost = 1;
  const auto room = holds_.weight.room(now, venue::AddressWeight::Urgency::urgent);
  if (room < cost + venue::call_weight::account_read) return;
  holds_.weight.spend(now, cost);
  LaneLink& link = *follower.link;
  // Of an earlier run: its deadline is past then, whenever it was signed.
  if (order.deadline.ms == 0)
    order.deadline = venue_clock_.at(order.taken) + std::chrono::milliseconds(recv_window_ms);
  ++link.queries_out;
  order.query_out = true;
  const auto id = venue::client_order_id(order.terms.copy_id, order.attempt);
  const QueryContext context{
      .follower = follower.id,
      .order = order.handle(),
      .attempt = order.attempt,
      .asked = now,
      .asked_time = venue_clock_.at(now),
      .health = health_of(follower, order.carrier == InflightOrder::by_rest),
  };
  link.http->request({.method = net::HttpRequest::Method::get,
                      .target = signed_target(link, venue::path::order,
                                              {{"symbol", w_.symbols[order.terms.symbol].name},
                                               {"origClientOrderId", std::string(id.view())}},
                                              now),
                      .api_key = std::string(link.credentials.api_key.reveal())},
                     [this, context](const Result<net::HttpResponse>& answer) {
                       on_query_answer(context, answer);
                     });
}

void OrderLane::on_query_answer(const QueryContext& context,
                                const Result<net::HttpResponse>& answer) {
  LaneFollower& follower = follower_at(context.follower);
  if (follower.link) --follower.link->queries_out;
  InflightOrder* order = inflight_.by_handle(context.order);
  if (order == nullptr || order->attempt != context.attempt) return;
  const Mono now = w_.clock.now();
  hear_weight(answer, now);
  order->query_out = false;
  order->query_at = std::max(now, context.asked + query_spacing);
  if (order->state != OrderState::unknown && order->state != OrderState::written) return;
  if (answer.has_error() || !follower.link) return;

  if (answer->status == 200) {
    const auto record = venue::decode_order(answer->body);
    const auto id = venue::client_order_id(order->terms.copy_id, order->attempt);
    if (record.has_error() || record->client_order_id != id.view()) {
      w_.cells.malformed.add();
      return;
    }
    apply(*order,
          {.status = record->status,
           .filled = record->executed_qty,
           .average = record->average_price,
           .time = record->update_time,
           .http = answer->status},
          now);
    return;
  }
  const auto error = venue::decode_error(answer->body);
  if (error.code == no_such_order && answer->status == 400) on_absence(follower, *order, context);
  else on_failed_answer(follower, *answer, now);
}

void OrderLane::on_absence(LaneFollower& follower, InflightOrder& order,
                           const QueryContext& context) {
  const bool healthy =
      context.health.stands &&
      context.health == health_of(follower, order.carrier == InflightOrder::by_rest);
  // A venue that could still take the request proves nothing by not having it.
  const bool past = context.asked_time > order.deadline + absence_margin;
  const bool spaced = order.absences == 0 || context.asked - order.absent_at >= query_spacing;
  if (order.state != OrderState::unknown || !healthy || !past || !spaced) return;
  order.absent_at = context.asked;
  if (order.absences < absences_needed) ++order.absences;
  if (order.absences < absences_needed) return;
  // Whether it is absent is decided for all its doubtful attempts together: one behind may be in
  // the position.
  if (order.doubts_behind()) next_doubt(order, w_.clock.now());
  else want_read(follower, context.asked);
}

// What an earlier run and others behind our address have used too.
void OrderLane::hear_weight(const Result<net::HttpResponse>& answer, Mono now) noexcept {
  if (!answer.has_error() && answer->used_weight) holds_.weight.told(now, *answer->used_weight);
}

// The venue's time, after it refused a timestamp of ours.
void OrderLane::ask_time(LaneFollower& follower, Mono now) {
  if (now < time_from_ || !follower.link || holds_.rest.holds(now)) return;
  time_from_ = now + time_hold;
  notice(Level::warning, follower.id, "the venue refused our timestamp: taking its time anew");
  const auto done = [this, now](const Result<net::HttpResponse>& answer) {
    if (answer.has_error() || answer->status != 200) return;
    const auto time = venue::decode_time(answer->body);
    if (time.has_error()) return;
    // Taken in the middle of the round trip.
    set_time({.at = now + (w_.clock.now() - now) / 2, .venue = *time});
  };
  holds_.weight.spend(now, 1);
  follower.link->http->request({.method = net::HttpRequest::Method::get,
                                .target = venue::plain_target(venue::path::time, {}),
                                .api_key = {}},
                               done);
}

}  // namespace copyd::exec
