#include "risk/copier.hpp"

#include <gtest/gtest.h>

#include <set>
#include <variant>

#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;
using namespace std::chrono_literals;

std::vector<std::uint16_t> followers_of(const std::vector<Order>& orders) {
  std::vector<std::uint16_t> all;
  for (const auto& order : orders) all.push_back(order->follower.value);
  return all;
}

TEST(Copier, AFillBecomesAnOrderOnTheLaneOfEachFollower) {
  CopierRig rig;
  rig.fill(Side::buy, "0.02"_qty);
  EXPECT_EQ(followers_of(rig.taken(0)), (std::vector<std::uint16_t>{0, 2}));
  const auto second = rig.taken(1);
  ASSERT_EQ(followers_of(second), std::vector<std::uint16_t>{1});
  EXPECT_EQ(second[0]->qty, "0.02"_qty);
  EXPECT_EQ(second[0]->side, Side::buy);
  EXPECT_EQ(second[0]->symbol, btc);
  EXPECT_EQ(rig.copier->in_flight(), 3U);
  EXPECT_EQ(rig.cells[1].orders.get(), 1);
  EXPECT_EQ(rig.cells[1].in_flight.get(), 1);
}

TEST(Copier, TheFirstFollowerRotatesWithEveryFill) {
  CopierRig rig({.followers = 3, .lanes = 1});
  std::vector<std::vector<std::uint16_t>> seen;
  for (int i = 0; i < 4; ++i) {
    rig.fill(Side::buy, "0.02"_qty);
    seen.push_back(followers_of(rig.taken(0)));
  }
  using Row = std::vector<std::uint16_t>;
  EXPECT_EQ(seen, (std::vector<Row>{Row{0, 1, 2}, Row{1, 2, 0}, Row{2, 0, 1}, Row{0, 1, 2}}));
}

TEST(Copier, IdentitiesAreOfTheFillAndTheFollower) {
  CopierRig one;
  CopierRig other({.followers = 2, .lanes = 1});
  one.fill(Side::buy, "0.02"_qty);
  other.fill(Side::buy, "0.03"_qty);
  std::set<CopyId> ids;
  const auto first = one.taken();
  for (const auto& order : first) ids.insert(order->copy_id);
  EXPECT_EQ(ids.size(), 3U);
  for (const auto& order : other.taken()) EXPECT_EQ(ids.count(order->copy_id), 1U);
}

TEST(Copier, ResultsMoveThePositionAndTheOutcomeIsCopied) {
  CopierRig rig;
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  for (std::uint16_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.row(i).position, "0.02"_qty);
    EXPECT_EQ(rig.outcome(i, Outcome::copied), 1);
    EXPECT_EQ(rig.cells[i].in_flight.get(), 0);
  }
  EXPECT_EQ(rig.copier->in_flight(), 0U);
}

TEST(Copier, EveryFillEndsInExactlyOneOutcome) {
  CopierRig rig;
  rig.fill(Side::sell, "0.0001"_qty);  // carried: below every minimum
  rig.fill(Side::buy, "0.0001"_qty);   // closes it again: carried
  rig.fill(Side::buy, "0.02"_qty);     // copied
  rig.executed(rig.taken());
  rig.fill(Side::buy, "0.02"_qty);  // missed
  for (const auto& order : rig.taken()) rig.done(order, OrderEnd::expired, Qty());
  rig.fill(Side::buy, "0.02"_qty);  // refused
  for (const auto& order : rig.taken()) rig.done(order, OrderEnd::refused, Qty());
  LeaderFill unlisted = rig.fill_of(Side::buy, "1"_qty);
  unlisted.symbol = no_filters;
  rig.hand(unlisted);  // skipped
  unlisted.side = Side::sell;
  rig.hand(unlisted);  // none: no share was held
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.outcome(i, Outcome::carried), 2);
    EXPECT_EQ(rig.outcome(i, Outcome::copied), 1);
    EXPECT_EQ(rig.outcome(i, Outcome::skipped), 2);
    EXPECT_EQ(rig.skipped(i, Reject::missed), 1);
    EXPECT_EQ(rig.skipped(i, Reject::unknown_symbol), 1);
    EXPECT_EQ(rig.outcome(i, Outcome::failed), 1);
    EXPECT_EQ(rig.outcome(i, Outcome::none), 1);
    EXPECT_EQ(rig.outcome(i, Outcome::unknown), 0);
  }
}

TEST(Copier, AnUnknownOrderStaysInFlightUntilItIsResolved) {
  CopierRig rig({.followers = 1, .lanes = 1});
  rig.fill(Side::buy, "0.02"_qty);
  const auto sent = rig.taken();
  const OrderUnknown unknown{.ref = sent.at(0)->ref, .follower = FollowerId{0}};
  rig.report(unknown, 0);
  rig.report(unknown, 0);
  EXPECT_EQ(rig.outcome(0, Outcome::unknown), 1);
  EXPECT_EQ(rig.copier->in_flight(), 1U);
  rig.executed(sent);
  EXPECT_EQ(rig.outcome(0, Outcome::unknown), 0);
  EXPECT_EQ(rig.outcome(0, Outcome::copied), 1);
  rig.executed(sent);  // told twice
  rig.report(unknown, 0);
  EXPECT_EQ(rig.outcome(0, Outcome::unknown), 0);
  EXPECT_EQ(rig.outcome(0, Outcome::copied), 1);
  EXPECT_EQ(rig.row(0).position, "0.02"_qty);
}

TEST(Copier, ACloseIsTriedAgainAndBelongsToItsFill) {
  CopierRig rig({.followers = 1, .lanes = 1});
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  rig.fill(Side::sell, "0.02"_qty);
  rig.done(rig.taken().at(0), OrderEnd::executed, Qty());
  EXPECT_EQ(rig.outcome(0, Outcome::copied), 1);  // the opening's
  const auto again = rig.taken();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0]->kind, OrderKind::reduce);
  rig.executed(again);
  EXPECT_EQ(rig.outcome(0, Outcome::copied), 2);
  EXPECT_EQ(rig.row(0).position, Qty());
}

TEST(Copier, ARefusedCloseIsAFailureAndIsTriedAgain) {
  CopierRig rig({.followers = 1, .lanes = 1});
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  rig.fill(Side::sell, "0.02"_qty);
  rig.done(rig.taken().at(0), OrderEnd::refused, Qty());
  EXPECT_EQ(rig.outcome(0, Outcome::failed), 1);
  rig.executed(rig.taken());
  EXPECT_EQ(rig.row(0).position, Qty());
  EXPECT_EQ(rig.outcome(0, Outcome::failed), 1);
  EXPECT_EQ(rig.outcome(0, Outcome::copied), 1);
}

TEST(Copier, ACloseThatFoundNothingIsNotTriedAgain) {
  CopierRig rig({.followers = 1, .lanes = 1});
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  rig.fill(Side::sell, "0.02"_qty);
  rig.done(rig.taken().at(0), OrderEnd::flat, Qty());
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.outcome(0, Outcome::skipped), 1);
  EXPECT_EQ(rig.skipped(0, Reject::flat), 1);
  EXPECT_EQ(rig.told().size(), 1U);
  rig.report(
      FollowerPosition{.follower = FollowerId{0}, .symbol = btc, .leg = Leg::both, .qty = {}}, 0);
  EXPECT_EQ(rig.row(0).position, Qty());
  EXPECT_TRUE(rig.taken().empty());
}

TEST(Copier, TheAgeOfAFillIsByTheVenuesClock) {
  auto link = link_to("alpha", config::FixedRatio{"1"_ratio});
  link.max_fill_age = 500ms;
  CopierRig rig({.followers = 1, .lanes = 1, .link = link});
  LeaderFill fill = rig.fill_of(Side::buy, "0.02"_qty);
  rig.clock.advance(500ms);
  rig.hand(fill);
  EXPECT_EQ(rig.taken().size(), 1U);
  rig.clock.advance(1ms);
  fill.trade = TradeId{99};
  rig.hand(fill);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::stale_fill), 1);
}

TEST(Copier, ALeadersPositionIsHandedToItsFollowers) {
  CopierRig rig({.followers = 2, .lanes = 1});
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  rig.hand(
      LeaderPosition{.leader = alpha, .symbol = btc, .leg = Leg::both, .qty = {}, .as_of = {}});
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 2U);
  EXPECT_EQ(closes[0]->kind, OrderKind::reduce);
  EXPECT_EQ(closes[0]->received.ns, 0);
  EXPECT_NE(closes[0]->copy_id, closes[1]->copy_id);
  rig.hand(
      LeaderPosition{.leader = beta, .symbol = btc, .leg = Leg::both, .qty = "1"_qty, .as_of = {}});
  EXPECT_TRUE(rig.taken().empty());
}

TEST(Copier, EquitiesAreForWhoeverNeedsThem) {
  CopierRig rig(
      {.followers = 1, .lanes = 1, .link = link_to("alpha", config::EquityRatio{"1"_ratio})});
  rig.fill(Side::buy, "0.2"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::no_equity), 1);
  rig.command(SetLeaderEquity{.leader = alpha, .equity = "10000"_usd, .known = true});
  rig.command(SetFollowerEquity{
      .follower = FollowerId{0}, .equity = "1000"_usd, .transfers = {}, .known = true});
  rig.fill(Side::buy, "0.2"_qty);
  EXPECT_EQ(rig.taken().at(0)->qty, "0.02"_qty);
  rig.command(SetLeaderEquity{.leader = alpha, .equity = "10000"_usd, .known = false});
  rig.fill(Side::buy, "0.2"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::no_equity), 2);
}

TEST(Copier, StatesAreKeptByCauseAndShown) {
  CopierRig rig({.followers = 1, .lanes = 1, .connected = false});
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::reduce_only));
  EXPECT_EQ(rig.cells[0].causes.get(), 1 << static_cast<int>(StateCause::connection));
  rig.connect(FollowerId{0});
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::active));
  rig.command(SetState{
      .follower = FollowerId{0}, .cause = StateCause::engine, .state = FollowerState::halted});
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::halted));
  rig.fill(Side::buy, "0.02"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::halted), 1);
  rig.connect(FollowerId{0}, PositionMode::one_way, false);
  rig.command(SetState{
      .follower = FollowerId{0}, .cause = StateCause::engine, .state = FollowerState::active});
  EXPECT_EQ(rig.cells[0].causes.get(), 1 << static_cast<int>(StateCause::connection));
  rig.fill(Side::buy, "0.02"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::reduce_only), 1);
}

TEST(Copier, TheConfigurationRestrictsToo) {
  CopierRig rig({.followers = 1, .lanes = 1, .state = config::FollowerMode::reduce_only});
  EXPECT_EQ(rig.cells[0].causes.get(), 1 << static_cast<int>(StateCause::configuration));
  rig.fill(Side::buy, "0.02"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::reduce_only), 1);
}

TEST(Copier, AModeThatChangesUnderAPositionStopsOpenings) {
  CopierRig rig({.followers = 1, .lanes = 1});
  rig.fill(Side::buy, "0.02"_qty);
  rig.executed(rig.taken());
  rig.connect(FollowerId{0}, PositionMode::one_way, false);
  rig.connect(FollowerId{0}, PositionMode::hedge);
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::reduce_only));
  EXPECT_EQ(rig.told().size(), 1U);
  rig.connect(FollowerId{0}, PositionMode::one_way);
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::active));
}

TEST(Copier, AModeThatWasRefusedIsTakenOnceNothingIsHeld) {
  CopierRig rig({.followers = 1, .lanes = 1});
  rig.fill(Side::buy, "0.02"_qty);
  const auto opening = rig.taken();
  rig.connect(FollowerId{0}, PositionMode::hedge);  // said once
  rig.done(opening.at(0), OrderEnd::refused, Qty());
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::active));
  rig.fill(Side::buy, "0.03"_qty);
  const auto sent = rig.taken();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0]->leg, Leg::long_);

  rig.executed(sent);
  rig.connect(FollowerId{0}, PositionMode::one_way);
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::reduce_only));
  rig.fill(Side::sell, "0.05"_qty);
  rig.done(rig.taken().at(0), OrderEnd::flat, Qty());
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::reduce_only));
  rig.report(
      FollowerPosition{.follower = FollowerId{0}, .symbol = btc, .leg = Leg::long_, .qty = {}}, 0);
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::active));
}

TEST(Copier, AHedgeFollowerHasItsOwnLegs) {
  CopierRig rig({.followers = 1, .lanes = 1, .connected = false});
  rig.connect(FollowerId{0}, PositionMode::hedge);
  rig.fill(Side::sell, "0.02"_qty);
  const auto sent = rig.taken();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0]->leg, Leg::short_);
  rig.executed(sent);
  EXPECT_EQ(rig.row(0, Leg::short_).position, "-0.02"_qty);
}

TEST(Copier, OutOfSyncIsToldOncePerFill) {
  CopierRig rig;
  LeaderFill fill = rig.fill_of(Side::sell, "0.02"_qty);
  fill.leg = Leg::long_;
  rig.hand(fill);
  EXPECT_EQ(rig.told().size(), 1U);
  EXPECT_EQ(rig.skipped(2, Reject::out_of_sync), 1);
}

TEST(Copier, TheBookIsAnsweredInRowsAndAnEnd) {
  CopierRig rig;
  rig.fill(Side::buy, "0.02"_qty);
  rig.command(QueryBook{.query = 7});
  std::vector<BookAnswer> answers;
  BookAnswer answer;
  while (rig.answers->try_pop(answer)) answers.push_back(answer);
  ASSERT_EQ(answers.size(), 4U);
  for (std::uint16_t i = 0; i < 3; ++i) {
    const auto& row = std::get<BookRow>(answers[i]);
    EXPECT_EQ(row.query, 7U);
    EXPECT_EQ(row.follower, FollowerId{i});
    EXPECT_EQ(row.target, "0.02"_qty);
    EXPECT_EQ(row.position, Qty());
    EXPECT_EQ(row.in_flight, "0.02"_qty);
  }
  EXPECT_EQ(std::get<BookEnd>(answers[3]).query, 7U);
}

TEST(Copier, ALongAnswerWaitsForWhoeverReadsIt) {
  CopierRig rig({.followers = 200, .lanes = 1, .answers_capacity = 8});
  rig.fill(Side::buy, "0.02"_qty);
  rig.command(QueryBook{.query = 1});
  rig.command(QueryBook{.query = 2});
  std::vector<BookAnswer> answers;
  for (int i = 0; i < 500; ++i) {
    BookAnswer answer;
    while (rig.answers->try_pop(answer)) answers.push_back(answer);
    rig.copier->do_work();
  }
  ASSERT_EQ(answers.size(), 402U);
  EXPECT_EQ(std::get<BookEnd>(answers[200]).query, 1U);
  EXPECT_EQ(std::get<BookEnd>(answers[401]).query, 2U);
}

TEST(Copier, TooManyQuestionsAreSaid) {
  CopierRig rig({.followers = 1, .lanes = 1, .answers_capacity = 1});
  rig.fill(Side::buy, "0.02"_qty);
  for (std::uint32_t i = 0; i < Copier::queries_max + 1; ++i) rig.command(QueryBook{.query = i});
  EXPECT_EQ(rig.told().size(), 1U);
}

TEST(Copier, WhatNamesNobodyIsIgnored) {
  CopierRig rig;
  LeaderFill fill = rig.fill_of(Side::buy, "0.02"_qty);
  fill.leader = LeaderId{9};
  rig.hand(fill);
  fill = rig.fill_of(Side::buy, "0.02"_qty);
  fill.symbol = SymbolId{999};
  rig.hand(fill);
  fill = rig.fill_of(Side::buy, Qty());
  rig.hand(fill);
  rig.hand(LeaderPosition{.leader = LeaderId{9}, .symbol = btc, .qty = "1"_qty, .as_of = {}});
  rig.hand(LeaderPosition{.leader = alpha, .symbol = SymbolId{999}, .qty = "1"_qty, .as_of = {}});
  rig.command(SetState{.follower = FollowerId{9}});
  rig.command(SetFollowerEquity{.follower = FollowerId{9}, .equity = {}, .transfers = {}});
  rig.command(SetLeaderEquity{.leader = LeaderId{9}, .equity = {}});
  rig.command(SetMark{.symbol = SymbolId{999}, .price = "1"_price});
  rig.report(FollowerPosition{.follower = FollowerId{9}, .symbol = btc, .qty = {}}, 0);
  rig.report(FollowerLink{.follower = FollowerId{9}, .ready = true}, 0);
  rig.report(OrderDone{.ref = {.slot = 5, .generation = 1},
                       .follower = FollowerId{0},
                       .filled = {},
                       .average = {},
                       .venue_time = {}},
             0);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.copier->in_flight(), 0U);
}

TEST(Copier, TheTimeToDecideIsRecordedFromTheDecodedFillOn) {
  CopierRig rig({.followers = 2, .lanes = 1});
  LeaderFill fill = rig.fill_of(Side::buy, "0.02"_qty);
  fill.decoded_ns = 1'000;
  rig.clock.advance(std::chrono::nanoseconds(21'000));
  rig.hand(fill);
  const Histogram& decide = rig.stages[Stage::decide];
  EXPECT_EQ(decide.count(), 2U);
  EXPECT_NEAR(static_cast<int>(decide.percentile(5'000)), 20'000, 20'000 / 32);
}

}  // namespace
}  // namespace copyd::risk
