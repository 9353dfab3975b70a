// A flatten, from its command to the halt, through a Copier.
#include <gtest/gtest.h>

#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::test {
namespace {

constexpr FollowerId bob{0};

CopierRig::Options one_follower(PositionMode mode = PositionMode::one_way) {
  CopierRig::Options options;
  options.followers = 1;
  options.lanes = 1;
  options.mode = mode;
  return options;
}

class FlattenTest : public testing::Test {
 protected:
  explicit FlattenTest(const CopierRig::Options& options) : rig(options) {}
  FlattenTest() : FlattenTest(one_follower()) {}

  void open(Qty qty, Side side = Side::buy) {
    rig.fill(side, qty);
    rig.executed(rig.taken());
  }
  void flatten(bool everything = false) {
    rig.command(Flatten{.follower = bob, .everything = everything});
  }
  void operator_says(FollowerState state) {
    rig.command(SetState{.follower = bob, .cause = StateCause::operator_, .state = state});
  }
  void equity(Usd equity) {
    rig.command(
        SetFollowerEquity{.follower = bob, .equity = equity, .transfers = {}, .known = true});
  }
  void holds(Leg leg, Qty qty, bool taken, SymbolId symbol = btc) {
    rig.report(
        FollowerPosition{.follower = bob, .symbol = symbol, .leg = leg, .qty = qty, .taken = taken},
        0);
  }
  FollowerState state() const { return static_cast<FollowerState>(rig.cells[0].state.get()); }
  bool flattening() const { return rig.cells[0].flattening.get() != 0; }
  bool restricted_by(StateCause cause) const {
    return (rig.cells[0].causes.get() >> static_cast<int>(cause) & 1) != 0;
  }
  Order only_order() {
    const auto orders = rig.taken();
    EXPECT_EQ(orders.size(), 1U);
    return orders.empty() ? Order() : orders.front();
  }
  void expect_close(const Order& order, Side side, Qty qty) {
    EXPECT_EQ(order->kind, OrderKind::reduce);
    EXPECT_EQ(order->side, side);
    EXPECT_EQ(order->qty, qty);
    EXPECT_TRUE(order->limit.is_zero());
    EXPECT_EQ(order->received.ns, 0);
  }
  void expect_over() {
    EXPECT_FALSE(flattening());
    EXPECT_EQ(state(), FollowerState::halted);
    EXPECT_TRUE(restricted_by(StateCause::operator_));
    EXPECT_EQ(rig.row(0).target, Qty());
    EXPECT_EQ(rig.row(0).position, Qty());
    EXPECT_TRUE(rig.taken().empty());
  }

  CopierRig rig;
};

class FlattenHedged : public FlattenTest {
 protected:
  FlattenHedged() : FlattenTest(one_follower(PositionMode::hedge)) {}
};

TEST_F(FlattenTest, WhatIsHeldIsClosedAndThenItIsHalted) {
  open("3"_qty);
  flatten();
  EXPECT_TRUE(flattening());
  EXPECT_EQ(state(), FollowerState::reduce_only);
  const Order close = only_order();
  expect_close(close, Side::sell, "3"_qty);
  EXPECT_TRUE(close->reduce_only);
  rig.told();
  rig.executed({close});
  expect_over();
  EXPECT_EQ(rig.told().size(), 1U);
  // The leader's own close finds nothing left to close, and nothing opens.
  rig.fill(Side::sell, "3"_qty);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::halted), 1);
}

TEST_F(FlattenTest, WithNothingHeldItIsHaltedAtOnce) {
  flatten();
  expect_over();
}

TEST_F(FlattenTest, ItWorksFromHalted) {
  open("3"_qty);
  operator_says(FollowerState::halted);
  rig.fill(Side::sell, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  flatten();
  EXPECT_EQ(state(), FollowerState::reduce_only);
  const Order close = only_order();
  expect_close(close, Side::sell, "3"_qty);
  rig.executed({close});
  expect_over();
}

TEST_F(FlattenTest, TheLeaderMeanwhileNeitherOpensNorClosesTwice) {
  open("3"_qty);
  flatten();
  const Order close = only_order();
  rig.fill(Side::sell, "1"_qty);
  rig.fill(Side::buy, "5"_qty);
  rig.hand(
      LeaderPosition{.leader = alpha, .symbol = btc, .leg = Leg::both, .qty = {}, .as_of = {}});
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::reduce_only), 1);
  rig.executed({close});
  expect_over();
}

TEST_F(FlattenTest, WhatACloseLeftIsClosedAgain) {
  open("3"_qty);
  flatten();
  rig.done(only_order(), OrderEnd::executed, "2"_qty);
  Order close = only_order();
  expect_close(close, Side::sell, "1"_qty);
  rig.done(close, OrderEnd::refused, {});
  close = only_order();
  expect_close(close, Side::sell, "1"_qty);
  EXPECT_TRUE(flattening());
  rig.executed({close});
  expect_over();
}

TEST_F(FlattenTest, ACloseThatFoundNothingWaitsForThePosition) {
  open("3"_qty);
  flatten();
  rig.done(only_order(), OrderEnd::flat, {});
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_TRUE(flattening());
  holds(Leg::both, {}, false);
  expect_over();
}

TEST_F(FlattenTest, AnUnknownIncreaseIsWaitedForAndWhatItBringsIsClosed) {
  open("3"_qty);
  rig.fill(Side::buy, "2"_qty);
  const Order lost = only_order();
  rig.report(OrderUnknown{.ref = lost->ref, .follower = bob}, 0);
  flatten();
  // What is held for sure is closed at once.
  const Order first = only_order();
  expect_close(first, Side::sell, "3"_qty);
  rig.executed({first});
  EXPECT_TRUE(flattening());
  EXPECT_TRUE(rig.taken().empty());
  rig.executed({lost});
  const Order second = only_order();
  expect_close(second, Side::sell, "2"_qty);
  rig.executed({second});
  expect_over();
}

TEST_F(FlattenTest, AnUnknownIncreaseThatNeverWasEndsIt) {
  rig.fill(Side::buy, "2"_qty);
  const Order lost = only_order();
  rig.report(OrderUnknown{.ref = lost->ref, .follower = bob, .quarantined = true}, 0);
  flatten();
  EXPECT_TRUE(flattening());
  rig.done(lost, OrderEnd::expired, {});
  expect_over();
}

TEST_F(FlattenTest, AReductionInFlightIsWaitedFor) {
  open("3"_qty);
  rig.fill(Side::sell, "1"_qty);
  const Order reduction = only_order();
  flatten();
  EXPECT_TRUE(rig.taken().empty());
  rig.executed({reduction});
  const Order close = only_order();
  expect_close(close, Side::sell, "2"_qty);
  rig.executed({close});
  expect_over();
}

TEST_F(FlattenTest, AFlipInFlightIsWaitedForAndItsNewSideIsClosed) {
  open("3"_qty);
  rig.fill(Side::sell, "5"_qty);
  const Order flip = only_order();
  ASSERT_EQ(flip->kind, OrderKind::flip);
  flatten();
  EXPECT_TRUE(rig.taken().empty());
  rig.executed({flip});
  const Order close = only_order();
  expect_close(close, Side::buy, "2"_qty);
  rig.executed({close});
  expect_over();
}

TEST_F(FlattenTest, AQuantityAboveTheVenuesLargestOrderIsSplit) {
  open("200"_qty);
  flatten();
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 2U);
  EXPECT_EQ(closes[0]->qty + closes[1]->qty, "200"_qty);
  EXPECT_NE(closes[0]->copy_id, closes[1]->copy_id);
  rig.executed({closes[0]});
  EXPECT_TRUE(rig.taken().empty());
  rig.executed({closes[1]});
  expect_over();
}

TEST_F(FlattenTest, EverySymbolIsClosed) {
  open("3"_qty);
  auto other = rig.fill_of(Side::sell, "2"_qty, "2000"_price);
  other.symbol = eth;
  rig.hand(other);
  rig.executed(rig.taken());
  flatten();
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 2U);
  expect_close(closes[0], Side::sell, "3"_qty);
  expect_close(closes[1], Side::buy, "2"_qty);
  rig.executed({closes[1]});
  EXPECT_TRUE(flattening());
  rig.executed({closes[0]});
  expect_over();
}

TEST_F(FlattenHedged, BothLegsAreClosed) {
  auto fill = rig.fill_of(Side::buy, "3"_qty);
  fill.leg = Leg::long_;
  rig.hand(fill);
  fill = rig.fill_of(Side::sell, "2"_qty);
  fill.leg = Leg::short_;
  rig.hand(fill);
  rig.executed(rig.taken());
  flatten();
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 2U);
  expect_close(closes[0], Side::sell, "3"_qty);
  EXPECT_EQ(closes[0]->leg, Leg::long_);
  expect_close(closes[1], Side::buy, "2"_qty);
  EXPECT_EQ(closes[1]->leg, Leg::short_);
  EXPECT_FALSE(closes[0]->reduce_only);
  rig.executed(closes);
  expect_over();
  EXPECT_EQ(rig.row(0, Leg::long_).target, Qty());
  EXPECT_EQ(rig.row(0, Leg::short_).target, Qty());
}

TEST_F(FlattenTest, EverythingWaitsForThePositionsAndClosesWhatIsNotOurs) {
  open("3"_qty);
  flatten(true);
  rig.executed({only_order()});
  // Nothing of ours is left, but the account was not read yet.
  EXPECT_TRUE(flattening());
  holds(Leg::both, "-4"_qty, true);
  holds(Leg::both, "7"_qty, true, eth);
  auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 2U);
  expect_close(closes[0], Side::buy, "4"_qty);
  expect_close(closes[1], Side::sell, "7"_qty);
  rig.executed(closes);
  EXPECT_TRUE(flattening());
  rig.report(PositionsTaken{.follower = bob}, 0);
  expect_over();
}

TEST_F(FlattenTest, EverythingTakesWhatWasThereBeyondOurs) {
  open("3"_qty);
  flatten(true);
  const Order ours = only_order();
  holds(Leg::both, "5"_qty, true);
  rig.report(PositionsTaken{.follower = bob}, 0);
  EXPECT_TRUE(rig.taken().empty());
  rig.executed({ours});
  const Order rest = only_order();
  expect_close(rest, Side::sell, "2"_qty);
  rig.executed({rest});
  expect_over();
}

TEST_F(FlattenTest, WithoutAFlattenNothingIsTaken) {
  open("3"_qty);
  holds(Leg::both, "5"_qty, true);
  rig.report(PositionsTaken{.follower = bob}, 0);
  EXPECT_EQ(rig.row(0).position, "3"_qty);
  EXPECT_EQ(state(), FollowerState::active);
}

TEST_F(FlattenTest, WhatHasNoOrderIsHeldOnAndTold) {
  flatten(true);
  holds(Leg::both, "2"_qty, true, no_filters);
  EXPECT_TRUE(rig.taken().empty());
  rig.told();
  rig.report(PositionsTaken{.follower = bob}, 0);
  EXPECT_EQ(state(), FollowerState::halted);
  const auto told = rig.told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("held on"), std::string::npos);
}

TEST_F(FlattenTest, ResumeEndsItAndWhatWasClosedIsNotBoughtAgain) {
  open("3"_qty);
  flatten();
  const Order close = only_order();
  rig.done(close, OrderEnd::executed, "2"_qty);
  const Order again = only_order();
  operator_says(FollowerState::active);
  EXPECT_FALSE(flattening());
  EXPECT_EQ(state(), FollowerState::active);
  // What was in flight counts as closed, and is.
  EXPECT_EQ(rig.row(0).target, Qty());
  rig.done(again, OrderEnd::executed, {});
  rig.executed({only_order()});
  EXPECT_EQ(rig.row(0).position, Qty());
  open("1"_qty);
  EXPECT_EQ(rig.row(0).position, "1"_qty);
}

TEST_F(FlattenTest, AHaltMeanwhileDoesNotStopIt) {
  open("3"_qty);
  flatten();
  operator_says(FollowerState::halted);
  EXPECT_TRUE(flattening());
  EXPECT_EQ(state(), FollowerState::reduce_only);
  rig.done(only_order(), OrderEnd::refused, {});
  rig.executed({only_order()});
  expect_over();
}

TEST_F(FlattenTest, ARestartFinishesIt) {
  open("3"_qty);
  flatten();
  rig.done(only_order(), OrderEnd::executed, "1"_qty);
  const Order lost = only_order();
  auto options = one_follower();
  options.connected = false;
  CopierRig next(options);
  next.restore(rows_of(*rig.copier));
  EXPECT_EQ(next.cells[0].flattening.get(), 1);
  next.connect(bob);
  EXPECT_EQ(next.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::reduce_only));
  auto orders = next.taken();
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders[0]->copy_id, lost->copy_id);
  next.done(orders[0], OrderEnd::executed, "1"_qty);
  orders = next.taken();
  ASSERT_EQ(orders.size(), 1U);
  expect_close(orders[0], Side::sell, "1"_qty);
  next.executed(orders);
  EXPECT_EQ(next.cells[0].flattening.get(), 0);
  EXPECT_EQ(next.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::halted));
}

TEST_F(FlattenTest, ARestartWaitsForThePositionsAsBefore) {
  flatten(true);
  auto options = one_follower();
  options.connected = false;
  CopierRig next(options);
  next.restore(rows_of(*rig.copier));
  next.connect(bob);
  EXPECT_NE(next.cells[0].flattening.get(), 0);
  next.report(PositionsTaken{.follower = bob}, 0);
  EXPECT_EQ(next.cells[0].flattening.get(), 0);
}

class Drawdown : public FlattenTest {
 protected:
  static CopierRig::Options limited() {
    auto options = one_follower();
    options.limits.max_drawdown = config::LossLimit{"0.15"_ratio};
    options.limits.max_daily_loss = config::LossLimit{"100"_usd};
    return options;
  }
  Drawdown() : FlattenTest(limited()) {}
  void resume() {
    for (const StateCause cause : {StateCause::operator_, StateCause::breach, StateCause::breaker})
      rig.command(SetState{.follower = bob, .cause = cause, .state = FollowerState::active});
  }
};

TEST_F(Drawdown, ItClosesAllHaltsAndIsArmedAgainByResume) {
  equity("1000"_usd);
  open("3"_qty);
  equity("900"_usd);
  EXPECT_EQ(state(), FollowerState::reduce_only);
  EXPECT_TRUE(rig.taken().empty());
  equity("850.01"_usd);
  EXPECT_FALSE(flattening());
  rig.told();
  equity("850"_usd);
  EXPECT_TRUE(flattening());
  auto told = rig.told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("850, at its highest it was 1000"), std::string::npos) << told[0];
  const Order close = only_order();
  expect_close(close, Side::sell, "3"_qty);
  equity("800"_usd);
  rig.executed({close});
  EXPECT_FALSE(flattening());
  EXPECT_EQ(state(), FollowerState::halted);
  EXPECT_TRUE(restricted_by(StateCause::breach));
  EXPECT_FALSE(restricted_by(StateCause::operator_));
  rig.told();
  equity("790"_usd);
  EXPECT_TRUE(rig.told().empty());
  resume();
  EXPECT_EQ(state(), FollowerState::active);
  equity("700"_usd);
  EXPECT_EQ(state(), FollowerState::active);
  open("1"_qty);
  EXPECT_EQ(rig.row(0).position, "1"_qty);
  equity("671.5"_usd);
  EXPECT_TRUE(flattening());
}

TEST_F(Drawdown, TheOperatorsHaltStaysWhenBothAskedForIt) {
  equity("1000"_usd);
  open("3"_qty);
  flatten();
  equity("850"_usd);
  rig.executed({only_order()});
  EXPECT_EQ(state(), FollowerState::halted);
  EXPECT_TRUE(restricted_by(StateCause::breach));
  EXPECT_TRUE(restricted_by(StateCause::operator_));
}

TEST_F(Drawdown, ResumeOfOneOfTwoWhoAskedDoesNotEndIt) {
  equity("1000"_usd);
  open("3"_qty);
  flatten();
  equity("850"_usd);
  operator_says(FollowerState::active);
  EXPECT_TRUE(flattening());
  resume();
  EXPECT_FALSE(flattening());
}

TEST_F(Drawdown, ARestartFinishesItForTheSameCause) {
  equity("1000"_usd);
  open("3"_qty);
  equity("850"_usd);
  only_order();
  auto options = limited();
  options.connected = false;
  CopierRig next(options);
  next.restore(rows_of(*rig.copier));
  next.connect(bob);
  next.executed(next.taken());
  const auto causes = static_cast<unsigned>(next.cells[0].causes.get());
  EXPECT_NE(causes >> static_cast<unsigned>(StateCause::breach) & 1U, 0U);
  EXPECT_EQ(causes >> static_cast<unsigned>(StateCause::operator_) & 1U, 0U);
  EXPECT_EQ(next.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::halted));
}

}  // namespace
}  // namespace copyd::test
