// Faults: what goes wrong between the engine and the venue, drawn from the seed.
//
// Some act at once (a connection is cut), others wait for the frame they concern (an answer that is
// lost). A fault counts as fired when it has really changed something.
//
//   engine ─▶ FaultyTransport ─▶ memory venue          rewrites and repeats what the venue said
//                                  └─ fate of a frame  loses, cuts, delays, repeats
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rig.hpp"

namespace copyd::flow {

enum class Fault : std::uint8_t {
  cut_order_socket,        // one follower's
  cut_follower_stream,
  cut_leader_stream,
  outage,                  // every connection drops, and new ones are refused for a while
  drop_before_execution,   // the venue drops the order and the connection
  drop_after_execution,    // the order is executed; the connection ends instead of an answer
  cut_at_request,          // the connection ends before the order arrives
  lose_request,            // an order vanishes on an open connection
  lose_answer,             // an order's answer does
  black_hole,              // one connection is silent both ways, until its pings would end it
  duplicate_events,        // user events come up to five times
  stale_event,             // an old fill's event is sent once more, much later
  delay_events,            // user events wait, and those behind them
  overtaking_events,       // a follower's events change places
  delay_answers,           // an order's answer is late
  listen_key_expired,      // said once or twice
  listen_key_removed,      // by somebody else: the socket stays open and is silent
  unknown_1007_executed,   // -1007, and the order was executed
  unknown_1007_absent,     // -1007, and it was not
  unknown_503_executed,    // "Unknown error", and it was executed
  unknown_503_absent,
  unavailable_503,         // a definite failure
  throttled_1008,
  timestamp_1021,
  too_many_1015,
  order_not_found_2013,    // for an order that was executed, for a while
  lost_http,               // a request or its answer vanishes
  refused_http,            // 503 from the gateway
  delayed_http,
  lagging_history,         // the leader reconnects, and his last trades are not listed yet
  misled_clock,            // the lanes' idea of the venue's time is wrong for a while
  stalled_agent,           // one agent gets no processor for a while
  renewed_key,             // an account is connected again by the operator
  announced_shutdown,      // of the server that an account's stream is connected to
  stray_frame,             // a shared stream says something of a listen key that is nobody's
  passed_day,              // quiet until a socket is renewed ahead of its end: two serve then
  killed,                  // the process, before or after some write or request; it starts again
  killed_while_starting,   // and again
  power_cut,               // the machine: what was not synced is lost, but for some of it
};
inline constexpr std::size_t fault_count = 39;
std::string_view name_of(Fault fault);

using Fired = std::array<std::uint64_t, fault_count>;

class Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_(seed ^ 0xD1B54A32D192ED03U) {}

  // Before the rig is made.
  void install(RigOptions& options);
  // After.
  void attach(Rig& rig);

  void strike(Fault fault);
  Fault draw() { return static_cast<Fault>(random_.below(fault_count)); }
  // Takes back what waits for its frame.
  void calm();

  const Fired& fired() const noexcept { return fired_; }
  // Somebody removed the leader's listen key and nothing has connected the leader anew since.
  bool leader_may_be_deaf() const noexcept { return leader_deaf_; }
  void trace(bool on) noexcept { trace_ = on; }
  void say(const std::string& text) const;

  // Every client order id that left for the venue.
  struct Sent {
    int times = 0;
    Qty qty{};
  };
  const std::map<std::string, Sent>& sent() const noexcept { return sent_; }

  // Fills that a connection has said, the last ones.
  using Said = std::deque<std::string>;

  // For FaultyTransport.
  std::optional<std::string> rewritten(std::string_view frame);
  void rewrite(const net::HttpRequest& request, Result<net::HttpResponse>& response);
  // A connection repeats what it has said, or what was said before it began: the venue says all in
  // order on each, so what another one is ahead with is not old on this one.
  Said said_on(std::string_view target) const;
  void remember(std::string_view target, std::string_view frame, Said& said);
  std::optional<std::string> repeated(const Said& said);

 private:
  struct Hole {
    std::uint64_t link = 0;
    Mono until{};
    bool fired = false;
  };
  struct Drop {
    Fault fault;
    sim::AccountIndex account = 0;
  };
  // An order of the follower is executed, and nobody says so: its answer is lost, its stream says
  // nothing, and questions are answered with -2013 until then.
  struct NotFound {
    std::string api_key{};
    std::string listen_key{};
    std::chrono::milliseconds time{};
    Mono until{};       // 0: it has not begun
    bool answer_lost = false;
  };
  sim::MemoryFate fate(const sim::MemoryFrame& frame);
  void note_sent(const sim::MemoryFrame& frame);
  sim::MemoryFate fate_of_order(const sim::MemoryFrame& frame);
  sim::MemoryFate fate_of_answer(const sim::MemoryFrame& frame);
  sim::MemoryFate fate_of_event(const sim::MemoryFrame& frame);
  sim::MemoryFate fate_of_http();
  bool in_a_hole(const sim::MemoryFrame& frame);
  bool denies() const;
  void end_holes();
  void count_drops();
  void strike_connection(Fault fault);
  void strike_order(Fault fault);
  void strike_outside(Fault fault);
  void stray(sim::AccountIndex index);
  void strike_process(Fault fault);
  void note_deaths();
  bool two_streams_serve() const;
  void hide_the_newest(net::HttpResponse& response);
  void cut_one(sim::LinkKind kind, bool leader, Fault fault);
  void cut_the_other();
  bool take(Fault fault);
  bool armed(Fault fault) const { return armed_[static_cast<std::size_t>(fault)] > 0; }
  void arm(Fault fault, int times) { armed_[static_cast<std::size_t>(fault)] += times; }
  void count(Fault fault);
  std::size_t any_follower() { return static_cast<std::size_t>(random_.below(follower_count())); }
  std::size_t follower_count() const { return rig_->options().followers.size(); }
  sim::AccountIndex account(std::size_t follower);
  std::chrono::milliseconds between(std::uint64_t low, std::uint64_t high);

  sim::Random random_;
  Rig* rig_ = nullptr;
  Fired fired_{};
  std::array<int, fault_count> armed_{};
  std::vector<Hole> holes_;
  std::vector<Drop> drops_;
  std::map<std::uint64_t, std::string> key_of_link_;  // order sockets
  std::optional<NotFound> not_found_;
  Mono lagging_until_{};
  std::chrono::milliseconds lag_{};
  std::map<std::string, Said, std::less<>> said_;  // by one_stream
  std::map<std::string, Sent> sent_;
  bool leader_deaf_ = false;
  std::optional<Fault> death_;  // struck, and still to come
  std::uint64_t deaths_ = 0;    // seen
  bool trace_ = false;
};

}  // namespace copyd::flow
