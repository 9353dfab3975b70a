// systemd hears that the service lives only while every thread of the path gets on.
#include "engine/watchdog.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "core/agent.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;

Mono at(std::chrono::milliseconds time) {
  return Mono{std::chrono::nanoseconds(time).count()};
}

struct Told {
  int times = 0;
  Watchdog dog{10s, [this] { ++times; }};
  void look(std::chrono::milliseconds when, std::initializer_list<ThreadPasses> threads) {
    dog.look(at(when), std::span(threads.begin(), threads.size()));
  }
};

TEST(Watchdog, TellsFourTimesAPeriodWhileAllGetOn) {
  Told told;
  std::uint64_t passes = 0;
  for (auto when = 1000ms; when < 21'000ms; when += 5ms, ++passes)
    told.look(when, {{"copyd-feed", passes, true}, {"copyd-lane-0", 2 * passes, true}});
  EXPECT_EQ(told.times, 8);
}

TEST(Watchdog, OneThatHangsEndsTheMessagesAndItsReturnBeginsThemAgain) {
  Told told;
  std::uint64_t passes = 0;
  const auto run = [&](std::chrono::milliseconds from, std::chrono::milliseconds to, bool hangs) {
    for (auto when = from; when < to; when += 5ms) {
      ++passes;
      told.look(when, {{"copyd-feed", passes, true}, {"copyd-copy", hangs ? 7 : passes, true}});
    }
  };
  run(1000ms, 2000ms, false);
  run(2000ms, 8000ms, true);
  const int before = told.times;
  EXPECT_LE(before, 4) << "the last message comes at most half a period after the last pass";
  run(8000ms, 60'000ms, true);
  EXPECT_EQ(told.times, before);
  const auto* stuck = told.dog.stuck(at(60'000ms), 5s);
  ASSERT_NE(stuck, nullptr);
  EXPECT_EQ(stuck->name, "copyd-copy");
  EXPECT_EQ(told.dog.stuck(at(60'000ms), 60s), nullptr);
  run(60'000ms, 60'010ms, false);
  EXPECT_EQ(told.times, before + 1);
}

TEST(Watchdog, AThreadThatWaitsForTheDiskIsShownAndEndsNothing) {
  Told told;
  std::uint64_t passes = 0;
  for (auto when = 1000ms; when < 31'000ms; when += 5ms)
    told.look(when, {{"copyd-feed", ++passes, true}, {"copyd-journal", 3, false}});
  EXPECT_EQ(told.times, 12);
  ASSERT_EQ(told.dog.threads().size(), 2U);
  EXPECT_EQ(told.dog.threads()[1].moved, at(1000ms));
}

TEST(Watchdog, ThreadsThatEndedAreForgotten) {
  Told told;
  told.look(1000ms, {{"copyd-feed", 1, true}});
  told.look(60'000ms, {});
  EXPECT_TRUE(told.dog.threads().empty());
  EXPECT_EQ(told.times, 2);
}

TEST(Watchdog, WithoutAPeriodNobodyIsTold) {
  int times = 0;
  Watchdog dog(0s, [&] { ++times; });
  const ThreadPasses thread{"copyd-feed", 1, true};
  dog.look(at(1000ms), {&thread, 1});
  EXPECT_EQ(times, 0);
  EXPECT_EQ(dog.threads().size(), 1U);
}

// A real thread whose agent does not come back from its pass.
TEST(Watchdog, ARealThreadThatHangsStopsCounting) {
  struct Hanging final : Agent {
    const char* name() const noexcept override { return "hanging"; }
    int do_work() noexcept override {
      while (hang.load()) inside.store(true);
      return 1;
    }
    std::atomic<bool> hang{false};
    std::atomic<bool> inside{false};
  } agent;
  AgentThread thread("copyd-test", {&agent}, Idle::backoff, std::nullopt);
  const SteadyClock clock;
  const auto deadline = clock.now() + 20s;
  const auto wait_for = [&](auto condition) {
    while (!condition() && clock.now() < deadline) {}
    return condition();
  };
  ASSERT_TRUE(wait_for([&] { return thread.passes() > 3; }));
  agent.hang = true;
  ASSERT_TRUE(wait_for([&] { return agent.inside.load(); }));
  int times = 0;
  Watchdog dog(10s, [&] { ++times; });
  for (auto when = 0ms; when < 60'000ms; when += 5ms) {
    const ThreadPasses passes{thread.name(), thread.passes(), true};
    dog.look(at(when), {&passes, 1});
  }
  EXPECT_LE(times, 3);
  EXPECT_NE(dog.stuck(at(60'000ms), 5s), nullptr);
  agent.hang = false;
}

}  // namespace
}  // namespace copyd::engine
