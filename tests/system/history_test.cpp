// What copyctl tells of the past: of real trades, over the control socket of a running daemon.
#include <algorithm>
#include <sstream>

#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

class HistoryTest : public CopyTest {
 protected:
  // bob and carol copy; dave may only reduce from the second trade on.
  void trade_a_little() {
    start(shared_threads,
          ratio_follower("bob", "0.5", never_stale) + ratio_follower("carol", "0.25", never_stale) +
              ratio_follower("dave", "1", never_stale),
          {"bob", "carol", "dave"});
    if (HasFatalFailure()) return;
    lead("BUY", "BTCUSDT", "0.04", "60000");
    rig.wait_until_quiet(1);
    ASSERT_EQ(rig.copyctl({"pause", "dave", "--reason", "test"}).exit_code, 0);
    rig.wait_until("dave may only reduce",
                   [&] { return rig.status().text("/followers/2/state") == "reduce_only"; });
    lead("BUY", "BTCUSDT", "0.04", "60000");
    lead("SELL", "BTCUSDT", "0.06", "60100");
    rig.wait_until_quiet(3);
  }
  Json asked(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    const auto result = rig.copyctl(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments.front() << ": " << result.errors;
    return Json(result.output);
  }
  // How often each outcome stands in the history, and how often status says so.
  std::map<std::string, std::int64_t> outcomes(const std::string& follower) {
    std::map<std::string, std::int64_t> counts;
    const Json all = asked({"history", "--follower", follower, "--limit", "1000"});
    for (const auto row : all.root()["trades"].get_array())
      ++counts[std::string(row["outcome"].get_string().value())];
    return counts;
  }
  std::map<std::string, std::int64_t> outcomes_of_status(const std::string& follower) {
    std::map<std::string, std::int64_t> counts;
    const Json now = rig.status();
    for (const auto one : now.root()["followers"].get_array()) {
      if (one["label"].get_string().value() != follower) continue;
      for (const auto outcome : one["outcomes"].get_object())
        if (const auto count = outcome.value.get_int64().value(); count != 0)
          counts[std::string(outcome.key)] = count;
    }
    return counts;
  }
  void expect_the_same_as_status() {
    for (const char* follower : {"bob", "carol", "dave"})
      rig.wait_until(std::string("the history of ") + follower + " says what status says",
                     [&] { return outcomes(follower) == outcomes_of_status(follower); });
  }
  // SYMBOL:ID of the n-th trade, the oldest first.
  std::string trade_name(std::size_t n) {
    const Json all = asked({"history", "--follower", "bob"});
    std::vector<std::string> names;
    for (const auto row : all.root()["trades"].get_array())
      names.push_back(std::string(row["symbol"].get_string().value()) + ":" +
                      std::to_string(row["trade"].get_int64().value()));
    std::reverse(names.begin(), names.end());
    return n < names.size() ? names[n] : "";
  }
};

TEST_F(HistoryTest, TellsWhatBecameOfEachTradeAndWhy) {
  trade_a_little();
  ASSERT_FALSE(HasFatalFailure());
  expect_the_same_as_status();

  const std::string second = trade_name(1);
  // The price of an order comes by the follower's stream, a little behind the answer.
  rig.wait_until("the price is known", [&] {
    return !asked({"why", second}).text("/followers/0/orders/0/worse_bps").empty();
  });
  const Json why = asked({"why", second});
  EXPECT_EQ(why.text("/trade/leader"), "alpha");
  EXPECT_EQ(why.text("/trade/qty"), "0.04");
  EXPECT_EQ(why.text("/followers/0/follower"), "bob");
  EXPECT_EQ(why.text("/followers/0/outcome"), "copied");
  EXPECT_EQ(why.text("/followers/0/orders/0/filled"), "0.02");
  EXPECT_EQ(why.text("/followers/0/links/0/target_after"), "0.04");
  EXPECT_GT(why.number("/followers/0/orders/0/attempts/0/stages_ns/fill_to_wire"), 0);
  EXPECT_GT(why.number("/followers/0/orders/0/attempts/0/stages_ns/acknowledged"), 0);
  EXPECT_GE(why.number("/followers/0/orders/0/delay_ms"), 0);
  EXPECT_FALSE(why.text("/followers/0/orders/0/worse_bps").empty());
  EXPECT_EQ(why.text("/followers/2/follower"), "dave");
  EXPECT_EQ(why.text("/followers/2/outcome"), "skipped");
  EXPECT_EQ(why.text("/followers/2/reason"), "reduce_only");
  const auto story = rig.copyctl({"why", second.substr(second.find(':') + 1)});
  EXPECT_EQ(story.exit_code, 0) << story.errors;
  EXPECT_NE(story.output.find("dave: skipped (reduce_only)"), std::string::npos) << story.output;
  EXPECT_NE(story.output.find("stages: decode"), std::string::npos) << story.output;

  const Json skips = asked({"skips", "--follower", "dave"});
  EXPECT_EQ(skips.text("/skips/0/reason"), "reduce_only");
  EXPECT_NE(rig.copyctl({"skips", "--reason", "reduce_only"}).output.find("dave"),
            std::string::npos);
  EXPECT_EQ(rig.copyctl({"skips", "--reason", "halted"}).output, "Nothing was skipped.\n");
  EXPECT_NE(rig.copyctl({"history", "--since", "1h"}).output.find(second), std::string::npos);
  EXPECT_EQ(rig.copyctl({"history", "--until", "2020-01-01"}).output, "No trades.\n");
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(HistoryTest, IsExportedWholeAndComparedWithNow) {
  trade_a_little();
  ASSERT_FALSE(HasFatalFailure());
  expect_the_same_as_status();
  const auto csv = rig.copyctl({"export", "trades", "--format", "csv"});
  ASSERT_EQ(csv.exit_code, 0) << csv.errors;
  EXPECT_EQ(csv.output.find("time,leader,symbol,trade,"), 0U) << csv.output;
  EXPECT_EQ(std::count(csv.output.begin(), csv.output.end(), '\n'), 1 + 3 * 3) << csv.output;
  const auto lines = rig.copyctl({"export", "trades", "--format", "jsonl"});
  std::istringstream in(lines.output);
  int count = 0;
  for (std::string line; std::getline(in, line); ++count) EXPECT_TRUE(Json(line).valid()) << line;
  EXPECT_EQ(count, 9);
  rig.wait_until("every price is known", [&] {
    const auto known = rig.copyctl({"export", "pnl", "--format", "jsonl", "--follower", "bob"});
    return Json(known.output).number("/orders_without_price") == 0;
  });
  const auto profit = rig.copyctl({"export", "pnl", "--format", "jsonl", "--follower", "bob"});
  EXPECT_EQ(Json(profit.output).text("/symbol"), "BTCUSDT") << profit.output << profit.errors;
  EXPECT_EQ(Json(profit.output).text("/closed_qty"), "0.03");
  EXPECT_NE(rig.copyctl({"export", "skips"}).output.find("reduce_only"), std::string::npos);

  const Json drift = asked({"drift", "bob"});
  EXPECT_EQ(drift.text("/legs/0/target"), "0.01");
  EXPECT_EQ(drift.text("/legs/0/state"), "on_target");
  EXPECT_EQ(drift.text("/legs/0/drift"), "0");
  rig.wait_until("bob's equity is known", [&] {
    return !asked({"balance", "bob"}).text("/accounts/0/equity").empty();
  });
  const Json orders = asked({"orders"});
  EXPECT_EQ(orders.number("/followers/0/unknown"), 0);
  EXPECT_EQ(rig.copyctl({"orders", "bob"}).exit_code, 0);
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(HistoryTest, WrongQuestionsAreAnsweredWithARemedy) {
  trade_a_little();
  ASSERT_FALSE(HasFatalFailure());
  const std::vector<std::pair<std::vector<std::string>, int>> wrong{
      {{"why"}, 2},
      {{"why", "seven"}, 2},
      {{"why", "999999999"}, 1},
      {{"why", "NOSUCH:1"}, 1},
      {{"history", "--since", "yesterday"}, 2},
      {{"history", "--limit", "0"}, 2},
      {{"history", "--follower", "mallory"}, 1},
      {{"history", "--since", "2026-01-02", "--until", "2026-01-01"}, 1},
      {{"history", "--cursor", "x"}, 1},
      {{"skips", "--reason", "nonsense"}, 1},
      {{"drift", "mallory"}, 1},
      {{"balance", "mallory"}, 1},
      {{"orders", "alpha"}, 1},
      {{"export", "everything"}, 2},
      {{"export", "trades", "--format", "xml"}, 2},
      {{"export", "trades", "--follower", "mallory"}, 1}};
  for (const auto& [arguments, exit_code] : wrong) {
    const auto result = rig.copyctl(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << arguments.front() << ": " << result.errors;
    EXPECT_EQ(result.output, "") << arguments.front();
    EXPECT_FALSE(result.errors.empty()) << arguments.front();
  }
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(HistoryTest, GoesOnAfterAKillAndIsMadeAnewWhenItIsGone) {
  trade_a_little();
  ASSERT_FALSE(HasFatalFailure());
  const std::string first = trade_name(0);
  rig.kill_daemon();
  rig.start_daemon();
  rig.wait_until_ready({"bob", "carol"});
  lead("SELL", "BTCUSDT", "0.02", "60200");
  rig.wait_until_quiet(4);
  expect_the_same_as_status();
  EXPECT_EQ(trade_name(0), first);
  EXPECT_EQ(rig.stop_daemon(), 0);
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(rig.state_directory() / (std::string("history.sqlite") + suffix));
  rig.start_daemon();
  rig.wait_until_ready({"bob", "carol"});
  expect_the_same_as_status();
  EXPECT_EQ(trade_name(0), first) << "made anew from the journal";
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
