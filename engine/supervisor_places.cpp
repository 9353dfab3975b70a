// Supervisor: leaders and followers as places that never move. A reload, and a start that finds
// something to drain, set what is in them; a follower that is not in the file any more is drained,
// and let go of when it holds nothing and has nothing in flight.
#include <fmt/format.h>

#include <utility>

#include "engine/supervisor.hpp"
#include "ops/log.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
namespace log = ops::log;

constexpr auto draining_period = 1s;  // between two looks at what is drained
constexpr auto moving_wait = 5s;      // for a moment with nothing in flight

// A key that logs on signs nothing on a connection of its own; others sign each request wherever it
// leaves.
bool shares(config::Connection connection, venue::KeyType key) noexcept {
  if (connection != config::Connection::auto_) return connection == config::Connection::shared;
  return key != venue::KeyType::ed25519;
}

}  // namespace

// Entry by entry: others hold references to them.
void Supervisor::take_places(config::Config next) {
  const auto put = [](auto& places, auto& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i < places.size()) places[i] = std::move(entries[i]);
      else places.push_back(std::move(entries[i]));
    }
  };
  put(config_.leaders, next.leaders);
  put(config_.followers, next.followers);
  restrictions_.grow();
  kill_orders_.grow(config_.followers.size());
}

// What the operator and the kill file have said already holds for followers and links that are new.
std::vector<SetState> Supervisor::states_of_new(const config::Config& next) const {
  std::vector<SetState> states;
  for (std::size_t i = 0; i < next.followers.size(); ++i) {
    const FollowerId id{static_cast<std::uint16_t>(i)};
    const bool fresh = i >= config_.followers.size();
    if (!fresh && next.followers[i].links.size() == config_.followers[i].links.size()) continue;
    for (const SetState& state : restrictions_.of_links(id, next.followers[i]))
      states.push_back(state);
    if (fresh) states.push_back(kill_orders_.of(id));
  }
  return states;
}

// Those that are new, or were let go of and are in the file again.
void Supervisor::take_accounts(const std::vector<FollowerId>& changed) {
  std::set<RosterAccount*> taken;
  const auto take = [&](const auto& entries, auto RosterAccount::*role) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      RosterAccount& account = roster_.at(entries[i].label);
      if (entries[i].removed || account.*role) continue;
      // What its key was worth meanwhile restricted nobody.
      if (account.role() == Role::none) health_->disconnected(account);
      (account.*role).emplace(static_cast<std::uint16_t>(i));
      taken.insert(&account);
    }
  };
  take(config_.leaders, &RosterAccount::leader);
  const bool leads = !taken.empty();
  take(config_.followers, &RosterAccount::follower);
  if (leads) leaders_due_ = clock_.now() + followers_wait;
  preparation_->reloaded(changed);
  for (RosterAccount* const account : taken) {
    if (account->connected()) hand_over(*account);
    else if (!is_shadow(*account))
      log::warning(fmt::format("{} \"{}\" is not connected: copyctl connect {}",
                               name_of(account->role()), account->label, account->label));
  }
}

// The copy agent is told the account's mode, and that it is ready, by a lane that gets it anew.
void Supervisor::leave_shadow(FollowerId follower) {
  RosterAccount& account = roster_.at(config_.followers[follower.value].label);
  if (account.follower != follower) return;
  if (account.connected()) return hand_over(account);
  log::warning(fmt::format("follower \"{}\" is not connected: copyctl connect {}", account.label,
                           account.label));
}

std::string Supervisor::draining() {
  std::string labels;
  for (const auto& follower : config_.followers) {
    const bool drains = follower.removed && follower.state != config::FollowerMode::shadow;
    if (drains && roster_.at(follower.label).follower)
      labels += (labels.empty() ? "" : ", ") + follower.label;
  }
  return labels;
}

// Whether one holds anything is asked of the copy agent. Nothing opens for it any more: with
// nothing in flight before the question, and nothing held in the answer, it stays so.
void Supervisor::keep_draining() {
  const Mono now = clock_.now();
  if (now < draining_due_ || draining_query_ != 0) return;
  draining_due_ = now + draining_period;
  draining_.clear();
  for (std::size_t i = 0; i < config_.followers.size(); ++i) {
    const config::Follower& follower = config_.followers[i];
    if (!follower.removed || !roster_.at(follower.label).follower) continue;
    const FollowerId id{static_cast<std::uint16_t>(i)};
    // What a shadow holds is on paper: there is nothing to close.
    if (follower.state == config::FollowerMode::shadow) let_go(id);
    else if (pipeline_->follower(id).in_flight.get() == 0) draining_.insert(id);
  }
  draining_leaders_.clear();
  for (std::size_t i = 0; i < config_.leaders.size(); ++i)
    if (config_.leaders[i].removed && roster_.at(config_.leaders[i].label).leader)
      draining_leaders_.insert(LeaderId{static_cast<std::uint16_t>(i)});
  if (draining_.empty() && draining_leaders_.empty()) return;
  draining_query_ = next_query_++;
  pipeline_->tell_copier(QueryBook{.query = draining_query_});
}

void Supervisor::take_drained() {
  draining_query_ = 0;
  for (const FollowerId id : std::exchange(draining_, {})) {
    const auto& cells = pipeline_->follower(id);
    const bool flat = cells.in_flight.get() == 0 && cells.flattening.get() == 0 &&
                      pipeline_->link(id).unknown.get() == 0;
    if (flat && config_.followers[id.value].removed) let_go(id);
  }
  const std::uint64_t wanted = pipeline_->leaders_wanted();
  for (const LeaderId id : std::exchange(draining_leaders_, {}))
    if ((wanted >> id.value & 1U) == 0 && config_.leaders[id.value].removed) let_go(id);
}

// Its key stays in the store, as that of any account without a role.
void Supervisor::let_go(FollowerId follower) {
  RosterAccount& account = roster_.at(config_.followers[follower.value].label);
  pipeline_->tell_lane(follower, exec::RemoveFollower{follower});
  health_->disconnected(account);
  preparation_->disconnected(account);
  account.follower.reset();
  without_role(account);
  log::info(
      fmt::format("{}: it is out of the configuration and holds nothing: it is let go of. "
                  "copyctl disconnect {} forgets its key",
                  account.label, account.label));
}

// The copy agent's answer came from behind the reload: his links are removed there, and nothing
// that they hold is left to be closed with him.
void Supervisor::let_go(LeaderId leader) {
  RosterAccount& account = roster_.at(config_.leaders[leader.value].label);
  std::erase_if(waiting_leaders_, [&](const auto& waiting) { return waiting.first == leader; });
  pipeline_->tell_feed(feed::RemoveLeader{leader});
  if (!account.follower) health_->disconnected(account);
  preparation_->disconnected(account);
  account.leader.reset();
  without_role(account);
  log::info(
      fmt::format("{}: it is out of the configuration, and nobody holds anything of it: its "
                  "stream is left. copyctl disconnect {} forgets its key",
                  account.label, account.label));
}

// It may have the other role as well; and its key is looked after in any case.
void Supervisor::without_role(RosterAccount& account) {
  if (!account.connected()) return;
  health_->connected(account);
  preparation_->connected(account);
}

// REQUIRES: it is a follower, and has a key.
void Supervisor::hand_over_follower(const RosterAccount& account) {
  const FollowerId id = *account.follower;
  moving_.erase(id);
  auto credentials = credentials_of(*store_.find(account.label));
  if (!credentials) return;
  const bool shared = shares(config_.followers[id.value].connection, credentials->signer.type());
  pipeline_->tell_lane(id, exec::AddFollower{.follower = id,
                                             .credentials = std::move(credentials).value(),
                                             .prepares = preparation_->prepares(id),
                                             .shares = shared});
}

void Supervisor::note_moves(const config::Config& next) {
  for (std::size_t i = 0; i < config_.followers.size(); ++i) {
    const RosterAccount& account = roster_.at(config_.followers[i].label);
    const FollowerId id{static_cast<std::uint16_t>(i)};
    if (account.follower != id || !account.connected()) continue;
    const venue::KeyType key = account.credentials->signer.type();
    if (shares(config_.followers[i].connection, key) == shares(next.followers[i].connection, key))
      continue;
    // Back before it has moved: it stays where it is.
    if (moving_.erase(id) == 0) moving_.emplace(id, clock_.now() + moving_wait);
  }
}

// As with another key: what is written on the connection that ends is unknown, and asked for over
// the new one. Nearly always nothing is.
void Supervisor::keep_moving() {
  const Mono now = clock_.now();
  for (auto at = moving_.begin(); at != moving_.end();) {
    const auto [id, until] = *at++;  // it is taken out below
    if (pipeline_->follower(id).in_flight.get() != 0 && now < until) continue;
    RosterAccount& account = roster_.at(config_.followers[id.value].label);
    if (account.follower != id || !account.connected()) {
      moving_.erase(id);
      continue;
    }
    log::info(fmt::format("{}: connects anew: its orders leave on another sort of connection",
                          account.label));
    hand_over_follower(account);
    preparation_->connected(account);
  }
}

}  // namespace copyd::engine
