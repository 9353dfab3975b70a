// The leader's socket over days: replaced before the venue ends it, without a gap.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "feed_rig.hpp"

namespace copyd::feed {
namespace {

struct LeaderFeedRenewal : testing::Test {
  LeaderFeedRenewal() {
    rig.venue.stream_life = std::chrono::hours(24);
    rig.venue.trade("lea", "BTCUSDT", 3);
    rig.run(5ms);
    rig.start();
  }
  void shut_down() { rig.venue.push("lea", R"({"e":"serverShutdown","E":1})"); }
  bool asked(const std::string& what) {
    return std::any_of(rig.venue.asked.begin(), rig.venue.asked.end(), [&](const auto& question) {
      return question.find(what) != std::string::npos;
    });
  }
  std::int64_t renewals() { return rig.cells[0].renewals.get(); }
  std::int64_t reconnects() { return rig.cells[0].reconnects.get(); }
  FeedRig rig;
};

TEST_F(LeaderFeedRenewal, DaysPassWithoutALoss) {
  std::mt19937_64 random(5);
  int most = 0;
  for (int minute = 0; minute < 5 * 24 * 60; ++minute) {
    rig.run_long(std::chrono::seconds(30 + random() % 30));
    most = std::max(most, rig.venue.open_streams());
    if (random() % 4 == 0) rig.venue.trade("lea", "ETHUSDT", random() % 2 == 0 ? 2 : -1);
    if (rig.venue.open_streams() > 1) rig.venue.trade("lea", "DOTUSDT", 1);
  }
  rig.run(20ms);
  EXPECT_GE(renewals(), 3);
  EXPECT_EQ(reconnects(), 0);
  EXPECT_EQ(most, 2);
  EXPECT_EQ(rig.venue.open_streams(), 1);
  EXPECT_FALSE(asked("userTrades"));
  EXPECT_GT(rig.cells[0].duplicates.get(), 0) << "nothing was traded while two were open";
  rig.expect_whole();
}

TEST_F(LeaderFeedRenewal, WhileNoneCanBeOpenedTheOldOneServesToItsEnd) {
  rig.run_long(22h);
  rig.venue.refuse_streams = true;
  for (int i = 0; i < 115; ++i) {
    rig.run_long(60s);
    rig.venue.trade("lea", "ETHUSDT", 1);
  }
  EXPECT_EQ(reconnects(), 0);
  EXPECT_EQ(rig.feed.unsynced(), 0);
  rig.run_long(10min);
  EXPECT_EQ(reconnects(), 1);
  rig.venue.trade("lea", "ETHUSDT", -3);
  rig.venue.refuse_streams = false;
  rig.run_long(1min);
  EXPECT_EQ(rig.feed.unsynced(), 0);
  EXPECT_EQ(renewals(), 0);
  rig.expect_whole();
}

TEST_F(LeaderFeedRenewal, AFailureIsTriedAgainInTime) {
  rig.run_long(22h);
  rig.venue.refuse_streams = true;
  rig.run_long(80min);
  rig.venue.refuse_streams = false;
  rig.run_long(10min);
  EXPECT_EQ(renewals(), 1);
  EXPECT_EQ(reconnects(), 0);
  rig.run_long(2h);
  EXPECT_EQ(reconnects(), 0);
}

TEST_F(LeaderFeedRenewal, AnAnnouncedShutdownIsForestalled) {
  shut_down();
  rig.run(20ms);
  EXPECT_EQ(rig.venue.open_streams(), 2);
  rig.venue.trade("lea", "BTCUSDT", 4, "BOTH", "web_1", 2);
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 2U);
  EXPECT_EQ(rig.cells[0].duplicates.get(), 2);
  rig.run_coarse(15s);
  EXPECT_EQ(rig.venue.open_streams(), 1);
  EXPECT_EQ(renewals(), 1);
  rig.venue.trade("lea", "BTCUSDT", -1);
  rig.run(5ms);
  rig.expect_whole();
  EXPECT_EQ(reconnects(), 0);
  EXPECT_EQ(rig.cells[0].unknown_events.get(), 0);
}

TEST_F(LeaderFeedRenewal, WhatTheOldOneLostBeforeTheNewOneStoodIsFound) {
  rig.venue.deafen_oldest_stream("lea");
  rig.venue.trade("lea", "BTCUSDT", -2);
  rig.venue.deafen_streams("lea", false);
  shut_down();
  rig.run(20ms);
  ASSERT_EQ(rig.venue.open_streams(), 2);
  rig.venue.close_oldest_stream("lea");
  rig.venue.trade("lea", "BTCUSDT", 5);
  rig.venue.asked.clear();
  ASSERT_TRUE(rig.run_until_live());
  rig.run(10ms);
  rig.expect_whole();
  EXPECT_EQ(reconnects(), 1);
  EXPECT_TRUE(asked("userTrades"));
  EXPECT_FALSE(asked("listenKey"));
  EXPECT_EQ(rig.venue.open_streams(), 1);
}

TEST_F(LeaderFeedRenewal, WhatASilentOldOneLostIsFoundWhenTheNewOneSpeaks) {
  rig.venue.deafen_oldest_stream("lea");
  rig.venue.trade("lea", "BTCUSDT", -2);
  rig.venue.trade("lea", "BTCUSDT", 2);
  rig.venue.deafen_streams("lea", false);
  shut_down();
  rig.venue.deafen_oldest_stream("lea");
  rig.run(20ms);
  ASSERT_EQ(rig.venue.open_streams(), 2);
  rig.venue.trade("lea", "ETHUSDT", 5);
  rig.run_coarse(20s);
  EXPECT_EQ(rig.feed.unsynced(), 0);
  EXPECT_EQ(rig.fills.size(), 3U);
  EXPECT_EQ(rig.venue.open_streams(), 1);
  rig.expect_whole();
}

TEST_F(LeaderFeedRenewal, AnExpiredKeyIsSaidOnBothAndHealedOnce) {
  shut_down();
  rig.run(20ms);
  ASSERT_EQ(rig.venue.open_streams(), 2);
  rig.venue.asked.clear();
  rig.venue.twice = true;
  rig.venue.expire_listen_key("lea");
  rig.venue.twice = false;
  rig.venue.trade("lea", "BTCUSDT", -1);
  rig.run_coarse(10s);
  EXPECT_EQ(reconnects(), 1);
  EXPECT_EQ(std::count(rig.venue.asked.begin(), rig.venue.asked.end(), "POST /fapi/v1/listenKey"),
            1);
  EXPECT_EQ(rig.venue.open_streams(), 1);
  rig.expect_whole();
}

// Somebody else deleted the key: the socket stays open and says nothing.
TEST_F(LeaderFeedRenewal, ADeletedKeyIsHealedOnceBeforeItMatters) {
  rig.run_long(60s);
  rig.venue.asked.clear();
  rig.venue.account("lea").listen_key.clear();
  rig.run_long(20min);
  EXPECT_EQ(reconnects(), 1);
  EXPECT_EQ(std::count(rig.venue.asked.begin(), rig.venue.asked.end(), "POST /fapi/v1/listenKey"),
            1);
  rig.venue.trade("lea", "BTCUSDT", -1);
  rig.run(10ms);
  EXPECT_EQ(rig.fills.size(), 1U);
  rig.expect_whole();
}

TEST_F(LeaderFeedRenewal, ADeletedKeyIsFoundByThePositionWhenTheLeaderTrades) {
  rig.run_long(30s);
  rig.venue.account("lea").listen_key.clear();
  rig.venue.trade("lea", "BTCUSDT", -1);
  rig.run_long(90s);
  EXPECT_EQ(reconnects(), 1);
  EXPECT_EQ(rig.feed.unsynced(), 0);
  rig.expect_whole();
  rig.run_long(1h);
  EXPECT_EQ(reconnects(), 1);
}

TEST_F(LeaderFeedRenewal, AKeyTakenBackClosesBoth) {
  shut_down();
  rig.run(20ms);
  ASSERT_EQ(rig.venue.open_streams(), 2);
  rig.tell(RemoveLeader{.leader = LeaderId{0}});
  rig.run(5ms);
  EXPECT_EQ(rig.venue.open_streams(), 0);
}

TEST_F(LeaderFeedRenewal, StoppingClosesBoth) {
  shut_down();
  rig.run(20ms);
  rig.tell(StopFeed{});
  rig.run(5ms);
  EXPECT_EQ(rig.venue.open_streams(), 0);
}

}  // namespace
}  // namespace copyd::feed
