#include "venue/listen_key.hpp"

#include <gtest/gtest.h>

#include <array>

namespace copyd::venue {
namespace {

using namespace std::chrono_literals;

TEST(ListenKey, IsExtendedEveryTwentyMinutes) {
  ManualClock clock;
  ListenKeyTimer timer;
  EXPECT_FALSE(timer.take_due(clock.now()));  // nothing to extend yet
  timer.created(clock.now());
  clock.advance(20min - 1ns);
  EXPECT_FALSE(timer.take_due(clock.now()));
  clock.advance(1ns);
  EXPECT_TRUE(timer.take_due(clock.now()));
  EXPECT_FALSE(timer.take_due(clock.now()));  // once
  timer.extended(clock.now());
  clock.advance(20min);
  EXPECT_TRUE(timer.take_due(clock.now()));
}

TEST(ListenKey, AFailedExtensionIsTriedAgainAfterHalfAMinute) {
  ManualClock clock;
  ListenKeyTimer timer;
  timer.created(clock.now());
  clock.advance(20min);
  ASSERT_TRUE(timer.take_due(clock.now()));
  timer.failed(clock.now());
  clock.advance(30s - 1ns);
  EXPECT_FALSE(timer.take_due(clock.now()));
  clock.advance(1ns);
  EXPECT_TRUE(timer.take_due(clock.now()));
}

TEST(ListenKey, KeysThatWereCreatedTogetherAreExtendedApart) {
  std::array<int, 20> in_minute{};
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const auto first = ListenKeyTimer::first_of(seed);
    ASSERT_GE(first, 1min);
    ASSERT_LT(first, ListenKeyTimer::period);
    ++in_minute[static_cast<std::size_t>(first / 1min)];
  }
  for (const int count : in_minute) EXPECT_LE(count, 80);
}

TEST(ListenKey, AForgottenKeyIsNeverDue) {
  ManualClock clock;
  ListenKeyTimer timer;
  timer.created(clock.now());
  timer.forget();
  clock.advance(24h);
  EXPECT_FALSE(timer.take_due(clock.now()));
}

}  // namespace
}  // namespace copyd::venue
