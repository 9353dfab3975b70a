#include "net/backoff.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace copyd::net {
namespace {

constexpr std::array<std::int64_t, 8> bases{100, 200, 400, 800, 1600, 3200, 5000, 5000};

TEST(Backoff, DoublesFromATenthOfASecondToFiveWithinAQuarter) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Backoff backoff(seed * 0x9E3779B97F4A7C15ULL);
    for (const std::int64_t base : bases) {
      const auto wait = backoff.next().count();
      EXPECT_GE(wait, base * 3 / 4) << "seed " << seed;
      EXPECT_LE(wait, base * 5 / 4) << "seed " << seed;
    }
  }
}

TEST(Backoff, JitterReachesBothEndsAndTheMiddle) {
  std::int64_t least = 5000;
  std::int64_t most = 0;
  std::set<std::int64_t> different;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Backoff backoff(seed * 0x9E3779B97F4A7C15ULL);
    const auto wait = backoff.next().count();
    least = std::min(least, wait);
    most = std::max(most, wait);
    different.insert(wait);
  }
  EXPECT_LT(least, 80);
  EXPECT_GT(most, 120);
  EXPECT_GT(different.size(), 45U);
}

TEST(Backoff, TheSameSeedWaitsTheSame) {
  Backoff one(7);
  Backoff other(7);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(one.next(), other.next());
}

TEST(Backoff, BeginsAgainAfterReset) {
  Backoff backoff(42);
  for (int i = 0; i < 10; ++i) backoff.next();
  EXPECT_GE(backoff.next().count(), 3750);
  backoff.reset();
  EXPECT_LE(backoff.next().count(), 125);
  EXPECT_GE(backoff.next().count(), 150);
}

}  // namespace
}  // namespace copyd::net
