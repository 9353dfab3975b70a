// The order connection that followers share. Their requests are staged one by one, each under its
// own key and signature, and leave together: in one TLS record, by one system call. A pass never
// ends with something staged. What is written on the connection when it is lost is unknown, of each
// follower that had something on it, and of no other.
#include <algorithm>
#include <utility>

#include "exec/order_lane.hpp"
#include "venue/errors.hpp"

namespace copyd::exec {
namespace {

using Event = SharedOrders::Event;
using SessionEvent = LaneSession::Event;

constexpr int forbidden = 403;
// Frames in one pass: an answer for each of a thousand followers, and time for the next orders.
constexpr int frames_per_pass = 256;

bool shares(const LaneFollower& follower) noexcept {
  return follower.link && follower.link->shares;
}

}  // namespace

void OrderLane::share(std::uint64_t seed) {
  if (!shared_)
    shared_ = std::make_unique<SharedOrders>(w_.transport, orders_url_, holds_.weight, seed);
}

// REQUIRES: the shared connection stands.
Result<void> OrderLane::stage(std::string_view text) noexcept {
  auto staged = shared_->socket().stage(text);
  if (staged.has_value() || staged.error() != make_error_code(Errc::buffer_full) ||
      staged_size_ == 0)
    return staged;
  flush_staged();
  return shared_->socket().stage(text);
}

void OrderLane::flush_staged() noexcept {
  if (staged_size_ == 0) return;
  const bool sent = shared_->socket().flush().has_value();
  shared_->used();
  const Mono now = w_.clock.now();
  for (std::size_t i = 0; i < staged_size_; ++i) {
    InflightOrder& order = *staged_[i];
    if (sent) {
      order.written = now;
      written(order);
      continue;
    }
    // Nothing of it has left: it waits again, under the same client order id.
    order.request = 0;
    set_state(follower_at(order.terms.follower), order, OrderState::waiting);
    w_.cells.sent.add(-1);
  }
  staged_size_ = 0;
}

int OrderLane::poll_shared(Mono now) {
  if (!shared_ || !venue_clock_.known()) return 0;
  if (std::ranges::none_of(mine_, [](auto* follower) { return shares(*follower); })) {
    shared_.reset();
    return 0;
  }
  int work = 0;
  for (; work < frames_per_pass; ++work) {
    const Event event = shared_->poll(now, holds_.sockets.until());
    if (event == Event::none) break;
    if (event == Event::frame) on_shared_reply(shared_->frame(), now);
    else on_shared(event, now);
  }
  if (shared_->objected_to()) stop_sharing(now);
  return work;
}

void OrderLane::on_shared(Event event, Mono now) {
  if (event == Event::lost) {
    notice(Level::warning, "the shared order connection is lost: connecting again");
    shared_lost_ = true;
  }
  if (event == Event::opened && std::exchange(shared_lost_, false))
    notice(Level::info, "the shared order connection stands again");
  if (event == Event::replaced)
    notice(Level::warning, "the shared order connection is lost: the spare one takes its place");
  for (LaneFollower* follower : mine_) {
    if (!shares(*follower)) continue;
    LaneSession& session = follower->link->session;
    if (event == Event::lost || event == Event::replaced || event == Event::gone)
      socket_lost(*follower, shared_->lost_serial(), now);
    if (event == Event::opened) session.on(SessionEvent::orders_opened, now);
    if (event == Event::lost || event == Event::failed)
      session.on(SessionEvent::orders_failed, now);
    if (event == Event::replaced) session.on(SessionEvent::orders_moved, now);
    follower->pump = true;
    show(*follower);
  }
}

void OrderLane::on_shared_reply(std::string_view frame, Mono now) {
  const auto decoded = replies_.decode(frame);
  if (decoded.has_error()) {
    w_.cells.malformed.add();
    return;
  }
  const venue::Reply& reply = *decoded;
  if (reply.shutdown) return shared_->ending(now);
  if (reply.id == 0 || Inflight::is_session_request(reply.id)) return on_shared_word(reply, now);
  InflightOrder* order = inflight_.by_request(reply.id);
  if (order == nullptr) {
    w_.cells.late.add();
    return;
  }
  answered(follower_at(order->terms.follower), *order, reply, std::chrono::seconds(0), now);
}

// A word about the whole connection, and so about our address.
void OrderLane::on_shared_word(const venue::Reply& reply, Mono now) {
  const auto any = std::ranges::find_if(mine_, [](auto* follower) { return shares(*follower); });
  const Refusal refusal{.status = reply.status, .code = reply.code, .message = reply.message};
  const auto kind = venue::classify(reply.status, reply.code, reply.message);
  if (reply.status == forbidden) firewalled(**any, Way::socket, now);
  else if (kind == venue::RetryClass::backoff) limit_address(**any, Way::socket, refusal, now);
  // Not parsed by the venue, it says. Whatever it was about stays unanswered, and is asked for.
  else w_.cells.malformed.add();
}

// The venue keeps ending what many use: each goes on with a connection of its own.
void OrderLane::stop_sharing(Mono now) {
  notice(
      Level::warning,
      "the venue keeps ending the shared order connection: each follower has its own from now on");
  may_share_ = false;
  shared_->close();
  for (LaneFollower* follower : mine_) {
    if (!shares(*follower)) continue;
    LaneLink& link = *follower->link;
    for (auto* order = inflight_.first(follower->id); order != nullptr;
         order = inflight_.next(*order))
      if (order->carrier >= SharedOrders::first_serial) lose(*order, now);
    link.shares = false;
    own_orders(link);
    link.session.stop_sharing(now);
    follower->pump = true;
  }
}

}  // namespace copyd::exec
