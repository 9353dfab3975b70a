// Exchange: the simulated venue's state machine: accounts, prices, orders, fills, positions, money.
//
// Pure: no socket, no clock, no randomness beyond its seed; the venue's time is handed in. One
// thread. Both front doors (sim/server.hpp over TLS, sim/memory_venue.hpp in virtual time) speak
// to it through sim/protocol.hpp.
// Modelled after Binance USD-M Futures as of 2026-11; docs/SIMULATOR.md says what is not.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/account.hpp"
#include "sim/symbols.hpp"

namespace copyd::sim {

// What an account is told, in the order the venue tells it. Arguments live for the call.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_trade_lite(AccountIndex account, const Order& order, const Trade& trade) = 0;
  // `trade` is null unless the execution is a fill. `order` stands as it was at that moment.
  virtual void on_order(AccountIndex account, const Order& order, Execution execution,
                        const Trade* trade) = 0;
  // One symbol's position and its margin asset's wallet changed.
  virtual void on_account(AccountIndex account, SymbolIndex symbol, Leg leg, VenueTime time) = 0;
};

struct OrderRequest {
  SymbolIndex symbol = 0;
  Side side = Side::buy;
  std::optional<Leg> leg{};  // absent: BOTH
  OrderType type = OrderType::market;
  TimeInForce tif = TimeInForce::gtc;
  Qty qty{};
  Price price{};
  std::optional<bool> reduce_only{};  // as sent; absent: not sent
  std::string client_id{};            // "": the venue makes one
  std::string self_trade_prevention = "EXPIRE_MAKER";
};

struct Fill {
  Qty qty{};
  Price price{};
};

// A trade somebody makes by hand: the fills are given, and the price afterwards.
struct ScriptedTrade {
  SymbolIndex symbol = 0;
  Side side = Side::buy;
  std::optional<Leg> leg{};
  Qty qty{};  // of the order; at least the fills' sum
  std::vector<Fill> fills{};
  std::optional<bool> reduce_only{};
  Forced forced = Forced::none;
  Price price_after{};  // 0: the last fill's
  std::string client_id{};
};

struct Market {
  Price last{};
  Price mark{};
  std::optional<Qty> liquidity{};  // the most of one order that fills; absent: all of it
  int pieces = 1;                  // partial fills an order is cut into
  std::int64_t next_order_id = 0;
  std::int64_t next_trade_id = 0;
};

class Exchange {
 public:
  Exchange(std::vector<SymbolSpec> symbols, std::uint64_t seed);

  void set_listener(Listener* listener) noexcept { listener_ = listener; }

  // Accounts. REQUIRES: a new label, a new key.
  AccountIndex add_account(Account account);
  void add_key(ApiKey key);
  const std::vector<Account>& accounts() const noexcept { return accounts_; }
  const Account& account(AccountIndex index) const noexcept { return accounts_[index]; }
  std::optional<AccountIndex> find_account(std::string_view label) const noexcept;
  const ApiKey* find_key(const std::string& text) const noexcept;
  std::optional<ApiError> set_position_mode(AccountIndex account, PositionMode mode);

  // Symbols and prices.
  const std::vector<SymbolSpec>& symbols() const noexcept { return symbols_; }
  std::optional<SymbolIndex> find_symbol(const std::string& name) const noexcept;
  const SymbolSpec& symbol(SymbolIndex index) const noexcept { return symbols_[index]; }
  const Market& market(SymbolIndex index) const noexcept { return markets_[index]; }
  void set_price(SymbolIndex symbol, Price last, Price mark) noexcept;
  void set_liquidity(SymbolIndex symbol, std::optional<Qty> qty, int pieces) noexcept;

  // Orders. The answer is the order as it ended (matching is immediate); views of an account's
  // orders are valid until its next order.
  Answer<const Order*> place(AccountIndex account, const OrderRequest& request, VenueTime now);
  // Fills and the new price in one step: nobody acts in between.
  Answer<const Order*> trade(AccountIndex account, const ScriptedTrade& trade, VenueTime now);

  // Money. Unknown assets are empty.
  AssetState asset_state(AccountIndex account, const std::string& asset) const;
  Usd unrealized(SymbolIndex symbol, const Position& position) const noexcept;
  Usd position_notional(SymbolIndex symbol, Qty qty) const noexcept;

 private:
  struct Plan {
    Order order;
    std::vector<Fill> fills{};
    Execution execution = Execution::trade;
    bool charge_fee = true;
    int expiry_reason = 0;  // of what the fills leave
  };

  // filters.cpp: what the symbol says of an order.
  std::optional<ApiError> check_filters(const OrderRequest& request, bool closing) const;
  std::optional<ApiError> check_limit_price(const SymbolSpec& spec, const Market& market,
                                            const OrderRequest& request) const;
  std::optional<ApiError> check_min_notional(const OrderRequest& request) const;

  // matching.cpp
  std::optional<ApiError> check_leg(const Account& account, const OrderRequest& request) const;
  bool is_closing(const Account& account, const OrderRequest& request) const noexcept;
  std::optional<ApiError> check_closing(const Account& account, const OrderRequest& request) const;
  std::optional<ApiError> check_margin(AccountIndex account, const OrderRequest& request) const;
  Plan plan(const Account& account, const OrderRequest& request) const;
  const Order* execute(AccountIndex account, Plan plan, VenueTime now);
  Trade apply_fill(Account& account, const Order& order, const Fill& fill, bool charge_fee,
                   VenueTime now);
  void tell_fill(AccountIndex account, const Order& before, Order& order, const Trade& trade,
                 Execution execution);
  std::string forced_client_id(Forced forced, VenueTime now);

  std::vector<SymbolSpec> symbols_{};
  std::vector<Market> markets_{};
  std::unordered_map<std::string, SymbolIndex> symbols_by_name_{};
  std::vector<Account> accounts_{};
  std::unordered_map<std::string, ApiKey> keys_{};
  Listener* listener_ = nullptr;
  Random random_;
  std::int64_t forced_orders_ = 0;
};

}  // namespace copyd::sim
