// What the journal costs on the path from fill to wire, on a real disk: one append, and whole fills
// through the copy agent and a lane, with a journal and without one by turns, in one run.
//
// Both agents run on one thread here, one after the other, so every record of a fill is in its
// figure; and neither TLS nor a network is in it, so the ratio is an upper bound. The journal's own
// thread syncs every 5 ms, as in the daemon. The directory is made in TMPDIR: set it to measure
// another disk.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/channel.hpp"
#include "core/limits.hpp"
#include "exec/order_lane.hpp"
#include "fixture.hpp"
#include "journal/journal.hpp"
#include "memory_venue.hpp"
#include "risk/copier.hpp"

namespace copyd::bench {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string path = std::filesystem::temp_directory_path() / "copyd-bench-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = path;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// A journal in a directory of its own; its thread, where it is to have one, syncs.
class RealJournal {
 public:
  explicit RealJournal(journal::Settings settings = {})
      : disk_(journal::open_directory(directory_.path()).value()),
        journal_(*disk_, clock_, notices_, settings) {}
  journal::Writer* open(std::string_view writer) {
    return journal_.open(writer, {}, wall_clock_ns()).value();
  }
  // After the last open().
  void start() {
    thread_.emplace("journal", std::vector<Agent*>{&journal_}, Idle::sleep, std::nullopt);
  }
  bool failed() const noexcept { return journal_.failed(); }

 private:
  TemporaryDirectory directory_;
  SteadyClock clock_;
  std::unique_ptr<journal::Disk> disk_;
  Channel<Notice> notices_{limits::notices_max};
  journal::Journal journal_;
  std::optional<AgentThread> thread_;
};

// Of one kind of step, in nanoseconds.
class Times {
 public:
  void add(std::chrono::nanoseconds time) { times_.push_back(static_cast<double>(time.count())); }
  double percentile(std::size_t percent) {
    const auto at =
        times_.begin() + static_cast<std::ptrdiff_t>((times_.size() - 1) * percent / 100);
    std::nth_element(times_.begin(), at, times_.end());
    return *at;
  }

 private:
  std::vector<double> times_;
};

void append_intent(benchmark::State& state) {
  const bool synced = state.range(0) != 0;
  // One segment takes them all: nothing is measured of making the next.
  RealJournal journal({.segment_records = static_cast<std::uint64_t>(state.max_iterations) + 2});
  journal::Writer& writer = *journal.open("lane0");
  if (synced) journal.start();
  const SteadyClock clock;
  journal::Intent intent{.qty = Qty::whole(10), .recv_window_ms = 2000};
  Times times;
  for (auto _ : state) {
    ++intent.timestamp_ms;
    const Mono begin = clock.now();
    const bool written = writer.append(intent, begin);
    const auto time = clock.now() - begin;
    if (!written) {
      state.SkipWithError("not written");
      return;
    }
    times.add(time);
    state.SetIterationTime(std::chrono::duration<double>(time).count());
  }
  char text[96];
  std::snprintf(text, sizeof text, "append: p50 %.0f ns, p99 %.0f ns, %s", times.percentile(50),
                times.percentile(99), synced ? "synced meanwhile" : "no sync");
  state.SetLabel(text);
}
BENCHMARK(append_intent)->ArgName("synced")->Arg(0)->Arg(1)->Iterations(200'000)->UseManualTime();

// The copy agent, one lane and its followers, all of them connected.
class Path {
 public:
  struct Writers {
    journal::Writer* copy = nullptr;
    journal::Writer* lane = nullptr;
  };
  Path(std::size_t followers, Wire wire, Writers writers)
      : count_(followers),
        followers_(make_followers(followers)),
        cells_(followers),
        links_(followers),
        venue_(clock_, wire),
        copier_({.leaders = leaders(),
                 .followers = on_one_lane_,
                 .lanes = lanes_,
                 .symbols = symbols(),
                 .clock = clock_,
                 .leader_events = events_,
                 .commands = commands_,
                 .answers = answers_,
                 .notices = notices_,
                 .cells = cells_,
                 .stages = stages_,
                 .journal = writers.copy}),
        lane_({.transport = venue_,
               .clock = clock_,
               .symbols = symbols(),
               .endpoints = {.rest = "https://rest.test",
                             .sapi = "",
                             .ws_api = "wss://ws.test/ws-fapi/v1",
                             .streams = "wss://streams.test"},
               .orders = orders_,
               .reports = reports_,
               .commands = lane_commands_,
               .notices = notices_,
               .followers = links_,
               .cells = lane_cells_,
               .stages = stages_,
               .books = cells_,
               .journal = writers.lane,
               .books_journal = writers.copy,
               .order_limits = {.per_10s = unlimited, .per_minute = unlimited},
               .holds = &holds_,
               .batch = config::Engine{}.batch}) {
    holds_.weight.set_limit(unlimited, 0);
    connect();
  }

  // From the fill in the copy agent's queue to the last of its orders, in the lane's queue and on
  // the wire.
  struct Taken {
    std::chrono::nanoseconds decided{};
    std::chrono::nanoseconds left{};
  };
  // Empty: some order did not leave.
  std::optional<Taken> copy_fill() {
    const std::uint64_t due = venue_.sent() + count_;
    const Mono begin = clock_.now();
    events_.try_push(LeaderEvent{fill_of(++fills_, begin)});
    copier_.do_work();
    Taken taken{.decided = clock_.now() - begin};
    for (int passes = 0; venue_.sent() < due; ++passes) {
      if (passes == passes_max) return std::nullopt;
      lane_.do_work();
    }
    taken.left = clock_.now() - begin;
    venue_.fill_all();
    settle();
    return copier_.in_flight() == 0 ? std::optional(taken) : std::nullopt;
  }

 private:
  static constexpr int unlimited = 1'000'000'000;
  static constexpr int passes_max = 10'000;
  static constexpr std::chrono::seconds connect_max{10};

  void connect() {
    const TimeSample time{.at = clock_.now(), .venue = VenueTime{venue_.now_ms()}};
    commands_.try_push(time);
    lane_commands_.try_push(time);
    for (std::uint16_t i = 0; i < count_; ++i)
      lane_commands_.try_push(exec::AddFollower{
          .follower = FollowerId{i},
          .credentials = {.api_key = Secret::copy_of(
                              "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83"),
                          .signer = *venue::Signer::hmac(
                              Secret::copy_of("2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff"))},
          .shares = count_ > 1});
    const Mono deadline = clock_.now() + connect_max;
    while (!are_ready()) {
      if (clock_.now() > deadline) throw std::runtime_error("a follower is not connected");
      settle();
    }
  }
  bool are_ready() const {
    return std::ranges::all_of(links_, [](const auto& link) {
      return static_cast<exec::LinkState>(link.link.get()) == exec::LinkState::ready;
    });
  }
  // Until nothing moves any more.
  void settle() {
    for (int passes = 0; passes < passes_max; ++passes)
      if (lane_.do_work() + copier_.do_work() == 0) break;
    Notice notice;
    while (notices_.try_pop(notice)) {}
  }

  const std::size_t count_;
  const SteadyClock clock_;
  const std::vector<config::Follower> followers_;
  const std::vector<risk::CopierSetup::Follower> on_one_lane_ = on_one_lane(followers_);
  Channel<Order> orders_{limits::orders_per_lane_max};
  Channel<Report> reports_{limits::reports_per_lane_max};
  const std::vector<risk::CopierSetup::Lane> lanes_{{orders_, reports_}};
  Channel<LeaderEvent> events_{limits::leader_events_max};
  Channel<CopyCommand> commands_{limits::commands_max};
  Channel<exec::LaneCommand> lane_commands_{limits::commands_max};
  Channel<BookAnswer> answers_{16};
  Channel<Notice> notices_{limits::notices_max};
  std::vector<FollowerCells> cells_;
  std::vector<exec::FollowerLinkCells> links_;
  exec::LaneCells lane_cells_;
  StageTimes stages_;
  MemoryVenue venue_;
  risk::Copier copier_;
  venue::AddressHolds holds_;
  exec::OrderLane lane_;
  std::int64_t fills_ = 0;
};

// The time of an iteration is that of a fill with a journal, on average.
void journal_cost(benchmark::State& state) {
  constexpr std::uint64_t block = 10;  // fills without a journal, then as many with one
  const auto followers = static_cast<std::uint64_t>(state.range(0));
  const auto wire = state.range(1) != 0 ? Wire::kernel : Wire::memory;
  RealJournal journal;
  const Path::Writers writers{.copy = journal.open("copy"), .lane = journal.open("lane0")};
  journal.start();
  Path without(followers, wire, {});
  Path with(followers, wire, writers);
  Times times_without;
  Times times_with;
  for (auto _ : state) {
    std::chrono::nanoseconds sum{0};
    for (std::uint64_t i = 0; i < 2 * block; ++i) {
      const bool kept = i >= block;
      const auto time = (kept ? with : without).copy_fill();
      if (!time || journal.failed()) {
        state.SkipWithError("an order did not leave, or was not kept");
        return;
      }
      (kept ? times_with : times_without).add(time->left);
      if (kept) sum += time->left;
    }
    state.SetIterationTime(std::chrono::duration<double>(sum).count() / double{block});
  }
  // What was measured is what it says: every fill and every order has its record.
  const std::uint64_t fills = static_cast<std::uint64_t>(state.iterations()) * block;
  if (writers.copy->appended() < fills || writers.lane->appended() < fills * followers) {
    state.SkipWithError("records are missing");
    return;
  }
  const double p50_without = times_without.percentile(50);
  const double p50_with = times_with.percentile(50);
  char text[160];
  std::snprintf(text, sizeof text,
                "journal cost: p50 %.0f ns without, %.0f ns with, ratio %.2f; p99 %.0f, %.0f",
                p50_without, p50_with, p50_with / p50_without, times_without.percentile(99),
                times_with.percentile(99));
  state.SetLabel(text);
}

BENCHMARK(journal_cost)
    ->ArgNames({"followers", "kernel"})
    ->ArgsProduct({{1, 10, 100}, {0, 1}})
    ->Iterations(200)
    ->UseManualTime();

// The same, with a journal, after something else has been in the caches: what a fill costs that
// comes out of silence. `cold`: so many MiB were walked before each fill.
void cold_fill(benchmark::State& state) {
  const auto followers = static_cast<std::uint64_t>(state.range(0));
  std::vector<char> others(static_cast<std::size_t>(state.range(1)) << 20U);
  RealJournal journal;
  const Path::Writers writers{.copy = journal.open("copy"), .lane = journal.open("lane0")};
  journal.start();
  Path path(followers, Wire::kernel, writers);
  Times decided;
  Times left;
  for (auto _ : state) {
    for (std::size_t i = 0; i < others.size(); i += limits::cache_line) ++others[i];
    benchmark::DoNotOptimize(others.data());
    const auto time = path.copy_fill();
    if (!time || journal.failed()) {
      state.SkipWithError("an order did not leave, or was not kept");
      return;
    }
    decided.add(time->decided);
    left.add(time->left);
    state.SetIterationTime(std::chrono::duration<double>(time->left).count());
  }
  char text[96];
  std::snprintf(text, sizeof text, "p50: decided %.0f ns, left %.0f ns", decided.percentile(50),
                left.percentile(50));
  state.SetLabel(text);
}

BENCHMARK(cold_fill)
    ->ArgNames({"followers", "cold"})
    ->ArgsProduct({{1, 100}, {0, 8, 64}})
    ->Iterations(300)
    ->UseManualTime();

}  // namespace
}  // namespace copyd::bench
