#include "engine/request_bucket.hpp"

#include <algorithm>
#include <cstdint>

namespace copyd::engine {

bool RequestBucket::take(Mono now, int count) noexcept {
  if (free_ < burst_) {
    const auto more = (now - refilled_) / spacing_;
    free_ = static_cast<int>(std::min<std::int64_t>(free_ + more, burst_));
    refilled_ = refilled_ + more * spacing_;
  }
  if (free_ < count) return false;
  if (free_ == burst_) refilled_ = now;
  free_ -= count;
  return true;
}

}  // namespace copyd::engine
