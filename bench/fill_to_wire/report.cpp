#include "bench/fill_to_wire/report.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "bench/fill_to_wire/plot.hpp"
#include "ops/json.hpp"

namespace copyd::bench {
namespace {

std::string json_of(const RowResult& row) {
  ops::JsonWriter out;
  out.begin_object()
      .member("name", row.row.name)
      .member("followers", row.row.engine.followers)
      .member("gap_us", row.row.gap.count())
      .member("threads", row.row.engine.threads)
      .member("idle", row.row.engine.idle)
      .member("lanes", row.row.engine.lanes)
      .member("connection", row.row.engine.connection)
      .member("batch", row.row.engine.batch)
      .member("leader_connections", row.row.engine.leader_connections)
      .member("key", row.row.engine.ed25519 ? "ed25519" : "hmac");
  out.key("results").begin_array();
  for (const auto& result : row.results) {
    out.begin_object().member("copier", result.copier);
    if (!result.failure.empty()) {
      out.member("not_measured", result.failure).end_object();
      continue;
    }
    out.member("fills", result.times.fills)
        .member("lost", result.times.lost)
        .member("stray_orders", result.times.stray);
    out.key("first_ns").raw(json_of(result.first));
    out.key("last_ns").raw(json_of(result.last));
    out.key("first_from_schedule_ns").raw(json_of(result.first_scheduled));
    out.key("last_from_schedule_ns").raw(json_of(result.last_scheduled));
    out.key("venue_writing_ns").raw(json_of(result.writing));
    out.key("stages_ns").raw(result.stages);
    if (result.copier == "copyd") {
      out.key("last_left_ns").raw(json_of(result.last_left));
      out.member("left_fills", result.last_left.count);
      out.key("first_words").raw(result.first_words);
    }
    out.member("resident_kib", result.resident_kib).member("ready_ms", result.ready_ms);
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

std::string json_of(const Goal& goal) {
  ops::JsonWriter out;
  out.begin_object().member("name", goal.name).member("goal", goal.goal);
  if (goal.value.empty()) out.key("value").null();
  else out.member("value", goal.value);
  out.member("pass", goal.pass);
  if (!goal.note.empty()) out.member("note", goal.note);
  out.end_object();
  return out.take();
}

template <class Items, class Write>
std::string array_of(const Items& items, Write write) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ",\n  ";
    out += write(item);
  }
  return out + "]";
}

double as_micros(std::int64_t ns) {
  return static_cast<double>(ns) / 1000.0;
}

// How long the first order took, by percentile, of every copier of the row.
Chart tail_of(const RowResult& row) {
  Chart chart{.title = "Fill written to first order read: " + row.row.name,
              .x_label = "percentile",
              .y_label = "us",
              .y_logarithmic = true,
              .x_names = {"p50", "p90", "p99", "p99.9", "max"}};
  for (const auto& result : row.results) {
    if (result.first.count == 0) continue;
    const auto& p = result.first;
    chart.series.push_back({.name = result.copier, .points = {}});
    double x = 0;
    for (const auto ns : {p.p50, p.p90, p.p99, p.p999, p.max})
      chart.series.back().points.emplace_back(x++, as_micros(ns));
  }
  return chart;
}

Chart growth_of(const std::vector<RowResult>& rows) {
  Chart chart{.title = "Fill written to last order read, p50",
              .x_label = "followers",
              .y_label = "us",
              .x_logarithmic = true,
              .y_logarithmic = true};
  const auto add = [&](const char* copier, const char* connection) {
    Series series{.name = fmt::format("{}, {} connections", copier, connection), .points = {}};
    for (const auto& row : rows) {
      const bool wanted = !row.row.peers && row.row.engine.connection == connection &&
                          !row.row.engine.ed25519 && row.row.engine.idle == "spin" &&
                          row.row.engine.threads == "shared" &&
                          row.row.gap >= std::chrono::microseconds(2000) &&
                          (row.row.engine.followers > 1 || row.row.name == "1 follower");
      const Result* result = wanted ? row.find(copier) : nullptr;
      if (result != nullptr)
        series.points.emplace_back(static_cast<double>(row.row.engine.followers),
                                   as_micros(result->last.p50));
    }
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  };
  for (const char* copier : {"floor", "copyd"})
    for (const char* connection : {"own", "shared"}) add(copier, connection);
  return chart;
}

}  // namespace

std::string machine_json() {
  utsname kernel{};
  ::uname(&kernel);
  std::string model = "unknown";
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);)
    if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
  double load[3] = {0, 0, 0};
  static_cast<void>(::getloadavg(load, 3));
  ops::JsonWriter out;
  out.begin_object()
      .member("cpu", model)
      .member("cpus", std::thread::hardware_concurrency())
      .member("kernel", std::string(kernel.release))
      .member("load", fmt::format("{:.2f} {:.2f} {:.2f}", load[0], load[1], load[2]))
      .end_object();
  return out.take();
}

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  return out.good();
}

std::string table_of(const RowResult& row) {
  std::string out =
      fmt::format("{} ({} us apart; {}, {}, {} connections)\n", row.row.name, row.row.gap.count(),
                  row.row.engine.threads, row.row.engine.idle, row.row.engine.connection);
  out += fmt::format("  {:<14} {:>8} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>10}\n", "us",
                     "fills", "lost", "first p50", "p90", "p99", "p99.9", "max", "last p50",
                     "last p99");
  for (const auto& r : row.results) {
    if (!r.failure.empty()) {
      out += fmt::format("  {:<14} not measured: {}\n", r.copier, r.failure);
      continue;
    }
    out += fmt::format("  {:<14} {:>8} {:>5} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>10}\n",
                       r.copier, r.times.fills, r.times.lost, micros(r.first.p50),
                       micros(r.first.p90), micros(r.first.p99), micros(r.first.p999),
                       micros(r.first.max), micros(r.last.p50), micros(r.last.p99));
    if (r.last_left.count != 0)
      out +=
          fmt::format("  {:<14} last order left (journal, {} fills): p50 {} p90 {} p99 {} max {}\n",
                      "", r.last_left.count, micros(r.last_left.p50), micros(r.last_left.p90),
                      micros(r.last_left.p99), micros(r.last_left.max));
  }
  return out;
}

std::string table_of(const std::vector<Goal>& goals) {
  std::string out = "\nGoals\n";
  for (const auto& goal : goals) {
    const bool measured = !goal.value.empty();
    out += fmt::format("  {:<4} {:<62} {:<10} {}{}\n",
                       goal.pass  ? "ok"
                       : measured ? "MISS"
                                  : "-",
                       goal.name, measured ? goal.value : "-", goal.goal,
                       goal.note.empty() ? "" : " (" + goal.note + ")");
  }
  return out;
}

bool write_report(const std::string& directory, const std::vector<RowResult>& rows,
                  const std::vector<Goal>& goals, const std::vector<BurstResult>& bursts,
                  const std::optional<HostileResult>& hostile) {
  const std::string json = fmt::format(
      "{{\"machine\":{},\n\"rows\":{},\n\"bursts\":{},\n\"hostile\":{},\n"
      "\"goals\":{}}}\n",
      machine_json(), array_of(rows, [](const RowResult& row) { return json_of(row); }),
      array_of(bursts, [](const BurstResult& burst) { return burst.json(); }),
      hostile ? hostile->json() : "null",
      array_of(goals, [](const Goal& goal) { return json_of(goal); }));
  bool written = write_file(directory + "/fill_to_wire.json", json);
  for (const auto& row : rows) {
    if (row.row.name == "1 follower")
      written &= write_file(directory + "/tail.svg", svg_of(tail_of(row)));
    if (row.row.name == "peers, 1 follower")
      written &= write_file(directory + "/peers.svg", svg_of(tail_of(row)));
  }
  return written && write_file(directory + "/followers.svg", svg_of(growth_of(rows)));
}

}  // namespace copyd::bench
