// Process: the engine as one process of it: everything that is gone when it is killed. What a start
// finds is on the disk alone. No thread: the rig gives each agent its passes.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "engine/run_journal.hpp"
#include "exec/order_lane.hpp"
#include "feed/leader_feed.hpp"
#include "risk/copier.hpp"
#include "venue/rest.hpp"

namespace copyd::flow {

inline constexpr std::size_t lane_count = 2;

class Process {
 public:
  enum Agent : std::size_t { feed_agent, copy_agent, first_lane };
  static constexpr std::size_t journal_agent = first_lane + lane_count;
  static constexpr std::size_t agent_count = journal_agent + 1;

  // All references outlive it.
  struct Parts {
    const Clock& clock;
    const engine::RunNames& names;
    const venue::Endpoints& endpoints;
    std::function<std::unique_ptr<net::Transport>(const std::string& owner)> transport;
    journal::Disk& disk;
    journal::Settings journal;
    std::uint64_t seed = 1;
    std::int64_t start_ns = 0;
    VenueTime venue_time;
    exec::OrderLimits order_limits;
  };
  // A start, up to where the agents run.
  explicit Process(const Parts& parts);

  void pass(std::size_t agent);
  void tell_time(TimeSample sample);
  void tell_lanes_time(TimeSample sample);
  void add_follower(std::size_t follower, venue::Credentials credentials);
  // With what an earlier run knew of it, the first time.
  void add_leader(venue::Credentials credentials);
  void tell_copier(const CopyCommand& command);
  void take_notices(const std::function<void(const char* who, const Notice&)>& take);

  // How orders whose fate was unknown ended, so far.
  struct UnknownEnds {
    std::int64_t found = 0;
    std::int64_t absent = 0;
  };
  UnknownEnds unknown_ends() const;
  // Orders that left for others as well, so far.
  std::int64_t joined() const;

  // Every follower's connections stand, and its book has heard of it.
  bool followers_ready() const;
  // The leader is live, and the copy agent has decided what came before.
  bool leader_synced() const;
  void trust_positions(bool trust);
  bool positions_doubtful() const noexcept { return positions_doubtful_; }
  const feed::LeaderFeed& feed() const noexcept { return *feed_; }
  const risk::Copier& copier() const noexcept { return *copier_; }
  const feed::LeaderCells& leader() const noexcept { return leader_cells_[0]; }
  const std::vector<FollowerCells>& followers() const noexcept { return follower_cells_; }
  const std::vector<exec::FollowerLinkCells>& links() const noexcept { return link_cells_; }

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
  void make_agents(const Parts& parts, const engine::Recovered& recovered);
  void begin(const engine::RunNames& names, const engine::Recovered& recovered);

  Channel<LeaderEvent> events_{limits::leader_events_max};
  Channel<feed::FeedCommand> feed_commands_{limits::commands_max};
  Channel<CopyCommand> copy_commands_{limits::commands_max};
  Channel<BookAnswer> answers_{limits::commands_max};
  Channel<Notice> feed_notices_{limits::notices_max};
  Channel<Notice> copy_notices_{limits::notices_max};
  std::array<feed::LeaderCells, 1> leader_cells_{};
  std::vector<FollowerCells> follower_cells_;
  std::vector<exec::FollowerLinkCells> link_cells_;
  venue::AddressHolds address_holds_;
  StageTimes feed_stages_;
  StageTimes copy_stages_;
  engine::RunJournal journal_;
  bool positions_doubtful_ = false;
  std::map<LeaderId, engine::LeaderTrack> tracks_;
  std::array<Lane, lane_count> lanes_;
  std::unique_ptr<net::Transport> feed_transport_;
  const int leader_connections_;
  std::vector<risk::CopierSetup::Follower> copier_followers_;
  std::vector<risk::CopierSetup::Lane> copier_lanes_;
  std::unique_ptr<feed::LeaderFeed> feed_;
  std::unique_ptr<risk::Copier> copier_;
};

}  // namespace copyd::flow
