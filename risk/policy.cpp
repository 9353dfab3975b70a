#include "risk/policy.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "core/assert.hpp"

namespace copyd::risk {
namespace {

SymbolSet named(const std::vector<std::string>& names, const SymbolTable& symbols) {
  SymbolSet set;
  for (const auto& name : names)
    if (const auto id = symbols.find(name)) set.set(id->value);
  return set;
}

SymbolSet copyable(const SymbolTable& symbols) {
  SymbolSet set;
  for (std::size_t i = 0; i < symbols.size(); ++i)
    set.set(i, symbols[SymbolId{static_cast<std::uint16_t>(i)}].copyable);
  return set;
}

FollowerState configured_state(config::FollowerMode mode) noexcept {
  switch (mode) {
    case config::FollowerMode::active:
    case config::FollowerMode::shadow:  // on paper
      return FollowerState::active;
    case config::FollowerMode::reduce_only:
      return FollowerState::reduce_only;
    case config::FollowerMode::halted:
      return FollowerState::halted;
  }
  return FollowerState::halted;
}

}  // namespace

OrderLimits resolve(const config::Limits& limits, const SymbolTable& symbols) {
  OrderLimits resolved{.max_order_notional = limits.max_order_notional,
                       .max_position_notional = limits.max_position_notional,
                       .max_total_notional = limits.max_total_notional,
                       .max_price_deviation_bps = limits.max_price_deviation_bps,
                       .max_order_qty = {}};
  if (limits.max_order_qty.empty()) return resolved;
  resolved.max_order_qty.resize(symbols.size());
  for (const auto& [name, quantity] : limits.max_order_qty)
    if (const auto id = symbols.find(name)) resolved.max_order_qty[id->value] = quantity;
  return resolved;
}

LinkPolicy resolve(const config::Link& link, LeaderId leader, const SymbolTable& symbols) {
  LinkPolicy policy;
  policy.leader = leader;
  policy.sizing = link.sizing;
  policy.order = link.order;
  policy.inverse = link.inverse;
  policy.rounds_up = link.min_order == config::MinOrder::round_up;
  policy.round_up_from = link.round_up_from;
  policy.max_fill_age = link.max_fill_age;
  policy.removed = link.removed;
  policy.permitted = copyable(symbols) & ~named(link.deny, symbols);
  if (!link.allow.empty()) policy.permitted &= named(link.allow, symbols);
  return policy;
}

FollowerPolicy resolve(const config::Follower& follower, std::span<const config::Leader> leaders,
                       const SymbolTable& symbols) {
  FollowerPolicy policy;
  policy.limits = resolve(follower.limits, symbols);
  policy.losses = loss_rules(follower.limits);
  policy.paper = follower.state == config::FollowerMode::shadow;
  // What a file that does not have it any more said of its state counts no more: its closes go on.
  policy.state = follower.removed ? FollowerState::reduce_only : configured_state(follower.state);
  for (const auto& link : follower.links) {
    const auto leader =
        std::find_if(leaders.begin(), leaders.end(),
                     [&](const config::Leader& known) { return known.label == link.leader; });
    ASSERT(leader != leaders.end());  // the configuration was checked
    const LeaderId id{static_cast<std::uint16_t>(leader - leaders.begin())};
    policy.links.push_back(resolve(link, id, symbols));
  }
  return policy;
}

}  // namespace copyd::risk
