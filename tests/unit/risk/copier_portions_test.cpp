// A fill whose followers have their turns in several passes: what lanes get after each, that nothing
// else is applied in between, and that the books come out as if all had been decided at once.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

TEST(CopierPortions, LanesGetSomeAfterEachPass) {
  CopierRig rig({.followers = 5, .lanes = 1, .followers_per_pass = 2});
  ASSERT_TRUE(rig.events.try_push(LeaderEvent{rig.fill_of(Side::buy, "0.02"_qty)}));
  for (const std::size_t portion : {2U, 2U, 1U, 0U}) {
    EXPECT_EQ(rig.copier->do_work() != 0, portion != 0);
    EXPECT_EQ(rig.taken().size(), portion);
  }
  EXPECT_EQ(rig.copier->in_flight(), 5U);
}

TEST(CopierPortions, NothingIsAppliedBetweenThem) {
  CopierRig rig({.followers = 4, .lanes = 1, .followers_per_pass = 1});
  ASSERT_TRUE(rig.events.try_push(LeaderEvent{rig.fill_of(Side::buy, "0.02"_qty)}));
  ASSERT_TRUE(rig.events.try_push(LeaderEvent{rig.fill_of(Side::buy, "0.04"_qty)}));
  rig.copier->do_work();
  for (std::uint16_t i = 0; i < 4; ++i)
    ASSERT_TRUE(rig.commands.try_push(
        SetState{.follower = FollowerId{i}, .state = FollowerState::halted}));
  for (int i = 0; i < 3; ++i) rig.copier->do_work();
  const auto first = rig.taken();
  ASSERT_EQ(first.size(), 4U) << "whose fill came before they were halted";
  for (const auto& order : first) EXPECT_EQ(order->qty, "0.02"_qty);
  rig.step();
  EXPECT_TRUE(rig.taken().empty()) << "whose fill came after it";
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(rig.skipped(i, Reject::halted), 1) << i;
}

TEST(CopierPortions, AReportWaitsForTheFillToBeDecided) {
  CopierRig rig({.followers = 4, .lanes = 1, .followers_per_pass = 1});
  ASSERT_TRUE(rig.events.try_push(LeaderEvent{rig.fill_of(Side::buy, "0.02"_qty)}));
  rig.copier->do_work();
  const auto first = rig.taken();
  ASSERT_EQ(first.size(), 1U);
  ASSERT_TRUE(rig.reports[0]->try_push(OrderDone{.ref = first[0]->ref,
                                                 .follower = first[0]->follower,
                                                 .end = OrderEnd::executed,
                                                 .filled = first[0]->qty,
                                                 .average = {},
                                                 .venue_time = {}}));
  for (std::size_t decided = 2; decided <= 4; ++decided) {
    rig.copier->do_work();
    EXPECT_EQ(rig.copier->in_flight(), decided);
  }
  rig.copier->do_work();
  EXPECT_EQ(rig.copier->in_flight(), 3U);
}

// Fills, answers, halts and reads of the mode, drawn; the same for every size of a portion.
std::string story(std::size_t followers_per_pass, unsigned seed, RowRecords& rows) {
  CopierRig rig({.followers = 7, .lanes = 2, .followers_per_pass = followers_per_pass});
  std::mt19937 random(seed);
  std::string told;
  for (int step = 0; step < 60; ++step) {
    rig.clock.advance(std::chrono::milliseconds(20));
    const auto what = random() % 8;
    const auto follower = FollowerId{static_cast<std::uint16_t>(random() % 7)};
    if (what < 5)
      rig.fill(random() % 2 == 0 ? Side::buy : Side::sell,
               Qty::from_units(static_cast<std::int64_t>(1 + random() % 40) *
                               Qty::parse("0.001")->units()));
    else if (what == 5)
      rig.command(SetState{.follower = follower,
                           .state = random() % 2 == 0 ? FollowerState::halted
                                                      : FollowerState::active});
    else rig.connect(follower, PositionMode::one_way, random() % 3 != 0);
    for (std::size_t lane = 0; lane < 2; ++lane)
      for (const auto& order : rig.taken(lane)) {
        told += std::to_string(order->follower.value) + (order->side == Side::buy ? "+" : "-") +
                std::to_string(order->qty.units()) + " ";
        rig.done(order, OrderEnd::executed, random() % 4 == 0 ? Qty() : order->qty);
      }
    told += "| ";
  }
  rows = rows_of(*rig.copier);
  return told;
}

TEST(CopierPortions, DecideTheSameWhateverTheirSize) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    RowRecords whole;
    const auto expected = story(0, seed, whole);
    ASSERT_NE(expected.find('+'), std::string::npos);
    for (const std::size_t size : {1U, 3U, 6U, 7U, 100U}) {
      RowRecords rows;
      EXPECT_EQ(story(size, seed, rows), expected) << size << " of seed " << seed;
      ASSERT_EQ(rows.all.size(), whole.all.size());
      for (std::size_t i = 0; i < rows.all.size(); ++i)
        EXPECT_EQ(rows.all[i].payload, whole.all[i].payload) << i << ", " << size;
    }
  }
}

}  // namespace
}  // namespace copyd::risk
