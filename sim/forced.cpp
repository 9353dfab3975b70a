// What the venue does to an account by itself: liquidation, deleveraging, settlement.
#include <algorithm>

#include "sim/exchange.hpp"

namespace copyd::sim {

namespace {

// The liquidationFee that exchangeInfo announces.
constexpr Ratio liquidation_fee = Ratio::from_units(1'250'000);
// An account is warned when it must keep this share of what it has.
constexpr Ratio warning_share = Ratio::from_units(80'000'000);

Usd share(Usd value, Ratio rate) {
  return Usd::from_units(muldiv(value.units(), rate.units(), units_per_whole));
}

ApiError nothing_held() {
  return {.code = 0, .message = "the account holds nothing there"};
}

}  // namespace

// The market stays where it is: the venue takes the position over.
Answer<std::int64_t> Exchange::close_by_force(AccountIndex index, SymbolIndex symbol, Leg leg,
                                              Qty qty, Price price, Forced forced, VenueTime now) {
  const auto& account = accounts_[index];
  const bool was_long = account.position(symbol, leg).qty.sign() > 0;
  const Price mark = markets_[symbol].mark;
  const auto closed =
      trade(index,
            {.symbol = symbol,
             .side = was_long ? Side::sell : Side::buy,
             .leg = account.mode == PositionMode::hedge ? std::optional(leg) : std::nullopt,
             .qty = qty,
             .fills = {{qty, price}},
             .forced = forced,
             .price_after = markets_[symbol].last,
             .client_id = ""},
            now);
  markets_[symbol].mark = mark;
  if (!closed.ok()) return closed.error();
  return closed.value()->id;
}

// The insurance fund pays what is missing; of what is left it takes its fee.
void Exchange::settle_with_insurance(AccountIndex index, const std::string& asset, Usd left,
                                     Usd fee, VenueTime now) {
  const Usd amount = left.sign() < 0 ? -left : -std::min(left, fee);
  if (amount.is_zero()) return;
  book(accounts_[index],
       {.type = IncomeType::insurance_clear, .asset = asset, .amount = amount, .time = now});
  if (listener_ != nullptr)
    listener_->on_account_change(
        index, {.reason = "INSURANCE_CLEAR", .assets = {{asset, amount}}, .time = now});
}

Answer<std::vector<std::int64_t>> Exchange::liquidate(AccountIndex index,
                                                      const std::set<SymbolIndex>& only,
                                                      std::optional<Price> price, VenueTime now) {
  std::vector<std::int64_t> ids;
  std::map<std::string, Usd> cross_fees;
  const auto positions = accounts_[index].positions;
  for (const auto& [where, position] : positions) {
    const auto [symbol, leg] = where;
    if (position.qty.is_zero() || (!only.empty() && only.count(symbol) == 0)) continue;
    const Price at = price.value_or(markets_[symbol].mark);
    const Usd fee = share(notional(at, position.qty), liquidation_fee);
    const auto id =
        close_by_force(index, symbol, leg, position.qty.abs(), at, Forced::liquidation, now);
    if (!id.ok()) return id.error();
    ids.push_back(id.value());
    const auto& asset = symbols_[symbol].quote;
    if (!accounts_[index].setup(symbol).isolated) {
      cross_fees[asset] += fee;
      continue;
    }
    const Usd realized = accounts_[index].position(symbol, leg).realized - position.realized;
    settle_with_insurance(index, asset, position.isolated_wallet + realized, fee, now);
  }
  for (const auto& [asset, fee] : cross_fees)
    settle_with_insurance(index, asset, asset_state(index, asset).cross_wallet(), fee, now);
  if (ids.empty()) return nothing_held();
  return ids;
}

Answer<std::vector<std::int64_t>> Exchange::deleverage(AccountIndex index, SymbolIndex symbol,
                                                       std::optional<Qty> qty,
                                                       std::optional<Price> price, VenueTime now) {
  std::vector<std::int64_t> ids;
  const auto positions = accounts_[index].positions;
  for (const auto& [where, position] : positions) {
    if (where.first != symbol || position.qty.is_zero()) continue;
    if (qty && *qty > position.qty.abs())
      return ApiError{.code = 0, .message = "qty is more than the account holds"};
    const auto id = close_by_force(index, symbol, where.second, qty.value_or(position.qty.abs()),
                                   price.value_or(markets_[symbol].mark), Forced::adl, now);
    if (!id.ok()) return id.error();
    ids.push_back(id.value());
  }
  if (ids.empty()) return nothing_held();
  return ids;
}

std::size_t Exchange::settle(SymbolIndex symbol, std::optional<Price> price, VenueTime now) {
  std::size_t closed = 0;
  const Price at = price.value_or(markets_[symbol].mark);
  for (AccountIndex index = 0; index < accounts_.size(); ++index) {
    const auto open = accounts_[index].open_orders[symbol];
    for (const auto place : open) close(index, place, OrderStatus::expired, expiry::delisted, now);
    cancel_all_algos(index, symbol, now);
    const auto positions = accounts_[index].positions;
    for (const auto& [where, position] : positions)
      if (where.first == symbol && !position.qty.is_zero() &&
          close_by_force(index, symbol, where.second, position.qty.abs(), at, Forced::settlement,
                         now)
              .ok())
        ++closed;
  }
  symbols_[symbol].status = "SETTLING";
  ++symbols_version_;
  return closed;
}

void Exchange::check_risk(SymbolIndex symbol, VenueTime now) {
  for (AccountIndex index = 0; index < accounts_.size(); ++index)
    check_account_risk(index, symbol, now);
}

// Isolated legs stand alone; in cross margin everything that shares the wallet falls together.
void Exchange::check_account_risk(AccountIndex index, SymbolIndex symbol, VenueTime now) {
  const auto& account = accounts_[index];
  const auto& asset = symbols_[symbol].quote;
  const bool isolated = account.setup(symbol).isolated;
  std::vector<std::pair<SymbolIndex, Leg>> near;
  bool held = false;
  bool over = false;
  for (const auto& [where, position] : account.positions) {
    if (position.qty.is_zero()) continue;
    held = held || where.first == symbol;
    if (!isolated) {
      const bool shares = account.multi_assets || symbols_[where.first].quote == asset;
      if (shares && !account.setup(where.first).isolated) near.push_back(where);
    } else if (where.first == symbol) {
      const auto margin = leg_margin(account, symbol, where.second);
      const Usd has = position.isolated_wallet + margin.unrealized;
      over = over || has <= margin.maintenance;
      if (share(has, warning_share) <= margin.maintenance) near.push_back(where);
    }
  }
  if (!held || near.empty()) return;
  if (!isolated) {
    const auto state = account.multi_assets ? total_state(index) : asset_state(index, asset);
    over = state.cross_balance() <= state.cross_maintenance;
    if (share(state.cross_balance(), warning_share) > state.cross_maintenance) return;
  }
  if (listener_ != nullptr) listener_->on_margin_call(index, near, now);
  if (!over) return;
  std::set<SymbolIndex> falling;
  for (const auto& where : near) falling.insert(where.first);
  liquidate(index, falling, {}, now);
}

}  // namespace copyd::sim
