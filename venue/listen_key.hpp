// ListenKeyTimer: when a listen key has to be created or kept alive. Pure.
//
// A key lives 60 minutes and is shared by every process of the account, so it is extended every
// 20 minutes and never deleted. The first time comes sooner, for each of many accounts at a moment
// of its own: keys that were created together are not extended together. An extension that fails is
// tried again after 30 s; one that the venue answers with -1125 means that the key is gone: a new
// one, and a new connection. Source: Binance docs, "User Data Streams".
#pragma once

#include <chrono>
#include <cstdint>

#include "core/clock.hpp"

namespace copyd::venue {

class ListenKeyTimer {
 public:
  static constexpr std::chrono::minutes period{20};
  static constexpr std::chrono::seconds retry{30};

  // From one minute to `period`.
  static constexpr std::chrono::nanoseconds first_of(std::uint64_t seed) noexcept {
    constexpr std::chrono::seconds least{60};
    const auto spread = static_cast<std::uint64_t>((period - least).count());
    return least + std::chrono::seconds((seed * 0x9E3779B97F4A7C15U >> 32U) % spread);
  }

  void created(Mono now, std::chrono::nanoseconds first = period) noexcept {
    due_ = now + first;
    armed_ = true;
  }
  void extended(Mono now) noexcept { due_ = now + period; }
  void failed(Mono now) noexcept { due_ = now + retry; }
  void forget() noexcept { armed_ = false; }

  // True once when an extension is due; then silent until extended() or failed() is told.
  bool take_due(Mono now) noexcept {
    if (!armed_ || now < due_) return false;
    due_ = now + period;
    return true;
  }

 private:
  Mono due_{};
  bool armed_ = false;
};

}  // namespace copyd::venue
