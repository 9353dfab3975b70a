// REST: the table of calls, and those about the venue and the account.
#include <fmt/format.h>

#include "sim/encode.hpp"
#include "sim/protocol.hpp"
#include "sim/stream_names.hpp"

namespace copyd::sim {

const Protocol::Routes& Protocol::routes() {
  using S = Security;
  static const Routes table = [] {
    Routes rows{
        {"GET /fapi/v1/ping", {&Protocol::rest_ping, S::none, 1}},
        {"GET /fapi/v1/time", {&Protocol::rest_time, S::none, 1}},
        {"GET /fapi/v1/exchangeInfo", {&Protocol::rest_exchange_info, S::none, 1}},
        {"GET /fapi/v1/rateLimit/order", {&Protocol::rest_rate_limit_order, S::signed_, 1}},
        {"GET /sapi/v1/account/apiRestrictions", {&Protocol::rest_restrictions, S::record, 0}},
        {"POST /fapi/v1/listenKey", {&Protocol::rest_create_listen_key, S::key, 1}},
        {"PUT /fapi/v1/listenKey", {&Protocol::rest_extend_listen_key, S::key, 1}},
        {"DELETE /fapi/v1/listenKey", {&Protocol::rest_remove_listen_key, S::key, 1}},
        {"POST /fapi/v1/order", {&Protocol::rest_place_order, S::trade, 0}},
        {"GET /fapi/v1/order", {&Protocol::rest_query_order, S::signed_, 1}},
        {"GET /fapi/v1/allOrders", {&Protocol::rest_all_orders, S::signed_, 5}},
        {"GET /fapi/v1/openOrders", {&Protocol::rest_open_orders, S::signed_, 1, 40}},
        {"GET /fapi/v1/openOrder", {&Protocol::rest_query_open_order, S::signed_, 1}},
        {"POST /fapi/v1/order/test", {&Protocol::rest_test_order, S::trade, 0}},
        {"PUT /fapi/v1/order", {&Protocol::rest_modify_order, S::trade, 0}},
        {"DELETE /fapi/v1/order", {&Protocol::rest_cancel_order, S::trade, 1}},
        {"DELETE /fapi/v1/allOpenOrders", {&Protocol::rest_cancel_all_orders, S::trade, 1}},
        {"POST /fapi/v1/batchOrders", {&Protocol::rest_place_batch, S::trade, 5}},
        {"PUT /fapi/v1/batchOrders", {&Protocol::rest_modify_batch, S::trade, 5}},
        {"DELETE /fapi/v1/batchOrders", {&Protocol::rest_cancel_batch, S::trade, 1}},
        {"POST /fapi/v1/countdownCancelAll", {&Protocol::rest_countdown, S::trade, 10}},
        {"GET /fapi/v1/orderAmendment", {&Protocol::rest_amendments, S::signed_, 1}},
        {"GET /fapi/v1/forceOrders", {&Protocol::rest_forced_orders, S::signed_, 20, 50}},
        {"POST /fapi/v1/algoOrder", {&Protocol::rest_place_algo, S::trade, 0}},
        {"GET /fapi/v1/algoOrder", {&Protocol::rest_query_algo, S::signed_, 1}},
        {"DELETE /fapi/v1/algoOrder", {&Protocol::rest_cancel_algo, S::trade, 1}},
        {"DELETE /fapi/v1/algoOpenOrders", {&Protocol::rest_cancel_all_algos, S::trade, 1}},
        {"GET /fapi/v1/openAlgoOrders", {&Protocol::rest_open_algos, S::signed_, 1, 40}},
        {"GET /fapi/v1/allAlgoOrders", {&Protocol::rest_all_algos, S::signed_, 5}},
        {"GET /fapi/v1/userTrades", {&Protocol::rest_user_trades, S::signed_, 5}},
    };
    add_account_routes(rows);
    add_market_routes(rows);
    return rows;
  }();
  return table;
}

namespace {

void answer_with(HttpReply& reply, const Answer<std::string>& answer) {
  if (answer.ok()) {
    reply.body = answer.value();
    return;
  }
  reply.status = answer.error().status;
  reply.body = encode::error(answer.error());
}

// Calls outside the common weight show no weight either; those of the wallet host are its own.
bool has_own_pool(std::string_view path) {
  return path.starts_with("/sapi/") || path == "/fapi/v1/fundingRate" ||
         path == "/fapi/v1/fundingInfo";
}

void set_page(HttpReply& reply, int status, std::string page) {
  reply.status = status;
  reply.body = std::move(page);
  reply.headers.emplace_back("Content-Type", "text/html");
}

// 429, 418 or the firewall's 403.
void refuse(HttpReply& reply, const RateLimits::Verdict& verdict, std::string_view address,
            VenueTime now) {
  if (verdict.status == 403) return set_page(reply, 403, firewall_page());
  const std::int64_t seconds = (verdict.until.ms - now.ms + 999) / 1000;
  reply.headers.emplace_back("Retry-After", std::to_string(seconds));
  answer_with(reply, weight_error(verdict, address));
}

}  // namespace

std::optional<HttpReply> Protocol::refuse_upgrade(std::string_view target,
                                                  const std::string& address, VenueTime now) const {
  if (!target.starts_with("/ws-fapi")) return std::nullopt;
  const auto ban = limits_.find_ban(WeightPool::ws_api, address, now);
  if (!ban) return std::nullopt;
  HttpReply reply;
  refuse(reply, *ban, address, now);
  return reply;
}

// Orders count their weight with those of the WebSocket API; a ban of REST holds for them too.
RateLimits::Verdict Protocol::weigh_rest(std::string_view call, const std::string& address,
                                         int weight, VenueTime now) {
  const Action action = action_of(call);
  const bool order = action != Action::other && action != Action::query;
  const auto verdict = limits_.weigh(WeightPool::rest, address, order ? 0 : weight, now);
  if (!order || !verdict.passes()) return verdict;
  auto shared = limits_.weigh(WeightPool::ws_api, address, weight, now);
  shared.used = verdict.used;
  return shared;
}

HttpReply Protocol::handle_rest(const HttpCall& call, VenueTime now) {
  ++rest_requests_;
  advance(now);
  const auto [path, query] = split_target(call.target);
  const std::string name = fmt::format("{} {}", call.method, path);
  const auto route = routes().find(name);
  const bool known = route != routes().end();
  const std::string address(call.address);
  RestContext context{.params = Params::from_query(query), .caller = {}, .now = now};
  HttpReply reply;
  const int weight = known ? route->second.weight_of(context.params) : 1;
  const auto verdict = weigh_rest(name, address, weight, now);
  if (known) weights_[route->first] += static_cast<std::uint64_t>(weight);
  if (!verdict.passes()) ++refused_by_limits_;
  if (verdict.status != 403 && !has_own_pool(path))
    reply.headers.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(verdict.used));
  if (!verdict.passes()) {
    refuse(reply, verdict, address, now);
    return reply;
  }
  if (!known) {
    answer_with(reply, path == "/fapi/v1/listenKey"
                           ? ApiError{.code = -1000, .message = "Not found.", .status = 404}
                           : not_simulated(name));
    return reply;
  }
  // A name in both counts in the query, which therefore comes first.
  const auto body = Params::from_query(call.body);
  for (const auto& [key, value] : body.items()) context.params.add(key, value);
  remember_signature(context.params);
  const auto caller = authorize_rest(call, query, context.params, route->second.security, now);
  if (!caller.ok()) {
    answer_with(reply, caller.error());
    return reply;
  }
  context.caller = caller.value();
  const auto run = [&] { return (this->*route->second.handler)(context); };
  if (context.caller.key == nullptr) {
    answer_with(reply, run());
    return reply;
  }
  finish_rest(
      reply,
      {.call = name, .account = context.caller.account, .params = context.params, .now = now}, run);
  return reply;
}

void Protocol::finish_rest(HttpReply& reply, const Dispatch& request, const Run& run) {
  const auto outcome = dispatch(request, run);
  reply.account = request.account;
  reply.drop = outcome.drop;
  reply.delay = outcome.delay;
  if (outcome.counts) {
    reply.headers.emplace_back("X-MBX-ORDER-COUNT-10S",
                               std::to_string(outcome.counts->ten_seconds));
    reply.headers.emplace_back("X-MBX-ORDER-COUNT-1M", std::to_string(outcome.counts->minute));
  }
  answer_with(reply, outcome.answer);
  if (!outcome.page.empty()) set_page(reply, reply.status, outcome.page);
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
  if (exchange_info_tail_.empty() || exchange_info_version_ != exchange_.symbols_version()) {
    exchange_info_version_ = exchange_.symbols_version();
    exchange_info_tail_ = encode::exchange_info_tail(
        exchange_, {.orders = options_.order_limits, .weight = options_.weight_limits});
  }
  return fmt::format(R"({{"timezone":"UTC","serverTime":{},)", context.now.ms) +
         exchange_info_tail_;
}

Answer<std::string> Protocol::rest_rate_limit_order(RestContext&) {
  JsonWriter out;
  out.array();
  for (const auto& [interval, number, limit] :
       {std::tuple{"SECOND", 10, limits_.order_limit_ten_seconds()},
        std::tuple{"MINUTE", 1, limits_.order_limit_minute()}})
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
