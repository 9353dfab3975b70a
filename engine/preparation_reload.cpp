// Preparation: what a reload changes of it.
#include <algorithm>
#include <utility>

#include "engine/preparation.hpp"

namespace copyd::engine {

void Preparation::take_places() {
  leaders_.resize(config_.leaders.size());
  followers_.resize(config_.followers.size());
  for (Leader& leader : leaders_) leader.followers.clear();
  for (auto& account : roster_.accounts()) {
    if (account.leader) leaders_[account.leader->value].account = &account;
    if (account.follower) followers_[account.follower->value].account = &account;
  }
  for (std::size_t f = 0; f < followers_.size(); ++f) {
    followers_[f].leaders.clear();
    // Its lane was told with its key: what asks once is answered always.
    followers_[f].prepares = followers_[f].prepares || engine::prepares(config_.followers[f]);
    if (!followers_[f].prepares) continue;
    for (std::size_t l = 0; l < leaders_.size(); ++l) {
      const auto& links = config_.followers[f].links;
      const bool linked = std::any_of(links.begin(), links.end(), [&](const config::Link& link) {
        return !link.removed && link.leader == config_.leaders[l].label;
      });
      if (!linked) continue;
      followers_[f].leaders.push_back(l);
      leaders_[l].followers.push_back(f);
    }
  }
}

// Nothing opens on any of its symbols until it is asked for, and nothing is answered until the
// configuration is another one: what is decided by that one goes by what it wants.
bool Preparation::hold(FollowerId id) {
  Follower& follower = followers_[id.value];
  if (follower.account == nullptr || follower.account->follower != id) return true;
  follower.held = true;
  if (!std::exchange(follower.prepares, true) && follower.account->connected()) begin(id);
  return !follower.connected ||
         tell_(id, exec::SymbolsPrepared{.follower = id,
                                         .ready = std::vector<std::uint8_t>(symbols_.size())});
}

void Preparation::reloaded(const std::vector<FollowerId>& changed) {
  take_places();
  for (const FollowerId id : changed) {
    Follower& follower = followers_[id.value];
    follower.held = false;
    if (!follower.prepares || !follower.connected) continue;
    follower.overview_due = true;
    for (auto& [symbol, job] : follower.jobs) renew(job);
    for (const auto& link : config_.followers[id.value].links)
      for (const auto& name : link.allow)
        if (const auto symbol = symbols_.find(name)) want(id.value, *symbol);
    for (const std::size_t l : follower.leaders)
      leaders_[l].positions_due = leaders_[l].positions_due || leaders_[l].connected;
  }
}

}  // namespace copyd::engine
