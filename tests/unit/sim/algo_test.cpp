// Conditional orders: kept apart, triggered by the last price or the mark, told of step by step.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class AlgoTest : public ::testing::Test {
 protected:
  HttpReply place(const std::string& rest, std::string_view label = "bob") {
    return bench.signed_call("POST", "/fapi/v1/algoOrder", label,
                             "algoType=CONDITIONAL&symbol=ETHUSDT&" + rest);
  }
  std::string code(const std::string& rest, std::string_view label = "bob") {
    return at(place(rest, label).body, "code");
  }
  HttpReply get(const std::string& path, const std::string& query) {
    return bench.signed_call("GET", path, "bob", query);
  }
  const Account& bob() { return bench.world->exchange().account(bench.account("bob")); }
  const AlgoOrder& last() { return bob().algos.back(); }
  Bench bench;
};

constexpr const char* stop_buy = "side=BUY&type=STOP_MARKET&quantity=1&triggerPrice=3050";

TEST_F(AlgoTest, PlacingAnswersAndTellsAsTheVenueDoes) {
  auto& events = bench.listen("bob");
  const auto reply = place(std::string(stop_buy) + "&clientAlgoId=guard");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(keys_of(reply.body), keys_of(golden("rest.algo_order.place.json")));
  EXPECT_EQ(at(reply.body, "clientAlgoId"), "guard");
  EXPECT_EQ(at(reply.body, "algoStatus"), "NEW");
  EXPECT_EQ(at(reply.body, "triggerPrice"), "3050.00");
  EXPECT_EQ(at(reply.body, "icebergQuantity"), "null");
  ASSERT_EQ(event_names(events), (Names{"ALGO_NEW"}));
  const auto captured = golden("algo_update.new.stop_market.json");
  EXPECT_EQ(keys_of(events[0]), keys_of(captured));
  EXPECT_EQ(keys_of(at(events[0], "o")), keys_of(at(captured, "o")));
  EXPECT_EQ(at(events[0], "o.tp"), "3050");
  EXPECT_EQ(at(events[0], "o.ai"), "");
  EXPECT_EQ(get("/fapi/v1/openOrders", "").body, "[]") << "not among the orders";
  EXPECT_EQ(get("/fapi/v1/allOrders", "").body, "[]");
}

TEST_F(AlgoTest, ATriggeredStopRunsThroughItsChain) {
  place(std::string(stop_buy) + "&clientAlgoId=guard");
  auto& events = bench.listen("bob");
  bench.now = bench.now + std::chrono::seconds(5);
  bench.move("ETHUSDT", "3049.99");
  EXPECT_TRUE(events.empty());
  bench.move("ETHUSDT", "3060");
  ASSERT_EQ(event_names(events), (Names{"ALGO_TRIGGERING", "ALGO_TRIGGERED", "TRADE_LITE", "NEW",
                                        "ACCOUNT_UPDATE", "TRADE", "ALGO_FINISHED"}));
  auto members = keys_of(at(golden("algo_update.triggered.stop_market.json"), "o"));
  members.insert("ia");  // since 2026-08
  EXPECT_EQ(keys_of(at(events[1], "o")), members);
  EXPECT_EQ(keys_of(at(events[6], "o")), members);
  EXPECT_EQ(at(events[0], "o.ai"), "");
  EXPECT_EQ(at(events[1], "o.ai"), at(events[5], "o.i"));
  EXPECT_EQ(at(events[1], "o.aq"), "0");
  EXPECT_EQ(at(events[6], "o.ap"), "3060");
  EXPECT_EQ(at(events[6], "o.aq"), "1");
  EXPECT_EQ(at(events[6], "o.act"), "MARKET");
  EXPECT_EQ(at(events[6], "o.tt"), std::to_string(bench.now.ms));
  EXPECT_EQ(at(events[5], "o.c"), "guard") << "the only link";
  EXPECT_EQ(at(events[5], "o.ot"), "MARKET");
  EXPECT_EQ(at(events[5], "o.sp"), "0");
  EXPECT_EQ(bench.held("bob", "ETHUSDT").qty, qty("1"));
  const auto row = elements(get("/fapi/v1/allOrders", "symbol=ETHUSDT").body)[0];
  const auto captured = elements(golden("rest.all_orders.after_algo_trigger.json"))[2];
  EXPECT_EQ(keys_of(row), keys_of(captured));
  EXPECT_EQ(at(row, "origType"), at(captured, "origType"));
  EXPECT_EQ(at(row, "stopPrice"), at(captured, "stopPrice"));
}

TEST_F(AlgoTest, StopsAndProfitsWaitOnTheirOwnSides) {
  struct Case {
    const char* side;
    const char* type;
    const char* trigger;
    const char* before;
    const char* reached;
  };
  for (const auto& each : {Case{"BUY", "STOP_MARKET", "3050", "2900", "3050"},
                           Case{"SELL", "STOP_MARKET", "2950", "3100", "2950"},
                           Case{"BUY", "TAKE_PROFIT_MARKET", "2950", "3100", "2950"},
                           Case{"SELL", "TAKE_PROFIT_MARKET", "3050", "2900", "3050"}}) {
    Bench fresh;
    const auto reply =
        fresh.signed_call("POST", "/fapi/v1/algoOrder", "bob",
                          std::string("algoType=CONDITIONAL&symbol=ETHUSDT&quantity=1&side=") +
                              each.side + "&type=" + each.type + "&triggerPrice=" + each.trigger);
    EXPECT_EQ(reply.status, 200) << reply.body;
    const auto& account = fresh.world->exchange().account(fresh.account("bob"));
    fresh.move("ETHUSDT", each.before);
    EXPECT_TRUE(account.orders.empty()) << each.side << each.type;
    fresh.move("ETHUSDT", each.reached);
    EXPECT_EQ(account.orders.size(), 1U) << each.side << each.type;
  }
}

TEST_F(AlgoTest, OneThatWouldTriggerAtOnceIsRefused) {
  EXPECT_EQ(code("side=BUY&type=STOP_MARKET&quantity=1&triggerPrice=3000"), "-2021");
  EXPECT_EQ(code("side=SELL&type=STOP&quantity=1&price=3010&triggerPrice=3010"), "-2021");
  EXPECT_EQ(code("side=BUY&type=TAKE_PROFIT_MARKET&quantity=1&triggerPrice=3001"), "-2021");
  EXPECT_EQ(code("side=SELL&type=TRAILING_STOP_MARKET&quantity=1&callbackRate=1&"
                 "activatePrice=2990"),
            "-2021");
}

TEST_F(AlgoTest, TheMarkTriggersWhatWorksByIt) {
  place(std::string(stop_buy) + "&workingType=MARK_PRICE");
  auto& exchange = bench.world->exchange();
  exchange.set_price(bench.symbol("ETHUSDT"), price("3060"), price("3000"), bench.now);
  EXPECT_TRUE(bob().orders.empty());
  exchange.set_price(bench.symbol("ETHUSDT"), price("3040"), price("3050"), bench.now);
  ASSERT_EQ(bob().orders.size(), 1U);
  EXPECT_EQ(bob().orders[0].average(), price("3040"));
}

TEST_F(AlgoTest, ATriggeredLimitOrderRestsAndFinishesWithIt) {
  place("side=BUY&type=STOP&quantity=1&triggerPrice=3050&price=3040&clientAlgoId=guard");
  auto& events = bench.listen("bob");
  bench.move("ETHUSDT", "3050");
  EXPECT_EQ(event_names(events), (Names{"ALGO_TRIGGERING", "ALGO_TRIGGERED", "NEW"}));
  EXPECT_EQ(at(events[1], "o.act"), "LIMIT");
  EXPECT_EQ(elements(get("/fapi/v1/openOrders", "symbol=ETHUSDT").body).size(), 1U);
  const auto gone = bench.signed_call("DELETE", "/fapi/v1/algoOrder", "bob", "clientAlgoId=guard");
  EXPECT_EQ(at(gone.body, "code"), "-2011") << "it is an order now";
  events.clear();
  bench.signed_call("DELETE", "/fapi/v1/order", "bob", "symbol=ETHUSDT&origClientOrderId=guard");
  EXPECT_EQ(event_names(events), (Names{"CANCELED", "ALGO_FINISHED"}));
  EXPECT_EQ(at(events[1], "o.aq"), "0");
  EXPECT_EQ(keys_of(at(events[1], "o")), [] {
    auto keys = keys_of(
        at(golden("stream_wrapped.algo_update.finished.canceled_in_engine.json"), "data.o"));
    keys.insert("ia");
    return keys;
  }());
}

TEST_F(AlgoTest, MarginIsOnlyAskedWhenTriggered) {
  ASSERT_EQ(place("side=BUY&type=STOP_MARKET&quantity=1500&triggerPrice=3050").status, 200);
  auto& events = bench.listen("bob");
  bench.move("ETHUSDT", "3050");
  ASSERT_EQ(event_names(events), (Names{"ALGO_TRIGGERING", "ALGO_REJECTED"}));
  EXPECT_EQ(keys_of(at(events[1], "o")),
            keys_of(at(golden("algo_update.rejected.margin.json"), "o")));
  EXPECT_EQ(at(events[1], "o.rm"), "Margin is insufficient.");
  EXPECT_TRUE(bob().orders.empty());
}

TEST_F(AlgoTest, ClosePositionClosesWhatIsThereThen) {
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  const std::string closing = "side=SELL&type=STOP_MARKET&closePosition=true&triggerPrice=";
  EXPECT_EQ(place(closing + "2900").status, 200);
  EXPECT_EQ(code(closing + "2910"), "-4130");
  EXPECT_EQ(code("side=SELL&type=TAKE_PROFIT_MARKET&closePosition=true&triggerPrice=3100"), "");
  EXPECT_EQ(code(closing + "2900&quantity=1"), "-4137");
  EXPECT_EQ(code(closing + "2900&reduceOnly=true"), "-1106");
  EXPECT_EQ(code("side=SELL&type=STOP&closePosition=true&triggerPrice=2900&price=2900"), "-4136");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  auto& events = bench.listen("bob");
  bench.move("ETHUSDT", "2900");
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero());
  EXPECT_EQ(at(events[5], "o.l"), "3");
  EXPECT_EQ(at(events[5], "o.cp"), "true");
  EXPECT_EQ(at(events[5], "o.R"), "true");
  events.clear();
  bench.move("ETHUSDT", "3100");
  EXPECT_EQ(event_names(events), (Names{"ALGO_TRIGGERING", "ALGO_REJECTED"})) << "nothing is left";
}

TEST_F(AlgoTest, AHedgeLegIsClosedByItsOwn) {
  auto open = bench.market("ETHUSDT", Side::sell, "2");
  open.leg = Leg::short_;
  bench.place("carol", open);
  EXPECT_EQ(code("side=BUY&type=STOP_MARKET&closePosition=true&triggerPrice=3050", "carol"),
            "-4061");
  EXPECT_EQ(code("side=BUY&type=STOP_MARKET&closePosition=true&triggerPrice=3050&"
                 "positionSide=SHORT",
                 "carol"),
            "");
  bench.move("ETHUSDT", "3051");
  EXPECT_TRUE(bench.held("carol", "ETHUSDT", Leg::short_).qty.is_zero());
}

TEST_F(AlgoTest, ATrailingStopFollowsThePrice) {
  auto& events = bench.listen("bob");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  events.clear();
  const auto reply = place(
      "side=SELL&type=TRAILING_STOP_MARKET&quantity=1&reduceOnly=true&callbackRate=1&"
      "activatePrice=3100");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(at(reply.body, "activatePrice"), "3100");
  EXPECT_EQ(at(reply.body, "callbackRate"), "1");
  bench.move("ETHUSDT", "2950");
  EXPECT_EQ(event_names(events), (Names{"ALGO_NEW"})) << "not active yet";
  EXPECT_EQ(at(events[0], "o.ia"), "false");
  bench.move("ETHUSDT", "3100");
  EXPECT_EQ(event_names(events), (Names{"ALGO_NEW", "ALGO_NEW"}));
  EXPECT_EQ(at(events[1], "o.ia"), "true");
  bench.move("ETHUSDT", "3200");
  bench.move("ETHUSDT", "3168.01");
  EXPECT_EQ(events.size(), 2U);
  bench.move("ETHUSDT", "3168");
  EXPECT_TRUE(bench.held("bob", "ETHUSDT").qty.is_zero()) << "one per cent below the highest";
}

TEST_F(AlgoTest, ATrailingBuyFollowsDownFromNow) {
  ASSERT_EQ(place("side=BUY&type=TRAILING_STOP_MARKET&quantity=1&callbackRate=2").status, 200);
  EXPECT_TRUE(last().activated);
  bench.move("ETHUSDT", "2900");
  bench.move("ETHUSDT", "2957.99");
  EXPECT_TRUE(bob().orders.empty());
  bench.move("ETHUSDT", "2958");
  EXPECT_EQ(bob().orders.size(), 1U);
}

TEST_F(AlgoTest, CallbackRatesHaveBounds) {
  const std::string trailing = "side=BUY&type=TRAILING_STOP_MARKET&quantity=1&callbackRate=";
  EXPECT_EQ(code(trailing + "0.09"), "-2007");
  EXPECT_EQ(code(trailing + "20.1"), "-2007");
  EXPECT_EQ(code(trailing + "20"), "");
  EXPECT_EQ(code("side=BUY&type=TRAILING_STOP_MARKET&quantity=1"), "-1102");
}

TEST_F(AlgoTest, CancellingAnswersTwoHundredInQuotes) {
  place(std::string(stop_buy) + "&clientAlgoId=guard");
  auto& events = bench.listen("bob");
  const auto reply = bench.signed_call("DELETE", "/fapi/v1/algoOrder", "bob", "clientAlgoId=guard");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(keys_of(reply.body), keys_of(golden("rest.algo_order.cancel.json")));
  EXPECT_NE(reply.body.find(R"("code":"200")"), std::string::npos);
  ASSERT_EQ(event_names(events), (Names{"ALGO_CANCELED"}));
  EXPECT_EQ(keys_of(at(events[0], "o")),
            keys_of(at(golden("algo_update.canceled.stop_market.json"), "o")));
  const auto again = bench.signed_call("DELETE", "/fapi/v1/algoOrder", "bob", "clientAlgoId=guard");
  EXPECT_EQ(at(again.body, "code"), "-2011");
  bench.move("ETHUSDT", "3100");
  EXPECT_TRUE(bob().orders.empty());
}

TEST_F(AlgoTest, CancelAllOfASymbol) {
  place(stop_buy);
  place("side=SELL&type=STOP_MARKET&quantity=1&triggerPrice=2900");
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "1", "2990"));
  EXPECT_EQ(bench.signed_call("DELETE", "/fapi/v1/allOpenOrders", "bob", "symbol=ETHUSDT").status,
            200);
  EXPECT_EQ(bob().open_algos.size(), 2U) << "that is for plain orders";
  const auto reply =
      bench.signed_call("DELETE", "/fapi/v1/algoOpenOrders", "bob", "symbol=ETHUSDT");
  EXPECT_EQ(keys_of(reply.body), keys_of(golden("rest.algo_open_orders.cancel_all.docs.json")));
  EXPECT_TRUE(bob().open_algos.empty());
}

TEST_F(AlgoTest, Lists) {
  place(std::string(stop_buy) + "&clientAlgoId=first");
  bench.now = bench.now + std::chrono::seconds(1);
  place("side=SELL&type=STOP_MARKET&quantity=1&triggerPrice=2900&clientAlgoId=second");
  const auto open = elements(get("/fapi/v1/openAlgoOrders", "").body);
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(keys_of(open[0]), keys_of(elements(golden("rest.open_algo_orders.json"))[0]));
  EXPECT_EQ(at(open[0], "triggerPrice"), "3050.0");
  EXPECT_EQ(elements(get("/fapi/v1/openAlgoOrders", "symbol=BTCUSDT").body).size(), 0U);
  bench.move("ETHUSDT", "3050");
  bench.signed_call("DELETE", "/fapi/v1/algoOrder", "bob", "clientAlgoId=second");
  const auto all = elements(get("/fapi/v1/allAlgoOrders", "symbol=ETHUSDT").body);
  const auto captured = elements(golden("rest.all_algo_orders.finished_and_canceled.json"));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(at(all[0], "algoStatus"), "CANCELED") << "the newest first";
  EXPECT_EQ(keys_of(all[0]), keys_of(captured[1]));
  EXPECT_EQ(keys_of(all[1]), keys_of(captured[0]));
  EXPECT_EQ(at(all[1], "actualPrice"), "3050.000");
  const auto one = get("/fapi/v1/algoOrder", "clientAlgoId=second");
  EXPECT_EQ(keys_of(one.body), keys_of(golden("rest.algo_order.query.docs.json")));
  EXPECT_EQ(at(get("/fapi/v1/algoOrder", "algoId=7").body, "code"), "-2013");
  const auto second_page = get("/fapi/v1/allAlgoOrders", "symbol=ETHUSDT&limit=1&page=2");
  EXPECT_EQ(elements(second_page.body), std::vector<std::string>{all[1]});
}

TEST_F(AlgoTest, TwoHundredOfAnAccount) {
  auto& exchange = bench.world->exchange();
  AlgoRequest request{
      .order = {.symbol = bench.symbol("DOGEUSDT"), .qty = qty("50"), .trigger = price("0.2")}};
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(exchange.place_algo(bench.account("bob"), request, bench.now).ok());
  request.order.symbol = bench.symbol("ETHUSDT");
  request.order.trigger = price("3050");
  request.order.qty = qty("1");
  const auto over = exchange.place_algo(bench.account("bob"), request, bench.now);
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().code, -4045);
}

TEST_F(AlgoTest, ItExpiresAtItsDate) {
  const auto date = bench.now.ms + 700'000;
  ASSERT_EQ(
      place(std::string(stop_buy) + "&timeInForce=GTD&goodTillDate=" + std::to_string(date)).status,
      200);
  auto& events = bench.listen("bob");
  bench.world->protocol().tick(VenueTime{date});
  EXPECT_EQ(event_names(events), (Names{"ALGO_EXPIRED"}));
}

TEST_F(AlgoTest, OverTheWebSocket) {
  auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  const auto placed = bench.ws_call(
      session, "algoOrder.place", "bob",
      R"({"algoType":"CONDITIONAL","symbol":"ETHUSDT","side":"SELL","type":"TAKE_PROFIT",)"
      R"("timeInForce":"GTC","quantity":"1","price":"3100","triggerPrice":"3090",)"
      R"("clientAlgoId":"tp"})");
  ASSERT_EQ(at(placed, "status"), "200") << placed;
  EXPECT_EQ(keys_of(at(placed, "result")),
            keys_of(at(golden("wsapi.algo_order_place.response.docs.json"), "result")));
  const auto canceled =
      bench.ws_call(session, "algoOrder.cancel", "bob", R"({"clientAlgoId":"tp"})");
  EXPECT_EQ(keys_of(at(canceled, "result")),
            keys_of(at(golden("wsapi.algo_order_cancel.response.docs.json"), "result")));
  EXPECT_EQ(at(bench.ws_call(session, "algoOrder.cancel", "bob", R"({"clientAlgoId":"tp"})"),
               "error.code"),
            "-2011");
}

TEST_F(AlgoTest, PlainTypesAndWrongParameters) {
  EXPECT_EQ(at(bench
                   .signed_call("POST", "/fapi/v1/order", "bob",
                                "symbol=ETHUSDT&side=BUY&type=STOP_MARKET&quantity=1")
                   .body,
               "code"),
            "-4120");
  EXPECT_EQ(code("side=BUY&type=MARKET&quantity=1"), "-1116");
  EXPECT_EQ(code("side=BUY&type=STOP_MARKET&quantity=1"), "-1102");
  EXPECT_EQ(code("side=BUY&type=STOP&quantity=1&triggerPrice=3050"), "-1102");
  EXPECT_EQ(code("side=BUY&type=STOP_MARKET&quantity=1&triggerPrice=3050.001"), "-1111");
  EXPECT_EQ(code("side=BUY&type=STOP_MARKET&quantity=0.0001&triggerPrice=3050"), "-1111");
  EXPECT_EQ(code(std::string(stop_buy) + "&workingType=INDEX"), "-1130");
  EXPECT_EQ(code(std::string(stop_buy) + "&clientAlgoId=a%20b"), "-4015");
  EXPECT_EQ(code(std::string(stop_buy) + "&clientAlgoId=same"), "");
  EXPECT_EQ(code(std::string(stop_buy) + "&clientAlgoId=same"), "-4116");
}

}  // namespace
}  // namespace copyd::sim::testing
