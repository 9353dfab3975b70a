// What each kind of record is called and what stands where in its payload, so that a person or a
// program can read it: one table, in the order of journal/records.hpp.
//
// Quantities, prices and money are spelled as decimals, ids as numbers (symbols by name where the
// preamble was read), identities and bytes in hexadecimal. Cold; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "journal/records.hpp"

namespace copyd::journal {

struct Field {
  enum class Kind : std::uint8_t {
    whole,     // a number without a sign
    integer,   // a number with one
    integers,  // of eight bytes each
    decimal,   // units of 1e-8
    flag,      // false or true
    word,      // an enumerator, one byte: one of `words`
    causes,    // FollowerState by StateCause: those that restrict
    text,      // up to the first zero byte
    bytes,     // hexadecimal
    symbol,    // SymbolId
    spare,     // shown where it is not zero
  };
  std::string_view name;
  Kind kind = Kind::whole;
  std::size_t offset = 0;
  std::size_t size = 0;
  std::span<const std::string_view> words{};
};

struct Description {
  Type type = Type::segment;
  std::string_view name;
  std::size_t size = 0;  // of the payload
  std::span<const Field> fields;
};

std::span<const Description> descriptions() noexcept;
// Null for a type that this version does not know.
const Description* describe(std::uint16_t type) noexcept;

// What the symbol ids of a run stand for.
using SymbolNames = std::map<std::uint16_t, std::string>;
// Takes the name that a record of the preamble gives, if it is one.
void learn(SymbolNames& names, const Record& record);

struct FieldText {
  std::string_view name;
  std::string text;
  bool quoted = false;  // a string in JSON; else a number or a truth value
};
// The payload, field by field. One of a type that is not known is one field, `payload`.
std::vector<FieldText> fields_of(const Record& record, const SymbolNames& names);

}  // namespace copyd::journal
