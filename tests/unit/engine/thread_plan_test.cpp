#include "engine/thread_plan.hpp"

#include <gtest/gtest.h>

namespace copyd::engine {
namespace {

std::vector<int> cpus(int count) {
  std::vector<int> list;
  for (int cpu = 0; cpu < count; ++cpu) list.push_back(cpu);
  return list;
}

TEST(ThreadPlan, AutoDedicatesOnlyWithEnoughProcessors) {
  config::Engine engine;
  EXPECT_FALSE(plan_threads(engine, cpus(5)).dedicated);
  const auto plan = plan_threads(engine, cpus(6));
  EXPECT_TRUE(plan.dedicated);
  EXPECT_EQ(plan.idle, Idle::spin);
  EXPECT_EQ(plan.lanes.size(), 2U);
}

TEST(ThreadPlan, SpinningThreadsThatOutnumberTheProcessorsBackOffWithAWarning) {
  config::Engine engine;
  engine.threads = config::Threads::dedicated;
  const auto plan = plan_threads(engine, cpus(2));
  EXPECT_TRUE(plan.dedicated);
  EXPECT_EQ(plan.idle, Idle::backoff);
  EXPECT_NE(plan.warning, "");
}

TEST(ThreadPlan, PinsWhatTheFileNames) {
  config::Engine engine;
  engine.threads = config::Threads::dedicated;
  engine.idle = config::IdleKind::sleep;
  engine.cpus.feed = 1;
  engine.cpus.lanes = {3};
  const auto plan = plan_threads(engine, cpus(4));
  EXPECT_EQ(plan.idle, Idle::sleep);
  EXPECT_EQ(plan.feed, 1);
  EXPECT_EQ(plan.lanes[0], 3);
  EXPECT_EQ(plan.lanes[1], std::nullopt);
}

TEST(ThreadPlan, EverythingElseStaysOffThePinnedProcessors) {
  config::Engine engine;
  EXPECT_EQ(cpus_beside(engine, cpus(4)), cpus(4));
  engine.cpus.feed = 1;
  engine.cpus.copy = 2;
  engine.cpus.lanes = {3, 5};
  EXPECT_EQ(cpus_beside(engine, cpus(6)), (std::vector<int>{0, 4}));
  EXPECT_EQ(cpus_beside(engine, {1, 2, 3}), std::vector<int>()) << "there is no other";
}

}  // namespace
}  // namespace copyd::engine
