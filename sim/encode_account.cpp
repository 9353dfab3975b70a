// Accounts, balances, positions and keys: REST answers and the ACCOUNT_UPDATE event.
#include "sim/encode.hpp"

namespace copyd::sim::encode {

namespace {

std::string eight(Usd value) {
  return padded(value, 8);
}

// Where a close would just pay the fees of both sides, by the venue's own simple rule.
Price break_even(const Position& position) {
  const std::int64_t fee = position.entry.units() / 2000;
  if (position.qty.sign() == 0) return {};
  return Price::from_units(position.entry.units() + (position.qty.sign() > 0 ? fee : -fee));
}

struct PositionMoney {
  Usd unrealized;
  Usd value;  // notional, signed as the position
  Usd initial_margin;
  Usd maintenance_margin;
};

PositionMoney money_of(const Exchange& exchange, SymbolIndex symbol, const Position& position) {
  const Usd value = exchange.position_notional(symbol, position.qty);
  return {.unrealized = exchange.unrealized(symbol, position),
          .value = position.qty.sign() < 0 ? -value : value,
          .initial_margin = Usd::from_units(value.units() / default_leverage),
          .maintenance_margin = Usd::from_units(value.units() / 200)};
}

void asset_row(JsonWriter& out, const std::string& asset, const AssetState& state,
               VenueTime updated) {
  out.object()
      .text("asset", asset)
      .text("walletBalance", eight(state.wallet))
      .text("unrealizedProfit", eight(state.unrealized))
      .text("marginBalance", eight(state.margin_balance()))
      .text("maintMargin", eight(state.maintenance_margin))
      .text("initialMargin", eight(state.initial_margin))
      .text("positionInitialMargin", eight(state.initial_margin))
      .text("openOrderInitialMargin", eight(Usd{}))
      .text("crossWalletBalance", eight(state.wallet))
      .text("crossUnPnl", eight(state.unrealized))
      .text("availableBalance", eight(state.available()))
      .text("maxWithdrawAmount", eight(state.available()))
      .number("updateTime", updated.ms)
      .end_object();
}

void account_position_row(JsonWriter& out, const Exchange& exchange, SymbolIndex symbol, Leg leg,
                          const Position& position) {
  const auto money = money_of(exchange, symbol, position);
  out.object()
      .text("symbol", exchange.symbol(symbol).name)
      .text("positionSide", name_of(leg))
      .decimal("positionAmt", position.qty)
      .text("unrealizedProfit", eight(money.unrealized))
      .text("isolatedMargin", "0")
      .text("notional", eight(money.value))
      .text("isolatedWallet", "0")
      .text("initialMargin", eight(money.initial_margin))
      .text("maintMargin", eight(money.maintenance_margin))
      .number("updateTime", position.updated.ms)
      .end_object();
}

void position_risk_row(JsonWriter& out, const Exchange& exchange, SymbolIndex symbol, Leg leg,
                       const Position& position) {
  const auto money = money_of(exchange, symbol, position);
  out.object()
      .text("symbol", exchange.symbol(symbol).name)
      .text("positionSide", name_of(leg))
      .decimal("positionAmt", position.qty)
      .decimal("entryPrice", position.entry)
      .decimal("breakEvenPrice", break_even(position))
      .text("markPrice", padded(exchange.market(symbol).mark, 8))
      .text("unRealizedProfit", eight(money.unrealized))
      .text("liquidationPrice", "0")
      .text("isolatedMargin", "0")
      .text("notional", eight(money.value))
      .text("marginAsset", exchange.symbol(symbol).quote)
      .text("isolatedWallet", "0")
      .text("initialMargin", eight(money.initial_margin))
      .text("maintMargin", eight(money.maintenance_margin))
      .text("positionInitialMargin", eight(money.initial_margin))
      .text("openOrderInitialMargin", "0")
      .number("adl", 2)
      .text("bidNotional", "0")
      .text("askNotional", "0")
      .number("updateTime", position.updated.ms)
      .end_object();
}

}  // namespace

std::string account_config(const Account& account) {
  JsonWriter out;
  out.object()
      .number("feeTier", 0)
      .flag("canTrade", true)
      .flag("canDeposit", true)
      .flag("canWithdraw", true)
      .flag("dualSidePosition", account.mode == PositionMode::hedge)
      .number("updateTime", 0)
      .flag("multiAssetsMargin", false)
      .number("tradeGroupId", -1)
      .end_object();
  return out.take();
}

// Single-asset mode: the totals are those of USDT.
std::string account(const Exchange& exchange, AccountIndex index) {
  const auto& account = exchange.account(index);
  const AssetState total = exchange.asset_state(index, "USDT");
  JsonWriter out;
  out.object()
      .text("totalInitialMargin", eight(total.initial_margin))
      .text("totalMaintMargin", eight(total.maintenance_margin))
      .text("totalWalletBalance", eight(total.wallet))
      .text("totalUnrealizedProfit", eight(total.unrealized))
      .text("totalMarginBalance", eight(total.margin_balance()))
      .text("totalPositionInitialMargin", eight(total.initial_margin))
      .text("totalOpenOrderInitialMargin", eight(Usd{}))
      .text("totalCrossWalletBalance", eight(total.wallet))
      .text("totalCrossUnPnl", eight(total.unrealized))
      .text("availableBalance", eight(total.available()))
      .text("maxWithdrawAmount", eight(total.available()));
  out.key("assets").array();
  for (const auto& [asset, wallet] : account.wallets)
    asset_row(out, asset, exchange.asset_state(index, asset), account.wallets_updated);
  out.end_array().key("positions").array();
  for (const auto& [where, position] : account.positions)
    if (!position.qty.is_zero())
      account_position_row(out, exchange, where.first, where.second, position);
  out.end_array().end_object();
  return out.take();
}

std::string balances(const Exchange& exchange, AccountIndex index) {
  const auto& account = exchange.account(index);
  JsonWriter out;
  out.array();
  for (const auto& [asset, wallet] : account.wallets) {
    const AssetState state = exchange.asset_state(index, asset);
    out.object()
        .text("accountAlias", account.alias)
        .text("asset", asset)
        .text("balance", eight(state.wallet))
        .text("crossWalletBalance", eight(state.wallet))
        .text("crossUnPnl", eight(state.unrealized))
        .text("availableBalance", eight(state.available()))
        .text("maxWithdrawAmount", eight(state.available()))
        .flag("marginAvailable", true)
        .number("updateTime", account.wallets_updated.ms)
        .end_object();
  }
  out.end_array();
  return out.take();
}

std::string position_risk(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> symbol) {
  JsonWriter out;
  out.array();
  for (const auto& [where, position] : exchange.account(index).positions)
    if (!position.qty.is_zero() && (!symbol || *symbol == where.first))
      position_risk_row(out, exchange, where.first, where.second, position);
  out.end_array();
  return out.take();
}

std::string account_update(const Exchange& exchange, AccountIndex index, SymbolIndex symbol,
                           Leg leg, VenueTime time) {
  const auto& account = exchange.account(index);
  const auto& spec = exchange.symbol(symbol);
  const Position position = account.position(symbol, leg);
  JsonWriter out;
  out.object().text("e", "ACCOUNT_UPDATE").number("T", time.ms).number("E", time.ms);
  out.key("a").object().key("B").array();
  out.object()
      .text("a", spec.quote)
      .decimal("wb", account.wallet(spec.quote))
      .decimal("cw", account.wallet(spec.quote))
      .text("bc", "0")
      .end_object();
  out.end_array().key("P").array();
  out.object()
      .text("s", spec.name)
      .decimal("pa", position.qty)
      .decimal("ep", position.entry)
      .decimal("cr", position.realized)
      .decimal("up", exchange.unrealized(symbol, position))
      .text("mt", "cross")
      .text("iw", "0")
      .text("ps", name_of(leg))
      .text("ma", spec.quote)
      .decimal("bep", break_even(position))
      .end_object();
  out.end_array().text("m", "ORDER").end_object().end_object();
  return out.take();
}

std::string listen_key_expired(std::string_view listen_key, VenueTime time) {
  JsonWriter out;
  out.object()
      .text("e", "listenKeyExpired")
      .number("E", time.ms)
      .text("listenKey", listen_key)
      .end_object();
  return out.take();
}

std::string api_restrictions(const Permissions& permissions) {
  JsonWriter out;
  out.object()
      .flag("ipRestrict", permissions.ip_restricted)
      .number("createTime", permissions.created.ms)
      .flag("enableReading", permissions.reading)
      .flag("enableWithdrawals", permissions.withdrawals)
      .flag("enableInternalTransfer", permissions.internal_transfer)
      .flag("enableMargin", false)
      .flag("enableFutures", permissions.futures)
      .flag("permitsUniversalTransfer", permissions.universal_transfer)
      .flag("enableVanillaOptions", false)
      .flag("enableFixApiTrade", false)
      .flag("enableFixReadOnly", false)
      .flag("enableSpotAndMarginTrading", false)
      .flag("enablePortfolioMarginTrading", false);
  if (permissions.trading_expires)
    out.number("tradingAuthorityExpirationTime", permissions.trading_expires->ms);
  out.end_object();
  return out.take();
}

std::string error(const ApiError& error) {
  JsonWriter out;
  out.object().number("code", error.code).text("msg", error.message).end_object();
  return out.take();
}

}  // namespace copyd::sim::encode
