#include "feed/said_once.hpp"

#include <gtest/gtest.h>

namespace copyd::feed {
namespace {

using namespace std::chrono_literals;

constexpr SymbolId btc{1};
constexpr SymbolId eth{2};
constexpr TradeId seven{7};
constexpr TradeId eight{8};
constexpr Mono begin{1'000'000'000};
constexpr auto patience = SaidOnce::silent_after;

TEST(SaidOnce, NothingSaidIsNobodysSilence) {
  const SaidOnce said(4);
  EXPECT_FALSE(said.silent(begin + 1h, begin));
}

TEST(SaidOnce, WhoeverDoesNotConfirmInTimeIsSilent) {
  SaidOnce said(4);
  said.said(btc, seven, Connection::first, begin);
  EXPECT_FALSE(said.silent(begin + (patience - 1ns), begin));
  EXPECT_EQ(said.silent(begin + patience, begin), Connection::second);
  EXPECT_FALSE(said.silent(begin + patience, begin + 1s)) << "it was not read all the while";
  EXPECT_EQ(said.silent(begin + patience + 1s, begin + 1s), Connection::second);
}

TEST(SaidOnce, OnlyTheOtherConfirms) {
  SaidOnce said(4);
  said.said(btc, seven, Connection::second, begin);
  EXPECT_FALSE(said.confirmed(btc, seven, Connection::second, begin)) << "it says it twice";
  EXPECT_FALSE(said.confirmed(eth, seven, Connection::first, begin)) << "another symbol's";
  EXPECT_FALSE(said.confirmed(btc, eight, Connection::first, begin));
  EXPECT_TRUE(said.confirmed(btc, seven, Connection::first, begin));
  EXPECT_FALSE(said.confirmed(btc, seven, Connection::first, begin));
  EXPECT_FALSE(said.silent(begin + 1h, begin));
}

TEST(SaidOnce, WhatIsConfirmedOutOfItsTurnLeavesTheRest) {
  SaidOnce said(4);
  said.said(btc, seven, Connection::first, begin);
  said.said(btc, eight, Connection::first, begin + 1s);
  EXPECT_TRUE(said.confirmed(btc, eight, Connection::second, begin));
  EXPECT_EQ(said.silent(begin + patience, begin), Connection::second);
}

TEST(SaidOnce, OneThatIsGoneIsNotWaitedForButItsWordStands) {
  SaidOnce said(4);
  said.said(btc, seven, Connection::first, begin);
  said.said(btc, eight, Connection::second, begin);
  said.gone(Connection::second);
  EXPECT_EQ(said.silent(begin + patience, begin), Connection::first);
  EXPECT_TRUE(said.confirmed(btc, eight, Connection::first, begin));
  EXPECT_FALSE(said.silent(begin + 1h, begin));
}

TEST(SaidOnce, TheOthersWordTellsByHowMuchItWasFirst) {
  SaidOnce said(4);
  said.said(btc, seven, Connection::first, begin);
  said.said(btc, eight, Connection::second, begin + 1ms);
  EXPECT_EQ(said.confirmed(btc, eight, Connection::first, begin + 3ms), 2ms);
  EXPECT_EQ(said.confirmed(btc, seven, Connection::second, begin + 5ms), 5ms);
}

TEST(SaidOnce, WhatIsBeyondItsCapacityIsNotKept) {
  SaidOnce said(1);
  said.said(btc, seven, Connection::first, begin);
  said.said(btc, eight, Connection::first, begin);
  EXPECT_FALSE(said.confirmed(btc, eight, Connection::second, begin));
  EXPECT_EQ(said.silent(begin + patience, begin), Connection::second);
}

}  // namespace
}  // namespace copyd::feed
