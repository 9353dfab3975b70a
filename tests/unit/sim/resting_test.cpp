// Orders that stay: how long, how they fill, and what ends them.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class RestingTest : public ::testing::Test {
 protected:
  Exchange& exchange() { return bench.world->exchange(); }
  OrderRequest named(OrderRequest request, std::string id) {
    request.client_id = std::move(id);
    return request;
  }
  OrderRequest with(OrderRequest request, TimeInForce tif) {
    request.tif = tif;
    return request;
  }
  OrderRequest reducing(OrderRequest request) {
    request.reduce_only = true;
    return request;
  }
  const Order& order(std::string_view label, const std::string& name, const std::string& id) {
    return *exchange().account(bench.account(label)).find_order(bench.symbol(name), id);
  }
  std::size_t open(std::string_view label) {
    return exchange().account(bench.account(label)).open_count();
  }
  Bench bench;
};

TEST_F(RestingTest, AnOrderBehindThePriceAnswersNewAndWaits) {
  auto& events = bench.listen("bob");
  const Order* placed = bench.place("bob", bench.resting("ETHUSDT", Side::buy, "2", "2990"));
  EXPECT_EQ(placed->status, OrderStatus::new_);
  EXPECT_EQ(open("bob"), 1U);
  EXPECT_EQ(event_names(events), (Names{"NEW"}));
  EXPECT_EQ(at(events[0], "o.f"), "GTC");
  EXPECT_EQ(at(events[0], "o.b"), "5980") << "the bids of the account";
  EXPECT_EQ(at(events[0], "o.a"), "0");
  EXPECT_EQ(keys_of(at(events[0], "o")),
            keys_of(at(golden("order_trade_update.new.limit.json"), "o")));
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
}

TEST_F(RestingTest, ItFillsAtItsOwnPriceWhenThePriceComesToIt) {
  bench.place("bob", named(bench.resting("ETHUSDT", Side::buy, "2", "2990"), "rest"));
  auto& events = bench.listen("bob");
  bench.move("ETHUSDT", "2990.01");
  EXPECT_TRUE(events.empty());
  bench.now = bench.now + std::chrono::seconds(3);
  bench.move("ETHUSDT", "2985");
  ASSERT_EQ(event_names(events), (Names{"TRADE_LITE", "ACCOUNT_UPDATE", "TRADE"}));
  EXPECT_EQ(at(events[0], "m"), "true");
  EXPECT_EQ(at(events[0], "p"), "2990.00");
  EXPECT_EQ(at(events[2], "o.m"), "true");
  EXPECT_EQ(at(events[2], "o.L"), "2990");
  EXPECT_EQ(at(events[2], "o.X"), "FILLED");
  EXPECT_EQ(at(events[2], "o.n"), "1.196") << "0.02 % of 5,980";
  EXPECT_EQ(at(events[2], "T"), std::to_string(bench.now.ms));
  EXPECT_EQ(bench.held("bob", "ETHUSDT").entry, price("2990"));
  EXPECT_EQ(open("bob"), 0U);
  bench.move("ETHUSDT", "2900");
  EXPECT_EQ(events.size(), 3U) << "once";
}

TEST_F(RestingTest, AMarketOrderPaysMoreThanOneThatWaited) {
  bench.place("bob", bench.resting("ETHUSDT", Side::sell, "1", "3010"));
  bench.place("dave", bench.market("ETHUSDT", Side::sell, "1"));
  bench.move("ETHUSDT", "3010");
  const auto& maker = exchange().account(bench.account("bob")).trades.back();
  const auto& taker = exchange().account(bench.account("dave")).trades.back();
  EXPECT_TRUE(maker.maker);
  EXPECT_EQ(maker.fee, usd("0.602"));
  EXPECT_FALSE(taker.maker);
  EXPECT_EQ(taker.fee, usd("1.5"));
}

TEST_F(RestingTest, WhatReachesThePriceTakesAndTheRestMakes) {
  exchange().set_liquidity(bench.symbol("ETHUSDT"), qty("0.5"), 1);
  auto& events = bench.listen("bob");
  const Order* placed = bench.place("bob", bench.resting("ETHUSDT", Side::buy, "2", "3005"));
  EXPECT_EQ(placed->status, OrderStatus::partially_filled);
  EXPECT_EQ(placed->average(), price("3000")) << "the price, not the limit";
  EXPECT_EQ(event_names(events), (Names{"TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE"}));
  EXPECT_EQ(at(events[3], "o.m"), "false");
  events.clear();
  exchange().set_liquidity(bench.symbol("ETHUSDT"), qty("1"), 2);
  bench.move("ETHUSDT", "3001");
  EXPECT_EQ(event_names(events), (Names{"TRADE_LITE", "ACCOUNT_UPDATE", "TRADE", "TRADE_LITE",
                                        "ACCOUNT_UPDATE", "TRADE"}));
  EXPECT_EQ(at(events[5], "o.z"), "1.5");
  EXPECT_EQ(at(events[5], "o.X"), "PARTIALLY_FILLED");
  EXPECT_EQ(at(events[5], "o.L"), "3005");
  EXPECT_EQ(at(events[5], "o.m"), "true");
}

TEST_F(RestingTest, TheBetterPriceThenTheOlderOrderFillsFirst) {
  bench.place("bob", named(bench.resting("ETHUSDT", Side::buy, "1", "2990"), "late"));
  bench.place("dave", named(bench.resting("ETHUSDT", Side::buy, "1", "2990"), "later"));
  bench.place("dave", named(bench.resting("ETHUSDT", Side::buy, "1", "2995"), "best"));
  bench.move("ETHUSDT", "2980");
  const auto id = [&](std::string_view label, const std::string& client_id) {
    for (const auto& trade : exchange().account(bench.account(label)).trades)
      if (trade.client_id == client_id) return trade.id;
    return std::int64_t{0};
  };
  EXPECT_LT(id("dave", "best"), id("bob", "late"));
  EXPECT_LT(id("bob", "late"), id("dave", "later"));
}

TEST_F(RestingTest, AScriptedTradeReachesWhatRests) {
  bench.place("bob", bench.resting("ETHUSDT", Side::sell, "1", "3050"));
  auto& events = bench.listen("bob");
  const auto traded = exchange().trade(bench.account("alpha"),
                                       {.symbol = bench.symbol("ETHUSDT"),
                                        .side = Side::buy,
                                        .qty = qty("0.5"),
                                        .fills = {{qty("0.5"), price("3060")}}},
                                       bench.now);
  ASSERT_TRUE(traded.ok());
  EXPECT_EQ(event_names(events), (Names{"TRADE_LITE", "ACCOUNT_UPDATE", "TRADE"}));
  EXPECT_EQ(bench.held("bob", "ETHUSDT").entry, price("3050"));
}

TEST_F(RestingTest, PostOnlyNeverTakes) {
  for (const auto tif : {TimeInForce::gtx, TimeInForce::rpi}) {
    EXPECT_EQ(bench.refusal("bob", with(bench.resting("ETHUSDT", Side::buy, "1", "3000"), tif)),
              -5022);
    EXPECT_EQ(bench.refusal("bob", with(bench.resting("ETHUSDT", Side::sell, "1", "2999"), tif)),
              -5022);
    EXPECT_EQ(bench.refusal("bob", with(bench.resting("ETHUSDT", Side::buy, "1", "2999"), tif)), 0);
  }
  EXPECT_EQ(exchange().account(bench.account("bob")).orders.size(), 2U) << "nothing is recorded";
}

TEST_F(RestingTest, FillOrKillIsWholeOrNothing) {
  exchange().set_liquidity(bench.symbol("ETHUSDT"), qty("1.5"), 1);
  EXPECT_EQ(bench.refusal("bob",
                          with(bench.resting("ETHUSDT", Side::buy, "2", "3000"), TimeInForce::fok)),
            -5021);
  EXPECT_EQ(bench.refusal("bob",
                          with(bench.resting("ETHUSDT", Side::buy, "1", "2999"), TimeInForce::fok)),
            -5021);
  EXPECT_EQ(
      bench
          .place("bob", with(bench.resting("ETHUSDT", Side::buy, "1.5", "3000"), TimeInForce::fok))
          ->status,
      OrderStatus::filled);
}

TEST_F(RestingTest, AGoodTillDateOrderExpiresInItsSecond) {
  auto request = with(bench.resting("ETHUSDT", Side::buy, "1", "2990"), TimeInForce::gtd);
  request.good_till = bench.now + std::chrono::minutes(11);
  request.client_id = "dated";
  auto& events = bench.listen("bob");
  bench.place("bob", request);
  EXPECT_EQ(at(events[0], "o.gtd"), std::to_string(request.good_till.ms));
  bench.world->protocol().tick(request.good_till + std::chrono::milliseconds(-1));
  EXPECT_EQ(open("bob"), 1U);
  bench.world->protocol().tick(request.good_till);
  EXPECT_EQ(event_names(events), (Names{"NEW", "EXPIRED"}));
  EXPECT_EQ(order("bob", "ETHUSDT", "dated").status, OrderStatus::expired);
  bench.move("ETHUSDT", "2900");
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
}

TEST_F(RestingTest, AClientIdIsOneOpenOrdersAtATime) {
  bench.place("bob", named(bench.resting("ETHUSDT", Side::buy, "1", "2990"), "mine"));
  EXPECT_EQ(bench.refusal("bob", named(bench.market("ETHUSDT", Side::buy, "1"), "mine")), -4116);
  EXPECT_EQ(bench.refusal("bob", named(bench.market("BTCUSDT", Side::buy, "0.1"), "mine")), -4116)
      << "in any symbol";
  EXPECT_EQ(bench.refusal("dave", named(bench.market("ETHUSDT", Side::buy, "1"), "mine")), 0);
  bench.move("ETHUSDT", "2990");
  EXPECT_EQ(bench.refusal("bob", named(bench.market("ETHUSDT", Side::buy, "1"), "mine")), 0)
      << "it is done";
}

TEST_F(RestingTest, ASymbolTakesTwoHundredOpenOrders) {
  for (int i = 0; i < 200; ++i)
    ASSERT_EQ(bench.refusal("bob", bench.resting("DOGEUSDT", Side::buy, "50", "0.14")), 0);
  EXPECT_EQ(bench.refusal("bob", bench.resting("DOGEUSDT", Side::buy, "50", "0.14")), -2025);
  EXPECT_EQ(bench.refusal("bob", bench.market("DOGEUSDT", Side::buy, "50")), 0);
  EXPECT_EQ(bench.refusal("bob", bench.resting("ETHUSDT", Side::buy, "1", "2990")), 0);
}

TEST_F(RestingTest, AReduceOnlyOrderIsClippedToThePosition) {
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  bench.place("bob", named(reducing(bench.resting("ETHUSDT", Side::sell, "3", "3010")), "exit"));
  auto& events = bench.listen("bob");
  bench.move("ETHUSDT", "3010");
  EXPECT_EQ(event_names(events), (Names{"TRADE_LITE", "ACCOUNT_UPDATE", "TRADE", "EXPIRED"}));
  EXPECT_EQ(at(events[3], "o.er"), "4");
  EXPECT_EQ(at(events[3], "o.z"), "1");
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
  EXPECT_EQ(open("bob"), 0U);
}

TEST_F(RestingTest, AReduceOnlyOrderEndsWithItsPosition) {
  EXPECT_EQ(bench.refusal("bob", reducing(bench.resting("ETHUSDT", Side::sell, "1", "3010"))),
            -2022);
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  bench.place("bob", named(reducing(bench.resting("ETHUSDT", Side::sell, "1", "3010")), "exit"));
  bench.place("bob", bench.resting("ETHUSDT", Side::sell, "1", "3020"));
  auto& events = bench.listen("bob");
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "0.4"));
  EXPECT_EQ(open("bob"), 2U) << "there is still something to reduce";
  events.clear();
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "1.6"));
  EXPECT_EQ(event_names(events),
            (Names{"TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE", "EXPIRED"}));
  EXPECT_EQ(at(events[4], "o.c"), "exit");
  EXPECT_EQ(at(events[4], "o.er"), "4");
  EXPECT_EQ(open("bob"), 1U) << "the plain order stays";
}

TEST_F(RestingTest, RestingClosesOfAHedgeLegLeaveRoomForEachOther) {
  auto request = bench.market("ETHUSDT", Side::buy, "2");
  request.leg = Leg::long_;
  bench.place("carol", request);
  auto exit = bench.resting("ETHUSDT", Side::sell, "1.5", "3010");
  exit.leg = Leg::long_;
  EXPECT_EQ(bench.refusal("carol", exit), 0);
  EXPECT_EQ(bench.refusal("carol", exit), -2022);
  exit.qty = qty("0.5");
  EXPECT_EQ(bench.refusal("carol", exit), 0);
  // What fills at once goes first; what then has nothing left expires.
  auto close = bench.market("ETHUSDT", Side::sell, "2");
  close.leg = Leg::long_;
  EXPECT_EQ(bench.refusal("carol", close), 0);
  EXPECT_EQ(open("carol"), 0U);
}

TEST_F(RestingTest, ALiquidationEndsEverythingOpenFirst) {
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  bench.place("bob", bench.resting("BTCUSDT", Side::buy, "0.01", "59000"));
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "1", "2900"));
  auto& events = bench.listen("bob");
  const auto done = exchange().trade(bench.account("bob"),
                                     {.symbol = bench.symbol("ETHUSDT"),
                                      .side = Side::sell,
                                      .qty = qty("0.5"),
                                      .fills = {{qty("0.5"), price("2800")}},
                                      .forced = Forced::liquidation},
                                     bench.now);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(event_names(events),
            (Names{"EXPIRED", "EXPIRED", "TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE"}));
  EXPECT_EQ(at(events[0], "o.er"), "5");
  EXPECT_EQ(bench.held("bob", "ETHUSDT").qty, qty("1.5")) << "in part";
}

TEST_F(RestingTest, AnAccountDoesNotTradeWithItself) {
  const auto meet = [&](const char* mode) {
    Bench fresh;
    auto& events = fresh.listen("bob");
    auto maker = fresh.resting("ETHUSDT", Side::sell, "1", "3005");
    maker.client_id = "maker";
    fresh.place("bob", maker);
    fresh.world->exchange().set_liquidity(fresh.symbol("ETHUSDT"), qty("0.4"), 1);
    auto taker = fresh.resting("ETHUSDT", Side::buy, "1", "3010");
    taker.client_id = "taker";
    taker.self_trade_prevention = mode;
    fresh.place("bob", taker);
    std::vector<std::string> ended;
    for (const auto& event : events)
      if (at(event, "o.X") == "EXPIRED_IN_MATCH")
        ended.push_back(at(event, "o.c") + " " + at(event, "o.x") + " " + at(event, "o.er") + " " +
                        at(event, "o.z"));
    return ended;
  };
  EXPECT_EQ(meet("EXPIRE_TAKER"), (Names{"taker EXPIRED 1 0.4"}));
  EXPECT_EQ(meet("EXPIRE_MAKER"), (Names{"maker EXPIRED 1 0"}));
  EXPECT_EQ(meet("EXPIRE_BOTH"), (Names{"maker EXPIRED 1 0", "taker EXPIRED 1 0.4"}));
  EXPECT_EQ(meet("NONE"), Names{});
}

TEST_F(RestingTest, AnImmediateOrderThatMeetsItsOwnExpiresWithBothReasons) {
  bench.place("bob", bench.resting("ETHUSDT", Side::sell, "1", "3005"));
  exchange().set_liquidity(bench.symbol("ETHUSDT"), qty("0"), 1);
  auto taker = bench.limit("ETHUSDT", Side::buy, "1", "3010");
  taker.self_trade_prevention = "EXPIRE_TAKER";
  const Order* ended = bench.place("bob", taker);
  EXPECT_EQ(ended->status, OrderStatus::expired_in_match);
  EXPECT_EQ(ended->expiry_reason, 3);
  // Where somebody else is there for all of it, nothing of it reaches the own order.
  exchange().set_liquidity(bench.symbol("ETHUSDT"), std::nullopt, 1);
  EXPECT_EQ(bench.place("bob", taker)->status, OrderStatus::filled);
  EXPECT_EQ(open("bob"), 1U);
}

TEST_F(RestingTest, AMatchedPriceIsTheLastOne) {
  auto& events = bench.listen("bob");
  const auto send = [&](const std::string& match) {
    return bench.signed_call("POST", "/fapi/v1/order", "bob",
                             "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&"
                             "newOrderRespType=RESULT&priceMatch=" +
                                 match);
  };
  const auto took = send("OPPONENT");
  EXPECT_EQ(at(took.body, "status"), "FILLED") << took.body;
  EXPECT_EQ(at(took.body, "price"), "3000.00");
  EXPECT_EQ(at(took.body, "priceMatch"), "OPPONENT");
  const auto waits = send("QUEUE_5");
  EXPECT_EQ(at(waits.body, "status"), "NEW") << waits.body;
  EXPECT_EQ(at(events.back(), "o.pm"), "QUEUE_5");
  bench.move("ETHUSDT", "3000");
  EXPECT_EQ(at(events.back(), "o.X"), "FILLED");
}

TEST_F(RestingTest, AfterRebuildingItsIndexesEverythingGoesOn) {
  auto dated = with(bench.resting("ETHUSDT", Side::buy, "1", "2990"), TimeInForce::gtd);
  dated.good_till = bench.now + std::chrono::minutes(11);
  bench.place("bob", dated);
  bench.place("bob", named(bench.resting("ETHUSDT", Side::buy, "1", "2995"), "mine"));
  exchange().reindex();
  EXPECT_EQ(open("bob"), 2U);
  EXPECT_EQ(bench.refusal("bob", named(bench.market("ETHUSDT", Side::buy, "1"), "mine")), -4116);
  bench.world->protocol().tick(dated.good_till);
  EXPECT_EQ(open("bob"), 1U);
  bench.move("ETHUSDT", "2995");
  EXPECT_EQ(open("bob"), 0U);
  EXPECT_EQ(bench.held("bob", "ETHUSDT").qty, qty("1"));
}

}  // namespace
}  // namespace copyd::sim::testing
