// on_start = "adopt": what the leader holds when a link first appears is one opening at the mark.
#include <gtest/gtest.h>

#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::test {
namespace {

constexpr FollowerId first{0};

CopierRig::Options one(config::Sizing sizing) {
  CopierRig::Options options;
  options.followers = 1;
  options.link = link_to("alpha", sizing);
  return options;
}

struct Adopting : CopierRig {
  explicit Adopting(const Options& options = one(config::FixedRatio{"0.5"_ratio}),
                    bool marked = true)
      : CopierRig(options) {
    RowRecords rows;
    rows.put(journal::Adopting{.follower = first, .link = 0, .leader = alpha});
    EXPECT_EQ(restore(rows), 0U);
    if (marked) mark();
  }
  void mark(Price price = "50000"_price) { command(SetMark{.symbol = btc, .price = price}); }
  void holds(Qty qty, Leg leg = Leg::both) {
    hand(LeaderPosition{.leader = alpha, .symbol = btc, .leg = leg, .qty = qty, .as_of = {}});
  }
  void synced() { hand(LeaderSynced{.leader = alpha, .begun = {}, .until = {}}); }
  std::size_t waiting() const { return rows_of(*copier).count(journal::Type::adopting); }
};

Qty only_order(Adopting& rig) {
  const auto orders = rig.taken();
  EXPECT_EQ(orders.size(), 1U);
  if (orders.size() != 1) return Qty();
  EXPECT_EQ(orders[0]->received.ns, 0) << "no fill caused it: it waits until its cause is kept";
  EXPECT_EQ(orders[0]->kind, OrderKind::increase);
  return orders[0]->side == Side::buy ? orders[0]->qty : -orders[0]->qty;
}

TEST(Adopt, EachPositionIsOneOpeningAtTheMark) {
  Adopting rig;
  rig.holds("2"_qty);
  rig.synced();
  EXPECT_EQ(only_order(rig), "1"_qty);
  EXPECT_EQ(rig.row(0).target, "1"_qty);
  EXPECT_EQ(rig.waiting(), 0U);
  EXPECT_EQ(rig.outcome(0, Outcome::copied), 0) << "it is no fill of the leader";
}

TEST(Adopt, IsSizedAsAFillOfThatQuantity) {
  Adopting notional(one(config::FixedNotional{"1000"_usd}));
  notional.holds("-2"_qty);
  EXPECT_EQ(only_order(notional), Qty() - "0.02"_qty);
  Adopting quantity(one(config::FixedQuantity{"0.3"_qty}));
  quantity.holds("2"_qty);
  EXPECT_EQ(only_order(quantity), "0.3"_qty);
}

TEST(Adopt, WaitsForTheEquityThatItIsSizedBy) {
  Adopting rig(one(config::EquityRatio{Ratio::whole(1)}));
  rig.holds("2"_qty);
  rig.synced();
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.waiting(), 1U);
  rig.command(
      SetFollowerEquity{.follower = first, .equity = "500"_usd, .transfers = {}, .known = true});
  EXPECT_TRUE(rig.taken().empty());
  rig.command(SetLeaderEquity{.leader = alpha, .equity = "1000"_usd, .known = true});
  EXPECT_EQ(only_order(rig), "1"_qty);
}

TEST(Adopt, WaitsForAMarkOfToday) {
  Adopting rig(one(config::FixedRatio{"0.5"_ratio}), false);
  rig.holds("2"_qty);
  rig.synced();
  EXPECT_TRUE(rig.taken().empty());
  rig.command(SetMark{.symbol = eth, .price = "3000"_price});
  EXPECT_TRUE(rig.taken().empty());
  rig.mark();
  EXPECT_EQ(only_order(rig), "1"_qty);

  Adopting old;
  old.clock.advance(std::chrono::seconds(31));
  old.holds("2"_qty);
  EXPECT_TRUE(old.taken().empty());
}

TEST(Adopt, WaitsForTheConnection) {
  auto options = one(config::FixedRatio{"0.5"_ratio});
  options.connected = false;
  Adopting rig(options);
  rig.holds("2"_qty);
  rig.synced();
  EXPECT_TRUE(rig.taken().empty());
  rig.connect(first);
  EXPECT_EQ(only_order(rig), "1"_qty);
}

TEST(Adopt, OnlyWhatWasHeldAtFirstAndOnlyOnce) {
  Adopting rig;
  rig.holds("2"_qty);
  rig.synced();
  rig.executed(rig.taken());
  rig.holds("3"_qty);
  rig.mark("50100"_price);
  rig.synced();
  EXPECT_TRUE(rig.taken().empty()) << "what he holds more by now was missed, not there at first";
  Adopting flat;
  flat.synced();
  flat.holds("2"_qty);
  EXPECT_TRUE(flat.taken().empty());
}

// A start that was killed before the leader was whole reads his positions once more.
TEST(Adopt, APositionToldAgainIsNotAdoptedAgain) {
  Adopting rig;
  rig.holds("2"_qty);
  rig.executed(rig.taken());
  rig.holds("2"_qty);
  rig.holds("2.5"_qty);
  rig.synced();
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.row(0).position, "1"_qty);
}

TEST(Adopt, WhatIsClosedWhileItWaitsIsNotOpened) {
  Adopting rig(one(config::FixedRatio{"0.5"_ratio}), false);
  rig.holds("2"_qty);
  rig.synced();
  rig.fill(Side::sell, "1"_qty);
  EXPECT_TRUE(rig.taken().empty());
  rig.mark();
  EXPECT_EQ(only_order(rig), "0.5"_qty);

  Adopting closed(one(config::FixedRatio{"0.5"_ratio}), false);
  closed.holds("2"_qty);
  closed.synced();
  closed.fill(Side::sell, "3"_qty);
  closed.executed(closed.taken());
  EXPECT_EQ(closed.row(0).position, Qty() - "0.5"_qty) << "what he opened then is a fill";
  closed.mark();
  EXPECT_TRUE(closed.taken().empty());
}

TEST(Adopt, AFillOpensOnTopOfWhatWaits) {
  Adopting rig(one(config::FixedRatio{"0.5"_ratio}), false);
  rig.holds("2"_qty);
  rig.synced();
  rig.fill(Side::buy, "1"_qty);
  rig.executed(rig.taken());
  rig.mark();
  rig.executed(rig.taken());
  EXPECT_EQ(rig.row(0).position, "1.5"_qty);
  rig.fill(Side::sell, "3"_qty);
  rig.executed(rig.taken());
  EXPECT_EQ(rig.row(0).position, "0"_qty);
}

TEST(Adopt, EachHedgeLegIsOne) {
  auto options = one(config::FixedRatio{"0.5"_ratio});
  options.mode = PositionMode::hedge;
  Adopting rig(options);
  rig.holds("2"_qty, Leg::long_);
  rig.holds("-1"_qty, Leg::short_);
  rig.synced();
  rig.executed(rig.taken());
  EXPECT_EQ(rig.row(0, Leg::long_).position, "1"_qty);
  EXPECT_EQ(rig.row(0, Leg::short_).position, Qty() - "0.5"_qty);
}

TEST(Adopt, LimitsStatesAndSymbolsHoldAsForAFill) {
  auto limited = one(config::FixedRatio{Ratio::whole(1)});
  limited.limits.max_order_notional = "50000"_usd;
  Adopting rig(limited);
  rig.holds("2"_qty);
  EXPECT_EQ(only_order(rig), "1"_qty);
  EXPECT_EQ(rig.row(0).target, "1"_qty);
  EXPECT_NE(rig.told().front().find("max_order_notional"), std::string::npos);

  Adopting paused;
  paused.command(SetState{
      .follower = first, .cause = StateCause::operator_, .state = FollowerState::reduce_only});
  paused.holds("2"_qty);
  EXPECT_NE(paused.told().front().find("not adopted, or not whole: reduce_only"),
            std::string::npos);
  paused.command(
      SetState{.follower = first, .cause = StateCause::operator_, .state = FollowerState::active});
  paused.mark();
  EXPECT_TRUE(paused.taken().empty()) << "it is tried once";

  auto denied = one(config::FixedRatio{Ratio::whole(1)});
  denied.link.deny = {"BTCUSDT"};
  Adopting other(denied, false);
  other.holds("2"_qty);
  EXPECT_TRUE(other.taken().empty());
  other.synced();
  EXPECT_EQ(other.waiting(), 0U) << "no mark of it ever comes";
}

TEST(Adopt, ARestartGoesOnWhereItWas) {
  Adopting before(one(config::FixedRatio{"0.5"_ratio}), false);
  EXPECT_EQ(before.waiting(), 1U);
  CopierRig unsynced(one(config::FixedRatio{"0.5"_ratio}));
  EXPECT_EQ(unsynced.restore(rows_of(*before.copier)), 0U);
  unsynced.command(SetMark{.symbol = btc, .price = "50000"_price});
  unsynced.hand(LeaderPosition{.leader = alpha, .symbol = btc, .qty = "2"_qty, .as_of = {}});
  EXPECT_EQ(unsynced.taken().size(), 1U);

  before.holds("2"_qty);
  before.synced();
  EXPECT_EQ(before.waiting(), 1U);
  CopierRig after(one(config::FixedRatio{"0.5"_ratio}));
  EXPECT_EQ(after.restore(rows_of(*before.copier)), 0U);
  EXPECT_TRUE(after.taken().empty());
  after.command(SetMark{.symbol = btc, .price = "50000"_price});
  const auto orders = after.taken();
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders[0]->qty, "1"_qty);
  // And with the order on its way: it is the same order, and no other one.
  CopierRig last(one(config::FixedRatio{"0.5"_ratio}));
  EXPECT_EQ(last.restore(rows_of(*after.copier)), 0U);
  last.command(SetMark{.symbol = btc, .price = "50000"_price});
  const auto again = last.taken();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0]->copy_id, orders[0]->copy_id);
}

TEST(Adopt, AShadowAdoptsOnPaper) {
  auto options = one(config::FixedRatio{"0.5"_ratio});
  options.state = config::FollowerMode::shadow;
  options.connected = false;
  Adopting rig(options);
  rig.holds("2"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.row(0).position, "1"_qty);
  EXPECT_EQ(Usd::from_units(rig.cells[0].paper_fees.get()), "25"_usd);
}

}  // namespace
}  // namespace copyd::test
