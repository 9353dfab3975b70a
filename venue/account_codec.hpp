// Snapshots and records read over REST. Cold: each call parses one body into owned values.
// Every function gives Errc::malformed for a body that does not say what it must. Unknown fields
// are allowed; rows of symbols that exchangeInfo does not list are kept by name where it matters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/flow.hpp"
#include "core/result.hpp"
#include "core/symbols.hpp"
#include "venue/user_data.hpp"

namespace copyd::venue {

// {"code":…,"msg":…}; code 0 when the body is not such a record (a gateway's HTML, say): the message
// is then the beginning of the body. At most 200 bytes, without line breaks.
struct ErrorBody {
  std::int32_t code = 0;
  std::string message;
};
ErrorBody decode_error(std::string_view body);

Result<VenueTime> decode_time(std::string_view body);

// exchangeInfo: every symbol with its filters (see SymbolFilters), and the limits announced.
// A symbol that does not trade, or whose filters cannot be read, is listed without filters.
// Errors: malformed; too_large for more than limits::symbols_max symbols.
struct ExchangeInfo {
  SymbolTable symbols;
  int orders_per_10s = 300;
  int orders_per_minute = 1200;
  int weight_per_minute = 2400;
};
Result<ExchangeInfo> decode_exchange_info(std::string_view body);

struct AccountConfig {
  PositionMode mode = PositionMode::one_way;
  bool multi_assets = false;
  bool can_trade = true;
};
Result<AccountConfig> decode_account_config(std::string_view body);

Result<std::string> decode_listen_key(std::string_view body);

struct PositionRisk {
  std::string symbol_name;
  std::optional<SymbolId> symbol;
  Leg leg = Leg::both;
  Qty qty;  // signed
  VenueTime update_time;
  Price entry;                              // 0 when flat
  Price break_even;
  Price mark;
  Price liquidation;                        // 0: none
  Usd unrealised;
  Usd notional;                             // signed
  Usd isolated_wallet;
  std::string margin_asset;                 // v3
  MarginType margin = MarginType::unknown;  // v2; symbolConfig has it now
  int leverage = 0;                         // v2; symbolConfig has it now
};
// v3 (symbols with a position or an open order) and v2 (every symbol).
Result<std::vector<PositionRisk>> decode_position_risk(std::string_view body,
                                                       const SymbolTable& symbols);

// totalMarginBalance of v3/account: wallet plus unrealised profit, as the venue reports it in USD.
Result<Usd> decode_margin_balance(std::string_view body);

// v3/account and v2/account: totals in USD, and what stands behind them. v2 lists every symbol.
struct AccountState {
  struct Asset {
    std::string asset;
    Usd wallet;           // in the asset itself, as all of this row
    Usd cross_wallet;
    Usd unrealised;
    Usd margin_balance;
    Usd available;
    VenueTime update_time;
  };
  struct Position {
    std::string symbol_name;
    std::optional<SymbolId> symbol;
    Leg leg = Leg::both;
    Qty qty;              // signed
    Usd unrealised;
    Usd notional;
    Usd isolated_wallet;
    VenueTime update_time;
  };
  Usd wallet;
  Usd cross_wallet;
  Usd unrealised;
  Usd margin_balance;     // wallet plus unrealised
  Usd initial_margin;
  Usd maintenance_margin;
  Usd available;
  std::optional<bool> can_trade;  // v2; accountConfig has it now
  std::vector<Asset> assets;
  std::vector<Position> positions;
};
Result<AccountState> decode_account(std::string_view body, const SymbolTable& symbols);

// v3/balance and v2/balance.
struct Balance {
  std::string account_alias;
  std::string asset;
  Usd balance;            // in the asset itself, as all of this row
  Usd cross_wallet;
  Usd cross_unrealised;
  Usd available;
  VenueTime update_time;
};
Result<std::vector<Balance>> decode_balances(std::string_view body);
// accountAlias of v3/balance: the same for two keys of one account.
Result<std::string> decode_account_alias(std::string_view body);

struct OrderRecord {
  std::string symbol_name;
  VenueOrderId order;
  std::string client_order_id;
  OrderStatus status = OrderStatus::other;
  Qty order_qty;
  Qty executed_qty;
  Price average_price;  // 0 when absent
  VenueTime time;
  VenueTime update_time;
  std::optional<Side> side;
  std::optional<Leg> leg;
  OrderType type = OrderType::other;
  OrderType original_type = OrderType::other;
  TimeInForce time_in_force = TimeInForce::other;
  bool reduce_only = false;
  bool close_all = false;
  Price price;          // 0: market
  Price stop_price;
};
// The answer to placing, asking for, modifying or cancelling one; openOrders, allOrders,
// forceOrders.
Result<OrderRecord> decode_order(std::string_view body);
Result<std::vector<OrderRecord>> decode_orders(std::string_view body);

struct UserTrade {
  std::string symbol_name;
  TradeId trade;
  VenueOrderId order;
  Side side = Side::buy;
  Leg leg = Leg::both;
  Price price;
  Qty qty;
  VenueTime time;
  bool maker = false;
  Usd realised;           // before the fee
  Qty fee;                // of fee_asset; negative: a rebate
  std::string fee_asset;
};
Result<std::vector<UserTrade>> decode_user_trades(std::string_view body);

// The key-permission record. A flag that is absent is unknown, which for a dangerous right means
// refused.
struct KeyPermissions {
  std::optional<bool> ip_restrict;
  std::optional<bool> reading;
  std::optional<bool> futures;
  std::optional<bool> withdrawals;
  std::optional<bool> internal_transfer;
  std::optional<bool> universal_transfer;
  // Of other products: they tell what a key without the futures right was made for.
  std::optional<bool> portfolio_margin;
  std::optional<bool> options;
  std::optional<bool> margin;
  std::optional<VenueTime> trading_expires;
};
Result<KeyPermissions> decode_key_permissions(std::string_view body);

// The forced executions of the venue, by their client order id: autoclose-, adl_autoclose,
// settlement_autoclose-, delivery_autoclose-.
bool is_forced_order(std::string_view client_order_id) noexcept;

}  // namespace copyd::venue
