#include "exec/lane_session.hpp"

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
      if (orders_ == Orders::connecting) enter(logs_on_ ? Orders::logging_on : Orders::open, now);
      break;
    case Event::logged_on:
      if (orders_ == Orders::logging_on) enter(Orders::open, now);
      break;
    case Event::orders_failed:
      if (orders_ != Orders::idle) lose_orders(now);
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

LaneSession::Action LaneSession::next(Mono now) noexcept {
  if (std::exchange(say_close_stream_, false)) return Action::close_stream;
  if (std::exchange(say_close_orders_, false)) return Action::close_orders;
  if (std::exchange(say_renounce_, false)) return Action::renounce;
  if (std::exchange(say_announce_, false)) return Action::announce;
  if (std::exchange(say_resolve_, false)) return Action::resolve_unknown;
  if (refused_) {
    if (now < refused_until_) return Action::none;
    refused_ = false;
  }
  const Action action = next_account(now);
  return action != Action::none ? action : next_orders(now);
}

LaneSession::Action LaneSession::next_account(Mono now) noexcept {
  if (account_ == Account::idle) {
    if (now < account_step_.retry_at) return Action::none;
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
      return listen_key_timer_.take_due(now) ? Action::extend_listen_key : Action::none;
  }
  return Action::none;
}

LaneSession::Action LaneSession::next_orders(Mono now) noexcept {
  // Before the account is known there is nothing to send, and a key that is refused costs one call.
  if (!recovered_) return Action::none;
  if (orders_ == Orders::idle) {
    if (now < orders_step_.retry_at) return Action::none;
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
  if (account == Account::stream) listen_key_timer_.created(now);
  if (account != Account::live) return;
  account_step_.stood_since = now;
  recovered_ = true;
  check_ready();
}

void LaneSession::enter(Orders orders, Mono now) noexcept {
  orders_ = orders;
  orders_step_.asked = false;
  if (orders != Orders::open) return;
  orders_step_.stood_since = now;
  check_ready();
}

void LaneSession::check_ready() noexcept {
  if (!healthy()) return;
  say_resolve_ = true;
  if (announced_ && announced_mode_ == mode_) return;
  announced_ = true;
  announced_mode_ = mode_;
  say_announce_ = true;
}

void LaneSession::lose_account(Mono now) noexcept {
  if (account_ == Account::live && now - account_step_.stood_since >= steady)
    account_backoff_.reset();
  ++losses_;
  ++account_epoch_;
  account_ = Account::idle;
  account_step_.retry_at = now + account_backoff_.next();
  listen_key_timer_.forget();
  say_close_stream_ = true;
}

void LaneSession::lose_orders(Mono now) noexcept {
  if (orders_ == Orders::open && now - orders_step_.stood_since >= steady) orders_backoff_.reset();
  ++losses_;
  orders_ = Orders::idle;
  orders_step_.retry_at = now + orders_backoff_.next();
  say_close_orders_ = true;
}

void LaneSession::refuse(Mono now) noexcept {
  lose_account(now);
  lose_orders(now);
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
