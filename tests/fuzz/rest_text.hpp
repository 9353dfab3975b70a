// Every record that is read over REST, as text: two are the same exactly when their texts are. What
// a reader promises of its records is checked on the way.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/fuzz/property.hpp"
#include "venue/account_codec.hpp"
#include "venue/algo_codec.hpp"
#include "venue/market_codec.hpp"
#include "venue/rest_orders.hpp"
#include "venue/setup_codec.hpp"

namespace copyd::fuzz {

using namespace copyd::venue;

inline constexpr std::string_view malformed = "malformed";

inline const SymbolTable& rest_symbols() {
  static const SymbolTable table = [] {
    SymbolTable result;
    for (const char* name : {"BTCUSDT", "ETHUSDT", "ADAUSDT"})
      result.add({.name = name, .filters = {}, .copyable = true});
    return result;
  }();
  return table;
}

inline std::string joined(std::initializer_list<std::int64_t> numbers) {
  std::string text;
  for (const std::int64_t number : numbers) text += ' ' + std::to_string(number);
  return text;
}

template <class Row>
void check_symbol(const Row& row) {
  PROPERTY(row.symbol == rest_symbols().find(row.symbol_name));
}

template <class Enum>
std::int64_t number_of(Enum value) {
  return static_cast<std::int64_t>(value);
}

inline std::string text_of(VenueTime time) {
  return joined({time.ms});
}
inline std::string text_of(Usd money) {
  return joined({money.units()});
}
inline std::string text_of(PositionMode mode) {
  return joined({number_of(mode)});
}
inline std::string text_of(AssetMode mode) {
  return joined({number_of(mode)});
}
inline std::string text_of(const std::string& text) {
  PROPERTY(!text.empty());
  return text;
}
inline std::string text_of(bool flag) {
  return flag ? " 1" : " 0";
}
inline std::string text_of(Ratio ratio) {
  return joined({ratio.units()});
}
template <class T>
std::string text_of(const std::optional<T>& maybe) {
  return maybe ? text_of(*maybe) : " -";
}

inline std::string text_of(const AccountConfig& config) {
  return joined({number_of(config.mode), config.multi_assets, config.can_trade});
}

inline std::string text_of(const PositionRisk& row) {
  check_symbol(row);
  return row.symbol_name + ' ' + row.margin_asset +
         joined({number_of(row.leg), row.qty.units(), row.update_time.ms, row.entry.units(),
                 row.break_even.units(), row.mark.units(), row.liquidation.units(),
                 row.unrealised.units(), row.notional.units(), row.isolated_wallet.units(),
                 number_of(row.margin), row.leverage});
}

inline std::string text_of(const OrderRecord& order) {
  PROPERTY(order.order_qty.sign() >= 0 && order.executed_qty.sign() >= 0);
  return order.symbol_name + ' ' + order.client_order_id +
         joined({order.order.value, number_of(order.status), order.order_qty.units(),
                 order.executed_qty.units(), order.average_price.units(), order.time.ms,
                 order.update_time.ms, number_of(order.side.value_or(Side::buy)),
                 order.side.has_value(), number_of(order.leg.value_or(Leg::both)),
                 order.leg.has_value(), number_of(order.type), number_of(order.original_type),
                 number_of(order.time_in_force), order.reduce_only, order.close_all,
                 order.price.units(), order.stop_price.units()});
}

inline std::string text_of(const UserTrade& trade) {
  PROPERTY(trade.qty.sign() >= 0 && trade.price.sign() >= 0);
  return trade.symbol_name + ' ' + trade.fee_asset +
         joined({trade.trade.value, trade.order.value, number_of(trade.side), number_of(trade.leg),
                 trade.price.units(), trade.qty.units(), trade.time.ms, trade.maker,
                 trade.realised.units(), trade.fee.units()});
}

inline std::string text_of(const KeyPermissions& keys) {
  bool any = false;
  std::string text;
  for (const auto& flag : {keys.ip_restrict, keys.reading, keys.futures, keys.withdrawals,
                           keys.internal_transfer, keys.universal_transfer}) {
    any = any || flag.has_value();
    text += text_of(flag);
  }
  PROPERTY(any);
  return text + text_of(keys.trading_expires);
}

inline std::string text_of(const AccountState& account) {
  std::string text =
      text_of(account.can_trade) +
      joined({account.wallet.units(), account.cross_wallet.units(), account.unrealised.units(),
              account.margin_balance.units(), account.initial_margin.units(),
              account.maintenance_margin.units(), account.available.units()});
  for (const auto& row : account.assets)
    text += '[' + row.asset +
            joined({row.wallet.units(), row.cross_wallet.units(), row.unrealised.units(),
                    row.margin_balance.units(), row.available.units(), row.update_time.ms}) +
            ']';
  for (const auto& row : account.positions) {
    check_symbol(row);
    text += '[' + row.symbol_name +
            joined({number_of(row.leg), row.qty.units(), row.unrealised.units(),
                    row.notional.units(), row.isolated_wallet.units(), row.update_time.ms}) +
            ']';
  }
  return text;
}

inline std::string text_of(const Balance& row) {
  return row.account_alias + ' ' + row.asset +
         joined({row.balance.units(), row.cross_wallet.units(), row.cross_unrealised.units(),
                 row.available.units(), row.update_time.ms});
}

inline std::string text_of(const AlgoOrder& order) {
  PROPERTY(order.qty.sign() >= 0 && order.executed_qty.sign() >= 0);
  return order.symbol_name + ' ' + order.client_algo_id +
         joined({order.algo, number_of(order.side), number_of(order.leg), number_of(order.type),
                 number_of(order.time_in_force), number_of(order.status), order.reduce_only,
                 order.close_all, order.activated, order.qty.units(), order.trigger_price.units(),
                 order.price.units(), order.order.value, number_of(order.actual_type),
                 order.average_price.units(), order.executed_qty.units(), order.create_time.ms,
                 order.update_time.ms, order.trigger_time.ms});
}

inline std::string text_of(const AlgoCancelled& cancelled) {
  return cancelled.client_algo_id + joined({cancelled.algo});
}

inline std::string text_of(const PremiumIndex& row) {
  check_symbol(row);
  return row.symbol_name + text_of(row.funding_rate) +
         joined({row.mark.units(), row.index.units(), row.next_funding.ms, row.time.ms});
}

inline std::string text_of(const SymbolConfig& row) {
  check_symbol(row);
  return row.symbol_name + joined({number_of(row.margin), row.auto_add_margin, row.leverage,
                                   row.max_notional.units()});
}

inline std::string text_of(const LeverageChanged& changed) {
  return changed.symbol_name + joined({changed.leverage, changed.max_notional.units()});
}

inline std::string text_of(const LeverageBrackets& row) {
  std::string text = row.symbol_name + text_of(row.coefficient);
  for (const auto& bracket : row.brackets)
    text += joined({bracket.number, bracket.leverage, bracket.floor.units(), bracket.cap.units(),
                    bracket.maintenance.units(), bracket.cumulative.units()});
  return text;
}

inline std::string text_of(const OrderLimits& limits) {
  return joined({limits.per_10s, limits.per_minute});
}

inline std::string text_of(const Reply& reply) {
  const OrderState& order = reply.order;
  PROPERTY(!reply.has_order || (order.order_qty.sign() >= 0 && order.executed_qty.sign() >= 0));
  PROPERTY(!reply.has_order || reply.code == 0);
  std::string text =
      joined({static_cast<std::int64_t>(reply.id), reply.status, reply.code, reply.has_order});
  text.append(" ").append(reply.message).append(" ").append(order.client_order_id);
  return text +
         joined({order.order.value, number_of(order.status), order.order_qty.units(),
                 order.executed_qty.units(), order.average_price.units(), order.update_time.ms});
}

template <class Row>
std::string text_of(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) text += '[' + text_of(row) + ']';
  return text;
}

inline std::string text_of(const BatchReply& batch) {
  PROPERTY(!batch.refused || batch.elements.empty());
  return batch.refused ? "refused" + text_of(batch.whole) : text_of(batch.elements);
}

template <class T>
std::string text_of(const Result<T>& result) {
  if (result.has_value()) return text_of(*result);
  PROPERTY(result.error() == make_error_code(Errc::malformed));
  return std::string(malformed);
}

}  // namespace copyd::fuzz
