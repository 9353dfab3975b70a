// The replies of the control protocol that show the engine: status, positions, accounts, latency.
// Pure rendering of what is handed in; the protocol itself is ops/control_protocol.hpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "engine/pipeline.hpp"
#include "engine/restrictions.hpp"
#include "engine/roster.hpp"
#include "ops/failure.hpp"
#include "ops/json.hpp"

namespace copyd::engine {

struct StatusParts {
  const config::Config& config;
  const std::string& venue_name;
  const SymbolTable& symbols;
  Roster& roster;
  const Pipeline* pipeline = nullptr;  // null while the venue has not answered yet
  const std::vector<BookRow>* rows = nullptr;
  Mono now;
  Mono started;
  // Why the venue has not answered yet, in words; "" when it has.
  std::string_view waiting_for;
};

// False: the follower is not in the file any more, holds nothing, and was let go of.
// False: it was let go of, and only its place is left.
bool is_shown(const StatusParts& parts, std::size_t follower);
bool is_shown(const StatusParts& parts, LeaderId leader);

// Every leader live. Followers never delay it: one that is not ready opens nothing.
bool is_ready(const StatusParts& parts);
// "alpha is connecting, beta is not_connected": the leaders that are not live. "" when all are.
std::string leaders_not_live(const StatusParts& parts);

std::string status_reply(const StatusParts& parts);
// `label`: one follower, or "" for all.
std::string positions_reply(const StatusParts& parts, std::string_view label);
// `copies`: what the history says, or why it says nothing.
std::string latency_reply(const StatusParts& parts, const ops::Outcome<std::string>& copies);
std::string accounts_reply(const StatusParts& parts, const ops::KeyStore& store);
std::string account_reply(const StatusParts& parts, const ops::KeyStore& store,
                          const RosterAccount& account);
// What holds the followers named in `changes` back once those are applied, or those that are being
// flattened.
// REQUIRES: a pipeline.
std::string changed_reply(const StatusParts& parts, const Restrictions& restrictions,
                          const std::vector<SetState>& changes,
                          const std::vector<FollowerId>& flattened = {});

// "ready: 1 leader, 3/3 followers, 0 unknown", for systemd.
std::string status_line(const StatusParts& parts);

}  // namespace copyd::engine
