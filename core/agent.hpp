// Agent: a piece of the engine with its own duty cycle. It is the only writer of what it owns, and
// it does not know which thread runs it: its own pinned thread, one shared with the others, or a
// test that calls do_work by hand.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/bell.hpp"

namespace copyd {

class Agent {
 public:
  virtual ~Agent() = default;
  virtual const char* name() const noexcept = 0;
  // One bounded pass. Returns how much was done; 0 lets the thread idle.
  virtual int do_work() noexcept = 0;
  // After a pass without work it may be left alone so long by a thread that sleeps (Idle::sleep).
  // Each waking takes a processor away from somebody, maybe from the path.
  virtual std::chrono::milliseconds nap() const noexcept { return std::chrono::milliseconds(1); }
  // Ends such a nap before its time. Null: nobody does. A thread hears that of its first agent.
  virtual Bell* bell() noexcept { return nullptr; }
};

enum class Idle : std::uint8_t {
  spin,     // never gives the processor away: the lowest latency
  backoff,  // spins, then yields, then naps up to half a millisecond
  sleep,    // naps whenever there is nothing to do, as long as its agents allow
};

// One thread that runs its agents in turn until `stop`. Joins on destruction.
class AgentThread {
 public:
  // `when_idle` has its turn after a pass that found nothing to do, where the thread spins. Null:
  // nobody has.
  AgentThread(std::string name, std::vector<Agent*> agents, Idle idle, std::optional<int> cpu,
              std::unique_ptr<Agent> when_idle = nullptr);
  ~AgentThread();
  AgentThread(const AgentThread&) = delete;
  AgentThread& operator=(const AgentThread&) = delete;

  void stop() noexcept;
  // False when the operating system refused the processor asked for.
  bool pinned() const noexcept { return pinned_.load(std::memory_order_acquire); }
  const std::string& name() const noexcept { return name_; }
  // Passes made so far; a thread that hangs stops counting.
  std::uint64_t passes() const noexcept { return passes_.load(std::memory_order_relaxed); }

 private:
  void run(Idle idle, std::optional<int> cpu) noexcept;

  std::string name_;
  std::vector<Agent*> agents_;
  std::unique_ptr<Agent> when_idle_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> pinned_{true};
  std::atomic<std::uint64_t> passes_{0};
  std::thread thread_;
};

// The processors this process may use, by the affinity mask.
std::vector<int> usable_cpus();

}  // namespace copyd
