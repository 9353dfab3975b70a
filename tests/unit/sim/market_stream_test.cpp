// Public streams: who gets what, and when.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class MarketStreamTest : public ::testing::Test {
 protected:
  StreamId open(const std::string& target) {
    return protocol().open_stream(target,
                                  [this](const std::string& text, bool) { seen.push_back(text); });
  }
  std::string say(StreamId stream, const std::string& text) {
    return protocol().handle_stream(stream, text, bench.now).text;
  }
  Protocol& protocol() { return bench.world->protocol(); }
  void second() {
    bench.now = bench.now + std::chrono::seconds(1);
    protocol().tick(bench.now);
  }
  void set_price(const std::string& name, std::string_view last, std::string_view mark) {
    bench.world->exchange().set_price(bench.symbol(name), price(last), price(mark));
    protocol().notice_prices(bench.now);
  }
  Bench bench;
  std::vector<std::string> seen;
};

TEST_F(MarketStreamTest, MarkPricesOfAllComeEachSecond) {
  open("/market/stream?streams=!markPrice@arr@1s");
  EXPECT_TRUE(seen.empty());
  set_price("BTCUSDT", "61000", "61001.25");
  EXPECT_TRUE(seen.empty()) << "not before the second";
  second();
  second();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(at(seen[0], "stream"), "!markPrice@arr@1s");
  const auto rows = elements(at(seen[1], "data"));
  EXPECT_EQ(rows.size(), bench.world->exchange().symbols().size());
  std::string bitcoin;
  for (const auto& row : rows)
    if (at(row, "s") == "BTCUSDT") bitcoin = row;
  EXPECT_EQ(at(bitcoin, "e"), "markPriceUpdate");
  EXPECT_EQ(at(bitcoin, "p"), "61001.25000000");
  EXPECT_EQ(at(bitcoin, "E"), std::to_string(bench.now.ms));
  EXPECT_EQ(keys_of(bitcoin),
            (std::set<std::string>{"e", "E", "s", "p", "ap", "P", "i", "r", "T", "st"}));
}

TEST_F(MarketStreamTest, MarkPricesWithoutASpeedComeEveryThirdSecond) {
  open("/market/ws/btcusdt@markPrice");
  for (int i = 0; i < 9; ++i) second();
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_EQ(at(seen[0], "s"), "BTCUSDT");
}

TEST_F(MarketStreamTest, BookTickersFollowThePrice) {
  open("/public/stream?streams=ethusdt@bookTicker/!bookTicker");
  set_price("ETHUSDT", "3100", "3100");
  set_price("ETHUSDT", "3100", "3105");
  ASSERT_EQ(seen.size(), 2U) << "once on each stream, and not for a mark";
  EXPECT_EQ(at(seen[0], "stream"), "ethusdt@bookTicker");
  EXPECT_EQ(at(seen[1], "stream"), "!bookTicker");
  EXPECT_EQ(at(seen[0], "data.b"), "3100.00");
  EXPECT_EQ(at(seen[0], "data.a"), "3100.01");
  set_price("BTCUSDT", "61000", "61000");
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(at(seen[2], "data.s"), "BTCUSDT");
}

TEST_F(MarketStreamTest, TradesComeAtOnceWithTheTakersSide) {
  open("/market/ws/ethusdt@aggTrade");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1.5"));
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "1"));
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.1"));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(at(seen[0], "e"), "aggTrade");
  EXPECT_EQ(at(seen[0], "q"), "1.500");
  EXPECT_EQ(at(seen[0], "m"), "false");
  EXPECT_EQ(at(seen[1], "m"), "true");
}

TEST_F(MarketStreamTest, TickersSumUpTheDay) {
  open("/market/ws/ethusdt@ticker/ethusdt@miniTicker");
  set_price("ETHUSDT", "2000", "2000");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  set_price("ETHUSDT", "4000", "4000");
  second();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(at(seen[0], "e"), "24hrMiniTicker");
  EXPECT_EQ(at(seen[0], "c"), "4000.00");
  EXPECT_EQ(at(seen[0], "h"), "4000.00");
  EXPECT_EQ(at(seen[0], "l"), "2000.00");
  EXPECT_EQ(at(seen[0], "v"), "1.000");
  EXPECT_EQ(at(seen[1], "e"), "24hrTicker");
  EXPECT_EQ(at(seen[1], "n"), "1");
  EXPECT_EQ(at(seen[1], "w"), "2000.00");
}

TEST_F(MarketStreamTest, AStreamOfAnotherPathIsAcknowledgedAndSilent) {
  const auto stream = open("/public/ws");
  EXPECT_EQ(say(stream, R"({"method":"SUBSCRIBE","params":["!markPrice@arr@1s","x@y"],"id":7})"),
            R"({"result":null,"id":7})");
  open("/market/ws/ethusdt@bookTicker");
  set_price("ETHUSDT", "3100", "3100");
  second();
  EXPECT_TRUE(seen.empty());
}

TEST_F(MarketStreamTest, UnroutedPathsCarryPublicDataAlone) {
  const auto key = protocol().streams().create(bench.account("bob"), bench.now);
  open("/ws/" + key);
  open("/stream?streams=ethusdt@bookTicker/ethusdt@aggTrade/" + key);
  open("/ws/ethusdt@markPrice@1s");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  set_price("ETHUSDT", "3100", "3100");
  second();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(at(seen[0], "stream"), "ethusdt@bookTicker");
}

TEST_F(MarketStreamTest, SubscriptionsComeAndGo) {
  const auto stream = open("/market/ws");
  say(stream, R"({"method":"SUBSCRIBE","params":["btcusdt@markPrice@1s"],"id":"a"})");
  EXPECT_EQ(say(stream, R"({"method":"LIST_SUBSCRIPTIONS","id":"a"})"),
            R"({"result":["btcusdt@markPrice@1s"],"id":"a"})");
  second();
  EXPECT_EQ(seen.size(), 1U);
  EXPECT_EQ(at(seen[0], "e"), "markPriceUpdate") << "no envelope";
  EXPECT_EQ(say(stream, R"({"method":"SET_PROPERTY","params":["combined",true],"id":5})"),
            R"({"result":null,"id":5})");
  EXPECT_EQ(say(stream, R"({"method":"GET_PROPERTY","params":["combined"],"id":6})"),
            R"({"result":true,"id":6})");
  second();
  EXPECT_EQ(at(seen[1], "stream"), "btcusdt@markPrice@1s");
  say(stream, R"({"method":"UNSUBSCRIBE","params":["btcusdt@markPrice@1s"],"id":3})");
  second();
  EXPECT_EQ(seen.size(), 2U);
  EXPECT_FALSE(protocol().market().has_subscribers());
  EXPECT_NE(say(stream, "nonsense").find("\"code\":2"), std::string::npos);
}

TEST_F(MarketStreamTest, ElevenMessagesInASecondEndTheConnection) {
  for (const std::string target : {"/market/ws", "/private/ws"}) {
    const auto stream = open(target);
    const auto send = [&] {
      return protocol().handle_stream(stream, R"({"method":"LIST_SUBSCRIPTIONS","id":1})",
                                      bench.now);
    };
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(send().drop) << target;
    EXPECT_TRUE(protocol().allow_stream_ping(stream, bench.now)) << "pings count with them";
    EXPECT_TRUE(send().drop) << target;
    bench.now = bench.now + std::chrono::seconds(1);
    EXPECT_FALSE(send().drop) << target;
  }
}

TEST_F(MarketStreamTest, AClosedStreamHearsNothing) {
  const auto stream = open("/market/ws/btcusdt@markPrice@1s");
  EXPECT_EQ(protocol().open_streams(), 1U);
  protocol().close_stream(stream);
  EXPECT_EQ(protocol().open_streams(), 0U);
  second();
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace copyd::sim::testing
