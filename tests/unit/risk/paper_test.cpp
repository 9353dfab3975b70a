// A shadow: decided as any follower, filled on paper at the mark, and never sent.
#include <gtest/gtest.h>

#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::test {
namespace {

constexpr FollowerId first{0};

CopierRig::Options shadow() {
  CopierRig::Options options;
  options.followers = 1;
  options.state = config::FollowerMode::shadow;
  options.connected = false;
  return options;
}

struct Shadow : CopierRig {
  explicit Shadow(const Options& options = shadow()) : CopierRig(options) {}
  void mark(Price price) { command(SetMark{.symbol = btc, .price = price}); }
  void trade(Side side, Qty qty, Price price = "50000"_price) { hand(fill_of(side, qty, price)); }
  void expect_paper(Usd realised, Usd fees, Usd unrealised) const {
    EXPECT_EQ(Usd::from_units(cells[0].paper_realised.get()), realised);
    EXPECT_EQ(Usd::from_units(cells[0].paper_fees.get()), fees);
    EXPECT_EQ(Usd::from_units(cells[0].paper_unrealised.get()), unrealised);
  }
};

TEST(Paper, OpensClosesAndTurnsAtTheMarkWithoutAConnection) {
  Shadow rig;
  EXPECT_EQ(rig.cells[0].is_shadow.get(), 1);
  rig.mark("50000"_price);
  rig.trade(Side::buy, "1"_qty, "50010"_price);
  EXPECT_EQ(rig.row(0).position, "1"_qty);
  rig.expect_paper("0"_usd, "25"_usd, "0"_usd);
  rig.mark("51000"_price);
  rig.expect_paper("0"_usd, "25"_usd, "1000"_usd);
  rig.trade(Side::sell, "0.4"_qty);
  rig.expect_paper("400"_usd, "35.2"_usd, "600"_usd);
  rig.trade(Side::sell, "1"_qty);
  EXPECT_EQ(rig.row(0).position, Qty() - "0.4"_qty);
  rig.expect_paper("1000"_usd, "60.7"_usd, "0"_usd);
  rig.mark("50000"_price);
  rig.expect_paper("1000"_usd, "60.7"_usd, "400"_usd);
  EXPECT_EQ(rig.outcome(0, Outcome::copied), 3);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.cells[0].orders.get(), 0);
  EXPECT_EQ(rig.copier->in_flight(), 0U);
}

TEST(Paper, TheCostOfAPartIsRoundedAndNothingOfItIsLost) {
  Shadow rig;
  rig.mark("33333.33333336"_price);
  rig.trade(Side::buy, "0.003"_qty);
  rig.trade(Side::buy, "0.003"_qty);
  EXPECT_EQ(rig.row(0).position, "0.006"_qty);
  rig.expect_paper("0"_usd, "0.1"_usd, "0"_usd);
  rig.mark("40000"_price);
  rig.trade(Side::sell, "0.002"_qty, "40000"_price);
  // 200.00000000 for 0.006; 66.66666667 of it for 0.002, which brings 80.
  rig.expect_paper("13.33333333"_usd, "0.14"_usd, "26.66666667"_usd);
  rig.trade(Side::sell, "0.004"_qty, "40000"_price);
  rig.expect_paper("40"_usd, "0.22"_usd, "0"_usd);
}

TEST(Paper, ALimitThatTheMarkIsBeyondIsMissed) {
  auto options = shadow();
  options.link.order = {.type = config::OrderStyle::Type::limit_ioc, .max_slippage_bps = 50};
  Shadow rig(options);
  rig.mark("50250.1"_price);
  rig.trade(Side::buy, "1"_qty, "50000"_price);
  EXPECT_EQ(rig.row(0).position, "0"_qty);
  EXPECT_EQ(rig.row(0).target, "0"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::missed), 1);
  rig.mark("50250"_price);
  rig.trade(Side::buy, "1"_qty, "50000"_price);
  EXPECT_EQ(rig.row(0).position, "1"_qty) << "the limit itself is within it";
  rig.expect_paper("0"_usd, "25.125"_usd, "0"_usd);
  // A close is a market order, wherever the mark is.
  rig.mark("40000"_price);
  rig.trade(Side::sell, "2"_qty, "50000"_price);
  rig.expect_paper("-10250"_usd, "45.125"_usd, "0"_usd);
}

TEST(Paper, WithoutAMarkOrWithAnOldOneTheLeadersPriceCounts) {
  Shadow rig;
  rig.trade(Side::buy, "1"_qty, "48000"_price);
  rig.expect_paper("0"_usd, "24"_usd, "0"_usd);
  rig.mark("50000"_price);
  rig.clock.advance(std::chrono::seconds(31));
  rig.trade(Side::sell, "1"_qty, "47000"_price);
  rig.expect_paper("-1000"_usd, "47.5"_usd, "0"_usd);
}

TEST(Paper, WhatItsAccountHoldsAndWhetherItIsConnectedIsNothingToIt) {
  Shadow rig;
  rig.mark("50000"_price);
  rig.connect(first);
  rig.trade(Side::buy, "1"_qty);
  rig.report(FollowerPosition{.follower = first, .symbol = btc, .leg = Leg::both, .qty = {}}, 0);
  rig.report(PositionsTaken{.follower = first}, 0);
  rig.connect(first, PositionMode::one_way, false);
  EXPECT_EQ(rig.row(0).position, "1"_qty);
  EXPECT_EQ(rig.cells[0].causes.get(), 0);
  rig.trade(Side::buy, "1"_qty);
  EXPECT_EQ(rig.row(0).position, "2"_qty);
  // The account's mode is taken over when nothing is held.
  rig.connect(first, PositionMode::hedge);
  EXPECT_EQ(rig.row(0).position, "2"_qty);
  EXPECT_EQ(rig.cells[0].causes.get(), 0);
  rig.trade(Side::sell, "2"_qty);
  EXPECT_EQ(rig.copier->book(first).mode(), PositionMode::hedge);
  rig.trade(Side::buy, "1"_qty);
  EXPECT_EQ(rig.row(0, Leg::long_).position, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
}

TEST(Paper, AFlattenClosesThePaperAtOnceAndHalts) {
  Shadow rig;
  rig.mark("50000"_price);
  rig.trade(Side::buy, "1"_qty);
  rig.mark("52000"_price);
  rig.command(Flatten{.follower = first, .everything = true});
  EXPECT_EQ(rig.row(0).position, "0"_qty);
  EXPECT_EQ(rig.row(0).target, "0"_qty);
  rig.expect_paper("2000"_usd, "51"_usd, "0"_usd);
  EXPECT_EQ(rig.cells[0].flattening.get(), 0);
  EXPECT_EQ(rig.cells[0].state.get(), static_cast<std::int64_t>(FollowerState::halted));
  EXPECT_TRUE(rig.taken().empty());
}

TEST(Paper, LimitsAndPausesHoldAsForAnyFollower) {
  auto options = shadow();
  options.limits.max_order_notional = "25000"_usd;
  Shadow rig(options);
  rig.mark("50000"_price);
  rig.trade(Side::buy, "1"_qty);
  EXPECT_EQ(rig.row(0).position, "0.5"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::max_order_notional), 1);
  rig.command(
      SetState{.follower = first, .cause = StateCause::operator_, .state = FollowerState::halted});
  rig.trade(Side::sell, "1"_qty);
  EXPECT_EQ(rig.row(0).position, "0.5"_qty);
  rig.command(
      SetState{.follower = first, .cause = StateCause::operator_, .state = FollowerState::active});
  EXPECT_EQ(rig.row(0).position, "0"_qty);
}

TEST(Paper, SizedByAnEquityThatIsNotKnownItOpensNothing) {
  auto options = shadow();
  options.link = link_to("alpha", config::EquityRatio{Ratio::whole(1)});
  Shadow rig(options);
  rig.mark("50000"_price);
  rig.command(SetLeaderEquity{.leader = alpha, .equity = "1000"_usd, .known = true});
  rig.trade(Side::buy, "1"_qty);
  EXPECT_EQ(rig.skipped(0, Reject::no_equity), 1);
  rig.command(
      SetFollowerEquity{.follower = first, .equity = "500"_usd, .transfers = {}, .known = true});
  rig.trade(Side::buy, "1"_qty);
  EXPECT_EQ(rig.row(0).position, "0.5"_qty);
}

TEST(Paper, ItsRowsSayWhatKindOfBookItIsAndMakeItAgain) {
  Shadow rig;
  rig.mark("50000"_price);
  EXPECT_EQ(rows_of(*rig.copier).count(journal::Type::paper), 1U);
  rig.trade(Side::buy, "1"_qty);
  rig.mark("51000"_price);
  rig.trade(Side::sell, "0.4"_qty);
  const RowRecords rows = rows_of(*rig.copier);
  EXPECT_EQ(rows.count(journal::Type::paper), 2U);
  EXPECT_EQ(rows.count(journal::Type::held_leg), 0U);
  Shadow again;
  EXPECT_EQ(again.restore(rows), 0U);
  again.mark("51000"_price);
  EXPECT_EQ(again.row(0).position, "0.6"_qty);
  again.expect_paper("400"_usd, "35.2"_usd, "600"_usd);
  // An active follower's book takes none of it.
  CopierRig real({.followers = 1});
  EXPECT_EQ(real.restore(rows), 2U);
  EXPECT_EQ(real.row(0).position, "0"_qty);
}

}  // namespace
}  // namespace copyd::test
