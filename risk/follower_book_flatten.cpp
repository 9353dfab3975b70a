// How a FollowerBook closes everything it holds, and is halted then.
#include <algorithm>

#include "core/assert.hpp"
#include "risk/follower_book.hpp"

namespace copyd::risk {

void FollowerBook::flatten(bool everything) noexcept {
  flatten_.by_operator = true;
  if (everything) flatten_.stage = Flattening::Stage::everything;
  else if (!flattening()) flatten_.stage = Flattening::Stage::held;
}

// What the account holds is in the book now, and is closed as the rest is.
void FollowerBook::positions_taken() noexcept {
  if (awaits_positions()) flatten_.stage = Flattening::Stage::held;
}

void FollowerBook::go_on_flattening(BookSink& sink) {
  if (!flattening()) return;
  Turn turn = silent_turn(sink);
  bool whole = true;
  bool in_flight = false;
  if (mode_) {
    for (const Index symbol : by_symbol_)
      for (std::uint8_t leg = 0; leg < leg_count(); ++leg) {
        if (!close_leg(symbol, leg, turn)) whole = false;
        if (symbols_[symbol].legs[leg].open_orders != 0) in_flight = true;
      }
  }
  if (!in_flight && !awaits_positions()) end_flatten(whole, sink);
}

// Orders for what the leg holds, once nothing in flight takes of it. False: there is no order for
// it (its symbol is not traded, or it is less than a step).
bool FollowerBook::close_leg(Index symbol, std::uint8_t leg, Turn& turn) {
  const FollowerLeg& held = symbols_[symbol].legs[leg];
  if (held.position.is_zero()) return true;
  for (std::uint32_t slot = held.first; slot != no_slot; slot = shared_.orders.at(slot).next)
    if (shared_.orders.at(slot).order->kind != OrderKind::increase) return true;
  const SymbolId id = symbols_[symbol].symbol;
  if (!shared_.symbols[id].filters) return false;
  const SymbolFilters& filters = *shared_.symbols[id].filters;
  Admission admission = shared_.gate.admit_close(held.position, filters);
  if (admission.parts().empty()) return false;

  OrderTerms terms;
  terms.follower = setup_.id;
  terms.symbol = id;
  terms.side = side_of_sign(-held.position.sign());
  terms.leg = leg_at(leg);
  terms.kind = OrderKind::reduce;
  terms.reduce_only = mode_ == PositionMode::one_way;
  terms.expires = Mono{INT64_MAX};
  const Index first = symbols_[symbol].first_ledger;
  const Ask ask{.link = first == none ? Index{0} : ledgers_[first].link, .ledger = none};
  const Split split = split_evenly(admission.parts().front().quantity, filters);
  for (std::int64_t i = 0; i < split.count; ++i) {
    terms.qty = split.at(i);
    open_order(symbol, leg, ask, terms, admission, turn);
  }
  return true;
}

// Nobody wants anything any more: the leader's closes find nothing left to close.
void FollowerBook::end_flatten(bool whole, BookSink& sink) {
  for (LedgerEntry& entry : ledgers_) entry.ledger.give_up(entry.ledger.target().abs());
  const auto halt = [this](StateCause cause) {
    states_[static_cast<std::size_t>(cause)] = FollowerState::halted;
  };
  if (flatten_.by_operator) halt(StateCause::operator_);
  if (flatten_.by_breach) halt(StateCause::breach);
  flatten_ = {};
  sink.on_alarm({.kind = whole ? Alarm::Kind::flattened : Alarm::Kind::flatten_not_whole});
}

// What was closed meanwhile is not wanted again.
void FollowerBook::abandon_flatten() noexcept {
  flatten_ = {};
  if (!mode_) return;
  for (Index symbol = 0; symbol < symbols_.size(); ++symbol)
    for (std::uint8_t leg = 0; leg < leg_count(); ++leg) lower_to_effective(symbol, leg, none);
}

}  // namespace copyd::risk
