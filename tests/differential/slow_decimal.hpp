// Decimals read digit by digit, as text: the check of core/units.hpp, which works with numbers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace copyd::testing {

// What stands beyond the eighth decimal: must be zero, or may be any digits and is dropped.
enum class Beyond { zero, dropped };

// The number in units of 1e-8, as digits without leading zeros and with a minus sign if need be.
// Empty when the text is no decimal, or one that does not fit.
std::optional<std::string> slow_units(std::string_view text, Beyond beyond);

// True for a whole number in the digits of `text`, which may have a minus sign, of an int64.
bool fits_int64(std::string_view text);

}  // namespace copyd::testing
