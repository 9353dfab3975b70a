// User-data events about money and set-up: ACCOUNT_UPDATE, ACCOUNT_CONFIG_UPDATE, MARGIN_CALL.
#include "sim/encode.hpp"

namespace copyd::sim::encode {

namespace {

// What of a wallet is not set aside for isolated positions.
Usd cross_wallet(const Exchange& exchange, AccountIndex index, const std::string& asset) {
  return exchange.asset_state(index, asset).cross_wallet();
}

void balance(JsonWriter& out, const Exchange& exchange, AccountIndex index,
             const std::string& asset, Usd change) {
  out.object()
      .text("a", asset)
      .decimal("wb", exchange.account(index).wallet(asset))
      .decimal("cw", cross_wallet(exchange, index, asset))
      .decimal("bc", change)
      .end_object();
}

void position_row(JsonWriter& out, const Exchange& exchange, AccountIndex index, SymbolIndex symbol,
                  Leg leg) {
  const auto& account = exchange.account(index);
  const Position position = account.position(symbol, leg);
  out.object()
      .text("s", exchange.symbol(symbol).name)
      .decimal("pa", position.qty)
      .decimal("ep", position.entry)
      .decimal("cr", position.realized)
      .decimal("up", exchange.unrealized(symbol, position))
      .text("mt", account.setup(symbol).isolated ? "isolated" : "cross")
      .decimal("iw", position.isolated_wallet)
      .text("ps", name_of(leg))
      .text("ma", exchange.symbol(symbol).quote)
      .decimal("bep", break_even(position))
      .end_object();
}

void head(JsonWriter& out, std::string_view event, VenueTime time) {
  out.object().text("e", event).number("T", time.ms).number("E", time.ms);
}

}  // namespace

std::string account_update(const Exchange& exchange, AccountIndex index, SymbolIndex symbol,
                           Leg leg, VenueTime time) {
  const auto& account = exchange.account(index);
  const auto& asset = exchange.symbol(symbol).quote;
  JsonWriter out;
  head(out, "ACCOUNT_UPDATE", time);
  out.key("a").object().key("B").array();
  balance(out, exchange, index, asset, Usd{});
  if (account.fee_in_bnb && asset != "BNB" && account.wallets.count("BNB") != 0)
    balance(out, exchange, index, "BNB", Usd{});
  out.end_array().key("P").array();
  position_row(out, exchange, index, symbol, leg);
  out.end_array().text("m", "ORDER").end_object().end_object();
  return out.take();
}

std::string account_change(const Exchange& exchange, AccountIndex index,
                           const AccountChange& change) {
  JsonWriter out;
  head(out, "ACCOUNT_UPDATE", change.time);
  out.key("a").object().key("B").array();
  for (const auto& [asset, amount] : change.assets) balance(out, exchange, index, asset, amount);
  out.end_array().key("P").array();
  for (const auto& [symbol, leg] : change.positions)
    position_row(out, exchange, index, symbol, leg);
  out.end_array().text("m", change.reason);
  if (change.symbol) out.text("S", exchange.symbol(*change.symbol).name);
  out.end_object().end_object();
  return out.take();
}

std::string leverage_changed(const Exchange& exchange, SymbolIndex symbol, int leverage,
                             VenueTime time) {
  JsonWriter out;
  head(out, "ACCOUNT_CONFIG_UPDATE", time);
  out.key("ac")
      .object()
      .text("s", exchange.symbol(symbol).name)
      .number("l", leverage)
      .end_object()
      .end_object();
  return out.take();
}

std::string multi_assets_changed(bool on, VenueTime time) {
  JsonWriter out;
  head(out, "ACCOUNT_CONFIG_UPDATE", time);
  out.key("ai").object().flag("j", on).end_object().end_object();
  return out.take();
}

// The cross wallet is named when it is what runs dry.
std::string margin_call(const Exchange& exchange, AccountIndex index,
                        const std::vector<std::pair<SymbolIndex, Leg>>& positions, VenueTime time) {
  const auto& account = exchange.account(index);
  JsonWriter out;
  out.object().text("e", "MARGIN_CALL").number("E", time.ms);
  if (!positions.empty() && !account.setup(positions.front().first).isolated)
    out.decimal("cw",
                cross_wallet(exchange, index, exchange.symbol(positions.front().first).quote));
  out.key("p").array();
  for (const auto& [symbol, leg] : positions) {
    const Position position = account.position(symbol, leg);
    const auto margin = exchange.leg_margin(account, symbol, leg);
    out.object()
        .text("s", exchange.symbol(symbol).name)
        .text("ps", name_of(leg))
        .decimal("pa", position.qty)
        .text("mt", account.setup(symbol).isolated ? "ISOLATED" : "CROSSED")
        .decimal("iw", position.isolated_wallet)
        .decimal("mp", exchange.market(symbol).mark)
        .decimal("up", margin.unrealized)
        .decimal("mm", margin.maintenance)
        .end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace copyd::sim::encode
