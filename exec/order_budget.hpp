// OrderBudget: how many orders one account may still place, by the limits that the venue announces
// for 10 seconds and for a minute.
//
// The venue counts in fixed windows of its own clock, or so it seems. Here no stretch of time as
// long as a window holds more than the limit, so none of the venue's windows does, wherever they
// begin. The stretch is a second longer than the window: two orders do not take equally long to get
// there. What the venue refuses counts as well.
//
// Three tenths are kept for orders that reduce: an increase waits when seven tenths are used, by
// whatever. A limit of the follower's own binds increases alone: so many in any ten seconds. Pure;
// one per follower, owned by its lane. Allocates nothing. Orders are counted in buckets of half a
// second and of two; one leaves the count when the last in it is old enough. Source: Binance docs,
// "General info", "Order rate limits"; exchangeInfo.rateLimits.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "core/clock.hpp"

namespace copyd::exec {

struct OrderLimits {
  int per_10s = 300;
  int per_minute = 1200;
};

class OrderBudget {
 public:
  // `own_increases`: the follower's own limit per 10 seconds; 0: none.
  explicit OrderBudget(const OrderLimits& limits, int own_increases = 0) noexcept
      : short_(limits.per_10s), long_(limits.per_minute), own_(own_increases) {}

  // What was placed so far counts for the new limit too.
  void limit_increases(int own) noexcept { own_.limit = own; }

  bool allows_increase(Mono now) noexcept {
    return short_.used(now) < short_.for_increases() && long_.used(now) < long_.for_increases() &&
           (own_.limit <= 0 || own_.used(now) < own_.limit);
  }
  bool allows_reduce(Mono now) noexcept {
    return short_.used(now) < short_.limit && long_.used(now) < long_.limit;
  }
  enum class Kind : std::uint8_t { increase, reduce };
  void placed(Mono now, Kind kind = Kind::increase) noexcept {
    add(1, now);
    if (kind == Kind::increase) own_.add(1, now);
  }

  // What was counted a moment ago has not left after all.
  void not_placed(Mono now, Kind kind) noexcept {
    add(-1, now);
    if (kind == Kind::increase) own_.add(-1, now);
  }

  // The venue's own count of its running window, -1 when it was not told. More than ours is
  // somebody else's, on the same account.
  struct Count {
    int in_10s = -1;
    int in_minute = -1;
  };
  void told(const Count& count, Mono now) noexcept;

 private:
  template <std::int64_t length_ms, std::size_t buckets_per_window>
  struct Window {
    static constexpr std::int64_t bucket_ns =
        length_ms * 1'000'000 / static_cast<std::int64_t>(buckets_per_window);
    static constexpr std::int64_t transit_ns = 1'000'000'000;
    // Of the window and the transit; and the one that is being filled.
    static constexpr std::size_t bucket_count =
        buckets_per_window + static_cast<std::size_t>((transit_ns + bucket_ns - 1) / bucket_ns) + 1;

    explicit Window(int most) noexcept : limit(most) {}

    int for_increases() const noexcept {
      return std::max(1, static_cast<int>(std::int64_t{limit} * 7 / 10));
    }
    int used(Mono now) noexcept {
      advance(now);
      return sum;
    }
    void add(int count, Mono now) noexcept {
      advance(now);
      counts[static_cast<std::size_t>(last) % bucket_count] += count;
      sum += count;
    }
    void advance(Mono now) noexcept {
      const std::int64_t index = now.ns / bucket_ns;
      if (index - last >= static_cast<std::int64_t>(bucket_count)) {
        if (sum != 0) counts = {};
        sum = 0;
        last = index;
      }
      while (last < index) {
        int& oldest = counts[static_cast<std::size_t>(++last) % bucket_count];
        sum -= oldest;
        oldest = 0;
      }
    }

    int limit;
    int sum = 0;
    std::int64_t last = 0;
    std::array<int, bucket_count> counts{};
  };

  void add(int count, Mono now) noexcept {
    short_.add(count, now);
    long_.add(count, now);
  }

  Window<10'000, 20> short_;
  Window<60'000, 30> long_;
  Window<10'000, 20> own_;  // increases of ours
};

}  // namespace copyd::exec
