#include "engine/watchdog.hpp"

#include <algorithm>

namespace copyd::engine {

void Watchdog::look(Mono now, std::span<const ThreadPasses> threads) {
  std::erase_if(threads_, [&](const Thread& known) {
    return std::none_of(threads.begin(), threads.end(),
                        [&](const ThreadPasses& seen) { return seen.name == known.name; });
  });
  for (const ThreadPasses& seen : threads) {
    const auto known = std::find_if(threads_.begin(), threads_.end(),
                                    [&](const Thread& thread) { return thread.name == seen.name; });
    if (known == threads_.end()) {
      threads_.push_back({.name = std::string(seen.name),
                          .passes = seen.passes,
                          .on_path = seen.on_path,
                          .moved = now});
    } else if (known->passes != seen.passes) {
      known->passes = seen.passes;
      known->moved = now;
    }
  }
  if (period_.count() == 0 || now < due_ || stuck(now, period_ / 2) != nullptr) return;
  due_ = now + period_ / 4;
  tell_();
}

const Watchdog::Thread* Watchdog::stuck(Mono now,
                                        std::chrono::nanoseconds for_so_long) const noexcept {
  const auto found = std::find_if(threads_.begin(), threads_.end(), [&](const Thread& thread) {
    return thread.on_path && now - thread.moved > for_so_long;
  });
  return found == threads_.end() ? nullptr : &*found;
}

}  // namespace copyd::engine
