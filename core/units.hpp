// Price, Qty, Usd and Ratio: exact decimal numbers with eight places.
//
// Each is a distinct type around one int64 that counts units of 1e-8, so the compiler refuses
// `Price + Qty`. There is no conversion to or from a floating-point number.
//
//   operation                      gives            rounding
//   Price ± Price, Qty ± Qty, …    the same type    exact
//   notional(Price, Qty)           Usd              floor to the unit
//   muldiv(a, b, c)                units            nearest, ties away from zero
//   trunc_to(Qty, step)            Qty              toward zero, to a multiple of step
//   ceil_to(Qty, step)             Qty              up, to a multiple of step
//   floor_to(Price, tick)          Price            down, to a multiple of tick
//   ceil_to(Price, tick)           Price            up, to a multiple of tick
//
// Text is read exactly: at most eight significant decimals ("0.10000000000" is fine, because what
// is beyond the eighth place is zero), an optional sign, no exponent. Everything is noexcept and
// allocates nothing; any thread.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace copyd {

__extension__ typedef __int128 int128;

inline constexpr std::int64_t units_per_whole = 100'000'000;

namespace detail {

// Reads a decimal into units of 1e-8. Empty for anything that is not exactly such a number.
constexpr std::optional<std::int64_t> parse_units(std::string_view text) noexcept {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  constexpr std::uint64_t max = static_cast<std::uint64_t>(INT64_MAX);
  int decimals = -1;  // -1: no decimal point seen yet
  bool digits = false;
  for (const char c : text) {
    if (c == '.') {
      if (decimals >= 0) return std::nullopt;
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = true;
    if (decimals == 8) {
      if (c != '0') return std::nullopt;
      continue;
    }
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (max - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
    if (decimals >= 0) ++decimals;
  }
  if (!digits) return std::nullopt;
  for (int place = decimals < 0 ? 0 : decimals; place < 8; ++place) {
    if (value > max / 10) return std::nullopt;
    value *= 10;
  }
  const auto units = static_cast<std::int64_t>(value);
  return negative ? -units : units;
}

// Writes units of 1e-8 without trailing zeros ("0.01", "-3", "0"). Returns the end of the text.
inline char* format_units(std::int64_t units, char* out) noexcept {
  std::uint64_t magnitude = static_cast<std::uint64_t>(units);
  if (units < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  const std::uint64_t whole = magnitude / units_per_whole;
  std::uint64_t fraction = magnitude % units_per_whole;
  out = std::to_chars(out, out + 20, whole).ptr;
  if (fraction == 0) return out;
  *out++ = '.';
  std::uint64_t place = units_per_whole / 10;
  while (fraction != 0) {
    *out++ = static_cast<char>('0' + fraction / place);
    fraction %= place;
    place /= 10;
  }
  return out;
}

}  // namespace detail

// The longest text of a Fixed: sign, 11 digits, point, 8 decimals; rounded up.
inline constexpr std::size_t fixed_text_max = 24;

template <class Tag>
class Fixed {
 public:
  constexpr Fixed() = default;

  static constexpr Fixed from_units(std::int64_t units) noexcept { return Fixed(units); }
  static constexpr Fixed whole(std::int64_t value) noexcept {
    return Fixed(value * units_per_whole);
  }
  static constexpr std::optional<Fixed> parse(std::string_view text) noexcept {
    const auto units = detail::parse_units(text);
    if (!units) return std::nullopt;
    return Fixed(*units);
  }

  constexpr std::int64_t units() const noexcept { return units_; }
  constexpr bool is_zero() const noexcept { return units_ == 0; }
  constexpr int sign() const noexcept { return (units_ > 0) - (units_ < 0); }
  constexpr Fixed abs() const noexcept { return Fixed(units_ < 0 ? -units_ : units_); }

  // REQUIRES: room for fixed_text_max characters. Returns the end of what was written.
  char* format(char* out) const noexcept { return detail::format_units(units_, out); }

  friend constexpr Fixed operator+(Fixed a, Fixed b) noexcept { return Fixed(a.units_ + b.units_); }
  friend constexpr Fixed operator-(Fixed a, Fixed b) noexcept { return Fixed(a.units_ - b.units_); }
  constexpr Fixed operator-() const noexcept { return Fixed(-units_); }
  constexpr Fixed& operator+=(Fixed other) noexcept { units_ += other.units_; return *this; }
  constexpr Fixed& operator-=(Fixed other) noexcept { units_ -= other.units_; return *this; }
  friend constexpr auto operator<=>(Fixed, Fixed) noexcept = default;

 private:
  explicit constexpr Fixed(std::int64_t units) noexcept : units_(units) {}
  std::int64_t units_ = 0;
};

using Price = Fixed<struct PriceTag>;  // quote asset for one unit of the base asset
using Qty = Fixed<struct QtyTag>;      // base asset; signed where it is a position
using Usd = Fixed<struct UsdTag>;      // money in the quote asset
using Ratio = Fixed<struct RatioTag>;  // a plain number; 1e8 units are "one"

// The text of a Fixed in its own small buffer, for messages and encoders.
class FixedText {
 public:
  template <class Tag>
  explicit FixedText(Fixed<Tag> value) noexcept
      : size_(static_cast<std::size_t>(value.format(text_) - text_)) {}
  std::string_view view() const noexcept { return {text_, size_}; }

 private:
  char text_[fixed_text_max];
  std::size_t size_;
};

// a·b/c to the nearest unit, ties away from zero. REQUIRES: c > 0 or c < 0, and a result that
// fits; a result that does not is clamped to the int64 range, which every limit then refuses.
constexpr std::int64_t muldiv(std::int64_t a, std::int64_t b, std::int64_t c) noexcept {
  const int128 product = static_cast<int128>(a) * b;
  const bool negative = (product < 0) != (c < 0);
  const int128 dividend = product < 0 ? -product : product;
  const int128 divisor = c < 0 ? -static_cast<int128>(c) : static_cast<int128>(c);
  int128 quotient = dividend / divisor;
  if ((dividend % divisor) * 2 >= divisor) ++quotient;
  if (quotient > INT64_MAX) quotient = INT64_MAX;
  const auto magnitude = static_cast<std::int64_t>(quotient);
  return negative ? -magnitude : magnitude;
}

// |q|·p, floored to the unit and clamped to the int64 range.
constexpr Usd notional(Price price, Qty qty) noexcept {
  const int128 product = static_cast<int128>(price.units()) * qty.abs().units();
  const int128 value = product / units_per_whole;
  return Usd::from_units(value > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(value));
}

// REQUIRES for the four below: a positive step or tick; ceil_to and floor_to take values ≥ 0.
constexpr Qty trunc_to(Qty qty, Qty step) noexcept {
  return Qty::from_units(qty.units() - qty.units() % step.units());
}
template <class Tag>
constexpr Fixed<Tag> floor_to(Fixed<Tag> value, Fixed<Tag> step) noexcept {
  return Fixed<Tag>::from_units(value.units() - value.units() % step.units());
}
template <class Tag>
constexpr Fixed<Tag> ceil_to(Fixed<Tag> value, Fixed<Tag> step) noexcept {
  const std::int64_t rest = value.units() % step.units();
  return rest == 0 ? value : Fixed<Tag>::from_units(value.units() - rest + step.units());
}

}  // namespace copyd
