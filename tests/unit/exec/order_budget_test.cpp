// The budget against a venue that counts in fixed windows, wherever those begin.
#include "exec/order_budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace copyd::exec {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Mono start{1'000'000'000};

// The most that any stretch of this length holds.
int most_within(const std::vector<Mono>& times, std::chrono::nanoseconds length) {
  std::size_t first = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    while (times[i] - times[first] >= length) ++first;
    most = std::max(most, i - first + 1);
  }
  return static_cast<int>(most);
}

TEST(OrderBudget, NoStretchHoldsMoreThanTheLimit) {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    std::mt19937 random(seed);
    OrderBudget budget({.per_10s = 30, .per_minute = 100});
    std::vector<Mono> placed;
    Mono now = start;
    for (int i = 0; i < 20'000; ++i) {
      now = now + milliseconds(static_cast<int>(random() % 41));
      if (random() % 500 == 0) now = now + seconds(static_cast<int>(random() % 90));
      if (!budget.allows_reduce(now)) continue;
      budget.placed(now);
      placed.push_back(now);
    }
    EXPECT_EQ(most_within(placed, seconds(10)), 30);
    EXPECT_EQ(most_within(placed, seconds(60)), 100);
  }
}

TEST(OrderBudget, AnIncreaseLeavesThreeTenths) {
  OrderBudget budget({.per_10s = 300, .per_minute = 1200});
  int increases = 0;
  for (; budget.allows_increase(start); ++increases) budget.placed(start);
  EXPECT_EQ(increases, 210);
  int closes = 0;
  for (; budget.allows_reduce(start); ++closes) budget.placed(start);
  EXPECT_EQ(closes, 90);
}

TEST(OrderBudget, ComesBackWhenTheWindowIsOver) {
  OrderBudget budget({.per_10s = 10, .per_minute = 1000});
  for (int i = 0; i < 10; ++i) budget.placed(start);
  EXPECT_FALSE(budget.allows_reduce(start + milliseconds(10'900)));
  EXPECT_TRUE(budget.allows_reduce(start + milliseconds(11'600)));
  EXPECT_TRUE(budget.allows_increase(start + seconds(3600)));
}

TEST(OrderBudget, TheMinuteCountsAsWell) {
  OrderBudget budget({.per_10s = 10, .per_minute = 20});
  Mono now = start;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(budget.allows_reduce(now)) << i;
    budget.placed(now);
    now = now + seconds(2);
  }
  EXPECT_FALSE(budget.allows_reduce(now + seconds(15)));
  EXPECT_TRUE(budget.allows_reduce(start + seconds(64)));
}

TEST(OrderBudget, HugeLimitsHoldNothing) {
  OrderBudget budget({.per_10s = 1'000'000, .per_minute = 6'000'000});
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(budget.allows_increase(start));
    budget.placed(start);
  }
}

TEST(OrderBudget, TheVenuesCountRaisesOursAndNeverLowersIt) {
  OrderBudget budget({.per_10s = 100, .per_minute = 1000});
  for (int i = 0; i < 50; ++i) budget.placed(start);
  budget.told({.in_10s = 3, .in_minute = 3}, start);
  budget.told({}, start);
  int more = 0;
  for (; budget.allows_increase(start); ++more) budget.placed(start);
  EXPECT_EQ(more, 20);
  budget.told({.in_10s = 100, .in_minute = -1}, start);
  EXPECT_FALSE(budget.allows_reduce(start));
}

TEST(OrderBudget, TheSmallestLimitStillLetsAnIncreaseLeave) {
  OrderBudget budget({.per_10s = 1, .per_minute = 1});
  EXPECT_TRUE(budget.allows_increase(start));
}

}  // namespace
}  // namespace copyd::exec
