// Reload: another generation of the configuration, on its way to the copy agent and back.
//
//   supervisor ──ReloadPtr──▶ copy agent ──the same, with what was swapped out──▶ supervisor
//
// Whoever makes it allocates all of it, and frees what comes back: the copy agent writes the text
// to its journal, a few pieces with each pass, and swaps. One is under way at a time. Places do not
// move: a follower's policy has the links that its book has (config/reload.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/channel.hpp"
#include "core/ids.hpp"
#include "risk/policy.hpp"

namespace copyd::risk {

struct Reload {
  struct Follower {
    FollowerId id;
    FollowerPolicy policy;
  };
  std::uint32_t generation = 0;
  std::string text;                 // of the whole configuration, as it is read again
  std::vector<Follower> followers;  // those for whom anything is different
};
using ReloadPtr = std::unique_ptr<Reload>;

// All that is different between two configurations of the same places. Cold.
Reload reload_of(const config::Config& running, const config::Config& next,
                 const SymbolTable& symbols);

struct ReloadChannels {
  Channel<ReloadPtr> to_copier{1};
  Channel<ReloadPtr> taken{1};  // applied: the copy agent decides by it now
};

}  // namespace copyd::risk
