// What the simulated venue keeps of one account: keys, wallets, positions, orders, trades.
// Plain data, changed only by Exchange.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/units.hpp"
#include "sim/algo.hpp"
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
  // Other products: of the record alone.
  bool margin = false;
  bool options = false;
  bool portfolio_margin = false;
  VenueTime created{1700000000000};
  std::optional<VenueTime> trading_expires{};
  std::vector<std::string> unmentioned{};  // flags that the record leaves out, by name
  std::vector<std::string> ip_list{};      // only from these addresses; empty: from any
};

// The flags by the names that files and commands use.
std::vector<std::pair<std::string_view, bool*>> permission_flags(Permissions& permissions);

struct ApiKey {
  std::string text{};
  Verifier verifier;
  Permissions permissions;
  AccountIndex account = 0;
  bool deleted = false;  // by its owner: sessions that it opened may still point here
};

// Everybody starts with this leverage, in cross margin.
inline constexpr int default_leverage = 20;

// How an account holds one symbol.
struct SymbolSetup {
  int leverage = default_leverage;
  bool isolated = false;
};

// Shares of the notional.
struct Fees {
  Ratio maker = Ratio::from_units(20'000);
  Ratio taker = Ratio::from_units(50'000);
};

// One change of a wallet. The sum of an asset's incomes is its wallet.
struct Income {
  IncomeType type = IncomeType::transfer;
  std::string asset{};
  Usd amount{};  // in that asset
  std::optional<SymbolIndex> symbol{};
  VenueTime time{};
  std::int64_t id = 0;
  std::int64_t trade_id = 0;  // 0: not of a trade
};

struct Position {
  Qty qty{};              // signed: a short is negative, on the SHORT leg too
  Price entry{};          // 0 while flat
  Usd realized{};         // accumulated, before fees
  Usd isolated_wallet{};  // 0 in cross margin
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
  VenueTime good_till{};  // of GTD; else 0
  std::string price_match = "NONE";
  bool close_position = false;  // made by a conditional order that closes all
  Forced forced = Forced::none;
  std::uint64_t queue = 0;  // among resting orders of one price the lower fills first
  int modifications = 0;
  std::optional<std::int64_t> modify_id{};  // of the last modification, when it had one
  std::optional<std::size_t> algo{};        // which conditional order of the account made it
  VenueTime created{};
  VenueTime updated{};

  Price average() const noexcept;
  Qty remaining() const noexcept { return qty - executed; }
  bool is_done() const noexcept {
    return status != OrderStatus::new_ && status != OrderStatus::partially_filled;
  }
};

// One modification of an order.
struct Amendment {
  std::int64_t id = 0;
  std::int64_t order_id = 0;
  SymbolIndex symbol = 0;
  std::string client_id{};
  Price price_before{};
  Price price_after{};
  Qty qty_before{};
  Qty qty_after{};
  int count = 0;
  VenueTime time{};
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
  std::string fee_asset{};
  Usd realized{};
  bool maker = false;
  VenueTime time{};
};

struct Account {
  std::string label{};
  std::string alias{};  // what v3/balance calls accountAlias
  PositionMode mode = PositionMode::one_way;
  bool multi_assets = false;
  bool fee_in_bnb = false;  // as far as there is BNB, and a tenth cheaper
  Fees fees{};
  std::map<SymbolIndex, SymbolSetup> setups{};  // those that were changed
  std::map<std::string, Usd> wallets{};         // by asset
  VenueTime wallets_updated{};
  std::map<std::pair<SymbolIndex, Leg>, Position> positions{};
  std::vector<Order> orders{};  // in the order of creation; add_order is the way in
  std::vector<Trade> trades{};
  std::vector<Income> incomes{};
  std::vector<AlgoOrder> algos{};  // in the order of creation
  std::vector<Amendment> amendments{};
  std::map<SymbolIndex, VenueTime>
      countdowns{};  // when all open orders of the symbol are cancelled

  // Derived from the orders, by their places in `orders` (`algos`); reindex makes them anew.
  std::unordered_map<std::string, std::size_t> newest_by_client_id{};
  std::map<SymbolIndex, std::vector<std::size_t>> orders_by_symbol{};  // their ids ascend
  std::map<SymbolIndex, std::set<std::size_t>> open_orders{};          // what rests
  std::set<std::size_t> open_algos{};                                  // not triggered yet

  // Flat when there is none.
  Position position(SymbolIndex symbol, Leg leg) const noexcept;
  Usd wallet(const std::string& asset) const noexcept;
  SymbolSetup setup(SymbolIndex symbol) const noexcept;
  // Indexes it too. Returns its place.
  std::size_t add_order(Order order);
  void reindex();
  // Resting orders, of one symbol or all.
  std::size_t open_count(SymbolIndex symbol) const noexcept;
  std::size_t open_count() const noexcept;
  // The newest order with this id, or null.
  const Order* find_order(SymbolIndex symbol, std::int64_t id) const noexcept;
  const Order* find_order(SymbolIndex symbol, const std::string& client_id) const noexcept;
};

// The margin side of one asset of one account at the marks; or of all of them together, in USD.
struct AssetState {
  Usd wallet{};
  Usd isolated{};    // the part of the wallet that isolated positions keep
  Usd unrealized{};  // of all positions
  Usd cross_unrealized{};
  Usd position_margin{};    // initial, of positions
  Usd open_order_margin{};  // initial, of what rests
  Usd reserved{};           // the part of both that the cross wallet pays
  Usd maintenance_margin{};
  Usd cross_maintenance{};

  Usd initial_margin() const noexcept { return position_margin + open_order_margin; }
  Usd margin_balance() const noexcept { return wallet + unrealized; }
  Usd cross_wallet() const noexcept { return wallet - isolated; }
  Usd cross_balance() const noexcept { return cross_wallet() + cross_unrealized; }
  Usd available() const noexcept;
  // The other's values times `index`.
  void add(const AssetState& other, Ratio index) noexcept;
};

// One leg of one symbol at the mark. Money in the margin asset.
struct LegMargin {
  Usd value{};  // notional, signed as the position
  Usd unrealized{};
  Usd position_margin{};
  Usd open_order_margin{};
  Usd maintenance{};
  Usd bids{};  // what rests and may open
  Usd asks{};
  Usd initial() const noexcept { return position_margin + open_order_margin; }
};

}  // namespace copyd::sim
