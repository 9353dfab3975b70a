#include "bench/fill_to_wire/last_left.hpp"

#include <gtest/gtest.h>

#include <array>

#include "bench/fill_to_wire/statistics.hpp"

namespace copyd::bench {
namespace {

using Times = std::vector<std::int64_t>;

constexpr std::array whole_run{TurnFills{.warm_up = 0, .counted = 100}};

journal::Timing order(std::int64_t received, std::int64_t written, int attempt = 0) {
  return {.received_ns = received,
          .written_ns = written,
          .attempt = static_cast<std::uint8_t>(attempt)};
}

// That many fills, one each microsecond; the last order of fill i leaves after 100 + i.
LastLeft fills_of_two(int fills) {
  LastLeft left(2);
  for (int i = 0; i < fills; ++i) {
    const std::int64_t received = 1000 * (i + 1);
    left.add(order(received, received + 50));
    left.add(order(received, received + 100 + i));
  }
  return left;
}

TEST(LastLeft, IsTheLatestOrderOfEachFillInWhateverOrderTheyAreRead) {
  LastLeft left(3);
  left.add(order(2000, 2300));
  left.add(order(1000, 1090));
  left.add(order(1000, 1050));
  left.add(order(2000, 2100));
  left.add(order(2000, 2200));
  left.add(order(1000, 1070));
  EXPECT_EQ(left.times(whole_run), (Times{90, 300}));
}

TEST(LastLeft, AFillThatNotEveryFollowerAnsweredIsLeftOut) {
  LastLeft left(2);
  left.add(order(1000, 1090));
  left.add(order(2000, 2010));
  left.add(order(2000, 2020));
  EXPECT_EQ(left.times(whole_run), (Times{20}));
}

TEST(LastLeft, OrdersThatLeftAgainOrAnswerNoFillAreLeftOut) {
  LastLeft left(1);
  left.add(order(1000, 9000, 1));
  left.add(order(0, 500));
  left.add(order(2000, 2010));
  EXPECT_EQ(left.times(whole_run), (Times{10}));
}

TEST(LastLeft, WarmUpFillsComeFirstInEachTurnAndAreLeftOut) {
  constexpr std::array turns{TurnFills{.warm_up = 2, .counted = 3},
                             TurnFills{.warm_up = 1, .counted = 2}};
  EXPECT_EQ(fills_of_two(8).times(turns), (Times{102, 103, 104, 106, 107}));
}

TEST(LastLeft, WhatTheJournalNoLongerHoldsIsTheOldest) {
  constexpr std::array turns{TurnFills{.warm_up = 2, .counted = 3},
                             TurnFills{.warm_up = 1, .counted = 2}};
  EXPECT_EQ(fills_of_two(5).times(turns), (Times{100, 101, 103, 104}));
}

TEST(LastLeft, OfNothingThereIsNothing) {
  EXPECT_TRUE(LastLeft(1).times(whole_run).empty());
  EXPECT_EQ(percentiles_of(LastLeft(1).times(whole_run)).count, 0U);
}

TEST(LastLeft, Percentiles) {
  const Percentiles p = percentiles_of(fills_of_two(100).times(whole_run));
  EXPECT_EQ(p.count, 100U);
  EXPECT_EQ(p.p50, 149);
  EXPECT_EQ(p.p90, 189);
  EXPECT_EQ(p.p99, 198);
  EXPECT_EQ(p.max, 199);
}

}  // namespace
}  // namespace copyd::bench
