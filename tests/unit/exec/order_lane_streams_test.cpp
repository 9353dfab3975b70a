// Followers that share a user stream: whose events reach whom, what a loss means, and that each
// comes, goes and is renewed without the others noticing.
#include <gtest/gtest.h>

#include <set>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr const char* shutdown = R"({"event":{"e":"serverShutdown","E":1770123456789}})";
constexpr const char* expired = R"({"e":"listenKeyExpired","E":1770123456789})";

class Streams : public ::testing::Test {
 protected:
  void begin(int followers = 3) {
    for (int i = 0; i < followers; ++i) rig.add(i, hmac_key(i), true);
    rig.run(milliseconds(5));
    rig.reports.clear();
    rig.notices.clear();
    for (int i = 0; i < followers; ++i) ASSERT_EQ(rig.link(i), LinkState::ready);
    ASSERT_EQ(rig.venue.streams().size(), 1U);
  }
  FakeSocket* stream() { return rig.venue.streams().at(0); }
  int reads(int follower) { return rig.venue.accounts[follower].position_reads; }
  std::int64_t reconnects(int follower) {
    return rig.cells[static_cast<std::size_t>(follower)].reconnects.get();
  }
  LaneRig rig;
};

TEST_F(Streams, OneSocketCarriesThoseOfAll) {
  begin();
  EXPECT_EQ(stream()->accounts, (std::vector<int>{0, 1, 2}));
}

TEST_F(Streams, OneFollowerDoesNotWaitForCompany) {
  begin(1);
  EXPECT_EQ(stream()->accounts, (std::vector<int>{0}));
}

TEST_F(Streams, NobodyWaitsForAKeyThatIsRefused) {
  rig.venue.accounts[3].key_refused = 1;
  rig.add(3, hmac_key(3), true);
  begin();
  EXPECT_EQ(rig.link(3), LinkState::refused);
}

TEST_F(Streams, WhoHasAConnectionOfHisOwnHasAStreamOfHisOwn) {
  rig.add(3, hmac_key(3), false);
  for (int i = 0; i < 3; ++i) rig.add(i, hmac_key(i), true);
  rig.run(milliseconds(5));
  ASSERT_EQ(rig.venue.streams().size(), 2U);
  EXPECT_TRUE(rig.venue.stream_open(3));
  EXPECT_FALSE(stream()->serves(3) && stream()->serves(0));
}

TEST_F(Streams, AFillReachesItsFollowerAlone) {
  begin();
  for (int i = 0; i < 3; ++i) rig.buy("1", i);
  rig.venue.fill(1, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.done().follower, LaneRig::id(1));
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
  rig.venue.fill(0, "1", "FILLED");
  rig.venue.fill(2, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.results(), 3U);
}

// The venue gives one account one key.
TEST_F(Streams, FollowersOfOneAccountBothHearIt) {
  rig.add(0, hmac_key(0), true);
  rig.add(1, hmac_key(0), true);
  rig.run(milliseconds(5));
  ASSERT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_EQ(stream()->accounts, (std::vector<int>{0})) << "asked for once";
  rig.venue.push(0, R"({"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":1,"ai":{"j":true}})");
  rig.step();
  EXPECT_EQ(rig.cells[0].multi_assets.get(), 1);
  EXPECT_EQ(rig.cells[1].multi_assets.get(), 1);
}

TEST_F(Streams, ALossIsToldOnceAllAreReadAgainAndTheyRegroup) {
  begin();
  rig.pass(minutes(1));
  const std::vector<int> before{reads(0), reads(1), reads(2)};
  stream()->drop();
  rig.step();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::recovering);
  rig.run(seconds(1));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.link(i), LinkState::ready);
    EXPECT_GT(reads(i), before[static_cast<std::size_t>(i)]);
    EXPECT_EQ(reconnects(i), 1);
  }
  EXPECT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_EQ(rig.notices,
            (std::vector<std::string>{"a shared user stream is lost: its 3 followers connect again",
                                      "all whose shared user stream was lost are ready again"}));
}

TEST_F(Streams, OrdersLeaveWhileItIsLost) {
  begin();
  stream()->drop();
  rig.step();
  rig.buy("1", 2);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST(StrayFrames, WhatIsNobodysIsAGapForAll) {
  for (const auto* frame :
       {R"({"stream":"another","data":{"e":"GRID_UPDATE"}})",
        R"({"stream":"listen-1x","data":{"e":"GRID_UPDATE"}})", R"({"e":"STRATEGY_UPDATE"})"}) {
    LaneRig fresh;
    for (int i = 0; i < 3; ++i) fresh.add(i, hmac_key(i), true);
    fresh.run(milliseconds(5));
    const int before = fresh.venue.accounts[2].position_reads;
    fresh.venue.streams().at(0)->arrive(frame);
    fresh.step();
    EXPECT_EQ(fresh.lane_cells.strays.get(), 1) << frame;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(fresh.link(i), LinkState::recovering) << frame;
    fresh.run(seconds(1));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(fresh.link(i), LinkState::ready) << frame;
    EXPECT_GT(fresh.venue.accounts[2].position_reads, before);
    EXPECT_EQ(fresh.venue.streams().size(), 1U);
  }
}

TEST_F(Streams, WhatCannotBeReadIsCounted) {
  begin();
  stream()->arrive(R"({"stream":"listen-0","data":{"e":"ORDER_TRADE_UPDATE","o":5}})");
  rig.step();
  EXPECT_EQ(rig.lane_cells.malformed.get(), 1);
  EXPECT_EQ(rig.link(0), LinkState::ready);
}

TEST_F(Streams, AKeyThatExpiresIsItsFollowersAlone) {
  begin();
  auto* const old = stream();
  rig.venue.push(1, expired);
  rig.venue.push(1, expired);
  rig.step();
  EXPECT_EQ(rig.link(1), LinkState::recovering);
  rig.run(seconds(1));
  EXPECT_EQ(rig.venue.accounts[1].listen_keys, 2);
  EXPECT_EQ(reconnects(1), 1);
  ASSERT_EQ(rig.venue.streams().size(), 2U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  EXPECT_EQ(reconnects(0) + reconnects(2), 0);
  // What the old socket still says of it is for nobody, and no gap for the others.
  rig.buy("1", 1);
  rig.venue.fill(0, "1", "FILLED");  // on the old one
  rig.step();
  EXPECT_EQ(rig.results(), 0U);
  EXPECT_EQ(rig.lane_cells.strays.get(), 0);
  auto* const fresh = rig.venue.streams()[1];
  EXPECT_EQ(fresh->accounts, (std::vector<int>{1}));
  fresh->arrive(rig.venue.last_update);
  rig.step();
  EXPECT_EQ(rig.results(), 1U);
  EXPECT_EQ(stream(), old);
}

// Raw, but it says whose it is.
TEST_F(Streams, AnExpiryOutsideTheEnvelopeFindsItsFollower) {
  begin();
  stream()->arrive(R"({"e":"listenKeyExpired","E":1770123456789,"listenKey":"listen-2"})");
  rig.run(seconds(1));
  EXPECT_EQ(reconnects(2), 1);
  EXPECT_EQ(reconnects(0) + reconnects(1), 0);
  EXPECT_EQ(rig.lane_cells.strays.get(), 0);
}

TEST_F(Streams, WhoIsRemovedLeavesTheOthersTheirs) {
  begin();
  const auto sockets = rig.venue.stream_serials();
  rig.commands.try_push(LaneCommand{RemoveFollower{LaneRig::id(0)}});
  rig.run(milliseconds(5));
  rig.venue.push(0, R"({"e":"STRATEGY_UPDATE"})");
  rig.buy("1", 1);
  rig.venue.fill(0, "1", "FILLED");
  rig.run(seconds(5));
  EXPECT_EQ(rig.results(), 1U);
  EXPECT_EQ(rig.venue.stream_serials(), sockets);
  EXPECT_EQ(rig.lane_cells.strays.get(), 0);
  for (int i = 1; i < 3; ++i) rig.commands.try_push(LaneCommand{RemoveFollower{LaneRig::id(i)}});
  rig.run(milliseconds(5));
  EXPECT_TRUE(rig.venue.streams().empty()) << "nobody is left on it";
}

TEST_F(Streams, WhoComesBackWithAnotherKeyLeavesTheOthersTheirs) {
  begin();
  rig.add(1, hmac_key(1), true);
  rig.run(seconds(1));
  EXPECT_EQ(rig.venue.streams().size(), 2U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  EXPECT_EQ(reconnects(0) + reconnects(2), 0);
}

TEST_F(Streams, ThoseWithFewOnThemMerge) {
  begin();
  rig.add(3, hmac_key(3), true);
  rig.run(milliseconds(5));
  ASSERT_EQ(rig.venue.streams().size(), 2U);
  rig.notices.clear();
  for (int i = 0; i < 140; ++i) {
    rig.run(seconds(1));
    for (int k = 0; k < 4; ++k) ASSERT_EQ(rig.link(k), LinkState::ready);
  }
  ASSERT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_EQ(stream()->accounts.size(), 4U);
  for (int k = 0; k < 4; ++k) EXPECT_EQ(reconnects(k), 0);
  EXPECT_TRUE(rig.notices.empty()) << rig.notices.front();
  const auto sockets = rig.venue.stream_serials();
  rig.pass(hours(1));
  EXPECT_EQ(rig.venue.stream_serials(), sockets) << "and stay";
}

TEST_F(Streams, AreRenewedTogetherBeforeTheDayIsOver) {
  begin();
  const auto old = rig.venue.stream_serials();
  rig.pass(hours(22));
  EXPECT_EQ(rig.venue.stream_serials(), old);
  for (int i = 0; i < 61 * 60 + 30; ++i) {
    rig.step();
    rig.clock.advance(seconds(1));
    ASSERT_FALSE(rig.venue.streams().empty());
  }
  EXPECT_NE(rig.venue.stream_serials(), old);
  ASSERT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_EQ(stream()->accounts.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reconnects(i), 0);
  EXPECT_TRUE(rig.notices.empty()) << rig.notices.front();
}

TEST_F(Streams, AnAnnouncedEndRenewsAllAndNoEventIsLostOrCountedTwice) {
  begin();
  auto* const old = stream();
  for (int i = 0; i < 3; ++i) rig.buy("1", i);
  old->arrive(shutdown);
  rig.run(SharedStreams::successor_company + milliseconds(20));
  ASSERT_EQ(rig.venue.streams().size(), 2U);
  auto* const fresh = rig.venue.streams()[1];
  EXPECT_EQ(fresh->accounts.size(), 3U);
  // One on the old, one on the new, one on both.
  rig.venue.fill(0, "1", "FILLED");
  rig.venue.fill(1, "1", "FILLED");
  fresh->arrive(rig.venue.last_update);
  rig.step();
  EXPECT_EQ(rig.results(), 2U);
  rig.run(seconds(11));
  ASSERT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_EQ(stream(), fresh);
  rig.venue.fill(2, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.results(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reconnects(i), 0);
}

TEST_F(Streams, ASuccessorThatFailsLeavesTheOldAlone) {
  begin();
  const auto old = rig.venue.stream_serials();
  rig.venue.refuse_streams = true;
  stream()->arrive(shutdown);
  rig.run(seconds(4));
  EXPECT_EQ(rig.venue.stream_serials(), old);
  rig.venue.refuse_streams = false;
  rig.run(minutes(1));
  EXPECT_NE(rig.venue.stream_serials(), old);
  EXPECT_EQ(rig.venue.streams().size(), 1U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reconnects(i), 0);
}

TEST_F(Streams, ASuccessorThatHangsIsGivenUp) {
  begin();
  const auto old = rig.venue.stream_serials();
  rig.venue.hang_streams = true;
  stream()->arrive(shutdown);
  rig.run(seconds(14));
  EXPECT_EQ(rig.venue.stream_serials(), old);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  rig.venue.hang_streams = false;
  rig.run(minutes(1));
  EXPECT_NE(rig.venue.stream_serials(), old);
}

TEST_F(Streams, AnOldOneThatDiesMeanwhileIsALoss) {
  begin();
  rig.venue.hang_streams = true;
  auto* const old = stream();
  old->arrive(shutdown);
  rig.run(seconds(2));
  old->drop();
  rig.run(seconds(1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::recovering);
  rig.venue.hang_streams = false;
  rig.run(seconds(15));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  EXPECT_EQ(rig.venue.streams().size(), 1U);
}

TEST_F(Streams, OneThatDoesNotComeToStandIsTriedAgain) {
  rig.venue.hang_streams = true;
  for (int i = 0; i < 3; ++i) rig.add(i, hmac_key(i), true);
  rig.run(seconds(8));
  EXPECT_EQ(rig.link(0), LinkState::connecting);
  rig.run(seconds(4));
  rig.venue.hang_streams = false;
  rig.run(seconds(11));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  EXPECT_FALSE(rig.noticed("does not serve"));
}

TEST_F(Streams, AVenueThatRefusesThemGetsOneFromEach) {
  rig.venue.refuse_combined = true;
  for (int i = 0; i < 3; ++i) rig.add(i, hmac_key(i), true);
  rig.run(minutes(2));
  EXPECT_EQ(rig.venue.streams().size(), 3U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.link(i), LinkState::ready);
    EXPECT_TRUE(rig.venue.stream_open(i));
  }
  // Nobody whose own one stands has a reason to try again: it is known when more have asked.
  for (int k = 0; k < 3; ++k) {
    rig.venue.drop_stream(0);
    rig.run(minutes(1));
  }
  EXPECT_EQ(rig.notices_with("the venue does not serve shared user streams"), 1);
  rig.venue.refuse_combined = false;
  rig.venue.drop_stream(0);
  rig.run(minutes(1));
  EXPECT_EQ(rig.venue.streams().size(), 3U);
}

TEST_F(Streams, AVenueThatKeepsSayingWhatIsNobodysServesOneFromEach) {
  begin();
  for (int k = 0; k < 3; ++k) {
    ASSERT_EQ(rig.venue.streams().size(), 1U);
    stream()->arrive(R"({"stream":"another","data":{"e":"GRID_UPDATE"}})");
    rig.run(minutes(1));
  }
  EXPECT_EQ(rig.venue.streams().size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  EXPECT_EQ(rig.notices_with("the venue does not serve shared user streams"), 1);
}

TEST_F(Streams, WhatIsNobodysNowAndThenIsAnAccident) {
  begin();
  for (int k = 0; k < 4; ++k) {
    stream()->arrive(R"({"stream":"another","data":{"e":"GRID_UPDATE"}})");
    rig.run(minutes(1));
    rig.pass(hours(1));
  }
  EXPECT_EQ(rig.venue.streams().size(), 1U);
}

TEST_F(Streams, AnOutageIsNoRefusal) {
  begin();
  for (int k = 0; k < 5; ++k) {
    rig.venue.refuse_streams = true;
    for (auto* socket : rig.venue.streams()) socket->drop();
    rig.run(seconds(20 + k));
    rig.venue.refuse_streams = false;
    rig.run(minutes(3));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  }
  EXPECT_FALSE(rig.noticed("the venue does not serve shared user streams"));
}

}  // namespace
}  // namespace copyd::exec::test
