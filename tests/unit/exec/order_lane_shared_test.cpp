// Followers that share an order connection: what leaves together, what a loss of it means for each,
// and that it is renewed, given up and done without like any other.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

using std::chrono::hours;

constexpr const char* shutdown = R"({"event":{"e":"serverShutdown","E":1770123456789}})";

std::string client_id(const OrderTerms& t, std::uint8_t attempt = 0) {
  return std::string(venue::client_order_id(t.copy_id, attempt).view());
}

class Shared : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) rig.add(i, hmac_key(i), true);
    rig.run(milliseconds(5));
    rig.reports.clear();
    rig.notices.clear();
    ASSERT_EQ(rig.venue.order_sockets().size(), 2U);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(rig.link(i), LinkState::ready);
  }
  // Queued, and not taken yet.
  OrderTerms queue(int follower, const char* quantity = "1") {
    const auto t = rig.terms(OrderKind::increase, Side::buy, quantity, follower);
    EXPECT_TRUE(rig.orders.try_push(TestApproval::order(t)));
    return t;
  }
  // The one that carries: the last order left on it.
  FakeSocket* carrier() { return rig.venue.placed.back().socket; }
  // So that the spare one is not there to stand in.
  void lose_both() {
    rig.venue.refuse_orders = true;
    for (auto* socket : rig.venue.order_sockets()) socket->drop();
  }
  std::size_t placed_with(const OrderTerms& t, std::uint8_t attempt = 0) const {
    return static_cast<std::size_t>(
        std::ranges::count(rig.venue.placed, client_id(t, attempt), &Placed::client_order_id));
  }
  LaneRig rig;
};

TEST_F(Shared, OrdersOfOnePassLeaveInOneRecordEachUnderItsOwnKey) {
  for (int i = 0; i < 3; ++i) queue(i);
  rig.step();
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  EXPECT_EQ(rig.venue.records, (std::vector<std::size_t>{3}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.venue.placed[static_cast<std::size_t>(i)].account, i);
    EXPECT_EQ(rig.venue.placed[static_cast<std::size_t>(i)].socket, carrier());
  }
}

TEST_F(Shared, ARecordHoldsNoMoreThanABatch) {
  for (int i = 0; i < 3; ++i) queue(i);
  for (int i = 0; i < 2; ++i) queue(i, "2");
  rig.step();
  EXPECT_EQ(rig.venue.records, (std::vector<std::size_t>{3, 2}));
}

TEST_F(Shared, WhatDoesNotFitIntoARecordLeavesInTheNext) {
  constexpr std::size_t orders = 100;
  for (std::size_t i = 0; i < orders; ++i) queue(static_cast<int>(i) % 3);
  rig.step();
  EXPECT_EQ(rig.venue.placed.size(), orders);
  ASSERT_GT(rig.venue.records.size(), 2U);
  // As many as fit with the longest order behind them, which is not known before it is written.
  for (const std::size_t size : std::span(rig.venue.records).first(rig.venue.records.size() - 1))
    EXPECT_NEAR(static_cast<double>(size), static_cast<double>(rig.venue.records.front()), 1);
}

TEST_F(Shared, AnswersFindTheirOrdersInAnyOrder) {
  for (int i = 0; i < 3; ++i) queue(i);
  rig.step();
  for (const std::size_t i : {2U, 0U, 1U}) rig.venue.answer(i, "FILLED", "1");
  rig.step();
  ASSERT_EQ(rig.results(), 3U);
  EXPECT_EQ(rig.all<OrderDone>()[0].follower, LaneRig::id(2));
  for (const auto& done : rig.all<OrderDone>()) EXPECT_EQ(done.filled, Qty::whole(1));
}

TEST_F(Shared, ARefusalIsItsFollowersAlone) {
  for (int i = 0; i < 3; ++i) queue(i);
  rig.step();
  rig.venue.refuse(1, 400, -2019, "Margin is insufficient.");
  rig.venue.answer(0, "FILLED", "1");
  rig.venue.answer(2, "FILLED", "1");
  rig.step();
  ASSERT_EQ(rig.results(), 3U);
  for (const auto& done : rig.all<OrderDone>())
    EXPECT_EQ(done.end, done.follower == LaneRig::id(1) ? OrderEnd::refused : OrderEnd::executed);
}

TEST_F(Shared, ARefusedKeyLeavesTheOthersTheirConnection) {
  queue(1);
  rig.step();
  rig.venue.refuse(0, 401, -2015, "Invalid API-key, IP, or permissions for action.");
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.link(1), LinkState::refused);
  EXPECT_EQ(rig.link(0), LinkState::ready);
  const auto t = rig.buy("1", 0);
  EXPECT_EQ(placed_with(t), 1U);
}

TEST_F(Shared, WhenItIsLostTheSpareTakesItsPlaceAndWhatWasOnItIsUnknown) {
  const auto first = rig.buy("1", 0);
  rig.venue.rest_silent = true;
  carrier()->drop();
  rig.run(milliseconds(2));
  ASSERT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_EQ(rig.all<OrderUnknown>()[0].ref, first.ref);
  EXPECT_TRUE(rig.noticed("the spare one takes its place"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  const auto second = rig.buy("2", 1);
  EXPECT_EQ(placed_with(second), 1U);
  EXPECT_FALSE(rig.venue.placed.back().by_rest);
  EXPECT_EQ(placed_with(first), 1U);
  rig.run(seconds(1));
  EXPECT_EQ(rig.venue.order_sockets().size(), 2U) << "a new one stands by";
}

// What was denied before the loss counts for nothing after it.
TEST_F(Shared, AnAbsenceIsProvenOnConnectionsThatStoodAllTheWhile) {
  const auto t = rig.buy("1", 0);
  auto* const lost = carrier();
  rig.venue.accounts[0].orders.clear();
  lost->drop();
  rig.run(seconds(3));
  EXPECT_EQ(rig.results(), 0U);
  // And again, by the spare one's loss.
  rig.venue.order_sockets()[0]->drop();
  rig.run(milliseconds(900));
  EXPECT_EQ(rig.cells[0].unknown.get(), 1);
  rig.run(seconds(10));
  EXPECT_EQ(rig.cells[0].unknown.get(), 0);
  EXPECT_EQ(placed_with(t), 1U);
}

TEST_F(Shared, WithoutASpareItIsLostOnceForAllAndOrdersGoByRest) {
  lose_both();
  rig.run(seconds(1));
  EXPECT_EQ(rig.notices_with("the shared order connection is lost: connecting again"), 1);
  EXPECT_EQ(rig.notices_with("the order connection is lost"), 0);
  EXPECT_EQ(rig.link(2), LinkState::recovering);
  rig.buy("1", 2);
  ASSERT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_TRUE(rig.venue.placed[0].by_rest);
  rig.venue.refuse_orders = false;
  rig.run(seconds(12));
  EXPECT_EQ(rig.notices_with("the shared order connection stands again"), 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.link(i), LinkState::ready);
  rig.buy("1", 1);
  EXPECT_FALSE(rig.venue.placed.back().by_rest);
}

TEST_F(Shared, WhatCouldNotBeHandedOverLeavesLaterUnderItsId) {
  rig.venue.together_fails = true;
  const auto first = queue(0);
  const auto second = queue(1);
  rig.run(milliseconds(3));
  EXPECT_TRUE(rig.venue.placed.empty());
  EXPECT_EQ(rig.cells[0].waiting.get(), 1);
  EXPECT_EQ(rig.lane_cells.sent.get(), 0);
  rig.venue.together_fails = false;
  rig.run(milliseconds(3));
  EXPECT_EQ(placed_with(first), 1U);
  EXPECT_EQ(placed_with(second), 1U);
  EXPECT_EQ(rig.lane_cells.sent.get(), 2);
  EXPECT_EQ(rig.kept<journal::Intent>().size(), 2U) << "one attempt, one intent";
}

TEST_F(Shared, WhatCouldNotBeHandedOverCostsNothingOfTheBudget) {
  rig.venue.together_fails = true;
  const auto waiting = queue(0);
  rig.run(milliseconds(2 * OrderLimits{}.per_10s));
  rig.venue.together_fails = false;
  rig.run(milliseconds(3));
  EXPECT_EQ(placed_with(waiting), 1U);
}

TEST_F(Shared, TheIntentsOfARecordAreOneWriteBeforeIt) {
  const auto before = rig.disk.writes();
  for (int i = 0; i < 3; ++i) queue(i);
  rig.step();
  // The rig looks for its intent at each order that leaves.
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  EXPECT_EQ(rig.disk.writes() - before, 1U);
}

TEST_F(Shared, WhereTheIntentsCannotBeWrittenClosesAloneLeave) {
  const auto held = rig.buy("1", 0);
  rig.fill_last("1");
  const auto opening = queue(1);
  const auto close = rig.terms(OrderKind::reduce, Side::sell, "1", 0);
  ASSERT_TRUE(rig.orders.try_push(TestApproval::order(close)));
  rig.disk.fail_writes(true);
  rig.run(milliseconds(3));
  EXPECT_EQ(placed_with(held), 1U);
  EXPECT_EQ(placed_with(close), 1U);
  EXPECT_EQ(placed_with(opening), 0U);
  EXPECT_EQ(rig.all<OrderDone>().back().end, OrderEnd::expired);
  EXPECT_EQ(rig.lane_cells.sent.get(), 2);
  EXPECT_EQ(rig.notices_with("the journal cannot be written"), 1);
}

TEST_F(Shared, IsRenewedBeforeTheDayIsOver) {
  rig.buy("1", 0);
  auto* const old = carrier();
  rig.fill_last("1");
  rig.pass(hours(24) + seconds(10));
  rig.buy("1", 0);
  EXPECT_NE(carrier(), old);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 0);
  EXPECT_TRUE(rig.notices.empty()) << rig.notices.front();
  rig.run(seconds(12));
  EXPECT_EQ(rig.venue.order_sockets().size(), 2U);
}

TEST_F(Shared, WhatWasWrittenBeforeARenewalIsAnsweredOnTheOldOne) {
  rig.buy("1", 0);
  auto* const old = carrier();
  old->arrive(shutdown);
  rig.run(SharedOrders::ending_spread + milliseconds(5));
  rig.buy("2", 1);
  EXPECT_NE(carrier(), old);
  rig.venue.answer(0, "FILLED", "1");
  rig.venue.answer(1, "FILLED", "2");
  rig.step();
  EXPECT_EQ(rig.results(), 2U);
  EXPECT_TRUE(rig.all<OrderUnknown>().empty());
}

TEST_F(Shared, AnAnswerThatDoesNotComeBeforeTheOldOneGoesIsUnknown) {
  const auto t = rig.buy("1", 0);
  rig.venue.rest_silent = true;
  carrier()->arrive(shutdown);
  rig.run(SharedOrders::ending_spread + SharedOrders::retire_max + milliseconds(10));
  ASSERT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_EQ(rig.all<OrderUnknown>()[0].ref, t.ref);
}

TEST_F(Shared, AVenueThatKeepsEndingItGetsAConnectionFromEach) {
  rig.venue.rest_silent = true;
  for (int i = 0; i < SharedOrders::objections_max; ++i) {
    rig.buy("1", i % 3);
    ASSERT_FALSE(rig.venue.placed.back().by_rest);
    carrier()->drop();
    rig.run(seconds(1));
  }
  EXPECT_TRUE(rig.noticed("each follower has its own from now on"));
  rig.run(seconds(2));
  EXPECT_EQ(rig.venue.order_sockets().size(), 3U);
  rig.venue.rest_silent = false;
  std::set<FakeSocket*> carriers;
  for (int i = 0; i < 3; ++i) {
    rig.buy("2", i);
    carriers.insert(carrier());
  }
  EXPECT_EQ(carriers.size(), 3U);
}

TEST_F(Shared, ALossAfterAQuietWhileIsNoObjection) {
  for (int i = 0; i < 5; ++i) {
    rig.buy("1", 0);
    rig.fill_last("1");
    auto* const carries = carrier();
    rig.run(SharedOrders::steady + seconds(1));
    carries->drop();
    rig.run(seconds(1));
  }
  EXPECT_EQ(rig.venue.order_sockets().size(), 2U);
}

TEST_F(Shared, ALimitOfOurAddressHoldsForAll) {
  rig.buy("1", 0);
  carrier()->arrive(
      R"({"id":null,"status":429,"error":{"code":-1003,"msg":"Too many requests."}})");
  rig.step();
  const auto t = rig.terms(OrderKind::reduce, Side::sell, "1", 1);
  rig.push(t);
  EXPECT_TRUE(rig.venue.placed.size() == 1 || rig.venue.placed.back().by_rest);
}

TEST(SharedByEd25519, EachRequestIsSigned) {
  LaneRig rig;
  rig.add(0, ed25519_key(0), true);
  rig.add(1, hmac_key(1), true);
  rig.run(milliseconds(5));
  ASSERT_EQ(rig.venue.order_sockets().size(), 2U);
  rig.buy("1", 0);
  ASSERT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_NE(rig.venue.placed[0].text.find("signature"), std::string::npos);
}

TEST(SharedByOne, GoesWhenTheLastFollowerGoesAndComesBack) {
  LaneRig rig;
  rig.add(0, hmac_key(0), true);
  rig.run(milliseconds(5));
  rig.commands.try_push(LaneCommand{RemoveFollower{LaneRig::id(0)}});
  rig.run(milliseconds(5));
  EXPECT_TRUE(rig.venue.order_sockets().empty());
  rig.add(0, hmac_key(0), true);
  rig.run(seconds(1));
  rig.buy("1", 0);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

}  // namespace
}  // namespace copyd::exec::test
