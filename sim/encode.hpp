// The simulated venue's messages about orders, trades, accounts and symbols, as JSON text.
// Shapes: captures of Binance USD-M Futures of 2026-09 and its documentation. Pure; cold.
#pragma once

#include <string>

#include "sim/exchange.hpp"
#include "sim/json.hpp"

namespace copyd::sim::encode {

// The answer to placing an order: without avgPrice and cumQuote, which the venue no longer sends.
// `full_result` false: as at its birth (ACK).
std::string placed_order(const Exchange& exchange, const Order& order, bool full_result);
std::string queried_order(const Exchange& exchange, const Order& order);
// A row of allOrders.
void listed_order(JsonWriter& out, const Exchange& exchange, const Order& order);
void user_trade(JsonWriter& out, const Exchange& exchange, const Trade& trade);

std::string account_config(const Account& account);
std::string account(const Exchange& exchange, AccountIndex index);
std::string balances(const Exchange& exchange, AccountIndex index);
// `symbol` empty: all.
std::string position_risk(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> symbol);
std::string symbol_config(const Exchange& exchange, std::optional<SymbolIndex> symbol);
std::string premium_index(const Exchange& exchange, std::optional<SymbolIndex> symbol,
                          VenueTime now);
std::string api_restrictions(const Permissions& permissions);
// The rows of exchangeInfo from "futuresType" on: what does not change with time.
std::string exchange_info_tail(const Exchange& exchange, bool order_limits);

// User-data events. E and T are equal, as the venue sends them.
std::string trade_lite(const Exchange& exchange, const Order& order, const Trade& trade);
std::string order_trade_update(const Exchange& exchange, const Order& order, Execution execution,
                               const Trade* trade);
std::string account_update(const Exchange& exchange, AccountIndex index, SymbolIndex symbol,
                           Leg leg, VenueTime time);
std::string listen_key_expired(std::string_view listen_key, VenueTime time);

// {"code":…,"msg":…}
std::string error(const ApiError& error);

}  // namespace copyd::sim::encode
