// Bell: wakes a thread that sleeps between its turns. Whoever rings pays for a system call, some
// microseconds, and only where the thread has not been rung for already.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace copyd {

class Bell {
 public:
  // Any thread.
  void ring() noexcept;
  // The thread that is woken, one: until somebody rings, or `most` has passed. What was rung since
  // the last call returns at once.
  void wait_for(std::chrono::nanoseconds most) noexcept;

 private:
  std::atomic<std::uint32_t> rung_{0};
};

}  // namespace copyd
