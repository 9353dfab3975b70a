// An order's way through the lane: sent, answered, filled, refused; each finished exactly once.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

TEST(OrderLane, AnOrderLeavesInTheSamePassAndSaysWhatWasDecided) {
  LaneRig rig;
  rig.ready();
  auto t = rig.terms(OrderKind::increase, Side::buy, "0.25");
  t.limit = *Price::parse("50000.1");
  rig.push(t);
  ASSERT_EQ(rig.venue.placed.size(), 1U);
  const auto& placed = rig.venue.placed[0];
  EXPECT_EQ(placed.symbol, "BTCUSDT");
  EXPECT_EQ(placed.side, "BUY");
  EXPECT_EQ(placed.quantity, "0.25");
  EXPECT_EQ(placed.type, "LIMIT");
  EXPECT_EQ(placed.price, "50000.1");
  EXPECT_EQ(placed.client_order_id, venue::client_order_id(t.copy_id, 0).view());
  EXPECT_NE(field_of(placed.text, "signature"), "");
  EXPECT_TRUE(rig.reports.empty());
  EXPECT_EQ(rig.cells[0].written.get(), 1);
}

TEST(OrderLane, ACloseIsReduceOnlyAtMarket) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.close("1");
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.venue.placed[1].type, "MARKET");
  EXPECT_EQ(rig.venue.placed[1].side, "SELL");
  EXPECT_EQ(rig.venue.placed[1].reduce_only, "true");
}

TEST(OrderLane, ALoggedOnSessionSignsNoOrder) {
  LaneRig rig;
  rig.add(0, ed25519_key(0));
  rig.run(milliseconds(5));
  rig.buy("1");
  ASSERT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(field_of(rig.venue.placed[0].text, "apiKey"), "");
  EXPECT_EQ(field_of(rig.venue.placed[0].text, "signature"), "");
  rig.fill_last("1");
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
}

TEST(OrderLane, TheAnswerThenTheStreamAreOneFill) {
  LaneRig rig;
  rig.ready();
  const auto t = rig.buy("1");
  rig.venue.answer(0, "FILLED", "1");
  rig.step();
  rig.venue.fill(0, "1", "FILLED");
  rig.step();
  const auto done = rig.done();
  EXPECT_EQ(done.ref, t.ref);
  EXPECT_EQ(done.end, OrderEnd::executed);
  EXPECT_EQ(done.filled, Qty::whole(1));
  EXPECT_EQ(rig.lane_cells.late.get(), 1);
}

TEST(OrderLane, TheStreamThenTheAnswerAreOneFill) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.venue.fill(0, "1", "FILLED");
  rig.step();
  rig.venue.answer(0, "FILLED", "1");
  rig.step();
  const auto done = rig.done();
  EXPECT_EQ(done.filled, Qty::whole(1));
  EXPECT_EQ(done.average, *Price::parse("100.5"));
  EXPECT_EQ(rig.lane_cells.late.get(), 1);
  EXPECT_EQ(rig.stages[Stage::filled].count(), 1U);
}

TEST(OrderLane, PartialFillsOfAnIocOrderAreCumulative) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.venue.update(
      0, {.execution = "NEW", .status = "NEW", .last = "0", .cumulative = "0", .average = "0"});
  rig.venue.fill(0, "0.2", "PARTIALLY_FILLED");
  rig.venue.fill(0, "0.6", "PARTIALLY_FILLED");
  rig.venue.fill(0, "0.2", "PARTIALLY_FILLED");  // an old one, delivered again
  rig.step();
  EXPECT_EQ(rig.results(), 0U);
  rig.venue.update(0, {.execution = "EXPIRED",
                       .status = "EXPIRED",
                       .last = "0",
                       .cumulative = "0.6",
                       .average = "100.5"});
  rig.step();
  rig.venue.answer(0, "EXPIRED", "0.6");
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
  EXPECT_EQ(rig.done().filled, qty("0.6"));
}

TEST(OrderLane, AnIocOrderThatFilledNothingIsExecutedWithNothing) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.venue.answer(0, "EXPIRED", "0");
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
  EXPECT_TRUE(rig.done().filled.is_zero());
}

TEST(OrderLane, AnAnswerThatIsNotFinalWaitsForTheStreamAndThenAsks) {
  LaneRig rig;
  rig.ready();
  const auto t = rig.buy("1");
  rig.venue.answer(0, "PARTIALLY_FILLED", "0.4");
  rig.run(milliseconds(1990));
  EXPECT_EQ(rig.venue.accounts[0].queries, 0);
  EXPECT_TRUE(rig.reports.empty());
  rig.venue.accounts[0].orders[std::string(venue::client_order_id(t.copy_id, 0).view())] = {
      .status = "FILLED", .executed = "1", .average = "99.5"};
  rig.run(milliseconds(20));
  EXPECT_EQ(rig.venue.accounts[0].queries, 1);
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
  EXPECT_EQ(rig.done().average, *Price::parse("99.5"));
  EXPECT_TRUE(rig.all<OrderUnknown>().empty());
}

TEST(OrderLane, ARefusalIsAResultWithTheVenuesCode) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.venue.refuse(0, 400, -2019, "Margin is insufficient.");
  rig.run(seconds(5));
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
  EXPECT_EQ(rig.done().venue_code, -2019);
  EXPECT_TRUE(rig.done().filled.is_zero());
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.cells[0].venue_code.get(), -2019);
}

TEST(OrderLane, AThrottledIncreaseIsTriedAgainUnderANewIdWhileFresh) {
  LaneRig rig;
  rig.ready();
  const auto t = rig.buy("1");
  for (std::uint8_t attempt = 0; attempt < 3; ++attempt) {
    ASSERT_EQ(rig.venue.placed.size(), attempt + 1U);
    EXPECT_EQ(rig.venue.placed[attempt].client_order_id,
              venue::client_order_id(t.copy_id, attempt).view());
    rig.venue.refuse(attempt, 503, -1008, "Server is currently overloaded");
    rig.run(milliseconds(attempt == 0 ? 205 : attempt == 1 ? 405 : 805));
  }
  EXPECT_EQ(rig.results(), 0U);
  rig.fill_last("1");
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
}

TEST(OrderLane, AnIncreaseThatIsNoLongerFreshFinishesUnfilled) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  for (std::size_t i = 0; i < 20 && rig.results() == 0; ++i) {
    rig.venue.refuse(rig.venue.placed.size() - 1, 503, -1008, "overloaded");
    const auto before = rig.venue.placed.size();
    while (rig.venue.placed.size() == before && rig.results() == 0) rig.run(milliseconds(1));
  }
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  const auto sent = rig.venue.placed.size();
  rig.run(seconds(3));
  EXPECT_EQ(rig.venue.placed.size(), sent);
}

TEST(OrderLane, AFlipCountsAsIncreasing) {
  LaneRig rig;
  rig.ready();
  rig.venue.buffer_full = true;
  rig.push(rig.terms(OrderKind::flip, Side::sell, "2"));
  rig.run(milliseconds(2005));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
}

TEST(OrderLane, AFullBufferKeepsTheOrderAndItsId) {
  LaneRig rig;
  rig.ready();
  rig.venue.buffer_full = true;
  const auto t = rig.buy("1");
  rig.run(milliseconds(50));
  EXPECT_EQ(rig.cells[0].waiting.get(), 1);
  EXPECT_EQ(rig.cells[0].written.get(), 0);
  rig.venue.buffer_full = false;
  rig.run(milliseconds(2));
  ASSERT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, venue::client_order_id(t.copy_id, 0).view());
  EXPECT_EQ(rig.cells[0].waiting.get(), 0);
}

TEST(OrderLane, AClockThatIsOffIsSetAndTheOrderGoesAgain) {
  for (const int code : {-1021, -5028}) {
    LaneRig rig;
    rig.ready();
    rig.venue.time_offset += 60'000;  // our idea of its time is a minute late
    rig.buy("1");
    rig.venue.refuse(0, 400, code, "Timestamp for this request is outside of the recvWindow.");
    rig.run(milliseconds(300));
    EXPECT_EQ(rig.venue.time_reads, 1);
    EXPECT_TRUE(rig.noticed("timestamp"));
    ASSERT_EQ(rig.venue.placed.size(), 2U);
    const auto stamp = std::stoll(field_of(rig.venue.placed[1].text, "timestamp"));
    EXPECT_LT(std::abs(stamp - rig.venue.now_ms()), 200);
    rig.fill_last("1");
    EXPECT_EQ(rig.done().end, OrderEnd::executed);
  }
}

TEST(OrderLane, ARateLimitHoldsIncreasesButNotCloses) {
  LaneRig rig;
  rig.ready();
  rig.hold("5");
  rig.buy("1");
  rig.venue.refuse(1, 400, -1015, "Too many new orders.");
  rig.run(milliseconds(100));
  auto other = rig.terms(OrderKind::increase, Side::buy, "1");
  other.symbol = rig.eth;
  rig.push(other);
  EXPECT_EQ(rig.venue.placed.size(), 2U);  // another symbol's increase waits as well
  rig.close("2");
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  EXPECT_EQ(rig.venue.placed[2].reduce_only, "true");
  rig.run(milliseconds(850));
  EXPECT_EQ(rig.venue.placed.size(), 3U);
  rig.run(milliseconds(100));
  EXPECT_EQ(rig.venue.placed.size(), 5U);
}

TEST(OrderLane, OrdersOfALegKeepTheirOrderWhenTheyWaited) {
  LaneRig rig;
  rig.ready();
  rig.hold("5");  // a close would find something, and still keeps its place
  rig.venue.buffer_full = true;
  rig.buy("1");
  rig.close("1");
  rig.buy("3");
  rig.venue.buffer_full = false;
  rig.run(milliseconds(2));
  ASSERT_EQ(rig.venue.placed.size(), 4U);
  EXPECT_EQ(rig.venue.placed[1].quantity, "1");
  EXPECT_EQ(rig.venue.placed[1].side, "BUY");
  EXPECT_EQ(rig.venue.placed[2].side, "SELL");
  EXPECT_EQ(rig.venue.placed[3].quantity, "3");
}

TEST(OrderLane, AnIncreaseThatArrivesTooLateNeverLeaves) {
  LaneRig rig;
  rig.ready();
  auto t = rig.terms(OrderKind::increase, Side::buy, "1");
  t.expires = rig.clock.now();
  rig.push(t);
  rig.run(milliseconds(2));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_TRUE(rig.venue.placed.empty());
}

TEST(OrderLane, ClosesGoFirstAmongLegsThatWaited) {
  LaneRig rig;
  rig.ready();
  rig.hold("5");
  rig.venue.buffer_full = true;
  auto other = rig.terms(OrderKind::increase, Side::buy, "1");
  other.symbol = rig.eth;
  rig.push(other);
  rig.close("5");
  rig.venue.buffer_full = false;
  rig.run(milliseconds(2));
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  EXPECT_EQ(rig.venue.placed[1].symbol, "BTCUSDT");
  EXPECT_EQ(rig.venue.placed[2].symbol, "ETHUSDT");
}

TEST(OrderLane, ACloseOvertakesAHeldIncreaseOfItsLegOnlyWhereThereIsSomethingToClose) {
  for (const bool holds : {true, false}) {
    LaneRig rig;
    rig.ready();
    if (holds) rig.hold("5");
    rig.buy("1");
    rig.venue.refuse(rig.venue.placed.size() - 1, 503, -1008, "overloaded");
    rig.step();
    const auto before = rig.venue.placed.size();
    rig.close("1");
    rig.run(milliseconds(5));
    EXPECT_EQ(rig.venue.placed.size(), before + (holds ? 1 : 0));
    rig.run(milliseconds(200));
    EXPECT_EQ(rig.venue.placed.size(), before + 2);
  }
}

TEST(OrderLane, FillsOfOthersAreCountedAndChangeNothing) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  auto foreign = rig.venue.placed[0];
  foreign.client_order_id = "web_abc";
  rig.venue.placed.push_back(foreign);
  rig.venue.fill(1, "1", "FILLED");
  rig.step();
  EXPECT_TRUE(rig.reports.empty());
  EXPECT_EQ(rig.lane_cells.foreign.get(), 1);
}

TEST(OrderLane, FramesThatSayNothingAreCounted) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.venue.push_orders(0, "{\"id\":");
  rig.venue.push(0, "[]");
  rig.step();
  EXPECT_EQ(rig.lane_cells.malformed.get(), 2);
  rig.fill_last("1");
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
}

TEST(OrderLane, StagesAreMeasured) {
  LaneRig rig;
  rig.ready();
  rig.buy("1");
  rig.fill_last("1");
  for (const auto stage : {Stage::lane, Stage::sign, Stage::write, Stage::acknowledged,
                           Stage::filled, Stage::fill_to_wire})
    EXPECT_EQ(rig.stages[stage].count(), 1U) << name_of(stage);
  EXPECT_EQ(rig.cells[0].left.get(), 1);
}

}  // namespace
}  // namespace copyd::exec::test
