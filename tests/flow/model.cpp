#include "model.hpp"

#include <algorithm>
#include <cstdlib>

namespace copyd::flow {
namespace {

__extension__ typedef __int128 wide;

constexpr std::int64_t one = 100'000'000;
constexpr std::size_t lots_max = 64;

int sign(std::int64_t value) { return (value > 0) - (value < 0); }

// a·b/c to the nearest, halves away from zero. c > 0.
std::int64_t scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  const wide product = static_cast<wide>(std::abs(a)) * std::abs(b);
  const auto rounded = static_cast<std::int64_t>((2 * product + c) / (2 * static_cast<wide>(c)));
  return (a < 0) == (b < 0) ? rounded : -rounded;
}

// The quantity whose worth at `price` is `worth`, rounded up to whole steps.
std::int64_t steps_worth(wide worth, std::int64_t price, std::int64_t step) {
  const wide unit = static_cast<wide>(price) * step;
  return static_cast<std::int64_t>((worth + unit - 1) / unit) * step;
}

}  // namespace

std::int64_t Model::Ledger::leader() const {
  std::int64_t sum = 0;
  for (const Lot& lot : lots) sum += lot.leader;
  return sum;
}

std::int64_t Model::Ledger::target() const {
  std::int64_t sum = 0;
  for (const Lot& lot : lots) sum += lot.follower;
  return sum;
}

// Lots of one fixed ratio are one lot; there is one ratio per link.
void Model::Ledger::open(const Lot& lot) {
  if (lot.has_rate && !lots.empty() && lots.back().has_rate) {
    lots.back().leader += lot.leader;
    lots.back().follower += lot.follower;
    return;
  }
  if (lots.size() == lots_max) {
    lots[1].leader += lots[0].leader;
    lots[1].follower += lots[0].follower;
    lots[1].has_rate = false;
    lots.erase(lots.begin());
  }
  lots.push_back(lot);
}

void Model::Ledger::close(std::int64_t qty) {
  while (qty > 0 && !lots.empty()) {
    Lot& lot = lots.back();
    const std::int64_t size = std::abs(lot.leader);
    if (qty >= size) {
      qty -= size;
      lots.pop_back();
      continue;
    }
    lot.follower = scaled(lot.follower, size - qty, size);
    lot.leader -= sign(lot.leader) * qty;
    return;
  }
}

Model::Model(ModelLink link, std::vector<ModelSymbol> symbols)
    : link_(link),
      symbols_(std::move(symbols)),
      ledgers_(symbols_.size()),
      held_(symbols_.size()) {}

std::int64_t Model::size(std::int64_t qty, const ModelFill& fill) const {
  switch (link_.sizing) {
    case Sizing::fixed_ratio:
      return scaled(qty, link_.amount, one);
    case Sizing::fixed_quantity:
      return scaled(link_.amount, qty, fill.order_qty);
    case Sizing::fixed_notional:
      return scaled(scaled(link_.amount, qty, fill.order_qty), one, fill.price);
  }
  return 0;
}

std::int64_t Model::wanted(std::size_t symbol, LegIndex leg) const {
  std::int64_t sum = 0;
  for (const Ledger& ledger : ledgers_[symbol]) {
    const std::int64_t target = ledger.target();
    if (leg == long_leg && target < 0) continue;
    if (leg == short_leg && target > 0) continue;
    sum += target;
  }
  return sum;
}

Step Model::apply(const ModelFill& fill) {
  Ledger& ledger = ledgers_[fill.symbol][fill.leg];
  Step step;
  step.before = held_[fill.symbol];
  const std::int64_t target_before = ledger.target();
  const std::int64_t position = ledger.leader();
  std::int64_t opening = fill.qty;
  if (sign(position) == -fill.direction) {
    const std::int64_t closing = std::min(fill.qty, std::abs(position));
    ledger.close(closing);
    opening -= closing;
  }
  if (opening > 0) {
    const int side = link_.inverse ? -fill.direction : fill.direction;
    ledger.open({.leader = fill.direction * opening,
                 .follower = side * size(opening, fill),
                 .has_rate = link_.sizing == Sizing::fixed_ratio});
  }
  const std::int64_t target_after = ledger.target();
  const int direction = sign(target_after - target_before);
  step.moved = direction != 0;
  if (step.moved && !link_.hedge) settle(fill.symbol, both_leg, direction, fill, step);
  if (step.moved && link_.hedge) {
    if (target_before > 0 || target_after > 0)
      settle(fill.symbol, long_leg, direction, fill, step);
    if (target_before < 0 || target_after < 0)
      settle(fill.symbol, short_leg, direction, fill, step);
  }
  if (step.moved && !step.ambiguous && held_[fill.symbol] == step.before) step.carried = true;
  step.after = held_[fill.symbol];
  return step;
}

void Model::settle(std::size_t symbol, LegIndex leg, int direction, const ModelFill& fill,
                   Step& step) {
  const ModelSymbol& rules = symbols_[symbol];
  std::int64_t& held = held_[symbol][leg];
  const std::int64_t want = wanted(symbol, leg);
  const std::int64_t delta = want / rules.step * rules.step - held;
  if (sign(delta) != direction) return;
  std::int64_t reducing = 0;
  if (sign(held) == -direction) reducing = std::min(std::abs(delta), std::abs(held));
  std::int64_t increasing = std::abs(delta) - reducing;

  // The smallest order: one per cent above the venue's, at half a per cent below the price. Where
  // it decides, there must be nothing to reduce; where it does not, by a margin that a price cannot
  // cross.
  const std::int64_t valued = static_cast<std::int64_t>(static_cast<wide>(fill.price) * 995 / 1000);
  const wide worth = static_cast<wide>(rules.min_notional) * 101 / 100 * one;
  const std::int64_t floor = std::max(rules.step, steps_worth(worth, valued, rules.step));
  if (increasing > 0 && increasing < floor) {
    if (reducing > 0) step.ambiguous = true;
    step.carried = true;
    increasing = 0;
  } else if (increasing > 0 && increasing < floor * 8 / 5) {
    step.ambiguous = true;
  }
  held += direction * (reducing + increasing);
}

}  // namespace copyd::flow
