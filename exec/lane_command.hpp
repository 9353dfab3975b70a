// LaneCommand: what the supervisor tells a lane. One producer (the supervisor), one consumer (the
// lane). Moves only: credentials hold a key, and a key has one owner.
#pragma once

#include <variant>

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

using LaneCommand = std::variant<TimeSample, AddFollower, RemoveFollower, TakePositions,
                                 ExpectPosition, TrustPositions, DrainLane>;

}  // namespace copyd::exec
