// Rig: the whole engine and the simulated venue in one thread, in virtual time.
//
//   venue (sim) ◀─memory─▶ LeaderFeed ─▶ Copier ─▶ OrderLane 0, 1 ◀─memory─▶ venue (sim)
//
// Nothing runs by itself: `step` moves the clock a little and gives every agent one pass, in an
// order drawn from the seed. A run is a function of its options and of what is called on it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "exec/order_lane.hpp"
#include "feed/leader_feed.hpp"
#include "risk/copier.hpp"
#include "sim/memory_venue.hpp"
#include "sim/random.hpp"

namespace copyd::flow {

inline constexpr std::size_t lane_count = 2;

struct RigFollower {
  std::string label{};
  sim::PositionMode mode = sim::PositionMode::one_way;
  sim::KeyType key = sim::KeyType::hmac;
  config::Link link{};  // its leader is filled in
};

struct RigOptions {
  std::uint64_t seed = 1;
  sim::PositionMode leader_mode = sim::PositionMode::one_way;
  std::vector<RigFollower> followers{};
  std::chrono::nanoseconds latency{std::chrono::milliseconds(1)};
  // Stands between an agent and the venue; the default changes nothing.
  using Transport = std::unique_ptr<net::Transport>;
  std::function<Transport(Transport, const std::string& owner)> wrap{};
  std::function<void()> each_step{};
};

class Rig {
 public:
  static constexpr const char* leader_label = "lea";
  static constexpr std::int64_t settle_start = 1'790'000'000'000'000'000;
  enum Agent : std::size_t { feed_agent, copy_agent, first_lane };
  static constexpr std::size_t agent_count = first_lane + lane_count;

  explicit Rig(const RigOptions& options);

  // Gives the agents their accounts, as the supervisor does.
  void connect();
  void connect_leader();
  void connect_follower(std::size_t follower);
  // Corrects the venue's time for the lanes alone, by `error`.
  void mislead_lanes(std::chrono::milliseconds error);
  // The agent gets no time until then, as a thread that the system does not run.
  void stall(std::size_t agent, std::chrono::nanoseconds time);

  // One small step of time, and one pass of every agent.
  void step();
  // One pass of one agent, at this moment.
  void pass(std::size_t agent);
  void run_for(std::chrono::nanoseconds time);
  // False when it did not become true within the time.
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds limit);
  // The same in larger steps, for hours in which nothing is under way.
  bool rest_until(const std::function<bool()>& done, std::chrono::nanoseconds limit);

  // The leader is live and every follower's connections stand.
  bool ready() const;
  // The leader is live, and no trade of his may be listed late any more.
  bool history_is_whole() const;
  // Every follower has an outcome for each of that many fills, and nothing is under way.
  bool settled(std::int64_t fills) const;

  // As any account, at the venue, all in one moment. The trades' ids, empty when it was refused.
  std::vector<std::int64_t> trade(const std::string& label, const sim::ScriptedTrade& trade);

  const sim::Account& account(const std::string& label);
  sim::AccountIndex account_index(const std::string& label);
  Qty position(const std::string& label, const std::string& symbol, sim::Leg leg);
  sim::SymbolIndex venue_symbol(const std::string& name);
  SymbolId symbol(const std::string& name) const { return *symbols_.find(name); }

  ManualClock& clock() noexcept { return clock_; }
  sim::MemoryVenue& venue() noexcept { return venue_; }
  const RigOptions& options() const noexcept { return options_; }
  const feed::LeaderFeed& feed() const noexcept { return *feed_; }
  const risk::Copier& copier() const noexcept { return *copier_; }
  const feed::LeaderCells& leader_cells() const noexcept { return leader_cells_[0]; }
  const FollowerCells& cells(std::size_t follower) const { return follower_cells_[follower]; }
  const exec::FollowerLinkCells& link(std::size_t follower) const { return link_cells_[follower]; }
  const std::vector<std::string>& notices() const noexcept { return notices_; }

 private:
  struct Lane {
    Channel<Order> orders{limits::orders_per_lane_max};
    Channel<Report> reports{limits::reports_per_lane_max};
    Channel<exec::LaneCommand> commands{limits::commands_max};
    Channel<Notice> notices{limits::notices_max};
    exec::LaneCells cells;
    StageTimes stages;
    std::unique_ptr<net::Transport> transport;
    std::unique_ptr<exec::OrderLane> agent;
  };

  std::unique_ptr<net::Transport> transport(const std::string& owner);
  void make_agents();
  void advance();
  void tell_time();
  void take_notices();

  RigOptions options_;
  sim::Random random_;
  ManualClock clock_;
  sim::MemoryVenue venue_;
  SymbolTable symbols_;
  config::Leader leader_;
  std::vector<config::Follower> followers_;

  Channel<LeaderEvent> events_{limits::leader_events_max};
  Channel<feed::FeedCommand> feed_commands_{limits::commands_max};
  Channel<CopyCommand> copy_commands_{limits::commands_max};
  Channel<BookAnswer> answers_{limits::commands_max};
  Channel<Notice> feed_notices_{limits::notices_max};
  Channel<Notice> copy_notices_{limits::notices_max};
  std::array<feed::LeaderCells, 1> leader_cells_{};
  std::vector<FollowerCells> follower_cells_;
  std::vector<exec::FollowerLinkCells> link_cells_;
  StageTimes feed_stages_;
  StageTimes copy_stages_;
  std::array<Lane, lane_count> lanes_;
  std::unique_ptr<net::Transport> feed_transport_;
  std::vector<risk::CopierSetup::Follower> copier_followers_;
  std::vector<risk::CopierSetup::Lane> copier_lanes_;
  std::unique_ptr<feed::LeaderFeed> feed_;
  std::unique_ptr<risk::Copier> copier_;

  std::chrono::milliseconds idle_max_{20};  // agents have timers that the venue does not know
  std::array<Mono, agent_count> stalled_until_{};
  Mono time_due_{};
  std::vector<std::string> notices_;
};

}  // namespace copyd::flow
