#include "tests/differential/event_text.hpp"

#include <initializer_list>
#include <variant>

namespace copyd::testing {

using namespace copyd::venue;

std::string quoted(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      out += hex[byte >> 4];
      out += hex[byte & 0xf];
    }
  }
  return out += '"';
}

namespace {

std::string words(Side side) {
  return side == Side::buy ? "BUY" : "SELL";
}
std::string words(Leg leg) {
  return leg == Leg::both ? "BOTH" : leg == Leg::long_ ? "LONG" : "SHORT";
}

// Names in the order of the enumerators.
template <class Enum, std::size_t count>
std::string word(Enum value, const char* const (&names)[count]) {
  return names[static_cast<std::size_t>(value)];
}
std::string words(Execution e) {
  return word(e, {"NEW", "TRADE", "CALCULATED", "CANCELED", "EXPIRED", "AMENDMENT", "other"});
}
std::string words(OrderStatus s) {
  return word(s, {"NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH",
                  "REJECTED", "other"});
}
std::string words(OrderType t) {
  return word(t, {"LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
                  "TRAILING_STOP_MARKET", "LIQUIDATION", "other"});
}
std::string words(TimeInForce t) {
  return word(t, {"GTC", "IOC", "FOK", "GTX", "GTD", "RPI", "GTE_GTC", "other"});
}
std::string words(AlgoStatus s) {
  return word(s, {"NEW", "CANCELED", "TRIGGERING", "TRIGGERED", "FINISHED", "REJECTED", "EXPIRED",
                  "other"});
}
std::string words(MarginType m) {
  return word(m, {"other", "cross", "isolated"});
}
std::string id_of(SymbolId symbol, bool known) {
  return known ? '#' + std::to_string(symbol.value) : "#-";
}

// name=value, one after the other.
class Line {
 public:
  explicit Line(std::string_view kind) : text_(kind) {}
  Line& put(std::string_view name, const std::string& value) {
    text_.append(" ").append(name).append("=").append(value);
    return *this;
  }
  Line& put(std::string_view name, std::int64_t value) { return put(name, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

struct Text {
  std::string operator()(const OrderUpdate& o) const {
    Line line("order");
    line.put("symbol", quoted(o.symbol_name) + id_of(o.symbol, o.symbol_known));
    line.put("client", quoted(o.client_order_id)).put("side", words(o.side));
    line.put("leg", words(o.leg)).put("execution", words(o.execution));
    line.put("status", words(o.status)).put("order", o.order.value).put("trade", o.trade.value);
    line.put("order_qty", o.order_qty.units()).put("last_qty", o.last_qty.units());
    line.put("cumulative_qty", o.cumulative_qty.units()).put("last_price", o.last_price.units());
    line.put("average_price", o.average_price.units()).put("trade_time", o.trade_time.ms);
    line.put("event_time", o.event_time.ms).put("maker", o.maker);
    line.put("reduce_only", o.reduce_only).put("forced", o.forced).put("fill", o.is_fill());
    return line.take();
  }
  std::string operator()(const AccountUpdate& a) const {
    Line line("account");
    line.put("reason", quoted(a.reason)).put("of", quoted(a.symbol_name));
    line.put("time", a.time.ms).put("event_time", a.event_time.ms);
    for (const auto& row : a.positions) {
      line.put("position", quoted(row.symbol_name) + id_of(row.symbol, row.symbol_known));
      line.put("leg", words(row.leg)).put("margin", words(row.margin)).put("qty", row.qty.units());
      line.put("entry", row.entry.units()).put("break_even", row.break_even.units());
      line.put("realised", row.realised.units()).put("unrealised", row.unrealised.units());
      line.put("isolated", row.isolated_wallet.units()).put("asset", quoted(row.margin_asset));
    }
    for (const auto& row : a.balances) {
      line.put("balance", quoted(row.asset)).put("wallet", row.wallet.units());
      line.put("cross", row.cross_wallet.units()).put("change", row.change.units());
    }
    return line.take();
  }
  std::string operator()(const TradeLite& t) const {
    Line line("trade_lite");
    line.put("symbol", quoted(t.symbol_name) + id_of(t.symbol, t.symbol_known));
    line.put("client", quoted(t.client_order_id)).put("side", words(t.side));
    line.put("order", t.order.value).put("trade", t.trade.value);
    line.put("order_qty", t.order_qty.units()).put("last_qty", t.last_qty.units());
    line.put("last_price", t.last_price.units()).put("order_price", t.order_price.units());
    line.put("trade_time", t.trade_time.ms).put("event_time", t.event_time.ms);
    return line.put("maker", t.maker).put("forced", t.forced).take();
  }
  std::string operator()(const ListenKeyExpired& e) const {
    Line line("listen_key_expired");
    return line.put("event_time", e.event_time.ms).put("key", quoted(e.listen_key)).take();
  }
  std::string operator()(const AccountConfigUpdate& c) const {
    Line line("account_config");
    line.put("symbol", quoted(c.symbol_name) + id_of(c.symbol, c.symbol_known));
    line.put("leverage", c.leverage).put("time", c.time.ms).put("event_time", c.event_time.ms);
    if (c.multi_assets) line.put("multi_assets", *c.multi_assets);
    return line.take();
  }
  std::string operator()(const MarginCall& m) const {
    Line line("margin_call");
    line.put("event_time", m.event_time.ms);
    if (m.cross_wallet) line.put("cross", m.cross_wallet->units());
    for (const auto& row : m.rows) {
      line.put("position", quoted(row.symbol_name) + id_of(row.symbol, row.symbol_known));
      line.put("leg", words(row.leg)).put("margin", words(row.margin)).put("qty", row.qty.units());
      line.put("isolated", row.isolated_wallet.units()).put("mark", row.mark.units());
      line.put("unrealised", row.unrealised.units());
      line.put("maintenance", row.maintenance_margin.units());
    }
    return line.take();
  }
  std::string operator()(const AlgoUpdate& a) const {
    Line line("algo");
    line.put("symbol", quoted(a.symbol_name) + id_of(a.symbol, a.symbol_known));
    line.put("client", quoted(a.client_algo_id)).put("side", words(a.side));
    line.put("leg", words(a.leg)).put("type", words(a.type)).put("status", words(a.status));
    line.put("algo", a.algo).put("actual_type", words(a.actual_type));
    line.put("tif", words(a.time_in_force)).put("reduce_only", a.reduce_only);
    line.put("close_all", a.close_all).put("activated", a.activated).put("order", a.order.value);
    line.put("qty", a.qty.units()).put("executed", a.executed_qty.units());
    line.put("average", a.average_price.units()).put("trigger", a.trigger_price.units());
    line.put("price", a.price.units()).put("trigger_time", a.trigger_time.ms);
    line.put("reason", quoted(a.reason)).put("time", a.time.ms);
    return line.put("event_time", a.event_time.ms).take();
  }
  std::string operator()(const ServerShutdown& e) const {
    return Line("server_shutdown").put("event_time", e.event_time.ms).take();
  }
  std::string operator()(const OtherEvent& e) const {
    return Line("other").put("name", quoted(e.name)).put("known", e.known).take();
  }
};

}  // namespace

std::string text_of(const Result<UserEvent>& event) {
  return event.has_value() ? std::visit(Text{}, *event) : malformed_text;
}

}  // namespace copyd::testing
