#include "tests/differential/slow_json.hpp"

#include <algorithm>
#include <cstdint>

#include "tests/differential/slow_decimal.hpp"

namespace copyd::testing {
namespace {

constexpr int nesting_max = 1000;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_opening(char c) {
  return c == '{' || c == '[';
}
bool is_closing(char c) {
  return c == '}' || c == ']';
}
bool is_structure(char c) {
  return is_opening(c) || is_closing(c) || c == ':' || c == ',';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A place in a text, going forward.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t place() const { return at_; }
  std::string_view from(std::size_t begin) const { return text_.substr(begin, at_ - begin); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  void skip_blanks() {
    while (!at_end() && is_blank(peek())) ++at_;
  }
  // Passes `c` and the blanks before it, if it is there.
  bool take(char c) {
    skip_blanks();
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  bool take_digits() {
    const std::size_t begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ > begin;
  }
  // A string with its quotes, whatever its escapes are.
  bool take_string() {
    if (peek() != '"') return false;
    for (++at_; !at_end(); ++at_) {
      if (peek() == '"') return ++at_, true;
      if (peek() == '\\') ++at_;
    }
    return false;
  }
  // A backslash takes away the meaning of a quote behind it, even where no string is.
  void skip_escaped() {
    const bool escapes = peek() == '\\';
    ++at_;
    if (escapes && (peek() == '"' || peek() == '\\')) ++at_;
  }
  void skip_to_quote() {
    while (!at_end() && peek() != '"') skip_escaped();
  }
  // Anything up to a blank, a bracket, a colon or a comma; a string in it ends it.
  bool take_scalar() {
    if (peek() == '"') return take_string();
    const std::size_t begin = at_;
    while (!at_end() && !is_blank(peek()) && !is_structure(peek())) {
      if (peek() == '"') return take_string();
      skip_escaped();
    }
    return at_ > begin;
  }
  // A scalar, or all from a bracket to the one that makes them even, of whichever kind.
  bool take_value() {
    skip_blanks();
    if (!is_opening(peek())) return take_scalar();
    int depth = 0;
    do {
      skip_blanks();
      if (at_end()) return false;
      if (is_structure(peek())) {
        if (is_opening(peek())) ++depth;
        if (is_closing(peek())) --depth;
        ++at_;
      } else if (!take_scalar()) {
        return false;
      }
    } while (depth > 0);
    return true;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Four hexadecimal digits at `at`, or -1.
int hex_at(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, 4)) {
    const int digit = is_digit(c)            ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

void put_utf8(int point, std::string& to) {
  const auto put = [&](int byte) { to.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xe0 | point >> 12);
    } else {
      put(0xf0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3f));
    }
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

// Reads \uXXXX at `at`, with the second half of a pair; moves behind it. False for half a pair.
bool unescape_point(std::string_view text, std::size_t& at, std::string& to) {
  const auto is_high = [](int unit) { return unit >= 0xd800 && unit < 0xdc00; };
  const auto is_low = [](int unit) { return unit >= 0xdc00 && unit < 0xe000; };
  int point = hex_at(text, at + 2);
  at += 6;
  if (point < 0 || is_low(point)) return false;
  if (is_high(point)) {
    if (text.substr(at, 2) != "\\u") return false;
    const int low = hex_at(text, at + 2);
    if (!is_low(low)) return false;
    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    at += 6;
  }
  put_utf8(point, to);
  return true;
}

// The text of a string without its quotes; empty for an escape that is none.
std::optional<std::string> unescape(std::string_view inner) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  std::string text;
  for (std::size_t at = 0; at < inner.size();) {
    if (inner[at] != '\\') {
      text.push_back(inner[at++]);
    } else if (inner.substr(at, 2) == "\\u") {
      if (!unescape_point(inner, at, text)) return std::nullopt;
    } else {
      const auto letter = at + 1 < inner.size() ? letters.find(inner[at + 1]) : letters.npos;
      if (letter == letters.npos) return std::nullopt;
      text.push_back(meanings[letter]);
      at += 2;
    }
  }
  return text;
}

// -? (0 | 1-9…) (. …)? (e …)?
bool is_number(std::string_view text) {
  Cursor cursor(text);
  cursor.take_word("-");
  const std::size_t whole = cursor.place();
  if (!cursor.take_digits()) return false;
  if (cursor.from(whole).size() > 1 && cursor.from(whole).front() == '0') return false;
  if (cursor.take_word(".") && !cursor.take_digits()) return false;
  if (cursor.take_word("e") || cursor.take_word("E")) {
    if (!cursor.take_word("-")) cursor.take_word("+");
    if (!cursor.take_digits()) return false;
  }
  return cursor.at_end();
}

bool is_value(std::string_view value, int depth);

bool is_object(std::string_view value, int depth) {
  const auto members = json_members(value);
  if (!members) return false;
  for (const auto& [key, inner] : *members)
    if (!unescape(key) || !is_value(inner, depth + 1)) return false;
  return true;
}

bool is_array(std::string_view value, int depth) {
  const auto items = json_items(value);
  if (!items) return false;
  for (const auto item : *items)
    if (!is_value(item, depth + 1)) return false;
  return true;
}

bool is_value(std::string_view value, int depth) {
  if (depth > nesting_max) return false;
  if (value.starts_with('{')) return is_object(value, depth);
  if (value.starts_with('[')) return is_array(value, depth);
  if (value.starts_with('"')) return json_text(value).has_value();
  return json_boolean(value) || value == "null" || is_number(value);
}

// Every string ends, and holds no control character.
bool strings_are_sound(std::string_view text) {
  Cursor cursor(text);
  for (cursor.skip_to_quote(); !cursor.at_end(); cursor.skip_to_quote()) {
    const std::size_t begin = cursor.place();
    if (!cursor.take_string()) return false;
    for (const char c : cursor.from(begin))
      if (static_cast<unsigned char>(c) < 0x20) return false;
  }
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || at + length > text.size()) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if (byte >> 6 != 2) return false;
      point = point << 6 | (byte & 0x3fU);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
      return false;
    at += length;
  }
  return true;
}

std::optional<std::string_view> whole_value(std::string_view text) {
  if (!is_utf8(text) || !strings_are_sound(text)) return std::nullopt;
  Cursor cursor(text);
  cursor.skip_blanks();
  const std::size_t begin = cursor.place();
  if (!cursor.take_value()) return std::nullopt;
  const std::string_view value = cursor.from(begin);
  cursor.skip_blanks();
  if (!cursor.at_end()) return std::nullopt;
  return value;
}

bool is_json(std::string_view text) {
  const auto value = whole_value(text);
  return value && is_value(*value, 0);
}

std::optional<std::vector<JsonMember>> json_members(std::string_view value) {
  Cursor cursor(value);
  std::vector<JsonMember> members;
  if (!cursor.take('{')) return std::nullopt;
  if (cursor.take('}')) return cursor.at_end() ? std::optional(members) : std::nullopt;
  do {
    cursor.skip_blanks();
    std::size_t begin = cursor.place();
    if (!cursor.take_string()) return std::nullopt;
    const std::string_view key = cursor.from(begin);
    if (!cursor.take(':')) return std::nullopt;
    cursor.skip_blanks();
    begin = cursor.place();
    if (!cursor.take_value()) return std::nullopt;
    members.push_back({.key = key.substr(1, key.size() - 2), .value = cursor.from(begin)});
  } while (cursor.take(','));
  if (!cursor.take('}') || !cursor.at_end()) return std::nullopt;
  return members;
}

std::optional<std::vector<std::string_view>> json_items(std::string_view value) {
  Cursor cursor(value);
  std::vector<std::string_view> items;
  if (!cursor.take('[')) return std::nullopt;
  if (cursor.take(']')) return cursor.at_end() ? std::optional(items) : std::nullopt;
  do {
    cursor.skip_blanks();
    const std::size_t begin = cursor.place();
    if (!cursor.take_value()) return std::nullopt;
    items.push_back(cursor.from(begin));
  } while (cursor.take(','));
  if (!cursor.take(']') || !cursor.at_end()) return std::nullopt;
  return items;
}

std::optional<std::string> json_text(std::string_view value) {
  if (value.size() < 2 || !value.starts_with('"') || !value.ends_with('"')) return std::nullopt;
  return unescape(value.substr(1, value.size() - 2));
}

std::optional<bool> json_boolean(std::string_view value) {
  if (value == "true") return true;
  if (value == "false") return false;
  return std::nullopt;
}

std::optional<std::string> json_integer(std::string_view value) {
  if (!is_number(value) || !fits_int64(value)) return std::nullopt;
  return value == "-0" ? "0" : std::string(value);
}

std::optional<std::string> json_plain_number(std::string_view value) {
  constexpr std::size_t digits_max = 40;
  constexpr int power_max = 30;
  if (!is_number(value)) return std::nullopt;
  const bool negative = value.starts_with('-');
  if (negative) value.remove_prefix(1);
  const auto e = std::min(value.find_first_of("eE"), value.size());
  std::string digits(value.substr(0, e));
  const auto point = std::min(digits.find('.'), digits.size());
  if (point < digits.size()) digits.erase(point, 1);
  std::string power = e < value.size() ? std::string(value.substr(e + 1)) : "0";
  if (power.starts_with('+')) power.erase(0, 1);
  if (digits.size() > digits_max || !fits_int64(power)) return std::nullopt;
  const long long shift = std::stoll(power);
  if (shift < -power_max || shift > power_max) return std::nullopt;
  // Zeros on both sides, so that the point has somewhere to go.
  const std::string zeros(power_max, '0');
  std::string text = zeros + digits + zeros;
  text.insert(static_cast<std::size_t>(power_max + static_cast<long long>(point) + shift), 1, '.');
  return (negative ? "-" : "") + text;
}

}  // namespace copyd::testing
