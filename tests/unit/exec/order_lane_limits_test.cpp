// Rate limits, bans and the firewall: what they hold, for whom, on which way, and for how long.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

std::string ban_text(const LaneRig& rig, seconds length) {
  return "Way too many requests; IP(1.2.3.4) banned until " +
         std::to_string(rig.venue.now_ms() + length.count() * 1000) + ".";
}
std::string without_request(int status, int code, const std::string& message) {
  return R"({"id":null,"status":)" + std::to_string(status) + R"(,"error":{"code":)" +
         std::to_string(code) + R"(,"msg":")" + message + R"("}})";
}

// The order socket is down, and REST is what is left.
void fall_back(LaneRig& rig) {
  rig.venue.refuse_orders = true;
  for (auto* socket : rig.venue.order_sockets()) socket->drop();
  rig.run(milliseconds(300));
}

TEST(LaneLimits, ABanOfRestStopsAllOfItUntilItsEnd) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  fall_back(rig);
  rig.close("1");
  rig.venue.refuse(1, 418, -1003, ban_text(rig, seconds(180)));
  rig.step();
  const int requests = rig.venue.rest_requests;
  rig.run(seconds(179));
  EXPECT_EQ(rig.venue.rest_requests, requests);
  EXPECT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_TRUE(rig.noticed("banned this address"));
  EXPECT_EQ(rig.results(), 0U);
  rig.run(seconds(7));
  EXPECT_GT(rig.venue.rest_requests, requests);
  EXPECT_EQ(rig.venue.placed.size(), 3U);
}

TEST(LaneLimits, ABanOfRestLeavesTheOrderSocketAlone) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.holds.rest.extend(rig.clock.now() + seconds(600));
  rig.close("1");
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 3U);
  const int requests = rig.venue.rest_requests;
  rig.venue.drop_orders(0);
  rig.run(seconds(2));
  EXPECT_EQ(rig.venue.rest_requests, requests);  // neither warmed nor asked for
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 4U);
}

TEST(LaneLimits, ABanThatAQueryMeetsHoldsEveryFollowerAndEveryLane) {
  LaneRig rig;
  rig.ready(0);
  rig.ready(1);
  rig.buy("1", 0);
  rig.venue.query_status = 418;
  rig.venue.query_body = R"({"code":-1003,"msg":")" + ban_text(rig, seconds(120)) + R"("})";
  rig.venue.refuse(0, 408, -1007, "Timeout");
  rig.run(milliseconds(50));
  EXPECT_TRUE(rig.holds.rest.holds(rig.clock.now() + seconds(119)));
  EXPECT_FALSE(rig.holds.rest.holds(rig.clock.now() + seconds(121)));
  EXPECT_FALSE(rig.holds.sockets.holds(rig.clock.now()));
  const int requests = rig.venue.rest_requests;
  rig.buy("1", 1);
  EXPECT_EQ(rig.venue.placed.size(), 2U);
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.venue.drop_stream(1);
  rig.run(seconds(110));
  EXPECT_EQ(rig.venue.rest_requests, requests);
}

TEST(LaneLimits, ABanWithoutAnEndLastsTwoMinutes) {
  LaneRig rig;
  rig.ready();
  fall_back(rig);
  rig.buy("1");
  rig.venue.respond_rest(0, FakeVenue::page(418, "<html>"));
  rig.step();
  EXPECT_TRUE(rig.holds.rest.holds(rig.clock.now() + seconds(119)));
  EXPECT_FALSE(rig.holds.rest.holds(rig.clock.now() + seconds(121)));
}

TEST(LaneLimits, TooManyRequestsHoldForAWhileThatDoubles) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  fall_back(rig);
  const auto length = [&] { return rig.holds.rest.until() - rig.clock.now(); };
  rig.close("1");
  rig.venue.refuse(1, 429, -1003, "Too many requests.");
  rig.step();
  EXPECT_EQ(length(), seconds(5));
  rig.run(seconds(6));
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  rig.venue.refuse(2, 429, -1003, "Too many requests.");
  rig.step();
  EXPECT_EQ(length(), seconds(10));
  EXPECT_EQ(rig.results(), 0U);
}

TEST(LaneLimits, TheVenuesOwnWordOnTheLengthIsKept) {
  LaneRig rig;
  rig.ready();
  fall_back(rig);
  rig.buy("1");
  auto answer = FakeVenue::page(429, R"({"code":-1003,"msg":"Too many requests."})");
  answer.retry_after = seconds(33);
  rig.venue.respond_rest(0, answer);
  rig.step();
  EXPECT_EQ(rig.holds.rest.until() - rig.clock.now(), seconds(33));
}

TEST(LaneLimits, TheFirewallIsNoRefusalOfTheOrder) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  fall_back(rig);
  rig.close("1");
  rig.venue.respond_rest(1, FakeVenue::page(403, "<html>Forbidden</html>"));
  rig.step();
  EXPECT_EQ(rig.results(), 0U);
  EXPECT_NE(rig.link(), LinkState::refused);
  const int requests = rig.venue.rest_requests;
  rig.run(seconds(58));
  EXPECT_EQ(rig.venue.rest_requests, requests);
  rig.venue.refuse_orders = false;
  rig.run(seconds(7));
  EXPECT_EQ(rig.venue.placed.size(), 3U);
}

TEST(LaneLimits, AWordWithoutARequestHoldsTheOrderSockets) {
  for (const auto& [status, code] : {std::pair{429, -1003}, std::pair{400, -1003}}) {
    LaneRig rig;
    rig.ready();
    rig.hold("2");
    rig.venue.push_orders(0, without_request(status, code, "Too many requests."));
    rig.step();
    EXPECT_EQ(rig.lane_cells.malformed.get(), 0);
    EXPECT_EQ(rig.holds.sockets.until() - rig.clock.now(), seconds(1));
    EXPECT_EQ(rig.cells[0].venue_code.get(), code);
    rig.buy("1");
    EXPECT_EQ(rig.venue.placed.size(), 1U);
    auto close = rig.terms(OrderKind::reduce, Side::sell, "1");
    close.symbol = rig.eth;
    rig.push(close);  // by the other way
    ASSERT_EQ(rig.venue.placed.size(), 2U);
    EXPECT_TRUE(rig.venue.placed[1].by_rest);
    rig.run(milliseconds(1010));
    ASSERT_EQ(rig.venue.placed.size(), 3U);
    EXPECT_FALSE(rig.venue.placed[2].by_rest);
    EXPECT_EQ(rig.link(), LinkState::ready);
  }
}

TEST(LaneLimits, ABanOfTheOrderSocketsLeavesREST) {
  LaneRig rig;
  rig.ready(0);
  rig.ready(1);
  rig.buy("1", 0);
  rig.buy("1", 1);
  rig.venue.push_orders(0, without_request(418, -1003, ban_text(rig, seconds(100))));
  rig.run(seconds(11));
  for (int i = 0; i < 2; ++i) {
    rig.buy("2", i);
    EXPECT_TRUE(rig.venue.placed.back().by_rest) << i;
  }
  ASSERT_EQ(rig.venue.placed.size(), 4U);
  // Nothing connects during the ban.
  rig.venue.drop_orders(0);
  rig.run(seconds(60));
  EXPECT_EQ(rig.venue.order_sockets().size(), 1U);
  rig.run(seconds(35));
  EXPECT_EQ(rig.venue.order_sockets().size(), 2U);
  rig.buy("1", 1);
  EXPECT_FALSE(rig.venue.placed.back().by_rest);
}

TEST(LaneLimits, BothWaysBannedHoldsEverythingAndThenAClosesLeaves) {
  LaneRig rig;
  rig.ready();
  rig.hold("2");
  rig.holds.rest.extend(rig.clock.now() + seconds(90));
  rig.holds.sockets.extend(rig.clock.now() + seconds(60));
  rig.close("1");
  rig.buy("1");
  rig.run(seconds(59));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  rig.run(seconds(2));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

TEST(LaneLimits, AHoldOnlyGrows) {
  venue::AddressHold hold;
  EXPECT_FALSE(hold.holds(Mono{0}));
  hold.extend(Mono{100});
  hold.extend(Mono{50});
  EXPECT_TRUE(hold.holds(Mono{99}));
  EXPECT_FALSE(hold.holds(Mono{100}));
}

// 10 in 10 seconds, of which increases may use 7.
TEST(LaneBudget, KeepsAShareForCloses) {
  LaneRig rig({.per_10s = 10, .per_minute = 100});
  rig.ready();
  for (int i = 0; i < 9; ++i) rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 7U);
  for (std::size_t i = 0; i < 7; ++i) rig.venue.answer(i, "FILLED", "1");
  rig.step();
  for (int i = 0; i < 5; ++i) rig.close("1");
  EXPECT_EQ(rig.venue.placed.size(), 10U);  // and not one more
  rig.run(milliseconds(2100));
  std::size_t expired = 0;
  for (const auto& end : rig.all<OrderDone>()) expired += end.end == OrderEnd::expired ? 1 : 0;
  EXPECT_EQ(expired, 2U);
  EXPECT_EQ(rig.venue.placed.size(), 10U);
  rig.run(milliseconds(9500));
  EXPECT_EQ(rig.venue.placed.size(), 12U);  // the closes that waited
}

TEST(LaneBudget, CountsRefusedOrders) {
  LaneRig rig({.per_10s = 10, .per_minute = 100});
  rig.ready();
  for (int i = 0; i < 7; ++i) {
    rig.buy("1");
    rig.venue.refuse(rig.venue.placed.size() - 1, 400, -2019, "Margin is insufficient.");
    rig.step();
  }
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 7U);
}

TEST(LaneBudget, CountsOrdersOverRest) {
  LaneRig rig({.per_10s = 3, .per_minute = 100});
  rig.ready();
  fall_back(rig);
  rig.buy("1");
  rig.buy("1");
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

TEST(LaneBudget, IsEachFollowersOwn) {
  LaneRig rig({.per_10s = 10, .per_minute = 100});
  rig.ready(0);
  rig.ready(1);
  for (int i = 0; i < 10; ++i) rig.buy("1", 0);
  rig.buy("1", 1);
  EXPECT_EQ(rig.venue.placed.size(), 8U);
  EXPECT_EQ(rig.venue.placed.back().account, 1);
}

TEST(LaneBudget, LearnsFromTheVenuesCount) {
  LaneRig rig({.per_10s = 100, .per_minute = 1000});
  rig.ready();
  rig.buy("1");
  const auto& order = rig.venue.placed[0];
  rig.venue.push_orders(
      0, R"({"id":)" + order.id +
             R"(,"status":400,"error":{"code":-2019,"msg":"Margin"},"rateLimits":[)" +
             R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":300,)" +
             R"("count":70}]})");
  rig.step();
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST(LaneBudget, LearnsFromAnAnswerOverRest) {
  LaneRig rig({.per_10s = 100, .per_minute = 1000});
  rig.ready();
  fall_back(rig);
  rig.buy("1");
  auto answer = FakeVenue::page(400, R"({"code":-2019,"msg":"Margin is insufficient."})");
  answer.orders_1m = 700;
  rig.venue.respond_rest(0, answer);
  rig.step();
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

}  // namespace
}  // namespace copyd::exec::test
