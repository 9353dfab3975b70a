#include "risk/gate.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/risk/amounts.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

// One leg of BTCUSDT at 50000, where the smallest order is 0.003.
struct GateTest : testing::Test {
  GateTest() { policy.order.type = config::OrderStyle::Type::market; }

  Admission admit(int moved, Qty wanted, Qty effective) {
    leg.wanted = wanted;
    leg.effective = effective;
    leg.position = effective;
    return again(moved);
  }
  Admission again(int moved) {
    const Settlement settlement{
        .policy = policy, .filters = filters, .price = "50000"_price, .moved = moved};
    const Intent intent = plan(settlement, leg);
    return gate.admit({.state = state,
                       .limits = limits,
                       .settlement = settlement,
                       .leg = leg,
                       .intent = intent,
                       .elsewhere = elsewhere,
                       .max_order_qty = max_order_qty,
                       .opens_denied = opens_denied});
  }
  static std::vector<Qty> sizes(const Admission& admission) {
    std::vector<Qty> all;
    for (const auto& part : admission.parts()) all.push_back(part.quantity);
    return all;
  }
  static std::vector<Reject> skips(const Admission& admission) {
    return {admission.skips().begin(), admission.skips().end()};
  }

  using Sizes = std::vector<Qty>;
  using Skips = std::vector<Reject>;
  SymbolFilters filters{"0.1"_price, "0.001"_qty, "0.002"_qty, "120"_qty, "125"_usd};
  LinkPolicy policy;
  OrderLimits limits;
  FollowerState state = FollowerState::active;
  Usd elsewhere;
  std::optional<Qty> max_order_qty;
  std::optional<Reject> opens_denied;
  LegView leg;
  ManualClock clock;
  Gate gate{clock};
};

TEST_F(GateTest, AdmitsAnOpening) {
  const auto admission = admit(+1, "0.01"_qty, Qty());
  EXPECT_EQ(sizes(admission), Sizes{"0.01"_qty});
  EXPECT_EQ(admission.parts()[0].kind, OrderKind::increase);
  EXPECT_EQ(skips(admission), Skips{});
  EXPECT_FALSE(admission.gives_up());
}

TEST_F(GateTest, HaltedSendsNothing) {
  state = FollowerState::halted;
  EXPECT_EQ(skips(admit(-1, Qty(), "0.01"_qty)), Skips{Reject::halted});
  EXPECT_EQ(sizes(admit(-1, Qty(), "0.01"_qty)), Sizes{});
  EXPECT_EQ(skips(admit(0, Qty(), "0.01"_qty)), Skips{Reject::halted});
  EXPECT_EQ(skips(admit(-1, "0.01"_qty, "0.01"_qty)), Skips{});
}

TEST_F(GateTest, ReduceOnlyKeepsWhatReduces) {
  state = FollowerState::reduce_only;
  const auto admission = admit(-1, "-0.02"_qty, "0.01"_qty);
  EXPECT_EQ(sizes(admission), Sizes{"0.01"_qty});
  EXPECT_EQ(admission.parts()[0].kind, OrderKind::reduce);
  EXPECT_EQ(skips(admission), Skips{Reject::reduce_only});
  EXPECT_TRUE(admission.gives_up());
}

TEST_F(GateTest, LimitsClipToTheRoomExactly) {
  limits.max_order_notional = "612.5"_usd;
  const auto admission = admit(+1, "0.1"_qty, Qty());
  EXPECT_EQ(sizes(admission), Sizes{"0.012"_qty});
  EXPECT_EQ(skips(admission), Skips{Reject::max_order_notional});
  EXPECT_TRUE(admission.gives_up());
  limits.max_order_notional = "5000"_usd;
  EXPECT_EQ(skips(admit(+1, "0.1"_qty, Qty())), Skips{});
}

TEST_F(GateTest, APositionAndACloseInFlightTakeRoom) {
  limits.max_position_notional = "1000"_usd;  // 0.02
  EXPECT_EQ(sizes(admit(+1, "0.1"_qty, "0.01"_qty)), Sizes{"0.01"_qty});
  leg.effective = "0.005"_qty;  // a close is on its way, and frees nothing yet
  EXPECT_EQ(sizes(again(+1)), Sizes{"0.01"_qty});
}

TEST_F(GateTest, OtherLegsTakeRoomOfTheTotal) {
  limits.max_total_notional = "1000"_usd;
  elsewhere = "800"_usd;
  EXPECT_EQ(sizes(admit(+1, "0.1"_qty, Qty())), Sizes{"0.004"_qty});
  elsewhere = "1800"_usd;
  EXPECT_EQ(sizes(admit(+1, "0.1"_qty, Qty())), Sizes{});
  EXPECT_EQ(skips(again(+1)), Skips{Reject::max_total_notional});
}

TEST_F(GateTest, TheFirstLimitNamesTheSkipAtATie) {
  limits.max_order_notional = "500"_usd;
  limits.max_position_notional = "500"_usd;
  limits.max_total_notional = "500"_usd;
  EXPECT_EQ(skips(admit(+1, "0.1"_qty, Qty())), Skips{Reject::max_order_notional});
}

TEST_F(GateTest, LimitsNeverStopAClose) {
  limits.max_order_notional = "1"_usd;
  limits.max_position_notional = "1"_usd;
  limits.max_total_notional = "1"_usd;
  const auto admission = admit(-1, Qty(), "1"_qty);
  EXPECT_EQ(sizes(admission), Sizes{"1"_qty});
  EXPECT_EQ(skips(admission), Skips{});
}

TEST_F(GateTest, ClippedBelowTheFloorIsSaidTwice) {
  limits.max_order_notional = "100"_usd;  // 0.002
  const auto admission = admit(+1, "0.1"_qty, Qty());
  EXPECT_EQ(sizes(admission), Sizes{});
  EXPECT_EQ(skips(admission), (Skips{Reject::max_order_notional, Reject::below_min}));
}

TEST_F(GateTest, BelowTheFloorTheTargetStays) {
  const auto admission = admit(+1, "0.002"_qty, Qty());
  EXPECT_EQ(skips(admission), Skips{Reject::below_min});
  EXPECT_FALSE(admission.gives_up());
}

TEST_F(GateTest, AnEntryIsRaisedToTheFloorIfThereIsRoom) {
  policy.rounds_up = true;
  policy.round_up_from = "0.5"_ratio;
  EXPECT_EQ(sizes(admit(+1, "0.0015"_qty, Qty())), Sizes{"0.003"_qty});
  limits.max_order_notional = "149.99999999"_usd;
  EXPECT_EQ(sizes(admit(+1, "0.0015"_qty, Qty())), Sizes{});
  EXPECT_EQ(skips(again(+1)), Skips{Reject::below_min});
}

TEST_F(GateTest, AFlipIsOneMarketOrderWhenNothingIsInFlight) {
  const auto flip = admit(-1, "-0.002"_qty, "0.01"_qty);
  EXPECT_EQ(sizes(flip), Sizes{"0.012"_qty});  // small alone, large enough together
  EXPECT_EQ(flip.parts()[0].kind, OrderKind::flip);
  leg.in_flight = true;
  const auto apart = again(-1);
  EXPECT_EQ(sizes(apart), Sizes{"0.01"_qty});
  EXPECT_EQ(skips(apart), Skips{Reject::below_min});
}

TEST_F(GateTest, WithLimitOrdersAFlipIsTwoOrdersTheReducingOneFirst) {
  policy.order = {.type = config::OrderStyle::Type::limit_ioc, .max_slippage_bps = 10};
  const auto admission = admit(-1, "-0.02"_qty, "0.01"_qty);
  ASSERT_EQ(sizes(admission), (Sizes{"0.01"_qty, "0.02"_qty}));
  EXPECT_EQ(admission.parts()[0].kind, OrderKind::reduce);
  EXPECT_EQ(admission.parts()[1].kind, OrderKind::increase);
}

TEST_F(GateTest, ATooSmallReductionGoesOnlyWhenItIsTheWhole) {
  EXPECT_EQ(skips(admit(-1, "0.009"_qty, "0.01"_qty)), Skips{Reject::below_min});
  EXPECT_EQ(sizes(again(-1)), Sizes{});
  EXPECT_EQ(skips(admit(0, "0.009"_qty, "0.01"_qty)), Skips{});
  EXPECT_EQ(sizes(admit(-1, Qty(), "0.001"_qty)), Sizes{"0.001"_qty});
}

TEST_F(GateTest, AnOrderIsStampedAndNeverMoreThanWasAdmitted) {
  auto admission = admit(+1, "0.01"_qty, Qty());
  OrderTerms terms;
  terms.kind = OrderKind::increase;
  terms.qty = "0.006"_qty;
  terms.received = clock.now();
  clock.advance(std::chrono::nanoseconds(77));
  const Order order = gate.approve(admission, terms);
  EXPECT_EQ(order->qty, "0.006"_qty);
  EXPECT_EQ(order->decided_ns, 77U);
  EXPECT_EQ(sizes(admission), Sizes{"0.004"_qty});
  EXPECT_DEATH(gate.approve(admission, terms), "assertion failed");
  terms.qty = "0.004"_qty;
  terms.kind = OrderKind::reduce;
  EXPECT_DEATH(gate.approve(admission, terms), "assertion failed");
}

TEST_F(GateTest, SplitsIntoTheFewestMostEqualOrders) {
  filters.max_qty = "1"_qty;
  const Split three = split_evenly("2.5"_qty, filters);
  EXPECT_EQ(three.count, 3);
  EXPECT_EQ(three.at(0), "0.834"_qty);
  EXPECT_EQ(three.at(1), "0.833"_qty);
  EXPECT_EQ(three.at(2), "0.833"_qty);
  const Split two = split_evenly("2"_qty, filters);
  EXPECT_EQ(two.count, 2);
  EXPECT_EQ(two.at(0), "1"_qty);
  EXPECT_EQ(two.at(1), "1"_qty);
  EXPECT_EQ(split_evenly("1"_qty, filters).count, 1);
}

TEST_F(GateTest, AQuantityLimitIsInWholeStepsAndItsValueIsAllowed) {
  max_order_qty = "0.01"_qty;
  EXPECT_EQ(skips(admit(+1, "0.01"_qty, Qty())), Skips{});
  auto admission = admit(+1, "0.011"_qty, Qty());
  EXPECT_EQ(sizes(admission), Sizes{"0.01"_qty});
  EXPECT_EQ(skips(admission), Skips{Reject::max_order_qty});
  EXPECT_TRUE(admission.gives_up());
  max_order_qty = "0.0109"_qty;
  EXPECT_EQ(sizes(admit(+1, "0.011"_qty, Qty())), Sizes{"0.01"_qty});
}

TEST_F(GateTest, TheTighterOfMoneyAndQuantityIsNamedAndMoneyAtATie) {
  limits.max_order_notional = "500"_usd;  // 0.01
  max_order_qty = "0.009"_qty;
  EXPECT_EQ(skips(admit(+1, "0.02"_qty, Qty())), Skips{Reject::max_order_qty});
  max_order_qty = "0.01"_qty;
  EXPECT_EQ(skips(admit(+1, "0.02"_qty, Qty())), Skips{Reject::max_order_notional});
  max_order_qty = "0.011"_qty;
  EXPECT_EQ(skips(admit(+1, "0.02"_qty, Qty())), Skips{Reject::max_order_notional});
  EXPECT_EQ(sizes(admit(+1, "0.02"_qty, Qty())), Sizes{"0.01"_qty});
}

TEST_F(GateTest, AnEntryIsNotRaisedAboveTheQuantityLimit) {
  policy.rounds_up = true;
  policy.round_up_from = "0.5"_ratio;
  max_order_qty = "0.003"_qty;
  EXPECT_EQ(sizes(admit(+1, "0.002"_qty, Qty())), Sizes{"0.003"_qty});
  max_order_qty = "0.002"_qty;
  EXPECT_EQ(sizes(admit(+1, "0.002"_qty, Qty())), Sizes{});
  EXPECT_EQ(skips(admit(+1, "0.002"_qty, Qty())), Skips{Reject::below_min});
}

TEST_F(GateTest, WhatIsDeniedForAnotherReasonIsNamedSoAndWhatReducesGoes) {
  opens_denied = Reject::quarantined;
  auto admission = admit(-1, "-0.02"_qty, "0.01"_qty);
  EXPECT_EQ(sizes(admission), Sizes{"0.01"_qty});
  EXPECT_EQ(admission.parts()[0].kind, OrderKind::reduce);
  EXPECT_EQ(skips(admission), Skips{Reject::quarantined});
  EXPECT_TRUE(admission.gives_up());
  // The state has the first word.
  state = FollowerState::reduce_only;
  EXPECT_EQ(skips(admit(+1, "0.02"_qty, Qty())), Skips{Reject::reduce_only});
}

TEST_F(GateTest, TheCloseOfALegIsAdmittedInWholeSteps) {
  const auto admission = gate.admit_close("-0.0125"_qty, filters);
  EXPECT_EQ(sizes(admission), Sizes{"0.012"_qty});
  EXPECT_EQ(admission.parts()[0].kind, OrderKind::reduce);
  EXPECT_EQ(sizes(gate.admit_close("0.0009"_qty, filters)), Sizes{});
}

}  // namespace
}  // namespace copyd::risk
