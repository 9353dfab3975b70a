// Where the two spinning threads of a run stand: the venue's on the first processor that may be
// used, the copier's on the second. Left to the scheduler they share one for whole time slices.
#pragma once

namespace copyd::bench {

struct Cpus {
  int venue = -1;  // -1: not pinned
  int copier = -1;
};

// Not pinned where there is only one.
Cpus usable_cpus();
// The calling thread. -1: nothing.
void pin_to(int cpu);
// The calling thread goes anywhere else. -1, or where there is no other: nothing.
void stay_off(int cpu);

}  // namespace copyd::bench
