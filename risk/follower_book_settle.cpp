// How a FollowerBook brings the legs of a symbol to their target: the settlement itself, the
// orders it opens and closes, and what it gives up.
#include <algorithm>
#include <string_view>

#include "core/assert.hpp"
#include "risk/follower_book.hpp"
#include "risk/quantity.hpp"

namespace copyd::risk {
namespace {

constexpr Mono never{INT64_MAX};

Qty signed_quantity(const OrderTerms& terms) noexcept {
  return with_sign(terms.qty, sign_of(terms.side));
}

// E after one more order: what purely reduces takes it toward zero, never through it.
Qty effective_after(Qty effective, const OrderTerms& terms) noexcept {
  const Qty change = signed_quantity(terms);
  if (terms.kind != OrderKind::reduce) return bounded_sum(effective, change);
  if (effective.sign() != -change.sign()) return effective;
  return effective + with_sign(std::min(terms.qty, effective.abs()), change.sign());
}

}  // namespace

void FollowerBook::settle(Index symbol, const Ask& ask, LegSet legs, Turn& turn) {
  // A flatten closes all of it anyway.
  if (!mode_ || setup_.links.empty() || flattening()) return;
  const SymbolId id = symbols_[symbol].symbol;
  if (!tradable(id)) return;
  const Settlement settlement{.policy = setup_.links[ask.link],
                              .filters = *shared_.symbols[id].filters,
                              .price = last_price(id),
                              .moved = ask.moved};
  std::array<Intent, 2> intents;
  for (std::uint8_t leg = 0; leg < leg_count(); ++leg)
    if (legs[leg]) intents[leg] = plan(settlement, view(symbols_[symbol], leg));

  // What reduces goes first, then LONG before SHORT.
  std::array<std::uint8_t, 2> order{0, 1};
  if (intents[0].reducing.is_zero() && !intents[1].reducing.is_zero()) order = {1, 0};
  std::array<bool, 2> gives_up{};
  for (const std::uint8_t leg : order) {
    if (intents[leg].empty()) continue;
    const LegView seen = view(symbols_[symbol], leg);
    const Gate::Question question{.state = state(),
                                  .limits = setup_.limits,
                                  .settlement = settlement,
                                  .leg = seen,
                                  .intent = intents[leg],
                                  .elsewhere = worth_elsewhere(symbol, leg),
                                  .max_order_qty = setup_.limits.max_order_qty_of(id),
                                  .opens_denied = turn.opens_denied};
    if (shared_.decisions != nullptr) tell_leg(question, id, leg, ask.link);
    Admission admission = shared_.gate.admit(question);
    for (const Reject reason : admission.skips())
      turn.sink.on_skip({.link = ask.link, .symbol = id, .reason = reason});
    send(symbol, leg, ask, intents[leg], admission, turn);
    gives_up[leg] = admission.gives_up();
  }
  for (const std::uint8_t leg : order)
    if (gives_up[leg]) lower_to_effective(symbol, leg, ask.ledger);
}

void FollowerBook::tell_leg(const Gate::Question& question, SymbolId symbol, std::uint8_t leg,
                            Index link) const {
  const Rooms rooms = Gate::rooms(question);
  shared_.decisions->on_leg({.follower = setup_.id,
                             .link = link,
                             .symbol = symbol,
                             .leg = leg_at(leg),
                             .fill_asks = question.settlement.fill_asks(),
                             .state = question.state,
                             .wanted = question.leg.wanted,
                             .position = question.leg.position,
                             .effective = question.leg.effective,
                             .in_flight = question.leg.in_flight,
                             .price = question.settlement.price,
                             .direction = question.intent.direction,
                             .reducing = question.intent.reducing,
                             .increasing = question.intent.increasing,
                             .enters = question.intent.enters,
                             .floor = question.intent.floor,
                             .order_room = rooms.order,
                             .position_room = rooms.position,
                             .total_room = rooms.total,
                             .max_order_qty = question.max_order_qty});
}

void FollowerBook::send(Index symbol, std::uint8_t leg, const Ask& ask, const Intent& intent,
                        Admission& admission, Turn& turn) {
  const SymbolId id = symbols_[symbol].symbol;
  const SymbolFilters& filters = *shared_.symbols[id].filters;
  const config::OrderStyle& style = setup_.links[ask.link].order;
  const std::array<Admission::Part, 2> parts = [&] {
    std::array<Admission::Part, 2> copied{};
    std::copy(admission.parts().begin(), admission.parts().end(), copied.begin());
    return copied;
  }();
  for (const Admission::Part& part : parts) {
    if (part.quantity.is_zero()) continue;
    OrderTerms terms;
    terms.follower = setup_.id;
    terms.symbol = id;
    terms.side = side_of_sign(intent.direction);
    terms.leg = leg_at(leg);
    terms.kind = part.kind;
    const bool reduces = part.kind == OrderKind::reduce;
    // Hedge mode does not take the flag: there the leg itself cannot go through zero.
    terms.reduce_only = reduces && mode_ == PositionMode::one_way;
    if (part.kind == OrderKind::increase && style.type == config::OrderStyle::Type::limit_ioc)
      terms.limit =
          limit_price(last_price(id), style.max_slippage_bps, intent.direction, filters.tick);
    terms.received = turn.received;
    terms.decoded_ns = turn.decoded_ns;
    terms.expires = reduces ? never : turn.expires;
    const Split split = split_evenly(part.quantity, filters);
    for (std::int64_t i = 0; i < split.count; ++i) {
      terms.qty = split.at(i);
      open_order(symbol, leg, ask, terms, admission, turn);
    }
  }
}

void FollowerBook::open_order(Index symbol, std::uint8_t leg, const Ask& ask, OrderTerms terms,
                              Admission& admission, Turn& turn) {
  if (!turn.numbered) {
    turn.cause.number = shared_.settle_number++;
    turn.numbered = true;
  }
  terms.ref = shared_.orders.open();
  terms.copy_id = make_copy_id({.follower = setup_.key,
                                .cause = turn.cause,
                                .symbol = shared_.symbol_keys[terms.symbol.value],
                                .leg = static_cast<std::uint8_t>(terms.leg),
                                .ordinal = turn.ordinal++});
  terms.generation = shared_.generation;
  terms.doubts = shared_.doubts == 0 ? std::uint8_t{0} : lost_attempts(terms.kind);
  if (terms.doubts > 0) terms.attempt = static_cast<std::uint8_t>(terms.doubts - 1);
  OpenOrder& open = shared_.orders.at(terms.ref.slot);
  open.order = shared_.gate.approve(admission, terms);
  open.link = ask.link;
  open.ledger = ask.ledger;
  open.symbol = symbol;
  open.leg = leg;

  chain(terms.ref);
  turn.sink.on_order(open.order);
}

// Behind the other orders of its leg.
void FollowerBook::chain(OrderRef ref) noexcept {
  OpenOrder& open = shared_.orders.at(ref.slot);
  FollowerLeg& held = symbols_[open.symbol].legs[open.leg];
  open.previous = held.last;
  (held.last == no_slot ? held.first : shared_.orders.at(held.last).next) = ref.slot;
  held.last = ref.slot;
  ++held.open_orders;
  held.in_flight = bounded_sum(held.in_flight, signed_quantity(*open.order));
  held.effective = effective_after(held.effective, *open.order);
}

void FollowerBook::close_order(OrderRef ref, const OpenOrder& order, Qty filled) noexcept {
  const OrderTerms& terms = *order.order;
  FollowerLeg& held = symbols_[order.symbol].legs[order.leg];
  ASSERT(held.open_orders > 0);
  (order.previous == no_slot ? held.first : shared_.orders.at(order.previous).next) = order.next;
  (order.next == no_slot ? held.last : shared_.orders.at(order.next).previous) = order.previous;
  --held.open_orders;
  if (order.quarantined) {
    --quarantined_orders_;
    --symbols_[order.symbol].quarantined;
  }
  shared_.orders.close(ref);

  held.in_flight = bounded_sum(held.in_flight, -signed_quantity(terms));
  held.position = bounded_sum(held.position, with_sign(filled, sign_of(terms.side)));
  renew_effective(held);
}

void FollowerBook::renew_effective(FollowerLeg& held) const noexcept {
  held.effective = held.position;
  for (std::uint32_t slot = held.first; slot != no_slot; slot = shared_.orders.at(slot).next)
    held.effective = effective_after(held.effective, *shared_.orders.at(slot).order);
}

// Leaving `halted`: every symbol in the order of its name, with the policy of the lowest link that
// has a ledger on it. Cold: it may allocate.
void FollowerBook::settle_all_reducing(Turn& turn) {
  std::vector<Index> by_name = by_symbol_;
  const auto name = [this](Index entry) {
    return std::string_view(shared_.symbols[symbols_[entry].symbol].name);
  };
  std::sort(by_name.begin(), by_name.end(), [&](Index a, Index b) { return name(a) < name(b); });
  for (const Index symbol : by_name) {
    const Index first = symbols_[symbol].first_ledger;
    if (first == none || !tradable(symbols_[symbol].symbol)) continue;
    settle(symbol, {.link = ledgers_[first].link, .ledger = first}, {true, true}, turn);
  }
}

// The target of a leg comes down to E if E has its sign, else to 0. It is never raised.
void FollowerBook::lower_to_effective(Index symbol, std::uint8_t leg, Index first_ledger) noexcept {
  const Qty want = wanted(symbols_[symbol], leg);
  const Qty effective = symbols_[symbol].legs[leg].effective;
  const Qty keep = effective.sign() == want.sign() ? effective.abs() : Qty();
  if (want.abs() > keep) give_up(symbol, leg, want.abs() - keep, first_ledger);
}

// Takes `quantity` off the leg's target: in the ledger that asked first, then in the symbol's other
// ledgers that pull the same way, by link, then leader leg.
void FollowerBook::give_up(Index symbol, std::uint8_t leg, Qty quantity,
                           Index first_ledger) noexcept {
  const int sign = wanted(symbols_[symbol], leg).sign();
  const auto take_from = [&](Index at) {
    Ledger& ledger = ledgers_[at].ledger;
    if (ledger.target().sign() == sign) quantity -= ledger.give_up(quantity);
  };
  if (first_ledger != none) take_from(first_ledger);
  for (Index at = symbols_[symbol].first_ledger; at != none; at = ledgers_[at].next)
    if (at != first_ledger) take_from(at);
}

Qty FollowerBook::wanted(const SymbolEntry& entry, std::uint8_t leg) const noexcept {
  Qty sum;
  for (Index at = entry.first_ledger; at != none; at = ledgers_[at].next) {
    const Qty target = ledgers_[at].ledger.target();
    if (mode_ == PositionMode::hedge && target.sign() != (leg == 0 ? 1 : -1)) continue;
    sum = bounded_sum(sum, target);
  }
  return sum;
}

// What all other legs of the follower are worth at the last prices, each floored.
Usd FollowerBook::worth_elsewhere(Index symbol, std::uint8_t leg) const noexcept {
  if (!setup_.limits.max_total_notional) return Usd();
  int128 sum = 0;
  for (Index at = 0; at < symbols_.size(); ++at) {
    const Price price = last_price(symbols_[at].symbol);
    for (std::uint8_t other = 0; other < leg_count(); ++other) {
      if (at == symbol && other == leg) continue;
      const FollowerLeg& held = symbols_[at].legs[other];
      sum += notional(price, std::max(held.position.abs(), held.effective.abs())).units();
    }
  }
  return Usd::from_units(static_cast<std::int64_t>(std::min<int128>(sum, INT64_MAX)));
}

LegView FollowerBook::view(const SymbolEntry& entry, std::uint8_t leg) const noexcept {
  const FollowerLeg& held = entry.legs[leg];
  return {.wanted = wanted(entry, leg),
          .position = held.position,
          .effective = held.effective,
          .in_flight = held.open_orders != 0};
}

bool FollowerBook::tradable(SymbolId symbol) const noexcept {
  return shared_.symbols[symbol].filters.has_value() && last_price(symbol).sign() > 0;
}

}  // namespace copyd::risk
