// Symbols whose leverage and margin type are to be set before anything opens on them. The lane asks
// for a symbol when the first order waits for it, and goes by what the supervisor says. What purely
// reduces never waits for it.
#include <algorithm>

#include "exec/order_lane.hpp"

namespace copyd::exec {

// False: what opens on the symbol waits, and the supervisor knows it.
bool OrderLane::is_prepared(LaneFollower& follower, SymbolId symbol) noexcept {
  if (follower.prepared.empty()) return true;
  auto& prepared = follower.prepared[symbol.value];
  if (prepared.state == Preparedness::ready) return true;
  // A queue that is full is tried again with the next look at what waits.
  if (prepared.state == Preparedness::unprepared &&
      w_.prepare->try_push({.follower = follower.id, .symbol = symbol}))
    prepared.state = Preparedness::asked;
  return false;
}

// The venue did not let the symbol be set up; its code goes with the order.
bool OrderLane::is_refused(const LaneFollower& follower, InflightOrder& order) const noexcept {
  if (follower.prepared.empty()) return false;
  const auto& prepared = follower.prepared[order.terms.symbol.value];
  if (prepared.state != Preparedness::refused) return false;
  order.refusal = prepared.code;
  return true;
}

// At the end nobody prepares anything any more.
bool OrderLane::stays_unprepared(const LaneFollower& follower,
                                 const InflightOrder& order) const noexcept {
  if (!draining_ || follower.prepared.empty()) return false;
  const auto state = follower.prepared[order.terms.symbol.value].state;
  return state == Preparedness::unprepared || state == Preparedness::asked;
}

void OrderLane::on_prepared(const SymbolPrepared& told) noexcept {
  LaneFollower& follower = follower_at(told.follower);
  if (told.symbol.value >= follower.prepared.size()) return;
  follower.prepared[told.symbol.value] = {.state = told.state, .code = told.venue_code};
  follower.pump = follower.pump || follower.waiting != 0;
}

void OrderLane::on_prepared(const SymbolsPrepared& told) noexcept {
  LaneFollower& follower = follower_at(told.follower);
  if (follower.prepared.empty() && w_.prepare != nullptr)
    follower.prepared.assign(w_.symbols.size(), {});
  const std::size_t count = std::min(told.ready.size(), follower.prepared.size());
  for (std::size_t i = 0; i < count; ++i) {
    auto& state = follower.prepared[i].state;
    if (state == Preparedness::refused) continue;
    if (told.ready[i] != 0) state = Preparedness::ready;
    else if (state == Preparedness::ready) state = Preparedness::unprepared;
  }
  follower.pump = follower.pump || follower.waiting != 0;
}

}  // namespace copyd::exec
