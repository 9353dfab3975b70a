#include "core/histogram.hpp"

#include <gtest/gtest.h>

namespace copyd {
namespace {

TEST(Histogram, EveryValueFallsIntoABucketNoWiderThanThreePercent) {
  for (std::uint64_t value = 0; value < (std::uint64_t{1} << 62); value += value / 8 + 1) {
    const auto index = Histogram::index_of(value);
    ASSERT_LT(index, Histogram::buckets);
    const auto edge = Histogram::upper_edge(index);
    ASSERT_GE(edge, value);
    ASSERT_LE(edge - value, value / 32 + 1);
    if (index > 0) { ASSERT_LT(Histogram::upper_edge(index - 1), value); }
  }
  EXPECT_LT(Histogram::index_of(UINT64_MAX), Histogram::buckets);
}

TEST(Histogram, PercentilesOfAKnownDistribution) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(i * 100);
  EXPECT_EQ(histogram.count(), 1000U);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(5000)), 50'000, 50'000 * 0.033);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(9990)), 99'900, 99'900 * 0.033);
}

TEST(Histogram, EmptyAndNegative) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(5000), 0U);
  histogram.record(-5);
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.percentile(10000), 0U);
}

TEST(Histogram, MergesLanes) {
  Histogram a, b;
  a.record(10);
  b.record(20);
  a.merge(b);
  EXPECT_EQ(a.count(), 2U);
  EXPECT_EQ(a.percentile(10000), 20U);
}

}  // namespace
}  // namespace copyd
