// Two kinds of time that are never subtracted from each other: Mono is our own steady clock,
// VenueTime is the venue's. VenueClock converts one way, from an observed pair.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace copyd {

// Nanoseconds of the steady clock of this machine.
struct Mono {
  std::int64_t ns = 0;
  friend constexpr auto operator<=>(Mono, Mono) noexcept = default;
  friend constexpr std::chrono::nanoseconds operator-(Mono a, Mono b) noexcept {
    return std::chrono::nanoseconds(a.ns - b.ns);
  }
  friend constexpr Mono operator+(Mono a, std::chrono::nanoseconds d) noexcept {
    return Mono{a.ns + d.count()};
  }
};

// Milliseconds since 1970-01-01 UTC, by the venue's clock.
struct VenueTime {
  std::int64_t ms = 0;
  friend constexpr auto operator<=>(VenueTime, VenueTime) noexcept = default;
  friend constexpr std::chrono::milliseconds operator-(VenueTime a, VenueTime b) noexcept {
    return std::chrono::milliseconds(a.ms - b.ms);
  }
  friend constexpr VenueTime operator+(VenueTime a, std::chrono::milliseconds d) noexcept {
    return VenueTime{a.ms + d.count()};
  }
};

// Where an agent reads the time. Handed in, so that tests run in virtual time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Mono now() const noexcept = 0;
};

// The only place that asks the operating system.
class SteadyClock final : public Clock {
 public:
  Mono now() const noexcept override {
    return Mono{std::chrono::steady_clock::now().time_since_epoch().count()};
  }
};

// Time that stands still until somebody moves it. Tests only.
class ManualClock final : public Clock {
 public:
  Mono now() const noexcept override { return now_; }
  void advance(std::chrono::nanoseconds by) noexcept { now_ = now_ + by; }
  void set(Mono now) noexcept { now_ = now; }

 private:
  Mono now_{1'000'000'000};
};

// The wall clock, in nanoseconds since 1970. For numbering settlements and for log text only.
std::int64_t wall_clock_ns() noexcept;

// An observation of the venue's time, taken in the middle of a request's round trip.
struct TimeSample {
  Mono at;
  VenueTime venue;
};

// The venue's time now, carried on from the last sample by our steady clock: a step of this
// machine's wall clock changes nothing. Each agent holds its own copy, told by a command.
class VenueClock {
 public:
  void set(TimeSample sample) noexcept { sample_ = sample; known_ = true; }
  bool known() const noexcept { return known_; }
  VenueTime at(Mono now) const noexcept {
    return sample_.venue + std::chrono::duration_cast<std::chrono::milliseconds>(now - sample_.at);
  }

 private:
  TimeSample sample_{};
  bool known_ = false;
};

}  // namespace copyd
