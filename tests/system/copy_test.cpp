// The whole daemon on real sockets: it starts, connects accounts, copies, is told to pause, loses
// its connections and catches up, and stops.
#include <fmt/format.h>
#include <csignal>

#include "tests/system/scenes.hpp"
#include "venue/address_weight.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

class Copy : public CopyTest {};

TEST_F(Copy, EveryFollowerEndsOnItsTarget) {
  start(
      "threads = \"shared\"",
      ratio_follower("bob", "0.5") + ratio_follower("carol", "0.25") + ratio_follower("dave", "1"),
      {"bob", "carol", "dave"});
  ASSERT_FALSE(HasFatalFailure());
  rig.venue(trade("BUY", "BTCUSDT", "0.04", "60000"));
  rig.venue(trade("SELL", "ETHUSDT", "0.8", "3000"));
  rig.venue(trade("SELL", "BTCUSDT", "0.08", "60100"));
  rig.wait_until_quiet(3);
  const auto held = rig.positions();
  const Positions expected{
      {{"alpha", "BTCUSDT", "BOTH"}, qty("-0.04")},  {{"alpha", "ETHUSDT", "BOTH"}, qty("-0.8")},
      {{"bob", "BTCUSDT", "BOTH"}, qty("-0.02")},    {{"bob", "ETHUSDT", "BOTH"}, qty("-0.4")},
      {{"carol", "BTCUSDT", "SHORT"}, qty("-0.01")}, {{"carol", "ETHUSDT", "SHORT"}, qty("-0.2")},
      {{"dave", "BTCUSDT", "BOTH"}, qty("-0.04")},   {{"dave", "ETHUSDT", "BOTH"}, qty("-0.8")}};
  EXPECT_EQ(held, expected);
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Copy, PauseHaltAndResumeByFollowerAndByLeader) {
  start("threads = \"shared\"", ratio_follower("bob", "1") + ratio_follower("dave", "1"),
        {"bob", "dave"});
  ASSERT_FALSE(HasFatalFailure());
  rig.venue(trade("BUY", "BTCUSDT", "0.02", "60000"));
  rig.wait_until_quiet(1);
  ASSERT_EQ(rig.copyctl({"pause", "bob", "--reason", "test"}).exit_code, 0);
  rig.wait_until("bob is reduce_only",
                 [&] { return rig.status().text("/followers/0/state") == "reduce_only"; });
  rig.venue(trade("BUY", "BTCUSDT", "0.02", "60000"));
  rig.wait_until_quiet(2);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.02"));
  EXPECT_EQ((rig.positions()[{"dave", "BTCUSDT", "BOTH"}]), qty("0.04"));
  rig.venue(trade("SELL", "BTCUSDT", "0.03", "60000"));
  rig.wait_until_quiet(3);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.01"))
      << "a close is copied while paused";
  EXPECT_EQ(rig.status().number("/followers/0/skipped/reduce_only"), 1);

  ASSERT_EQ(rig.copyctl({"halt", "alpha"}).exit_code, 0);
  rig.wait_until("dave is halted",
                 [&] { return rig.status().text("/followers/1/state") == "halted"; });
  rig.venue(trade("SELL", "BTCUSDT", "0.01", "60000"));
  rig.wait_until_quiet(4);
  EXPECT_EQ((rig.positions()[{"dave", "BTCUSDT", "BOTH"}]), qty("0.01"));
  ASSERT_EQ(rig.copyctl({"resume", "--all"}).exit_code, 0);
  rig.wait_until("what was closed during the halt is closed on leaving it", [&] {
    const auto held = rig.positions();
    return held.count({"dave", "BTCUSDT", "BOTH"}) == 0 &&
           held.count({"bob", "BTCUSDT", "BOTH"}) == 0;
  });
  EXPECT_EQ(rig.copyctl({"pause", "mallory"}).exit_code, 1);
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Copy, ALabelConnectedWhileItRunsGoesLiveAtOnce) {
  start("threads = \"shared\"", ratio_follower("bob", "1") + ratio_follower("dave", "1"), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  rig.venue(trade("BUY", "BTCUSDT", "0.02", "60000"));
  rig.wait_until_quiet(1);
  rig.connect("dave");
  rig.wait_until_ready({"bob", "dave"});
  rig.venue(trade("BUY", "ETHUSDT", "0.5", "3000"));
  rig.wait_until_quiet(2);
  const auto held = rig.positions();
  EXPECT_EQ(held.count({"dave", "BTCUSDT", "BOTH"}), 0U) << "what came before is not chased";
  EXPECT_EQ(held.at({"dave", "ETHUSDT", "BOTH"}), qty("0.5"));
  EXPECT_EQ(held.at({"bob", "ETHUSDT", "BOTH"}), qty("0.5"));
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Copy, EquityRatioSizesByWhatBothAccountsHold) {
  start("threads = \"shared\"",
        "[[follower]]\nlabel = \"bob\"\n[[follower.link]]\nleader = \"alpha\"\n"
        "sizing = { mode = \"equity_ratio\", multiplier = 0.5 }\norder = { type = \"market\" }\n",
        {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  rig.wait_until("both equities are known", [&] {
    const Json now = rig.status();
    return !now.text("/leaders/0/equity").empty() && !now.text("/followers/0/equity").empty();
  });
  ASSERT_EQ(rig.status().text("/leaders/0/equity"), rig.status().text("/followers/0/equity"));
  rig.venue(trade("BUY", "BTCUSDT", "0.04", "60000"));
  rig.wait_until_quiet(1);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.02"));
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// A limit on losses does not wait for the account's next turn to be read, which is minutes with
// many accounts: the position's mark has moved it. Tried until no read came between.
TEST_F(Copy, AnEquityMovesWithTheMarksBetweenTwoReads) {
  start(shared_threads, ratio_follower("bob", "1") + "[follower.limits]\nequity_floor = 95000\n",
        {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  rig.venue(trade("BUY", "BTCUSDT", "1", "60000"));
  rig.wait_until_quiet(1);
  const auto reads = [&] {  // by their weight
    return rig.venue(R"({"command":"stats"})").number("/weight/GET ~1fapi~1v3~1account");
  };
  const auto price = [&](int at) {
    rig.venue(fmt::format(R"({{"command":"price","symbol":"BTCUSDT","price":"{}"}})", at));
  };
  std::int64_t between = -1;
  for (int i = 0; i < 10 && between != 0; ++i) {
    price(60000);
    rig.copyctl({"resume", "bob"});
    rig.wait_until("bob is above his floor",
                   [&] { return rig.status().text("/followers/0/state") == "active"; });
    const std::int64_t before = reads();
    constexpr int both = 2 * venue::call_weight::account_read;
    rig.wait_until("both were read just now", [&] { return reads() >= before + both; });
    const std::int64_t then = reads();
    price(50000);
    rig.wait_until("bob is below it",
                   [&] { return rig.status().text("/followers/0/state") == "reduce_only"; });
    between = reads() - then;
  }
  EXPECT_EQ(between, 0);
  EXPECT_LT(Qty::parse(rig.status().text("/followers/0/equity")).value(), Qty::whole(95000));
}

// The venue closes every socket and refuses connections for ten seconds while the leader goes on.
class Outage : public Copy, public testing::WithParamInterface<const char*> {};

TEST_P(Outage, BackFillsAndEndsOnTarget) {
  start(fmt::format("threads = \"{}\"\nidle = \"backoff\"", GetParam()),
        ratio_follower("bob", "0.5", never_stale) + ratio_follower("carol", "0.25", never_stale) +
            ratio_follower("dave", "1", never_stale),
        {"bob", "carol", "dave"});
  ASSERT_FALSE(HasFatalFailure());
  rig.venue(trade("BUY", "BTCUSDT", "0.04", "60000"));
  rig.wait_until_quiet(1);
  rig.venue(R"({"command":"drop_connections","refuse_ms":10000})");
  std::int64_t fills = 1;
  for (int i = 0; i < 5; ++i) {
    rig.venue(trade("BUY", "BTCUSDT", "0.04", "60000"));
    rig.venue(trade("SELL", "ETHUSDT", "0.4", "3000"));
    rig.venue(trade("SELL", "BTCUSDT", "0.02", "60010"));
    fills += 3;
  }
  rig.venue(trade("BUY", "ETHUSDT", "3.2", "2990"));  // through zero
  ++fills;
  rig.wait_until_quiet(fills, 60s);
  const auto held = rig.positions();
  const Positions expected{
      {{"alpha", "BTCUSDT", "BOTH"}, qty("0.14")},  {{"alpha", "ETHUSDT", "BOTH"}, qty("1.2")},
      {{"bob", "BTCUSDT", "BOTH"}, qty("0.07")},    {{"bob", "ETHUSDT", "BOTH"}, qty("0.6")},
      {{"carol", "BTCUSDT", "LONG"}, qty("0.035")}, {{"carol", "ETHUSDT", "LONG"}, qty("0.3")},
      {{"dave", "BTCUSDT", "BOTH"}, qty("0.14")},   {{"dave", "ETHUSDT", "BOTH"}, qty("1.2")}};
  EXPECT_EQ(held, expected);
  EXPECT_GE(rig.status().number("/leaders/0/back_filled"), 10);
  EXPECT_EQ(rig.stop_daemon(), 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, Outage, testing::Values("shared", "dedicated"),
                         [](const auto& suite) { return std::string(suite.param); });

TEST_F(Copy, AnAnswerThatNeverComesIsResolvedAndNeverDoubled) {
  start("threads = \"shared\"", ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  rig.venue(R"({"command":"drop_next_answer","account":"bob","before_execution":false})");
  rig.venue(trade("BUY", "BTCUSDT", "0.02", "60000"));
  rig.wait_until_quiet(1);
  EXPECT_EQ((rig.positions()[{"bob", "BTCUSDT", "BOTH"}]), qty("0.02"));
  rig.venue(R"({"command":"drop_next_answer","account":"bob","before_execution":true})");
  rig.venue(trade("BUY", "ETHUSDT", "0.5", "3000"));
  rig.wait_until_quiet(2, 60s);
  EXPECT_EQ((rig.positions()[{"bob", "ETHUSDT", "BOTH"}]), qty("0.5"))
      << "proven absent, it was sent again while it was fresh";
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
