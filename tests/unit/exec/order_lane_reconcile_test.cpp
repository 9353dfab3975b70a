// Position reads by the timetable, and what they show: what is ours and gone, what is there and not
// ours, and nothing sent for either.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

class Reconciled : public ::testing::Test {
 protected:
  void position(const char* amount, const char* symbol = "BTCUSDT") {
    rig.venue.accounts[0].positions[{symbol, "BOTH"}] = {amount, rig.venue.now_ms()};
  }
  void trust(bool trust) { rig.commands.try_push(LaneCommand{TrustPositions{trust}}); }
  LaneRig rig;
};

TEST_F(Reconciled, OneAccountIsReadEveryTenSecondsInTurn) {
  for (int i = 0; i < 4; ++i) rig.add(i, hmac_key(i));
  rig.run(milliseconds(5));
  std::vector<int> before;
  for (int i = 0; i < 4; ++i) before.push_back(rig.venue.accounts[i].position_reads);
  std::vector<std::pair<std::int64_t, int>> reads;  // at which second, whose
  while (rig.clock.now().ns < 81'000'000'000) {
    rig.run(milliseconds(10));
    for (int i = 0; i < 4; ++i) {
      const int now = rig.venue.accounts[i].position_reads;
      for (; before[static_cast<std::size_t>(i)] < now; ++before[static_cast<std::size_t>(i)])
        reads.emplace_back(rig.clock.now().ns / 1'000'000'000, i);
    }
  }
  const std::vector<std::pair<std::int64_t, int>> expected{{10, 1}, {20, 2}, {30, 3}, {40, 0},
                                                           {50, 1}, {60, 2}, {70, 3}, {80, 0}};
  EXPECT_EQ(reads, expected);
}

TEST_F(Reconciled, NoTurnIsTakenByOneThatIsNotConnected) {
  rig.ready();
  rig.commands.try_push(LaneCommand{RemoveFollower{LaneRig::id(0)}});
  rig.step();
  const int reads = rig.venue.accounts[0].position_reads;
  rig.run(seconds(100));
  EXPECT_EQ(rig.venue.accounts[0].position_reads, reads);
}

TEST_F(Reconciled, AFailedReadIsMadeAgain) {
  rig.ready();
  const auto first = rig.cells[0].last_read.get();
  rig.run(seconds(38));
  rig.venue.rest_broken = true;
  rig.run(seconds(5));
  EXPECT_EQ(rig.cells[0].last_read.get(), first);
  rig.venue.rest_broken = false;
  rig.run(seconds(2));
  EXPECT_GT(rig.cells[0].last_read.get(), seconds(44).count() * 1'000'000'000);
}

TEST_F(Reconciled, MoreThanOursIsShownAndNothingElse) {
  rig.ready();
  rig.hold("2");
  position("3");
  rig.run(seconds(45));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_EQ(rig.cells[0].drift.get(), 1);
  EXPECT_EQ(rig.notices_with("holds BTCUSDT 1 beyond what copyd opened"), 1);
  rig.run(seconds(100));  // once per change
  EXPECT_EQ(rig.notices.size(), 1U);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  position("4");
  rig.run(seconds(41));
  EXPECT_EQ(rig.notices.size(), 2U);
  position("2");
  rig.run(seconds(41));
  EXPECT_TRUE(rig.noticed("nothing on BTCUSDT any more but what copyd opened"));
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
}

// What somebody else put there and took away again was never ours.
TEST_F(Reconciled, WhatIsForeignIsNotMissedWhenItGoes) {
  rig.ready();
  rig.hold("2");
  position("3");
  rig.run(seconds(45));
  position("1.5");
  rig.run(seconds(45));
  ASSERT_EQ(rig.all<FollowerPosition>().size(), 1U);
  EXPECT_EQ(rig.all<FollowerPosition>()[0].qty, qty("1.5"));
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

TEST_F(Reconciled, TheOtherSideOfZeroIsNoneOfOurs) {
  rig.ready();
  rig.hold("2");
  position("-1");
  rig.run(seconds(45));
  ASSERT_EQ(rig.all<FollowerPosition>().size(), 1U);
  EXPECT_EQ(rig.all<FollowerPosition>()[0].qty, qty("-1"));
  EXPECT_EQ(rig.cells[0].drift.get(), 1);
  rig.reports.clear();
  rig.venue.accounts[0].positions.clear();
  rig.run(seconds(45));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
}

TEST_F(Reconciled, WithSomethingForeignAnOrderIsProvenAbsentByTheSum) {
  rig.ready();
  rig.hold("2");
  position("3");
  rig.run(seconds(45));
  auto t = rig.terms(OrderKind::increase, Side::buy, "1");
  t.expires = rig.clock.now() + seconds(600);
  rig.push(t);
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.run(seconds(10));
  EXPECT_EQ(rig.venue.placed.size(), 3U);
}

// They may hold orders that only the leaders' trades will name.
TEST_F(Reconciled, WhilePositionsAreNotTrustedNothingIsForeign) {
  trust(false);
  position("3");
  rig.add(0, hmac_key(0));
  rig.run(seconds(90));
  EXPECT_GT(rig.venue.accounts[0].position_reads, 2);
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
  EXPECT_FALSE(rig.noticed("holds"));
  trust(true);
  rig.run(milliseconds(20));
  EXPECT_EQ(rig.cells[0].drift.get(), 1);
  EXPECT_EQ(rig.notices_with("holds BTCUSDT 3 beyond what copyd opened"), 1);
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
}

TEST_F(Reconciled, WhilePositionsAreNotTrustedNothingIsMissed) {
  trust(false);
  rig.commands.try_push(LaneCommand{ExpectPosition{LaneRig::id(0), rig.btc, Leg::both, qty("2")}});
  position("0.5");
  rig.add(0, hmac_key(0));
  rig.run(seconds(90));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  trust(true);
  rig.run(milliseconds(20));
  ASSERT_EQ(rig.all<FollowerPosition>().size(), 1U);
  EXPECT_EQ(rig.all<FollowerPosition>()[0].qty, qty("0.5"));
}

TEST_F(Reconciled, ASymbolThatIsNotListedIsDriftToo) {
  rig.ready();
  position("5", "NEWUSDT");
  rig.run(seconds(45));
  EXPECT_EQ(rig.cells[0].drift.get(), 1);
}

TEST_F(Reconciled, TransfersAreCounted) {
  rig.ready();
  const auto tell = [&](const std::string& reason) {
    rig.venue.push(0, R"({"e":"ACCOUNT_UPDATE","E":1700000000000,"T":1700000000000,"a":{"m":")" +
                          reason + R"(","B":[],"P":[]}})");
    rig.step();
  };
  for (const char* reason : {"DEPOSIT", "WITHDRAW", "MARGIN_TRANSFER", "ASSET_TRANSFER",
                             "ADMIN_DEPOSIT", "ADMIN_WITHDRAW"})
    tell(reason);
  EXPECT_EQ(rig.cells[0].transfers.get(), 6);
  for (const char* reason : {"ORDER", "FUNDING_FEE", "MARGIN_TYPE_CHANGE"}) tell(reason);
  EXPECT_EQ(rig.cells[0].transfers.get(), 6);
}

}  // namespace
}  // namespace copyd::exec::test
