// What the bench venue says, as text, and the little that it reads of what it is told. Shapes are
// those of the venue's own messages (tests/golden/venue); signatures and filters are not checked:
// the tests against venue-sim do that, and here every microsecond of the venue is in every figure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace copyd::bench {

inline constexpr std::string_view bench_symbol = "BTCUSDT";
inline constexpr std::string_view bench_price = "60000.00";

// An order as it was asked for, by either way. Views into the request.
struct OrderRequest {
  std::string_view id{};  // of the request, as JSON; REST has none
  std::string_view client_order_id{};
  std::string_view side{};
  std::string_view quantity{};
  std::string_view type = "MARKET";
  bool reduce_only = false;
};

// A leader's or a follower's fill, for its user-data stream.
struct Fill {
  std::string_view client_order_id;
  std::string_view side;
  std::string_view quantity;
  std::int64_t order = 0;
  std::int64_t trade = 0;
  std::int64_t time_ms = 0;
};

std::int64_t wall_ms();

// The raw value of the member, a string without its quotes; "" when absent. Flat text only.
std::string_view member_of(std::string_view json, std::string_view name);
// The parameter of a query or of a form; "" when absent.
std::string_view parameter_of(std::string_view query, std::string_view name);

// A fill is told twice: shortly, then whole.
std::string trade_lite(const Fill& fill);
std::string order_trade_update(const Fill& fill);
// The venue's record of an order that is filled whole.
std::string filled_order(const OrderRequest& request, std::int64_t order);
// The WebSocket API's answer. `result` is JSON.
std::string api_answer(std::string_view id, std::string_view result);
std::string api_error(std::string_view id, int code, std::string_view message);
std::string http_answer(int status, std::string_view body);

// {"serverTime":…}; exchangeInfo with one contract, and order limits that nobody reaches.
std::string server_time();
std::string exchange_info();
// v3/account and v3/balance of an account with that alias.
std::string account_state();
std::string balances(std::string_view alias);
// `position`: in thousandths of the base asset.
std::string position_risk(std::int64_t position);

}  // namespace copyd::bench
