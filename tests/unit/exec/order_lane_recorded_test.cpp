// What has to be on the disk before an order leaves: what caused it, where no fill did, and the
// intent of the attempt before it. Nothing else waits, and a close never for long.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

class Recorded : public ::testing::Test {
 protected:
  Recorded() { rig.ready(); }
  void stop_syncing() { rig.syncs = false; }
  void decide() { ASSERT_TRUE(rig.books_writer->append(journal::Books{}, rig.clock.now())); }
  // Of the copy agent's own, as a settlement or a flatten has it.
  OrderTerms without_fill(OrderKind kind, Side side, const char* quantity) {
    auto t = lasting(kind, side, quantity);
    t.received = Mono{};
    return t;
  }
  OrderTerms lasting(OrderKind kind, Side side, const char* quantity) {
    auto t = rig.terms(kind, side, quantity);
    t.expires = rig.clock.now() + seconds(600);
    return t;
  }
  std::size_t placed() const { return rig.venue.placed.size(); }
  LaneRig rig;
};

TEST_F(Recorded, AnOrderThatNoFillCausedWaitsForWhatCausedIt) {
  stop_syncing();
  decide();
  rig.push(without_fill(OrderKind::increase, Side::buy, "1"));
  rig.run(seconds(5));
  EXPECT_EQ(placed(), 0U);
  EXPECT_TRUE(rig.kinds().empty());
  ASSERT_TRUE(rig.books_writer->sync());
  rig.run(milliseconds(2));
  EXPECT_EQ(placed(), 1U);
}

TEST_F(Recorded, ItDoesNotWaitForWhatWasWrittenAfterIt) {
  stop_syncing();
  decide();
  ASSERT_TRUE(rig.books_writer->sync());
  rig.books[0].state.set(static_cast<int>(FollowerState::reduce_only));
  rig.push(without_fill(OrderKind::increase, Side::buy, "1"));
  decide();
  rig.books[0].state.set(static_cast<int>(FollowerState::active));
  rig.run(milliseconds(2));
  EXPECT_EQ(placed(), 1U);
}

TEST_F(Recorded, TheFirstOrderOfAFillWaitsForNothing) {
  stop_syncing();
  decide();
  rig.buy("1");
  EXPECT_EQ(placed(), 1U);
  rig.buy("1");
  EXPECT_EQ(placed(), 2U) << "the intent of another order is none of its concern";
  EXPECT_LT(rig.writer->durable(), rig.writer->appended());
}

TEST_F(Recorded, WhatWaitsAsksForTheDiskOnceAndNothingElseDoes) {
  stop_syncing();
  decide();
  rig.buy("1");
  EXPECT_FALSE(rig.writer->take_asked());
  rig.push(without_fill(OrderKind::increase, Side::buy, "1"));
  rig.run(milliseconds(2));
  EXPECT_TRUE(rig.writer->take_asked());
  rig.run(seconds(5));
  EXPECT_FALSE(rig.writer->take_asked());
}

TEST_F(Recorded, ALaterAttemptWaitsForTheIntentBeforeIt) {
  stop_syncing();
  rig.push(lasting(OrderKind::increase, Side::buy, "1"));
  rig.venue.refuse(0, 503, -1008, "overloaded");
  rig.run(seconds(5));
  EXPECT_EQ(placed(), 1U);
  ASSERT_TRUE(rig.writer->sync());
  rig.run(milliseconds(2));
  EXPECT_EQ(placed(), 2U);
}

TEST_F(Recorded, ACloseWaitsASecondAtMost) {
  rig.hold("2");
  stop_syncing();
  decide();
  rig.push(without_fill(OrderKind::reduce, Side::sell, "2"));
  rig.run(milliseconds(990));
  EXPECT_EQ(placed(), 1U);
  rig.run(milliseconds(15));
  EXPECT_EQ(placed(), 2U);
}

TEST_F(Recorded, AnAttemptOfACloseWaitsASecondAtMost) {
  rig.hold("2");
  stop_syncing();
  rig.close("2");
  ASSERT_EQ(placed(), 2U);
  rig.venue.refuse(1, 503, -1008, "overloaded");
  rig.run(milliseconds(990));
  EXPECT_EQ(placed(), 2U);
  rig.run(milliseconds(230));  // it is held from the end of its pause on, or from the refusal on
  EXPECT_EQ(placed(), 3U);
}

// The next start asks for two attempts beyond those that it knows: no third one may have left.
TEST_F(Recorded, OfACloseNoThirdAttemptLeavesUnrecorded) {
  rig.hold("2");
  rig.run(seconds(3));
  stop_syncing();
  rig.close("2");
  rig.venue.refuse(1, 503, -1008, "overloaded");
  rig.run(milliseconds(1220));
  ASSERT_EQ(placed(), 3U);
  rig.venue.refuse(2, 503, -1008, "overloaded");
  rig.run(seconds(9));
  EXPECT_EQ(placed(), 3U);
  ASSERT_TRUE(rig.writer->sync());
  rig.run(milliseconds(1000));
  ASSERT_EQ(placed(), 4U);
  // All before it is on the disk, so one more may leave without.
  rig.venue.refuse(3, 503, -1008, "overloaded");
  rig.run(seconds(3));
  EXPECT_EQ(placed(), 5U);
}

// Without its trade the next start decides it again, and knows of the first two attempts alone.
TEST_F(Recorded, AThirdAttemptWaitsForTheTradeToo) {
  rig.hold("2");
  rig.run(seconds(3));
  stop_syncing();
  decide();
  rig.close("2");
  rig.venue.refuse(1, 503, -1008, "overloaded");
  ASSERT_TRUE(rig.writer->sync());
  rig.run(milliseconds(1220));
  ASSERT_EQ(placed(), 3U);
  ASSERT_TRUE(rig.writer->sync());
  rig.venue.refuse(2, 503, -1008, "overloaded");
  rig.run(seconds(9));
  EXPECT_EQ(placed(), 3U);
  ASSERT_TRUE(rig.books_writer->sync());
  rig.run(milliseconds(1000));
  EXPECT_EQ(placed(), 4U);
}

TEST_F(Recorded, ADiskThatTakesNothingNeverBlocksAClose) {
  rig.hold("2");
  rig.run(seconds(3));
  stop_syncing();
  decide();
  rig.close("2");
  for (std::size_t sent = 2; sent <= 5; ++sent) {
    ASSERT_EQ(placed(), sent);
    rig.venue.refuse(sent - 1, 503, -1008, "overloaded");
    rig.run(seconds(15));
  }
}

// The next start may make one order of the two, under the id of the close.
TEST_F(Recorded, WhatOpensBehindTheCloseOfItsTradeWaitsForTheTrade) {
  rig.hold("2");
  rig.run(seconds(3));
  stop_syncing();
  decide();
  const auto close = lasting(OrderKind::reduce, Side::sell, "2");
  rig.push(close);
  rig.push(lasting(OrderKind::increase, Side::sell, "1"));
  ASSERT_EQ(placed(), 2U);
  rig.venue.answer(1, "FILLED", "2");
  rig.run(seconds(3));
  EXPECT_EQ(placed(), 2U);
  ASSERT_TRUE(rig.books_writer->sync());
  rig.run(milliseconds(2));
  EXPECT_EQ(placed(), 3U);
}

TEST_F(Recorded, ABookThatCannotBeWrittenHoldsNothingBack) {
  stop_syncing();
  decide();
  rig.disk.fail_syncs(true);
  ASSERT_TRUE(rig.books_writer->sync().has_error());
  rig.push(without_fill(OrderKind::increase, Side::buy, "1"));
  EXPECT_EQ(placed(), 1U);
}

TEST_F(Recorded, AFailedJournalHoldsNoCloseBack) {
  rig.hold("2");
  stop_syncing();
  rig.close("2");
  rig.disk.fail_syncs(true);
  ASSERT_TRUE(rig.writer->sync().has_error());
  rig.venue.refuse(1, 503, -1008, "overloaded");
  rig.run(milliseconds(205));
  EXPECT_EQ(placed(), 3U);
}

}  // namespace
}  // namespace copyd::exec::test
