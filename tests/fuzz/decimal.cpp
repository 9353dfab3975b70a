// Decimals: read exactly or not at all, as another reader, which works on the digits, reads them;
// and written as they are read.
#include "venue/decimal.hpp"
#include "core/units.hpp"
#include "tests/differential/slow_decimal.hpp"
#include "tests/differential/slow_json.hpp"
#include "tests/fuzz/property.hpp"

namespace copyd::fuzz {
namespace {

using copyd::testing::Beyond;
using copyd::testing::json_plain_number;
using copyd::testing::slow_units;

std::string units_text(std::optional<Qty> value) {
  return value ? std::to_string(value->units()) : "none";
}

std::string slow_text(std::string_view text, Beyond beyond) {
  return slow_units(text, beyond).value_or("none");
}

// A JSON number, with its exponent.
void check_number(std::string_view text) {
  const venue::PlainNumber plain(text);
  const auto slow = json_plain_number(text);
  PROPERTY(plain.view().empty() == !slow.has_value());
  if (slow)
    PROPERTY_SAME(slow_text(plain.view(), Beyond::dropped), slow_text(*slow, Beyond::dropped));
}

void check(std::string_view text) {
  const Copy copy(text);
  const auto value = Qty::parse(copy.view());
  PROPERTY_SAME(units_text(value), slow_text(text, Beyond::zero));
  PROPERTY_SAME(units_text(venue::parse_cut<struct QtyTag>(text)),
                slow_text(text, Beyond::dropped));
  check_number(copy.view());
  if (!value) return;
  const FixedText written(*value);
  const auto again = Qty::parse(written.view());
  PROPERTY(again.has_value() && *again == *value);
  PROPERTY(written.view().size() <= fixed_text_max);
  PROPERTY(written.view().find('.') == std::string_view::npos || written.view().back() != '0');
}

}  // namespace
}  // namespace copyd::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  copyd::fuzz::check(copyd::fuzz::text_of(data, size));
  return 0;
}
