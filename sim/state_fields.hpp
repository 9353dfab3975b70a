// What of each record of the venue a state file keeps: one list of names serves writing and
// reading. A new member of a record belongs here too. Private to state.cpp.
#pragma once

#include <concepts>

#include "sim/exchange.hpp"
#include "sim/roster.hpp"

namespace copyd::sim {

// A record to be written, or to be read into.
template <class T, class Record>
concept RecordOf = std::same_as<std::remove_const_t<T>, Record>;

template <class A, RecordOf<Permissions> T>
void fields(A& each, T& of) {
  each("reading", of.reading);
  each("futures", of.futures);
  each("withdrawals", of.withdrawals);
  each("internal_transfer", of.internal_transfer);
  each("universal_transfer", of.universal_transfer);
  each("ip_restricted", of.ip_restricted);
  each("margin", of.margin);
  each("options", of.options);
  each("portfolio_margin", of.portfolio_margin);
  each("created", of.created);
  each("trading_expires", of.trading_expires);
  each("unmentioned", of.unmentioned);
  each("ip_list", of.ip_list);
}

template <class A, RecordOf<Member> T>
void fields(A& each, T& of) {
  each("label", of.label);
  each("mode", of.mode);
  each("wallet", of.wallet);
  each("key_type", of.key_type);
  each("api_key", of.api_key);
  each("secret", of.secret);
  each("private_key_pem", of.private_key_pem);
  each("public_key_pem", of.public_key_pem);
  each("permissions", of.permissions);
}

template <class A, RecordOf<SymbolSpec> T>
void fields(A& each, T& of) {
  each("name", of.name);
  each("base", of.base);
  each("quote", of.quote);
  each("status", of.status);
  each("contract_type", of.contract_type);
  each("underlying_type", of.underlying_type);
  each("underlying_sub_types", of.underlying_sub_types);
  each("price_precision", of.price_precision);
  each("quantity_precision", of.quantity_precision);
  each("tick", of.tick);
  each("min_price", of.min_price);
  each("max_price", of.max_price);
  each("step", of.step);
  each("min_qty", of.min_qty);
  each("market_step", of.market_step);
  each("market_min_qty", of.market_min_qty);
  each("max_qty_limit", of.max_qty_limit);
  each("max_qty_market", of.max_qty_market);
  each("min_notional", of.min_notional);
  each("multiplier_up", of.multiplier_up);
  each("multiplier_down", of.multiplier_down);
  each("take_bound", of.take_bound);
  each("max_notional", of.max_notional);
  each("deep", of.deep);
  each("start_price", of.start_price);
}

template <class A, RecordOf<Funding> T>
void fields(A& each, T& of) {
  each("time", of.time);
  each("rate", of.rate);
  each("mark", of.mark);
}

template <class A, RecordOf<Market> T>
void fields(A& each, T& of) {
  each("last", of.last);
  each("mark", of.mark);
  each("liquidity", of.liquidity);
  each("pieces", of.pieces);
  each("funding_rate", of.funding_rate);
  each("fundings", of.fundings);
  each("next_order_id", of.next_order_id);
  each("next_trade_id", of.next_trade_id);
}

template <class A, RecordOf<Fees> T>
void fields(A& each, T& of) {
  each("maker", of.maker);
  each("taker", of.taker);
}

template <class A, RecordOf<SymbolSetup> T>
void fields(A& each, T& of) {
  each("leverage", of.leverage);
  each("isolated", of.isolated);
}

template <class A, RecordOf<Income> T>
void fields(A& each, T& of) {
  each("type", of.type);
  each("asset", of.asset);
  each("amount", of.amount);
  each("symbol", of.symbol);
  each("time", of.time);
  each("id", of.id);
  each("trade_id", of.trade_id);
}

template <class A, RecordOf<Position> T>
void fields(A& each, T& of) {
  each("qty", of.qty);
  each("entry", of.entry);
  each("realized", of.realized);
  each("isolated_wallet", of.isolated_wallet);
  each("updated", of.updated);
}

template <class A, RecordOf<Order> T>
void fields(A& each, T& of) {
  each("id", of.id);
  each("symbol", of.symbol);
  each("client_id", of.client_id);
  each("side", of.side);
  each("leg", of.leg);
  each("type", of.type);
  each("tif", of.tif);
  each("qty", of.qty);
  each("price", of.price);
  each("reduce_only", of.reduce_only);
  each("self_trade_prevention", of.self_trade_prevention);
  each("status", of.status);
  each("executed", of.executed);
  each("quote", of.quote);
  each("expiry_reason", of.expiry_reason);
  each("maker", of.maker);
  each("good_till", of.good_till);
  each("price_match", of.price_match);
  each("close_position", of.close_position);
  each("forced", of.forced);
  each("queue", of.queue);
  each("modifications", of.modifications);
  each("modify_id", of.modify_id);
  each("algo", of.algo);
  each("created", of.created);
  each("updated", of.updated);
}

template <class A, RecordOf<Amendment> T>
void fields(A& each, T& of) {
  each("id", of.id);
  each("order_id", of.order_id);
  each("symbol", of.symbol);
  each("client_id", of.client_id);
  each("price_before", of.price_before);
  each("price_after", of.price_after);
  each("qty_before", of.qty_before);
  each("qty_after", of.qty_after);
  each("count", of.count);
  each("time", of.time);
}

template <class A, RecordOf<Trade> T>
void fields(A& each, T& of) {
  each("id", of.id);
  each("order_id", of.order_id);
  each("symbol", of.symbol);
  each("client_id", of.client_id);
  each("side", of.side);
  each("leg", of.leg);
  each("qty", of.qty);
  each("price", of.price);
  each("fee", of.fee);
  each("fee_asset", of.fee_asset);
  each("realized", of.realized);
  each("maker", of.maker);
  each("time", of.time);
}

template <class A, RecordOf<AlgoOrder> T>
void fields(A& each, T& of) {
  each("id", of.id);
  each("symbol", of.symbol);
  each("client_id", of.client_id);
  each("side", of.side);
  each("leg", of.leg);
  each("type", of.type);
  each("tif", of.tif);
  each("qty", of.qty);
  each("price", of.price);
  each("trigger", of.trigger);
  each("activation", of.activation);
  each("callback", of.callback);
  each("by_mark", of.by_mark);
  each("queue_price", of.queue_price);
  each("price_match", of.price_match);
  each("self_trade_prevention", of.self_trade_prevention);
  each("close_position", of.close_position);
  each("price_protect", of.price_protect);
  each("reduce_only", of.reduce_only);
  each("good_till", of.good_till);
  each("status", of.status);
  each("activated", of.activated);
  each("extreme", of.extreme);
  each("actual_order_id", of.actual_order_id);
  each("reject_reason", of.reject_reason);
  each("created", of.created);
  each("updated", of.updated);
  each("triggered", of.triggered);
}

template <class A, RecordOf<Account> T>
void fields(A& each, T& of) {
  each("label", of.label);
  each("alias", of.alias);
  each("mode", of.mode);
  each("multi_assets", of.multi_assets);
  each("fee_in_bnb", of.fee_in_bnb);
  each("fees", of.fees);
  each("setups", of.setups);
  each("wallets", of.wallets);
  each("wallets_updated", of.wallets_updated);
  each("positions", of.positions);
  each("orders", of.orders);
  each("trades", of.trades);
  each("incomes", of.incomes);
  each("algos", of.algos);
  each("amendments", of.amendments);
  each("countdowns", of.countdowns);
}

}  // namespace copyd::sim
