// LaneCommand: what the supervisor tells a lane. One producer (the supervisor), one consumer (the
// lane). Moves only: credentials hold a key, and a key has one owner. PrepareSymbol goes the other
// way.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/flow.hpp"
#include "core/ids.hpp"
#include "venue/credentials.hpp"

namespace copyd::exec {

// The lane speaks for this follower from now on. A follower that the lane has already is connected
// anew, with these credentials.
struct AddFollower {
  FollowerId follower;
  venue::Credentials credentials;
  bool prepares = false;  // what opens waits until its symbol is said to be ready
  bool shares = false;    // its orders leave on the connection that the lane's followers share
};

// Its connections end; what is written stays in flight, and what waits to open finishes unfilled.
struct RemoveFollower {
  FollowerId follower;
};

// Takes what is queued, sends closes and fresh increases, and retries no increase. See
// OrderLane::drained.
struct DrainLane {};

// All positions are read at the venue, as soon as no order of the follower is in flight, and told:
// FollowerPosition with `taken` for each leg that holds something, what copyd did not open
// included, and then PositionsTaken. From then on all of it is ours. Until it is connected, and a
// read succeeds, it is waited for.
struct TakePositions {
  FollowerId follower;
};

// What the copy agent's book holds on this leg at the start: without what orders in flight filled.
// To be told of each leg that is not flat, before AddFollower; and what the last run left in flight
// is to be queued by then. A leg that is not told holds nothing of ours. What the venue shows
// beyond it is not ours; where the venue shows less, FollowerPosition says so; and an order of the
// last run whose fate is open is absent only if the venue shows just this.
struct ExpectPosition {
  FollowerId follower;
  SymbolId symbol;
  Leg leg = Leg::both;
  Qty qty;  // signed
};

// Whether positions tell what is ours. Where the last run's journal has lost its end they do not,
// until the leaders' trades of that time were decided again: they may hold orders that only those
// will name. Until then no difference is told, and nothing is called foreign.
struct TrustPositions {
  bool trust = true;
};

// Whether leverage and margin type of a follower's symbol are as they are to be, so that something
// may open on it. A lane begins with `unprepared` at each AddFollower.
enum class Preparedness : std::uint8_t {
  unprepared,  // not known: to be asked for before anything opens
  asked,       // only within the lane
  ready,
  refused,  // the venue did not let it be set: nothing opens
};
struct SymbolPrepared {
  FollowerId follower;
  SymbolId symbol;
  Preparedness state = Preparedness::ready;
  std::int32_t venue_code = 0;  // of a refusal
};
// All symbols at once: those that are not 0 here are ready, and the others are not, whatever they
// were; except that a refusal stays. A follower for which nothing was prepared is prepared from now
// on.
struct SymbolsPrepared {
  FollowerId follower;
  std::vector<std::uint8_t> ready;  // by SymbolId
};

// The follower's own limit, in place of LaneWiring::increases_per_10s.
struct LimitIncreases {
  FollowerId follower;
  int per_10s = 0;  // 0: none
};

using LaneCommand = std::variant<TimeSample, AddFollower, RemoveFollower, TakePositions,
                                 ExpectPosition, TrustPositions, SymbolPrepared, SymbolsPrepared,
                                 LimitIncreases, DrainLane>;

// ---- lane → supervisor -------------------------------------------------------------------------

// An order waits for this symbol to be prepared. Asked once; SymbolPrepared answers.
struct PrepareSymbol {
  FollowerId follower;
  SymbolId symbol;
};

}  // namespace copyd::exec
