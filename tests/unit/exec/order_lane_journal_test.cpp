// What a lane writes, and when: an intent before each send, the news of each attempt once, the
// result before it is told. And what leaves when nothing can be written.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

using journal::Type;
using Kinds = std::vector<Type>;

class Written : public ::testing::Test {
 protected:
  Written() { rig.ready(); }
  LaneRig rig;
};

TEST_F(Written, AnOrderIsIntendedAnsweredAndFinished) {
  const auto t = rig.buy("1.5");
  ASSERT_EQ(rig.kinds(), Kinds({Type::intent}));
  const auto intent = rig.kept<journal::Intent>().front();
  EXPECT_EQ(intent.copy_id, t.copy_id);
  EXPECT_EQ(intent.qty, qty("1.5"));
  EXPECT_EQ(intent.timestamp_ms, rig.venue.now_ms());
  EXPECT_EQ(intent.recv_window_ms, OrderLane::recv_window_ms);
  EXPECT_EQ(intent.received_ns, t.received.ns);
  EXPECT_EQ(intent.expires_ns, t.expires.ns);
  EXPECT_EQ(intent.symbol, rig.btc);
  EXPECT_EQ(intent.attempt, 0);
  rig.venue.update(
      0, {.execution = "NEW", .status = "NEW", .last = "0", .cumulative = "0", .average = "0"});
  rig.step();
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent, Type::timing}));  // nothing that a restart needs
  rig.fill_last("1.5");
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent, Type::timing, Type::answer, Type::finished}));
  const auto answer = rig.kept<journal::Answer>().front();
  EXPECT_EQ(answer.filled, qty("1.5"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.final_, 1);
  const auto finished = rig.kept<journal::Finished>().front();
  EXPECT_EQ(finished.copy_id, t.copy_id);
  EXPECT_EQ(finished.filled, qty("1.5"));
  EXPECT_EQ(finished.end, OrderEnd::executed);
  EXPECT_EQ(finished.venue_ms, rig.done().venue_time.ms);
}

TEST_F(Written, WhenEachStageOfAnAttemptEnded) {
  auto t = rig.terms(OrderKind::increase, Side::buy, "1");
  t.received = rig.clock.now();
  t.decoded_ns = 700;
  t.decided_ns = 900;
  rig.clock.advance(std::chrono::microseconds(5));
  const Mono taken = rig.clock.now();
  rig.push(t);
  rig.clock.advance(milliseconds(3));
  rig.fill_last("1");
  ASSERT_EQ(rig.kept<journal::Timing>().size(), 1U);
  const auto timing = rig.kept<journal::Timing>().front();
  EXPECT_EQ(timing.copy_id, t.copy_id);
  EXPECT_EQ(timing.received_ns, t.received.ns);
  EXPECT_EQ(timing.decoded_ns, t.received.ns + 700);
  EXPECT_EQ(timing.decided_ns, t.received.ns + 900);
  EXPECT_EQ(timing.taken_ns, taken.ns);
  EXPECT_GE(timing.signed_ns, timing.taken_ns);
  EXPECT_GE(timing.written_ns, timing.signed_ns);
  EXPECT_GE(timing.acknowledged_ns, timing.written_ns + 3'000'000);
  EXPECT_EQ(timing.attempt, 0);
}

TEST_F(Written, SoIsOneThatLeavesOverRest) {
  rig.hold("1");
  rig.run(seconds(11));
  rig.venue.refuse_orders = true;
  rig.venue.drop_orders(0);
  rig.run(seconds(1));
  const auto t = rig.buy("1");
  rig.run(milliseconds(5));
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  ASSERT_TRUE(rig.venue.placed[1].by_rest);
  ASSERT_EQ(rig.kept<journal::Intent>().size(), 2U);
  EXPECT_EQ(rig.kept<journal::Intent>()[1].copy_id, t.copy_id);
}

TEST_F(Written, FillsAreWrittenOnceEach) {
  rig.buy("1");
  rig.venue.fill(0, "0.3", "PARTIALLY_FILLED");
  rig.step();
  rig.venue.fill(0, "0.3", "PARTIALLY_FILLED");
  rig.venue.answer(0, "PARTIALLY_FILLED", "0.3");
  rig.step();
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent, Type::timing, Type::answer}));
  rig.venue.fill(0, "0.3", "EXPIRED");
  rig.step();
  EXPECT_EQ(rig.kinds(),
            Kinds({Type::intent, Type::timing, Type::answer, Type::answer, Type::finished}));
  const auto answers = rig.kept<journal::Answer>();
  EXPECT_EQ(answers[0].status, 0);
  EXPECT_EQ(answers[0].final_, 0);
  EXPECT_EQ(answers[0].filled, qty("0.3"));
  EXPECT_EQ(answers[1].final_, 1);
  EXPECT_EQ(answers[1].filled, qty("0.3"));
}

TEST_F(Written, ARefusalThatIsTriedAgainEndsItsAttempt) {
  rig.buy("1");
  rig.venue.refuse(0, 503, -1008, "overloaded");
  rig.run(milliseconds(205));
  ASSERT_EQ(rig.kinds(), Kinds({Type::intent, Type::timing, Type::answer, Type::intent}));
  const auto answer = rig.kept<journal::Answer>().front();
  EXPECT_EQ(answer.code, -1008);
  EXPECT_EQ(answer.final_, 1);
  EXPECT_TRUE(answer.filled.is_zero());
  EXPECT_EQ(rig.kept<journal::Intent>()[1].attempt, 1);
}

TEST_F(Written, ARefusalForGoodEndsTheOrder) {
  rig.buy("1");
  rig.venue.refuse(0, 400, -2019, "Margin is insufficient.");
  rig.step();
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent, Type::timing, Type::answer, Type::finished}));
  EXPECT_EQ(rig.kept<journal::Finished>()[0].end, OrderEnd::refused);
  EXPECT_EQ(rig.kept<journal::Finished>()[0].code, -2019);
}

TEST_F(Written, ALostAnswerAndTheProofOfAbsence) {
  auto t = rig.terms(OrderKind::increase, Side::buy, "1");
  t.expires = rig.clock.now() + seconds(600);
  rig.push(t);
  rig.venue.refuse(0, 408, -1007, "Timeout");
  rig.step();
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent, Type::timing, Type::unknown}));
  rig.run(seconds(9));
  EXPECT_EQ(rig.kinds(),
            Kinds({Type::intent, Type::timing, Type::unknown, Type::absent, Type::intent}));
  EXPECT_EQ(rig.kept<journal::Absent>()[0].attempt, 0);
  EXPECT_EQ(rig.kept<journal::Intent>()[1].attempt, 1);
}

// The first try left nothing at the venue, so its intent still says all there is to say.
TEST_F(Written, WhatCannotBeHandedOverHasOneIntent) {
  rig.venue.buffer_full = true;
  rig.buy("1");
  rig.run(milliseconds(50));
  EXPECT_TRUE(rig.venue.placed.empty());
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent}));
  rig.venue.buffer_full = false;
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent}));
}

TEST_F(Written, AnOrderThatNeverLeftIsFinishedAllTheSame) {
  rig.venue.buffer_full = true;
  rig.buy("1");
  rig.run(seconds(3));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent, Type::finished}));
}

TEST_F(Written, AnAttemptThatLivesAfterAllIsInDoubtAgain) {
  rig.buy("1");
  rig.venue.refuse(0, 503, -1008, "overloaded");
  rig.run(milliseconds(100));
  rig.venue.fill(0, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.kinds(), Kinds({Type::intent, Type::timing, Type::answer, Type::resumed,
                                Type::answer, Type::finished}));
  const auto resumed = rig.kept<journal::Resumed>().front();
  EXPECT_EQ(resumed.attempt, 0);
  EXPECT_EQ(resumed.doubts, 1);
  EXPECT_EQ(rig.kept<journal::Answer>()[1].filled, Qty::whole(1));
}

TEST_F(Written, NothingIsNewOfAnOrderThatIsNotTakenOver) {
  rig.buy("1");
  EXPECT_TRUE(rig.kept<journal::Resumed>().empty());
}

class Unwritten : public ::testing::Test {
 protected:
  Unwritten() {
    rig.ready();
    rig.hold("2");
    rig.disk.fail_writes(true);
  }
  LaneRig rig;
};

TEST_F(Unwritten, AnIncreaseStays) {
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_TRUE(rig.done().filled.is_zero());
}

TEST_F(Unwritten, AFlipStays) {
  rig.push(rig.terms(OrderKind::flip, Side::sell, "3"));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
}

TEST_F(Unwritten, ACloseLeavesAndItIsSaidOnce) {
  rig.close("1");
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  rig.fill_last("1");
  rig.close("1");
  rig.buy("1");
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 3U);
  rig.run(seconds(1));
  EXPECT_EQ(rig.notices_with("the journal cannot be written"), 1);
}

TEST_F(Unwritten, NothingOpensOverRestEither) {
  rig.run(seconds(11));
  rig.venue.refuse_orders = true;
  rig.venue.drop_orders(0);
  rig.run(seconds(1));
  rig.buy("1");
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  rig.close("1");
  rig.run(milliseconds(5));
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_TRUE(rig.venue.placed[1].by_rest);
}

// The journal's own thread has found it out; this lane has written nothing since.
TEST(UnwrittenWaiting, AnIncreaseThatWaitsIsGivenUp) {
  LaneRig rig;
  rig.ready();
  rig.syncs = false;
  rig.buy("1");
  rig.venue.refuse(0, 503, -1008, "overloaded");
  rig.step();
  rig.disk.fail_syncs(true);
  ASSERT_TRUE(rig.writer->sync().has_error());
  rig.run(milliseconds(2));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

}  // namespace
}  // namespace copyd::exec::test
