// The same two conversations, a first start and a reconnect, with a fault at every request, while
// the leader trades on: no fill twice, none lost, and the books end on the leader's position.
#include <gtest/gtest.h>

#include <random>

#include "feed_rig.hpp"

namespace copyd::feed {
namespace {

using Answer = std::optional<Result<net::HttpResponse>>;

struct Fault {
  const char* name;
  Answer answer;  // empty: the stream is closed instead, and the answer is true
};

Answer answer(int status, const char* body) {
  net::HttpResponse response;
  response.status = status;
  response.body = body;
  if (status == 429) response.retry_after = std::chrono::seconds(2);
  return Answer(response);
}

std::vector<Fault> faults() {
  return {{"no answer", Answer(make_error_code(Errc::timeout))},
          {"500", answer(500, "<html>")},
          {"not JSON", answer(200, "[{\"symbol\":")},
          {"another record", answer(200, "{\"a\":1}")},
          {"429", answer(429, R"({"code":-1003,"msg":"Too many requests."})")},
          {"the clock", answer(400, R"({"code":-1021,"msg":"Timestamp."})")},
          {"the key", answer(401, R"({"code":-2015,"msg":"Invalid API-key."})")},
          {"stream closed", {}}};
}

// Strikes once, at the n-th request from now.
void strike_at(FeedRig& rig, int n, const Fault& fault, bool& struck) {
  rig.venue.fault = [&rig, &struck, fault, left = n](const net::HttpRequest&) mutable -> Answer {
    if (left-- != 0) return {};
    struck = true;
    if (fault.answer) return fault.answer;
    rig.venue.close_streams("lea");
    return {};
  };
}

bool run_to_live(FeedRig& rig) {
  rig.run_coarse(std::chrono::seconds(5));
  for (int i = 0; i < 40 && rig.feed.unsynced() != 0; ++i) rig.run_coarse(std::chrono::seconds(2));
  return rig.feed.unsynced() == 0;
}

TEST(LeaderFeedFaults, FirstStart) {
  for (const Fault& fault : faults()) {
    bool struck = true;
    int n = 0;
    for (; struck; ++n) {
      SCOPED_TRACE(std::string(fault.name) + " at request " + std::to_string(n));
      struck = false;
      FeedRig rig;
      rig.venue.trade("lea", "BTCUSDT", 3);
      strike_at(rig, n, fault, struck);
      int trades = 0;
      rig.venue.before_answer = [&](const net::HttpRequest&) {
        if (++trades <= 8)
          rig.venue.trade("lea", trades % 2 != 0 ? "ETHUSDT" : "BTCUSDT",
                          trades % 3 - 1 != 0 ? 2 : -2);
      };
      rig.sync_time();
      rig.add();
      ASSERT_TRUE(run_to_live(rig));
      rig.expect_whole();
      ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GE(n, 4) << fault.name;
  }
}

TEST(LeaderFeedFaults, Reconnect) {
  for (const Fault& fault : faults()) {
    bool struck = true;
    int n = 0;
    for (; struck; ++n) {
      SCOPED_TRACE(std::string(fault.name) + " at request " + std::to_string(n));
      struck = false;
      FeedRig rig;
      rig.venue.trade("lea", "BTCUSDT", 3);
      rig.run(std::chrono::milliseconds(5));
      rig.start();
      rig.run(std::chrono::milliseconds(20));
      rig.venue.trade("lea", "BTCUSDT", -1);
      rig.run(std::chrono::milliseconds(20));
      rig.venue.close_streams("lea");
      rig.run(std::chrono::milliseconds(2));
      rig.venue.trade("lea", "BTCUSDT", -2);  // flat
      rig.venue.trade("lea", "ETHUSDT", 6, "BOTH", "web_3", 3);
      rig.venue.account("lea").orders.back().time -= 3'600'000;  // must be looked up
      strike_at(rig, n, fault, struck);
      int trades = 0;
      rig.venue.before_answer = [&](const net::HttpRequest&) {
        if (++trades <= 12)
          rig.venue.trade("lea", trades % 2 != 0 ? "ETHUSDT" : "DOTUSDT", trades % 3 == 0 ? -2 : 1);
      };
      ASSERT_TRUE(run_to_live(rig));
      rig.expect_whole();
      EXPECT_GT(rig.cells[0].back_filled.get(), 0);
      ASSERT_FALSE(testing::Test::HasFailure());
    }
    EXPECT_GE(n, 8) << fault.name;
  }
}

// Anything at any moment, then quiet: whatever happened, all of it was handed over once.
void any_sequence(int connections) {
  std::int64_t renewals = 0;
  std::int64_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto one_in = [&](std::uint64_t n) { return random() % n == 0; };
    FeedRig rig(16, connections);
    rig.venue.trade("lea", "BTCUSDT", 3);
    rig.run(std::chrono::milliseconds(5));
    rig.start();
    rig.venue.fault = [&](const net::HttpRequest&) -> Answer {
      if (!one_in(12)) return {};
      const auto some = faults();
      return some[random() % (some.size() - 1)].answer;
    };
    for (int i = 0; i < 3000; ++i) {
      const char* symbol = one_in(2) ? "BTCUSDT" : (one_in(2) ? "ETHUSDT" : "DOTUSDT");
      if (one_in(20)) {
        const int sign = one_in(2) ? 1 : -1;
        const int parts = one_in(4) ? 3 : 1;
        rig.venue.trade("lea", symbol, sign * parts * static_cast<int>(1 + random() % 3), "BOTH",
                        "web", parts);
        if (one_in(5)) rig.venue.account("lea").orders.back().time -= 3'600'000;
      }
      if (one_in(300)) rig.venue.close_streams("lea");
      if (one_in(600)) rig.venue.expire_listen_key("lea");
      if (one_in(80)) rig.venue.push("lea", R"({"e":"serverShutdown","E":1})");
      if (one_in(400)) rig.venue.close_oldest_stream("lea");
      if (one_in(400)) rig.venue.deafen_oldest_stream("lea");
      if (connections == 2) {
        if (one_in(400)) rig.venue.close_newest_stream("lea");
        if (one_in(800)) rig.venue.deafen_newest_stream("lea");
        if (one_in(800)) rig.venue.hold_oldest_stream("lea");
        if (one_in(800)) rig.venue.hold_newest_stream("lea");
        if (one_in(100)) rig.venue.let_go();
      }
      if (one_in(300)) rig.venue.refuse_streams = !rig.venue.refuse_streams;
      if (one_in(400)) rig.venue.refuse_connections = !rig.venue.refuse_connections;
      if (one_in(300)) rig.venue.deafen_streams("lea");
      if (one_in(200)) rig.stalled = !rig.stalled;
      if (one_in(10)) rig.run_coarse(std::chrono::seconds(1));
      else rig.run(std::chrono::milliseconds(1));
    }
    rig.stalled = false;
    rig.venue.let_go();
    rig.venue.fault = nullptr;
    rig.venue.refuse_connections = rig.venue.refuse_streams = false;
    rig.run_coarse(std::chrono::seconds(20));
    // A stream may be dead and open, and what it missed may sum to nothing.
    rig.venue.close_streams("lea");
    rig.run_coarse(std::chrono::seconds(200));
    EXPECT_EQ(rig.feed.unsynced(), 0);
    rig.expect_whole();
    renewals += rig.cells[0].renewals.get();
    lost += rig.cells[0].connections_lost.get();
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  if (connections == 1) {
    EXPECT_GT(renewals, 50) << "two streams hardly ever serve at once";
  } else {
    EXPECT_GT(lost, 10) << "two hardly ever race";
  }
}

TEST(LeaderFeedFaults, AnySequence) {
  any_sequence(1);
}

TEST(LeaderFeedFaults, AnySequenceOverTwoConnections) {
  any_sequence(2);
}

}  // namespace
}  // namespace copyd::feed
