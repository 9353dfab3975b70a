// What happens to orders for which a lane has no room.
#include <gtest/gtest.h>

#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

SetState state(FollowerState value) {
  return {.follower = FollowerId{0}, .cause = StateCause::operator_, .state = value};
}

TEST(CopierLanes, AnIncreaseWithoutRoomFinishesUnfilled) {
  CopierRig rig({.followers = 3, .lanes = 1, .lane_capacity = 2});
  rig.fill(Side::buy, "0.02"_qty);
  EXPECT_EQ(rig.outcome(2, Outcome::skipped), 1);
  EXPECT_EQ(rig.skipped(2, Reject::lane_full), 1);
  EXPECT_EQ(rig.row(2).target, Qty());
  EXPECT_EQ(rig.row(2).open_orders, 0U);
  EXPECT_EQ(rig.cells[2].orders.get(), 0);
  EXPECT_EQ(rig.cells[2].in_flight.get(), 0);
  EXPECT_EQ(rig.copier->in_flight(), 2U);
  rig.executed(rig.taken());
  EXPECT_EQ(rig.outcome(0, Outcome::copied), 1);
  EXPECT_EQ(rig.outcome(1, Outcome::copied), 1);
}

TEST(CopierLanes, AReductionWaitsAndLeavesFirst) {
  CopierRig rig({.followers = 2, .lanes = 1, .lane_capacity = 2});
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  rig.fill(Side::buy, "0.02"_qty);   // fills the lane
  rig.fill(Side::sell, "0.04"_qty);  // two closes without room
  EXPECT_EQ(rig.row(0).in_flight, "-0.02"_qty);
  const auto opens = rig.taken();
  ASSERT_EQ(opens.size(), 2U);
  EXPECT_EQ(opens[0]->kind, OrderKind::increase);
  rig.step();
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 2U);
  EXPECT_EQ(closes[0]->kind, OrderKind::reduce);
  EXPECT_EQ(closes[0]->qty, "0.04"_qty);
  rig.executed(opens);
  rig.executed(closes);
  for (std::uint16_t i = 0; i < 2; ++i) {
    EXPECT_EQ(rig.row(i).position, Qty());
    EXPECT_EQ(rig.outcome(i, Outcome::copied), 3);
    EXPECT_EQ(rig.cells[i].in_flight.get(), 0);
  }
}

TEST(CopierLanes, ReductionsWaitAgainAndAgain) {
  CopierRig rig({.followers = 3, .lanes = 1, .lane_capacity = 3});
  rig.fill(Side::buy, "0.2"_qty);
  rig.executed(rig.taken());
  for (int i = 0; i < 5; ++i) {
    rig.fill(Side::buy, "0.02"_qty);
    rig.fill(Side::sell, "0.02"_qty);
    rig.fill(Side::sell, "0.01"_qty);
    std::vector<Order> sent;
    for (int pass = 0; pass < 4; ++pass) {
      for (const auto& order : rig.taken()) sent.push_back(order);
      rig.step();
    }
    EXPECT_EQ(sent.size(), 9U);
    rig.executed(sent);
    EXPECT_EQ(rig.copier->in_flight(), 0U);
  }
  for (std::uint16_t i = 0; i < 3; ++i) EXPECT_EQ(rig.row(i).position, "0.15"_qty);
}

TEST(CopierLanes, NoMoreThanTheLaneMayCarryIsInFlight) {
  CopierRig rig({.followers = 1, .lanes = 1});
  for (std::size_t i = 0; i < limits::inflight_per_lane_max; ++i) {
    rig.hand(rig.fill_of(Side::buy, "0.02"_qty));
  }
  const auto opens = rig.taken();
  EXPECT_EQ(opens.size(), limits::inflight_per_lane_max);
  rig.fill(Side::buy, "0.02"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::lane_full), 1);
  rig.executed({opens[0]});
  rig.fill(Side::sell, "0.01"_qty);  // takes the room that came free
  rig.fill(Side::sell, "0.01"_qty);  // waits
  EXPECT_EQ(rig.taken().size(), 1U);
  EXPECT_EQ(rig.cells[0].in_flight.get(), static_cast<std::int64_t>(limits::inflight_per_lane_max));
  rig.executed({opens[1]});
  const auto waited = rig.taken();
  ASSERT_EQ(waited.size(), 1U);
  EXPECT_EQ(waited[0]->kind, OrderKind::reduce);
}

TEST(CopierLanes, AFlipWithoutRoomStillCloses) {
  CopierRig rig({.followers = 1, .lanes = 1, .lane_capacity = 1});
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  LeaderFill other = rig.fill_of(Side::buy, "1"_qty, "3000"_price);
  other.symbol = eth;
  rig.hand(other);                   // takes the lane's only place
  rig.fill(Side::sell, "0.05"_qty);  // a flip, for which there is none
  EXPECT_EQ(rig.skipped(0, Reject::lane_full), 1);
  EXPECT_EQ(rig.row(0).target, Qty());
  rig.executed(rig.taken());
  rig.step();
  const auto close = rig.taken();
  ASSERT_EQ(close.size(), 1U);
  EXPECT_EQ(close[0]->kind, OrderKind::reduce);
  EXPECT_EQ(close[0]->qty, "0.02"_qty);
}

TEST(CopierLanes, AWaitingReductionDoesNotLeaveWhileItsFollowerIsHalted) {
  CopierRig rig({.followers = 2, .lanes = 1, .lane_capacity = 2});
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  rig.fill(Side::buy, "0.02"_qty);
  rig.fill(Side::sell, "0.04"_qty);
  rig.command(state(FollowerState::halted));
  const auto opens = rig.taken();
  rig.step();
  auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->follower, FollowerId{1});
  rig.executed(opens);
  rig.executed(closes);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.copier->in_flight(), 1U);
  rig.command(state(FollowerState::reduce_only));
  closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->follower, FollowerId{0});
  rig.executed(closes);
  EXPECT_EQ(rig.row(0).position, Qty());
}

TEST(CopierLanes, AFullLaneDoesNotDisturbAnother) {
  CopierRig rig({.followers = 4, .lanes = 2, .lane_capacity = 1});
  rig.fill(Side::buy, "0.02"_qty);
  EXPECT_EQ(rig.taken(0).size(), 1U);
  rig.fill(Side::buy, "0.02"_qty);
  EXPECT_EQ(rig.taken(0).size(), 1U);
  EXPECT_EQ(rig.taken(1).size(), 1U);
}

}  // namespace
}  // namespace copyd::risk
