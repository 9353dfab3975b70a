// JSON read slowly and plainly, for tests: a value is the piece of text that it stands in, and is
// taken apart when it is asked what it is. Knows nothing of the engine's JSON library.
//
// `is_json` is the grammar, all of it. The other functions look at one level only, and find the end
// of what lies deeper by its brackets and strings.
// Grammar: RFC 8259.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace copyd::testing {

// False as well for more than a thousand levels: parsers may draw the line there.
bool is_json(std::string_view text);
bool is_utf8(std::string_view text);

// The one value that `text` consists of, without the blanks around it. Empty if it is not one, if
// the text is not UTF-8, or if a string in it does not end or holds a control character.
std::optional<std::string_view> whole_value(std::string_view text);

struct JsonMember {
  std::string_view key;  // as it is written, without its quotes
  std::string_view value;
};
// Empty for a value of another kind.
std::optional<std::vector<JsonMember>> json_members(std::string_view value);
std::optional<std::vector<std::string_view>> json_items(std::string_view value);
// Without its escapes.
std::optional<std::string> json_text(std::string_view value);
std::optional<bool> json_boolean(std::string_view value);
// Its digits; of a number that has neither a fraction nor an exponent and fits an int64.
std::optional<std::string> json_integer(std::string_view value);

// A number written without its exponent. Empty as well for one of more than forty digits, or with
// an exponent beyond thirty either way: no price, amount or ratio has that size.
std::optional<std::string> json_plain_number(std::string_view value);

}  // namespace copyd::testing
