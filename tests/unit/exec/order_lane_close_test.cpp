// Closes: retried until done, paced, never blind; and what the follower no longer holds.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

constexpr const char* reduce_only_rejected = "ReduceOnly Order is rejected.";

TEST(LaneClose, ARejectedCloseIsAResultAndTheNextOneIsHeld) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.close("2");
  rig.venue.refuse(1, 400, -2022, reduce_only_rejected);
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
  EXPECT_EQ(rig.done().venue_code, -2022);
  rig.close("2");
  rig.run(milliseconds(190));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
  rig.run(milliseconds(15));
  EXPECT_EQ(rig.venue.placed.size(), 3U);
}

TEST(LaneClose, AfterTwoFailuresThePositionIsReadAndFlatIsTheEnd) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.venue.accounts[0].positions.clear();  // closed by somebody else
  for (std::size_t i = 1; i <= 2; ++i) {
    rig.close("2");
    rig.run(milliseconds(205));
    ASSERT_EQ(rig.venue.placed.size(), i + 1);
    rig.venue.refuse(i, 400, -2022, reduce_only_rejected);
    rig.step();
  }
  rig.reports.clear();
  const auto reads = rig.venue.accounts[0].position_reads;
  rig.close("2");
  rig.run(milliseconds(395));
  EXPECT_TRUE(rig.reports.empty());
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.venue.accounts[0].position_reads, reads + 1);
  EXPECT_EQ(rig.venue.placed.size(), 3U);
  ASSERT_EQ(rig.reports.size(), 2U);
  EXPECT_EQ(std::get<OrderDone>(rig.reports[0]).end, OrderEnd::flat);
  const auto& position = std::get<FollowerPosition>(rig.reports[1]);
  EXPECT_TRUE(position.qty.is_zero());
  EXPECT_EQ(position.symbol, rig.btc);
  EXPECT_EQ(position.leg, Leg::both);
}

TEST(LaneClose, AFlatLegIsHandedOverAlsoWhereAnOrderWaitsBehindTheClose) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.venue.accounts[0].positions.clear();  // closed by somebody else
  for (std::size_t i = 1; i <= 2; ++i) {
    rig.close("2");
    rig.run(milliseconds(205));
    rig.venue.refuse(i, 400, -2022, reduce_only_rejected);
    rig.step();
  }
  rig.reports.clear();
  rig.close("2");
  rig.push(rig.terms(OrderKind::increase, Side::sell, "1"));
  rig.run(milliseconds(410));
  // First what is there, then what the order behind the close does with it.
  ASSERT_EQ(rig.reports.size(), 2U);
  EXPECT_EQ(std::get<OrderDone>(rig.reports[0]).end, OrderEnd::flat);
  EXPECT_TRUE(std::get<FollowerPosition>(rig.reports[1]).qty.is_zero());
  ASSERT_EQ(rig.venue.placed.size(), 4U);
  EXPECT_EQ(rig.venue.placed[3].reduce_only, "");
  rig.fill_last("1");
  EXPECT_EQ(std::get<OrderDone>(rig.reports.at(2)).filled, Qty::whole(1));
  // The read that is as new as that fill agrees with it: nothing more to say.
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"-1", rig.venue.now_ms()};
  rig.venue.drop_stream(0);
  rig.run(seconds(5));
  EXPECT_EQ(rig.all<FollowerPosition>().size(), 1U);
}

TEST(LaneClose, AfterTwoFailuresACloseThatFindsAPositionGoesOn) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  for (std::size_t i = 1; i <= 4; ++i) {
    rig.close("2");
    rig.run(seconds(4));
    ASSERT_EQ(rig.venue.placed.size(), i + 1);
    rig.venue.refuse(i, 400, -2022, reduce_only_rejected);
    rig.step();
  }
  EXPECT_EQ(rig.venue.accounts[0].position_reads, 1 + 2);
  rig.close("2");
  rig.run(seconds(4));
  ASSERT_EQ(rig.venue.placed.size(), 6U);
  rig.reports.clear();
  rig.fill_last("2");
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

TEST(LaneClose, AReadThatMayMissAFreshFillDecidesNothing) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.venue.accounts[0].positions.clear();  // its reads lag
  for (std::size_t i = 1; i <= 2; ++i) {
    rig.close("2");
    rig.run(milliseconds(205));
    rig.venue.refuse(i, 400, -2022, reduce_only_rejected);
    rig.step();
  }
  rig.reports.clear();
  rig.close("2");
  rig.run(milliseconds(900));
  EXPECT_TRUE(rig.reports.empty());
  // The read catches up, and the close goes.
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"2", rig.venue.now_ms()};
  rig.run(seconds(3));
  EXPECT_EQ(rig.venue.placed.size(), 4U);
}

TEST(LaneClose, NothingIsFlatWhileAnOrderOfTheLegMayStillTrade) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.venue.accounts[0].positions.clear();
  rig.venue.query_status = 502;
  rig.buy("1");
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.step();
  rig.close("2");
  for (std::size_t i = 2; i <= 3; ++i) {
    rig.run(milliseconds(205));
    rig.venue.refuse(i, 400, -2022, reduce_only_rejected);
    rig.step();
  }
  rig.reports.clear();
  rig.run(seconds(10));
  EXPECT_TRUE(rig.reports.empty());
  EXPECT_EQ(rig.venue.placed.size(), 4U);
  rig.venue.fill(1, "1", "FILLED");
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"1", rig.venue.now_ms()};
  rig.run(seconds(2));
  EXPECT_EQ(rig.venue.placed.size(), 5U);
}

TEST(LaneClose, AThrottledCloseGoesOnWithoutEnd) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  const auto t = rig.close("2");
  for (std::uint8_t attempt = 0; attempt < 8; ++attempt) {
    ASSERT_EQ(rig.venue.placed.size(), attempt + 2U);
    EXPECT_EQ(rig.venue.placed.back().client_order_id,
              venue::client_order_id(t.copy_id, attempt).view());
    rig.venue.refuse(attempt + 1U, 503, -1008, "overloaded");
    rig.run(milliseconds(5100));
  }
  EXPECT_EQ(rig.results(), 0U);
  rig.fill_last("2");
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

TEST(LaneClose, ACloseOutlastsAnyLoss) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.venue.refuse_connections = true;
  rig.venue.rest_unreachable = true;
  rig.venue.drop_orders(0);
  rig.venue.drop_stream(0);
  rig.run(milliseconds(10));
  rig.close("2");
  rig.buy("1");
  rig.run(seconds(600));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);  // the increase
  EXPECT_EQ(rig.cells[0].waiting.get(), 1);
  rig.venue.refuse_connections = false;
  rig.venue.rest_unreachable = false;
  rig.run(seconds(8));
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.venue.placed[1].side, "SELL");
}

TEST(LaneClose, NothingLeavesForAHaltedFollowerNotEvenWhatWasHandedOverBefore) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  const auto before = rig.venue.placed.size();
  rig.books[0].state.set(static_cast<int>(FollowerState::halted));
  rig.close("2");
  rig.run(seconds(60));
  EXPECT_EQ(rig.venue.placed.size(), before);
  EXPECT_EQ(rig.cells[0].waiting.get(), 1);
  rig.books[0].state.set(static_cast<int>(FollowerState::active));
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.venue.placed.size(), before + 1);
}

TEST(LaneClose, AnIncreaseThatWaitsDoesNotLeaveAfterAPauseAndACloseDoes) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  const auto before = rig.venue.placed.size();
  rig.venue.drop_orders(0);
  rig.buy("1");
  rig.close("2");
  rig.books[0].state.set(static_cast<int>(FollowerState::reduce_only));
  rig.run(seconds(30));
  ASSERT_GT(rig.venue.placed.size(), before);
  for (auto i = before; i < rig.venue.placed.size(); ++i)
    EXPECT_EQ(rig.venue.placed[i].side, "SELL");
}

TEST(LaneClose, InHedgeModeACloseIsClippedToThePositionThatWasRead) {
  LaneRig rig;
  rig.venue.accounts[0].hedge = true;
  rig.ready();
  const auto terms = [&](OrderKind kind, Side side, const char* quantity) {
    auto t = rig.terms(kind, side, quantity);
    t.leg = Leg::long_;
    t.reduce_only = false;
    return t;
  };
  rig.push(terms(OrderKind::increase, Side::buy, "3"));
  rig.fill_last("3");
  rig.run(seconds(3));
  rig.venue.accounts[0].positions[{"BTCUSDT", "LONG"}] = {"2", rig.venue.now_ms()};
  for (std::size_t i = 1; i <= 2; ++i) {
    rig.push(terms(OrderKind::reduce, Side::sell, "3"));
    rig.run(milliseconds(205));
    rig.venue.refuse(i, 400, -2022, reduce_only_rejected);
    rig.step();
  }
  rig.reports.clear();
  rig.push(terms(OrderKind::reduce, Side::sell, "3"));
  rig.run(milliseconds(1500));
  ASSERT_EQ(rig.venue.placed.size(), 4U);
  EXPECT_EQ(rig.venue.placed[3].quantity, "2");
  EXPECT_EQ(rig.venue.placed[3].leg, "LONG");
  EXPECT_EQ(rig.venue.placed[3].reduce_only, "");
  rig.fill_last("2");
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

TEST(LanePosition, WhatIsThereAtTheStartIsSaidAndNotReported) {
  LaneRig rig;
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"-0.5", 1};
  rig.venue.accounts[0].positions[{"STRANGEUSDT", "LONG"}] = {"7", 1};
  rig.add(0, hmac_key(0));
  rig.run(milliseconds(5));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_TRUE(rig.noticed("BTCUSDT -0.5"));
  EXPECT_TRUE(rig.noticed("STRANGEUSDT LONG 7"));
}

TEST(LanePosition, AfterAReconnectWhatIsMissingIsHandedOver) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"0.5", rig.venue.now_ms()};
  rig.venue.drop_stream(0);
  rig.run(milliseconds(300));
  ASSERT_EQ(rig.all<FollowerPosition>().size(), 1U);
  EXPECT_EQ(rig.all<FollowerPosition>()[0].qty, qty("0.5"));
  rig.venue.drop_stream(0);
  rig.run(milliseconds(500));
  EXPECT_EQ(rig.all<FollowerPosition>().size(), 1U);  // nothing new
}

TEST(LanePosition, AnotherSignIsHandedOverAndMoreIsNot) {
  for (const bool more : {false, true}) {
    LaneRig rig;
    rig.ready();
    rig.hold("2");
    rig.run(seconds(3));
    rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {more ? "5" : "-5", rig.venue.now_ms()};
    rig.venue.drop_stream(0);
    rig.run(milliseconds(300));
    EXPECT_EQ(rig.all<FollowerPosition>().size(), more ? 0U : 1U);
  }
}

TEST(LanePosition, NothingIsHandedOverWhileAnOrderOfOursIsOpen) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.venue.accounts[0].positions.clear();
  rig.close("1");
  rig.venue.drop_stream(0);
  rig.run(milliseconds(300));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
}

TEST(LanePosition, AReadThatLagsBehindAFreshFillIsNotBelieved) {
  LaneRig rig;
  rig.ready();
  rig.buy("2");
  rig.fill_last("2");  // and the position read does not show it yet
  rig.venue.drop_stream(0);
  rig.run(milliseconds(500));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"2", rig.venue.now_ms()};
  rig.run(seconds(5));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
}

TEST(LanePosition, AForeignCloseSeenOnTheStreamIsReadAndHandedOver) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(12));
  rig.venue.accounts[0].positions.clear();
  rig.venue.push(0, R"({"e":"ACCOUNT_UPDATE","T":1,"E":1,"a":{"B":[],"P":[{"s":"BTCUSDT",)"
                    R"("pa":"0","ep":"0","cr":"0","up":"0","mt":"cross","iw":"0","ps":"BOTH",)"
                    R"("ma":"USDT","bep":"0"}],"m":"ORDER"}})");
  rig.run(milliseconds(50));
  ASSERT_EQ(rig.all<FollowerPosition>().size(), 1U);
  EXPECT_TRUE(rig.all<FollowerPosition>()[0].qty.is_zero());
}

}  // namespace
}  // namespace copyd::exec::test
