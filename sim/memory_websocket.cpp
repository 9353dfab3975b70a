// The WebSockets of MemoryVenue: both ends.
#include <algorithm>
#include <boost/asio/error.hpp>

#include "sim/memory_links.hpp"

namespace copyd::sim {

namespace {

using Event = net::WebSocket::Event;

constexpr std::size_t padding = 64;  // readable bytes behind every frame
constexpr std::size_t message_max = 1U << 20U;
constexpr std::string_view api_path = "/ws-fapi/v1";
const std::string address = "127.0.0.1";  // all clients are on one machine

}  // namespace

// The venue's side.

MemoryVenue::LinkPtr MemoryVenue::connect(std::string owner, const net::Url& url) {
  auto link = std::make_shared<Link>();
  link->id = next_link_++;
  link->owner = std::move(owner);
  link->target = url.path;
  if (url.path.starts_with(api_path)) link->kind = LinkKind::ws_api;
  links_.emplace(link->id, link);
  at(clock_.now() + latency_, [this, link] { accept(link); });
  return link;
}

void MemoryVenue::accept(const LinkPtr& link) {
  if (link->lost || link->left) return;
  auto& protocol = world_->protocol();
  if (refused(now_) || protocol.refuse_upgrade(link->target, address, venue_time(now_)))
    return cut_link(link, boost::asio::error::connection_refused);
  link->accepted = true;
  link->opened = now_;
  link->last_due = now_ + latency_;
  link->inbox.push_back({.due = link->last_due, .event = Event::opened});
  if (link->kind == LinkKind::ws_api) {
    link->session = protocol.open_ws_api(link->target, venue_time(now_), address);
    return;
  }
  // The link outlives its entry: release() ends the stream before it goes.
  link->stream = protocol.open_stream(
      link->target, [this, raw = std::weak_ptr<Link>(link)](const std::string& text, bool) {
        if (const auto alive = raw.lock()) deliver(alive, text);
      });
}

void MemoryVenue::client_sent(const LinkPtr& link, std::string text) {
  pump(clock_.now());
  const MemoryFate decided = fate({.link = link->id,
                                   .owner = link->owner,
                                   .kind = link->kind,
                                   .to_venue = true,
                                   .target = link->target,
                                   .text = text});
  if (decided.cut) return cut_link(link, boost::asio::error::connection_reset);
  if (decided.lose) return;
  Mono due = clock_.now() + latency_ + decided.delay;
  if (!decided.overtake) due = std::max(due, link->last_arrival);
  link->last_arrival = std::max(due, link->last_arrival);
  at(due, [this, link, sent = std::move(text)] { arrive(link, sent); });
}

void MemoryVenue::arrive(const LinkPtr& link, const std::string& text) {
  if (link->lost || link->dead || !link->accepted) return;
  auto& protocol = world_->protocol();
  if (link->kind == LinkKind::stream) {
    if (link->left) return;
    auto reply = protocol.handle_stream(link->stream, text, venue_time(now_));
    if (reply.drop) return cut_link(link, boost::asio::error::connection_reset);
    return deliver(link, std::move(reply.text));
  }
  auto reply = protocol.handle_ws_api(link->session, text, venue_time(now_));
  if (reply.drop) return cut_link(link, boost::asio::error::connection_reset);
  if (reply.delay.count() == 0) return deliver(link, std::move(reply.text));
  at(now_ + reply.delay, [this, link, late = std::move(reply.text)] { deliver(link, late); });
}

void MemoryVenue::deliver(const LinkPtr& link, std::string text) {
  if (link->lost || link->left || link->dead) return;
  const MemoryFate decided = fate({.link = link->id,
                                   .owner = link->owner,
                                   .kind = link->kind,
                                   .to_venue = false,
                                   .target = link->target,
                                   .text = text});
  // Cutting ends the stream, which is not possible while it is being told: so right afterwards.
  if (decided.cut)
    return at(now_, [this, link] { cut_link(link, boost::asio::error::connection_reset); });
  if (decided.lose) return;
  // Somebody may act on the exchange directly, between two pumps.
  const Mono due = happening() + latency_ + decided.delay;
  for (int copy = 0; copy < decided.copies; ++copy) enqueue(link, due, decided.overtake, text);
}

void MemoryVenue::enqueue(const LinkPtr& link, Mono due, bool overtake, std::string text) {
  if (!overtake) link->last_due = due = std::max(due, link->last_due);
  const auto behind =
      std::upper_bound(link->inbox.begin(), link->inbox.end(), due,
                       [](Mono time, const Link::Delivery& other) { return time < other.due; });
  link->inbox.insert(behind, {.due = due, .event = Event::frame, .text = std::move(text)});
}

void MemoryVenue::cut_link(const LinkPtr& link, boost::system::error_code error) {
  if (link->lost) return;
  link->lost = true;
  link->inbox.clear();
  link->inbox.push_back({.due = now_, .event = Event::closed, .error = error});
  release(*link);
  if (link->left) links_.erase(link->id);
}

void MemoryVenue::client_left(const LinkPtr& link) {
  if (link->left) return;
  link->left = true;
  link->inbox.clear();
  release(*link);
  links_.erase(link->id);
}

void MemoryVenue::release(Link& link) {
  if (link.stream != 0) world_->protocol().close_stream(link.stream);
  link.stream = 0;
}

// The client's side.

void MemoryWebSocket::open(const net::Url& url, Mono now) {
  close();
  venue_.pump(now);
  error_.clear();
  link_ = venue_.connect(owner_, url);
}

net::WebSocket::Event MemoryWebSocket::poll(Mono now) {
  venue_.pump(now);
  if (!link_ || link_->inbox.empty() || link_->inbox.front().due > now) return Event::none;
  auto delivery = std::move(link_->inbox.front());
  link_->inbox.pop_front();
  switch (delivery.event) {
    case Event::opened:
      open_ = true;
      break;
    case Event::frame:
      frame_ = std::move(delivery.text);
      size_ = frame_.size();
      frame_.append(padding, '\0');
      received_ = now;
      break;
    case Event::closed:
      error_ = delivery.error;
      close();
      break;
    case Event::none:
      break;
  }
  return delivery.event;
}

Result<void> MemoryWebSocket::send(std::string_view text) {
  if (!open_) return Errc::not_connected;
  if (text.size() > message_max) return Errc::too_large;
  venue_.client_sent(link_, std::string(text));
  return {};
}

void MemoryWebSocket::close() {
  if (link_) venue_.client_left(link_);
  link_.reset();
  open_ = false;
}

}  // namespace copyd::sim
