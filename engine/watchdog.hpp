// Watchdog: whether the engine's threads still get on. Each thread counts its passes
// (core/agent.hpp); the supervisor looks at the counts every turn, and tells systemd that the
// service lives only while every thread of the path has made one lately. A thread that hangs thus
// ends the messages: systemd aborts the process and starts it again, and the start is a recovery.
//
//   a thread hangs ── at most ½ period ──▶ last message ── 1 period ──▶ SIGABRT, restart
//
// Threads that may wait for a disk (journal, compact) are looked at and shown, and do not end the
// messages: closes go on without them. The supervisor's thread; pure but for `tell`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"

namespace copyd::engine {

struct ThreadPasses {
  std::string_view name;
  std::uint64_t passes = 0;
  bool on_path = false;
};

class Watchdog {
 public:
  struct Thread {
    std::string name;
    std::uint64_t passes = 0;
    bool on_path = false;
    Mono moved;  // when its count was last seen to have grown
  };

  // `period`: after which systemd gives the service up; 0: nobody waits, and `tell` is not called.
  Watchdog(std::chrono::nanoseconds period, std::function<void()> tell)
      : period_(period), tell_(std::move(tell)) {}

  // Every turn, with all threads there are.
  void look(Mono now, std::span<const ThreadPasses> threads);
  const std::vector<Thread>& threads() const noexcept { return threads_; }
  // The first thread of the path that has made no pass for that long, or null.
  const Thread* stuck(Mono now, std::chrono::nanoseconds for_so_long) const noexcept;

 private:
  const std::chrono::nanoseconds period_;
  const std::function<void()> tell_;
  std::vector<Thread> threads_;
  Mono due_{};
};

}  // namespace copyd::engine
