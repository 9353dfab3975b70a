// Restrictions: who paused, halted or flattened what. A follower's operator cause is its own; a
// leader's reaches every follower that copies it; --all reaches everybody. Pure.
//
// What is said is also made into words for the journal; what was said before the last end is given
// back by `restore`. `state` in the configuration is not the operator's to change.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "config/schema.hpp"
#include "core/flow.hpp"
#include "journal/records.hpp"

namespace copyd::engine {

// Who spoke, and when.
struct Speaker {
  std::uint32_t uid = 0;
  std::int64_t wall_ms = 0;  // since 1970
  std::string_view reason;   // cut to what a word has room for
};

class Restrictions {
 public:
  explicit Restrictions(const config::Config& config);

  // There are more leaders and followers in the configuration now.
  void grow();

  enum class Found { nobody, leader, follower };
  Found find(std::string_view label) const noexcept;

  // What is said of its leaders and of everybody, for one whose links are new.
  std::vector<SetState> of_links(FollowerId id, const config::Follower& follower) const;

  // As the journal has it. At start, before anything is set.
  void restore(const journal::Wish& wish);

  // What is to be recorded of pausing, resuming or halting one account (as every role it has) or,
  // "", everybody. Before the change itself.
  std::vector<OperatorWord> words(std::string_view label, FollowerState state,
                                  const Speaker& speaker) const;
  // Changes what the operator wants, and returns what the copy agent has to be told.
  // `resume --all` ends every restriction of the operator's; `resume X` only X's own. Resuming a
  // follower, or everybody, also ends what the engine has restricted until somebody looks: a breach
  // of a loss limit, the breaker, and a start with a damaged journal.
  std::vector<SetState> set(std::string_view label, FollowerState state);
  std::vector<SetState> set_all(FollowerState state);

  // Everybody who follows the label, or is it; "" is everybody.
  std::vector<FollowerId> followers_of(std::string_view label) const;
  // These are to be halted once they are flattened. The copy agent halts them itself then; a state
  // that came before would keep the closes back.
  std::vector<OperatorWord> flatten(const std::vector<FollowerId>& followers,
                                    const Speaker& speaker);

  // What holds a follower back now, of the causes known here: the file's, and the operator's on it,
  // on a leader of it and on everybody.
  std::vector<SetState> in_force(FollowerId follower) const;

 private:
  FollowerState of_file(std::size_t follower) const noexcept;
  FollowerState of_leaders(const config::Follower& follower) const noexcept;

  const config::Config& config_;
  FollowerState engine_ = FollowerState::active;
  std::vector<FollowerState> leaders_;
  std::vector<FollowerState> followers_;
};

}  // namespace copyd::engine
