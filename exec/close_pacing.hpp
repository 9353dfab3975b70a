// ClosePacing: how soon, and on what evidence, a leg may be closed again after a close of it
// failed.
//
// The first failure holds the next close for 200 ms; each further one doubles that, to 5 s. From
// the second on the close is sent only after a position read, asked for after the failure, has
// shown something to close. So a close is retried for as long as it takes and never in a blind
// loop. A fill on the leg starts afresh. Pure; one per leg, owned by the lane.
#pragma once

#include <chrono>

#include "core/clock.hpp"

namespace copyd::exec {

class ClosePacing {
 public:
  static constexpr std::chrono::milliseconds first_hold{200};
  static constexpr std::chrono::milliseconds hold_max{5000};

  enum class Verdict {
    send,           // nothing stands against it
    hold,           // too soon after a failure
    read_position,  // first the venue has to show that there is something to close
  };

  void failed(Mono now) noexcept;
  void filled() noexcept { *this = ClosePacing{}; }
  // A position read asked for at `asked` showed something to close. It vouches for one close: a
  // read that was asked for before the last failure vouches for nothing.
  void position_seen(Mono asked) noexcept;

  Verdict ask(Mono now) const noexcept;
  int failures() const noexcept { return failures_; }

 private:
  int failures_ = 0;
  bool seen_ = false;
  Mono failed_at_{};
  Mono not_before_{};
};

}  // namespace copyd::exec
