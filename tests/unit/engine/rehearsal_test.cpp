// The path is rehearsed whole, now and then, by a thread that spins and has nothing else to do.
#include "engine/rehearsal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace copyd::engine {
namespace {

TEST(Rehearsal, GoesThroughEveryPartEachTime) {
  ManualClock clock;
  const Rehearsal::Parts all{.feed = true, .copy = true, .lane = true};
  for (const auto parts : {all, Rehearsal::Parts{.feed = true}, Rehearsal::Parts{.copy = true},
                           Rehearsal::Parts{.lane = true}}) {
    const auto rehearsal = Rehearsal::create(clock, parts);
    ASSERT_TRUE(rehearsal);
    // Long enough for any queue, table or counter of it to come to its end.
    constexpr std::uint64_t rounds = 20'000;
    for (std::uint64_t i = 0; i < rounds; ++i) {
      clock.advance(Rehearsal::every);
      EXPECT_EQ(rehearsal->do_work(), 0) << "nobody waits for it";
    }
    EXPECT_EQ(rehearsal->rounds(), rounds);
  }
}

TEST(Rehearsal, LeavesTheThreadAloneInBetween) {
  ManualClock clock;
  const auto rehearsal = Rehearsal::create(clock, {.feed = true});
  ASSERT_TRUE(rehearsal);
  clock.advance(Rehearsal::every);
  for (int i = 0; i < 10; ++i) rehearsal->do_work();
  EXPECT_EQ(rehearsal->rounds(), 1U);
}

// Counts its turns; busy until it is told otherwise.
class Counting final : public Agent {
 public:
  const char* name() const noexcept override { return "counting"; }
  int do_work() noexcept override {
    turns.fetch_add(1);
    return busy.load() ? 1 : 0;
  }
  std::atomic<std::uint64_t> turns{0};
  std::atomic<bool> busy{true};
};

class Forwarding final : public Agent {
 public:
  explicit Forwarding(Counting& to) : to_(to) {}
  const char* name() const noexcept override { return "forwarding"; }
  int do_work() noexcept override { return to_.do_work(); }

 private:
  Counting& to_;
};

void wait_for(const std::atomic<std::uint64_t>& turns, std::uint64_t more) {
  const auto until = turns.load() + more;
  while (turns.load() < until) std::this_thread::yield();
}

TEST(Rehearsal, HasItsTurnOnlyWhereTheThreadSpinsAndHasNothingToDo) {
  for (const Idle idle : {Idle::spin, Idle::backoff}) {
    Counting work;
    Counting rehearsals;
    AgentThread thread("path", {&work}, idle, std::nullopt,
                       std::make_unique<Forwarding>(rehearsals));
    wait_for(work.turns, 100);
    EXPECT_EQ(rehearsals.turns.load(), 0U) << "it is busy";
    work.busy = false;
    wait_for(work.turns, 100);
    if (idle == Idle::spin) wait_for(rehearsals.turns, 10);
    else EXPECT_EQ(rehearsals.turns.load(), 0U);
  }
}

}  // namespace
}  // namespace copyd::engine
