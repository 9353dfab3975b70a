// Decimals that the venue writes as JSON numbers, or longer than eight places. Their text is read,
// never a binary fraction. Pure, allocates nothing. Internal to venue/.
#pragma once

#include <optional>
#include <string_view>

#include "core/units.hpp"

namespace copyd::venue {

// What stands beyond the eighth place is dropped. Empty for what is no decimal, or too large.
template <class Tag>
std::optional<Fixed<Tag>> parse_cut(std::string_view text) noexcept {
  if (const auto point = text.find('.'); point != text.npos && text.size() > point + 9) {
    if (text.find_first_not_of("0123456789", point + 9) != text.npos) return std::nullopt;
    text = text.substr(0, point + 9);
  }
  return Fixed<Tag>::parse(text);
}

// A JSON number without its exponent: "6.5E-3" becomes "0.0065".
class PlainNumber {
 public:
  explicit PlainNumber(std::string_view text) noexcept;
  // Empty when the text is no number, or of a size that no price, amount or ratio has.
  std::string_view view() const noexcept { return {text_, size_}; }

 private:
  void put(char c) noexcept { text_[size_++] = c; }

  static constexpr std::size_t digits_max = 40;
  static constexpr int power_max = 30;
  char text_[digits_max + power_max + 4];
  std::size_t size_ = 0;
};

}  // namespace copyd::venue
