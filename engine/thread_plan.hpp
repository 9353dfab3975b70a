// Which threads run the agents, on which processors, and how they idle. Pure: the processors this
// process may use are handed in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/agent.hpp"

namespace copyd::engine {

struct ThreadPlan {
  bool dedicated = false;  // a thread per agent; else one thread for all
  Idle idle = Idle::backoff;
  std::optional<int> feed;
  std::optional<int> copy;
  std::vector<std::optional<int>> lanes;  // one per lane
  std::string warning;                    // "" when the plan is what was asked for
};

// auto: dedicated if at least lanes + 4 processors are usable. Without an `idle` of its own,
// dedicated threads spin and a shared one backs off; spinning threads that outnumber the
// processors would steal them from each other, so they back off, with a warning.
ThreadPlan plan_threads(const config::Engine& engine, const std::vector<int>& usable_cpus);

// Where everything else runs (control, metrics, journal, history): the processors that no thread of
// the path is pinned to. Empty where that would leave none; then nothing is kept apart.
std::vector<int> cpus_beside(const config::Engine& engine, const std::vector<int>& usable_cpus);

}  // namespace copyd::engine
