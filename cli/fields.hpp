// Reads the members of a reply, and makes them fit to be shown: what is absent or null is "-", and
// control characters, which a terminal would obey, become "?". Only the views include this.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace copyd::cli {

using Element = simdjson::dom::element;

// A string as it may be shown on a terminal.
std::string printable(std::string_view text);

// Strings, integers and "yes" or "no", as text.
std::string text_of(Element element);
std::string text_of(Element object, std::string_view name);
std::optional<std::int64_t> integer_of(Element object, std::string_view name);
bool is_true(Element object, std::string_view name);
// A duration in nanoseconds, one of the quantiles of so many ("n"); "-" where there were none.
std::string nanoseconds_of(Element quantiles, std::string_view name);
// Empty when there is no such array or object.
simdjson::dom::array array_of(Element object, std::string_view name);
simdjson::dom::object object_of(Element object, std::string_view name);
Element member_of(Element object, std::string_view name);  // the object, as what it is part of
// An array of strings as "a, b".
std::string list_of(Element object, std::string_view name);

}  // namespace copyd::cli
