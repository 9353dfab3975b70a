// REST: the table of calls, and those about the venue and the account.
#include <fmt/format.h>

#include "sim/encode.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

const std::map<std::string, Protocol::Route, std::less<>>& Protocol::routes() {
  using S = Security;
  static const std::map<std::string, Route, std::less<>> table{
      {"GET /fapi/v1/ping", {&Protocol::rest_ping, S::none, 1}},
      {"GET /fapi/v1/time", {&Protocol::rest_time, S::none, 1}},
      {"GET /fapi/v1/exchangeInfo", {&Protocol::rest_exchange_info, S::none, 1}},
      {"GET /fapi/v1/premiumIndex", {&Protocol::rest_premium_index, S::none, 1}},
      {"GET /fapi/v1/accountConfig", {&Protocol::rest_account_config, S::signed_, 5}},
      {"GET /fapi/v3/account", {&Protocol::rest_account, S::signed_, 5}},
      {"GET /fapi/v3/balance", {&Protocol::rest_balance, S::signed_, 5}},
      {"GET /fapi/v3/positionRisk", {&Protocol::rest_position_risk, S::signed_, 5}},
      {"GET /fapi/v1/symbolConfig", {&Protocol::rest_symbol_config, S::signed_, 5}},
      {"GET /fapi/v1/positionSide/dual", {&Protocol::rest_position_mode, S::signed_, 30}},
      {"GET /fapi/v1/rateLimit/order", {&Protocol::rest_rate_limit_order, S::signed_, 1}},
      {"GET /sapi/v1/account/apiRestrictions", {&Protocol::rest_restrictions, S::signed_, 1}},
      {"POST /fapi/v1/listenKey", {&Protocol::rest_create_listen_key, S::key, 1}},
      {"PUT /fapi/v1/listenKey", {&Protocol::rest_extend_listen_key, S::key, 1}},
      {"DELETE /fapi/v1/listenKey", {&Protocol::rest_remove_listen_key, S::key, 1}},
      {"POST /fapi/v1/order", {&Protocol::rest_place_order, S::trade, 0}},
      {"GET /fapi/v1/order", {&Protocol::rest_query_order, S::signed_, 1}},
      {"GET /fapi/v1/allOrders", {&Protocol::rest_all_orders, S::signed_, 5}},
      {"GET /fapi/v1/openOrders", {&Protocol::rest_open_orders, S::signed_, 1}},
      {"GET /fapi/v1/userTrades", {&Protocol::rest_user_trades, S::signed_, 5}},
  };
  return table;
}

HttpReply Protocol::handle_rest(const HttpCall& call, VenueTime now) {
  ++rest_requests_;
  streams_.tick(now);
  const auto question = call.target.find('?');
  const auto path = call.target.substr(0, question);
  const auto query =
      question == std::string_view::npos ? std::string_view() : call.target.substr(question + 1);
  HttpReply reply;
  const auto answer = [&]() -> Answer<std::string> {
    const auto route = routes().find(fmt::format("{} {}", call.method, path));
    const int weight = route == routes().end() ? 1 : route->second.weight;
    const int used = limits_.add_rest_weight(weight, now);
    reply.headers.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(used));
    if (options_.weight_limits && used > RateLimits::weight_per_minute) {
      reply.headers.emplace_back("Retry-After", std::to_string(60 - now.ms / 1000 % 60));
      return ApiError{.code = -1003,
                      .message = "Too many requests; current limit is 2400 requests per minute.",
                      .status = 429};
    }
    if (route == routes().end()) {
      if (path == "/fapi/v1/listenKey")
        return ApiError{.code = -1000, .message = "Not found.", .status = 404};
      return not_simulated(fmt::format("{} {}", call.method, path));
    }
    RestContext context{
        .params = Params::from_query(query), .caller = {}, .now = now, .reply = &reply};
    // A name in both counts in the query, which therefore comes first.
    const auto body = Params::from_query(call.body);
    for (const auto& [name, value] : body.items()) context.params.add(name, value);
    const auto caller = authorize_rest(call, query, context.params, route->second.security, now);
    if (!caller.ok()) return caller.error();
    context.caller = caller.value();
    return (this->*route->second.handler)(context);
  }();
  if (answer.ok()) {
    reply.body = answer.value();
  } else {
    reply.status = answer.error().status;
    reply.body = encode::error(answer.error());
  }
  return reply;
}

Answer<std::optional<SymbolIndex>> Protocol::optional_symbol(const Params& params) const {
  const std::string* name = params.find("symbol");
  if (name == nullptr) return std::optional<SymbolIndex>();
  const auto index = exchange_.find_symbol(*name);
  if (!index) return ApiError{.code = -1121, .message = "Invalid symbol."};
  return index;
}

Answer<std::string> Protocol::rest_ping(RestContext&) {
  return std::string("{}");
}

Answer<std::string> Protocol::rest_time(RestContext& context) {
  return fmt::format(R"({{"serverTime":{}}})", context.now.ms);
}

// As on the venue, parameters are ignored: it is always the whole list.
Answer<std::string> Protocol::rest_exchange_info(RestContext& context) {
  if (exchange_info_tail_.empty())
    exchange_info_tail_ = encode::exchange_info_tail(exchange_, options_.order_limits);
  return fmt::format(R"({{"timezone":"UTC","serverTime":{},)", context.now.ms) +
         exchange_info_tail_;
}

Answer<std::string> Protocol::rest_premium_index(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::premium_index(exchange_, symbol.value(), context.now);
}

Answer<std::string> Protocol::rest_account_config(RestContext& context) {
  return encode::account_config(exchange_.account(context.caller.account));
}

Answer<std::string> Protocol::rest_account(RestContext& context) {
  return encode::account(exchange_, context.caller.account);
}

Answer<std::string> Protocol::rest_balance(RestContext& context) {
  return encode::balances(exchange_, context.caller.account);
}

Answer<std::string> Protocol::rest_position_risk(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::position_risk(exchange_, context.caller.account, symbol.value());
}

Answer<std::string> Protocol::rest_symbol_config(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::symbol_config(exchange_, symbol.value());
}

Answer<std::string> Protocol::rest_position_mode(RestContext& context) {
  const bool hedge = exchange_.account(context.caller.account).mode == PositionMode::hedge;
  return fmt::format(R"({{"dualSidePosition":{}}})", hedge);
}

Answer<std::string> Protocol::rest_rate_limit_order(RestContext&) {
  JsonWriter out;
  out.array();
  for (const auto& [interval, number, limit] :
       {std::tuple{"SECOND", 10, RateLimits::orders_per_ten_seconds},
        std::tuple{"MINUTE", 1, RateLimits::orders_per_minute}})
    out.object()
        .text("rateLimitType", "ORDERS")
        .text("interval", interval)
        .number("intervalNum", number)
        .number("limit", limit)
        .end_object();
  out.end_array();
  return out.take();
}

Answer<std::string> Protocol::rest_restrictions(RestContext& context) {
  return encode::api_restrictions(context.caller.key->permissions);
}

Answer<std::string> Protocol::rest_create_listen_key(RestContext& context) {
  JsonWriter out;
  out.object().text("listenKey", streams_.create(context.caller.account, context.now)).end_object();
  return out.take();
}

Answer<std::string> Protocol::rest_extend_listen_key(RestContext& context) {
  const auto key = streams_.extend(context.caller.account, context.now);
  if (!key.ok()) return key.error();
  JsonWriter out;
  out.object().text("listenKey", key.value()).end_object();
  return out.take();
}

Answer<std::string> Protocol::rest_remove_listen_key(RestContext& context) {
  streams_.remove(context.caller.account);
  return std::string("{}");
}

}  // namespace copyd::sim
