// The user-data stream's frames: no frame reads differently the second time, after another, with
// other bytes behind it, or inside the combined envelope; what is read keeps its promises; and of a
// frame that is JSON the slow reader of tests/differential says the same.
#include "venue/user_data.hpp"

#include <simdjson.h>

#include "tests/differential/event_text.hpp"
#include "tests/differential/slow_json.hpp"
#include "tests/differential/slow_user_data.hpp"
#include "tests/fuzz/property.hpp"
#include "venue/account_codec.hpp"
#include "venue/order_details.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::venue;
using copyd::testing::malformed_text;

// The decoder's own limit of nesting, less what an envelope adds.
constexpr std::size_t brackets_max = 1000;

const std::vector<std::string> names{"BTCUSDT", "ETHUSDT", "ETHUSDC", "DOTUSDT", "ADAUSDT"};

const SymbolTable& symbols() {
  static const SymbolTable table = [] {
    SymbolTable result;
    for (const auto& name : names) result.add({.name = name, .filters = {}, .copyable = true});
    return result;
  }();
  return table;
}

bool is_text(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

void check_symbol(std::string_view name, SymbolId id, bool known) {
  const auto found = symbols().find(name);
  PROPERTY(found.has_value() == known);
  if (known) PROPERTY(*found == id && symbols()[id].name == name);
  PROPERTY(is_text(name));
}

template <class Tag>
void check_number(Fixed<Tag> value) {
  const FixedText text(value);
  const auto again = Fixed<Tag>::parse(text.view());
  PROPERTY(again.has_value() && *again == value);
}

struct Check {
  void operator()(const OrderUpdate& order) const {
    check_symbol(order.symbol_name, order.symbol, order.symbol_known);
    PROPERTY(is_text(order.client_order_id));
    PROPERTY(order.order_qty.sign() >= 0 && order.last_qty.sign() >= 0);
    PROPERTY(order.cumulative_qty.sign() >= 0 && order.last_price.sign() >= 0);
    for (const Qty qty : {order.order_qty, order.last_qty, order.cumulative_qty}) check_number(qty);
    check_number(order.last_price);
    check_number(order.average_price);
    const bool calculated = order.execution == Execution::calculated;
    PROPERTY(order.forced == (calculated || is_forced_order(order.client_order_id)));
    if (!order.is_fill()) return;
    PROPERTY(calculated || order.execution == Execution::trade);
    PROPERTY(order.last_qty.sign() > 0 && order.trade.value != 0);
  }
  void operator()(const AccountUpdate& account) const {
    PROPERTY(is_text(account.reason) && is_text(account.symbol_name));
    for (const auto& row : account.positions) {
      check_symbol(row.symbol_name, row.symbol, row.symbol_known);
      check_number(row.qty);
      PROPERTY(is_text(row.margin_asset));
    }
    for (const auto& row : account.balances) {
      PROPERTY(is_text(row.asset));
      check_number(row.wallet);
      check_number(row.change);
    }
  }
  void operator()(const TradeLite& trade) const {
    check_symbol(trade.symbol_name, trade.symbol, trade.symbol_known);
    PROPERTY(is_text(trade.client_order_id));
    PROPERTY(trade.order_qty.sign() >= 0 && trade.last_qty.sign() >= 0);
    PROPERTY(trade.last_price.sign() >= 0);
    PROPERTY(trade.forced == is_forced_order(trade.client_order_id));
  }
  void operator()(const AccountConfigUpdate& config) const {
    PROPERTY(config.leverage > 0 || config.multi_assets.has_value());
    if (config.leverage > 0) check_symbol(config.symbol_name, config.symbol, config.symbol_known);
  }
  void operator()(const MarginCall& call) const {
    for (const auto& row : call.rows) check_symbol(row.symbol_name, row.symbol, row.symbol_known);
  }
  void operator()(const AlgoUpdate& algo) const {
    check_symbol(algo.symbol_name, algo.symbol, algo.symbol_known);
    PROPERTY(is_text(algo.client_algo_id) && is_text(algo.reason));
    PROPERTY(algo.qty.sign() >= 0 && algo.executed_qty.sign() >= 0 && algo.order.value >= 0);
  }
  void operator()(const ListenKeyExpired& expired) const { PROPERTY(is_text(expired.listen_key)); }
  void operator()(const ServerShutdown&) const {}
  void operator()(const OtherEvent& other) const { PROPERTY(is_text(other.name)); }
};

std::string decoded(UserDataDecoder& decoder, std::string_view text, char filler = '\0') {
  const Copy frame(text, frame_padding, filler);
  const auto event = decoder.decode(frame.view());
  if (event.has_value()) std::visit(Check{}, *event);
  return copyd::testing::text_of(event);
}

// What is accepted is one whole object: with anything but blanks behind it, or without its last
// character, it no longer is.
void check_ends(UserDataDecoder& decoder, std::string_view frame, std::string_view meaning) {
  std::string text(frame.substr(0, frame.find_last_not_of(json_blanks) + 1));
  PROPERTY_SAME(decoded(decoder, text + " \r\n"), meaning);
  PROPERTY_SAME(decoded(decoder, text + "}"), malformed_text);
  PROPERTY_SAME(decoded(decoder, text + ",1"), malformed_text);
  text.pop_back();
  PROPERTY_SAME(decoded(decoder, text, '}'), malformed_text);
}

void check_envelope(UserDataDecoder& decoder, std::string_view frame, std::string_view meaning) {
  std::string wrapped(R"({"stream":"a listen key","data":)");
  wrapped.append(frame).append("}");
  const std::string again = decoded(decoder, wrapped);
  // An envelope in an envelope is no event; and what is skipped may have lost a bracket.
  if (again == malformed_text &&
      (frame.find("\"data\"") != frame.npos || frame.find("\"event\"") != frame.npos ||
       !copyd::testing::is_json(frame)))
    return;
  PROPERTY_SAME(again, meaning);
}

std::string details(OrderDetailsDecoder& decoder, std::string_view text, char filler) {
  const Copy frame(text, frame_padding, filler);
  const auto result = decoder.decode(frame.view());
  if (result.has_error()) return malformed_text;
  for (const auto word :
       {result->fee_asset, result->self_trade_prevention, result->price_match, result->modify_id})
    PROPERTY(is_text(word));
  std::string line;
  for (const std::int64_t number :
       {std::int64_t{static_cast<int>(result->type)},
        std::int64_t{static_cast<int>(result->original_type)},
        std::int64_t{static_cast<int>(result->time_in_force)},
        std::int64_t{static_cast<int>(result->expiry)}, std::int64_t{result->close_all},
        result->price.units(), result->stop_price.units(), result->fee.units(),
        result->realised.units(), result->good_till.ms})
    line += std::to_string(number) + ' ';
  line.append(result->fee_asset).append(" ").append(result->self_trade_prevention).append(" ");
  return line.append(result->price_match).append(" ").append(result->modify_id);
}

// The second reading of the same frame, by those who want all of it.
void check_details(std::string_view frame) {
  static OrderDetailsDecoder decoder;
  const std::string meaning = details(decoder, frame, '\0');
  PROPERTY_SAME_WITH_FILLERS(meaning, malformed_text, copyd::testing::is_json(frame),
                             [&](char filler) { return details(decoder, frame, filler); });
}

void check_slow(std::string_view frame, std::string_view meaning, std::string_view listen_key) {
  if (depth_at_most(frame) >= brackets_max) return;
  const auto slow = copyd::testing::slow_user_data(frame, names);
  if (!slow.json) return;
  PROPERTY_SAME(meaning, slow.text);
  if (meaning != malformed_text) PROPERTY_SAME(listen_key, slow.listen_key);
}

// What is read as predicted means the same as without a prediction.
void check_predicted(std::string_view frame, std::string_view meaning, std::string_view listen_key) {
  static UserDataDecoder decoder(symbols());
  PROPERTY_SAME(copyd::testing::text_of(decoder.decode_in_any_form(frame)), meaning);
  PROPERTY_SAME(decoder.listen_key(), listen_key);
}

void check(std::string_view frame) {
  static UserDataDecoder decoder(symbols());
  const Copy kept(frame, frame_padding);
  const auto event = decoder.decode(kept.view());
  check_slow(frame, copyd::testing::text_of(event), decoder.listen_key());
  check_predicted(kept.view(), copyd::testing::text_of(event), decoder.listen_key());
  const std::string meaning = decoded(decoder, frame);
  check_details(frame);
  PROPERTY_SAME_WITH_FILLERS(meaning, malformed_text, copyd::testing::is_json(frame),
                             [&](char filler) { return decoded(decoder, frame, filler); });
  UserDataDecoder fresh(symbols());
  PROPERTY_SAME(decoded(fresh, frame), meaning);
  if (meaning == malformed_text) return;
  check_ends(decoder, frame, meaning);
  if (depth_at_most(frame) < brackets_max) check_envelope(decoder, frame, meaning);
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
