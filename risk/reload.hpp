// Reload: another generation of the configuration, on its way to the copy agent and back.
//
//   supervisor ──ReloadPtr──▶ copy agent ──the same, with what was swapped out──▶ supervisor
//
// Whoever makes it allocates all of it, and frees what comes back: the copy agent writes the text
// to its journal, a few pieces with each pass, and swaps. One is under way at a time. Places do not
// move: a follower's policy has the links that its book has, and new ones behind them
// (config/reload.hpp). A link that is new takes what its leader holds, as the copy agent has it at
// that moment, as its first lots, and copies nothing of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/channel.hpp"
#include "core/flow.hpp"
#include "core/ids.hpp"
#include "risk/follower_book.hpp"
#include "risk/policy.hpp"

namespace copyd::risk {

struct Reload {
  struct Follower {
    FollowerId id;
    FollowerPolicy policy;
    // Of one that is new, in the order of their places: what its book is made of, and then the
    // book (Copier::prepare).
    std::optional<FollowerBook::Setup> setup{};
    std::optional<FollowerBook> book{};
  };
  std::uint32_t generation = 0;
  std::string text;                  // of the whole configuration, as it is read again
  std::vector<NameKey> leader_keys;  // of all of them, by LeaderId
  std::vector<Follower> followers;   // those for whom anything is different
  std::vector<SetState> states;      // inputs that come right behind it
};
using ReloadPtr = std::unique_ptr<Reload>;

FollowerBook::Setup setup_of(const config::Follower& config, FollowerId id, FollowerPolicy policy);

// All that is different between two configurations, the second of which has the places of the
// first. Cold.
Reload reload_of(const config::Config& running, const config::Config& next,
                 const SymbolTable& symbols);

struct ReloadChannels {
  Channel<ReloadPtr> to_copier{1};
  Channel<ReloadPtr> taken{1};  // applied: the copy agent decides by it now
};

}  // namespace copyd::risk
