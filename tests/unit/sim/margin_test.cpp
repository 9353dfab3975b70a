// What positions and resting orders need as margin, and what happens when it is not there.
#include <gtest/gtest.h>

#include "sim/control.hpp"
#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class MarginTest : public ::testing::Test {
 protected:
  Exchange& exchange() { return bench.world->exchange(); }
  AssetState state(std::string_view who = "bob") {
    return exchange().asset_state(bench.account(who), "USDT");
  }
  void isolate(const std::string& symbol, std::string_view who = "bob") {
    ASSERT_FALSE(
        exchange().set_margin_type(bench.account(who), bench.symbol(symbol), true, bench.now));
  }
  void leverage(const std::string& symbol, int times, std::string_view who = "bob") {
    ASSERT_FALSE(
        exchange().set_leverage(bench.account(who), bench.symbol(symbol), times, bench.now));
  }
  Price liquidation(const std::string& symbol, Leg leg = Leg::both, std::string_view who = "bob") {
    return exchange().liquidation_price(bench.account(who), bench.symbol(symbol), leg);
  }
  // Balance less maintenance margin at that mark; about zero at the price of liquidation.
  Usd cushion_at(const std::string& symbol, Price mark, std::string_view who = "bob") {
    exchange().set_price(bench.symbol(symbol), mark, mark, bench.now);
    const auto there = state(who);
    return there.cross_balance() - there.cross_maintenance;
  }
  Bench bench;
};

TEST_F(MarginTest, BracketsJoinWithoutAJump) {
  for (const auto& spec : exchange().symbols()) {
    const auto& brackets = exchange().brackets(*exchange().find_symbol(spec.name));
    ASSERT_GT(brackets.size(), 5U);
    EXPECT_EQ(largest_at(brackets, 20), spec.max_notional) << spec.name;
    EXPECT_EQ(largest_at(brackets, 1), brackets.back().cap);
    for (std::size_t i = 1; i < brackets.size(); ++i) {
      EXPECT_EQ(brackets[i].floor, brackets[i - 1].cap);
      EXPECT_LT(brackets[i].leverage, brackets[i - 1].leverage);
      const Usd border = brackets[i].floor;
      EXPECT_EQ(brackets[i].maintenance_margin(border), brackets[i - 1].maintenance_margin(border));
      EXPECT_EQ(&bracket_at(brackets, border), &brackets[i - 1]);
      EXPECT_EQ(&bracket_at(brackets, border + Usd::from_units(1)), &brackets[i]);
    }
  }
}

TEST_F(MarginTest, LeverageDecidesTheMarginOfAPosition) {
  leverage("BTCUSDT", 50);
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "1"));
  EXPECT_EQ(state().position_margin, usd("1200"));
  EXPECT_EQ(state().maintenance_margin, usd("240")) << "0.4 % below 300,000";
  EXPECT_EQ(state().reserved, usd("1200"));
}

TEST_F(MarginTest, RestingOrdersAreReckonedWithTheirSide) {
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "10", "2900"));
  EXPECT_EQ(state().open_order_margin, usd("1450"));
  EXPECT_EQ(state().available(), usd("98550"));
  bench.place("bob", bench.resting("ETHUSDT", Side::sell, "5", "3100"));
  EXPECT_EQ(state().open_order_margin, usd("1450")) << "only the larger side counts";
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "20"));
  // 60,000 short and 15,500 to sell: 75,500 at 20x, of which 3,000 the position's.
  EXPECT_EQ(state().position_margin, usd("3000"));
  EXPECT_EQ(state().open_order_margin, usd("775"));
  exchange().cancel_all(bench.account("bob"), bench.symbol("ETHUSDT"), bench.now);
  EXPECT_EQ(state().open_order_margin, Usd{});
}

TEST_F(MarginTest, OrdersBeyondTheMarginAreRefused) {
  // 100,000 at 20x less fees: 1,980,000 or so.
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "33.2")), -2019);
  EXPECT_EQ(bench.refusal("bob", bench.resting("BTCUSDT", Side::buy, "32", "59000")), 0);
  EXPECT_EQ(bench.refusal("bob", bench.resting("BTCUSDT", Side::buy, "2", "59000")), -2019);
  EXPECT_EQ(bench.refusal("bob", bench.resting("BTCUSDT", Side::sell, "31", "60500")), 0)
      << "the other side costs nothing more";
}

TEST_F(MarginTest, ALimitAboveTheMarketPaysItsLossInAdvance) {
  leverage("BTCUSDT", 100);
  // 12 at 62,500: 7,500 of margin, 30,000 of loss against the mark, 375 of fees.
  EXPECT_EQ(bench.refusal("dave", bench.resting("BTCUSDT", Side::buy, "25", "62500")), -2019);
  EXPECT_EQ(bench.refusal("bob", bench.limit("BTCUSDT", Side::buy, "12", "62500")), 0);
}

TEST_F(MarginTest, TheBracketOfTheLeverageBoundsThePosition) {
  leverage("BTCUSDT", 100);  // 800,000
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "13.4")), -2027);
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "13.3")), 0);
  EXPECT_EQ(bench.refusal("bob", bench.resting("BTCUSDT", Side::buy, "0.1", "59000")), -2027);
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::sell, "26.6")), 0) << "a flip";
}

TEST_F(MarginTest, AnIsolatedPositionHasAWalletOfItsOwn) {
  isolate("ETHUSDT");
  auto& events = bench.listen("bob");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  EXPECT_EQ(bench.held("bob", "ETHUSDT").isolated_wallet, usd("300"));
  EXPECT_EQ(state().wallet, usd("99997")) << "6,000 cost 3 of fees";
  EXPECT_EQ(state().cross_wallet(), usd("99697"));
  EXPECT_EQ(state().available(), usd("99697"));
  const auto& update = events[2];
  EXPECT_EQ(at(update, "a.B.0.wb"), "99997");
  EXPECT_EQ(at(update, "a.B.0.cw"), "99697");
  EXPECT_EQ(at(update, "a.P.0.mt"), "isolated");
  EXPECT_EQ(at(update, "a.P.0.iw"), "300");
  bench.move("ETHUSDT", "2950");
  EXPECT_EQ(state().available(), usd("99697")) << "its losses are its own";
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "0.5"));
  EXPECT_EQ(bench.held("bob", "ETHUSDT").isolated_wallet, usd("225"));
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "3"));
  EXPECT_EQ(bench.held("bob", "ETHUSDT").isolated_wallet, usd("221.25")) << "1.5 short at 2,950";
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1.5"));
  EXPECT_EQ(bench.held("bob", "ETHUSDT").isolated_wallet, Usd{});
}

TEST_F(MarginTest, TheLiquidationPriceIsWhereTheMarginEnds) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "20"));
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "5"));
  const Price price = liquidation("BTCUSDT");
  EXPECT_GT(price, read<Price>("55000"));
  EXPECT_LT(price, read<Price>("56000"));
  EXPECT_LT(cushion_at("BTCUSDT", price).abs(), usd("1"));
  bench.move("BTCUSDT", "60000");
  EXPECT_LT(cushion_at("ETHUSDT", liquidation("ETHUSDT")).abs(), usd("1"));
}

TEST_F(MarginTest, BothLegsShareOneLiquidationPrice) {
  auto buy = bench.market("BTCUSDT", Side::buy, "20");
  buy.leg = Leg::long_;
  bench.place("carol", buy);
  auto sell = bench.market("BTCUSDT", Side::sell, "5");
  sell.leg = Leg::short_;
  bench.place("carol", sell);
  const Price price = liquidation("BTCUSDT", Leg::long_, "carol");
  EXPECT_EQ(liquidation("BTCUSDT", Leg::short_, "carol"), price);
  EXPECT_LT(cushion_at("BTCUSDT", price, "carol").abs(), usd("1"));
}

TEST_F(MarginTest, AnIsolatedPositionFallsAlone) {
  isolate("BTCUSDT");
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "2"));
  // 6,000 kept; 0.4 % of 2·p at p = (120,000 − 6,000) / (2 − 0.008).
  EXPECT_EQ(liquidation("BTCUSDT"), price("57228.91566265"));
  bench.place("dave", bench.market("BTCUSDT", Side::buy, "0.01"));
  EXPECT_EQ(liquidation("BTCUSDT", Leg::both, "dave"), Price{}) << "it never comes to that";
}

TEST_F(MarginTest, MultiAssetsVouchForEachOther) {
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "50")), -2019);
  ASSERT_FALSE(exchange().set_multi_assets(bench.account("bob"), true, bench.now));
  // 100,000 USDT, as much USDC, and 10 BTC at 57,000.
  EXPECT_EQ(exchange().total_state(bench.account("bob")).wallet, usd("770000"));
  EXPECT_EQ(exchange().available(bench.account("bob"), "BTC"), usd("13.50877193"));
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "50")), 0);
  const auto body = bench.signed_call("GET", "/fapi/v3/account", "bob").body;
  EXPECT_EQ(at(body, "totalWalletBalance"), "768500.00000000");
  EXPECT_EQ(at(body, "totalInitialMargin"), "150000.00000000");
}

TEST_F(MarginTest, PricesAreQuietUnlessAskedFor) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "30"));
  auto& events = bench.listen("bob");
  bench.move("BTCUSDT", "50000");
  EXPECT_EQ(events.size(), 0U);
  EXPECT_EQ(bench.held("bob", "BTCUSDT").qty, qty("30"));
}

TEST_F(MarginTest, AMarginCallComesBeforeTheEnd) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "30"));
  auto& events = bench.listen("bob");
  const auto symbol = bench.symbol("BTCUSDT");
  bench.move("BTCUSDT", "58000");
  exchange().check_risk(symbol, bench.now);
  EXPECT_EQ(events.size(), 0U);
  bench.move("BTCUSDT", "57090");
  exchange().check_risk(symbol, bench.now);
  ASSERT_EQ(event_names(events), Names{"MARGIN_CALL"});
  EXPECT_EQ(paths_of(events[0]), paths_of(golden("margin_call.docs.json")));
  EXPECT_EQ(at(events[0], "p.0.mt"), "CROSSED");
  EXPECT_EQ(at(events[0], "p.0.pa"), "30");
  EXPECT_EQ(at(events[0], "p.0.mp"), "57090");
  EXPECT_EQ(bench.held("bob", "BTCUSDT").qty, qty("30"));
}

TEST_F(MarginTest, BelowTheMaintenanceMarginEverythingCrossIsClosed) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "30"));
  bench.place("bob", bench.market("SOLUSDT", Side::sell, "10"));
  isolate("ETHUSDT");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "0.1"));
  bench.place("bob", bench.resting("DOGEUSDT", Side::buy, "100", "0.14"));
  bench.move("BTCUSDT", "56000");
  exchange().check_risk(bench.symbol("BTCUSDT"), bench.now);
  EXPECT_TRUE(bench.held("bob", "BTCUSDT").qty.is_zero());
  EXPECT_TRUE(bench.held("bob", "SOLUSDT").qty.is_zero());
  EXPECT_EQ(bench.held("bob", "ETHUSDT").qty, qty("0.1")) << "what stands alone stays";
  EXPECT_EQ(exchange().account(bench.account("bob")).open_count(), 0U);
  EXPECT_GE(state().cross_wallet(), Usd{}) << "the insurance fund pays the rest";
}

TEST_F(MarginTest, AnIsolatedPositionIsClosedWithoutTheRest) {
  isolate("ETHUSDT");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "10"));
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "1"));
  const Usd before = state().cross_wallet();
  bench.move("ETHUSDT", "2700");
  exchange().check_risk(bench.symbol("ETHUSDT"), bench.now);
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
  EXPECT_EQ(bench.held("bob", "BTCUSDT").qty, qty("1"));
  EXPECT_EQ(state().cross_wallet(), before) << "it loses what it had, not a cent more";
}

TEST(MarginOption, EveryPriceMayLiquidate) {
  Bench bench({.auto_liquidation = true});
  class NoDoor final : public FrontDoor {
    void drop_connections(std::chrono::milliseconds) override {}
    void set_clock_offset(std::chrono::milliseconds) override {}
    std::size_t connections() const override { return 0; }
    void quit() override {}
  } door;
  Control control(*bench.world, door);
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "30"));
  control.handle(R"({"command":"price","symbol":"BTCUSDT","price":"50000",
                     "auto_liquidation":false})",
                 bench.now);
  EXPECT_EQ(bench.held("bob", "BTCUSDT").qty, qty("30"));
  control.handle(R"({"command":"price","symbol":"BTCUSDT","price":"50000"})", bench.now);
  EXPECT_TRUE(bench.held("bob", "BTCUSDT").qty.is_zero());
}

}  // namespace
}  // namespace copyd::sim::testing
