// Exchange: the simulated venue's state machine: accounts, prices, orders, fills, positions, money.
//
// Pure: no socket, no clock, no randomness beyond its seed; the venue's time is handed in. One
// thread. Both front doors (sim/server.hpp over TLS, sim/memory_venue.hpp in virtual time) speak
// to it through sim/protocol.hpp.
// Modelled after Binance USD-M Futures as of 2026-11; docs/SIMULATOR.md says what is not.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/account.hpp"
#include "sim/book.hpp"
#include "sim/brackets.hpp"
#include "sim/symbols.hpp"

namespace copyd::sim {

// A change of wallets and positions that no fill made.
struct AccountChange {
  std::string_view reason;
  std::vector<std::pair<std::string, Usd>> assets{};  // and by how much each changed
  std::vector<std::pair<SymbolIndex, Leg>> positions{};
  std::optional<SymbolIndex> symbol{};  // of a funding fee
  VenueTime time{};
};

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
  virtual void on_account_change(AccountIndex account, const AccountChange& change) = 0;
  virtual void on_leverage(AccountIndex account, SymbolIndex symbol, int leverage,
                           VenueTime time) = 0;
  virtual void on_multi_assets(AccountIndex account, bool on, VenueTime time) = 0;
  // These positions are near their end.
  virtual void on_margin_call(AccountIndex account,
                              const std::vector<std::pair<SymbolIndex, Leg>>& positions,
                              VenueTime time) = 0;
  virtual void on_algo(AccountIndex account, const AlgoOrder& algo, VenueTime time) = 0;
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
  VenueTime good_till{};  // of GTD
  std::string price_match = "NONE";
  bool queue_price = false;  // priceMatch QUEUE…: joins the queue instead of taking
  bool close_position = false;
  std::optional<std::size_t> algo{};  // which conditional order of the account it comes from
};

// An order by its number or, without one, by its client's id.
struct OrderRef {
  std::optional<std::int64_t> id{};
  std::string client_id{};
};

struct Modification {
  SymbolIndex symbol = 0;
  OrderRef order{};
  Side side = Side::buy;
  Qty qty{};
  Price price{};
  std::string price_match = "NONE";
  bool queue_price = false;
  bool reduce_only = false;  // asserts that the order is; excuses it from the minimum notional
  std::optional<std::int64_t> modify_id{};
};

// A conditional order as asked for.
struct AlgoRequest {
  AlgoOrder order{};
  std::optional<Leg> leg{};
  std::optional<bool> reduce_only{};  // as sent
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

// MAX_NUM_ORDERS of every symbol, and the most conditional orders of one account.
inline constexpr std::size_t max_open_orders = 200;
inline constexpr std::size_t max_open_algos = 200;

struct Funding {
  VenueTime time{};
  Ratio rate{};
  Price mark{};
};

struct Market {
  Price last{};
  Price mark{};
  std::optional<Qty> liquidity{};  // the most of one order that fills; absent: all of it
  int pieces = 1;                  // partial fills an order is cut into
  Ratio funding_rate = Ratio::from_units(10'000);
  std::vector<Funding> fundings{};
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
  // Of the account's key. REQUIRES: it has one.
  Permissions permissions(AccountIndex account) const;
  void set_permissions(AccountIndex account, const Permissions& permissions);
  // Of one key alone. REQUIRES: find_key knows it.
  void set_key_permissions(const std::string& text, const Permissions& permissions);
  void delete_key(const std::string& text);

  // How an account is set up, each with the venue's own refusals.
  std::optional<ApiError> set_position_mode(AccountIndex account, PositionMode mode);
  std::optional<ApiError> set_leverage(AccountIndex account, SymbolIndex symbol, int leverage,
                                       VenueTime now);
  std::optional<ApiError> set_margin_type(AccountIndex account, SymbolIndex symbol, bool isolated,
                                          VenueTime now);
  std::optional<ApiError> set_multi_assets(AccountIndex account, bool on, VenueTime now);
  // Between the cross wallet and an isolated position; negative: back.
  std::optional<ApiError> move_margin(AccountIndex account, SymbolIndex symbol, Leg leg, Usd amount,
                                      VenueTime now);
  void set_fees(AccountIndex account, const Fees& fees) { accounts_[account].fees = fees; }
  void set_fee_in_bnb(AccountIndex account, bool on) { accounts_[account].fee_in_bnb = on; }

  // Symbols and prices.
  const std::vector<SymbolSpec>& symbols() const noexcept { return symbols_; }
  std::optional<SymbolIndex> find_symbol(const std::string& name) const noexcept;
  const SymbolSpec& symbol(SymbolIndex index) const noexcept { return symbols_[index]; }
  const Market& market(SymbolIndex index) const noexcept { return markets_[index]; }
  // Fills what rests at or beyond the price, and triggers what waits for it. Without a time: as of
  // the last time told.
  void set_price(SymbolIndex symbol, Price last, Price mark, VenueTime now);
  void set_price(SymbolIndex symbol, Price last, Price mark) {
    set_price(symbol, last, mark, latest_);
  }
  void set_liquidity(SymbolIndex symbol, std::optional<Qty> qty, int pieces) noexcept;

  // Orders. The answer is the order as it stands afterwards (matching is immediate); views of an
  // account's orders are valid until its next order.
  Answer<const Order*> place(AccountIndex account, const OrderRequest& request, VenueTime now);
  // What would refuse it, if anything.
  std::optional<ApiError> check(AccountIndex account, const OrderRequest& request) const;
  Answer<const Order*> cancel(AccountIndex account, SymbolIndex symbol, const OrderRef& order,
                              VenueTime now);
  void cancel_all(AccountIndex account, SymbolIndex symbol, VenueTime now);
  Answer<const Order*> modify(AccountIndex account, const Modification& change, VenueTime now);
  // Fills a resting order at its own price, `qty` of it or all.
  Answer<const Order*> fill(AccountIndex account, SymbolIndex symbol, const OrderRef& order,
                            std::optional<Qty> qty, VenueTime now);
  // Cancels all open orders of the symbol after that time, unless called again. 0: never.
  void set_countdown(AccountIndex account, SymbolIndex symbol, std::chrono::milliseconds after,
                     VenueTime now);
  // Everything that time alone brings about.
  void tick(VenueTime now);
  // After accounts were changed from outside: everything derived from them anew.
  void reindex();
  // The price that priceMatch stands for: the last one, on the tick.
  Price matched_price(SymbolIndex symbol, Side side) const noexcept;

  // Conditional orders.
  Answer<const AlgoOrder*> place_algo(AccountIndex account, const AlgoRequest& request,
                                      VenueTime now);
  Answer<const AlgoOrder*> cancel_algo(AccountIndex account, const OrderRef& algo, VenueTime now);
  void cancel_all_algos(AccountIndex account, SymbolIndex symbol, VenueTime now);

  // Fills and the new price in one step: nobody acts in between.
  Answer<const Order*> trade(AccountIndex account, const ScriptedTrade& trade, VenueTime now);

  // Replaces what the venue announces of a symbol. REQUIRES: the same name.
  void set_symbol(SymbolIndex index, SymbolSpec spec);
  // Changes with every set_symbol and settlement.
  std::uint64_t symbols_version() const noexcept { return symbols_version_; }
  const Brackets& brackets(SymbolIndex index) const noexcept { return brackets_[index]; }

  // Money by decree. How many accounts were charged.
  std::size_t charge_funding(SymbolIndex symbol, Ratio rate, VenueTime now);
  // `amount` is added to the wallet; the reason is that of ACCOUNT_UPDATE.
  std::optional<ApiError> transfer(AccountIndex account, const std::string& asset, Usd amount,
                                   std::string_view reason, VenueTime now);
  // Closes these symbols (none: all) at `price` (absent: the mark). Answers the orders' ids.
  Answer<std::vector<std::int64_t>> liquidate(AccountIndex account,
                                              const std::set<SymbolIndex>& only,
                                              std::optional<Price> price, VenueTime now);
  // Closes `qty` (absent: all) of a position against the other side's wish.
  Answer<std::vector<std::int64_t>> deleverage(AccountIndex account, SymbolIndex symbol,
                                               std::optional<Qty> qty, std::optional<Price> price,
                                               VenueTime now);
  // The contract ends: everybody's positions are closed at `price` (absent: the mark).
  std::size_t settle(SymbolIndex symbol, std::optional<Price> price, VenueTime now);
  // What the marks do to those who hold the symbol: margin calls and liquidations.
  void check_risk(SymbolIndex symbol, VenueTime now);

  // Margin. Unknown assets are empty.
  AssetState asset_state(AccountIndex account, const std::string& asset) const;
  // All assets in USD; only with multi_assets do they vouch for each other.
  AssetState total_state(AccountIndex account) const;
  // What may be used or withdrawn, in that asset.
  Usd available(AccountIndex account, const std::string& asset) const;
  LegMargin leg_margin(const Account& account, SymbolIndex symbol, Leg leg) const;
  // 0 when there is none.
  Price liquidation_price(AccountIndex account, SymbolIndex symbol, Leg leg) const;
  // Every leg with a position or an order of its own, in order.
  std::set<std::pair<SymbolIndex, Leg>> legs_in_use(const Account& account) const;
  Usd unrealized(SymbolIndex symbol, const Position& position) const noexcept;
  Usd position_notional(SymbolIndex symbol, Qty qty) const noexcept;

 private:
  friend struct ExchangeState;  // state.cpp

  struct Plan {
    Order order;
    std::vector<Fill> fills{};
    Execution execution = Execution::trade;
    bool charge_fee = true;
    int expiry_reason = 0;  // of what the fills leave
    bool rests = false;     // what the fills leave stays
    bool crosses = false;   // its limit reaches the last price
  };

  // filters.cpp: what the symbol says of an order. `reference`: what the price is measured by.
  static std::optional<ApiError> check_quantity(const SymbolSpec& spec, OrderType type, Qty qty);
  static std::optional<ApiError> check_steps(const SymbolSpec& spec, Price price);
  static std::optional<ApiError> check_band(const SymbolSpec& spec, Side side, Price price,
                                            Price reference);
  std::optional<ApiError> check_filters(const OrderRequest& request, bool closing) const;
  std::optional<ApiError> check_min_notional(const OrderRequest& request) const;

  // matching.cpp
  std::optional<ApiError> check_leg(const Account& account, const OrderRequest& request) const;
  bool is_closing(const Account& account, const OrderRequest& request) const noexcept;
  std::optional<ApiError> check_closing(const Account& account, const OrderRequest& request) const;
  std::optional<ApiError> check_open_orders(const Account& account,
                                            const OrderRequest& request) const;
  static std::optional<ApiError> check_time_in_force(const Plan& plan);
  Plan plan(const Account& account, const OrderRequest& request) const;
  std::vector<Fill> cut(SymbolIndex symbol, Qty qty, Price price) const;
  // Its place in the account's orders.
  std::size_t execute(AccountIndex account, Plan plan, VenueTime now);
  // `birth`: the order before this fill, if nobody was told of it yet.
  void tell_fill(AccountIndex account, const Order* birth, Order& order, const Trade& trade,
                 Execution execution);
  void tell_order(AccountIndex account, const Order& order, Execution execution);
  Answer<ScriptedTrade> check_trade(AccountIndex account, const ScriptedTrade& trade) const;
  void mark_forced(Plan& plan, const ScriptedTrade& trade, VenueTime now);

  // resting.cpp
  std::optional<std::size_t> open_place(const Account& account, SymbolIndex symbol,
                                        const OrderRef& order) const;
  void rest(AccountIndex account, std::size_t place);
  void unrest(AccountIndex account, std::size_t place);
  // Ends an open order.
  void close(AccountIndex account, std::size_t place, OrderStatus status, int reason,
             VenueTime now);
  void fill_resting(AccountIndex account, std::size_t place, Qty most, VenueTime now);
  // Ends the reduce-only orders of the leg that have nothing left to reduce.
  void settle_reducing(AccountIndex account, SymbolIndex symbol, Leg leg, VenueTime now);
  void run_book(SymbolIndex symbol, VenueTime now);
  // True when the taker is what expires.
  bool prevent_self_trade(AccountIndex account, const Order& taker, VenueTime now);
  void meet(const Deadline& deadline, VenueTime now);

  // amend.cpp
  std::optional<ApiError> check_change(AccountIndex account, const Order& order,
                                       const Modification& change);
  void amend(AccountIndex account, std::size_t place, const Modification& change, VenueTime now);
  void take_after_amend(AccountIndex account, std::size_t place, bool queue_price, VenueTime now);

  // algo.cpp
  std::optional<ApiError> check_algo(AccountIndex account, const AlgoRequest& request) const;
  std::optional<ApiError> check_trigger(const AlgoOrder& algo) const;
  Price working_price(const AlgoOrder& algo) const noexcept;
  OrderRequest request_of(const Account& account, const AlgoOrder& algo) const;
  void run_algos(SymbolIndex symbol, VenueTime now);
  // Moves a trailing stop along. True when the condition is met.
  bool is_met(AccountIndex account, AlgoOrder& algo, VenueTime now);
  void trigger(AccountIndex account, std::size_t place, VenueTime now);
  void set_algo(AccountIndex account, std::size_t place, AlgoStatus status, VenueTime now);

  std::string forced_client_id(Forced forced, VenueTime now);

  // margin.cpp
  std::optional<ApiError> check_margin(AccountIndex account, const OrderRequest& request) const;

  // money.cpp
  void book(Account& account, Income income);
  Usd pay_fee(Account& account, const Order& order, const Fill& fill, std::string& asset) const;
  Trade apply_fill(Account& account, const Order& order, const Fill& fill, bool charge_fee,
                   VenueTime now);

  // forced.cpp
  Answer<std::int64_t> close_by_force(AccountIndex account, SymbolIndex symbol, Leg leg, Qty qty,
                                      Price price, Forced forced, VenueTime now);
  void settle_with_insurance(AccountIndex account, const std::string& asset, Usd left, Usd fee,
                             VenueTime now);
  void check_account_risk(AccountIndex account, SymbolIndex symbol, VenueTime now);

  std::vector<SymbolSpec> symbols_{};
  std::vector<Brackets> brackets_{};
  std::uint64_t symbols_version_ = 0;
  std::vector<Market> markets_{};
  std::unordered_map<std::string, SymbolIndex> symbols_by_name_{};
  std::vector<Book> books_{};  // as the markets
  std::vector<Account> accounts_{};
  std::unordered_map<std::string, ApiKey> keys_{};
  Listener* listener_ = nullptr;
  Random random_;
  std::int64_t forced_orders_ = 0;
  std::int64_t incomes_ = 0;
  std::uint64_t queue_ = 0;
  std::int64_t next_algo_id_ = 4'000'001'910'000'000;
  std::int64_t next_amendment_id_ = 5'300;
  std::multimap<std::int64_t, Deadline> deadlines_{};  // by ms; those of closed orders are idle
  VenueTime latest_{};
};

}  // namespace copyd::sim
