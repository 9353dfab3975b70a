// kill_loop: a leader trades without pause while the daemon is killed again and again, in the
// middle of an order, at any other moment, and while it recovers. At the end the venue's ledger
// says whether anything was copied twice, lost, or left off its target.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "ops/json.hpp"
#include "tests/system/kill_loop/check.hpp"
#include "tests/system/kill_loop/kill_plan.hpp"
#include "tests/system/kill_loop/leader.hpp"
#include "tests/system/kill_loop/probe.hpp"
#include "tests/system/rig.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// What the daemon logs when it is ready.
constexpr const char* word_of_readiness = " ready\n";

struct Options {
  int kills = 20;
  std::uint64_t seed = 1;
  bool inject = false;
  bool json = false;
  bool keep = false;
};

const std::vector<FollowerPlan>& followers() {
  static const std::vector<FollowerPlan> plans{
      {.label = "bob",
       .ratio_percent = 50,
       .link = "order = { type = \"limit_ioc\", max_slippage_bps = 50 }"},
      {.label = "carol",
       .ratio_percent = 25,
       .hedge = true,
       .link = "order = { type = \"market\" }"},
      {.label = "dave",
       .ratio_percent = 50,
       .misses_nothing = true,
       .link = "order = { type = \"market\" }\nmax_fill_age_ms = 600000"},
      {.label = "follower1", .ratio_percent = 100, .link = "order = { type = \"market\" }"}};
  return plans;
}

struct Report {
  int kills = 0;
  int in_recovery = 0;  // of them, before the daemon was ready
  int by_system_call = 0;
  int mid_order = 0;
  std::int64_t skipped_stale = 0;
  std::int64_t unaccounted = 0;  // fills of a follower without exactly one outcome
  double settled_s = 0;          // from the last start until nothing was in flight
  double start_s = 0;            // of an undisturbed start: until it is ready, on average
  double seconds = 0;
  Verdict verdict;
  std::vector<std::string> secrets;  // where one was written

  bool too_easy() const { return mid_order * 4 < kills; }
  bool good() const {
    return verdict.clean() && unaccounted == 0 && secrets.empty() && !too_easy();
  }
};

class KillLoop {
 public:
  explicit KillLoop(const Options& options)
      : options_(options), plan_(options.seed, options.inject) {}

  Report run();
  Rig& rig() { return rig_; }

 private:
  void prepare();
  void slow_down();
  void kill_once(const Kill& kill);
  void wait_for(const Kill& kill);
  bool wait_until_ready();
  void settle();
  std::vector<Target> targets();
  std::int64_t count_outcomes(const Json& status, bool& quiet);

  const Options options_;
  KillPlan plan_;
  Rig rig_;
  std::unique_ptr<Leader> leader_;
  std::set<std::pair<CopyId, int>> left_open_;  // intents that an earlier kill has left
  std::vector<double> starts_;
  Report report_;
};

void KillLoop::prepare() {
  // Starting every second or so is not what a limit by weight is made for.
  rig_.start_venue({"--symbols", "20", "--followers", "1", "--weight-limits", "off", "--seed",
                    std::to_string(options_.seed)});
  rig_.unlock_with_key();
  std::string accounts = "[[leader]]\nlabel = \"alpha\"\n";
  for (const auto& follower : followers())
    accounts += fmt::format(
        "[[follower]]\nlabel = \"{}\"\n[[follower.link]]\nleader = \"alpha\"\n"
        "sizing = {{ mode = \"fixed_ratio\", ratio = {}.{:02} }}\n{}\n",
        follower.label, follower.ratio_percent / 100, follower.ratio_percent % 100, follower.link);
  rig_.configure("threads = \"shared\"\nidle = \"backoff\"", accounts);
  rig_.start_daemon();
  rig_.connect("alpha");
  for (const auto& follower : followers()) rig_.connect(follower.label);
  if (!wait_until_ready()) throw std::runtime_error("the daemon did not become ready");
  slow_down();
  leader_ = std::make_unique<Leader>(rig_.control_address(), options_.seed);
}

// Answers and events take some milliseconds, as from a real venue: so that there is a middle.
void KillLoop::slow_down() {
  for (const auto& follower : followers()) {
    rig_.venue(fmt::format(R"({{"command":"engine_delay","account":"{}","ms":{}}})", follower.label,
                           plan_.delay_ms()));
    rig_.venue(fmt::format(
        R"({{"command":"delay_next","account":"{}","what":"stream","ms":{},"count":1000000}})",
        follower.label, plan_.delay_ms()));
  }
}

bool KillLoop::wait_until_ready() {
  const auto deadline = Steady::now() + 60s;
  while (Steady::now() < deadline) {
    if (!rig_.daemon_runs()) return false;
    if (const Json now = rig_.status(); now.valid() && now.truth("/ready")) return true;
  }
  throw std::runtime_error("the daemon is not ready after a minute");
}

void KillLoop::wait_for(const Kill& kill) {
  if (kill.moment != Kill::Moment::at_start) {
    const auto begun = Steady::now();
    if (!wait_until_ready()) return;
    starts_.push_back(std::chrono::duration<double>(Steady::now() - begun).count());
  }
  if (!kill.system_calls.empty()) {
    std::optional<engine::Process> tracer;
    if (auto arguments = KillPlan::tracer_of(kill, rig_.daemon().pid()); !arguments.empty())
      tracer = engine::Process::spawn(
          {.arguments = std::move(arguments), .input = {}, .error_file = {}});
    // What has not happened by then is brought about by a plain kill.
    for (int i = 0; i < 100 && rig_.daemon_runs(); ++i) leader_->wait(10ms);
    return;
  }
  if (kill.moment == Kill::Moment::in_an_order) leader_->wait_for_fill_after(leader_->fills(), 2s);
  leader_->wait(kill.after);
}

void KillLoop::kill_once(const Kill& kill) {
  const std::size_t log_before = rig_.daemon_log().size();
  rig_.launch_daemon(KillPlan::tracer_of_start(kill));
  wait_for(kill);
  const bool by_itself = !rig_.daemon_runs();
  if (by_itself && kill.system_calls.empty())
    throw std::runtime_error("the daemon ended by itself");
  rig_.kill_daemon();
  report_.by_system_call += by_itself ? 1 : 0;
  const std::string log = rig_.daemon_log();
  report_.in_recovery += log.find(word_of_readiness, log_before) == std::string::npos ? 1 : 0;
  ++report_.kills;
  auto open = intents_without_result(rig_.journal_directory());
  bool fresh = false;
  for (const auto& attempt : open) fresh = fresh || !left_open_.contains(attempt);
  report_.mid_order += fresh ? 1 : 0;
  left_open_.merge(open);
  if (!options_.json && report_.kills % 10 == 0)
    fmt::print("{} kills, {} in the middle of an order, {} fills\n", report_.kills,
               report_.mid_order, leader_->fills());
  std::fflush(stdout);
}

// The fills that have an outcome, of the follower with the fewest; quiet when nothing is in flight.
std::int64_t KillLoop::count_outcomes(const Json& status, bool& quiet) {
  std::int64_t off = 0;
  quiet = status.valid();
  report_.skipped_stale = 0;
  for (std::size_t i = 0; i < followers().size(); ++i) {
    const std::string row = fmt::format("/followers/{}", i);
    std::int64_t sum = 0;
    for (const char* outcome : {"unknown", "failed", "skipped", "carried", "copied", "none"})
      sum += status.number(fmt::format("{}/outcomes/{}", row, outcome));
    off += std::abs(leader_->fills() - sum);
    report_.skipped_stale += status.number(row + "/skipped/stale_fill");
    quiet = quiet && status.number(row + "/in_flight") == 0 &&
            status.number(row + "/outcomes/unknown") == 0;
  }
  return off;
}

void KillLoop::settle() {
  const auto begun = Steady::now();
  rig_.launch_daemon();
  if (!wait_until_ready()) throw std::runtime_error("the daemon ended by itself");
  leader_->finish();
  // A buy and a sell of one leg that are both in doubt leave the position as it is: whether neither
  // or both have traded is certain only when the venue has denied them for a while.
  const auto deadline = Steady::now() + 180s;
  bool quiet = false;
  do {
    leader_->wait(20ms);
    report_.unaccounted = count_outcomes(rig_.status(), quiet);
    if (!rig_.daemon_runs()) throw std::runtime_error("the daemon ended by itself");
  } while ((!quiet || report_.unaccounted != 0) && Steady::now() < deadline);
  report_.settled_s = std::chrono::duration<double>(Steady::now() - begun).count();
  if (!quiet) throw std::runtime_error("orders are still in flight after three minutes");
}

std::vector<Target> KillLoop::targets() {
  const Json reply(rig_.copyctl({"--json", "positions"}).output);
  std::vector<Target> targets;
  for (int i = 0;; ++i) {
    const std::string row = fmt::format("/positions/{}", i);
    const std::string follower = reply.text(row + "/follower");
    if (follower.empty()) return targets;
    const auto qty = [&](const char* key) {
      return Qty::parse(reply.text(fmt::format("{}/{}", row, key))).value_or(Qty());
    };
    targets.push_back({.follower = follower,
                       .symbol = reply.text(row + "/symbol"),
                       .leg = reply.text(row + "/leg"),
                       .target = qty("target"),
                       .position = qty("position"),
                       .in_flight = qty("in_flight")});
  }
}

Report KillLoop::run() {
  const auto begun = Steady::now();
  prepare();
  rig_.kill_daemon();
  while (report_.kills < options_.kills) {
    if (report_.kills % 10 == 9) slow_down();
    kill_once(plan_.next());
  }
  settle();
  const Json ledger = rig_.venue(R"({"command":"ledger"})");
  std::ofstream(rig_.directory() / "ledger.json") << ledger.source() << '\n';
  report_.verdict = judge(read_ledger(ledger), followers(), targets());
  for (const double start : starts_) report_.start_s += start / static_cast<double>(starts_.size());
  report_.seconds = std::chrono::duration<double>(Steady::now() - begun).count();
  report_.secrets = rig_.find_secrets();
  return report_;
}

void print(const Report& report, bool json) {
  const Verdict& verdict = report.verdict;
  if (json) {
    ops::JsonWriter out;
    out.begin_object()
        .member("kills", report.kills)
        .member("leader_fills", verdict.leader_fills)
        .member("doubled", verdict.doubled)
        .member("lost", verdict.lost)
        .member("off_target", verdict.off_target)
        .member("mid_order", report.mid_order)
        .member("in_recovery", report.in_recovery)
        .member("by_system_call", report.by_system_call)
        .member("annulled", verdict.annulled)
        .member("skipped_stale", report.skipped_stale)
        .member("unaccounted", report.unaccounted)
        .member("seconds", static_cast<std::int64_t>(report.seconds))
        .end_object();
    fmt::print("{}\n", out.take());
  } else {
    fmt::print(
        "kills              {}\n  in the middle of an order  {}\n  during recovery    {}\n"
        "  at a system call   {}\nleader fills       {}\ndoubled            {}\n"
        "lost               {}\noff target         {}\nannulled           {}\n"
        "skipped as stale   {}\n"
        "unaccounted        {}\nstart until ready  {:.2f} s\nat rest after      {:.1f} s\n"
        "time               {:.0f} s\n",
        report.kills, report.mid_order, report.in_recovery, report.by_system_call,
        verdict.leader_fills, verdict.doubled, verdict.lost, verdict.off_target, verdict.annulled,
        report.skipped_stale, report.unaccounted, report.start_s, report.settled_s, report.seconds);
  }
  for (const auto& word : verdict.words) fmt::print(stderr, "{}\n", word);
  for (const auto& place : report.secrets) fmt::print(stderr, "{}\n", place);
  if (report.too_easy())
    fmt::print(stderr, "too easy: {} of {} kills were in the middle of an order\n",
               report.mid_order, report.kills);
}

int run(const Options& options) {
  KillLoop loop(options);
  if (options.keep) loop.rig().keep();
  try {
    const Report report = loop.run();
    print(report, options.json);
    if (!report.good()) loop.rig().keep();
    if (!report.good() || options.keep)
      fmt::print(stderr, "log, state: {}\n", loop.rig().directory().string());
    return report.good() ? 0 : 1;
  } catch (const std::exception& failure) {
    loop.rig().keep();
    fmt::print(stderr, "kill_loop: {}; log, state: {}\n", failure.what(),
               loop.rig().directory().string());
    return 1;
  }
}

}  // namespace
}  // namespace copyd::system_test

int main(int argc, char** argv) {
  // The rig speaks in assertions; outside a test a failed one is an exception.
  testing::GTEST_FLAG(throw_on_failure) = true;
  int none = 1;
  testing::InitGoogleTest(&none, argv);
  copyd::system_test::Options options;
  CLI::App app(
      "Kills copyd while it copies, and compares what came of it with the venue's ledger.");
  app.add_option("--kills", options.kills, "how often")->check(CLI::Range(1, 100'000));
  app.add_option("--seed", options.seed, "of the trades and the moments");
  app.add_flag("--inject", options.inject, "kill it before a drawn system call, by strace");
  app.add_flag("--json", options.json, "print one line of JSON");
  app.add_flag("--keep", options.keep, "keep the directory with the log and the state");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) { return app.exit(error) == 0 ? 0 : 2; }
  return copyd::system_test::run(options);
}
