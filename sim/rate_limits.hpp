// RateLimits: the venue's counters and bans: request weight of each address, apart for REST and the
// WebSocket API, and orders of each account, in fixed windows of the venue's clock. Pure; one
// thread.
// Source: Binance docs "General Info", limits; ban times are said to be 2 minutes to 3 days.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/clock.hpp"
#include "sim/account.hpp"

namespace copyd::sim {

// Messages of one connection in one second of the venue's clock.
struct MessageRate {
  static constexpr int stream_messages_per_second = 10;
  static constexpr int pings_per_second = 5;
  std::int64_t second = -1;
  int count = 0;
  int add(VenueTime now) noexcept {
    if (now.ms / 1000 != second) count = 0;
    second = now.ms / 1000;
    return ++count;
  }
};

enum class WeightPool : std::uint8_t { rest, ws_api };

class RateLimits {
 public:
  static constexpr int weight_per_minute = 2400;
  static constexpr int orders_per_ten_seconds = 300;
  static constexpr int orders_per_minute = 1200;
  // What is announced when orders are not limited.
  static constexpr int unlimited_per_ten_seconds = 1'000'000;
  static constexpr int unlimited_per_minute = 6'000'000;
  // So many requests over the limit in one minute are answered with 429; then comes the ban.
  static constexpr int refusals_before_ban = 10;
  static constexpr std::size_t minutes_max = 1440;

  struct Options {
    bool orders = true;
    bool weight = true;
  };
  explicit RateLimits(Options options) : options_(options) {}

  // What the limits say of one request. `status` 200 lets it pass, else 429, 418 or 403.
  struct Verdict {
    int status = 200;
    int used = 0;       // the address's weight in the running minute
    VenueTime until{};  // when it may ask again
    bool passes() const noexcept { return status == 200; }
  };
  // Counts the request. Weight 0 is never over the limit, but a ban holds for it too.
  Verdict weigh(WeightPool pool, const std::string& address, int weight, VenueTime now);
  // What all addresses together have used over REST in a minute of the venue's clock.
  struct Minute {
    std::int64_t number = 0;  // since 1970
    int weight = 0;
  };
  // The latest of those in which something was asked, the running one last.
  const std::deque<Minute>& minutes() const noexcept { return minutes_; }
  // The ban in force, without counting.
  std::optional<Verdict> find_ban(WeightPool pool, const std::string& address, VenueTime now) const;
  // "" stands for every address. Replaces what is in force for it.
  void ban(WeightPool pool, const std::string& address, int status, VenueTime until);

  struct Orders {
    int ten_seconds = 0;
    int minute = 0;
  };
  // How much one request counts: a batch differs by window.
  struct OrderCost {
    int ten_seconds = 1;
    int minute = 1;
  };
  Orders add_orders(AccountIndex account, OrderCost cost, VenueTime now);
  // -1015 when these counts are over the limit.
  std::optional<ApiError> check(const Orders& orders) const;
  int order_limit_ten_seconds() const noexcept {
    return options_.orders ? orders_per_ten_seconds : unlimited_per_ten_seconds;
  }
  int order_limit_minute() const noexcept {
    return options_.orders ? orders_per_minute : unlimited_per_minute;
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
  struct Ban {
    int status = 0;
    VenueTime until{};
  };
  struct Address {
    Window weight{60'000};
    Window refusals{60'000};
    Ban ban{};
    std::size_t bans = 0;
  };
  using Key = std::pair<WeightPool, std::string>;

  Options options_;
  std::map<Key, Address> addresses_{};
  std::unordered_map<AccountIndex, Counters> orders_{};
  std::deque<Minute> minutes_{};
};

// The refusal of a request that the limits do not let pass.
ApiError weight_error(const RateLimits::Verdict& verdict, std::string_view address);

// The page of the firewall in front of the venue, which is not JSON.
std::string firewall_page();

}  // namespace copyd::sim
