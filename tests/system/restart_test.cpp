// The daemon ends, orderly or not, with positions open, and the leader goes on: what it finds when
// it is back is copied, or skipped as too old; closes are copied always.
#include <fmt/format.h>
#include <csignal>

#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

class Restart : public CopyTest, public testing::WithParamInterface<int> {
 protected:
  void end_daemon() {
    if (GetParam() == SIGTERM) EXPECT_EQ(rig.stop_daemon(), 0);
    else rig.kill_daemon();
  }
  Qty held(const std::string& label, const std::string& symbol, const std::string& leg = "BOTH") {
    return rig.positions()[{label, symbol, leg}];
  }
};

TEST_P(Restart, FillsOfTheTimeBetweenAreCopiedOrTooOldAndClosesAlwaysCopied) {
  start(shared_threads,
        ratio_follower("bob", "0.5", never_stale) + ratio_follower("carol", "0.25", never_stale) +
            ratio_follower("dave", "1", "max_fill_age_ms = 1"),
        {"bob", "carol", "dave"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.04", "60000");
  lead("SELL", "ETHUSDT", "0.8", "3000");
  rig.wait_until_quiet(2);
  const Qty bitcoin = held("dave", "BTCUSDT");  // what came through within a millisecond
  const Qty ether = held("dave", "ETHUSDT");
  end_daemon();
  lead("BUY", "BTCUSDT", "0.08", "60000");   // more of it
  lead("SELL", "BTCUSDT", "0.10", "60010");  // and most of it closed
  lead("BUY", "ETHUSDT", "1.6", "2990");     // through zero
  lead("BUY", "SOLUSDT", "16", "150");       // new
  rig.start_daemon();
  rig.wait_until_ready({"bob", "carol", "dave"});
  rig.wait_until_quiet(6, 60s);
  EXPECT_EQ(held("bob", "BTCUSDT"), qty("0.01"));
  EXPECT_EQ(held("bob", "ETHUSDT"), qty("0.4"));
  EXPECT_EQ(held("bob", "SOLUSDT"), qty("8"));
  EXPECT_EQ(held("carol", "BTCUSDT", "LONG"), qty("0.005"));
  EXPECT_EQ(held("carol", "ETHUSDT", "LONG"), qty("0.2"));
  EXPECT_EQ(held("carol", "ETHUSDT", "SHORT"), qty("0"));
  EXPECT_EQ(held("carol", "SOLUSDT", "LONG"), qty("4"));
  // Too old to open for dave. Of what he had, what was closed goes with the newest lots first.
  EXPECT_LE(held("dave", "BTCUSDT"), bitcoin);
  EXPECT_GE(held("dave", "ETHUSDT"), ether);
  EXPECT_LE(held("dave", "ETHUSDT"), qty("0")) << "the close was copied, the opening was not";
  EXPECT_EQ(held("dave", "SOLUSDT"), qty("0"));
  EXPECT_GE(rig.status().number("/followers/2/skipped/stale_fill"), 3);
  lead("SELL", "BTCUSDT", "0.02", "60000");
  lead("SELL", "ETHUSDT", "0.8", "3000");
  lead("SELL", "SOLUSDT", "16", "150");
  rig.wait_until_quiet(9, 60s);
  EXPECT_TRUE(rig.positions().empty()) << "everybody is flat with the leader";
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_P(Restart, AnOrderThatWasUnderWayIsAdopted) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  // The venue executes it, and neither its answer nor its event comes before the daemon ends.
  rig.venue(R"({"command":"drop_next_answer","account":"bob","before_execution":false})");
  rig.venue(R"({"command":"silence","account":"bob","ms":3000})");
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until("the venue has it", [&] { return held("bob", "BTCUSDT") == qty("0.04"); });
  end_daemon();
  lead("SELL", "BTCUSDT", "0.03", "60000");
  rig.start_daemon();
  rig.wait_until_ready({"bob"});
  rig.wait_until_quiet(3, 60s);
  EXPECT_EQ(held("bob", "BTCUSDT"), qty("0.01"));
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_P(Restart, PausesAndCountsOutliveIt) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  ASSERT_EQ(rig.copyctl({"pause", "bob", "--reason", "test"}).exit_code, 0);
  rig.wait_until("bob is paused",
                 [&] { return rig.status().text("/followers/0/state") == "reduce_only"; });
  end_daemon();
  rig.start_daemon();
  rig.wait_until("bob's link is up",
                 [&] { return rig.status().text("/followers/0/link") == "ready"; });
  EXPECT_EQ(rig.status().text("/followers/0/state"), "reduce_only");
  EXPECT_EQ(rig.status().text("/followers/0/causes/0"), "operator");
  lead("BUY", "BTCUSDT", "0.02", "60000");
  lead("SELL", "BTCUSDT", "0.01", "60000");
  rig.wait_until_quiet(3);
  EXPECT_EQ(rig.status().number("/followers/0/skipped/reduce_only"), 1);
  EXPECT_EQ(held("bob", "BTCUSDT"), qty("0.02")) << "the newest lot was not copied";
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// Started and ended over and over, with nothing to do: nothing is sent, nothing changes.
TEST_P(Restart, ManyTimesInARowChangesNothing) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  for (int i = 0; i < 4; ++i) {
    end_daemon();
    rig.start_daemon();
    rig.wait_until_ready({"bob"});
  }
  const Ledger ledger = read_ledger(rig.venue(R"({"command":"ledger"})"));
  EXPECT_EQ(ledger.at("bob").orders.size(), 1U);
  lead("SELL", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2);
  EXPECT_TRUE(rig.positions().empty());
  EXPECT_EQ(rig.stop_daemon(), 0);
}

INSTANTIATE_TEST_SUITE_P(Ends, Restart, testing::Values(SIGTERM, SIGKILL), [](const auto& suite) {
  return std::string(suite.param == SIGTERM ? "stopped" : "killed");
});

}  // namespace
}  // namespace copyd::system_test
