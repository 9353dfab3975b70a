// What fills and the venue do to wallets and positions. Every change of a wallet is booked as an
// income, so that the books of an account always add up.
#include "sim/exchange.hpp"
#include "sim/position_math.hpp"

namespace copyd::sim {

namespace {

constexpr std::int64_t first_income_id = 9689322392;

// Cut, not rounded: nobody pays more than the rate.
Usd share(Usd value, Ratio rate) {
  const int128 product = static_cast<int128>(value.units()) * rate.units();
  return Usd::from_units(static_cast<std::int64_t>(product / units_per_whole));
}

// What an isolated position keeps after closing `closing` of `held`.
Usd kept(Usd wallet, Qty closing, Qty held) {
  if (closing.is_zero()) return wallet;
  return wallet - Usd::from_units(muldiv(wallet.units(), closing.units(), held.units()));
}

}  // namespace

void Exchange::book(Account& account, Income income) {
  income.id = first_income_id + ++incomes_;
  account.wallets[income.asset] += income.amount;
  account.wallets_updated = income.time;
  account.incomes.push_back(std::move(income));
}

// The fee of a fill and the asset it is paid in.
Usd Exchange::pay_fee(Account& account, const Order& order, const Fill& fill,
                      std::string& asset) const {
  asset = symbols_[order.symbol].quote;
  const Ratio rate = order.maker ? account.fees.maker : account.fees.taker;
  const Usd fee = share(notional(fill.price, fill.qty), rate);
  const auto coin = find_symbol("BNB" + asset);
  if (!account.fee_in_bnb || !coin) return fee;
  const Usd discounted = Usd::from_units(fee.units() / 10 * 9);
  const Usd in_bnb =
      Usd::from_units(muldiv(discounted.units(), units_per_whole, markets_[*coin].mark.units()));
  if (in_bnb > account.wallet("BNB")) return fee;
  asset = "BNB";
  return in_bnb;
}

Trade Exchange::apply_fill(Account& account, const Order& order, const Fill& fill, bool charge_fee,
                           VenueTime now) {
  const auto& spec = symbols_[order.symbol];
  auto& position = account.positions[{order.symbol, order.leg}];
  const Qty change = signed_qty(order.side, fill.qty);
  const Qty closing = closable(position.qty, change);
  const Qty opening = fill.qty - closing;
  Trade trade{.id = markets_[order.symbol].next_trade_id++,
              .order_id = order.id,
              .symbol = order.symbol,
              .client_id = order.client_id,
              .side = order.side,
              .leg = order.leg,
              .qty = fill.qty,
              .price = fill.price,
              .fee_asset = spec.quote,
              .maker = order.maker,
              .time = now};
  if (!closing.is_zero()) {
    const Price gain =
        position.qty.sign() > 0 ? fill.price - position.entry : position.entry - fill.price;
    trade.realized = Usd::from_units(muldiv(gain.units(), closing.units(), units_per_whole));
  }
  if (charge_fee) trade.fee = pay_fee(account, order, fill, trade.fee_asset);
  const bool grows = closing.is_zero() && !position.qty.is_zero();
  const Qty held = position.qty.abs();
  position.qty += change;
  if (position.qty.is_zero()) {
    position.entry = Price{};
  } else if (grows) {
    const int128 cost = static_cast<int128>(position.entry.units()) * held.units() +
                        static_cast<int128>(fill.price.units()) * fill.qty.units();
    position.entry = Price::from_units(static_cast<std::int64_t>(
        (cost + (held + fill.qty).units() / 2) / (held + fill.qty).units()));
  } else if (!opening.is_zero()) {
    position.entry = fill.price;
  }
  if (const auto setup = account.setup(order.symbol); setup.isolated) {
    position.isolated_wallet = kept(position.isolated_wallet, closing, held);
    position.isolated_wallet +=
        Usd::from_units(notional(fill.price, opening).units() / setup.leverage);
  }
  position.realized += trade.realized;
  position.updated = now;
  if (!trade.realized.is_zero())
    book(account, {.type = IncomeType::realized_pnl,
                   .asset = spec.quote,
                   .amount = trade.realized,
                   .symbol = order.symbol,
                   .time = now,
                   .trade_id = trade.id});
  if (!trade.fee.is_zero())
    book(account, {.type = IncomeType::commission,
                   .asset = trade.fee_asset,
                   .amount = -trade.fee,
                   .symbol = order.symbol,
                   .time = now,
                   .trade_id = trade.id});
  account.wallets_updated = now;
  return trade;
}

// Longs pay shorts while the rate is positive; nobody pays for both legs more than their
// difference.
std::size_t Exchange::charge_funding(SymbolIndex symbol, Ratio rate, VenueTime now) {
  std::size_t charged = 0;
  auto& market = markets_[symbol];
  market.funding_rate = rate;
  market.fundings.push_back({.time = now, .rate = rate, .mark = market.mark});
  for (AccountIndex index = 0; index < accounts_.size(); ++index) {
    auto& account = accounts_[index];
    const bool isolated = account.setup(symbol).isolated;
    AccountChange change{.reason = "FUNDING_FEE", .symbol = symbol, .time = now};
    Usd paid;
    bool held = false;
    for (const Leg leg : {Leg::both, Leg::long_, Leg::short_}) {
      const auto at = account.positions.find({symbol, leg});
      if (at == account.positions.end() || at->second.qty.is_zero()) continue;
      held = true;
      Usd fee = share(notional(market.mark, at->second.qty), rate);
      if (at->second.qty.sign() > 0) fee = -fee;
      paid += fee;
      if (!isolated) continue;
      at->second.isolated_wallet += fee;
      at->second.updated = now;
      change.positions.emplace_back(symbol, leg);
    }
    if (!held) continue;
    ++charged;
    const auto& asset = symbols_[symbol].quote;
    book(account, {.type = IncomeType::funding_fee,
                   .asset = asset,
                   .amount = paid,
                   .symbol = symbol,
                   .time = now});
    change.assets.emplace_back(asset, paid);
    if (listener_ != nullptr) listener_->on_account_change(index, change);
  }
  return charged;
}

std::optional<ApiError> Exchange::transfer(AccountIndex index, const std::string& asset, Usd amount,
                                           std::string_view reason, VenueTime now) {
  if (amount.is_zero()) return ApiError{.code = 0, .message = "amount is zero"};
  // The venue's own hand is not bound by what margin is free.
  const bool admin = reason.starts_with("ADMIN_");
  if (!admin && amount.sign() < 0 && -amount > available(index, asset))
    return ApiError{.code = 0, .message = "more than is available"};
  auto& account = accounts_[index];
  if (!admin && account.wallet(asset) + amount < Usd{})
    return ApiError{.code = 0, .message = "more than the wallet holds"};
  book(account, {.type = IncomeType::transfer, .asset = asset, .amount = amount, .time = now});
  if (listener_ != nullptr)
    listener_->on_account_change(index,
                                 {.reason = reason, .assets = {{asset, amount}}, .time = now});
  return std::nullopt;
}

}  // namespace copyd::sim
