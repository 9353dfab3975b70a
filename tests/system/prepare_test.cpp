// Leverage and margin type over TLS: set before the first order, followed when the leader changes
// them, and what the venue refuses.
#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

class Prepare : public CopyTest {
 protected:
  std::string set_up(const std::string& label, const std::string& symbol,
                     const std::string& more = {}) {
    const Json answer = rig.venue(R"({"command":"set_up","account":")" + label + R"(","symbol":")" +
                                  symbol + '"' + more + "}");
    return std::to_string(answer.number("/leverage")) + ' ' + answer.text("/margin");
  }
  void wait_for(const std::string& label, const std::string& symbol, const std::string& setup) {
    rig.wait_until(label + " has " + setup + " on " + symbol,
                   [&] { return set_up(label, symbol) == setup; });
  }
  std::int64_t unprepared(int follower) {
    return rig.status().number("/followers/" + std::to_string(follower) + "/skipped/unprepared");
  }
  static std::string capped(const std::string& label, const std::string& cap) {
    std::string text = ratio_follower(label, "1");
    return text.insert(text.find("[[follower.link]]"),
                       "[follower.limits]\nmax_leverage = " + cap + "\n");
  }
};

TEST_F(Prepare, TheLeadersSetupIsMirroredAndFollowedUpToTheCap) {
  rig.start_venue();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(set_up("alpha", "BTCUSDT", R"(,"leverage":7,"margin":"isolated")"), "7 isolated");
  rig.configure(shared_threads,
                leader_alpha + capped("bob", "10") + ratio_follower("carol", "1", never_stale) +
                    ratio_follower("dave", "1", "leverage = \"keep\"\nmargin = \"keep\""));
  rig.start_daemon();
  ASSERT_FALSE(HasFatalFailure());
  for (const auto* label : {"alpha", "bob", "carol", "dave"}) rig.connect(label);
  rig.wait_until_ready({"bob", "carol", "dave"});
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  EXPECT_EQ(set_up("bob", "BTCUSDT"), "7 isolated") << "before the first order: it is not left";
  EXPECT_EQ(set_up("carol", "BTCUSDT"), "7 isolated");
  EXPECT_EQ(set_up("dave", "BTCUSDT"), "20 cross");
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.02"));

  EXPECT_EQ(set_up("alpha", "ETHUSDT", R"(,"leverage":50)"), "50 cross");
  wait_for("bob", "ETHUSDT", "10 cross");
  wait_for("carol", "ETHUSDT", "50 cross");
  EXPECT_EQ(set_up("dave", "ETHUSDT"), "20 cross");
  EXPECT_EQ(set_up("alpha", "BTCUSDT", R"(,"leverage":9)"), "9 isolated");
  wait_for("bob", "BTCUSDT", "9 isolated");
  lead("BUY", "ETHUSDT", "0.5", "3000");
  rig.wait_until_quiet(2);
  EXPECT_EQ((rig.positions()[{"carol", "ETHUSDT", "LONG"}]), qty("0.5"));
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Prepare, AReloadChangesWhatIsSetBeforeTheNextOpening) {
  const std::string keeps = "leverage = \"keep\"\nmargin = \"keep\"\n" + never_stale;
  start(shared_threads,
        ratio_follower("bob", "1", never_stale) + ratio_follower("dave", "1", keeps),
        {"bob", "dave"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  const auto reload = [&](const std::string& bob, const std::string& dave) {
    rig.configure(shared_threads, leader_alpha + bob + dave);
    const auto result = rig.copyctl({"reload", "--wait"});
    EXPECT_NE(result.output.find("is in force"), std::string::npos) << result.output;
    EXPECT_EQ(result.output.find("restart"), std::string::npos) << result.output;
  };
  reload(ratio_follower("bob", "1", "leverage = 3\n" + never_stale),
         ratio_follower("dave", "1", "leverage = 5\nmargin = \"isolated\"\n" + never_stale));
  lead("BUY", "BTCUSDT", "0.02", "60000");
  lead("BUY", "ETHUSDT", "1", "3000");
  rig.wait_until_quiet(3);
  EXPECT_EQ(set_up("bob", "BTCUSDT"), "3 cross");
  EXPECT_EQ(set_up("bob", "ETHUSDT"), "3 cross");
  EXPECT_EQ(set_up("dave", "ETHUSDT"), "5 isolated");
  EXPECT_EQ(unprepared(1), 1) << "the venue keeps the margin type of what is held";
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.04"));
  EXPECT_EQ((rig.positions()[{"dave", "BTCUSDT", "BOTH"}]), qty("0.02"));

  reload(capped("bob", "2"), ratio_follower("dave", "1", keeps));
  lead("SELL", "BTCUSDT", "0.04", "60000");
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(5);
  EXPECT_EQ(set_up("bob", "BTCUSDT"), "2 cross");
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.02"));
  EXPECT_EQ((rig.positions()[{"dave", "BTCUSDT", "BOTH"}]), qty("0.02")) << "it is kept again";
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Prepare, WhatIsRefusedOpensNothingAndClosesGoOn) {
  start(shared_threads, ratio_follower("bob", "1", never_stale) + ratio_follower("dave", "1"),
        {"bob", "dave"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.03", "60000");
  rig.wait_until_quiet(1);
  rig.venue(
      R"({"command":"reject_next","account":"bob","code":-4203,"methods":"setup","count":999})");
  set_up("alpha", "BTCUSDT", R"(,"leverage":11)");
  wait_for("dave", "BTCUSDT", "11 cross");
  rig.wait_until("the refusal is said", [&] {
    return rig.daemon_log().find("nothing opens on BTCUSDT: leverage 11 is refused: -4203") !=
           std::string::npos;
  });
  lead("BUY", "BTCUSDT", "0.01", "60000");
  lead("BUY", "ETHUSDT", "0.5", "3000");
  rig.wait_until_quiet(3);
  EXPECT_EQ(unprepared(0), 1);
  EXPECT_EQ(unprepared(1), 0);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.03"));
  EXPECT_EQ((rig.positions()[{"dave", "BTCUSDT", "BOTH"}]), qty("0.04"));
  EXPECT_EQ((rig.positions()[{"bob", "ETHUSDT", "BOTH"}]), qty("0.5")) << "other symbols go on";
  lead("SELL", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(4);
  EXPECT_EQ(rig.positions().count({"bob", "BTCUSDT", "BOTH"}), 0U) << "a close goes through";

  rig.venue(R"({"command":"clear_faults"})");
  set_up("alpha", "BTCUSDT", R"(,"leverage":12)");
  wait_for("bob", "BTCUSDT", "12 cross");
  rig.wait_until("it opens again", [&] {
    return rig.daemon_log().find("BTCUSDT is set up as it is to be") != std::string::npos;
  });
  lead("BUY", "BTCUSDT", "0.01", "60000");
  rig.wait_until_quiet(5);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.01"));
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Prepare, TheMultiAssetsModeIsOnTheCard) {
  start(shared_threads, ratio_follower("bob", "1"), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  set_up("bob", "BTCUSDT", R"(,"multi_assets":true)");
  rig.wait_until("bob's card says it", [&] {
    return rig.copyctl({"accounts", "--json"}).output.find("multi-assets mode") !=
           std::string::npos;
  });
  set_up("alpha", "BTCUSDT", R"(,"margin":"isolated")");
  rig.wait_until("the refusal is said", [&] {
    return rig.daemon_log().find("isolated margin is refused: -4168") != std::string::npos;
  });
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
