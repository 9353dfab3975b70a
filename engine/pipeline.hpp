// Pipeline: the agents of the path, the queues between them, and the threads that run them.
//
// Built once the venue's symbols are known; started, fed with commands by the supervisor's thread,
// drained and stopped by it. What the agents show of themselves is read through the cells.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "config/schema.hpp"
#include "core/channel.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "engine/thread_plan.hpp"
#include "engine/watchdog.hpp"
#include "exec/lane_cells.hpp"
#include "exec/lane_command.hpp"
#include "exec/order_lane.hpp"
#include "feed/feed_command.hpp"
#include "feed/leader_cells.hpp"
#include "feed/leader_feed.hpp"
#include "net/tls_context.hpp"
#include "net/transport.hpp"
#include "risk/copier.hpp"
#include "venue/address_hold.hpp"
#include "venue/rest.hpp"

namespace copyd::engine {

class Pipeline {
 public:
  struct Parts {
    const config::Config& config;
    const SymbolTable& symbols;
    const venue::Endpoints& endpoints;
    const Clock& clock;
    net::TlsContext& tls;
    ThreadPlan plan;
    exec::OrderLimits order_limits{};  // as the venue announces them
    int weight_per_minute = venue::weight_share::limit;  // of our address; the same
    std::int64_t start_ns = 0;  // numbers the settlements; since 1970
    // Where the agents keep what must survive. Null, and fewer than lanes: nothing is kept.
    journal::Writer* copy_journal = nullptr;
    std::vector<journal::Writer*> lane_journals{};
    // Fills up to then may have been copied by a run whose journal the disk has lost.
    std::optional<VenueTime> doubt_until{};
    const Cell* kill = nullptr;  // see exec/lane_wiring.hpp
    std::uint32_t generation = risk::first_generation;  // of `config`
  };

  explicit Pipeline(const Parts& parts);
  ~Pipeline();

  // Before `start`. The books of an earlier run, row by row; the orders that were in flight are in
  // their lanes' queues then.
  void restore(std::span<const journal::Record> rows);
  // The books as rows. REQUIRES: not started.
  void save(journal::RowSink& sink) const { copier_->save(sink); }

  void start();
  // One step of an orderly end; to be called until it is true: the feed has stopped, the copy agent
  // has decided all it received, and no lane has an order whose answer may still come.
  bool drain();
  void stop();

  // The supervisor's thread. A command queue that is full is a bug: commands are few.
  void tell_feed(feed::FeedCommand command);
  void tell_copier(const CopyCommand& command);
  void tell_lane(FollowerId follower, exec::LaneCommand command);
  // Of what may come in any number: false, and nothing is told, when half of the queue is taken.
  bool offer_lane(FollowerId follower, exec::LaneCommand command);
  void tell_lanes(exec::TrustPositions command);
  void tell_time(TimeSample sample);

  // The copy agent goes over to it, and gives it back. REQUIRES: the one before came back.
  void reload(risk::ReloadPtr reload);
  bool next_reloaded(risk::ReloadPtr& out) { return reloads_.taken.try_pop(out); }
  // Of the configuration that the copy agent decides by.
  std::uint32_t generation() const noexcept { return copier_->generation(); }

  // Bits by LeaderId, see Copier: as of the last BookEnd.
  std::uint64_t leaders_wanted() const noexcept { return copier_->leaders_wanted(); }

  bool next_notice(Notice& out);
  // What streams say of the worth of accounts, and how often there was no room for it.
  bool next_news(venue::AccountNews& out);
  std::uint64_t news_lost() const noexcept;
  bool next_book_answer(BookAnswer& out);
  // The symbols that lanes want to be prepared.
  bool next_wanted(exec::PrepareSymbol& out);

  const feed::LeaderCells& leader(LeaderId id) const noexcept { return leader_cells_[id.value]; }
  const FollowerCells& follower(FollowerId id) const noexcept { return follower_cells_[id.value]; }
  const exec::FollowerLinkCells& link(FollowerId id) const noexcept {
    return link_cells_[id.value];
  }
  std::size_t lanes() const noexcept { return lanes_.size(); }
  const exec::LaneCells& lane(std::size_t index) const noexcept { return lanes_[index]->cells; }
  const venue::AddressHolds& address_holds() const noexcept { return address_holds_; }
  venue::AddressHolds& address_holds() noexcept { return address_holds_; }
  // How far each thread of the path has come. Empty before the start and after the end.
  void passes(std::vector<ThreadPasses>& into) const;
  // All stages of all agents, merged. Costs some 130 KiB of reading; for status only.
  void merge_latency(StageTimes& into) const noexcept;
  const ThreadPlan& plan() const noexcept { return plan_; }
  std::size_t lane_of(FollowerId follower) const noexcept {
    return follower.value % lanes_.size();
  }

 private:
  struct Lane {
    Lane();
    Channel<Order> orders;
    Channel<Report> reports;
    Channel<exec::LaneCommand> commands;
    Channel<Notice> notices;
    Channel<venue::AccountNews> news;
    Channel<exec::PrepareSymbol> wanted;
    exec::LaneCells cells;
    StageTimes stages;
    std::unique_ptr<net::Transport> transport;
    std::unique_ptr<exec::OrderLane> agent;
  };

  enum class Drain { no, feed, copier, lanes };
  static constexpr std::uint32_t drain_query = 0;  // the supervisor's own queries count from 1

  const Clock& clock_;
  ThreadPlan plan_;
  Drain drain_ = Drain::no;
  bool copier_caught_up_ = false;
  Channel<LeaderEvent> events_;
  Channel<feed::FeedCommand> feed_commands_;
  Channel<CopyCommand> copy_commands_;
  Channel<BookAnswer> book_answers_;
  risk::ReloadChannels reloads_;
  Channel<Notice> feed_notices_;
  Channel<venue::AccountNews> feed_news_;
  Channel<Notice> copy_notices_;
  std::vector<feed::LeaderCells> leader_cells_;
  std::vector<FollowerCells> follower_cells_;
  std::vector<exec::FollowerLinkCells> link_cells_;
  std::vector<int> increases_per_10s_;  // by FollowerId; 0: no limit of its own
  StageTimes feed_stages_;
  StageTimes copy_stages_;
  std::unique_ptr<net::Transport> feed_transport_;
  venue::AddressHolds address_holds_;  // of all lanes: they share our address
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<feed::LeaderFeed> feed_;
  std::vector<risk::CopierSetup::Follower> copier_followers_;
  std::vector<risk::CopierSetup::Lane> copier_lanes_;
  std::unique_ptr<risk::Copier> copier_;
  std::vector<std::unique_ptr<AgentThread>> threads_;
};

}  // namespace copyd::engine
