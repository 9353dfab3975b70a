// How a FollowerBook adopts what a leader holds when a link to it first appears: each position is
// one opening fill at the mark, whose age is 0.
//
// A link that is to adopt is told so by a row (journal::Adopting) at its first start, and waits for
// its leader's first positions. Each of them is kept as what the leader holds and is not copied, as
// for any link, and its ledger is marked. As soon as the mark, the account's position mode, its
// connection and, where it is sized by it, the equity are known, what is left of the ledger's
// oldest lot is sized as an opening fill of that quantity. It is tried once: what is denied or cut
// off then stays as it is.
//
// All of it follows from inputs that are in the journal, and both marks are rows: a restart goes on
// where the last run was. The orders are of settle(n), so that they leave only when what caused
// them is on the disk.
#include <algorithm>

#include "core/assert.hpp"
#include "risk/follower_book.hpp"
#include "risk/sizing.hpp"

namespace copyd::risk {
namespace {

// An order of it that has not left by then finishes unfilled. Longer than a fill's, so that a kill
// and a start, or many positions at once, lose none.
constexpr std::chrono::minutes adoption_lasts{10};

}  // namespace

void FollowerBook::leader_synced(LeaderId leader) noexcept {
  for (Index link = 0; link < setup_.links.size(); ++link)
    if (setup_.links[link].leader == leader) link_states_[link].adopting = false;
}

void FollowerBook::mark_adopting(LedgerEntry& entry, bool adopting) noexcept {
  if (entry.adopting == adopting) return;
  entry.adopting = adopting;
  if (adopting) ++adopting_;
  else --adopting_;
}

void FollowerBook::adopt(Mono now, BookSink& sink) {
  for (Index symbol = 0; adopting_ != 0 && symbol < symbols_.size(); ++symbol)
    for (Index at = symbols_[symbol].first_ledger; at != none; at = ledgers_[at].next)
      if (ledgers_[at].adopting) adopt_leg(symbol, at, now, sink);
}

// What a fill brings with it. A symbol that is never copied waits for nothing.
bool FollowerBook::can_adopt(SymbolId symbol, Index link, Mono now) const noexcept {
  const LinkPolicy& policy = setup_.links[link];
  if (policy.removed) return true;  // denied
  if (!shared_.symbols[symbol].filters || !policy.permitted.test(symbol.value)) return true;
  if (!mode_ || symbol.value >= shared_.marks.size()) return false;
  if (states_[static_cast<std::size_t>(StateCause::connection)] != FollowerState::active)
    return false;
  const KnownMark& mark = shared_.marks[symbol.value];
  if (mark.price.sign() <= 0 || now - mark.at > KnownMark::age_max) return false;
  return !needs_equity(policy.sizing) || link_states_[link].equity_ratio.has_value();
}

void FollowerBook::adopt_leg(Index symbol, Index at, Mono now, BookSink& sink) {
  LedgerEntry& entry = ledgers_[at];
  const SymbolId id = symbols_[symbol].symbol;
  const Qty position = entry.ledger.uncopied();
  if (!position.is_zero() && !can_adopt(id, entry.link, now)) return;
  mark_adopting(entry, false);
  if (position.is_zero()) return;

  LeaderFill fill;
  fill.price = id.value < shared_.marks.size() ? shared_.marks[id.value].price : Price();
  fill.qty = position.abs();
  fill.order_qty = fill.qty;
  fill.symbol = id;
  fill.leader = setup_.links[entry.link].leader;
  fill.side = side_of_sign(position.sign());
  fill.leg = entry.leg;
  const FillSeen seen{.fill = fill, .age = std::chrono::milliseconds(0), .now = now};
  Turn turn = silent_turn(sink);
  turn.expires = now + adoption_lasts;
  turn.opens_denied = opens_denied(seen, sink);
  const Qty before = entry.ledger.target();
  const Ledger::Opening opened = opening(entry.link, seen, entry, fill.qty, turn);
  entry.ledger.adopt(opened.follower, opened.rate);
  settle_moved(symbol, at, before, turn);
}

// ---- as rows -----------------------------------------------------------------------------------

void FollowerBook::save_adopting(journal::RowSink& sink) const {
  for (Index link = 0; link < setup_.links.size(); ++link)
    if (link_states_[link].adopting)
      sink.put(journal::Adopting{
          .follower = setup_.id, .link = link, .leader = setup_.links[link].leader});
  for (const SymbolEntry& entry : symbols_)
    for (Index at = entry.first_ledger; at != none; at = ledgers_[at].next)
      if (ledgers_[at].adopting)
        sink.put(journal::Adopting{.follower = setup_.id,
                                   .link = ledgers_[at].link,
                                   .leader = setup_.links[ledgers_[at].link].leader,
                                   .symbol = entry.symbol,
                                   .leg = ledgers_[at].leg,
                                   .of_leg = 1});
}

bool FollowerBook::restore(const journal::Adopting& row) {
  if (row.link >= setup_.links.size() || setup_.links[row.link].leader != row.leader) return false;
  if (row.of_leg == 0) link_states_[row.link].adopting = true;
  else mark_adopting(ledgers_[ledger_entry(symbol_entry(row.symbol), row.link, row.leg)], true);
  return true;
}

}  // namespace copyd::risk
