// Followers' connections: ready, lost, refused, changed; one never disturbs another; the drain.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

TEST(LaneLink, IsReadyWithTheModeThatWasRead) {
  for (const bool hedge : {false, true}) {
    LaneRig rig;
    rig.venue.accounts[0].hedge = hedge;
    rig.add(0, hmac_key(0));
    rig.run(milliseconds(5));
    ASSERT_EQ(rig.all<FollowerLink>().size(), 1U);
    EXPECT_TRUE(rig.all<FollowerLink>()[0].ready);
    EXPECT_EQ(rig.all<FollowerLink>()[0].mode, hedge ? PositionMode::hedge : PositionMode::one_way);
    EXPECT_EQ(rig.link(), LinkState::ready);
  }
}

TEST(LaneLink, NothingBeginsBeforeTheVenuesTimeIsKnown) {
  LaneRig rig;
  LaneCommand time;
  ASSERT_TRUE(rig.commands.try_pop(time));
  rig.add(0, hmac_key(0));
  rig.run(seconds(5));
  EXPECT_EQ(rig.venue.accounts[0].listen_keys, 0);
  EXPECT_EQ(rig.link(), LinkState::connecting);
  rig.tell_time();
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.link(), LinkState::ready);
}

TEST(LaneLink, AnOrderBeforeReadyWaits) {
  LaneRig rig;
  rig.venue.rest_silent = true;
  rig.add(0, hmac_key(0));
  rig.run(milliseconds(5));
  rig.close("1");
  rig.run(seconds(3));
  EXPECT_TRUE(rig.venue.placed.empty());
  rig.venue.rest_silent = false;
  rig.run(milliseconds(100));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST(LaneLink, ARefusedKeyIsSaidAndTriedEveryMinute) {
  for (const bool logs_on : {false, true}) {
    LaneRig rig;
    rig.venue.accounts[0].key_refused = 1;
    rig.add(0, logs_on ? ed25519_key(0) : hmac_key(0));
    rig.run(seconds(59));
    EXPECT_EQ(rig.link(), LinkState::refused);
    EXPECT_EQ(rig.cells[0].venue_code.get(), -2015);
    EXPECT_TRUE(rig.noticed("-2015 Invalid API-key"));
    EXPECT_TRUE(rig.all<FollowerLink>().empty());
    rig.run(seconds(2));
    EXPECT_EQ(rig.link(), LinkState::ready);
  }
}

TEST(LaneLink, ARefusedLogonIsARefusedKey) {
  LaneRig rig;
  rig.add(0, ed25519_key(0));
  rig.run(milliseconds(5));
  rig.venue.accounts[0].key_refused = 1;
  rig.venue.drop_orders(0);
  rig.run(milliseconds(300));
  EXPECT_EQ(rig.link(), LinkState::refused);
  ASSERT_EQ(rig.all<FollowerLink>().size(), 2U);
  EXPECT_FALSE(rig.all<FollowerLink>()[1].ready);
  rig.run(seconds(61));
  EXPECT_EQ(rig.link(), LinkState::ready);
  EXPECT_TRUE(rig.all<FollowerLink>().back().ready);
}

TEST(LaneLink, ARevokedSessionLeavesItsOrdersUnknown) {
  LaneRig rig;
  rig.add(0, ed25519_key(0));
  rig.run(milliseconds(5));
  rig.buy("1");
  rig.venue.push_orders(0, R"({"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid"}})");
  rig.step();
  EXPECT_EQ(rig.link(), LinkState::refused);
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_EQ(rig.results(), 0U);
}

TEST(LaneLink, AKeyThatBreaksNeverDisturbsAnother) {
  LaneRig rig;
  rig.ready(0);
  rig.ready(1);
  rig.venue.accounts[0].key_refused = 1'000'000;
  rig.buy("1", 0);
  rig.venue.refuse(0, 401, -2015, "Invalid API-key, IP, or permissions for action.");
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
  EXPECT_EQ(rig.link(0), LinkState::refused);
  for (int i = 0; i < 20; ++i) {
    const auto before = rig.venue.placed.size();
    rig.buy("1", 0);
    rig.buy("1", 1);
    ASSERT_EQ(rig.venue.placed.size(), before + 1);
    EXPECT_EQ(rig.venue.placed.back().account, 1);
    rig.fill_last("1");
    rig.run(seconds(1));
  }
  EXPECT_EQ(rig.link(1), LinkState::ready);
  EXPECT_EQ(rig.cells[1].reconnects.get(), 0);
}

TEST(LaneLink, AFollowerAddedWhileRunningGoesLiveAtOnce) {
  LaneRig rig;
  rig.ready(0);
  rig.buy("1", 0);
  rig.add(2, ed25519_key(2));
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.link(2), LinkState::ready);
  rig.buy("1", 2);
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.venue.placed[1].account, 2);
}

TEST(LaneLink, AnExpiredListenKeyIsReplacedAndOrdersGoOn) {
  LaneRig rig;
  rig.ready();
  const std::string expired =
      R"({"e":"listenKeyExpired","E":1736996475556,"listenKey":"listen-0"})";
  rig.venue.push(0, expired);
  rig.venue.push(0, expired);
  rig.step();
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.run(milliseconds(300));
  EXPECT_EQ(rig.venue.accounts[0].listen_keys, 2);
  EXPECT_TRUE(rig.venue.stream_open(0));
  EXPECT_EQ(rig.link(), LinkState::ready);
  rig.fill_last("1");
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
}

TEST(LaneLink, APositionModeChangedUnderUsIsReadAnew) {
  LaneRig rig;
  rig.ready();
  rig.venue.accounts[0].hedge = true;
  rig.buy("1");
  rig.venue.refuse(0, 400, -4061, "Order's position side does not match user's setting.");
  rig.run(milliseconds(300));
  EXPECT_EQ(rig.done().venue_code, -4061);
  ASSERT_EQ(rig.all<FollowerLink>().size(), 1U);
  EXPECT_EQ(rig.all<FollowerLink>()[0].mode, PositionMode::hedge);
}

TEST(LaneLink, AnAccountThatMayOnlyReduceKeepsItsConnection) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.buy("1");
  rig.venue.refuse(1, 400, -4087, "Reduce only");
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
  EXPECT_EQ(rig.link(), LinkState::ready);
  rig.close("1");
  EXPECT_EQ(rig.venue.placed.size(), 3U);
}

TEST(LaneLink, BrokenRestDelaysTheStartAndNothingMore) {
  LaneRig rig;
  rig.venue.rest_broken = true;
  rig.add(0, hmac_key(0));
  rig.run(seconds(20));
  EXPECT_EQ(rig.link(), LinkState::connecting);
  rig.venue.rest_broken = false;
  rig.run(seconds(8));
  EXPECT_EQ(rig.link(), LinkState::ready);
}

TEST(LaneLink, ARemovedFollowerEndsWhatWaitsToOpen) {
  LaneRig rig;
  rig.ready();
  rig.venue.buffer_full = true;
  rig.buy("1");
  rig.commands.try_push(LaneCommand{RemoveFollower{rig.id(0)}});
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_EQ(rig.link(), LinkState::not_connected);
  EXPECT_FALSE(rig.venue.orders_open(0));
  EXPECT_FALSE(rig.all<FollowerLink>().back().ready);
}

TEST(LaneDrain, WaitsForWhatIsOnTheWireAndClosesTheConnections) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.commands.try_push(LaneCommand{DrainLane{}});
  rig.run(seconds(1));
  EXPECT_FALSE(rig.lane->drained());
  rig.fill_last("1");
  rig.run(OrderLane::drain_quiet);
  EXPECT_TRUE(rig.lane->drained());
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
  EXPECT_FALSE(rig.venue.stream_open(0));
}

TEST(LaneDrain, SendsWhatIsQueuedAndRetriesNoIncrease) {
  LaneRig rig;
  rig.ready();
  rig.commands.try_push(LaneCommand{DrainLane{}});
  EXPECT_TRUE(
      rig.orders.try_push(TestApproval::order(rig.terms(OrderKind::increase, Side::buy, "1"))));
  rig.step();
  ASSERT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_FALSE(rig.lane->drained());
  rig.venue.refuse(0, 503, -1008, "overloaded");
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  rig.run(OrderLane::drain_quiet);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_TRUE(rig.lane->drained());
}

TEST(LaneDrain, WaitsForClosesAndForTheUnknown) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.close("1");
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.commands.try_push(LaneCommand{DrainLane{}});
  rig.run(seconds(2));
  EXPECT_FALSE(rig.lane->drained());
  rig.venue.fill(1, "1", "FILLED");
  rig.run(OrderLane::drain_quiet);
  EXPECT_TRUE(rig.lane->drained());
}

TEST(LaneDrain, SendsTheCloseThatAnswersTheLastResult) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.close("2");
  rig.commands.try_push(LaneCommand{DrainLane{}});
  rig.venue.refuse(1, 400, -2022, "ReduceOnly Order is rejected.");
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
  EXPECT_FALSE(rig.lane->drained());
  rig.run(milliseconds(5));
  rig.close("2");  // the copy agent's answer
  rig.run(milliseconds(205));
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  rig.fill_last("2");
  rig.run(OrderLane::drain_quiet);
  EXPECT_TRUE(rig.lane->drained());
}

TEST(LaneDrain, ACloseWaitsForItsConnectionToComeBack) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.venue.refuse_connections = true;
  rig.venue.drop_orders(0);
  rig.run(milliseconds(10));
  rig.close("2");
  rig.commands.try_push(LaneCommand{DrainLane{}});
  rig.run(seconds(1));
  EXPECT_FALSE(rig.lane->drained());
  rig.venue.refuse_connections = false;
  rig.run(seconds(5));
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  rig.fill_last("2");
  rig.run(OrderLane::drain_quiet);
  EXPECT_TRUE(rig.lane->drained());
}

TEST(LaneDrain, DoesNotWaitForWhatAHaltHoldsBack) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  rig.books[0].state.set(static_cast<int>(FollowerState::halted));
  rig.close("2");
  rig.commands.try_push(LaneCommand{DrainLane{}});
  rig.run(2 * OrderLane::drain_quiet);
  EXPECT_TRUE(rig.lane->drained());
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

}  // namespace
}  // namespace copyd::exec::test
