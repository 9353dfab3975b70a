#include "risk/ledger.hpp"

#include <gtest/gtest.h>

#include "tests/unit/risk/amounts.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

constexpr Ledger::Rate half = Ratio::from_units(50'000'000);

TEST(Ledger, OneRateKeepsOneLotAndClosesInProportion) {
  Ledger ledger;
  ledger.open({.leader = "0.06"_qty, .follower = "0.03"_qty, .rate = half});
  ledger.open({.leader = "0.03"_qty, .follower = "0.015"_qty, .rate = half});
  EXPECT_EQ(ledger.lots(), 1U);
  ledger.close("0.03"_qty);
  EXPECT_EQ(ledger.leader_position(), "0.06"_qty);
  EXPECT_EQ(ledger.target(), "0.03"_qty);
}

TEST(Ledger, ClosesTheNewestLotFirst) {
  Ledger ledger;
  ledger.open({.leader = "1"_qty, .follower = "0"_qty, .rate = Ledger::not_copied});
  ledger.open({.leader = "1"_qty, .follower = "0.5"_qty, .rate = half});
  EXPECT_EQ(ledger.lots(), 2U);
  ledger.close("1"_qty);
  EXPECT_EQ(ledger.target(), Qty());
  EXPECT_EQ(ledger.leader_position(), "1"_qty);
  ledger.close("1"_qty);
  EXPECT_EQ(ledger.leader_position(), Qty());
  EXPECT_EQ(ledger.lots(), 0U);
}

TEST(Ledger, ACloseMaySpanLotsAndRoundsToTheNearestUnit) {
  Ledger ledger;
  ledger.open({.leader = "3"_qty, .follower = "0.00000001"_qty, .rate = std::nullopt});
  ledger.open({.leader = "1"_qty, .follower = "1"_qty, .rate = std::nullopt});
  ledger.close("2"_qty);
  // Two thirds of a unit round to the unit.
  EXPECT_EQ(ledger.target(), "0.00000001"_qty);
  ledger.close("1"_qty);
  // A tie goes away from zero.
  EXPECT_EQ(ledger.target(), "0.00000001"_qty);
  EXPECT_EQ(ledger.leader_position(), "1"_qty);
  ledger.close("1"_qty);
  EXPECT_EQ(ledger.target(), Qty());
}

TEST(Ledger, ShortsAreNegative) {
  Ledger ledger;
  ledger.open({.leader = "-2"_qty, .follower = "-1"_qty, .rate = half});
  ledger.close("0.5"_qty);
  EXPECT_EQ(ledger.leader_position(), "-1.5"_qty);
  EXPECT_EQ(ledger.target(), "-0.75"_qty);
}

TEST(Ledger, LotsWithoutARateNeverMerge) {
  Ledger ledger;
  ledger.open({.leader = "1"_qty, .follower = "1"_qty, .rate = std::nullopt});
  ledger.open({.leader = "1"_qty, .follower = "1"_qty, .rate = std::nullopt});
  EXPECT_EQ(ledger.lots(), 2U);
}

TEST(Ledger, TheTwoOldestOfTooManyLotsMergeWithoutARate) {
  Ledger ledger;
  for (std::size_t i = 0; i < limits::lots_max; ++i)
    ledger.open({.leader = "1"_qty,
                 .follower = "0.5"_qty,
                 .rate = Ratio::from_units(static_cast<std::int64_t>(i))});
  EXPECT_EQ(ledger.lots(), limits::lots_max);
  ledger.open({.leader = "1"_qty, .follower = "2"_qty, .rate = "9"_ratio});
  EXPECT_EQ(ledger.lots(), limits::lots_max);
  EXPECT_EQ(ledger.leader_position(), "65"_qty);
  EXPECT_EQ(ledger.target(), "34"_qty);
  ledger.close("64"_qty);  // what is left is half of the two oldest
  EXPECT_EQ(ledger.lots(), 1U);
  EXPECT_EQ(ledger.target(), "0.5"_qty);
  // It has neither's rate any more, so nothing joins it.
  ledger.open({.leader = "1"_qty, .follower = "0"_qty, .rate = Ratio::from_units(0)});
  EXPECT_EQ(ledger.lots(), 2U);
  ledger.close("1"_qty);
  ledger.open({.leader = "1"_qty, .follower = "0"_qty, .rate = Ratio::from_units(1)});
  EXPECT_EQ(ledger.lots(), 2U);
}

TEST(Ledger, GivesUpTheNewestFirstAndTheLotLosesItsRate) {
  Ledger ledger;
  ledger.open({.leader = "2"_qty, .follower = "2"_qty, .rate = "1"_ratio});
  ledger.open({.leader = "2"_qty, .follower = "1"_qty, .rate = half});
  EXPECT_EQ(ledger.give_up("1.5"_qty), "1.5"_qty);
  EXPECT_EQ(ledger.target(), "1.5"_qty);
  EXPECT_EQ(ledger.leader_position(), "4"_qty);
  // The newest lot has nothing left: its rate is that of what is not copied.
  ledger.open({.leader = "1"_qty, .follower = "0"_qty, .rate = Ledger::not_copied});
  EXPECT_EQ(ledger.lots(), 2U);
  ledger.close("3"_qty);
  // The older lot gave up a part: an opening at its old rate does not join it.
  ledger.open({.leader = "1"_qty, .follower = "1"_qty, .rate = "1"_ratio});
  EXPECT_EQ(ledger.lots(), 2U);
}

TEST(Ledger, GivesUpNoMoreThanItHas) {
  Ledger ledger;
  ledger.open({.leader = "-2"_qty, .follower = "-1"_qty, .rate = half});
  EXPECT_EQ(ledger.give_up("5"_qty), "1"_qty);
  EXPECT_EQ(ledger.target(), Qty());
  EXPECT_EQ(ledger.give_up("5"_qty), Qty());
}

TEST(Ledger, ReplacingForgetsWhatWasCopied) {
  Ledger ledger;
  ledger.open({.leader = "2"_qty, .follower = "1"_qty, .rate = half});
  ledger.replace_not_copied("-3"_qty);
  EXPECT_EQ(ledger.leader_position(), "-3"_qty);
  EXPECT_EQ(ledger.target(), Qty());
  EXPECT_EQ(ledger.lots(), 1U);
  ledger.replace_not_copied(Qty());
  EXPECT_EQ(ledger.lots(), 0U);
}

TEST(Ledger, SumsStopAtTheirBoundInsteadOfOverflowing) {
  Ledger ledger;
  const Qty huge = Qty::from_units(INT64_MAX / 2);
  for (int i = 0; i < 4; ++i) ledger.open({.leader = huge, .follower = huge, .rate = std::nullopt});
  EXPECT_GT(ledger.leader_position(), Qty());
  EXPECT_GT(ledger.target(), Qty());
}

}  // namespace
}  // namespace copyd::risk
