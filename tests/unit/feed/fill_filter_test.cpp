#include "feed/fill_filter.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace copyd::feed {
namespace {

constexpr SymbolId btc{0};
constexpr SymbolId eth{1};

TEST(FillFilter, AcceptsATradeOnce) {
  FillFilter filter(2, 16);
  EXPECT_FALSE(filter.seen(btc, TradeId{5}));
  EXPECT_TRUE(filter.accept(btc, TradeId{5}));
  EXPECT_TRUE(filter.seen(btc, TradeId{5}));
  EXPECT_FALSE(filter.accept(btc, TradeId{5}));
}

TEST(FillFilter, TradeIdsAreNumberedPerSymbol) {
  FillFilter filter(2, 16);
  EXPECT_TRUE(filter.accept(btc, TradeId{5}));
  EXPECT_TRUE(filter.accept(eth, TradeId{5}));
  EXPECT_FALSE(filter.accept(eth, TradeId{5}));
}

TEST(FillFilter, TakesIdsOutOfOrder) {
  FillFilter filter(2, 16);
  EXPECT_TRUE(filter.accept(btc, TradeId{9}));
  EXPECT_TRUE(filter.accept(btc, TradeId{7}));
  EXPECT_TRUE(filter.accept(btc, TradeId{8}));
  EXPECT_FALSE(filter.accept(btc, TradeId{7}));
}

TEST(FillFilter, WhatIsForgottenLeavesAFloorForItsSymbolAlone) {
  FillFilter filter(2, 4);
  for (std::int64_t id = 10; id < 14; ++id) EXPECT_TRUE(filter.accept(btc, TradeId{id}));
  EXPECT_TRUE(filter.accept(btc, TradeId{20}));  // forgets 10
  EXPECT_FALSE(filter.accept(btc, TradeId{10}));
  EXPECT_FALSE(filter.accept(btc, TradeId{3})) << "below the floor";
  EXPECT_TRUE(filter.accept(eth, TradeId{3})) << "another symbol has no floor";  // forgets 11
  EXPECT_TRUE(filter.accept(btc, TradeId{15})) << "above the floor and never shown";
}

// Against a plain set: within the capacity it is exact, beyond it never accepts twice.
TEST(FillFilter, NeverAcceptsTwiceWhateverIsForgotten) {
  std::mt19937_64 random(7);
  FillFilter filter(4, 64);
  std::set<std::pair<int, std::int64_t>> accepted;
  for (int i = 0; i < 20000; ++i) {
    const auto symbol = static_cast<std::uint16_t>(random() % 4);
    const std::int64_t id = i / 4 + static_cast<std::int64_t>(random() % 40) + 1;
    const bool fresh = filter.accept(SymbolId{symbol}, TradeId{id});
    const bool first = accepted.emplace(symbol, id).second;
    if (fresh) {
      ASSERT_TRUE(first) << symbol << " " << id;
    } else if (first) {
      accepted.erase({symbol, id});  // refused by its floor: it may be, for it is old
    }
  }
  EXPECT_GT(accepted.size(), 4000U);
}

TEST(FillFilter, IsExactWithinItsCapacity) {
  std::mt19937_64 random(11);
  FillFilter filter(3, 4096);
  std::set<std::pair<int, std::int64_t>> known;
  for (int i = 0; i < 4096; ++i) {
    const auto symbol = static_cast<std::uint16_t>(random() % 3);
    const auto id = static_cast<std::int64_t>(random() % 3000 + 1);
    EXPECT_EQ(filter.accept(SymbolId{symbol}, TradeId{id}), known.emplace(symbol, id).second);
  }
}

}  // namespace
}  // namespace copyd::feed
