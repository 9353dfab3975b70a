// An order whose answer was lost: unknown until it is found, or proven absent; never sent again
// before that.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

std::string client_id(const OrderTerms& t, std::uint8_t attempt = 0) {
  return std::string(venue::client_order_id(t.copy_id, attempt).view());
}

// A fresh increase that stays fresh for a minute, so that only the proof decides.
OrderTerms long_lived(LaneRig& rig) {
  auto t = rig.terms(OrderKind::increase, Side::buy, "1");
  t.expires = rig.clock.now() + seconds(600);
  return rig.push(t);
}

TEST(UnknownOrder, NoAnswerWithinFiveSecondsIsUnknownAndNothingElse) {
  LaneRig rig;
  rig.ready();
  rig.venue.rest_silent = true;
  const auto t = rig.buy("1");
  rig.run(milliseconds(4990));
  EXPECT_TRUE(rig.reports.empty());
  rig.run(seconds(30));
  ASSERT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_EQ(rig.all<OrderUnknown>()[0].ref, t.ref);
  EXPECT_EQ(rig.results(), 0U);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.cells[0].unknown.get(), 1);
}

TEST(UnknownOrder, ALateAnswerResolvesIt) {
  LaneRig rig;
  rig.ready();
  rig.venue.rest_silent = true;
  rig.buy("1");
  rig.run(seconds(6));
  rig.fill_last("1");
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
  EXPECT_EQ(rig.cells[0].unknown.get(), 0);
}

TEST(UnknownOrder, TheStreamResolvesIt) {
  LaneRig rig;
  rig.ready();
  rig.venue.rest_silent = true;
  rig.buy("1");
  rig.run(seconds(6));
  rig.venue.fill(0, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
}

// -1007 and all that sounds like it: the order may live.
TEST(UnknownOrder, AnswersThatLeaveItOpenAskForIt) {
  struct Answer {
    int status, code;
    const char* message;
  };
  for (const auto& answer :
       {Answer{408, -1007, "Timeout waiting for response"},
        Answer{400, -1006, "An unexpected response was received"},
        Answer{400, -4116, "ClientOrderId is duplicated"},
        Answer{503, -1000, "Unknown error, please check your request"}, Answer{502, 0, ""}}) {
    LaneRig rig;
    rig.ready();
    const auto t = rig.buy("1");
    rig.venue.accounts[0].orders[client_id(t)] = {.status = "FILLED", .executed = "1"};
    rig.venue.refuse(0, answer.status, answer.code, answer.message);
    rig.run(milliseconds(5));
    EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U) << answer.code;
    EXPECT_EQ(rig.done().filled, Qty::whole(1)) << answer.code;
    EXPECT_EQ(rig.venue.placed.size(), 1U);
  }
}

TEST(UnknownOrder, AStreamEventAfterAnOpenAnswerCancelsAnyFurtherDoubt) {
  LaneRig rig;
  rig.ready();
  rig.venue.rest_silent = true;
  rig.buy("1");
  rig.venue.refuse(0, 408, -1007, "Timeout");
  rig.step();
  rig.venue.update(
      0, {.execution = "NEW", .status = "NEW", .last = "0", .cumulative = "0", .average = "0"});
  rig.step();
  EXPECT_EQ(rig.cells[0].unknown.get(), 0);
  rig.venue.fill(0, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
}

TEST(UnknownOrder, WhatTheStreamHasShownIsNotDeniedByALaterRefusal) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.venue.fill(0, "0.4", "PARTIALLY_FILLED");
  rig.step();
  rig.venue.refuse(0, 503, -1008, "overloaded");
  rig.run(milliseconds(500));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.venue.fill(0, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
}

// The venue said that it failed, and then it lives: the retry never leaves.
TEST(UnknownOrder, ARefusedAttemptThatTurnsOutToLiveStopsItsRetry) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.venue.refuse(0, 503, -1008, "overloaded");
  rig.run(milliseconds(100));
  rig.venue.fill(0, "1", "FILLED");
  rig.run(seconds(1));
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST(UnknownOrder, AConnectionLostAfterWritingIsUnknownAndAskedForAtOnce) {
  LaneRig rig;
  rig.ready();
  const auto t = rig.buy("1");
  rig.venue.accounts[0].orders[client_id(t)] = {.status = "FILLED", .executed = "0.7"};
  rig.venue.drop_orders(0);
  rig.run(milliseconds(300));
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_EQ(rig.done().filled, qty("0.7"));
  EXPECT_TRUE(rig.all<FollowerLink>().empty());  // a short loss is nobody's business
  EXPECT_EQ(rig.link(), LinkState::ready);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 1);
}

TEST(UnknownOrder, AConnectionLostBeforeWritingLeavesTheOrderWaiting) {
  LaneRig rig;
  rig.ready();
  rig.hold("1");
  rig.venue.drop_orders(0);
  const auto t = rig.buy("1");
  EXPECT_EQ(rig.cells[0].waiting.get(), 1);
  rig.run(milliseconds(300));
  EXPECT_TRUE(rig.all<OrderUnknown>().empty());
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.venue.placed[1].client_order_id, client_id(t));
  rig.fill_last("1");
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
}

TEST(UnknownOrder, AFoundOrderThatStillWorksIsFollowedToItsEnd) {
  LaneRig rig;
  rig.ready();
  const auto t = rig.buy("1");
  rig.venue.accounts[0].orders[client_id(t)] = {.status = "PARTIALLY_FILLED", .executed = "0.3"};
  rig.venue.drop_orders(0);
  rig.run(milliseconds(300));
  EXPECT_EQ(rig.results(), 0U);
  EXPECT_EQ(rig.cells[0].unknown.get(), 0);
  EXPECT_EQ(rig.cells[0].written.get(), 1);
  rig.venue.accounts[0].orders[client_id(t)] = {.status = "EXPIRED", .executed = "0.3"};
  rig.run(milliseconds(2500));
  EXPECT_EQ(rig.done().filled, qty("0.3"));
}

// The proof of absence, and each condition that is missing.
class Absence : public ::testing::Test {
 protected:
  // Unknown by -1007 at once; the venue does not know the order.
  void lose_answer() {
    rig.ready();
    terms = long_lived(rig);
    rig.venue.refuse(0, 408, -1007, "Timeout");
    rig.step();
    EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  }
  LaneRig rig;
  OrderTerms terms;
};

TEST_F(Absence, IsProvenByTimeThreeAnswersAndThePosition) {
  lose_answer();
  rig.run(milliseconds(4000));  // the window of 2 s and the margin of 2 s
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.run(milliseconds(1900));  // one or two answers count
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.run(milliseconds(2500));
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.venue.placed[1].client_order_id, client_id(terms, 1));
  rig.venue.rest_silent = true;
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.step();
  EXPECT_EQ(rig.cells[0].unknown.get(), 1);
  rig.fill_last("1");
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
}

TEST_F(Absence, OfAnIncreaseThatIsStaleByThenEndsIt) {
  rig.ready();
  rig.buy("1");
  rig.venue.refuse(0, 408, -1007, "Timeout");
  rig.run(seconds(10));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST_F(Absence, OfACloseSendsItAgain) {
  rig.ready();
  rig.hold("2");
  rig.run(seconds(3));
  const auto t = rig.close("2");
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.run(seconds(10));
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  EXPECT_EQ(rig.venue.placed[2].client_order_id, client_id(t, 1));
}

TEST_F(Absence, IsNotProvenWhileThePositionSaysOtherwise) {
  lose_answer();
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"1", rig.venue.now_ms()};
  rig.run(seconds(120));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.results(), 0U);
  EXPECT_GT(rig.venue.accounts[0].position_reads, 3);
  // What was in the position all along is found at last.
  rig.venue.accounts[0].orders[client_id(terms)] = {.status = "FILLED", .executed = "1"};
  rig.run(seconds(2));
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
}

TEST_F(Absence, IsNotProvenWithoutAUserStream) {
  lose_answer();
  rig.venue.refuse_connections = true;
  rig.venue.drop_stream(0);
  rig.run(seconds(120));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.results(), 0U);
  rig.venue.refuse_connections = false;
  while (rig.link() != LinkState::ready) rig.run(milliseconds(1));
  rig.run(milliseconds(1900));  // what was said meanwhile does not count
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.run(seconds(2));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

TEST_F(Absence, IsNotProvenByAnswersOfBeforeALoss) {
  lose_answer();
  rig.run(milliseconds(5500));  // two answers count by now, not three
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.venue.drop_stream(0);
  rig.run(milliseconds(1900));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.run(seconds(2));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

TEST_F(Absence, IsNotProvenWithoutAnOrderSocket) {
  lose_answer();
  rig.venue.refuse_connections = true;
  rig.venue.drop_orders(0);
  rig.run(seconds(120));
  rig.venue.refuse_connections = false;
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.results(), 0U);
}

TEST_F(Absence, IsNotProvenByAnswersAcrossALoss) {
  lose_answer();
  for (int i = 0; i < 40; ++i) {
    // Never long enough for three answers, a second apart, and a position.
    rig.run(milliseconds(900));
    if (rig.venue.stream_open(0)) rig.venue.drop_stream(0);
  }
  EXPECT_EQ(rig.results(), 0U);
}

TEST_F(Absence, IsNotProvenByAnythingButThatAnswer) {
  lose_answer();
  struct Answer {
    int status;
    const char* body;
  };
  for (const auto& answer :
       {Answer{502, "<html>"}, Answer{503, R"({"code":-1008,"msg":"overloaded"})"},
        Answer{500, R"({"code":-2013,"msg":"Order does not exist."})"},
        Answer{400, R"({"code":-1121,"msg":"Invalid symbol."})"}, Answer{200, "{}"},
        Answer{200, R"({"orderId":1,"symbol":"BTCUSDT","clientOrderId":"other","status":"FILLED",)"
                    R"("origQty":"1","executedQty":"1"})"}}) {
    rig.venue.query_status = answer.status;
    rig.venue.query_body = answer.body;
    rig.run(seconds(20));
    EXPECT_EQ(rig.venue.placed.size(), 1U) << answer.status << answer.body;
    EXPECT_EQ(rig.results(), 0U);
  }
}

TEST_F(Absence, IsNotProvenBySilence) {
  lose_answer();
  rig.venue.rest_silent = true;
  rig.run(seconds(300));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.results(), 0U);
}

TEST_F(Absence, QuestionsAreASecondApart) {
  lose_answer();
  rig.venue.query_status = 502;
  rig.run(seconds(20));
  EXPECT_GE(rig.venue.accounts[0].queries, 18);
  EXPECT_LE(rig.venue.accounts[0].queries, 21);
}

// Many of them at once would cost more than the address has, and end in a ban for two minutes.
TEST(UnknownOrder, ItIsAskedForOnlyWhileTheAddressHasTheWeight) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.holds.weight.spend(rig.clock.now(), 2400);
  rig.run(seconds(40));
  ASSERT_EQ(rig.cells[0].unknown.get(), 1);
  EXPECT_EQ(rig.venue.accounts[0].queries, 0);
  rig.run(seconds(40));
  EXPECT_GT(rig.venue.accounts[0].queries, 0);
}

TEST_F(Absence, OneThatMayHaveTradedKeepsItsNeighbourUnknown) {
  rig.ready();
  long_lived(rig);
  rig.venue.refuse(0, 408, -1007, "Timeout");
  rig.run(seconds(3));
  long_lived(rig);
  // By now the first alone would be proven absent; the second's answer may still come.
  rig.run(milliseconds(4900));
  EXPECT_GE(rig.venue.accounts[0].queries, 8);
  EXPECT_EQ(rig.venue.placed.size(), 2U);
  rig.run(milliseconds(3500));
  EXPECT_EQ(rig.venue.placed.size(), 4U);  // both proven, together
}

TEST_F(Absence, AMinuteOfDoubtIsSaidOnce) {
  lose_answer();
  rig.venue.query_status = 502;
  rig.run(seconds(59));
  EXPECT_FALSE(rig.noticed("unknown for a minute"));
  rig.run(seconds(2));
  EXPECT_TRUE(rig.noticed("unknown for a minute"));
  const auto notices = rig.notices.size();
  rig.run(seconds(120));
  EXPECT_EQ(rig.notices.size(), notices);
  EXPECT_EQ(rig.cells[0].unknown.get(), 1);
}

}  // namespace
}  // namespace copyd::exec::test
