// REST answers: every body through every reader of one. A body reads the same wherever it stands;
// a record alone, in an array and in a WebSocket answer is the same record.
#include <algorithm>

#include "tests/fuzz/rest_text.hpp"
#include "venue/order_codec.hpp"

namespace copyd::fuzz {
namespace {

constexpr std::size_t message_max = 200;

std::string error_text(std::string_view body) {
  const ErrorBody error = decode_error(body);
  PROPERTY(error.message.size() <= message_max);
  PROPERTY(std::none_of(error.message.begin(), error.message.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
  return std::to_string(error.code) + ' ' + error.message;
}

// One line for each reader.
std::string all_readings(std::string_view text) {
  const Copy copy(text);
  const std::string_view body = copy.view();
  const SymbolTable& symbols = rest_symbols();
  std::string all;
  for (const std::string& reading : {text_of(decode_time(body)),
                                     text_of(decode_account_config(body)),
                                     text_of(decode_listen_key(body)),
                                     text_of(decode_position_risk(body, symbols)),
                                     text_of(decode_margin_balance(body)),
                                     text_of(decode_account(body, symbols)),
                                     text_of(decode_balances(body)),
                                     text_of(decode_account_alias(body)),
                                     text_of(decode_order(body)),
                                     text_of(decode_orders(body)),
                                     text_of(decode_user_trades(body)),
                                     text_of(decode_key_permissions(body)),
                                     text_of(decode_algo_order(body)),
                                     text_of(decode_algo_orders(body)),
                                     text_of(decode_algo_cancelled(body)),
                                     text_of(decode_premium_index(body, symbols)),
                                     text_of(decode_symbol_configs(body, symbols)),
                                     text_of(decode_leverage(body)),
                                     text_of(decode_leverage_brackets(body)),
                                     text_of(decode_position_mode(body)),
                                     text_of(decode_asset_mode(body)),
                                     text_of(decode_order_limits(body)),
                                     text_of(decode_rest_order(200, body)),
                                     text_of(decode_rest_batch(200, body))})
    all += reading + '\n';
  return all;
}

void check_same(const OrderState& state, const OrderRecord& order) {
  PROPERTY_SAME(state.client_order_id, order.client_order_id);
  PROPERTY(state.order == order.order && state.status == order.status);
  PROPERTY(state.order_qty == order.order_qty && state.executed_qty == order.executed_qty);
  PROPERTY(state.average_price == order.average_price);
}

// The same record as the answer to a request over the WebSocket API and over REST. Those readers
// are the stricter ones: they refuse what stands twice, and know no key that is written with
// escapes.
void check_reply(std::string_view body) {
  if (body.find('\\') != body.npos) return;
  ReplyDecoder decoder;
  const Copy result(R"({"id":1,"status":200,"result":)" + std::string(body) + "}", frame_padding);
  const auto reply = decoder.decode(result.view());
  const auto order = decode_order(body);
  if (reply.has_value() && reply->has_order && order.has_value()) check_same(reply->order, *order);
  const auto rest = decode_rest_order(200, body);
  if (rest.has_value() && rest->has_order && order.has_value()) check_same(rest->order, *order);

  const Copy refused(R"({"id":1,"status":400,"error":)" + std::string(body) + "}", frame_padding);
  const auto no = decoder.decode(refused.view());
  const std::int32_t code = decode_error(body).code;
  if (no.has_value() && code != 0) PROPERTY(no->code == code);
}

// A refusal has no order, whatever its body says.
void check_refusal(std::string_view body) {
  for (const int status : {400, 429, 503}) {
    const auto refusal = decode_rest_order(status, body);
    if (refusal.has_value()) PROPERTY(!refusal->has_order && refusal->status == status);
    const auto batch = decode_rest_batch(status, body);
    if (batch.has_value()) PROPERTY(batch->refused && !batch->whole.has_order);
  }
}

void check(std::string_view body) {
  const std::string readings = all_readings(body);
  PROPERTY_SAME(all_readings(std::string(body) + " \r\n"), readings);
  PROPERTY_SAME(error_text(Copy(body).view()), error_text(body));
  const std::string row = text_of(decode_order(body));
  const std::string rows = text_of(decode_orders("[" + std::string(body) + "]"));
  if (row != malformed && depth_at_most(body) < 1000) PROPERTY_SAME(rows, "[" + row + "]");
  check_reply(body);
  check_refusal(body);
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
