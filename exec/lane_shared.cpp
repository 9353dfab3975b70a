// The order connection that followers share. Their requests are staged one by one, each under its
// own key and signature, and leave together: in one TLS record, by one system call, after their
// intents, which are one write. A pass never
// ends with something staged. What is written on the connection when it is lost is unknown, of each
// follower that had something on it, and of no other.
#include <algorithm>
#include <utility>

#include "exec/order_lane.hpp"
#include "net/frame.hpp"
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

// Where the next order of the batch is written: one more always fits.
std::span<char> OrderLane::room_for_one() noexcept {
  const std::size_t headers = (staged_size_ + 1) * net::frame_header_max;
  if (staged_bytes_ + headers + limits::order_text_max > batch_text_.size()) flush_staged();
  return std::span(batch_text_).subspan(staged_bytes_, limits::order_text_max);
}

// REQUIRES: the shared connection stands; `text` lies in room_for_one().
void OrderLane::stage(InflightOrder& order, std::string_view text) noexcept {
  staged_[staged_size_] = &order;
  staged_texts_[staged_size_++] = text;
  staged_bytes_ += text.size();
  if (staged_size_ == staged_.size()) flush_staged();
}

// The intents of all are in the journal before a byte of any leaves.
void OrderLane::flush_staged() noexcept {
  if (staged_size_ == 0) return;
  std::size_t size = std::exchange(staged_size_, 0);
  staged_bytes_ = 0;
  if (w_.journal != nullptr && !w_.journal->commit()) {
    static_cast<void>(journal_fails(staged_[0]->terms.follower));
    size = without_increases(size);
  }
  const auto texts = std::span(staged_texts_).first(size);
  const bool sent = size != 0 && shared_->socket().send_together(texts).has_value();
  shared_->used();
  const Mono now = w_.clock.now();
  for (std::size_t i = 0; i < size; ++i) {
    InflightOrder& order = *staged_[i];
    if (!sent) {
      unstage(order);
      continue;
    }
    order.written = now;
    written(order);
  }
}

// Nothing of it has left: it waits again, under the same client order id.
void OrderLane::unstage(InflightOrder& order) noexcept {
  LaneFollower& follower = follower_at(order.terms.follower);
  order.request = 0;
  set_state(follower, order, OrderState::waiting);
  follower.budget.not_placed(order.written, budget_kind(order));
  w_.cells.sent.add(-1);
}

// The journal could not be written: of what is staged only closes leave. How many those are.
std::size_t OrderLane::without_increases(std::size_t size) noexcept {
  std::size_t left = 0;
  for (std::size_t i = 0; i < size; ++i) {
    InflightOrder& order = *staged_[i];
    order.intended = Qty{};
    if (order.reduces()) {
      staged_[left] = &order;
      staged_texts_[left++] = staged_texts_[i];
    } else {
      unstage(order);
    }
  }
  return left;
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
