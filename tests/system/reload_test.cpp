// The file loses followers and gets them back while the daemon runs, and while it does not.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

class Reload : public CopyTest {
 protected:
  const std::string bob = ratio_follower("bob", "0.5", never_stale);
  const std::string carol = ratio_follower("carol", "0.5", never_stale);

  void write(const std::string& followers) {
    rig.configure(shared_threads, leader_alpha + followers);
  }
  // Of the file as it is then; what was said.
  std::string reload(const std::string& followers, std::vector<std::string> options = {}) {
    write(followers);
    options.insert(options.begin(), {"reload", "--wait"});
    const auto result = rig.copyctl(options);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return result.output;
  }
  Qty held(const std::string& label) {
    const auto all = rig.positions();
    Qty sum;
    for (const auto& [position, amount] : all)
      if (position[0] == label) sum += amount;
    return sum;
  }
  bool shown(const std::string& label) {
    return rig.status().source().find(fmt::format(R"("label":"{}")", label)) != std::string::npos;
  }
  void wait_until_held(const std::string& label, const char* amount) {
    rig.wait_until(fmt::format("{} holds {}", label, amount),
                   [&] { return held(label) == qty(amount); });
  }
};

TEST_F(Reload, AFollowerThatIsGoneIsDrainedLetGoOfAndTakenBack) {
  start(shared_threads, bob + carol, {"bob", "carol"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.08", "60000");
  rig.wait_until_quiet(1);
  ASSERT_EQ(held("carol"), qty("0.04"));
  const std::string said = reload(bob);
  EXPECT_NE(said.find("follower[carol]: gone"), std::string::npos) << said;
  EXPECT_NE(said.find("drained until flat: carol"), std::string::npos) << said;
  lead("BUY", "BTCUSDT", "0.04", "60000");
  lead("SELL", "BTCUSDT", "0.08", "60000");
  wait_until_held("bob", "0.02");
  wait_until_held("carol", "0.02");
  EXPECT_TRUE(shown("carol"));
  EXPECT_EQ(rig.status().text("/followers/1/state"), "reduce_only");

  // A start finds it gone as well, and drains on.
  EXPECT_EQ(rig.stop_daemon(), 0);
  rig.start_daemon();
  rig.wait_until_ready({"bob"});
  EXPECT_NE(rig.daemon_log().find("carol is not in the configuration any more and is drained"),
            std::string::npos);
  EXPECT_TRUE(shown("carol"));
  lead("BUY", "BTCUSDT", "0.02", "60000");
  wait_until_held("bob", "0.03");
  lead("SELL", "BTCUSDT", "0.06", "60000");
  wait_until_held("bob", "0");
  wait_until_held("carol", "0");
  rig.wait_until("carol is let go of", [&] { return !shown("carol"); });

  const std::string back = reload(bob + carol);
  EXPECT_NE(back.find("follower[carol]: new"), std::string::npos) << back;
  rig.wait_until_ready({"bob", "carol"});
  lead("BUY", "BTCUSDT", "0.08", "60000");
  wait_until_held("bob", "0.04");
  wait_until_held("carol", "0.04");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Reload, AFollowerThatIsNewCopiesFromThenOn) {
  start(shared_threads, bob, {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.08", "60000");
  wait_until_held("bob", "0.04");
  const std::string said = reload(bob + carol);
  EXPECT_NE(said.find("generation 2 is in force: follower[carol]: new"), std::string::npos) << said;
  rig.connect("carol");
  rig.wait_until_ready({"bob", "carol"});
  lead("SELL", "BTCUSDT", "0.04", "60000");
  wait_until_held("bob", "0.02");
  EXPECT_EQ(held("carol"), qty("0")) << "a close is no opening";
  lead("BUY", "BTCUSDT", "0.04", "60000");
  wait_until_held("bob", "0.04");
  wait_until_held("carol", "0.02");
  rig.kill_daemon();
  rig.start_daemon();
  rig.wait_until_ready({"bob", "carol"});
  lead("SELL", "BTCUSDT", "0.08", "60000");
  wait_until_held("bob", "0");
  wait_until_held("carol", "0");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Reload, WhoIsNewWhileEverybodyIsHaltedIsHalted) {
  start(shared_threads, bob, {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(rig.copyctl({"halt", "--all"}).exit_code, 0);
  reload(bob + carol);
  rig.connect("carol");
  rig.wait_until("carol's link is ready",
                 [&] { return rig.status().text("/followers/1/link") == "ready"; });
  EXPECT_EQ(rig.status().text("/followers/1/state"), "halted");
  ASSERT_EQ(rig.copyctl({"resume", "--all"}).exit_code, 0);
  rig.wait_until_ready({"bob", "carol"});
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// F38.
TEST_F(Reload, AnUnknownOrderOfAFollowerThatIsGoneIsResolvedBeforeItIsLetGoOf) {
  start(shared_threads, bob + carol, {"bob", "carol"});
  ASSERT_FALSE(HasFatalFailure());
  // The venue executes it, and neither its answer nor its event comes for a while.
  rig.venue(R"({"command":"drop_next_answer","account":"carol","before_execution":false})");
  rig.venue(R"({"command":"silence","account":"carol","ms":3000})");
  lead("BUY", "BTCUSDT", "0.08", "60000");
  wait_until_held("carol", "0.04");
  reload(bob);
  EXPECT_TRUE(shown("carol"));
  lead("SELL", "BTCUSDT", "0.08", "60000");
  wait_until_held("bob", "0");
  wait_until_held("carol", "0");
  rig.wait_until("carol is let go of", [&] { return !shown("carol"); });
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Reload, WhatAFollowerThatIsGoneHoldsIsClosedAtOnceWhereThatIsWanted) {
  start(shared_threads, bob + carol, {"bob", "carol"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.08", "60000");
  rig.wait_until_quiet(1);
  reload(bob, {"--flatten"});
  wait_until_held("carol", "0");
  EXPECT_EQ(held("bob"), qty("0.04"));
  rig.wait_until("carol is let go of", [&] { return !shown("carol"); });
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// Over a start in between, which has nothing of him in its file.
TEST_F(Reload, ALeaderThatIsNewIsCopiedAndOneThatIsGoneIsHeardUntilNothingIsHeldOfHim) {
  start(shared_threads, bob, {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.08", "60000");
  wait_until_held("bob", "0.04");
  const auto of_dave = [](std::string follower) {
    return follower.replace(follower.find("\"alpha\""), 7, "\"dave\"");
  };
  const auto dave_trades = [&](const char* side, const char* amount) {
    std::string text = trade(side, "BTCUSDT", amount, "60000");
    rig.venue(text.replace(text.find("\"alpha\""), 7, "\"dave\""));
  };
  rig.configure(shared_threads, "[[leader]]\nlabel = \"dave\"\n" + of_dave(bob) + of_dave(carol));
  const std::string said = rig.copyctl({"reload", "--wait"}).output;
  EXPECT_NE(said.find("leader[dave]: new"), std::string::npos) << said;
  EXPECT_NE(said.find("leader[alpha]: gone"), std::string::npos) << said;
  EXPECT_EQ(said.find("restart"), std::string::npos) << said;
  rig.connect("dave");
  rig.connect("carol");
  rig.wait_until_ready({"bob", "carol"});
  dave_trades("BUY", "0.02");
  wait_until_held("bob", "0.05");
  wait_until_held("carol", "0.01");
  lead("BUY", "BTCUSDT", "0.04", "60000");
  EXPECT_TRUE(shown("alpha")) << "he closes what bob has of him";

  rig.kill_daemon();
  rig.start_daemon();
  rig.wait_until_ready({"bob", "carol"});
  EXPECT_TRUE(shown("alpha"));
  lead("SELL", "BTCUSDT", "0.12", "60000");
  wait_until_held("bob", "0.01");
  rig.wait_until("alpha is let go of", [&] { return !shown("alpha"); });
  lead("BUY", "BTCUSDT", "0.1", "60000");
  dave_trades("BUY", "0.02");
  wait_until_held("bob", "0.02");
  wait_until_held("carol", "0.02");

  const std::string back = reload(bob + carol);
  EXPECT_NE(back.find("leader[alpha]: new"), std::string::npos) << back;
  EXPECT_NE(back.find("leader[dave]: gone"), std::string::npos) << back;
  rig.wait_until_ready({"bob", "carol"});
  lead("BUY", "BTCUSDT", "0.08", "60000");
  wait_until_held("bob", "0.06");
  dave_trades("SELL", "0.04");
  wait_until_held("bob", "0.04");
  wait_until_held("carol", "0.04");
  rig.wait_until("dave is let go of", [&] { return !shown("dave"); });
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// To a connection that is shared and back to one of its own, once with an order of unknown fate.
TEST_F(Reload, AFollowerGoesToTheOtherSortOfConnectionAndLosesNothing) {
  start(shared_threads, bob + carol, {"bob", "carol"});
  ASSERT_FALSE(HasFatalFailure());
  const auto moved = [&](int times) {
    std::size_t found = 0;
    const std::string log = rig.daemon_log();
    for (std::size_t at = 0; (at = log.find("carol: connects anew", at)) != log.npos; ++at) ++found;
    return found == static_cast<std::size_t>(times);
  };
  std::string shared = carol;
  shared.replace(shared.find("\"own\""), 5, "\"shared\"");
  lead("BUY", "BTCUSDT", "0.08", "60000");
  const std::string said = reload(bob + shared);
  EXPECT_NE(said.find("is in force: follower[carol].connection"), std::string::npos) << said;
  lead("BUY", "BTCUSDT", "0.08", "60000");
  rig.wait_until("carol has moved", [&] { return moved(1); });
  rig.wait_until_ready({"bob", "carol"});
  lead("BUY", "BTCUSDT", "0.08", "60000");
  wait_until_held("bob", "0.12");
  wait_until_held("carol", "0.12");

  rig.venue(R"({"command":"drop_next_answer","account":"carol","before_execution":false})");
  rig.venue(R"({"command":"silence","account":"carol","ms":8000})");
  lead("SELL", "BTCUSDT", "0.08", "60000");
  wait_until_held("carol", "0.08");
  reload(bob + carol);
  rig.wait_until("carol has moved back", [&] { return moved(2); });
  lead("SELL", "BTCUSDT", "0.16", "60000");
  wait_until_held("bob", "0");
  wait_until_held("carol", "0");
  rig.wait_until_quiet(5);
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Reload, ALinkThatIsGoneIsDrainedAndItsFollowerGoesOn) {
  const std::string two =
      ratio_follower("bob", "0.5", never_stale + "\nsymbols = { allow = [\"BTCUSDT\"] }") +
      "[[follower.link]]\nleader = \"alpha\"\nsizing = { mode = \"fixed_ratio\", ratio = 0.5 }\n"
      "order = { type = \"market\" }\n" +
      never_stale + "\nsymbols = { allow = [\"ETHUSDT\"] }\n";
  start(shared_threads, two, {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "ETHUSDT", "1", "3000");
  wait_until_held("bob", "0.5");
  const std::string said =
      reload(ratio_follower("bob", "0.5", never_stale + "\nsymbols = { allow = [\"BTCUSDT\"] }"));
  EXPECT_NE(said.find("follower[bob].link[alpha#2]: gone"), std::string::npos) << said;
  lead("BUY", "ETHUSDT", "1", "3000");
  lead("BUY", "BTCUSDT", "0.04", "60000");
  wait_until_held("bob", "0.52");
  EXPECT_EQ(rig.stop_daemon(), 0);
  rig.start_daemon();
  rig.wait_until_ready({"bob"});
  lead("SELL", "ETHUSDT", "2", "3000");
  wait_until_held("bob", "0.02");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
