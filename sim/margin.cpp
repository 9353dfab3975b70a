// What an account's positions and resting orders need as margin, and where that ends.
#include <algorithm>

#include "sim/exchange.hpp"
#include "sim/position_math.hpp"

namespace copyd::sim {

namespace {

// What one unit of an asset is worth as margin in multi-assets mode, in USD. Fixed: tests reckon
// with it. Coins stand at a discount, as on the venue.
Ratio usd_index(const std::string& asset) {
  if (asset == "USDT" || asset == "USDC") return Ratio::whole(1);
  if (asset == "BTC") return Ratio::whole(57'000);
  if (asset == "BNB") return Ratio::whole(570);
  return {};
}

Usd times(Usd value, Ratio share) {
  return Usd::from_units(muldiv(value.units(), share.units(), units_per_whole));
}

// |position + bids| or |position − asks|, whichever is more.
Usd exposure(Usd value, Usd bids, Usd asks) {
  return std::max((value + bids).abs(), (value - asks).abs());
}

Usd signed_value(Usd value, Qty position) {
  return position.sign() < 0 ? -value : value;
}

}  // namespace

Usd Exchange::unrealized(SymbolIndex symbol, const Position& position) const noexcept {
  const Price gain = markets_[symbol].mark - position.entry;
  return Usd::from_units(muldiv(gain.units(), position.qty.units(), units_per_whole));
}

Usd Exchange::position_notional(SymbolIndex symbol, Qty qty) const noexcept {
  return notional(markets_[symbol].mark, qty);
}

std::set<std::pair<SymbolIndex, Leg>> Exchange::legs_in_use(const Account& account) const {
  std::set<std::pair<SymbolIndex, Leg>> legs;
  for (const auto& [where, position] : account.positions)
    if (!position.qty.is_zero()) legs.insert(where);
  for (const auto& [symbol, places] : account.open_orders)
    for (const auto place : places) legs.emplace(symbol, account.orders[place].leg);
  return legs;
}

LegMargin Exchange::leg_margin(const Account& account, SymbolIndex symbol, Leg leg) const {
  const Position position = account.position(symbol, leg);
  const int leverage = account.setup(symbol).leverage;
  const Usd size = position_notional(symbol, position.qty);
  LegMargin margin{.value = signed_value(size, position.qty),
                   .unrealized = unrealized(symbol, position),
                   .position_margin = Usd::from_units(size.units() / leverage)};
  if (!size.is_zero())
    margin.maintenance = bracket_at(brackets_[symbol], size).maintenance_margin(size);
  if (const auto open = account.open_orders.find(symbol); open != account.open_orders.end())
    for (const auto place : open->second) {
      const Order& order = account.orders[place];
      if (order.leg != leg || order.reduce_only) continue;
      (order.side == Side::buy ? margin.bids : margin.asks) +=
          notional(order.price, order.remaining());
    }
  const Usd whole = exposure(margin.value, margin.bids, margin.asks);
  margin.open_order_margin = Usd::from_units(whole.units() / leverage) - margin.position_margin;
  return margin;
}

AssetState Exchange::asset_state(AccountIndex index, const std::string& asset) const {
  const auto& account = accounts_[index];
  AssetState state{.wallet = account.wallet(asset)};
  for (const auto& [symbol, leg] : legs_in_use(account)) {
    if (symbols_[symbol].quote != asset) continue;
    const auto margin = leg_margin(account, symbol, leg);
    state.unrealized += margin.unrealized;
    state.position_margin += margin.position_margin;
    state.open_order_margin += margin.open_order_margin;
    state.maintenance_margin += margin.maintenance;
    state.reserved += margin.open_order_margin;
    if (account.setup(symbol).isolated) {
      state.isolated += account.position(symbol, leg).isolated_wallet;
    } else {
      state.cross_unrealized += margin.unrealized;
      state.cross_maintenance += margin.maintenance;
      state.reserved += margin.position_margin;
    }
  }
  return state;
}

AssetState Exchange::total_state(AccountIndex index) const {
  AssetState total;
  for (const auto& [asset, wallet] : accounts_[index].wallets)
    total.add(asset_state(index, asset), usd_index(asset));
  return total;
}

Usd Exchange::available(AccountIndex index, const std::string& asset) const {
  if (!accounts_[index].multi_assets) return asset_state(index, asset).available();
  const Ratio worth = usd_index(asset);
  if (worth.is_zero()) return {};
  return Usd::from_units(
      muldiv(total_state(index).available().units(), units_per_whole, worth.units()));
}

std::optional<ApiError> Exchange::check_margin(AccountIndex index,
                                               const OrderRequest& request) const {
  const auto& account = accounts_[index];
  const auto& market = markets_[request.symbol];
  const Leg leg = request.leg.value_or(Leg::both);
  const Qty held = account.position(request.symbol, leg).qty;
  const Qty opening = request.qty - closable(held, signed_qty(request.side, request.qty));
  const auto setup = account.setup(request.symbol);
  const auto now = leg_margin(account, request.symbol, leg);
  const bool buys = request.side == Side::buy;
  // A limit order is reckoned at its price, a sale at no less than the mark.
  Price price = market.mark;
  if (request.type == OrderType::limit)
    price = buys ? request.price : std::max(request.price, market.mark);
  const Usd value = notional(price, request.qty);
  const Usd bids = buys ? now.bids + value : now.bids;
  const Usd asks = buys ? now.asks : now.asks + value;
  const Usd cost =
      Usd::from_units(exposure(now.value, bids, asks).units() / setup.leverage) - now.initial();
  if (opening.is_zero() && cost.sign() <= 0) return std::nullopt;
  const Usd after = buys ? (now.value + bids).abs() : (now.value - asks).abs();
  if (after > largest_at(brackets_[request.symbol], setup.leverage))
    return ApiError{.code = -2027,
                    .message = "Exceeded the maximum allowable position at current leverage."};
  const Price loss = buys ? price - market.mark : Price{};
  const Usd open_loss = loss.sign() > 0 ? notional(loss, request.qty) : Usd{};
  const Usd fee = times(value, account.fees.taker);
  if (cost + open_loss + fee > available(index, symbols_[request.symbol].quote))
    return ApiError{.code = -2019, .message = "Margin is insufficient."};
  return std::nullopt;
}

// The price p at which balance + Σ q·(p − entry) = Σ (|q|·p·m − cumulative): all legs of the
// symbol move together in cross margin, each stands alone in isolated margin.
Price Exchange::liquidation_price(AccountIndex index, SymbolIndex symbol, Leg leg) const {
  const auto& account = accounts_[index];
  const bool isolated = account.setup(symbol).isolated;
  if (account.position(symbol, leg).qty.is_zero()) return {};
  Usd balance;
  if (!isolated) {
    const auto state =
        account.multi_assets ? total_state(index) : asset_state(index, symbols_[symbol].quote);
    balance = state.cross_balance() - state.cross_maintenance;
  }
  Qty slope;
  for (const Leg each : {Leg::both, Leg::long_, Leg::short_}) {
    const Position position = account.position(symbol, each);
    if (position.qty.is_zero() || (isolated && each != leg)) continue;
    const Usd size = position_notional(symbol, position.qty);
    const auto& bracket = bracket_at(brackets_[symbol], size);
    if (isolated) balance += position.isolated_wallet;
    else balance += bracket.maintenance_margin(size) - unrealized(symbol, position);
    balance +=
        bracket.cumulative -
        Usd::from_units(muldiv(position.qty.units(), position.entry.units(), units_per_whole));
    slope += Qty::from_units(
                 muldiv(position.qty.abs().units(), bracket.maintenance.units(), units_per_whole)) -
             position.qty;
  }
  if (slope.is_zero()) return {};
  const auto price = Price::from_units(muldiv(balance.units(), units_per_whole, slope.units()));
  return price.sign() < 0 ? Price{} : price;
}

}  // namespace copyd::sim
