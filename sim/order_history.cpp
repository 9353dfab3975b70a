#include "sim/order_history.hpp"

namespace copyd::sim {

namespace {

constexpr std::int64_t week_ms = 7 * 24 * 3'600'000LL;
constexpr std::int64_t unfilled_memory_ms = 3 * 24 * 3'600'000LL;

}  // namespace

ApiError no_such_order() {
  return {.code = -2013, .message = "Order does not exist."};
}

bool is_forgotten(const Order& order, VenueTime now) noexcept {
  if (order.created.ms + memory_ms < now.ms) return true;
  const bool ended = order.is_done() && order.status != OrderStatus::filled;
  return ended && order.executed.is_zero() && order.created.ms + unfilled_memory_ms < now.ms;
}

Answer<Range> read_range(const Params& params, RowLimits limits, VenueTime now) {
  const auto start = params.integer("startTime");
  if (!start.ok()) return start.error();
  const auto end = params.integer("endTime");
  if (!end.ok()) return end.error();
  const auto limit = params.integer("limit");
  if (!limit.ok()) return limit.error();
  const std::int64_t rows = limit.value().value_or(limits.usual);
  if (rows <= 0 || rows > limits.most) return bad_parameter("limit");
  Range range{.limit = static_cast<std::size_t>(rows)};
  range.to = end.value().value_or(start.value() ? *start.value() + week_ms : now.ms);
  range.from = start.value().value_or(range.to - week_ms);
  if (range.to < range.from)
    return ApiError{.code = -4049, .message = "Start time is greater than end time."};
  if (range.to - range.from > week_ms)
    return ApiError{.code = -4166, .message = "Search window is restricted to recent 7 days."};
  return range;
}

}  // namespace copyd::sim
