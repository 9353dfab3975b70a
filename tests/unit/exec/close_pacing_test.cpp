// A close that failed is tried again, slower each time, and never blindly.
#include "exec/close_pacing.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace copyd::exec {
namespace {

using std::chrono::milliseconds;
using Verdict = ClosePacing::Verdict;

constexpr Mono start{1'000'000'000};

// When the pacing stops saying `hold`, in milliseconds after `from`.
std::int64_t hold_ms(const ClosePacing& pacing, Mono from) {
  for (std::int64_t ms = 0; ms <= 20'000; ++ms)
    if (pacing.ask(from + milliseconds(ms)) != Verdict::hold) return ms;
  return -1;
}

TEST(ClosePacing, NothingStandsAgainstTheFirstClose) {
  EXPECT_EQ(ClosePacing{}.ask(Mono{0}), Verdict::send);
}

TEST(ClosePacing, HoldsDoubleFromTwoHundredMillisecondsToFiveSeconds) {
  ClosePacing pacing;
  std::vector<std::int64_t> holds;
  for (int i = 0; i < 8; ++i) {
    pacing.failed(start);
    holds.push_back(hold_ms(pacing, start));
  }
  EXPECT_EQ(holds, (std::vector<std::int64_t>{200, 400, 800, 1600, 3200, 5000, 5000, 5000}));
}

TEST(ClosePacing, TheFirstFailureNeedsNoPositionRead) {
  ClosePacing pacing;
  pacing.failed(start);
  EXPECT_EQ(pacing.ask(start + milliseconds(199)), Verdict::hold);
  EXPECT_EQ(pacing.ask(start + milliseconds(200)), Verdict::send);
}

TEST(ClosePacing, TheSecondFailureDoes) {
  ClosePacing pacing;
  pacing.failed(start);
  pacing.failed(start);
  EXPECT_EQ(pacing.ask(start + milliseconds(400)), Verdict::read_position);
  pacing.position_seen(start);
  EXPECT_EQ(pacing.ask(start + milliseconds(399)), Verdict::hold);
  EXPECT_EQ(pacing.ask(start + milliseconds(400)), Verdict::send);
}

TEST(ClosePacing, AReadAskedForBeforeTheLastFailureVouchesForNothing) {
  ClosePacing pacing;
  pacing.failed(start);
  pacing.failed(start + milliseconds(300));
  pacing.position_seen(start + milliseconds(299));
  EXPECT_EQ(pacing.ask(start + milliseconds(2000)), Verdict::read_position);
}

TEST(ClosePacing, EachFailureNeedsAReadOfItsOwn) {
  ClosePacing pacing;
  pacing.failed(start);
  pacing.failed(start);
  pacing.position_seen(start + milliseconds(1));
  pacing.failed(start + milliseconds(500));
  EXPECT_EQ(pacing.ask(start + milliseconds(10'000)), Verdict::read_position);
}

TEST(ClosePacing, AFillStartsAfresh) {
  ClosePacing pacing;
  for (int i = 0; i < 5; ++i) pacing.failed(start);
  pacing.filled();
  EXPECT_EQ(pacing.ask(start), Verdict::send);
  pacing.failed(start);
  EXPECT_EQ(hold_ms(pacing, start), 200);
}

}  // namespace
}  // namespace copyd::exec
