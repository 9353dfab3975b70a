// The file that stops everything, while nothing else of the daemon can be asked.
#include <fmt/format.h>
#include <algorithm>
#include <fstream>

#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

class KillFileTest : public CopyTest {
 protected:
  void write_kill_file(const std::string& word) {
    std::ofstream(rig.state_directory() / "KILL") << word;
  }
  void remove_kill_file() { std::filesystem::remove(rig.state_directory() / "KILL"); }
  std::size_t orders_of(const std::string& label) {
    const Ledger ledger = read_ledger(rig.venue(R"({"command":"ledger"})"));
    return ledger.at(label).orders.size();
  }
};

TEST_F(KillFileTest, NothingOpensAHundredMillisecondsAfterItExists) {
  // What waits to open when the file appears waits on until it is too old.
  start(shared_threads, ratio_follower("bob", "1", "max_fill_age_ms = 5000"), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.1", "60000");
  rig.wait_until_quiet(1);
  // Answers take a while, so that orders are under way; and the control socket is kept busy.
  rig.venue(R"({"command":"engine_delay","account":"bob","ms":150})");
  std::int64_t fills = 1;
  const auto opens = [&] {
    lead("BUY", "ETHUSDT", "0.4", "3000");
    ++fills;
  };
  for (int i = 0; i < 20; ++i) opens();
  write_kill_file("pause");
  const auto written = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() < written + 110ms) rig.copyctl({"positions"});
  // By the venue's clock, which is ours here.
  const std::int64_t from = rig.venue(R"({"command":"ledger","account":"bob"})").number("/time");
  for (int i = 0; i < 5; ++i) opens();
  lead("SELL", "BTCUSDT", "0.05", "60000");
  ++fills;
  rig.wait_until_quiet(fills, 60s);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.05")) << "closes go on";
  const Ledger ledger = read_ledger(rig.venue(R"({"command":"ledger"})"));
  for (const auto& order : ledger.at("bob").orders)
    EXPECT_FALSE(order.sign() > 0 && order.time > from) << order.client_id << " opened after it";
  EXPECT_EQ(rig.status().text("/followers/0/state"), "reduce_only");
  remove_kill_file();
  rig.wait_until("bob is active again",
                 [&] { return rig.status().text("/followers/0/state") == "active"; });
  opens();
  rig.wait_until_quiet(fills);
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(KillFileTest, AnEmptyOneHaltsAndClosesFollowWhenItIsGone) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  write_kill_file("");
  rig.wait_until("bob is halted",
                 [&] { return rig.status().text("/followers/0/state") == "halted"; });
  const std::size_t before = orders_of("bob");
  lead("SELL", "BTCUSDT", "0.02", "60000");
  lead("BUY", "ETHUSDT", "0.4", "3000");
  rig.wait_until_quiet(3);
  EXPECT_EQ(orders_of("bob"), before);
  remove_kill_file();
  rig.wait_until("what the leader has closed is closed", [&] {
    return rig.positions().count({"bob", "BTCUSDT", "BOTH"}) == 0;
  });
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(KillFileTest, FlattenClosesWhatCopydHoldsAndStaysHalted) {
  start(shared_threads,
        ratio_follower("bob", "1", never_stale) + ratio_follower("carol", "0.5", never_stale),
        {"bob", "carol"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  lead("SELL", "ETHUSDT", "0.8", "3000");
  rig.wait_until_quiet(2);
  // Bob's own, which copyd did not open and does not touch.
  rig.venue(R"({"command":"trade","account":"bob","symbol":"SOLUSDT","side":"BUY","qty":"5",)"
            R"("price":"150"})");
  write_kill_file("flatten");
  rig.wait_until("only the leader and bob's own are left", [&] {
    const auto held = rig.positions();
    return std::all_of(held.begin(), held.end(), [](const auto& entry) {
      return entry.first[0] == "alpha" || entry.first[1] == "SOLUSDT";
    });
  });
  EXPECT_EQ((rig.positions()[{"bob", "SOLUSDT", "BOTH"}]), qty("5"));
  rig.wait_until("both are halted", [&] {
    const Json now = rig.status();
    return now.text("/followers/0/state") == "halted" && now.text("/followers/1/state") == "halted";
  });
  remove_kill_file();
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(3);
  EXPECT_EQ(rig.positions().count({"bob", "BTCUSDT", "BOTH"}), 0U) << "until it is resumed";
  ASSERT_EQ(rig.copyctl({"resume", "--all"}).exit_code, 0);
  rig.wait_until_ready({"bob", "carol"});
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(4);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.02"));
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(KillFileTest, OneThatIsThereAtTheStartHoldsFromTheFirstMoment) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(1);
  rig.kill_daemon();
  write_kill_file("pause");
  lead("BUY", "BTCUSDT", "0.02", "60000");
  lead("SELL", "BTCUSDT", "0.04", "60000");
  rig.start_daemon();
  rig.wait_until_quiet(3, 60s);
  EXPECT_EQ(rig.status().text("/followers/0/state"), "reduce_only");
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.02")) << "the newest lot first";
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
