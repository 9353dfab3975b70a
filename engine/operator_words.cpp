#include "engine/operator_words.hpp"

#include <fmt/format.h>

#include <utility>

namespace copyd::engine {
namespace {

FollowerState state_of(ops::Verb verb) noexcept {
  if (verb == ops::Verb::pause) return FollowerState::reduce_only;
  if (verb == ops::Verb::resume) return FollowerState::active;
  return FollowerState::halted;
}

OperatorOutcome flatten(std::vector<FollowerId> followers, bool everything, const Speaker& speaker,
                        Restrictions& restrictions) {
  OperatorOutcome out;
  for (const auto& word : restrictions.flatten(followers, speaker)) out.commands.push_back(word);
  for (const auto follower : followers) {
    out.commands.push_back(Flatten{.follower = follower, .everything = everything});
    if (everything) out.positions.push_back({.follower = follower});
  }
  out.flattened = std::move(followers);
  return out;
}

}  // namespace

OperatorOutcome apply_operator(const ops::ControlRequest& request, std::int64_t wall_ms,
                               Restrictions& restrictions) {
  OperatorOutcome out;
  const std::string_view label = request.all ? std::string_view() : request.label;
  if (!label.empty() && restrictions.find(label) == Restrictions::Found::nobody) {
    out.failure =
        ops::Failure{.error = fmt::format("no leader and no follower is called \"{}\"", label),
                     .remedy = "copyctl status lists them"};
    return out;
  }
  const Speaker speaker{.uid = request.peer_uid, .wall_ms = wall_ms, .reason = request.reason};
  if (request.verb == ops::Verb::flatten) {
    out = flatten(restrictions.followers_of(label), request.everything, speaker, restrictions);
  } else {
    const FollowerState state = state_of(request.verb);
    for (const auto& word : restrictions.words(label, state, speaker)) out.commands.push_back(word);
    out.states = label.empty() ? restrictions.set_all(state) : restrictions.set(label, state);
    for (const auto& change : out.states) out.commands.push_back(change);
  }
  out.said = fmt::format("{} {}{} by uid {}{}{}", ops::command_of(request.verb).name,
                         label.empty() ? "--all" : label, request.everything ? " --everything" : "",
                         request.peer_uid, request.reason.empty() ? "" : ": ", request.reason);
  return out;
}

OperatorOutcome flatten_follower(FollowerId follower, const Speaker& speaker,
                                 Restrictions& restrictions) {
  return flatten({follower}, false, speaker, restrictions);
}

OperatorOutcome flatten_by_kill_file(std::int64_t wall_ms, Restrictions& restrictions) {
  return flatten(restrictions.followers_of({}), false,
                 {.uid = 0, .wall_ms = wall_ms, .reason = "the kill file"}, restrictions);
}

}  // namespace copyd::engine
