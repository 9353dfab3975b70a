#include "engine/restrictions.hpp"

#include <algorithm>

namespace copyd::engine {
namespace {

FollowerId follower_id(std::size_t index) {
  return FollowerId{static_cast<std::uint16_t>(index)};
}

bool follows(const config::Follower& follower, std::string_view leader) {
  return std::any_of(follower.links.begin(), follower.links.end(),
                     [&](const config::Link& link) { return link.leader == leader; });
}

OperatorWord::Word word_of(FollowerState state) {
  switch (state) {
    case FollowerState::active:
      return OperatorWord::Word::resume;
    case FollowerState::reduce_only:
      return OperatorWord::Word::pause;
    case FollowerState::halted:
      break;
  }
  return OperatorWord::Word::halt;
}

OperatorWord word(OperatorWord::About about, std::size_t account, OperatorWord::Word said,
                  const Speaker& speaker) {
  OperatorWord made{.about = about,
                    .word = said,
                    .account = static_cast<std::uint16_t>(account),
                    .uid = speaker.uid,
                    .wall_ms = speaker.wall_ms,
                    .reason = {}};
  std::string_view reason = speaker.reason.substr(0, made.reason.size());
  // Not in the middle of a character: a byte of UTF-8 that goes on begins with 10.
  if (reason.size() < speaker.reason.size())
    while (!reason.empty() &&
           (static_cast<unsigned char>(speaker.reason[reason.size()]) & 0xc0) == 0x80)
      reason.remove_suffix(1);
  std::copy(reason.begin(), reason.end(), made.reason.begin());
  return made;
}

// Somebody has looked, and says that it goes on.
void end_automatic(std::size_t follower, std::vector<SetState>& states) {
  for (const auto cause : {StateCause::breach, StateCause::breaker, StateCause::recovery})
    states.push_back(
        {.follower = follower_id(follower), .cause = cause, .state = FollowerState::active});
}

}  // namespace

Restrictions::Restrictions(const config::Config& config)
    : config_(config), leaders_(config.leaders.size()), followers_(config.followers.size()) {}

void Restrictions::grow() {
  leaders_.resize(config_.leaders.size());
  followers_.resize(config_.followers.size());
}

Restrictions::Found Restrictions::find(std::string_view label) const noexcept {
  for (const auto& follower : config_.followers)
    if (follower.label == label) return Found::follower;
  for (const auto& leader : config_.leaders)
    if (leader.label == label) return Found::leader;
  return Found::nobody;
}

void Restrictions::restore(const journal::Wish& wish) {
  const std::size_t index = wish.account;
  switch (wish.about) {
    case OperatorWord::About::all:
      engine_ = wish.state;
      return;
    case OperatorWord::About::leader:
      if (index < leaders_.size()) leaders_[index] = wish.state;
      return;
    case OperatorWord::About::follower:
      if (index < followers_.size()) followers_[index] = wish.state;
      return;
  }
}

std::vector<OperatorWord> Restrictions::words(std::string_view label, FollowerState state,
                                              const Speaker& speaker) const {
  using About = OperatorWord::About;
  const bool everybody = label.empty();
  // The newest word about an account is the one that stands: a resume of everybody is said to each
  // of whom something else stands.
  const auto concerns = [&](const std::string& name, FollowerState stands) {
    return everybody ? state == FollowerState::active && stands != FollowerState::active
                     : name == label;
  };
  std::vector<OperatorWord> made;
  if (everybody) made.push_back(word(About::all, 0, word_of(state), speaker));
  for (std::size_t i = 0; i < leaders_.size(); ++i)
    if (concerns(config_.leaders[i].label, leaders_[i]))
      made.push_back(word(About::leader, i, word_of(state), speaker));
  for (std::size_t i = 0; i < followers_.size(); ++i)
    if (concerns(config_.followers[i].label, followers_[i]))
      made.push_back(word(About::follower, i, word_of(state), speaker));
  return made;
}

std::vector<SetState> Restrictions::set(std::string_view label, FollowerState state) {
  std::vector<SetState> changes;
  for (std::size_t i = 0; i < leaders_.size(); ++i)
    if (config_.leaders[i].label == label) leaders_[i] = state;
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    if (config_.followers[i].label == label) {
      followers_[i] = state;
      changes.push_back(
          {.follower = follower_id(i), .cause = StateCause::operator_, .state = state});
      if (state == FollowerState::active) end_automatic(i, changes);
    }
    if (follows(config_.followers[i], label))
      changes.push_back({.follower = follower_id(i),
                         .cause = StateCause::leader,
                         .state = of_leaders(config_.followers[i])});
  }
  return changes;
}

std::vector<SetState> Restrictions::set_all(FollowerState state) {
  engine_ = state;
  const bool resume = state == FollowerState::active;
  if (resume) {
    std::fill(leaders_.begin(), leaders_.end(), FollowerState::active);
    std::fill(followers_.begin(), followers_.end(), FollowerState::active);
  }
  std::vector<SetState> changes;
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    changes.push_back({.follower = follower_id(i), .cause = StateCause::engine, .state = engine_});
    if (!resume) continue;
    for (const auto cause : {StateCause::operator_, StateCause::leader})
      changes.push_back({.follower = follower_id(i), .cause = cause, .state = state});
    end_automatic(i, changes);
  }
  return changes;
}

std::vector<SetState> Restrictions::of_links(FollowerId id,
                                             const config::Follower& follower) const {
  return {{.follower = id, .cause = StateCause::leader, .state = of_leaders(follower)},
          {.follower = id, .cause = StateCause::engine, .state = engine_}};
}

std::vector<FollowerId> Restrictions::followers_of(std::string_view label) const {
  std::vector<FollowerId> found;
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    const auto& follower = config_.followers[i];
    if (label.empty() || follower.label == label || follows(follower, label))
      found.push_back(follower_id(i));
  }
  return found;
}

std::vector<OperatorWord> Restrictions::flatten(const std::vector<FollowerId>& followers,
                                                const Speaker& speaker) {
  std::vector<OperatorWord> words;
  for (const auto follower : followers) {
    followers_[follower.value] = FollowerState::halted;
    words.push_back(
        word(OperatorWord::About::follower, follower.value, OperatorWord::Word::flatten, speaker));
  }
  return words;
}

std::vector<SetState> Restrictions::in_force(FollowerId follower) const {
  const std::size_t index = follower.value;
  const SetState all[] = {
      {.follower = follower, .cause = StateCause::configuration, .state = of_file(index)},
      {.follower = follower, .cause = StateCause::operator_, .state = followers_[index]},
      {.follower = follower,
       .cause = StateCause::leader,
       .state = of_leaders(config_.followers[index])},
      {.follower = follower, .cause = StateCause::engine, .state = engine_}};
  std::vector<SetState> holding;
  for (const auto& one : all)
    if (one.state != FollowerState::active) holding.push_back(one);
  return holding;
}

FollowerState Restrictions::of_file(std::size_t follower) const noexcept {
  if (config_.followers[follower].removed) return FollowerState::reduce_only;
  switch (config_.followers[follower].state) {
    case config::FollowerMode::active:
    case config::FollowerMode::shadow:  // on paper
      return FollowerState::active;
    case config::FollowerMode::reduce_only:
      return FollowerState::reduce_only;
    case config::FollowerMode::halted:
      break;
  }
  return FollowerState::halted;
}

FollowerState Restrictions::of_leaders(const config::Follower& follower) const noexcept {
  FollowerState strictest = FollowerState::active;
  for (std::size_t i = 0; i < leaders_.size(); ++i)
    if (follows(follower, config_.leaders[i].label)) strictest = std::max(strictest, leaders_[i]);
  return strictest;
}

}  // namespace copyd::engine
