// Weight, order counts, 429, bans.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

using std::chrono::minutes;

std::string header(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers)
    if (key == name) return value;
  return "";
}

class RateLimitTest : public ::testing::Test {
 protected:
  HttpReply ask(std::string_view address = "127.0.0.1", std::string_view target = "/fapi/v1/time") {
    return bench.world->protocol().handle_rest(
        {.method = "GET", .target = target, .api_key = {}, .body = {}, .address = address},
        bench.now);
  }
  // Asks until the minute's weight is used up.
  void exhaust(std::string_view address = "127.0.0.1") {
    for (int i = 0; i < RateLimits::weight_per_minute; ++i) ASSERT_EQ(ask(address).status, 200);
  }
  HttpReply order(std::string_view quantity = "0.1") {
    return bench.signed_call(
        "POST", "/fapi/v1/order", "bob",
        "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=" + std::string(quantity));
  }
  // The rows of a WebSocket answer.
  std::vector<std::string> rows(WsSession& session, std::string_view method,
                                const std::string& params = "{}") {
    return elements(at(bench.ws_call(session, method, "bob", params), "rateLimits"));
  }
  static constexpr const char* market_order =
      R"({"symbol":"ETHUSDT","side":"BUY","type":"MARKET","quantity":"0.1"})";
  Bench bench;
};

TEST_F(RateLimitTest, EveryAnswerShowsTheWeightOfItsAddress) {
  EXPECT_EQ(header(ask(), "X-MBX-USED-WEIGHT-1M"), "1");
  EXPECT_EQ(header(ask("127.0.0.2"), "X-MBX-USED-WEIGHT-1M"), "1");
  EXPECT_EQ(header(ask("127.0.0.1", "/fapi/v1/nothing"), "X-MBX-USED-WEIGHT-1M"), "2");
  EXPECT_EQ(header(bench.send("GET", "/fapi/v3/account"), "X-MBX-USED-WEIGHT-1M"), "7")
      << "a refusal counts and shows its weight too";
  bench.now = bench.now + minutes(1);
  EXPECT_EQ(header(ask(), "X-MBX-USED-WEIGHT-1M"), "1") << "a new minute";
}

TEST_F(RateLimitTest, OverTheLimitIs429WithRetryAfterAndThenABan) {
  exhaust();
  bench.now = VenueTime{bench.now.ms / 60'000 * 60'000 + 12'500};
  const auto refused = ask();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(at(refused.body, "code"), "-1003");
  EXPECT_NE(at(refused.body, "msg").find("limit is 2400 requests per minute"), std::string::npos);
  EXPECT_EQ(header(refused, "Retry-After"), "48");
  EXPECT_EQ(ask("127.0.0.2").status, 200) << "another address";
  for (int i = 1; i < RateLimits::refusals_before_ban; ++i) EXPECT_EQ(ask().status, 429);
  const auto banned = ask();
  EXPECT_EQ(banned.status, 418);
  EXPECT_EQ(at(banned.body, "code"), "-1003");
  EXPECT_EQ(at(banned.body, "msg"),
            "Way too many requests; IP(127.0.0.1) banned until " +
                std::to_string((bench.now + minutes(2)).ms) +
                ". Please use the websocket for live updates to avoid bans.");
  EXPECT_EQ(header(banned, "Retry-After"), "120");
  EXPECT_EQ(order().status, 418) << "all of REST, whatever its weight";
  bench.now = bench.now + (minutes(2) - std::chrono::milliseconds(1));
  EXPECT_EQ(ask().status, 418) << "still, though the minute is another";
  bench.now = bench.now + std::chrono::milliseconds(1);
  EXPECT_EQ(ask().status, 200);
}

TEST_F(RateLimitTest, BansGrow) {
  std::vector<std::int64_t> lengths;
  for (int i = 0; i < 7; ++i) {
    exhaust();
    HttpReply reply;
    do reply = ask();
    while (reply.status == 429);
    ASSERT_EQ(reply.status, 418);
    const std::int64_t seconds = std::stol(header(reply, "Retry-After"));
    lengths.push_back(seconds / 60);
    bench.now = bench.now + std::chrono::seconds(seconds);
  }
  EXPECT_EQ(lengths, (std::vector<std::int64_t>{2, 10, 60, 360, 1440, 4320, 4320}));
}

TEST_F(RateLimitTest, OrdersWeighNothingAndPassWhileTheWeightIsUsedUp) {
  exhaust();
  EXPECT_EQ(ask().status, 429);
  EXPECT_EQ(order().status, 200);
}

TEST_F(RateLimitTest, WithoutWeightLimitsNobodyIsRefused) {
  Bench free({.weight_limits = false});
  for (int i = 0; i <= RateLimits::weight_per_minute; ++i)
    ASSERT_EQ(free.send("GET", "/fapi/v1/time").status, 200);
}

TEST_F(RateLimitTest, TheWebSocketApiHasAWeightOfItsOwn) {
  exhaust();
  auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  const auto answer = bench.ws_call(session, "time", "");
  EXPECT_EQ(at(answer, "status"), "200");
  EXPECT_EQ(at(answer, "rateLimits.0.count"), "6") << "the handshake cost 5";
  // Cancelling by REST counts there, and not with the rest of REST.
  const auto before = header(ask("127.0.0.2"), "X-MBX-USED-WEIGHT-1M");
  EXPECT_EQ(before, "1");
  bench.signed_call("DELETE", "/fapi/v1/order", "bob", "symbol=ETHUSDT&orderId=1");
  EXPECT_EQ(at(bench.ws_call(session, "time", ""), "rateLimits.0.count"), "8");
}

TEST_F(RateLimitTest, TheWebSocketApiIsRefusedByStatus) {
  auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  for (int i = 5; i < RateLimits::weight_per_minute; ++i) bench.ws_call(session, "time", "");
  EXPECT_EQ(at(bench.ws_call(session, "time", ""), "status"), "429");
  for (int i = 1; i < RateLimits::refusals_before_ban; ++i) bench.ws_call(session, "time", "");
  const auto banned = bench.ws_call(session, "time", "");
  EXPECT_EQ(at(banned, "status"), "418");
  EXPECT_NE(at(banned, "error.msg").find("banned until"), std::string::npos);
  EXPECT_EQ(ask().status, 200) << "REST is another matter";
  EXPECT_TRUE(bench.world->protocol().refuse_upgrade("/ws-fapi/v1", "127.0.0.1", bench.now));
  EXPECT_FALSE(bench.world->protocol().refuse_upgrade("/ws-fapi/v1", "127.0.0.9", bench.now));
  EXPECT_FALSE(bench.world->protocol().refuse_upgrade("/private/ws", "127.0.0.1", bench.now));
}

TEST_F(RateLimitTest, RowsShowMinusOneWhereAMethodWeighsNothing) {
  auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  EXPECT_EQ(rows(session, "order.place", market_order),
            (std::vector<std::string>{
                R"({"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,)"
                R"("limit":-1,"count":-1})",
                R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,)"
                R"("limit":300,"count":1})",
                R"({"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,)"
                R"("limit":1200,"count":1})"}));
  const auto query = rows(session, "order.status", R"({"symbol":"ETHUSDT","orderId":1})");
  ASSERT_EQ(query.size(), 1U);
  EXPECT_EQ(at(query[0], "limit"), "2400");
}

TEST_F(RateLimitTest, RefusedAndModifiedOrdersCountCancelledOnesDoNot) {
  EXPECT_EQ(header(order(), "X-MBX-ORDER-COUNT-10S"), "1");
  EXPECT_EQ(header(order("0.0000001"), "X-MBX-ORDER-COUNT-1M"), "2") << "refused";
  auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  const auto modified =
      rows(session, "order.modify",
           R"({"symbol":"ETHUSDT","orderId":1,"side":"BUY","quantity":"1","price":"3000"})");
  ASSERT_EQ(modified.size(), 3U);
  EXPECT_EQ(at(modified[1], "count"), "3");
  const auto cancelled = rows(session, "order.cancel", R"({"symbol":"ETHUSDT","orderId":1})");
  ASSERT_EQ(cancelled.size(), 1U);
  EXPECT_EQ(header(order(), "X-MBX-ORDER-COUNT-10S"), "4");
  bench.now = bench.now + std::chrono::seconds(10);
  EXPECT_EQ(header(order(), "X-MBX-ORDER-COUNT-10S"), "1");
}

TEST_F(RateLimitTest, TooManyOrdersNamesTheLimitThatWasPassed) {
  bench.now = VenueTime{bench.now.ms / 60'000 * 60'000};
  for (int window = 0; window < 4; ++window) {
    for (int i = 0; i < 300; ++i) order("0.0000001");
    if (window == 0) {
      const auto over = order();
      EXPECT_EQ(over.status, 429);
      EXPECT_EQ(at(over.body, "code"), "-1015");
      EXPECT_EQ(at(over.body, "msg"),
                "Too many new orders; current limit is 300 orders per TEN_SECONDS.");
    }
    bench.now = bench.now + std::chrono::seconds(10);
  }
  EXPECT_EQ(at(order().body, "msg"),
            "Too many new orders; current limit is 1200 orders per MINUTE.");
}

TEST_F(RateLimitTest, WithoutOrderLimitsEveryAnnouncementSaysSo) {
  Bench free({.order_limits = false});
  auto session = free.world->protocol().open_ws_api("/ws-fapi/v1", free.now);
  const auto limits =
      elements(at(free.ws_call(session, "order.place", "bob", market_order), "rateLimits"));
  ASSERT_EQ(limits.size(), 3U);
  std::string ten_seconds;
  for (const auto& row : elements(at(free.send("GET", "/fapi/v1/exchangeInfo").body, "rateLimits")))
    if (at(row, "intervalNum") == "10") ten_seconds = at(row, "limit");
  EXPECT_EQ(ten_seconds, "1000000");
  EXPECT_EQ(at(limits[1], "limit"), ten_seconds);
  EXPECT_EQ(at(free.signed_call("GET", "/fapi/v1/rateLimit/order", "bob").body, "0.limit"),
            ten_seconds);
}

TEST_F(RateLimitTest, TheRowsCanBeLeftOutByConnectionAndByRequest) {
  auto session =
      bench.world->protocol().open_ws_api("/ws-fapi/v1?returnRateLimits=false", bench.now);
  const auto has_rows = [&](const std::string& params) {
    return keys_of(bench.ws_call(session, "time", "", params)).count("rateLimits") != 0;
  };
  EXPECT_FALSE(has_rows("{}"));
  EXPECT_TRUE(has_rows(R"({"returnRateLimits":true})"));
  auto usual = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  EXPECT_EQ(keys_of(bench.ws_call(usual, "time", "", R"({"returnRateLimits":false})")),
            (std::set<std::string>{"id", "status", "result"}));
}

TEST_F(RateLimitTest, PingsAreLimitedBySecond) {
  auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Protocol::allow_ping(session, bench.now));
  EXPECT_FALSE(Protocol::allow_ping(session, bench.now));
  EXPECT_TRUE(Protocol::allow_ping(session, bench.now + std::chrono::seconds(1)));
}

}  // namespace
}  // namespace copyd::sim::testing
