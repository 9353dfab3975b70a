// Alerts: tells people what is wrong, on every channel that the configuration names.
//
//   raise(alert) ──▶ one incident per key ──▶ a queue per channel ──▶ AlertChannel
//   resolve(key) ──▶ its end
//
// One message when an incident begins, one each hour while it is raised again and again, and one
// when it is resolved. One that is raised no more and never resolved is forgotten after an hour. A
// key is "kind/label", or "kind" alone for the engine as a whole; docs/ALERTS.md lists them.
//
// Nobody waits for any of this: a queue is bounded, and when it is full its oldest message goes and
// is counted, and the count is told. A failed delivery is tried again after one second, doubling to
// five minutes, or when the receiver says. Each channel is on its own: one that is down for hours
// holds up no other.
// The supervisor's thread only. Cold. Nothing is kept over a restart: what lasts is raised again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "ops/alert_channel.hpp"

namespace copyd::ops {

inline constexpr std::size_t alert_queue_max = 200;  // messages of one channel
inline constexpr std::size_t alert_incidents_max = 10'000;
inline constexpr std::size_t alert_text_max = 1000;  // bytes; a longer one is cut
inline constexpr std::chrono::hours alert_repeat{1};

struct Alert {
  Severity severity = Severity::page;
  std::string key;
  std::string subject;  // the account's label, or "copyd"
  std::string text;     // the cause and what to do; never a secret
};

// The messages that one channel has still to deliver. Pure but for its channel.
class AlertQueue {
 public:
  explicit AlertQueue(std::unique_ptr<AlertChannel> channel) : channel_(std::move(channel)) {}

  void push(const AlertMessage& message);
  void poll(Mono now);
  std::size_t size() const noexcept { return waiting_.size(); }
  std::int64_t delivered() const noexcept { return delivered_; }
  std::int64_t lost() const noexcept { return lost_; }

 private:
  void take(const Delivery& delivery, Mono now);
  void say(const std::string& trouble);
  void done(Mono now);

  std::unique_ptr<AlertChannel> channel_;
  std::deque<AlertMessage> waiting_;
  bool busy_ = false;  // the first of them is on its way
  int attempts_ = 0;   // of the first
  Mono not_before_{};
  std::string trouble_;  // as last logged
  std::int64_t delivered_ = 0;
  std::int64_t lost_ = 0;
  std::int64_t lost_untold_ = 0;
};

class Alerts {
 public:
  struct Parts {
    const Clock& clock;
    std::string host;
    std::string version;
    std::int64_t (*wall)() = wall_clock_ns;
  };
  Alerts(Parts parts, std::vector<std::unique_ptr<AlertChannel>> channels);

  // Other channels from now on. What the old ones had not delivered is forgotten; an incident that
  // lasts is told to the new ones as soon as it is raised again.
  void set_channels(std::vector<std::unique_ptr<AlertChannel>> channels);
  void raise(const Alert& alert);
  // The end of an incident; nothing when it was not raised.
  void resolve(std::string_view key, std::string text);
  // Every turn.
  void poll();

  const std::vector<AlertQueue>& queues() const noexcept { return queues_; }

 private:
  struct Incident {
    std::string id;
    Alert alert;
    Mono raised{};  // last
    Mono told{};
  };
  void tell(const Incident& incident, bool resolved, const std::string& text);
  void forget(Mono now);

  Parts parts_;
  std::vector<AlertQueue> queues_;
  std::map<std::string, Incident, std::less<>> incidents_;
  std::uint64_t next_id_ = 1;
  Mono forget_due_{};
};

}  // namespace copyd::ops
