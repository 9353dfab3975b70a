#include "core/agent.hpp"

#include <pthread.h>
#include <sched.h>
#include <algorithm>

namespace copyd {
namespace {

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Waits a little longer the longer nothing happens, and starts again after any work.
class IdleStrategy {
 public:
  IdleStrategy(Idle kind, const std::vector<Agent*>& agents) noexcept
      : kind_(kind), bell_(agents.front()->bell()) {
    for (const Agent* agent : agents) sleep_ = std::min(sleep_, agent->nap());
  }

  void idle(int work) noexcept {
    if (work > 0) {
      empty_passes_ = 0;
      return;
    }
    switch (kind_) {
      case Idle::spin: relax(); return;
      case Idle::sleep: return bell_ != nullptr ? bell_->wait_for(sleep_) : nap(sleep_);
      case Idle::backoff: break;
    }
    if (empty_passes_ < 256) ++empty_passes_;
    if (empty_passes_ < 64) return relax();
    if (empty_passes_ < 128) return std::this_thread::yield();
    const int doublings = (empty_passes_ - 128) / 8;
    nap(std::chrono::microseconds(doublings >= 3 ? 500 : 62 << doublings));
  }

 private:
  static void nap(std::chrono::nanoseconds time) noexcept { std::this_thread::sleep_for(time); }
  static constexpr std::chrono::milliseconds sleep_max{1'000};

  Idle kind_;
  Bell* bell_;
  std::chrono::milliseconds sleep_ = sleep_max;
  int empty_passes_ = 0;
};

}  // namespace

AgentThread::AgentThread(std::string name, std::vector<Agent*> agents, Idle idle,
                         std::optional<int> cpu, std::unique_ptr<Agent> when_idle)
    : name_(std::move(name)), agents_(std::move(agents)), when_idle_(std::move(when_idle)) {
  thread_ = std::thread([this, idle, cpu] { run(idle, cpu); });
  pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
}

AgentThread::~AgentThread() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void AgentThread::stop() noexcept { stopping_.store(true, std::memory_order_release); }

void AgentThread::run(Idle idle, std::optional<int> cpu) noexcept {
  if (cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(*cpu), &set);
    if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0)
      pinned_.store(false, std::memory_order_release);
  }
  IdleStrategy strategy(idle, agents_);
  while (!stopping_.load(std::memory_order_acquire)) {
    int work = 0;
    for (Agent* agent : agents_) work += agent->do_work();
    passes_.store(passes_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    if (work == 0 && idle == Idle::spin && when_idle_) when_idle_->do_work();
    strategy.idle(work);
  }
}

std::vector<int> usable_cpus() {
  std::vector<int> cpus;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) cpus.push_back(cpu);
  return cpus;
}

}  // namespace copyd
