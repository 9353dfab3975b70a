#include "sim/exchange.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class ExchangeTest : public ::testing::Test {
 protected:
  Position held(std::string_view label, const std::string& name, Leg leg = Leg::both) {
    return bench.world->exchange().account(bench.account(label)).position(bench.symbol(name), leg);
  }
  Usd wallet(std::string_view label, const std::string& asset = "USDT") {
    return bench.world->exchange().account(bench.account(label)).wallet(asset);
  }
  void set_price(const std::string& name, std::string_view to) {
    bench.world->exchange().set_price(bench.symbol(name), price(to), price(to));
  }
  OrderRequest leg(OrderRequest request, Leg where) {
    request.leg = where;
    return request;
  }
  Bench bench;
};

TEST_F(ExchangeTest, AMarketOrderFillsWholeAtThePrice) {
  const Order* order = bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.5"));
  EXPECT_EQ(order->status, OrderStatus::filled);
  EXPECT_EQ(order->executed, qty("0.5"));
  EXPECT_EQ(order->average(), price("60000"));
  EXPECT_EQ(held("bob", "BTCUSDT").qty, qty("0.5"));
  EXPECT_EQ(held("bob", "BTCUSDT").entry, price("60000"));
  // 0.05 % of 30,000.
  EXPECT_EQ(wallet("bob"), usd("99985"));
}

TEST_F(ExchangeTest, EntryIsTheAverageOfWhatOpened) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.1"));
  set_price("BTCUSDT", "61000");
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.3"));
  EXPECT_EQ(held("bob", "BTCUSDT").entry, price("60750"));
}

TEST_F(ExchangeTest, ReducingRealizesAndKeepsTheEntry) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.4"));
  set_price("BTCUSDT", "61000");
  bench.place("bob", bench.market("BTCUSDT", Side::sell, "0.1"));
  EXPECT_EQ(held("bob", "BTCUSDT").qty, qty("0.3"));
  EXPECT_EQ(held("bob", "BTCUSDT").entry, price("60000"));
  EXPECT_EQ(held("bob", "BTCUSDT").realized, usd("100"));
  // − 12 fee, + 100 gain, − 3.05 fee.
  EXPECT_EQ(wallet("bob"), usd("100084.95"));
}

TEST_F(ExchangeTest, AShortGainsWhenThePriceFalls) {
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "2"));
  EXPECT_EQ(held("bob", "ETHUSDT").qty, qty("-2"));
  set_price("ETHUSDT", "2900");
  EXPECT_EQ(bench.world->exchange().asset_state(bench.account("bob"), "USDT").unrealized,
            usd("200"));
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  EXPECT_TRUE(held("bob", "ETHUSDT").qty.is_zero());
  EXPECT_TRUE(held("bob", "ETHUSDT").entry.is_zero());
  EXPECT_EQ(held("bob", "ETHUSDT").realized, usd("200"));
}

TEST_F(ExchangeTest, OneOrderMayFlipAOneWayPosition) {
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  set_price("ETHUSDT", "3100");
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "5"));
  EXPECT_EQ(held("bob", "ETHUSDT").qty, qty("-3"));
  EXPECT_EQ(held("bob", "ETHUSDT").entry, price("3100"));
  EXPECT_EQ(held("bob", "ETHUSDT").realized, usd("200"));
}

TEST_F(ExchangeTest, HedgeLegsAreHeldApart) {
  bench.place("carol", leg(bench.market("ETHUSDT", Side::buy, "2"), Leg::long_));
  bench.place("carol", leg(bench.market("ETHUSDT", Side::sell, "3"), Leg::short_));
  EXPECT_EQ(held("carol", "ETHUSDT", Leg::long_).qty, qty("2"));
  EXPECT_EQ(held("carol", "ETHUSDT", Leg::short_).qty, qty("-3"));
  const Order* close =
      bench.place("carol", leg(bench.market("ETHUSDT", Side::buy, "1"), Leg::short_));
  EXPECT_TRUE(close->reduce_only);
  EXPECT_EQ(held("carol", "ETHUSDT", Leg::short_).qty, qty("-2"));
}

TEST_F(ExchangeTest, AHedgeLegCannotBeOversold) {
  EXPECT_EQ(bench.refusal("carol", leg(bench.market("ETHUSDT", Side::sell, "1"), Leg::long_)),
            -2022);
  bench.place("carol", leg(bench.market("ETHUSDT", Side::buy, "2"), Leg::long_));
  EXPECT_EQ(bench.refusal("carol", leg(bench.market("ETHUSDT", Side::sell, "3"), Leg::long_)),
            -2022);
  EXPECT_EQ(held("carol", "ETHUSDT", Leg::long_).qty, qty("2"));
}

TEST_F(ExchangeTest, ReduceOnlyNeverOpens) {
  auto close = bench.market("ETHUSDT", Side::sell, "3");
  close.reduce_only = true;
  EXPECT_EQ(bench.refusal("bob", close), -2022);
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "1"));
  EXPECT_EQ(bench.refusal("bob", close), -2022) << "same direction";
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "3"));
  // Two are held: the third expires.
  const Order* order = bench.place("bob", close);
  EXPECT_EQ(order->executed, qty("2"));
  EXPECT_EQ(order->status, OrderStatus::expired);
  EXPECT_EQ(order->expiry_reason, 4);
  EXPECT_TRUE(held("bob", "ETHUSDT").qty.is_zero());
}

TEST_F(ExchangeTest, LiquidityCutsMarketAndLimitOrders) {
  auto& exchange = bench.world->exchange();
  exchange.set_liquidity(bench.symbol("ETHUSDT"), qty("1.5"), 1);
  const Order* order = bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  EXPECT_EQ(order->executed, qty("1.5"));
  EXPECT_EQ(order->status, OrderStatus::expired);
  EXPECT_EQ(order->expiry_reason, 9);
  order = bench.place("bob", bench.limit("ETHUSDT", Side::buy, "2", "3001"));
  EXPECT_EQ(order->executed, qty("1.5"));
  EXPECT_EQ(order->expiry_reason, 2);
  EXPECT_EQ(order->average(), price("3000")) << "the better price of the book, not the limit";
  exchange.set_liquidity(bench.symbol("ETHUSDT"), std::nullopt, 1);
  EXPECT_EQ(bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"))->status,
            OrderStatus::filled);
}

TEST_F(ExchangeTest, AnIocBehindThePriceExpiresUnfilled) {
  for (auto request : {bench.limit("ETHUSDT", Side::buy, "1", "2999.99"),
                       bench.limit("ETHUSDT", Side::sell, "1", "3000.01")}) {
    const Order* order = bench.place("bob", request);
    EXPECT_EQ(order->status, OrderStatus::expired);
    EXPECT_TRUE(order->executed.is_zero());
    EXPECT_EQ(order->expiry_reason, 2);
  }
  EXPECT_TRUE(held("bob", "ETHUSDT").qty.is_zero());
  EXPECT_EQ(wallet("bob"), usd("100000"));
}

TEST_F(ExchangeTest, PiecesBecomePartialFills) {
  bench.world->exchange().set_liquidity(bench.symbol("ETHUSDT"), std::nullopt, 3);
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  const auto& trades = bench.world->exchange().account(bench.account("bob")).trades;
  ASSERT_EQ(trades.size(), 3U);
  EXPECT_EQ(trades[0].qty, qty("0.333"));
  EXPECT_EQ(trades[2].qty, qty("0.334"));
  EXPECT_EQ(trades[1].id, trades[0].id + 1);
  EXPECT_EQ(held("bob", "ETHUSDT").qty, qty("1"));
}

TEST_F(ExchangeTest, IdsGrowPerSymbolAndExceedTheMantissa) {
  const auto first = bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.1"))->id;
  const auto second = bench.place("dave", bench.market("BTCUSDT", Side::buy, "0.1"))->id;
  EXPECT_EQ(second, first + 1);
  EXPECT_GT(first, std::int64_t{1} << 53);
  const auto& exchange = bench.world->exchange();
  EXPECT_LT(exchange.account(bench.account("bob")).trades[0].id,
            exchange.account(bench.account("dave")).trades[0].id);
}

TEST_F(ExchangeTest, MarginIsReallyChecked) {
  // 100,000 at 20×, less fees: about 33 BTC at 60,000.
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "34")), -2019);
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "32"));
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "2")), -2019);
  // Turning round frees what the long held.
  bench.place("bob", bench.market("BTCUSDT", Side::sell, "62"));
  EXPECT_EQ(held("bob", "BTCUSDT").qty, qty("-30"));
  auto close = bench.market("BTCUSDT", Side::buy, "30");
  close.reduce_only = true;
  set_price("BTCUSDT", "70000");
  EXPECT_EQ(bench.refusal("bob", bench.market("ETHUSDT", Side::buy, "1")), -2019) << "under water";
  EXPECT_EQ(bench.refusal("bob", close), 0) << "a close needs no margin";
}

TEST_F(ExchangeTest, APositionBeyondTheBracketIsRefused) {
  Bench rich({.roster = {{.label = "whale",
                          .wallet = Usd::whole(90'000'000),
                          .api_key = std::string(64, 'a'),
                          .secret = "s"}}});
  EXPECT_EQ(rich.refusal("whale", rich.market("1000PEPEUSDT", Side::buy, "75000000")), 0);
  rich.world->exchange().set_price(rich.symbol("1000PEPEUSDT"), price("0.1"), price("0.1"));
  EXPECT_EQ(rich.refusal("whale", rich.market("1000PEPEUSDT", Side::buy, "75000000")), -2027);
}

TEST_F(ExchangeTest, OtherAssetsHaveTheirOwnWallets) {
  bench.place("bob", bench.market("ETHUSDC", Side::buy, "1"));
  EXPECT_EQ(wallet("bob", "USDC"), usd("99998.5"));
  EXPECT_EQ(wallet("bob"), usd("100000"));
  EXPECT_EQ(bench.refusal("bob", bench.market("ETHBTC", Side::buy, "1")), 0);
}

TEST_F(ExchangeTest, AScriptedTradeSetsThePriceInTheSameStep) {
  const auto traded = bench.world->exchange().trade(
      bench.account("alpha"),
      {.symbol = bench.symbol("BTCUSDT"),
       .side = Side::buy,
       .qty = qty("0.5"),
       .fills = {{qty("0.2"), price("60010")}, {qty("0.3"), price("60020")}}},
      bench.now);
  ASSERT_TRUE(traded.ok());
  EXPECT_EQ(traded.value()->average(), price("60016"));
  EXPECT_EQ(bench.world->exchange().market(bench.symbol("BTCUSDT")).last, price("60020"));
  EXPECT_EQ(bench.world->exchange().market(bench.symbol("BTCUSDT")).mark, price("60020"));
  EXPECT_EQ(bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.1"))->average(),
            price("60020"));
}

TEST_F(ExchangeTest, AForcedExecutionOnlyCloses) {
  ScriptedTrade forced{.symbol = bench.symbol("ETHUSDT"),
                       .side = Side::sell,
                       .qty = qty("1"),
                       .fills = {{qty("1"), price("2500")}},
                       .forced = Forced::liquidation};
  auto& exchange = bench.world->exchange();
  EXPECT_FALSE(exchange.trade(bench.account("alpha"), forced, bench.now).ok());
  bench.place("alpha", bench.market("ETHUSDT", Side::buy, "1"));
  const auto done = exchange.trade(bench.account("alpha"), forced, bench.now);
  ASSERT_TRUE(done.ok());
  EXPECT_TRUE(done.value()->client_id.starts_with("autoclose-"));
  EXPECT_EQ(done.value()->type, OrderType::liquidation);
  EXPECT_TRUE(held("alpha", "ETHUSDT").qty.is_zero());
}

TEST_F(ExchangeTest, ThePositionModeStaysWhileSomethingIsHeld) {
  auto& exchange = bench.world->exchange();
  const auto bob = bench.account("bob");
  EXPECT_EQ(exchange.set_position_mode(bob, PositionMode::one_way)->code, -4059);
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  EXPECT_EQ(exchange.set_position_mode(bob, PositionMode::hedge)->code, -4068);
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "1"));
  EXPECT_FALSE(exchange.set_position_mode(bob, PositionMode::hedge));
  EXPECT_EQ(bench.refusal("bob", bench.market("ETHUSDT", Side::buy, "1")), -4061);
}

}  // namespace
}  // namespace copyd::sim::testing
