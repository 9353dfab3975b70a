// Limits, the breaker, quarantine and what the operator says, through a Copier.
#include <chrono>

#include <gtest/gtest.h>

#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::test {
namespace {

using namespace std::chrono_literals;

constexpr FollowerId bob{0};

CopierRig::Options with_limits(const config::Limits& limits) {
  CopierRig::Options options;
  options.followers = 1;
  options.lanes = 1;
  options.limits = limits;
  return options;
}

SetFollowerEquity equity_of(Usd equity, std::int32_t day = 20'000) {
  return {.follower = bob,
          .equity = equity,
          .transfers = {},
          .transfers_ms = 0,
          .day = day,
          .known = true};
}
SetFollowerEquity no_equity() {
  return {.follower = bob, .equity = {}, .transfers = {}};
}

FollowerState state_of(const CopierRig& rig) {
  return static_cast<FollowerState>(rig.cells[0].state.get());
}
bool restricted_by(const CopierRig& rig, StateCause cause) {
  return (rig.cells[0].causes.get() >> static_cast<int>(cause) & 1) != 0;
}
void resume(CopierRig& rig) {
  for (const StateCause cause : {StateCause::operator_, StateCause::breach, StateCause::breaker})
    rig.command(SetState{.follower = bob, .cause = cause, .state = FollowerState::active});
}
// Whatever holds it back, a close leaves.
void expect_a_close_leaves(CopierRig& rig) {
  const Qty held = rig.row(0).position;
  ASSERT_GT(held.sign(), 0);
  rig.fill(Side::sell, rig.copier->book(bob).ledger_row(0).leader_position);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->kind, OrderKind::reduce);
  EXPECT_EQ(closes[0]->qty, held);
}
void open(CopierRig& rig, Qty qty) {
  rig.fill(Side::buy, qty);
  const auto orders = rig.taken();
  ASSERT_EQ(orders.size(), 1U);
  rig.executed(orders);
}

// ---- quantity ----------------------------------------------------------------------------------

TEST(OrderQuantity, WhatOpensIsClippedAndNotChased) {
  config::Limits limits;
  limits.max_order_qty = {{"BTCUSDT", "0.0205"_qty}, {"NOBODYUSDT", "1"_qty}};
  CopierRig rig(with_limits(limits));
  rig.fill(Side::buy, "0.020"_qty);
  auto orders = rig.taken();
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders[0]->qty, "0.020"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::max_order_qty), 0);
  rig.executed(orders);
  rig.fill(Side::buy, "0.050"_qty);
  orders = rig.taken();
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders[0]->qty, "0.020"_qty);
  rig.executed(orders);
  EXPECT_EQ(rig.skipped(0, Reject::max_order_qty), 1);
  EXPECT_EQ(rig.row(0).target, "0.040"_qty);
  expect_a_close_leaves(rig);
}

TEST(OrderQuantity, OtherSymbolsHaveNone) {
  config::Limits limits;
  limits.max_order_qty = {{"ETHUSDT", "0.001"_qty}};
  CopierRig rig(with_limits(limits));
  rig.fill(Side::buy, "5"_qty);
  EXPECT_EQ(rig.taken().at(0)->qty, "5"_qty);
}

TEST(OrderQuantity, OfAFlipOnlyWhatOpensIsClipped) {
  config::Limits limits;
  limits.max_order_qty = {{"BTCUSDT", "1"_qty}};
  CopierRig rig(with_limits(limits));
  open(rig, "1"_qty);
  open(rig, "1"_qty);
  rig.fill(Side::sell, "4"_qty);
  const auto orders = rig.taken();
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders[0]->kind, OrderKind::flip);
  EXPECT_EQ(orders[0]->qty, "3"_qty);
}

// ---- the collar --------------------------------------------------------------------------------

TEST(PriceCollar, AFillFartherFromTheMarkOpensNothing) {
  config::Limits limits;
  limits.max_price_deviation_bps = 200;
  CopierRig rig(with_limits(limits));
  rig.command(SetMark{.symbol = btc, .price = "50000"_price});
  const auto opens_at = [&](Price price) {
    rig.hand(rig.fill_of(Side::buy, "1"_qty, price));
    const auto orders = rig.taken();
    rig.executed(orders);
    return !orders.empty();
  };
  EXPECT_TRUE(opens_at("51000"_price));
  EXPECT_FALSE(opens_at("51000.00000001"_price));
  EXPECT_TRUE(opens_at("49000"_price));
  EXPECT_FALSE(opens_at("48999.99999999"_price));
  EXPECT_EQ(rig.skipped(0, Reject::price_collar), 2);
  EXPECT_EQ(rig.row(0).target, "2"_qty);
  // What the leader opened then is not ours to close, the rest is, at any price.
  rig.hand(rig.fill_of(Side::sell, "4"_qty, "1"_price));
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->kind, OrderKind::reduce);
  EXPECT_EQ(closes[0]->qty, "2"_qty);
}

TEST(PriceCollar, WithoutAMarkNothingOpens) {
  config::Limits limits;
  limits.max_price_deviation_bps = 10'000;
  CopierRig rig(with_limits(limits));
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  rig.command(SetMark{.symbol = eth, .price = "50000"_price});
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  rig.command(SetMark{.symbol = btc, .price = "50000"_price});
  rig.fill(Side::buy, "1"_qty);
  EXPECT_EQ(rig.taken().size(), 1U);
  // Said to be unknown again.
  rig.command(SetMark{.symbol = btc, .price = {}});
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::price_collar), 3);
}

TEST(PriceCollar, AnOldMarkIsNone) {
  config::Limits limits;
  limits.max_price_deviation_bps = 200;
  CopierRig rig(with_limits(limits));
  rig.command(SetMark{.symbol = btc, .price = "50000"_price});
  rig.clock.advance(30s);
  open(rig, "1"_qty);
  rig.clock.advance(1ns);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::price_collar), 1);
  expect_a_close_leaves(rig);
}

TEST(PriceCollar, WithoutACollarNoMarkIsAskedFor) {
  CopierRig rig(with_limits({}));
  rig.command(SetMark{.symbol = btc, .price = "1"_price});
  rig.fill(Side::buy, "1"_qty);
  EXPECT_EQ(rig.taken().size(), 1U);
}

// ---- losses ------------------------------------------------------------------------------------

config::Limits daily_loss(Usd amount) {
  config::Limits limits;
  limits.max_daily_loss = config::LossLimit{amount};
  return limits;
}

TEST(Losses, ADailyLossEndsOpeningUntilItIsResumed) {
  CopierRig rig(with_limits(daily_loss("50"_usd)));
  rig.command(equity_of("1000"_usd));
  open(rig, "1"_qty);
  rig.command(equity_of("950.00000001"_usd));
  EXPECT_EQ(state_of(rig), FollowerState::active);
  EXPECT_TRUE(rig.told().empty());
  rig.command(equity_of("950"_usd));
  EXPECT_EQ(state_of(rig), FollowerState::reduce_only);
  EXPECT_TRUE(restricted_by(rig, StateCause::breach));
  auto told = rig.told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("950, 1000 when the day began"), std::string::npos) << told[0];
  // Neither a better equity nor the next day lifts it, and it is told once.
  rig.command(equity_of("900"_usd));
  rig.command(equity_of("2000"_usd, 20'001));
  EXPECT_EQ(state_of(rig), FollowerState::reduce_only);
  EXPECT_TRUE(rig.told().empty());
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::reduce_only), 1);
  expect_a_close_leaves(rig);
  resume(rig);
  EXPECT_EQ(state_of(rig), FollowerState::active);
  rig.command(equity_of("1951"_usd, 20'001));
  EXPECT_EQ(state_of(rig), FollowerState::active);
  rig.command(equity_of("1950"_usd, 20'001));
  EXPECT_EQ(state_of(rig), FollowerState::reduce_only);
}

TEST(Losses, TheFloorEndsOpening) {
  config::Limits limits;
  limits.equity_floor = "200"_usd;
  CopierRig rig(with_limits(limits));
  rig.command(equity_of("200"_usd));
  EXPECT_EQ(state_of(rig), FollowerState::active);
  rig.command(equity_of("199"_usd));
  EXPECT_EQ(state_of(rig), FollowerState::reduce_only);
  // Resumed below the floor it is breached again by the next equity.
  resume(rig);
  EXPECT_EQ(state_of(rig), FollowerState::active);
  rig.command(equity_of("199"_usd));
  EXPECT_EQ(state_of(rig), FollowerState::reduce_only);
}

TEST(Losses, UnknownAndZeroBreachNothing) {
  config::Limits limits = daily_loss("1"_usd);
  limits.equity_floor = "200"_usd;
  limits.max_drawdown = config::LossLimit{"1"_usd};
  CopierRig rig(with_limits(limits));
  rig.command(equity_of("1000"_usd));
  rig.command(no_equity());
  rig.command(equity_of(Usd()));
  EXPECT_EQ(state_of(rig), FollowerState::active);
}

TEST(Losses, ARestartKeepsWhatTheyAreMeasuredFromAndABreach) {
  RowRecords rows;
  config::Limits limits = daily_loss("50"_usd);
  {
    CopierRig rig(with_limits(limits));
    rig.command(equity_of("1000"_usd));
    rig.command(equity_of("960"_usd));
    rows = rows_of(*rig.copier);
  }
  auto options = with_limits(limits);
  options.connected = false;
  CopierRig next(options);
  next.restore(rows);
  next.connect(bob);
  EXPECT_EQ(state_of(next), FollowerState::active);
  next.command(equity_of("950"_usd));
  EXPECT_EQ(state_of(next), FollowerState::reduce_only);
  CopierRig last(options);
  last.restore(rows_of(*next.copier));
  last.connect(bob);
  EXPECT_TRUE(restricted_by(last, StateCause::breach));
}

// ---- equity that is not known ------------------------------------------------------------------

TEST(UnknownEquity, AfterTenMinutesNothingOpensWhereALimitNeedsIt) {
  CopierRig rig(with_limits(daily_loss("50"_usd)));
  rig.command(equity_of("1000"_usd));
  rig.command(no_equity());
  rig.clock.advance(5min);
  rig.command(no_equity());
  rig.clock.advance(5min - 1ns);
  open(rig, "1"_qty);
  rig.clock.advance(1ns);
  rig.fill(Side::buy, "1"_qty);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::no_equity), 2);
  EXPECT_EQ(rig.told().size(), 1U);
  expect_a_close_leaves(rig);
  rig.command(equity_of("1000"_usd));
  rig.fill(Side::buy, "1"_qty);
  EXPECT_EQ(rig.taken().size(), 1U);
}

TEST(UnknownEquity, ItCountsFromTheConnectionOn) {
  CopierRig rig(with_limits(daily_loss("50"_usd)));
  rig.clock.advance(10min);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
}

TEST(UnknownEquity, NobodyAsksForItWhereNothingNeedsIt) {
  CopierRig rig(with_limits({}));
  rig.clock.advance(24h);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_EQ(rig.taken().size(), 1U);
}

// ---- the breaker -------------------------------------------------------------------------------

void refuse_an_increase(CopierRig& rig) {
  rig.fill(Side::buy, "1"_qty);
  const auto orders = rig.taken();
  ASSERT_EQ(orders.size(), 1U);
  rig.done(orders[0], OrderEnd::refused, {});
}

TEST(Breaker, ThreeRefusedIncreasesWithinAMinuteEndOpening) {
  CopierRig rig(with_limits({}));
  open(rig, "1"_qty);
  refuse_an_increase(rig);
  rig.clock.advance(30s);
  refuse_an_increase(rig);
  rig.clock.advance(30s);
  EXPECT_EQ(state_of(rig), FollowerState::active);
  rig.told();
  refuse_an_increase(rig);
  EXPECT_EQ(state_of(rig), FollowerState::reduce_only);
  EXPECT_TRUE(restricted_by(rig, StateCause::breaker));
  EXPECT_EQ(rig.told().size(), 1U);
  expect_a_close_leaves(rig);
  rig.clock.advance(1h);
  EXPECT_EQ(state_of(rig), FollowerState::reduce_only);
  resume(rig);
  EXPECT_EQ(state_of(rig), FollowerState::active);
}

TEST(Breaker, NotThreeWithinALittleMore) {
  CopierRig rig(with_limits({}));
  refuse_an_increase(rig);
  rig.clock.advance(30s);
  refuse_an_increase(rig);
  rig.clock.advance(30s + 1ns);
  refuse_an_increase(rig);
  EXPECT_EQ(state_of(rig), FollowerState::active);
  // The window moves: the last three are within a minute now.
  rig.clock.advance(29s);
  refuse_an_increase(rig);
  EXPECT_EQ(state_of(rig), FollowerState::reduce_only);
}

TEST(Breaker, ItCountsAnewAfterResume) {
  CopierRig rig(with_limits({}));
  refuse_an_increase(rig);
  refuse_an_increase(rig);
  resume(rig);
  refuse_an_increase(rig);
  refuse_an_increase(rig);
  EXPECT_EQ(state_of(rig), FollowerState::active);
}

TEST(Breaker, RefusedClosesAndUnfilledIncreasesDoNotCount) {
  CopierRig rig(with_limits({}));
  open(rig, "1"_qty);
  for (int i = 0; i < 4; ++i) {
    rig.fill(Side::buy, "1"_qty);
    rig.done(rig.taken().at(0), i % 2 == 0 ? OrderEnd::expired : OrderEnd::executed, {});
  }
  rig.fill(Side::sell, "5"_qty);
  for (int i = 0; i < 4; ++i) rig.done(rig.taken().at(0), OrderEnd::refused, {});
  EXPECT_EQ(rig.taken().size(), 1U);  // tried again
  EXPECT_EQ(state_of(rig), FollowerState::active);
}

// ---- the same order twice ----------------------------------------------------------------------

TEST(Twins, TheSameOrderForAnotherFillWithinASecondIsToldOnceAMinute) {
  CopierRig rig(with_limits({}));
  const auto buy = [&](Qty qty) {
    rig.fill(Side::buy, qty);
    rig.executed(rig.taken());
    return rig.told().size();
  };
  EXPECT_EQ(buy("1"_qty), 0U);
  rig.clock.advance(1s);
  EXPECT_EQ(buy("1"_qty), 1U);
  EXPECT_EQ(buy("1"_qty), 0U);
  rig.clock.advance(60s);
  EXPECT_EQ(buy("1"_qty), 0U);
  EXPECT_EQ(buy("2"_qty), 0U);
  rig.clock.advance(1s + 1ns);
  EXPECT_EQ(buy("2"_qty), 0U);
  EXPECT_EQ(buy("2"_qty), 1U);
  EXPECT_EQ(rig.row(0).position, "10"_qty);
}

// ---- quarantine --------------------------------------------------------------------------------

TEST(Quarantine, NothingOpensOnTheSymbolUntilAllOfItsOrdersAreResolved) {
  CopierRig rig(with_limits({}));
  open(rig, "1"_qty);
  rig.fill(Side::buy, "1"_qty);
  rig.fill(Side::buy, "2"_qty);
  const auto lost = rig.taken();
  ASSERT_EQ(lost.size(), 2U);
  rig.told();
  for (const Order& order : lost) {
    rig.report(OrderUnknown{.ref = order->ref, .follower = bob}, 0);
    EXPECT_EQ(rig.cells[0].quarantined.get(), 0);
  }
  for (const Order& order : lost)
    for (int i = 0; i < 2; ++i)
      rig.report(OrderUnknown{.ref = order->ref, .follower = bob, .quarantined = true}, 0);
  EXPECT_EQ(rig.cells[0].quarantined.get(), 1);
  auto told = rig.told();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told[0].find("BTCUSDT"), std::string::npos);
  EXPECT_EQ(rig.outcome(0, Outcome::unknown), 2);

  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::quarantined), 1);
  auto elsewhere = rig.fill_of(Side::buy, "1"_qty, "2000"_price);
  elsewhere.symbol = eth;
  rig.hand(elsewhere);
  EXPECT_EQ(rig.taken().size(), 1U);

  rig.done(lost[0], OrderEnd::executed, "1"_qty);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  rig.done(lost[1], OrderEnd::executed, {});
  EXPECT_EQ(rig.cells[0].quarantined.get(), 0);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_EQ(rig.taken().size(), 1U);
}

TEST(Quarantine, AClosePasses) {
  CopierRig rig(with_limits({}));
  open(rig, "3"_qty);
  rig.fill(Side::buy, "1"_qty);
  rig.report(OrderUnknown{.ref = rig.taken().at(0)->ref, .follower = bob, .quarantined = true}, 0);
  rig.fill(Side::sell, "4"_qty);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 1U);
  EXPECT_EQ(closes[0]->kind, OrderKind::reduce);
}

TEST(Quarantine, ARestartKeepsIt) {
  CopierRig rig(with_limits({}));
  rig.fill(Side::buy, "1"_qty);
  rig.report(OrderUnknown{.ref = rig.taken().at(0)->ref, .follower = bob, .quarantined = true}, 0);
  auto options = with_limits({});
  options.connected = false;
  CopierRig next(options);
  next.restore(rows_of(*rig.copier));
  next.connect(bob);
  EXPECT_EQ(next.cells[0].quarantined.get(), 1);
  const auto again = next.taken();
  ASSERT_EQ(again.size(), 1U);
  next.fill(Side::buy, "1"_qty);
  EXPECT_EQ(next.skipped(0, Reject::quarantined), 1);
  next.done(again[0], OrderEnd::executed, "1"_qty);
  EXPECT_EQ(next.cells[0].quarantined.get(), 0);
}

// ---- what outlives a run -----------------------------------------------------------------------

TEST(Restart, CausesThatAreOfTheRunAloneAreNotKept) {
  CopierRig rig(with_limits({}));
  for (std::size_t i = 0; i < state_cause_count; ++i)
    rig.command(SetState{
        .follower = bob, .cause = static_cast<StateCause>(i), .state = FollowerState::reduce_only});
  auto options = with_limits({});
  options.connected = false;
  CopierRig next(options);
  next.restore(rows_of(*rig.copier));
  next.connect(bob);
  for (const StateCause cause : {StateCause::operator_, StateCause::leader, StateCause::engine,
                                 StateCause::breach, StateCause::breaker, StateCause::health,
                                 StateCause::recovery})
    EXPECT_TRUE(restricted_by(next, cause)) << name_of(cause);
  for (const StateCause cause : {StateCause::configuration, StateCause::connection,
                                 StateCause::journal, StateCause::kill})
    EXPECT_FALSE(restricted_by(next, cause)) << name_of(cause);
}

TEST(Wishes, TheNewestAboutEachIsKept) {
  CopierRig rig(with_limits({}));
  const auto say = [&](OperatorWord::About about, OperatorWord::Word word, std::uint16_t account) {
    OperatorWord said;
    said.about = about;
    said.word = word;
    said.account = account;
    rig.command(said);
  };
  using About = OperatorWord::About;
  using Word = OperatorWord::Word;
  say(About::follower, Word::halt, 0);
  say(About::follower, Word::pause, 0);
  say(About::leader, Word::flatten, 1);
  say(About::all, Word::halt, 0);
  say(About::all, Word::resume, 0);
  say(About::leader, Word::pause, 7);  // no such leader
  auto options = with_limits({});
  CopierRig next(options);
  EXPECT_EQ(next.restore(rows_of(*rig.copier)), 0U);
  std::vector<journal::Wish> wishes;
  for (const auto& row : rows_of(*next.copier).all)
    if (row.type == static_cast<std::uint16_t>(journal::Type::wish))
      wishes.push_back(row.as<journal::Wish>());
  ASSERT_EQ(wishes.size(), 3U);
  EXPECT_EQ(wishes[0].about, About::all);
  EXPECT_EQ(wishes[0].state, FollowerState::active);
  EXPECT_EQ(wishes[1].about, About::leader);
  EXPECT_EQ(wishes[1].state, FollowerState::halted);
  EXPECT_EQ(wishes[1].account, 1);
  EXPECT_EQ(wishes[2].about, About::follower);
  EXPECT_EQ(wishes[2].state, FollowerState::reduce_only);
}

}  // namespace
}  // namespace copyd::test
