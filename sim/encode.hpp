// The simulated venue's messages about orders, trades, accounts and symbols, as JSON text.
// Shapes: captures of Binance USD-M Futures of 2026-09 and its documentation. Pure; cold.
#pragma once

#include <string>

#include "sim/exchange.hpp"
#include "sim/json.hpp"
#include "sim/rate_limits.hpp"

namespace copyd::sim::encode {

// The answer to placing an order: without avgPrice and cumQuote, which the venue no longer sends.
// `full_result` false: as at its birth (ACK).
std::string placed_order(const Exchange& exchange, const Order& order, bool full_result);
struct AnswerShape {
  bool at_birth = false;
  bool pair = false;       // REST modify adds it
  bool modify_id = false;  // when the order has one
};
// The answers to cancelling and modifying have the same members.
std::string answered_order(const Exchange& exchange, const Order& order, AnswerShape shape);
std::string queried_order(const Exchange& exchange, const Order& order);
// A row of allOrders.
void listed_order(JsonWriter& out, const Exchange& exchange, const Order& order);
// A row of forceOrders.
void forced_order(JsonWriter& out, const Exchange& exchange, const Order& order);
// A row of orderAmendment.
void amendment(JsonWriter& out, const Exchange& exchange, const Amendment& amendment);
void user_trade(JsonWriter& out, const Exchange& exchange, const Trade& trade);

// Conditional orders: the answer to placing, a query, rows of openAlgoOrders and of allAlgoOrders.
std::string placed_algo(const Exchange& exchange, const AlgoOrder& algo);
std::string queried_algo(const Exchange& exchange, AccountIndex account, const AlgoOrder& algo);
void open_algo(JsonWriter& out, const Exchange& exchange, const AlgoOrder& algo);
void listed_algo(JsonWriter& out, const Exchange& exchange, AccountIndex account,
                 const AlgoOrder& algo);
std::string canceled_algo(const AlgoOrder& algo);
std::string algo_update(const Exchange& exchange, AccountIndex account, const AlgoOrder& algo,
                        VenueTime time);

// v2 lists every symbol and says more of the account, v3 what is in use.
enum class AccountVersion : std::uint8_t { v2, v3 };
std::string account_config(const Account& account);
std::string account(const Exchange& exchange, AccountIndex index, AccountVersion version);
void account_positions(JsonWriter& out, const Exchange& exchange, AccountIndex index,
                       AccountVersion version);
std::string balances(const Exchange& exchange, AccountIndex index);
std::string income(const Exchange& exchange, const std::vector<const Income*>& rows);
std::string commission_rate(const SymbolSpec& symbol, const Fees& fees);
// `symbol` empty: all, everywhere below.
std::string position_risk(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> symbol);
// `undocumented`: with the members that only the WebSocket API adds.
std::string position_risk_v2(const Exchange& exchange, AccountIndex index,
                             std::optional<SymbolIndex> symbol, bool undocumented);
std::string adl_quantiles(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> only);
std::string symbol_config(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> symbol);
std::string leverage_brackets(const Exchange& exchange, std::optional<SymbolIndex> symbol);
std::string leverage_set(const Exchange& exchange, SymbolIndex symbol, int leverage);

// The public market, at the prices that are set.
std::string premium_index(const Exchange& exchange, std::optional<SymbolIndex> symbol,
                          VenueTime now);
std::string ticker_price(const Exchange& exchange, std::optional<SymbolIndex> symbol,
                         VenueTime now);
std::string book_ticker(const Exchange& exchange, std::optional<SymbolIndex> symbol, VenueTime now);
// A book of the same few orders a tick apart: only its best prices mean anything.
std::string depth(const Exchange& exchange, SymbolIndex symbol, int levels, VenueTime now);
// `from` and `to` empty: any time.
std::string funding_rates(const Exchange& exchange, std::optional<SymbolIndex> symbol,
                          std::optional<std::int64_t> from, std::optional<std::int64_t> to,
                          std::size_t limit);

std::string api_restrictions(const Permissions& permissions);
// The rows of exchangeInfo from "futuresType" on: what does not change with time.
std::string exchange_info_tail(const Exchange& exchange, const RateLimits::Options& limits);

// User-data events. E and T are equal, as the venue sends them.
std::string trade_lite(const Exchange& exchange, const Order& order, const Trade& trade);
std::string order_trade_update(const Exchange& exchange, AccountIndex account, const Order& order,
                               Execution execution, const Trade* trade);
std::string account_update(const Exchange& exchange, AccountIndex index, SymbolIndex symbol,
                           Leg leg, VenueTime time);
std::string account_change(const Exchange& exchange, AccountIndex index,
                           const AccountChange& change);
std::string leverage_changed(const Exchange& exchange, SymbolIndex symbol, int leverage,
                             VenueTime time);
std::string multi_assets_changed(bool on, VenueTime time);
std::string margin_call(const Exchange& exchange, AccountIndex index,
                        const std::vector<std::pair<SymbolIndex, Leg>>& positions, VenueTime time);
// `text_time`: E as a string, as older servers wrote it.
std::string listen_key_expired(std::string_view listen_key, VenueTime time, bool text_time);

// Exactly eight decimals.
std::string eight(Usd value);
// The price at which a close would just pay the fees; 0 while flat.
Price break_even(const Position& position);

// {"code":…,"msg":…}
std::string error(const ApiError& error);

}  // namespace copyd::sim::encode
