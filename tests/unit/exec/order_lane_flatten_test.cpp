// What stops orders that wait: the kill file, a flatten, the follower's own limit, a pause of the
// process. And what a flatten of everything asks for.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

class Stopped : public ::testing::Test {
 protected:
  Stopped() {
    rig.ready();
    rig.hold("2");
  }
  void kill(FollowerState state) { rig.kill.set(static_cast<std::int64_t>(state)); }
  std::size_t placed() const { return rig.venue.placed.size(); }
  LaneRig rig;
};

TEST_F(Stopped, TheKillFileHoldsEverything) {
  kill(FollowerState::halted);
  rig.buy("1");
  rig.close("1");
  rig.run(milliseconds(100));
  EXPECT_EQ(placed(), 1U);
  kill(FollowerState::active);
  rig.run(milliseconds(10));
  EXPECT_EQ(placed(), 3U);
}

TEST_F(Stopped, TheKillFilesPauseHoldsIncreasesAlone) {
  kill(FollowerState::reduce_only);
  rig.buy("1");
  EXPECT_EQ(placed(), 1U);
  rig.close("1");
  rig.run(milliseconds(10));
  ASSERT_EQ(placed(), 2U);
  EXPECT_EQ(rig.venue.placed[1].side, "SELL");
}

TEST_F(Stopped, TheStricterOfTheTwoHolds) {
  kill(FollowerState::reduce_only);
  rig.books[0].state.set(static_cast<std::int64_t>(FollowerState::halted));
  rig.close("1");
  rig.run(milliseconds(10));
  EXPECT_EQ(placed(), 1U);
  rig.books[0].state.set(static_cast<std::int64_t>(FollowerState::active));
  rig.buy("1");
  rig.run(milliseconds(10));
  ASSERT_EQ(placed(), 2U);
  EXPECT_EQ(rig.venue.placed[1].side, "SELL");
}

TEST_F(Stopped, AFlattenEndsIncreasesThatWaitAndLetsClosesGo) {
  rig.books[0].state.set(static_cast<std::int64_t>(FollowerState::halted));
  rig.close("1");
  rig.buy("1");
  rig.push(rig.terms(OrderKind::flip, Side::sell, "4"));
  rig.run(milliseconds(10));
  EXPECT_EQ(placed(), 1U);
  EXPECT_EQ(rig.results(), 0U);
  rig.books[0].state.set(static_cast<std::int64_t>(FollowerState::reduce_only));
  rig.books[0].flattening.set(1);
  rig.run(milliseconds(10));
  ASSERT_EQ(placed(), 2U);
  EXPECT_EQ(rig.venue.placed[1].side, "SELL");
  EXPECT_EQ(rig.venue.placed[1].reduce_only, "true");
  const auto done = rig.all<OrderDone>();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].end, OrderEnd::expired);
  EXPECT_EQ(done[1].end, OrderEnd::expired);
}

TEST_F(Stopped, NothingOpensInAFlatten) {
  rig.books[0].flattening.set(1);
  rig.buy("1");
  EXPECT_EQ(placed(), 1U);
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
}

TEST(OwnLimit, BindsIncreasesAlone) {
  LaneRig rig({}, {2, 0});
  rig.ready();
  rig.ready(1);
  rig.hold("5");
  for (int i = 0; i < 3; ++i) rig.buy("1");
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
  rig.venue.answer(1, "FILLED", "1");
  rig.run(milliseconds(10));
  for (int i = 0; i < 4; ++i) rig.buy("1", 1);
  EXPECT_EQ(rig.venue.placed.size(), 6U);
  rig.run(seconds(3));
  const auto done = rig.all<OrderDone>();
  ASSERT_EQ(done.size(), 3U);
  EXPECT_EQ(done[0].end, OrderEnd::executed);
  EXPECT_EQ(done[1].end, OrderEnd::expired);
  EXPECT_EQ(done[2].end, OrderEnd::expired);
  rig.close("1");
  EXPECT_EQ(rig.venue.placed.size(), 7U);
}

TEST(OwnLimit, IsAnotherAfterAReload) {
  LaneRig rig({}, {2});
  const auto limit = [&](int per_10s) {
    ASSERT_TRUE(rig.commands.try_push(
        LaneCommand{LimitIncreases{.follower = LaneRig::id(0), .per_10s = per_10s}}));
    rig.step();
  };
  limit(1);  // before it is connected
  rig.ready();
  rig.buy("1");
  rig.buy("1");
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  limit(3);
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.venue.placed.size(), 2U) << "what waited leaves";
  limit(1);
  rig.buy("1");
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.venue.placed.size(), 2U) << "what was placed before counts";
  limit(0);
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.venue.placed.size(), 3U);
}

TEST(OwnLimit, IsFreeAgainAfterTenSeconds) {
  OrderBudget budget({}, 2);
  const Mono start{1'000'000'000'000};
  budget.placed(start, OrderBudget::Kind::reduce);
  budget.placed(start, OrderBudget::Kind::increase);
  EXPECT_TRUE(budget.allows_increase(start));
  budget.placed(start, OrderBudget::Kind::increase);
  EXPECT_FALSE(budget.allows_increase(start));
  EXPECT_TRUE(budget.allows_reduce(start));
  EXPECT_FALSE(budget.allows_increase(start + seconds(10)));
  EXPECT_TRUE(budget.allows_increase(start + seconds(12)));
}

// The process stood still for half a minute, with orders in its queue.
TEST_F(Stopped, WhatWaitedThroughAPauseOfTheProcessIsStale) {
  ASSERT_TRUE(
      rig.orders.try_push(TestApproval::order(rig.terms(OrderKind::increase, Side::buy, "1"))));
  ASSERT_TRUE(
      rig.orders.try_push(TestApproval::order(rig.terms(OrderKind::reduce, Side::sell, "1"))));
  rig.clock.advance(seconds(30));
  rig.step();
  ASSERT_EQ(placed(), 2U);
  EXPECT_EQ(rig.venue.placed[1].side, "SELL");
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_NE(rig.venue.placed[1].text.find(std::to_string(rig.venue.now_ms())), std::string::npos);
}

class Taken : public Stopped {
 protected:
  void take() {
    rig.commands.try_push(LaneCommand{TakePositions{LaneRig::id(0)}});
    rig.step();
  }
  std::map<std::pair<std::uint16_t, Leg>, Qty> told() const {
    std::map<std::pair<std::uint16_t, Leg>, Qty> found;
    for (const auto& one : rig.all<FollowerPosition>()) {
      EXPECT_TRUE(one.taken);
      found[{one.symbol.value, one.leg}] = one.qty;
    }
    return found;
  }
  bool is_taken() const { return !rig.all<PositionsTaken>().empty(); }
};

TEST_F(Taken, AllThatIsThereIsToldAndThenThatItIsAll) {
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"3", rig.venue.now_ms()};
  rig.venue.accounts[0].positions[{"ETHUSDT", "BOTH"}] = {"-4", rig.venue.now_ms()};
  rig.run(seconds(3));
  rig.reports.clear();
  take();
  rig.run(seconds(3));
  const std::map<std::pair<std::uint16_t, Leg>, Qty> expected{
      {{rig.btc.value, Leg::both}, qty("3")}, {{rig.eth.value, Leg::both}, qty("-4")}};
  EXPECT_EQ(told(), expected);
  ASSERT_EQ(rig.reports.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<PositionsTaken>(rig.reports.back()));
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
  // It is ours from now on: were it to go, it would be missed.
  rig.reports.clear();
  rig.venue.accounts[0].positions.erase({"ETHUSDT", "BOTH"});
  rig.run(seconds(45));
  ASSERT_EQ(rig.all<FollowerPosition>().size(), 1U);
  EXPECT_EQ(rig.all<FollowerPosition>()[0].symbol, rig.eth);
}

TEST_F(Taken, AnEmptyAccountIsTakenToo) {
  rig.close("2");
  rig.fill_last("2");
  rig.venue.accounts[0].positions.clear();
  rig.run(seconds(3));
  rig.reports.clear();
  take();
  rig.run(seconds(3));
  ASSERT_EQ(rig.reports.size(), 1U);
  EXPECT_TRUE(is_taken());
}

TEST_F(Taken, NotWhileAnOrderIsInFlight) {
  rig.buy("1");
  take();
  rig.run(seconds(3));
  EXPECT_FALSE(is_taken());
  rig.fill_last("1");
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"3", rig.venue.now_ms()};
  rig.run(seconds(4));
  EXPECT_TRUE(is_taken());
  EXPECT_EQ(told().at({rig.btc.value, Leg::both}), qty("3"));
}

TEST_F(Taken, AFailedReadIsMadeAgain) {
  rig.run(seconds(3));
  rig.venue.rest_broken = true;
  take();
  rig.run(seconds(20));
  EXPECT_FALSE(is_taken());
  rig.venue.rest_broken = false;
  rig.run(seconds(3));
  EXPECT_TRUE(is_taken());
}

TEST_F(Taken, AReadThatWasAskedForBeforeIsNotOfNow) {
  rig.run(seconds(37));
  rig.venue.rest_silent = true;
  rig.run(seconds(5));  // the timetable's read is under way
  take();
  rig.venue.rest_silent = false;
  rig.step();
  EXPECT_FALSE(is_taken());
  rig.run(seconds(3));
  EXPECT_TRUE(is_taken());
}

TEST_F(Taken, OnceIsEnough) {
  take();
  rig.run(seconds(100));
  EXPECT_EQ(rig.all<PositionsTaken>().size(), 1U);
}

TEST_F(Taken, OneThatIsNotConnectedIsWaitedFor) {
  rig.commands.try_push(LaneCommand{RemoveFollower{LaneRig::id(0)}});
  take();
  rig.run(seconds(20));
  EXPECT_FALSE(is_taken());
  rig.add(0, hmac_key(0));
  rig.run(seconds(3));
  EXPECT_TRUE(is_taken());
}

}  // namespace
}  // namespace copyd::exec::test
