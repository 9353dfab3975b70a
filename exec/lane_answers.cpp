// What the venue says of an order: in the answer to the request, and on the follower's own stream.
// Either may come first, late, twice or never.
#include <algorithm>
#include <cstdio>

#include "exec/order_lane.hpp"
#include "venue/client_order_id.hpp"
#include "venue/errors.hpp"

namespace copyd::exec {
namespace {

constexpr int unauthorized = 401;
constexpr int forbidden = 403;
constexpr std::int32_t reduce_only_rejected = -2022;

// Of the refusals that stop an account, those that say the key itself is not accepted.
bool refuses_key(int status, std::int32_t code) noexcept {
  switch (code) {
    case -1002:
    case -1022:
    case -1099:
    case -2014:
    case -2015:
    case -2017:
    case -4109:
      return true;
    default:
      return status == unauthorized;
  }
}

// The position side does not fit the account's position mode: the mode has changed under us.
bool doubts_mode(std::int32_t code) noexcept {
  return code == -4060 || code == -4061;
}

// An order that went without a signature, on a session that the venue has forgotten.
bool misses_logon(std::int32_t code) noexcept {
  constexpr std::int32_t parameter_missing = -1102;
  constexpr std::int32_t signature_invalid = -1022;
  constexpr std::int32_t key_invalid = -2014;
  return code == parameter_missing || code == signature_invalid || code == key_invalid;
}

}  // namespace

void OrderLane::on_reply(LaneFollower& follower, OrderSocket& from, std::string_view frame) {
  const auto decoded = replies_.decode(frame);
  const Mono now = w_.clock.now();
  if (decoded.has_error()) {
    w_.cells.malformed.add();
    return;
  }
  const venue::Reply& reply = *decoded;
  if (reply.shutdown) {
    // A socket that was succeeded has its end set already.
    if (&from == &follower.link->orders)
      follower.link->session.on(LaneSession::Event::orders_ending, now);
    return;
  }
  if (reply.id == 0 || Inflight::is_session_request(reply.id)) {
    on_session_reply(follower, from, reply, now);
    return;
  }
  InflightOrder* order = inflight_.by_request(reply.id);
  if (order == nullptr || order->terms.follower != follower.id) {
    w_.cells.late.add();
    return;
  }
  answered(follower, *order, reply, std::chrono::seconds(0), now);
}

// Whichever way the order took.
void OrderLane::answered(LaneFollower& follower, InflightOrder& order, const venue::Reply& reply,
                         std::chrono::seconds retry_after, Mono now) {
  w_.cells.acknowledged.add();
  w_.stages[Stage::acknowledged].record((now - order.written).count());
  keep_timing(order, now);
  follower.budget.told({.in_10s = reply.used.orders_10s, .in_minute = reply.used.orders_1m}, now);
  if (reply.code != 0 || reply.status != 200) {
    refuse(follower, order,
           {.status = reply.status,
            .code = reply.code,
            .message = reply.message,
            .retry_after = retry_after},
           now);
  } else if (!reply.has_order) {
    make_unknown(order, now);
  } else {
    follower.cells.answered.set(now.ns);
    follower.rate_limited = 0;
    apply(order,
          {.status = reply.order.status,
           .filled = reply.order.executed_qty,
           .average = reply.order.average_price,
           .time = reply.order.update_time,
           .http = reply.status},
          now);
  }
}

// The answer to a logon, or a word about the whole connection.
void OrderLane::on_session_reply(LaneFollower& follower, OrderSocket& from,
                                 const venue::Reply& reply, Mono now) {
  LaneLink& link = *follower.link;
  const bool failed = reply.code != 0 || reply.status != 200;
  const Refusal refusal{.status = reply.status, .code = reply.code, .message = reply.message};
  const auto kind = venue::classify(reply.status, reply.code, reply.message);
  const bool of_logon = reply.id != 0 && reply.id == from.logon_request;
  if (failed && reply.status == forbidden) {
    firewalled(follower, Way::socket, now);
  } else if (failed && kind == venue::RetryClass::backoff) {
    limit_rate(follower, Way::socket, refusal, now);
  } else if (failed &&
             (refuses_key(reply.status, reply.code) || kind == venue::RetryClass::pause)) {
    key_refused(follower, refusal, now);
    return;
  } else if (!of_logon) {
    // Not parsed by the venue, it says. Whatever it was about stays unanswered, and is asked for.
    w_.cells.malformed.add();
    return;
  }
  if (failed) follower.cells.venue_code.set(reply.code);
  if (!of_logon) return;
  from.logon_request = 0;
  const bool of_next = &from == &link.next_orders;
  if (!failed) {
    link.session.on(of_next ? LaneSession::Event::next_logged_on : LaneSession::Event::logged_on,
                    now);
    return;
  }
  if (kind == venue::RetryClass::resync) ask_time(follower, now);
  link.session.on(
      of_next ? LaneSession::Event::next_orders_failed : LaneSession::Event::orders_failed, now);
}

void OrderLane::on_update(LaneFollower& follower, const venue::OrderUpdate& update,
                          Mono now) noexcept {
  const auto own = venue::parse_client_order_id(update.client_order_id);
  if (!own) {
    if (update.is_fill()) w_.cells.foreign.add();
    return;
  }
  InflightOrder* order = inflight_.by_copy_id(own->copy_id);
  if (order == nullptr || order->terms.follower != follower.id) {
    w_.cells.late.add();
    // The answer that ended it does not say at what price it filled: the history wants to know.
    if (order == nullptr && update.is_fill() && w_.journal != nullptr)
      static_cast<void>(
          w_.journal->append(journal::Answer{.copy_id = own->copy_id,
                                             .filled = update.cumulative_qty,
                                             .average = update.average_price,
                                             .venue_ms = update.trade_time.ms,
                                             .follower = follower.id,
                                             .attempt = own->attempt,
                                             .final_ = venue::is_final(update.status)},
                             now));
    return;
  }
  // What rides has never left.
  if (own->attempt < order->ended || order->state == OrderState::riding) {
    w_.cells.late.add();
    return;
  }
  if (order->doubts_behind() && own->attempt > order->attempt &&
      own->attempt < order->attempt_next) {
    // It is alive, and is found when those before it are resolved: what they filled counts too.
    if (!order->query_out) order->query_at = now;
    return;
  }
  const bool denied = order->state == OrderState::unknown && own->attempt < order->attempt &&
                      own->attempt + order->doubts >= order->attempt_next;
  if (denied) order->attempt = own->attempt;  // it lives all the same
  if (own->attempt != order->attempt) {
    // An attempt that was called a definite failure is alive. While the next one has not left, it
    // is the order, and the next one never leaves.
    if (order->state != OrderState::waiting || own->attempt >= order->attempt_next) {
      w_.cells.late.add();
      if (update.is_fill())
        notice(Level::error, follower.id, "an attempt that was given up has filled");
      return;
    }
    order->attempt = own->attempt;
    order->sent_qty = order->asked() - order->settled;
    set_state(follower, *order, OrderState::written);
    // Its end was written already, which is taken back.
    keep_resumed(*order, {.attempt = order->attempt, .doubts = 1}, now);
  }
  apply(*order,
        {.status = update.status,
         .filled = update.cumulative_qty,
         .average = update.average_price,
         .time = update.trade_time},
        now);
}

// REQUIRES: `fate` is of the order's present attempt.
void OrderLane::apply(InflightOrder& order, const Fate& fate, Mono now) noexcept {
  LaneFollower& follower = follower_at(order.terms.follower);
  LegState& leg = legs_[order.leg];
  order.confirmed = true;
  leg.touched = now;
  const bool ends = venue::is_final(fate.status);
  const bool news = ends || order.counted(order.settled + fate.filled) > order.filled;
  was_larger(order, fate, now);
  const bool smaller = ends && was_smaller(order, fate, now);
  keep_timing(order, now);
  if (smaller) keep_smaller(order, fate, now);
  if (news && order.state != OrderState::ended) keep_fate(order, fate, now);
  count_fills(order, fate, now);
  if (smaller) return send_rest(follower, order, now);
  if (ends && goes_on(follower, order, now)) return;
  if (ends) {
    const bool refused = fate.status == venue::OrderStatus::rejected && order.filled.is_zero();
    if (refused && order.riders != 0) return refuse_joined(follower, order, now);
    finish(order, refused ? OrderEnd::refused : OrderEnd::executed, now);
    return;
  }
  if (order.state == OrderState::unknown) set_state(follower, order, OrderState::written);
  order.query_at = now + result_wait;
}

void OrderLane::count_fills(InflightOrder& order, const Fate& fate, Mono now) noexcept {
  LegState& leg = legs_[order.leg];
  const Qty filled = order.counted(order.settled + fate.filled);
  if (filled > order.filled) {
    const Qty more = filled - order.filled;
    order.filled = filled;
    leg.tracked += order.terms.side == Side::buy ? more : -more;
    leg.filled_at = now;
    tell_closes(order, more);
    leg.pacing.filled();
  }
  if (fate.filled.is_zero()) return;
  leg.traded = std::max(leg.traded, fate.time);
  order.traded = std::max(order.traded, fate.time);
  // Of several attempts there is no one price.
  if (!order.settled.is_zero()) order.average = Price{};
  else if (fate.average.sign() > 0 && filled >= order.filled) order.average = fate.average;
}

// The present attempt has ended. False: and the order with it.
bool OrderLane::goes_on(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  const bool whole = order.filled >= order.terms.qty;
  if (!whole && order.doubts_behind()) {
    ended_in_doubt(order, now);
    return true;
  }
  if (!order.reduces()) return false;
  if (!whole && (order.early || awaits_an_opening(order))) {
    // It met less than it was to close, because it came before what opens the rest.
    send_rest(follower, order, now);
    return true;
  }
  if (!whole || !opens_before(order)) return false;
  order.request = 0;
  set_state(follower, order, OrderState::ended);
  return true;
}

void OrderLane::refuse(LaneFollower& follower, InflightOrder& order, const Refusal& refusal,
                       Mono now) {
  order.refusal = refusal.code;
  follower.cells.venue_code.set(refusal.code);
  legs_[order.leg].touched = now;
  auto kind = venue::classify(refusal.status, refusal.code, refusal.message);
  // The close came before what it closes: nothing is wrong with it but the moment. And where an
  // opening on the other side of zero waits for it, it is not given up before a read shows nothing.
  if (refusal.code == reduce_only_rejected &&
      (order.early || awaits_an_opening(order) || is_waited_for(order)))
    kind = venue::RetryClass::retry;
  const Way way = order.carrier == InflightOrder::by_rest ? Way::rest : Way::socket;
  if (refusal.status == forbidden) {
    // A firewall before the venue: nothing of it got there, and it says nothing about the key.
    firewalled(follower, way, now);
    kind = venue::RetryClass::retry;
  }
  // What the stream has shown to exist did not fail.
  if (order.confirmed) kind = venue::RetryClass::query;
  else if (lost_logon(follower, order, refusal, now)) kind = venue::RetryClass::retry;
  if (kind != venue::RetryClass::ok && kind != venue::RetryClass::query)
    keep_refusal(order, refusal, now);
  switch (kind) {
    case venue::RetryClass::retry:
      try_again(follower, order, now);
      break;
    case venue::RetryClass::resync:
      follower.time_doubtful_until = now + time_hold;
      ask_time(follower, now);
      try_again(follower, order, now);
      break;
    case venue::RetryClass::backoff:
      limit_rate(follower, way, refusal, now);
      try_again(follower, order, now);
      break;
    case venue::RetryClass::ok:
    case venue::RetryClass::query:
      make_unknown(order, now);
      break;
    case venue::RetryClass::final_:
    case venue::RetryClass::pause:
      refuse_for_good(follower, order, refusal, now);
      break;
  }
}

void OrderLane::refuse_for_good(LaneFollower& follower, InflightOrder& order,
                                const Refusal& refusal, Mono now) {
  const bool pause =
      venue::classify(refusal.status, refusal.code, refusal.message) == venue::RetryClass::pause;
  if (!pause && order.riders != 0) return refuse_joined(follower, order, now);
  const FollowerId id = follower.id;
  finish(order, OrderEnd::refused, now);
  if (refuses_key(refusal.status, refusal.code)) {
    key_refused(follower, refusal, now);
  } else if (doubts_mode(refusal.code)) {
    follower.link->session.on(LaneSession::Event::mode_doubtful, now);
    notice(Level::warning, id, "an order does not fit the account's position mode: reading it");
  } else {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "%s: %d %.*s",
                  pause ? "the venue refuses orders of this account" : "an order was refused",
                  refusal.code, static_cast<int>(std::min<std::size_t>(refusal.message.size(), 90)),
                  refusal.message.data());
    notice(pause ? Level::error : Level::warning, id, text.data());
  }
}

// The present attempt surely failed: the same order goes again under a new client order id, an
// increase while it is fresh, a close at its pace.
void OrderLane::try_again(LaneFollower& follower, InflightOrder& order, Mono now) noexcept {
  if (order.joined == Joined::carries) apart(order, now);
  if (order.attempt_next > venue::attempt_max) {
    finish(order, OrderEnd::refused, now);
    return;
  }
  if (!order.reduces() && (draining_ || now >= order.terms.expires)) {
    finish(order, OrderEnd::expired, now);
    return;
  }
  auto hold = retry_first;
  for (int i = 0; i < order.attempt && hold < retry_max; ++i) hold *= 2;
  order.attempt = order.attempt_next++;
  order.request = 0;
  order.confirmed = false;
  order.absences = 0;
  order.query_out = false;
  order.intended = Qty{};
  set_state(follower, order, OrderState::waiting);
  if (order.reduces()) {
    legs_[order.leg].pacing.failed(now);
    order.retry_at = now;
  } else {
    order.retry_at = now + std::min(hold, retry_max);
  }
  legs_[order.leg].touched = now;
  follower.pump = true;
}

// A logged-on session has ended, though its socket stands: it is begun again, once. True if the
// order was refused for that.
bool OrderLane::lost_logon(LaneFollower& follower, const InflightOrder& order,
                           const Refusal& refusal, Mono now) noexcept {
  constexpr std::chrono::seconds relapse{60};
  LaneLink& link = *follower.link;
  if (!link.logs_on || order.carrier == InflightOrder::by_rest || !misses_logon(refusal.code))
    return false;
  // Written on a socket, or before a logon, that is past.
  const bool present = order.carrier == link.orders.serial && order.written >= link.logon_lost;
  if (!present || link.session.orders() != LaneSession::Orders::open) return true;
  // A logon that helps for a moment only does not help: it is the key, after all.
  if (link.logon_lost.ns != 0 && now - link.logon_lost < relapse) return false;
  link.logon_lost = now;
  notice(Level::warning, follower.id, "the venue has ended the session: logging on again");
  link.session.on(LaneSession::Event::logon_lost, now);
  return true;
}

}  // namespace copyd::exec
