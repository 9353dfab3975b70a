#include "engine/thread_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace copyd::engine {
namespace {

Idle idle_of(config::IdleKind kind, bool dedicated) noexcept {
  switch (kind) {
    case config::IdleKind::spin: return Idle::spin;
    case config::IdleKind::backoff: return Idle::backoff;
    case config::IdleKind::sleep: return Idle::sleep;
    case config::IdleKind::by_threads: break;
  }
  return dedicated ? Idle::spin : Idle::backoff;
}

}  // namespace

ThreadPlan plan_threads(const config::Engine& engine, const std::vector<int>& usable_cpus) {
  const auto lanes = static_cast<std::size_t>(engine.lanes);
  ThreadPlan plan;
  plan.dedicated = engine.threads == config::Threads::dedicated ||
                   (engine.threads == config::Threads::auto_ && usable_cpus.size() >= lanes + 4);
  plan.idle = idle_of(engine.idle, plan.dedicated);
  const std::size_t spinning = plan.dedicated ? lanes + 2 : 1;
  if (plan.idle == Idle::spin && spinning > usable_cpus.size()) {
    plan.idle = Idle::backoff;
    plan.warning = fmt::format(
        "{} spinning threads on {} processors would steal them from each other: idle = \"backoff\" "
        "is used; threads = \"shared\" is faster on a machine of this size",
        spinning, usable_cpus.size());
  }
  plan.feed = engine.cpus.feed;
  plan.copy = engine.cpus.copy;
  plan.lanes.resize(lanes);
  for (std::size_t lane = 0; lane < lanes && lane < engine.cpus.lanes.size(); ++lane)
    plan.lanes[lane] = engine.cpus.lanes[lane];
  return plan;
}

std::vector<int> cpus_beside(const config::Engine& engine, const std::vector<int>& usable_cpus) {
  const config::Cpus& pinned = engine.cpus;
  std::vector<int> beside;
  for (const int cpu : usable_cpus) {
    const bool taken =
        pinned.feed == cpu || pinned.copy == cpu ||
        std::find(pinned.lanes.begin(), pinned.lanes.end(), cpu) != pinned.lanes.end();
    if (!taken) beside.push_back(cpu);
  }
  return beside;
}

}  // namespace copyd::engine
