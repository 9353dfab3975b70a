// Reading the fields of user-data events: the bits of what has been met, and the readers that
// several events share. Internal to venue/; templates, so that the JSON library stays out of the
// headers.
#pragma once

#include <charconv>
#include <initializer_list>
#include <string_view>

#include "core/symbols.hpp"
#include "venue/account_codec.hpp"
#include "venue/json.hpp"
#include "venue/words.hpp"

namespace copyd::venue::event {

// The bits of Seen: a field of one letter has its own; the longer ones follow them.
constexpr unsigned bit(char letter) noexcept {
  return static_cast<unsigned>(letter - 'A');
}
constexpr unsigned extra_bit(unsigned number) noexcept {
  return bit('z') + number;
}
constexpr unsigned no_field = 63;  // not one that we read

constexpr std::uint64_t mask(std::initializer_list<unsigned> fields) noexcept {
  std::uint64_t bits = 0;
  for (const unsigned field : fields) bits |= std::uint64_t{1} << field;
  return bits;
}

constexpr unsigned letter_of(std::string_view key) noexcept {
  const char c = key.size() == 1 ? key[0] : '\0';
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? bit(c) : no_field;
}

template <class Value>
bool read_side(Value& value, Side& out) {
  std::string_view word;
  if (!json::read(value, word)) return false;
  const auto side = side_of(word);
  if (side) out = *side;
  return side.has_value();
}

template <class Value>
bool read_leg(Value& value, Leg& out) {
  std::string_view word;
  if (!json::read(value, word)) return false;
  const auto leg = leg_of(word);
  if (leg) out = *leg;
  return leg.has_value();
}

// A word out of a list that the venue may lengthen.
template <class Value, class Word, class WordOf>
bool read_word(Value& value, Word& out, WordOf word_of) {
  std::string_view word;
  if (!json::read(value, word)) return false;
  out = word_of(word);
  return true;
}

// An integer in quotes; what is no integer is refused.
inline bool parse_integer(std::string_view text, std::int64_t& out) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end;
}

// Looks a name up, for an event that has `symbol_name`, `symbol` and `symbol_known`.
template <class Event>
void find_symbol(const SymbolTable& symbols, Event& out) {
  if (const auto symbol = symbols.find(out.symbol_name)) {
    out.symbol = *symbol;
    out.symbol_known = true;
  }
}

// What follows from what a fill says: which of our symbols it is on, and whether it is the venue's
// own doing. CALCULATED is that by definition, whatever id the order has.
inline void conclude(const SymbolTable& symbols, OrderUpdate& out) {
  find_symbol(symbols, out);
  out.forced = out.execution == Execution::calculated || is_forced_order(out.client_order_id);
}
inline void conclude(const SymbolTable& symbols, TradeLite& out) {
  find_symbol(symbols, out);
  out.forced = is_forced_order(out.client_order_id);
}

}  // namespace copyd::venue::event
