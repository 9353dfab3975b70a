// What the user streams say, and the streams that followers share. A place on a shared one stands
// for a socket: the session of each follower asks for it, hears that it stands or is lost, and has
// it succeeded, as if it were its own. When one is to be succeeded, so are all who are on it, so
// that they stay together.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "exec/order_lane.hpp"

namespace copyd::exec {
namespace {

using Event = SharedStreams::Event;
using SessionEvent = LaneSession::Event;

// In one pass, so that orders do not wait for a flood; the next one goes on where it ended.
constexpr int events_per_pass = 256;

}  // namespace

void OrderLane::on_user_frame(LaneFollower& follower, std::string_view frame) {
  const auto decoded = user_data_.decode(frame);
  if (decoded.has_error()) w_.cells.malformed.add();
  else on_user_event(follower, *decoded);
}

void OrderLane::on_user_event(LaneFollower& follower, const venue::UserEvent& event) {
  const Mono now = w_.clock.now();
  if (const auto* update = std::get_if<venue::OrderUpdate>(&event)) {
    on_update(follower, *update, now);
  } else if (std::holds_alternative<venue::ListenKeyExpired>(event)) {
    follower.link->session.on(SessionEvent::listen_key_gone, now);
  } else if (const auto* account = std::get_if<venue::AccountUpdate>(&event)) {
    on_account(follower, *account, now);
  } else if (const auto* config = std::get_if<venue::AccountConfigUpdate>(&event)) {
    if (config->multi_assets) follower.cells.multi_assets.set(*config->multi_assets ? 1 : 0);
  } else if (std::holds_alternative<venue::ServerShutdown>(event)) {
    follower.link->session.on(SessionEvent::stream_ending, now);
  }
}

int OrderLane::poll_streams(Mono now) {
  if (const auto serial = streams_.gathers(); serial != 0 && !company_comes(serial))
    streams_.open_now(now);
  for (int work = 0; work < events_per_pass; ++work) {
    const Event event = streams_.poll(now);
    if (event == Event::none) return work;
    if (event == Event::frame) on_shared_frame(now);
    else on_shared_stream(event, now);
  }
  return events_per_pass;
}

// Somebody who shares has no stream, or one that is to be succeeded as well has no successor.
bool OrderLane::company_comes(std::uint32_t serial) const noexcept {
  bool successors = false;
  bool more = false;
  for (const LaneFollower* follower : mine_) {
    if (!follower->link) continue;
    const LaneLink& link = *follower->link;
    if (!link.shares_stream || link.session.refused()) continue;
    const std::uint32_t shared = link.stream.shared;
    if (shared == 0 && !link.stream.socket) return true;
    successors = successors || link.next_stream.shared == serial;
    more = more || (shared != 0 && shared != serial && link.next_stream.shared == 0);
  }
  return successors && more;
}

void OrderLane::share_stream(LaneFollower& follower, UserStream& stream, Mono now) {
  LaneLink& link = *follower.link;
  const bool succeeds = &stream == &link.next_stream;
  stream.socket.reset();
  stream.shared =
      streams_.join(follower.id, link.listen_key,
                    now + (succeeds ? SharedStreams::successor_company : SharedStreams::company));
  if (!succeeds) return;
  const std::uint32_t present = link.stream.shared;
  for (const auto& member : streams_.members_of(present)) {
    LaneFollower& other = follower_at(member.follower);
    const bool serves =
        member.present && &other != &follower && other.link->stream.shared == present;
    if (serves) other.link->session.on(SessionEvent::stream_ending, now);
  }
}

void OrderLane::leave_stream(LaneFollower& follower, UserStream& stream) noexcept {
  if (stream.shared != 0) streams_.leave(follower.id, std::exchange(stream.shared, 0));
}

void OrderLane::leave_streams(LaneFollower& follower) noexcept {
  LaneLink& link = *follower.link;
  for (UserStream* stream : {&link.stream, &link.next_stream, &link.retired_stream})
    leave_stream(follower, *stream);
  if (std::exchange(follower.stream_lost, false)) --streams_lost_;
}

// Something happened to the socket, and so to all who are on it.
void OrderLane::on_shared_stream(Event event, Mono now) {
  int lost = 0;
  for (const auto& member : streams_.members()) {
    if (!member.present) continue;
    LaneFollower& follower = follower_at(member.follower);
    LaneLink& link = *follower.link;
    const bool serves = link.stream.shared == streams_.serial();
    const bool succeeds = link.next_stream.shared == streams_.serial();
    const bool retires = link.retired_stream.shared == streams_.serial();
    const bool loses = serves && event == Event::closed && link.session.healthy();
    if (event == Event::opened && serves) link.session.on(SessionEvent::stream_opened, now);
    if (event == Event::opened && succeeds) link.session.on(SessionEvent::next_stream_opened, now);
    if (event == Event::ending && serves) link.session.on(SessionEvent::stream_ending, now);
    if (event == Event::closed) {
      for (UserStream* stream : {&link.stream, &link.next_stream, &link.retired_stream})
        if (stream->shared == streams_.serial()) stream->shared = 0;
      if (retires) {
        // What was still on its way on it is not known.
        ask_soon(follower, now);
        want_read(follower, now);
      }
      if (serves) link.session.on(SessionEvent::stream_closed, now);
      if (succeeds) link.session.on(SessionEvent::next_stream_failed, now);
    }
    if (loses && !std::exchange(follower.stream_lost, true)) ++streams_lost_;
    lost += loses ? 1 : 0;
    // What many lose is told once.
    show(follower, !loses);
  }
  if (lost == 0) return;
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(),
                "a shared user stream is lost: its %d followers connect again", lost);
  notice(Level::warning, text.data());
}

void OrderLane::on_shared_frame(Mono now) {
  const auto decoded = user_data_.decode(streams_.frame());
  if (decoded.has_error()) {
    w_.cells.malformed.add();
    return;
  }
  if (std::holds_alternative<venue::ServerShutdown>(*decoded))
    return on_shared_stream(Event::ending, now);
  std::string_view listen_key = user_data_.listen_key();
  if (const auto* expired = std::get_if<venue::ListenKeyExpired>(&*decoded))
    if (listen_key.empty()) listen_key = expired->listen_key;
  bool known = false;
  for (const auto& member : streams_.members()) {
    if (member.listen_key != listen_key) continue;
    known = true;
    if (!member.present) continue;
    LaneFollower& follower = follower_at(member.follower);
    on_user_event(follower, *decoded);
    show(follower);
  }
  if (known) return;
  // Whose it was, it has missed it.
  w_.cells.strays.add();
  streams_.stray(now);
}

// What became of a stream of its own.
void OrderLane::on_own_stream(const LaneFollower& follower, bool stands, Mono now) noexcept {
  if (!follower.link->shares_stream) return;
  if (!stands) return streams_.own_failed();
  if (streams_.own_stands(now))
    notice(Level::warning,
           "the venue does not serve shared user streams: each follower has its own from now on");
}

}  // namespace copyd::exec
