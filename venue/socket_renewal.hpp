// SocketRenewal: when the successor of a long-lived socket is to be opened. Pure.
//
// The venue ends every socket after 24 hours. A successor is opened about an hour before that, each
// socket at a moment of its own, so that those which were opened together are not renewed together.
// The old one serves until its successor stands; a successor that fails is tried again, and the old
// one is none the worse for it. The venue may also say that it is about to end a socket.
// Held by whoever owns the socket, on its thread.
// Source: Binance docs, "Websocket Market Streams" and "User Data Streams": 24 hours.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "core/clock.hpp"

namespace copyd::venue {

class SocketRenewal {
 public:
  static constexpr std::chrono::hours life{24};
  static constexpr std::chrono::hours margin{1};  // kept for attempts that fail
  static constexpr std::chrono::minutes jitter_max{30};
  static constexpr std::chrono::seconds retry_first{5};
  static constexpr std::chrono::seconds retry_max{300};

  explicit SocketRenewal(std::uint64_t seed) noexcept : random_(seed) {}

  // A socket serves from now on: the first one, or a successor that took over.
  void started(Mono now) noexcept {
    due_ = now + (life - margin - draw(jitter_max));
    retry_ = retry_first;
    armed_ = true;
  }
  // The successor did not come to stand.
  void failed(Mono now) noexcept {
    due_ = now + (retry_ * 3 / 4 + draw(retry_ / 2));
    retry_ = std::min<std::chrono::nanoseconds>(retry_ * 2, retry_max);
    armed_ = true;
  }
  // One is to be opened: at once, or when the last failure's pause is over.
  void wanted(Mono now) noexcept {
    if (retry_ != retry_first) return failed(now);
    due_ = now;
    armed_ = true;
  }
  // The venue is about to end the socket: within `spread` from now.
  void hasten(Mono now, std::chrono::nanoseconds spread = {}) noexcept {
    if (armed_) due_ = std::min(due_, now + draw(spread));
  }
  // No socket serves.
  void forget() noexcept { armed_ = false; }

  // True once when a successor is due; then silent until started() or failed() is told.
  bool due(Mono now) noexcept {
    if (!armed_ || now < due_) return false;
    armed_ = false;
    return true;
  }

 private:
  // splitmix64: seeds that are neighbours give numbers that are not.
  std::chrono::nanoseconds draw(std::chrono::nanoseconds below) noexcept {
    random_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = random_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    mixed ^= mixed >> 31U;
    if (below.count() <= 0) return {};
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(mixed % static_cast<std::uint64_t>(below.count())));
  }

  std::uint64_t random_;
  Mono due_{};
  std::chrono::nanoseconds retry_{retry_first};
  bool armed_ = false;
};

}  // namespace copyd::venue
