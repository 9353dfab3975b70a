#include "venue/decimal.hpp"

#include <charconv>

namespace copyd::venue {
namespace {

bool only_digits(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789") == text.npos;
}

// The power of ten behind "e", or 0 where there is none.
std::optional<int> power_of(std::string_view text, int max) noexcept {
  if (text.empty()) return 0;
  text.remove_prefix(1);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int power = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, power);
  if (error != std::errc{} || stop != end || power < -max || power > max) return std::nullopt;
  return power;
}

}  // namespace

PlainNumber::PlainNumber(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  const auto power = power_of(e == text.npos ? std::string_view() : text.substr(e), power_max);
  const auto point = mantissa.find('.');
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view fraction =
      point == mantissa.npos ? std::string_view() : mantissa.substr(point + 1);
  if (!power || whole.empty() || whole.size() + fraction.size() > digits_max ||
      !only_digits(whole) || !only_digits(fraction) || (whole.size() > 1 && whole[0] == '0') ||
      (point != mantissa.npos && fraction.empty()))
    return;
  if (negative) put('-');
  // The digits stand at 0, 1, … of the mantissa without its point; the point moves behind `places`
  // of them, with zeros where there are none.
  const int digits = static_cast<int>(whole.size() + fraction.size());
  const int places = static_cast<int>(whole.size()) + *power;
  const auto digit = [&](int at) {
    if (at < 0 || at >= digits) return '0';
    const auto index = static_cast<std::size_t>(at);
    return index < whole.size() ? whole[index] : fraction[index - whole.size()];
  };
  if (places <= 0) put('0');
  for (int at = 0; at < places; ++at) put(digit(at));
  if (places >= digits) return;
  put('.');
  for (int at = places; at < digits; ++at) put(digit(at));
}

}  // namespace copyd::venue
