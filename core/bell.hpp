// Bell: wakes a thread that sleeps between its turns. Whoever rings pays for a system call, some
// microseconds; not where the bell was rung already and the thread has not yet come.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace copyd {

class Bell {
 public:
  // Any thread.
  void ring() noexcept;
  // Returns when somebody rings, or `most` has passed; at once where somebody rang since the last
  // call. One thread.
  void wait_for(std::chrono::nanoseconds most) noexcept;

 private:
  std::atomic<std::uint32_t> rung_{0};
};

}  // namespace copyd
