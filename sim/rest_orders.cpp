// REST: orders and trades.
#include <algorithm>

#include "sim/encode.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

constexpr std::int64_t week_ms = 7 * 24 * 3'600'000LL;
constexpr std::int64_t most_rows = 1000;
constexpr std::int64_t usual_rows = 500;

struct Range {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::size_t limit = 0;
};

// The window of a list: a week at most, ending at `endTime` or now, or starting at `startTime`.
Answer<Range> read_range(const Params& params, VenueTime now) {
  const auto start = params.integer("startTime");
  if (!start.ok()) return start.error();
  const auto end = params.integer("endTime");
  if (!end.ok()) return end.error();
  const auto limit = params.integer("limit");
  if (!limit.ok()) return limit.error();
  const std::int64_t rows = limit.value().value_or(usual_rows);
  if (rows <= 0 || rows > most_rows) return bad_parameter("limit");
  Range range{.limit = static_cast<std::size_t>(rows)};
  range.to = end.value().value_or(start.value() ? *start.value() + week_ms : now.ms);
  range.from = start.value().value_or(range.to - week_ms);
  if (range.to < range.from)
    return ApiError{.code = -4049, .message = "Start time is greater than end time."};
  if (range.to - range.from > week_ms)
    return ApiError{.code = -4166, .message = "Search window is restricted to recent 7 days."};
  return range;
}

}  // namespace

Answer<std::string> Protocol::rest_place_order(RestContext& context) {
  auto placed = place_order(context.caller.account, context.params, context.now);
  auto& headers = context.reply->headers;
  headers.emplace_back("X-MBX-ORDER-COUNT-10S", std::to_string(placed.counts.ten_seconds));
  headers.emplace_back("X-MBX-ORDER-COUNT-1M", std::to_string(placed.counts.minute));
  context.reply->drop = placed.drop;
  return std::move(placed.answer);
}

Answer<std::string> Protocol::rest_query_order(RestContext& context) {
  return query_order(context.caller.account, context.params);
}

// The newest rows of the window, oldest first.
Answer<std::string> Protocol::rest_all_orders(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  const auto range = read_range(context.params, context.now);
  if (!range.ok()) return range.error();
  const auto from_id = context.params.integer("orderId");
  if (!from_id.ok()) return from_id.error();
  std::vector<const Order*> rows;
  for (const auto& order : exchange_.account(context.caller.account).orders) {
    if (symbol.value() && *symbol.value() != order.symbol) continue;
    if (order.created.ms < range.value().from || order.created.ms > range.value().to) continue;
    if (from_id.value() && order.id < *from_id.value()) continue;
    rows.push_back(&order);
  }
  const std::size_t surplus =
      rows.size() > range.value().limit ? rows.size() - range.value().limit : 0;
  JsonWriter out;
  out.array();
  for (std::size_t i = surplus; i < rows.size(); ++i)
    encode::listed_order(out, exchange_, *rows[i]);
  out.end_array();
  return out.take();
}

// Nothing ever rests here.
Answer<std::string> Protocol::rest_open_orders(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return std::string("[]");
}

// The oldest rows of the window.
Answer<std::string> Protocol::rest_user_trades(RestContext& context) {
  if (!context.params.has("symbol")) return missing_parameter("symbol");
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  const auto range = read_range(context.params, context.now);
  if (!range.ok()) return range.error();
  const auto from_id = context.params.integer("fromId");
  if (!from_id.ok()) return from_id.error();
  const auto order_id = context.params.integer("orderId");
  if (!order_id.ok()) return order_id.error();
  if (from_id.value() && (context.params.has("startTime") || context.params.has("endTime")))
    return ApiError{.code = -1128, .message = "Combination of optional parameters invalid."};
  JsonWriter out;
  out.array();
  std::size_t rows = 0;
  for (const auto& trade : exchange_.account(context.caller.account).trades) {
    if (rows == range.value().limit) break;
    if (trade.symbol != *symbol.value()) continue;
    if (from_id.value() ? trade.id < *from_id.value()
                        : trade.time.ms < range.value().from || trade.time.ms > range.value().to)
      continue;
    if (order_id.value() && trade.order_id != *order_id.value()) continue;
    encode::user_trade(out, exchange_, trade);
    ++rows;
  }
  out.end_array();
  return out.take();
}

}  // namespace copyd::sim
