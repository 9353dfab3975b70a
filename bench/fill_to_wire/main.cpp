// fill_to_wire: how long a leader's fill takes to become orders, with the real engine, over TLS,
// next to the floor responder and, with --peers, to bots on the ecosystem's client libraries.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "bench/fill_to_wire/burst.hpp"
#include "bench/fill_to_wire/goals.hpp"
#include "bench/fill_to_wire/hostile.hpp"
#include "bench/fill_to_wire/matrix.hpp"
#include "bench/fill_to_wire/report.hpp"
#include "bench/fill_to_wire/soak.hpp"

namespace copyd::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* examples = R"(
Examples:
  fill_to_wire                          the whole matrix, some 20 minutes
  fill_to_wire --quick --peers --burst --hostile
                                        all of it with fewer fills, 3 minutes
  fill_to_wire --row "10 followers"     rows whose names contain that
  fill_to_wire --soak --minutes 20      100 followers, memory and tail over time
  fill_to_wire --burst-only             a thousand fills at once, against venue-sim
  fill_to_wire --hostile-only           by turns with and without clients that mean ill

Exit codes: 0 measured (whatever the goals say), 1 something could not be measured or got lost, or
the burst alone ended elsewhere than it should,
2 wrong usage.)";

struct Arguments {
  bool quick = false;
  bool smoke = false;
  bool peers = false;
  bool burst = false;
  bool burst_only = false;
  int burst_fills = 1000;
  std::size_t burst_followers = 100;
  bool hostile = false;
  bool hostile_only = false;
  bool soak = false;
  bool pin = true;
  int minutes = 20;
  std::string row;
  std::string output = ".";
};

// Removed with its content at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "copyd-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// A thousand followers have some three thousand sockets, on either side.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

std::vector<RowResult> run_rows(const Arguments& arguments, BenchVenue& venue,
                                const std::string& directory, int cpu) {
  const Extent extent = arguments.smoke   ? Extent::smoke
                        : arguments.quick ? Extent::quick
                                          : Extent::full;
  std::vector<RowResult> results;
  for (const auto& row : rows_of(extent, arguments.peers)) {
    if (row.name.find(arguments.row) == std::string::npos) continue;
    results.push_back(run_row(venue, row, directory, cpu));
    std::printf("%s\n", table_of(results.back()).c_str());
    std::fflush(stdout);
  }
  return results;
}

std::vector<BurstResult> run_bursts(const Arguments& arguments, const std::string& directory) {
  std::vector<BurstResult> results;
  for (const bool limits : {false, true}) {
    results.push_back(run_burst({.fills = arguments.burst_fills,
                                 .followers = arguments.burst_followers,
                                 .order_limits = limits,
                                 .directory = directory}));
    const BurstResult& burst = results.back();
    std::printf("burst, order limits %s: %s, finished after %lld ms, skipped %s%s%s\n",
                limits ? "on" : "off (announced)", burst.words().c_str(),
                static_cast<long long>(burst.finished_ms), burst.skipped.c_str(),
                burst.failure.empty() ? "" : "; ", burst.failure.c_str());
    std::fflush(stdout);
  }
  return results;
}

HostileResult run_attack(const Arguments& arguments, BenchVenue& venue,
                         const std::string& directory, int cpu) {
  HostileOptions options{.directory = directory, .cpu = cpu};
  if (arguments.quick) options.turns = 12;
  if (arguments.smoke)
    options = {.turns = 2, .fills_per_turn = 50, .directory = directory, .cpu = cpu};
  HostileResult result = run_hostile(venue, options);
  std::printf("hostile clients: %s\n", result.words().c_str());
  std::fflush(stdout);
  return result;
}

// Every fill answered by everybody: what has to hold on any machine, however slow.
bool is_complete(const std::vector<RowResult>& rows) {
  for (const auto& row : rows)
    for (const auto& result : row.results)
      if (!result.failure.empty() || result.times.lost != 0 || result.times.stray != 0 ||
          result.first.count != static_cast<std::size_t>(result.times.fills) ||
          result.first.count == 0)
        return false;
  return !rows.empty();
}

int run(const Arguments& arguments) {
  raise_file_limit();
  const Scratch scratch;
  std::error_code error;
  fs::create_directories(arguments.output, error);
  const std::string certificates = scratch.path() + "/venue";
  fs::create_directories(certificates, error);
  const Cpus cpus = arguments.pin ? usable_cpus() : Cpus{};
  BenchVenue venue(certificates, cpus.venue);
  if (arguments.soak)
    return run_soak(venue, {.length = std::chrono::minutes(arguments.minutes),
                            .directory = scratch.path(),
                            .output = arguments.output})
               ? 0
               : 1;
  std::vector<RowResult> rows;
  const bool only_a_part = arguments.burst_only || arguments.hostile_only;
  if (!only_a_part) rows = run_rows(arguments, venue, scratch.path(), cpus.copier);
  std::vector<BurstResult> bursts;
  if (arguments.burst || arguments.burst_only) bursts = run_bursts(arguments, scratch.path());
  std::optional<HostileResult> hostile;
  if (arguments.hostile || arguments.hostile_only)
    hostile = run_attack(arguments, venue, scratch.path(), cpus.copier);
  const auto goals = goals_of(rows, bursts, hostile);
  if (!arguments.smoke) std::printf("%s", table_of(goals).c_str());
  if (!write_report(arguments.output, rows, goals, bursts, hostile)) {
    std::fprintf(stderr, "fill_to_wire: cannot write to %s\n", arguments.output.c_str());
    return 1;
  }
  if (arguments.smoke && hostile && !hostile->is_whole()) return 1;
  if (arguments.burst_only && !std::all_of(bursts.begin(), bursts.end(),
                                           [](const auto& burst) { return burst.is_right(); }))
    return 1;
  return !arguments.smoke || only_a_part || is_complete(rows) ? 0 : 1;
}

int parse_and_run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Measures the engine from a leader's fill to the orders on the wire."};
  app.footer(examples);
  app.add_flag("--quick", arguments.quick, "fewer fills");
  app.add_flag("--smoke", arguments.smoke,
               "a few hundred fills of one follower; fails when one is lost; times say nothing");
  app.add_flag("--peers", arguments.peers, "also the bots of bench/peers (Node, npm ci done)");
  app.add_flag("--burst", arguments.burst, "also a thousand fills at once, against venue-sim");
  app.add_flag("--burst-only", arguments.burst_only,
               "the burst and nothing else; fails when a follower ends off its target");
  app.add_option("--burst-fills", arguments.burst_fills, "of the burst, a multiple of ten")
      ->check(CLI::Range(10, 5000));
  app.add_option("--burst-followers", arguments.burst_followers, "of the burst")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--hostile", arguments.hostile,
               "also clients that misuse the control socket and the metrics page");
  app.add_flag("--hostile-only", arguments.hostile_only, "those and nothing else");
  app.add_flag("--soak", arguments.soak, "trades without pause, and watches memory and the tail");
  app.add_option("--minutes", arguments.minutes, "of the soak")->check(CLI::Range(1, 1440));
  app.add_flag("!--no-pin", arguments.pin,
               "leaves the venue's and the copier's threads to the scheduler");
  app.add_option("--row", arguments.row, "only rows whose names contain that");
  app.add_option("--output", arguments.output, "directory for JSON and charts");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) { return app.exit(failure) == 0 ? 0 : 2; }
  try {
    return run(arguments);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "fill_to_wire: %s\n", failure.what());
    return 1;
  }
}

}  // namespace
}  // namespace copyd::bench

int main(int argc, char** argv) {
  return copyd::bench::parse_and_run(argc, argv);
}
