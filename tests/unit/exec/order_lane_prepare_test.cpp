// Symbols that are to be prepared before anything opens on them: what waits, what is asked, what an
// answer does, and that a close never waits for it.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

struct Bench : LaneRig {
  Bench() : LaneRig({}, {}, nullptr, true) {
    commands.try_push(LaneCommand{AddFollower{id(0), hmac_key(0), true}});
    run(milliseconds(5));
    reports.clear();
    notices.clear();
  }
  void tell(Preparedness state, std::int32_t code = 0, int follower = 0) {
    commands.try_push(LaneCommand{SymbolPrepared{
        .follower = id(follower), .symbol = btc, .state = state, .venue_code = code}});
    step();
  }
  std::vector<PrepareSymbol> asked() {
    std::vector<PrepareSymbol> all;
    PrepareSymbol one;
    while (wanted.try_pop(one)) all.push_back(one);
    return all;
  }
  void overview(bool btc_ready) {
    std::vector<std::uint8_t> ready(symbols.size());
    ready[btc.value] = btc_ready ? 1 : 0;
    commands.try_push(LaneCommand{SymbolsPrepared{.follower = id(0), .ready = std::move(ready)}});
    step();
  }
};

TEST(LanePrepare, WhatOpensWaitsAndTheSymbolIsAskedForOnce) {
  Bench rig;
  rig.buy("1");
  rig.buy("2");
  rig.run(milliseconds(50));
  EXPECT_TRUE(rig.venue.placed.empty());
  const auto asked = rig.asked();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].follower, LaneRig::id(0));
  EXPECT_EQ(asked[0].symbol, rig.btc);
  EXPECT_EQ(rig.results(), 0U);
  rig.tell(Preparedness::ready);
  ASSERT_EQ(rig.venue.placed.size(), 2U) << "in the order of decision";
  EXPECT_EQ(rig.venue.placed[0].quantity, "1");
  rig.buy("3");
  EXPECT_EQ(rig.venue.placed.size(), 3U) << "and from then on at once";
  EXPECT_TRUE(rig.asked().empty());
}

TEST(LanePrepare, WhoWasNotPreparedIsFromTheFirstOverviewOn) {
  Bench rig;
  rig.commands.try_push(LaneCommand{AddFollower{rig.id(0), hmac_key(0), false}});
  rig.run(milliseconds(50));
  rig.buy("1");
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.overview(false);
  rig.buy("1");
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.asked().size(), 1U);
  rig.tell(Preparedness::ready);
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

TEST(LanePrepare, WhatWaitsTooLongForItIsMissed) {
  Bench rig;
  rig.buy("1");
  rig.run(seconds(3));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_TRUE(rig.venue.placed.empty());
}

TEST(LanePrepare, ARefusalEndsWhatWaitsWithTheVenuesCodeAndWhatComes) {
  Bench rig;
  rig.buy("1");
  rig.tell(Preparedness::refused, -4048);
  EXPECT_EQ(rig.done().end, OrderEnd::unprepared);
  EXPECT_EQ(rig.done().venue_code, -4048);
  rig.reports.clear();
  auto flip = rig.terms(OrderKind::flip, Side::sell, "2");
  rig.push(flip);
  EXPECT_EQ(rig.done().end, OrderEnd::unprepared);
  EXPECT_EQ(rig.done().venue_code, -4048);
  EXPECT_TRUE(rig.venue.placed.empty());
  const auto finished = rig.kept<journal::Finished>();
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(finished[1].end, OrderEnd::unprepared);
  EXPECT_EQ(finished[1].code, -4048);
  rig.tell(Preparedness::ready);
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST(LanePrepare, ACloseLeavesAtOnceWhateverTheSymbol) {
  Bench rig;
  rig.tell(Preparedness::ready);
  rig.hold("2");
  for (const auto state : {Preparedness::unprepared, Preparedness::refused}) {
    rig.tell(state, state == Preparedness::refused ? -4028 : 0);
    const auto before = rig.venue.placed.size();
    rig.close("1");
    ASSERT_EQ(rig.venue.placed.size(), before + 1);
    EXPECT_EQ(rig.venue.placed.back().side, "SELL");
    rig.fill_last("1");
  }
}

TEST(LanePrepare, ACloseOvertakesWhatWaitsForIt) {
  Bench rig;
  rig.tell(Preparedness::ready);
  rig.hold("2");
  rig.tell(Preparedness::unprepared);
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.close("1");
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.venue.placed[1].side, "SELL");
}

TEST(LanePrepare, TheOverviewSaysWhatNeedsNothing) {
  Bench rig;
  rig.overview(true);
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_TRUE(rig.asked().empty());
  rig.overview(false);
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.asked().size(), 1U);
  rig.overview(true);
  EXPECT_EQ(rig.venue.placed.size(), 2U) << "as good as an answer";
  rig.tell(Preparedness::refused, -4028);
  rig.overview(true);
  rig.reports.clear();
  rig.buy("1");
  EXPECT_EQ(rig.done().end, OrderEnd::unprepared) << "a refusal ends by its own answer";
}

TEST(LanePrepare, AnotherKeyIsAskedForAnew) {
  Bench rig;
  rig.buy("1");
  EXPECT_EQ(rig.asked().size(), 1U);
  rig.commands.try_push(LaneCommand{AddFollower{LaneRig::id(0), hmac_key(0), true}});
  rig.run(milliseconds(20));
  EXPECT_EQ(rig.asked().size(), 1U) << "the first question was of the old key";
  rig.tell(Preparedness::ready);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST(LanePrepare, AReconnectForgetsNothing) {
  Bench rig;
  rig.tell(Preparedness::ready);
  rig.hold("1");
  rig.venue.drop_orders(0);
  rig.venue.drop_stream(0);
  rig.run(seconds(5));
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_TRUE(rig.asked().empty());
}

TEST(LanePrepare, AQuestionThatFoundNoRoomIsAskedAgain) {
  Bench rig;
  while (rig.wanted.try_push(PrepareSymbol{})) {}
  rig.buy("1");
  rig.asked();
  rig.run(milliseconds(2));
  const auto asked = rig.asked();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].symbol, rig.btc);
}

TEST(LanePrepare, AFollowerThatKeepsWhatItHasNeverAsks) {
  Bench rig;
  rig.ready(1);
  rig.buy("1", 1);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_TRUE(rig.asked().empty());
}

TEST(LanePrepare, AtTheEndNothingWaitsForAnAnswer) {
  Bench rig;
  auto old = rig.terms(OrderKind::increase, Side::buy, "1");
  old.expires = rig.clock.now() + seconds(600);
  rig.push(old);
  rig.commands.try_push(LaneCommand{DrainLane{}});
  rig.run(milliseconds(200));
  EXPECT_TRUE(rig.lane->drained());
  EXPECT_EQ(rig.all<OrderDone>().at(0).end, OrderEnd::expired);
}

TEST(LanePrepare, TheMultiAssetsModeIsShown) {
  Bench rig;
  EXPECT_EQ(rig.cells[0].multi_assets.get(), 0);
  rig.venue.push(0, R"({"e":"ACCOUNT_CONFIG_UPDATE","T":1,"E":1,"ai":{"j":true}})");
  rig.step();
  EXPECT_NE(rig.cells[0].multi_assets.get(), 0);
}

}  // namespace
}  // namespace copyd::exec::test
