#include "bench/fill_to_wire/engine_process.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <map>

#include "ops/json.hpp"
#include "ops/key_store.hpp"

namespace copyd::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto ready_max = 120s;
constexpr auto stop_max = 20s;
constexpr auto answer_max = 20s;
// The key of a store that holds nothing but keys of a bench.
constexpr std::string_view keyring = "32 bytes that open a bench's key";
static_assert(keyring.size() == ops::KeyStore::key_size);

constexpr const char* leader_label = "alpha";
std::string follower_label(std::size_t i) {
  return fmt::format("f{:04}", i);
}

std::string last_line_of(const fs::path& file) {
  std::ifstream in(file);
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  // A fault in the configuration is told with its place, in a directory that will be gone.
  const auto place = last.find("copyd.toml:");
  return place == last.npos ? last : last.substr(last.find(": ", place) + 2);
}

// One reply of copyctl, parsed.
class Reply {
 public:
  explicit Reply(const std::string& text) : text_(text) {
    valid_ = parser_.parse(text_).get(root_) == simdjson::SUCCESS;
  }
  bool truth(std::string_view member) const {
    bool value = false;
    return valid_ && root_[member].get(value) == simdjson::SUCCESS && value;
  }
  std::optional<simdjson::dom::array> followers() const { return rows_of("followers"); }
  std::optional<simdjson::dom::array> leaders() const { return rows_of("leaders"); }

 private:
  std::optional<simdjson::dom::array> rows_of(std::string_view member) const {
    simdjson::dom::array rows;
    if (!valid_ || root_[member].get(rows) != simdjson::SUCCESS) return std::nullopt;
    return rows;
  }

  simdjson::padded_string text_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  bool valid_ = false;
};

std::string_view text_of(simdjson::dom::element row, std::string_view member) {
  std::string_view value;
  return row[member].get(value) == simdjson::SUCCESS ? value : std::string_view();
}

}  // namespace

std::int64_t resident_kib_of(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  return 0;
}

EngineProcess::EngineProcess(EngineOptions options)
    : options_(std::move(options)), root_(options_.directory) {}

EngineProcess::~EngineProcess() {
  stop();
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

std::string EngineProcess::start(const VenueAddresses& venue, const std::vector<EngineKey>& keys) {
  std::error_code error;
  fs::remove_all(root_, error);
  fs::create_directories(root_ / "state", error);
  if (error) return "cannot make " + root_.string();
  write_configuration(venue);
  if (!write_keys(keys)) return "the key store cannot be written";
  const auto begun = Steady::now();
  process_ = engine::Process::spawn(
      {.arguments = {"/usr/bin/setpriv", "--pdeathsig", "KILL", "/usr/bin/env",
                     "CREDENTIALS_DIRECTORY=" + (root_ / "credentials").string(),
                     COPYD_PROGRAMS "/copyd", "run", "--config", (root_ / "copyd.toml").string()},
       .input = {},
       .error_file = (root_ / "copyd.log").string()});
  if (!process_) return "copyd cannot be started";
  while (!is_ready()) {
    if (process_->wait(50ms) || Steady::now() > begun + ready_max)
      return "copyd does not get ready: " + last_line_of(root_ / "copyd.log");
  }
  ready_ms_ = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begun).count();
  return {};
}

void EngineProcess::stop() {
  if (!process_) return;
  process_->signal(SIGCONT);
  process_->signal(SIGTERM);
  static_cast<void>(process_->wait(stop_max));
  process_.reset();
}

std::vector<std::int64_t> EngineProcess::last_left(std::span<const TurnFills> turns) const {
  LastLeft left(options_.followers);
  const auto read = left.read((root_ / "state/journal").string(), options_.lanes);
  if (read) return left.times(turns);
  std::fprintf(stderr, "  the journal cannot be read: %s\n", read.error().message().c_str());
  return {};
}

// Limits that bind nothing here are set all the same, so that they are checked. Leverage and margin
// type are left alone, as the floor and the bots leave them: before the first order of a symbol
// they would be set up for each follower within a quarter of the venue's weight, which takes
// minutes for a thousand, and what opens until then is missed.
void EngineProcess::write_configuration(const VenueAddresses& venue) {
  std::ofstream out(root_ / "copyd.toml");
  const bool pinned = options_.cpu >= 0 && options_.threads == "shared";
  out << fmt::format(
      "[engine]\nhttp = \"127.0.0.1:0\"\nthreads = \"{}\"\nidle = \"{}\"\nlanes = {}\nbatch = "
      "{}\n{}state_dir = \"{}\"\n"
      "control = \"{}\"\n[venue]\nname = \"custom\"\nrest = \"{}\"\nsapi = \"{}\"\n"
      "ws_api = \"{}\"\nstreams = \"{}\"\nca_file = \"{}\"\n"
      "[keys]\nfile = \"{}\"\n[[leader]]\nlabel = \"{}\"\nconnections = {}\n",
      options_.threads, options_.idle, options_.lanes, options_.batch,
      pinned ? fmt::format("cpus = {{ copy = {} }}\n", options_.cpu) : "",
      (root_ / "state").string(), (root_ / "control.sock").string(), venue.rest, venue.sapi,
      venue.ws_api, venue.streams, venue.ca_file, (root_ / "state/keys.sealed").string(),
      leader_label, options_.leader_connections);
  for (std::size_t i = 0; i < options_.followers; ++i)
    out << fmt::format(
        "[[follower]]\nlabel = \"{}\"\nconnection = \"{}\"\n[follower.limits]\n"
        "max_order_notional = 1000000\nmax_position_notional = 10000000\n"
        "max_total_notional = 50000000\nmax_order_qty = {{ BTCUSDT = 100 }}\n"
        "[[follower.link]]\nleader = \"{}\"\nmax_fill_age_ms = {}\n"
        "leverage = \"keep\"\nmargin = \"keep\"\n[follower.link.sizing]\n"
        "mode = \"fixed_ratio\"\nratio = 1\n[follower.link.order]\ntype = \"market\"\n",
        follower_label(i), options_.connection, leader_label, options_.max_fill_age_ms);
}

bool EngineProcess::write_keys(const std::vector<EngineKey>& keys) {
  const fs::path credentials = root_ / "credentials";
  fs::create_directory(credentials);
  std::ofstream(credentials / "keyring", std::ios::binary) << keyring;
  fs::permissions(credentials / "keyring", fs::perms::owner_read | fs::perms::owner_write);
  auto store = ops::KeyStore::open(
      (root_ / "state/keys.sealed").string(),
      {.kind = ops::Unlock::Kind::key, .secret = Secret::copy_of(keyring), .cost = {}});
  if (!store) return false;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto added =
        store->add({.label = i == 0 ? std::string(leader_label) : follower_label(i - 1),
                    .venue = "custom",
                    .key_type = keys[i].pem ? ops::AccountKey::ed25519 : ops::AccountKey::hmac,
                    .api_key = Secret::copy_of(keys[i].api_key),
                    .secret = Secret::copy_of(keys[i].secret)});
    if (!added) return false;
  }
  return store->save().has_value();
}

std::string EngineProcess::ask(const std::string& verb) {
  auto copyctl =
      engine::Process::spawn({.arguments = {COPYD_PROGRAMS "/copyctl", "--socket",
                                            (root_ / "control.sock").string(), "--json", verb},
                              .input = {},
                              .error_file = {}});
  return copyctl ? copyctl->read_rest(answer_max) : std::string();
}

bool EngineProcess::is_ready() {
  const Reply status(ask("status"));
  const auto rows = status.followers();
  const auto leaders = status.leaders();
  std::int64_t connections = 0;
  return status.truth("ready") && rows && leaders &&
         leaders->at(0)["connections"].get(connections) == simdjson::SUCCESS &&
         connections == options_.leader_connections &&
         std::all_of(rows->begin(), rows->end(), [](simdjson::dom::element row) {
           return text_of(row, "link") == "ready" && text_of(row, "state") == "active";
         });
}

std::optional<std::int64_t> EngineProcess::sum_of(const std::string& member) {
  const Reply status(ask("status"));
  const auto rows = status.followers();
  if (!rows) return std::nullopt;
  std::int64_t sum = 0;
  for (const simdjson::dom::element row : *rows) {
    std::int64_t value = 0;
    if (row[member].get(value) != simdjson::SUCCESS) return std::nullopt;
    sum += value;
  }
  return sum;
}

std::string EngineProcess::skipped() {
  const Reply status(ask("status"));
  const auto rows = status.followers();
  std::map<std::string, std::int64_t> sums;
  if (rows) {
    for (const simdjson::dom::element row : *rows) {
      simdjson::dom::object reasons;
      if (row["skipped"].get(reasons) != simdjson::SUCCESS) continue;
      for (const auto [reason, count] : reasons)
        sums[std::string(reason)] += count.get_int64().value();
    }
  }
  ops::JsonWriter out;
  out.begin_object();
  for (const auto& [reason, count] : sums) out.member(reason, count);
  out.end_object();
  return out.take();
}

}  // namespace copyd::bench
