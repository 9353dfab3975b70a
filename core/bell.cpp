#include "core/bell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <ctime>

namespace copyd {
namespace {

// std::atomic waits as well, but never for a time. futex(2).
long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* most) noexcept {
  static_assert(sizeof word == sizeof(std::uint32_t));
  return ::syscall(SYS_futex, &word, operation, value, most, nullptr, 0);
}

}  // namespace

void Bell::ring() noexcept {
  if (rung_.exchange(1, std::memory_order_release) != 0) return;
  futex(rung_, FUTEX_WAKE_PRIVATE, 1, nullptr);
}

void Bell::wait_for(std::chrono::nanoseconds most) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  const timespec time{.tv_sec = most.count() / second, .tv_nsec = most.count() % second};
  futex(rung_, FUTEX_WAIT_PRIVATE, 0, &time);
  rung_.exchange(0, std::memory_order_acquire);
}

}  // namespace copyd
