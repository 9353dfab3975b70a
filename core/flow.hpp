// All that crosses threads on the path from a leader's fill to a follower's order:
//
//   feed ──LeaderEvent──▶ copy ──Order──▶ lane k
//                          ▲ ◀──Report──   │
//   supervisor ──Command───┘               └─ (and feed, copy, lane) ──Notice──▶ supervisor
//
// Plain values: trivially copyable, fixed size, no pointer to anything. feed/, risk/ and exec/
// meet only here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>

#include "core/clock.hpp"
#include "core/copy_id.hpp"
#include "core/ids.hpp"
#include "core/reject.hpp"
#include "core/units.hpp"

namespace copyd::risk {
class Gate;
}

namespace copyd {

enum class Side : std::uint8_t { buy, sell };
enum class Leg : std::uint8_t { both, long_, short_ };  // the venue's positionSide
enum class PositionMode : std::uint8_t { one_way, hedge };

constexpr int sign_of(Side side) noexcept { return side == Side::buy ? 1 : -1; }
constexpr Side side_of_sign(int sign) noexcept { return sign >= 0 ? Side::buy : Side::sell; }

// ---- feed → copy -------------------------------------------------------------------------------

// One execution of a leader's order, as the venue reported it.
struct LeaderFill {
  TradeId trade;
  Price price;
  Qty qty;                       // > 0
  Qty order_qty;                 // of the leader's whole order, > 0
  VenueTime time;                // when it traded, by the venue's clock
  Mono received;                 // recv returned its bytes
  std::uint32_t decoded_ns = 0;  // from `received` to the decoded event
  SymbolId symbol;
  LeaderId leader;
  Side side = Side::buy;
  Leg leg = Leg::both;           // the leader's own leg
  bool forced = false;           // liquidation, ADL, settlement: closes, never opens
};
static_assert(sizeof(LeaderFill) <= 64 && std::is_trivially_copyable_v<LeaderFill>);

// What the leader holds on one leg, read at the venue; handed over after every fill that it
// contains.
struct LeaderPosition {
  LeaderId leader;
  SymbolId symbol;
  Leg leg = Leg::both;
  Qty qty;          // signed; short is negative on the SHORT leg too
  VenueTime as_of;  // what traded until then is in it, whether it was handed over or not
};

// All that the leader did until `until` was handed over before this. What traded until `begun` is
// not to be copied: it was there when the leader was first seen.
struct LeaderSynced {
  LeaderId leader;
  VenueTime begun;
  VenueTime until;
};

using LeaderEvent = std::variant<LeaderFill, LeaderPosition, LeaderSynced>;

// ---- copy → lane -------------------------------------------------------------------------------

enum class OrderKind : std::uint8_t {
  increase,  // opens or adds
  reduce,    // purely reduces what is held: never blocked, retried until done
  flip,      // one MARKET order through zero; counts as increasing
};

// Orders of one leg that waited may leave as one: under the first one's id, for the sum of all.
enum class Joined : std::uint8_t {
  no,
  carries,  // those that ride are the next ones of its leg
  rides,
};

struct OrderTerms {
  CopyId copy_id;
  OrderRef ref;
  Qty qty;                        // > 0
  Price limit;                    // 0: MARKET, else LIMIT with time in force IOC
  Mono received;                  // of the fill that caused it; ns = 0 when no fill did
  Mono expires;                   // an increase that has not left by then finishes unfilled
  std::uint32_t decoded_ns = 0;   // from `received`
  std::uint32_t decided_ns = 0;   // from `received`
  FollowerId follower;
  SymbolId symbol;
  Side side = Side::buy;
  Leg leg = Leg::both;            // the follower's leg; LONG or SHORT only in hedge mode
  OrderKind kind = OrderKind::increase;
  bool reduce_only = false;       // one-way mode only
  // Of an order that was in flight when the last run ended; else all 0.
  Qty filled_before;              // by attempts that have ended
  std::uint8_t attempt = 0;       // the last one that may have been written
  std::uint8_t doubts = 0;        // so many attempts, `attempt` the last of them, may be at the
                                  // venue: they are asked for, the first one first, before anything
                                  // is written. 0: none was written, or all have ended
  bool ended = false;             // `attempt` was written and has ended: the next one is due
  Joined joined = Joined::no;     // what `attempt` of the one that carries was for
  // Of the configuration, under which it was decided. 0: a version that did not count them.
  std::uint32_t generation = 0;
};

// An order that passed every check. Only risk/'s gate holds the key to make one, so nothing
// unchecked can reach a lane. A default-constructed Order is empty and no lane accepts it.
class Order {
 public:
  class Approval {
    friend class risk::Gate;
    friend struct TestApproval;
    Approval() = default;
  };
  Order() = default;
  Order(Approval, const OrderTerms& terms) noexcept : terms_(terms) {}
  const OrderTerms* operator->() const noexcept { return &terms_; }
  const OrderTerms& operator*() const noexcept { return terms_; }

 private:
  OrderTerms terms_{};
};
static_assert(std::is_trivially_copyable_v<Order> && sizeof(Order) <= 96);

// ---- lane → copy -------------------------------------------------------------------------------

// How an order finished.
enum class OrderEnd : std::uint8_t {
  executed,  // the venue took it: filled whole, in part or (IOC) not at all
  refused,   // the venue refused it for good; `venue_code` says why
  expired,   // an increase that could not leave while it was fresh
  lane_full, // an increase for which the lane had no room
  flat,      // a close for which a position read showed nothing to close
  unprepared,  // an increase on a symbol whose leverage or margin type the venue refused to set;
               // `venue_code` says why
};

struct OrderDone {
  OrderRef ref;
  FollowerId follower;
  OrderEnd end = OrderEnd::executed;
  Qty filled;                  // ≥ 0
  Price average;               // 0 when not known
  VenueTime venue_time;        // of the last execution; 0 when nothing filled
  std::int32_t venue_code = 0; // the venue's error, for `refused` and `unprepared`
};

// The order was written and its fate cannot be told yet. It stays in flight. Told a second time,
// `quarantined`, when nothing has told its fate for long: nothing more opens on its symbol until it
// is resolved.
struct OrderUnknown {
  OrderRef ref;
  FollowerId follower;
  bool quarantined = false;
};

// What the follower holds on one leg, read at the venue while no order of ours was open on it.
struct FollowerPosition {
  FollowerId follower;
  SymbolId symbol;
  Leg leg = Leg::both;
  Qty qty;            // signed
  bool taken = false; // what is there beyond ours is ours from now on: asked for by a flatten of
                      // everything
};

// All legs of an account were read for a flatten of everything, and told before this.
struct PositionsTaken {
  FollowerId follower;
};

// The follower's connection can carry orders, and its position mode is known; or no longer.
struct FollowerLink {
  FollowerId follower;
  bool ready = false;
  PositionMode mode = PositionMode::one_way;
};

// All that a lane tells the copy agent.
using Report =
    std::variant<OrderDone, OrderUnknown, FollowerPosition, PositionsTaken, FollowerLink>;

// ---- supervisor → copy -------------------------------------------------------------------------

enum class FollowerState : std::uint8_t { active, reduce_only, halted };  // stricter is larger

// Who restricts a follower. The strictest of all causes is in force.
enum class StateCause : std::uint8_t {
  configuration,  // `state` in the file
  operator_,      // pause or halt on the follower
  leader,         // pause or halt on a leader it follows
  engine,         // pause or halt --all
  connection,     // not connected, or not ready yet
  breach,         // a loss limit
  breaker,        // the venue refused too many increases
  health,         // its key failed its check
  recovery,       // a start that could not read all of the journal
  journal,        // the journal cannot be written
  kill,           // the kill file
};
inline constexpr std::size_t state_cause_count = 11;
constexpr std::string_view name_of(StateCause c) noexcept {
  constexpr std::array<std::string_view, state_cause_count> names{
      "configuration", "operator", "leader",  "engine",   "connection", "breach",
      "breaker",       "health",   "recovery", "journal", "kill"};
  return names[static_cast<std::size_t>(c)];
}
constexpr std::string_view name_of(FollowerState s) noexcept {
  constexpr std::array<std::string_view, 3> names{"active", "reduce_only", "halted"};
  return names[static_cast<std::size_t>(s)];
}

struct SetState {
  FollowerId follower;
  StateCause cause = StateCause::operator_;
  FollowerState state = FollowerState::active;
};

// Margin balance of an account; unknown is said by `known = false`.
struct SetLeaderEquity {
  LeaderId leader;
  Usd equity;
  bool known = false;
};
struct SetFollowerEquity {
  FollowerId follower;
  Usd equity;
  Usd transfers;               // money moved in less money moved out, since the first `connect`;
                               // `equity` has all of it
  std::int64_t transfers_ms = 0;  // counted up to this time of the venue
  std::int32_t day = 0;        // UTC days since 1970
  bool known = false;
};

// Everything that copyd holds for the follower is closed, and then it is halted. Nothing opens
// meanwhile. `everything`: what it did not open is closed too.
struct Flatten {
  FollowerId follower;
  bool everything = false;
};

// What the operator has said, for the record; and how it stands, for the next start. The copy agent
// is told the consequences apart, as SetState and Flatten.
struct OperatorWord {
  enum class About : std::uint8_t { all, leader, follower };
  enum class Word : std::uint8_t { resume, pause, halt, flatten };
  About about = About::all;
  Word word = Word::resume;
  std::uint16_t account = 0;  // LeaderId or FollowerId
  std::uint32_t uid = 0;      // whose it was
  std::int64_t wall_ms = 0;   // since 1970
  std::array<char, 80> reason{};
};

struct SetMark {
  SymbolId symbol;
  Price price;
};

// Asks for the follower's book: the copy agent answers with BookRows and then one BookEnd.
struct QueryBook {
  std::uint32_t query = 0;
};

using CopyCommand = std::variant<TimeSample, SetState, SetLeaderEquity, SetFollowerEquity, SetMark,
                                 Flatten, OperatorWord, QueryBook>;

// One leg of one follower, for `copyctl status`, `positions` and `drift`.
struct BookRow {
  std::uint32_t query = 0;
  FollowerId follower;
  SymbolId symbol;
  Leg leg = Leg::both;
  Qty target;
  Qty position;
  Qty in_flight;  // signed sum
};
struct BookEnd {
  std::uint32_t query = 0;
};
using BookAnswer = std::variant<BookRow, BookEnd>;

// ---- any agent → supervisor --------------------------------------------------------------------

// Something a person may want to read about. Formatted and logged by the supervisor, never by the
// agent that noticed it.
struct Notice {
  enum class Level : std::uint8_t { info, warning, error };
  enum class Who : std::uint8_t { feed, copy, lane, journal };
  enum class Subject : std::uint8_t { none, leader, follower };
  Level level = Level::info;
  Who who = Who::feed;
  Subject subject = Subject::none;
  std::uint16_t account = 0;       // LeaderId or FollowerId
  std::array<char, 180> text{};    // zero-terminated; never holds a secret

  std::string_view message() const noexcept { return {text.data()}; }
};

}  // namespace copyd
