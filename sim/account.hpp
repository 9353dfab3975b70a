// What the simulated venue keeps of one account: keys, wallets, positions, orders, trades.
// Plain data, changed only by Exchange.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/units.hpp"
#include "sim/signature.hpp"
#include "sim/types.hpp"

namespace copyd::sim {

using SymbolIndex = std::size_t;
using AccountIndex = std::size_t;

// The record of /sapi/v1/account/apiRestrictions, and what the key may really do.
struct Permissions {
  bool reading = true;
  bool futures = true;
  bool withdrawals = false;
  bool internal_transfer = false;
  bool universal_transfer = false;
  bool ip_restricted = true;
  VenueTime created{1700000000000};
  std::optional<VenueTime> trading_expires{};
};

struct ApiKey {
  std::string text{};
  Verifier verifier;
  Permissions permissions;
  AccountIndex account = 0;
};

struct Position {
  Qty qty{};       // signed: a short is negative, on the SHORT leg too
  Price entry{};   // 0 while flat
  Usd realized{};  // accumulated, before fees
  VenueTime updated{};
};

struct Order {
  std::int64_t id = 0;
  SymbolIndex symbol = 0;
  std::string client_id{};
  Side side = Side::buy;
  Leg leg = Leg::both;
  OrderType type = OrderType::market;
  TimeInForce tif = TimeInForce::gtc;
  Qty qty{};
  Price price{};  // 0 for a market order
  bool reduce_only = false;
  std::string self_trade_prevention = "EXPIRE_MAKER";
  OrderStatus status = OrderStatus::new_;
  Qty executed{};
  Usd quote{};  // Σ price · quantity of the fills
  int expiry_reason = 0;
  bool maker = false;
  VenueTime created{};
  VenueTime updated{};

  Price average() const noexcept;
};

struct Trade {
  std::int64_t id = 0;
  std::int64_t order_id = 0;
  SymbolIndex symbol = 0;
  std::string client_id{};
  Side side = Side::buy;
  Leg leg = Leg::both;
  Qty qty{};
  Price price{};
  Usd fee{};
  Usd realized{};
  bool maker = false;
  VenueTime time{};
};

struct Account {
  std::string label{};
  std::string alias{};  // what v3/balance calls accountAlias
  PositionMode mode = PositionMode::one_way;
  std::map<std::string, Usd> wallets{};  // by asset
  VenueTime wallets_updated{};
  std::map<std::pair<SymbolIndex, Leg>, Position> positions{};
  std::vector<Order> orders{};  // in the order of creation
  std::vector<Trade> trades{};
  std::unordered_map<std::string, std::size_t> newest_by_client_id{};

  // Flat when there is none.
  Position position(SymbolIndex symbol, Leg leg) const noexcept;
  Usd wallet(const std::string& asset) const noexcept;
  // The newest order with this id, or null.
  const Order* find_order(SymbolIndex symbol, std::int64_t id) const noexcept;
  const Order* find_order(SymbolIndex symbol, const std::string& client_id) const noexcept;
};

// The margin side of one asset of one account, at the marks.
struct AssetState {
  Usd wallet{};
  Usd unrealized{};
  Usd initial_margin{};
  Usd maintenance_margin{};
  Usd margin_balance() const noexcept { return wallet + unrealized; }
  Usd available() const noexcept;
};

// Everybody starts with this leverage, cross margin.
inline constexpr int default_leverage = 20;

}  // namespace copyd::sim
