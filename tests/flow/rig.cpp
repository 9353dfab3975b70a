#include "rig.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/assert.hpp"
#include "venue/account_codec.hpp"

namespace copyd::flow {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds resting_step{10};
constexpr seconds time_period{10};  // between two samples of the venue's time

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
      leader_{.label = leader_label},
      follower_cells_(options.followers.size()),
      link_cells_(options.followers.size()) {
  const auto info = venue_.world().protocol().handle_rest(
      {.method = "GET", .target = "/fapi/v1/exchangeInfo", .api_key = "", .body = ""},
      venue_.venue_time(clock_.now()));
  auto decoded = venue::decode_exchange_info(info.body);
  ASSERT(decoded.has_value());
  symbols_ = std::move(decoded->symbols);
  for (const auto& follower : options_.followers) {
    config::Follower made;
    made.label = follower.label;
    made.links = {follower.link};
    made.links[0].leader = leader_label;
    followers_.push_back(std::move(made));
  }
  make_agents();
}

std::unique_ptr<net::Transport> Rig::transport(const std::string& owner) {
  auto made = venue_.transport(owner);
  return options_.wrap ? options_.wrap(std::move(made), owner) : std::move(made);
}

void Rig::make_agents() {
  feed_transport_ = transport("feed");
  feed_ = std::make_unique<feed::LeaderFeed>(feed::Wiring{.transport = *feed_transport_,
                                                          .clock = clock_,
                                                          .symbols = symbols_,
                                                          .endpoints = endpoints,
                                                          .events = events_,
                                                          .commands = feed_commands_,
                                                          .notices = feed_notices_,
                                                          .cells = leader_cells_,
                                                          .stages = feed_stages_,
                                                          .seed = options_.seed});
  for (std::size_t i = 0; i < lane_count; ++i) {
    Lane& lane = lanes_[i];
    lane.transport = transport("lane-" + std::to_string(i));
    lane.agent =
        std::make_unique<exec::OrderLane>(exec::LaneWiring{.transport = *lane.transport,
                                                           .clock = clock_,
                                                           .symbols = symbols_,
                                                           .endpoints = endpoints,
                                                           .orders = lane.orders,
                                                           .reports = lane.reports,
                                                           .commands = lane.commands,
                                                           .notices = lane.notices,
                                                           .followers = link_cells_,
                                                           .cells = lane.cells,
                                                           .stages = lane.stages,
                                                           .books = follower_cells_,
                                                           .seed = options_.seed + i + 1});
    copier_lanes_.push_back({.orders = lane.orders, .reports = lane.reports});
  }
  for (std::size_t i = 0; i < followers_.size(); ++i)
    copier_followers_.push_back({.config = followers_[i], .lane = i % lane_count});
  copier_ = std::make_unique<risk::Copier>(
      risk::CopierSetup{.leaders = std::span<const config::Leader>(&leader_, 1),
                        .followers = copier_followers_,
                        .lanes = copier_lanes_,
                        .symbols = symbols_,
                        .clock = clock_,
                        .leader_events = events_,
                        .commands = copy_commands_,
                        .answers = answers_,
                        .notices = copy_notices_,
                        .cells = follower_cells_,
                        .stages = copy_stages_,
                        .settle_start = settle_start});
}

// ---- what the supervisor does ------------------------------------------------------------------

void Rig::connect() {
  tell_time();
  connect_leader();
  for (std::size_t i = 0; i < followers_.size(); ++i) connect_follower(i);
}

void Rig::connect_leader() {
  ASSERT(feed_commands_.try_push(feed::AddLeader{
      .leader = LeaderId{0}, .credentials = credentials(venue_.world().member(leader_label))}));
}

void Rig::connect_follower(std::size_t follower) {
  const auto& member = venue_.world().member(followers_[follower].label);
  ASSERT(lanes_[follower % lane_count].commands.try_push(
      exec::AddFollower{.follower = FollowerId{static_cast<std::uint16_t>(follower)},
                        .credentials = credentials(member)}));
}

// A sample is taken in the middle of a round trip, so it is off by half of it at the most.
void Rig::tell_time() {
  const auto latency_ms = std::chrono::duration_cast<milliseconds>(options_.latency).count();
  const auto error = static_cast<std::int64_t>(
                         random_.below(static_cast<std::uint64_t>(2 * latency_ms + 1))) -
                     latency_ms;
  const TimeSample sample{.at = clock_.now(),
                          .venue = venue_.venue_time(clock_.now()) + milliseconds(error)};
  ASSERT(feed_commands_.try_push(sample));
  ASSERT(copy_commands_.try_push(sample));
  for (auto& lane : lanes_) ASSERT(lane.commands.try_push(sample));
  time_due_ = clock_.now() + time_period;
}

void Rig::mislead_lanes(milliseconds error) {
  const TimeSample sample{.at = clock_.now(), .venue = venue_.venue_time(clock_.now()) + error};
  for (auto& lane : lanes_) ASSERT(lane.commands.try_push(sample));
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
  if (clock_.now() >= time_due_) tell_time();
  std::array<std::size_t, agent_count> turn{};
  for (std::size_t i = 0; i < agent_count; ++i) turn[i] = i;
  for (std::size_t i = agent_count; i > 1; --i) std::swap(turn[i - 1], turn[random_.below(i)]);
  for (const std::size_t agent : turn) {
    if (clock_.now() >= stalled_until_[agent]) pass(agent);
  }
  take_notices();
}

void Rig::pass(std::size_t agent) {
  if (agent == feed_agent) feed_->do_work();
  else if (agent == copy_agent) copier_->do_work();
  else lanes_[agent - first_lane].agent->do_work();
}

void Rig::take_notices() {
  Notice notice;
  const auto keep = [&](const char* who) {
    const auto ms = (clock_.now() - Mono{}).count() / 1'000'000;
    notices_.push_back(std::to_string(ms) + " " + who + " " + std::to_string(notice.account) +
                       ": " + std::string(notice.message()));
  };
  while (feed_notices_.try_pop(notice)) keep("leader");
  while (copy_notices_.try_pop(notice)) keep("copy");
  for (auto& lane : lanes_)
    while (lane.notices.try_pop(notice)) keep("follower");
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
  if (feed_->state(LeaderId{0}) != feed::SessionState::live) return false;
  return std::all_of(link_cells_.begin(), link_cells_.end(), [](const auto& link) {
    return link.link.get() == static_cast<std::int64_t>(exec::LinkState::ready);
  });
}

bool Rig::history_is_whole() const {
  return feed_->state(LeaderId{0}) == feed::SessionState::live && !feed_->looks_again(LeaderId{0});
}

bool Rig::settled(std::int64_t fills) const {
  if (copier_->in_flight() != 0) return false;
  return std::all_of(follower_cells_.begin(), follower_cells_.end(), [&](const auto& follower) {
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
