#include "engine/time_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "ops/log.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr int at_once = 5;  // samples in a row, when little is known
constexpr nanoseconds soon = 1s;
constexpr nanoseconds period = 60s;
constexpr nanoseconds pause = 2s;        // between two polls: this process was stopped
constexpr std::int64_t drift_ppm = 200;  // of two clocks against each other, at the worst
// The venue cuts its time to milliseconds.
constexpr nanoseconds resolution = 1ms;
constexpr std::int64_t refused_at_the_edge = -1021;
constexpr std::int64_t refused_in_the_engine = -5028;

nanoseconds drift_in(nanoseconds time) {
  return nanoseconds(std::abs(time.count()) / 1'000'000 * drift_ppm);
}
nanoseconds error_of(const TimeReading& reading, Mono now) {
  return reading.round_trip / 2 + resolution + drift_in(now - reading.at);
}
// The venue's time at our zero, in nanoseconds.
std::int64_t offset_of(const TimeSample& sample) {
  return sample.venue.ms * 1'000'000 - sample.at.ns;
}
bool agree(const TimeReading& a, const TimeReading& b) {
  const nanoseconds apart{std::abs(offset_of(a) - offset_of(b))};
  return apart <= a.round_trip / 2 + b.round_trip / 2 + 2 * resolution + drift_in(a.at - b.at);
}

}  // namespace

std::optional<TimeSample> TimeSamples::add(const TimeReading& reading, Mono now) {
  stepped_ = chosen_.has_value() && !agree(*chosen_, reading);
  if (stepped_) {
    count_ = 0;
    chosen_.reset();
  }
  if (count_ == kept) {
    std::move(samples_.begin() + 1, samples_.end(), samples_.begin());
    --count_;
  }
  samples_[count_++] = reading;
  const auto best = std::min_element(
      samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(count_),
      [&](const auto& a, const auto& b) { return error_of(a, now) < error_of(b, now); });
  if (chosen_ && chosen_->at == best->at) return std::nullopt;
  chosen_ = *best;
  return *best;
}

TimeKeeper::TimeKeeper(VenueApi& venue, const Clock& clock, Tell tell)
    : venue_(venue), clock_(clock), tell_(std::move(tell)), soon_(at_once) {}

void TimeKeeper::poll() {
  const Mono now = clock_.now();
  // Stopped, or starved: the steady clock may have been stopped with us.
  if (last_poll_.ns != 0 && now - last_poll_ > pause) doubt();
  last_poll_ = now;
  if (venue_.take_clock_doubt()) doubt();
  if (!asked_ && now >= due_) ask(now);
}

void TimeKeeper::doubt() {
  soon_ = at_once;
  due_ = std::min(due_, clock_.now());
}

void TimeKeeper::saw_refusal(std::size_t link, std::int64_t code) {
  if (refusals_.size() <= link) refusals_.resize(link + 1);
  if (std::exchange(refusals_[link], code) == code) return;
  if (code == refused_at_the_edge || code == refused_in_the_engine) doubt();
}

void TimeKeeper::ask(Mono now) {
  asked_ = true;
  due_ = now + soon;
  venue_.time([this](std::optional<TimeReading> reading, const std::string&) {
    asked_ = false;
    take(reading);
  });
}

void TimeKeeper::take(const std::optional<TimeReading>& reading) {
  const Mono now = clock_.now();
  if (!reading) {
    due_ = now + soon;
    return;
  }
  const auto best = samples_.add(*reading, now);
  if (samples_.stepped()) {
    soon_ = at_once;
    ops::log::warning(
        "the venue's clock and ours have moved against each other: its time is read anew");
  }
  if (soon_ > 0) --soon_;
  due_ = now + (soon_ > 0 ? soon : period);
  if (best) {
    best_ = *best;
    tell_(*best);
  }
  // The newest sample is not always the one to go by.
  if (best_) venue_.set_clock(*best_);
}

}  // namespace copyd::engine
