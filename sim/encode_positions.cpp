// Positions: REST answers, which the WebSocket API shares, in both of their versions.
#include "sim/encode.hpp"

namespace copyd::sim::encode {

namespace {

// Zero without decimals, as the venue writes what is not there.
std::string or_zero(Usd value) {
  return value.is_zero() ? "0" : eight(value);
}

std::string price_or_zero(Price price) {
  return price.is_zero() ? "0.0" : std::string(FixedText(price).view());
}

// One row of a list: a leg, and what there is of it.
struct LegOf {
  SymbolIndex symbol;
  Leg leg;
};

// The legs of one version's lists: those in use, or every symbol's.
std::vector<LegOf> listed(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> only, AccountVersion version) {
  const auto& account = exchange.account(index);
  std::vector<LegOf> legs;
  if (version == AccountVersion::v3) {
    for (const auto& [symbol, leg] : exchange.legs_in_use(account))
      if (!only || *only == symbol) legs.push_back({symbol, leg});
    return legs;
  }
  for (SymbolIndex symbol = 0; symbol < exchange.symbols().size(); ++symbol) {
    if (only && *only != symbol) continue;
    if (account.mode == PositionMode::one_way) {
      legs.push_back({symbol, Leg::both});
    } else {
      legs.push_back({symbol, Leg::long_});
      legs.push_back({symbol, Leg::short_});
    }
  }
  return legs;
}

// What an isolated position keeps and has won; 0 in cross margin.
Usd isolated_margin(const Account& account, SymbolIndex symbol, const Position& position,
                    const LegMargin& margin) {
  return account.setup(symbol).isolated && !position.qty.is_zero()
             ? position.isolated_wallet + margin.unrealized
             : Usd{};
}

std::string largest(const Exchange& exchange, SymbolIndex symbol, int leverage) {
  return std::string(FixedText(largest_at(exchange.brackets(symbol), leverage)).view());
}

// Above 0 while there is something to deleverage.
int adl_quantile(const Position& position) {
  return position.qty.is_zero() ? 0 : 2;
}

std::string liquidation(const Exchange& exchange, AccountIndex index, LegOf where) {
  const Price price = exchange.liquidation_price(index, where.symbol, where.leg);
  return price.is_zero() ? "0" : padded(price, 8);
}

void account_row_v3(JsonWriter& out, const Exchange& exchange, const Account& account,
                    LegOf where) {
  const auto position = account.position(where.symbol, where.leg);
  const auto margin = exchange.leg_margin(account, where.symbol, where.leg);
  out.object()
      .text("symbol", exchange.symbol(where.symbol).name)
      .text("positionSide", name_of(where.leg))
      .decimal("positionAmt", position.qty)
      .text("unrealizedProfit", eight(margin.unrealized))
      .text("isolatedMargin", or_zero(isolated_margin(account, where.symbol, position, margin)))
      .text("notional", or_zero(margin.value))
      .text("isolatedWallet", or_zero(position.isolated_wallet))
      .text("initialMargin", or_zero(margin.initial()))
      .text("maintMargin", or_zero(margin.maintenance))
      .number("updateTime", position.updated.ms)
      .end_object();
}

void account_row_v2(JsonWriter& out, const Exchange& exchange, const Account& account,
                    LegOf where) {
  const auto position = account.position(where.symbol, where.leg);
  const auto margin = exchange.leg_margin(account, where.symbol, where.leg);
  const auto setup = account.setup(where.symbol);
  const auto& spec = exchange.symbol(where.symbol);
  out.object()
      .text("symbol", spec.name)
      .text("initialMargin", or_zero(margin.initial()))
      .text("maintMargin", or_zero(margin.maintenance))
      .text("unrealizedProfit", eight(margin.unrealized))
      .text("positionInitialMargin", or_zero(margin.position_margin))
      .text("openOrderInitialMargin", or_zero(margin.open_order_margin))
      .text("leverage", std::to_string(setup.leverage))
      .flag("isolated", setup.isolated)
      .text("entryPrice", price_or_zero(position.entry))
      .text("breakEvenPrice", price_or_zero(break_even(position)))
      .text("maxNotional", largest(exchange, where.symbol, setup.leverage))
      .text("positionSide", name_of(where.leg))
      .text("positionAmt", padded(position.qty, spec.quantity_precision))
      .text("notional", or_zero(margin.value))
      .text("isolatedWallet", or_zero(position.isolated_wallet))
      .number("updateTime", position.updated.ms)
      .text("bidNotional", or_zero(margin.bids))
      .text("askNotional", or_zero(margin.asks))
      .end_object();
}

void risk_row_v3(JsonWriter& out, const Exchange& exchange, AccountIndex index, LegOf where) {
  const auto& account = exchange.account(index);
  const auto position = account.position(where.symbol, where.leg);
  const auto margin = exchange.leg_margin(account, where.symbol, where.leg);
  out.object()
      .text("symbol", exchange.symbol(where.symbol).name)
      .text("positionSide", name_of(where.leg))
      .decimal("positionAmt", position.qty)
      .text("entryPrice", price_or_zero(position.entry))
      .text("breakEvenPrice", price_or_zero(break_even(position)))
      .text("markPrice", padded(exchange.market(where.symbol).mark, 8))
      .text("unRealizedProfit", eight(margin.unrealized))
      .text("liquidationPrice", liquidation(exchange, index, where))
      .text("isolatedMargin", or_zero(isolated_margin(account, where.symbol, position, margin)))
      .text("notional", or_zero(margin.value))
      .text("marginAsset", exchange.symbol(where.symbol).quote)
      .text("isolatedWallet", or_zero(position.isolated_wallet))
      .text("initialMargin", or_zero(margin.initial()))
      .text("maintMargin", or_zero(margin.maintenance))
      .text("positionInitialMargin", or_zero(margin.position_margin))
      .text("openOrderInitialMargin", or_zero(margin.open_order_margin))
      .number("adl", adl_quantile(position))
      .text("bidNotional", or_zero(margin.bids))
      .text("askNotional", or_zero(margin.asks))
      .number("updateTime", position.updated.ms)
      .end_object();
}

void risk_row_v2(JsonWriter& out, const Exchange& exchange, AccountIndex index, LegOf where,
                 bool undocumented) {
  const auto& account = exchange.account(index);
  const auto position = account.position(where.symbol, where.leg);
  const auto margin = exchange.leg_margin(account, where.symbol, where.leg);
  const auto setup = account.setup(where.symbol);
  const auto& spec = exchange.symbol(where.symbol);
  out.object()
      .text("symbol", spec.name)
      .text("positionAmt", padded(position.qty, spec.quantity_precision))
      .text("entryPrice", price_or_zero(position.entry))
      .text("breakEvenPrice", price_or_zero(break_even(position)))
      .text("markPrice", padded(exchange.market(where.symbol).mark, 8))
      .text("unRealizedProfit", eight(margin.unrealized))
      .text("liquidationPrice", liquidation(exchange, index, where))
      .text("leverage", std::to_string(setup.leverage))
      .text("maxNotionalValue", largest(exchange, where.symbol, setup.leverage))
      .text("marginType", setup.isolated ? "isolated" : "cross")
      .text("isolatedMargin", eight(isolated_margin(account, where.symbol, position, margin)))
      .text("isAutoAddMargin", "false")
      .text("positionSide", name_of(where.leg))
      .text("notional", or_zero(margin.value))
      .text("isolatedWallet", or_zero(position.isolated_wallet))
      .number("updateTime", position.updated.ms);
  if (undocumented)
    out.flag("isolated", setup.isolated).number("adlQuantile", adl_quantile(position));
  out.end_object();
}

}  // namespace

// Where a close would just pay the fees of both sides, by the venue's own simple rule.
Price break_even(const Position& position) {
  const std::int64_t fee = position.entry.units() / 2000;
  if (position.qty.sign() == 0) return {};
  return Price::from_units(position.entry.units() + (position.qty.sign() > 0 ? fee : -fee));
}

void account_positions(JsonWriter& out, const Exchange& exchange, AccountIndex index,
                       AccountVersion version) {
  const auto& account = exchange.account(index);
  for (const auto& where : listed(exchange, index, std::nullopt, version)) {
    if (version == AccountVersion::v3) account_row_v3(out, exchange, account, where);
    else account_row_v2(out, exchange, account, where);
  }
}

std::string position_risk(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> symbol) {
  JsonWriter out;
  out.array();
  for (const auto& where : listed(exchange, index, symbol, AccountVersion::v3))
    risk_row_v3(out, exchange, index, where);
  out.end_array();
  return out.take();
}

std::string position_risk_v2(const Exchange& exchange, AccountIndex index,
                             std::optional<SymbolIndex> symbol, bool undocumented) {
  JsonWriter out;
  out.array();
  for (const auto& where : listed(exchange, index, symbol, AccountVersion::v2))
    risk_row_v2(out, exchange, index, where, undocumented);
  out.end_array();
  return out.take();
}

std::string adl_quantiles(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> only) {
  const auto& account = exchange.account(index);
  std::set<SymbolIndex> symbols;
  for (const auto& [where, position] : account.positions)
    if (!position.qty.is_zero() && (!only || *only == where.first)) symbols.insert(where.first);
  JsonWriter out;
  out.array();
  for (const SymbolIndex symbol : symbols) {
    out.object().text("symbol", exchange.symbol(symbol).name).key("adlQuantile").object();
    const auto quantile = [&](Leg leg) { return adl_quantile(account.position(symbol, leg)); };
    if (account.mode == PositionMode::hedge) {
      out.number("LONG", quantile(Leg::long_)).number("SHORT", quantile(Leg::short_));
      out.number("HEDGE", 0);
    } else {
      out.number("LONG", 0).number("SHORT", 0).number("BOTH", quantile(Leg::both));
    }
    out.end_object().end_object();
  }
  out.end_array();
  return out.take();
}

std::string symbol_config(const Exchange& exchange, AccountIndex index,
                          std::optional<SymbolIndex> symbol) {
  JsonWriter out;
  out.array();
  for (SymbolIndex each = 0; each < exchange.symbols().size(); ++each) {
    if (symbol && *symbol != each) continue;
    const auto setup = exchange.account(index).setup(each);
    out.object()
        .text("symbol", exchange.symbol(each).name)
        .text("marginType", setup.isolated ? "ISOLATED" : "CROSSED")
        .flag("isAutoAddMargin", false)
        .number("leverage", setup.leverage)
        .text("maxNotionalValue", largest(exchange, each, setup.leverage))
        .end_object();
  }
  out.end_array();
  return out.take();
}

std::string leverage_brackets(const Exchange& exchange, std::optional<SymbolIndex> symbol) {
  JsonWriter out;
  out.array();
  for (SymbolIndex each = 0; each < exchange.symbols().size(); ++each) {
    if (symbol && *symbol != each) continue;
    out.object().text("symbol", exchange.symbol(each).name).key("notionalCoef").raw("1.0");
    out.key("brackets").array();
    for (const auto& bracket : exchange.brackets(each))
      out.object()
          .number("bracket", bracket.number)
          .number("initialLeverage", bracket.leverage)
          .key("notionalCap")
          .raw(FixedText(bracket.cap).view())
          .key("notionalFloor")
          .raw(FixedText(bracket.floor).view())
          .key("maintMarginRatio")
          .raw(FixedText(bracket.maintenance).view())
          .key("cum")
          .raw(FixedText(bracket.cumulative).view())
          .end_object();
    out.end_array().end_object();
  }
  out.end_array();
  return out.take();
}

std::string leverage_set(const Exchange& exchange, SymbolIndex symbol, int leverage) {
  JsonWriter out;
  out.object()
      .number("leverage", leverage)
      .text("maxNotionalValue", largest(exchange, symbol, leverage))
      .text("symbol", exchange.symbol(symbol).name)
      .end_object();
  return out.take();
}

}  // namespace copyd::sim::encode
