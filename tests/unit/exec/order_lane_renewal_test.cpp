// Sockets renewed ahead of the 24 hours that the venue gives them: the successor stands before the
// old one goes, and a fault at any step costs nothing but time.
#include <gtest/gtest.h>

#include <set>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr const char* shutdown = R"({"event":{"e":"serverShutdown","E":1770123456789}})";

std::string client_id(const OrderTerms& t, std::uint8_t attempt = 0) {
  return std::string(venue::client_order_id(t.copy_id, attempt).view());
}

class Renewal : public ::testing::TestWithParam<bool> {
 protected:
  void begin() {
    rig.add(0, GetParam() ? ed25519_key(0) : hmac_key(0));
    rig.run(milliseconds(5));
    rig.reports.clear();
    rig.notices.clear();
    ASSERT_EQ(rig.venue.order_sockets().size(), 1U);
  }
  // Until just before the venue's word is acted on.
  void announce_shutdown() { rig.venue.order_sockets()[0]->arrive(shutdown); }
  // A second socket is being opened, or stands, at the latest now.
  void wait_for_renewal() { rig.run(LaneSession::ending_spread + milliseconds(5)); }
  LaneRig rig;
};

TEST_P(Renewal, ComesBeforeTheVenuesEnd) {
  begin();
  const auto orders = rig.venue.order_serials();
  const auto stream = rig.venue.stream_serials();
  rig.pass(hours(22));
  EXPECT_EQ(rig.venue.order_serials(), orders);
  EXPECT_EQ(rig.venue.stream_serials(), stream);
  rig.pass(hours(1) + minutes(1));
  ASSERT_EQ(rig.venue.order_sockets().size(), 1U);
  ASSERT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_NE(rig.venue.order_serials(), orders);
  EXPECT_NE(rig.venue.stream_serials(), stream);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 0);
  EXPECT_EQ(rig.link(), LinkState::ready);
  EXPECT_TRUE(rig.notices.empty());
  EXPECT_TRUE(rig.reports.empty());
  // And again a day later.
  const auto second = rig.venue.order_serials();
  rig.pass(hours(24));
  ASSERT_EQ(rig.venue.order_sockets().size(), 1U);
  EXPECT_NE(rig.venue.order_serials(), second);
}

TEST_P(Renewal, NeverLeavesAMomentWithoutASocket) {
  begin();
  announce_shutdown();
  for (int i = 0; i < 12'000; ++i) {
    rig.run(milliseconds(1));
    ASSERT_FALSE(rig.venue.order_sockets().empty());
    ASSERT_FALSE(rig.venue.streams().empty());
    ASSERT_EQ(rig.link(), LinkState::ready);
  }
  EXPECT_EQ(rig.venue.order_sockets().size(), 1U);
}

TEST_P(Renewal, NewOrdersTakeTheNewSocketAndAnswersStillComeOnTheOld) {
  begin();
  auto* const old = rig.venue.order_sockets()[0];
  rig.buy("1");
  announce_shutdown();
  wait_for_renewal();
  ASSERT_EQ(rig.venue.order_sockets().size(), 2U);  // the old one has an answer to give
  rig.buy("2");
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_EQ(rig.venue.placed[0].socket, old);
  EXPECT_NE(rig.venue.placed[1].socket, old);
  rig.venue.answer(0, "FILLED", "1");
  rig.run(milliseconds(2));
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
  EXPECT_EQ(rig.venue.order_sockets().size(), 1U);
  rig.venue.answer(1, "FILLED", "2");
  rig.step();
  EXPECT_EQ(rig.results(), 2U);
  EXPECT_TRUE(rig.all<OrderUnknown>().empty());
}

TEST_P(Renewal, AnAnswerThatNeverComesOnTheOldIsAskedFor) {
  begin();
  const auto t = rig.buy("1");
  announce_shutdown();
  wait_for_renewal();
  rig.venue.rest_silent = true;
  rig.run(seconds(8));
  EXPECT_EQ(rig.venue.order_sockets().size(), 2U);
  rig.run(seconds(3));
  EXPECT_EQ(rig.venue.order_sockets().size(), 1U);
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_EQ(rig.results(), 0U);
  rig.venue.accounts[0].orders[client_id(t)] = {.status = "FILLED", .executed = "1"};
  rig.venue.rest_silent = false;
  rig.run(seconds(2));
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
}

TEST_P(Renewal, AnOldSocketThatDiesTakesItsOwnOrdersAlone) {
  begin();
  auto* const old = rig.venue.order_sockets()[0];
  rig.buy("1");
  announce_shutdown();
  wait_for_renewal();
  rig.buy("2");
  old->drop();
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_EQ(rig.cells[0].unknown.get(), 1);
  EXPECT_EQ(rig.cells[0].written.get(), 1);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 0);
  EXPECT_EQ(rig.link(), LinkState::ready);
  rig.venue.answer(1, "FILLED", "2");
  rig.step();
  EXPECT_EQ(rig.done().filled, Qty::whole(2));
}

TEST_P(Renewal, ASuccessorThatFailsLeavesTheOldAlone) {
  begin();
  const auto old = rig.venue.order_serials();
  rig.venue.refuse_orders = true;
  announce_shutdown();
  rig.run(seconds(60));
  EXPECT_EQ(rig.venue.order_serials(), old);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 0);
  rig.buy("1");
  EXPECT_EQ(rig.venue.placed[0].socket->serial, old[0]);
  rig.venue.answer(0, "FILLED", "1");
  rig.venue.refuse_orders = false;
  rig.run(seconds(60));
  ASSERT_EQ(rig.venue.order_sockets().size(), 1U);
  EXPECT_NE(rig.venue.order_serials(), old);
  EXPECT_EQ(rig.link(), LinkState::ready);
}

TEST_P(Renewal, ASuccessorThatHangsIsGivenUp) {
  begin();
  const auto old = rig.venue.order_serials();
  rig.venue.hang_orders = true;
  announce_shutdown();
  rig.run(seconds(14));
  EXPECT_EQ(rig.venue.order_serials(), old);
  rig.venue.hang_orders = false;
  rig.run(seconds(20));
  ASSERT_EQ(rig.venue.order_sockets().size(), 1U);
  EXPECT_NE(rig.venue.order_serials(), old);
}

TEST_P(Renewal, AnOldSocketThatDiesMeanwhileIsReplacedByTheSuccessor) {
  begin();
  const auto t = rig.buy("1");
  rig.venue.hang_orders = true;
  announce_shutdown();
  wait_for_renewal();
  rig.venue.order_sockets()[0]->drop();
  rig.step();
  EXPECT_EQ(rig.all<OrderUnknown>().size(), 1U);
  EXPECT_TRUE(rig.venue.order_sockets().empty());
  rig.venue.hang_orders = false;
  rig.run(milliseconds(2));
  EXPECT_EQ(rig.venue.order_sockets().size(), 1U);
  EXPECT_EQ(rig.link(), LinkState::ready);
  rig.venue.accounts[0].orders[client_id(t)] = {.status = "FILLED", .executed = "1"};
  rig.buy("2");
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  EXPECT_FALSE(rig.venue.placed[1].by_rest);
  rig.run(seconds(12));
  EXPECT_EQ(rig.venue.order_sockets().size(), 1U);
}

TEST_P(Renewal, BothDyingIsALossLikeAnyOther) {
  begin();
  rig.venue.hang_orders = true;
  announce_shutdown();
  wait_for_renewal();
  rig.venue.order_sockets()[0]->drop();
  rig.step();
  rig.run(seconds(11));  // the successor is given up
  rig.venue.hang_orders = false;
  rig.run(seconds(7));
  EXPECT_EQ(rig.venue.order_sockets().size(), 1U);
  EXPECT_EQ(rig.link(), LinkState::ready);
  rig.buy("1");
  EXPECT_FALSE(rig.venue.placed[0].by_rest);
}

// Until the successor stands there is REST.
TEST_P(Renewal, OrdersFallBackWhileNeitherStands) {
  begin();
  rig.run(seconds(11));
  rig.venue.hang_orders = true;
  announce_shutdown();
  wait_for_renewal();
  rig.venue.order_sockets()[0]->drop();
  rig.step();
  rig.buy("1");
  EXPECT_TRUE(rig.venue.placed.empty());
  rig.run(milliseconds(252));
  ASSERT_EQ(rig.venue.placed.size(), 1U);
  EXPECT_TRUE(rig.venue.placed[0].by_rest);
}

TEST_P(Renewal, AKeyThatIsRefusedOrReplacedMeanwhileEndsBoth) {
  for (const bool replaced : {false, true}) {
    LaneRig other;
    other.add(0, GetParam() ? ed25519_key(0) : hmac_key(0));
    other.run(milliseconds(5));
    other.buy("1");
    other.venue.order_sockets()[0]->arrive(shutdown);
    other.run(LaneSession::ending_spread + milliseconds(5));
    ASSERT_EQ(other.venue.order_sockets().size(), 2U);
    if (replaced) {
      other.commands.try_push(LaneCommand{RemoveFollower{other.id(0)}});
    } else {
      other.venue.order_sockets()[1]->arrive(
          R"({"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid"}})");
    }
    other.step();
    EXPECT_EQ(other.all<OrderUnknown>().size(), replaced ? 1U : 0U);
    EXPECT_EQ(other.venue.order_sockets().size(), replaced ? 0U : 1U);  // for its answer
    other.run(seconds(12));
    EXPECT_EQ(other.all<OrderUnknown>().size(), 1U);
    EXPECT_TRUE(other.venue.order_sockets().empty());
    EXPECT_TRUE(other.venue.streams().empty());
  }
}

TEST_P(Renewal, OfTheStreamLosesNoEventAndCountsNoneTwice) {
  begin();
  rig.buy("1");
  const auto old = rig.venue.stream_serials();
  rig.venue.streams()[0]->arrive(R"({"e":"serverShutdown","E":1770123456789})");
  wait_for_renewal();
  ASSERT_EQ(rig.venue.streams().size(), 2U);
  // The same events on both; the old one is late, and says last what was first.
  rig.venue.fill(0, "0.2", "PARTIALLY_FILLED");
  rig.venue.streams()[1]->arrive(rig.venue.last_update);
  rig.step();
  const std::string late = rig.venue.last_update;
  rig.venue.fill(0, "0.4", "PARTIALLY_FILLED");
  rig.step();
  rig.venue.streams()[0]->arrive(late);
  rig.step();
  EXPECT_EQ(rig.results(), 0U);
  rig.run(OrderLane::retire_max);
  ASSERT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_NE(rig.venue.stream_serials(), old);
  rig.venue.fill(0, "1", "FILLED");
  rig.step();
  EXPECT_EQ(rig.done().filled, Qty::whole(1));
  EXPECT_EQ(rig.venue.accounts[0].listen_keys, 1);
  EXPECT_EQ(rig.venue.accounts[0].position_reads, 1);
}

TEST_P(Renewal, OfTheStreamThatFailsLeavesTheOldAlone) {
  begin();
  const auto old = rig.venue.stream_serials();
  rig.venue.refuse_streams = true;
  rig.venue.streams()[0]->arrive(R"({"e":"serverShutdown","E":1770123456789})");
  rig.run(seconds(30));
  EXPECT_EQ(rig.venue.stream_serials(), old);
  EXPECT_EQ(rig.link(), LinkState::ready);
  rig.venue.refuse_streams = false;
  rig.run(seconds(60));
  ASSERT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_NE(rig.venue.stream_serials(), old);
}

TEST_P(Renewal, AKeyThatExpiresOnBothStreamsIsReplacedOnce) {
  begin();
  rig.venue.streams()[0]->arrive(R"({"e":"serverShutdown","E":1770123456789})");
  wait_for_renewal();
  const std::string expired = R"({"e":"listenKeyExpired","E":1,"listenKey":"listen-0"})";
  ASSERT_EQ(rig.venue.streams().size(), 2U);
  for (auto* stream : rig.venue.streams()) stream->arrive(expired);
  rig.run(seconds(1));
  EXPECT_EQ(rig.venue.accounts[0].listen_keys, 2);
  EXPECT_EQ(rig.venue.streams().size(), 1U);
  EXPECT_EQ(rig.link(), LinkState::ready);
}

INSTANTIATE_TEST_SUITE_P(Keys, Renewal, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Ed25519" : "Hmac"; });

TEST(RenewalLogon, ThatFailsLeavesTheOldAlone) {
  LaneRig rig;
  rig.add(0, ed25519_key(0));
  rig.run(milliseconds(5));
  const auto old = rig.venue.order_serials();
  rig.venue.logon_error = R"("status":503,"error":{"code":-1008,"msg":"overloaded"})";
  rig.venue.order_sockets()[0]->arrive(shutdown);
  rig.run(seconds(2));
  EXPECT_TRUE(rig.venue.logon_error.empty());
  EXPECT_EQ(rig.venue.order_serials(), old);
  EXPECT_EQ(rig.cells[0].reconnects.get(), 0);
  rig.run(seconds(10));
  ASSERT_EQ(rig.venue.order_sockets().size(), 1U);
  EXPECT_NE(rig.venue.order_serials(), old);
}

TEST(RenewalTogether, FollowersHaveMomentsOfTheirOwn) {
  LaneRig rig;
  for (int i = 0; i < 4; ++i) rig.add(i, hmac_key(i));
  rig.run(milliseconds(5));
  int made = rig.venue.sockets_made;
  std::vector<int> fresh_at;  // in units of ten seconds
  for (int i = 0; i < 24 * 360; ++i) {
    rig.pass(seconds(10));
    for (; made < rig.venue.sockets_made; ++made) fresh_at.push_back(i);
  }
  ASSERT_EQ(fresh_at.size(), 8U);
  EXPECT_GE(std::set<int>(fresh_at.begin(), fresh_at.end()).size(), 7U);
  EXPECT_GT(fresh_at.back() - fresh_at.front(), 30);
}

// A session that the venue has forgotten, while its socket stands.
class ForgottenLogon : public ::testing::Test {
 protected:
  void SetUp() override {
    rig.add(0, ed25519_key(0));
    rig.run(milliseconds(5));
    rig.reports.clear();
  }
  LaneRig rig;
};

TEST_F(ForgottenLogon, IsMadeAnewAndTheOrderGoesAgain) {
  for (const auto& [status, code] : {std::pair{400, -1102}, {400, -1022}, {401, -2014}}) {
    LaneRig other;
    other.add(0, ed25519_key(0));
    other.run(milliseconds(5));
    const auto t = other.buy("1");
    other.venue.refuse(0, status, code, "no signature");
    other.run(milliseconds(250));
    EXPECT_EQ(other.link(), LinkState::ready) << code;
    ASSERT_EQ(other.venue.placed.size(), 2U) << code;
    EXPECT_EQ(other.venue.placed[1].client_order_id, client_id(t, 1));
    EXPECT_EQ(other.venue.placed[1].socket, other.venue.placed[0].socket);
    EXPECT_EQ(other.results(), 0U);
    EXPECT_TRUE(other.noticed("logging on again"));
  }
}

TEST_F(ForgottenLogon, OfManyOrdersIsOneLogon) {
  for (int i = 0; i < 3; ++i) rig.buy("1");
  const auto sends = rig.venue.sends;
  for (std::size_t i = 0; i < 3; ++i) rig.venue.refuse(i, 400, -1022, "no signature");
  rig.run(milliseconds(250));
  EXPECT_EQ(rig.venue.sends, sends + 4);
  EXPECT_EQ(rig.venue.placed.size(), 6U);
}

TEST_F(ForgottenLogon, ThatDoesNotHelpIsTheKeyAfterAll) {
  rig.buy("1");
  rig.venue.refuse(0, 400, -1022, "no signature");
  rig.run(milliseconds(250));
  ASSERT_EQ(rig.venue.placed.size(), 2U);
  rig.venue.refuse(1, 400, -1022, "no signature");
  rig.run(milliseconds(5));
  EXPECT_EQ(rig.done().end, OrderEnd::refused);
  EXPECT_EQ(rig.link(), LinkState::refused);
}

}  // namespace
}  // namespace copyd::exec::test
