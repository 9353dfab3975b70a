// The table of legs keeps every leg apart, and finds it again after growing.
#include "exec/legs.hpp"

#include <gtest/gtest.h>

namespace copyd::exec {
namespace {

LegKey key(int follower, int symbol, Leg leg) {
  return {FollowerId{static_cast<std::uint16_t>(follower)},
          SymbolId{static_cast<std::uint16_t>(symbol)}, leg};
}

TEST(Legs, ALegKeepsItsPlace) {
  Legs legs;
  const auto index = legs.at(key(3, 7, Leg::long_));
  EXPECT_EQ(legs.at(key(3, 7, Leg::long_)), index);
  EXPECT_NE(legs.at(key(3, 7, Leg::short_)), index);
  EXPECT_NE(legs.at(key(7, 3, Leg::long_)), index);
  EXPECT_EQ(legs.find(key(9, 9, Leg::both)), Legs::none);
}

TEST(Legs, EveryLegIsFoundAfterGrowing) {
  Legs legs;
  std::vector<std::uint32_t> places;
  for (int follower = 0; follower < 100; ++follower)
    for (int symbol = 0; symbol < 100; ++symbol)
      places.push_back(legs.at(key(follower, symbol, Leg::both)));
  std::size_t i = 0;
  for (int follower = 0; follower < 100; ++follower)
    for (int symbol = 0; symbol < 100; ++symbol)
      EXPECT_EQ(legs.find(key(follower, symbol, Leg::both)), places[i++]);
  EXPECT_EQ(legs.size(), 10'000U);
}

TEST(Legs, ReducibleSaysWhetherACloseWouldFindSomething) {
  LegState leg;
  EXPECT_FALSE(leg.reducible(Side::sell));
  leg.tracked = Qty::whole(2);
  EXPECT_TRUE(leg.reducible(Side::sell));
  EXPECT_FALSE(leg.reducible(Side::buy));
  leg.tracked = Qty::whole(-2);
  EXPECT_TRUE(leg.reducible(Side::buy));
}

}  // namespace
}  // namespace copyd::exec
