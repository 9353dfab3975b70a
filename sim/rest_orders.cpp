// REST: orders and trades.
#include <algorithm>

#include "sim/encode.hpp"
#include "sim/order_history.hpp"
#include "sim/order_params.hpp"
#include "sim/param_readers.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

constexpr const char* all_canceled =
    R"({"code":200,"msg":"The operation of cancel all open order is done."})";

// The newest rows, oldest first. `orders` must have begun with the newest.
template <class Encode>
std::string oldest_first(std::vector<const Order*> orders, Encode encode) {
  std::reverse(orders.begin(), orders.end());
  JsonWriter out;
  out.array();
  for (const Order* order : orders) encode(out, *order);
  out.end_array();
  return out.take();
}

bool is_of_type(const Order& order, const std::string* type) {
  if (order.forced != Forced::liquidation && order.forced != Forced::adl) return false;
  return type == nullptr || (order.forced == Forced::adl) == (*type == "ADL");
}

}  // namespace

Answer<std::string> Protocol::rest_place_order(RestContext& context) {
  return place_order(context.caller.account, context.params, context.now);
}

// Everything but the matching: what passes has the number 0.
Answer<std::string> Protocol::rest_test_order(RestContext& context) {
  const auto order = read_new_order(exchange_, context.params, context.now);
  if (!order.ok()) return order.error();
  const auto& request = order.value().request;
  if (auto error = exchange_.check(context.caller.account, request)) return *error;
  return encode::answered_order(exchange_,
                                {.symbol = request.symbol,
                                 .client_id = request.client_id,
                                 .side = request.side,
                                 .leg = request.leg.value_or(Leg::both),
                                 .type = request.type,
                                 .tif = request.tif,
                                 .qty = request.qty,
                                 .price = request.price,
                                 .reduce_only = request.reduce_only.value_or(false),
                                 .self_trade_prevention = request.self_trade_prevention,
                                 .good_till = request.good_till,
                                 .price_match = request.price_match,
                                 .updated = context.now},
                                {});
}

Answer<std::string> Protocol::rest_modify_order(RestContext& context) {
  return modify_order(context.caller.account, context.params, true, context.now);
}

Answer<std::string> Protocol::rest_cancel_order(RestContext& context) {
  return cancel_order(context.caller.account, context.params, context.now);
}

Answer<std::string> Protocol::rest_cancel_all_orders(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  exchange_.cancel_all(context.caller.account, symbol.value(), context.now);
  return std::string(all_canceled);
}

Answer<std::string> Protocol::rest_countdown(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  const auto time = context.params.integer("countdownTime");
  if (!time.ok()) return time.error();
  if (!time.value()) return missing_parameter("countdownTime");
  if (*time.value() < 0) return bad_parameter("countdownTime");
  exchange_.set_countdown(context.caller.account, symbol.value(),
                          std::chrono::milliseconds(*time.value()), context.now);
  JsonWriter out;
  out.object()
      .text("symbol", exchange_.symbol(symbol.value()).name)
      .text("countdownTime", std::to_string(*time.value()))
      .end_object();
  return out.take();
}

Answer<std::string> Protocol::rest_query_order(RestContext& context) {
  return query_order(context.caller.account, context.params, context.now);
}

Answer<std::string> Protocol::rest_query_open_order(RestContext& context) {
  const auto order = find_order(context.caller.account, context.params);
  if (!order.ok()) return order.error();
  if (order.value()->is_done()) return no_such_order();
  return encode::queried_order(exchange_, *order.value());
}

Answer<std::string> Protocol::rest_open_orders(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  const auto& account = exchange_.account(context.caller.account);
  JsonWriter out;
  out.array();
  for (const auto& [at, places] : account.open_orders) {
    if (symbol.value() && *symbol.value() != at) continue;
    for (const auto place : places)
      out.raw(encode::queried_order(exchange_, account.orders[place]));
  }
  out.end_array();
  return out.take();
}

Answer<std::string> Protocol::rest_all_orders(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  const auto range = read_range(context.params, {}, context.now);
  if (!range.ok()) return range.error();
  const auto from_id = context.params.integer("orderId");
  if (!from_id.ok()) return from_id.error();
  const auto& orders = exchange_.account(context.caller.account).orders;
  std::vector<const Order*> rows;
  for (auto order = orders.rbegin(); order != orders.rend(); ++order) {
    if (rows.size() == range.value().limit) break;
    if (symbol.value() && *symbol.value() != order->symbol) continue;
    if (!range.value().has(order->created) || is_forgotten(*order, context.now)) continue;
    if (from_id.value() && order->id < *from_id.value()) continue;
    rows.push_back(&*order);
  }
  return oldest_first(std::move(rows), [&](JsonWriter& out, const Order& order) {
    encode::listed_order(out, exchange_, order);
  });
}

Answer<std::string> Protocol::rest_forced_orders(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  const auto range = read_range(context.params, {.usual = 50, .most = 100}, context.now);
  if (!range.ok()) return range.error();
  const std::string* type = context.params.find("autoCloseType");
  if (type != nullptr && *type != "LIQUIDATION" && *type != "ADL")
    return bad_parameter("autoCloseType");
  const auto& orders = exchange_.account(context.caller.account).orders;
  std::vector<const Order*> rows;
  for (auto order = orders.rbegin(); order != orders.rend(); ++order) {
    if (rows.size() == range.value().limit) break;
    if (symbol.value() && *symbol.value() != order->symbol) continue;
    if (range.value().has(order->created) && is_of_type(*order, type)) rows.push_back(&*order);
  }
  return oldest_first(std::move(rows), [&](JsonWriter& out, const Order& order) {
    encode::forced_order(out, exchange_, order);
  });
}

// The newest first.
Answer<std::string> Protocol::rest_amendments(RestContext& context) {
  const auto order = find_order(context.caller.account, context.params);
  if (!order.ok()) return order.error();
  const auto start = context.params.integer("startTime");
  if (!start.ok()) return start.error();
  const auto end = context.params.integer("endTime");
  if (!end.ok()) return end.error();
  const auto limit = context.params.integer("limit");
  if (!limit.ok()) return limit.error();
  std::int64_t rows = limit.value().value_or(50);
  if (rows <= 0 || rows > 100) return bad_parameter("limit");
  const std::int64_t from = std::max(start.value().value_or(0), context.now.ms - memory_ms);
  const std::int64_t to = end.value().value_or(context.now.ms);
  const auto& amendments = exchange_.account(context.caller.account).amendments;
  JsonWriter out;
  out.array();
  for (auto at = amendments.rbegin(); at != amendments.rend() && rows > 0; ++at) {
    if (at->symbol != order.value()->symbol || at->order_id != order.value()->id) continue;
    if (at->time.ms < from || at->time.ms > to) continue;
    encode::amendment(out, exchange_, *at);
    --rows;
  }
  out.end_array();
  return out.take();
}

// The oldest rows of the window.
Answer<std::string> Protocol::rest_user_trades(RestContext& context) {
  const auto symbol = read_symbol(exchange_, context.params);
  if (!symbol.ok()) return symbol.error();
  const auto range = read_range(context.params, {}, context.now);
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
    if (trade.symbol != symbol.value() || trade.time.ms < context.now.ms - memory_ms) continue;
    if (from_id.value() ? trade.id < *from_id.value() : !range.value().has(trade.time)) continue;
    if (order_id.value() && trade.order_id != *order_id.value()) continue;
    encode::user_trade(out, exchange_, trade);
    ++rows;
  }
  out.end_array();
  return out.take();
}

}  // namespace copyd::sim
