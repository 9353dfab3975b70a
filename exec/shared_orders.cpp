#include "exec/shared_orders.hpp"

#include <utility>

namespace copyd::exec {

SharedOrders::SharedOrders(net::Transport& transport, const net::Url& url,
                           venue::AddressWeight& weight, std::uint64_t seed)
    : transport_(transport),
      url_(url),
      weight_(weight),
      active_(seed),
      spare_(seed ^ 0x9E3779B97F4A7C15U),
      retired_(seed ^ 0xB5026F5AA96619E9U) {}

SharedOrders::Event SharedOrders::poll(Mono now, Mono from) {
  begin(active_, now, from);
  if (is_open()) {
    begin(spare_, now, from);
    renew(now);
  }
  for (Line* line : {&active_, &spare_, &retired_}) {
    if (line->stage == Stage::idle) continue;
    if (const Event event = poll_line(*line, now); event != Event::none) return event;
  }
  return Event::none;
}

void SharedOrders::begin(Line& line, Mono now, Mono from) {
  if (line.stage != Stage::idle || now < line.retry_at || now < from) return;
  if (!line.socket) line.socket = transport_.websocket();
  line.stage = Stage::opening;
  line.serial = ++serials_;
  line.used = false;
  line.since = now;
  weight_.spend(now, venue::call_weight::handshake);
  line.socket->open(url_, now);
}

// Before the active one's day ends, the spare one takes over, and another is opened for it. The
// spare one's own day is looked after in the same way, so that it never stands in with an old one.
void SharedOrders::renew(Mono now) {
  if (spare_.stage != Stage::open) return;
  if (spare_.renewal.due(now)) {
    spare_.socket->close();
    spare_.stage = Stage::idle;
    return;
  }
  if (retired_.stage != Stage::idle || !active_.renewal.due(now)) return;
  std::swap(active_, spare_);
  std::swap(spare_, retired_);
  retired_.since = now;
}

SharedOrders::Event SharedOrders::poll_line(Line& line, Mono now) {
  polled_ = &line;
  // Answers to what was written on a retired one have come by then, or do not come.
  if (&line == &retired_ && now - line.since >= retire_max) return over(line, now);
  switch (line.socket->poll(now)) {
    case net::WebSocket::Event::none:
      return line.stage == Stage::opening && now - line.since >= open_max ? over(line, now)
                                                                          : Event::none;
    case net::WebSocket::Event::opened:
      line.stage = Stage::open;
      line.since = now;
      line.renewal.started(now);
      return &line == &active_ ? Event::opened : Event::none;
    case net::WebSocket::Event::frame:
      return Event::frame;
    case net::WebSocket::Event::closed:
      return over(line, now);
  }
  return Event::none;
}

SharedOrders::Event SharedOrders::over(Line& line, Mono now) {
  const bool stood = line.stage == Stage::open;
  const bool flaps = stood && now - line.since < steady;
  line.socket->close();
  line.stage = Stage::idle;
  line.renewal.forget();
  if (stood && !flaps) line.backoff.reset();
  line.retry_at = now + line.backoff.next();
  lost_serial_ = line.serial;
  if (&line == &retired_) return Event::gone;
  if (&line != &active_) return Event::none;
  if (!stood) return Event::failed;
  objections_ = flaps && line.used ? objections_ + 1 : 0;
  return active_over(now);
}

// The active one is gone; the one that stood by goes on.
SharedOrders::Event SharedOrders::active_over(Mono now) noexcept {
  if (spare_.stage != Stage::open) return Event::lost;
  std::swap(active_, spare_);
  // It serves from now on.
  active_.since = now;
  return Event::replaced;
}

void SharedOrders::ending(Mono now) noexcept {
  polled_->renewal.hasten(now, ending_spread);
}

void SharedOrders::close() noexcept {
  for (Line* line : {&active_, &spare_, &retired_}) {
    if (line->socket) line->socket->close();
    line->stage = Stage::idle;
  }
}

}  // namespace copyd::exec
