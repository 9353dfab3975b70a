// A pass looks at some followers' own sockets, and the next at the others; it ends early when that
// took long. So the fill of a leader never waits for all of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

constexpr int all = static_cast<int>(LaneRig::followers);

void make_ready(LaneRig& rig) {
  for (int i = 0; i < all; ++i) rig.add(i, hmac_key(i));
  rig.run(milliseconds(100));
  for (int i = 0; i < all; ++i) ASSERT_EQ(rig.link(i), LinkState::ready) << i;
}

std::int64_t unanswered(const LaneRig& rig) {
  std::int64_t orders = 0;
  for (const auto& cells : rig.cells) orders += cells.written.get();
  return orders;
}

TEST(LaneTurns, APassLooksAtSomeAndTheNextAtTheOthers) {
  for (const int per_pass : {1, 3}) {
    LaneRig rig({}, {}, nullptr, false, static_cast<std::size_t>(per_pass));
    make_ready(rig);
    for (int round = 0; round < 3; ++round) {
      const std::size_t before = rig.venue.placed.size();
      for (int i = 0; i < all; ++i) rig.buy("1", i);
      ASSERT_EQ(unanswered(rig), all) << "orders leave in the pass that takes them";
      for (std::size_t i = before; i < rig.venue.placed.size(); ++i)
        rig.venue.answer(i, "FILLED", "1");
      for (std::int64_t left = all; left > 0;) {
        left = std::max<std::int64_t>(left - per_pass, 0);
        rig.lane->do_work();
        EXPECT_EQ(unanswered(rig), left);
      }
    }
  }
}

TEST(LaneTurns, APassEndsWithTheHandshakeThatTookLong) {
  LaneRig rig;
  int connected = 0;
  rig.venue.on_connect = [&] {
    ++connected;
    rig.clock.advance(2 * limits::links_time_max);
  };
  for (int i = 0; i < all; ++i) rig.add(i, hmac_key(i));
  for (int pass = 0; pass < 100; ++pass) {
    const int before = connected;
    rig.lane->do_work();
    EXPECT_LE(connected - before, 2) << "both sockets of one follower";
    rig.clock.advance(milliseconds(1));
  }
  EXPECT_EQ(connected, 2 * all);
  for (int i = 0; i < all; ++i) EXPECT_EQ(rig.link(i), LinkState::ready) << i;
}

// Else a thread that naps would nap before it has looked at the others.
TEST(LaneTurns, APassThatWasCutShortIsNotIdle) {
  LaneRig rig;
  make_ready(rig);
  while (rig.lane->do_work() != 0) {}
  EXPECT_EQ(rig.lane->do_work(), 0);
  rig.venue.on_poll = [&] { rig.clock.advance(limits::links_time_max); };
  EXPECT_NE(rig.lane->do_work(), 0);
}

// The machine slept: what came meanwhile is read before anybody asks where it stays.
TEST(LaneTurns, AnAnswerThatLiesUnreadIsNotMissed) {
  LaneRig rig({}, {}, nullptr, false, 1);
  make_ready(rig);
  for (int i = 0; i < all; ++i) rig.buy("1", i);
  for (std::size_t i = 0; i < rig.venue.placed.size(); ++i) rig.venue.answer(i, "FILLED", "1");
  rig.clock.advance(2 * OrderLane::answer_max);
  rig.step();
  EXPECT_EQ(rig.results(), LaneRig::followers);
  EXPECT_TRUE(rig.all<OrderUnknown>().empty());
}

TEST(LaneTurns, NewOrdersKeepSocketsWaitingAMillisecondAtMost) {
  LaneRig rig;
  make_ready(rig);
  rig.buy("1");
  rig.lane->do_work();  // has just looked
  rig.venue.answer(0, "FILLED", "1");
  const std::chrono::microseconds between{100};
  int passes = 0;
  while (rig.stages[Stage::acknowledged].count() == 0 && passes < 100) {
    rig.clock.advance(between);
    ASSERT_TRUE(rig.orders.try_push(
        TestApproval::order(rig.terms(OrderKind::increase, Side::buy, "1"))));
    rig.lane->do_work();
    ++passes;
  }
  EXPECT_EQ(passes * between, milliseconds(1));
}

TEST(LaneTurns, GoOnWhenAFollowerHasGone) {
  LaneRig rig({}, {}, nullptr, false, 1);
  make_ready(rig);
  rig.commands.try_push(LaneCommand{RemoveFollower{.follower = LaneRig::id(all - 1)}});
  rig.run(milliseconds(100));
  for (int i = 0; i + 1 < all; ++i) {
    rig.buy("1", i);
    rig.fill_last("1");
    rig.run(milliseconds(10));
    EXPECT_EQ(rig.results(), static_cast<std::size_t>(i) + 1);
  }
}

}  // namespace
}  // namespace copyd::exec::test
