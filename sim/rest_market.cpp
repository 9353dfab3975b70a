// REST: public market data.
#include "sim/encode.hpp"
#include "sim/param_readers.hpp"
#include "sim/protocol.hpp"

namespace copyd::sim {

void Protocol::add_market_routes(Routes& table) {
  using S = Security;
  const Routes rows{
      {"GET /fapi/v1/premiumIndex", {&Protocol::rest_premium_index, S::none, 1, 10}},
      {"GET /fapi/v1/ticker/price", {&Protocol::rest_ticker_price, S::none, 1, 2}},
      {"GET /fapi/v2/ticker/price", {&Protocol::rest_ticker_price, S::none, 1, 2}},
      {"GET /fapi/v1/ticker/bookTicker", {&Protocol::rest_book_ticker, S::none, 2, 5}},
      {"GET /fapi/v1/depth", {&Protocol::rest_depth, S::none, 10}},
      {"GET /fapi/v1/fundingRate", {&Protocol::rest_funding_rate, S::none, 0}},
      {"GET /fapi/v1/fundingInfo", {&Protocol::rest_funding_info, S::none, 0}},
  };
  table.insert(rows.begin(), rows.end());
}

Answer<std::string> Protocol::premium_index(const Params& params, VenueTime now) const {
  const auto symbol = optional_symbol(params);
  if (!symbol.ok()) return symbol.error();
  return encode::premium_index(exchange_, symbol.value(), now);
}

Answer<std::string> Protocol::ticker_price(const Params& params, VenueTime now) const {
  const auto symbol = optional_symbol(params);
  if (!symbol.ok()) return symbol.error();
  return encode::ticker_price(exchange_, symbol.value(), now);
}

Answer<std::string> Protocol::book_ticker(const Params& params, VenueTime now) const {
  const auto symbol = optional_symbol(params);
  if (!symbol.ok()) return symbol.error();
  return encode::book_ticker(exchange_, symbol.value(), now);
}

Answer<std::string> Protocol::depth(const Params& params, VenueTime now) const {
  const auto symbol = read_symbol(exchange_, params);
  if (!symbol.ok()) return symbol.error();
  const auto limit = params.integer("limit");
  if (!limit.ok()) return limit.error();
  const std::int64_t levels = limit.value().value_or(500);
  for (const int allowed : {5, 10, 20, 50, 100, 500, 1000})
    if (levels == allowed) return encode::depth(exchange_, symbol.value(), allowed, now);
  return ApiError{.code = -4021, .message = std::to_string(levels) + " is not valid depth limit"};
}

Answer<std::string> Protocol::rest_premium_index(RestContext& context) {
  return premium_index(context.params, context.now);
}

Answer<std::string> Protocol::rest_ticker_price(RestContext& context) {
  return ticker_price(context.params, context.now);
}

Answer<std::string> Protocol::rest_book_ticker(RestContext& context) {
  return book_ticker(context.params, context.now);
}

Answer<std::string> Protocol::rest_depth(RestContext& context) {
  return depth(context.params, context.now);
}

Answer<std::string> Protocol::rest_funding_rate(RestContext& context) {
  const auto symbol = optional_symbol(context.params);
  if (!symbol.ok()) return symbol.error();
  const auto from = context.params.integer("startTime");
  if (!from.ok()) return from.error();
  const auto to = context.params.integer("endTime");
  if (!to.ok()) return to.error();
  const auto limit = context.params.integer("limit");
  if (!limit.ok()) return limit.error();
  const std::int64_t most = limit.value().value_or(100);
  if (most < 1 || most > 1000) return bad_parameter("limit");
  return encode::funding_rates(exchange_, symbol.value(), from.value(), to.value(),
                               static_cast<std::size_t>(most));
}

// Only contracts with an unusual interval or cap are listed, and there are none.
Answer<std::string> Protocol::rest_funding_info(RestContext&) {
  return std::string("[]");
}

Answer<std::string> Protocol::ws_ticker_price(WsContext& context) {
  return ticker_price(context.params, context.now);
}

Answer<std::string> Protocol::ws_book_ticker(WsContext& context) {
  return book_ticker(context.params, context.now);
}

Answer<std::string> Protocol::ws_depth(WsContext& context) {
  return depth(context.params, context.now);
}

}  // namespace copyd::sim
