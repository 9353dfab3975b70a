// JsonWriter: writes one JSON text on one line, piece by piece, with the commas set by itself.
//
// Amounts (Price, Qty, Usd, Ratio) are written as strings, exactly. Text that is not UTF-8 is
// repaired with U+FFFD, so that what is written can always be read. The caller nests correctly; a
// wrong nesting is a bug (ASSERT). Cold; one thread.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/units.hpp"

namespace copyd::ops {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  // The name of the next value. Only inside an object.
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth) { return raw(truth ? "true" : "false"); }
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) JsonWriter& value(T number) {
    char digits[24];
    const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return raw({digits, static_cast<std::size_t>(end - digits)});
  }
  template <class Tag>
  JsonWriter& value(Fixed<Tag> amount) {
    return value(FixedText(amount).view());
  }
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  JsonWriter& null() { return raw("null"); }
  // A value that is JSON already, on one line.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& member(std::string_view name, const T& what) {
    key(name);
    return value(what);
  }

  // Room for that many characters, so that a text with a secret in it is never moved in memory.
  void reserve(std::size_t characters) { text_.reserve(characters); }
  // The finished text. The writer is empty afterwards.
  std::string take();

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  void quote(std::string_view text);

  std::string text_;
  std::string nesting_;     // the closing bracket of each open object or array
  bool comma_due_ = false;  // a value stands before the next one
  bool after_key_ = false;
};

}  // namespace copyd::ops
