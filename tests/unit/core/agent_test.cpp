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

TEST(AgentThread, DoesNotNapWhereItSpins) {
  Patient patient(std::chrono::hours(1));
  AgentThread thread("spins", {&patient}, Idle::spin, std::nullopt);
  while (patient.asked() < 5) std::this_thread::yield();
}

}  // namespace
}  // namespace copyd
