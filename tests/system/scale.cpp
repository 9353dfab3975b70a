// scale: how much of the venue's weight many accounts use, at the start and from then on, how long
// a start takes, how much memory and how many streams, with the venue's limits on. The venue
// counts.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>

#include "ops/json.hpp"
#include "ops/key_store.hpp"
#include "tests/system/rig.hpp"
#include "venue/address_weight.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// Of a store with keys of the simulated venue only.
constexpr std::string_view keyring = "32 bytes that open a test's key.";
static_assert(keyring.size() == ops::KeyStore::key_size);

struct Options {
  int followers = 1000;
  int minutes = 12;
  int restarts = 0;
  bool outage = false;
  bool mirror = false;
  bool own = false;  // each follower has connections of its own
  bool limits = true;
  bool json = false;
};

// Within how long a start is over, by weight. As many begin at once as find room, and as many again
// when their minute is over.
struct StartTime {
  int least_s = 0;  // if nothing else were asked
  int most_s = 0;
};

StartTime start_time(const Options& options) {
  const int each = venue::call_weight::session + (options.own ? venue::call_weight::handshake : 0);
  constexpr int mirrored = 6;   // more, where leverage and margin type are looked at
  constexpr int minute_s = 65;  // counted at least, and at most
  constexpr int span_s = std::chrono::seconds(venue::WeightMinute::span).count();
  constexpr int leader = 100;  // for its history
  constexpr int work_s = 30;   // of this machine
  using namespace venue::weight_share;
  const int accounts = options.followers + 1;
  const int room = limit * venue::AddressWeight::patient_percent / 100 - by_timetable(accounts);
  const int left = room - equities(accounts) - leader;
  const int most = options.followers * (options.mirror ? each + mirrored : each);
  return {.least_s = (options.followers * each - 1) / room * minute_s,
          .most_s = (most - 1) / left * span_s + work_s};
}

using Weights = std::map<std::string, std::int64_t>;  // by call

// As the venue counts them, the running minute last.
struct Minute {
  std::int64_t number = 0;  // of the venue's clock
  std::int64_t weight = 0;
};

struct Report {
  double ready_s = 0;  // leaders live
  double all_ready_s = 0;
  double ready_again_s = 0;  // after an outage
  std::int64_t refused = 0;
  std::int64_t resident_kib = 0;
  std::int64_t streams = 0;  // the leader's two and those of the followers, when all are ready,
  std::int64_t streams_after = 0;  // and at the end
  std::int64_t most_at_start = 0;  // of weight in a minute
  std::int64_t most_after = 0;

  bool good(const Options& options) const {
    return refused == 0 && most_after < venue::weight_share::limit / 2 &&
           (!options.limits || options.restarts > 0 || all_ready_s <= start_time(options).most_s);
  }
};

class Scale {
 public:
  explicit Scale(const Options& options) : options_(options) {}
  Report run();

 private:
  void prepare();
  void write_keys();
  bool all_ready();
  void cut_all();
  void show_weights();
  std::vector<Minute> minutes();
  std::int64_t streams() { return rig_.venue(R"({"command":"stats"})").number("/streams"); }
  void watch(const std::function<bool()>& done);
  static std::string label(int follower) { return fmt::format("follower{}", follower + 1); }

  const Options options_;
  Rig rig_;
  Steady::time_point begun_;
  Weights seen_;
  Report report_;
};

void Scale::prepare() {
  rig_.start_venue({"--symbols", "20", "--followers", std::to_string(options_.followers),
                    "--weight-limits", options_.limits ? "on" : "off"});
  rig_.unlock_with_key();
  std::ofstream(rig_.directory() / "credentials/keyring", std::ios::binary) << keyring;
  const std::string kept = options_.mirror ? "" : "leverage = \"keep\"\nmargin = \"keep\"\n";
  std::string accounts = "[[leader]]\nlabel = \"alpha\"\n";
  for (int i = 0; i < options_.followers; ++i)
    accounts += fmt::format(
        "[[follower]]\nlabel = \"{}\"\nconnection = \"{}\"\n"
        "[[follower.link]]\nleader = \"alpha\"\n"
        "sizing = {{ mode = \"fixed_ratio\", ratio = 1 }}\n{}",
        label(i), options_.own ? "own" : "shared", kept);
  rig_.configure("threads = \"shared\"\nidle = \"backoff\"", accounts);
  write_keys();
}

// As if each had been connected.
void Scale::write_keys() {
  auto store = ops::KeyStore::open(
      (rig_.state_directory() / "keys.sealed").string(),
      {.kind = ops::Unlock::Kind::key, .secret = Secret::copy_of(keyring), .cost = {}});
  if (!store) throw std::runtime_error("the key store cannot be made");
  for (int i = -1; i < options_.followers; ++i) {
    const std::string name = i < 0 ? "alpha" : label(i);
    const Json key(rig_.key_of(name));
    const auto added = store->add({.label = name,
                                   .venue = "custom",
                                   .key_type = ops::AccountKey::hmac,
                                   .api_key = Secret::copy_of(key.text("/api_key")),
                                   .secret = Secret::copy_of(key.text("/secret"))});
    if (!added) throw std::runtime_error("a key cannot be stored");
  }
  if (!store->save()) throw std::runtime_error("the key store cannot be written");
}

bool Scale::all_ready() {
  const Json status = rig_.status();
  const double now = std::chrono::duration<double>(Steady::now() - begun_).count();
  if (!status.valid()) return false;
  if (report_.ready_s == 0 && status.truth("/ready")) report_.ready_s = now;
  simdjson::dom::array followers;
  if (status.root()["followers"].get(followers) != simdjson::SUCCESS) return false;
  int ready = 0;
  for (const auto follower : followers)
    ready += std::string_view(follower["link"]) == "ready" ? 1 : 0;
  if (report_.ready_s == 0 || ready < options_.followers) return false;
  report_.all_ready_s = now;
  return true;
}

// All connections at once.
void Scale::cut_all() {
  const double all_ready_s = report_.all_ready_s;
  begun_ = Steady::now();
  rig_.venue(R"({"command":"drop_connections","refuse_ms":2000})");
  watch([&] { return !all_ready(); });
  watch([&] { return all_ready(); });
  report_.ready_again_s = std::exchange(report_.all_ready_s, all_ready_s);
}

// What was used since the last time.
void Scale::show_weights() {
  if (options_.json) return;
  const Json stats = rig_.venue(R"({"command":"stats"})");
  const simdjson::dom::object calls = stats.root()["weight"];
  std::int64_t sum = 0;
  std::string each;
  for (const auto [call, value] : calls) {
    const std::int64_t weight = value.get_int64().value();
    const std::int64_t more = weight - std::exchange(seen_[std::string(call)], weight);
    if (more == 0) continue;
    sum += more;
    each += fmt::format("  {} {}", call, more);
  }
  fmt::print("{:6} of weight{}\n", sum, each);
  std::fflush(stdout);
}

std::vector<Minute> Scale::minutes() {
  const Json stats = rig_.venue(R"({"command":"stats"})");
  report_.refused = stats.number("/refused_by_limits");
  const simdjson::dom::array counted = stats.root()["weight_minutes"];
  std::vector<Minute> minutes;
  for (const auto minute : counted)
    minutes.push_back({.number = minute["minute"], .weight = minute["weight"]});
  return minutes;
}

void Scale::watch(const std::function<bool()>& done) {
  auto shown = Steady::now();
  while (!done()) {
    if (rig_.daemon().wait(options_.followers > 100 ? 500ms : 50ms))
      throw std::runtime_error("the daemon ended by itself");
    if (Steady::now() - shown < 60s) continue;
    shown = Steady::now();
    show_weights();
  }
}

Report Scale::run() {
  prepare();
  for (int start = 0; start <= options_.restarts; ++start) {
    if (start > 0) rig_.kill_daemon();
    report_.ready_s = 0;
    begun_ = Steady::now();
    rig_.launch_daemon();
    watch([&] { return all_ready(); });
  }
  report_.streams = streams();
  if (options_.outage) cut_all();
  const std::int64_t start_ended = minutes().back().number;
  const auto end = Steady::now() + std::chrono::minutes(options_.minutes) + 1s;
  watch([&] { return Steady::now() >= end; });
  for (const Minute& minute : minutes()) {
    auto& most = minute.number <= start_ended ? report_.most_at_start : report_.most_after;
    most = std::max(most, minute.weight);
  }
  std::ifstream status(fmt::format("/proc/{}/status", rig_.daemon().pid()));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) report_.resident_kib = std::stoll(line.substr(6));
  report_.streams_after = streams();
  rig_.stop_daemon();
  for (const auto& place : rig_.find_secrets()) throw std::runtime_error(place);
  return report_;
}

void print(const Options& options, const Report& report) {
  const StartTime bounds = start_time(options);
  if (!options.json) {
    fmt::print(
        "followers                  {}\nstart to READY             {:.1f} s\n"
        "start to all ready         {:.1f} s (by weight {} s at least, {} s at most)\n"
        "most weight a minute       {} at the start, {} after\nrefused by limits          {}\n"
        "resident memory            {} MiB\n"
        "user streams               {} when all are ready, {} at the end\n"
        "all ready after an outage  {:.1f} s\n",
        options.followers, report.ready_s, report.all_ready_s, bounds.least_s, bounds.most_s,
        report.most_at_start, report.most_after, report.refused, report.resident_kib / 1024,
        report.streams, report.streams_after, report.ready_again_s);
    return;
  }
  ops::JsonWriter out;
  out.begin_object()
      .member("followers", options.followers)
      .member("ready_ms", static_cast<std::int64_t>(report.ready_s * 1000))
      .member("all_ready_ms", static_cast<std::int64_t>(report.all_ready_s * 1000))
      .member("least_ms", bounds.least_s * 1000)
      .member("most_ms", bounds.most_s * 1000)
      .member("ready_again_ms", static_cast<std::int64_t>(report.ready_again_s * 1000))
      .member("most_at_start", report.most_at_start)
      .member("most_after", report.most_after)
      .member("refused", report.refused)
      .member("resident_kib", report.resident_kib)
      .member("streams", report.streams)
      .member("streams_after", report.streams_after)
      .end_object();
  fmt::print("{}\n", out.take());
}

}  // namespace
}  // namespace copyd::system_test

int main(int argc, char** argv) {
  using namespace copyd::system_test;
  // The rig speaks in assertions; outside a test a failed one is an exception.
  testing::GTEST_FLAG(throw_on_failure) = true;
  int none = 1;
  testing::InitGoogleTest(&none, argv);
  Options options;
  bool no_limits = false;
  CLI::App app("Many accounts: the venue's weight they use, how long a start takes, memory.");
  app.add_option("--followers", options.followers, "how many")->check(CLI::Range(1, 1000));
  app.add_option("--minutes", options.minutes, "to watch once all are ready")
      ->check(CLI::Range(0, 1440));
  app.add_option("--restarts", options.restarts, "kill it when all are ready, and start it again")
      ->check(CLI::Range(0, 100));
  app.add_flag("--outage", options.outage, "end all connections when all are ready");
  app.add_flag("--mirror", options.mirror, "followers mirror leverage and margin type");
  app.add_flag("--own", options.own, "each follower has connections of its own");
  app.add_flag("--no-limits", no_limits, "the venue announces and keeps no limit by weight");
  app.add_flag("--json", options.json, "print one line of JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) { return app.exit(error) == 0 ? 0 : 2; }
  options.limits = !no_limits;
  try {
    const Report report = Scale(options).run();
    print(options, report);
    return report.good(options) ? 0 : 1;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "scale: {}\n", failure.what());
    return 1;
  }
}
