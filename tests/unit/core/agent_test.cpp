#include "core/agent.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <thread>

namespace copyd {
namespace {

using namespace std::chrono_literals;

// Has nothing to do, and counts how often it was asked.
class Patient final : public Agent {
 public:
  explicit Patient(std::chrono::milliseconds nap) : nap_(nap) {}
  const char* name() const noexcept override { return "patient"; }
  int do_work() noexcept override {
    asked_.fetch_add(1, std::memory_order_relaxed);
    return 0;
  }
  std::chrono::milliseconds nap() const noexcept override { return nap_; }
  int asked() const noexcept { return asked_.load(std::memory_order_relaxed); }

 private:
  const std::chrono::milliseconds nap_;
  std::atomic<int> asked_{0};
};

// However slow the machine is, a thread that naps cannot ask more often than its naps allow.
int asks_at_most(std::chrono::steady_clock::duration time, std::chrono::milliseconds nap) {
  return static_cast<int>(time / nap) + 2;
}

TEST(AgentThread, SleepsAsLongAsItsMostImpatientAgentAllows) {
  Patient patient(500ms);
  Patient impatient(20ms);
  const auto begun = std::chrono::steady_clock::now();
  {
    AgentThread thread("naps", {&patient, &impatient}, Idle::sleep, std::nullopt);
    while (impatient.asked() < 5) std::this_thread::yield();
  }
  const auto time = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(time, 4 * 20ms);
  EXPECT_EQ(patient.asked(), impatient.asked());
  EXPECT_LE(impatient.asked(), asks_at_most(time, 20ms));
}

class Rung final : public Agent {
 public:
  const char* name() const noexcept override { return "rung"; }
  int do_work() noexcept override {
    passes.fetch_add(1);
    return 0;
  }
  std::chrono::milliseconds nap() const noexcept override { return 1h; }
  Bell* bell() noexcept override { return &bell_; }
  std::atomic<int> passes{0};

 private:
  Bell bell_;
};

// Whether or not the thread slept by then.
TEST(AgentThread, IsWokenByTheBellOfItsAgent) {
  Rung agent;
  AgentThread thread("rung", {&agent}, Idle::sleep, std::nullopt);
  for (int i = 0; i < 1'000; ++i) {
    const int before = agent.passes.load();
    while (agent.passes.load() == before) agent.bell()->ring();
  }
  thread.stop();
  agent.bell()->ring();
}

TEST(Bell, RungBeforehandItIsNotWaitedFor) {
  Bell bell;
  bell.ring();
  bell.ring();
  bell.wait_for(1h);
}

TEST(Bell, NobodyRingsAndItsTimePasses) {
  Bell bell;
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begun < 20ms) bell.wait_for(5ms);
  bell.ring();
  bell.wait_for(1h);
}

TEST(AgentThread, DoesNotNapWhereItSpins) {
  Patient patient(std::chrono::hours(1));
  AgentThread thread("spins", {&patient}, Idle::spin, std::nullopt);
  while (patient.asked() < 5) std::this_thread::yield();
}

}  // namespace
}  // namespace copyd
