// Orders over REST while the order socket cannot carry them: when they begin to leave, what becomes
// of each answer and of its loss, and that no client order id ever goes two ways (the fake venue
// checks that in every test).
#include <gtest/gtest.h>

#include <algorithm>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

std::string client_id(const OrderTerms& t, std::uint8_t attempt = 0) {
  return std::string(venue::client_order_id(t.copy_id, attempt).view());
}

// Ready and holding 2, with the order socket gone for good.
class RestOrders : public ::testing::Test {
 protected:
  void lose_socket() {
    rig.ready();
    rig.hold("2");
    rig.run(seconds(11));  // longer than a socket that flaps
    rig.venue.refuse_orders = true;
    rig.venue.drop_orders(0);
    rig.step();
    rig.notices.clear();
  }
  // And the grace is over.
  void fall_back() {
    lose_socket();
    rig.run(milliseconds(300));
  }
  void bring_back() {
    rig.venue.refuse_orders = false;
    while (rig.venue.order_sockets().empty()) rig.run(milliseconds(1));
    rig.step();
  }
  OrderTerms long_lived(OrderKind kind, Side side, const char* quantity) {
    auto t = rig.terms(kind, side, quantity);
    t.expires = rig.clock.now() + seconds(600);
    return rig.push(t);
  }
  LaneRig rig;
};

TEST_F(RestOrders, LeaveWhenTheSocketHadItsMomentToComeBack) {
  for (const auto kind : {OrderKind::reduce, OrderKind::increase}) {
    LaneRig other;
    other.ready();
    other.hold("2");
    other.run(seconds(11));
    other.venue.hang_orders = true;
    other.venue.drop_orders(0);
    other.step();
    const auto t =
        other.push(other.terms(kind, kind == OrderKind::reduce ? Side::sell : Side::buy, "1"));
    other.run(milliseconds(248));
    EXPECT_EQ(other.venue.placed.size(), 1U);
    other.run(milliseconds(4));
    ASSERT_EQ(other.venue.placed.size(), 2U);
    EXPECT_TRUE(other.venue.placed[1].by_rest);
    EXPECT_EQ(other.venue.placed[1].client_order_id, client_id(t));
    EXPECT_EQ(other.venue.placed[1].quantity, "1");
    EXPECT_EQ(other.venue.placed[1].reduce_only, kind == OrderKind::reduce ? "true" : "");
    EXPECT_EQ(other.lane_cells.sent_by_rest.get(), 1);
    EXPECT_EQ(other.cells[0].written.get(), 1);
    other.fill_last("1");
    EXPECT_EQ(other.done().end, OrderEnd::executed);
    EXPECT_EQ(other.done().filled, Qty::whole(1));
  }
}

TEST_F(RestOrders, LeaveAtOnceWhenTheFirstReconnectFails) {
  lose_socket();
  rig.close("1");
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  rig.run(milliseconds(130));  // the first reconnect comes after 75 to 125 ms
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_TRUE(rig.venue.placed[1].by_rest);
}

TEST_F(RestOrders, DoNotLeaveWhenTheSocketComesBackInTime) {
  lose_socket();
  rig.venue.refuse_orders = false;
  rig.close("1");
  rig.run(milliseconds(300));
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_FALSE(rig.venue.placed[1].by_rest);
}

TEST_F(RestOrders, AreNoneBeforeTheFollowerIsReady) {
  rig.venue.refuse_connections = true;
  rig.add(0, hmac_key(0));
  rig.close("1");
  rig.run(seconds(20));
  EXPECT_TRUE(rig.venue.placed.empty());
  EXPECT_TRUE(rig.all<FollowerLink>().empty());
}

// The stream is heard and REST answers: that is enough to trade, from the start.
TEST_F(RestOrders, AreEnoughToBeReady) {
  rig.venue.refuse_orders = true;
  rig.add(0, hmac_key(0));
  rig.run(seconds(1));
  ASSERT_EQ(rig.all<FollowerLink>().size(), 1U);
  EXPECT_TRUE(rig.all<FollowerLink>()[0].ready);
  EXPECT_NE(rig.link(), LinkState::ready);
  rig.buy("1");
  ASSERT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_TRUE(rig.venue.placed[0].by_rest);
  bring_back();
  EXPECT_EQ(rig.link(), LinkState::ready);
  EXPECT_EQ(rig.all<FollowerLink>().size(), 1U);
}

TEST_F(RestOrders, GoBySocketAgainWhenItIsBack) {
  fall_back();
  rig.close("1");
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  bring_back();
  rig.buy("3");
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  EXPECT_FALSE(rig.venue.placed[2].by_rest);
  // The answer to the one before comes by the way it took.
  rig.venue.answer(1, "FILLED", "1");
  rig.step();
  rig.fill_last("3");
  ASSERT_EQ(rig.results(), 2U);
  EXPECT_EQ(rig.all<OrderDone>()[0].filled, Qty::whole(1));
  EXPECT_EQ(rig.all<OrderDone>()[1].filled, Qty::whole(3));
}

TEST_F(RestOrders, AStaleIncreaseNeverLeaves) {
  lose_socket();
  rig.venue.hang_orders = true;
  auto t = rig.terms(OrderKind::increase, Side::buy, "1");
  t.expires = rig.clock.now() + milliseconds(100);
  rig.venue.refuse_orders = false;
  rig.push(t);
  rig.run(milliseconds(400));
  EXPECT_EQ(rig.done().end, OrderEnd::expired);
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST_F(RestOrders, ASocketThatFlapsDoesNotHoldThemAgain) {
  fall_back();
  bring_back();
  rig.run(milliseconds(100));
  rig.venue.order_sockets()[0]->drop();
  rig.venue.refuse_orders = true;
  rig.step();
  rig.close("1");
  EXPECT_TRUE(rig.venue.placed.back().by_rest);
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

// Every way to lose an answer leaves the order unknown, asked for, and not sent again.
TEST_F(RestOrders, ALostAnswerIsUnknownAndAskedFor) {
  const auto page = FakeVenue::page;
  const std::string unknown =
      R"({"code":-1000,"msg":"Unknown error, please check your request or try again later."})";
  const std::vector<Result<net::HttpResponse>> answers{
      make_error_code(Errc::timeout),
      make_error_code(Errc::closed),
      make_error_code(Errc::malformed),
      page(502, "<html>bad gateway</html>"),
      page(504, "<html>"),
      page(503, "<html><h1>503 Service Unavailable</h1></html>"),
      page(408, R"({"code":-1007,"msg":"Timeout"})"),
      page(503, unknown),
      page(503, "Unknown error, please check your request or try again later."),
      page(400, R"({"code":-4116,"msg":"ClientOrderId is duplicated."})"),
      page(200, "{}"),
      page(200, R"({"orderId":1,)")};
  for (std::size_t i = 0; i < answers.size(); ++i) {
    LaneRig other;
    other.ready();
    other.venue.refuse_orders = true;
    other.venue.order_sockets()[0]->drop();
    other.run(milliseconds(300));
    const auto t = other.buy("1");
    ASSERT_EQ(other.venue.placed.size(), 1U);
    other.venue.accounts[0].orders[client_id(t)] = {.status = "FILLED", .executed = "1"};
    other.venue.respond_rest(0, answers[i]);
    other.run(milliseconds(5));
    EXPECT_EQ(other.all<OrderUnknown>().size(), 1U) << i;
    EXPECT_EQ(other.done().filled, Qty::whole(1)) << i;
    EXPECT_EQ(other.venue.placed.size(), 1U) << i;
  }
}

TEST_F(RestOrders, SilenceIsUnknownAndTheStreamResolvesIt) {
  fall_back();
  rig.close("1");
  rig.run(milliseconds(4990));
  EXPECT_TRUE(rig.all<OrderUnknown>().empty());
  rig.run(seconds(1));
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  rig.venue.fill(1, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
  // The answer that comes after all says nothing new.
  rig.venue.answer(1, "FILLED", "1");
  rig.step();
  EXPECT_EQ(rig.results(), 1U);
}

// The socket is down all the while: REST and the stream prove it.
TEST_F(RestOrders, AbsenceIsProvenWithoutTheOrderSocket) {
  fall_back();
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"2", rig.venue.now_ms()};
  const auto t = long_lived(OrderKind::increase, Side::buy, "1");
  rig.venue.respond_rest(1, make_error_code(Errc::timeout));
  rig.run(milliseconds(3900));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
  rig.run(seconds(5));
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  EXPECT_EQ(rig.venue.placed[2].client_order_id, client_id(t, 1));
}

TEST_F(RestOrders, AbsenceIsNotProvenWithoutTheStream) {
  fall_back();
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"2", rig.venue.now_ms()};
  long_lived(OrderKind::increase, Side::buy, "1");
  rig.venue.respond_rest(1, make_error_code(Errc::timeout));
  rig.venue.refuse_streams = true;
  rig.venue.drop_stream(0);
  rig.run(seconds(60));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.results(), 0U);
}

// What surely never left goes by the next way that is open, as it is.
TEST_F(RestOrders, WhatNeverLeftStillWaits) {
  fall_back();
  rig.venue.rest_unreachable = true;
  const auto t = rig.close("1");
  rig.run(seconds(60));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_TRUE(rig.all<OrderUnknown>().empty());
  EXPECT_EQ(rig.cells[0].waiting.get(), 1);
  bring_back();
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.venue.placed[1].client_order_id, client_id(t));
  EXPECT_FALSE(rig.venue.placed[1].by_rest);
}

TEST_F(RestOrders, WhatNeverLeftIsNotTriedInABlindLoop) {
  fall_back();
  rig.venue.rest_unreachable = true;
  rig.close("1");
  const auto sent = rig.lane_cells.sent_by_rest.get();
  rig.run(seconds(60));
  EXPECT_GE(rig.lane_cells.sent_by_rest.get() - sent, 10);
  EXPECT_LE(rig.lane_cells.sent_by_rest.get() - sent, 25);
  rig.venue.rest_unreachable = false;
  rig.run(seconds(7));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

TEST_F(RestOrders, ADefiniteFailureIsANewAttempt) {
  fall_back();
  const auto t = rig.close("1");
  rig.venue.refuse(1, 503, -1008, "overloaded");
  rig.run(milliseconds(300));
  ASSERT_EQ(rig.venue.placed.size(), 3U);
  EXPECT_EQ(rig.venue.placed[2].client_order_id, client_id(t, 1));
  EXPECT_TRUE(rig.venue.placed[2].by_rest);
}

TEST_F(RestOrders, ARefusalIsTheEnd) {
  fall_back();
  rig.buy("1");
  rig.venue.refuse(1, 400, -2019, "Margin is insufficient.");
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
  EXPECT_EQ(rig.done().venue_code, -2019);
}

TEST_F(RestOrders, ARefusedKeyIsARefusedKey) {
  fall_back();
  rig.venue.accounts[0].key_refused = 1000;
  rig.buy("1");
  rig.venue.refuse(1, 401, -2015, "Invalid API-key, IP, or permissions for action.");
  rig.step();
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
  EXPECT_EQ(rig.link(), LinkState::refused);
  rig.close("1");
  rig.run(seconds(30));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

// A few at once; what has to wait waits where closes go first and increases expire.
TEST_F(RestOrders, AreFewAtOnceAndClosesGoFirst) {
  fall_back();
  for (int i = 0; i < 5; ++i) rig.buy("1");
  ASSERT_EQ(rig.venue.placed.size(), 4U);
  auto close = rig.terms(OrderKind::reduce, Side::sell, "1");
  close.symbol = rig.eth;
  rig.push(close);
  EXPECT_EQ(rig.venue.placed.size(), 4U);
  rig.venue.answer(1, "FILLED", "1");
  rig.step();
  ASSERT_EQ(rig.venue.placed.size(), 5U);
  EXPECT_EQ(rig.venue.placed[4].symbol, "ETHUSDT");
  rig.run(milliseconds(2100));
  const auto ends = rig.all<OrderDone>();
  EXPECT_EQ(std::count_if(ends.begin(), ends.end(),
                          [](const OrderDone& end) { return end.end == OrderEnd::expired; }),
            2);
}

TEST_F(RestOrders, AConnectionIsMadeReadyAsSoonAsTheSocketIsLost) {
  lose_socket();
  EXPECT_EQ(rig.venue.time_reads, 1);
  rig.run(seconds(19));
  EXPECT_EQ(rig.venue.time_reads, 1);
  rig.run(seconds(2));
  EXPECT_EQ(rig.venue.time_reads, 2);
  bring_back();
  rig.run(seconds(60));
  EXPECT_LE(rig.venue.time_reads, 3);
}

TEST_F(RestOrders, AKeyThatIsReplacedLeavesThemUnknown) {
  fall_back();
  const auto t = rig.close("1");
  rig.venue.accounts[0].orders[client_id(t)] = {.status = "FILLED", .executed = "1"};
  rig.add(0, hmac_key(0));
  rig.run(milliseconds(500));
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
  EXPECT_EQ(rig.venue.placed.size(), 2U);
}

TEST_F(RestOrders, AHaltHoldsThemToo) {
  fall_back();
  rig.books[0].state.set(static_cast<int>(FollowerState::halted));
  rig.close("1");
  rig.run(seconds(2));
  EXPECT_EQ(rig.venue.placed.size(), 1U);
}

TEST_F(RestOrders, ADrainWaitsForThem) {
  fall_back();
  rig.close("1");
  rig.commands.try_push(LaneCommand{DrainLane{}});
  rig.run(seconds(1));
  EXPECT_FALSE(rig.lane->drained());
  rig.fill_last("1");
  rig.run(2 * OrderLane::drain_quiet);
  EXPECT_TRUE(rig.lane->drained());
}

TEST_F(RestOrders, TheLossAndTheReturnAreSaidOnce) {
  rig.ready();
  rig.venue.refuse_orders = true;
  rig.venue.order_sockets()[0]->drop();
  rig.run(milliseconds(300));
  rig.close("1");
  rig.buy("1");
  rig.run(seconds(20));
  bring_back();
  rig.run(seconds(1));
  const auto said = [&](std::string_view words) {
    return std::count_if(rig.notices.begin(), rig.notices.end(), [&](const std::string& text) {
      return text.find(words) != std::string::npos;
    });
  };
  EXPECT_EQ(said("orders leave over REST"), 1);
  EXPECT_EQ(said("the connections stand again"), 1);
  EXPECT_EQ(said("the order connection is lost: connecting again"), 1);
  rig.venue.drop_stream(0);
  rig.run(seconds(1));
  EXPECT_EQ(said("the user stream is lost: connecting again"), 1);
  EXPECT_EQ(said("the connections stand again"), 2);
}

}  // namespace
}  // namespace copyd::exec::test
