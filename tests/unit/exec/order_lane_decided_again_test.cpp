// What goes through zero is one order or two, as it was in flight or not when it was decided: after
// a power cut a start may decide it the other way round than the run before.
#include <gtest/gtest.h>

#include <algorithm>

#include "resumed.hpp"

namespace copyd::exec::test {
namespace {

class DecidedAgain : public Resumed {
 protected:
  // A flip of 2 whose close of 0.5 was found, and whose rest the venue has refused for now.
  OrderTerms refused_rest() {
    auto t = terms(OrderKind::flip, Side::buy, "2");
    t.attempt = 1;
    t.ended = true;
    t.filled_before = qty("0.5");
    return t;
  }
};

// Decided anew in one order what was a close first, and an opening behind it that had not left.
TEST_F(DecidedAgain, OfAFlipThatWasTheCloseAloneTheRestGoesAsTheNextAttempt) {
  expect("-2");
  const auto t = doubtful(OrderKind::flip, Side::buy, 0, 1);
  at_venue(t, 0, "FILLED", "0.5");
  position("-1.5");
  start(t);
  rig.run(seconds(3));
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.results(), 0U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 1));
  EXPECT_EQ(qty(rig.venue.placed[0].quantity.c_str()), qty("1.5"));
  rig.fill_last("1.5");
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

// That close may have left twice: the second attempt is asked for before the rest goes.
TEST_F(DecidedAgain, OfAFlipThatWasTheCloseBothDoubtsAreAskedForBeforeTheRestGoes) {
  expect("-2");
  const auto t = doubtful(OrderKind::flip, Side::buy, 1, 2);
  at_venue(t, 0, "FILLED", "0.5");
  position("-1.5");
  start(t);
  run_until_placed();
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 2));
  EXPECT_EQ(qty(rig.venue.placed[0].quantity.c_str()), qty("1.5"));
}

// A start that is killed before the rest has left knows that it is to go, and that it may have.
TEST_F(DecidedAgain, ThatTheRestOfAFlipGoesIsWrittenBeforeThatItWasFound) {
  expect("-2");
  const auto t = doubtful(OrderKind::flip, Side::buy, 0, 1);
  at_venue(t, 0, "FILLED", "0.5");
  position("-1.5");
  start(t);
  rig.run(seconds(3));
  const auto found = rig.kept<journal::Resumed>();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].attempt, 1);
  EXPECT_EQ(found[1].doubts, 1);
  EXPECT_EQ(found[1].filled_before, qty("0.5"));
  const auto types = rig.kinds();
  const auto answer = std::find(types.begin(), types.end(), journal::Type::answer);
  EXPECT_EQ(std::count(types.begin(), answer, journal::Type::resumed), 2);
}

TEST_F(DecidedAgain, TheRestOfAFlipThatMayHaveLeftIsAskedForAndGoes) {
  expect("-2");
  auto t = doubtful(OrderKind::flip, Side::buy, 1, 1);
  t.filled_before = qty("0.5");
  position("-1.5");
  start(t);
  run_until_placed();
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 2));
  EXPECT_EQ(qty(rig.venue.placed[0].quantity.c_str()), qty("1.5"));
}

// The venue refused the rest for now, and the process was killed before its next attempt.
TEST_F(DecidedAgain, TheRestOfAFlipThatWasRefusedGoesAgainAfterAKill) {
  expect("-2");
  const auto t = refused_rest();
  position("-1.5");
  start(t);
  run_until_placed();
  ASSERT_EQ(placed(), 1U);
  EXPECT_EQ(rig.venue.placed[0].client_order_id, client_id(t, 2));
  EXPECT_EQ(qty(rig.venue.placed[0].quantity.c_str()), qty("1.5"));
  rig.fill_last("1.5");
  rig.run(milliseconds(10));
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

TEST_F(DecidedAgain, TheRestOfAFlipThatWasRefusedAndIsStaleIsTold) {
  expect("-2");
  auto t = refused_rest();
  t.expires = rig.clock.now();
  position("-1.5");
  start(t);
  rig.run(seconds(12));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.done().filled, qty("0.5"));
}

// Decided anew as two what went through zero in one order: it has opened already.
TEST_F(DecidedAgain, WhatACloseWasFoundToHaveOpenedIsNotOpenedAgain) {
  expect("1");
  position("-2");
  auto close = doubtful(OrderKind::reduce, Side::sell, 1, 2);
  close.qty = Qty::whole(1);
  const auto opens = doubtful(OrderKind::increase, Side::sell, 0, 1);
  at_venue(close, 0, "FILLED", "3");
  start_with({close, opens});
  rig.run(seconds(40));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(done_of(close).filled, Qty::whole(1));
  EXPECT_EQ(done_of(opens).filled, Qty::whole(2));
  EXPECT_EQ(done_of(opens).end, OrderEnd::executed);
  EXPECT_TRUE(rig.all<FollowerPosition>().empty());
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

// As the next start finds it, after a kill in the midst of that.
TEST_F(DecidedAgain, WhatACloseWasFoundToHaveOpenedIsKnownToTheNextStart) {
  expect("1");
  position("-2");
  auto close = doubtful(OrderKind::reduce, Side::sell, 1, 2);
  close.qty = Qty::whole(1);
  close.filled_before = -Qty::whole(2);
  auto opens = doubtful(OrderKind::increase, Side::sell, 0, 1);
  opens.filled_before = Qty::whole(2);
  at_venue(close, 0, "FILLED", "3");
  start_with({close, opens});
  rig.run(seconds(40));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(done_of(close).filled, Qty::whole(1));
  EXPECT_EQ(done_of(opens).filled, Qty::whole(2));
  EXPECT_EQ(rig.cells[0].drift.get(), 0);
}

TEST_F(DecidedAgain, OfAFlipThatHasEndedInPartNothingMoreIsSent) {
  expect("-2");
  const auto t = doubtful(OrderKind::flip, Side::buy, 0, 1);
  at_venue(t, 0, "EXPIRED", "0.5");
  position("-1.5");
  start(t);
  rig.run(seconds(12));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.done().filled, qty("0.5"));
}

TEST_F(DecidedAgain, TheRestOfAFlipIsNotSentWhenItIsStale) {
  expect("-2");
  auto t = doubtful(OrderKind::flip, Side::buy, 0, 1);
  t.expires = rig.clock.now();
  at_venue(t, 0, "FILLED", "0.5");
  position("-1.5");
  start(t);
  rig.run(seconds(12));
  EXPECT_EQ(placed(), 0U);
  EXPECT_EQ(rig.done().filled, qty("0.5"));
}

}  // namespace
}  // namespace copyd::exec::test
