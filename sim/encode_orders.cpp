// Orders and trades: REST and WebSocket answers, and the events of the user-data stream.
#include "sim/encode.hpp"

namespace copyd::sim::encode {

namespace {

// The members that every description of an order ends its first half with.
void conditions(JsonWriter& out, const SymbolSpec& spec, const Order& order) {
  out.text("timeInForce", name_of(order.tif))
      .text("type", name_of(order.type))
      .flag("reduceOnly", order.reduce_only)
      .flag("closePosition", order.close_position)
      .text("side", name_of(order.side))
      .text("positionSide", name_of(order.leg))
      .text("stopPrice", padded(Price{}, spec.price_precision))
      .text("workingType", "CONTRACT_PRICE")
      .flag("priceProtect", false)
      .text("origType", name_of(order.type))
      .text("priceMatch", order.price_match)
      .text("selfTradePreventionMode", order.self_trade_prevention)
      .number("goodTillDate", order.good_till.ms);
}

// Of the account's orders that rest on one side of the symbol, this one included.
Usd open_notional(const Exchange& exchange, AccountIndex index, const Order& order, Side side) {
  const auto& account = exchange.account(index);
  Usd sum;
  const auto open = account.open_orders.find(order.symbol);
  if (open != account.open_orders.end())
    for (const auto place : open->second) {
      const Order& other = account.orders[place];
      if (other.side == side && other.id != order.id)
        sum += notional(other.price, other.remaining());
    }
  const bool rests = !order.is_done() && order.type == OrderType::limit &&
                     order.tif != TimeInForce::ioc && order.tif != TimeInForce::fok;
  if (rests && order.side == side) sum += notional(order.price, order.remaining());
  return sum;
}

std::string average(const SymbolSpec& spec, const Order& order) {
  return padded(order.average(), spec.price_precision + 1);
}

}  // namespace

std::string placed_order(const Exchange& exchange, const Order& order, bool full_result) {
  return answered_order(exchange, order, {.at_birth = !full_result});
}

std::string answered_order(const Exchange& exchange, const Order& order, AnswerShape shape) {
  const auto& spec = exchange.symbol(order.symbol);
  const Qty executed = shape.at_birth ? Qty{} : order.executed;
  const OrderStatus status = shape.at_birth ? OrderStatus::new_ : order.status;
  JsonWriter out;
  out.object().number("orderId", order.id).text("symbol", spec.name);
  if (shape.pair) out.text("pair", spec.name);
  out.text("status", name_of(status))
      .text("clientOrderId", order.client_id)
      .text("price", padded(order.price, spec.price_precision))
      .text("origQty", padded(order.qty, spec.quantity_precision))
      .text("executedQty", padded(executed, spec.quantity_precision))
      .text("cumQty", padded(executed, spec.quantity_precision));
  conditions(out, spec, order);
  if (shape.modify_id && order.modify_id) out.number("modifyId", *order.modify_id);
  out.number("updateTime", order.updated.ms).end_object();
  return out.take();
}

std::string queried_order(const Exchange& exchange, const Order& order) {
  const auto& spec = exchange.symbol(order.symbol);
  JsonWriter out;
  out.object()
      .number("orderId", order.id)
      .text("symbol", spec.name)
      .text("status", name_of(order.status))
      .text("clientOrderId", order.client_id)
      .text("price", padded(order.price, spec.price_precision))
      .text("avgPrice", average(spec, order))
      .text("origQty", padded(order.qty, spec.quantity_precision))
      .text("executedQty", padded(order.executed, spec.quantity_precision))
      .text("cumQuote", padded(order.quote, spec.price_precision + spec.quantity_precision));
  conditions(out, spec, order);
  out.number("time", order.created.ms).number("updateTime", order.updated.ms).end_object();
  return out.take();
}

void listed_order(JsonWriter& out, const Exchange& exchange, const Order& order) {
  const auto& spec = exchange.symbol(order.symbol);
  const bool market = order.price.is_zero();
  out.object()
      .number("orderId", order.id)
      .text("symbol", spec.name)
      .text("status", name_of(order.status))
      .text("clientOrderId", order.client_id)
      .text("price", market ? "0" : padded(order.price, spec.price_precision))
      .text("avgPrice", average(spec, order))
      .text("origQty", padded(order.qty, spec.quantity_precision))
      .decimal("executedQty", order.executed)
      .text("cumQuote", order.quote.is_zero()
                            ? "0"
                            : padded(order.quote, spec.price_precision + spec.quantity_precision))
      .text("cumBase", "0")
      .text("timeInForce", name_of(order.tif))
      .text("type", name_of(order.type))
      .flag("reduceOnly", order.reduce_only)
      .flag("closePosition", order.close_position)
      .text("side", name_of(order.side))
      .text("positionSide", name_of(order.leg))
      .text("stopPrice", "0")
      .text("workingType", "CONTRACT_PRICE")
      .text("priceMatch", order.price_match)
      .text("selfTradePreventionMode", order.self_trade_prevention)
      .number("goodTillDate", order.good_till.ms)
      .flag("priceProtect", false)
      .text("origType", name_of(order.type))
      .number("time", order.created.ms)
      .number("updateTime", order.updated.ms)
      .text("pair", spec.name)
      .end_object();
}

// The venue still shows the older, shorter row here.
void forced_order(JsonWriter& out, const Exchange& exchange, const Order& order) {
  const auto& spec = exchange.symbol(order.symbol);
  out.object()
      .number("orderId", order.id)
      .text("symbol", spec.name)
      .text("status", name_of(order.status))
      .text("clientOrderId", order.client_id)
      .text("price", padded(order.price, spec.price_precision))
      .text("avgPrice", average(spec, order))
      .decimal("origQty", order.qty)
      .decimal("executedQty", order.executed)
      .decimal("cumQuote", order.quote)
      .text("timeInForce", name_of(order.tif))
      .text("type", "LIMIT")
      .flag("reduceOnly", order.reduce_only)
      .flag("closePosition", false)
      .text("side", name_of(order.side))
      .text("positionSide", name_of(order.leg))
      .text("stopPrice", "0")
      .text("workingType", "CONTRACT_PRICE")
      .text("origType", "LIMIT")
      .number("time", order.created.ms)
      .number("updateTime", order.updated.ms)
      .end_object();
}

void amendment(JsonWriter& out, const Exchange& exchange, const Amendment& amendment) {
  const auto& spec = exchange.symbol(amendment.symbol);
  out.object()
      .number("amendmentId", amendment.id)
      .text("symbol", spec.name)
      .text("pair", spec.name)
      .number("orderId", amendment.order_id)
      .text("clientOrderId", amendment.client_id)
      .number("time", amendment.time.ms);
  out.key("amendment").object();
  out.key("price")
      .object()
      .decimal("before", amendment.price_before)
      .decimal("after", amendment.price_after)
      .end_object();
  out.key("origQty")
      .object()
      .decimal("before", amendment.qty_before)
      .decimal("after", amendment.qty_after)
      .end_object();
  out.number("count", amendment.count).end_object().end_object();
}

void user_trade(JsonWriter& out, const Exchange& exchange, const Trade& trade) {
  const auto& spec = exchange.symbol(trade.symbol);
  out.object()
      .text("symbol", spec.name)
      .number("id", trade.id)
      .number("orderId", trade.order_id)
      .text("pair", spec.name)
      .text("side", name_of(trade.side))
      .text("price", padded(trade.price, spec.price_precision))
      .decimal("qty", trade.qty)
      .decimal("realizedPnl", trade.realized)
      .text("quoteQty", padded(notional(trade.price, trade.qty),
                               spec.price_precision + spec.quantity_precision))
      .decimal("commission", trade.fee)
      .text("commissionAsset", trade.fee_asset)
      .number("time", trade.time.ms)
      .flag("buyer", trade.side == Side::buy)
      .flag("maker", trade.maker)
      .text("positionSide", name_of(trade.leg))
      .text("baseQty", "0")
      .text("marginAsset", spec.quote)
      .end_object();
}

std::string trade_lite(const Exchange& exchange, const Order& order, const Trade& trade) {
  const auto& spec = exchange.symbol(order.symbol);
  JsonWriter out;
  out.object()
      .text("e", "TRADE_LITE")
      .number("E", trade.time.ms)
      .number("T", trade.time.ms)
      .text("s", spec.name)
      .text("q", padded(order.qty, spec.quantity_precision))
      .text("p", padded(order.price, spec.price_precision))
      .flag("m", trade.maker)
      .text("c", order.client_id)
      .text("S", name_of(order.side))
      .text("L", padded(trade.price, spec.price_precision))
      .text("l", padded(trade.qty, spec.quantity_precision))
      .number("t", trade.id)
      .number("i", order.id)
      .end_object();
  return out.take();
}

std::string order_trade_update(const Exchange& exchange, AccountIndex account, const Order& order,
                               Execution execution, const Trade* trade) {
  const auto& spec = exchange.symbol(order.symbol);
  const std::int64_t time = order.updated.ms;
  JsonWriter out;
  out.object().text("e", "ORDER_TRADE_UPDATE").number("T", time).number("E", time);
  out.key("o")
      .object()
      .text("s", spec.name)
      .text("c", order.client_id)
      .text("S", name_of(order.side))
      .text("o", name_of(order.type))
      .text("f", name_of(order.tif))
      .decimal("q", order.qty)
      .decimal("p", order.price)
      .decimal("ap", order.average())
      .text("sp", "0")
      .text("x", name_of(execution))
      .text("X", name_of(order.status))
      .number("i", order.id);
  if (execution == Execution::amendment && order.modify_id)
    out.text("M", std::to_string(*order.modify_id));
  out.decimal("l", trade != nullptr ? trade->qty : Qty{})
      .decimal("z", order.executed)
      .decimal("L", trade != nullptr ? trade->price : Price{})
      .decimal("n", trade != nullptr ? trade->fee : Usd{})
      .text("N", trade != nullptr ? trade->fee_asset : spec.quote)
      .number("T", time)
      .number("t", trade != nullptr ? trade->id : 0)
      .decimal("b", open_notional(exchange, account, order, Side::buy))
      .decimal("a", open_notional(exchange, account, order, Side::sell))
      .flag("m", trade != nullptr && trade->maker)
      .flag("R", order.reduce_only)
      .text("wt", "CONTRACT_PRICE")
      .text("ot", name_of(order.type))
      .text("ps", name_of(order.leg))
      .flag("cp", order.close_position)
      .decimal("rp", trade != nullptr ? trade->realized : Usd{})
      .flag("pP", false)
      .number("si", 0)
      .number("ss", 0)
      .text("V", order.self_trade_prevention)
      .text("pm", order.price_match)
      .number("gtd", order.good_till.ms)
      .text("er", std::to_string(order.expiry_reason))
      .end_object()
      .end_object();
  return out.take();
}

}  // namespace copyd::sim::encode
