#include "feed/leader_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "feed_rig.hpp"

namespace copyd::feed {
namespace {

constexpr LeaderId first{0};

TEST(LeaderFeed, SaysWhatTheLeaderHoldsThenFollowsIt) {
  FeedRig rig;
  rig.venue.trade("lea", "BTCUSDT", 7);
  rig.run(10ms);
  rig.start();
  ASSERT_EQ(rig.positions.size(), 1U);
  EXPECT_EQ(rig.positions[0].qty, Qty::whole(7));
  EXPECT_TRUE(rig.fills.empty());
  EXPECT_EQ(rig.cells[0].position_mode.get(), static_cast<int>(PositionMode::one_way));

  rig.run(5ms);
  rig.venue.trade("lea", "BTCUSDT", -3);
  rig.venue.trade("lea", "ETHUSDT", 6, "BOTH", "web_2", 3);
  rig.run(3ms);
  ASSERT_EQ(rig.fills.size(), 4U);
  EXPECT_EQ(rig.fills[0].side, Side::sell);
  EXPECT_EQ(rig.fills[0].price, *Price::parse("100.5"));
  EXPECT_EQ(rig.fills[3].qty, Qty::whole(2));
  EXPECT_EQ(rig.fills[3].order_qty, Qty::whole(6));
  EXPECT_EQ(rig.fills[3].leader, first);
  rig.expect_whole();
  EXPECT_EQ(rig.cells[0].fills.get(), 4);
  EXPECT_EQ(rig.stages[Stage::feed].count(), 4U);
  EXPECT_EQ(rig.stages[Stage::decode].count(), 4U);
  EXPECT_EQ(rig.feed.unsynced(), 0);
}

TEST(LeaderFeed, TheConversationIsThatOfTheVenue) {
  FeedRig rig;
  rig.start();
  const std::vector<std::string> expected{"GET /fapi/v1/accountConfig", "POST /fapi/v1/listenKey",
                                          "GET /fapi/v3/positionRisk"};
  EXPECT_EQ(rig.venue.asked, expected);
}

TEST(LeaderFeed, SignsNothingBeforeItKnowsTheTime) {
  FeedRig rig;
  rig.add();
  rig.run(50ms);
  EXPECT_TRUE(rig.venue.asked.empty());
  EXPECT_EQ(rig.feed.unsynced(), 1);
  rig.sync_time();
  EXPECT_TRUE(rig.run_until_live());
}

TEST(LeaderFeed, FillsThatCameBeforeThePositionsAreInThem) {
  FeedRig rig;
  rig.venue.trade("lea", "BTCUSDT", 7);
  rig.venue.before_answer = [&](const net::HttpRequest& request) {
    if (request.target.find("positionRisk") == std::string::npos) return;
    rig.venue.trade("lea", "BTCUSDT", 2);  // in the answer, and on the stream
    rig.venue.trade("lea", "DOTUSDT", 4);
  };
  rig.sync_time();
  rig.add();
  ASSERT_TRUE(rig.run_until_live());
  rig.venue.before_answer = nullptr;
  rig.run(5ms);
  EXPECT_TRUE(rig.fills.empty());
  EXPECT_EQ(rig.positions.size(), 2U);
  rig.expect_whole();
}

TEST(LeaderFeed, ACloseWhileThePositionsAreReadIsNoOpening) {
  FeedRig rig;
  rig.venue.trade("lea", "BTCUSDT", 7);
  bool closed = false;
  rig.venue.before_answer = [&](const net::HttpRequest& request) {
    if (request.target.find("positionRisk") == std::string::npos || closed) return;
    closed = true;
    rig.venue.trade("lea", "BTCUSDT", -7);  // after we asked, and the answer comes before its event
  };
  rig.sync_time();
  rig.add();
  ASSERT_TRUE(rig.run_until_live());
  rig.run(5ms);
  EXPECT_TRUE(rig.fills.empty());
  rig.expect_whole();
}

TEST(LeaderFeed, ALossIsFilledInOrder) {
  FeedRig rig;
  rig.start();
  rig.run(5ms);
  rig.venue.trade("lea", "BTCUSDT", 4);
  rig.run(5ms);
  rig.order.clear();
  rig.venue.refuse_connections = true;
  rig.venue.close_streams("lea");
  rig.run(200ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::reconnecting);
  rig.venue.trade("lea", "BTCUSDT", -4);
  rig.venue.trade("lea", "ETHUSDT", 9, "BOTH", "autoclose-17", 3);
  rig.run(10s);
  EXPECT_EQ(rig.feed.unsynced(), 1);
  const std::int64_t traded_at = rig.venue.account("lea").trades.back().time;
  rig.venue.refuse_connections = false;
  ASSERT_TRUE(rig.run_until_live());
  rig.run(5ms);
  rig.expect_whole();
  ASSERT_EQ(rig.order.size(), 6U) << "four fills, then two positions";
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(std::holds_alternative<LeaderFill>(rig.order[i]));
  const auto& last = std::get<LeaderFill>(rig.order[3]);
  EXPECT_EQ(last.time.ms, traded_at) << "its own time, so that it can be too old";
  EXPECT_GT(last.received.ns, 10'000'000'000) << "received when it was found";
  EXPECT_EQ(last.order_qty, Qty::whole(9));
  EXPECT_TRUE(last.forced);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 1);
  EXPECT_EQ(rig.cells[0].back_filled.get(), 4);
}

TEST(LeaderFeed, AnOrderThatRestedBeforeTheLossIsFoundByThePosition) {
  FeedRig rig;
  rig.start();
  rig.run_coarse(60s);
  rig.venue.close_streams("lea");
  rig.run(5ms);
  rig.venue.trade("lea", "DOTUSDT", 5);
  rig.venue.account("lea").orders.back().time -= 3'600'000;  // placed an hour before
  ASSERT_TRUE(rig.run_until_live());
  rig.expect_whole();
  EXPECT_EQ(rig.fills.size(), 1U);
  EXPECT_EQ(rig.fills[0].order_qty, Qty::whole(5));
}

TEST(LeaderFeed, TradesOnWhileTheGapIsFilled) {
  FeedRig rig;
  rig.start();
  rig.run(5ms);
  rig.venue.trade("lea", "BTCUSDT", 4);
  rig.run(5ms);
  rig.venue.close_streams("lea");
  int qty = 1;
  rig.venue.before_answer = [&](const net::HttpRequest&) {
    rig.venue.trade("lea", qty % 2 != 0 ? "BTCUSDT" : "ETHUSDT", qty);
    qty = qty > 0 ? -(qty + 1) : -(qty - 1);
    if (std::abs(qty) > 12) rig.venue.before_answer = nullptr;
  };
  rig.venue.trade("lea", "BTCUSDT", 1);
  ASSERT_TRUE(rig.run_until_live());
  rig.run(5ms);
  rig.expect_whole();
}

TEST(LeaderFeed, EveryEventTwiceIsEveryFillOnce) {
  FeedRig rig;
  rig.start();
  rig.run(5ms);
  rig.venue.twice = true;
  rig.venue.trade("lea", "BTCUSDT", 6, "BOTH", "web_1", 2);
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 2U);
  EXPECT_EQ(rig.cells[0].duplicates.get(), 2);
  rig.expect_whole();
}

TEST(LeaderFeed, AFullChannelLosesNothing) {
  FeedRig rig(4);
  rig.start();
  rig.run(5ms);
  rig.stalled = true;
  for (int i = 0; i < 20; ++i) {
    rig.venue.trade("lea", "BTCUSDT", i % 3 == 0 ? -2 : 3);
    rig.run(2ms);
  }
  EXPECT_EQ(rig.events.size(), 4U);
  EXPECT_GT(rig.events.full_count(), 0U);
  rig.run_coarse(65s);  // not quiet, only not read: no reason to doubt the stream
  EXPECT_EQ(rig.feed.state(first), SessionState::live);
  rig.stalled = false;
  rig.run(100ms);
  EXPECT_EQ(rig.fills.size(), 20U);
  rig.expect_whole();
  EXPECT_EQ(rig.cells[0].reconnects.get(), 0);
}

TEST(LeaderFeed, AFullChannelThatOutlivesTheSocketIsFilledAfterwards) {
  FeedRig rig(4);
  rig.start();
  rig.run(5ms);
  rig.stalled = true;
  for (int i = 0; i < 8; ++i) rig.venue.trade("lea", "BTCUSDT", 2);
  rig.run(10ms);
  rig.venue.deafen_streams("lea");  // what follows does not fit the socket's buffers
  for (int i = 0; i < 8; ++i) rig.venue.trade("lea", "ETHUSDT", -1);
  rig.venue.close_streams("lea");
  rig.run(50ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::live) << "it does not even look";
  rig.stalled = false;
  rig.run(500ms);
  EXPECT_TRUE(rig.run_until_live());
  rig.run(50ms);
  EXPECT_EQ(rig.fills.size(), 16U);
  rig.expect_whole();
}

TEST(LeaderFeed, AnExpiredListenKeyIsReplaced) {
  FeedRig rig;
  rig.start();
  rig.run(5ms);
  rig.venue.trade("lea", "BTCUSDT", 5);
  rig.venue.expire_listen_key("lea");
  rig.venue.trade("lea", "BTCUSDT", -2);  // on a stream that nobody serves any more
  rig.run(3ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::reconnecting);
  ASSERT_TRUE(rig.run_until_live());
  EXPECT_EQ(rig.venue.account("lea").listen_key, "key2");
  rig.expect_whole();
}

TEST(LeaderFeed, AStreamThatIsDeadButOpenIsNoticed) {
  FeedRig rig;
  rig.start();
  rig.run(5ms);
  rig.venue.deafen_streams("lea");  // another process deleted the listen key
  rig.venue.trade("lea", "BTCUSDT", 5);
  rig.run_coarse(64s);
  ASSERT_TRUE(rig.run_until_live());
  rig.run_coarse(1s);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 1);
  rig.expect_whole();
  rig.venue.trade("lea", "BTCUSDT", 1);
  rig.run(2ms);
  rig.expect_whole();
}

TEST(LeaderFeed, ARefusedKeyHealsByItselfOrByANewOne) {
  FeedRig rig;
  rig.venue.account("lea").refused = true;
  rig.sync_time();
  rig.add();
  rig.run(20ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::refused);
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<int>(SessionState::refused));
  const std::string said = rig.notices_text();
  EXPECT_NE(said.find("Invalid API-key, IP, or permissions for action."), said.npos);
  EXPECT_EQ(said.find("lea"), said.npos) << "no key in a notice";
  const std::size_t asked = rig.venue.asked.size();
  rig.run_coarse(59s);
  EXPECT_EQ(rig.venue.asked.size(), asked) << "slowly";
  rig.venue.account("lea").refused = false;
  rig.run_coarse(2s);
  EXPECT_EQ(rig.feed.state(first), SessionState::live);

  rig.venue.account("lea").refused = true;
  rig.venue.close_streams("lea");
  rig.run(300ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::refused);
  rig.add(0, "lea2");
  ASSERT_TRUE(rig.run_until_live());
}

TEST(LeaderFeed, ALeaderAddedWhileRunningGoesLiveAtOnce) {
  FeedRig rig;
  rig.start();
  rig.venue.account("two").hedge = true;
  rig.venue.trade("two", "BTCUSDT", -3, "SHORT");
  rig.run(5ms);
  rig.add(1, "two");
  for (int i = 0; i < 20; ++i) {
    rig.venue.trade("lea", "BTCUSDT", 1);
    rig.run(1ms);
  }
  ASSERT_TRUE(rig.run_until_live(1));
  EXPECT_EQ(rig.cells[1].position_mode.get(), static_cast<int>(PositionMode::hedge));
  rig.venue.trade("two", "BTCUSDT", 1, "SHORT");
  rig.venue.trade("two", "BTCUSDT", 8, "LONG");
  rig.run(3ms);
  rig.expect_whole(0);
  rig.expect_whole(1);
  EXPECT_EQ(rig.fills.size(), 22U);

  rig.tell(RemoveLeader{LeaderId{1}});
  rig.run(2ms);
  EXPECT_EQ(rig.feed.state(LeaderId{1}), SessionState::not_connected);
  EXPECT_EQ(rig.cells[1].state.get(), static_cast<int>(SessionState::not_connected));
}

TEST(LeaderFeed, WhatWasClosedWhileTheKeyWasAwayIsSaidToBeFlat) {
  FeedRig rig;
  rig.start();
  rig.run(5ms);
  rig.venue.trade("lea", "BTCUSDT", 5);
  rig.venue.trade("lea", "ETHUSDT", 4);
  rig.run(5ms);
  rig.tell(RemoveLeader{first});
  rig.run(5ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::not_connected);
  EXPECT_EQ(rig.feed.unsynced(), 0);
  rig.venue.trade("lea", "BTCUSDT", -5);
  rig.venue.account("lea").positions.erase({"BTCUSDT", "BOTH"});
  rig.venue.trade("lea", "ETHUSDT", -1);
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 2U) << "nobody listens";
  rig.add();
  ASSERT_TRUE(rig.run_until_live());
  rig.run(5ms);
  EXPECT_EQ((rig.books[{first, *rig.table.find("BTCUSDT"), Leg::both}]), Qty());
  EXPECT_EQ((rig.books[{first, *rig.table.find("ETHUSDT"), Leg::both}]), Qty::whole(3));
  EXPECT_EQ(rig.fills.size(), 2U) << "and nothing is copied late";
  rig.venue.trade("lea", "ETHUSDT", 1);
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 3U);
  EXPECT_EQ(rig.feed.tracked(first, *rig.table.find("ETHUSDT"), Leg::both), Qty::whole(4));
}

TEST(LeaderFeed, WhatWasReadBeforeTheKeyWasTakenBackIsHandedOver) {
  FeedRig rig(4);
  rig.start();
  rig.run(5ms);
  rig.stalled = true;
  for (int i = 0; i < 6; ++i) rig.venue.trade("lea", "BTCUSDT", 1);
  rig.run(2ms);
  rig.tell(RemoveLeader{first});
  rig.run(2ms);
  rig.stalled = false;
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 5U);
}

TEST(LeaderFeed, AHedgeLegThatIsClosedBeyondWhatWeKnewIsReadAgain) {
  FeedRig rig;
  rig.venue.account("lea").hedge = true;
  rig.venue.trade("lea", "BTCUSDT", -3, "SHORT");
  rig.start();
  rig.run(5ms);
  rig.venue.deafen_streams("lea");
  rig.venue.trade("lea", "BTCUSDT", -2, "SHORT");  // its event is lost
  rig.venue.deafen_streams("lea", false);
  rig.run(1ms);
  rig.venue.trade("lea", "BTCUSDT", 3, "SHORT");
  rig.run(1ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::live) << "it cannot be told yet";
  rig.order.clear();
  rig.venue.trade("lea", "BTCUSDT", 1, "SHORT");
  rig.run(1ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::reconnecting);
  EXPECT_NE(rig.notices_text().find("BTCUSDT: a hedge leg was closed beyond"), std::string::npos);
  ASSERT_TRUE(rig.run_until_live());
  rig.run(5ms);
  rig.expect_whole();
  ASSERT_EQ(rig.order.size(), 3U) << "the close, what was missed, and what the leader holds";
  EXPECT_EQ(std::get<LeaderFill>(rig.order[1]).qty, Qty::whole(2));
  EXPECT_EQ(std::get<LeaderPosition>(rig.order[2]).qty, -Qty::whole(1));
  EXPECT_EQ(rig.cells[0].reconnects.get(), 1);

  rig.venue.trade("lea", "BTCUSDT", 1, "SHORT");
  rig.run(2ms);
  EXPECT_EQ(rig.feed.state(first), SessionState::live) << "flat is not beyond";
  rig.expect_whole();
}

TEST(LeaderFeed, MalformedAndUnknownFramesAreCountedAndTheRestGoesOn) {
  FeedRig rig;
  rig.start();
  rig.run(5ms);
  rig.venue.push("lea", R"({"e":"ORDER_TRADE_UPDATE","T":1,"E":)");
  rig.venue.push("lea", R"({"e":"SOMETHING_NEW","E":1,"T":1})");
  rig.venue.trade("lea", "BTCUSDT", 1);
  rig.run(3ms);
  EXPECT_EQ(rig.cells[0].malformed.get(), 1);
  EXPECT_EQ(rig.cells[0].unknown_events.get(), 1);
  EXPECT_EQ(rig.fills.size(), 1U);
}

TEST(LeaderFeed, StoppingHandsOverWhatWaitsAndLeavesTheListenKey) {
  FeedRig rig(4);
  rig.start();
  rig.run(5ms);
  rig.stalled = true;
  for (int i = 0; i < 6; ++i) rig.venue.trade("lea", "BTCUSDT", 1);
  rig.run(2ms);
  rig.tell(StopFeed{});
  rig.run(1ms);
  EXPECT_TRUE(rig.feed.stopped());
  rig.stalled = false;
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 5U) << "what was read is handed over";
  EXPECT_EQ(rig.venue.deletes, 0);
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<int>(SessionState::not_connected));
}

}  // namespace
}  // namespace copyd::feed
