// What a FollowerBook on paper makes of its orders: fills at the mark, fees, profit.
#include <algorithm>

#include "core/assert.hpp"
#include "risk/follower_book.hpp"

namespace copyd::risk {
namespace {

constexpr std::int64_t fee_bps = 5;
constexpr std::int64_t bps_of_one = 10'000;

// Sums of money stop at the end of what can be said.
Usd bounded(int128 units) noexcept {
  const int128 bound = INT64_MAX;
  return Usd::from_units(static_cast<std::int64_t>(std::clamp(units, -bound, bound)));
}
Usd sum(Usd a, Usd b) noexcept {
  return bounded(static_cast<int128>(a.units()) + b.units());
}
// What was gained with a position of this sign that was worth `before` and is worth `now`.
Usd gain(int sign, Usd before, Usd now) noexcept {
  return bounded((static_cast<int128>(now.units()) - before.units()) * sign);
}

}  // namespace

void FollowerBook::fill_on_paper(OrderDone& done, Mono now) noexcept {
  const OpenOrder* const order = shared_.orders.find(done.ref);
  ASSERT(order != nullptr && on_paper());
  const OrderTerms& terms = *order->order;
  const KnownMark mark =
      terms.symbol.value < shared_.marks.size() ? shared_.marks[terms.symbol.value] : KnownMark{};
  const bool told = mark.price.sign() > 0 && now - mark.at <= KnownMark::age_max;
  const Price price = told ? mark.price : last_price(terms.symbol);
  const bool limited = !terms.limit.is_zero();
  if (limited && (terms.side == Side::buy ? price > terms.limit : price < terms.limit)) return;

  FollowerLeg& held = symbols_[order->symbol].legs[order->leg];
  const int sign = held.position.sign();
  const Qty closed =
      sign == -sign_of(terms.side) ? std::min(terms.qty, held.position.abs()) : Qty();
  const Qty filled = terms.kind == OrderKind::reduce ? closed : terms.qty;
  if (!closed.is_zero()) {
    const Usd released =
        Usd::from_units(muldiv(held.cost.units(), closed.units(), held.position.abs().units()));
    paper_realised_ = sum(paper_realised_, gain(sign, released, notional(price, closed)));
    held.cost -= released;
  }
  held.cost = sum(held.cost, notional(price, filled - closed));
  paper_fees_ = sum(paper_fees_,
                    Usd::from_units(muldiv(notional(price, filled).units(), fee_bps, bps_of_one)));
  done.filled = filled;
  done.average = price;
}

FollowerBook::PaperResult FollowerBook::paper_result() const noexcept {
  PaperResult result{.realised = paper_realised_, .fees = paper_fees_, .unrealised = {}};
  for (const SymbolEntry& entry : symbols_) {
    const std::size_t id = entry.symbol.value;
    const bool marked = id < shared_.marks.size() && shared_.marks[id].price.sign() > 0;
    const Price price = marked ? shared_.marks[id].price : last_price(entry.symbol);
    for (const FollowerLeg& held : entry.legs)
      if (!held.position.is_zero())
        result.unrealised = sum(result.unrealised, gain(held.position.sign(), held.cost,
                                                        notional(price, held.position)));
  }
  return result;
}

// As a start leaves the rows of one that is no shadow any more: what the leaders hold stays, and
// none of it is copied.
void FollowerBook::leave_paper() noexcept {
  setup_.paper = false;
  mode_.reset();
  states_[static_cast<std::size_t>(StateCause::connection)] = FollowerState::reduce_only;
  flatten_ = {};
  paper_realised_ = paper_fees_ = Usd();
  for (LedgerEntry& entry : ledgers_) {
    mark_adopting(entry, false);
    entry.ledger.replace_not_copied(entry.ledger.leader_position());
  }
  for (SymbolEntry& entry : symbols_) {
    // Each order on paper is finished before anything else happens.
    for (FollowerLeg& leg : entry.legs) {
      ASSERT(leg.open_orders == 0);
      leg = FollowerLeg();
    }
  }
}

// The sums always, so that whoever reads the rows knows what kind of book it is.
void FollowerBook::save_paper(journal::RowSink& sink) const {
  sink.put(journal::Paper{.follower = setup_.id, .realised = paper_realised_, .fees = paper_fees_});
  for (const SymbolEntry& entry : symbols_)
    for (std::uint8_t leg = 0; leg < leg_count(); ++leg)
      if (!entry.legs[leg].position.is_zero())
        sink.put(journal::Paper{.follower = setup_.id,
                                .symbol = entry.symbol,
                                .leg = leg_at(leg),
                                .of_leg = 1,
                                .position = entry.legs[leg].position,
                                .cost = entry.legs[leg].cost});
}

bool FollowerBook::restore(const journal::Paper& row) {
  if (!on_paper()) return false;
  if (row.of_leg == 0) {
    paper_realised_ = row.realised;
    paper_fees_ = row.fees;
    return true;
  }
  const auto leg = leg_index(row.leg);
  if (!leg) return false;
  FollowerLeg& held = symbols_[symbol_entry(row.symbol)].legs[*leg];
  held.position = row.position;
  held.cost = row.cost;
  renew_effective(held);
  return true;
}

}  // namespace copyd::risk
