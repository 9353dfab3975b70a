#include "bench/fill_to_wire/hostile.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <thread>

#include "bench/fill_to_wire/copier.hpp"
#include "bench/fill_to_wire/hostile_clients.hpp"
#include "ops/json.hpp"

namespace copyd::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds gap = 2ms;
// Until a thousand connections are tried, or gone.
constexpr auto settle = 200ms;
constexpr int warm_up = 25;

// As the log says it; 0 when it does not.
std::uint16_t http_port_of(const std::string& directory) {
  std::ifstream log(directory + "/copyd.log");
  constexpr std::string_view before = "metrics and health on http://127.0.0.1:";
  for (std::string line; std::getline(log, line);)
    if (const auto at = line.find(before); at != line.npos)
      return static_cast<std::uint16_t>(std::stoi(line.substr(at + before.size())));
  return 0;
}

HostileCounts counts_of(const HostileClients::Counters& counters) {
  return {.floods = counters.floods,
          .flood_bytes = counters.flood_bytes,
          .crowd_refused = counters.crowd_refused,
          .crowd_held = counters.crowd_held,
          .dribbled = counters.dribbled,
          .nonsense = counters.nonsense,
          .scrapes = counters.scrapes};
}

}  // namespace

bool HostileResult::is_whole() const noexcept {
  return failure.empty() && lost == 0 && quiet.count != 0 && attacked.count != 0 && answers &&
         counts.floods != 0 && counts.crowd_refused != 0 && counts.dribbled != 0 &&
         counts.nonsense != 0 && counts.scrapes != 0;
}

std::string HostileResult::words() const {
  if (!failure.empty()) return "not measured: " + failure;
  return fmt::format(
      "first p50 {} us without, {} us with (p99 {}, {}); {} fills, {} lost; {} floods cut off "
      "after "
      "{} KiB at most, {} connections refused ({} stood at most), {} bytes dribbled, {} lines of "
      "nonsense refused, {} slow scrapes; {}",
      micros(quiet.p50), micros(attacked.p50), micros(quiet.p99), micros(attacked.p99), fills, lost,
      counts.floods, counts.flood_bytes / 1024, counts.crowd_refused, counts.crowd_held,
      counts.dribbled, counts.nonsense, counts.scrapes,
      answers ? "copyctl is answered" : "copyctl is NOT answered");
}

std::string HostileResult::json() const {
  ops::JsonWriter out;
  out.begin_object();
  if (!failure.empty()) return out.member("not_measured", failure).end_object().take();
  out.member("fills", fills).member("lost", lost).member("stray_orders", stray);
  out.key("quiet_first_ns").raw(json_of(quiet));
  out.key("attacked_first_ns").raw(json_of(attacked));
  out.member("floods", counts.floods)
      .member("flood_bytes_max", counts.flood_bytes)
      .member("crowd_refused", counts.crowd_refused)
      .member("crowd_held_max", counts.crowd_held)
      .member("dribbled_bytes", counts.dribbled)
      .member("nonsense_refused", counts.nonsense)
      .member("slow_scrapes", counts.scrapes)
      .member("answers", answers)
      .member("whole", is_whole());
  return out.end_object().take();
}

HostileResult run_hostile(BenchVenue& venue, const HostileOptions& options) {
  HostileResult result;
  EngineOptions engine;
  engine.directory = options.directory + "/engine";
  engine.cpu = options.cpu;
  Started started = start_engine(venue, engine);
  result.failure = started.failure;
  if (!started.copier) return result;
  const std::uint16_t port = http_port_of(engine.directory);
  if (port == 0) {
    result.failure = "copyd does not say where its metrics are";
    return result;
  }
  started.copier->resume();
  FillTimes quiet;
  FillTimes attacked;
  {
    HostileClients clients(engine.directory + "/control.sock", port, options.cpu);
    for (int turn = 0; turn < 2 * options.turns; ++turn) {
      const bool loose = turn % 2 == 1;
      if (loose) clients.let_loose();
      else clients.rest();
      std::this_thread::sleep_for(settle);
      (loose ? attacked : quiet)
          .add(venue.run({.group = started.copier->group(),
                          .fills = options.fills_per_turn,
                          .warm_up = warm_up,
                          .gap = gap}));
    }
    clients.rest();
    result.counts = counts_of(clients.counters());
  }
  // Who asked for it all is gone; one that is well-behaved has to find a place.
  result.answers = started.copier->stages() != "{}";
  result.fills = quiet.fills + attacked.fills;
  result.lost = quiet.lost + attacked.lost;
  result.stray = quiet.stray + attacked.stray;
  result.quiet = percentiles_of(std::move(quiet.first));
  result.attacked = percentiles_of(std::move(attacked.first));
  return result;
}

}  // namespace copyd::bench
