#include "venue/account_codec.hpp"

#include <simdjson.h>
#include <algorithm>

#include "venue/records.hpp"

namespace copyd::venue {
namespace {

namespace dom = simdjson::dom;
using namespace records;

// Keeps a page of a gateway out of the log, and line breaks out of a message.
constexpr std::size_t message_max = 200;

std::string shown(std::string_view text) {
  std::string message(text.substr(0, message_max));
  std::replace_if(
      message.begin(), message.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return message;
}

using DomBody = Body<dom::parser>;

bool read_position_risk(const dom::object& object, const SymbolTable& symbols, PositionRisk& out) {
  if (!text_field(object, "symbol", out.symbol_name) || !leg_field(object, out.leg) ||
      !field(object, "positionAmt", out.qty) || !field(object, "updateTime", out.update_time) ||
      !cut_if_present(object, "entryPrice", out.entry) ||
      !cut_if_present(object, "breakEvenPrice", out.break_even) ||
      !cut_if_present(object, "markPrice", out.mark) ||
      !cut_if_present(object, "liquidationPrice", out.liquidation) ||
      !cut_if_present(object, "unRealizedProfit", out.unrealised) ||
      !cut_if_present(object, "notional", out.notional) ||
      !cut_if_present(object, "isolatedWallet", out.isolated_wallet) ||
      !text_if_present(object, "marginAsset", out.margin_asset) ||
      !word_if_present(object, "marginType", out.margin, margin_of))
    return false;
  if (!absent(object, "leverage") && !int_or_text(object, "leverage", out.leverage)) return false;
  out.symbol = symbols.find(out.symbol_name);
  return true;
}

// How it was placed: said by every query, and by most answers.
bool read_order_terms(const dom::object& object, OrderRecord& out) {
  if (!absent(object, "side") && !side_field(object, out.side.emplace())) return false;
  if (!absent(object, "positionSide") && !leg_field(object, out.leg.emplace())) return false;
  return word_if_present(object, "type", out.type, type_of) &&
         word_if_present(object, "origType", out.original_type, type_of) &&
         word_if_present(object, "timeInForce", out.time_in_force, time_in_force_of) &&
         field_if_present(object, "reduceOnly", out.reduce_only) &&
         field_if_present(object, "closePosition", out.close_all) &&
         cut_if_present(object, "price", out.price) &&
         cut_if_present(object, "stopPrice", out.stop_price);
}

bool read_order_record(const dom::object& object, OrderRecord& out) {
  return text_field(object, "symbol", out.symbol_name) &&
         field(object, "orderId", out.order.value) &&
         text_field(object, "clientOrderId", out.client_order_id) &&
         word_field(object, "status", out.status, status_of) &&
         field(object, "origQty", out.order_qty) &&
         field(object, "executedQty", out.executed_qty) &&
         field_if_present(object, "time", out.time) &&
         field_if_present(object, "updateTime", out.update_time) &&
         cut_if_present(object, "avgPrice", out.average_price) && read_order_terms(object, out) &&
         out.order_qty.sign() >= 0 && out.executed_qty.sign() >= 0;
}

bool read_user_trade(const dom::object& object, UserTrade& out) {
  return text_field(object, "symbol", out.symbol_name) && field(object, "id", out.trade.value) &&
         field(object, "orderId", out.order.value) && side_field(object, out.side) &&
         leg_field(object, out.leg) && field(object, "price", out.price) &&
         field(object, "qty", out.qty) && field(object, "time", out.time) &&
         field_if_present(object, "maker", out.maker) &&
         cut_if_present(object, "realizedPnl", out.realised) &&
         cut_if_present(object, "commission", out.fee) &&
         text_if_present(object, "commissionAsset", out.fee_asset) && out.price.sign() >= 0 &&
         out.qty.sign() >= 0;
}

bool read_account_asset(const dom::object& object, AccountState::Asset& out) {
  return text_field(object, "asset", out.asset) && cut_field(object, "walletBalance", out.wallet) &&
         cut_if_present(object, "crossWalletBalance", out.cross_wallet) &&
         cut_if_present(object, "unrealizedProfit", out.unrealised) &&
         cut_if_present(object, "marginBalance", out.margin_balance) &&
         cut_if_present(object, "availableBalance", out.available) &&
         field_if_present(object, "updateTime", out.update_time);
}

bool read_account_position(const dom::object& object, const SymbolTable& symbols,
                           AccountState::Position& out) {
  if (!text_field(object, "symbol", out.symbol_name) || !leg_field(object, out.leg) ||
      !field(object, "positionAmt", out.qty) ||
      !cut_if_present(object, "unrealizedProfit", out.unrealised) ||
      !cut_if_present(object, "notional", out.notional) ||
      !cut_if_present(object, "isolatedWallet", out.isolated_wallet) ||
      !field_if_present(object, "updateTime", out.update_time))
    return false;
  out.symbol = symbols.find(out.symbol_name);
  return true;
}

bool read_account(const dom::object& object, const SymbolTable& symbols, AccountState& out) {
  dom::array assets;
  dom::array positions;
  if (!cut_field(object, "totalMarginBalance", out.margin_balance) ||
      !cut_field(object, "totalWalletBalance", out.wallet) ||
      !cut_if_present(object, "totalCrossWalletBalance", out.cross_wallet) ||
      !cut_if_present(object, "totalUnrealizedProfit", out.unrealised) ||
      !cut_if_present(object, "totalInitialMargin", out.initial_margin) ||
      !cut_if_present(object, "totalMaintMargin", out.maintenance_margin) ||
      !cut_if_present(object, "availableBalance", out.available) ||
      !field_if_present(object, "canTrade", out.can_trade) ||
      object["assets"].get_array().get(assets) || object["positions"].get_array().get(positions))
    return false;
  auto asset_rows = rows_of<AccountState::Asset>(assets, read_account_asset);
  auto position_rows = rows_of<AccountState::Position>(
      positions, [&](const dom::object& row, AccountState::Position& position) {
        return read_account_position(row, symbols, position);
      });
  if (asset_rows.has_error() || position_rows.has_error()) return false;
  out.assets = std::move(*asset_rows);
  out.positions = std::move(*position_rows);
  return true;
}

bool read_balance(const dom::object& object, Balance& out) {
  return text_field(object, "accountAlias", out.account_alias) &&
         text_field(object, "asset", out.asset) && cut_field(object, "balance", out.balance) &&
         cut_if_present(object, "crossWalletBalance", out.cross_wallet) &&
         cut_if_present(object, "crossUnPnl", out.cross_unrealised) &&
         cut_if_present(object, "availableBalance", out.available) &&
         field_if_present(object, "updateTime", out.update_time);
}

}  // namespace

ErrorBody decode_error(std::string_view body) {
  const DomBody parsed(body);
  dom::object object;
  if (!parsed.object(object)) return {.code = 0, .message = shown(body)};
  ErrorBody error;
  std::int64_t code = 0;
  std::string_view message;
  if (field(object, "code", code) && code >= INT32_MIN && code <= INT32_MAX)
    error.code = static_cast<std::int32_t>(code);
  if (field(object, "msg", message)) error.message = shown(message);
  return error;
}

Result<VenueTime> decode_time(std::string_view body) {
  const DomBody parsed(body);
  dom::object object;
  VenueTime time;
  if (!parsed.object(object) || !field(object, "serverTime", time) || time.ms <= 0)
    return make_error_code(Errc::malformed);
  return time;
}

Result<AccountConfig> decode_account_config(std::string_view body) {
  const DomBody parsed(body);
  dom::object object;
  AccountConfig config;
  bool hedge = false;
  if (!parsed.object(object) || !field(object, "dualSidePosition", hedge) ||
      !field_if_present(object, "multiAssetsMargin", config.multi_assets) ||
      !field_if_present(object, "canTrade", config.can_trade))
    return make_error_code(Errc::malformed);
  config.mode = hedge ? PositionMode::hedge : PositionMode::one_way;
  return config;
}

Result<std::string> decode_listen_key(std::string_view body) {
  const DomBody parsed(body);
  dom::object object;
  std::string_view key;
  if (!parsed.object(object) || !field(object, "listenKey", key) || key.empty())
    return make_error_code(Errc::malformed);
  return std::string(key);
}

Result<std::vector<PositionRisk>> decode_position_risk(std::string_view body,
                                                       const SymbolTable& symbols) {
  return rows<PositionRisk, dom::parser>(body, [&](const dom::object& object, PositionRisk& row) {
    return read_position_risk(object, symbols, row);
  });
}

Result<Usd> decode_margin_balance(std::string_view body) {
  const DomBody parsed(body);
  dom::object object;
  Usd balance;
  if (!parsed.object(object) || !json::read_cut(object["totalMarginBalance"], balance))
    return make_error_code(Errc::malformed);
  return balance;
}

Result<AccountState> decode_account(std::string_view body, const SymbolTable& symbols) {
  return one_row<AccountState, dom::parser>(body,
                                            [&](const dom::object& object, AccountState& out) {
                                              return read_account(object, symbols, out);
                                            });
}

Result<std::vector<Balance>> decode_balances(std::string_view body) {
  return rows<Balance, dom::parser>(body, read_balance);
}

Result<std::string> decode_account_alias(std::string_view body) {
  const DomBody parsed(body);
  dom::array array;
  dom::object first;
  std::string alias;
  if (!parsed.array(array) || array.at(0).get_object().get(first) ||
      !text_field(first, "accountAlias", alias) || alias.empty())
    return make_error_code(Errc::malformed);
  return alias;
}

Result<OrderRecord> decode_order(std::string_view body) {
  return one_row<OrderRecord, dom::parser>(body, read_order_record);
}

Result<std::vector<OrderRecord>> decode_orders(std::string_view body) {
  return rows<OrderRecord, dom::parser>(body, read_order_record);
}

Result<std::vector<UserTrade>> decode_user_trades(std::string_view body) {
  return rows<UserTrade, dom::parser>(body, read_user_trade);
}

Result<KeyPermissions> decode_key_permissions(std::string_view body) {
  const DomBody parsed(body);
  dom::object object;
  KeyPermissions keys;
  if (!parsed.object(object) || !field_if_present(object, "ipRestrict", keys.ip_restrict) ||
      !field_if_present(object, "enableReading", keys.reading) ||
      !field_if_present(object, "enableFutures", keys.futures) ||
      !field_if_present(object, "enableWithdrawals", keys.withdrawals) ||
      !field_if_present(object, "enableInternalTransfer", keys.internal_transfer) ||
      !field_if_present(object, "permitsUniversalTransfer", keys.universal_transfer) ||
      !field_if_present(object, "enablePortfolioMarginTrading", keys.portfolio_margin) ||
      !field_if_present(object, "enableVanillaOptions", keys.options) ||
      !field_if_present(object, "enableMargin", keys.margin) ||
      !field_if_present(object, "tradingAuthorityExpirationTime", keys.trading_expires))
    return make_error_code(Errc::malformed);
  // Not one flag: this is some other record.
  if (!keys.ip_restrict && !keys.reading && !keys.futures && !keys.withdrawals &&
      !keys.internal_transfer && !keys.universal_transfer)
    return make_error_code(Errc::malformed);
  return keys;
}

bool is_forced_order(std::string_view client_order_id) noexcept {
  return client_order_id.starts_with("autoclose-") ||
         client_order_id.starts_with("adl_autoclose") ||
         client_order_id.starts_with("settlement_autoclose-") ||
         client_order_id.starts_with("delivery_autoclose-");
}

}  // namespace copyd::venue
