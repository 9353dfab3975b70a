#include "rig.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "config/load.hpp"
#include "core/assert.hpp"
#include "venue/account_codec.hpp"

namespace copyd::flow {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A day is then some hundred reads of each position, and not eight thousand.
constexpr seconds resting_step{300};
constexpr seconds time_period{10};               // between two samples of the venue's time
constexpr std::uint64_t segment_records = 1024;  // few, so that segments follow each other

const venue::Endpoints endpoints{.rest = "https://venue",
                                 .sapi = "",
                                 .ws_api = "wss://venue/ws-fapi/v1",
                                 .streams = "wss://venue"};

sim::Member member(std::string label, sim::PositionMode mode, sim::KeyType key,
                   sim::Random& random) {
  sim::Member made{.label = std::move(label),
                   .mode = mode,
                   .wallet = Usd::whole(50'000'000),
                   .key_type = key,
                   .api_key = random.alphanumeric(64)};
  if (key == sim::KeyType::ed25519) made.private_key_pem = sim::new_ed25519_pem(random);
  else made.secret = sim::new_hmac_secret(random);
  return made;
}

sim::MemoryVenue::Options venue_options(const RigOptions& options) {
  sim::Random random(options.seed ^ 0x9E3779B97F4A7C15U);
  sim::MemoryVenue::Options made;
  made.world.seed = options.seed;
  made.latency = options.latency;
  made.world.roster.push_back(
      member(Rig::leader_label, options.leader_mode, sim::KeyType::hmac, random));
  for (const auto& follower : options.followers)
    made.world.roster.push_back(member(follower.label, follower.mode, follower.key, random));
  return made;
}

std::string sizing_text(const config::Sizing& sizing) {
  const auto text = [](const auto& amount) { return std::string(FixedText(amount).view()); };
  if (const auto* fixed = std::get_if<config::FixedRatio>(&sizing))
    return R"({ mode = "fixed_ratio", ratio = ")" + text(fixed->ratio) + R"(" })";
  if (const auto* fixed = std::get_if<config::FixedNotional>(&sizing))
    return R"({ mode = "fixed_notional", notional = ")" + text(fixed->notional) + R"(" })";
  const auto& fixed = std::get<config::FixedQuantity>(sizing);
  return R"({ mode = "fixed_quantity", quantity = ")" + text(fixed.quantity) + R"(" })";
}

// The file that such followers would be written in: the journal keeps it, and a start reads it.
std::string config_text(const RigOptions& options) {
  std::string text = "[venue]\nname = \"binance-usdm\"\n[[leader]]\nlabel = \"";
  text += Rig::leader_label;
  text += "\"\nconnections = " + std::to_string(options.leader_connections) + "\n";
  for (const auto& follower : options.followers) {
    const config::Link& link = follower.link;
    text +=
        "[[follower]]\nlabel = \"" + follower.label + "\"\nstate = \"" +
        (follower.shadow ? "shadow" : "active") + "\"\n[[follower.link]]\nleader = \"" +
        Rig::leader_label + "\"\nsizing = " + sizing_text(link.sizing) + "\norder = { type = " +
        (link.order.type == config::OrderStyle::Type::market ? R"("market")" : R"("limit_ioc")") +
        " }\ninverse = " + (link.inverse ? "true" : "false") + "\n";
    if (link.on_start == config::OnStart::adopt) text += "on_start = \"adopt\"\n";
    if (link.max_fill_age)
      text += "max_fill_age_ms = " + std::to_string(link.max_fill_age->count()) + "\n";
  }
  return text;
}

venue::Credentials credentials(const sim::Member& member) {
  const bool hmac = member.key_type == sim::KeyType::hmac;
  const Secret key = Secret::copy_of(hmac ? member.secret : member.private_key_pem);
  auto signer = hmac ? venue::Signer::hmac(key) : venue::Signer::private_key(key);
  ASSERT(signer.has_value());
  return {.api_key = Secret::copy_of(member.api_key), .signer = std::move(*signer)};
}

}  // namespace

Rig::Rig(const RigOptions& options)
    : options_(options),
      random_(options.seed),
      venue_(clock_, venue_options(options)),
      mortal_disk_(make_mortal(disk_, mortality_)) {
  const auto info = venue_.world().protocol().handle_rest(
      {.method = "GET", .target = "/fapi/v1/exchangeInfo", .api_key = "", .body = ""},
      venue_.venue_time(clock_.now()));
  auto decoded = venue::decode_exchange_info(info.body);
  ASSERT(decoded.has_value());
  names_.symbols = std::move(decoded->symbols);
  names_.config_text = config_text(options_);
  auto loaded = config::load(names_.config_text, "the rig");
  ASSERT(loaded.config.has_value());
  names_.config = std::make_shared<const config::Config>(std::move(*loaded.config));
  start();
}

std::unique_ptr<net::Transport> Rig::transport(const std::string& owner) {
  auto made = venue_.transport(owner);
  if (options_.wrap) made = options_.wrap(std::move(made), owner);
  return make_mortal(std::move(made), mortality_);
}

// ---- life and death ----------------------------------------------------------------------------

void Rig::start() {
  mortality_.revive();
  // It may die of its next deeds already.
  if (death_.deeds > 0) mortality_.doom(std::exchange(death_.deeds, 0), death_.before);
  ++starts_;
  process_ = std::make_unique<Process>(
      Process::Parts{.clock = clock_,
                     .names = names_,
                     .endpoints = endpoints,
                     .transport = [this](const std::string& owner) { return transport(owner); },
                     .disk = *mortal_disk_,
                     .journal = {.segment_records = segment_records, .boot = {boot_}},
                     .seed = options_.seed + 1000 * starts_,
                     .start_ns = settle_start + static_cast<std::int64_t>(starts_),
                     .venue_time = venue_.venue_time(clock_.now()),
                     .order_limits = options_.order_limits});
  stalled_until_ = {};
  if (connected_) connect();
}

void Rig::doom(const Death& death) {
  death_ = death;
  if (!alive()) return;  // it dies while it starts
  mortality_.doom(std::exchange(death_.deeds, 0), death.before);
}

void Rig::bury() {
  ++deaths_;
  bool mid_order = false;
  for (const auto& link : process_->links())
    mid_order = mid_order || link.written.get() + link.unknown.get() > 0;
  if (mid_order) ++deaths_mid_order_;
  buried_ = unknown_ends();
  buried_joined_ = joined();
  take_notices();
  process_.reset();
  if (death_.power_cut) {
    disk_.power_cut([this](const std::string&, std::uint64_t) { return random_.below(3) == 0; });
    ++boot_;
  }
  again_ = clock_.now() + death_.down_for;
}

Process::UnknownEnds Rig::unknown_ends() const {
  Process::UnknownEnds ends = buried_;
  if (!alive()) return ends;
  const auto present = process_->unknown_ends();
  ends.found += present.found;
  ends.absent += present.absent;
  return ends;
}

// ---- what the supervisor does ------------------------------------------------------------------

void Rig::connect() {
  connected_ = true;
  tell_time();
  for (std::size_t i = 0; i < options_.followers.size(); ++i) connect_follower(i);
  // A fill that came before its followers would be skipped.
  leader_waits_ = true;
}

void Rig::connect_leader() {
  if (!alive() || leader_waits_) return;
  process_->add_leader(credentials(venue_.world().member(leader_label)));
}

void Rig::connect_follower(std::size_t follower) {
  if (!alive()) return;
  process_->add_follower(follower,
                         credentials(venue_.world().member(options_.followers[follower].label)));
}

// A sample is taken in the middle of a round trip, so it is off by half of it at the most.
void Rig::tell_time() {
  const auto latency_ms = std::chrono::duration_cast<milliseconds>(options_.latency).count();
  const auto error =
      static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(2 * latency_ms + 1))) -
      latency_ms;
  const TimeSample sample{.at = clock_.now(),
                          .venue = venue_.venue_time(clock_.now()) + milliseconds(error)};
  process_->tell_time(sample);
  time_due_ = clock_.now() + time_period;
}

void Rig::mislead_lanes(milliseconds error) {
  if (!alive()) return;
  process_->tell_lanes_time({.at = clock_.now(), .venue = venue_.venue_time(clock_.now()) + error});
}

void Rig::stall(std::size_t agent, std::chrono::nanoseconds time) {
  stalled_until_[agent] = clock_.now() + time;
}

// ---- time --------------------------------------------------------------------------------------

void Rig::advance() {
  const auto jitter = microseconds(random_.below(400));
  const auto due = venue_.next_due();
  const auto until_due = due ? *due - clock_.now() : std::chrono::nanoseconds(idle_max_);
  std::chrono::nanoseconds by = jitter;
  if (until_due.count() > 0) by += std::min<std::chrono::nanoseconds>(until_due, idle_max_);
  // Now and then not in step with the venue: a little early, or late.
  if (random_.below(8) == 0) by = microseconds(1 + random_.below(5000));
  clock_.advance(by);
}

void Rig::step() {
  advance();
  if (options_.each_step) options_.each_step();
  if (!alive()) {
    venue_.pump(clock_.now());
    if (clock_.now() < again_) return;
    start();
  }
  if (mortality_.dead()) return bury();
  if (clock_.now() >= time_due_) tell_time();
  std::array<std::size_t, agent_count> turn{};
  for (std::size_t i = 0; i < agent_count; ++i) turn[i] = i;
  for (std::size_t i = agent_count; i > 1; --i) std::swap(turn[i - 1], turn[random_.below(i)]);
  for (const std::size_t agent : turn) {
    if (clock_.now() >= stalled_until_[agent]) pass(agent);
    if (mortality_.dead()) return bury();
  }
  if (leader_waits_ && process_->followers_ready()) {
    leader_waits_ = false;
    connect_leader();
  }
  if (process_->positions_doubtful() && process_->leader_synced()) process_->trust_positions(true);
  take_notices();
}

void Rig::pass(std::size_t agent) {
  process_->pass(agent);
}

void Rig::take_notices() {
  process_->take_notices([&](const char* who, const Notice& notice) {
    const auto ms = (clock_.now() - Mono{}).count() / 1'000'000;
    notices_.push_back(std::to_string(ms) + " " + who + " " + std::to_string(notice.account) +
                       ": " + std::string(notice.message()));
  });
}

void Rig::run_for(std::chrono::nanoseconds time) {
  const Mono end = clock_.now() + time;
  while (clock_.now() < end) step();
}

bool Rig::run_until(const std::function<bool()>& done, std::chrono::nanoseconds limit) {
  const Mono end = clock_.now() + limit;
  while (!done()) {
    if (clock_.now() >= end) return false;
    step();
  }
  return true;
}

bool Rig::rest_until(const std::function<bool()>& done, std::chrono::nanoseconds limit) {
  const auto step_before = std::exchange(idle_max_, resting_step);
  const bool is_done = run_until(done, limit);
  idle_max_ = step_before;
  return is_done;
}

// ---- questions ---------------------------------------------------------------------------------

bool Rig::ready() const {
  return alive() && process_->feed().state(LeaderId{0}) == feed::SessionState::live &&
         process_->followers_ready();
}

bool Rig::history_is_whole() const {
  return alive() && process_->feed().state(LeaderId{0}) == feed::SessionState::live &&
         !process_->feed().looks_again(LeaderId{0});
}

bool Rig::settled(std::int64_t fills) const {
  if (!alive() || process_->copier().in_flight() != 0) return false;
  const auto& followers = process_->followers();
  return std::all_of(followers.begin(), followers.end(), [&](const FollowerCells& follower) {
    std::int64_t sum = 0;
    for (const auto& cell : follower.outcomes) sum += cell.get();
    return sum == fills && follower.in_flight.get() == 0;
  });
}

std::vector<std::int64_t> Rig::trade(const std::string& label, const sim::ScriptedTrade& trade) {
  venue_.pump(clock_.now());
  auto& exchange = venue_.world().exchange();
  const auto index = account_index(label);
  const std::size_t before = exchange.account(index).trades.size();
  const auto placed = exchange.trade(index, trade, venue_.venue_time(clock_.now()));
  if (!placed.ok()) return {};
  std::vector<std::int64_t> ids;
  const auto& trades = exchange.account(index).trades;
  for (std::size_t i = before; i < trades.size(); ++i) ids.push_back(trades[i].id);
  return ids;
}

const sim::Account& Rig::account(const std::string& label) {
  return venue_.world().exchange().account(account_index(label));
}

sim::AccountIndex Rig::account_index(const std::string& label) {
  const auto index = venue_.world().exchange().find_account(label);
  ASSERT(index.has_value());
  return *index;
}

Qty Rig::position(const std::string& label, const std::string& symbol, sim::Leg leg) {
  return account(label).position(venue_symbol(symbol), leg).qty;
}

sim::SymbolIndex Rig::venue_symbol(const std::string& name) {
  const auto index = venue_.world().exchange().find_symbol(name);
  ASSERT(index.has_value());
  return *index;
}

}  // namespace copyd::flow
