#include "ops/alerts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ops/log.hpp"

namespace copyd::ops {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds retry_first = 1s;
constexpr nanoseconds retry_max = 5min;
// What a receiver may ask for: a mistake of its must not silence a channel for days.
constexpr std::chrono::seconds asked_max{3600};
constexpr nanoseconds forget_period = 1min;

std::string cut(std::string_view text) {
  if (text.size() <= alert_text_max) return std::string(text);
  text = text.substr(0, alert_text_max);
  // Not in the middle of a character: a byte of UTF-8 that goes on begins with 10.
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80)
    text.remove_suffix(1);
  if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0) text.remove_suffix(1);
  return std::string(text) + "…";
}

nanoseconds hold_after(int attempts) noexcept {
  nanoseconds hold = retry_first;
  for (int i = 1; i < attempts && hold < retry_max; ++i) hold *= 2;
  return std::min(hold, retry_max);
}

}  // namespace

// ---- AlertQueue -------------------------------------------------------------------------------

void AlertQueue::push(const AlertMessage& message) {
  if (waiting_.size() == alert_queue_max) {
    // Not the one that is on its way.
    waiting_.erase(waiting_.begin() + (busy_ ? 1 : 0));
    if (!busy_) attempts_ = 0;
    ++lost_;
    ++lost_untold_;
  }
  waiting_.push_back(message);
  if (lost_untold_ > 0)
    waiting_.back().text += fmt::format(
        " ({} older alerts of this channel were lost: it was down for too long)", lost_);
}

void AlertQueue::poll(Mono now) {
  if (busy_) {
    const auto end = channel_->poll(now);
    if (!end) return;
    busy_ = false;
    take(*end, now);
  }
  if (waiting_.empty() || now < not_before_) return;
  busy_ = true;
  ++attempts_;
  channel_->begin(waiting_.front(), now);
}

void AlertQueue::take(const Delivery& delivery, Mono now) {
  switch (delivery.end) {
    case Delivery::End::delivered:
      if (!trouble_.empty())
        log::info(fmt::format("alerts: the {} takes them again", channel_->name()));
      trouble_.clear();
      ++delivered_;
      return done(now);
    case Delivery::End::refused:
      say(fmt::format("does not take the alert \"{}\": {}", waiting_.front().key, delivery.why));
      return done(now);
    case Delivery::End::failed:
      break;
  }
  if (channel_->attempts_max() > 0 && attempts_ >= channel_->attempts_max()) {
    say(fmt::format("did not deliver the alert \"{}\" and is given up: {}", waiting_.front().key,
                    delivery.why));
    return done(now);
  }
  say(fmt::format("cannot deliver: {}; trying again", delivery.why));
  nanoseconds hold = hold_after(attempts_);
  if (delivery.retry_after)
    hold = std::max<nanoseconds>(hold, std::min(*delivery.retry_after, asked_max));
  not_before_ = now + std::max<nanoseconds>(hold, channel_->pace());
}

void AlertQueue::done(Mono now) {
  waiting_.pop_front();
  attempts_ = 0;
  not_before_ = now + channel_->pace();
  if (waiting_.empty()) lost_untold_ = 0;
}

// Once for each kind of trouble, and not at each attempt.
void AlertQueue::say(const std::string& trouble) {
  if (trouble == trouble_) return;
  trouble_ = trouble;
  log::warning(fmt::format("alerts: the {} {}", channel_->name(), trouble));
}

// ---- Alerts -----------------------------------------------------------------------------------

Alerts::Alerts(Parts parts, std::vector<std::unique_ptr<AlertChannel>> channels)
    : parts_(std::move(parts)) {
  set_channels(std::move(channels));
}

void Alerts::set_channels(std::vector<std::unique_ptr<AlertChannel>> channels) {
  queues_.clear();
  for (auto& channel : channels) queues_.emplace_back(std::move(channel));
  for (auto& [key, incident] : incidents_) incident.told = incident.raised + -alert_repeat;
}

void Alerts::raise(const Alert& alert) {
  const Mono now = parts_.clock.now();
  auto it = incidents_.find(alert.key);
  if (it != incidents_.end()) {
    it->second.raised = now;
    if (now - it->second.told < alert_repeat) return;
    it->second.alert.text = alert.text;
  } else {
    if (incidents_.size() == alert_incidents_max) return;
    Incident incident;
    incident.id = fmt::format("{:x}-{}", parts_.wall() / 1'000'000, next_id_++);
    incident.alert = alert;
    incident.raised = now;
    it = incidents_.emplace(alert.key, std::move(incident)).first;
  }
  it->second.told = now;
  tell(it->second, false, it->second.alert.text);
}

void Alerts::resolve(std::string_view key, std::string text) {
  const auto it = incidents_.find(key);
  if (it == incidents_.end()) return;
  const Incident incident = std::move(it->second);
  incidents_.erase(it);
  tell(incident, true, text);
}

void Alerts::tell(const Incident& incident, bool resolved, const std::string& text) {
  const AlertMessage message{.id = incident.id,
                             .severity = incident.alert.severity,
                             .resolved = resolved,
                             .key = incident.alert.key,
                             .subject = incident.alert.subject,
                             .text = cut(text),
                             .wall_ns = parts_.wall(),
                             .host = parts_.host,
                             .version = parts_.version};
  for (auto& queue : queues_) queue.push(message);
}

void Alerts::poll() {
  const Mono now = parts_.clock.now();
  for (auto& queue : queues_) queue.poll(now);
  if (now >= forget_due_) forget(now);
}

void Alerts::forget(Mono now) {
  forget_due_ = now + forget_period;
  std::erase_if(incidents_,
                [&](const auto& entry) { return now - entry.second.raised >= alert_repeat; });
}

}  // namespace copyd::ops
