// Preparation: what the leaders have, and what follows from a change of it.
#include <algorithm>
#include <utility>

#include "engine/link_symbols.hpp"
#include "engine/preparation.hpp"
#include "venue/account_codec.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;

constexpr int read_weight = 5;
constexpr auto second_look = 3s;  // REST may be behind the stream that told of the change
constexpr auto round_time = 10min;
constexpr auto retry_time = 5s;

SymbolId symbol_id(std::size_t index) {
  return SymbolId{static_cast<std::uint16_t>(index)};
}

}  // namespace

void Preparation::read_leaders(Mono now) {
  for (std::size_t i = 0; i < leaders_.size(); ++i) {
    Leader& leader = leaders_[i];
    if (!leader.connected || leader.asking || leader.followers.empty()) continue;
    const auto changes = cells_of_(LeaderId{static_cast<std::uint16_t>(i)}).config_changes.get();
    const bool changed = changes != leader.changes_seen && !leader.failing;
    if ((changed || now >= leader.read_at) && take(read_weight, now)) read_leader(i, changes);
    else if (leader.positions_due && now >= leader.positions_at && take(read_weight, now))
      read_positions(i);
  }
}

void Preparation::read_leader(std::size_t index, std::int64_t changes) {
  Leader& leader = leaders_[index];
  leader.asking = true;
  venue_.signed_get(venue::path::symbol_config, *leader.account->credentials,
                    [this, index, changes, key = leader.key](const VenueAnswer& answer) {
                      if (leaders_[index].key == key) take_leader(index, changes, answer);
                    });
}

void Preparation::take_leader(std::size_t index, std::int64_t changes, const VenueAnswer& answer) {
  Leader& leader = leaders_[index];
  leader.asking = false;
  const Mono now = clock_.now();
  const auto rows = read_setups(*leader.account, leader.said, answer);
  leader.failing = !rows;
  if (!rows) {
    leader.read_at = now + retry_time;
    return;
  }
  const bool changed = changes != leader.changes_seen;
  leader.changes_seen = changes;
  leader.read_at = changed ? now + second_look : now + round_time;
  const Setups before = std::exchange(leader.setups, Setups(symbols_.size()));
  for (const auto& row : *rows)
    if (row.symbol) leader.setups[row.symbol->value] = {row.leverage, row.margin};
  leader_changed(index, before);
}

void Preparation::read_positions(std::size_t index) {
  Leader& leader = leaders_[index];
  leader.asking = true;
  venue_.signed_get(venue::path::position_risk, *leader.account->credentials,
                    [this, index, key = leader.key](const VenueAnswer& answer) {
                      if (leaders_[index].key == key) take_positions(index, answer);
                    });
}

// What the leader holds will be traded.
void Preparation::take_positions(std::size_t index, const VenueAnswer& answer) {
  Leader& leader = leaders_[index];
  leader.asking = false;
  leader.positions_at = clock_.now() + retry_time;
  hold_off(answer);
  if (!answer.ok()) return;
  const auto rows = venue::decode_position_risk(answer.body, symbols_);
  if (!rows) return;
  leader.positions_due = false;
  for (const auto& row : *rows) {
    if (!row.symbol || row.qty.is_zero()) continue;
    for (const std::size_t follower : leader.followers) want(follower, *row.symbol);
  }
}

void Preparation::leader_changed(std::size_t index, const Setups& before) {
  const Leader& leader = leaders_[index];
  for (const std::size_t f : leader.followers) {
    Follower& follower = followers_[f];
    if (before.empty()) {
      follower.overview_due = true;
      for (auto& [symbol, job] : follower.jobs) renew(job);
      continue;
    }
    for (std::size_t s = 0; s < leader.setups.size(); ++s)
      if (!(leader.setups[s] == before[s])) want(f, symbol_id(s));
  }
}

// To be prepared in advance, from now on or anew. While the margin type is about to change nothing
// opens: with a position it could not be changed any more.
void Preparation::want(std::size_t index, SymbolId symbol) {
  Follower& follower = followers_[index];
  const auto& links = config_.followers[index].links;
  const bool taken = std::any_of(links.begin(), links.end(), [&](const config::Link& link) {
    return !link.removed && permits(link, symbols_[symbol]);
  });
  if (!taken || !follower.connected) return;
  renew(follower.jobs[symbol]);
  if (!follower.read || !leaders_known(follower)) return;
  const auto wish = wish_for(index, symbol).wish;
  if (wish.margin && *wish.margin != follower.setups[symbol.value].margin)
    tell_(follower_id(index), exec::SymbolPrepared{.follower = follower_id(index),
                                                   .symbol = symbol,
                                                   .state = exec::Preparedness::unprepared});
}

}  // namespace copyd::engine
