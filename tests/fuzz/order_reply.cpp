// The WebSocket API's answers: an answer says the same every time, whatever is behind it, and one
// that could be taken for the fate of an order is whole.
#include "venue/order_codec.hpp"

#include <simdjson.h>

#include "tests/differential/slow_json.hpp"
#include "tests/fuzz/property.hpp"

namespace copyd::fuzz {
namespace {

using namespace copyd::venue;

constexpr std::string_view malformed = "malformed";

bool is_text(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

void check_reply(const Reply& reply) {
  PROPERTY(is_text(reply.message) && is_text(reply.order.client_order_id));
  if (reply.has_order) {
    PROPERTY(reply.status == 200 && reply.code == 0 && reply.message.empty());
    PROPERTY(reply.order.order_qty.sign() >= 0 && reply.order.executed_qty.sign() >= 0);
  } else {
    PROPERTY(reply.order.order.value == 0 && reply.order.client_order_id.empty());
    PROPERTY(reply.order.executed_qty.is_zero());
  }
  // Only the venue's "nothing had to change" is a success that is no 2xx.
  const RetryClass retry = classify(reply.status, reply.code, reply.message);
  if (retry == RetryClass::ok && (reply.status < 200 || reply.status > 299)) {
    const auto code = reply.code;
    PROPERTY(code == -4046 || code == -4059 || code == -4171 || code == -4197 || code == -5027);
  }
  if (reply.status >= 500) PROPERTY(retry == RetryClass::query || retry == RetryClass::retry);
}

std::string text_of(const Result<Reply>& result) {
  if (result.has_error()) return result.error().message();
  const Reply& reply = *result;
  const OrderState& order = reply.order;
  std::string text = std::to_string(reply.id) + ' ' + std::to_string(reply.status) + ' ' +
                     std::to_string(reply.code) + ' ' + std::to_string(reply.has_order);
  text.append(" \"").append(reply.message).append("\" \"").append(order.client_order_id);
  for (const std::int64_t number :
       {order.order.value, std::int64_t{static_cast<int>(order.status)}, order.order_qty.units(),
        order.executed_qty.units(), order.average_price.units(), order.update_time.ms})
    text.append(" ").append(std::to_string(number));
  return text;
}

std::string decoded(ReplyDecoder& decoder, std::string_view text, char filler = '\0') {
  const Copy frame(text, frame_padding, filler);
  const auto reply = decoder.decode(frame.view());
  if (reply.has_value()) {
    check_reply(*reply);
  } else {
    PROPERTY(reply.error() == make_error_code(Errc::malformed));
    return std::string(malformed);
  }
  return text_of(reply);
}

void check(std::string_view frame) {
  static ReplyDecoder decoder;
  const std::string meaning = decoded(decoder, frame);
  PROPERTY_SAME_WITH_FILLERS(meaning, malformed, copyd::testing::is_json(frame),
                             [&](char filler) { return decoded(decoder, frame, filler); });
  ReplyDecoder fresh;
  PROPERTY_SAME(decoded(fresh, frame), meaning);
  if (meaning == malformed) return;
  std::string text(frame.substr(0, frame.find_last_not_of(json_blanks) + 1));
  PROPERTY_SAME(decoded(decoder, text + " \r\n"), meaning);
  PROPERTY_SAME(decoded(decoder, text + "}"), malformed);
  text.pop_back();
  PROPERTY_SAME(decoded(decoder, text, '}'), malformed);
  PROPERTY_SAME(decoded(decoder, text + R"(,"status":200})"), malformed);
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
