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
      {"time", {&Protocol::ws_time, S::none, 1}},
      {"ping", {&Protocol::ws_ping, S::none, 1}},
      {"session.logon", {&Protocol::ws_logon, S::signed_, 2}},
      {"session.status", {&Protocol::ws_session_status, S::none, 2}},
      {"session.logout", {&Protocol::ws_logout, S::none, 2}},
      {"order.place", {&Protocol::ws_place_order, S::trade, 0}},
      {"order.modify", {&Protocol::ws_modify_order, S::trade, 0}},
      {"order.cancel", {&Protocol::ws_cancel_order, S::trade, 1}},
      {"order.status", {&Protocol::ws_query_order, S::signed_, 1}},
      {"algoOrder.place", {&Protocol::ws_place_algo, S::trade, 0}},
      {"algoOrder.cancel", {&Protocol::ws_cancel_algo, S::trade, 1}},
      {"account.position", {&Protocol::ws_position_v1, S::signed_, 5}},
      {"account.status", {&Protocol::ws_account_v1, S::signed_, 5}},
      {"ticker.price", {&Protocol::ws_ticker_price, S::none, 1}},
      {"ticker.book", {&Protocol::ws_book_ticker, S::none, 2}},
      {"depth", {&Protocol::ws_depth, S::none, 10}},
      {"v2/account.position", {&Protocol::ws_position, S::signed_, 5}},
      {"v2/account.status", {&Protocol::ws_account, S::signed_, 5}},
      {"account.balance", {&Protocol::ws_balance, S::signed_, 5}},
      {"v2/account.balance", {&Protocol::ws_balance, S::signed_, 5}},
      {"userDataStream.start", {&Protocol::ws_create_listen_key, S::key, 1}},
      {"userDataStream.ping", {&Protocol::ws_extend_listen_key, S::key, 1}},
      {"userDataStream.stop", {&Protocol::ws_remove_listen_key, S::key, 1}},
  };
  return table;
}

WsSession Protocol::open_ws_api(std::string_view target, VenueTime now,
                                const std::string& address) {
  limits_.weigh(WeightPool::ws_api, address, handshake_weight, now);
  WsSession session{.connected = now, .address = address};
  session.return_rate_limits = target.find("returnRateLimits=false") == std::string_view::npos;
  return session;
}

WsReply Protocol::handle_ws_api(WsSession& session, std::string_view text, VenueTime now) {
  ++ws_requests_;
  advance(now);
  const auto request = JsonObject::parse(text);
  const JsonValue* name = request ? request->find("method") : nullptr;
  if (name == nullptr || name->kind != JsonValue::Kind::string)
    return {.text = R"({"id":null,"status":400,"error":{"code":-1000,"msg":"Invalid JSON )"
                    R"(request."}})"};
  const JsonValue* sent = request->find("params");
  WsContext context{.session = session, .params = {}, .caller = {}, .now = now};
  if (sent != nullptr && sent->kind == JsonValue::Kind::object)
    if (const auto object = JsonObject::parse(sent->text))
      context.params = Params::from_json(*object);
  const auto at = methods().find(name->text);
  const Method* method = at == methods().end() ? nullptr : &at->second;
  const auto verdict = limits_.weigh(WeightPool::ws_api, session.address,
                                     method == nullptr ? 1 : method->weight, now);
  Outcome outcome;
  if (!verdict.passes()) {
    outcome.answer = weight_error(verdict, session.address);
  } else if (method == nullptr) {
    outcome.answer = not_simulated(name->text);
  } else {
    remember_signature(context.params);
    const auto caller = authorize_ws(session, context.params, method->security, now);
    const auto run = [&] { return (this->*method->handler)(context); };
    if (!caller.ok()) {
      outcome.answer = caller.error();
    } else if (caller.value().key == nullptr) {
      outcome.answer = run();
    } else {
      context.caller = caller.value();
      session.accounts.insert(context.caller.account);
      outcome = dispatch({.call = name->text,
                          .account = context.caller.account,
                          .params = context.params,
                          .now = now},
                         run);
    }
  }
  // A gateway's page has no place here: the connection ends.
  if (outcome.drop || !outcome.page.empty()) return {.text = {}, .drop = true};
  const std::string* wanted = context.params.find("returnRateLimits");
  const bool limits = wanted == nullptr ? session.return_rate_limits : *wanted == "true";
  return {.text = ws_envelope(*request, method, verdict, outcome, limits), .delay = outcome.delay};
}

// Methods of weight 0 show -1 for it, and those that count as orders their counts.
std::string Protocol::ws_envelope(const JsonObject& request, const Method* method,
                                  const RateLimits::Verdict& verdict, const Outcome& outcome,
                                  bool limits) const {
  const auto& answer = outcome.answer;
  const JsonValue* id = request.find("id");
  JsonWriter out;
  out.object().key("id");
  if (id == nullptr) out.null();
  else if (id->kind == JsonValue::Kind::string) out.string(id->text);
  else out.raw(id->text);
  out.number("status", answer.ok() ? 200 : answer.error().status);
  if (answer.ok()) out.key("result").raw(answer.value());
  else out.key("error").raw(encode::error(answer.error()));
  if (limits) {
    out.key("rateLimits").array();
    const bool free = method != nullptr && method->weight == 0;
    rate_limit(out, "REQUEST_WEIGHT", "MINUTE", 1, free ? -1 : RateLimits::weight_per_minute,
               free ? -1 : verdict.used);
    if (outcome.counts) {
      rate_limit(out, "ORDERS", "SECOND", 10, limits_.order_limit_ten_seconds(),
                 outcome.counts->ten_seconds);
      rate_limit(out, "ORDERS", "MINUTE", 1, limits_.order_limit_minute(), outcome.counts->minute);
    }
    out.end_array();
  }
  return out.end_object().take();
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
  return place_order(context.caller.account, context.params, context.now);
}

Answer<std::string> Protocol::ws_query_order(WsContext& context) {
  return query_order(context.caller.account, context.params, context.now);
}

Answer<std::string> Protocol::ws_position(WsContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::position_risk(exchange_, context.caller.account, symbol.value());
}

Answer<std::string> Protocol::ws_position_v1(WsContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  return encode::position_risk_v2(exchange_, context.caller.account, symbol.value(), true);
}

Answer<std::string> Protocol::ws_account(WsContext& context) {
  return encode::account(exchange_, context.caller.account, encode::AccountVersion::v3);
}

Answer<std::string> Protocol::ws_account_v1(WsContext& context) {
  return encode::account(exchange_, context.caller.account, encode::AccountVersion::v2);
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
