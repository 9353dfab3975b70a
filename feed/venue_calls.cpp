#include "feed/venue_calls.hpp"

#include <utility>

#include "venue/rest.hpp"

namespace copyd::feed {
namespace {

// Reading only, and retried: the venue's own default does.
constexpr int recv_window_ms = 5000;

std::string_view path_of(Call call) noexcept {
  switch (call) {
    case Call::account_config:
      return venue::path::account_config;
    case Call::create_listen_key:
    case Call::extend_listen_key:
      return venue::path::listen_key;
    case Call::all_orders:
      return venue::path::all_orders;
    case Call::user_trades:
      return venue::path::user_trades;
    case Call::order:
      return venue::path::order;
    case Call::positions:
      return venue::path::position_risk;
  }
  return {};
}

venue::Params params_of(const Ask& ask, const SymbolTable& symbols) {
  venue::Params params;
  if (ask.call == Call::user_trades || ask.call == Call::order) {
    params.emplace_back("symbol", symbols[ask.symbol].name);
  }
  if (ask.call == Call::order) { params.emplace_back("orderId", std::to_string(ask.order.value)); }
  // The venue refuses fromId together with times.
  if (ask.from_trade.value != 0) {
    params.emplace_back("fromId", std::to_string(ask.from_trade.value));
  } else if (ask.start.ms != 0) {
    params.emplace_back("startTime", std::to_string(ask.start.ms));
  }
  if (ask.end.ms != 0) params.emplace_back("endTime", std::to_string(ask.end.ms));
  if (ask.call == Call::user_trades || ask.call == Call::all_orders) {
    params.emplace_back("limit", std::to_string(page_rows));
  }
  return params;
}

template <class T>
Answer answer_of(Result<T> decoded) {
  if (decoded.has_error()) return Failure{.error = decoded.error(), .status = 200};
  return Answer(std::in_place_type<T>, std::move(decoded).value());
}

Failure failure_of(const net::HttpResponse& response) {
  venue::ErrorBody body = venue::decode_error(response.body);
  Failure failure;
  failure.status = response.status;
  failure.code = body.code;
  failure.retry = venue::classify(response.status, body.code, body.message);
  failure.message = std::move(body.message);
  failure.retry_after = response.retry_after;
  return failure;
}

}  // namespace

net::HttpRequest make_request(const Ask& ask, venue::Credentials& credentials,
                              const SymbolTable& symbols, VenueTime now) {
  net::HttpRequest request;
  request.api_key = std::string(credentials.api_key.reveal());
  switch (ask.call) {
    // Listen keys need the API key alone.
    case Call::create_listen_key:
      request.method = net::HttpRequest::Method::post;
      request.target = path_of(ask.call);
      return request;
    case Call::extend_listen_key:
      request.method = net::HttpRequest::Method::put;
      request.target = path_of(ask.call);
      return request;
    default:
      break;
  }
  request.target = venue::signed_target(path_of(ask.call), params_of(ask, symbols), now,
                                        recv_window_ms, credentials.signer);
  return request;
}

Answer read_answer(Call call, const Result<net::HttpResponse>& response,
                   const SymbolTable& symbols) {
  if (response.has_error()) return Failure{.error = response.error()};
  if (response->status != 200) return failure_of(*response);
  const std::string& body = response->body;
  switch (call) {
    case Call::account_config:
      return answer_of(venue::decode_account_config(body));
    case Call::create_listen_key: {
      auto key = venue::decode_listen_key(body);
      if (key.has_error()) return Failure{.error = key.error(), .status = 200};
      return ListenKey{.value = std::move(key).value()};
    }
    case Call::extend_listen_key:
      return ListenKeyExtended{};
    case Call::all_orders:
      return answer_of(venue::decode_orders(body));
    case Call::user_trades:
      return answer_of(venue::decode_user_trades(body));
    case Call::order:
      return answer_of(venue::decode_order(body));
    case Call::positions:
      return answer_of(venue::decode_position_risk(body, symbols));
  }
  return Failure{};
}

}  // namespace copyd::feed
