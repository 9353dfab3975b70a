// Every refusal of an order, by the venue's code.
#include <gtest/gtest.h>

#include "sim/order_params.hpp"
#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class FiltersTest : public ::testing::Test {
 protected:
  int code(OrderRequest request) { return bench.refusal("bob", request); }
  // Of an order as it is sent; 0 when it is taken.
  int sent(const std::string& query) {
    const auto order =
        read_new_order(bench.world->exchange(), Params::from_query(query), bench.now);
    return order.ok() ? 0 : order.error().code;
  }
  Bench bench;
};

TEST_F(FiltersTest, Quantities) {
  EXPECT_EQ(code(bench.market("BTCUSDT", Side::buy, "0.001")), 0);
  EXPECT_EQ(code(bench.market("BTCUSDT", Side::buy, "0")), -4003);
  EXPECT_EQ(code(bench.market("BTCUSDT", Side::buy, "-1")), -4003);
  EXPECT_EQ(code(bench.market("BTCUSDT", Side::buy, "0.0015")), -1111);
  EXPECT_EQ(code(bench.market("AVAXUSDT", Side::buy, "0.5")), -1111);
  EXPECT_EQ(code(bench.market("BTCUSDT", Side::buy, "120.001")), -4005) << "MARKET_LOT_SIZE";
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "120.001", "60000")), -2019)
      << "LOT_SIZE is more";
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "1000.001", "60000")), -4005);
}

TEST_F(FiltersTest, TheStepIsNotThePrecision) {
  auto specs = default_symbols();
  specs[0].market_step = qty("0.005");
  specs[0].market_min_qty = qty("0.005");
  Exchange exchange(std::move(specs), 1);
  const auto account = exchange.add_account({.label = "a", .wallets = {{"USDT", usd("1000")}}});
  const auto answer = [&](std::string_view quantity) {
    const auto placed = exchange.place(account, {.qty = qty(quantity)}, bench.now);
    return placed.ok() ? 0 : placed.error().code;
  };
  EXPECT_EQ(answer("0.004"), -4004);
  EXPECT_EQ(answer("0.007"), -4023);
  EXPECT_EQ(answer("0.01"), 0);
}

TEST_F(FiltersTest, LimitOrdersHaveStepsOfTheirOwn) {
  auto specs = default_symbols();
  specs[0].step = qty("0.005");
  specs[0].min_qty = qty("0.01");
  Exchange exchange(std::move(specs), 1);
  const auto account = exchange.add_account({.label = "a", .wallets = {{"USDT", usd("1000")}}});
  const auto answer = [&](OrderType type, std::string_view quantity) {
    const auto placed = exchange.place(
        account, {.type = type, .qty = qty(quantity), .price = price("59000")}, bench.now);
    return placed.ok() ? 0 : placed.error().code;
  };
  EXPECT_EQ(answer(OrderType::market, "0.003"), 0);
  EXPECT_EQ(answer(OrderType::limit, "0.005"), -4004);
  EXPECT_EQ(answer(OrderType::limit, "0.012"), -4023);
  EXPECT_EQ(answer(OrderType::limit, "0.015"), 0);
}

TEST_F(FiltersTest, Prices) {
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "0.01", "60000.1")), 0);
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "0.01", "60000.05")), -4014);
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "0.01", "60000.001")), -1111);
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "0.01", "0")), -4001);
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "0.01", "500")), -4013);
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "0.01", "5000000")), -4002);
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "0.01", "63000")), 0) << "exactly at the cap";
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::buy, "0.01", "63000.1")), -4016);
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::sell, "0.01", "57000")), 0);
  EXPECT_EQ(code(bench.limit("BTCUSDT", Side::sell, "0.01", "56999.9")), -4024);
}

TEST_F(FiltersTest, AMarketOrderFarFromTheMarkIsRefused) {
  bench.world->exchange().set_price(bench.symbol("BTCUSDT"), price("63001"), price("60000"));
  EXPECT_EQ(code(bench.market("BTCUSDT", Side::buy, "0.1")), -4131);
  bench.world->exchange().set_price(bench.symbol("BTCUSDT"), price("63000"), price("60000"));
  EXPECT_EQ(code(bench.market("BTCUSDT", Side::buy, "0.1")), 0);
}

TEST_F(FiltersTest, MinimumNotionalButNotForCloses) {
  EXPECT_EQ(code(bench.market("ETHUSDT", Side::buy, "0.006")), -4164);
  EXPECT_EQ(code(bench.market("ETHUSDT", Side::buy, "0.007")), 0);
  EXPECT_EQ(code(bench.limit("ETHUSDT", Side::buy, "0.007", "2850")), -4164)
      << "19.95 at the limit";
  auto close = bench.market("ETHUSDT", Side::sell, "0.001");
  EXPECT_EQ(code(close), -4164);
  close.reduce_only = true;
  EXPECT_EQ(code(close), 0);
}

TEST_F(FiltersTest, HedgeClosesNeedNoMinimumNotional) {
  auto open = bench.market("ETHUSDT", Side::buy, "0.02");
  open.leg = Leg::long_;
  EXPECT_EQ(bench.refusal("carol", open), 0);
  auto close = bench.market("ETHUSDT", Side::sell, "0.001");
  close.leg = Leg::long_;
  EXPECT_EQ(bench.refusal("carol", close), 0);
}

TEST_F(FiltersTest, LegAgainstMode) {
  auto request = bench.market("ETHUSDT", Side::buy, "1");
  EXPECT_EQ(bench.refusal("carol", request), -4061) << "no leg in hedge mode";
  request.leg = Leg::long_;
  EXPECT_EQ(code(request), -4061) << "a leg in one-way mode";
  request.reduce_only = true;
  EXPECT_EQ(bench.refusal("carol", request), -4062);
  request.reduce_only = false;
  EXPECT_EQ(bench.refusal("carol", request), -1106);
  request.reduce_only.reset();
  EXPECT_EQ(bench.refusal("carol", request), 0);
}

TEST_F(FiltersTest, ASymbolThatIsNotTrading) {
  EXPECT_EQ(code(bench.market("OLDUSDT", Side::buy, "10")), -4140);
}

TEST_F(FiltersTest, ParametersThatAreMissing) {
  const std::string whole = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1";
  EXPECT_EQ(sent(whole), 0);
  EXPECT_EQ(sent("side=BUY&type=MARKET&quantity=1"), -1102);
  EXPECT_EQ(sent("symbol=BTCUSDT&type=MARKET&quantity=1"), -1102);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&quantity=1"), -1102);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=MARKET"), -1102);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=1"), -1102);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&timeInForce=IOC"), -1102);
}

TEST_F(FiltersTest, ParametersThatAreWrong) {
  const std::string whole = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1";
  EXPECT_EQ(sent("symbol=NOSUCH&side=BUY&type=MARKET&quantity=1"), -1121);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=UP&type=MARKET&quantity=1"), -1117);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=FANCY&quantity=1"), -1116);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=STOP_MARKET&quantity=1"), -4120);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1e3"), -1102);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.123456789"), -1111);
  EXPECT_EQ(sent(whole + "&price=5"), -1106);
  EXPECT_EQ(sent(whole + "&timeInForce=IOC"), -1106);
  EXPECT_EQ(sent(whole + "&positionSide=MIDDLE"), -1130);
  EXPECT_EQ(sent(whole + "&reduceOnly=maybe"), -1130);
  EXPECT_EQ(sent(whole + "&newOrderRespType=FULL"), -1130);
  EXPECT_EQ(sent(whole + "&selfTradePreventionMode=X"), -1130);
  EXPECT_EQ(sent(whole + "&newClientOrderId=" + std::string(36, 'x')), 0);
  EXPECT_EQ(sent(whole + "&newClientOrderId=" + std::string(37, 'x')), -4015);
  EXPECT_EQ(sent(whole + "&newClientOrderId=a%20b"), -4015);
}

TEST_F(FiltersTest, TimesInForce) {
  const std::string whole = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=1&timeInForce=";
  for (const char* tif : {"GTC", "IOC", "FOK", "GTX", "RPI"}) EXPECT_EQ(sent(whole + tif), 0);
  EXPECT_EQ(sent(whole + "FOREVER"), -1115);
  EXPECT_EQ(sent(whole + "GTD"), -1102) << "goodTillDate";
  const auto until = [&](std::int64_t ms) {
    return sent(whole + "GTD&goodTillDate=" + std::to_string(ms));
  };
  EXPECT_EQ(until(bench.now.ms + 600'000), -5040);
  EXPECT_EQ(until(bench.now.ms + 600'001), 0);
  EXPECT_EQ(until(253'402'300'799'000), -5040);
  EXPECT_EQ(sent(whole + "GTC&goodTillDate=" + std::to_string(bench.now.ms + 700'000)), -1106);
  EXPECT_EQ(sent(whole + "GTC&goodTillDate=0"), 0);
}

TEST_F(FiltersTest, MatchedPrices) {
  const std::string whole =
      "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&timeInForce=GTC&priceMatch=";
  EXPECT_EQ(sent(whole + "OPPONENT"), 0);
  EXPECT_EQ(sent(whole + "QUEUE_20"), 0);
  EXPECT_EQ(sent(whole + "BEST"), -5037);
  EXPECT_EQ(sent(whole + "OPPONENT&price=60000"), -1106);
  EXPECT_EQ(sent(whole + "NONE"), -1102) << "price";
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&priceMatch=QUEUE"), -5038);
  EXPECT_EQ(sent("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&closePosition=true"), -4136);
}

}  // namespace
}  // namespace copyd::sim::testing
