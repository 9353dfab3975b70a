// LeaderSession: the conversation with the venue about one leader, as a pure machine. No socket, no
// request, no clock: events and the time are told, actions and events come out.
//
//   account config → listen key → stream open, its fills held from now on
//     the first time:    positions (again, while a leg is in doubt) → positions and held fills are
//                        handed over → live
//     after a loss:      orders since → trades → positions (again, while they differ from what is
//                        known) → found fills, held fills, positions are handed over → live
//
// A step that fails ends the attempt: everything is closed, and after a pause it begins again.
// A while after a loss was made good its orders and trades are read once more: some are listed
// late. While live it extends the listen key, and asks for the positions when the stream has been
// quiet for long: a difference that stays means that the stream is dead though its socket is not.
//
// The venue ends a socket after a day. Before that a successor is opened on the same key and runs
// beside the first; then it takes its place. Until then the first alone is believed, for what the
// successor says may be ahead of what is still on its way there; its fills are held.
//
// With two connections a successor is opened at once, and once it has stood as long it stays: the
// two race, each fill is handed over as the first of them says it, and the other's word for it is
// waited for: one that does not say in time what the other did is silent, and is replaced. When one
// is lost nothing is missing, for the other says it all. Of each symbol both say the same in the
// same order, so that whoever is ahead, the order is kept.
//
// TRADE_LITE tells a fill before ORDER_TRADE_UPDATE does, but not its leg: it is believed while the
// account is in one-way mode, as it was last read. Each of the two kinds tells all trades in their
// order, so that every fill is handed over in its turn by whichever comes first, and the other is
// what was expected. An update of another leg says that the mode has changed; where TRADE_LITE was
// believed by then, all is read again. (An execution that the venue took over, CALCULATED, is told
// by the update alone.)
//
// Owned by the feed's thread. The path of a live fill (`event` to `front`) allocates nothing.
// Source: Binance docs, "User Data Streams"; the key is shared by all processes of the account.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "feed/ask.hpp"
#include "feed/back_fill.hpp"
#include "feed/hand_over.hpp"
#include "feed/leader_book.hpp"
#include "feed/leader_cells.hpp"
#include "feed/said_once.hpp"
#include "feed/short_fills.hpp"
#include "net/backoff.hpp"
#include "venue/listen_key.hpp"
#include "venue/socket_renewal.hpp"
#include "venue/user_data.hpp"

namespace copyd::feed {

struct OpenStream {
  std::string listen_key;
};
struct CloseStream {};
// A second socket beside the stream; `AdoptSuccessor` makes it the stream and closes the old one.
struct OpenSuccessor {
  std::string listen_key;
};
struct AdoptSuccessor {};
struct CloseSuccessor {};
using Action =
    std::variant<Ask, OpenStream, CloseStream, OpenSuccessor, AdoptSuccessor, CloseSuccessor>;

class LeaderSession {
 public:
  static constexpr std::chrono::seconds opening_max{15};
  static constexpr std::chrono::seconds refused_pause{60};
  static constexpr std::chrono::seconds rate_limited_pause{30};
  static constexpr std::chrono::seconds quiet_max{60};     // then the positions are compared
  static constexpr std::chrono::seconds second_look{2};    // after a difference
  static constexpr std::chrono::seconds steady_after{30};  // then the backoff starts anew
  static constexpr std::chrono::milliseconds reread_pause{500};
  static constexpr std::chrono::milliseconds late_events{200};  // after a REST answer
  static constexpr std::chrono::seconds order_pause{1};
  static constexpr int rereads_max = 3;
  // The venue may list a trade up to 3 s late. For so long a position that the trades do not
  // explain is not believed; then the trades are read once more, for those that changed none.
  static constexpr int history_rereads_max = 7;
  static constexpr std::chrono::seconds history_late{3};
  static constexpr int second_looks_max = 5;  // that fail
  static constexpr int order_asks_max = 3;
  // Longer than a socket may leave a ping unanswered: what was on its way in the old one when the
  // successor stood has come by then, or the old one has ended.
  static constexpr std::chrono::seconds overlap{10};
  static constexpr std::chrono::seconds behind_max{1};  // of one socket behind the other
  // Which orders rested when the last run ended is not known: those placed up to so long before may
  // have filled since, on symbols where nothing else tells of it.
  static constexpr std::chrono::hours rested_max{24};
  static constexpr std::size_t held_max = 65536;

  struct Setup {
    LeaderId leader;
    const SymbolTable& symbols;
    LeaderCells& cells;
    std::uint64_t seed = 1;  // of the jitter
    std::size_t seen_max = limits::seen_trades_max;
    int connections = 1;  // 2: they race each other
  };
  explicit LeaderSession(const Setup& setup);

  LeaderId leader() const noexcept { return leader_; }

  // Begins to connect, as soon as the venue's time is known. Again: with a new key.
  void start(Mono now);
  void stop();
  // Goes on from where an earlier run has ended: the first connection fills the gap since then.
  // REQUIRES: not started yet.
  void resume(const LeaderResume& resume);
  // The key was taken back: the next start begins with the positions, and finds no trades. What was
  // handed over is remembered, so that legs which are closed by then are handed over as flat.
  void forget() {
    stop();
    begun_ = false;
    looks_left_ = 0;
  }
  void set_time(TimeSample sample) { venue_clock_.set(sample); }
  void tick(Mono now);

  // What the outside did.
  struct Arrival {
    Mono received;
    Mono decoded;
    bool by_successor = false;
  };
  // True: it was a fill, and was not told before.
  bool event(const venue::UserEvent& event, Arrival at);
  void malformed(Mono now);
  void stream_opened(Mono now);
  void stream_closed(const boost::system::error_code& why, Mono now);
  void successor_opened(Mono now);
  void successor_closed(const boost::system::error_code& why, Mono now);
  void answered(std::uint32_t ticket, const Answer& answer, Mono now);

  // What the outside is to do.
  std::optional<Action> next_action();
  std::optional<Notice> next_notice();
  // The oldest event that waits to be handed over; null: none. `pop` after it was.
  const LeaderEvent* front() const noexcept {
    return out_next_ < out_.size() ? &out_[out_next_] : nullptr;
  }
  void pop() noexcept;
  // False: leave frames in the socket; what we hold must go first.
  bool wants_frames() const noexcept {
    return stream_wanted_ && front() == nullptr && held_.size() < held_max;
  }

  // Two sockets serve, and what either says first is handed over.
  bool is_racing() const noexcept { return successor_ == Successor::racing; }

  SessionState state() const noexcept { return state_; }
  VenueTime venue_time(Mono now) const noexcept { return venue_clock_.at(now); }
  Qty tracked(LegName leg) const noexcept { return book_.qty(leg); }
  bool looks_again() const noexcept { return looks_left_ > 0; }

 private:
  enum class Step : std::uint8_t {
    idle,
    waiting_for_time,
    pausing,
    config,
    listen_key,
    opening,
    first_positions,
    settling,
    back_filling,
    positions,
    pausing_in_back_fill,
    live
  };

  // leader_session.cpp: the connection
  void begin(Mono now);
  void restart(Mono now);
  void disconnect();
  void fail(const Failure& failure, std::string_view what, Mono now);
  void begin_again(const Failure& failure, Mono now);
  void complain(const Failure& failure, std::string_view what);
  void set_state(SessionState state) noexcept;
  void count_connections() noexcept;
  std::uint32_t ask(Ask question);
  void config_read(const venue::AccountConfig& config, Mono now);
  void count_config_change(const venue::UserEvent& event) noexcept;
  bool order_update(const venue::OrderUpdate& update, Arrival at);
  bool trade_lite(const venue::TradeLite& lite, Arrival at);
  void hold(const LeaderFill& fill);
  bool mode_changed(const LeaderFill& fill, Mono now);
  void handed_over_until(VenueTime time, Arrival at) noexcept;
  void unknown_symbol(std::string_view name);
  // True: it was not told before. `expected`: that it was told is known.
  bool take_live(const LeaderFill& fill, Connection by, Mono now, bool expected = false);
  Connection connection_of(Arrival at) const noexcept {
    return at.by_successor ? other(stream_connection_) : stream_connection_;
  }
  template <class Event>
  LeaderFill fill_of(const Event& event, Arrival at) const noexcept;
  std::optional<LeaderFill> told_fill(const venue::OrderUpdate& update, Arrival at) const noexcept;
  std::optional<LeaderFill> told_fill(const venue::TradeLite& lite, Arrival at) const noexcept;
  void overdrawn(SymbolId symbol, Mono now);

  // leader_session_sync.cpp: from an open stream to a live one
  void sync_answered(const Answer& answer, Mono now);
  void sync_failed(const Failure& failure, Mono now);
  void ask_positions(Step step, Mono now);
  void first_positions_read(const Snapshot& snapshot, Mono now);
  void settled(Mono now);
  void begin_back_fill(Mono now);
  void go_on_back_filling(Mono now);
  bool back_fill_answered(const Answer& answer);
  bool back_fill_skips(const Failure& failure);
  void positions_read(const Snapshot& snapshot, Mono now);
  void go_live(VenueTime as_of, int back_filled, Mono now);

  // leader_session_live.cpp: the key, the silence, the trades of the last loss once more
  void watch(Mono now);
  void extended(const Answer& answer, Mono now);
  void probed(const Answer& answer, Mono now);
  void look_again(Mono now);
  void looked_again(const Answer& answer, Mono now);
  void look_failed(const Failure& failure, Mono now);
  void looked_through(Mono now);

  // leader_session_sockets.cpp: the next socket, or the one that races the first
  void renew(Mono now);
  void successor_event(const venue::UserEvent& event, Arrival at);
  void drop_successor(const Failure& failure, Mono now);
  void close_successor();
  void stood_long_enough(Mono now);
  void adopt();
  void succeed(Mono now);
  void begin_race();
  void part_with(Connection which, Mono now);
  void look_behind(Mono now);
  void lose(Connection which, const Failure& failure, Mono now);
  void retire(Connection which, Mono now);
  void found_silent(Connection which, Mono now);

  const LeaderId leader_;
  const SymbolTable& symbols_;
  LeaderCells& cells_;
  std::string listen_key_;
  venue::ListenKeyTimer key_timer_;
  const bool races_;                    // two connections are wanted
  venue::SocketRenewal renewal_;        // of the stream
  venue::SocketRenewal spare_renewal_;  // of the one that races it
  net::Backoff backoff_;
  VenueClock venue_clock_;
  LeaderBook book_;

  Step step_ = Step::idle;
  SessionState state_ = SessionState::not_connected;
  Mono deadline_{};                // of the step: a pause's end, or the stream's opening
  bool stream_wanted_ = false;     // opening or open
  bool begun_ = false;             // something was handed over: from then on gaps are filled
  VenueTime since_{};              // everything until then was handed over
  std::vector<SymbolId> resumed_;  // symbols of an earlier run, until the gap since is filled
  std::uint32_t tickets_ = 0;
  std::uint32_t ticket_ = 0;  // of the step's question; 0: none
  std::uint32_t extend_ticket_ = 0;
  std::uint32_t probe_ticket_ = 0;
  std::uint32_t again_ticket_ = 0;
  VenueTime positions_asked_{};
  bool one_way_ = false;  // as the account's configuration was last read
  ShortFills short_fills_;

  // While live.
  Mono live_since_{};
  bool steady_ = false;
  Mono probe_at_{};
  bool suspicious_ = false;  // the last look differed

  // The trades of the last loss once more. Until that is done the next loss begins with it.
  int looks_left_ = 0;  // 0: done
  Mono look_at_{};
  VenueTime lost_since_{};
  VenueTime lost_until_{};

  // The other socket, while live.
  enum class Successor : std::uint8_t { none, opening, standing, racing };
  Successor successor_ = Successor::none;
  Mono successor_opened_{};
  Mono successor_due_{};  // to stand, then to take over or to race
  Connection stream_connection_ = Connection::first;
  // The stream has spoken since the other stood: it was not deaf before that, and what either says
  // tells how far everything was handed over.
  bool proven_ = false;
  SaidOnce said_once_;
  Mono watched_{};        // the last watch
  Mono reading_since_{};  // nothing has kept us from reading since

  // While syncing; while live, of a successor that does not race.
  std::vector<LeaderFill> held_;
  StartingPositions starting_;
  BackFill back_fill_;
  int reads_ = 0;       // of the positions
  int order_asks_ = 0;  // for the same order

  std::vector<LeaderEvent> out_;
  std::size_t out_next_ = 0;
  std::deque<Action> actions_;
  std::deque<Notice> notices_;
  std::string last_complaint_;
  std::vector<std::string> unknown_names_;
};

}  // namespace copyd::feed
