#include "checkers.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <tuple>

#include "venue/client_order_id.hpp"

namespace copyd::flow {
namespace {

constexpr std::array<LegIndex, legs_per_symbol> all_legs{both_leg, long_leg, short_leg};
constexpr std::uint32_t ordinals_max = 8;  // orders of one settlement

std::string text(Qty qty) {
  return std::string(FixedText(qty).view());
}

const std::string& label(Rig& rig, std::size_t follower) {
  return rig.options().followers[follower].label;
}

std::size_t follower_count(Rig& rig) {
  return rig.options().followers.size();
}

Leg engine_leg(sim::Leg leg) {
  return static_cast<Leg>(leg);
}

// True when the fill asks of the leg that it comes nearer to zero, and stays on its side.
bool only_closes(const Step& step, std::size_t leg) {
  const std::int64_t before = step.before[leg];
  const std::int64_t after = step.after[leg];
  return std::abs(after) < std::abs(before) && (after == 0 || (after > 0) == (before > 0));
}

// What a fill asks of a hedge leg. A close that meets less than it is to close is refused whole
// there, so it is sent in parts, each as large as what a read has shown, and none of them says how
// large the copy is. Such a leg is never taken through zero: what is asked of it is one order's.
// What takes a one-way leg through zero may have been the close alone when it was first decided,
// and both in one order after a power cut: then the rest leaves under the close's next id.
Qty asked_of_leg(const Step& step, const sim::Order& order, bool has_lost) {
  const auto leg = static_cast<std::size_t>(engine_leg(order.leg));
  const bool through_zero = (step.before[leg] < 0 && step.after[leg] > 0) ||
                            (step.before[leg] > 0 && step.after[leg] < 0);
  if (leg == both_leg && !(through_zero && has_lost)) return {};
  return Qty::from_units(std::abs(step.after[leg] - step.before[leg]));
}

using Executed = std::array<std::int64_t, legs_per_symbol>;  // by the follower's leg

// The first fill of a leg for which more was executed than is asked of the follower, if any. An
// order may have left for those behind it on its leg as well: what it did more is less of a later
// fill in its direction.
std::map<std::size_t, std::int64_t> executed_beyond(const Script& script, std::size_t follower,
                                                    const std::vector<Executed>& executed) {
  struct Run {
    std::size_t fill = 0;
    std::int64_t beyond = 0;
  };
  std::map<std::tuple<std::size_t, std::size_t, int>, Run> runs;  // by symbol, leg, direction
  for (std::size_t i = 0; i < executed.size(); ++i) {
    const auto& scripted = script.fills()[i];
    const Step& step = scripted.steps[follower];
    for (const LegIndex leg : all_legs) {
      const std::int64_t asked = std::abs(step.after[leg] - step.before[leg]);
      if (asked == 0 && executed[i][leg] == 0) continue;
      const int direction = step.after[leg] > step.before[leg] ? 1 : -1;
      Run& run = runs[{scripted.fill.symbol, leg, direction}];
      if (run.beyond == 0) run.fill = i;
      run.beyond = std::max<std::int64_t>(run.beyond + executed[i][leg] - asked, 0);
    }
  }
  std::map<std::size_t, std::int64_t> found;
  for (const auto& [leg, run] : runs)
    if (run.beyond > 0) found[run.fill] += run.beyond;
  return found;
}

std::string named(Rig& rig, std::size_t follower, const sim::Order& order) {
  return label(rig, follower) + ": order " + order.client_id + " (" +
         std::string(sim::name_of(order.side)) + " " + text(order.qty) + " of symbol " +
         std::to_string(order.symbol) + ")";
}

}  // namespace

void CopyIds::learn(Rig& rig, const Script& script) {
  const NameKey leader = name_key(Rig::leader_label);
  for (std::size_t follower = 0; follower < follower_count(rig); ++follower) {
    const NameKey key = name_key(label(rig, follower));
    for (std::size_t i = learnt_; i < script.fills().size(); ++i) {
      const auto& scripted = script.fills()[i];
      const NameKey symbol = name_key(Script::symbols()[scripted.fill.symbol]);
      for (const LegIndex leg : all_legs)
        for (std::uint32_t ordinal = 0; ordinal < ordinals_max; ++ordinal)
          fills_.emplace(make_copy_id({.follower = key,
                                       .cause = {.kind = CopyCause::Kind::fill,
                                                 .leader = leader,
                                                 .symbol = symbol,
                                                 .number = scripted.trade},
                                       .symbol = symbol,
                                       .leg = static_cast<std::uint8_t>(leg),
                                       .ordinal = ordinal}),
                         i);
    }
  }
  learnt_ = script.fills().size();
}

std::optional<std::size_t> CopyIds::fill_of(const CopyId& id) const {
  const auto at = fills_.find(id);
  if (at == fills_.end()) return std::nullopt;
  return at->second;
}

Breaches positions_are_on_target(Rig& rig, const Script& script) {
  Breaches breaches;
  for (std::size_t follower = 0; follower < follower_count(rig); ++follower)
    for (std::size_t symbol = 0; symbol < Script::symbols().size(); ++symbol)
      for (const LegIndex leg : all_legs) {
        const auto& name = Script::symbols()[symbol];
        const Qty there = rig.position(label(rig, follower), name, venue_leg(leg));
        const Qty expected = script.expected(follower, symbol, leg);
        if (there == expected) continue;
        breaches.push_back(label(rig, follower) + ": holds " + text(there) + " " + name + " " +
                           std::string(sim::name_of(venue_leg(leg))) + ", expected " +
                           text(expected));
      }
  return breaches;
}

Breaches ids_are_used_once(Rig& rig, const Faults& faults) {
  Breaches breaches;
  for (const auto& [id, sent] : faults.sent())
    if (sent.times > 1)
      breaches.push_back("client order id " + id + " was sent " + std::to_string(sent.times) +
                         " times");
  for (std::size_t follower = 0; follower < follower_count(rig); ++follower) {
    std::map<std::string, int> seen;
    for (const auto& order : rig.account(label(rig, follower)).orders)
      if (++seen[order.client_id] > 1)
        breaches.push_back(named(rig, follower, order) + " is not the first with its id");
  }
  return breaches;
}

Breaches nothing_is_copied_twice(Rig& rig, const Script& script, const Faults& faults,
                                 const CopyIds& ids) {
  Breaches breaches;
  // A copy is as large as the largest order that was ever sent for it, or as the script says.
  std::map<CopyId, Qty> sized;
  for (const auto& [id, sent] : faults.sent())
    if (const auto own = venue::parse_client_order_id(id))
      sized[own->copy_id] = std::max(sized[own->copy_id], sent.qty);
  for (std::size_t follower = 0; follower < follower_count(rig); ++follower) {
    std::map<CopyId, Qty> copied;
    std::vector<Executed> executed(script.fills().size());
    for (const auto& order : rig.account(label(rig, follower)).orders) {
      const auto own = venue::parse_client_order_id(order.client_id);
      if (!own) {
        breaches.push_back(named(rig, follower, order) + " is not one of ours");
        continue;
      }
      const auto fill = ids.fill_of(own->copy_id);
      Qty most = sized[own->copy_id];
      if (fill)
        most = std::max(most,
                        asked_of_leg(script.fills()[*fill].steps[follower], order, rig.has_lost()));
      Qty& sum = copied[own->copy_id];
      sum += order.executed;
      if (sum > most)
        breaches.push_back(named(rig, follower, order) + " doubles a copy: " + text(sum) +
                           " was executed in all");
      if (fill)
        executed[*fill][static_cast<std::size_t>(engine_leg(order.leg))] += order.executed.units();
    }
    if (rig.has_lost()) continue;
    for (const auto& [fill, beyond] : executed_beyond(script, follower, executed))
      breaches.push_back(label(rig, follower) + ": from fill " + std::to_string(fill) + " on " +
                         text(Qty::from_units(beyond)) + " more was copied than is asked for");
  }
  return breaches;
}

Breaches closes_only_close(Rig& rig, const Script& script, const CopyIds& ids) {
  Breaches breaches;
  for (std::size_t follower = 0; follower < follower_count(rig); ++follower) {
    std::map<std::pair<sim::SymbolIndex, sim::Leg>, Qty> positions;
    const auto& account = rig.account(label(rig, follower));
    for (const auto& trade : account.trades) {
      Qty& position = positions[{trade.symbol, trade.leg}];
      const Qty before = position;
      position += trade.side == sim::Side::buy ? trade.qty : -trade.qty;
      const auto own = venue::parse_client_order_id(trade.client_id);
      if (!own) continue;
      const auto fill = ids.fill_of(own->copy_id);
      const auto leg = static_cast<std::size_t>(engine_leg(trade.leg));
      const bool must_close = !fill || only_closes(script.fills()[*fill].steps[follower], leg);
      if (!must_close) continue;
      const bool nearer = position.abs() < before.abs();
      const bool same_side = position.is_zero() || position.sign() == before.sign();
      if (nearer && same_side) continue;
      breaches.push_back(label(rig, follower) + ": a close (" + trade.client_id + ") took " +
                         text(before) + " to " + text(position));
    }
  }
  return breaches;
}

Breaches outcomes_are_whole(Rig& rig, const Script& script) {
  if (!rig.alive()) return {"the process is dead"};
  Breaches breaches;
  for (std::size_t follower = 0; follower < follower_count(rig); ++follower) {
    const FollowerCells& cells = rig.cells(follower);
    const auto of = [&](Outcome outcome) {
      return cells.outcomes[static_cast<std::size_t>(outcome)].get();
    };
    std::int64_t sum = 0;
    for (const auto& cell : cells.outcomes) sum += cell.get();
    std::int64_t none = 0;
    std::int64_t carried = 0;
    for (const auto& fill : script.fills()) {
      const Step& step = fill.steps[follower];
      none += step.moved ? 0 : 1;
      carried += step.carried ? 1 : 0;
    }
    const auto expect = [&](const char* what, std::int64_t is, std::int64_t should) {
      if (is != should)
        breaches.push_back(label(rig, follower) + ": " + what + " is " + std::to_string(is) +
                           ", expected " + std::to_string(should));
    };
    expect("the sum of outcomes", sum, static_cast<std::int64_t>(script.fills().size()));
    expect("unknown", of(Outcome::unknown), 0);
    if (!rig.has_lost()) expect("none", of(Outcome::none), none);
    // A close that failed on the way, or found nothing, is named so first.
    const std::int64_t flat = cells.skipped[static_cast<std::size_t>(Reject::flat)].get();
    const std::int64_t missed = cells.skipped[static_cast<std::size_t>(Reject::missed)].get();
    if (of(Outcome::skipped) != flat + (rig.has_lost() ? missed : 0))
      for (std::size_t i = 0; i < reject_count; ++i)
        if (const auto count = cells.skipped[i].get(); count != 0)
          breaches.push_back(label(rig, follower) + ": skipped " + std::to_string(count) + " as " +
                             std::string(name_of(static_cast<Reject>(i))));
    if (!rig.has_lost()) {
      if (of(Outcome::carried) > carried) expect("carried", of(Outcome::carried), carried);
      if (of(Outcome::failed) + flat == 0) expect("carried", of(Outcome::carried), carried);
    }
    expect("in flight", cells.in_flight.get(), 0);
    expect("waiting in the lane", rig.link(follower).waiting.get(), 0);
    expect("written by the lane", rig.link(follower).written.get(), 0);
    expect("unknown to the lane", rig.link(follower).unknown.get(), 0);
  }
  return breaches;
}

}  // namespace copyd::flow
