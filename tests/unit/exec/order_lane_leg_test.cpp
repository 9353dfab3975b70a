// Several orders of one leg, where one of them fails on the way or is overtaken: what they add up
// to is what was decided, and the copy agent hears of them in an order that it can follow.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

constexpr const char* reduce_only_rejected = "ReduceOnly Order is rejected.";

// Long enough that only the lane's own reasons hold an order back.
OrderTerms lasting(LaneRig& rig, OrderKind kind, Side side, const char* quantity) {
  auto t = rig.terms(kind, side, quantity);
  t.expires = rig.clock.now() + seconds(600);
  return rig.push(t);
}

std::string client_id(const OrderTerms& t, std::uint8_t attempt = 0) {
  return std::string(venue::client_order_id(t.copy_id, attempt).view());
}

class OneLeg : public ::testing::Test {
 protected:
  OneLeg() { rig.ready(); }
  std::size_t placed() const { return rig.venue.placed.size(); }
  const std::string& last() const { return rig.venue.placed.back().client_order_id; }
  void position(const char* amount) {
    rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {amount, rig.venue.now_ms()};
  }
  LaneRig rig;
};

TEST_F(OneLeg, WhatOpensBeyondZeroWaitsForTheCloseBeforeIt) {
  rig.hold("2");
  rig.close("2");
  const auto open = lasting(rig, OrderKind::increase, Side::sell, "3");
  EXPECT_EQ(placed(), 2U);
  // The close fails and goes again; still nothing may eat what it is to close.
  rig.venue.refuse(1, 503, -1008, "overloaded");
  rig.run(milliseconds(205));
  EXPECT_EQ(placed(), 3U);
  rig.venue.answer(2, "FILLED", "2");
  rig.step();
  EXPECT_EQ(placed(), 4U);
  EXPECT_EQ(last(), client_id(open));
}

TEST_F(OneLeg, ACloseThatIsWaitedForIsNotGivenUpForOneRefusal) {
  rig.hold("2");
  const auto close = rig.close("2");
  const auto open = lasting(rig, OrderKind::increase, Side::sell, "3");
  rig.venue.refuse(1, 400, -2022, reduce_only_rejected);
  rig.run(milliseconds(205));
  ASSERT_EQ(placed(), 3U);
  EXPECT_EQ(last(), client_id(close, 1));
  EXPECT_EQ(rig.results(), 0U);
  // A read that shows nothing ends it, and what waited goes.
  rig.venue.accounts[0].positions.clear();
  rig.venue.refuse(2, 400, -2022, reduce_only_rejected);
  rig.run(seconds(5));
  EXPECT_EQ(rig.done().end, OrderEnd::flat);
  ASSERT_EQ(placed(), 4U);
  EXPECT_EQ(last(), client_id(open));
}

TEST_F(OneLeg, ManyThatWaitLeaveInTheirOrderAndHoldNoOtherLeg) {
  rig.hold("2");
  rig.close("2");
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i)
    expected.push_back(client_id(lasting(rig, OrderKind::increase, Side::sell, "1")));
  EXPECT_EQ(placed(), 2U);
  auto other = rig.terms(OrderKind::increase, Side::buy, "1");
  other.symbol = rig.eth;
  rig.push(other);
  EXPECT_EQ(placed(), 3U);
  rig.venue.answer(1, "FILLED", "2");
  rig.step();
  ASSERT_EQ(placed(), 203U);
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(rig.venue.placed[i + 3].client_order_id, expected[i]);
}

TEST_F(OneLeg, WhatAddsDoesNotWaitForAClose) {
  rig.hold("2");
  rig.close("1");
  lasting(rig, OrderKind::increase, Side::buy, "3");
  EXPECT_EQ(placed(), 3U);
}

TEST_F(OneLeg, WhatOpensBeyondZeroWaitsForTheOpeningOnThisSide) {
  lasting(rig, OrderKind::increase, Side::buy, "1");
  const auto open = lasting(rig, OrderKind::increase, Side::sell, "3");
  EXPECT_EQ(placed(), 1U);
  rig.fill_last("1");
  EXPECT_EQ(placed(), 2U);
  EXPECT_EQ(last(), client_id(open));
}

TEST_F(OneLeg, ACloseThatCameBeforeItsOpeningIsNotRefused) {
  const auto open = lasting(rig, OrderKind::increase, Side::buy, "1");
  const auto close = rig.close("1");
  rig.venue.refuse(0, 503, -1008, "overloaded");
  rig.step();
  rig.venue.refuse(1, 400, -2022, reduce_only_rejected);
  rig.step();
  EXPECT_TRUE(rig.reports.empty());
  rig.run(milliseconds(205));
  ASSERT_GE(placed(), 3U);
  EXPECT_EQ(rig.venue.placed[2].client_order_id, client_id(open, 1));
  rig.venue.answer(2, "FILLED", "1");
  rig.run(milliseconds(205));
  EXPECT_EQ(last(), client_id(close, placed() == 5 ? 2 : 1));
}

// The answer may be read when the opening is there already.
TEST_F(OneLeg, ARefusalOfBeforeTheOpeningIsOfBeforeIt) {
  lasting(rig, OrderKind::increase, Side::buy, "1");
  const auto close = rig.close("1");
  rig.venue.answer(0, "FILLED", "1");
  rig.step();
  rig.venue.refuse(1, 400, -2022, reduce_only_rejected);
  rig.run(milliseconds(205));
  EXPECT_EQ(rig.results(), 1U);
  EXPECT_EQ(last(), client_id(close, 1));
  // Now there is nothing more to come: a refusal is one.
  rig.venue.refuse(2, 400, -2022, reduce_only_rejected);
  rig.step();
  EXPECT_EQ(rig.results(), 2U);
}

TEST_F(OneLeg, ACloseThatMetAPartGoesOnWithTheRest) {
  rig.hold("1");
  const auto open = lasting(rig, OrderKind::increase, Side::buy, "2");
  const auto close = rig.close("3");
  rig.venue.refuse(1, 503, -1008, "overloaded");
  rig.venue.answer(2, "EXPIRED", "1");
  rig.step();
  // The stream tells it too, of an attempt that has ended: it is not counted again.
  rig.venue.fill(2, "1", "EXPIRED");
  rig.step();
  EXPECT_EQ(rig.results(), 0U);
  rig.run(milliseconds(205));
  ASSERT_GE(placed(), 4U);
  EXPECT_EQ(rig.venue.placed[3].client_order_id, client_id(open, 1));
  rig.venue.answer(3, "FILLED", "2");
  rig.run(milliseconds(205));
  ASSERT_EQ(last(), client_id(close, 1));
  EXPECT_EQ(rig.venue.placed.back().quantity, "2");
  rig.reports.clear();
  rig.fill_last("2");
  EXPECT_EQ(rig.done().filled, qty("3"));
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
}

TEST_F(OneLeg, ACloseIsToldAfterTheOpeningThatItHasOvertaken) {
  rig.hold("2");
  const auto open = lasting(rig, OrderKind::increase, Side::buy, "1");
  rig.venue.refuse(1, 503, -1008, "overloaded");
  rig.step();
  const auto close = rig.close("2");
  rig.run(milliseconds(5));
  ASSERT_EQ(last(), client_id(close)) << "a close waits for nobody";
  rig.fill_last("2");
  EXPECT_EQ(rig.results(), 0U);
  rig.run(milliseconds(205));
  ASSERT_EQ(last(), client_id(open, 1));
  rig.fill_last("1");
  const auto done = rig.all<OrderDone>();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].ref, open.ref);
  EXPECT_EQ(done[1].ref, close.ref);
  EXPECT_EQ(done[1].filled, qty("2"));
}

// A later close has taken what this one was to close: it waits for the opening behind it.
TEST_F(OneLeg, AnOpeningIsNotHeldBackByACloseThatWaitsForIt) {
  rig.hold("1");
  rig.run(seconds(3));
  rig.venue.accounts[0].positions.clear();
  const auto close = rig.close("1");
  const auto open = lasting(rig, OrderKind::increase, Side::buy, "1");
  for (std::size_t i = 1; i <= 3; i += 2) {
    ASSERT_EQ(placed(), i + 2);
    rig.venue.refuse(i, 503, -1008, "overloaded");
    rig.venue.refuse(i + 1, 503, -1008, "overloaded");
    rig.run(milliseconds(205));
  }
  rig.run(seconds(1));
  EXPECT_EQ(rig.results(), 0U);
  ASSERT_EQ(placed(), 6U);
  EXPECT_EQ(last(), client_id(open, 2));
  rig.fill_last("1");
  ASSERT_EQ(placed(), 7U);
  EXPECT_EQ(last(), client_id(close, 2));
}

// A buy and a sell that both traded leave the position as it was.
TEST_F(OneLeg, APositionThatIsAsItWasDoesNotProveABuyAndASellAbsent) {
  rig.hold("2");
  rig.run(seconds(3));
  lasting(rig, OrderKind::increase, Side::buy, "1");
  rig.close("1");
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.venue.refuse(2, 408, -1007, "Timeout");
  rig.step();
  position("2");  // changed, and changed back, just now
  rig.run(seconds(19));
  EXPECT_GT(rig.venue.accounts[0].queries, 20);
  EXPECT_EQ(placed(), 3U);
  rig.run(seconds(5));
  EXPECT_GE(placed(), 4U) << "denied for long";
}

TEST_F(OneLeg, AnOldPositionProvesThemAbsent) {
  rig.hold("2");
  rig.run(seconds(5));
  lasting(rig, OrderKind::increase, Side::buy, "1");
  rig.close("1");
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.venue.refuse(2, 408, -1007, "Timeout");
  rig.run(seconds(15));
  EXPECT_GE(placed(), 4U);
}

}  // namespace
}  // namespace copyd::exec::test
