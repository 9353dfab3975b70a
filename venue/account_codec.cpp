#include "venue/account_codec.hpp"

#include <simdjson.h>
#include <algorithm>

#include "venue/json.hpp"
#include "venue/words.hpp"

namespace copyd::venue {
namespace {

namespace dom = simdjson::dom;

// Keeps a page of a gateway out of the log, and line breaks out of a message.
constexpr std::size_t message_max = 200;

std::string shown(std::string_view text) {
  std::string message(text.substr(0, message_max));
  std::replace_if(
      message.begin(), message.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return message;
}

// A body that is one object, or one array of objects.
class Body {
 public:
  explicit Body(std::string_view text) : error_(json::parse_body(parser_, text).get(root_)) {}
  bool object(dom::object& out) const { return !error_ && !root_.get_object().get(out); }
  bool array(dom::array& out) const { return !error_ && !root_.get_array().get(out); }

 private:
  dom::parser parser_;
  dom::element root_;
  simdjson::error_code error_;
};

template <class T>
bool field(const dom::object& object, std::string_view key, T& out) {
  return json::read(object[key], out);
}

bool absent(const dom::object& object, std::string_view key) {
  return object[key].error() == simdjson::NO_SUCH_FIELD;
}

// An absent field leaves `out` as it is; one of the wrong kind is a fault.
template <class T>
bool field_if_present(const dom::object& object, std::string_view key, T& out) {
  return absent(object, key) || field(object, key, out);
}

template <class T>
bool field_if_present(const dom::object& object, std::string_view key, std::optional<T>& out) {
  if (absent(object, key)) return true;
  return field(object, key, out.emplace());
}

bool text_field(const dom::object& object, std::string_view key, std::string& out) {
  std::string_view text;
  if (!field(object, key, text)) return false;
  out = text;
  return true;
}

bool leg_field(const dom::object& object, Leg& out) {
  std::string_view word;
  if (!field(object, "positionSide", word)) return false;
  const auto leg = leg_of(word);
  if (leg) out = *leg;
  return leg.has_value();
}

bool side_field(const dom::object& object, Side& out) {
  std::string_view word;
  if (!field(object, "side", word)) return false;
  const auto side = side_of(word);
  if (side) out = *side;
  return side.has_value();
}

// Reads each row of an array body with `read_row(object, row)`; one bad row spoils the whole.
template <class Row, class ReadRow>
Result<std::vector<Row>> rows(std::string_view body, ReadRow&& read_row) {
  const Body parsed(body);
  dom::array array;
  if (!parsed.array(array)) return make_error_code(Errc::malformed);
  std::vector<Row> result;
  result.reserve(array.size());
  for (const dom::element item : array) {
    dom::object object;
    if (item.get_object().get(object) || !read_row(object, result.emplace_back()))
      return make_error_code(Errc::malformed);
  }
  return result;
}

bool read_position_risk(const dom::object& object, const SymbolTable& symbols, PositionRisk& out) {
  if (!text_field(object, "symbol", out.symbol_name) || !leg_field(object, out.leg) ||
      !field(object, "positionAmt", out.qty) || !field(object, "updateTime", out.update_time))
    return false;
  out.symbol = symbols.find(out.symbol_name);
  return true;
}

bool read_order_record(const dom::object& object, OrderRecord& out) {
  std::string_view status;
  if (!text_field(object, "symbol", out.symbol_name) ||
      !field(object, "orderId", out.order.value) ||
      !text_field(object, "clientOrderId", out.client_order_id) ||
      !field(object, "status", status) || !field(object, "origQty", out.order_qty) ||
      !field(object, "executedQty", out.executed_qty) ||
      !field_if_present(object, "time", out.time) ||
      !field_if_present(object, "updateTime", out.update_time))
    return false;
  if (!absent(object, "avgPrice") && !json::read_cut(object["avgPrice"], out.average_price))
    return false;
  out.status = status_of(status);
  return out.order_qty.sign() >= 0 && out.executed_qty.sign() >= 0;
}

bool read_user_trade(const dom::object& object, UserTrade& out) {
  return text_field(object, "symbol", out.symbol_name) && field(object, "id", out.trade.value) &&
         field(object, "orderId", out.order.value) && side_field(object, out.side) &&
         leg_field(object, out.leg) && field(object, "price", out.price) &&
         field(object, "qty", out.qty) && field(object, "time", out.time) &&
         out.price.sign() >= 0 && out.qty.sign() >= 0;
}

}  // namespace

ErrorBody decode_error(std::string_view body) {
  const Body parsed(body);
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
  const Body parsed(body);
  dom::object object;
  VenueTime time;
  if (!parsed.object(object) || !field(object, "serverTime", time) || time.ms <= 0)
    return make_error_code(Errc::malformed);
  return time;
}

Result<AccountConfig> decode_account_config(std::string_view body) {
  const Body parsed(body);
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
  const Body parsed(body);
  dom::object object;
  std::string_view key;
  if (!parsed.object(object) || !field(object, "listenKey", key) || key.empty())
    return make_error_code(Errc::malformed);
  return std::string(key);
}

Result<std::vector<PositionRisk>> decode_position_risk(std::string_view body,
                                                       const SymbolTable& symbols) {
  return rows<PositionRisk>(body, [&](const dom::object& object, PositionRisk& row) {
    return read_position_risk(object, symbols, row);
  });
}

Result<Usd> decode_margin_balance(std::string_view body) {
  const Body parsed(body);
  dom::object object;
  Usd balance;
  if (!parsed.object(object) || !json::read_cut(object["totalMarginBalance"], balance))
    return make_error_code(Errc::malformed);
  return balance;
}

Result<std::string> decode_account_alias(std::string_view body) {
  const Body parsed(body);
  dom::array array;
  dom::object first;
  std::string alias;
  if (!parsed.array(array) || array.at(0).get_object().get(first) ||
      !text_field(first, "accountAlias", alias) || alias.empty())
    return make_error_code(Errc::malformed);
  return alias;
}

Result<OrderRecord> decode_order(std::string_view body) {
  const Body parsed(body);
  dom::object object;
  OrderRecord order;
  if (!parsed.object(object) || !read_order_record(object, order))
    return make_error_code(Errc::malformed);
  return order;
}

Result<std::vector<OrderRecord>> decode_orders(std::string_view body) {
  return rows<OrderRecord>(body, read_order_record);
}

Result<std::vector<UserTrade>> decode_user_trades(std::string_view body) {
  return rows<UserTrade>(body, read_user_trade);
}

Result<KeyPermissions> decode_key_permissions(std::string_view body) {
  const Body parsed(body);
  dom::object object;
  KeyPermissions keys;
  if (!parsed.object(object) || !field_if_present(object, "ipRestrict", keys.ip_restrict) ||
      !field_if_present(object, "enableReading", keys.reading) ||
      !field_if_present(object, "enableFutures", keys.futures) ||
      !field_if_present(object, "enableWithdrawals", keys.withdrawals) ||
      !field_if_present(object, "enableInternalTransfer", keys.internal_transfer) ||
      !field_if_present(object, "permitsUniversalTransfer", keys.universal_transfer) ||
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
