// AddressWeight: the request weight that this machine's address has used, and how the venue's limit
// is shared out. The venue counts all keys behind one address together, in a minute of its clock.
//
// Everything that is asked is counted. What goes by a timetable (health, reconciliation, listen
// keys) never asks whether there is room: room is kept for it. What can wait asks: the sessions of
// followers, which many begin at once after a start or an outage, and what the supervisor would
// know besides. So a start takes at once what is left of a minute, and then of the next:
//
//   follower N's session: 11 (accountConfig 5, listen key 1, positionRisk 5), its order socket 5,
//   or 7 with a logon. The WebSocket API is budgeted as if it shared the limit.
//
// Any thread. Orders weigh nothing.
// Source: Binance docs, "General Info", "Limits"; exchangeInfo.rateLimits; weights of each call.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "core/clock.hpp"
#include "venue/rest.hpp"

namespace copyd::venue {

// Weight a minute, of those that never end.
namespace weight_share {
inline constexpr int limit = 2400;   // announced, for one address
inline constexpr int upkeep = 1175;  // of health, reconciliation, listen keys and equities together
inline constexpr int equities_max = 300;
inline constexpr int health_max = 435;
// Each account once a minute, as long as there is the weight for it.
constexpr int health(int accounts) noexcept {
  return std::min(accounts, health_max);
}
// One of 5 in ten seconds, or all in ten minutes.
constexpr int reconciliation(int accounts) noexcept {
  return std::max(30, (accounts + 1) / 2);
}
// All in twenty minutes, begun at moments of their own; with what chance adds.
constexpr int listen_keys(int accounts) noexcept {
  return (accounts * 6 + 99) / 100;
}
constexpr int by_timetable(int accounts) noexcept {
  return health(accounts) + reconciliation(accounts) + listen_keys(accounts);
}
// What these leave.
constexpr int equities(int accounts) noexcept {
  return std::clamp(upkeep - by_timetable(accounts), 5, equities_max);
}
static_assert(by_timetable(1000) + equities(1000) == upkeep && upkeep < limit / 2);
}  // namespace weight_share

namespace call_weight {
inline constexpr int account_read = 5;  // positions, equity, balance, configuration
inline constexpr int session = 11;
inline constexpr int handshake = 5;
inline constexpr int logon = 2;
inline constexpr int session_at_most = session + handshake + logon;
inline constexpr int most = 30;  // of any
}  // namespace call_weight

// Of a call that we make, by the beginning of its target.
constexpr int weight_of(std::string_view target) noexcept {
  const std::string_view called = target.substr(0, target.find('?'));
  if (called == path::income || called == path::position_mode || called == path::multi_assets)
    return call_weight::most;
  for (const auto heavy : {path::account, path::balance, path::account_config, path::position_risk,
                           path::symbol_config, path::all_orders, path::user_trades})
    if (called == heavy) return call_weight::account_read;
  return called == path::premium_index ? 10 : 1;
}

// What was spent in the last minute, and in five to ten seconds more: what leaves later may come to
// the venue sooner. Any thread.
class WeightMinute {
 public:
  static constexpr std::chrono::seconds span{70};

  void add(Mono now, int weight) noexcept {
    const std::uint32_t number = number_of(now);
    std::atomic<std::uint64_t>& slot = slots_[number % slots_.size()];
    std::uint64_t known = slot.load(std::memory_order_relaxed);
    std::uint64_t after = 0;
    do {
      const std::uint64_t before = known >> 32U == number ? known : std::uint64_t{number} << 32U;
      after = before + static_cast<std::uint32_t>(weight);
    } while (!slot.compare_exchange_weak(known, after, std::memory_order_relaxed));
  }
  std::int64_t sum(Mono now) const noexcept {
    std::int64_t sum = 0;
    for (std::uint32_t i = 0, number = number_of(now); i < slots_counted; ++i, --number) {
      const std::uint64_t slot = slots_[number % slots_.size()].load(std::memory_order_relaxed);
      if (slot >> 32U == number) sum += static_cast<std::uint32_t>(slot);
    }
    return sum;
  }

 private:
  static constexpr std::int64_t slot_ns = 5'000'000'000;
  static constexpr std::uint32_t slots_counted = 14;
  static_assert(slots_counted * slot_ns == std::chrono::nanoseconds(span).count());

  static std::uint32_t number_of(Mono now) noexcept {
    return static_cast<std::uint32_t>(now.ns / slot_ns);
  }
  std::array<std::atomic<std::uint64_t>, 16> slots_{};  // its number, and the weight spent in it
};

class AddressWeight {
 public:
  // Of the limit. What is left is for what nobody counts here, and for lanes that take at once.
  static constexpr int patient_percent = 90;
  static constexpr int urgent_percent = 95;

  enum class Urgency : std::uint8_t { patient, urgent };

  // As announced, and how many accounts have a timetable. Before anything is counted.
  void set_limit(int per_minute, int accounts) noexcept {
    limit_ = per_minute;
    by_timetable_ = weight_share::by_timetable(accounts);
  }
  void spend(Mono now, int weight) noexcept { all_.add(now, weight); }
  void spend_by_timetable(Mono now, int weight) noexcept {
    all_.add(now, weight);
    timetable_.add(now, weight);
  }
  // The venue's own count in its present minute: also what others behind this address have used,
  // and an earlier run.
  void told(Mono now, std::int64_t used) noexcept {
    const std::int64_t unknown = used - all_.sum(now);
    if (unknown > 0) all_.add(now, static_cast<int>(std::min(unknown, limit_)));
  }
  // False: there is not so much, and nothing is taken.
  bool take(Mono now, int weight, Urgency urgency = Urgency::patient) noexcept {
    if (room(now, urgency) < weight) return false;
    all_.add(now, weight);
    return true;
  }
  // Of what may be spent. What is urgent finds more than what is patient.
  std::int64_t room(Mono now, Urgency urgency) const noexcept {
    const std::int64_t percent = urgency == Urgency::urgent ? urgent_percent : patient_percent;
    const std::int64_t to_come = by_timetable_ - timetable_.sum(now);
    return limit_ * percent / 100 - all_.sum(now) - std::max<std::int64_t>(to_come, 0);
  }

 private:
  std::int64_t limit_ = weight_share::limit;
  std::int64_t by_timetable_ = 0;
  WeightMinute all_;
  WeightMinute timetable_;  // of it
};

}  // namespace copyd::venue
