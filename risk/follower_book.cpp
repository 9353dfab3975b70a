#include "risk/follower_book.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/prefetch.hpp"
#include "risk/quantity.hpp"
#include "risk/sizing.hpp"

namespace copyd::risk {
namespace {

constexpr Mono far_future{INT64_MAX};

// The sign of what a leader's leg can hold; 0: either.
int sign_of_leg(Leg leg) noexcept {
  return leg == Leg::both ? 0 : leg == Leg::long_ ? 1 : -1;
}

}  // namespace

FollowerBook::FollowerBook(Setup setup, const BookShared& shared)
    : setup_(std::move(setup)),
      shared_(shared),
      link_states_(setup_.links.size()),
      loss_(setup_.losses),
      needs_equity_(wants_equity()) {
  link_states_.reserve(reserved_links);
  symbols_.reserve(reserved_entries);
  by_symbol_.reserve(reserved_entries);
  ledgers_.reserve(reserved_entries);
  if (on_paper()) mode_ = PositionMode::one_way;
  else states_[static_cast<std::size_t>(StateCause::connection)] = FollowerState::reduce_only;
}

// ---- a fill of the leader

void FollowerBook::bring_near(SymbolId symbol) const noexcept {
  prefetch(*this);
  prefetch(std::as_bytes(std::span(setup_.links)));
  prefetch(std::as_bytes(std::span(link_states_)));
  const Index at = find_symbol(symbol);
  if (at == none) return;
  const SymbolEntry& entry = symbols_[at];
  prefetch(entry);
  for (Index i = entry.first_ledger; i != none; i = ledgers_[i].next)
    ledgers_[i].ledger.bring_near();
}

void FollowerBook::fill(const FillSeen& seen, BookSink& sink) {
  const LeaderFill& fill = seen.fill;
  Turn turn = silent_turn(sink);
  turn.cause = {.kind = CopyCause::Kind::fill,
                .leader = shared_.leader_keys[fill.leader.value],
                .symbol = shared_.symbol_keys[fill.symbol.value],
                .number = fill.trade.value};
  turn.numbered = true;
  turn.received = fill.received;
  turn.decoded_ns = fill.decoded_ns;
  turn.opens_denied = opens_denied(seen, sink);
  for (Index link = 0; link < setup_.links.size(); ++link) {
    const LinkPolicy& policy = setup_.links[link];
    if (policy.leader != fill.leader) continue;
    turn.expires = far_future;
    if (policy.max_fill_age && seen.age)
      turn.expires = seen.now + (*policy.max_fill_age - std::max(*seen.age, seen.age->zero()));
    copy(link, seen, turn);
  }
}

// One link's part of a fill: its ledger closes, then opens; if its target moved, its legs settle.
void FollowerBook::copy(Index link, const FillSeen& seen, Turn& turn) {
  const LeaderFill& fill = seen.fill;
  const Index symbol = symbol_entry(fill.symbol);
  LedgerEntry& entry = ledgers_[ledger_entry(symbol, link, fill.leg)];
  const Index ledger = static_cast<Index>(&entry - ledgers_.data());
  const Qty target_before = entry.ledger.target();
  std::optional<Ledger> watched;
  if (shared_.decisions != nullptr) watched = entry.ledger;

  const Qty change = with_sign(fill.qty, sign_of(fill.side));
  const Qty closing = closing_part(entry, change);
  Qty opening_quantity = change.abs() - closing;
  if (!opening_quantity.is_zero() && sign_of_leg(fill.leg) == -change.sign()) {
    // A hedge leg cannot go through zero: we have missed something of the leader's.
    entry.out_of_sync = true;
    opening_quantity = Qty();
    turn.sink.on_skip({.link = link, .symbol = fill.symbol, .reason = Reject::out_of_sync});
  }

  entry.ledger.close(closing);
  if (entry.ledger.lots() == 0) mark_adopting(entry, false);
  Qty sized;
  if (!opening_quantity.is_zero()) {
    const Ledger::Opening made = opening(link, seen, entry, opening_quantity, turn);
    entry.ledger.open(made);
    sized = made.follower;
  }

  const Qty target_after = entry.ledger.target();
  const int moved = settle_moved(symbol, ledger, target_before, turn);
  if (watched)
    shared_.decisions->on_link({.follower = setup_.id,
                                .link = link,
                                .state = state(),
                                .closed = closing,
                                .opened = opening_quantity,
                                .sized = sized,
                                .rate = link_states_[link].equity_ratio,
                                .equity = equity_,
                                .leader_equity = link_states_[link].leader_equity,
                                .before = *watched,
                                .target_moved = target_after,
                                .after = ledgers_[ledger].ledger});
  turn.sink.on_link_done(moved != 0);
}

// The ledger's target was `before`; where it has moved, its legs settle. Returns in which
// direction.
int FollowerBook::settle_moved(Index symbol, Index ledger, Qty before, Turn& turn) {
  const Qty after = ledgers_[ledger].ledger.target();
  const int moved = (after - before).sign();
  if (moved == 0 || !tradable(symbols_[symbol].symbol)) return moved;
  LegSet legs{true, false};
  if (mode_ == PositionMode::hedge)
    legs = {before.sign() > 0 || after.sign() > 0, before.sign() < 0 || after.sign() < 0};
  settle(symbol, {.link = ledgers_[ledger].link, .ledger = ledger, .moved = moved}, legs, turn);
  return moved;
}

Qty FollowerBook::closing_part(const LedgerEntry& entry, Qty change) const noexcept {
  const Qty held = entry.ledger.leader_position();
  if (held.sign() * change.sign() >= 0) return Qty();
  return std::min(held.abs(), change.abs());
}

// The lot that an opening of `quantity` makes. Denied: the leader's quantity stands there alone.
Ledger::Opening FollowerBook::opening(Index link, const FillSeen& seen, const LedgerEntry& entry,
                                      Qty quantity, Turn& turn) const {
  const LinkPolicy& policy = setup_.links[link];
  const int direction = sign_of(seen.fill.side);
  const Qty leader = with_sign(quantity, direction);
  auto reason = denial(link, seen, entry, turn);
  std::optional<Sized> sized;
  if (!reason) {
    sized =
        size(policy.sizing, link_states_[link].equity_ratio,
             {.quantity = quantity, .order_qty = seen.fill.order_qty, .price = seen.fill.price});
    if (!sized) reason = Reject::no_equity;
  }
  if (reason) {
    // Where a link that is gone has nothing to close there is nothing to be said either.
    if (!policy.removed || !entry.ledger.target().is_zero())
      turn.sink.on_skip({.link = link, .symbol = seen.fill.symbol, .reason = *reason});
    return {.leader = leader, .follower = Qty(), .rate = Ledger::not_copied};
  }
  const int follower_direction = policy.inverse ? -direction : direction;
  return {.leader = leader,
          .follower = with_sign(sized->quantity, follower_direction),
          .rate = sized->rate};
}

// Why an opening is not copied; the first reason that applies. A close is always carried out.
std::optional<Reject> FollowerBook::denial(Index link, const FillSeen& seen,
                                           const LedgerEntry& entry,
                                           const Turn& turn) const noexcept {
  const LinkPolicy& policy = setup_.links[link];
  const SymbolId symbol = seen.fill.symbol;
  if (policy.removed) return Reject::reduce_only;
  if (!shared_.symbols[symbol].filters) return Reject::unknown_symbol;
  if (!policy.permitted.test(symbol.value)) return Reject::symbol_not_allowed;
  if (seen.fill.forced) return Reject::forced;
  if (state() == FollowerState::reduce_only) return Reject::reduce_only;
  if (state() == FollowerState::halted) return Reject::halted;
  if (entry.out_of_sync) return Reject::out_of_sync;
  // A fill whose age cannot be told may be of any age.
  if (policy.max_fill_age && (!seen.age || *seen.age > *policy.max_fill_age))
    return Reject::stale_fill;
  if (turn.opens_denied) return turn.opens_denied;
  if (needs_equity(policy.sizing) && !link_states_[link].equity_ratio) return Reject::no_equity;
  return std::nullopt;
}

// ---- the other events

void FollowerBook::result(OrderRef ref, Qty filled, Reject if_missing, BookSink& sink) {
  const OpenOrder* found = shared_.orders.find(ref);
  if (found == nullptr) return;
  const OpenOrder order = *found;
  const OrderTerms terms = *order.order;
  close_order(ref, order, filled);

  const bool missing = filled < terms.qty;
  const bool reduces = terms.kind == OrderKind::reduce;
  if (missing && !reduces) {
    sink.on_skip({.link = order.link, .symbol = terms.symbol, .reason = if_missing});
    lower_to_effective(order.symbol, order.leg, order.ledger);
  }
  const bool last_of_leg = symbols_[order.symbol].legs[order.leg].open_orders == 0;
  if (!last_of_leg && !(reduces && missing)) return;
  Turn turn = silent_turn(sink);
  LegSet only{};
  only[order.leg] = true;
  settle(order.symbol, {.link = order.link, .ledger = order.ledger}, only, turn);
}

void FollowerBook::finish(OrderRef ref, Qty filled) noexcept {
  const OpenOrder* found = shared_.orders.find(ref);
  if (found == nullptr) return;
  const OpenOrder order = *found;
  close_order(ref, order, filled);
}

void FollowerBook::set_state(StateCause cause, FollowerState state_of_cause, BookSink& sink) {
  const FollowerState before = state();
  FollowerState& stands = states_[static_cast<std::size_t>(cause)];
  if (state_of_cause == FollowerState::active) {
    if (cause == StateCause::breach) {
      loss_.rearm(stands != FollowerState::active);
      flatten_.by_breach = false;
    }
    if (cause == StateCause::breaker) refusals_.fill(std::nullopt);
    if (cause == StateCause::operator_) flatten_.by_operator = false;
  }
  stands = state_of_cause;
  const bool abandons = flattening() && !flatten_.by_operator && !flatten_.by_breach;
  if (abandons) abandon_flatten();
  if (!abandons && before != FollowerState::halted) return;
  if (state() == FollowerState::halted) return;
  Turn turn = silent_turn(sink);
  settle_all_reducing(turn);
}

bool FollowerBook::set_mode(PositionMode mode) noexcept {
  if (mode_ == mode) return true;
  if (mode_) {
    for (const SymbolEntry& entry : symbols_)
      for (std::uint8_t leg = 0; leg < leg_count(); ++leg) {
        const FollowerLeg& held = entry.legs[leg];
        if (held.open_orders != 0 || !held.position.is_zero()) return false;
        if (!wanted(entry, leg).is_zero()) return false;
      }
  }
  mode_ = mode;
  return true;
}

void FollowerBook::leader_position(const LeaderPosition& position, BookSink& sink) {
  Turn turn = silent_turn(sink);
  for (Index link = 0; link < setup_.links.size(); ++link)
    if (setup_.links[link].leader == position.leader) correct(link, position, turn);
}

// One link takes over what the venue says its leader holds.
void FollowerBook::correct(Index link, const LeaderPosition& position, Turn& turn) {
  const Index symbol = symbol_entry(position.symbol);
  const Index ledger = ledger_entry(symbol, link, position.leg);
  LedgerEntry& entry = ledgers_[ledger];
  const Qty held = entry.ledger.leader_position();
  if (held.sign() * position.qty.sign() < 0) {
    entry.ledger.replace_not_copied(position.qty);
  } else if (position.qty.abs() < held.abs()) {
    entry.ledger.close(held.abs() - position.qty.abs());
  } else if (position.qty != held) {
    entry.ledger.open(
        {.leader = position.qty - held, .follower = Qty(), .rate = Ledger::not_copied});
  }
  entry.out_of_sync = false;
  if (link_states_[link].adopting) mark_adopting(entry, true);
  if (tradable(position.symbol))
    settle(symbol, {.link = link, .ledger = ledger}, {true, true}, turn);
}

bool FollowerBook::follower_position(const FollowerPosition& position) {
  const auto leg = leg_index(position.leg);
  if (!leg) return false;
  const Index symbol = symbol_entry(position.symbol);
  FollowerLeg& held = symbols_[symbol].legs[*leg];

  const Qty before = held.position;
  if (position.taken && flattening()) {
    held.position = position.qty;
    renew_effective(held);
    return true;
  }
  const bool same_sign = before.sign() == position.qty.sign();
  held.position =
      with_sign(same_sign ? std::min(before.abs(), position.qty.abs()) : Qty(), before.sign());
  renew_effective(held);
  // What is no longer held is no longer wanted.
  const Qty missing = before.abs() - held.position.abs();
  const Qty want = wanted(symbols_[symbol], *leg);
  if (want.sign() == before.sign()) give_up(symbol, *leg, std::min(missing, want.abs()), none);
  return true;
}

// ---- what it holds -----------------------------------------------------------------------------

FollowerState FollowerBook::state() const noexcept {
  if (flattening()) return FollowerState::reduce_only;
  return *std::max_element(states_.begin(), states_.end());
}

std::uint32_t FollowerBook::restricting_causes() const noexcept {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < states_.size(); ++i)
    if (states_[i] != FollowerState::active) bits |= std::uint32_t{1} << i;
  return bits;
}

bool FollowerBook::follows(LeaderId leader) const noexcept {
  return std::any_of(setup_.links.begin(), setup_.links.end(),
                     [&](const LinkPolicy& link) { return link.leader == leader; });
}

std::size_t FollowerBook::rows() const noexcept {
  return mode_ ? symbols_.size() * leg_count() : 0;
}

FollowerBook::LegRow FollowerBook::row(std::size_t i) const noexcept {
  const SymbolEntry& entry = symbols_[i / leg_count()];
  const auto leg = static_cast<std::uint8_t>(i % leg_count());
  const FollowerLeg& held = entry.legs[leg];
  return {.symbol = entry.symbol,
          .leg = leg_at(leg),
          .target = wanted(entry, leg),
          .position = held.position,
          .effective = held.effective,
          .in_flight = held.in_flight,
          .open_orders = held.open_orders};
}

FollowerBook::LedgerRow FollowerBook::ledger_row(std::size_t i) const noexcept {
  const LedgerEntry& entry = ledgers_[i];
  SymbolId symbol;
  for (const SymbolEntry& candidate : symbols_)
    for (Index at = candidate.first_ledger; at != none; at = ledgers_[at].next)
      if (at == i) symbol = candidate.symbol;
  return {.link = entry.link,
          .symbol = symbol,
          .leg = entry.leg,
          .leader_position = entry.ledger.leader_position(),
          .target = entry.ledger.target()};
}

// ---- finding -----------------------------------------------------------------------------------

FollowerBook::Turn FollowerBook::silent_turn(BookSink& sink) const noexcept {
  return {.sink = sink,
          .cause = {.kind = CopyCause::Kind::settle},
          .received = {},
          .expires = far_future};
}

Leg FollowerBook::leg_at(std::uint8_t i) const noexcept {
  if (mode_ != PositionMode::hedge) return Leg::both;
  return i == 0 ? Leg::long_ : Leg::short_;
}

// Empty: not a leg of the follower's mode, or the mode is not known.
std::optional<std::uint8_t> FollowerBook::leg_index(Leg leg) const noexcept {
  if (!mode_) return std::nullopt;
  for (std::uint8_t i = 0; i < leg_count(); ++i)
    if (leg_at(i) == leg) return i;
  return std::nullopt;
}

FollowerBook::Index FollowerBook::find_symbol(SymbolId symbol) const noexcept {
  const auto at = std::lower_bound(
      by_symbol_.begin(), by_symbol_.end(), symbol,
      [this](Index entry, SymbolId wanted) { return symbols_[entry].symbol < wanted; });
  return at != by_symbol_.end() && symbols_[*at].symbol == symbol ? *at : none;
}

FollowerBook::Index FollowerBook::symbol_entry(SymbolId symbol) {
  const Index known = find_symbol(symbol);
  if (known != none) return known;
  const auto made = static_cast<Index>(symbols_.size());
  symbols_.push_back({.symbol = symbol, .first_ledger = none, .legs = {}});
  const auto at = std::lower_bound(
      by_symbol_.begin(), by_symbol_.end(), symbol,
      [this](Index entry, SymbolId wanted) { return symbols_[entry].symbol < wanted; });
  by_symbol_.insert(at, made);
  return made;
}

// The ledgers of a symbol are chained by (link, leg), which is the order in which they give up.
FollowerBook::Index FollowerBook::ledger_entry(Index symbol, Index link, Leg leg) {
  const auto key = std::pair(link, leg);
  Index before = none;
  Index at = symbols_[symbol].first_ledger;
  while (at != none && std::pair(ledgers_[at].link, ledgers_[at].leg) < key) {
    before = at;
    at = ledgers_[at].next;
  }
  if (at != none && std::pair(ledgers_[at].link, ledgers_[at].leg) == key) return at;
  const auto made = static_cast<Index>(ledgers_.size());
  LedgerEntry& entry = ledgers_.emplace_back();
  entry.link = link;
  entry.leg = leg;
  entry.next = at;
  (before == none ? symbols_[symbol].first_ledger : ledgers_[before].next) = made;
  return made;
}

}  // namespace copyd::risk
