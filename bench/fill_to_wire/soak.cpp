#include "bench/fill_to_wire/soak.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdio>
#include <span>

#include "bench/fill_to_wire/copier.hpp"
#include "bench/fill_to_wire/plot.hpp"
#include "bench/fill_to_wire/report.hpp"
#include "bench/fill_to_wire/statistics.hpp"
#include "ops/json.hpp"

namespace copyd::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds gap = 20ms;
constexpr int fills_per_window = 500;
// From its middle third to its last what is resident, at the median, may grow so much, and is said
// to have settled. The first third is left out: what the path, the history and a compaction need is
// taken when they first need it. One window may meet a compaction with a segment in its hands.
constexpr std::int64_t growth_max_percent = 5;

struct Window {
  double minutes = 0;
  std::int64_t resident_kib = 0;
  Percentiles first;
  Percentiles last;
};

std::int64_t usually_resident(std::span<const Window> windows) {
  std::vector<std::int64_t> sizes;
  for (const auto& window : windows) sizes.push_back(window.resident_kib);
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return sizes.empty() ? 0 : *middle;
}

bool has_settled(std::span<const Window> windows) {
  const std::size_t third = windows.size() / 3;
  const std::int64_t before = usually_resident(windows.subspan(third, windows.size() - 2 * third));
  const std::int64_t after = usually_resident(windows.last(third));
  return third != 0 && after * 100 <= before * (100 + growth_max_percent);
}

Series series_of(const char* name, const std::vector<Window>& windows, auto value) {
  Series series{.name = name, .points = {}};
  for (const auto& window : windows)
    series.points.emplace_back(window.minutes, static_cast<double>(value(window)));
  return series;
}

bool write_charts(const std::string& output, const std::vector<Window>& windows) {
  const auto micros_of = [](std::int64_t ns) { return static_cast<double>(ns) / 1000.0; };
  Chart memory{.title = "Resident memory of copyd", .x_label = "minutes", .y_label = "MiB"};
  memory.series.push_back(series_of("resident", windows, [](const Window& w) {
    return static_cast<double>(w.resident_kib) / 1024.0;
  }));
  Chart tail{.title = "Fill written to order read, window by window",
             .x_label = "minutes",
             .y_label = "us",
             .y_logarithmic = true};
  tail.series.push_back(
      series_of("first, p50", windows, [&](const Window& w) { return micros_of(w.first.p50); }));
  tail.series.push_back(
      series_of("last, p50", windows, [&](const Window& w) { return micros_of(w.last.p50); }));
  tail.series.push_back(
      series_of("last, p99", windows, [&](const Window& w) { return micros_of(w.last.p99); }));
  return write_file(output + "/soak_memory.svg", svg_of(memory)) &&
         write_file(output + "/soak_tail.svg", svg_of(tail));
}

std::string json_of_soak(const SoakOptions& options, const std::vector<Window>& windows,
                         const FillTimes& totals, bool settled) {
  ops::JsonWriter out;
  out.begin_object().key("machine").raw(machine_json());
  out.member("followers", options.followers)
      .member("gap_us", std::chrono::microseconds(gap).count())
      .member("fills", totals.fills)
      .member("lost", totals.lost)
      .member("stray_orders", totals.stray)
      .member("memory_settled", settled);
  out.key("windows").begin_array();
  for (const auto& window : windows) {
    out.begin_object()
        .member("seconds", static_cast<std::int64_t>(window.minutes * 60))
        .member("resident_kib", window.resident_kib);
    out.key("first_ns").raw(json_of(window.first));
    out.key("last_ns").raw(json_of(window.last));
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace

bool run_soak(BenchVenue& venue, const SoakOptions& options) {
  EngineOptions engine;
  engine.followers = options.followers;
  engine.directory = options.directory + "/engine";
  Started started = start_engine(venue, engine);
  if (!started.copier) {
    std::fprintf(stderr, "soak: %s\n", started.failure.c_str());
    return false;
  }
  started.copier->resume();
  std::vector<Window> windows;
  FillTimes totals;
  const auto begun = Steady::now();
  while (Steady::now() < begun + options.length) {
    const FillTimes times = venue.run(
        {.group = started.copier->group(), .fills = fills_per_window, .warm_up = 0, .gap = gap});
    const std::chrono::duration<double, std::ratio<60>> minutes = Steady::now() - begun;
    windows.push_back({.minutes = minutes.count(),
                       .resident_kib = started.copier->resident_kib(),
                       .first = percentiles_of(times.first),
                       .last = percentiles_of(times.last)});
    totals.fills += times.fills;
    totals.lost += times.lost;
    totals.stray += times.stray;
    const Window& now = windows.back();
    std::printf("%6.1f min  %7lld KiB  first p50 %s us  last p50 %s p99 %s us  lost %lld\n",
                now.minutes, static_cast<long long>(now.resident_kib),
                micros(now.first.p50).c_str(), micros(now.last.p50).c_str(),
                micros(now.last.p99).c_str(), static_cast<long long>(totals.lost));
    std::fflush(stdout);
  }
  const bool settled = has_settled(windows);
  const bool written = write_file(options.output + "/soak.json",
                                  json_of_soak(options, windows, totals, settled) + "\n") &&
                       write_charts(options.output, windows);
  std::printf("%lld fills, %lld lost, %lld stray orders, memory %s\n",
              static_cast<long long>(totals.fills), static_cast<long long>(totals.lost),
              static_cast<long long>(totals.stray), settled ? "settled" : "still grows");
  return written && settled && totals.lost == 0 && totals.stray == 0;
}

}  // namespace copyd::bench
