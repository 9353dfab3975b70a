#include "engine/demo.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "engine/demo_scenario.hpp"
#include "engine/process.hpp"
#include "ops/json.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace json = simdjson::dom;

constexpr const char* demo_configuration = R"(
[engine]
threads   = "shared"
idle      = "backoff"
lanes     = 2
state_dir = "{state}"
control   = "{control}"
http      = ""

[venue]
name    = "custom"
rest    = "{rest}"
sapi    = "{sapi}"
ws_api  = "{ws_api}"
streams = "{streams}"
ca_file = "{ca_file}"

[keys]
file = "{state}/keys.sealed"

[[leader]]
label = "alpha"

[[follower]]
label = "bob"      # half of everything, with limit orders that rather miss than pay too much
  [[follower.link]]
  leader = "alpha"
  sizing = {{ mode = "fixed_ratio", ratio = 0.5 }}
  order  = {{ type = "limit_ioc", max_slippage_bps = 50 }}

[[follower]]
label = "carol"    # in hedge mode: 300 USDT for every order of the leader
  [[follower.link]]
  leader = "alpha"
  sizing = {{ mode = "fixed_notional", notional = 300 }}
  order  = {{ type = "market" }}

[[follower]]
label = "dave"     # 0.02 of whatever it is; too little of SOL for one order at a time
  [[follower.link]]
  leader = "alpha"
  sizing = {{ mode = "fixed_quantity", quantity = 0.02 }}
  order  = {{ type = "market" }}
)";

const std::vector<std::string> follower_labels{"bob", "carol", "dave"};

// A step that cannot go on: said once, then the demo ends with exit code 1.
struct DemoFailure {
  std::string what;
};

[[noreturn]] void fail(std::string what) {
  throw DemoFailure{std::move(what)};
}

std::string text_of(const json::element& object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return std::string(value);
}

std::int64_t number_of(const json::element& object, std::string_view key) {
  std::int64_t value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return 0;
  return value;
}

struct FollowerSummary {
  std::string label;
  std::map<std::string, std::int64_t> outcomes;
  std::map<std::string, std::int64_t> skipped;
  std::int64_t orders = 0;
  std::int64_t in_flight = 0;
  bool ready = false;
  std::int64_t drift_steps = 0;  // the largest of all checks

  std::int64_t answered() const {
    std::int64_t sum = 0;
    for (const auto& [name, count] : outcomes) sum += count;
    return sum;
  }
};

struct StageSummary {
  std::string stage;
  std::int64_t p50 = 0, p99 = 0, p999 = 0, count = 0;
};

struct Status {
  bool ready = false;
  std::vector<FollowerSummary> followers;
  std::vector<StageSummary> stages;
};

class Demo {
 public:
  explicit Demo(const DemoOptions& options) : options_(options) {}
  // Where all that was written is; empty before it was made.
  const fs::path& directory() const noexcept { return directory_; }
  ~Demo() {
    if (succeeded_ && !options_.keep) {
      std::error_code ignored;
      fs::remove_all(directory_, ignored);
    }
  }

  int run();

 private:
  void prepare();
  void start_venue();
  void start_daemon();
  void connect_accounts();
  void wait_until_ready();
  void play(const DemoStep& step);
  void trade(const DemoStep& step);
  void wait_until_quiet();
  void check(const DemoStep& step);
  void stop();

  Status status();
  std::string program(const char* name) const { return (programs_ / name).string(); }
  json::element parse(const std::string& text, const char* whose);
  void show(const DemoStep& step);
  void print_table() const;
  void print_json() const;
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) const {
    if (options_.json) return;
    fmt::print(format, std::forward<Args>(args)...);
    std::fflush(stdout);
  }

  DemoOptions options_;
  bool succeeded_ = false;
  fs::path directory_;
  fs::path programs_;
  std::optional<Process> venue_;
  std::optional<Process> daemon_;
  std::optional<LineClient> venue_control_;
  std::vector<std::pair<std::string, std::string>> keys_;  // label → what copyctl reads
  std::map<std::string, std::string> urls_;
  json::parser parser_;
  std::chrono::steady_clock::time_point started_;

  std::int64_t fills_ = 0;
  std::map<std::string, std::int64_t> drift_;
  std::map<std::pair<std::string, std::string>, std::string> positions_;  // follower, symbol → text
  Status last_;
};

json::element Demo::parse(const std::string& text, const char* whose) {
  json::element element;
  if (parser_.parse(text).get(element) != simdjson::SUCCESS)
    fail(fmt::format("{} answered something that is not JSON", whose));
  return element;
}

void Demo::prepare() {
  programs_ = fs::read_symlink("/proc/self/exe").parent_path();
  for (const char* name : {"venue-sim", "copyd", "copyctl"})
    if (!fs::exists(programs_ / name))
      fail(fmt::format("{} is not beside copyd: build it with make build", program(name)));
  std::string pattern = (fs::temp_directory_path() / "copyd-demo-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail("no temporary directory can be made");
  directory_ = pattern;
}

void Demo::start_venue() {
  fs::create_directory(directory_ / "venue");
  venue_ =
      Process::spawn({.arguments = {program("venue-sim"), "--dir", (directory_ / "venue").string()},
                      .input = {},
                      .error_file = (directory_ / "venue.log").string()});
  const auto ready = venue_ ? venue_->read_line(20s) : std::nullopt;
  if (!ready) fail("venue-sim did not start");
  const auto line = parse(*ready, "venue-sim");
  for (const char* url : {"rest", "sapi", "ws_api", "streams", "ca_file"})
    urls_[url] = text_of(line, url);
  json::array accounts;
  if (line["accounts"].get(accounts) != simdjson::SUCCESS) fail("venue-sim named no accounts");
  for (const json::element account : accounts) {
    const std::string secret = text_of(account, "secret");
    ops::JsonWriter request;
    request.begin_object().member("api_key", text_of(account, "api_key"));
    if (secret.empty()) request.member("private_key_pem", text_of(account, "private_key_pem"));
    else request.member("secret", secret);
    request.end_object();
    keys_.emplace_back(text_of(account, "label"), request.take());
  }
  venue_control_ = LineClient::connect(text_of(line, "control"));
  if (!venue_control_) fail("venue-sim's control port does not answer");
}

void Demo::start_daemon() {
  const auto write = [&](const char* name, const std::string& content) {
    const fs::path path = directory_ / name;
    std::ofstream(path) << content;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path.string();
  };
  fs::create_directory(directory_ / "state");
  const std::string configuration =
      write("copyd.toml",
            fmt::format(fmt::runtime(demo_configuration),
                        fmt::arg("state", (directory_ / "state").string()),
                        fmt::arg("control", (directory_ / "control.sock").string()),
                        fmt::arg("rest", urls_["rest"]), fmt::arg("sapi", urls_["sapi"]),
                        fmt::arg("ws_api", urls_["ws_api"]), fmt::arg("streams", urls_["streams"]),
                        fmt::arg("ca_file", urls_["ca_file"])));
  const std::string passphrase = write("passphrase", "only for this demo\n");
  daemon_ = Process::spawn({.arguments = {program("copyd"), "run", "--config", configuration,
                                          "--passphrase-file", passphrase},
                            .input = {},
                            .error_file = (directory_ / "copyd.log").string()});
  if (!daemon_) fail("copyd run did not start");
}

Status Demo::status() {
  auto command =
      Process::spawn({.arguments = {program("copyctl"), "--socket",
                                    (directory_ / "control.sock").string(), "--json", "status"},
                      .input = {},
                      .error_file = {}});
  if (!command) fail("copyctl did not start");
  const std::string reply = command->read_rest(10s);
  Status status;
  if (command->wait(10s).value_or(1) != 0) return status;
  const auto element = parse(reply, "copyctl status");
  bool ready = false;
  status.ready = element["ready"].get(ready) == simdjson::SUCCESS && ready;
  json::array followers;
  if (element["followers"].get(followers) == simdjson::SUCCESS) {
    for (const json::element row : followers) {
      FollowerSummary summary{.label = text_of(row, "label"), .outcomes = {}, .skipped = {}};
      json::object counts;
      if (row["outcomes"].get(counts) == simdjson::SUCCESS)
        for (const auto [name, count] : counts)
          summary.outcomes[std::string(name)] = count.get_int64().value_unsafe();
      if (row["skipped"].get(counts) == simdjson::SUCCESS)
        for (const auto [name, count] : counts)
          summary.skipped[std::string(name)] = count.get_int64().value_unsafe();
      summary.orders = number_of(row, "orders");
      summary.in_flight = number_of(row, "in_flight");
      summary.ready = text_of(row, "link") == "ready" && text_of(row, "state") == "active";
      status.followers.push_back(std::move(summary));
    }
  }
  json::object stages;
  if (element["latency_ns"].get(stages) == simdjson::SUCCESS)
    for (const auto [name, row] : stages)
      status.stages.push_back({.stage = std::string(name),
                               .p50 = number_of(row, "p50"),
                               .p99 = number_of(row, "p99"),
                               .p999 = number_of(row, "p999"),
                               .count = number_of(row, "n")});
  return status;
}

void Demo::connect_accounts() {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!fs::exists(directory_ / "control.sock")) {
    if (std::chrono::steady_clock::now() > deadline || daemon_->wait(50ms))
      fail("the daemon's control socket did not appear");
  }
  for (const auto& [label, key] : keys_) {
    if (label != "alpha" &&
        std::find(follower_labels.begin(), follower_labels.end(), label) == follower_labels.end())
      continue;
    auto command = Process::spawn(
        {.arguments = {program("copyctl"), "--socket", (directory_ / "control.sock").string(),
                       "connect", label, "--stdin"},
         .input = key + "\n",
         .error_file = (directory_ / "copyctl.log").string()});
    const std::string card = command ? command->read_rest(20s) : std::string();
    if (!command || command->wait(20s).value_or(1) != 0)
      fail(fmt::format("copyctl connect {} failed", label));
    say("{}\n", card.substr(0, card.find('\n')));
  }
}

void Demo::wait_until_ready() {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  for (;;) {
    const Status now = status();
    const bool all = now.ready && now.followers.size() == follower_labels.size() &&
                     std::all_of(now.followers.begin(), now.followers.end(),
                                 [](const FollowerSummary& f) { return f.ready; });
    if (all) return;
    if (std::chrono::steady_clock::now() > deadline) fail("the daemon did not become ready");
    if (daemon_->wait(50ms)) fail("the daemon ended");
  }
}

Qty quantity_of(const DemoStep& step) {
  Qty total;
  for (const auto& fill : step.fills) total += *Qty::parse(fill.qty);
  return total;
}

void Demo::trade(const DemoStep& step) {
  ops::JsonWriter request;
  request.begin_object()
      .member("command", "trade")
      .member("account", "alpha")
      .member("symbol", step.symbol)
      .member("side", step.side)
      .member("qty", quantity_of(step));
  request.key("fills").begin_array();
  for (const auto& fill : step.fills)
    request.begin_object().member("qty", fill.qty).member("price", fill.price).end_object();
  request.end_array();
  if (!step.price_after.empty()) request.member("price_after", step.price_after);
  request.end_object();
  const auto reply = venue_control_->call(request.take());
  bool ok = false;
  if (!reply || parse(*reply, "venue-sim")["ok"].get(ok) != simdjson::SUCCESS || !ok)
    fail(fmt::format("venue-sim refused the leader's trade: {}", reply.value_or("no answer")));
  fills_ += static_cast<std::int64_t>(step.fills.size());
}

void Demo::wait_until_quiet() {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  for (;;) {
    last_ = status();
    const bool quiet =
        last_.followers.size() == follower_labels.size() &&
        std::all_of(last_.followers.begin(), last_.followers.end(), [&](const FollowerSummary& f) {
          return f.in_flight == 0 && f.answered() == fills_;
        });
    if (quiet) return;
    if (std::chrono::steady_clock::now() > deadline)
      fail("a follower's orders were not finished within ten seconds");
    if (daemon_->wait(5ms)) fail("the daemon ended");
  }
}

// Compares the venue's ledger with the scenario, leg by leg.
void Demo::check(const DemoStep& step) {
  for (const auto& label : follower_labels) {
    const auto reply =
        venue_control_->call(fmt::format(R"({{"command":"ledger","account":"{}"}})", label));
    if (!reply) fail("venue-sim's ledger does not answer");
    const auto ledger = parse(*reply, "venue-sim");
    std::map<std::pair<std::string, std::string>, std::int64_t> difference;  // symbol, leg
    for (auto& [key, shown] : positions_)
      if (key.first == label) shown.clear();
    json::array accounts;
    if (ledger["accounts"].get(accounts) != simdjson::SUCCESS) fail("the ledger has no accounts");
    for (const json::element account : accounts) {
      if (text_of(account, "label") != label) continue;
      json::array positions;
      if (account["positions"].get(positions) != simdjson::SUCCESS) fail("no positions");
      for (const json::element row : positions) {
        const auto qty = Qty::parse(text_of(row, "qty"));
        if (!qty) fail("the ledger's quantity cannot be read");
        const auto symbol = text_of(row, "symbol");
        difference[{symbol, text_of(row, "leg")}] += qty->units();
        if (!qty->is_zero()) positions_[{label, symbol}] = text_of(row, "qty");
      }
    }
    for (const auto& expected : step.after)
      if (expected.follower == label)
        difference[{expected.symbol, expected.leg}] -= Qty::parse(expected.qty)->units();
    std::int64_t drift = 0;
    for (const auto& [leg, units] : difference) {
      const std::int64_t step_units = demo_quantity_step(leg.first).units();
      drift += (std::abs(units) + step_units - 1) / step_units;
    }
    drift_[label] = std::max(drift_[label], drift);
  }
}

void Demo::show(const DemoStep& step) {
  std::string text;
  for (const auto& label : follower_labels) {
    const auto& held = positions_[{label, step.symbol}];
    text += fmt::format("  {} {:>8}", label, held.empty() ? "0" : held);
  }
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started_);
  say("{:>3}.{:01} s  alpha {:<4} {:>6} {} @ {:<8} in {} fill{} │ now hold{}\n",
      elapsed.count() / 1000, elapsed.count() % 1000 / 100, step.side,
      FixedText(quantity_of(step)).view(), step.symbol, step.fills.back().price, step.fills.size(),
      step.fills.size() == 1 ? " " : "s", text);
}

void Demo::play(const DemoStep& step) {
  const auto began = std::chrono::steady_clock::now();
  trade(step);
  wait_until_quiet();
  check(step);
  show(step);
  // A pace at which a person can follow.
  const auto next = began + 420ms;
  if (const auto now = std::chrono::steady_clock::now(); now < next)
    daemon_->wait(std::chrono::duration_cast<std::chrono::milliseconds>(next - now));
}

void Demo::stop() {
  daemon_->signal(SIGTERM);
  if (daemon_->wait(15s).value_or(1) != 0) fail("the daemon did not stop cleanly");
  venue_->signal(SIGTERM);
  venue_->wait(5s);
}

void Demo::print_table() const {
  fmt::print("\n{:<8}{:>8}{:>9}{:>9}{:>8}{:>9}{:>6}{:>8}{:>7}  skipped because\n", "follower",
             "copied", "carried", "skipped", "failed", "unknown", "none", "orders", "drift");
  for (const auto& f : last_.followers) {
    const auto count = [&](const char* name) {
      const auto it = f.outcomes.find(name);
      return it == f.outcomes.end() ? std::int64_t{0} : it->second;
    };
    std::string reasons;
    for (const auto& [reason, n] : f.skipped)
      if (n != 0) reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, n);
    fmt::print("{:<8}{:>8}{:>9}{:>9}{:>8}{:>9}{:>6}{:>8}{:>7}  {}\n", f.label, count("copied"),
               count("carried"), count("skipped"), count("failed"), count("unknown"), count("none"),
               f.orders, drift_.at(f.label), reasons);
  }
  fmt::print("\n{} fills of the leader. Time of each stage in microseconds:\n\n", fills_);
  fmt::print("{:<14}{:>10}{:>10}{:>10}{:>8}\n", "stage", "p50", "p99", "p99.9", "n");
  const auto micros = [](std::int64_t ns) {
    return fmt::format("{}.{:01}", ns / 1000, ns % 1000 / 100);
  };
  for (const auto& s : last_.stages)
    fmt::print("{:<14}{:>10}{:>10}{:>10}{:>8}\n", s.stage, micros(s.p50), micros(s.p99),
               micros(s.p999), s.count);
}

void Demo::print_json() const {
  ops::JsonWriter out;
  out.begin_object().member("result", succeeded_ ? "ok" : "drift").member("leader_fills", fills_);
  out.key("followers").begin_array();
  for (const auto& f : last_.followers) {
    out.begin_object().member("label", f.label);
    for (const char* name : {"copied", "carried"})
      out.member(name, f.outcomes.count(name) != 0 ? f.outcomes.at(name) : 0);
    out.key("skipped").begin_object();
    for (const auto& [reason, n] : f.skipped)
      if (n != 0) out.member(reason, n);
    out.end_object();
    for (const char* name : {"failed", "unknown", "none"})
      out.member(name, f.outcomes.count(name) != 0 ? f.outcomes.at(name) : 0);
    out.member("orders", f.orders).member("drift_steps", drift_.at(f.label)).end_object();
  }
  out.end_array();
  out.key("latency_ns").begin_object();
  for (const auto& s : last_.stages) {
    out.key(s.stage).begin_object().member("p50", s.p50).member("p99", s.p99);
    out.member("p999", s.p999).member("n", s.count).end_object();
  }
  out.end_object();
  if (options_.keep) out.member("directory", directory_.string());
  out.end_object();
  fmt::print("{}\n", out.take());
}

int Demo::run() {
  prepare();
  say("Starting the simulated venue and the daemon in {}\n", directory_.string());
  start_venue();
  start_daemon();
  connect_accounts();
  wait_until_ready();
  say("\nREADY. The leader trades; behind the bar is what each follower holds of the symbol.\n\n");
  started_ = std::chrono::steady_clock::now();
  for (const auto& step : demo_steps()) play(step);
  stop();
  succeeded_ =
      std::all_of(drift_.begin(), drift_.end(), [](const auto& d) { return d.second == 0; }) &&
      std::all_of(last_.followers.begin(), last_.followers.end(), [](const FollowerSummary& f) {
        return f.outcomes.at("unknown") == 0 && f.outcomes.at("failed") == 0;
      });
  if (options_.json) print_json();
  else print_table();
  say("\n{}\n", succeeded_ ? "Every position was on its target at every step: drift 0."
                           : "A position was NOT on its target.");
  if (options_.keep) say("What was written is kept in {}\n", directory_.string());
  return succeeded_ ? 0 : 1;
}

}  // namespace

int run_demo(const DemoOptions& options) {
  Demo demo(options);
  std::string what;
  try {
    return demo.run();
  } catch (const DemoFailure& failure) {
    what = failure.what;
  } catch (const std::exception& failure) { what = failure.what(); }
  if (options.json) {
    ops::JsonWriter out;
    out.begin_object().member("result", "failed").member("error", what).end_object();
    fmt::print("{}\n", out.take());
  }
  std::fprintf(stderr, "copyd demo: %s\n", what.c_str());
  if (!demo.directory().empty())
    std::fprintf(stderr, "  what to do: read the logs, which are kept in %s\n",
                 demo.directory().c_str());
  return 1;
}

}  // namespace copyd::engine
