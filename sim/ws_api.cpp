// The WebSocket API: one JSON request a message, one JSON answer.
#include <fmt/format.h>

#include "sim/encode.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

namespace {

constexpr int handshake_weight = 5;

void rate_limit(JsonWriter& out, std::string_view type, std::string_view interval, int number,
                int limit, int count) {
  out.object()
      .text("rateLimitType", type)
      .text("interval", interval)
      .number("intervalNum", number)
      .number("limit", limit)
      .number("count", count)
      .end_object();
}

std::string listen_key_result(std::string_view key) {
  JsonWriter out;
  out.object().text("listenKey", key).end_object();
  return out.take();
}

}  // namespace

const std::map<std::string, Protocol::Method, std::less<>>& Protocol::methods() {
  using S = Security;
  static const std::map<std::string, Method, std::less<>> table{
      {"time", {&Protocol::ws_time, S::none, 1, false}},
      {"ping", {&Protocol::ws_ping, S::none, 1, false}},
      {"session.logon", {&Protocol::ws_logon, S::signed_, 2, false}},
      {"session.status", {&Protocol::ws_session_status, S::none, 2, false}},
      {"session.logout", {&Protocol::ws_logout, S::none, 2, false}},
      {"order.place", {&Protocol::ws_place_order, S::trade, 0, true}},
      {"order.status", {&Protocol::ws_query_order, S::signed_, 1, false}},
      {"v2/account.position", {&Protocol::ws_position, S::signed_, 5, false}},
      {"v2/account.status", {&Protocol::ws_account, S::signed_, 5, false}},
      {"account.balance", {&Protocol::ws_balance, S::signed_, 5, false}},
      {"v2/account.balance", {&Protocol::ws_balance, S::signed_, 5, false}},
      {"userDataStream.start", {&Protocol::ws_create_listen_key, S::key, 1, false}},
      {"userDataStream.ping", {&Protocol::ws_extend_listen_key, S::key, 1, false}},
      {"userDataStream.stop", {&Protocol::ws_remove_listen_key, S::key, 1, false}},
  };
  return table;
}

WsSession Protocol::open_ws_api(std::string_view target, VenueTime now) {
  limits_.add_ws_weight(handshake_weight, now);
  WsSession session{.connected = now};
  session.return_rate_limits = target.find("returnRateLimits=false") == std::string_view::npos;
  return session;
}

WsReply Protocol::handle_ws_api(WsSession& session, std::string_view text, VenueTime now) {
  ++ws_requests_;
  streams_.tick(now);
  const auto request = JsonObject::parse(text);
  const JsonValue* name = request ? request->find("method") : nullptr;
  if (name == nullptr || name->kind != JsonValue::Kind::string)
    return {R"({"id":null,"status":400,"error":{"code":-1000,"msg":"Invalid JSON request."}})"};
  const JsonValue* id = request->find("id");
  const JsonValue* sent = request->find("params");
  WsContext context{.session = session, .params = {}, .caller = {}, .now = now};
  if (sent != nullptr && sent->kind == JsonValue::Kind::object)
    if (const auto object = JsonObject::parse(sent->text))
      context.params = Params::from_json(*object);
  const auto method = methods().find(name->text);
  const bool known = method != methods().end();
  const int weight = limits_.add_ws_weight(known ? method->second.weight : 1, now);
  const auto answer = [&]() -> Answer<std::string> {
    if (options_.weight_limits && weight > RateLimits::weight_per_minute)
      return ApiError{.code = -1003,
                      .message = "Too many requests; current limit is 2400 requests per minute.",
                      .status = 429};
    if (!known) return not_simulated(name->text);
    const auto caller = authorize_ws(session, context.params, method->second.security, now);
    if (!caller.ok()) return caller.error();
    context.caller = caller.value();
    return (this->*method->second.handler)(context);
  }();
  JsonWriter out;
  out.object();
  out.key("id");
  if (id == nullptr) out.null();
  else if (id->kind == JsonValue::Kind::string) out.string(id->text);
  else out.raw(id->text);
  out.number("status", answer.ok() ? 200 : answer.error().status);
  if (answer.ok()) out.key("result").raw(answer.value());
  else out.key("error").raw(encode::error(answer.error()));
  const std::string* wanted = context.params.find("returnRateLimits");
  if (wanted == nullptr ? session.return_rate_limits : *wanted == "true") {
    out.key("rateLimits").array();
    const bool order = known && method->second.is_order;
    rate_limit(out, "REQUEST_WEIGHT", "MINUTE", 1, order ? -1 : RateLimits::weight_per_minute,
               order ? -1 : weight);
    if (order && context.order_count_1m > 0) {
      rate_limit(out, "ORDERS", "SECOND", 10, RateLimits::orders_per_ten_seconds,
                 context.order_count_10s);
      rate_limit(out, "ORDERS", "MINUTE", 1, RateLimits::orders_per_minute, context.order_count_1m);
    }
    out.end_array();
  }
  out.end_object();
  return {.text = out.take(), .drop = context.drop};
}

Answer<std::string> Protocol::ws_time(WsContext& context) {
  return fmt::format(R"({{"serverTime":{}}})", context.now.ms);
}

Answer<std::string> Protocol::ws_ping(WsContext&) {
  return std::string("{}");
}

std::string Protocol::session_state(const WsSession& session, VenueTime now) {
  JsonWriter out;
  out.object();
  if (session.logged_on != nullptr)
    out.text("apiKey", session.logged_on->text).number("authorizedSince", session.authorized.ms);
  else out.key("apiKey").null().key("authorizedSince").null();
  out.number("connectedSince", session.connected.ms)
      .flag("returnRateLimits", session.return_rate_limits)
      .number("serverTime", now.ms)
      .end_object();
  return out.take();
}

Answer<std::string> Protocol::ws_logon(WsContext& context) {
  if (context.caller.key->verifier.type() != KeyType::ed25519)
    return ApiError{.code = -4056, .message = "Invalid api key type."};
  context.session.logged_on = context.caller.key;
  context.session.authorized = context.now;
  return session_state(context.session, context.now);
}

Answer<std::string> Protocol::ws_session_status(WsContext& context) {
  return session_state(context.session, context.now);
}

Answer<std::string> Protocol::ws_logout(WsContext& context) {
  context.session.logged_on = nullptr;
  return session_state(context.session, context.now);
}

Answer<std::string> Protocol::ws_place_order(WsContext& context) {
  auto placed = place_order(context.caller.account, context.params, context.now);
  context.drop = placed.drop;
  context.order_count_10s = placed.counts.ten_seconds;
  context.order_count_1m = placed.counts.minute;
  return std::move(placed.answer);
}

Answer<std::string> Protocol::ws_query_order(WsContext& context) {
  return query_order(context.caller.account, context.params);
}

Answer<std::string> Protocol::ws_position(WsContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::position_risk(exchange_, context.caller.account, symbol.value());
}

Answer<std::string> Protocol::ws_account(WsContext& context) {
  return encode::account(exchange_, context.caller.account);
}

Answer<std::string> Protocol::ws_balance(WsContext& context) {
  return encode::balances(exchange_, context.caller.account);
}

Answer<std::string> Protocol::ws_create_listen_key(WsContext& context) {
  return listen_key_result(streams_.create(context.caller.account, context.now));
}

Answer<std::string> Protocol::ws_extend_listen_key(WsContext& context) {
  const auto key = streams_.extend(context.caller.account, context.now);
  if (!key.ok()) return key.error();
  return listen_key_result(key.value());
}

Answer<std::string> Protocol::ws_remove_listen_key(WsContext& context) {
  streams_.remove(context.caller.account);
  return std::string("{}");
}

}  // namespace copyd::sim
