#include "risk/settle.hpp"

#include <gtest/gtest.h>

#include "tests/unit/risk/amounts.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

const SymbolFilters filters{"0.1"_price, "0.001"_qty, "0.002"_qty, "120"_qty, "100"_usd};

LinkPolicy market() {
  LinkPolicy policy;
  policy.order.type = config::OrderStyle::Type::market;
  return policy;
}

LinkPolicy rounding() {
  LinkPolicy policy = market();
  policy.rounds_up = true;
  policy.round_up_from = "0.5"_ratio;
  return policy;
}

Intent plan_at_60000(const LinkPolicy& policy, int moved, const LegView& leg) {
  return plan({.policy = policy, .filters = filters, .price = "60000"_price, .moved = moved}, leg);
}

LegView leg(Qty wanted, Qty effective) {
  return {.wanted = wanted, .position = effective, .effective = effective};
}

TEST(Settle, AnOpeningGoesToTheTargetInWholeSteps) {
  const Intent intent = plan_at_60000(market(), +1, leg("0.0129"_qty, "0.002"_qty));
  EXPECT_EQ(intent.increasing, "0.01"_qty);
  EXPECT_EQ(intent.reducing, Qty());
}

TEST(Settle, ACloseReducesAndDoesNotOpen) {
  const Intent intent = plan_at_60000(market(), -1, leg("0.005"_qty, "0.02"_qty));
  EXPECT_EQ(intent.direction, -1);
  EXPECT_EQ(intent.reducing, "0.015"_qty);
  EXPECT_EQ(intent.increasing, Qty());
}

TEST(Settle, AFlipHasBothParts) {
  const Intent intent = plan_at_60000(market(), -1, leg("-0.03"_qty, "0.02"_qty));
  EXPECT_EQ(intent.reducing, "0.02"_qty);
  EXPECT_EQ(intent.increasing, "0.03"_qty);
}

TEST(Settle, NothingGoesAgainstTheDirection) {
  EXPECT_TRUE(plan_at_60000(market(), +1, leg("0.01"_qty, "0.02"_qty)).empty());
  EXPECT_TRUE(plan_at_60000(market(), -1, leg("0.02"_qty, "0.01"_qty)).empty());
  EXPECT_TRUE(plan_at_60000(market(), +1, leg("0.01"_qty, "0.01"_qty)).empty());
}

TEST(Settle, WithoutAFillOnlyWhatReducesIsDone) {
  const Intent through = plan_at_60000(market(), 0, leg("-0.03"_qty, "0.02"_qty));
  EXPECT_EQ(through.direction, -1);
  EXPECT_EQ(through.reducing, "0.02"_qty);
  EXPECT_EQ(through.increasing, Qty());
  EXPECT_TRUE(plan_at_60000(market(), 0, leg("0.03"_qty, "0.02"_qty)).empty());
  EXPECT_TRUE(plan_at_60000(market(), 0, leg("0.03"_qty, Qty())).empty());
}

TEST(Settle, BelowTheMinimumNothingIsDesired) {
  // 0.001 is a whole step and below min_qty: what is held for it goes.
  const Intent intent = plan_at_60000(market(), -1, leg("0.0019"_qty, "0.01"_qty));
  EXPECT_EQ(intent.reducing, "0.01"_qty);
}

TEST(Settle, TheFloorIsWhatTheVenueWillValueTheOrderAt) {
  // MARKET is valued half a per cent lower: 100 / 59700 = 0.001675…, up to the step.
  EXPECT_EQ(plan_at_60000(market(), +1, leg("1"_qty, Qty())).floor, "0.002"_qty);
  LinkPolicy limit = market();
  limit.order = {.type = config::OrderStyle::Type::limit_ioc, .max_slippage_bps = 20};
  const SymbolFilters exact{"0.1"_price, "0.00001"_qty, "0.00001"_qty, "120"_qty, "100"_usd};
  const Settlement buy{.policy = limit, .filters = exact, .price = "60000"_price, .moved = +1};
  EXPECT_EQ(plan(buy, leg("1"_qty, Qty())).floor, "0.00167"_qty);  // at 60120
  const Settlement sell{.policy = limit, .filters = exact, .price = "60000"_price, .moved = -1};
  EXPECT_EQ(plan(sell, leg("-1"_qty, Qty())).floor, "0.00168"_qty);  // at 59880
}

TEST(Settle, AFloorThatNoPriceCanGiveIsNeverReached) {
  const Settlement dust{
      .policy = market(), .filters = filters, .price = Price::from_units(1), .moved = +1};
  EXPECT_EQ(plan(dust, leg("1000000"_qty, Qty())).floor, Qty::from_units(INT64_MAX));
}

TEST(Settle, RoundingUpEntersFromAShareOfTheFloorOn) {
  EXPECT_TRUE(plan_at_60000(rounding(), +1, leg("0.001"_qty, Qty())).enters);
  EXPECT_FALSE(plan_at_60000(rounding(), +1, leg("0.00099999"_qty, Qty())).enters);
  EXPECT_FALSE(plan_at_60000(rounding(), -1, leg("0.001"_qty, Qty())).enters);
  EXPECT_FALSE(plan_at_60000(rounding(), 0, leg("0.001"_qty, Qty())).enters);
  EXPECT_FALSE(plan_at_60000(market(), +1, leg("0.001"_qty, Qty())).enters);
  EXPECT_FALSE(plan_at_60000(rounding(), +1, leg("0.001"_qty, "0.002"_qty)).enters);
}

TEST(Settle, ARoundedUpPositionIsHeldUntilNobodyWantsIt) {
  EXPECT_TRUE(plan_at_60000(rounding(), -1, leg("0.0001"_qty, "0.002"_qty)).empty());
  EXPECT_EQ(plan_at_60000(market(), -1, leg("0.0001"_qty, "0.002"_qty)).reducing, "0.002"_qty);
  EXPECT_EQ(plan_at_60000(rounding(), -1, leg(Qty(), "0.002"_qty)).reducing, "0.002"_qty);
  // What is held beyond the floor is not held.
  EXPECT_EQ(plan_at_60000(rounding(), -1, leg("0.0001"_qty, "0.01"_qty)).reducing, "0.008"_qty);
}

TEST(Settle, LimitPricesAreRoundedAgainstTheFollowersCost) {
  EXPECT_EQ(limit_price("60000.1"_price, 20, +1, "0.1"_price), "60120.1"_price);
  EXPECT_EQ(limit_price("60000.1"_price, 20, -1, "0.1"_price), "59880.1"_price);
  EXPECT_EQ(limit_price("3.337"_price, 50, +1, "0.01"_price), "3.35"_price);
  EXPECT_EQ(limit_price("3.337"_price, 50, -1, "0.01"_price), "3.33"_price);
  EXPECT_EQ(limit_price("3.337"_price, 10'000, -1, "0.01"_price), "0.01"_price);
}

}  // namespace
}  // namespace copyd::risk
