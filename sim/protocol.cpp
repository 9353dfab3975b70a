// Time, which moves on for all of it, and the stream sockets.
#include "sim/protocol.hpp"

namespace copyd::sim {

Protocol::Protocol(Exchange& exchange, Options options)
    : exchange_(exchange),
      options_(options),
      market_(exchange),
      streams_(exchange, options.seed + 1,
               [this](std::chrono::milliseconds delay, std::function<void()> action) {
                 after(delay, std::move(action));
               }),
      limits_({.orders = options.order_limits, .weight = options.weight_limits}) {
  exchange_.set_listener(&streams_);
  streams_.set_market(&market_);
  streams_.set_account_watch([this](AccountIndex account) { remember_state(account, now_); });
}

void Protocol::advance(VenueTime now) {
  now_ = now;
  exchange_.tick(now);
  streams_.tick(now);
}

void Protocol::tick(VenueTime now) {
  advance(now);
  // What it does may ask for more.
  auto due = std::move(waiting_);
  waiting_.clear();
  const auto later = due.upper_bound(now);
  for (auto at = later; at != due.end(); ++at) waiting_.emplace(at->first, std::move(at->second));
  for (auto at = due.begin(); at != later; ++at) at->second();
  market_.tick(now);
}

void Protocol::after(std::chrono::milliseconds delay, std::function<void()> action) {
  if (later_) later_(delay, std::move(action));
  else waiting_.emplace(now_ + delay, std::move(action));
}

StreamId Protocol::open_stream(std::string_view target, UserStreams::DeliverFrame deliver) {
  if (!MarketStreams::serves(target)) return streams_.open_frames(target, std::move(deliver));
  return market_.open(target,
                      [to = std::move(deliver)](const std::string& text) { to(text, false); });
}

void Protocol::close_stream(StreamId stream) {
  if (stream >= MarketStreams::first_id) market_.close(stream);
  else streams_.close(stream);
}

StreamReply Protocol::handle_stream(StreamId stream, std::string_view text, VenueTime now) {
  advance(now);
  if (stream >= MarketStreams::first_id) return market_.handle_text(stream, text, now);
  if (!streams_.count_frame(stream, now)) return {.text = {}, .drop = true};
  return {.text = streams_.handle_text(stream, text)};
}

bool Protocol::allow_stream_ping(StreamId stream, VenueTime now) {
  return stream >= MarketStreams::first_id ? market_.count_frame(stream, now)
                                           : streams_.count_frame(stream, now);
}

}  // namespace copyd::sim
