// Orders of an earlier run: what the journal left open is asked for before anything is written
// again, and what was resolved goes on where it stood.
#include <gtest/gtest.h>

#include "resumed.hpp"

namespace copyd::exec::test {
namespace {

TEST_F(Resumed, OneThatFilledIsFoundAndNotSentAgain) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 0, 1);
  at_venue(t, 0, "FILLED", "2");
  position("2");
  start(t);
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  rig.run(seconds(30));
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
  EXPECT_EQ(placed(), 0U);
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

TEST_F(Resumed, OneThatStillWorksIsFollowedToItsEnd) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 0, 1);
  at_venue(t, 0, "PARTIALLY_FILLED", "0.5");
  position("0.5");
  start(t);
  rig.run(seconds(1));
  EXPECT_EQ(rig.results(), 0U);
  EXPECT_EQ(rig.cells[0].written.get(), 1);
  at_venue(t, 0, "EXPIRED", "1.5");
  position("1.5");
  rig.run(seconds(3));
  EXPECT_EQ(rig.done().filled, qty("1.5"));
  EXPECT_EQ(placed(), 0U);
}

TEST_F(Resumed, OneThatIsAbsentGoesAgainAsTheNextAttempt) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 1, 1);
  start(t);
  rig.run(seconds(4));
  EXPECT_EQ(placed(), 0U);
  rig.run(seconds(6));
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 2));
  EXPECT_EQ(rig.kept<journal::Absent>()[0].attempt, 1);
}

// After a power cut a close is asked for under all ids that may have left, and uses none of them.
TEST_F(Resumed, TheIdsOfACloseThatMayHaveLeftAreNotUsedAgain) {
  expect("2");
  position("2");
  const auto t = doubtful(OrderKind::reduce, Side::sell, 1, 2);
  start(t);
  run_until_placed();
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 2));
}

TEST_F(Resumed, AnAbsentIncreaseThatIsStaleIsNotSent) {
  auto t = doubtful(OrderKind::increase, Side::buy, 0, 1);
  t.expires = rig.clock.now() + seconds(1);
  start(t);
  rig.run(seconds(12));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
}

TEST_F(Resumed, AnAbsentCloseGoesHoweverLate) {
  expect("2");
  position("2");
  auto t = doubtful(OrderKind::reduce, Side::sell, 0, 1);
  t.expires = Mono{1};
  start(t);
  rig.run(seconds(12));
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 1));
  EXPECT_EQ(qty(rig.venue.placed[0].quantity.c_str()), Qty::whole(2));
}

// The first read of a run has in it what the doubtful order did: it must agree with the book, not
// with itself.
TEST_F(Resumed, ADeniedOrderIsNotAbsentWhileThePositionHasMoreThanTheBook) {
  position("2");
  const auto t = doubtful(OrderKind::increase, Side::buy, 0, 1);
  start(t);
  rig.run(seconds(70));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.results(), 0U);
  const auto told = rig.all<OrderUnknown>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_FALSE(told[0].quarantined);
  EXPECT_TRUE(told[1].quarantined);
  at_venue(t, 0, "FILLED", "2");
  rig.run(seconds(2));
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

TEST_F(Resumed, ADeniedCloseIsNotAbsentWhileThePositionHasLessThanTheBook) {
  expect("2");
  const auto t = doubtful(OrderKind::reduce, Side::sell, 0, 1);
  start(t);
  rig.run(seconds(30));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.results(), 0U);
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
}

TEST_F(Resumed, ACloseThatEndedGoesOnWithTheRest) {
  expect("2");
  position("1.5");
  auto t = terms(OrderKind::reduce, Side::sell, "2");
  t.attempt = 3;
  t.ended = true;
  t.filled_before = qty("0.5");
  start(t);
  rig.run(seconds(1));
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 4));
  EXPECT_EQ(qty(rig.venue.placed[0].quantity.c_str()), qty("1.5"));
  rig.fill_last("1.5");
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
  rig.venue.accounts[0].positions.clear();
  rig.run(seconds(60));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());  // ours is gone by our own hand
}

// It may have come before what it was to close.
TEST_F(Resumed, ACloseThatIsFoundToHaveEndedInPartGoesOnToo) {
  expect("2");
  position("1.5");
  const auto t = doubtful(OrderKind::reduce, Side::sell, 0, 1);
  at_venue(t, 0, "EXPIRED", "0.5");
  start(t);
  rig.run(seconds(1));
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 1));
  EXPECT_EQ(qty(rig.venue.placed[0].quantity.c_str()), qty("1.5"));
}

TEST_F(Resumed, AnIncreaseThatEndedInPartIsDone) {
  position("0.5");
  auto t = terms(OrderKind::increase, Side::buy, "2");
  t.ended = true;
  t.filled_before = qty("0.5");
  start(t);
  rig.run(seconds(60));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
  EXPECT_EQ(rig.done().filled, qty("0.5"));
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

TEST_F(Resumed, AnIncreaseThatWasRefusedGoesAgainWhileItIsFresh) {
  auto t = terms(OrderKind::increase, Side::buy, "2");
  t.attempt = 1;
  t.ended = true;
  start(t);
  rig.run(seconds(1));
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 2));
}

TEST_F(Resumed, OneThatFilledWholeIsTold) {
  auto t = terms(OrderKind::reduce, Side::sell, "2");
  t.ended = true;
  t.filled_before = Qty::whole(2);
  start(t);
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
  rig.run(seconds(1));
  EXPECT_EQ(placed(), 0U);
}

TEST_F(Resumed, WhatIsTakenOverIsWrittenDown) {
  auto t = doubtful(OrderKind::reduce, Side::sell, 4, 2);
  t.filled_before = qty("0.5");
  start(t);
  const auto found = rig.kept<journal::Resumed>();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].copy_id, t.copy_id);
  EXPECT_EQ(found[0].attempt, 4);
  EXPECT_EQ(found[0].doubts, 2);
  EXPECT_EQ(found[0].ended, 0);
  EXPECT_EQ(found[0].filled_before, qty("0.5"));
}

TEST_F(Resumed, NoAttemptIsUsedTwiceWhenAllAreSpent) {
  auto t = terms(OrderKind::reduce, Side::sell, "2");
  t.attempt = venue::attempt_max;
  t.ended = true;
  start(t);
  rig.run(seconds(1));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
}

// ---- several doubts ----------------------------------------------------------------------------

TEST_F(Resumed, OfSeveralDoubtsALaterOneMayBeThere) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 1, 2);
  at_venue(t, 1, "FILLED", "2");
  position("2");
  start(t);
  rig.run(seconds(15));
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
  EXPECT_EQ(placed(), 0U);
}

TEST_F(Resumed, OfSeveralDoubtsNoneMayBeThere) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 3, 4);
  start(t);
  run_until_placed();
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 4));
  const auto absent = rig.kept<journal::Absent>();
  ASSERT_EQ(absent.size(), 4U);
  EXPECT_EQ(absent[0].attempt, 0);
  EXPECT_EQ(absent[3].attempt, 3);
}

TEST_F(Resumed, OfSeveralDoubtsOneFilledInPartAndTheRestGoesAgain) {
  expect("2");
  position("1.5");
  const auto t = doubtful(OrderKind::reduce, Side::sell, 1, 2);
  at_venue(t, 0, "EXPIRED", "0.5");
  start(t);
  run_until_placed();
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 2));
  EXPECT_EQ(qty(rig.venue.placed[0].quantity.c_str()), qty("1.5"));
  // Were it to stop here, the next start would know as much.
  const auto found = rig.kept<journal::Resumed>();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].attempt, 1);
  EXPECT_EQ(found[1].doubts, 1);
  EXPECT_EQ(found[1].filled_before, qty("0.5"));
}

TEST_F(Resumed, OfSeveralDoubtsAnIncreaseThatTradedIsNotSentAgain) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 1, 2);
  at_venue(t, 0, "EXPIRED", "0.5");
  position("0.5");
  start(t);
  rig.run(seconds(15));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.done().filled, qty("0.5"));
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
}

// The position says that one of the answers was wrong, and none of them says which.
TEST_F(Resumed, OfSeveralDoubtsThatWereDeniedAnyMayBeFoundLater) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 2, 3);
  position("2");
  start(t);
  rig.run(seconds(30));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.results(), 0U);
  at_venue(t, 0, "FILLED", "2");
  rig.run(seconds(30));
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
  EXPECT_EQ(rig.done().end, OrderEnd::executed);
  EXPECT_EQ(placed(), 0U);
}

// What an earlier one filled would else be lost.
TEST_F(Resumed, TheStreamsWordOnALaterDoubtDoesNotPassOverThoseBeforeIt) {
  expect("2");
  const auto t = doubtful(OrderKind::reduce, Side::sell, 1, 2);
  at_venue(t, 0, "EXPIRED", "0.5");
  at_venue(t, 1, "FILLED", "1.5");
  start(t);
  rig.venue.rest_silent = true;
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.results(), 0U);
  rig.venue.rest_silent = false;
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
  EXPECT_EQ(placed(), 0U);
}

TEST_F(Resumed, TheStreamTellsOfADoubt) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 0, 1);
  start(t);
  rig.venue.query_status = 502;
  rig.run(milliseconds(500));
  stream_tells_of_the_first(t);
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

// An earlier attempt that was denied is alive after all.
TEST_F(Resumed, TheStreamTellsOfADoubtThatWasDenied) {
  const auto t = doubtful(OrderKind::increase, Side::buy, 1, 2);
  start(t);
  rig.run(milliseconds(7500));  // by now the second is asked for
  stream_tells_of_the_first(t);
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

// A close and an opening that have both traded leave the position as it was, and the venue does not
// say so at first. What was asked for early in the waiting is asked for again before it counts.
TEST_F(Resumed, SeveralDoubtsThatCancelOutAreAskedForAsLongAsOneWouldBe) {
  expect("2");
  position("2");
  const auto close = doubtful(OrderKind::reduce, Side::sell, 2, 3);
  const auto opening = doubtful(OrderKind::increase, Side::buy, 1, 2);
  start_with({close, opening});
  rig.run(seconds(15));
  at_venue(close, 0, "FILLED", "2");
  at_venue(opening, 0, "FILLED", "2");
  rig.run(seconds(60));
  EXPECT_EQ(placed(), 0U);
  ASSERT_EQ(rig.results(), 2U);
  EXPECT_EQ(done_of(close).filled, Qty::whole(2));
  EXPECT_EQ(done_of(opening).filled, Qty::whole(2));
}

TEST_F(Resumed, SeveralDoubtsThatCouldCancelOutAreAbsentInTheEnd) {
  expect("2");
  position("2");
  start_with({doubtful(OrderKind::reduce, Side::sell, 2, 3),
              doubtful(OrderKind::increase, Side::buy, 1, 2)});
  for (int i = 0; i < 60 && placed() == 0; ++i) rig.run(seconds(1));
  EXPECT_GT(placed(), 0U);
}

// ---- several orders of one leg -----------------------------------------------------------------

// 2 are held. A close of them was lost, an opening behind it too, and a close behind that has taken
// the 2 in the first one's place. What opens now is what the first close is for.
TEST_F(Resumed, ACloseInDoubtMakesUpForWhatALaterOneHasTakenOfIt) {
  expect("2");
  const auto first = doubtful(OrderKind::reduce, Side::sell, 0, 1);
  const auto opening = doubtful(OrderKind::increase, Side::buy, 0, 1);
  auto last = terms(OrderKind::reduce, Side::sell, "2");
  last.ended = true;
  last.filled_before = Qty::whole(2);
  start_with({first, opening, last});
  for (std::size_t seen = 0; rig.results() < 3 && rig.clock.now() < Mono{} + seconds(90);) {
    rig.run(milliseconds(100));
    for (; seen < placed(); ++seen) {
      const bool buys = rig.venue.placed[seen].side == "BUY";
      const bool holds = rig.venue.accounts[0].positions.contains({"BTCUSDT", "BOTH"});
      if (!buys && !holds) {
        rig.venue.refuse(seen, 400, -2022, "ReduceOnly Order is rejected.");
        continue;
      }
      rig.venue.answer(seen, "FILLED", "2");
      if (buys) position("2");
      else rig.venue.accounts[0].positions.clear();
    }
  }
  ASSERT_EQ(rig.results(), 3U);
  EXPECT_EQ(done_of(first).filled, Qty::whole(2));
  EXPECT_EQ(done_of(opening).filled, Qty::whole(2));
  EXPECT_TRUE(rig.venue.accounts[0].positions.empty());
}

// The copy agent expects the orders of a leg to fill as they were decided.
TEST_F(Resumed, ACloseThatHasOvertakenAnOpeningIsToldAfterIt) {
  expect("2");
  const auto opening = doubtful(OrderKind::increase, Side::buy, 0, 1);
  auto close = terms(OrderKind::reduce, Side::sell, "1");
  close.ended = true;
  close.filled_before = Qty::whole(1);
  at_venue(opening, 0, "FILLED", "2");
  position("3");
  start_with({opening, close});
  rig.run(seconds(5));
  const auto told = rig.all<OrderDone>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].ref, opening.ref);
  EXPECT_EQ(told[1].ref, close.ref);
  EXPECT_EQ(told[1].filled, Qty::whole(1));
}

// Four at a time, and here twice a second: more than can be asked for before the first ones are
// due again.
TEST_F(Resumed, EachOfManyIsAskedForInItsTurn) {
  std::vector<OrderTerms> many;
  for (int i = 0; i < 40; ++i) many.push_back(doubtful(OrderKind::increase, Side::buy, 0, 1));
  at_venue(many.back(), 0, "FILLED", "2");
  position("9");  // somebody else's too: none of the others is proven absent
  start_with(many);
  for (int i = 0; i < 40; ++i) {
    rig.clock.advance(milliseconds(500));
    rig.step();
  }
  EXPECT_EQ(rig.done().ref, many.back().ref);
}

// More orders than a few passes take: the first read must not come between them.
TEST_F(Resumed, NoPositionIsReadBeforeAllOrdersAreTaken) {
  rig.add(0, hmac_key(0));
  rig.venue.accounts[0].positions[{"ETHUSDT", "BOTH"}] = {"1", rig.venue.now_ms()};
  auto t = terms(OrderKind::increase, Side::buy, "1");
  for (int i = 0; i < 500; ++i) {
    t = terms(OrderKind::increase, Side::buy, "1");
    t.doubts = 1;
    if (i == 499) t.symbol = rig.eth;
    ASSERT_TRUE(rig.orders.try_push(TestApproval::order(t)));
  }
  at_venue(t, 0, "FILLED", "1");
  rig.run(seconds(5));
  EXPECT_FALSE(rig.noticed("did not open"));
  // Three questions each are more than the address may ask in half a minute.
  for (int i = 0; i < 4 && placed() == 0; ++i) run_until_placed();
  EXPECT_GT(placed(), 0U);
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

// A read had shown what the doubtful order did before that order came: it proves nothing.
TEST_F(Resumed, OneThatComesAfterTheFirstReadIsMeasuredAgainstTheBookToo) {
  position("2");
  rig.ready();
  EXPECT_EQ(rig.cells[0].drift.get(), 1);
  rig.push(doubtful(OrderKind::increase, Side::buy, 0, 1));
  rig.run(seconds(30));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.results(), 0U);
}

// ---- what the book held ------------------------------------------------------------------------

TEST_F(Resumed, WhatTheBookHeldAndTheVenueHasIsNoNews) {
  expect("2");
  position("2");
  rig.add(0, hmac_key(0));
  rig.run(seconds(60));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
  EXPECT_FALSE(rig.noticed("copyd did not open"));
}

TEST_F(Resumed, WhatTheBookHeldAndTheVenueHasNotIsToldOnce) {
  expect("2");
  position("0.5");
  rig.add(0, hmac_key(0));
  rig.run(seconds(60));
  ASSERT_EQ(rig.all<FollowerPosition>().size(), 1U);
  EXPECT_EQ(rig.all<FollowerPosition>()[0].qty, qty("0.5"));
  EXPECT_FALSE(rig.all<FollowerPosition>()[0].taken);
}

// A read of just after the start may lag what was filled just before it.
TEST_F(Resumed, AReadThatMayLagTheLastRunDecidesNothing) {
  expect("2");
  position("0.5");
  rig.add(0, hmac_key(0));
  rig.run(seconds(1));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  position("2");
  rig.run(seconds(60));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
}

TEST_F(Resumed, WhatTheVenueHasBeyondTheBookIsForeign) {
  expect("2");
  position("3.5");
  rig.add(0, hmac_key(0));
  rig.run(seconds(60));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_EQ(rig.cells[0].drift.get(), 1);
  EXPECT_EQ(rig.notices_with("holds BTCUSDT 1.5 beyond what copyd opened"), 1);
}

TEST_F(Resumed, WithoutABookAllIsForeign) {
  position("3.5");
  rig.add(0, hmac_key(0));
  rig.run(seconds(60));
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_EQ(rig.cells[0].drift.get(), 1);
  EXPECT_EQ(rig.notices_with("which copyd did not open"), 1);
}

}  // namespace
}  // namespace copyd::exec::test
