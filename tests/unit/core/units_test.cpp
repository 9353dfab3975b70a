#include "core/units.hpp"

#include <gtest/gtest.h>

#include <concepts>

namespace copyd {
namespace {

template <class A, class B>
concept addable = requires(A a, B b) { a + b; };
static_assert(addable<Qty, Qty>);
static_assert(!addable<Qty, Price>, "a quantity and a price have no sum");
static_assert(!std::convertible_to<double, Price>, "no price starts from a double");
static_assert(!std::constructible_from<Price, double>);

TEST(Units, ParsesExactDecimals) {
  EXPECT_EQ(Price::parse("27123.40")->units(), 2'712'340'000'000);
  EXPECT_EQ(Qty::parse("0.00000001")->units(), 1);
  EXPECT_EQ(Qty::parse("-0.5")->units(), -50'000'000);
  EXPECT_EQ(Qty::parse("007.10")->units(), 710'000'000);
  EXPECT_EQ(Price::parse("1.1000000000000")->units(), 110'000'000);
  EXPECT_EQ(Usd::parse("92233720368.54775807")->units(), INT64_MAX);
}

TEST(Units, RefusesWhatIsNotExact) {
  for (const char* text : {"", "-", ".", "1e5", "0.000000001", "1.2.3", " 1", "1 ", "NaN", "1,5",
                           "92233720368.54775808", "99999999999999999999", "0x10", "+-1"})
    EXPECT_FALSE(Qty::parse(text)) << text;
}

TEST(Units, FormatsWithoutTrailingZeros) {
  EXPECT_EQ(FixedText(*Price::parse("27123.40")).view(), "27123.4");
  EXPECT_EQ(FixedText(Qty()).view(), "0");
  EXPECT_EQ(FixedText(*Qty::parse("-0.00000001")).view(), "-0.00000001");
  EXPECT_EQ(FixedText(Usd::from_units(INT64_MAX)).view(), "92233720368.54775807");
  EXPECT_EQ(FixedText(Usd::from_units(INT64_MIN)).view(), "-92233720368.54775808");
}

TEST(Units, TextRoundTrips) {
  std::uint64_t state = 7;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto units = static_cast<std::int64_t>(state) >> (i % 60);
    const auto value = Qty::from_units(units);
    if (units == INT64_MIN) continue;
    ASSERT_EQ(Qty::parse(FixedText(value).view()), value);
  }
}

TEST(Units, MuldivRoundsTiesAwayFromZero) {
  EXPECT_EQ(muldiv(1, 1, 2), 1);
  EXPECT_EQ(muldiv(-1, 1, 2), -1);
  EXPECT_EQ(muldiv(1, 1, 3), 0);
  EXPECT_EQ(muldiv(2, 1, 3), 1);
  EXPECT_EQ(muldiv(INT64_MAX, 3, 3), INT64_MAX);
  EXPECT_EQ(muldiv(INT64_MAX, 2, 1), INT64_MAX) << "clamped";
}

TEST(Units, RoundingSaysItsDirection) {
  const auto step = *Qty::parse("0.001");
  EXPECT_EQ(trunc_to(*Qty::parse("0.0019"), step), *Qty::parse("0.001"));
  EXPECT_EQ(trunc_to(*Qty::parse("-0.0019"), step), *Qty::parse("-0.001"));
  EXPECT_EQ(ceil_to(*Qty::parse("0.0011"), step), *Qty::parse("0.002"));
  EXPECT_EQ(floor_to(*Price::parse("10.19"), *Price::parse("0.1")), *Price::parse("10.1"));
  EXPECT_EQ(notional(*Price::parse("0.00000003"), *Qty::parse("0.5")), Usd::from_units(1));
}

}  // namespace
}  // namespace copyd
