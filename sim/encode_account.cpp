// Accounts, balances and keys: REST answers, which the WebSocket API shares.
#include <algorithm>

#include "sim/encode.hpp"

namespace copyd::sim::encode {

namespace {

// The totals: of USDT alone, or in USD of everything that vouches.
AssetState totals(const Exchange& exchange, AccountIndex index) {
  return exchange.account(index).multi_assets ? exchange.total_state(index)
                                              : exchange.asset_state(index, "USDT");
}

void total_members(JsonWriter& out, const AssetState& total) {
  out.text("totalInitialMargin", eight(total.initial_margin()))
      .text("totalMaintMargin", eight(total.maintenance_margin))
      .text("totalWalletBalance", eight(total.wallet))
      .text("totalUnrealizedProfit", eight(total.unrealized))
      .text("totalMarginBalance", eight(total.margin_balance()))
      .text("totalPositionInitialMargin", eight(total.position_margin))
      .text("totalOpenOrderInitialMargin", eight(total.open_order_margin))
      .text("totalCrossWalletBalance", eight(total.cross_wallet()))
      .text("totalCrossUnPnl", eight(total.cross_unrealized))
      .text("availableBalance", eight(total.available()))
      .text("maxWithdrawAmount", eight(total.available()));
}

// What may leave: not more than there is of the asset itself.
Usd withdrawable(const AssetState& state, Usd available) {
  const Usd own = state.cross_wallet().sign() < 0 ? Usd{} : state.cross_wallet();
  return available < own ? available : own;
}

void asset_row(JsonWriter& out, const Exchange& exchange, AccountIndex index,
               const std::string& asset, AccountVersion version) {
  const AssetState state = exchange.asset_state(index, asset);
  const Usd available = exchange.available(index, asset);
  out.object()
      .text("asset", asset)
      .text("walletBalance", eight(state.wallet))
      .text("unrealizedProfit", eight(state.unrealized))
      .text("marginBalance", eight(state.margin_balance()))
      .text("maintMargin", eight(state.maintenance_margin))
      .text("initialMargin", eight(state.initial_margin()))
      .text("positionInitialMargin", eight(state.position_margin))
      .text("openOrderInitialMargin", eight(state.open_order_margin))
      .text("crossWalletBalance", eight(state.cross_wallet()))
      .text("crossUnPnl", eight(state.cross_unrealized))
      .text("availableBalance", eight(available))
      .text("maxWithdrawAmount", eight(withdrawable(state, available)));
  if (version == AccountVersion::v2) out.flag("marginAvailable", true);
  out.number("updateTime", exchange.account(index).wallets_updated.ms).end_object();
}

}  // namespace

std::string eight(Usd value) {
  return padded(value, 8);
}

std::string account_config(const Account& account) {
  JsonWriter out;
  out.object()
      .number("feeTier", 0)
      .flag("canTrade", true)
      .flag("canDeposit", true)
      .flag("canWithdraw", true)
      .flag("dualSidePosition", account.mode == PositionMode::hedge)
      .number("updateTime", 0)
      .flag("multiAssetsMargin", account.multi_assets)
      .number("tradeGroupId", -1)
      .end_object();
  return out.take();
}

std::string account(const Exchange& exchange, AccountIndex index, AccountVersion version) {
  const auto& account = exchange.account(index);
  JsonWriter out;
  out.object();
  if (version == AccountVersion::v2)
    out.number("feeTier", 0)
        .flag("canTrade", true)
        .flag("canDeposit", true)
        .flag("canWithdraw", true)
        .flag("feeBurn", account.fee_in_bnb)
        .number("tradeGroupId", -1)
        .number("updateTime", 0)
        .flag("multiAssetsMargin", account.multi_assets);
  total_members(out, totals(exchange, index));
  out.key("assets").array();
  for (const auto& [asset, wallet] : account.wallets)
    asset_row(out, exchange, index, asset, version);
  out.end_array().key("positions").array();
  account_positions(out, exchange, index, version);
  out.end_array().end_object();
  return out.take();
}

std::string balances(const Exchange& exchange, AccountIndex index) {
  const auto& account = exchange.account(index);
  JsonWriter out;
  out.array();
  for (const auto& [asset, wallet] : account.wallets) {
    const AssetState state = exchange.asset_state(index, asset);
    const Usd available = exchange.available(index, asset);
    out.object()
        .text("accountAlias", account.alias)
        .text("asset", asset)
        .text("balance", eight(state.wallet))
        .text("crossWalletBalance", eight(state.cross_wallet()))
        .text("crossUnPnl", eight(state.cross_unrealized))
        .text("availableBalance", eight(available))
        .text("maxWithdrawAmount", eight(withdrawable(state, available)))
        .flag("marginAvailable", true)
        .number("updateTime", account.wallets_updated.ms)
        .end_object();
  }
  out.end_array();
  return out.take();
}

std::string income(const Exchange& exchange, const std::vector<const Income*>& rows) {
  JsonWriter out;
  out.array();
  for (const Income* row : rows)
    out.object()
        .text("symbol", row->symbol ? exchange.symbol(*row->symbol).name : "")
        .text("incomeType", name_of(row->type))
        .text("income", eight(row->amount))
        .text("asset", row->asset)
        .text("info", name_of(row->type))
        .number("time", row->time.ms)
        .number("tranId", row->id)
        .text("tradeId", row->trade_id == 0 ? "" : std::to_string(row->trade_id))
        .end_object();
  out.end_array();
  return out.take();
}

std::string commission_rate(const SymbolSpec& symbol, const Fees& fees) {
  JsonWriter out;
  out.object()
      .text("symbol", symbol.name)
      .text("makerCommissionRate", padded(fees.maker, 6))
      .text("takerCommissionRate", padded(fees.taker, 6))
      .text("rpiCommissionRate", padded(Ratio::from_units(fees.maker.units() / 4), 6))
      .end_object();
  return out.take();
}

std::string listen_key_expired(std::string_view listen_key, VenueTime time, bool text_time) {
  JsonWriter out;
  out.object().text("e", "listenKeyExpired");
  if (text_time) out.text("E", std::to_string(time.ms));
  else out.number("E", time.ms);
  out.text("listenKey", listen_key).end_object();
  return out.take();
}

std::string api_restrictions(const Permissions& permissions) {
  JsonWriter out;
  out.object();
  const auto say = [&](std::string_view member, std::string_view name, bool flag) {
    const auto& left_out = permissions.unmentioned;
    if (std::find(left_out.begin(), left_out.end(), name) == left_out.end()) out.flag(member, flag);
  };
  say("ipRestrict", "ip_restricted", permissions.ip_restricted);
  out.number("createTime", permissions.created.ms);
  say("enableReading", "reading", permissions.reading);
  say("enableWithdrawals", "withdrawals", permissions.withdrawals);
  say("enableInternalTransfer", "internal_transfer", permissions.internal_transfer);
  say("enableMargin", "margin", permissions.margin);
  say("enableFutures", "futures", permissions.futures);
  say("permitsUniversalTransfer", "universal_transfer", permissions.universal_transfer);
  say("enableVanillaOptions", "options", permissions.options);
  out.flag("enableFixApiTrade", false)
      .flag("enableFixReadOnly", false)
      .flag("enableSpotAndMarginTrading", false);
  say("enablePortfolioMarginTrading", "portfolio_margin", permissions.portfolio_margin);
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
