// What goes wrong with events, frames and sockets, by control command, in virtual time.
#include <gtest/gtest.h>

#include <boost/asio/error.hpp>

#include "sim/memory_venue.hpp"
#include "support.hpp"

namespace copyd::sim::testing {
namespace {

using Event = net::WebSocket::Event;
using Socket = std::unique_ptr<net::WebSocket>;
using std::chrono::milliseconds;

class EventFaultsTest : public ::testing::Test {
 protected:
  Socket connect(const std::string& path) {
    auto socket = transport->websocket();
    socket->open({.host = "venue", .path = path}, clock.now());
    pass(milliseconds(10));
    EXPECT_EQ(socket->poll(clock.now()), Event::opened);
    return socket;
  }
  std::string key(const std::string& label) {
    return venue.world().protocol().streams().create(
        venue.world().exchange().find_account(label).value(), venue.venue_time(clock.now()));
  }
  Socket listen(const std::string& label = "bob") { return connect("/private/ws/" + key(label)); }
  std::string run(const std::string& line) {
    const auto answer = venue.control(line);
    EXPECT_EQ(at(answer, "ok"), "true") << answer;
    return answer;
  }
  void trade(const std::string& label = "bob") {
    run(R"({"command":"trade","symbol":"ETHUSDT","side":"BUY","qty":"1","account":")" + label +
        "\"}");
  }
  void pass(milliseconds time) {
    clock.advance(time);
    venue.pump(clock.now());
  }
  // What has arrived by now, by event type; of an ORDER_TRADE_UPDATE its execution.
  std::vector<std::string> heard(net::WebSocket& socket, milliseconds time = milliseconds(10)) {
    pass(time);
    std::vector<std::string> names;
    while (socket.poll(clock.now()) == Event::frame) {
      const auto inner = at(socket.frame(), "o.x");
      names.push_back(inner.empty() ? at(socket.frame(), "e") : inner);
    }
    return names;
  }
  const std::vector<std::string> usual{"TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE"};
  ManualClock clock;
  MemoryVenue venue{clock, {.latency = milliseconds(5)}};
  std::unique_ptr<net::Transport> transport = venue.transport("agent");
};

TEST_F(EventFaultsTest, DuplicatesComeOneAfterTheOther) {
  auto stream = listen();
  run(R"({"command":"duplicate_events","account":"bob","times":3,"count":2})");
  trade();
  EXPECT_EQ(heard(*stream),
            (std::vector<std::string>{"TRADE_LITE", "TRADE_LITE", "TRADE_LITE", "NEW", "NEW", "NEW",
                                      "ACCOUNT_UPDATE", "TRADE"}));
  trade();
  EXPECT_EQ(heard(*stream), usual);
}

TEST_F(EventFaultsTest, WithheldEventsNeverCome) {
  auto stream = listen();
  for (const auto& [what, rest] : std::map<std::string, std::vector<std::string>>{
           {"NEW", {"TRADE_LITE", "ACCOUNT_UPDATE", "TRADE"}},
           {"FILLED", {"TRADE_LITE", "NEW", "ACCOUNT_UPDATE"}},
           {"ACCOUNT_UPDATE", {"TRADE_LITE", "NEW", "TRADE"}},
           {"TRADE_LITE", {"NEW", "ACCOUNT_UPDATE", "TRADE"}}}) {
    run(R"({"command":"withhold","account":"bob","event":")" + what + "\"}");
    trade();
    EXPECT_EQ(heard(*stream), rest) << what;
  }
  run(R"({"command":"withhold","account":"bob","event":"ORDER_TRADE_UPDATE","count":3})");
  trade();
  EXPECT_EQ(heard(*stream), (std::vector<std::string>{"TRADE_LITE", "ACCOUNT_UPDATE"}));
  trade();
  EXPECT_EQ(heard(*stream), (std::vector<std::string>{"TRADE_LITE", "ACCOUNT_UPDATE", "TRADE"}));
}

TEST_F(EventFaultsTest, LateEventsKeepTheirOrder) {
  auto stream = listen();
  run(R"({"command":"delay_next","account":"bob","what":"stream","ms":300,"count":1})");
  trade();
  EXPECT_TRUE(heard(*stream, milliseconds(299)).empty());
  EXPECT_EQ(heard(*stream, milliseconds(6)), usual) << "what follows waits";
  trade();
  EXPECT_EQ(heard(*stream), usual);
}

TEST_F(EventFaultsTest, OneEventMayBeLateAlone) {
  auto stream = listen();
  run(R"({"command":"delay_next","account":"bob","what":"stream","ms":600,"event":"NEW"})");
  trade();
  EXPECT_EQ(heard(*stream), (std::vector<std::string>{"TRADE_LITE", "ACCOUNT_UPDATE", "TRADE"}));
  trade();
  EXPECT_EQ(heard(*stream), usual);
  EXPECT_EQ(heard(*stream, milliseconds(600)), (std::vector<std::string>{"NEW"}));
}

TEST_F(EventFaultsTest, OrderChangesAcrossTypesAlone) {
  auto stream = listen();
  std::set<std::vector<std::string>> orders;
  for (int i = 0; i < 40; ++i) {
    run(R"({"command":"reorder_events","account":"bob","window":4})");
    trade();
    const auto order = heard(*stream);
    ASSERT_EQ(order.size(), 4U);
    EXPECT_LT(std::find(order.begin(), order.end(), "NEW"),
              std::find(order.begin(), order.end(), "TRADE"));
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 12U) << "all there are with NEW before TRADE";
  trade();
  EXPECT_EQ(heard(*stream), usual);
}

TEST_F(EventFaultsTest, WithinATypeToo) {
  auto stream = listen();
  bool swapped = false;
  for (int i = 0; i < 40; ++i) {
    run(R"({"command":"reorder_events","account":"bob","window":4,"within_type":true})");
    trade();
    const auto order = heard(*stream);
    swapped = swapped || std::find(order.begin(), order.end(), "NEW") >
                             std::find(order.begin(), order.end(), "TRADE");
  }
  EXPECT_TRUE(swapped);
}

TEST_F(EventFaultsTest, AWindowThatDoesNotFillIsLetGo) {
  auto stream = listen();
  run(R"({"command":"reorder_events","account":"bob","window":100,"count":100})");
  trade();
  EXPECT_TRUE(heard(*stream, milliseconds(499)).empty());
  EXPECT_EQ(heard(*stream, milliseconds(6)).size(), 4U);
}

TEST_F(EventFaultsTest, SilenceLosesWhatHappensMeanwhile) {
  auto bob = listen();
  auto dave = listen("dave");
  auto market = connect("/market/ws/ethusdt@aggTrade");
  run(R"({"command":"silence","account":"bob","ms":1000})");
  trade();
  trade("dave");
  EXPECT_TRUE(heard(*bob, milliseconds(990)).empty());
  EXPECT_EQ(heard(*dave), usual);
  EXPECT_EQ(heard(*market).size(), 2U);
  trade();
  EXPECT_EQ(heard(*bob), usual) << "and it is over";
  run(R"({"command":"silence","ms":1000})");
  trade();
  trade("dave");
  EXPECT_TRUE(heard(*bob).empty());
  EXPECT_TRUE(heard(*dave).empty());
  EXPECT_TRUE(heard(*market).size() == 1) << "the trade before";
  EXPECT_EQ(venue.links().size(), 3U) << "the sockets stay open";
}

TEST_F(EventFaultsTest, AHalfOpenSocketHearsAndSaysNothing) {
  auto bob = listen();
  auto dave = listen("dave");
  EXPECT_EQ(at(run(R"({"command":"half_open","account":"bob"})"), "connections"), "1");
  trade();
  trade("dave");
  EXPECT_TRUE(heard(*bob).empty());
  EXPECT_TRUE(bob->is_open());
  EXPECT_EQ(heard(*dave), usual);
  EXPECT_EQ(at(run(R"({"command":"half_open"})"), "connections"), "1");
  auto fresh = listen();
  trade();
  EXPECT_EQ(heard(*fresh), usual) << "new connections work";
  auto api = connect("/ws-fapi/v1");
  ASSERT_TRUE(api->send(R"({"id":1,"method":"time"})").has_value());
  pass(milliseconds(20));
  EXPECT_EQ(api->poll(clock.now()), Event::frame);
  run(R"({"command":"half_open"})");
  const auto requests = venue.world().protocol().ws_requests();
  ASSERT_TRUE(api->send(R"({"id":2,"method":"time"})").has_value());
  pass(milliseconds(20));
  EXPECT_EQ(api->poll(clock.now()), Event::none);
  EXPECT_EQ(venue.world().protocol().ws_requests(), requests) << "nothing is read";
}

TEST_F(EventFaultsTest, OddFramesArriveAsTheyAre) {
  auto stream = listen();
  const auto frame = [&](const std::string& kind) {
    run(R"({"command":"malformed_frame","account":"bob","kind":")" + kind + "\"}");
    pass(milliseconds(10));
    EXPECT_EQ(stream->poll(clock.now()), Event::frame) << kind;
    return std::string(stream->frame());
  };
  EXPECT_FALSE(JsonObject::parse(frame("truncated")));
  const auto wrong = frame("wrong_types");
  EXPECT_EQ(at(wrong, "e"), "ORDER_TRADE_UPDATE");
  EXPECT_EQ(at(wrong, "o.l.not.0"), "a");
  const auto doubled = frame("duplicate_key");
  EXPECT_NE(doubled.find(R"("l":"1")"), std::string::npos);
  EXPECT_NE(doubled.find(R"("l":"2")"), std::string::npos);
  EXPECT_FALSE(JsonObject::parse(frame("not_json")));
  EXPECT_NE(frame("invalid_utf8").find("\xC3\x28"), std::string::npos);
  EXPECT_EQ(at(frame("unknown_event"), "e"), "SOMETHING_NEW");
  EXPECT_EQ(frame("empty"), "");
  EXPECT_EQ(frame("binary").size(), 6U);
  EXPECT_EQ(frame("deep"), std::string(100'000, '['));
  EXPECT_EQ(
      at(venue.control(R"({"command":"malformed_frame","account":"bob","kind":"odd"})"), "ok"),
      "false");
  EXPECT_EQ(
      at(venue.control(R"({"command":"malformed_frame","account":"dave","kind":"empty"})"), "ok"),
      "false")
      << "dave has no stream";
}

TEST_F(EventFaultsTest, OddFramesWearTheEnvelopeWhereTheyCan) {
  const auto bob = key("bob");
  auto stream = connect("/private/stream?listenKey=" + bob);
  run(R"({"command":"malformed_frame","account":"bob","kind":"unknown_event"})");
  pass(milliseconds(10));
  ASSERT_EQ(stream->poll(clock.now()), Event::frame);
  EXPECT_EQ(at(stream->frame(), "stream"), bob);
  EXPECT_EQ(at(stream->frame(), "data.e"), "SOMETHING_NEW");
}

TEST_F(EventFaultsTest, HugeAndRawFrames) {
  auto stream = listen();
  run(R"({"command":"huge_frame","account":"bob","bytes":10000000})");
  run(R"({"command":"send_raw","account":"bob","text":"{\"e\":\"x\"}"})");
  pass(milliseconds(10));
  ASSERT_EQ(stream->poll(clock.now()), Event::frame);
  EXPECT_GE(stream->frame().size(), 10'000'000U);
  ASSERT_EQ(stream->poll(clock.now()), Event::frame);
  EXPECT_EQ(stream->frame(), R"({"e":"x"})");
}

TEST_F(EventFaultsTest, ListenKeysEndByCommand) {
  auto stream = listen();
  run(R"({"command":"expire_listen_key","account":"bob","twice":true,"text_time":true})");
  pass(milliseconds(10));
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(stream->poll(clock.now()), Event::frame);
    const auto time = at(stream->frame(), "E");
    EXPECT_NE(std::string(stream->frame()).find("\"E\":\"" + time + "\""), std::string::npos);
  }
  EXPECT_EQ(stream->poll(clock.now()), Event::none);
  auto other = listen();
  run(R"({"command":"delete_listen_key","account":"bob"})");
  trade();
  EXPECT_TRUE(heard(*other).empty());
  EXPECT_EQ(at(venue.control(R"({"command":"delete_listen_key","account":"bob"})"), "ok"), "false");
}

TEST_F(EventFaultsTest, AnswersAreLateAndMayBeOvertaken) {
  auto api = connect("/ws-fapi/v1");
  run(R"({"command":"delay_next","account":"bob","what":"answer","ms":200,"methods":"any"})");
  const std::string bob = venue.world().member("bob").api_key;
  ASSERT_TRUE(
      api->send(R"({"id":1,"method":"userDataStream.start","params":{"apiKey":")" + bob + R"("}})")
          .has_value());
  ASSERT_TRUE(api->send(R"({"id":2,"method":"time"})").has_value());
  pass(milliseconds(10));
  ASSERT_EQ(api->poll(clock.now()), Event::frame);
  EXPECT_EQ(at(api->frame(), "id"), "2");
  pass(milliseconds(199));
  EXPECT_EQ(api->poll(clock.now()), Event::none);
  pass(milliseconds(1));
  ASSERT_EQ(api->poll(clock.now()), Event::frame);
  EXPECT_EQ(at(api->frame(), "id"), "1");
}

TEST_F(EventFaultsTest, AWebSocketLivesADay) {
  auto api = connect("/ws-fapi/v1");
  pass(std::chrono::hours(23));
  EXPECT_EQ(api->poll(clock.now()), Event::none);
  pass(std::chrono::hours(1));
  EXPECT_EQ(api->poll(clock.now()), Event::closed);
  EXPECT_EQ(api->error(), boost::asio::error::eof);
}

TEST_F(EventFaultsTest, ABannedAddressGetsNoWebSocketApi) {
  run(R"({"command":"ban","ms":60000,"pool":"ws_api"})");
  auto socket = transport->websocket();
  socket->open({.host = "venue", .path = "/ws-fapi/v1"}, clock.now());
  pass(milliseconds(10));
  EXPECT_EQ(socket->poll(clock.now()), Event::closed);
  listen();
}

TEST_F(EventFaultsTest, TooManyMessagesEndAStream) {
  auto stream = listen();
  for (int i = 0; i < 11; ++i)
    ASSERT_TRUE(stream->send(R"({"method":"LIST_SUBSCRIPTIONS","id":1})").has_value());
  pass(milliseconds(20));
  EXPECT_EQ(stream->poll(clock.now()), Event::closed);
}

TEST_F(EventFaultsTest, MarketStreamsTickInVirtualTime) {
  auto market = connect("/market/ws/btcusdt@markPrice@1s");
  for (int i = 0; i < 3; ++i) {
    while (market->poll(clock.now()) != Event::frame) clock.set(*venue.next_due());
    EXPECT_EQ(at(market->frame(), "e"), "markPriceUpdate");
  }
}

TEST_F(EventFaultsTest, ARunIsAFunctionOfItsSeed) {
  const auto play = [](std::uint64_t seed) {
    ManualClock time;
    MemoryVenue world(time, {.world = {.seed = seed}});
    auto client = world.transport("agent");
    const auto bob = world.world().exchange().find_account("bob").value();
    auto socket = client->websocket();
    socket->open({.host = "venue",
                  .path = "/private/ws/" + world.world().protocol().streams().create(
                                               bob, world.venue_time(time.now()))},
                 time.now());
    time.advance(milliseconds(10));
    EXPECT_EQ(socket->poll(time.now()), Event::opened);
    world.control(R"({"command":"reorder_events","account":"bob","window":8,"count":800})");
    for (int i = 0; i < 20; ++i) {
      world.control(
          R"({"command":"trade","account":"bob","symbol":"ETHUSDT","side":"BUY","qty":"1"})");
      time.advance(milliseconds(300));
      world.pump(time.now());
    }
    std::string order;
    while (socket->poll(time.now()) == Event::frame) order += at(socket->frame(), "e") + " ";
    return order;
  };
  EXPECT_EQ(play(4), play(4));
  EXPECT_NE(play(4), play(5));
}

}  // namespace
}  // namespace copyd::sim::testing
