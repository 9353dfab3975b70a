#include "feed/short_fills.hpp"

#include <gtest/gtest.h>

namespace copyd::feed {
namespace {

using namespace std::chrono_literals;

constexpr SymbolId btc{1};
constexpr TradeId seven{7};
constexpr Mono begin{1'000'000'000};
constexpr auto first = Connection::first;
constexpr auto second = Connection::second;

TEST(ShortFills, TheFirstWholeWordTellsByHowMuchTheShortOneWasAhead) {
  ShortFills fills;
  fills.told(btc, seven, first, begin, true);
  fills.told(btc, seven, second, begin + 1us, false);
  const auto whole = fills.told_whole(btc, seven, first, begin + 5us);
  EXPECT_TRUE(whole.expected);
  EXPECT_EQ(whole.behind, 5us);
  const auto again = fills.told_whole(btc, seven, second, begin + 9us);
  EXPECT_TRUE(again.expected);
  EXPECT_FALSE(again.behind) << "another connection had told it whole";
  EXPECT_FALSE(fills.told_whole(btc, seven, second, begin + 9us).expected) << "twice";
}

TEST(ShortFills, AConnectionThatHasNotToldItShortlyMayTellItWhole) {
  ShortFills fills;
  fills.told(btc, seven, first, begin, true);
  const auto whole = fills.told_whole(btc, seven, second, begin + 2us);
  EXPECT_FALSE(whole.expected);
  EXPECT_EQ(whole.behind, 2us);
}

TEST(ShortFills, WhatWasToldWholeBeforeGainsNothing) {
  ShortFills fills;
  fills.told(btc, seven, first, begin, false);
  const auto whole = fills.told_whole(btc, seven, first, begin + 2us);
  EXPECT_TRUE(whole.expected);
  EXPECT_FALSE(whole.behind);
  EXPECT_FALSE(fills.told_whole(btc, TradeId{8}, first, begin).expected);
}

}  // namespace
}  // namespace copyd::feed
