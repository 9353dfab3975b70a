#include "tests/differential/slow_decimal.hpp"

#include <algorithm>

namespace copyd::testing {
namespace {

constexpr std::size_t places = 8;

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string without_leading_zeros(std::string digits) {
  return digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

bool at_most(const std::string& digits, std::string_view most) {
  return digits.size() < most.size() || (digits.size() == most.size() && digits <= most);
}

}  // namespace

std::optional<std::string> slow_units(std::string_view text, Beyond beyond) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto point = std::min(text.find('.'), text.size());
  const auto whole = text.substr(0, point);
  const auto decimals = point < text.size() ? text.substr(point + 1) : std::string_view();
  if (whole.empty() && decimals.empty()) return std::nullopt;
  if (!all_digits(whole) || !all_digits(decimals)) return std::nullopt;
  const bool rest =
      decimals.size() > places && decimals.find_first_not_of('0', places) != decimals.npos;
  if (rest && beyond == Beyond::zero) return std::nullopt;
  std::string digits(whole);
  digits.append(decimals.substr(0, places));
  digits.append(places - std::min(places, decimals.size()), '0');
  digits = without_leading_zeros(std::move(digits));
  if (!at_most(digits, "9223372036854775807")) return std::nullopt;
  return negative && digits != "0" ? '-' + digits : digits;
}

bool fits_int64(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || !all_digits(text)) return false;
  return at_most(without_leading_zeros(std::string(text)),
                 negative ? "9223372036854775808" : "9223372036854775807");
}

}  // namespace copyd::testing
