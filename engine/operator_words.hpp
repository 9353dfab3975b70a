// What `copyctl pause, resume, halt, flatten` and the kill file's `flatten` come to: what is kept
// of it, what the copy agent and the lanes are told, and who is concerned. Pure but for what
// Restrictions remembers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/flow.hpp"
#include "engine/restrictions.hpp"
#include "exec/lane_command.hpp"
#include "ops/control_protocol.hpp"
#include "ops/failure.hpp"

namespace copyd::engine {

struct OperatorOutcome {
  std::optional<ops::Failure> failure;  // then there is nothing else
  // In this order: a word is on record before it has consequences.
  std::vector<CopyCommand> commands;
  // To each one's lane, behind the commands: a flatten of everything wants to see everything.
  std::vector<exec::TakePositions> positions;
  std::vector<SetState> states;       // of the commands
  std::vector<FollowerId> flattened;  // of the commands
  std::string said;                   // for the log
};

// REQUIRES: one of those four verbs, and a request that fault_of has nothing against.
OperatorOutcome apply_operator(const ops::ControlRequest& request, std::int64_t wall_ms,
                               Restrictions& restrictions);

// One, as `flatten LABEL` does it.
OperatorOutcome flatten_follower(FollowerId follower, const Speaker& speaker,
                                 Restrictions& restrictions);

// Everybody, as `flatten --all` does it.
OperatorOutcome flatten_by_kill_file(std::int64_t wall_ms, Restrictions& restrictions);

}  // namespace copyd::engine
