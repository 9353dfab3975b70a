// RequestBucket: how much the supervisor may ask of the venue, so that its questions never take the
// address's limit from the orders. Pure.
#pragma once

#include <chrono>

#include "core/clock.hpp"

namespace copyd::engine {

// So many requests (or so much weight) at once, and then one in each `spacing`.
class RequestBucket {
 public:
  RequestBucket(int burst, std::chrono::nanoseconds spacing) noexcept
      : burst_(burst), spacing_(spacing), free_(burst) {}
  // False: there is not so much, and nothing is taken. REQUIRES: count ≤ burst.
  bool take(Mono now, int count = 1) noexcept;

 private:
  int burst_;
  std::chrono::nanoseconds spacing_;
  int free_;
  Mono refilled_{};
};

}  // namespace copyd::engine
