// ListenKeyTimer: when a listen key has to be created or kept alive. Pure.
//
// A key lives 60 minutes and is shared by every process of the account, so it is extended every
// 20 minutes and never deleted. An extension that fails is tried again after 30 s; one that the
// venue answers with -1125 means that the key is gone: a new one, and a new connection.
// Source: Binance docs, "User Data Streams".
#pragma once

#include <chrono>

#include "core/clock.hpp"

namespace copyd::venue {

class ListenKeyTimer {
 public:
  static constexpr std::chrono::minutes period{20};
  static constexpr std::chrono::seconds retry{30};

  void created(Mono now) noexcept { due_ = now + period; armed_ = true; }
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
