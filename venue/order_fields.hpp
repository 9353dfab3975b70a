// What one order says of itself, read from an answer: the same fields over the WebSocket API and
// over REST. Internal to venue/; templates, so that the JSON library stays out of the headers.
#pragma once

#include <charconv>
#include <string_view>

#include "venue/json.hpp"
#include "venue/order_codec.hpp"
#include "venue/words.hpp"

namespace copyd::venue {

// Reads the fields of an object that may be an order, one at a time and in any order. A field of
// another kind under one of these names is a fault only if the object turns out to be an order.
//
// `ReadText` is how a text is taken from a value, so that each transport can say how long the views
// live.
template <class ReadText>
class OrderFields {
 public:
  OrderFields(OrderState& out, ReadText read_text) : out_(out), read_text_(read_text) {}

  // True when the field is one of an order's, and was read.
  template <class Value>
  bool take(std::string_view key, Value& value) {
    if (key == "orderId") return number(id, value, out_.order.value);
    if (key == "clientOrderId") return text(client_id, value, out_.client_order_id);
    if (key == "status") return status(value);
    if (key == "origQty") return number(qty, value, out_.order_qty);
    if (key == "executedQty") return number(executed, value, out_.executed_qty);
    if (key == "avgPrice") {
      if (!seen_.first(average) || !json::read_cut(value, out_.average_price)) sound_ = false;
      return true;
    }
    if (key == "updateTime") return number(update, value, out_.update_time);
    return false;
  }

  bool is_order() const noexcept { return seen_.has(id); }
  // All that an order must say was said, once and in its kind.
  bool complete() const noexcept {
    return sound_ && seen_.has(client_id) && seen_.has(status_word) && seen_.has(qty) &&
           seen_.has(executed) && out_.order_qty.sign() >= 0 && out_.executed_qty.sign() >= 0;
  }

 private:
  enum Field : unsigned { id, client_id, status_word, qty, executed, average, update };

  template <class Value, class Target>
  bool number(Field field, Value& value, Target& target) {
    if (!seen_.first(field) || !json::read(value, target)) sound_ = false;
    return true;
  }
  template <class Value>
  bool text(Field field, Value& value, std::string_view& target) {
    if (!seen_.first(field) || !read_text_(value, target)) sound_ = false;
    return true;
  }
  template <class Value>
  bool status(Value& value) {
    std::string_view word;
    if (!seen_.first(status_word) || !json::read(value, word)) sound_ = false;
    out_.status = status_of(word);
    return true;
  }

  OrderState& out_;
  ReadText read_text_;
  json::Seen seen_;
  bool sound_ = true;
};

template <class Value>
bool read_int(Value& value, int& out) {
  std::int64_t number = 0;
  if (!json::read(value, number) || number < INT32_MIN || number > INT32_MAX) return false;
  out = static_cast<int>(number);
  return true;
}

}  // namespace copyd::venue
