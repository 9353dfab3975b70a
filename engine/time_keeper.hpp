// TimeKeeper: what time it is at the venue. The venue is asked again and again, and the best of
// what it said lately is carried on by our steady clock: a step of this machine's wall clock
// changes nothing, and a slow answer is not believed over a quick one.
//
//   error of a sample = half its round trip + what two clocks may drift apart since
//
// A sample that no drift explains means that one of the clocks has stepped, or that this machine
// was stopped with its steady clock: what was known before is thrown away. The window that the
// venue allows a request is never widened for it. The supervisor's thread only. Cold.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "engine/venue_api.hpp"

namespace copyd::engine {

// The last samples, and which of them to go by. Pure.
class TimeSamples {
 public:
  // What holds from now on, if that is another one than before.
  std::optional<TimeSample> add(const TimeReading& reading, Mono now);
  // The last `add` found that a clock has stepped.
  bool stepped() const noexcept { return stepped_; }

 private:
  static constexpr std::size_t kept = 16;
  std::array<TimeReading, kept> samples_{};
  std::size_t count_ = 0;
  std::optional<TimeReading> chosen_;
  bool stepped_ = false;
};

class TimeKeeper {
 public:
  // `tell` gets what everybody is to go by. All of it outlives this, and no call of `venue` is
  // answered after this is gone.
  using Tell = std::function<void(TimeSample)>;
  TimeKeeper(VenueApi& venue, const Clock& clock, Tell tell);

  // Every turn. Asks five times within seconds at first and after a doubt, else once a minute.
  void poll();
  // Somebody was refused for the time: so much for what we know.
  void doubt();
  // The last refusal of one follower's link; a refusal for the time is a doubt, once each time that
  // it comes up. `link` tells them apart.
  void saw_refusal(std::size_t link, std::int64_t code);

 private:
  void ask(Mono now);
  void take(const std::optional<TimeReading>& reading);

  VenueApi& venue_;
  const Clock& clock_;
  Tell tell_;
  TimeSamples samples_;
  std::optional<TimeSample> best_;
  std::vector<std::int64_t> refusals_;  // by link, as last seen
  Mono due_{};
  Mono last_poll_{};
  int soon_;  // so many more samples within seconds
  bool asked_ = false;
};

}  // namespace copyd::engine
