// The forms that single values of copyd.toml have. Each check answers with an empty string or with
// what is wrong. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace copyd::config {

// A decimal, taken exactly from its text: an optional sign, digits with single underscores between
// them, at most eight decimals, no exponent, decimal base only.
struct Decimal {
  std::optional<std::int64_t> units;  // of 1e-8
  std::string why;                    // without units: what is wrong and what would be right
};
Decimal read_decimal(std::string_view text);

bool is_label(std::string_view text);
std::string wrong_path(std::string_view text);
// `scheme` is "https" or "wss". No user, query or fragment.
std::string wrong_url(std::string_view text, std::string_view scheme);
// "host:port", "[address]:port" or "".
std::string wrong_address(std::string_view text);
std::string wrong_symbol(std::string_view text);
bool is_credential(std::string_view text);
bool is_chat(std::string_view text);

}  // namespace copyd::config
