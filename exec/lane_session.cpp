#include "exec/lane_session.hpp"

#include <algorithm>
#include <utility>

namespace copyd::exec {

void LaneSession::on(Event event, Mono now) noexcept {
  // While the key is refused nothing stands; what still arrives is of before.
  if (refused_) return;
  switch (event) {
    case Event::config_read:
      if (account_ == Account::config) enter(Account::listen_key, now);
      break;
    case Event::listen_key_created:
      if (account_ == Account::listen_key) enter(Account::stream, now);
      break;
    case Event::stream_opened:
      if (account_ == Account::stream) enter(Account::positions, now);
      break;
    case Event::positions_read:
      if (account_ == Account::positions) enter(Account::live, now);
      break;
    case Event::account_failed:
    case Event::stream_closed:
    case Event::listen_key_gone:
    case Event::mode_doubtful:
      if (account_ != Account::idle) lose_account(now);
      break;
    case Event::orders_opened:
      // A shared one stands when it stands, asked for or not.
      if (orders_ == Orders::connecting || (shares_ && orders_ == Orders::idle && recovered_))
        enter(logs_on_ ? Orders::logging_on : Orders::open, now);
      break;
    case Event::logged_on:
      if (orders_ == Orders::logging_on) enter(Orders::open, now);
      break;
    case Event::orders_failed:
      if (orders_ != Orders::idle) lose_orders(now);
      break;
    case Event::orders_moved:
      if (orders_ != Orders::open) break;
      ++losses_;
      say_resolve_ = say_resolve_ || carries();
      break;
    case Event::logon_lost:
      if (orders_ != Orders::open || !logs_on_) break;
      fallback_from_ = now + fallback_grace;
      enter(Orders::logging_on, now);
      break;
    case Event::stream_ending:
      next_stream_.renewal.hasten(now, ending_spread);
      break;
    case Event::orders_ending:
      next_orders_.renewal.hasten(now, ending_spread);
      break;
    case Event::next_stream_opened:
    case Event::next_stream_failed:
    case Event::next_orders_opened:
    case Event::next_logged_on:
    case Event::next_orders_failed:
      on_successor(event, now);
      break;
    case Event::key_extended:
      listen_key_timer_.extended(now);
      break;
    case Event::extension_failed:
      listen_key_timer_.failed(now);
      break;
    case Event::key_refused:
      refuse(now);
      break;
  }
}

// A successor's step came about, or did not. One that was given up meanwhile is nobody's business.
void LaneSession::on_successor(Event event, Mono now) noexcept {
  const bool of_stream = event == Event::next_stream_opened || event == Event::next_stream_failed;
  Successor& next = of_stream ? next_stream_ : next_orders_;
  // It stood and ended before it was taken over: it is said to be the present one already.
  if (event == Event::next_stream_failed && next.say_take) return lose_account(now);
  if (event == Event::next_orders_failed && next.say_take) return lose_orders(now);
  if (next.stage == Orders::idle) return;
  switch (event) {
    case Event::next_stream_opened:
      stands(next, now);
      account_step_.stood_since = now;
      break;
    case Event::next_orders_opened:
      if (logs_on_) {
        next.stage = Orders::logging_on;
        next.deadline = now + step_max;
        next.say_log_on = true;
        break;
      }
      [[fallthrough]];
    case Event::next_logged_on:
      stands(next, now);
      // The one before may have been lost meanwhile.
      if (orders_ == Orders::open) orders_step_.stood_since = now;
      else enter(Orders::open, now);
      break;
    default:
      fail(next, now);
      break;
  }
}

void LaneSession::stands(Successor& next, Mono now) noexcept {
  next.stage = Orders::idle;
  next.renewal.started(now);
  next.say_log_on = false;
  next.say_take = true;
}

void LaneSession::fail(Successor& next, Mono now) noexcept {
  abandon(next);
  next.renewal.failed(now);
  // Where nothing stands there is nothing to succeed.
  if (&next == &next_orders_ && orders_ != Orders::open) next.renewal.forget();
}

void LaneSession::abandon(Successor& next) noexcept {
  const bool there = next.stage != Orders::idle || next.say_take;
  next.renewal.forget();
  next.stage = Orders::idle;
  next.say_take = false;
  next.say_log_on = false;
  if (there) next.say_close = true;
}

LaneSession::Action LaneSession::say() noexcept {
  if (std::exchange(say_close_stream_, false)) return Action::close_stream;
  if (std::exchange(say_close_orders_, false)) return Action::close_orders;
  if (std::exchange(next_stream_.say_close, false)) return Action::close_next_stream;
  if (std::exchange(next_orders_.say_close, false)) return Action::close_next_orders;
  if (std::exchange(next_stream_.say_take, false)) return Action::take_next_stream;
  if (std::exchange(next_orders_.say_take, false)) return Action::take_next_orders;
  if (std::exchange(next_orders_.say_log_on, false)) return Action::log_on_next;
  if (std::exchange(say_renounce_, false)) return Action::renounce;
  if (std::exchange(say_announce_, false)) return Action::announce;
  if (std::exchange(say_resolve_, false)) return Action::resolve_unknown;
  return Action::none;
}

LaneSession::Action LaneSession::next(Mono now, const Holds& holds) noexcept {
  if (const Action said = say(); said != Action::none) return said;
  if (refused_) {
    if (now < refused_until_) return Action::none;
    refused_ = false;
  }
  const Action action = next_account(now, holds);
  return action != Action::none ? action : next_orders(now, holds.sockets);
}

bool LaneSession::take_weight(Mono now, const Holds& holds) noexcept {
  if (!holds.weight) return true;
  using namespace venue::call_weight;
  const int later = orders_ == Orders::idle && !shares_ ? handshake + (logs_on_ ? logon : 0) : 0;
  if (!holds.weight->take(now, session + later, holds.urgency)) return false;
  prepaid_ = later;
  return true;
}

LaneSession::Action LaneSession::next_account(Mono now, const Holds& holds) noexcept {
  if (account_ == Account::idle) {
    if (now < account_step_.retry_at || now < holds.rest) return Action::none;
    if (!take_weight(now, holds)) return Action::none;
    ++account_epoch_;
    enter(Account::config, now);
  }
  switch (account_) {
    case Account::idle:
      return Action::none;
    case Account::config:
      return ask(account_step_, Action::read_config, now);
    case Account::listen_key:
      return ask(account_step_, Action::create_listen_key, now);
    case Account::stream:
      return ask(account_step_, Action::open_stream, now);
    case Account::positions:
      return ask(account_step_, Action::read_positions, now);
    case Account::live:
      if (listen_key_timer_.take_due(now)) return Action::extend_listen_key;
      return renew(next_stream_, Action::open_next_stream, now);
  }
  return Action::none;
}

LaneSession::Action LaneSession::next_orders(Mono now, Mono from) noexcept {
  // Before the account is known there is nothing to send, and a key that is refused costs one call.
  if (!recovered_) return Action::none;
  if (orders_ == Orders::open || next_orders_.stage != Orders::idle) {
    if (next_orders_.stage == Orders::idle && now < from) return Action::none;
    const Action action = renew(next_orders_, Action::open_next_orders, now);
    // A successor under way is the nearest that there is to a new connection.
    const bool waits = orders_ == Orders::idle && next_orders_.stage != Orders::idle;
    if (action != Action::none || orders_ == Orders::open || waits) return action;
  }
  if (orders_ == Orders::idle) {
    if (now < orders_step_.retry_at || now < from) return Action::none;
    enter(Orders::connecting, now);
  }
  switch (orders_) {
    case Orders::connecting:
      return ask(orders_step_, Action::open_orders, now);
    case Orders::logging_on:
      return ask(orders_step_, Action::log_on, now);
    case Orders::idle:
    case Orders::open:
      return Action::none;
  }
  return Action::none;
}

// Begins the successor when it is due, and gives it up when it takes too long.
LaneSession::Action LaneSession::renew(Successor& next, Action open, Mono now) noexcept {
  if (next.stage == Orders::idle) {
    if (!next.renewal.due(now)) return Action::none;
    next.stage = Orders::connecting;
    next.deadline = now + step_max;
    return open;
  }
  if (now < next.deadline) return Action::none;
  fail(next, now);
  return say();
}

// Says the step's action once; a step that takes too long is a failure.
LaneSession::Action LaneSession::ask(Step& step, Action action, Mono now) noexcept {
  if (!step.asked) {
    step.asked = true;
    step.deadline = now + step_max;
    return action;
  }
  if (now < step.deadline) return Action::none;
  if (&step == &account_step_) {
    lose_account(now);
    return std::exchange(say_close_stream_, false) ? Action::close_stream : Action::none;
  }
  lose_orders(now);
  return std::exchange(say_close_orders_, false) ? Action::close_orders : Action::none;
}

void LaneSession::enter(Account account, Mono now) noexcept {
  account_ = account;
  account_step_.asked = false;
  if (account == Account::stream) listen_key_timer_.created(now, first_extension_);
  if (account != Account::live) return;
  account_step_.stood_since = now;
  next_stream_.renewal.started(now);
  recovered_ = true;
  check_ready();
}

void LaneSession::enter(Orders orders, Mono now) noexcept {
  orders_ = orders;
  orders_step_.asked = false;
  if (orders != Orders::open) return;
  orders_step_.stood_since = now;
  fallback_from_ = never;
  if (!shares_) next_orders_.renewal.started(now);
  check_ready();
}

void LaneSession::stop_sharing(Mono now) noexcept {
  shares_ = false;
  if (orders_ != Orders::idle) lose_orders(now);
}

// A part stands again. What happened meanwhile was not heard.
void LaneSession::check_ready() noexcept {
  if (!carries()) return;
  say_resolve_ = true;
  announce();
}

// The stream is heard, and orders can leave: by the order socket or, where that has failed, by the
// other way.
bool LaneSession::carries() const noexcept {
  return hears() && (orders_ == Orders::open || fallback_from_ != never);
}

void LaneSession::announce() noexcept {
  if (!carries()) return;
  if (announced_ && announced_mode_ == mode_) return;
  announced_ = true;
  announced_mode_ = mode_;
  say_announce_ = true;
}

void LaneSession::lose_account(Mono now) noexcept {
  if (account_ == Account::live && now - account_step_.stood_since >= steady)
    account_backoff_.reset();
  ++losses_;
  ++account_losses_;
  ++account_epoch_;
  account_ = Account::idle;
  account_step_.retry_at = now + account_backoff_.next();
  listen_key_timer_.forget();
  abandon(next_stream_);
  say_close_stream_ = true;
}

void LaneSession::lose_orders(Mono now) noexcept {
  const bool stood = orders_ == Orders::open && now - orders_step_.stood_since >= steady;
  if (stood) orders_backoff_.reset();
  // One that comes and goes had its moment before.
  const bool has_grace = stood || (orders_ == Orders::open && !orders_lost_before_);
  orders_lost_before_ = true;
  fallback_from_ = has_grace ? now + fallback_grace : std::min(fallback_from_, now);
  ++losses_;
  orders_ = Orders::idle;
  orders_step_.retry_at = now + orders_backoff_.next();
  // A successor under way goes on; what is said of one that stands is that it is the present one.
  next_orders_.renewal.forget();
  if (next_orders_.say_take) abandon(next_orders_);
  say_close_orders_ = true;
  announce();
}

void LaneSession::refuse(Mono now) noexcept {
  lose_account(now);
  lose_orders(now);
  abandon(next_orders_);
  fallback_from_ = never;
  refused_ = true;
  refused_until_ = now + refused_pause;
  account_step_.retry_at = refused_until_;
  orders_step_.retry_at = refused_until_;
  recovered_ = false;
  say_resolve_ = false;
  say_announce_ = false;
  if (std::exchange(announced_, false)) say_renounce_ = true;
}

}  // namespace copyd::exec
