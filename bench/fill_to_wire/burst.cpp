#include "bench/fill_to_wire/burst.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include "bench/fill_to_wire/engine_process.hpp"
#include "core/units.hpp"
#include "ops/json.hpp"

namespace copyd::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// The leader's orders: six in and four out, each of a tenth of the fills.
constexpr int leader_orders = 10;
constexpr int leader_buys = 6;
constexpr auto finish_max = 300s;
constexpr auto look_again = 250ms;
constexpr std::int64_t never_stale_ms = 600'000;

// By value: a range-for over the result itself would look into a temporary that is gone.
simdjson::dom::array array_of(simdjson::dom::element object, std::string_view name) {
  simdjson::dom::array rows;
  return object[name].get(rows) == simdjson::SUCCESS ? rows : simdjson::dom::array();
}

// venue-sim, its accounts and its control port.
class SimulatedVenue {
 public:
  std::string start(const BurstOptions& options) {
    process_ = engine::Process::spawn(
        {.arguments = {"/usr/bin/setpriv", "--pdeathsig", "KILL", COPYD_PROGRAMS "/venue-sim",
                       "--followers", std::to_string(options.followers), "--symbols", "0", "--seed",
                       "1", "--order-limits", options.order_limits ? "on" : "off",
                       "--weight-limits", "off"},
         .input = {},
         .error_file = {}});
    const auto line = process_ ? process_->read_line(30s) : std::nullopt;
    if (!line) return "venue-sim does not start";
    simdjson::dom::element ready;
    if (parser_.parse(*line).get(ready) != simdjson::SUCCESS) return "venue-sim is not understood";
    const auto text = [&](const char* name) {
      std::string_view value;
      return ready[name].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
    };
    addresses = {.rest = text("rest"),
                 .sapi = text("sapi"),
                 .ws_api = text("ws_api"),
                 .streams = text("streams"),
                 .ca_file = text("ca_file")};
    for (const simdjson::dom::element account : array_of(ready, "accounts")) {
      std::string_view label;
      std::string_view key;
      std::string_view secret;
      if (account["label"].get(label) == simdjson::SUCCESS &&
          account["api_key"].get(key) == simdjson::SUCCESS &&
          account["secret"].get(secret) == simdjson::SUCCESS)
        keys_[std::string(label)] = {.api_key = std::string(key), .secret = std::string(secret)};
    }
    control_ = engine::LineClient::connect(text("control"));
    return control_ ? std::string() : "venue-sim's control port does not answer";
  }
  std::optional<EngineKey> key(const std::string& label) const {
    const auto found = keys_.find(label);
    return found == keys_.end() ? std::nullopt : std::optional(found->second);
  }
  // Empty when it was refused. Valid until the next call.
  std::optional<simdjson::dom::element> call(const std::string& request) {
    reply_ = control_->call(request, 60s).value_or("");
    simdjson::dom::element root;
    bool ok = false;
    if (parser_.parse(reply_).get(root) != simdjson::SUCCESS ||
        root["ok"].get(ok) != simdjson::SUCCESS || !ok)
      return std::nullopt;
    return root;
  }
  VenueAddresses addresses;

 private:
  std::optional<engine::Process> process_;
  std::optional<engine::LineClient> control_;
  std::map<std::string, EngineKey> keys_;
  simdjson::dom::parser parser_;
  std::string reply_;
};

std::string follower_label(std::size_t i) {
  return fmt::format("follower{}", i + 1);
}

// One order of the leader that fills piece by piece.
std::string leader_order(int number, int pieces) {
  const Qty piece = Qty::from_units(units_per_whole / 1000);
  std::string fills;
  for (int i = 0; i < pieces; ++i)
    fills += fmt::format(R"({}{{"qty":"{}","price":"60000"}})", i == 0 ? "" : ",",
                         FixedText(piece).view());
  return fmt::format(
      R"({{"command":"trade","account":"alpha","symbol":"BTCUSDT","side":"{}","qty":"{}",)"
      R"("fills":[{}]}})",
      number < leader_buys ? "BUY" : "SELL",
      FixedText(Qty::from_units(piece.units() * pieces)).view(), fills);
}

Qty position_of(simdjson::dom::element account) {
  for (const simdjson::dom::element row : array_of(account, "positions")) {
    std::string_view symbol;
    std::string_view qty;
    if (row["symbol"].get(symbol) == simdjson::SUCCESS && symbol == "BTCUSDT" &&
        row["qty"].get(qty) == simdjson::SUCCESS)
      return Qty::parse(qty).value_or(Qty{});
  }
  return {};
}

void read_leader(SimulatedVenue& venue, BurstResult& result, Qty& position) {
  const auto ledger = venue.call(R"({"command":"ledger","account":"alpha"})");
  if (!ledger) return;
  for (const simdjson::dom::element account : array_of(*ledger, "accounts")) {
    position = position_of(account);
    std::int64_t first = 0;
    std::int64_t last = 0;
    for (const simdjson::dom::element trade : array_of(account, "trades")) {
      std::int64_t time = 0;
      if (trade["time"].get(time) != simdjson::SUCCESS) continue;
      first = first == 0 ? time : first;
      last = time;
      ++result.fills;
    }
    result.sent_ms = last - first;
  }
}

void read_followers(SimulatedVenue& venue, const BurstOptions& options, Qty wanted,
                    BurstResult& result) {
  for (std::size_t i = 0; i < options.followers; ++i) {
    const auto ledger =
        venue.call(fmt::format(R"({{"command":"ledger","account":"{}"}})", follower_label(i)));
    if (!ledger) continue;
    for (const simdjson::dom::element account : array_of(*ledger, "accounts"))
      result.off_target += position_of(account) == wanted ? 0 : 1;
  }
  const auto stats = venue.call(R"({"command":"stats"})");
  if (!stats) return;
  simdjson::dom::object orders;
  if ((*stats)["orders"].get(orders) != simdjson::SUCCESS) return;
  for (const auto [label, counts] : orders) {
    if (!label.starts_with("follower")) continue;
    const auto count = [&, &of = counts](const char* name) {
      std::int64_t value = 0;
      return of[name].get(value) == simdjson::SUCCESS ? value : std::int64_t{0};
    };
    result.orders += count("placed");
    result.refused += count("rejected");
    result.rate_limited += count("rate_limited");
  }
}

// Until nothing is in flight, twice in a row.
bool wait_until_quiet(EngineProcess& engine) {
  const auto until = Steady::now() + finish_max;
  int quiet = 0;
  while (quiet < 2) {
    if (Steady::now() > until) return false;
    std::this_thread::sleep_for(look_again);
    const auto in_flight = engine.sum_of("in_flight");
    const auto orders = engine.sum_of("orders");
    quiet = in_flight == 0 && orders && *orders > 0 ? quiet + 1 : 0;
  }
  return true;
}

}  // namespace

std::string BurstResult::words() const {
  return fmt::format("{} fills in {} ms, {} of {} off target, {} x -1015", fills, sent_ms,
                     off_target, followers, rate_limited);
}

std::string BurstResult::json() const {
  ops::JsonWriter out;
  out.begin_object().member("order_limits", order_limits ? "on" : "off, as announced");
  if (!failure.empty()) out.member("not_measured", failure);
  out.member("fills", fills)
      .member("sent_ms", sent_ms)
      .member("finished_ms", finished_ms)
      .member("followers", followers)
      .member("off_target", off_target)
      .member("orders", orders)
      .member("refused", refused)
      .member("rate_limited", rate_limited);
  out.key("skipped").raw(skipped);
  out.end_object();
  return out.take();
}

BurstResult run_burst(const BurstOptions& options) {
  BurstResult result{.failure = {},
                     .order_limits = options.order_limits,
                     .followers = static_cast<std::int64_t>(options.followers)};
  SimulatedVenue venue;
  result.failure = venue.start(options);
  if (!result.failure.empty()) return result;
  EngineOptions engine_options;
  engine_options.followers = options.followers;
  engine_options.idle = "backoff";
  engine_options.max_fill_age_ms = never_stale_ms;
  engine_options.directory = options.directory + "/burst";
  std::vector<EngineKey> keys;
  for (std::size_t i = 0; i <= options.followers; ++i) {
    const auto key = venue.key(i == 0 ? "alpha" : follower_label(i - 1));
    if (!key) result.failure = "venue-sim has too few accounts";
    else keys.push_back(*key);
  }
  EngineProcess engine(engine_options);
  if (result.failure.empty()) result.failure = engine.start(venue.addresses, keys);
  if (!result.failure.empty()) return result;
  const auto begun = Steady::now();
  for (int i = 0; i < leader_orders; ++i)
    if (!venue.call(leader_order(i, options.fills / leader_orders)))
      result.failure = "venue-sim refused a trade of the leader";
  if (!wait_until_quiet(engine)) result.failure = "orders are still in flight after 300 s";
  result.finished_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begun).count();
  Qty leader;
  read_leader(venue, result, leader);
  read_followers(venue, options, leader, result);
  result.skipped = engine.skipped();
  return result;
}

}  // namespace copyd::bench
