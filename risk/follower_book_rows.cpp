// A follower's book as rows, and a fresh book made the same by them.
#include <algorithm>

#include "core/assert.hpp"
#include "risk/follower_book.hpp"

namespace copyd::risk {
namespace {

// Of journal::Follower::flattening.
constexpr unsigned flatten_stage = 3;
constexpr unsigned flatten_operator = 4;
constexpr unsigned flatten_breach = 8;

// What the file says of its state, whether it is connected, whether the journal can be written and
// what the kill file says are of this start, not of the last.
bool outlives_a_run(StateCause cause) noexcept {
  switch (cause) {
    case StateCause::operator_:
    case StateCause::leader:
    case StateCause::engine:
    case StateCause::breach:
    case StateCause::breaker:
    case StateCause::health:
    case StateCause::recovery:
      return true;
    case StateCause::configuration:
    case StateCause::connection:
    case StateCause::journal:
    case StateCause::kill:
      return false;
  }
  return false;
}

}  // namespace

void FollowerBook::save(journal::RowSink& sink, std::optional<PositionMode> refused_mode) const {
  journal::Follower row{.id = setup_.id,
                        .mode_known = mode_.has_value(),
                        .mode = mode_.value_or(PositionMode::one_way),
                        .equity_known = equity_.has_value(),
                        .flattening = flattening_bits(),
                        .equity = equity_.value_or(Usd())};
  static_assert(state_cause_count <= journal::Follower::causes_max);
  std::copy(states_.begin(), states_.end(), row.states.begin());
  if (refused_mode)
    row.refused_mode = static_cast<std::uint8_t>(1U + static_cast<unsigned>(*refused_mode));
  if (unknown_since_) row.unknown_since_ns = unknown_since_->ns;
  static_assert(std::tuple_size_v<decltype(refusals_)> == 2);
  for (std::size_t i = 0; i < refusals_.size(); ++i)
    if (refusals_[i]) row.refused_ns[i] = refusals_[i]->ns;
  row.no_equity_told = no_equity_told_;
  sink.put(row);
  if (const auto base = loss_.row(setup_.id)) sink.put(*base);
  for (Index link = 0; link < setup_.links.size(); ++link) {
    const auto& equity = link_states_[link].leader_equity;
    sink.put(journal::LinkEquity{.follower = setup_.id,
                                 .link = link,
                                 .leader = setup_.links[link].leader,
                                 .known = equity.has_value(),
                                 .leader_equity = equity.value_or(Usd())});
  }
  for (const SymbolEntry& entry : symbols_)
    for (Index at = entry.first_ledger; at != none; at = ledgers_[at].next) {
      const LedgerEntry& ledger = ledgers_[at];
      sink.put(journal::Ledger{.follower = setup_.id,
                               .link = ledger.link,
                               .leader = setup_.links[ledger.link].leader,
                               .symbol = entry.symbol,
                               .leg = ledger.leg,
                               .out_of_sync = ledger.out_of_sync});
      for (std::size_t lot = 0; lot < ledger.ledger.lots(); ++lot) {
        const auto standing = ledger.ledger.lot(lot);
        sink.put(journal::Lot{.leader = standing.leader,
                              .follower = standing.follower,
                              .rate_units = standing.rate_units});
      }
    }
  save_adopting(sink);
  if (on_paper()) return save_paper(sink);
  if (!mode_) return;
  for (const SymbolEntry& entry : symbols_)
    for (std::uint8_t leg = 0; leg < leg_count(); ++leg)
      if (!entry.legs[leg].position.is_zero())
        sink.put(journal::HeldLeg{.follower = setup_.id,
                                  .symbol = entry.symbol,
                                  .leg = leg_at(leg),
                                  .position = entry.legs[leg].position});
}

std::uint8_t FollowerBook::flattening_bits() const noexcept {
  return static_cast<std::uint8_t>(static_cast<unsigned>(flatten_.stage) |
                                   (flatten_.by_operator ? flatten_operator : 0U) |
                                   (flatten_.by_breach ? flatten_breach : 0U));
}

bool FollowerBook::restore(const journal::Follower& row) {
  if (row.mode_known != 0) mode_ = row.mode;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (row.same_run != 0 || outlives_a_run(static_cast<StateCause>(i))) states_[i] = row.states[i];
  }
  flatten_ = {.stage = static_cast<Flattening::Stage>(row.flattening & flatten_stage),
              .by_operator = (row.flattening & flatten_operator) != 0,
              .by_breach = (row.flattening & flatten_breach) != 0};
  follower_equity(row.equity_known != 0 ? std::optional<Usd>(row.equity) : std::nullopt);
  if (row.same_run == 0) return true;
  const auto moment = [](std::int64_t ns) {
    return ns == journal::never_ns ? std::nullopt : std::optional<Mono>(Mono{ns});
  };
  unknown_since_ = moment(row.unknown_since_ns);
  for (std::size_t i = 0; i < refusals_.size(); ++i) refusals_[i] = moment(row.refused_ns[i]);
  no_equity_told_ = row.no_equity_told != 0;
  return true;
}

bool FollowerBook::restore(const journal::LossBase& row) {
  loss_.restore(row, equity_);
  return true;
}

bool FollowerBook::restore(const journal::LinkEquity& row) {
  if (row.link >= setup_.links.size() || setup_.links[row.link].leader != row.leader) return false;
  if (row.known != 0) link_states_[row.link].leader_equity = row.leader_equity;
  renew_equity_ratio(row.link);
  return true;
}

bool FollowerBook::restore(const journal::Ledger& row) {
  restoring_ = none;
  if (row.link >= setup_.links.size() || setup_.links[row.link].leader != row.leader) return false;
  restoring_ = ledger_entry(symbol_entry(row.symbol), row.link, row.leg);
  ledgers_[restoring_].out_of_sync = row.out_of_sync != 0;
  return true;
}

bool FollowerBook::restore(const journal::Lot& row) {
  if (restoring_ == none) return false;
  ledgers_[restoring_].ledger.restore(
      {.leader = row.leader, .follower = row.follower, .rate_units = row.rate_units});
  return true;
}

bool FollowerBook::restore(const journal::HeldLeg& row) {
  if (on_paper()) return false;
  const auto leg = leg_index(row.leg);
  if (!leg) return false;
  FollowerLeg& held = symbols_[symbol_entry(row.symbol)].legs[*leg];
  held.position = row.position;
  renew_effective(held);
  return true;
}

std::optional<Leg> FollowerBook::asking_leg(const OpenOrder& order) const noexcept {
  if (order.ledger == none) return std::nullopt;
  return ledgers_[order.ledger].leg;
}

std::optional<OrderRef> FollowerBook::restore(const journal::OpenOrder& row,
                                              std::uint32_t generation, Joined joined) {
  const auto leg = leg_index(row.leg);
  if (!leg || setup_.links.empty()) return std::nullopt;
  const Index symbol = symbol_entry(row.symbol);
  OrderTerms terms = row.terms();
  terms.ref = shared_.orders.open();
  terms.follower = setup_.id;
  terms.generation = generation;
  terms.joined = joined;
  OpenOrder& open = shared_.orders.at(terms.ref.slot);
  open.order = Gate::approved_before(terms);
  // What becomes of it counts, also where the link that asked for it is no more.
  const bool known = row.link < setup_.links.size() && setup_.links[row.link].leader == row.leader;
  const bool asked = known && row.ledger_leg != journal::OpenOrder::no_ledger;
  open.link = known ? row.link : Index{0};
  open.ledger = asked ? ledger_entry(symbol, row.link, static_cast<Leg>(row.ledger_leg)) : none;
  open.symbol = symbol;
  open.leg = *leg;
  open.unknown = row.unknown != 0;
  chain(terms.ref);
  if (row.unknown == journal::OpenOrder::quarantined) quarantine(terms.ref);
  return terms.ref;
}

}  // namespace copyd::risk
