// Backoff: how long to wait before the next attempt to connect. Doubles from 100 ms to 5 s, each
// with jitter of ±25 %, so that many followers never come back in step. Pure; the seed is handed
// in.
#pragma once

#include <chrono>
#include <cstdint>

namespace copyd::net {

class Backoff {
 public:
  explicit Backoff(std::uint64_t seed) noexcept : random_(seed | 1) {}

  std::chrono::milliseconds next() noexcept {
    const std::int64_t base = attempts_ >= 6 ? 5000 : std::int64_t{100} << attempts_;
    if (attempts_ < 6) ++attempts_;
    const std::int64_t capped = base > 5000 ? 5000 : base;
    const std::int64_t spread = capped / 2 + 1;
    return std::chrono::milliseconds(
        capped * 3 / 4 + static_cast<std::int64_t>(draw() % static_cast<std::uint64_t>(spread)));
  }
  void reset() noexcept { attempts_ = 0; }

 private:
  // xorshift64: quality does not matter here, repeatability does.
  std::uint64_t draw() noexcept {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_;
  }
  std::uint64_t random_;
  int attempts_ = 0;
};

}  // namespace copyd::net
