// What the readers of REST bodies read, in the words and the order of expected.py.
#pragma once

#include "tests/unit/venue/golden_render.hpp"

namespace copyd::venue::testing {

inline std::string render(const OrderRecord& o) {
  return "[" +
         Pairs()
             .add("symbol", o.symbol_name)
             .add("order", o.order.value)
             .add("client", o.client_order_id)
             .add("status", o.status)
             .add("order_qty", o.order_qty)
             .add("executed_qty", o.executed_qty)
             .add("average", o.average_price)
             .add("time", o.time)
             .add("update_time", o.update_time)
             .add("side", o.side)
             .add("leg", o.leg)
             .add("type", o.type)
             .add("original", o.original_type)
             .add("tif", o.time_in_force)
             .add("reduce_only", o.reduce_only)
             .add("close_all", o.close_all)
             .add("price", o.price)
             .add("stop", o.stop_price)
             .text() +
         "]";
}

inline std::string render(const UserTrade& t) {
  return "[" +
         Pairs()
             .add("symbol", t.symbol_name)
             .add("trade", t.trade.value)
             .add("order", t.order.value)
             .add("side", t.side)
             .add("leg", t.leg)
             .add("price", t.price)
             .add("qty", t.qty)
             .add("time", t.time)
             .add("maker", t.maker)
             .add("realised", t.realised)
             .add("fee", t.fee)
             .add("fee_asset", t.fee_asset)
             .text() +
         "]";
}

inline std::string render(const Income& i) {
  return "[" +
         Pairs()
             .add("type", i.type)
             .add("asset", i.asset)
             .add("amount", i.amount)
             .add("time", i.time)
             .add("tran", i.tran)
             .text() +
         "]";
}

inline std::string render(const PositionRisk& p) {
  return "[" +
         Pairs()
             .add("symbol", named(p.symbol_name, p.symbol))
             .add("leg", p.leg)
             .add("qty", p.qty)
             .add("update_time", p.update_time)
             .add("entry", p.entry)
             .add("even", p.break_even)
             .add("mark", p.mark)
             .add("liquidation", p.liquidation)
             .add("unrealised", p.unrealised)
             .add("notional", p.notional)
             .add("isolated", p.isolated_wallet)
             .add("asset", p.margin_asset)
             .add("margin", p.margin)
             .add("leverage", p.leverage)
             .text() +
         "]";
}

inline std::string render(const AccountState::Asset& a) {
  return "[" +
         Pairs()
             .add("asset", a.asset)
             .add("update_time", a.update_time)
             .add("wallet", a.wallet)
             .add("cross", a.cross_wallet)
             .add("unrealised", a.unrealised)
             .add("margin", a.margin_balance)
             .add("available", a.available)
             .text() +
         "]";
}

inline std::string render(const AccountState::Position& p) {
  return "[" +
         Pairs()
             .add("symbol", named(p.symbol_name, p.symbol))
             .add("leg", p.leg)
             .add("qty", p.qty)
             .add("update_time", p.update_time)
             .add("unrealised", p.unrealised)
             .add("notional", p.notional)
             .add("isolated", p.isolated_wallet)
             .text() +
         "]";
}

inline std::string render(const Balance& b) {
  return "[" +
         Pairs()
             .add("alias", b.account_alias)
             .add("asset", b.asset)
             .add("update_time", b.update_time)
             .add("balance", b.balance)
             .add("cross", b.cross_wallet)
             .add("unrealised", b.cross_unrealised)
             .add("available", b.available)
             .text() +
         "]";
}

inline std::string render(const AlgoOrder& o) {
  return "[" +
         Pairs()
             .add("symbol", o.symbol_name)
             .add("algo", o.algo)
             .add("client", o.client_algo_id)
             .add("side", o.side)
             .add("leg", o.leg)
             .add("type", o.type)
             .add("tif", o.time_in_force)
             .add("status", o.status)
             .add("reduce_only", o.reduce_only)
             .add("close_all", o.close_all)
             .add("activated", o.activated)
             .add("qty", o.qty)
             .add("trigger", o.trigger_price)
             .add("price", o.price)
             .add("order", o.order.value)
             .add("actual", o.actual_type)
             .add("average", o.average_price)
             .add("executed", o.executed_qty)
             .add("create_time", o.create_time)
             .add("update_time", o.update_time)
             .add("trigger_time", o.trigger_time)
             .text() +
         "]";
}

inline std::string render(const AlgoCancelled& c) {
  return Pairs().add("algo", c.algo).add("client", c.client_algo_id).text();
}

inline std::string render(const SymbolConfig& c) {
  return "[" +
         Pairs()
             .add("symbol", named(c.symbol_name, c.symbol))
             .add("margin", c.margin)
             .add("auto_add", c.auto_add_margin)
             .add("leverage", c.leverage)
             .add("max_notional", c.max_notional)
             .text() +
         "]";
}

inline std::string render(const LeverageChanged& l) {
  return Pairs()
      .add("symbol", l.symbol_name)
      .add("leverage", l.leverage)
      .add("max_notional", l.max_notional)
      .text();
}

inline std::string render(const LeverageBrackets& l) {
  std::string out =
      "[" + Pairs().add("symbol", l.symbol_name).add("coefficient", l.coefficient).text() + " ";
  for (const auto& b : l.brackets)
    out += "(" + words(b.number) + " " + words(b.leverage) + " " + words(b.floor) + " " +
           words(b.cap) + " " + words(b.maintenance) + " " + words(b.cumulative) + ")";
  return out + "]";
}

inline std::string render(PositionMode mode) {
  return Pairs().add("hedge", mode == PositionMode::hedge).text();
}
inline std::string render(AssetMode mode) {
  return Pairs().add("multi_assets", mode == AssetMode::multi).text();
}

inline std::string render(const OrderLimits& l) {
  return Pairs().add("per_10s", l.per_10s).add("per_minute", l.per_minute).text();
}

inline std::string render(const PremiumIndex& p) {
  return "[" +
         Pairs()
             .add("symbol", named(p.symbol_name, p.symbol))
             .add("mark", p.mark)
             .add("index", p.index)
             .add("rate", p.funding_rate)
             .add("next", p.next_funding)
             .add("time", p.time)
             .text() +
         "]";
}

inline std::string render(const MarkPrice& m) {
  return "[" +
         Pairs()
             .add("symbol", named(m))
             .add("price", m.price)
             .add("event_time", m.event_time)
             .text() +
         "]";
}

inline std::string render(const ExchangeInfo& info) {
  std::string out =
      Pairs().add("per_10s", info.orders_per_10s).add("per_minute", info.orders_per_minute).text() +
      " ";
  for (std::size_t i = 0; i < info.symbols.size(); ++i) {
    const Symbol& s = info.symbols[SymbolId{static_cast<std::uint16_t>(i)}];
    out += "[" + s.name + " copyable=" + words(s.copyable) + " ";
    if (const auto& f = s.filters)
      out += Pairs()
                 .add("tick", f->tick)
                 .add("step", f->step)
                 .add("min", f->min_qty)
                 .add("max", f->max_qty)
                 .add("min_notional", f->min_notional)
                 .text();
    else out += "none";
    out += "]";
  }
  return out;
}

inline std::string render(const KeyPermissions& p) {
  return Pairs()
      .add("ip_restrict", p.ip_restrict)
      .add("reading", p.reading)
      .add("futures", p.futures)
      .add("withdrawals", p.withdrawals)
      .add("internal_transfer", p.internal_transfer)
      .add("universal_transfer", p.universal_transfer)
      .add("expires", p.trading_expires)
      .text();
}

inline std::string render(const AccountConfig& c) {
  return Pairs()
      .add("hedge", c.mode == PositionMode::hedge)
      .add("multi_assets", c.multi_assets)
      .add("can_trade", c.can_trade)
      .text();
}

inline std::string render(VenueTime time) {
  return "time=" + words(time);
}
inline std::string render(const std::string& text) {
  return text;
}

template <class Row>
std::string render(const std::vector<Row>& rows) {
  std::string out;
  for (const auto& row : rows) out += render(row);
  return out;
}

inline std::string render(const AccountState& a) {
  return Pairs()
      .add("wallet", a.wallet)
      .add("cross", a.cross_wallet)
      .add("unrealised", a.unrealised)
      .add("margin", a.margin_balance)
      .add("initial", a.initial_margin)
      .add("maintenance", a.maintenance_margin)
      .add("available", a.available)
      .add("can_trade", a.can_trade)
      .add("assets", std::string_view(render(a.assets)))
      .add("positions", std::string_view(render(a.positions)))
      .text();
}

template <class T>
std::string render(const Result<T>& result) {
  if (result.has_value()) return render(*result);
  return result.error() == make_error_code(Errc::malformed) ? "malformed"
                                                            : result.error().message();
}

}  // namespace copyd::venue::testing
