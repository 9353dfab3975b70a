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
#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "mortality.hpp"
#include "process.hpp"
#include "sim/memory_venue.hpp"
#include "sim/random.hpp"
#include "support/memory_disk.hpp"

namespace copyd::flow {

struct RigFollower {
  std::string label{};
  sim::PositionMode mode = sim::PositionMode::one_way;
  sim::KeyType key = sim::KeyType::hmac;
  config::Link link{};  // its leader is filled in
  bool shadow = false;
};

struct RigOptions {
  std::uint64_t seed = 1;
  sim::PositionMode leader_mode = sim::PositionMode::one_way;
  std::vector<RigFollower> followers{};
  int leader_connections = 1;
  std::chrono::nanoseconds latency{std::chrono::milliseconds(1)};
  exec::OrderLimits order_limits{};  // of each follower's account
  // Stands between an agent and the venue; the default changes nothing.
  using Transport = std::unique_ptr<net::Transport>;
  std::function<Transport(Transport, const std::string& owner)> wrap{};
  std::function<void()> each_step{};
};

class Rig {
 public:
  static constexpr const char* leader_label = "lea";
  static constexpr std::int64_t settle_start = 1'790'000'000'000'000'000;
  using enum Process::Agent;
  static constexpr std::size_t agent_count = Process::agent_count;

  explicit Rig(const RigOptions& options);

  // Gives the agents their accounts, as the supervisor does.
  void connect();
  void connect_leader();
  void connect_follower(std::size_t follower);
  // Corrects the venue's time for the lanes alone, by `error`.
  void mislead_lanes(std::chrono::milliseconds error);
  // The agent gets no time until then, as a thread that the system does not run.
  void stall(std::size_t agent, std::chrono::nanoseconds time);

  // The process is killed within its next deeds (tests/flow/mortality.hpp), and started again after
  // a while. A power cut loses what was not synced, but for some of it.
  struct Death {
    int deeds = 1;
    bool before = false;
    bool power_cut = false;
    std::chrono::nanoseconds down_for{};
  };
  void doom(const Death& death);
  bool alive() const noexcept { return process_ != nullptr; }
  std::uint64_t deaths() const noexcept { return deaths_; }
  // Of them, those that left an order on the wire.
  std::uint64_t deaths_mid_order() const noexcept { return deaths_mid_order_; }
  // The disk has lost what was not synced. What is decided again then may be another size than what
  // had left under the same id: what one fill is short of, a later one makes up for.
  bool has_lost() const noexcept { return boot_ > 1; }
  // In all lives.
  Process::UnknownEnds unknown_ends() const;
  std::int64_t joined() const { return buried_joined_ + (alive() ? process_->joined() : 0); }

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
  SymbolId symbol(const std::string& name) const { return *names_.symbols.find(name); }

  ManualClock& clock() noexcept { return clock_; }
  sim::MemoryVenue& venue() noexcept { return venue_; }
  const RigOptions& options() const noexcept { return options_; }
  test::MemoryDisk& disk() noexcept { return disk_; }
  // REQUIRES, of the following: alive().
  Process& process() noexcept { return *process_; }
  const risk::Copier& copier() const noexcept { return process_->copier(); }
  const feed::LeaderCells& leader_cells() const noexcept { return process_->leader(); }
  const FollowerCells& cells(std::size_t follower) const { return process_->followers()[follower]; }
  const exec::FollowerLinkCells& link(std::size_t follower) const {
    return process_->links()[follower];
  }
  const std::vector<std::string>& notices() const noexcept { return notices_; }

 private:
  std::unique_ptr<net::Transport> transport(const std::string& owner);
  void start();
  void bury();
  void advance();
  void tell_time();
  void take_notices();

  RigOptions options_;
  sim::Random random_;
  ManualClock clock_;
  sim::MemoryVenue venue_;
  engine::RunNames names_;
  test::MemoryDisk disk_;
  Mortality mortality_;
  std::unique_ptr<journal::Disk> mortal_disk_;
  std::unique_ptr<Process> process_;  // null: dead, until `again_`

  bool connected_ = false;     // a start gives the agents their accounts
  bool leader_waits_ = false;  // for the followers
  Death death_{};
  Mono again_{};
  std::uint64_t starts_ = 0;
  std::uint8_t boot_ = 1;
  std::uint64_t deaths_ = 0;
  std::uint64_t deaths_mid_order_ = 0;
  Process::UnknownEnds buried_;
  std::int64_t buried_joined_ = 0;

  std::chrono::milliseconds idle_max_{20};  // agents have timers that the venue does not know
  std::array<Mono, agent_count> stalled_until_{};
  Mono time_due_{};
  std::vector<std::string> notices_;
};

}  // namespace copyd::flow
