#include "tests/system/kill_loop/check.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "core/copy_id.hpp"
#include "core/flow.hpp"
#include "tests/system/kill_loop/script.hpp"
#include "venue/client_order_id.hpp"

namespace copyd::system_test {
namespace {

// A fill is copied by at most this many orders: what reduces, what opens.
constexpr std::uint32_t ordinals_max = 4;

std::string text(Qty qty) {
  return std::string(FixedText(qty).view());
}

Qty share(Qty of, const FollowerPlan& follower) {
  return Qty::from_units(of.units() * follower.ratio_percent / 100);
}

// What all attempts of the order have in common.
std::string copy_of(const std::string& follower, const LedgerTrade& fill, Leg leg,
                    std::uint32_t ordinal) {
  const CopyId id = make_copy_id({.follower = name_key(follower),
                                  .cause = {.kind = CopyCause::Kind::fill,
                                            .leader = name_key("alpha"),
                                            .symbol = name_key(fill.symbol),
                                            .number = fill.trade_id},
                                  .symbol = name_key(fill.symbol),
                                  .leg = static_cast<std::uint8_t>(leg),
                                  .ordinal = ordinal});
  return std::string(venue::client_order_id(id, 0).view().substr(0, 24));
}

// What was executed for a fill, and what for no fill: settlements, by symbol and direction.
struct Executions {
  std::vector<Qty> by_fill;
  std::map<std::pair<std::string, int>, Qty> by_none;
};

Executions executions(const LedgerAccount& leader, const LedgerAccount& account,
                      const FollowerPlan& follower) {
  std::map<std::string, std::size_t> cause;
  for (std::size_t fill = 0; fill < leader.trades.size(); ++fill)
    for (const Leg leg : {Leg::both, Leg::long_, Leg::short_})
      for (std::uint32_t ordinal = 0; ordinal < ordinals_max; ++ordinal)
        cause[copy_of(follower.label, leader.trades[fill], leg, ordinal)] = fill;
  Executions found;
  found.by_fill.resize(leader.trades.size());
  for (const auto& order : account.orders) {
    const auto at = cause.find(order.copy());
    if (at != cause.end()) found.by_fill[at->second] += order.executed;
    else found.by_none[{order.symbol, order.sign()}] += order.executed;
  }
  return found;
}

// How much of each fill closes what the leader held.
std::vector<Qty> closing_parts(const LedgerAccount& leader) {
  std::map<std::string, Qty> positions;
  std::vector<Qty> parts;
  for (const auto& fill : leader.trades) {
    Qty& position = positions[fill.symbol];
    const bool closes = position.sign() == -fill.sign();
    parts.push_back(closes ? std::min(fill.qty, position.abs()) : Qty());
    position += fill.sign() > 0 ? fill.qty : -fill.qty;
  }
  return parts;
}

// Executed for a fill beyond its share: more than a close of before, which could not be done then.
void judge_excess(const LedgerAccount& leader, const FollowerPlan& follower,
                  const Executions& found, Verdict& verdict) {
  const std::vector<Qty> closing = closing_parts(leader);
  std::map<std::pair<std::string, int>, Qty> owed;
  for (std::size_t fill = 0; fill < leader.trades.size(); ++fill) {
    const LedgerTrade& trade = leader.trades[fill];
    const Qty due = share(trade.qty, follower);
    const Qty done = found.by_fill[fill];
    Qty& debt = owed[{trade.symbol, trade.sign()}];
    if (done > due + debt) {
      ++verdict.doubled;
      verdict.words.push_back(fmt::format("{}: {} {} for trade {}, which is {} for it",
                                          follower.label, trade.symbol, text(done), trade.trade_id,
                                          text(due)));
    }
    debt = std::max(Qty(), debt - std::max(Qty(), done - due));
    debt += std::max(Qty(), share(closing[fill], follower) - done);
  }
}

// Not executed for a fill, nor, where it was a close that could not be done, by a settlement. Where
// as much was not bought as was not sold, an opening and its close were left out together, as when
// the close came to its turn first: told apart, for nothing is missing in the end.
void judge_shortage(const LedgerAccount& leader, const FollowerPlan& follower,
                    const Executions& found, Verdict& verdict) {
  std::map<std::pair<std::string, int>, Qty> missing;
  std::vector<Qty> short_by(leader.trades.size());
  for (std::size_t fill = 0; fill < leader.trades.size(); ++fill) {
    const LedgerTrade& trade = leader.trades[fill];
    short_by[fill] = std::max(Qty(), share(trade.qty, follower) - found.by_fill[fill]);
    missing[{trade.symbol, trade.sign()}] += short_by[fill];
  }
  for (auto& [where, qty] : missing)
    if (const auto made_up = found.by_none.find(where); made_up != found.by_none.end())
      qty = std::max(Qty(), qty - made_up->second);
  for (std::size_t fill = leader.trades.size(); fill-- > 0;) {
    if (short_by[fill].is_zero()) continue;
    const LedgerTrade& trade = leader.trades[fill];
    Qty& here = missing[{trade.symbol, trade.sign()}];
    const Qty there = missing[{trade.symbol, -trade.sign()}];
    const bool lost = here > there;
    ++(lost ? verdict.lost : verdict.annulled);
    if (lost) here -= std::min(short_by[fill], here - there);
    verdict.words.push_back(
        fmt::format("{}: {}{} of {} {} for trade {} was not traded ({})", follower.label,
                    lost ? "" : "annulled: ", text(short_by[fill]), trade.side, trade.symbol,
                    trade.trade_id, text(share(trade.qty, follower))));
  }
}

// What the follower holds of a symbol, both legs; they never face each other.
Qty held(const LedgerAccount& account, const std::string& symbol) {
  Qty sum;
  for (const auto& [where, qty] : account.positions)
    if (where.first == symbol) sum += qty;
  return sum;
}

Qty step_of(const std::string& symbol) {
  for (const auto& contract : contracts)
    if (symbol == contract.symbol) return *Qty::parse(contract.step);
  return {};
}

const char* leg_of(const FollowerPlan& follower, Qty leader) {
  if (!follower.hedge) return "BOTH";
  return leader.sign() > 0 ? "LONG" : "SHORT";
}

void judge_symbol(const std::string& symbol, Qty leader, const LedgerAccount& account,
                  const FollowerPlan& follower, const std::vector<Target>& targets,
                  Verdict& verdict) {
  const auto off = [&](const std::string& why) {
    ++verdict.off_target;
    verdict.words.push_back(fmt::format("{}: {}: {}", follower.label, symbol, why));
  };
  const Qty whole = share(leader, follower);
  const Qty has = held(account, symbol);
  for (const auto& [where, qty] : account.positions)
    if (where.first == symbol && !qty.is_zero() && where.second != leg_of(follower, leader))
      off(fmt::format("{} on {} while the leader holds {}", text(qty), where.second, text(leader)));
  if (follower.misses_nothing && has != whole)
    off(fmt::format("holds {}, not {}", text(has), text(whole)));
  if (has.abs() > whole.abs() || (!has.is_zero() && has.sign() != whole.sign()))
    off(fmt::format("holds {}, more than {}", text(has), text(whole)));
  Qty wanted;
  Qty believed;
  for (const auto& target : targets) {
    if (target.follower != follower.label || target.symbol != symbol) continue;
    wanted += target.target;
    believed += target.position;
    if (!target.in_flight.is_zero()) off("an order is still in flight");
  }
  // What is wanted is no whole number of steps where only a part of an opening was had.
  if ((wanted - has).abs() >= step_of(symbol))
    off(fmt::format("holds {}, its target is {}", text(has), text(wanted)));
  if (has != believed) off(fmt::format("holds {}, its book says {}", text(has), text(believed)));
}

}  // namespace

Verdict judge(const Ledger& ledger, const std::vector<FollowerPlan>& followers,
              const std::vector<Target>& targets) {
  Verdict verdict;
  const LedgerAccount& leader = ledger.at("alpha");
  verdict.leader_fills = static_cast<std::int64_t>(leader.trades.size());
  for (const auto& breach : ids_used_twice(ledger)) {
    ++verdict.doubled;
    verdict.words.push_back(breach);
  }
  for (const auto& breach : copies_beyond_their_size(ledger)) {
    ++verdict.doubled;
    verdict.words.push_back(breach);
  }
  std::map<std::string, Qty> positions;
  for (const auto& trade : leader.trades)
    positions[trade.symbol] += trade.sign() > 0 ? trade.qty : -trade.qty;
  for (const auto& follower : followers) {
    const LedgerAccount& account = ledger.at(follower.label);
    const Executions found = executions(leader, account, follower);
    judge_excess(leader, follower, found, verdict);
    if (follower.misses_nothing) judge_shortage(leader, follower, found, verdict);
    for (const auto& [symbol, qty] : positions)
      judge_symbol(symbol, qty, account, follower, targets, verdict);
  }
  return verdict;
}

}  // namespace copyd::system_test
