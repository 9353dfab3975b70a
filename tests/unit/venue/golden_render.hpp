// What the decoders read, in the words and the order of expected.py.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/venue/support.hpp"
#include "venue/account_codec.hpp"
#include "venue/algo_codec.hpp"
#include "venue/income_codec.hpp"
#include "venue/market_codec.hpp"
#include "venue/order_codec.hpp"
#include "venue/order_details.hpp"
#include "venue/setup_codec.hpp"

namespace copyd::venue::testing {

template <std::size_t Count, class Enum>
std::string name_in(const char* const (&names)[Count], Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < Count ? names[index] : "?";
}
inline std::string words(Side side) {
  return side == Side::buy ? "BUY" : "SELL";
}
inline std::string words(Leg leg) {
  return leg == Leg::both ? "BOTH" : leg == Leg::long_ ? "LONG" : "SHORT";
}
inline std::string words(Execution e) {
  return name_in({"NEW", "TRADE", "CALCULATED", "CANCELED", "EXPIRED", "AMENDMENT", "OTHER"}, e);
}
inline std::string words(OrderStatus s) {
  return name_in({"NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH",
                  "REJECTED", "OTHER"},
                 s);
}
inline std::string words(OrderType t) {
  return name_in({"LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET",
                  "TRAILING_STOP_MARKET", "LIQUIDATION", "OTHER"},
                 t);
}
inline std::string words(TimeInForce t) {
  return name_in({"GTC", "IOC", "FOK", "GTX", "GTD", "RPI", "GTE_GTC", "OTHER"}, t);
}
inline std::string words(AlgoStatus s) {
  return name_in(
      {"NEW", "CANCELED", "TRIGGERING", "TRIGGERED", "FINISHED", "REJECTED", "EXPIRED", "OTHER"},
      s);
}
inline std::string words(MarginType m) {
  return name_in({"UNKNOWN", "CROSS", "ISOLATED"}, m);
}
inline std::string words(bool flag) {
  return flag ? "1" : "0";
}
inline std::string words(std::string_view text) {
  return std::string(text);
}
inline std::string words(std::int64_t number) {
  return std::to_string(number);
}
inline std::string words(int number) {
  return std::to_string(number);
}
inline std::string words(VenueTime time) {
  return std::to_string(time.ms);
}
template <class Tag>
std::string words(Fixed<Tag> value) {
  return std::to_string(value.units());
}
template <class T>
std::string words(const std::optional<T>& value) {
  return value ? words(*value) : "unknown";
}

inline std::string named(std::string_view name, std::optional<SymbolId> symbol) {
  return std::string(name) + "#" + (symbol ? std::to_string(symbol->value) : "-");
}
template <class Event>
std::string named(const Event& event) {
  return named(event.symbol_name, event.symbol_known ? std::optional(event.symbol) : std::nullopt);
}

// name=value pairs, with one space between them.
class Pairs {
 public:
  template <class T>
  Pairs& add(const char* name, const T& value) {
    out_ += (out_.empty() ? "" : " ") + std::string(name) + "=" + words(value);
    return *this;
  }
  std::string text() const { return out_; }

 private:
  std::string out_;
};

inline std::string render(const OrderDetails& d) {
  return Pairs()
      .add("type", d.type)
      .add("original", d.original_type)
      .add("tif", d.time_in_force)
      .add("expiry", static_cast<int>(d.expiry))
      .add("close_all", d.close_all)
      .add("price", d.price)
      .add("stop", d.stop_price)
      .add("fee", d.fee)
      .add("fee_asset", d.fee_asset)
      .add("realised", d.realised)
      .add("prevention", d.self_trade_prevention)
      .add("match", d.price_match)
      .add("modify", d.modify_id)
      .add("till", d.good_till)
      .text();
}

inline std::string render(const OrderUpdate& o) {
  return "order " + Pairs()
                        .add("symbol", named(o))
                        .add("client", o.client_order_id)
                        .add("side", o.side)
                        .add("leg", o.leg)
                        .add("execution", o.execution)
                        .add("status", o.status)
                        .add("order", o.order.value)
                        .add("trade", o.trade.value)
                        .add("order_qty", o.order_qty)
                        .add("last_qty", o.last_qty)
                        .add("cumulative_qty", o.cumulative_qty)
                        .add("last_price", o.last_price)
                        .add("average", o.average_price)
                        .add("trade_time", o.trade_time)
                        .add("event_time", o.event_time)
                        .add("maker", o.maker)
                        .add("reduce_only", o.reduce_only)
                        .add("forced", o.forced)
                        .add("fill", o.is_fill())
                        .text();
}

inline std::string render(const AccountUpdate& a) {
  std::string positions;
  for (const auto& p : a.positions)
    positions += "[" + named(p) + " " + words(p.leg) + " " + words(p.qty) + " " + words(p.entry) +
                 " " + words(p.break_even) + " " + words(p.realised) + " " + words(p.unrealised) +
                 " " + words(p.isolated_wallet) + " " + words(p.margin) + " " +
                 words(p.margin_asset) + "]";
  std::string balances;
  for (const auto& b : a.balances)
    balances += "[" + words(b.asset) + " " + words(b.wallet) + " " + words(b.cross_wallet) + " " +
                words(b.change) + "]";
  return "account " + Pairs()
                          .add("reason", a.reason)
                          .add("symbol", a.symbol_name)
                          .add("time", a.time)
                          .add("event_time", a.event_time)
                          .add("positions", std::string_view(positions))
                          .add("balances", std::string_view(balances))
                          .text();
}

inline std::string render(const TradeLite& t) {
  return "trade_lite " + Pairs()
                             .add("symbol", named(t))
                             .add("client", t.client_order_id)
                             .add("side", t.side)
                             .add("order", t.order.value)
                             .add("trade", t.trade.value)
                             .add("order_qty", t.order_qty)
                             .add("order_price", t.order_price)
                             .add("last_qty", t.last_qty)
                             .add("last_price", t.last_price)
                             .add("trade_time", t.trade_time)
                             .add("event_time", t.event_time)
                             .add("maker", t.maker)
                             .add("forced", t.forced)
                             .text();
}

inline std::string render(const ListenKeyExpired& e) {
  return "expired " + Pairs().add("event_time", e.event_time).add("key", e.listen_key).text();
}

inline std::string render(const AccountConfigUpdate& c) {
  return "config " + Pairs()
                         .add("symbol", named(c))
                         .add("leverage", c.leverage)
                         .add("multi_assets", c.multi_assets)
                         .add("time", c.time)
                         .add("event_time", c.event_time)
                         .text();
}

inline std::string render(const MarginCall& m) {
  std::string rows;
  for (const auto& r : m.rows)
    rows += "[" + named(r) + " " + words(r.leg) + " " + words(r.qty) + " " + words(r.margin) + " " +
            words(r.isolated_wallet) + " " + words(r.mark) + " " + words(r.unrealised) + " " +
            words(r.maintenance_margin) + "]";
  return "margin_call " + Pairs()
                              .add("cross_wallet", m.cross_wallet)
                              .add("event_time", m.event_time)
                              .add("rows", std::string_view(rows))
                              .text();
}

inline std::string render(const AlgoUpdate& a) {
  return "algo " + Pairs()
                       .add("client", a.client_algo_id)
                       .add("algo", a.algo)
                       .add("symbol", named(a))
                       .add("side", a.side)
                       .add("leg", a.leg)
                       .add("type", a.type)
                       .add("actual", a.actual_type)
                       .add("tif", a.time_in_force)
                       .add("status", a.status)
                       .add("order", a.order.value)
                       .add("qty", a.qty)
                       .add("executed", a.executed_qty)
                       .add("average", a.average_price)
                       .add("trigger", a.trigger_price)
                       .add("price", a.price)
                       .add("trigger_time", a.trigger_time)
                       .add("reduce_only", a.reduce_only)
                       .add("close_all", a.close_all)
                       .add("activated", a.activated)
                       .add("reason", a.reason)
                       .add("time", a.time)
                       .add("event_time", a.event_time)
                       .text();
}

inline std::string render(const ServerShutdown& s) {
  return "shutdown " + Pairs().add("event_time", s.event_time).text();
}

inline std::string render(const OtherEvent& e) {
  return "other " + Pairs().add("name", e.name).add("known", e.known).text();
}

// A frame of the user-data stream, as both decoders read it; their memory outlives the call.
class UserReader {
 public:
  std::string read(const Frame& frame) {
    const auto event = decoder_.decode(frame.view());
    if (event.has_error()) return "malformed";
    std::string text = std::visit([](const auto& e) { return render(e); }, *event);
    if (std::holds_alternative<OrderUpdate>(*event)) {
      const auto details = details_.decode(frame.view());
      text += " " + (details.has_value() ? render(*details) : "malformed");
    }
    return text + " stream=" + std::string(decoder_.listen_key());
  }
  std::string read(std::string_view text) { return read(Frame(text)); }

 private:
  UserDataDecoder decoder_{symbols()};
  OrderDetailsDecoder details_;
};

inline std::string render(const Reply& r) {
  if (r.shutdown) return "shutdown";
  Pairs out;
  out.add("id", static_cast<std::int64_t>(r.id))
      .add("status", r.status)
      .add("code", r.code)
      .add("message", r.message)
      .add("used", std::string_view(words(r.used.weight_1m) + "/" + words(r.used.orders_10s) + "/" +
                                    words(r.used.orders_1m)));
  if (r.has_order)
    out.add("order", r.order.order.value)
        .add("client", r.order.client_order_id)
        .add("order_status", r.order.status)
        .add("order_qty", r.order.order_qty)
        .add("executed_qty", r.order.executed_qty)
        .add("average", r.order.average_price)
        .add("update_time", r.order.update_time);
  return out.text();
}

}  // namespace copyd::venue::testing
