#include "sim/rate_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace copyd::sim {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t minute_ms = 60'000;
// A ban follows the one before by this much longer.
constexpr std::array<std::int64_t, 6> ban_minutes{2, 10, 60, 6 * 60, 24 * 60, 3 * 24 * 60};

}  // namespace

std::optional<RateLimits::Verdict> RateLimits::find_ban(WeightPool pool, const std::string& address,
                                                        VenueTime now) const {
  for (const std::string& name : {address, std::string()}) {
    const auto at = addresses_.find({pool, name});
    if (at == addresses_.end() || at->second.ban.until <= now) continue;
    return Verdict{.status = at->second.ban.status, .until = at->second.ban.until};
  }
  return std::nullopt;
}

RateLimits::Verdict RateLimits::weigh(WeightPool pool, const std::string& address, int weight,
                                      VenueTime now) {
  auto& from = addresses_[{pool, address}];
  if (auto banned = find_ban(pool, address, now)) {
    banned->used = from.weight.add(0, now);
    return *banned;
  }
  const int used = from.weight.add(weight, now);
  if (pool == WeightPool::rest) {
    const std::int64_t number = now.ms / minute_ms;
    if (minutes_.empty() || minutes_.back().number != number) minutes_.push_back({number, 0});
    minutes_.back().weight += weight;
    if (minutes_.size() > minutes_max) minutes_.pop_front();
  }
  if (!options_.weight || weight == 0 || used <= weight_per_minute) return {.used = used};
  const VenueTime next_minute{(now.ms / minute_ms + 1) * minute_ms};
  if (from.refusals.add(1, now) <= refusals_before_ban)
    return {.status = 429, .used = used, .until = next_minute};
  const auto minutes = ban_minutes[std::min(from.bans++, ban_minutes.size() - 1)];
  from.ban = {.status = 418, .until = now + milliseconds(minutes * minute_ms)};
  return {.status = 418, .used = used, .until = from.ban.until};
}

void RateLimits::ban(WeightPool pool, const std::string& address, int status, VenueTime until) {
  addresses_[{pool, address}].ban = {.status = status, .until = until};
}

RateLimits::Orders RateLimits::add_orders(AccountIndex account, OrderCost cost, VenueTime now) {
  auto& counters = orders_[account];
  return {counters.ten_seconds.add(cost.ten_seconds, now), counters.minute.add(cost.minute, now)};
}

std::optional<ApiError> RateLimits::check(const Orders& orders) const {
  if (!options_.orders) return std::nullopt;
  const auto refuse = [](int limit, std::string_view interval) {
    return ApiError{.code = -1015,
                    .message = fmt::format(
                        "Too many new orders; current limit is {} orders per {}.", limit, interval),
                    .status = 429};
  };
  if (orders.ten_seconds > orders_per_ten_seconds)
    return refuse(orders_per_ten_seconds, "TEN_SECONDS");
  if (orders.minute > orders_per_minute) return refuse(orders_per_minute, "MINUTE");
  return std::nullopt;
}

ApiError weight_error(const RateLimits::Verdict& verdict, std::string_view address) {
  if (verdict.status == 418)
    return {.code = -1003,
            .message = fmt::format("Way too many requests; IP({}) banned until {}. Please use the "
                                   "websocket for live updates to avoid bans.",
                                   address, verdict.until.ms),
            .status = verdict.status};
  return {.code = -1003,
          .message = fmt::format("Too many requests; current limit is {} requests per minute. "
                                 "Please use the websocket for live updates to avoid polling the "
                                 "API.",
                                 RateLimits::weight_per_minute),
          .status = verdict.status};
}

std::string firewall_page() {
  return "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n"
         "<center><h1>403 Forbidden</h1></center>\r\n</body>\r\n</html>\r\n";
}

}  // namespace copyd::sim
