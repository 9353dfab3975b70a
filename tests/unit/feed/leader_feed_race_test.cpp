// Two connections to the leader's stream: whatever happens to one, nothing is missing, nothing is
// asked for, and the order of each symbol is kept.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "feed_rig.hpp"

namespace copyd::feed {
namespace {

struct LeaderFeedRace : testing::Test {
  LeaderFeedRace() {
    rig.venue.trade("lea", "BTCUSDT", 3);
    rig.run(5ms);
    rig.start();
    race();
  }
  void race() {
    rig.run_coarse(30s);
    ASSERT_EQ(rig.venue.open_streams(), 2);
    ASSERT_EQ(rig.cells[0].connections.get(), 2);
    rig.venue.asked.clear();
  }
  void expect_no_gap() {
    EXPECT_EQ(rig.cells[0].reconnects.get(), 0);
    EXPECT_EQ(rig.cells[0].back_filled.get(), 0);
    EXPECT_EQ(rig.feed.unsynced(), 0);
    std::map<SymbolId, TradeId> last;
    for (const LeaderFill& fill : rig.fills) {
      EXPECT_LT(last[fill.symbol], fill.trade) << "the order of a symbol is not kept";
      last[fill.symbol] = fill.trade;
    }
    rig.expect_whole();
  }
  std::int64_t said_first(Connection by) {
    return rig.cells[0].said_first[static_cast<std::size_t>(by)].get();
  }
  FeedRig rig{1024, 2};
};

TEST_F(LeaderFeedRace, EachWinsWhatItSaysFirst) {
  rig.venue.hold_oldest_stream("lea");
  for (int i = 0; i < 3; ++i) rig.venue.trade("lea", "BTCUSDT", 1);
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 3U);
  rig.venue.let_go();
  rig.venue.hold_newest_stream("lea");
  for (int i = 0; i < 2; ++i) rig.venue.trade("lea", "ETHUSDT", -1);
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 5U);
  rig.venue.let_go();
  rig.run_coarse(60s);
  EXPECT_EQ(said_first(Connection::first), 2);
  EXPECT_EQ(said_first(Connection::second), 3);
  EXPECT_EQ(rig.cells[0].duplicates.get(), 0);
  EXPECT_EQ(rig.cells[0].connections_lost.get(), 0);
  expect_no_gap();
}

TEST_F(LeaderFeedRace, TheyAreReadByTurns) {
  for (int i = 0; i < 50; ++i) {
    rig.venue.trade("lea", "BTCUSDT", 1);
    rig.run(i % 3 == 0 ? 3ms : 2ms);
  }
  EXPECT_GT(said_first(Connection::first), 5);
  EXPECT_GT(said_first(Connection::second), 5);
  expect_no_gap();
}

TEST_F(LeaderFeedRace, OneThatEndsInTheMiddleOfAFillLeavesNoGap) {
  rig.venue.hold_newest_stream("lea");
  rig.venue.trade("lea", "BTCUSDT", 1);
  rig.run(5ms);
  rig.venue.close_oldest_stream("lea");
  rig.venue.trade("lea", "BTCUSDT", -1);
  rig.run(5ms);
  rig.venue.let_go();
  rig.run(5ms);
  EXPECT_EQ(rig.fills.size(), 2U);
  race();
  expect_no_gap();
  EXPECT_EQ(rig.cells[0].connections_lost.get(), 1);
}

TEST_F(LeaderFeedRace, ASilentOneIsReplacedAndNothingIsMissing) {
  rig.venue.deafen_newest_stream("lea");
  rig.venue.trade("lea", "BTCUSDT", 1);
  race();
  rig.venue.deafen_oldest_stream("lea");
  rig.venue.trade("lea", "BTCUSDT", -1);
  race();
  EXPECT_EQ(rig.cells[0].connections_lost.get(), 2);
  EXPECT_EQ(rig.fills.size(), 2U);
  expect_no_gap();
}

// Deaf already while it was alone: what it missed then the other cannot say.
TEST_F(LeaderFeedRace, WhatASilentOneMissedBeforeTheOtherStoodIsFoundWhileCopyingGoesOn) {
  rig.venue.deafen_oldest_stream("lea");
  rig.venue.close_newest_stream("lea");
  rig.run(5ms);
  rig.venue.trade("lea", "BTCUSDT", 1);
  rig.venue.trade("lea", "BTCUSDT", -1);
  race();
  EXPECT_EQ(rig.fills.size(), 0U);
  rig.venue.trade("lea", "ETHUSDT", 1);
  rig.run_coarse(30s);
  EXPECT_EQ(rig.fills.size(), 3U);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 0);
  EXPECT_EQ(rig.feed.unsynced(), 0);
  rig.expect_whole();
}

// One at a time, with time to heal between.
TEST_F(LeaderFeedRace, WhateverHappensToOneNothingIsMissing) {
  std::mt19937_64 random(7);
  const auto trade = [&] {
    const char* symbol = random() % 2 == 0 ? "BTCUSDT" : "ETHUSDT";
    rig.venue.trade("lea", symbol, random() % 2 == 0 ? 2 : -1);
    rig.run(std::chrono::milliseconds(random() % 3));
  };
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 5; ++i) trade();
    switch (random() % 6) {
      case 0:
        rig.venue.hold_oldest_stream("lea");
        break;
      case 1:
        rig.venue.hold_newest_stream("lea");
        break;
      case 2:
        rig.venue.close_oldest_stream("lea");
        break;
      case 3:
        rig.venue.close_newest_stream("lea");
        break;
      case 4:
        rig.venue.deafen_oldest_stream("lea");
        break;
      default:
        rig.venue.deafen_newest_stream("lea");
        break;
    }
    for (int i = 0; i < 5; ++i) trade();
    rig.run_coarse(std::chrono::seconds(random() % 9));  // behind, or silent
    rig.venue.let_go();
    race();
  }
  EXPECT_GT(rig.cells[0].connections_lost.get(), 100);
  expect_no_gap();
}

TEST_F(LeaderFeedRace, AnExpiredKeyIsSaidByBothAndHealedOnce) {
  rig.venue.expire_listen_key("lea");
  rig.venue.trade("lea", "BTCUSDT", -1);
  rig.run_coarse(10s);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 1);
  EXPECT_EQ(std::count(rig.venue.asked.begin(), rig.venue.asked.end(), "POST /fapi/v1/listenKey"),
            1);
  race();
  rig.expect_whole();
}

TEST_F(LeaderFeedRace, DaysPassWithoutALoss) {
  std::mt19937_64 random(5);
  rig.venue.stream_life = std::chrono::hours(24);
  for (int minute = 0; minute < 3 * 24 * 60; ++minute) {
    rig.run_long(std::chrono::seconds(50));
    if (random() % 4 == 0) rig.venue.trade("lea", "ETHUSDT", random() % 2 == 0 ? 2 : -1);
  }
  rig.run(20ms);
  EXPECT_GE(rig.cells[0].renewals.get(), 4);
  EXPECT_EQ(rig.cells[0].connections_lost.get(), 0);
  expect_no_gap();
}

TEST_F(LeaderFeedRace, StoppingClosesBoth) {
  rig.tell(StopFeed{});
  rig.run(5ms);
  EXPECT_EQ(rig.venue.open_streams(), 0);
}

}  // namespace
}  // namespace copyd::feed
