// Supervisor, as others watch it: the watchdog of systemd, and what /metrics, /healthz and /readyz
// show.
#include "engine/supervisor.hpp"

#include <fmt/format.h>

#include "engine/metrics.hpp"
#include "ops/log.hpp"
#include "ops/notify.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
namespace log = ops::log;

// A thread of the path that makes no round for so long hangs: a round takes microseconds.
constexpr auto hang_time = 5s;
// systemd waits for READY as long as it is told every `start_period` that the start goes on: a
// leader that is not live yet must not end the copying of the others.
constexpr auto start_period = 10s;
constexpr auto start_allowance = 60s;

std::string seconds_since(Mono then, Mono now) {
  return fmt::format("{} s", std::chrono::duration_cast<std::chrono::seconds>(now - then).count());
}

}  // namespace

void Supervisor::keep_watchdog() {
  const Mono now = clock_.now();
  passes_.clear();
  if (pipeline_ != nullptr) pipeline_->passes(passes_);
  for (const auto* thread : {kill_thread_.get(), journal_thread_.get(), compaction_thread_.get()})
    if (thread != nullptr)
      passes_.push_back({.name = thread->name(), .passes = thread->passes(), .on_path = false});
  watchdog_.look(now, passes_);
  const auto* stuck = watchdog_.stuck(now, hang_time);
  if (stuck != nullptr && !said_stuck_)
    log::error(
        fmt::format("the thread {} has made no round for {}: it hangs, and nothing that it "
                    "does gets on. Restart copyd; systemd does so by itself",
                    stuck->name, seconds_since(stuck->moved, now)));
  said_stuck_ = stuck != nullptr;
  if (announced_ready_ || stop_requested_ || stuck != nullptr || now < start_said_ + start_period)
    return;
  start_said_ = now;
  ops::notify::still_starting(start_allowance);
}

std::string Supervisor::not_ready_because() {
  if (stop_requested_) return "not ready: copyd is stopping";
  if (!waiting_for_.empty()) return "not ready: waiting for " + waiting_for_;
  const StatusParts parts = status_parts();
  return is_ready(parts) ? "" : "not ready: " + leaders_not_live(parts);
}

Look Supervisor::look() {
  const StatusParts parts = status_parts();
  Look seen;
  seen.summary = status_line(parts);
  seen.not_ready = not_ready_because();
  if (const auto* stuck = watchdog_.stuck(parts.now, hang_time))
    seen.not_alive = fmt::format("not healthy: the thread {} has made no round for {}", stuck->name,
                                 seconds_since(stuck->moved, parts.now));
  MetricsParts of{.status = parts, .threads = watchdog_.threads()};
  of.wall_ns = wall_clock_ns();
  if (venue_.clock_known()) of.venue_ahead_ms = venue_.now().ms - of.wall_ns / 1'000'000;
  of.journal_failed = pipeline_ != nullptr && (journal_thread_ == nullptr || journal_->failed());
  seen.metrics = metrics_page(of);
  return seen;
}

}  // namespace copyd::engine
