// Modifying and cancelling: answers, refusals, events, history.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class AmendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto request = bench.resting("ETHUSDT", Side::buy, "1", "2990");
    request.client_id = "mine";
    placed = bench.place("bob", request)->id;
  }
  HttpReply modify(const std::string& rest, const std::string& id = "origClientOrderId=mine") {
    return bench.signed_call("PUT", "/fapi/v1/order", "bob",
                             "symbol=ETHUSDT&side=BUY&" + id + "&" + rest);
  }
  std::string code(const HttpReply& reply) {
    EXPECT_NE(reply.status, 200) << reply.body;
    return at(reply.body, "code");
  }
  HttpReply cancel(const std::string& rest) {
    return bench.signed_call("DELETE", "/fapi/v1/order", "bob", "symbol=ETHUSDT&" + rest);
  }
  const Order& order(const std::string& id = "mine") {
    return *bench.world->exchange()
                .account(bench.account("bob"))
                .find_order(bench.symbol("ETHUSDT"), id);
  }
  Bench bench;
  std::int64_t placed = 0;
};

TEST_F(AmendTest, AnOrderKeepsItsNumbersAndTellsOfTheAmendment) {
  auto& events = bench.listen("bob");
  const auto reply =
      modify("quantity=2&price=2980&modifyId=42", "orderId=" + std::to_string(placed));
  ASSERT_EQ(reply.status, 200) << reply.body;
  auto members = keys_of(at(golden("wsapi.order_modify.ok.current_shape.json"), "result"));
  members.insert({"pair", "modifyId"});
  EXPECT_EQ(keys_of(reply.body), members);
  EXPECT_EQ(at(reply.body, "status"), "NEW");
  EXPECT_EQ(at(reply.body, "price"), "2980.00");
  EXPECT_EQ(at(reply.body, "origQty"), "2.000");
  EXPECT_EQ(at(reply.body, "modifyId"), "42");
  EXPECT_EQ(at(reply.body, "orderId"), std::to_string(placed));
  ASSERT_EQ(event_names(events), (Names{"AMENDMENT"}));
  EXPECT_EQ(keys_of(at(events[0], "o")),
            keys_of(at(golden("order_trade_update.amendment.with_modify_id.json"), "o")));
  EXPECT_EQ(at(events[0], "o.M"), "42");
  EXPECT_EQ(at(events[0], "o.X"), "NEW");
  EXPECT_EQ(at(events[0], "o.c"), "mine");
  EXPECT_EQ(at(events[0], "o.b"), "5960");
  bench.move("ETHUSDT", "2985");
  EXPECT_EQ(events.size(), 1U) << "the old price is no more";
  bench.move("ETHUSDT", "2980");
  EXPECT_EQ(at(events.back(), "o.z"), "2");
}

TEST_F(AmendTest, OverTheWebSocketWithoutPairAndItCountsAsAnOrder) {
  auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  const auto answer =
      bench.ws_call(session, "order.modify", "bob",
                    R"({"symbol":"ETHUSDT","side":"BUY","origClientOrderId":"mine","quantity":"1",)"
                    R"("price":"2981"})");
  EXPECT_EQ(at(answer, "status"), "200") << answer;
  const auto captured = golden("wsapi.order_modify.ok.current_shape.json");
  EXPECT_EQ(keys_of(at(answer, "result")), keys_of(at(captured, "result")));
  ASSERT_EQ(elements(at(answer, "rateLimits")).size(), 3U);
  EXPECT_EQ(at(answer, "rateLimits.0.count"), "-1");
  EXPECT_EQ(at(answer, "rateLimits.1.count"), "1");
  const auto missing = bench.ws_call(
      session, "order.modify", "bob",
      R"({"symbol":"ETHUSDT","side":"BUY","orderId":7,"quantity":"1","price":"2981"})");
  EXPECT_EQ(at(missing, "error"), at(golden("wsapi.order_modify.error.2013.json"), "error"));
  EXPECT_EQ(at(missing, "rateLimits.1.count"), "2") << "a refusal counts too";
}

TEST_F(AmendTest, EventsWithoutAModifyIdHaveNoM) {
  auto& events = bench.listen("bob");
  modify("quantity=1&price=2980");
  EXPECT_EQ(keys_of(at(events[0], "o")),
            keys_of(at(golden("order_trade_update.amendment.limit.json"), "o")));
}

TEST_F(AmendTest, WhatTheFiltersRefuseLeavesTheOrderAsItWas) {
  EXPECT_EQ(code(modify("quantity=1")), "-1102");
  EXPECT_EQ(code(modify("price=2980")), "-1102");
  EXPECT_EQ(code(modify("quantity=1&price=2980", "x=1")), "-1102") << "no order named";
  EXPECT_EQ(code(modify("quantity=1&price=2980.001")), "-1111");
  EXPECT_EQ(code(modify("quantity=1&price=3300")), "-4016");
  EXPECT_EQ(code(modify("quantity=20000&price=2980")), "-4005");
  EXPECT_EQ(code(modify("quantity=0.001&price=2980")), "-5029");
  EXPECT_EQ(code(modify("quantity=1&price=2990")), "-5027");
  EXPECT_EQ(code(modify("quantity=1&price=2980&reduceOnly=true")), "-5047");
  EXPECT_EQ(code(modify("quantity=5000&price=2980")), "-2019");
  EXPECT_EQ(code(bench.signed_call("PUT", "/fapi/v1/order", "bob",
                                   "symbol=ETHUSDT&side=SELL&origClientOrderId=mine&quantity=1&"
                                   "price=2980")),
            "-1117");
  EXPECT_EQ(code(modify("quantity=1&price=2980", "orderId=1&origClientOrderId=mine")), "-2013")
      << "the number prevails";
  EXPECT_EQ(order().price, price("2990"));
  EXPECT_EQ(order().qty, qty("1"));
  EXPECT_EQ(order().modifications, 0);
}

TEST_F(AmendTest, OnlyAReduceOnlyOrderMayBecomeSmallerThanTheMinimum) {
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "1"));
  auto exit = bench.resting("ETHUSDT", Side::buy, "1", "2950");
  exit.reduce_only = true;
  exit.client_id = "exit";
  bench.place("bob", exit);
  EXPECT_EQ(code(modify("quantity=0.005&price=2950", "origClientOrderId=exit")), "-5029");
  EXPECT_EQ(modify("quantity=0.005&price=2950&reduceOnly=true", "origClientOrderId=exit").status,
            200);
}

TEST_F(AmendTest, ACloseOfAHedgeLegMayNotOutgrowIt) {
  auto open = bench.market("ETHUSDT", Side::buy, "2");
  open.leg = Leg::long_;
  bench.place("carol", open);
  auto exit = bench.resting("ETHUSDT", Side::sell, "1", "3050");
  exit.leg = Leg::long_;
  exit.client_id = "exit";
  bench.place("carol", exit);
  const auto change = [&](const std::string& quantity) {
    return at(bench
                  .signed_call("PUT", "/fapi/v1/order", "carol",
                               "symbol=ETHUSDT&side=SELL&origClientOrderId=exit&price=3040&"
                               "quantity=" +
                                   quantity)
                  .body,
              "code");
  };
  EXPECT_EQ(change("2.001"), "-2022");
  EXPECT_EQ(change("2"), "");
}

TEST_F(AmendTest, AQuantityBelowWhatIsFilledCancels) {
  auto& exchange = bench.world->exchange();
  const auto filled = exchange.fill(bench.account("bob"), bench.symbol("ETHUSDT"),
                                    {.client_id = "mine"}, qty("0.4"), bench.now);
  ASSERT_TRUE(filled.ok());
  auto& events = bench.listen("bob");
  EXPECT_EQ(at(modify("quantity=0.5&price=2990").body, "status"), "PARTIALLY_FILLED");
  const auto reply = modify("quantity=0.4&price=2990");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(at(reply.body, "status"), "CANCELED");
  EXPECT_EQ(at(reply.body, "executedQty"), "0.400");
  EXPECT_EQ(event_names(events), (Names{"AMENDMENT", "CANCELED"}));
}

TEST_F(AmendTest, APostOnlyOrderThatWouldTakeIsCancelled) {
  auto request = bench.resting("ETHUSDT", Side::buy, "1", "2990");
  request.tif = TimeInForce::gtx;
  request.client_id = "post";
  bench.place("bob", request);
  EXPECT_EQ(at(modify("quantity=1&price=3000", "origClientOrderId=post").body, "status"),
            "CANCELED");
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
}

TEST_F(AmendTest, APlainOrderThatReachesThePriceTakes) {
  auto& events = bench.listen("bob");
  EXPECT_EQ(at(modify("quantity=1&price=3001").body, "status"), "FILLED");
  EXPECT_EQ(event_names(events), (Names{"AMENDMENT", "TRADE_LITE", "ACCOUNT_UPDATE", "TRADE"}));
  EXPECT_EQ(at(events[3], "o.m"), "false");
  EXPECT_EQ(at(events[3], "o.L"), "3000");
}

TEST_F(AmendTest, ItLosesItsPlaceInTheQueue) {
  auto other = bench.resting("ETHUSDT", Side::buy, "1", "2990");
  bench.place("dave", other);
  modify("quantity=2&price=2990");
  bench.move("ETHUSDT", "2990");
  const auto& exchange = bench.world->exchange();
  EXPECT_LT(exchange.account(bench.account("dave")).trades.back().id,
            exchange.account(bench.account("bob")).trades.back().id);
}

TEST_F(AmendTest, TenThousandTimesAndNoMore) {
  auto& exchange = bench.world->exchange();
  Modification change{.symbol = bench.symbol("ETHUSDT"),
                      .order = {.client_id = "mine"},
                      .side = Side::buy,
                      .qty = qty("1")};
  for (int i = 0; i < 10'000; ++i) {
    change.price = i % 2 == 0 ? price("2980") : price("2981");
    ASSERT_TRUE(exchange.modify(bench.account("bob"), change, bench.now).ok()) << i;
  }
  change.price = price("2970");
  const auto over = exchange.modify(bench.account("bob"), change, bench.now);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, -5026);
}

TEST_F(AmendTest, TheHistoryShowsTheNewestFirst) {
  modify("quantity=1&price=2980");
  bench.now = bench.now + std::chrono::seconds(1);
  modify("quantity=2&price=2980");
  const auto reply = bench.signed_call("GET", "/fapi/v1/orderAmendment", "bob",
                                       "symbol=ETHUSDT&origClientOrderId=mine");
  const auto rows = elements(reply.body);
  ASSERT_EQ(rows.size(), 2U) << reply.body;
  const auto documented = elements(golden("rest.order_amendment.docs.json"))[0];
  EXPECT_EQ(keys_of(rows[0]), keys_of(documented));
  EXPECT_EQ(keys_of(at(rows[0], "amendment")), keys_of(at(documented, "amendment")));
  EXPECT_EQ(at(rows[0], "amendment.count"), "2");
  EXPECT_EQ(at(rows[0], "amendment.origQty.after"), "2");
  EXPECT_EQ(at(rows[1], "amendment.price.before"), "2990");
  EXPECT_EQ(at(rows[1], "amendment.price.after"), "2980");
}

TEST_F(AmendTest, CancellingAnswersTheOrderAndTellsOfIt) {
  auto& events = bench.listen("bob");
  const auto reply = cancel("orderId=" + std::to_string(placed));
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(keys_of(reply.body),
            keys_of(at(golden("wsapi.order_cancel.ok.current_shape.json"), "result")));
  EXPECT_EQ(at(reply.body, "status"), "CANCELED");
  ASSERT_EQ(event_names(events), (Names{"CANCELED"}));
  EXPECT_EQ(keys_of(at(events[0], "o")),
            keys_of(at(golden("order_trade_update.canceled.limit.json"), "o")));
  EXPECT_EQ(at(events[0], "o.X"), "CANCELED");
  EXPECT_EQ(at(events[0], "o.b"), "0");
  const auto again = cancel("origClientOrderId=mine");
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(at(again.body, "code"), "-2011");
  EXPECT_EQ(at(cancel("x=1").body, "code"), "-1102");
}

TEST_F(AmendTest, CancellingOverTheWebSocketCostsWeightAndNoOrder) {
  auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  const auto answer = bench.ws_call(session, "order.cancel", "bob",
                                    R"({"symbol":"ETHUSDT","origClientOrderId":"mine"})");
  EXPECT_EQ(at(answer, "result.status"), "CANCELED") << answer;
  const auto limits = elements(at(answer, "rateLimits"));
  ASSERT_EQ(limits.size(), 1U);
  EXPECT_EQ(at(limits[0], "limit"), "2400");
  const auto again = bench.ws_call(session, "order.cancel", "bob",
                                   R"({"symbol":"ETHUSDT","origClientOrderId":"mine"})");
  EXPECT_EQ(at(again, "error"), at(golden("wsapi.order_cancel.error.2011.json"), "error"));
}

TEST_F(AmendTest, CancelAllLeavesOtherSymbols) {
  bench.place("bob", bench.resting("ETHUSDT", Side::sell, "1", "3010"));
  bench.place("bob", bench.resting("BTCUSDT", Side::sell, "0.1", "61000"));
  const auto reply = bench.signed_call("DELETE", "/fapi/v1/allOpenOrders", "bob", "symbol=ETHUSDT");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(keys_of(reply.body), keys_of(golden("rest.all_open_orders.cancel.docs.json")));
  const auto& account = bench.world->exchange().account(bench.account("bob"));
  EXPECT_EQ(account.open_count(), 1U);
  EXPECT_EQ(account.open_count(bench.symbol("BTCUSDT")), 1U);
  EXPECT_EQ(at(bench.signed_call("DELETE", "/fapi/v1/allOpenOrders", "bob").body, "code"), "-1102");
}

TEST_F(AmendTest, TheCountdownCancelsUnlessItIsWoundUpAgain) {
  const auto wind = [&](const std::string& time) {
    return bench.signed_call("POST", "/fapi/v1/countdownCancelAll", "bob",
                             "symbol=ETHUSDT&countdownTime=" + time);
  };
  const auto reply = wind("30000");
  EXPECT_EQ(keys_of(reply.body), keys_of(golden("rest.countdown_cancel_all.json")));
  EXPECT_EQ(at(reply.body, "countdownTime"), "30000");
  auto& events = bench.listen("bob");
  bench.now = bench.now + std::chrono::seconds(20);
  wind("30000");
  bench.now = bench.now + std::chrono::seconds(29);
  bench.world->protocol().tick(bench.now);
  EXPECT_TRUE(events.empty());
  bench.now = bench.now + std::chrono::seconds(1);
  bench.world->protocol().tick(bench.now);
  EXPECT_EQ(event_names(events), (Names{"CANCELED"}));
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "1", "2990"));
  wind("1000");
  wind("0");
  bench.world->protocol().tick(bench.now + std::chrono::minutes(1));
  EXPECT_EQ(bench.world->exchange().account(bench.account("bob")).open_count(), 1U) << "stopped";
}

}  // namespace
}  // namespace copyd::sim::testing
