// What the venue says of an order: in the answer to the request, and on the follower's own stream.
// Either may come first, late, twice or never.
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "exec/order_lane.hpp"
#include "venue/client_order_id.hpp"
#include "venue/errors.hpp"

namespace copyd::exec {
namespace {

constexpr int unauthorized = 401;
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

// "… banned until 1780765249479": the venue's milliseconds; 0 when the text says no such thing.
std::int64_t banned_until(std::string_view message) noexcept {
  constexpr std::string_view words = "banned until ";
  const auto at = message.find(words);
  if (at == std::string_view::npos) return 0;
  std::int64_t until = 0;
  std::from_chars(message.data() + at + words.size(), message.data() + message.size(), until);
  return until;
}

}  // namespace

void OrderLane::on_reply(LaneFollower& follower, std::string_view frame) {
  const auto decoded = replies_.decode(frame);
  const Mono now = w_.clock.now();
  if (decoded.has_error()) {
    w_.cells.malformed.add();
    return;
  }
  const venue::Reply& reply = *decoded;
  if (reply.id == 0 || Inflight::is_session_request(reply.id)) {
    on_session_reply(follower, reply, now);
    return;
  }
  InflightOrder* order = inflight_.by_request(reply.id);
  if (order == nullptr || order->terms.follower != follower.id) {
    w_.cells.late.add();
    return;
  }
  w_.cells.acknowledged.add();
  w_.stages[Stage::acknowledged].record((now - order->written).count());
  if (reply.code != 0 || reply.status != 200) {
    refuse(follower, *order, {reply.status, reply.code, reply.message}, now);
  } else if (!reply.has_order) {
    make_unknown(*order, now);
  } else {
    follower.rate_limited = 0;
    apply(*order,
          {.status = reply.order.status,
           .filled = reply.order.executed_qty,
           .average = reply.order.average_price,
           .time = reply.order.update_time},
          now);
  }
}

// The answer to a logon, or a word about the whole connection.
void OrderLane::on_session_reply(LaneFollower& follower, const venue::Reply& reply, Mono now) {
  LaneLink& link = *follower.link;
  const bool failed = reply.code != 0 || reply.status != 200;
  const Refusal refusal{reply.status, reply.code, reply.message};
  const auto kind = venue::classify(reply.status, reply.code, reply.message);
  if (failed && (refuses_key(reply.status, reply.code) || kind == venue::RetryClass::pause)) {
    key_refused(follower, refusal, now);
    return;
  }
  if (reply.id == 0 || reply.id != link.logon_request) {
    // Not parsed by the venue, it says. Whatever it was about stays unanswered, and is asked for.
    w_.cells.malformed.add();
    return;
  }
  link.logon_request = 0;
  if (!failed) {
    link.session.on(LaneSession::Event::logged_on, now);
    return;
  }
  follower.cells.venue_code.set(reply.code);
  if (kind == venue::RetryClass::resync) ask_time(follower, now);
  link.session.on(LaneSession::Event::orders_failed, now);
}

void OrderLane::on_user_frame(LaneFollower& follower, std::string_view frame) {
  const auto decoded = user_data_.decode(frame);
  if (decoded.has_error()) {
    w_.cells.malformed.add();
    return;
  }
  const Mono now = w_.clock.now();
  if (const auto* update = std::get_if<venue::OrderUpdate>(&*decoded)) {
    on_update(follower, *update, now);
  } else if (std::holds_alternative<venue::ListenKeyExpired>(*decoded)) {
    follower.link->session.on(LaneSession::Event::listen_key_gone, now);
  } else if (const auto* account = std::get_if<venue::AccountUpdate>(&*decoded)) {
    on_account(follower, *account, now);
  }
}

// A position that shrank while no order of ours was open there was closed by somebody else: the
// venue is asked, and the read decides.
void OrderLane::on_account(LaneFollower& follower, const venue::AccountUpdate& update,
                           Mono now) noexcept {
  for (const auto& row : update.positions) {
    if (!row.symbol_known) continue;
    const std::uint32_t index = legs_.find({follower.id, row.symbol, row.leg});
    if (index == Legs::none) continue;
    const LegState& leg = legs_[index];
    const bool shrank = leg.tracked.sign() != 0 &&
                        (row.qty.sign() != leg.tracked.sign() || row.qty.abs() < leg.tracked.abs());
    if (leg.open == 0 && shrank && now - leg.filled_at >= read_lag)
      want_read(follower, std::max(now, follower.read_asked + read_rest));
  }
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
    return;
  }
  if (own->attempt < order->ended) {
    w_.cells.late.add();
    return;
  }
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
    order->sent_qty = order->terms.qty - order->settled;
    set_state(follower, *order, OrderState::written);
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
  const Qty filled = order.settled + fate.filled;
  if (filled > order.filled) {
    const Qty more = filled - order.filled;
    order.filled = filled;
    leg.tracked += order.terms.side == Side::buy ? more : -more;
    leg.filled_at = now;
    leg.pacing.filled();
  }
  if (!fate.filled.is_zero()) {
    leg.traded = std::max(leg.traded, fate.time);
    order.traded = std::max(order.traded, fate.time);
    // Of several attempts there is no one price.
    if (!order.settled.is_zero()) order.average = Price{};
    else if (fate.average.sign() > 0 && filled >= order.filled) order.average = fate.average;
  }
  if (venue::is_final(fate.status) && order.reduces()) {
    const bool whole = order.filled >= order.terms.qty;
    if (!whole && (order.early || awaits_an_opening(order))) {
      // It met less than it was to close, because it came before what opens the rest.
      order.settled = order.filled;
      order.ended = order.attempt_next;
      try_again(follower, order, now);
      return;
    }
    if (whole && opens_before(order)) {
      order.request = 0;
      set_state(follower, order, OrderState::ended);
      return;
    }
  }
  if (venue::is_final(fate.status)) {
    const bool refused = fate.status == venue::OrderStatus::rejected && order.filled.is_zero();
    finish(order, refused ? OrderEnd::refused : OrderEnd::executed, now);
    return;
  }
  if (order.state == OrderState::unknown) set_state(follower, order, OrderState::written);
  order.query_at = now + result_wait;
}

void OrderLane::refuse(LaneFollower& follower, InflightOrder& order, const Refusal& refusal,
                       Mono now) {
  order.refusal = refusal.code;
  follower.cells.venue_code.set(refusal.code);
  legs_[order.leg].touched = now;
  auto kind = venue::classify(refusal.status, refusal.code, refusal.message);
  // The close came before what it closes: nothing is wrong with it but the moment.
  if (refusal.code == reduce_only_rejected && (order.early || awaits_an_opening(order)))
    kind = venue::RetryClass::retry;
  // What the stream has shown to exist did not fail.
  if (order.confirmed) kind = venue::RetryClass::query;
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
      limit_rate(follower, refusal, now);
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

// Increases wait 1 s, doubling to the venue's window of 10 s; a ban's end is taken from its text.
// Closes keep to their own pace.
void OrderLane::limit_rate(LaneFollower& follower, const Refusal& refusal, Mono now) noexcept {
  std::chrono::milliseconds hold{1000};
  for (int i = 0; i < follower.rate_limited && hold.count() < 10'000; ++i) hold *= 2;
  hold = std::min(hold, std::chrono::milliseconds(10'000));
  ++follower.rate_limited;
  Mono until = now + hold;
  if (const auto banned = banned_until(refusal.message); banned != 0 && venue_clock_.known()) {
    // No ban lasts longer than three days, whatever the text says.
    constexpr std::chrono::milliseconds ban_max = std::chrono::hours(72);
    const auto left = VenueTime{banned} - venue_clock_.at(now);
    until = std::max(until, now + std::min(left, ban_max));
    follower.rest_from = until;
    notice(Level::error, follower.id, "the venue has banned this address for a time");
  }
  follower.increases_from = std::max(follower.increases_from, until);
}

}  // namespace copyd::exec
