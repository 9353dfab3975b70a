// The control commands `trade`, `fill` and `ledger`.
#include "sim/control_fields.hpp"

namespace copyd::sim {

namespace {

Answer<std::vector<Fill>> read_fills(const std::string& json, Qty step) {
  const auto rows = parse_array(json);
  if (!rows || rows->empty()) return control_fault("fills is not an array with something in it");
  std::vector<Fill> fills;
  for (const auto& row : *rows) {
    const auto object = JsonObject::parse(row.text);
    const JsonValue* qty = object ? object->find("qty") : nullptr;
    const JsonValue* price = object ? object->find("price") : nullptr;
    if (qty == nullptr || price == nullptr || object->members().size() != 2)
      return control_fault("a fill is not {\"qty\":…,\"price\":…}");
    const auto quantity = Qty::parse(qty->text);
    const auto at = Price::parse(price->text);
    if (!quantity || quantity->sign() <= 0 || quantity->units() % step.units() != 0)
      return control_fault("a fill's qty is not a positive multiple of the step");
    if (!at || at->sign() <= 0) return control_fault("a fill's price is not positive");
    fills.push_back({*quantity, *at});
  }
  return fills;
}

std::optional<ApiError> read_what(const JsonValue* side, const JsonValue* leg,
                                  const JsonValue* forced, ScriptedTrade& trade) {
  const auto parsed = side != nullptr ? parse_side(side->text) : std::nullopt;
  if (!parsed) return control_fault("side is not BUY or SELL");
  trade.side = *parsed;
  if (leg != nullptr) {
    trade.leg = parse_leg(leg->text);
    if (!trade.leg) return control_fault("position_side is not BOTH, LONG or SHORT");
  }
  if (forced != nullptr) {
    const auto kind = parse_forced(forced->text);
    if (!kind) return control_fault("forced is not liquidation, adl or settlement");
    trade.forced = *kind;
  }
  return std::nullopt;
}

void order_row(JsonWriter& out, const Exchange& exchange, const Order& order) {
  out.object()
      .text("client_order_id", order.client_id)
      .number("order_id", order.id)
      .text("symbol", exchange.symbol(order.symbol).name)
      .text("side", name_of(order.side))
      .text("position_side", name_of(order.leg))
      .text("type", name_of(order.type))
      .text("time_in_force", name_of(order.tif))
      .text("status", name_of(order.status))
      .decimal("qty", order.qty)
      .decimal("executed", order.executed)
      .decimal("price", order.price)
      .decimal("average_price", order.average())
      .flag("reduce_only", order.reduce_only)
      .number("time", order.created.ms)
      .end_object();
}

void trade_row(JsonWriter& out, const Exchange& exchange, const Trade& trade) {
  out.object()
      .text("symbol", exchange.symbol(trade.symbol).name)
      .number("trade_id", trade.id)
      .number("order_id", trade.order_id)
      .text("client_order_id", trade.client_id)
      .text("side", name_of(trade.side))
      .text("position_side", name_of(trade.leg))
      .decimal("qty", trade.qty)
      .decimal("price", trade.price)
      .decimal("fee", trade.fee)
      .text("fee_asset", trade.fee_asset)
      .decimal("realized", trade.realized)
      .flag("maker", trade.maker)
      .number("time", trade.time.ms)
      .end_object();
}

// What changed a wallet and was no trade.
void income_row(JsonWriter& out, const Exchange& exchange, const Income& income) {
  out.object()
      .text("type", name_of(income.type))
      .text("asset", income.asset)
      .decimal("amount", income.amount)
      .text("symbol", income.symbol ? exchange.symbol(*income.symbol).name : "")
      .number("time", income.time.ms)
      .end_object();
}

void account_row(JsonWriter& out, const Exchange& exchange, const Account& account) {
  out.object().text("label", account.label).text("position_mode", name_of(account.mode));
  out.key("wallets").object();
  for (const auto& [asset, amount] : account.wallets) out.decimal(asset, amount);
  out.end_object().key("positions").array();
  for (const auto& [where, position] : account.positions)
    if (!position.qty.is_zero())
      out.object()
          .text("symbol", exchange.symbol(where.first).name)
          .text("leg", name_of(where.second))
          .decimal("qty", position.qty)
          .decimal("entry_price", position.entry)
          .decimal("isolated_wallet", position.isolated_wallet)
          .end_object();
  out.end_array().key("orders").array();
  for (const auto& order : account.orders) order_row(out, exchange, order);
  out.end_array().key("trades").array();
  for (const auto& trade : account.trades) trade_row(out, exchange, trade);
  out.end_array().key("incomes").array();
  for (const auto& income : account.incomes)
    if (income.trade_id == 0) income_row(out, exchange, income);
  out.end_array().end_object();
}

}  // namespace

std::string ledger_members(const Exchange& exchange, std::optional<AccountIndex> only,
                           VenueTime now) {
  JsonWriter out;
  out.number("time", now.ms).key("accounts").array();
  for (AccountIndex index = 0; index < exchange.accounts().size(); ++index)
    if (!only || *only == index) account_row(out, exchange, exchange.account(index));
  out.end_array();
  return out.take();
}

Answer<std::string> Control::ledger(const Fields& fields, VenueTime now) {
  std::optional<AccountIndex> only;
  if (fields.find("account") != nullptr) {
    const auto account = fields.account();
    if (!account.ok()) return account.error();
    only = account.value();
  }
  return ledger_members(world_.exchange(), only, now);
}

Answer<ScriptedTrade> Control::read_trade(const Fields& fields) const {
  const auto& exchange = world_.exchange();
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  ScriptedTrade trade{.symbol = symbol.value(), .fills = {}, .client_id = ""};
  if (auto error = read_what(fields.find("side"), fields.find("position_side"),
                             fields.find("forced"), trade))
    return *error;
  const auto qty = fields.decimal<Qty>("qty");
  if (!qty.ok()) return qty.error();
  trade.qty = qty.value();
  if (fields.find("reduce_only") != nullptr) {
    const auto flag = fields.flag("reduce_only", false);
    if (!flag.ok()) return flag.error();
    trade.reduce_only = flag.value();
  }
  if (fields.find("client_order_id") != nullptr) {
    const auto id = fields.text("client_order_id");
    if (!id.ok()) return id.error();
    trade.client_id = id.value();
  }
  if (const JsonValue* rows = fields.find("fills")) {
    if (fields.find("price") != nullptr) return control_fault("price and fills: one of them");
    auto fills = read_fills(rows->text, exchange.symbol(trade.symbol).step);
    if (!fills.ok()) return fills.error();
    trade.fills = std::move(fills.value());
  } else {
    const auto price = fields.find("price") != nullptr
                           ? fields.decimal<Price>("price")
                           : Answer<Price>(exchange.market(trade.symbol).last);
    if (!price.ok()) return price.error();
    if (price.value().sign() <= 0) return control_fault("price is not positive");
    trade.fills = {{trade.qty, price.value()}};
  }
  Qty sum;
  for (const auto& fill : trade.fills) sum += fill.qty;
  if (sum > trade.qty) return control_fault("the fills are more than qty");
  if (fields.find("price_after") != nullptr) {
    const auto after = fields.decimal<Price>("price_after");
    if (!after.ok()) return after.error();
    if (after.value().sign() <= 0) return control_fault("price_after is not positive");
    trade.price_after = after.value();
  }
  return trade;
}

std::string Control::executed(AccountIndex account, const Order& order, std::size_t trades_before,
                              VenueTime now) const {
  const auto& trades = world_.exchange().account(account).trades;
  JsonWriter out;
  out.number("order_id", order.id)
      .text("client_order_id", order.client_id)
      .text("status", name_of(order.status))
      .decimal("executed", order.executed);
  out.key("trade_ids").array();
  for (std::size_t i = trades_before; i < trades.size(); ++i)
    if (trades[i].order_id == order.id && trades[i].symbol == order.symbol)
      out.integer(trades[i].id);
  out.end_array().number("time", now.ms);
  return out.take();
}

Answer<std::string> Control::fill(const Fields& fields, VenueTime now) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto symbol = fields.symbol();
  if (!symbol.ok()) return symbol.error();
  OrderRef order;
  if (fields.find("order_id") != nullptr) {
    const auto id = fields.integer("order_id", 0);
    if (!id.ok()) return id.error();
    order.id = id.value();
  } else {
    const auto id = fields.text("client_order_id");
    if (!id.ok()) return id.error();
    order.client_id = id.value();
  }
  std::optional<Qty> most;
  if (fields.find("qty") != nullptr) {
    const auto qty = fields.decimal<Qty>("qty");
    if (!qty.ok()) return qty.error();
    most = qty.value();
  }
  const std::size_t before = world_.exchange().account(account.value()).trades.size();
  const auto filled = world_.exchange().fill(account.value(), symbol.value(), order, most, now);
  if (!filled.ok()) return filled.error();
  return executed(account.value(), *filled.value(), before, now);
}

Answer<std::string> Control::trade(const Fields& fields, VenueTime now) {
  const auto account = fields.account();
  if (!account.ok()) return account.error();
  const auto trade = read_trade(fields);
  if (!trade.ok()) return trade.error();
  const std::size_t before = world_.exchange().account(account.value()).trades.size();
  const auto placed = world_.exchange().trade(account.value(), trade.value(), now);
  if (!placed.ok()) return placed.error();
  return executed(account.value(), *placed.value(), before, now);
}

}  // namespace copyd::sim
