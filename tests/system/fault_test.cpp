// The network between the daemon and the venue fails: answers and requests are cut in the middle,
// a peer vanishes without a word, the venue bans the address. What was copied is compared with the
// venue's ledger each time.
#include <fmt/format.h>

#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

class NetworkFault : public CopyTest {
 protected:
  // The follower holds all it has to, and nothing twice.
  void expect_position(const char* symbol, const char* amount) {
    EXPECT_EQ((rig.positions()[{"bob", symbol, "BOTH"}]), qty(amount));
  }
};

// More than any ping, less than any order.
constexpr std::size_t within_an_order = 150;

TEST_F(NetworkFault, AnAnswerThatIsCutOffIsResolvedAndNeverSentAgain) {
  TcpProxy* proxy = start_behind_proxy(ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  // The venue gets the whole request; nothing comes back.
  proxy->cut_after(
      {.way = TcpProxy::Way::to_server, .after = within_an_order, .whole_piece = true});
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2, 60s);
  EXPECT_EQ(proxy->counts().cut, 1U);
  expect_position("BTCUSDT", "0.04");
  lead("SELL", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(3, 60s);
  expect_position("BTCUSDT", "0");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(NetworkFault, ARequestThatIsCutInTheMiddleIsProvenAbsentAndSentUnderANewId) {
  TcpProxy* proxy = start_behind_proxy(ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  proxy->cut_after({.way = TcpProxy::Way::to_server, .after = within_an_order});
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2, 60s);
  EXPECT_EQ(proxy->counts().cut, 1U);
  expect_position("BTCUSDT", "0.04");
  expect_clean_ledger();
  // The cut one never reached the venue: the order that did is a later attempt.
  const Ledger ledger = read_ledger(rig.venue(R"({"command":"ledger"})"));
  ASSERT_EQ(ledger.at("bob").orders.size(), 2U);
  EXPECT_NE(ledger.at("bob").orders.back().client_id.back(), '0');
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(NetworkFault, AnOpeningThatGrewOldUntilItWasProvenAbsentIsMissedAndACloseIsNot) {
  TcpProxy* proxy =
      start_behind_proxy(ratio_follower("bob", "1", "max_fill_age_ms = 1500"), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  proxy->cut_after({.way = TcpProxy::Way::to_server, .after = within_an_order});
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2, 60s);
  EXPECT_EQ(proxy->counts().cut, 1U);
  expect_position("BTCUSDT", "0.02");
  EXPECT_EQ(rig.status().number("/followers/0/skipped/missed"), 1);
  proxy->cut_after({.way = TcpProxy::Way::to_server, .after = within_an_order});
  lead("SELL", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(3, 60s);
  EXPECT_EQ(proxy->counts().cut, 2U);
  EXPECT_TRUE(rig.positions().empty());
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(NetworkFault, APeerThatVanishesIsNoticedByOurOwnPing) {
  TcpProxy* proxy = start_behind_proxy(ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  // No reset, no end: packets just do not arrive any more. New connections are answered.
  proxy->swallow_present();
  lead("SELL", "BTCUSDT", "0.01", "60000");
  lead("BUY", "ETHUSDT", "0.4", "3000");
  // A ping every 4 s, and 4 s for its answer.
  rig.wait_until(
      "it is noticed", [&] { return rig.status().number("/leaders/0/reconnects") > 0; }, 10s);
  rig.wait_until_quiet(3, 30s);
  expect_position("BTCUSDT", "0.01");
  expect_position("ETHUSDT", "0.4");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(NetworkFault, ABlackHoleEndsInNothingTwiceAndNothingLost) {
  TcpProxy* proxy = start_behind_proxy(ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  proxy->black_hole();
  lead("BUY", "BTCUSDT", "0.02", "60000");
  lead("SELL", "BTCUSDT", "0.03", "60000");
  rig.wait_until(
      "the leader is not taken for live", [&] { return !rig.status().truth("/ready"); }, 20s);
  lead("BUY", "ETHUSDT", "0.4", "3000");
  proxy->heal();
  rig.wait_until_quiet(4, 60s);
  expect_position("BTCUSDT", "0.01");
  expect_position("ETHUSDT", "0.4");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(NetworkFault, SlowAndThenStoppedBytesLoseNothing) {
  TcpProxy* proxy = start_behind_proxy(ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  proxy->delay(300ms);
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  proxy->delay(0ms);
  // Requests arrive and are executed; every word about it stays in the buffers.
  proxy->stop_reading(TcpProxy::Way::to_client);
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until(
      "the leader is not taken for live", [&] { return !rig.status().truth("/ready"); }, 20s);
  lead("SELL", "BTCUSDT", "0.01", "60000");
  proxy->heal();
  rig.wait_until_quiet(3, 60s);
  expect_position("BTCUSDT", "0.03");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(NetworkFault, EverythingCutAndRefusedForAWhile) {
  TcpProxy* proxy = start_behind_proxy(ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  proxy->refuse();
  proxy->cut_now();
  lead("SELL", "BTCUSDT", "0.04", "60000");
  rig.wait_until("it has tried again in vain", [&] { return proxy->counts().refused >= 5; });
  proxy->heal();
  rig.wait_until_quiet(2, 60s);
  expect_position("BTCUSDT", "-0.02");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// A ban of our address for REST: nothing is asked there until it ends, and orders go on leaving on
// their sockets.
TEST_F(NetworkFault, ABanOfRestHoldsRestAndNotTheOrders) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  rig.venue(R"({"command":"ban","ms":12000,"status":418,"pool":"rest"})");
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2);
  expect_position("BTCUSDT", "0.04");
  // While it lasts the leader's socket is lost too: the gap is read when the ban is over.
  rig.venue(R"({"command":"drop_connections"})");
  lead("SELL", "BTCUSDT", "0.03", "60000");
  rig.wait_until_quiet(3, 60s);
  expect_position("BTCUSDT", "0.01");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// The leader's fill comes on two connections, and one of them ends in the midst of it.
TEST_F(NetworkFault, OneOfTwoLeaderConnectionsThatIsCutLeavesNoGap) {
  // Less than what a fill makes on a stream, more than anything else within its time.
  constexpr std::size_t within_a_fill = 1200;
  TcpProxy* proxy = start_behind_proxy(ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  const auto two_race = [&] { return rig.status().number("/leaders/0/connections") == 2; };
  rig.wait_until("two connections race", two_race);
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  proxy->cut_after({.way = TcpProxy::Way::to_client, .after = within_a_fill});
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2);
  EXPECT_EQ(proxy->counts().cut, 1U);
  expect_position("BTCUSDT", "0.04");
  rig.wait_until("two connections race again", two_race, 60s);
  lead("SELL", "BTCUSDT", "0.03", "60000");
  rig.wait_until_quiet(3);
  expect_position("BTCUSDT", "0.01");
  const auto status = rig.status();
  EXPECT_EQ(status.number("/leaders/0/connections_lost"), 1);
  EXPECT_EQ(status.number("/leaders/0/reconnects"), 0);
  EXPECT_EQ(status.number("/leaders/0/back_filled"), 0);
  // Not the second, if the end was heard of before the fill.
  EXPECT_GE(status.number("/leaders/0/said_first/0") + status.number("/leaders/0/said_first/1"), 2);
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// What somebody else trades on the follower's account is neither copied from nor closed.
TEST_F(NetworkFault, ForeignTradesOnAFollowerAreNotOurs) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  const auto foreign = [&](const char* side, const char* amount) {
    rig.venue(fmt::format(R"({{"command":"trade","account":"bob","symbol":"BTCUSDT",)"
                          R"("side":"{}","qty":"{}","price":"60000"}})",
                          side, amount));
  };
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  foreign("BUY", "0.05");
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2);
  expect_position("BTCUSDT", "0.09");
  lead("SELL", "BTCUSDT", "0.04", "60000");
  rig.wait_until_quiet(3);
  expect_position("BTCUSDT", "0.05");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

// The owner has closed by hand what copyd holds: its own close then finds nothing, and that is not
// tried for ever, nor turned into a position on the other side.
TEST_F(NetworkFault, AForeignCloseLeavesNothingToClose) {
  start(shared_threads, ratio_follower("bob", "1", never_stale), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(1);
  rig.venue(R"({"command":"trade","account":"bob","symbol":"BTCUSDT","side":"SELL",)"
            R"("qty":"0.02","price":"60000"})");
  lead("SELL", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(2, 60s);
  expect_position("BTCUSDT", "0");
  lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until_quiet(3);
  expect_position("BTCUSDT", "0.02");
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

}  // namespace
}  // namespace copyd::system_test
