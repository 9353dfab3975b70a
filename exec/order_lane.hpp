// OrderLane: station three. Takes the orders of its followers, signs them, writes each on its
// follower's own connection, and reports how it ended.
//
//   order_lane.cpp      the path of an order: taken, encoded and signed, written
//   lane_waiting.cpp    what waits, and why
//   lane_joined.cpp     what waited and leaves as one
//   lane_answers.cpp    what the venue says of an order: the answer, and the follower's own stream
//   lane_recovery.cpp   orders whose fate is unknown: asked for, found, or proven absent
//   lane_positions.cpp  position reads: what a close rests on, what the follower no longer holds
//   lane_connect.cpp    what LaneSession asks for over REST, and followers that come and go
//   lane_sockets.cpp    the sockets: opened, read, renewed ahead of their end
//   lane_shared.cpp     the connection that followers share: what is staged, sent at once, lost
//   lane_streams.cpp    what the user streams say, and those that followers share
//   lane_rest.cpp       orders over REST, while the order socket cannot carry them
//   lane_journal.cpp    what is written before and after each send
//   lane_resume.cpp     orders of an earlier run
//   lane_reconcile.cpp  what the venue holds, and what of it is ours
//   lane_prepare.cpp    symbols that are to be set up before anything opens on them
//   lane_limits.cpp     what the venue's rate limits and bans hold back, and for how long
//
// An agent: do_work() runs on one thread, which alone uses the transport and everything made by it.
// From order to send nothing is allocated (HMAC, or logged on), thrown or logged; an order that has
// to leave over REST does allocate. A fault of one follower stays with it: each has its own key,
// session, budget of orders and waiting orders, and a stream and an order connection that it has to
// itself or shares. A rate limit or a ban of our address holds for all.
// Nothing is sent whose intent is not written; where the journal fails, closes alone leave.
// The quantity filled is the larger of what the answer and the stream say, never their sum.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/agent.hpp"
#include "core/channel.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "exec/coming_orders.hpp"
#include "exec/inflight.hpp"
#include "exec/lane_cells.hpp"
#include "exec/lane_command.hpp"
#include "exec/lane_follower.hpp"
#include "exec/lane_wiring.hpp"
#include "exec/legs.hpp"
#include "exec/shared_orders.hpp"
#include "exec/shared_streams.hpp"
#include "net/transport.hpp"
#include "venue/account_codec.hpp"
#include "venue/address_hold.hpp"
#include "venue/order_codec.hpp"
#include "venue/rest.hpp"
#include "venue/user_data.hpp"

namespace copyd::exec {

class OrderLane final : public Agent {
 public:
  static constexpr std::chrono::seconds answer_max{5};   // then an order is unknown
  static constexpr std::chrono::seconds result_wait{2};  // for the stream, then it is asked for
  static constexpr std::chrono::seconds query_spacing{1};
  static constexpr std::chrono::seconds absence_margin{2};  // after the request's own deadline
  static constexpr int absences_needed = 3;
  static constexpr std::chrono::seconds unknown_alarm{60};
  static constexpr std::chrono::seconds denial_max{20};  // longer than the venue denied what it has
  static constexpr std::chrono::seconds read_lag{2};      // a position read may lag a fill by it
  static constexpr std::chrono::seconds read_spacing{1};  // of one follower
  static constexpr std::chrono::seconds read_rest{10};    // where only an event raised a doubt
  // Positions are read in turn, one account each time: so far apart, and none less often than that.
  static constexpr std::chrono::seconds reconcile_spacing{10};
  static constexpr std::chrono::minutes reconcile_round{10};
  static constexpr std::chrono::seconds time_hold{2};  // for the venue's time to come
  static constexpr std::chrono::milliseconds retry_first{200};
  static constexpr std::chrono::milliseconds retry_max{800};
  static constexpr std::chrono::milliseconds drain_quiet{50};  // the copy agent answers with a close
  static constexpr int recv_window_ms = 2000;
  static constexpr int places_out_max = 3;  // over REST; the rest waits here, where it can expire
  static constexpr std::chrono::seconds warm_period{20};
  static constexpr std::chrono::seconds retire_max{10};  // an old socket: its answers came, or this
  // A close waits no longer for the disk while the next start, should the disk lose them, need not
  // count on more attempts than so many beyond those it knows; and never beyond record_wait_max.
  static constexpr std::chrono::seconds record_wait{1};
  static constexpr std::uint8_t unrecorded_max = 2;
  static constexpr std::chrono::seconds record_wait_max{10};
  static constexpr std::chrono::minutes ban_min{2};  // the venue's shortest, where it names no end
  static constexpr std::chrono::seconds firewall_hold{60};

  explicit OrderLane(LaneWiring wiring);
  ~OrderLane() override;

  const char* name() const noexcept override { return w_.name; }
  int do_work() noexcept override;

  // After DrainLane: nothing is queued, on the wire, or unknown any more, what waits cannot leave,
  // and the copy agent had its time to answer; the connections are closed. Any thread.
  bool drained() const noexcept { return drained_.load(std::memory_order_acquire); }

 private:
  using Level = Notice::Level;
  enum class Way : std::uint8_t { none, socket, rest };  // how an order can leave

  // order_lane.cpp
  int take_commands();
  int look_around(Mono now);
  void set_time(TimeSample sample) noexcept;
  int take_orders() noexcept;
  void bring_near(std::span<const Order> orders) const noexcept;
  void take(const OrderTerms& terms, Mono now) noexcept;
  bool send(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  bool write(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  void written(InflightOrder& order) noexcept;
  void left(LaneFollower& follower, InflightOrder& order, std::uint32_t carrier) noexcept;
  bool cannot_encode(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  venue::PlaceRequest request_of(InflightOrder& order, OrderTerms& terms, Mono now) noexcept;
  std::size_t encode(LaneFollower& follower, InflightOrder& order, std::span<char> out,
                     Mono now) noexcept;
  void set_state(LaneFollower& follower, InflightOrder& order, OrderState state) noexcept;
  void finish(InflightOrder& order, OrderEnd end, Mono now) noexcept;
  void report(const Report& report) noexcept;
  bool is_quiet() noexcept;
  void drain(Mono now) noexcept;
  LaneFollower& follower_at(FollowerId id);

  // lane_waiting.cpp
  void pump(LaneFollower& follower, Mono now) noexcept;
  void pump_closes(LaneFollower& follower, Mono now) noexcept;
  void pump_all(LaneFollower& follower, Mono now) noexcept;
  void expire_increases(LaneFollower& follower, Mono now) noexcept;
  FollowerState state_of(FollowerId follower) const noexcept;
  bool is_flattening(FollowerId follower) const noexcept;
  bool may_open(LaneFollower& follower, const InflightOrder& order, Mono now) noexcept;
  bool is_due(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  void tell_closes(const InflightOrder& order, Qty more) noexcept;
  Qty left_to_close(const InflightOrder& order) noexcept;
  bool would_cross(const InflightOrder& order) noexcept;
  bool is_waited_for(const InflightOrder& order) noexcept;
  bool opens_before(const InflightOrder& order) noexcept;
  bool awaits_an_opening(const InflightOrder& order) noexcept;
  void tell_ended(LaneFollower& follower, Mono now) noexcept;

  // lane_joined.cpp
  InflightOrder* next_rider(const InflightOrder& order) noexcept;
  bool gather(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  bool stays_joined(LaneFollower& follower, const InflightOrder& order, Mono now) noexcept;
  void apart(InflightOrder& order, Mono now) noexcept;
  void refuse_joined(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  void share_out(InflightOrder& order, Mono now) noexcept;
  void ride_on(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;

  // lane_prepare.cpp
  bool is_prepared(LaneFollower& follower, SymbolId symbol) noexcept;
  bool is_refused(const LaneFollower& follower, InflightOrder& order) const noexcept;
  bool stays_unprepared(const LaneFollower& follower, const InflightOrder& order) const noexcept;
  void on_prepared(const SymbolPrepared& told) noexcept;
  void on_prepared(const SymbolsPrepared& told) noexcept;

  // lane_answers.cpp
  void on_reply(LaneFollower& follower, OrderSocket& from, std::string_view frame);
  void on_session_reply(LaneFollower& follower, OrderSocket& from, const venue::Reply& reply,
                        Mono now);
  void answered(LaneFollower& follower, InflightOrder& order, const venue::Reply& reply,
                std::chrono::seconds retry_after, Mono now);
  void on_update(LaneFollower& follower, const venue::OrderUpdate& update, Mono now) noexcept;
  struct Fate {
    venue::OrderStatus status = venue::OrderStatus::other;
    Qty filled;
    Price average;
    VenueTime time;
    int http = 0;  // the answer's status; 0: an event of the stream
  };
  void apply(InflightOrder& order, const Fate& fate, Mono now) noexcept;
  void count_fills(InflightOrder& order, const Fate& fate, Mono now) noexcept;
  bool goes_on(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  struct Refusal {
    int status = 0;
    std::int32_t code = 0;
    std::string_view message;
    std::chrono::seconds retry_after{0};  // 0: not told
  };
  void refuse(LaneFollower& follower, InflightOrder& order, const Refusal& refusal, Mono now);
  void refuse_for_good(LaneFollower& follower, InflightOrder& order, const Refusal& refusal,
                       Mono now);
  void try_again(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  bool lost_logon(LaneFollower& follower, const InflightOrder& order, const Refusal& refusal,
                  Mono now) noexcept;

  // lane_recovery.cpp
  // The connections that an answer about an order rests on: whether they stand, and how often they
  // were lost. What was written on the order socket rests on both of the follower's connections.
  struct Health {
    bool stands = false;
    std::uint32_t losses = 0;
    friend bool operator==(const Health&, const Health&) noexcept = default;
  };
  static Health health_of(const LaneFollower& follower, bool by_rest) noexcept;
  void make_unknown(InflightOrder& order, Mono now) noexcept;
  void all_lost(LaneFollower& follower, Mono now) noexcept;
  void socket_lost(LaneFollower& follower, std::uint32_t serial, Mono now) noexcept;
  void lose(InflightOrder& order, Mono now) noexcept;
  void ask_soon(LaneFollower& follower, Mono now) noexcept;
  void tend(LaneFollower& follower, Mono now);
  void query(LaneFollower& follower, InflightOrder& order, Mono now);
  struct QueryContext {
    FollowerId follower;
    OrderHandle order;
    std::uint8_t attempt = 0;
    Mono asked{};
    VenueTime asked_time;
    Health health;
  };
  void hear_weight(const Result<net::HttpResponse>& answer, Mono now) noexcept;
  void on_query_answer(const QueryContext& context, const Result<net::HttpResponse>& answer);
  void on_absence(LaneFollower& follower, InflightOrder& order, const QueryContext& context);
  void ask_time(LaneFollower& follower, Mono now);

  // lane_journal.cpp
  bool is_recorded(const InflightOrder& order) const noexcept;
  bool may_leave_now(InflightOrder& order, Mono now) const noexcept;
  enum class Written : std::uint8_t { at_once, with_the_batch };
  bool intend(LaneFollower& follower, InflightOrder& order, Written when, Mono now) noexcept;
  bool journal_fails(FollowerId follower) noexcept;
  void keep_fate(const InflightOrder& order, const Fate& fate, Mono now) noexcept;
  void keep_refusal(const InflightOrder& order, const Refusal& refusal, Mono now) noexcept;
  void keep_lost(const InflightOrder& order, Mono now) noexcept;
  void keep_smaller(const InflightOrder& order, const Fate& fate, Mono now) noexcept;
  void keep_absent(const InflightOrder& order, Mono now) noexcept;
  void keep_timing(InflightOrder& order, Mono now) noexcept;
  void keep_riding(const InflightOrder& order, const CopyId& carrier, Mono now) noexcept;
  void keep_finished(const InflightOrder& order, const OrderDone& done, Mono now) noexcept;
  struct Known {
    std::uint8_t attempt = 0;
    std::uint8_t doubts = 0;
    bool ended = false;
  };
  void keep_resumed(const InflightOrder& order, const Known& known, Mono now) noexcept;

  // lane_resume.cpp
  bool resume(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  void ended_in_doubt(InflightOrder& order, Mono now) noexcept;
  void next_doubt(InflightOrder& order, Mono now) noexcept;
  void doubt_again(LaneFollower& follower, std::uint32_t leg, Mono now) noexcept;
  void send_rest(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  void was_larger(InflightOrder& order, const Fate& fate, Mono now) noexcept;
  static bool was_smaller(const InflightOrder& order, const Fate& fate, Mono now) noexcept;
  void proven_absent(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;

  // lane_positions.cpp
  struct ReadContext {
    FollowerId follower;
    Mono asked{};
    std::uint32_t epoch = 0;
    Health health;
    bool of_session = false;  // a step of the session, not one that a leg asked for
  };
  void want_read(LaneFollower& follower, Mono from) noexcept;
  void read_positions(LaneFollower& follower, Mono now, bool of_session);
  void on_positions_answer(const ReadContext& context, const Result<net::HttpResponse>& answer);
  void apply_positions(LaneFollower& follower, const std::vector<venue::PositionRisk>& rows,
                       const ReadContext& context, Mono now);
  void first_positions(LaneFollower& follower, const std::vector<venue::PositionRisk>& rows);
  LegRead leg_read(const LegState& leg, const std::vector<venue::PositionRisk>& rows,
                   Mono asked) const noexcept;
  void judge_closes(LaneFollower& follower, std::uint32_t leg, const LegRead& read, Mono asked,
                    Mono now) noexcept;
  bool may_have_cancelled_out(LaneFollower& follower, std::uint32_t leg, VenueTime updated,
                              Mono now) noexcept;
  void judge_unknown(LaneFollower& follower, std::uint32_t leg, const LegRead& read,
                     const ReadContext& context, Mono now) noexcept;

  // lane_reconcile.cpp
  void expect(const ExpectPosition& expected, Mono now);
  void on_account(LaneFollower& follower, const venue::AccountUpdate& update, Mono now) noexcept;
  Mono next_reconcile(FollowerId follower, Mono now) const noexcept;
  void reconcile(LaneFollower& follower, Mono now) noexcept;
  void compare(LaneFollower& follower, std::uint32_t leg, const LegRead& read, Mono now) noexcept;
  void settle_reads(LaneFollower& follower, const std::vector<venue::PositionRisk>& rows,
                    Mono asked) noexcept;
  void tell_foreign(LaneFollower& follower, const LegState& leg) noexcept;
  void take_positions(LaneFollower& follower, const std::vector<venue::PositionRisk>& rows,
                      Mono asked) noexcept;

  // lane_connect.cpp
  void add(AddFollower command, Mono now);
  void remove(FollowerId id, Mono now);
  int run_links(Mono now);
  int run_link(LaneFollower& follower, Mono now);
  void act(LaneFollower& follower, LaneSession::Action action, Mono now);
  void ask(LaneFollower& follower, LaneSession::Action action, Mono now);
  void on_step_answer(FollowerId id, std::uint32_t epoch, LaneSession::Action action,
                      const Result<net::HttpResponse>& answer);
  void on_step_body(LaneFollower& follower, LaneSession::Action action, std::string_view body,
                    Mono now);
  void on_failed_answer(LaneFollower& follower, const net::HttpResponse& answer, Mono now);
  void key_refused(LaneFollower& follower, const Refusal& refusal, Mono now);
  void show(LaneFollower& follower, bool tells = true) noexcept;
  void tell_change(LaneFollower& follower, LinkState before, LinkState now) noexcept;
  std::string signed_target(LaneLink& link, std::string_view path, const venue::Params& params,
                            Mono now) const;
  void notice(Level level, FollowerId follower, std::string_view text) noexcept;
  void notice(Level level, std::string_view text) noexcept;  // of the lane as a whole
  void tell(Notice notice, std::string_view text) noexcept;

  // lane_sockets.cpp
  int poll_sockets(LaneFollower& follower, Mono now);
  int poll_orders(LaneFollower& follower, OrderSocket& orders, const SocketEvents& events,
                  Mono now);
  int poll_stream(LaneFollower& follower, net::WebSocket& stream, const SocketEvents& events,
                  Mono now);
  int poll_retired(LaneFollower& follower, Mono now);
  bool awaits_answers(LaneFollower& follower, std::uint32_t serial) noexcept;
  void open_stream(LaneFollower& follower, UserStream& stream, LaneSession::Event failed, Mono now);
  void close_stream(LaneFollower& follower, Mono now);
  void open_orders(LaneFollower& follower, OrderSocket& orders, Mono now);
  void close_orders(LaneFollower& follower, Mono now);
  void take_next_stream(LaneFollower& follower, Mono now);
  void take_next_orders(LaneFollower& follower, Mono now);
  void log_on(LaneFollower& follower, OrderSocket& orders, LaneSession::Event failed, Mono now);
  void own_orders(LaneLink& link);

  // lane_shared.cpp
  void share(std::uint64_t seed);
  std::span<char> room_for_one() noexcept;
  void stage(InflightOrder& order, std::string_view text) noexcept;
  void flush_staged() noexcept;
  void unstage(InflightOrder& order) noexcept;
  std::size_t without_increases(std::size_t size) noexcept;
  int poll_shared(Mono now);
  void on_shared(SharedOrders::Event event, Mono now);
  void on_shared_reply(std::string_view frame, Mono now);
  void on_shared_word(const venue::Reply& reply, Mono now);
  void stop_sharing(Mono now);

  // lane_streams.cpp
  void on_user_frame(LaneFollower& follower, std::string_view frame);
  void on_user_event(LaneFollower& follower, const venue::UserEvent& event);
  int poll_streams(Mono now);
  bool company_comes(std::uint32_t serial) const noexcept;
  void share_stream(LaneFollower& follower, UserStream& stream, Mono now);
  void leave_stream(LaneFollower& follower, UserStream& stream) noexcept;
  void leave_streams(LaneFollower& follower) noexcept;
  void on_shared_stream(SharedStreams::Event event, Mono now);
  void on_shared_frame(Mono now);
  void on_own_stream(const LaneFollower& follower, bool stands, Mono now) noexcept;

  // lane_rest.cpp
  Way way_of(const LaneFollower& follower, Mono now) const noexcept;
  bool send_by_rest(LaneFollower& follower, InflightOrder& order, Mono now);
  void on_place_answer(const PlaceContext& context, const Result<net::HttpResponse>& answer);
  void take_back(LaneFollower& follower, InflightOrder& order, Mono now) noexcept;
  void keep_warm(LaneFollower& follower, Mono now);

  // lane_limits.cpp
  void limit_rate(LaneFollower& follower, Way way, const Refusal& refusal, Mono now) noexcept;
  void limit_account(LaneFollower& follower, Mono now) noexcept;
  void limit_address(LaneFollower& follower, Way way, const Refusal& refusal, Mono now) noexcept;
  void firewalled(LaneFollower& follower, Way way, Mono now) noexcept;
  venue::AddressHold& hold_of(Way way) noexcept;

  LaneWiring w_;
  ComingOrders coming_;
  venue::AddressHolds own_holds_;
  venue::AddressHolds& holds_;
  Pace rest_pace_;
  Pace socket_pace_;
  net::Url orders_url_;
  VenueClock venue_clock_;
  Inflight inflight_;
  Legs legs_;
  std::vector<std::unique_ptr<LaneFollower>> followers_;  // by FollowerId; null: not this lane's
  std::vector<LaneFollower*> mine_;
  std::size_t next_link_ = 0;  // of mine_: where the next pass goes on
  std::unique_ptr<SharedOrders> shared_;  // null: nobody has shared so far
  bool may_share_ = true;                 // the venue has not objected
  bool shared_lost_ = false;              // that it stands again is to be said
  SharedStreams streams_;
  int streams_lost_ = 0;  // followers that are not ready again
  // What leaves together, of the present pass: room for a whole batch, and its texts.
  std::vector<InflightOrder*> staged_;
  std::vector<std::string_view> staged_texts_;
  std::size_t staged_size_ = 0;
  std::size_t staged_bytes_ = 0;
  std::array<char, net::WebSocket::together_max> batch_text_{};
  venue::ReplyDecoder replies_;
  venue::UserDataDecoder user_data_;
  std::uint64_t mark_ = 1;        // of the present pass over waiting orders
  Mono looked_{};                 // when sockets were last read
  Mono tended_{};                 // when timers were last looked at
  Mono time_from_{};              // the venue's time is not asked for before
  bool journal_mourned_ = false;  // that it fails was said
  bool trusts_positions_ = true;
  bool draining_ = false;
  Mono quiet_since_{};  // while draining
  std::atomic<bool> drained_{false};
  std::array<char, 2 * limits::order_text_max> text_{};
};

}  // namespace copyd::exec
