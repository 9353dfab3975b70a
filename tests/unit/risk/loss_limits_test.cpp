#include "risk/loss_limits.hpp"

#include <gtest/gtest.h>

#include "tests/unit/risk/amounts.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

config::LossLimit share(Ratio ratio) {
  return {ratio};
}
config::LossLimit amount(Usd usd) {
  return {usd};
}
LossRules daily(config::LossLimit limit) {
  return {.max_daily_loss = limit, .max_drawdown = {}, .equity_floor = {}};
}
LossRules drawdown(config::LossLimit limit) {
  return {.max_daily_loss = {}, .max_drawdown = limit, .equity_floor = {}};
}

TEST(LossLimits, ADailyLossIsBreachedWhenItIsReached) {
  LossLimits by_share(daily(share("0.05"_ratio)));
  EXPECT_EQ(by_share.see({.equity = "1000"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(by_share.see({.equity = "950.00000001"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(by_share.see({.equity = "950"_usd, .day = 7}), Breach::daily_loss);
  LossLimits by_amount(daily(amount("30"_usd)));
  EXPECT_EQ(by_amount.see({.equity = "1000"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(by_amount.see({.equity = "970.00000001"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(by_amount.see({.equity = "970"_usd, .day = 7}), Breach::daily_loss);
}

TEST(LossLimits, ANewDayBeginsFromWhatIsThereAndAnEarlierOneIsNone) {
  LossLimits limits(daily(amount("30"_usd)));
  EXPECT_EQ(limits.see({.equity = "1000"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "980"_usd, .day = 8}), Breach::none);
  EXPECT_EQ(limits.day_base(), "980"_usd);
  EXPECT_EQ(limits.see({.equity = "960"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.day_base(), "980"_usd);
  EXPECT_EQ(limits.see({.equity = "950"_usd, .day = 8}), Breach::daily_loss);
  // What was won during the day is no base.
  EXPECT_EQ(limits.see({.equity = "2000"_usd, .day = 9}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "3000"_usd, .day = 9}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "1971"_usd, .day = 9}), Breach::none);
}

TEST(LossLimits, DrawdownIsFromTheHighestOverAllDays) {
  LossLimits limits(drawdown(share("0.15"_ratio)));
  EXPECT_EQ(limits.see({.equity = "1000"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "2000"_usd, .day = 8}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "1700.00000001"_usd, .day = 9}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "1700"_usd, .day = 9}), Breach::drawdown);
  EXPECT_EQ(limits.highest(), "2000"_usd);
}

TEST(LossLimits, TheFloorIsOfEquityItselfAndItsValueIsStillAllowed) {
  LossLimits limits({.max_daily_loss = {}, .max_drawdown = {}, .equity_floor = "200"_usd});
  limits.transfers({.sum = "900"_usd, .until_ms = 1});
  EXPECT_EQ(limits.see({.equity = "200"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "199.99999999"_usd, .day = 7}), Breach::equity_floor);
}

TEST(LossLimits, MoneyMovedIsNeitherLossNorProfit) {
  LossLimits limits(
      {.max_daily_loss = amount("30"_usd), .max_drawdown = amount("50"_usd), .equity_floor = {}});
  limits.see({.equity = "1000"_usd, .day = 7});
  limits.transfers({.sum = "-600"_usd, .until_ms = 10});
  EXPECT_EQ(limits.see({.equity = "400"_usd, .day = 7}), Breach::none);
  limits.transfers({.sum = "4400"_usd, .until_ms = 20});
  EXPECT_EQ(limits.see({.equity = "5400"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.highest(), "1000"_usd);
  // An older count does not undo a newer one.
  limits.transfers({.sum = "0"_usd, .until_ms = 19});
  EXPECT_EQ(limits.see({.equity = "5370"_usd, .day = 7}), Breach::daily_loss);
}

TEST(LossLimits, TheGravestIsSaid) {
  LossLimits limits({.max_daily_loss = amount("10"_usd),
                     .max_drawdown = amount("50"_usd),
                     .equity_floor = "980"_usd});
  limits.see({.equity = "1000"_usd, .day = 7});
  EXPECT_EQ(limits.see({.equity = "985"_usd, .day = 7}), Breach::daily_loss);
  EXPECT_EQ(limits.see({.equity = "970"_usd, .day = 7}), Breach::equity_floor);
  EXPECT_EQ(limits.see({.equity = "950"_usd, .day = 7}), Breach::drawdown);
}

TEST(LossLimits, WithoutAPositiveBaseEveryLossReachesAShare) {
  LossLimits limits(daily(share("0.5"_ratio)));
  limits.transfers({.sum = "5000"_usd, .until_ms = 1});
  EXPECT_EQ(limits.see({.equity = "4000"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "4000"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "3999.99999999"_usd, .day = 7}), Breach::daily_loss);
}

TEST(LossLimits, ResumeStartsFromWhatIsThere) {
  LossLimits limits(
      {.max_daily_loss = amount("30"_usd), .max_drawdown = amount("50"_usd), .equity_floor = {}});
  limits.see({.equity = "1000"_usd, .day = 7});
  EXPECT_EQ(limits.see({.equity = "940"_usd, .day = 7}), Breach::drawdown);
  limits.rearm(true);
  EXPECT_EQ(limits.highest(), "940"_usd);
  EXPECT_EQ(limits.day_base(), "940"_usd);
  EXPECT_EQ(limits.see({.equity = "920"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.see({.equity = "910"_usd, .day = 7}), Breach::daily_loss);
  // Without a breach the day goes on.
  limits.rearm(false);
  EXPECT_EQ(limits.highest(), "910"_usd);
  EXPECT_EQ(limits.day_base(), "940"_usd);
}

TEST(LossLimits, ResumeWithoutEquityStartsFromTheNextThatIsKnown) {
  LossLimits limits(
      {.max_daily_loss = amount("30"_usd), .max_drawdown = amount("50"_usd), .equity_floor = {}});
  limits.see({.equity = "1000"_usd, .day = 7});
  limits.unseen();
  limits.rearm(false);
  EXPECT_EQ(limits.see({.equity = "971"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.highest(), "971"_usd);
  EXPECT_EQ(limits.day_base(), "1000"_usd);
  limits.unseen();
  limits.rearm(true);
  EXPECT_EQ(limits.see({.equity = "500"_usd, .day = 7}), Breach::none);
  EXPECT_EQ(limits.day_base(), "500"_usd);
}

TEST(LossLimits, ARowKeepsItAll) {
  const LossRules rules{
      .max_daily_loss = amount("30"_usd), .max_drawdown = amount("50"_usd), .equity_floor = {}};
  EXPECT_FALSE(LossLimits(rules).row(FollowerId{3}));
  LossLimits before(rules);
  before.transfers({.sum = "100"_usd, .until_ms = 42});
  before.see({.equity = "1130"_usd, .day = 7});
  before.see({.equity = "1100"_usd, .day = 8});
  const auto row = before.row(FollowerId{3});
  ASSERT_TRUE(row);
  EXPECT_EQ(row->follower, FollowerId{3});
  EXPECT_EQ(row->day, 8);
  EXPECT_EQ(row->day_base, "1000"_usd);
  EXPECT_EQ(row->highest, "1030"_usd);
  EXPECT_EQ(row->transfers, "100"_usd);
  EXPECT_EQ(row->transfers_ms, 42);
  LossLimits after(rules);
  after.restore(*row, "1100"_usd);
  EXPECT_EQ(after.net(), "1000"_usd);
  EXPECT_EQ(after.see({.equity = "1080.00000001"_usd, .day = 8}), Breach::none);
  EXPECT_EQ(after.see({.equity = "1080"_usd, .day = 8}), Breach::drawdown);
}

}  // namespace
}  // namespace copyd::risk
