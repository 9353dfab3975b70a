// Restrictions: who paused or halted what. A follower's operator cause is its own; a leader's
// reaches every follower that copies it; --all reaches everybody. Pure.
//
// Kept in memory only: a restart forgets them; `state` in the configuration does not.
#pragma once

#include <string_view>
#include <vector>

#include "config/schema.hpp"
#include "core/flow.hpp"

namespace copyd::engine {

class Restrictions {
 public:
  explicit Restrictions(const config::Config& config);

  enum class Found { nobody, leader, follower };
  Found find(std::string_view label) const noexcept;

  // Changes what the operator wants of one account (as every role it has) or of everybody, and
  // returns what the copy agent has to be told. `resume --all` ends every restriction of the
  // operator's; `resume X` only X's own.
  std::vector<SetState> set(std::string_view label, FollowerState state);
  std::vector<SetState> set_all(FollowerState state);

  // What holds a follower back now, of the causes known here: the file's, and the operator's on it,
  // on a leader of it and on everybody.
  std::vector<SetState> in_force(FollowerId follower) const;

 private:
  FollowerState of_file(std::size_t follower) const noexcept;
  FollowerState of_leaders(std::size_t follower) const noexcept;

  const config::Config& config_;
  FollowerState engine_ = FollowerState::active;
  std::vector<FollowerState> leaders_;
  std::vector<FollowerState> followers_;
};

}  // namespace copyd::engine
