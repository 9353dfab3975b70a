#include "cli/format.hpp"

namespace copyd::cli {
namespace {

// value / unit with three digits: "1.25", "45.1", "850".
std::string three_digits(std::int64_t value, std::int64_t unit) {
  const std::int64_t whole = value / unit;
  if (whole >= 100) return std::to_string(whole);
  const std::int64_t places = whole >= 10 ? 10 : 100;
  // The rest is smaller than a unit of at most 1e9, so this cannot overflow.
  const std::string fraction = std::to_string(value % unit * places / unit);
  const std::string zeros(places == 100 && fraction.size() < 2 ? 1 : 0, '0');
  return std::to_string(whole) + '.' + zeros + fraction;
}

std::string two_units(std::int64_t seconds, std::int64_t large, const char* large_name,
                      std::int64_t small, const char* small_name) {
  return std::to_string(seconds / large) + ' ' + large_name + ' ' +
         std::to_string(seconds % large / small) + ' ' + small_name;
}

constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;

}  // namespace

std::string nanoseconds_text(std::int64_t ns) {
  if (ns < 1'000) return std::to_string(ns) + " ns";
  if (ns < 1'000'000) return three_digits(ns, 1'000) + " µs";
  if (ns < 1'000'000'000) return three_digits(ns, 1'000'000) + " ms";
  return three_digits(ns, 1'000'000'000) + " s";
}

std::string ago_text(std::int64_t ms) {
  const std::int64_t seconds = ms / 1000;
  if (seconds < minute) {
    return std::to_string(seconds) + '.' + std::to_string(ms % 1000 / 100) + " s ago";
  }
  if (seconds < hour) return std::to_string(seconds / minute) + " min ago";
  if (seconds < 2 * day) return std::to_string(seconds / hour) + " h ago";
  return std::to_string(seconds / day) + " d ago";
}

std::string duration_text(std::int64_t seconds) {
  if (seconds < minute) return std::to_string(seconds) + " s";
  if (seconds < hour) return two_units(seconds, minute, "min", 1, "s");
  if (seconds < day) return two_units(seconds, hour, "h", minute, "min");
  return two_units(seconds, day, "d", hour, "h");
}

}  // namespace copyd::cli
