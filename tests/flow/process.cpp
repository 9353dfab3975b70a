#include "process.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"

namespace copyd::flow {

Process::Process(const Parts& parts)
    : follower_cells_(parts.names.config->followers.size()),
      link_cells_(parts.names.config->followers.size()),
      journal_({.disk = parts.disk,
                .directory = "memory",
                .clock = parts.clock,
                .settings = parts.journal}),
      leader_connections_(parts.names.config->leaders[0].connections) {
  auto recovered = journal_.recover(parts.names);
  ASSERT(recovered.has_value());
  positions_doubtful_ = engine::positions_doubtful(*recovered, parts.venue_time);
  ASSERT(journal_.open(parts.names, *recovered, lane_count));
  make_agents(parts, *recovered);
  begin(parts.names, *recovered);
}

void Process::make_agents(const Parts& parts, const engine::Recovered& recovered) {
  feed_transport_ = parts.transport("feed");
  feed_ = std::make_unique<feed::LeaderFeed>(feed::Wiring{.transport = *feed_transport_,
                                                          .clock = parts.clock,
                                                          .symbols = parts.names.symbols,
                                                          .endpoints = parts.endpoints,
                                                          .events = events_,
                                                          .commands = feed_commands_,
                                                          .notices = feed_notices_,
                                                          .cells = leader_cells_,
                                                          .stages = feed_stages_,
                                                          .weight = &address_holds_.weight,
                                                          .seed = parts.seed});
  for (std::size_t i = 0; i < lane_count; ++i) {
    Lane& lane = lanes_[i];
    lane.transport = parts.transport("lane-" + std::to_string(i));
    lane.agent =
        std::make_unique<exec::OrderLane>(exec::LaneWiring{.transport = *lane.transport,
                                                           .clock = parts.clock,
                                                           .symbols = parts.names.symbols,
                                                           .endpoints = parts.endpoints,
                                                           .orders = lane.orders,
                                                           .reports = lane.reports,
                                                           .commands = lane.commands,
                                                           .notices = lane.notices,
                                                           .followers = link_cells_,
                                                           .cells = lane.cells,
                                                           .stages = lane.stages,
                                                           .books = follower_cells_,
                                                           .journal = journal_.lanes()[i],
                                                           .books_journal = journal_.copy(),
                                                           .order_limits = parts.order_limits,
                                                           .holds = &address_holds_,
                                                           .batch = 4,
                                                           .links_per_pass = parts.seed % 2,
                                                           .seed = parts.seed + i + 1});
    copier_lanes_.push_back({.orders = lane.orders, .reports = lane.reports});
  }
  const auto& config = *parts.names.config;
  for (std::size_t i = 0; i < config.followers.size(); ++i)
    copier_followers_.push_back({.config = config.followers[i], .lane = i % lane_count});
  copier_ = std::make_unique<risk::Copier>(
      risk::CopierSetup{.leaders = config.leaders,
                        .followers = copier_followers_,
                        .lanes = copier_lanes_,
                        .symbols = parts.names.symbols,
                        .clock = parts.clock,
                        .leader_events = events_,
                        .commands = copy_commands_,
                        .answers = answers_,
                        .notices = copy_notices_,
                        .cells = follower_cells_,
                        .stages = copy_stages_,
                        .followers_per_pass = parts.seed / 2 % 2,
                        .settle_start = parts.start_ns,
                        .journal = journal_.copy(),
                        .doubt_until = engine::doubt_until(recovered, parts.venue_time)});
}

void Process::begin(const engine::RunNames& names, const engine::Recovered& recovered) {
  for (const auto& row : recovered.rows) {
    copier_->restore(row);
    if (row.type != static_cast<std::uint16_t>(journal::Type::held_leg)) continue;
    const auto held = row.as<journal::HeldLeg>();
    ASSERT(lanes_[held.follower.value % lane_count].commands.try_push(exec::ExpectPosition{
        .follower = held.follower, .symbol = held.symbol, .leg = held.leg, .qty = held.position}));
  }
  copier_->restored();
  if (positions_doubtful_) trust_positions(false);
  tracks_ = recovered.leaders;
  engine::RowList books;
  copier_->save(books);
  ASSERT(journal_.begin(names, std::move(books.all), recovered));
}

void Process::pass(std::size_t agent) {
  if (agent == feed_agent) feed_->do_work();
  else if (agent == copy_agent) copier_->do_work();
  else if (agent == journal_agent) journal_.agent().do_work();
  else lanes_[agent - first_lane].agent->do_work();
}

// ---- what the supervisor does ------------------------------------------------------------------

void Process::tell_time(TimeSample sample) {
  ASSERT(feed_commands_.try_push(sample));
  ASSERT(copy_commands_.try_push(sample));
  tell_lanes_time(sample);
}

void Process::tell_lanes_time(TimeSample sample) {
  for (auto& lane : lanes_) ASSERT(lane.commands.try_push(sample));
}

// Those of the first lane share their connections, but for its first one where that logs on.
void Process::add_follower(std::size_t follower, venue::Credentials credentials) {
  const bool logs_on = credentials.signer.type() == venue::KeyType::ed25519;
  ASSERT(lanes_[follower % lane_count].commands.try_push(
      exec::AddFollower{.follower = FollowerId{static_cast<std::uint16_t>(follower)},
                        .credentials = std::move(credentials),
                        .shares = follower % lane_count == 0 && (follower != 0 || !logs_on)}));
}

void Process::add_leader(venue::Credentials credentials) {
  feed::AddLeader add{.leader = LeaderId{0},
                      .credentials = std::move(credentials),
                      .connections = leader_connections_};
  if (const auto track = tracks_.extract(LeaderId{0}); !track.empty())
    add.resume = track.mapped().resume();
  ASSERT(feed_commands_.try_push(std::move(add)));
}

bool Process::leader_synced() const {
  return feed_->state(LeaderId{0}) == feed::SessionState::live && events_.size() == 0 &&
         !copier_->is_deciding();
}

void Process::trust_positions(bool trust) {
  positions_doubtful_ = !trust;
  for (auto& lane : lanes_) ASSERT(lane.commands.try_push(exec::TrustPositions{trust}));
}

void Process::tell_copier(const CopyCommand& command) {
  ASSERT(copy_commands_.try_push(command));
}

void Process::take_notices(const std::function<void(const char* who, const Notice&)>& take) {
  Notice notice;
  while (feed_notices_.try_pop(notice)) take("leader", notice);
  while (copy_notices_.try_pop(notice)) take("copy", notice);
  while (journal_.next_notice(notice)) take("journal", notice);
  for (auto& lane : lanes_)
    while (lane.notices.try_pop(notice)) take("follower", notice);
}

Process::UnknownEnds Process::unknown_ends() const {
  UnknownEnds ends;
  for (const auto& lane : lanes_) {
    ends.found += lane.cells.found.get();
    ends.absent += lane.cells.absent.get();
  }
  return ends;
}

std::int64_t Process::joined() const {
  std::int64_t sum = 0;
  for (const auto& lane : lanes_) sum += lane.cells.joined.get();
  return sum;
}

bool Process::followers_ready() const {
  const bool stand = std::all_of(link_cells_.begin(), link_cells_.end(), [](const auto& link) {
    return link.link.get() == static_cast<std::int64_t>(exec::LinkState::ready);
  });
  return stand && std::all_of(follower_cells_.begin(), follower_cells_.end(), [](const auto& book) {
           const auto connection = 1U << static_cast<unsigned>(StateCause::connection);
           return (static_cast<std::uint32_t>(book.causes.get()) & connection) == 0;
         });
}

}  // namespace copyd::flow
