// The sockets of one follower: opened, read, closed, and renewed ahead of the end that the venue
// has set them. A socket that was succeeded is kept a while: the order socket for the answers that
// are still to come, the stream for what is on its way. What then comes twice is counted once.
#include <utility>

#include "exec/order_lane.hpp"

namespace copyd::exec {
namespace {

using Event = LaneSession::Event;

// Frames of one socket in one pass, so that a flood on one follower leaves time for the others.
constexpr int frames_per_pass = 64;

}  // namespace

int OrderLane::poll_sockets(LaneFollower& follower, Mono now) {
  LaneLink& link = *follower.link;
  // The present ones first: a successor takes over only from one that stands, or that is known to
  // be lost.
  int work = 0;
  if (link.orders.socket)
    work += poll_orders(follower, link.orders,
                        {.opened = Event::orders_opened, .closed = Event::orders_failed}, now);
  if (link.stream.socket)
    work += poll_stream(follower, *link.stream.socket,
                        {.opened = Event::stream_opened, .closed = Event::stream_closed}, now);
  if (link.next_orders.socket)
    work += poll_orders(follower, link.next_orders,
                        {.opened = Event::next_orders_opened, .closed = Event::next_orders_failed},
                        now);
  if (link.next_stream.socket)
    work += poll_stream(follower, *link.next_stream.socket,
                        {.opened = Event::next_stream_opened, .closed = Event::next_stream_failed},
                        now);
  const UserStream& retired = link.retired_stream;
  if (link.retired_orders.socket || retired.socket || retired.shared != 0)
    work += poll_retired(follower, now);
  return work;
}

int OrderLane::poll_orders(LaneFollower& follower, OrderSocket& orders, const SocketEvents& events,
                           Mono now) {
  net::WebSocket& socket = *orders.socket;
  LaneSession& session = follower.link->session;
  for (int work = 0; work < frames_per_pass; ++work) {
    switch (socket.poll(now)) {
      case net::WebSocket::Event::none:
        return work;
      case net::WebSocket::Event::opened:
        session.on(events.opened, now);
        break;
      case net::WebSocket::Event::frame:
        on_reply(follower, orders, socket.frame());
        break;
      case net::WebSocket::Event::closed:
        session.on(events.closed, now);
        break;
    }
  }
  return frames_per_pass;
}

int OrderLane::poll_stream(LaneFollower& follower, net::WebSocket& stream,
                           const SocketEvents& events, Mono now) {
  LaneSession& session = follower.link->session;
  for (int work = 0; work < frames_per_pass; ++work) {
    switch (stream.poll(now)) {
      case net::WebSocket::Event::none:
        return work;
      case net::WebSocket::Event::opened:
        on_own_stream(follower, true, now);
        session.on(events.opened, now);
        break;
      case net::WebSocket::Event::frame:
        on_user_frame(follower, stream.frame());
        break;
      case net::WebSocket::Event::closed:
        on_own_stream(follower, false, now);
        session.on(events.closed, now);
        break;
    }
  }
  return frames_per_pass;
}

int OrderLane::poll_retired(LaneFollower& follower, Mono now) {
  LaneLink& link = *follower.link;
  int work = 0;
  UserStream& stream = link.retired_stream;
  if (now >= link.stream_retired_until) {
    leave_stream(follower, stream);
    stream.socket.reset();
  }
  for (int i = 0; i < frames_per_pass && stream.socket; ++i, ++work) {
    const auto event = stream.socket->poll(now);
    if (event == net::WebSocket::Event::none) break;
    if (event == net::WebSocket::Event::frame) on_user_frame(follower, stream.socket->frame());
    if (event == net::WebSocket::Event::closed) stream.socket.reset();
  }
  if (link.retired_orders.socket) {
    OrderSocket& retired = link.retired_orders;
    bool over = now >= link.orders_retired_until;
    for (int i = 0; i < frames_per_pass && !over; ++i, ++work) {
      const auto event = retired.socket->poll(now);
      if (event == net::WebSocket::Event::none) break;
      if (event == net::WebSocket::Event::frame)
        on_reply(follower, retired, retired.socket->frame());
      over = event == net::WebSocket::Event::closed;
    }
    if (over || !awaits_answers(follower, retired.serial)) {
      socket_lost(follower, retired.serial, now);
      retired = {};
    }
  }
  return work;
}

// A request on this socket may still be answered.
bool OrderLane::awaits_answers(LaneFollower& follower, std::uint32_t serial) noexcept {
  for (auto* order = inflight_.first(follower.id); order != nullptr;
       order = inflight_.next(*order)) {
    const bool out = order->state == OrderState::written || order->state == OrderState::unknown;
    if (order->carrier == serial && out && order->request != 0 && !order->confirmed) return true;
  }
  return false;
}

void OrderLane::open_stream(LaneFollower& follower, UserStream& stream, Event failed, Mono now) {
  LaneLink& link = *follower.link;
  leave_stream(follower, stream);
  if (link.shares_stream && !streams_.wants_own(now)) return share_stream(follower, stream, now);
  const auto url = net::Url::parse(w_.endpoints.private_stream(link.listen_key), "wss");
  if (!url) return link.session.on(failed, now);
  if (!stream.socket) stream.socket = w_.transport.websocket();
  stream.socket->open(*url, now);
}

void OrderLane::close_stream(LaneFollower& follower, Mono now) {
  LaneLink& link = *follower.link;
  if (link.stream.socket) {
    link.stream.socket->close();
    on_own_stream(follower, false, now);
  }
  leave_stream(follower, link.stream);
  leave_stream(follower, link.retired_stream);
  link.retired_stream = {};
}

void OrderLane::own_orders(LaneLink& link) {
  link.orders = {.socket = w_.transport.websocket(), .serial = ++link.serials};
}

void OrderLane::open_orders(LaneFollower& follower, OrderSocket& orders, Mono now) {
  orders.logon_request = 0;
  holds_.weight.spend(now, follower.link->session.unpaid(venue::call_weight::handshake));
  orders.socket->open(orders_url_, now);
}

void OrderLane::close_orders(LaneFollower& follower, Mono now) {
  OrderSocket& orders = follower.link->orders;
  orders.socket->close();
  orders.logon_request = 0;
  socket_lost(follower, orders.serial, now);
}

void OrderLane::take_next_stream(LaneFollower& follower, Mono now) {
  LaneLink& link = *follower.link;
  leave_stream(follower, link.retired_stream);
  link.retired_stream = std::exchange(link.stream, std::exchange(link.next_stream, {}));
  link.stream_retired_until = now + retire_max;
}

void OrderLane::take_next_orders(LaneFollower& follower, Mono now) {
  LaneLink& link = *follower.link;
  // Two renewals within ten seconds: the older one's time is up.
  if (link.retired_orders.socket) socket_lost(follower, link.retired_orders.serial, now);
  link.retired_orders = std::exchange(link.orders, std::exchange(link.next_orders, {}));
  link.orders_retired_until = now + retire_max;
  follower.pump = true;
}

void OrderLane::log_on(LaneFollower& follower, OrderSocket& orders, Event failed, Mono now) {
  LaneLink& link = *follower.link;
  orders.logon_request = inflight_.session_request();
  holds_.weight.spend(now, link.session.unpaid(venue::call_weight::logon));
  const std::size_t size =
      venue::encode_logon(orders.logon_request, link.credentials.api_key.reveal(),
                          venue_clock_.at(now), link.credentials.signer, text_);
  if (size == 0 || orders.socket->send({text_.data(), size}).has_error())
    link.session.on(failed, now);
}

}  // namespace copyd::exec
