// RateLimits: the venue's counters: request weight of the one address that all clients share, and
// orders of each account, in fixed windows of the venue's clock. Pure; one thread.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/clock.hpp"
#include "sim/account.hpp"

namespace copyd::sim {

class RateLimits {
 public:
  static constexpr int weight_per_minute = 2400;
  static constexpr int orders_per_ten_seconds = 300;
  static constexpr int orders_per_minute = 1200;

  // Counts, and answers the count of the running window.
  int add_rest_weight(int weight, VenueTime now) noexcept { return rest_.add(weight, now); }
  int add_ws_weight(int weight, VenueTime now) noexcept { return ws_.add(weight, now); }

  struct Orders {
    int ten_seconds = 0;
    int minute = 0;
    bool too_many() const noexcept {
      return ten_seconds > orders_per_ten_seconds || minute > orders_per_minute;
    }
  };
  Orders add_order(AccountIndex account, VenueTime now) {
    auto& counters = orders_[account];
    return {counters.ten_seconds.add(1, now), counters.minute.add(1, now)};
  }

 private:
  class Window {
   public:
    explicit Window(std::int64_t length_ms) noexcept : length_ms_(length_ms) {}
    int add(int by, VenueTime now) noexcept {
      const std::int64_t index = now.ms / length_ms_;
      if (index != index_) count_ = 0;
      index_ = index;
      count_ += by;
      return count_;
    }

   private:
    std::int64_t length_ms_;
    std::int64_t index_ = -1;
    int count_ = 0;
  };
  struct Counters {
    Window ten_seconds{10'000};
    Window minute{60'000};
  };

  Window rest_{60'000};
  Window ws_{60'000};
  std::unordered_map<AccountIndex, Counters> orders_;
};

}  // namespace copyd::sim
