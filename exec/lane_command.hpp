// LaneCommand: what the supervisor tells a lane. One producer (the supervisor), one consumer (the
// lane). Moves only: credentials hold a key, and a key has one owner.
#pragma once

#include <variant>

#include "core/clock.hpp"
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

using LaneCommand = std::variant<TimeSample, AddFollower, RemoveFollower, DrainLane>;

}  // namespace copyd::exec
