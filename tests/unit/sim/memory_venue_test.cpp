#include "sim/memory_venue.hpp"

#include <gtest/gtest.h>

#include <boost/asio/error.hpp>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

using Event = net::WebSocket::Event;
using std::chrono::milliseconds;

class MemoryVenueTest : public ::testing::Test {
 protected:
  MemoryVenueTest() : venue(clock, {.latency = milliseconds(5)}) {}

  std::unique_ptr<net::WebSocket> connect(const std::string& path) {
    auto socket = transport->websocket();
    socket->open({.host = "venue", .path = path}, clock.now());
    clock.advance(milliseconds(10));
    EXPECT_EQ(socket->poll(clock.now()), Event::opened);
    return socket;
  }
  std::unique_ptr<net::WebSocket> listen() {
    const auto key = venue.world().protocol().streams().create(
        venue.world().exchange().find_account("bob").value(), venue.venue_time(clock.now()));
    return connect("/private/ws/" + key);
  }
  void trade() {
    const auto answer = venue.control(
        R"({"command":"trade","account":"bob","symbol":"ETHUSDT","side":"BUY","qty":"1"})");
    EXPECT_EQ(at(answer, "ok"), "true") << answer;
  }
  std::vector<std::string> frames(net::WebSocket& socket) {
    std::vector<std::string> texts;
    while (socket.poll(clock.now()) == Event::frame) texts.emplace_back(socket.frame());
    return texts;
  }
  ManualClock clock;
  MemoryVenue venue;
  std::unique_ptr<net::Transport> transport = venue.transport("agent");
};

TEST_F(MemoryVenueTest, ConnectingTakesARoundTrip) {
  auto socket = transport->websocket();
  EXPECT_EQ(socket->send("x").error(), make_error_code(Errc::not_connected));
  socket->open({.host = "venue", .path = "/ws-fapi/v1"}, clock.now());
  EXPECT_EQ(socket->poll(clock.now()), Event::none);
  clock.advance(milliseconds(9));
  EXPECT_EQ(socket->poll(clock.now()), Event::none);
  EXPECT_FALSE(socket->is_open());
  clock.advance(milliseconds(1));
  EXPECT_EQ(socket->poll(clock.now()), Event::opened);
  EXPECT_TRUE(socket->is_open());
  EXPECT_EQ(socket->poll(clock.now()), Event::none);
}

TEST_F(MemoryVenueTest, ARequestIsAnsweredAfterARoundTripWithPadding) {
  auto socket = connect("/ws-fapi/v1");
  ASSERT_TRUE(socket->send(R"({"id":1,"method":"time"})").has_value());
  const auto sent = clock.now();
  clock.advance(milliseconds(9));
  EXPECT_EQ(socket->poll(clock.now()), Event::none);
  clock.advance(milliseconds(1));
  ASSERT_EQ(socket->poll(clock.now()), Event::frame);
  EXPECT_EQ(at(socket->frame(), "result.serverTime"),
            std::to_string(venue.venue_time(sent + milliseconds(5)).ms))
      << "the venue's time when the request arrived";
  for (std::size_t i = 0; i < 64; ++i)
    EXPECT_EQ(socket->frame().data()[socket->frame().size() + i], 0);
  EXPECT_EQ(socket->received(), clock.now());
}

TEST_F(MemoryVenueTest, EventsArriveInOrderAfterTheLatency) {
  auto stream = listen();
  trade();
  EXPECT_TRUE(frames(*stream).empty());
  EXPECT_EQ(venue.next_due(), clock.now() + milliseconds(5));
  clock.set(*venue.next_due());
  const auto events = frames(*stream);
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(at(events[0], "e"), "TRADE_LITE");
  EXPECT_EQ(at(events[3], "o.x"), "TRADE");
  EXPECT_FALSE(venue.next_due());
}

TEST_F(MemoryVenueTest, DroppingTellsEverySocketOnceAndLosesWhatWasUnderWay) {
  auto stream = listen();
  auto api = connect("/ws-fapi/v1");
  trade();
  EXPECT_EQ(venue.links().size(), 2U);
  EXPECT_EQ(venue.links()[0].owner, "agent");
  venue.control(R"({"command":"drop_connections","refuse_ms":1000})");
  EXPECT_EQ(venue.links().size(), 0U);
  for (auto* socket : {stream.get(), api.get()}) {
    EXPECT_EQ(socket->poll(clock.now()), Event::closed);
    EXPECT_EQ(socket->error(), boost::asio::error::connection_reset);
    EXPECT_FALSE(socket->is_open());
    EXPECT_EQ(socket->poll(clock.now()), Event::none);
    EXPECT_EQ(socket->send("x").error(), make_error_code(Errc::not_connected));
  }
  api->open({.host = "venue", .path = "/ws-fapi/v1"}, clock.now());
  clock.advance(milliseconds(500));
  EXPECT_EQ(api->poll(clock.now()), Event::closed);
  EXPECT_EQ(api->error(), boost::asio::error::connection_refused);
  clock.advance(milliseconds(500));
  api = connect("/ws-fapi/v1");
}

TEST_F(MemoryVenueTest, WhatTheClientSentBeforeItLeftIsCarriedOut) {
  auto socket = connect("/ws-fapi/v1");
  const auto before = venue.world().protocol().ws_requests();
  ASSERT_TRUE(socket->send(R"({"id":1,"method":"time"})").has_value());
  socket->close();
  EXPECT_EQ(socket->poll(clock.now()), Event::none) << "no event follows a close of one's own";
  clock.advance(milliseconds(20));
  venue.pump(clock.now());
  EXPECT_EQ(venue.world().protocol().ws_requests(), before + 1);
}

TEST_F(MemoryVenueTest, OneConnectionCanBeCut) {
  auto one = connect("/ws-fapi/v1");
  auto other = connect("/ws-fapi/v1");
  const auto before = venue.world().protocol().ws_requests();
  ASSERT_TRUE(one->send(R"({"id":1,"method":"time"})").has_value());
  EXPECT_TRUE(venue.cut(venue.links()[0].id));
  EXPECT_FALSE(venue.cut(12345));
  EXPECT_EQ(one->poll(clock.now()), Event::closed);
  EXPECT_TRUE(other->is_open());
  clock.advance(milliseconds(20));
  EXPECT_EQ(other->poll(clock.now()), Event::none);
  EXPECT_EQ(venue.world().protocol().ws_requests(), before) << "cut before it arrived";
}

TEST_F(MemoryVenueTest, FatesLoseDuplicateDelayAndReorder) {
  auto stream = listen();
  int count = 0;
  venue.set_fate([&](const MemoryFrame& frame) -> MemoryFate {
    EXPECT_FALSE(frame.to_venue);
    EXPECT_EQ(frame.owner, "agent");
    switch (++count) {
      case 1:
        return {.delay = milliseconds(50), .overtake = true};  // the TRADE_LITE comes last
      case 2:
        return {.lose = true};
      case 3:
        return {.copies = 2};
      default:
        return {};
    }
  });
  trade();
  clock.advance(milliseconds(5));
  const auto first = frames(*stream);
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(at(first[0], "e"), "ACCOUNT_UPDATE");
  EXPECT_EQ(first[1], first[0]);
  EXPECT_EQ(at(first[2], "o.x"), "TRADE");
  clock.advance(milliseconds(50));
  const auto last = frames(*stream);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(at(last[0], "e"), "TRADE_LITE");
}

TEST_F(MemoryVenueTest, ADelayedFrameHoldsBackTheOnesBehindIt) {
  auto stream = listen();
  int count = 0;
  venue.set_fate([&](const MemoryFrame&) -> MemoryFate {
    return ++count == 1 ? MemoryFate{.delay = milliseconds(50)} : MemoryFate{};
  });
  trade();
  clock.advance(milliseconds(54));
  EXPECT_TRUE(frames(*stream).empty());
  clock.advance(milliseconds(1));
  EXPECT_EQ(frames(*stream).size(), 4U);
}

TEST_F(MemoryVenueTest, AFateMayCutInTheMiddleOfAnOrdersEvents) {
  auto stream = listen();
  int count = 0;
  venue.set_fate([&](const MemoryFrame&) -> MemoryFate {
    return ++count == 3 ? MemoryFate{.cut = true} : MemoryFate{};
  });
  trade();
  clock.advance(milliseconds(5));
  EXPECT_EQ(stream->poll(clock.now()), Event::closed);
}

TEST_F(MemoryVenueTest, HttpIsAnsweredByCallback) {
  auto http = transport->http("https://venue");
  std::string body;
  std::optional<std::int64_t> weight;
  http->request({.target = "/fapi/v1/time", .api_key = ""}, [&](Result<net::HttpResponse> result) {
    ASSERT_TRUE(result.has_value());
    body = result->body;
    weight = result->used_weight;
  });
  EXPECT_EQ(http->poll(clock.now()), 0);
  clock.advance(milliseconds(10));
  EXPECT_EQ(http->poll(clock.now()), 1);
  EXPECT_NE(at(body, "serverTime"), "");
  EXPECT_EQ(weight, 1);
  EXPECT_EQ(http->poll(clock.now()), 0);
}

TEST_F(MemoryVenueTest, HttpFailsAsARealOneDoes) {
  auto http = transport->http("https://venue");
  boost::system::error_code error;
  const auto ask = [&](milliseconds timeout = milliseconds(5000)) {
    error = {};
    http->request({.target = "/fapi/v1/time", .api_key = "", .timeout = timeout},
                  [&](Result<net::HttpResponse> result) { error = result.error(); });
  };
  venue.refuse_until(clock.now() + milliseconds(100));
  ask();
  clock.advance(milliseconds(10));
  http->poll(clock.now());
  EXPECT_EQ(error, make_error_code(Errc::not_connected));
  clock.advance(milliseconds(100));

  ask(milliseconds(8));
  const auto served = venue.world().protocol().rest_requests();
  EXPECT_EQ(venue.next_due(), clock.now() + milliseconds(5));
  clock.advance(milliseconds(8));
  http->poll(clock.now());
  EXPECT_EQ(error, make_error_code(Errc::timeout));
  EXPECT_EQ(venue.world().protocol().rest_requests(), served + 1) << "carried out all the same";

  ask();
  venue.drop_all();
  http->poll(clock.now());
  EXPECT_EQ(error, make_error_code(Errc::closed));
  clock.advance(milliseconds(20));
  http->poll(clock.now());
  EXPECT_EQ(venue.world().protocol().rest_requests(), served + 1) << "lost on the way";
}

TEST_F(MemoryVenueTest, TheSameScriptGivesTheSameDigest) {
  const auto play = [](std::uint64_t seed) {
    ManualClock time;
    MemoryVenue world(time, {.world = {.seed = seed}});
    auto agent = world.transport("a");
    auto socket = agent->websocket();
    socket->open({.host = "venue", .path = "/ws-fapi/v1"}, time.now());
    time.advance(milliseconds(10));
    socket->poll(time.now());
    EXPECT_TRUE(socket
                    ->send(R"({"id":1,"method":"userDataStream.start","params":{"apiKey":")" +
                           world.world().member("bob").api_key + R"("}})")
                    .has_value());
    time.advance(milliseconds(10));
    EXPECT_EQ(socket->poll(time.now()), Event::frame);
    return world.digest();
  };
  EXPECT_EQ(play(4), play(4));
  EXPECT_NE(play(4), play(5));
}

TEST_F(MemoryVenueTest, ListenKeysEndInVirtualTime) {
  auto stream = listen();
  clock.advance(std::chrono::minutes(61));
  EXPECT_EQ(stream->poll(clock.now()), Event::none);
  clock.advance(milliseconds(5));
  ASSERT_EQ(stream->poll(clock.now()), Event::frame);
  EXPECT_EQ(at(stream->frame(), "e"), "listenKeyExpired");
}

}  // namespace
}  // namespace copyd::sim::testing
