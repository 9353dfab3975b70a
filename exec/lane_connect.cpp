// Followers that come and go, and what LaneSession asks for: does it, or has it done, and tells
// what came of it. No opinions here.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "core/limits.hpp"
#include "exec/order_lane.hpp"
#include "venue/errors.hpp"

namespace copyd::exec {
namespace {

using Action = LaneSession::Action;
using Event = LaneSession::Event;
using Method = net::HttpRequest::Method;

constexpr int forbidden = 403;
constexpr std::int32_t no_such_listen_key = -1125;

}  // namespace

void OrderLane::add(AddFollower command, Mono now) {
  if (drained()) return;
  LaneFollower& follower = follower_at(command.follower);
  if (follower.link) leave_streams(follower);
  follower.link.reset();
  // What was lost with an earlier link is asked for by the new one.
  all_lost(follower, now);
  for (auto* order = inflight_.first(follower.id); order != nullptr; order = inflight_.next(*order))
    order->query_out = false;
  const std::uint64_t seed = (w_.seed + follower.id.value + 1) * 0x9E3779B97F4A7C15U;
  const bool shares = command.shares && may_share_;
  follower.link = std::make_unique<LaneLink>(std::move(command.credentials), seed, shares);
  follower.link->http = w_.transport.http(w_.endpoints.rest);
  if (shares) share(seed);
  else own_orders(*follower.link);
  const bool prepares = command.prepares && w_.prepare != nullptr;
  follower.prepared.assign(prepares ? w_.symbols.size() : 0, {});
  follower.pump = true;
  show(follower);
}

void OrderLane::remove(FollowerId id, Mono now) {
  LaneFollower& follower = follower_at(id);
  const bool was_ready = follower.link && follower.link->session.announced();
  if (follower.link) {
    if (follower.link->orders.socket) follower.link->orders.socket->close();
    close_stream(follower, now);
    leave_streams(follower);
  }
  follower.link.reset();
  all_lost(follower, now);
  expire_increases(follower, now);
  show(follower);
  if (was_ready) report(FollowerLink{.follower = id, .ready = false});
}

// A fill that comes in the midst of a pass waits for its end. Where many followers have sockets of
// their own a pass looks at some of them, and ends when that took long: a handshake takes a
// millisecond, and after an outage there is one for each. Not 0 when it was cut short.
// The timers of a follower's orders come behind its own sockets: what lies there unread, after a
// pause of the machine, is no answer that never came.
int OrderLane::run_links(Mono now) {
  const std::size_t all = mine_.size();
  const std::size_t most = w_.links_per_pass == 0 ? all : std::min(all, w_.links_per_pass);
  const Mono begun = w_.clock.now();
  int work = 0;
  for (std::size_t i = 0; i < most; ++i) {
    if (next_link_ >= all) next_link_ = 0;
    LaneFollower& follower = *mine_[next_link_++];
    work += run_link(follower, now);
    if (follower.in_flight != 0 && now - follower.tended >= tend_period) tend(follower, now);
    if (w_.clock.now() - begun >= limits::links_time_max) return std::max(work, 1);
  }
  return work;
}

int OrderLane::run_link(LaneFollower& follower, Mono now) {
  if (!follower.link || !venue_clock_.known()) return 0;
  // What a first read shows is judged by the orders that an earlier run left: they come first.
  if (!follower.seen_positions && !coming_.empty() && !inflight_.full()) return 0;
  LaneLink& link = *follower.link;
  int work = poll_sockets(follower, now) + link.http->poll(now);
  using Urgency = venue::AddressWeight::Urgency;
  const LaneSession::Holds holds{
      .rest = holds_.rest.until(),
      .sockets = holds_.sockets.until(),
      .weight = &holds_.weight,
      .urgency = follower.in_flight != 0 ? Urgency::urgent : Urgency::patient};
  for (auto action = link.session.next(now, holds); action != Action::none;
       action = link.session.next(now, holds)) {
    act(follower, action, now);
    ++work;
  }
  keep_warm(follower, now);
  const Mono read_at =
      std::max({follower.read_due, follower.read_asked + read_spacing, holds.rest});
  // What the timetable asks for has its weight kept for it.
  const bool paid = follower.read_by_timetable ||
                    holds_.weight.room(now, venue::AddressWeight::Urgency::urgent) >=
                        venue::call_weight::account_read;
  if (follower.read_wanted && !link.read_out && link.session.announced() && now >= read_at && paid)
    read_positions(follower, now, false);
  if (work != 0) show(follower);
  return work;
}

void OrderLane::act(LaneFollower& follower, Action action, Mono now) {
  LaneLink& link = *follower.link;
  LaneSession& session = link.session;
  switch (action) {
    case Action::none:
      break;
    case Action::read_config:
    case Action::create_listen_key:
    case Action::read_positions:
    case Action::extend_listen_key:
      ask(follower, action, now);
      break;
    case Action::open_stream:
      open_stream(follower, link.stream, Event::account_failed, now);
      break;
    case Action::open_orders:
      if (!link.shares) open_orders(follower, link.orders, now);
      else if (shared_->is_open()) session.on(Event::orders_opened, now);
      break;
    case Action::log_on:
      log_on(follower, link.orders, Event::orders_failed, now);
      break;
    case Action::close_stream:
      close_stream(follower, now);
      follower.cells.reconnects.add();
      break;
    case Action::close_orders:
      if (!link.shares) close_orders(follower, now);
      follower.cells.reconnects.add();
      break;
    case Action::open_next_stream:
      open_stream(follower, link.next_stream, Event::next_stream_failed, now);
      break;
    case Action::take_next_stream:
      take_next_stream(follower, now);
      break;
    case Action::close_next_stream:
      if (link.next_stream.socket) on_own_stream(follower, false, now);
      leave_stream(follower, link.next_stream);
      link.next_stream = {};
      break;
    case Action::open_next_orders:
      link.next_orders = {.socket = w_.transport.websocket(), .serial = ++link.serials};
      open_orders(follower, link.next_orders, now);
      break;
    case Action::log_on_next:
      log_on(follower, link.next_orders, Event::next_orders_failed, now);
      break;
    case Action::take_next_orders:
      take_next_orders(follower, now);
      break;
    case Action::close_next_orders:
      link.next_orders = {};
      break;
    case Action::announce:
      follower.cells.mode.set(static_cast<std::int64_t>(session.mode()));
      report(FollowerLink{.follower = follower.id, .ready = true, .mode = session.mode()});
      notice(Level::info, follower.id, "ready");
      break;
    case Action::renounce:
      report(FollowerLink{.follower = follower.id, .ready = false, .mode = session.mode()});
      break;
    case Action::resolve_unknown:
      ask_soon(follower, now);
      follower.pump = true;
      break;
  }
}

// A step of the session over REST.
void OrderLane::ask(LaneFollower& follower, Action action, Mono now) {
  LaneLink& link = *follower.link;
  if (holds_.rest.holds(now)) {
    link.session.on(
        action == Action::extend_listen_key ? Event::extension_failed : Event::account_failed, now);
    return;
  }
  if (action == Action::read_positions) {
    read_positions(follower, now, true);
    return;
  }
  net::HttpRequest request{.target = {}, .api_key = std::string(link.credentials.api_key.reveal())};
  if (action == Action::read_config) {
    request.target = signed_target(link, venue::path::account_config, {}, now);
  } else {
    const bool creates = action == Action::create_listen_key;
    request.method = creates ? Method::post : Method::put;
    request.target = venue::plain_target(venue::path::listen_key, {});
    if (!creates) holds_.weight.spend_by_timetable(now, 1);
  }
  const auto answered = [this, id = follower.id, epoch = link.session.account_epoch(),
                         action](const Result<net::HttpResponse>& answer) {
    on_step_answer(id, epoch, action, answer);
  };
  link.http->request(std::move(request), answered);
}

void OrderLane::on_step_answer(FollowerId id, std::uint32_t epoch, Action action,
                               const Result<net::HttpResponse>& answer) {
  LaneFollower& follower = follower_at(id);
  // An answer to an attempt that was given up belongs to nobody.
  if (!follower.link || follower.link->session.account_epoch() != epoch) return;
  const Mono now = w_.clock.now();
  const Event failed =
      action == Action::extend_listen_key ? Event::extension_failed : Event::account_failed;
  if (answer.has_error()) {
    follower.link->session.on(failed, now);
  } else if (answer->status != 200) {
    on_failed_answer(follower, *answer, now);
    follower.link->session.on(failed, now);
  } else {
    on_step_body(follower, action, answer->body, now);
  }
}

void OrderLane::on_step_body(LaneFollower& follower, Action action, std::string_view body,
                             Mono now) {
  LaneLink& link = *follower.link;
  if (action == Action::extend_listen_key) {
    link.session.on(Event::key_extended, now);
    return;
  }
  if (action == Action::read_config) {
    const auto config = venue::decode_account_config(body);
    if (config.has_error()) {
      w_.cells.malformed.add();
      link.session.on(Event::account_failed, now);
      return;
    }
    if (!config->can_trade)
      notice(Level::error, follower.id, "the venue does not let this account trade");
    follower.cells.multi_assets.set(config->multi_assets ? 1 : 0);
    link.session.set_mode(config->mode);
    link.session.on(Event::config_read, now);
    return;
  }
  auto key = venue::decode_listen_key(body);
  if (key.has_error()) {
    w_.cells.malformed.add();
    link.session.on(Event::account_failed, now);
    return;
  }
  wipe(link.listen_key);
  link.listen_key = std::move(*key);
  link.session.on(Event::listen_key_created, now);
}

// What a refusal over REST means beyond the request that met it.
void OrderLane::on_failed_answer(LaneFollower& follower, const net::HttpResponse& answer,
                                 Mono now) {
  const auto error = venue::decode_error(answer.body);
  const Refusal refusal{.status = answer.status,
                        .code = error.code,
                        .message = error.message,
                        .retry_after = answer.retry_after.value_or(std::chrono::seconds(0))};
  if (error.code != 0) follower.cells.venue_code.set(error.code);
  if (error.code == no_such_listen_key) {
    follower.link->session.on(Event::listen_key_gone, now);
    return;
  }
  if (answer.status == forbidden) {
    // A firewall before the venue, which says nothing about the key.
    firewalled(follower, Way::rest, now);
    return;
  }
  switch (venue::classify(refusal.status, refusal.code, refusal.message)) {
    case venue::RetryClass::pause:
      key_refused(follower, refusal, now);
      break;
    case venue::RetryClass::resync:
      ask_time(follower, now);
      break;
    case venue::RetryClass::backoff:
      limit_rate(follower, Way::rest, refusal, now);
      break;
    default:
      break;
  }
}

void OrderLane::key_refused(LaneFollower& follower, const Refusal& refusal, Mono now) {
  if (follower.link->session.refused()) return;
  follower.cells.venue_code.set(refusal.code);
  std::array<char, 170> text{};
  std::snprintf(text.data(), text.size(), "the venue refuses the key: %d %.*s; next try in 60 s",
                refusal.code, static_cast<int>(std::min<std::size_t>(refusal.message.size(), 90)),
                refusal.message.data());
  notice(Level::error, follower.id, text.data());
  follower.link->session.on(Event::key_refused, now);
}

void OrderLane::show(LaneFollower& follower, bool tells) noexcept {
  auto state = LinkState::not_connected;
  if (follower.link) {
    const LaneSession& session = follower.link->session;
    if (session.refused()) state = LinkState::refused;
    else if (session.healthy()) state = LinkState::ready;
    else state = session.announced() ? LinkState::recovering : LinkState::connecting;
  }
  const auto before = static_cast<LinkState>(follower.cells.link.get());
  if (state == before) return;
  follower.cells.link.set(static_cast<std::int64_t>(state));
  if (tells) tell_change(follower, before, state);
}

// A loss and its end, once each. How a link begins, and a key that is refused, is told elsewhere.
void OrderLane::tell_change(LaneFollower& follower, LinkState before, LinkState now) noexcept {
  if (now == LinkState::ready && std::exchange(follower.loss_told, false))
    notice(Level::info, follower.id, "the connections stand again");
  if (now == LinkState::ready && std::exchange(follower.stream_lost, false) && --streams_lost_ == 0)
    notice(Level::info, "all whose shared user stream was lost are ready again");
  if (before != LinkState::ready || now != LinkState::recovering) return;
  const bool orders = follower.link->session.orders() != LaneSession::Orders::open;
  // What many share is told once.
  if (orders && follower.link->shares) return;
  follower.loss_told = true;
  notice(Level::warning, follower.id,
         orders ? "the order connection is lost: connecting again"
                : "the user stream is lost: connecting again");
}

std::string OrderLane::signed_target(LaneLink& link, std::string_view path,
                                     const venue::Params& params, Mono now) const {
  constexpr int rest_window_ms = 5000;
  return venue::signed_target(path, params, venue_clock_.at(now), rest_window_ms,
                              link.credentials.signer);
}

void OrderLane::notice(Level level, FollowerId follower, std::string_view text) noexcept {
  tell({.level = level,
        .who = Notice::Who::lane,
        .subject = Notice::Subject::follower,
        .account = follower.value},
       text);
}

void OrderLane::notice(Level level, std::string_view text) noexcept {
  tell({.level = level, .who = Notice::Who::lane}, text);
}

void OrderLane::tell(Notice notice, std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), notice.text.size() - 1);
  std::memcpy(notice.text.data(), text.data(), size);
  if (!w_.notices.try_push(notice)) w_.cells.notices_lost.add();
}

}  // namespace copyd::exec
