// Points in time as a person writes them.
#include <chrono>

#include "ops/control_protocol.hpp"

namespace copyd::ops {
namespace {

// Takes `digits` digits off the front; −1: they are not there.
int take_number(std::string_view& text, std::size_t digits) noexcept {
  if (text.size() < digits) return -1;
  int number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char sign) noexcept {
  if (text.empty() || text.front() != sign) return false;
  text.remove_prefix(1);
  return true;
}

// "30m": a whole number of at most six digits and a unit.
std::optional<std::int64_t> span_ms(std::string_view text) noexcept {
  if (text.size() < 2 || text.size() > 7) return std::nullopt;
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1'000;
      break;
    case 'm':
      unit = 60'000;
      break;
    case 'h':
      unit = 3'600'000;
      break;
    case 'd':
      unit = 86'400'000;
      break;
    default:
      return std::nullopt;
  }
  text.remove_suffix(1);
  const int count = take_number(text, text.size());
  if (count < 0) return std::nullopt;
  return count * unit;
}

// "T09:30", "T09:30:15", "T09:30:15.250", each with or without a Z: milliseconds of the day.
std::optional<std::int64_t> time_of_day_ms(std::string_view text) noexcept {
  if (text.empty()) return 0;
  if (!take(text, 'T')) return std::nullopt;
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  int second = 0;
  int millisecond = 0;
  if (take(text, ':')) {
    second = take_number(text, 2);
    if (second < 0 || second > 59) return std::nullopt;
    if (take(text, '.') && (millisecond = take_number(text, 3)) < 0) return std::nullopt;
  }
  take(text, 'Z');
  if (!text.empty()) return std::nullopt;
  return ((hour * 60 + minute) * 60 + second) * std::int64_t{1'000} + millisecond;
}

}  // namespace

std::optional<std::int64_t> when_ms(std::string_view text, std::int64_t now_ms) noexcept {
  if (const auto ago = span_ms(text)) return now_ms - *ago;
  namespace chrono = std::chrono;
  const int year = take_number(text, 4);
  if (year < 1970 || !take(text, '-')) return std::nullopt;
  const int month = take_number(text, 2);
  if (month < 1 || !take(text, '-')) return std::nullopt;
  const int day = take_number(text, 2);
  const chrono::year_month_day date(chrono::year(year), chrono::month(static_cast<unsigned>(month)),
                                    chrono::day(static_cast<unsigned>(day < 0 ? 0 : day)));
  const auto rest = time_of_day_ms(text);
  if (!date.ok() || !rest) return std::nullopt;
  return chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400'000} + *rest;
}

}  // namespace copyd::ops
