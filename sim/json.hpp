// JSON in and out, for the simulator only: an encoder of its own, so that it cannot share a mistake
// with the decoder that it tests. Reading keeps the text of every number as it was sent, because
// signatures are made over that text. Cold; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/units.hpp"

namespace copyd::sim {

// Appends JSON to a string. The caller keeps the brackets in order.
class JsonWriter {
 public:
  JsonWriter& object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& string(std::string_view value);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& raw(std::string_view json);

  // A member of an object.
  JsonWriter& text(std::string_view name, std::string_view value) {
    return key(name).string(value);
  }
  JsonWriter& number(std::string_view name, std::int64_t value) { return key(name).integer(value); }
  JsonWriter& flag(std::string_view name, bool value) { return key(name).boolean(value); }
  template <class Tag>
  JsonWriter& decimal(std::string_view name, Fixed<Tag> value) {
    return text(name, FixedText(value).view());
  }

  const std::string& str() const noexcept { return out_; }
  std::string take() noexcept { return std::move(out_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string out_{};
  bool first_ = true;  // nothing stands before the next value in its bracket
};

// A decimal with exactly `decimals` places, cut toward zero ("0.500").
std::string padded(std::int64_t units, int decimals);
template <class Tag>
std::string padded(Fixed<Tag> value, int decimals) {
  return padded(value.units(), decimals);
}

// One value as it was sent. A string's text is unescaped; anything else is the JSON itself.
struct JsonValue {
  enum class Kind { string, number, boolean, null, object, array };
  Kind kind = Kind::null;
  std::string text{};
};

// The members of one object, in the order sent.
class JsonObject {
 public:
  static std::optional<JsonObject> parse(std::string_view json);
  const JsonValue* find(std::string_view name) const noexcept;
  const std::vector<std::pair<std::string, JsonValue>>& members() const noexcept {
    return members_;
  }

 private:
  std::vector<std::pair<std::string, JsonValue>> members_{};
};

std::optional<std::vector<JsonValue>> parse_array(std::string_view json);

}  // namespace copyd::sim
