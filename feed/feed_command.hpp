// FeedCommand: what the supervisor tells the feed. Moves only: it may carry an account's key, which
// from then on belongs to the feed's thread.
#pragma once

#include <memory>
#include <variant>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "feed/leader_book.hpp"
#include "venue/credentials.hpp"

namespace copyd::feed {

// A leader that is known already gets the new key: it reconnects and fills the gap. So does one
// that an earlier run has followed, where `resume` says how far.
struct AddLeader {
  LeaderId leader;
  venue::Credentials credentials;
  std::unique_ptr<const LeaderResume> resume{};  // null: nothing is known of it
  int connections = 1;  // to its stream; as it was first told, for as long as the feed lives
};

// The key is taken back. What was handed over is remembered: a later AddLeader begins with the
// positions, those that are flat by then included.
struct RemoveLeader {
  LeaderId leader;
};

// Closes every socket and stops for good. Listen keys are left alone: they belong to the account,
// and another process may be living on them.
struct StopFeed {};

using FeedCommand = std::variant<TimeSample, AddLeader, RemoveLeader, StopFeed>;

}  // namespace copyd::feed
