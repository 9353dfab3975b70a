// Followers that share one order connection, on real processes over TLS: what they copy, and what
// a connection that fails under all of them at once leaves behind, by the venue's ledger.
#include <fmt/format.h>
#include <array>

#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

// More than any ping, less than any order.
constexpr std::size_t within_an_order = 150;

std::string sharing(const std::string& label, const std::string& ratio) {
  std::string follower = ratio_follower(label, ratio, never_stale);
  constexpr std::string_view own = "\"own\"";
  follower.replace(follower.find(own), own.size(), "\"shared\"");
  return follower;
}

class Sharing : public CopyTest {
 protected:
  const std::string all = sharing("bob", "0.5") + sharing("carol", "0.25") + sharing("dave", "1");
  const std::vector<std::string> labels{"bob", "carol", "dave"};

  void expect_held(const char* symbol, const std::array<const char*, 3>& held) {
    const auto positions = rig.positions();
    EXPECT_EQ((positions.at({"bob", symbol, "BOTH"})), qty(held[0]));
    EXPECT_EQ((positions.at({"carol", symbol, "LONG"})), qty(held[1]));
    EXPECT_EQ((positions.at({"dave", symbol, "BOTH"})), qty(held[2]));
  }
};

class SharedConnection : public Sharing, public testing::WithParamInterface<const char*> {};

TEST_P(SharedConnection, EachFollowersOrdersAreItsOwn) {
  start(fmt::format("threads = \"{}\"\nidle = \"backoff\"\nlanes = 1\nbatch = 2", GetParam()), all,
        labels);
  ASSERT_FALSE(HasFatalFailure());
  for (int i = 1; i <= 4; ++i) lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(4);
  expect_held("BTCUSDT", {"0.08", "0.04", "0.16"});
  EXPECT_EQ(rig.venue(R"({"command":"stats"})").number("/ws_requests"), 12)
      << "nothing went by REST, and nobody logged on";
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_P(SharedConnection, AnOutageEndsOnTarget) {
  start(fmt::format("threads = \"{}\"\nidle = \"backoff\"", GetParam()), all, labels);
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(1);
  rig.venue(R"({"command":"drop_connections","refuse_ms":3000})");
  for (int i = 0; i < 5; ++i) lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(6, 60s);
  expect_held("BTCUSDT", {"0.12", "0.06", "0.24"});
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, SharedConnection, testing::Values("shared", "dedicated"),
                         [](const auto& suite) { return std::string(suite.param); });

// What came to each is looked at, and that the others notice nothing when one's listen key ends.
TEST_F(Sharing, OneUserStreamCarriesThoseOfAll) {
  constexpr const char* engine_lines = "threads = \"shared\"\nidle = \"backoff\"\nlanes = 1";
  start(engine_lines, all, labels);
  ASSERT_FALSE(HasFatalFailure());
  const auto streams = [&] { return rig.venue(R"({"command":"stats"})").number("/streams"); };
  // With their keys at hand they begin together.
  EXPECT_EQ(rig.stop_daemon(), 0);
  ASSERT_EQ(streams(), 0);
  rig.start_daemon();
  rig.wait_until_ready(labels);
  constexpr std::int64_t leaders = 2;
  rig.wait_until(
      "they are on one", [&] { return streams() == leaders + 1; }, 150s);
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(1);
  expect_held("BTCUSDT", {"0.02", "0.01", "0.04"});
  rig.venue(R"({"command":"expire_listen_key","account":"carol"})");
  rig.wait_until(
      "it has another", [&] { return rig.status().number("/followers/1/reconnects") == 1; }, 10s);
  rig.wait_until_ready(labels);
  EXPECT_EQ(streams(), leaders + 2);
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(2);
  expect_held("BTCUSDT", {"0.04", "0.02", "0.08"});
  const Json status = rig.status();
  EXPECT_EQ(status.number("/followers/0/reconnects"), 0);
  EXPECT_EQ(status.number("/followers/2/reconnects"), 0);
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// A record with the orders of several followers, cut within the first: none of them is doubled or
// lost, and the one that stands by carries on.
TEST_F(Sharing, ARecordThatIsCutIsResolvedForEach) {
  TcpProxy* proxy = start_behind_proxy(all, labels);
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(1);
  std::int64_t fills = 1;
  for (const bool whole : {false, true}) {
    proxy->cut_after(
        {.way = TcpProxy::Way::to_server, .after = within_an_order, .whole_piece = whole});
    lead("BUY", "BTCUSDT", "0.04", "60000");
    rig.wait_until_quiet(++fills, 60s);
  }
  EXPECT_EQ(proxy->counts().cut, 2U);
  expect_held("BTCUSDT", {"0.06", "0.03", "0.12"});
  lead("SELL", "BTCUSDT", "0.12", "60000");
  rig.wait_until_quiet(++fills, 60s);
  EXPECT_TRUE(rig.positions().empty());
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
