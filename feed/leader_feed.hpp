// LeaderFeed: the agent of the first station. One private stream per leader in, fills and positions
// out.
//
// The only owner of the leaders' sockets and keys, of the decoder, and of the sessions, which have
// all the opinions: this is the switch that does what they say. One pass takes the commands, then
// for each leader what waits, a bounded number of frames, the answers and the timers.
// When the copy agent's queue is full nothing is dropped: the event waits here and the leader's
// socket is not read until there is room. If the venue ends the connection meanwhile, the reconnect
// finds what was missed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/agent.hpp"
#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "feed/feed_command.hpp"
#include "feed/leader_cells.hpp"
#include "net/transport.hpp"
#include "venue/address_weight.hpp"
#include "venue/rest.hpp"
#include "venue/account_news.hpp"
#include "venue/user_data.hpp"

namespace copyd::feed {

struct Ask;

// Everything outlives the feed.
struct Wiring {
  net::Transport& transport;
  const Clock& clock;
  const SymbolTable& symbols;
  venue::Endpoints endpoints;
  Channel<LeaderEvent>& events;    // to the copy agent
  Channel<FeedCommand>& commands;  // from the supervisor
  Channel<Notice>& notices;        // to the supervisor
  std::span<LeaderCells> cells;    // by LeaderId
  StageTimes& stages;              // feed and decode, of live fills
  // Where what it asks is counted. It asks for no room: leaders come first. Null: nowhere.
  venue::AddressWeight* weight = nullptr;
  std::uint64_t seed = 1;  // of the backoff's jitter
  Channel<venue::AccountNews>* news = nullptr;  // to the supervisor; null: nobody hears it
};

class LeaderFeed final : public Agent {
 public:
  explicit LeaderFeed(Wiring wiring);
  ~LeaderFeed() override;
  LeaderFeed(const LeaderFeed&) = delete;
  LeaderFeed& operator=(const LeaderFeed&) = delete;

  const char* name() const noexcept override { return "feed"; }
  int do_work() noexcept override;

  // The feed's thread, or a test.
  SessionState state(LeaderId leader) const noexcept;
  // Leaders that were added and are not live.
  int unsynced() const noexcept;
  // Any thread: StopFeed was carried out.
  bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  Qty tracked(LeaderId leader, SymbolId symbol, Leg leg) const noexcept;
  // The trades of the last loss are still to be read once more.
  bool looks_again(LeaderId leader) const noexcept;

 private:
  struct Leader;

  Leader* find(LeaderId leader) const noexcept;
  int take_commands(Mono now);
  void apply(FeedCommand& command, Mono now);
  void add(AddLeader& command, Mono now);
  void remove(LeaderId id);
  void stop();
  int serve(Leader& leader, Mono now);
  int hand_over(Leader& leader) noexcept;
  int read_stream(Leader& leader, Mono now) noexcept;
  int read_successor(Leader& leader, Mono now) noexcept;
  void take_frame(Leader& leader, const net::WebSocket& socket) noexcept;
  int poll_http(Leader& leader, Mono now);
  int act(Leader& leader, Mono now);
  void send(Leader& leader, const Ask& ask, Mono now);
  void open(Leader& leader, const std::string& listen_key, Mono now);
  void open_successor(Leader& leader, const std::string& listen_key, Mono now);
  void adopt_successor(Leader& leader);

  Wiring wiring_;
  venue::UserDataDecoder decoder_;
  // By LeaderId; null: not added. Up to the last that was.
  std::vector<std::unique_ptr<Leader>> leaders_;
  std::optional<TimeSample> time_;
  std::atomic<bool> stopped_{false};
};

}  // namespace copyd::feed
