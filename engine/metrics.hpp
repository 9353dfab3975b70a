// What /metrics shows: every counter and gauge of the engine, from the cells that its agents write.
// Pure rendering of what is handed in; reading a cell never holds up the thread that writes it.
//
// Cardinality: labels are names of the code (state, cause, outcome, reason, stage, way), the
// leaders', the threads' and lanes'; a follower's only with `metrics.per_follower`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/status.hpp"
#include "engine/watchdog.hpp"
#include "ops/metrics.hpp"

namespace copyd::engine {

struct MetricsParts {
  const StatusParts& status;
  std::span<const Watchdog::Thread> threads;
  std::int64_t wall_ns = 0;                    // now, since 1970
  std::optional<std::int64_t> venue_ahead_ms{};  // of this machine's wall clock
  bool journal_failed = false;
};

ops::MetricsPage metrics_page(const MetricsParts& parts);

}  // namespace copyd::engine
