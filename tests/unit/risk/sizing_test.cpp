#include "risk/sizing.hpp"

#include <gtest/gtest.h>

#include "tests/unit/risk/amounts.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

OpeningPart part(Qty quantity, Qty order_qty, Price price = "50000"_price) {
  return {.quantity = quantity, .order_qty = order_qty, .price = price};
}

TEST(Sizing, FixedRatioIsOfTheOpeningPart) {
  const config::Sizing sizing = config::FixedRatio{"0.33333333"_ratio};
  const auto sized = size(sizing, std::nullopt, part("0.03"_qty, "0.03"_qty));
  ASSERT_TRUE(sized);
  EXPECT_EQ(sized->quantity, "0.01"_qty);  // 0.0099999999 to the nearest unit
  EXPECT_EQ(sized->rate, "0.33333333"_ratio);
}

TEST(Sizing, EquityRatioNeedsARatio) {
  const config::Sizing sizing = config::EquityRatio{};
  EXPECT_FALSE(size(sizing, std::nullopt, part("1"_qty, "1"_qty)));
  const auto sized = size(sizing, "0.1"_ratio, part("1"_qty, "1"_qty));
  ASSERT_TRUE(sized);
  EXPECT_EQ(sized->quantity, "0.1"_qty);
  EXPECT_EQ(sized->rate, "0.1"_ratio);
  EXPECT_TRUE(needs_equity(sizing));
  EXPECT_FALSE(needs_equity(config::FixedRatio{}));
}

TEST(Sizing, EquityRatioIsOfTheTwoEquities) {
  EXPECT_EQ(equity_ratio("1"_ratio, {.follower = "1000"_usd, .leader = "10000"_usd}), "0.1"_ratio);
  EXPECT_EQ(equity_ratio("1.75"_ratio, {.follower = "750.25"_usd, .leader = "3333.33"_usd}),
            "0.39388164"_ratio);
  EXPECT_FALSE(equity_ratio("1"_ratio, {.follower = std::nullopt, .leader = "1"_usd}));
  EXPECT_FALSE(equity_ratio("1"_ratio, {.follower = "1"_usd, .leader = std::nullopt}));
  EXPECT_FALSE(equity_ratio("1"_ratio, {.follower = "0"_usd, .leader = "1"_usd}));
  EXPECT_FALSE(equity_ratio("1"_ratio, {.follower = "1"_usd, .leader = "0"_usd}));
  EXPECT_FALSE(equity_ratio("1"_ratio, {.follower = "-1"_usd, .leader = "1"_usd}));
}

TEST(Sizing, FixedNotionalIsSharedOutOverTheLeadersOrder) {
  const config::Sizing sizing = config::FixedNotional{"1000"_usd};
  const auto whole = size(sizing, std::nullopt, part("0.2"_qty, "0.2"_qty));
  const auto quarter = size(sizing, std::nullopt, part("0.05"_qty, "0.2"_qty));
  ASSERT_TRUE(whole && quarter);
  EXPECT_EQ(whole->quantity, "0.02"_qty);
  EXPECT_EQ(quarter->quantity, "0.005"_qty);
  EXPECT_FALSE(whole->rate);
}

TEST(Sizing, FixedQuantityIsSharedOutOverTheLeadersOrder) {
  const config::Sizing sizing = config::FixedQuantity{"0.01"_qty};
  const auto third = size(sizing, std::nullopt, part("1"_qty, "3"_qty));
  ASSERT_TRUE(third);
  EXPECT_EQ(third->quantity, "0.00333333"_qty);
  EXPECT_FALSE(third->rate);
}

TEST(Sizing, AnOrderOfUnknownSizeCountsAsTheFill) {
  const config::Sizing sizing = config::FixedQuantity{"0.01"_qty};
  EXPECT_EQ(size(sizing, std::nullopt, part("1"_qty, Qty()))->quantity, "0.01"_qty);
}

TEST(Sizing, NothingIsDividedByAPriceThatIsNotThere) {
  const config::Sizing sizing = config::FixedNotional{"1000"_usd};
  EXPECT_EQ(size(sizing, std::nullopt, part("1"_qty, "1"_qty, Price()))->quantity, Qty());
}

TEST(Sizing, AnAbsurdSizeStaysFarFromTheEndOfTheNumbers) {
  const config::Sizing sizing = config::FixedRatio{Ratio::from_units(INT64_MAX)};
  const auto sized = size(sizing, std::nullopt, part("90000000000"_qty, "1"_qty));
  ASSERT_TRUE(sized);
  EXPECT_LE(sized->quantity, Qty::whole(10'000'000'000));
}

}  // namespace
}  // namespace copyd::risk
