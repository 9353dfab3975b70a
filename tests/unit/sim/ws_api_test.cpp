// The WebSocket API: envelopes against captures, signatures, sessions, faults.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

// A real answer of 2025-12 without the two members that the venue dropped in 2026.
constexpr const char* captured_place =
    R"({"id":"h4QeAAoCo4s3B0UAAAABAAAAAAAAAAAAAAAA","status":200,"result":{"orderId":851545009715,
    "symbol":"BTCUSDT","status":"NEW","clientOrderId":"GQACo4s3B0UAAQAAAAAA","price":"32000.00",
    "origQty":"1.000","executedQty":"0.000","cumQty":"0.000","timeInForce":"GTC","type":"LIMIT",
    "reduceOnly":false,"closePosition":false,"side":"BUY","positionSide":"BOTH","stopPrice":"0.00",
    "workingType":"CONTRACT_PRICE","priceProtect":false,"origType":"LIMIT","priceMatch":"NONE",
    "selfTradePreventionMode":"EXPIRE_MAKER","goodTillDate":0,"updateTime":1765337013071},
    "rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,
    "limit":-1,"count":-1},{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,
    "limit":300,"count":1},{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,
    "limit":1200,"count":2}]})";

const std::string buy =
    R"({"symbol":"ETHUSDT","side":"BUY","type":"MARKET","quantity":"0.100",
       "newOrderRespType":"RESULT"})";

class WsApiTest : public ::testing::Test {
 protected:
  std::string call(std::string_view method, std::string_view label = {},
                   const std::string& params = "{}") {
    return bench.ws_call(session, method, label, params);
  }
  std::string raw(const std::string& text) {
    return bench.world->protocol().handle_ws_api(session, text, bench.now).text;
  }
  Bench bench;
  WsSession session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
};

TEST_F(WsApiTest, PlacingHasTheCapturedShape) {
  const auto answer = call("order.place", "bob", buy);
  EXPECT_EQ(keys_of(answer), keys_of(captured_place));
  EXPECT_EQ(keys_of(at(answer, "result")), keys_of(at(captured_place, "result")));
  EXPECT_EQ(at(answer, "id"), "a-1");
  EXPECT_EQ(at(answer, "status"), "200");
  EXPECT_EQ(at(answer, "result.status"), "FILLED");
  EXPECT_EQ(at(answer, "result.executedQty"), "0.100");
  const auto limits = elements(at(answer, "rateLimits"));
  ASSERT_EQ(limits.size(), 3U);
  EXPECT_EQ(at(limits[0], "limit"), "-1");
  EXPECT_EQ(at(limits[0], "count"), "-1");
  EXPECT_EQ(at(limits[1], "limit"), "300");
  EXPECT_EQ(at(limits[1], "count"), "1");
  EXPECT_EQ(at(limits[2], "limit"), "1200");
}

TEST_F(WsApiTest, ARejectedOrderStillCounts) {
  call("order.place", "bob", R"({"symbol":"NOSUCH","side":"BUY","type":"MARKET","quantity":"1"})");
  const auto answer = call("order.place", "bob",
                           R"({"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":"100"})");
  EXPECT_EQ(at(answer, "status"), "400");
  EXPECT_EQ(at(answer, "error.code"), "-2019");
  EXPECT_EQ(at(answer, "error.msg"), "Margin is insufficient.");
  EXPECT_EQ(at(answer, "rateLimits.1.count"), "2");
  EXPECT_EQ(at(answer, "result"), "");
}

TEST_F(WsApiTest, NumbersAreSignedAsTheyWereSent) {
  const auto answer = call(
      "order.place", "bob",
      R"({"symbol":"ETHUSDT","side":"BUY","type":"MARKET","quantity":0.100,"recvWindow":2000})");
  EXPECT_EQ(at(answer, "status"), "200") << answer;
}

TEST_F(WsApiTest, OneSocketServesSeveralAccounts) {
  EXPECT_EQ(at(call("order.place", "bob", buy), "status"), "200");
  EXPECT_EQ(at(call("order.place", "dave", buy), "status"), "200");
  const auto hedge = call("order.place", "carol",
                          R"({"symbol":"ETHUSDT","side":"BUY","type":"MARKET","quantity":"1",
                             "positionSide":"LONG"})");
  EXPECT_EQ(at(hedge, "result.positionSide"), "LONG") << hedge;
}

TEST_F(WsApiTest, AnEd25519SessionNeedsNoMoreSignatures) {
  const auto logon = call("session.logon", "carol");
  EXPECT_EQ(at(logon, "status"), "200") << logon;
  EXPECT_EQ(at(logon, "result.apiKey"), bench.world->member("carol").api_key);
  EXPECT_EQ(keys_of(at(logon, "result")),
            (std::set<std::string>{"apiKey", "authorizedSince", "connectedSince",
                                   "returnRateLimits", "serverTime"}));
  const std::string order =
      R"({"id":7,"method":"order.place","params":{"symbol":"ETHUSDT","side":"BUY","type":"MARKET",
         "quantity":"1","positionSide":"LONG","timestamp":)" +
      std::to_string(bench.now.ms) + "}}";
  const auto placed = raw(order);
  EXPECT_EQ(at(placed, "status"), "200") << placed;
  EXPECT_EQ(at(placed, "id"), "7");
  const auto no_time = raw(R"({"id":8,"method":"order.place","params":{"symbol":"ETHUSDT"}})");
  EXPECT_EQ(at(no_time, "error.code"), "-1102");
  EXPECT_EQ(at(call("session.status"), "result.apiKey"), bench.world->member("carol").api_key);
  EXPECT_EQ(at(call("session.logout"), "result.apiKey"), "null");
  EXPECT_EQ(at(raw(order), "error.code"), "-1102");
}

TEST_F(WsApiTest, OnlyEd25519KeysLogOn) {
  EXPECT_EQ(at(call("session.logon", "bob"), "error.code"), "-4056");
  EXPECT_EQ(session.logged_on, nullptr);
}

TEST_F(WsApiTest, ABadSignatureIsRefused) {
  const auto answer = raw(R"({"id":"x","method":"session.logon","params":{"apiKey":")" +
                          bench.world->member("carol").api_key + R"(","timestamp":)" +
                          std::to_string(bench.now.ms) + R"(,"signature":"AAAA"}})");
  EXPECT_EQ(at(answer, "status"), "400");
  EXPECT_EQ(at(answer, "error.code"), "-1022");
  EXPECT_EQ(at(answer, "rateLimits.0.rateLimitType"), "REQUEST_WEIGHT");
}

TEST_F(WsApiTest, OldRequestsAreRefused) {
  bench.now = bench.now + std::chrono::seconds(10);
  const std::string payload =
      "apiKey=" + bench.world->member("bob").api_key + "&timestamp=1790000000000";
  const auto answer =
      raw(R"({"id":1,"method":"v2/account.status","params":{"apiKey":")" +
          bench.world->member("bob").api_key + R"(","timestamp":1790000000000,"signature":")" +
          bench.sign("bob", payload) + R"("}})");
  EXPECT_EQ(at(answer, "error.code"), "-1021");
}

TEST_F(WsApiTest, NonsenseIsAnsweredWithoutAnId) {
  for (const char* text : {"", "{", "[]", "hello", R"({"id":1})", R"({"id":1,"method":5})"})
    EXPECT_EQ(raw(text),
              R"({"id":null,"status":400,"error":{"code":-1000,"msg":"Invalid JSON request."}})");
  EXPECT_EQ(at(raw(R"({"id":1,"method":"algoOrder.amend","params":{}})"), "status"), "501");
}

TEST_F(WsApiTest, RateLimitsMayBeLeftOut) {
  auto quiet = bench.world->protocol().open_ws_api("/ws-fapi/v1?returnRateLimits=false", bench.now);
  const auto answer =
      bench.world->protocol().handle_ws_api(quiet, R"({"id":1,"method":"time"})", bench.now).text;
  EXPECT_EQ(keys_of(answer), (std::set<std::string>{"id", "result", "status"}));
  EXPECT_EQ(at(answer, "result.serverTime"), std::to_string(bench.now.ms));
}

TEST_F(WsApiTest, QueriesAnswerAsRestDoes) {
  call(
      "order.place", "bob",
      R"({"symbol":"ETHUSDT","side":"BUY","type":"MARKET","quantity":"1",
         "newClientOrderId":"q1"})");
  const auto order =
      call("order.status", "bob", R"({"symbol":"ETHUSDT","origClientOrderId":"q1"})");
  EXPECT_EQ(at(order, "result.status"), "FILLED");
  EXPECT_EQ(at(order, "result.avgPrice"), "3000.000");
  EXPECT_EQ(at(call("v2/account.position", "bob"), "result.0.positionAmt"), "1");
  EXPECT_EQ(at(call("v2/account.status", "bob"), "result.totalWalletBalance"), "99998.50000000");
  EXPECT_EQ(elements(at(call("account.balance", "bob"), "result")).size(), 3U);
}

TEST_F(WsApiTest, ListenKeysAreSharedWithRest) {
  const std::string key = R"({"apiKey":")" + bench.world->member("bob").api_key + R"("})";
  const auto started = call("userDataStream.start", {}, key);
  EXPECT_EQ(at(started, "result.listenKey"),
            at(bench.send("POST", "/fapi/v1/listenKey", "bob").body, "listenKey"));
  EXPECT_EQ(at(call("userDataStream.ping", {}, key), "result.listenKey"),
            at(started, "result.listenKey"));
  EXPECT_EQ(at(call("userDataStream.stop", {}, key), "result"), "{}");
  EXPECT_EQ(at(call("userDataStream.ping", {}, key), "error.code"), "-1125");
}

TEST_F(WsApiTest, FaultsRejectOrLoseTheNextOrders) {
  auto& faults = bench.world->protocol().faults(bench.account("bob"));
  faults.rejection = {.code = -1008, .message = "busy", .status = 503};
  faults.rejections = 1;
  const auto rejected = call("order.place", "bob", buy);
  EXPECT_EQ(at(rejected, "error.code"), "-1008");
  EXPECT_EQ(at(rejected, "status"), "503");
  EXPECT_EQ(at(call("order.place", "bob", buy), "status"), "200");

  const auto executed = [&] {
    return bench.world->exchange().account(bench.account("bob")).orders.size();
  };
  const auto request = [&] {
    const std::string payload =
        "apiKey=" + bench.world->member("bob").api_key +
        "&quantity=1&side=BUY&symbol=ETHUSDT&timestamp=" + std::to_string(bench.now.ms) +
        "&type=MARKET";
    return R"({"id":1,"method":"order.place","params":{"symbol":"ETHUSDT","side":"BUY",
              "type":"MARKET","quantity":"1","timestamp":)" +
           std::to_string(bench.now.ms) + R"(,"apiKey":")" + bench.world->member("bob").api_key +
           R"(","signature":")" + bench.sign("bob", payload) + R"("}})";
  };
  faults.drops = 1;
  faults.drop_before = false;
  EXPECT_TRUE(bench.world->protocol().handle_ws_api(session, request(), bench.now).drop);
  EXPECT_EQ(executed(), 2U) << "executed, though nobody hears of it";
  faults.drops = 1;
  faults.drop_before = true;
  EXPECT_TRUE(bench.world->protocol().handle_ws_api(session, request(), bench.now).drop);
  EXPECT_EQ(executed(), 2U);
  EXPECT_FALSE(bench.world->protocol().handle_ws_api(session, request(), bench.now).drop);
  EXPECT_EQ(executed(), 3U);
}

}  // namespace
}  // namespace copyd::sim::testing
