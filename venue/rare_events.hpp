// The bodies of the user-data events that do not carry a fill, and of the rows of an account.
// Internal to venue/; templates, so that the JSON library stays out of the headers.
//
// Each reader returns false for a field met twice, a field of the wrong kind, and an object that
// ends before it said what it must.
#pragma once

#include <string_view>
#include <vector>

#include "venue/event_fields.hpp"

namespace copyd::venue::event {

template <class Object>
bool read_position(Object& object, const SymbolTable& symbols, AccountUpdate::PositionRow& out) {
  enum : unsigned { name, qty, leg, entry, even, realised, unrealised, margin, wallet, asset };
  json::Seen seen;
  const bool whole = json::for_each_field(object, [&](std::string_view key, auto& value) {
    if (key == "s") return seen.first(name) && json::read(value, out.symbol_name);
    if (key == "pa") return seen.first(qty) && json::read(value, out.qty);
    if (key == "ps") return seen.first(leg) && read_leg(value, out.leg);
    if (key == "ep") return seen.first(entry) && json::read_cut(value, out.entry);
    // With noise in its last places; once seen without quotes.
    if (key == "bep") return seen.first(even) && json::read_number(value, out.break_even);
    if (key == "cr") return seen.first(realised) && json::read_cut(value, out.realised);
    if (key == "up") return seen.first(unrealised) && json::read_cut(value, out.unrealised);
    if (key == "mt") return seen.first(margin) && read_word(value, out.margin, margin_of);
    if (key == "iw") return seen.first(wallet) && json::read_cut(value, out.isolated_wallet);
    if (key == "ma") return seen.first(asset) && json::read(value, out.margin_asset);
    return true;
  });
  if (!whole || !seen.all(mask({name, qty, leg}))) return false;
  find_symbol(symbols, out);
  return true;
}

template <class Object>
bool read_balance(Object& object, AccountUpdate::BalanceRow& out) {
  enum : unsigned { asset, wallet, cross, change };
  json::Seen seen;
  const bool whole = json::for_each_field(object, [&](std::string_view key, auto& value) {
    if (key == "a") return seen.first(asset) && json::read(value, out.asset);
    if (key == "wb") return seen.first(wallet) && json::read_cut(value, out.wallet);
    if (key == "cw") return seen.first(cross) && json::read_cut(value, out.cross_wallet);
    // Absent before 2022.
    if (key == "bc") return seen.first(change) && json::read_cut(value, out.change);
    return true;
  });
  return whole && seen.all(mask({asset, wallet}));
}

// An integer, or (older revisions of listenKeyExpired) the same in quotes.
template <class Value>
bool read_time_or_text(Value& value, VenueTime& out) {
  if (json::read(value, out)) return true;
  std::string_view text;
  return json::read(value, text) && parse_integer(text, out.ms);
}

template <class Object>
bool read_expired(Object& object, ListenKeyExpired& out) {
  json::Seen seen;
  enum : unsigned { name, time, listen_key };
  return json::for_each_field(object, [&](std::string_view key, auto& value) {
    if (key == "e") return seen.first(name);
    // Neither is demanded: that a key is gone matters more than when, and a connection that
    // carries one account knows whose it was.
    if (key == "E") return seen.first(time) && read_time_or_text(value, out.event_time);
    if (key == "listenKey") return seen.first(listen_key) && json::read(value, out.listen_key);
    return true;
  });
}

template <class Object>
bool read_shutdown(Object& object, ServerShutdown& out) {
  json::Seen seen;
  enum : unsigned { name, time };
  return json::for_each_field(object, [&](std::string_view key, auto& value) {
    if (key == "e") return seen.first(name);
    return key != "E" || (seen.first(time) && read_time_or_text(value, out.event_time));
  });
}

template <class Value>
bool read_leverage(Value& value, const SymbolTable& symbols, AccountConfigUpdate& out) {
  std::decay_t<decltype(value.get_object().value_unsafe())> object;
  if (value.get_object().get(object)) return false;
  enum : unsigned { name, leverage };
  json::Seen seen;
  std::int64_t number = 0;
  const bool whole = json::for_each_field(object, [&](std::string_view key, auto& field) {
    if (key == "s") return seen.first(name) && json::read(field, out.symbol_name);
    return key != "l" || (seen.first(leverage) && json::read(field, number));
  });
  if (!whole || !seen.all(mask({name, leverage})) || number < 1 || number > 1000) return false;
  out.leverage = static_cast<int>(number);
  find_symbol(symbols, out);
  return true;
}

template <class Value>
bool read_multi_assets(Value& value, AccountConfigUpdate& out) {
  std::decay_t<decltype(value.get_object().value_unsafe())> object;
  if (value.get_object().get(object)) return false;
  return json::for_each_field(object, [&](std::string_view key, auto& field) {
    if (key != "j") return true;
    if (out.multi_assets) return false;
    bool joined = false;
    if (!json::read(field, joined)) return false;
    out.multi_assets = joined;
    return true;
  });
}

template <class Object>
bool read_account_config(Object& object, const SymbolTable& symbols, AccountConfigUpdate& out) {
  enum : unsigned { name, time, event_time, leverage, assets };
  json::Seen seen;
  const bool whole = json::for_each_field(object, [&](std::string_view key, auto& value) {
    if (key == "e") return seen.first(name);
    if (key == "T") return seen.first(time) && json::read(value, out.time);
    if (key == "E") return seen.first(event_time) && json::read(value, out.event_time);
    if (key == "ac") return seen.first(leverage) && read_leverage(value, symbols, out);
    if (key == "ai") return seen.first(assets) && read_multi_assets(value, out);
    return true;
  });
  return whole && (out.leverage > 0 || out.multi_assets.has_value());
}

template <class Object>
bool read_margin_row(Object& object, const SymbolTable& symbols, MarginCall::Row& out) {
  enum : unsigned { name, leg, qty, margin, wallet, mark, unrealised, maintenance };
  json::Seen seen;
  const bool whole = json::for_each_field(object, [&](std::string_view key, auto& value) {
    if (key == "s") return seen.first(name) && json::read(value, out.symbol_name);
    if (key == "ps") return seen.first(leg) && read_leg(value, out.leg);
    if (key == "pa") return seen.first(qty) && json::read(value, out.qty);
    if (key == "mt") return seen.first(margin) && read_word(value, out.margin, margin_of);
    if (key == "iw") return seen.first(wallet) && json::read_cut(value, out.isolated_wallet);
    if (key == "mp") return seen.first(mark) && json::read_cut(value, out.mark);
    if (key == "up") return seen.first(unrealised) && json::read_cut(value, out.unrealised);
    if (key == "mm")
      return seen.first(maintenance) && json::read_cut(value, out.maintenance_margin);
    return true;
  });
  if (!whole || !seen.all(mask({name, leg, qty}))) return false;
  find_symbol(symbols, out);
  return true;
}

template <class Object>
bool read_margin_call(Object& object, const SymbolTable& symbols,
                      std::vector<MarginCall::Row>& rows, MarginCall& out) {
  enum : unsigned { name, event_time, wallet, positions };
  rows.clear();
  json::Seen seen;
  Usd cross;
  const bool whole = json::for_each_field(object, [&](std::string_view key, auto& value) {
    if (key == "e") return seen.first(name);
    if (key == "E") return seen.first(event_time) && json::read(value, out.event_time);
    if (key == "cw") return seen.first(wallet) && json::read_cut(value, cross);
    if (key != "p") return true;
    return seen.first(positions) && json::for_each_object(value, [&](auto& row) {
             return read_margin_row(row, symbols, rows.emplace_back());
           });
  });
  out.rows = rows;
  if (seen.has(wallet)) out.cross_wallet = cross;
  return whole && seen.all(mask({event_time, positions}));
}

// The id of the triggered order comes in quotes, and empty before there is one.
template <class Value>
bool read_actual_order(Value& value, VenueOrderId& out) {
  std::string_view text;
  return json::read(value, text) && (text.empty() || parse_integer(text, out.value));
}

namespace algo {
enum Field : unsigned {
  client,
  id,
  name,
  side,
  leg,
  type,
  actual_type,
  tif,
  status,
  reduce_only,
  close_all,
  activated,
  order,
  qty,
  executed,
  average,
  trigger,
  price,
  trigger_time,
  reason
};
}  // namespace algo

template <class Value>
bool read_algo_field(std::string_view key, Value& value, json::Seen& seen, AlgoUpdate& out) {
  const auto into = [&](algo::Field field, auto& target) {
    return seen.first(field) && json::read(value, target);
  };
  const auto cut = [&](algo::Field field, auto& target) {
    return seen.first(field) && json::read_cut(value, target);
  };
  const auto word = [&](algo::Field field, auto& target, auto word_of) {
    return seen.first(field) && read_word(value, target, word_of);
  };
  if (key == "caid") return into(algo::client, out.client_algo_id);
  if (key == "aid") return into(algo::id, out.algo);
  if (key == "s") return into(algo::name, out.symbol_name);
  if (key == "S") return seen.first(algo::side) && read_side(value, out.side);
  if (key == "ps") return seen.first(algo::leg) && read_leg(value, out.leg);
  if (key == "o") return word(algo::type, out.type, type_of);
  if (key == "act") return word(algo::actual_type, out.actual_type, type_of);
  if (key == "f") return word(algo::tif, out.time_in_force, time_in_force_of);
  if (key == "X") return word(algo::status, out.status, algo_status_of);
  if (key == "R") return into(algo::reduce_only, out.reduce_only);
  if (key == "cp") return into(algo::close_all, out.close_all);
  if (key == "ia") return into(algo::activated, out.activated);
  if (key == "ai") return seen.first(algo::order) && read_actual_order(value, out.order);
  if (key == "q") return into(algo::qty, out.qty);
  if (key == "aq") return into(algo::executed, out.executed_qty);
  if (key == "ap") return cut(algo::average, out.average_price);
  if (key == "tp") return cut(algo::trigger, out.trigger_price);
  if (key == "p") return cut(algo::price, out.price);
  if (key == "tt") return into(algo::trigger_time, out.trigger_time);
  if (key == "rm") return into(algo::reason, out.reason);
  return true;
}

template <class Value>
bool read_algo_body(Value& value, const SymbolTable& symbols, AlgoUpdate& out) {
  std::decay_t<decltype(value.get_object().value_unsafe())> object;
  if (value.get_object().get(object)) return false;
  json::Seen seen;
  const bool whole = json::for_each_field(object, [&](std::string_view key, auto& field) {
    return read_algo_field(key, field, seen, out);
  });
  constexpr std::uint64_t required =
      mask({algo::client, algo::id, algo::name, algo::side, algo::leg, algo::type, algo::status});
  if (!whole || !seen.all(required) || out.qty.sign() < 0 || out.executed_qty.sign() < 0 ||
      out.order.value < 0)
    return false;
  find_symbol(symbols, out);
  return true;
}

template <class Object>
bool read_algo(Object& object, const SymbolTable& symbols, AlgoUpdate& out) {
  enum : unsigned { name, time, event_time, body };
  json::Seen seen;
  const bool whole = json::for_each_field(object, [&](std::string_view key, auto& value) {
    if (key == "e") return seen.first(name);
    if (key == "T") return seen.first(time) && json::read(value, out.time);
    if (key == "E") return seen.first(event_time) && json::read(value, out.event_time);
    return key != "o" || (seen.first(body) && read_algo_body(value, symbols, out));
  });
  return whole && seen.all(mask({event_time, body}));
}

}  // namespace copyd::venue::event
