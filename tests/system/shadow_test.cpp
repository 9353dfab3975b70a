// A shadow beside a follower that trades, and on_start = "adopt", over real sockets and restarts.
#include <fmt/format.h>

#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

std::string shadow_of_alpha(const std::string& label, const std::string& state) {
  std::string follower = ratio_follower(label, "0.5", never_stale);
  return follower.insert(follower.find("[[follower.link]]"), "state = \"" + state + "\"\n");
}

class Shadow : public CopyTest {
 protected:
  std::size_t orders_of(const std::string& label) {
    return read_ledger(rig.venue(R"({"command":"ledger"})"))[label].orders.size();
  }
  std::string configuration_with(const std::string& state) {
    return leader_alpha + ratio_follower("bob", "0.5", never_stale) +
           shadow_of_alpha("carol", state) + shadow_of_alpha("dave", state);
  }
};

TEST_F(Shadow, FollowsOnPaperOverARestartAndBeginsAnewWhenItLeaves) {
  rig.start_venue();
  ASSERT_FALSE(HasFatalFailure());
  rig.configure(shared_threads, configuration_with("shadow"));
  rig.start_daemon();
  // Carol has no key, dave has one.
  for (const char* label : {"alpha", "bob", "dave"}) rig.connect(label);
  rig.wait_until_ready({"bob"});
  lead("BUY", "BTCUSDT", "0.04", "60000");
  lead("SELL", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.01"));
  const Json now = rig.status();
  for (const char* follower : {"/followers/1", "/followers/2"}) {
    const std::string at = follower;
    EXPECT_EQ(now.text(at + "/positions/0/position"), "0.01") << at;
    EXPECT_EQ(now.text(at + "/state"), "active") << at;
    EXPECT_NE(now.text(at + "/paper/fees"), "0") << at;
    EXPECT_EQ(now.number(at + "/orders"), 0) << at;
  }
  EXPECT_EQ(now.text("/followers/0/paper/fees"), "");
  EXPECT_NE(rig.copyctl({"status"}).output.find("carol is a shadow, nothing is sent for it"),
            std::string::npos);
  const std::string fees = now.text("/followers/1/paper/fees");

  rig.kill_daemon();
  rig.start_daemon();
  rig.wait_until_ready({"bob"});
  EXPECT_EQ(rig.status().text("/followers/1/paper/fees"), fees);
  EXPECT_EQ(rig.status().text("/followers/1/positions/0/position"), "0.01");
  lead("SELL", "BTCUSDT", "0.02", "60000");
  lead("BUY", "ETHUSDT", "0.4", "3000");
  rig.wait_until_quiet(4);
  EXPECT_EQ(orders_of("carol") + orders_of("dave"), 0U);

  EXPECT_EQ(rig.stop_daemon(), 0);
  rig.configure(shared_threads, configuration_with("active"));
  rig.start_daemon();
  rig.wait_until_ready({"bob", "dave"});
  lead("SELL", "ETHUSDT", "0.4", "3000");
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until("dave copies what comes from now on, and nothing of his paper", [&] {
    const auto held = rig.positions();
    const auto btc = held.find({"dave", "BTCUSDT", "BOTH"});
    return btc != held.end() && btc->second == qty("0.02") &&
           !held.contains({"dave", "ETHUSDT", "BOTH"});
  });
  EXPECT_EQ(orders_of("dave"), 1U);

  EXPECT_EQ(rig.stop_daemon(), 0);
  rig.configure(shared_threads, configuration_with("shadow"));
  const auto refused = rig.run_daemon_to_its_end();
  EXPECT_EQ(refused.exit_code, 1);
  const std::string said = refused.output + refused.errors;
  EXPECT_NE(said.find("\"dave\" cannot be a shadow"), std::string::npos) << said;
  EXPECT_NE(said.find("copyctl flatten dave"), std::string::npos) << said;
}

TEST_F(Shadow, LeavesWithAReloadAndEntersWithARestart) {
  rig.start_venue();
  ASSERT_FALSE(HasFatalFailure());
  rig.configure(shared_threads, configuration_with("shadow"));
  rig.start_daemon();
  for (const char* label : {"alpha", "bob", "dave"}) rig.connect(label);
  rig.wait_until_ready({"bob"});
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(1);
  rig.configure(shared_threads, configuration_with("active"));
  const std::string said = rig.copyctl({"reload", "--wait"}).output;
  EXPECT_NE(said.find("in force: follower[carol].state: \"shadow\" →"), std::string::npos) << said;
  EXPECT_EQ(said.find("restart"), std::string::npos) << said;
  rig.connect("carol");
  rig.wait_until_ready({"bob", "carol", "dave"});
  lead("BUY", "BTCUSDT", "0.04", "60000");
  lead("SELL", "BTCUSDT", "0.02", "60000");
  const auto dave_holds = [&](const char* amount) {
    return rig.positions()[{"dave", "BTCUSDT", "BOTH"}] == qty(amount);
  };
  rig.wait_until("dave copies what comes from now on", [&] { return dave_holds("0.01"); });
  rig.kill_daemon();
  rig.start_daemon();
  rig.wait_until_ready({"bob", "carol", "dave"});
  lead("SELL", "BTCUSDT", "0.06", "60000");
  rig.wait_until("everybody is flat", [&] { return rig.positions().empty(); });
  EXPECT_EQ(orders_of("dave"), 3U) << "nothing was closed that was on paper";

  rig.configure(shared_threads, configuration_with("shadow"));
  const std::string waits = rig.copyctl({"reload", "--wait"}).output;
  EXPECT_NE(waits.find("Only a restart applies: follower[carol].state"), std::string::npos)
      << waits;
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Shadow, WhatALeaderHoldsIsAdoptedAtTheFirstStartAlone) {
  rig.start_venue();
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.configure(shared_threads, leader_alpha +
                                    ratio_follower("bob", "0.5", "on_start = \"adopt\"") +
                                    ratio_follower("dave", "0.5"));
  rig.start_daemon();
  for (const char* label : {"alpha", "bob", "dave"}) rig.connect(label);
  rig.wait_until_ready({"bob", "dave"});
  rig.wait_until("bob has adopted it", [&] {
    return rig.positions()[{"bob", "BTCUSDT", "BOTH"}] == qty("0.02") &&
           rig.status().number("/followers/0/in_flight") == 0;
  });
  EXPECT_EQ(rig.stop_daemon(), 0);
  rig.start_daemon();
  rig.wait_until_ready({"bob", "dave"});
  lead("SELL", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.01"));
  EXPECT_EQ(orders_of("bob"), 2U);
  EXPECT_EQ(orders_of("dave"), 0U);
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
