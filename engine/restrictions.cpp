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

}  // namespace

Restrictions::Restrictions(const config::Config& config)
    : config_(config), leaders_(config.leaders.size()), followers_(config.followers.size()) {}

Restrictions::Found Restrictions::find(std::string_view label) const noexcept {
  for (const auto& follower : config_.followers)
    if (follower.label == label) return Found::follower;
  for (const auto& leader : config_.leaders)
    if (leader.label == label) return Found::leader;
  return Found::nobody;
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
    }
    if (follows(config_.followers[i], label))
      changes.push_back(
          {.follower = follower_id(i), .cause = StateCause::leader, .state = of_leaders(i)});
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
  }
  return changes;
}

std::vector<SetState> Restrictions::in_force(FollowerId follower) const {
  const std::size_t index = follower.value;
  const SetState all[] = {
      {.follower = follower, .cause = StateCause::configuration, .state = of_file(index)},
      {.follower = follower, .cause = StateCause::operator_, .state = followers_[index]},
      {.follower = follower, .cause = StateCause::leader, .state = of_leaders(index)},
      {.follower = follower, .cause = StateCause::engine, .state = engine_}};
  std::vector<SetState> holding;
  for (const auto& one : all)
    if (one.state != FollowerState::active) holding.push_back(one);
  return holding;
}

FollowerState Restrictions::of_file(std::size_t follower) const noexcept {
  switch (config_.followers[follower].state) {
    case config::FollowerMode::active:
      return FollowerState::active;
    case config::FollowerMode::reduce_only:
      return FollowerState::reduce_only;
    case config::FollowerMode::halted:
    case config::FollowerMode::shadow:
      break;
  }
  return FollowerState::halted;
}

FollowerState Restrictions::of_leaders(std::size_t follower) const noexcept {
  FollowerState strictest = FollowerState::active;
  for (std::size_t i = 0; i < leaders_.size(); ++i)
    if (follows(config_.followers[follower], config_.leaders[i].label))
      strictest = std::max(strictest, leaders_[i]);
  return strictest;
}

}  // namespace copyd::engine
