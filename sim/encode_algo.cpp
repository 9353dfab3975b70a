// Conditional orders: REST and WebSocket answers, and the ALGO_UPDATE event.
#include "sim/encode.hpp"

namespace copyd::sim::encode {

namespace {

// The plain order that it became, or null.
const Order* actual_order(const Exchange& exchange, AccountIndex account, const AlgoOrder& algo) {
  return algo.actual_order_id == 0
             ? nullptr
             : exchange.account(account).find_order(algo.symbol, algo.actual_order_id);
}

std::string actual_id(const AlgoOrder& algo) {
  return algo.actual_order_id == 0 ? "" : std::to_string(algo.actual_order_id);
}

void identity(JsonWriter& out, const Exchange& exchange, const AlgoOrder& algo) {
  const auto& spec = exchange.symbol(algo.symbol);
  out.object()
      .number("algoId", algo.id)
      .text("clientAlgoId", algo.client_id)
      .text("algoType", "CONDITIONAL")
      .text("orderType", name_of(algo.type))
      .text("symbol", spec.name)
      .text("side", name_of(algo.side))
      .text("positionSide", name_of(algo.leg))
      .text("timeInForce", name_of(algo.tif))
      .decimal("quantity", algo.qty)
      .text("algoStatus", name_of(algo.status));
}

void prices(JsonWriter& out, const Exchange& exchange, const AlgoOrder& algo) {
  const int decimals = exchange.symbol(algo.symbol).price_precision;
  out.text("triggerPrice", padded(algo.trigger, decimals))
      .text("price", padded(algo.price, decimals));
  out.key("icebergQuantity").null();
}

void conditions(JsonWriter& out, const AlgoOrder& algo) {
  out.text("selfTradePreventionMode", algo.self_trade_prevention)
      .text("workingType", algo.by_mark ? "MARK_PRICE" : "CONTRACT_PRICE")
      .text("priceMatch", algo.price_match)
      .flag("closePosition", algo.close_position)
      .flag("priceProtect", algo.price_protect)
      .flag("reduceOnly", algo.reduce_only);
  if (algo.is_trailing())
    out.decimal("activatePrice", algo.activation)
        .decimal("callbackRate", Ratio::from_units(algo.callback.units() * 100));
  out.number("createTime", algo.created.ms)
      .number("updateTime", algo.updated.ms)
      .number("triggerTime", algo.triggered.ms)
      .number("goodTillDate", algo.good_till.ms);
}

void actual(JsonWriter& out, const Exchange& exchange, AccountIndex account,
            const AlgoOrder& algo) {
  const Order* order = actual_order(exchange, account, algo);
  out.text("actualOrderId", actual_id(algo))
      .text("actualPrice", padded(order != nullptr ? order->average() : Price{},
                                  exchange.symbol(algo.symbol).price_precision + 1));
  if (order != nullptr)
    out.decimal("actualQty", order->executed).text("actualType", name_of(order->type));
}

// "5" as "5.0": this list alone writes its decimals so.
template <class T>
std::string with_point(T value) {
  std::string text(FixedText(value).view());
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string placed_algo(const Exchange& exchange, const AlgoOrder& algo) {
  JsonWriter out;
  identity(out, exchange, algo);
  prices(out, exchange, algo);
  conditions(out, algo);
  out.end_object();
  return out.take();
}

std::string queried_algo(const Exchange& exchange, AccountIndex account, const AlgoOrder& algo) {
  const std::string nothing = padded(Price{}, exchange.symbol(algo.symbol).price_precision);
  JsonWriter out;
  identity(out, exchange, algo);
  actual(out, exchange, account, algo);
  prices(out, exchange, algo);
  out.text("tpTriggerPrice", nothing)
      .text("tpPrice", nothing)
      .text("slTriggerPrice", nothing)
      .text("slPrice", nothing)
      .text("tpOrderType", "");
  conditions(out, algo);
  out.end_object();
  return out.take();
}

void open_algo(JsonWriter& out, const Exchange& exchange, const AlgoOrder& algo) {
  identity(out, exchange, algo);
  out.text("actualOrderId", actual_id(algo))
      .text("actualQty", "0.0")
      .text("triggerPrice", with_point(algo.trigger))
      .text("price", with_point(algo.price));
  out.key("icebergQuantity").null();
  conditions(out, algo);
  out.flag("isActivated", algo.activated).end_object();
}

void listed_algo(JsonWriter& out, const Exchange& exchange, AccountIndex account,
                 const AlgoOrder& algo) {
  identity(out, exchange, algo);
  actual(out, exchange, account, algo);
  prices(out, exchange, algo);
  out.text("tpOrderType", "");
  conditions(out, algo);
  out.flag("isActivated", algo.activated).end_object();
}

std::string canceled_algo(const AlgoOrder& algo) {
  JsonWriter out;
  out.object()
      .number("algoId", algo.id)
      .text("clientAlgoId", algo.client_id)
      .text("code", "200")
      .text("msg", "success")
      .end_object();
  return out.take();
}

std::string algo_update(const Exchange& exchange, AccountIndex account, const AlgoOrder& algo,
                        VenueTime time) {
  const Order* order = actual_order(exchange, account, algo);
  JsonWriter out;
  out.object().text("e", "ALGO_UPDATE").number("T", time.ms).number("E", time.ms);
  out.key("o")
      .object()
      .text("caid", algo.client_id)
      .number("aid", algo.id)
      .text("at", "CONDITIONAL")
      .text("o", name_of(algo.type))
      .text("s", exchange.symbol(algo.symbol).name)
      .text("S", name_of(algo.side))
      .text("ps", name_of(algo.leg))
      .text("f", name_of(algo.tif))
      .decimal("q", algo.qty)
      .text("X", name_of(algo.status))
      .text("ai", actual_id(algo));
  if (algo.actual_order_id != 0)
    out.decimal("ap", order != nullptr ? order->average() : Price{})
        .decimal("aq", order != nullptr ? order->executed : Qty{})
        .text("act", name_of(algo.order_type()));
  out.decimal("tp", algo.trigger)
      .decimal("p", algo.price)
      .text("V", algo.self_trade_prevention)
      .text("wt", algo.by_mark ? "MARK_PRICE" : "CONTRACT_PRICE")
      .text("pm", algo.price_match)
      .flag("cp", algo.close_position)
      .flag("pP", algo.price_protect)
      .flag("R", algo.reduce_only)
      .number("tt", algo.triggered.ms)
      .number("gtd", algo.good_till.ms)
      .flag("ia", algo.activated);
  if (!algo.reject_reason.empty()) out.text("rm", algo.reject_reason);
  out.end_object().end_object();
  return out.take();
}

}  // namespace copyd::sim::encode
