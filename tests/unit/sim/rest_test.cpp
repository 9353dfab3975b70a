// REST: shapes against captures, signatures, the time window, permissions, lists.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

constexpr const char* captured_placed =
    R"({"orderId":33878894217,"symbol":"DOTUSDT","status":"FILLED","clientOrderId":"x",
    "price":"0.000000","origQty":"4.9","executedQty":"4.9","cumQty":"4.9","timeInForce":"GTC",
    "type":"MARKET","reduceOnly":false,"closePosition":false,"side":"BUY","positionSide":"BOTH",
    "stopPrice":"0.000000","workingType":"CONTRACT_PRICE","priceProtect":false,"origType":"MARKET",
    "priceMatch":"NONE","selfTradePreventionMode":"EXPIRE_MAKER","goodTillDate":0,
    "updateTime":1789837689736})";
constexpr const char* captured_position =
    R"({"symbol":"BTCUSDT","positionSide":"BOTH","positionAmt":"0.009","entryPrice":"67445.9",
    "breakEvenPrice":"67479.62295","markPrice":"67502.68519858","unRealizedProfit":"0.51106678",
    "liquidationPrice":"64846.98753790","isolatedMargin":"0","notional":"607.52416678",
    "marginAsset":"USDT","isolatedWallet":"0","initialMargin":"7.59405208",
    "maintMargin":"2.43009666","positionInitialMargin":"7.59405208","openOrderInitialMargin":"0",
    "adl":2,"bidNotional":"0","askNotional":"0","updateTime":1722161166529})";
constexpr const char* captured_trade =
    R"({"symbol":"DOTUSDT","id":1189522420,"orderId":33866374191,"pair":"DOTUSDT","side":"BUY",
    "price":"1.135900","qty":"6.3","realizedPnl":"0","quoteQty":"7.1561700",
    "commission":"0.00000431","commissionAsset":"BNB","time":1789735342346,"buyer":true,
    "maker":false,"positionSide":"BOTH","baseQty":"0","marginAsset":"USDT"})";

const std::string market_buy = "symbol=DOTUSDT&side=BUY&type=MARKET&quantity=4.9";

class RestTest : public ::testing::Test {
 protected:
  std::string get(const std::string& path, const std::string& query = {},
                  std::string_view label = "bob") {
    const auto reply = bench.signed_call("GET", path, label, query);
    EXPECT_EQ(reply.status, 200) << path << " " << reply.body;
    return reply.body;
  }
  HttpReply order(const std::string& query, std::string_view label = "bob") {
    return bench.signed_call("POST", "/fapi/v1/order", label, query);
  }
  std::string header(const HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers)
      if (key == name) return value;
    return "";
  }
  Bench bench;
};

TEST_F(RestTest, PlacingAnswersWithExactlyTheCapturedMembers) {
  const auto reply = order(market_buy + "&newOrderRespType=RESULT&newClientOrderId=c1x");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(keys_of(reply.body), keys_of(captured_placed));
  EXPECT_EQ(at(reply.body, "status"), "FILLED");
  EXPECT_EQ(at(reply.body, "executedQty"), "4.9");
  EXPECT_EQ(at(reply.body, "cumQty"), "4.9");
  EXPECT_EQ(at(reply.body, "price"), "0.000000");
  EXPECT_EQ(at(reply.body, "clientOrderId"), "c1x");
  EXPECT_EQ(at(reply.body, "avgPrice"), "");
  EXPECT_EQ(at(reply.body, "cumQuote"), "");
  EXPECT_EQ(header(reply, "X-MBX-ORDER-COUNT-10S"), "1");
  EXPECT_EQ(header(reply, "X-MBX-ORDER-COUNT-1M"), "1");
}

TEST_F(RestTest, WithoutResultTheAnswerIsTheOrdersBirth) {
  const auto reply = order(market_buy);
  EXPECT_EQ(at(reply.body, "status"), "NEW");
  EXPECT_EQ(at(reply.body, "executedQty"), "0.0");
}

TEST_F(RestTest, AnOrderIsFoundByEitherId) {
  const auto placed = order(market_buy + "&newClientOrderId=mine");
  const auto by_client = get("/fapi/v1/order", "symbol=DOTUSDT&origClientOrderId=mine");
  const auto by_id = get("/fapi/v1/order", "symbol=DOTUSDT&orderId=" + at(placed.body, "orderId"));
  EXPECT_EQ(by_client, by_id);
  EXPECT_EQ(at(by_id, "avgPrice"), "5.0000000");
  EXPECT_EQ(at(by_id, "cumQuote"), "24.5000000");
  EXPECT_EQ(at(by_id, "status"), "FILLED");
  for (const char* query : {"symbol=DOTUSDT&origClientOrderId=other", "symbol=DOTUSDT&orderId=5",
                            "symbol=BTCUSDT&origClientOrderId=mine"}) {
    const auto missing = bench.signed_call("GET", "/fapi/v1/order", "bob", query);
    EXPECT_EQ(missing.status, 400);
    EXPECT_EQ(at(missing.body, "code"), "-2013") << query;
  }
  EXPECT_EQ(
      at(bench.signed_call("GET", "/fapi/v1/order", "dave", "symbol=DOTUSDT&origClientOrderId=mine")
             .body,
         "code"),
      "-2013")
      << "another account's";
  EXPECT_EQ(at(bench.signed_call("GET", "/fapi/v1/order", "bob", "symbol=DOTUSDT").body, "code"),
            "-1102");
}

TEST_F(RestTest, OnlyHeldPositionsAreRows) {
  EXPECT_EQ(get("/fapi/v3/positionRisk"), "[]");
  order("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1");
  order(market_buy);
  const auto rows = elements(get("/fapi/v3/positionRisk"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(keys_of(rows[0]), keys_of(captured_position));
  EXPECT_EQ(at(rows[0], "positionAmt"), "-0.1");
  EXPECT_EQ(at(rows[0], "entryPrice"), "60000");
  EXPECT_EQ(at(rows[0], "notional"), "-6000.00000000");
  EXPECT_EQ(at(rows[0], "updateTime"), std::to_string(bench.now.ms));
  EXPECT_EQ(elements(get("/fapi/v3/positionRisk", "symbol=DOTUSDT")).size(), 1U);
  EXPECT_EQ(get("/fapi/v3/positionRisk", "symbol=ETHUSDT"), "[]");
}

TEST_F(RestTest, EquityCountsWhatIsNotRealizedYet) {
  order("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1");
  bench.world->exchange().set_price(bench.symbol("BTCUSDT"), price("61000"), price("61000"));
  const auto account = get("/fapi/v3/account");
  EXPECT_EQ(at(account, "totalWalletBalance"), "99997.00000000");
  EXPECT_EQ(at(account, "totalUnrealizedProfit"), "100.00000000");
  EXPECT_EQ(at(account, "totalMarginBalance"), "100097.00000000");
  EXPECT_EQ(at(account, "totalInitialMargin"), "305.00000000");
  EXPECT_EQ(at(account, "availableBalance"), "99792.00000000");
  EXPECT_EQ(elements(at(account, "assets")).size(), 3U);
  EXPECT_EQ(at(account, "positions.0.positionAmt"), "0.1");
}

TEST_F(RestTest, AliasesTellAccountsApart) {
  const auto bob = get("/fapi/v3/balance");
  EXPECT_EQ(at(bob, "0.accountAlias"), at(get("/fapi/v3/balance"), "0.accountAlias"));
  EXPECT_NE(at(bob, "0.accountAlias"), at(get("/fapi/v3/balance", "", "dave"), "0.accountAlias"));
}

TEST_F(RestTest, TheModeIsInTheAccountConfig) {
  const auto config = get("/fapi/v1/accountConfig");
  EXPECT_EQ(at(config, "dualSidePosition"), "false");
  EXPECT_EQ(keys_of(config), (std::set<std::string>{"feeTier", "canTrade", "canDeposit",
                                                    "canWithdraw", "dualSidePosition", "updateTime",
                                                    "multiAssetsMargin", "tradeGroupId"}));
  EXPECT_EQ(at(get("/fapi/v1/accountConfig", "", "carol"), "dualSidePosition"), "true");
}

TEST_F(RestTest, UserTradesAreTheOldestOfTheirWindow) {
  for (int i = 0; i < 5; ++i) {
    order(market_buy);
    bench.now = bench.now + std::chrono::seconds(1);
  }
  const auto all = elements(get("/fapi/v1/userTrades", "symbol=DOTUSDT"));
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(keys_of(all[0]), keys_of(captured_trade));
  const auto two = elements(get("/fapi/v1/userTrades", "symbol=DOTUSDT&limit=2"));
  EXPECT_EQ(two, (std::vector<std::string>{all[0], all[1]}));
  const auto later =
      elements(get("/fapi/v1/userTrades", "symbol=DOTUSDT&startTime=" + at(all[3], "time")));
  EXPECT_EQ(later, (std::vector<std::string>{all[3], all[4]}));
  const auto from =
      elements(get("/fapi/v1/userTrades", "symbol=DOTUSDT&fromId=" + at(all[2], "id")));
  EXPECT_EQ(from.size(), 3U);
  EXPECT_EQ(get("/fapi/v1/userTrades", "symbol=ETHUSDT"), "[]");
  const auto code = [&](const std::string& query) {
    return at(bench.signed_call("GET", "/fapi/v1/userTrades", "bob", query).body, "code");
  };
  EXPECT_EQ(code("limit=5"), "-1102");
  EXPECT_EQ(code("symbol=DOTUSDT&limit=1001"), "-1130");
  EXPECT_EQ(code("symbol=DOTUSDT&fromId=1&startTime=1"), "-1128");
  EXPECT_EQ(code("symbol=DOTUSDT&startTime=1&endTime=9999999999"), "-4166");
}

TEST_F(RestTest, AllOrdersAreTheNewestOfTheirWindowOverAllSymbols) {
  order(market_buy);
  bench.now = bench.now + std::chrono::seconds(1);
  order("symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1");
  bench.now = bench.now + std::chrono::seconds(1);
  order("symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=IOC&price=3001&quantity=1");
  const auto all = elements(get("/fapi/v1/allOrders"));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(at(all[0], "symbol"), "DOTUSDT");
  EXPECT_EQ(at(all[0], "pair"), "DOTUSDT");
  EXPECT_EQ(at(all[0], "cumBase"), "0");
  EXPECT_EQ(at(all[2], "status"), "EXPIRED");
  EXPECT_EQ(at(all[2], "price"), "3001.00");
  EXPECT_EQ(elements(get("/fapi/v1/allOrders", "limit=1"))[0], all[2]);
  EXPECT_EQ(elements(get("/fapi/v1/allOrders", "symbol=ETHUSDT")).size(), 2U);
  EXPECT_EQ(elements(get("/fapi/v1/allOrders", "startTime=" + at(all[1], "time"))).size(), 2U);
  EXPECT_EQ(get("/fapi/v1/openOrders"), "[]");
}

TEST_F(RestTest, ExchangeInfoIsLongAndItsFiltersAreShuffled) {
  Bench full({.filler_symbols = 600});
  const auto body = full.send("GET", "/fapi/v1/exchangeInfo?symbol=BTCUSDT").body;
  EXPECT_GT(body.size(), 700'000U);
  const auto symbols = elements(at(body, "symbols"));
  ASSERT_EQ(symbols.size(), 618U) << "it ignores its parameters";
  EXPECT_EQ(at(symbols[0], "symbol"), "BTCUSDT");
  EXPECT_EQ(at(body, "rateLimits.0.limit"), "2400");
  std::set<std::string> first_keys;
  for (const auto& symbol : symbols) {
    const auto filters = elements(at(symbol, "filters"));
    ASSERT_EQ(filters.size(), 7U);
    first_keys.insert(filters[0].substr(0, filters[0].find(':')));
  }
  EXPECT_GT(first_keys.size(), 2U);
  std::map<std::string, std::string> filters;
  for (const auto& filter : elements(at(symbols[0], "filters")))
    filters[at(filter, "filterType")] = filter;
  EXPECT_EQ(at(filters["PRICE_FILTER"], "tickSize"), "0.10");
  EXPECT_EQ(at(filters["LOT_SIZE"], "maxQty"), "1000");
  EXPECT_EQ(at(filters["MARKET_LOT_SIZE"], "maxQty"), "120");
  EXPECT_EQ(at(filters["MIN_NOTIONAL"], "notional"), "50");
}

TEST_F(RestTest, WhatANewAccountNeedsIsServed) {
  EXPECT_EQ(at(bench.send("GET", "/fapi/v1/time").body, "serverTime"),
            std::to_string(bench.now.ms));
  EXPECT_EQ(bench.send("GET", "/fapi/v1/ping").body, "{}");
  EXPECT_EQ(at(bench.send("GET", "/fapi/v1/premiumIndex?symbol=BTCUSDT").body, "markPrice"),
            "60000.00000000");
  EXPECT_EQ(at(get("/fapi/v1/symbolConfig", "symbol=BTCUSDT"), "0.leverage"), "20");
  EXPECT_EQ(at(get("/fapi/v1/rateLimit/order"), "0.limit"), "300");
}

TEST_F(RestTest, PermissionRecordsDiffer) {
  const std::string path = "/sapi/v1/account/apiRestrictions";
  EXPECT_EQ(at(get(path), "enableFutures"), "true");
  EXPECT_EQ(at(get(path), "enableWithdrawals"), "false");
  EXPECT_EQ(at(get(path, "", "withdraw"), "enableWithdrawals"), "true");
  EXPECT_EQ(at(get(path, "", "readonly"), "enableFutures"), "false");
  const auto refused = order(market_buy, "readonly");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(at(refused.body, "code"), "-2015");
  get("/fapi/v1/accountConfig", "", "readonly");
}

TEST_F(RestTest, KeysAndSignaturesAreReallyChecked) {
  const auto code = [&](const HttpReply& reply) { return at(reply.body, "code"); };
  const std::string path = "/fapi/v1/accountConfig?";
  const std::string payload = "timestamp=" + std::to_string(bench.now.ms);
  const std::string good = bench.sign("bob", payload);
  EXPECT_EQ(bench.send("GET", path + payload + "&signature=" + good, "bob").status, 200);
  EXPECT_EQ(code(bench.send("GET", path + payload + "&signature=" + good, "dave")), "-1022");
  EXPECT_EQ(code(bench.send("GET", path + payload + "&x=1&signature=" + good, "bob")), "-1022");
  EXPECT_EQ(code(bench.send("GET", path + "signature=" + good + "&" + payload, "bob")), "-1022")
      << "the signature stands last";
  EXPECT_EQ(code(bench.send("GET", path + payload, "bob")), "-1102");
  EXPECT_EQ(code(bench.send("GET", path + "signature=" + bench.sign("bob", ""), "bob")), "-1102")
      << "no timestamp";
  EXPECT_EQ(code(bench.send("GET", path + payload + "&signature=" + good)), "-2014");
  const auto unknown =
      bench.world->protocol().handle_rest({.method = "GET",
                                           .target = path + payload + "&signature=" + good,
                                           .api_key = std::string(64, 'x'),
                                           .body = {}},
                                          bench.now);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(code(unknown), "-2015");
}

TEST_F(RestTest, ABodyIsSignedRightBehindTheQuery) {
  const std::string query = "symbol=DOTUSDT&side=BUY";
  const std::string body = "type=MARKET&quantity=4.9&timestamp=" + std::to_string(bench.now.ms);
  const auto send = [&](const std::string& signature) {
    return bench.world->protocol().handle_rest({.method = "POST",
                                                .target = "/fapi/v1/order?" + query,
                                                .api_key = bench.world->member("bob").api_key,
                                                .body = body + "&signature=" + signature},
                                               bench.now);
  };
  const auto sent = send(bench.sign("bob", query + body));
  EXPECT_EQ(sent.status, 200) << sent.body;
  EXPECT_EQ(at(send(bench.sign("bob", query + "&" + body)).body, "code"), "-1022");
}

TEST_F(RestTest, TheTimeWindow) {
  const auto code = [&](std::int64_t offset, const std::string& window) {
    const std::string payload = window + "timestamp=" + std::to_string(bench.now.ms + offset);
    return at(
        bench
            .send("GET",
                  "/fapi/v1/accountConfig?" + payload + "&signature=" + bench.sign("bob", payload),
                  "bob")
            .body,
        "code");
  };
  EXPECT_EQ(code(999, ""), "");
  EXPECT_EQ(code(1000, ""), "-1021");
  EXPECT_EQ(code(-5000, ""), "");
  EXPECT_EQ(code(-5001, ""), "-1021");
  EXPECT_EQ(code(-2000, "recvWindow=2000&"), "");
  EXPECT_EQ(code(-2001, "recvWindow=2000&"), "-1021");
  EXPECT_EQ(code(0, "recvWindow=60001&"), "-1130");
}

TEST_F(RestTest, WhatIsNotThereSays501) {
  EXPECT_EQ(bench.send("GET", "/fapi/v1/klines?symbol=BTCUSDT").status, 501);
  EXPECT_EQ(bench.send("POST", "/fapi/v1/stock/contract", "bob").status, 501);
}

TEST_F(RestTest, WeightIsCountedAndLimited) {
  EXPECT_EQ(header(bench.send("GET", "/fapi/v1/time"), "X-MBX-USED-WEIGHT-1M"), "1");
  get("/fapi/v3/account");
  EXPECT_EQ(header(bench.send("GET", "/fapi/v1/time"), "X-MBX-USED-WEIGHT-1M"), "7");
  for (int i = 0; i < 478; ++i) get("/fapi/v3/account");
  const auto over = bench.signed_call("GET", "/fapi/v3/account", "bob");
  EXPECT_EQ(over.status, 429);
  EXPECT_EQ(at(over.body, "code"), "-1003");
  EXPECT_NE(header(over, "Retry-After"), "");
  bench.now = bench.now + std::chrono::minutes(1);
  get("/fapi/v3/account");
}

TEST_F(RestTest, OrdersAreLimitedPerAccountAndRejectedOnesCount) {
  for (int i = 0; i < 300; ++i) order("symbol=NOSUCH&side=BUY&type=MARKET&quantity=1");
  const auto over = order(market_buy);
  EXPECT_EQ(over.status, 429);
  EXPECT_EQ(at(over.body, "code"), "-1015");
  EXPECT_EQ(order(market_buy, "dave").status, 200);
  bench.now = bench.now + std::chrono::seconds(10);
  EXPECT_EQ(order(market_buy).status, 200);
}

}  // namespace
}  // namespace copyd::sim::testing
