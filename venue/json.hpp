// Reading one field of a JSON object: the lines that all decoders share. Internal to venue/.
//
// Templates over the JSON library's value, so that the library stays out of the headers. Each
// reader returns false for a value of the wrong kind and leaves `out` as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/clock.hpp"
#include "core/units.hpp"
#include "venue/decimal.hpp"

namespace copyd::venue::json {

// The key as it stands in the text. A key written with escapes matches none of ours.
template <class Field>
std::string_view key_of(const Field& field) noexcept {
  const char* const begin = field.key().raw();
  const char* end = begin;
  while (*end != '"') ++end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Walks `object` once, in the order it was sent. `on_field(key, value)` returns false to give up;
// what it does not read is skipped. True when the object was well formed to its end.
template <class Object, class OnField>
bool for_each_field(Object& object, OnField&& on_field) {
  for (auto item : object) {
    if (item.error()) return false;
    auto field = std::move(item).value_unsafe();
    const std::string_view key = key_of(field);
    auto value = field.value();
    if (!on_field(key, value)) return false;
  }
  return true;
}

// Walks an array of objects: `on_object(object)` returns false to give up.
template <class Value, class OnObject>
bool for_each_object(Value& value, OnObject&& on_object) {
  std::decay_t<decltype(value.get_array().value_unsafe())> array;
  if (value.get_array().get(array)) return false;
  for (auto item : array) {
    std::decay_t<decltype(item.get_object().value_unsafe())> object;
    if (item.get_object().get(object)) return false;
    if (!on_object(object)) return false;
  }
  return true;
}

template <class Value>
bool read(Value&& value, std::string_view& out) noexcept {
  std::string_view text;
  if (value.get_string().get(text)) return false;
  out = text;
  return true;
}

template <class Value>
bool read(Value&& value, std::int64_t& out) noexcept {
  return !value.get_int64().get(out);
}

template <class Value>
bool read(Value&& value, bool& out) noexcept {
  return !value.get_bool().get(out);
}

template <class Value>
bool read(Value&& value, VenueTime& out) noexcept {
  return read(value, out.ms);
}

template <class Value>
bool is_null(Value& value) noexcept {
  bool null = false;
  return !value.is_null().get(null) && null;
}

// A decimal in quotes, exact.
template <class Value, class Tag>
bool read(Value&& value, Fixed<Tag>& out) noexcept {
  std::string_view text;
  if (!read(value, text)) return false;
  const auto number = Fixed<Tag>::parse(text);
  if (!number) return false;
  out = *number;
  return true;
}

// A decimal in quotes of which what stands beyond the eighth place may be dropped: an average, or
// money that is only shown or compared. Never a quantity or the price of a trade.
template <class Value, class Tag>
bool read_cut(Value&& value, Fixed<Tag>& out) noexcept {
  std::string_view text;
  if (!read(value, text)) return false;
  const auto number = parse_cut<Tag>(text);
  if (!number) return false;
  out = *number;
  return true;
}

// The same, or a JSON number: some figures come without quotes. On-Demand values only.
template <class Value, class Tag>
bool read_number(Value& value, Fixed<Tag>& out) noexcept {
  std::string_view text = value.raw_json_token();
  if (text.starts_with('"')) return read_cut(value, out);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  const auto number = parse_cut<Tag>(PlainNumber(text).view());
  if (!number) return false;
  out = *number;
  return true;
}

// Parses a whole body; the parser copies it, so no padding is asked of the caller. An empty view
// may point to nothing, which the parser's copy must not be handed.
template <class Parser>
auto parse_body(Parser& parser, std::string_view body) {
  return body.empty() ? parser.parse("", std::size_t{0}) : parser.parse(body.data(), body.size());
}

// Which fields of one object have been met. A field met twice makes a message ambiguous.
class Seen {
 public:
  bool first(unsigned field) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << field;
    const bool is_first = (bits_ & bit) == 0;
    bits_ |= bit;
    return is_first;
  }
  bool has(unsigned field) const noexcept { return ((bits_ >> field) & 1U) != 0; }
  // Every bit of `mask` is set.
  bool all(std::uint64_t mask) const noexcept { return (bits_ & mask) == mask; }

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace copyd::venue::json
