#include "bench/venue/cpus.hpp"

#include <pthread.h>
#include <sched.h>

namespace copyd::bench {

Cpus usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 2) return {};
  Cpus cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE && cpus.copier < 0; ++cpu) {
    if (!CPU_ISSET(cpu, &set)) continue;
    (cpus.venue < 0 ? cpus.venue : cpus.copier) = static_cast<int>(cpu);
  }
  return cpus;
}

void pin_to(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(cpu), &set);
  static_cast<void>(::pthread_setaffinity_np(::pthread_self(), sizeof set, &set));
}

void stay_off(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < 0 || ::sched_getaffinity(0, sizeof set, &set) != 0) return;
  CPU_CLR(static_cast<unsigned>(cpu), &set);
  static_cast<void>(::pthread_setaffinity_np(::pthread_self(), sizeof set, &set));
}

}  // namespace copyd::bench
