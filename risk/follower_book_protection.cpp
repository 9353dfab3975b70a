// Another configuration of a FollowerBook; and what keeps it from opening, besides its state: loss
// limits, the breaker, the price collar, equity that is not known, quarantine.
#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "risk/follower_book.hpp"
#include "risk/sizing.hpp"

namespace copyd::risk {
namespace {

constexpr std::chrono::minutes equity_unknown_max{10};
constexpr std::chrono::seconds refusal_window{60};
constexpr std::int64_t bps_of_one = 10'000;

}  // namespace

// ---- another configuration ---------------------------------------------------------------------

bool FollowerBook::wants_equity() const noexcept {
  return setup_.losses.any() ||
         std::any_of(setup_.links.begin(), setup_.links.end(),
                     [](const LinkPolicy& link) { return needs_equity(link.sizing); });
}

void FollowerBook::renew(FollowerPolicy& policy, Mono now) noexcept {
  ASSERT(policy.links.size() >= setup_.links.size());
  ASSERT(on_paper() || !policy.paper);
  if (on_paper() && !policy.paper) leave_paper();
  std::swap(setup_.links, policy.links);
  std::swap(setup_.limits, policy.limits);
  std::swap(setup_.losses, policy.losses);
  link_states_.resize(setup_.links.size());
  loss_.set_rules(setup_.losses);
  // Money that was moved while nothing was limited was not counted: it would look like a loss.
  if (setup_.losses.any() && !policy.losses.any()) loss_.rearm(true);
  for (Index link = 0; link < setup_.links.size(); ++link) {
    link_states_[link].equity_ratio.reset();
    renew_equity_ratio(link);
  }
  const bool needed = std::exchange(needs_equity_, wants_equity());
  // Nobody missed it before.
  if (!needed && needs_equity_ && unknown_since_) unknown_since_ = now;
}

void FollowerBook::begin_link(Index link, const LeaderPosition& held, BookSink& sink) {
  ASSERT(link < setup_.links.size() && setup_.links[link].leader == held.leader);
  Turn turn = silent_turn(sink);
  correct(link, held, turn);
}

// ---- equity ------------------------------------------------------------------------------------

void FollowerBook::follower_equity(std::optional<Usd> equity) noexcept {
  equity_ = equity;
  for (Index link = 0; link < setup_.links.size(); ++link) renew_equity_ratio(link);
}

void FollowerBook::leader_equity(LeaderId leader, std::optional<Usd> equity) noexcept {
  for (Index link = 0; link < setup_.links.size(); ++link) {
    if (setup_.links[link].leader != leader) continue;
    link_states_[link].leader_equity = equity;
    renew_equity_ratio(link);
  }
}

void FollowerBook::renew_equity_ratio(Index link) noexcept {
  const auto* sizing = std::get_if<config::EquityRatio>(&setup_.links[link].sizing);
  if (sizing == nullptr) return;
  LinkState& state = link_states_[link];
  state.equity_ratio =
      equity_ratio(sizing->multiplier, {.follower = equity_, .leader = state.leader_equity});
}

void FollowerBook::equity_seen(const SetFollowerEquity& seen, Mono now, BookSink& sink) {
  const bool known = seen.known && !seen.equity.is_zero();
  follower_equity(known ? std::optional<Usd>(seen.equity) : std::nullopt);
  loss_.transfers({.sum = seen.transfers, .until_ms = seen.transfers_ms});
  if (!known) {
    loss_.unseen();
    served(now);
    return;
  }
  unknown_since_.reset();
  no_equity_told_ = false;
  const Breach found = loss_.see({.equity = seen.equity, .day = seen.day});
  if (found != Breach::none) breach(found, seen.equity, sink);
}

void FollowerBook::served(Mono now) noexcept {
  if (!equity_ && !unknown_since_) unknown_since_ = now;
}

// A breach stands until `resume`; only a graver one is told again.
void FollowerBook::breach(Breach breach, Usd equity, BookSink& sink) {
  FollowerState& stands = states_[static_cast<std::size_t>(StateCause::breach)];
  if (breach == Breach::drawdown) {
    if (stands == FollowerState::halted || flatten_.by_breach) return;
    stands = FollowerState::reduce_only;
    flatten_.by_breach = true;
    if (!flattening()) flatten_.stage = Flattening::Stage::held;
    sink.on_alarm({.kind = Alarm::Kind::drawdown, .equity = loss_.net(), .base = loss_.highest()});
    return;
  }
  if (stands != FollowerState::active) return;
  stands = FollowerState::reduce_only;
  if (breach == Breach::equity_floor)
    sink.on_alarm({.kind = Alarm::Kind::equity_floor,
                   .equity = equity,
                   .base = setup_.losses.equity_floor.value_or(Usd())});
  else
    sink.on_alarm(
        {.kind = Alarm::Kind::daily_loss, .equity = loss_.net(), .base = loss_.day_base()});
}

// ---- the breaker -------------------------------------------------------------------------------

void FollowerBook::increase_refused(Mono now, BookSink& sink) {
  const auto oldest = refusals_.front();
  std::rotate(refusals_.begin(), refusals_.begin() + 1, refusals_.end());
  refusals_.back() = now;
  if (!oldest || now - *oldest > refusal_window) return;
  refusals_.fill(std::nullopt);
  FollowerState& stands = states_[static_cast<std::size_t>(StateCause::breaker)];
  if (stands != FollowerState::active) return;
  stands = FollowerState::reduce_only;
  sink.on_alarm({.kind = Alarm::Kind::breaker});
}

// ---- quarantine --------------------------------------------------------------------------------

void FollowerBook::quarantine(OrderRef ref) noexcept {
  OpenOrder* const order = shared_.orders.find(ref);
  ASSERT(order != nullptr);
  if (order->quarantined) return;
  order->quarantined = true;
  ++quarantined_orders_;
  ++symbols_[order->symbol].quarantined;
}

std::size_t FollowerBook::quarantined_symbols() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(symbols_.begin(), symbols_.end(),
                    [](const SymbolEntry& entry) { return entry.quarantined != 0; }));
}

// ---- what a fill may not open ------------------------------------------------------------------

// Whatever link copies it: the first reason that applies, besides the follower's state.
std::optional<Reject> FollowerBook::opens_denied(const FillSeen& seen, BookSink& sink) noexcept {
  if (quarantined_orders_ != 0) {
    const Index symbol = find_symbol(seen.fill.symbol);
    if (symbol != none && symbols_[symbol].quarantined != 0) return Reject::quarantined;
  }
  if (!within_collar(seen)) return Reject::price_collar;
  if (!needs_equity_ || equity_) return std::nullopt;
  served(seen.now);
  if (seen.now - *unknown_since_ < equity_unknown_max) return std::nullopt;
  if (!no_equity_told_) sink.on_alarm({.kind = Alarm::Kind::no_equity});
  no_equity_told_ = true;
  return Reject::no_equity;
}

// A price that nothing can be compared with may be any price.
bool FollowerBook::within_collar(const FillSeen& seen) const noexcept {
  const auto& collar = setup_.limits.max_price_deviation_bps;
  if (!collar) return true;
  if (seen.fill.symbol.value >= shared_.marks.size()) return false;
  const KnownMark& known = shared_.marks[seen.fill.symbol.value];
  if (known.price.sign() <= 0 || seen.now - known.at > KnownMark::age_max) return false;
  const int128 mark = known.price.units();
  const int128 apart = seen.fill.price.units() - mark;
  return (apart < 0 ? -apart : apart) * bps_of_one <= mark * *collar;
}

}  // namespace copyd::risk
