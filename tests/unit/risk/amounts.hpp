// Decimals as they are written, for tests.
#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string_view>

#include "core/units.hpp"

namespace copyd {

// For readable failures.
template <class Tag>
void PrintTo(Fixed<Tag> value, std::ostream* out) {
  *out << FixedText(value).view();
}

}  // namespace copyd

namespace copyd::test {

template <class T>
T parsed(const char* text, std::size_t size) {
  const auto value = T::parse({text, size});
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(T());
}

inline Qty operator""_qty(const char* text, std::size_t size) {
  return parsed<Qty>(text, size);
}
inline Price operator""_price(const char* text, std::size_t size) {
  return parsed<Price>(text, size);
}
inline Usd operator""_usd(const char* text, std::size_t size) {
  return parsed<Usd>(text, size);
}
inline Ratio operator""_ratio(const char* text, std::size_t size) {
  return parsed<Ratio>(text, size);
}

}  // namespace copyd::test
