// Orders that wait and leave as one: whose id it has, what is written before it leaves, how it is
// shared out, and what becomes of each when it fails or a start finds it.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "resumed.hpp"

namespace copyd::exec::test {
namespace {

void allow_joining(LaneRig& rig) {
  SymbolFilters filters;
  filters.max_qty = Qty::whole(10);
  rig.symbols.add({.name = "BTCUSDT", .filters = filters});
}

// The venue takes two increases in ten seconds.
class JoinedOrders : public ::testing::Test {
 protected:
  JoinedOrders() { allow_joining(rig); }

  void use_up() {
    rig.ready();
    for (const char* held : {"1", "2"}) {
      rig.hold("1");
      rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {held, rig.venue.now_ms()};
    }
    rig.venue.placed.clear();
  }
  OrderTerms wanted(const char* quantity) {
    auto t = rig.terms(OrderKind::increase, Side::buy, quantity);
    t.expires = rig.clock.now() + seconds(600);
    return t;
  }
  OrderTerms wait(const char* quantity) { return rig.push(wanted(quantity)); }
  void wait_for_three() {
    use_up();
    first = wait("1");
    second = wait("2");
    third = wait("3");
    EXPECT_EQ(placed(), 0U);
  }
  void leave() { rig.run(seconds(12)); }
  std::size_t placed() const { return rig.venue.placed.size(); }
  Qty asked(std::size_t i) const { return qty(rig.venue.placed[i].quantity.c_str()); }
  OrderDone done_of(const OrderTerms& t) const {
    for (const auto& done : rig.all<OrderDone>())
      if (done.ref == t.ref) return done;
    ADD_FAILURE() << "it is not told";
    return {};
  }

  LaneRig rig{{.per_10s = 3, .per_minute = 1000}};
  OrderTerms first, second, third;
};

TEST_F(JoinedOrders, WhatWaitsLeavesAsOneUnderTheIdOfTheFirst) {
  wait_for_three();
  leave();
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(first, 0));
  EXPECT_EQ(asked(0), Qty::whole(6));
  EXPECT_EQ(rig.lane_cells.joined.get(), 1);
}

TEST_F(JoinedOrders, WhatFillsIsSharedInOrderOfDecisionAndTheOneThatCarriesIsToldLast) {
  wait_for_three();
  leave();
  rig.venue.answer(0, "EXPIRED", "2.5");
  rig.step();
  EXPECT_EQ(done_of(first).filled, Qty::whole(1));
  EXPECT_EQ(done_of(second).filled, qty("1.5"));
  EXPECT_EQ(done_of(third).filled, Qty());
  EXPECT_EQ(done_of(third).end, OrderEnd::executed);
  ASSERT_EQ(rig.results(), 3U);
  EXPECT_EQ(rig.all<OrderDone>().back().ref, first.ref);
  EXPECT_EQ(rig.all<OrderDone>().front().ref, third.ref);
}

TEST_F(JoinedOrders, WhoRidesIsWrittenBeforeTheIntentForTheSum) {
  wait_for_three();
  leave();
  const auto riding = rig.kept<journal::Riding>();
  ASSERT_EQ(riding.size(), 3U);
  EXPECT_EQ(riding[0].copy_id, first.copy_id);
  for (const auto& one : riding) EXPECT_EQ(one.carrier, first.copy_id);
  EXPECT_EQ(rig.kept<journal::Intent>().back().qty, Qty::whole(6));
  EXPECT_EQ(rig.kinds().back(), journal::Type::intent);
}

TEST_F(JoinedOrders, ItWaitsUntilThatIsOnTheDisk) {
  wait_for_three();
  rig.syncs = false;
  leave();
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.kept<journal::Riding>().size(), 3U);
  rig.syncs = true;
  rig.run(milliseconds(5));
  EXPECT_EQ(placed(), 1U);
}

// The copy agent wrote the cause of each before it handed it over.
TEST_F(JoinedOrders, ItWaitsUntilWhatCausedEachIsOnTheDisk) {
  wait_for_three();
  rig.books_writer->append(journal::Mark{}, rig.clock.now());
  wait("1");
  rig.syncs = false;
  rig.books_writer->append(journal::Mark{}, rig.clock.now());
  leave();
  EXPECT_EQ(placed(), 0U);
  rig.syncs = true;
  rig.run(milliseconds(5));
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(asked(0), Qty::whole(7));
}

TEST_F(JoinedOrders, WhatDoesNotWaitLeavesByItself) {
  rig.ready();
  wait("1");
  wait("2");
  ASSERT_EQ(placed(), 2U);
  EXPECT_TRUE(rig.kept<journal::Riding>().empty());
}

TEST_F(JoinedOrders, NeitherAnotherSideNorACloseNorWhatIsBehindThemJoins) {
  use_up();
  wait("1");
  wait("2");
  auto sell = rig.terms(OrderKind::increase, Side::sell, "5");
  sell.expires = rig.clock.now() + seconds(600);
  rig.push(sell);
  wait("3");
  leave();
  ASSERT_GE(placed(), 1U);
  EXPECT_EQ(asked(0), Qty::whole(3));
}

TEST_F(JoinedOrders, TheSumIsNotMoreThanTheVenueTakes) {
  use_up();
  for (int i = 0; i < 4; ++i) wait("4");
  leave();
  ASSERT_GE(placed(), 1U);
  EXPECT_EQ(asked(0), Qty::whole(8));
}

TEST_F(JoinedOrders, NothingJoinsWhereTheFollowerLimitsItsOrders) {
  rig.books[0].order_limited.set(1);
  wait_for_three();
  leave();
  ASSERT_GE(placed(), 1U);
  EXPECT_EQ(asked(0), Qty::whole(1));
  EXPECT_TRUE(rig.kept<journal::Riding>().empty());
}

TEST_F(JoinedOrders, TheLeastGenerousPriceCountsForAll) {
  use_up();
  for (const char* price : {"101", "99", "100"}) {
    auto t = wanted("1");
    t.limit = *Price::parse(price);
    rig.push(t);
  }
  leave();
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.kept<journal::Intent>().back().limit, *Price::parse("99"));
}

TEST_F(JoinedOrders, OneThatGrowsTooOldBeforeItHasLeftTakesItApart) {
  use_up();
  first = wait("1");
  second = wanted("2");
  second.expires = rig.clock.now() + seconds(20);
  rig.push(second);
  third = wait("3");
  rig.syncs = false;
  leave();
  rig.run(seconds(9));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(done_of(second).end, OrderEnd::expired);
  rig.syncs = true;
  rig.run(milliseconds(10));
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(asked(0), Qty::whole(4));
}

// What the venue says of the sum it may not say of each.
TEST_F(JoinedOrders, ARefusedOneIsTakenApartAndEachIsAskedForByItself) {
  wait_for_three();
  leave();
  rig.venue.refuse(0, 400, -2019, "Margin is insufficient.");
  rig.step();
  EXPECT_EQ(rig.results(), 0U);
  const std::array<OrderTerms, 3> each{first, second, third};
  for (std::size_t i = 0; i < 3; ++i) {
    for (int n = 0; n < 15 && placed() < i + 2; ++n) rig.run(seconds(1));
    ASSERT_EQ(placed(), i + 2);
    EXPECT_EQ(rig.venue.placed[i + 1].client_order_id, client_id(each[i], i == 0 ? 1 : 0));
    EXPECT_EQ(asked(i + 1), each[i].qty);
    rig.fill_last(rig.venue.placed[i + 1].quantity.c_str());
  }
  EXPECT_EQ(rig.results(), 3U);
}

TEST_F(JoinedOrders, OnesThatAreApartWaitUntilThatIsOnTheDisk) {
  wait_for_three();
  leave();
  rig.syncs = false;
  rig.venue.refuse(0, 503, 0, "Service Unavailable.");
  rig.run(seconds(30));
  EXPECT_EQ(placed(), 1U);
  const auto riding = rig.kept<journal::Riding>();
  ASSERT_GE(riding.size(), 6U);
  for (std::size_t i = 3; i < 6; ++i) EXPECT_EQ(riding[i].carrier, CopyId{});
  rig.syncs = true;
  rig.run(milliseconds(10));
  ASSERT_GE(placed(), 2U);
  EXPECT_EQ(rig.venue.placed[1].client_order_id, client_id(first, 1));
}

TEST_F(JoinedOrders, OneThatIsUnknownStaysWholeAndIsFound) {
  wait_for_three();
  leave();
  rig.venue.accounts[0].orders[client_id(first, 0)] = {.status = "FILLED", .executed = "6"};
  rig.venue.drop_orders(0);
  rig.run(seconds(5));
  EXPECT_EQ(placed(), 1U);
  EXPECT_EQ(done_of(first).filled, Qty::whole(1));
  EXPECT_EQ(done_of(second).filled, Qty::whole(2));
  EXPECT_EQ(done_of(third).filled, Qty::whole(3));
}

TEST_F(JoinedOrders, OneThatIsProvenAbsentIsTakenApart) {
  wait_for_three();
  leave();
  rig.venue.drop_orders(0);
  for (int i = 0; i < 60 && placed() < 2; ++i) rig.run(seconds(1));
  ASSERT_GE(placed(), 2U);
  EXPECT_EQ(rig.venue.placed[1].client_order_id, client_id(first, 1));
  EXPECT_EQ(asked(1), Qty::whole(1));
}

// ---- as a start finds them ---------------------------------------------------------------------

class JoinedBefore : public Resumed {
 protected:
  JoinedBefore() {
    allow_joining(rig);
    first = doubtful(OrderKind::increase, Side::buy, 0, 1);
    first.joined = Joined::carries;
    second = terms(OrderKind::increase, Side::buy, "3");
    third = terms(OrderKind::increase, Side::buy, "4");
    second.joined = third.joined = Joined::rides;
  }
  OrderTerms first, second, third;
};

TEST_F(JoinedBefore, TheOneThatCarriesAloneIsAskedForAndSharedOut) {
  at_venue(first, 0, "FILLED", "9");
  position("9");
  start_with({first, second, third});
  rig.run(seconds(5));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(done_of(first).filled, Qty::whole(2));
  EXPECT_EQ(done_of(second).filled, Qty::whole(3));
  EXPECT_EQ(done_of(third).filled, Qty::whole(4));
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

// The last ones were told before the kill: what is held has theirs.
TEST_F(JoinedBefore, WhatOthersWereToldIsNotTheirsThatAreLeft) {
  expect("4");
  at_venue(first, 0, "FILLED", "9");
  position("9");
  start_with({first, second});
  rig.run(seconds(30));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(done_of(first).filled, Qty::whole(2));
  EXPECT_EQ(done_of(second).filled, Qty::whole(3));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

TEST_F(JoinedBefore, TheOneThatCarriedKeepsItsOwnPartWhenAllOthersWereTold) {
  expect("7");
  at_venue(first, 0, "FILLED", "9");
  position("9");
  start(first);
  rig.run(seconds(30));
  EXPECT_EQ(done_of(first).filled, Qty::whole(2));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

TEST_F(JoinedBefore, WhereItIsAbsentEachGoesByItself) {
  start_with({first, second, third});
  rig.run(seconds(40));
  ASSERT_GE(placed(), 2U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(first, 1));
  EXPECT_EQ(rig.venue.placed[1].client_order_id.substr(0, 5), client_id(second, 0).substr(0, 5));
  const auto riding = rig.kept<journal::Riding>();
  ASSERT_GE(riding.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(riding[i].carrier, CopyId{});
}

TEST_F(JoinedBefore, OneThatCameWithoutWhatItRodeWithIsNotSent) {
  start(second);
  rig.run(seconds(10));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(done_of(second).end, OrderEnd::expired);
}

}  // namespace
}  // namespace copyd::exec::test
