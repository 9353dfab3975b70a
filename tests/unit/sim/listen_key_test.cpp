#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

constexpr std::chrono::minutes life{60};

class ListenKeyTest : public ::testing::Test {
 protected:
  UserStreams& streams() { return bench.world->protocol().streams(); }
  std::string create(std::string_view label = "bob") {
    return at(bench.send("POST", "/fapi/v1/listenKey", label).body, "listenKey");
  }
  StreamId open(const std::string& target) {
    return streams().open(target, [this](const std::string& text) { seen.push_back(text); });
  }
  void trade() { bench.place("bob", bench.market("ETHUSDT", Side::buy, "1")); }
  Bench bench;
  std::vector<std::string> seen;
};

TEST_F(ListenKeyTest, CreatingAgainGivesTheSameKeyAndExtendsIt) {
  const auto key = create();
  EXPECT_EQ(key.size(), 64U);
  bench.now = bench.now + std::chrono::minutes(59);
  EXPECT_EQ(create(), key);
  bench.now = bench.now + std::chrono::minutes(59);
  EXPECT_EQ(create(), key);
  EXPECT_NE(create("dave"), key);
}

TEST_F(ListenKeyTest, ItEndsAfterAnHourAndSaysSoOnce) {
  const auto key = create();
  open("/private/ws/" + key);
  bench.now = bench.now + (life - std::chrono::milliseconds(1));
  bench.world->protocol().tick(bench.now);
  EXPECT_TRUE(seen.empty());
  bench.now = bench.now + std::chrono::milliseconds(1);
  bench.world->protocol().tick(bench.now);
  bench.world->protocol().tick(bench.now);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(at(seen[0], "e"), "listenKeyExpired");
  EXPECT_EQ(at(seen[0], "E"), std::to_string(bench.now.ms));
  EXPECT_EQ(at(seen[0], "listenKey"), key);
  trade();
  EXPECT_EQ(seen.size(), 1U) << "the socket stays open and silent";
  EXPECT_EQ(streams().open_count(), 1U);
  EXPECT_NE(create(), key);
  trade();
  EXPECT_EQ(seen.size(), 1U) << "the new key needs a new connection";
}

TEST_F(ListenKeyTest, ExtendingADeadKeyIsRefused) {
  const auto reply = bench.send("PUT", "/fapi/v1/listenKey", "bob");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(at(reply.body, "code"), "-1125");
  const auto key = create();
  EXPECT_EQ(at(bench.send("PUT", "/fapi/v1/listenKey", "bob").body, "listenKey"), key);
  bench.now = bench.now + life;
  EXPECT_EQ(at(bench.send("PUT", "/fapi/v1/listenKey", "bob").body, "code"), "-1125");
}

TEST_F(ListenKeyTest, DeletingSilencesEveryReader) {
  open("/private/ws/" + create());
  EXPECT_EQ(bench.send("DELETE", "/fapi/v1/listenKey", "bob").body, "{}");
  trade();
  EXPECT_TRUE(seen.empty());
}

TEST_F(ListenKeyTest, WithoutAKeyHeaderOrWithGet) {
  const auto post = bench.send("POST", "/fapi/v1/listenKey");
  EXPECT_EQ(post.status, 401);
  EXPECT_EQ(at(post.body, "code"), "-2014");
  EXPECT_EQ(bench.send("GET", "/fapi/v1/listenKey", "bob").status, 404);
}

TEST_F(ListenKeyTest, EveryFormOfThePrivatePathCarriesTheEvents) {
  const auto key = create();
  for (const auto& target : {"/private/ws/" + key, "/private/ws?listenKey=" + key}) {
    const auto stream = open(target);
    trade();
    EXPECT_EQ(seen.size(), 4U) << target;
    EXPECT_EQ(at(seen[0], "e"), "TRADE_LITE");
    seen.clear();
    streams().close(stream);
  }
  trade();
  EXPECT_TRUE(seen.empty()) << "closed";
}

TEST_F(ListenKeyTest, AListOfEventsIsAnAllowList) {
  open("/private/ws?listenKey=" + create() + "&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE");
  trade();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(at(seen[0], "e"), "ORDER_TRADE_UPDATE");
  streams().expire(bench.account("bob"), bench.now);
  EXPECT_EQ(seen.size(), 3U) << "listenKeyExpired was not listed";
}

TEST_F(ListenKeyTest, CombinedStreamsWrapAndServeSeveralAccounts) {
  const auto bob = create("bob");
  const auto dave = create("dave");
  open("/private/stream?listenKey=" + bob + "&events=TRADE_LITE&listenKey=" + dave +
       "&events=ACCOUNT_UPDATE");
  trade();
  bench.place("dave", bench.market("ETHUSDT", Side::buy, "1"));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(at(seen[0], "stream"), bob);
  EXPECT_EQ(at(seen[0], "data.e"), "TRADE_LITE");
  EXPECT_EQ(at(seen[1], "stream"), dave);
  EXPECT_EQ(at(seen[1], "data.e"), "ACCOUNT_UPDATE");
}

TEST_F(ListenKeyTest, AKeyThatExpiresLeavesTheOthersOfItsStreamTheirs) {
  const auto bob = create("bob");
  const auto dave = create("dave");
  open("/private/stream?listenKey=" + bob + "&listenKey=" + dave);
  streams().expire(bench.account("bob"), bench.now);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(at(seen[0], "stream"), bob);
  EXPECT_EQ(at(seen[0], "data.e"), "listenKeyExpired");
  EXPECT_EQ(at(seen[0], "data.listenKey"), bob);
  trade();
  EXPECT_EQ(seen.size(), 1U) << "silent";
  EXPECT_NE(create("bob"), bob);
  bench.place("dave", bench.market("ETHUSDT", Side::buy, "1"));
  ASSERT_GT(seen.size(), 1U);
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_EQ(at(seen[i], "stream"), dave);
}

TEST_F(ListenKeyTest, UnroutedPathsAreAcceptedAndSilent) {
  const auto key = create();
  open("/ws/" + key);
  open("/stream?streams=" + key);
  open("/market/ws/" + key);
  open("/private/ws/unknown");
  trade();
  EXPECT_TRUE(seen.empty());
}

TEST_F(ListenKeyTest, SubscribingIsAcknowledgedWhateverIsAskedFor) {
  const auto key = create();
  const auto stream = open("/private/ws");
  EXPECT_EQ(streams().handle_text(stream, R"({"method":"SUBSCRIBE","params":["nonsense"],"id":1})"),
            R"({"result":null,"id":1})");
  streams().handle_text(
      stream, R"({"method":"SUBSCRIBE","params":[")" + key + R"(@ORDER_TRADE_UPDATE"],"id":2})");
  trade();
  ASSERT_EQ(seen.size(), 2U);
  const auto listed = streams().handle_text(stream, R"({"method":"LIST_SUBSCRIPTIONS","id":9})");
  EXPECT_NE(listed.find(key + "@ORDER_TRADE_UPDATE"), std::string::npos) << listed;
  streams().handle_text(stream, R"({"method":"UNSUBSCRIBE","params":[")" + key + R"("],"id":3})");
  trade();
  EXPECT_EQ(seen.size(), 2U);
}

TEST_F(ListenKeyTest, OnlyTheAccountsOwnEventsArrive) {
  open("/private/ws/" + create("dave"));
  trade();
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace copyd::sim::testing
