#include "feed/leader_book.hpp"

#include <algorithm>

namespace copyd::feed {
namespace {

// Orders whose beginning or end was said lately, by one connection and not yet by the other.
constexpr std::size_t followed_max = 4096;

}  // namespace

LeaderBook::LeaderBook(std::size_t symbols, std::size_t seen_max)
    : filter_(symbols, seen_max),
      legs_(symbols * legs_per_symbol),
      listed_(symbols),
      working_(symbols),
      begun_orders_(symbols, followed_max),
      ended_orders_(symbols, followed_max) {}

LeaderBook::Taken LeaderBook::take(const LeaderFill& fill) noexcept {
  if (!filter_.accept(fill.symbol, fill.trade)) return Taken::duplicate;
  const LegName leg{.symbol = fill.symbol, .leg = fill.leg};
  if (contains(leg, fill.time)) return Taken::contained;
  LegState& state = legs_[index_of(leg)];
  state.qty += sign_of(fill.side) > 0 ? fill.qty : -fill.qty;
  state.newest = std::max(state.newest, fill.trade);
  return Taken::fresh;
}

VenueTime LeaderBook::as_of(LegName leg) const noexcept {
  const VenueTime own = legs_[index_of(leg)].as_of;
  return own.ms != 0 ? own : begun_;
}

bool LeaderBook::contains(LegName leg, VenueTime time) const noexcept {
  return time <= as_of(leg);
}

std::vector<LegName> LeaderBook::open_legs() const {
  std::vector<LegName> open;
  for (std::size_t i = 0; i < legs_.size(); ++i) {
    if (legs_[i].qty.is_zero()) continue;
    open.push_back({.symbol = SymbolId{static_cast<std::uint16_t>(i / legs_per_symbol)},
                    .leg = static_cast<Leg>(i % legs_per_symbol)});
  }
  return open;
}

void LeaderBook::begin(VenueTime asked) noexcept {
  std::fill(legs_.begin(), legs_.end(), LegState{});
  begun_ = asked;
}

void LeaderBook::resume(const LeaderResume& resume) noexcept {
  begin(resume.begun);
  for (const auto& held : resume.legs) set(held.leg, held.qty, held.as_of);
  for (const auto& seen : resume.seen) {
    filter_.accept(seen.leg.symbol, seen.trade);
    TradeId& newest = legs_[index_of(seen.leg)].newest;
    newest = std::max(newest, seen.trade);
  }
}

void LeaderBook::set(LegName leg, Qty qty, VenueTime as_of) noexcept {
  LegState& state = legs_[index_of(leg)];
  state.qty = qty;
  state.as_of = as_of;
}

void LeaderBook::follow(const venue::OrderUpdate& update) noexcept {
  const bool ends = venue::is_final(update.status);
  if (!ends && update.execution != venue::Execution::new_) return;
  if (!(ends ? ended_orders_ : begun_orders_).accept(update.symbol, TradeId{update.order.value}))
    return;
  std::uint16_t& count = working_[update.symbol.value];
  if (ends && count > 0) --count;
  if (!ends && count < UINT16_MAX) ++count;
}

void LeaderBook::clear_listed() noexcept {
  std::fill(listed_.begin(), listed_.end(), 0);
}

std::vector<SymbolId> LeaderBook::working_symbols() const {
  std::vector<SymbolId> symbols;
  for (std::size_t i = 0; i < working_.size(); ++i) {
    if (working_[i] > 0 || listed_[i] != 0)
      symbols.push_back(SymbolId{static_cast<std::uint16_t>(i)});
  }
  return symbols;
}

}  // namespace copyd::feed
