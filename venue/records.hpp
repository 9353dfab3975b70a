// Reading whole bodies of REST answers: one object, or one array of objects, into owned values.
// Internal to venue/; templates, so that the JSON library stays out of the headers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "venue/event_fields.hpp"
#include "venue/json.hpp"
#include "venue/words.hpp"

namespace copyd::venue::records {

// A field met twice makes a record ambiguous, whichever of the two a reader would take. No record of
// the venue has as many fields as would make the search slow.
template <class Object>
bool is_ambiguous(const Object& object) {
  constexpr std::size_t fields_max = 256;
  if (object.size() > fields_max) return true;
  for (auto field = object.begin(); field != object.end(); ++field) {
    auto other = field;
    for (++other; other != object.end(); ++other)
      if (other.key() == field.key()) return true;
  }
  return false;
}

// `Parser` is the library's, with a document that may be read in any order.
template <class Parser>
class Body {
  template <class Answer>
  using ValueOf = std::decay_t<decltype(std::declval<Answer>().value_unsafe())>;

 public:
  using Element = ValueOf<decltype(std::declval<Parser&>().parse("", std::size_t{0}))>;
  using Object = ValueOf<decltype(std::declval<Element&>().get_object())>;
  using Array = ValueOf<decltype(std::declval<Element&>().get_array())>;

  explicit Body(std::string_view text)
      : failed_(static_cast<bool>(json::parse_body(parser_, text).get(root_))) {}

  bool object(Object& out) const {
    return !failed_ && !root_.get_object().get(out) && !is_ambiguous(out);
  }
  bool array(Array& out) const { return !failed_ && !root_.get_array().get(out); }

 private:
  Parser parser_;
  Element root_;
  bool failed_;
};

template <class Object, class T>
bool field(const Object& object, std::string_view key, T& out) {
  return json::read(object[key], out);
}
template <class Object, class T>
bool cut_field(const Object& object, std::string_view key, T& out) {
  return json::read_cut(object[key], out);
}

template <class Object>
bool absent(const Object& object, std::string_view key) {
  for (const auto member : object)
    if (member.key == key) return false;
  return true;
}

// A text, a side, a leg, or a word out of a list that the venue may lengthen.
template <class Object>
bool text_field(const Object& object, std::string_view key, std::string& out) {
  std::string_view text;
  if (!field(object, key, text)) return false;
  out = text;
  return true;
}
template <class Object>
bool leg_field(const Object& object, Leg& out) {
  auto value = object["positionSide"];
  return event::read_leg(value, out);
}
template <class Object>
bool side_field(const Object& object, Side& out) {
  auto value = object["side"];
  return event::read_side(value, out);
}
template <class Object, class Word, class WordOf>
bool word_field(const Object& object, std::string_view key, Word& out, WordOf word_of) {
  auto value = object[key];
  return event::read_word(value, out, word_of);
}

// An absent field leaves `out` as it is; one of the wrong kind is a fault.
template <class Object, class T>
bool field_if_present(const Object& object, std::string_view key, T& out) {
  return absent(object, key) || field(object, key, out);
}
template <class Object, class T>
bool field_if_present(const Object& object, std::string_view key, std::optional<T>& out) {
  if (absent(object, key)) return true;
  return field(object, key, out.emplace());
}
template <class Object, class T>
bool cut_if_present(const Object& object, std::string_view key, T& out) {
  return absent(object, key) || cut_field(object, key, out);
}
template <class Object>
bool text_if_present(const Object& object, std::string_view key, std::string& out) {
  return absent(object, key) || text_field(object, key, out);
}
template <class Object, class Word, class WordOf>
bool word_if_present(const Object& object, std::string_view key, Word& out, WordOf word_of) {
  return absent(object, key) || word_field(object, key, out, word_of);
}

// A small whole number: an integer, or (older records) the same in quotes.
template <class Object>
bool int_or_text(const Object& object, std::string_view key, int& out) {
  std::int64_t number = 0;
  if (!field(object, key, number)) {
    std::string_view text;
    if (!field(object, key, text) || !event::parse_integer(text, number)) return false;
  }
  if (number < INT32_MIN || number > INT32_MAX) return false;
  out = static_cast<int>(number);
  return true;
}

// Reads each element of an array with `read_row(object, row)`; one bad row spoils the whole.
template <class Row, class Array, class ReadRow>
Result<std::vector<Row>> rows_of(const Array& array, ReadRow&& read_row) {
  std::vector<Row> result;
  result.reserve(array.size());
  for (const auto item : array) {
    auto object = item.get_object();
    if (object.error() || is_ambiguous(object.value_unsafe()) ||
        !read_row(object.value_unsafe(), result.emplace_back()))
      return make_error_code(Errc::malformed);
  }
  return result;
}

// A body that is an array of rows.
template <class Row, class Parser, class ReadRow>
Result<std::vector<Row>> rows(std::string_view body, ReadRow&& read_row) {
  const Body<Parser> parsed(body);
  typename Body<Parser>::Array array;
  if (!parsed.array(array)) return make_error_code(Errc::malformed);
  return rows_of<Row>(array, read_row);
}

// A body that is one row.
template <class Row, class Parser, class ReadRow>
Result<Row> one_row(std::string_view body, ReadRow&& read_row) {
  const Body<Parser> parsed(body);
  typename Body<Parser>::Object object;
  Row row;
  if (!parsed.object(object) || !read_row(object, row)) return make_error_code(Errc::malformed);
  return row;
}

}  // namespace copyd::venue::records
