#include "engine/history_projection.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "engine/recovery.hpp"

namespace copyd::engine {
namespace {

using journal::Record;
using journal::Type;

constexpr std::size_t lots_shown = 4;  // the newest: a close takes those first

std::int64_t wall_of(std::int64_t mono_ns, const journal::Segment& segment) noexcept {
  return segment.wall_ns + (mono_ns - segment.mono_ns);
}

std::string text(Qty quantity) {
  return std::string(FixedText(quantity).view());
}

// "0.5:0.05 1:0.1", each the leader's quantity and the follower's, the newest last.
std::string lots_of(const risk::Ledger& ledger) {
  std::string all =
      ledger.lots() > lots_shown ? fmt::format("+{} ", ledger.lots() - lots_shown) : std::string();
  const std::size_t first = ledger.lots() - std::min(ledger.lots(), lots_shown);
  for (std::size_t i = first; i < ledger.lots(); ++i) {
    const auto lot = ledger.lot(i);
    all += fmt::format("{}{}:{}", i == first ? "" : " ", text(lot.leader), text(lot.follower));
  }
  return all;
}

std::string sizing_of(const config::Link& link) {
  struct Spell {
    std::string operator()(const config::FixedRatio& s) const {
      return fmt::format("fixed_ratio {}", FixedText(s.ratio).view());
    }
    std::string operator()(const config::EquityRatio& s) const {
      return fmt::format("equity_ratio {}", FixedText(s.multiplier).view());
    }
    std::string operator()(const config::FixedNotional& s) const {
      return fmt::format("fixed_notional {}", FixedText(s.notional).view());
    }
    std::string operator()(const config::FixedQuantity& s) const {
      return fmt::format("fixed_quantity {}", FixedText(s.quantity).view());
    }
  };
  return std::visit(Spell(), link.sizing) + (link.inverse ? ", inverse" : "");
}

}  // namespace

HistoryProjection::HistoryProjection(ops::History& history, journal::Tail::Position known)
    : history_(history),
      known_(known),
      replay_(std::make_unique<Replay>(static_cast<risk::DecisionSink*>(this))) {}

bool HistoryProjection::begin_with_snapshot(journal::Disk& disk, std::uint64_t segment) {
  restored_.clear();
  auto base = load_snapshot(disk, segment, this);
  if (!base) return false;
  replay_ = std::move(base->replay);
  lost_ = false;
  in_preamble_ = false;
  begun_ = segment;
  open_.clear();
  // Its orders are in the file where that goes further.
  writing_ = segment >= known_.segment;
  wall_ns_ = base->header.wall_ns;
  take_over(false);
  return true;
}

void HistoryProjection::copy_record(const Record& record, const journal::Tail& from) {
  const auto type = static_cast<Type>(record.type);
  const auto& at = from.position();
  writing_ = at.segment > known_.segment ||
             (at.segment == known_.segment && at.sequence > known_.sequence);
  mono_ns_ = record.mono_ns;
  wall_ns_ = wall_of(record.mono_ns, from.segment());
  if (from.gap()) lost_ = true;
  const bool first = type == Type::text && record.as<journal::Text>().offset == 0;
  if (first) text_segment_ = at.segment;
  if (lost_ && first) {
    replay_ = std::make_unique<Replay>(static_cast<risk::DecisionSink*>(this));
    open_.clear();
    lost_ = false;
  }
  if (lost_) return;
  if (type == Type::symbol && !std::exchange(in_preamble_, true)) hear_of_finished(from.segment());
  if (type != Type::symbol) in_preamble_ = false;
  if (!replay_->apply(record, from.segment())) {
    lost_ = true;
    return;
  }
  if (type == Type::policy && replay_->is_beginning()) {
    begun_ = text_segment_;
    open_.clear();
    restored_.clear();
  }
  if (type == Type::books_end) {
    take_over(true);
  } else if (!restored_.empty() && !replay_->is_beginning()) {
    // The books were handed to a Copier of another configuration.
    open_.clear();
    take_over(false);
  }
}

// A start tells the books what the lanes had finished and the copy agent had not heard of, before
// it writes them as the next run's beginning (engine/recovery.hpp).
void HistoryProjection::hear_of_finished(const journal::Segment& segment) {
  if (!writing_ || !replay_->has_books()) return;
  for (const auto& finished : history_.finished_and_open())
    replay_->apply(report_of(finished), segment);
}

// The orders that its books began with.
void HistoryProjection::take_over(bool run_begins) {
  std::vector<CopyId> orders;
  for (const auto& [row, slot] : restored_) {
    orders.push_back(row.copy_id);
    const std::string& follower = follower_of(row.follower);
    if (writing_) {
      history_.add_if_missing({.terms = row.terms(),
                               .fill = std::nullopt,
                               .follower = follower,
                               .symbol = symbol_of(row.symbol),
                               .wall_ns = wall_ns_});
      if (row.unknown != 0)
        history_.set_unknown(row.copy_id, row.unknown == journal::OpenOrder::quarantined);
    }
    if (slot == risk::no_slot) continue;
    if (const auto fill = history_.fill_of(row.copy_id))
      open_[slot] = {.fill = *fill, .follower = follower};
  }
  restored_.clear();
  if (writing_ && run_begins) history_.forget_all_but(orders, wall_ns_);
}

void HistoryProjection::lane_record(const Record& record, const journal::Segment& segment) {
  const std::int64_t wall_ns = wall_of(record.mono_ns, segment);
  switch (static_cast<Type>(record.type)) {
    case Type::intent:
      return history_.add(record.as<journal::Intent>(), wall_ns);
    case Type::plain_intent:
      return history_.add(record.as<journal::PlainIntent>().intent(), wall_ns);
    case Type::answer:
      return history_.add(record.as<journal::Answer>(), wall_ns);
    case Type::timing:
      return history_.add(record.as<journal::Timing>());
    case Type::unknown:
      return history_.set_lost(record.as<journal::Lost>(), wall_ns);
    case Type::absent:
      return history_.set_absent(record.as<journal::Absent>(), wall_ns);
    case Type::riding:
      return history_.add(record.as<journal::Riding>());
    case Type::finished:
      return history_.add(record.as<journal::Finished>(), record.mono_ns);
    default:
      return;
  }
}

const HistoryProjection::CopyKey* HistoryProjection::key_of(std::uint32_t slot) const {
  const auto at = open_.find(slot);
  return at == open_.end() ? nullptr : &at->second;
}

const std::string& HistoryProjection::follower_of(FollowerId id) const {
  return replay_->names().config->followers.at(id.value).label;
}

const std::string& HistoryProjection::symbol_of(SymbolId id) const {
  return replay_->names().symbols[id].name;
}

// ---- what the Copier decides -------------------------------------------------------------------

void HistoryProjection::on_fill(const LeaderFill& fill,
                                std::optional<std::chrono::milliseconds> age) {
  const std::string& leader = replay_->names().config->leaders.at(fill.leader.value).label;
  const std::string& symbol = symbol_of(fill.symbol);
  deciding_ = {};
  if (writing_)
    deciding_.fill =
        history_.add({.fill = fill,
                      .leader = leader,
                      .symbol = symbol,
                      .age_ms = age ? std::optional<std::int64_t>(age->count()) : std::nullopt,
                      .decided_ns = mono_ns_,
                      .wall_ns = wall_ns_});
  else deciding_.fill = history_.find_fill(leader, symbol, fill).value_or(0);
}

void HistoryProjection::on_copy(FollowerId follower, std::uint32_t outcome) {
  deciding_.follower = follower_of(follower);
  open_[outcome] = deciding_;
  if (writing_) history_.add_copy(deciding_.fill, deciding_.follower);
}

void HistoryProjection::on_link(const risk::LinkDecision& decision) {
  if (!writing_) return;
  const auto& link =
      replay_->names().config->followers.at(decision.follower.value).links.at(decision.link);
  const bool by_equity = std::holds_alternative<config::EquityRatio>(link.sizing);
  history_.add(ops::LinkRow{.fill = deciding_.fill,
                            .follower = deciding_.follower,
                            .link = decision.link,
                            .state = std::string(name_of(decision.state)),
                            .sizing = sizing_of(link),
                            .rate = decision.rate,
                            .equity = by_equity ? decision.equity : std::nullopt,
                            .leader_equity = by_equity ? decision.leader_equity : std::nullopt,
                            .closed = decision.closed,
                            .opened = decision.opened,
                            .sized = decision.sized,
                            .leader_before = decision.before.leader_position(),
                            .leader_after = decision.after.leader_position(),
                            .target_before = decision.before.target(),
                            .target_moved = decision.target_moved,
                            .target_after = decision.after.target(),
                            .lots_before = lots_of(decision.before),
                            .lots_after = lots_of(decision.after)});
}

void HistoryProjection::on_leg(const risk::LegDecision& leg) {
  if (!writing_ || !leg.fill_asks) return;
  const Qty amount = leg.reducing + leg.increasing;
  history_.add(ops::LegRow{.fill = deciding_.fill,
                           .follower = deciding_.follower,
                           .link = leg.link,
                           .leg = leg.leg,
                           .state = std::string(name_of(leg.state)),
                           .wanted = leg.wanted,
                           .position = leg.position,
                           .effective = leg.effective,
                           .in_flight = leg.in_flight,
                           .price = leg.price,
                           .to_do = leg.direction < 0 ? -amount : amount,
                           .reducing = leg.reducing,
                           .increasing = leg.increasing,
                           .enters = leg.enters,
                           .floor = leg.floor,
                           .order_room = leg.order_room,
                           .position_room = leg.position_room,
                           .total_room = leg.total_room,
                           .max_order_qty = leg.max_order_qty});
}

void HistoryProjection::on_order(const OrderTerms& terms, std::uint32_t outcome) {
  if (!writing_) return;
  const CopyKey* const key = key_of(outcome);
  history_.add(ops::OrderRow{.terms = terms,
                             .fill = key != nullptr ? std::optional(key->fill) : std::nullopt,
                             .follower = follower_of(terms.follower),
                             .symbol = symbol_of(terms.symbol),
                             .wall_ns = wall_ns_});
}

void HistoryProjection::on_skip(FollowerId follower, std::uint16_t link, SymbolId symbol,
                                Reject reason, std::uint32_t outcome) {
  if (!writing_) return;
  const CopyKey* const key = key_of(outcome);
  history_.add(ops::SkipRow{.fill = key != nullptr ? std::optional(key->fill) : std::nullopt,
                            .follower = follower_of(follower),
                            .link = link,
                            .symbol = symbol_of(symbol),
                            .reason = reason,
                            .wall_ns = wall_ns_});
}

void HistoryProjection::on_unknown(const OrderTerms& terms, std::uint32_t outcome,
                                   bool quarantined) {
  if (!writing_) return;
  history_.set_unknown(terms.copy_id, quarantined);
  if (const CopyKey* const key = key_of(outcome))
    history_.set_outcome(key->fill, key->follower, Outcome::unknown, std::nullopt);
}

void HistoryProjection::on_finished(const OrderTerms& terms, const OrderDone& done, std::uint32_t) {
  if (writing_) history_.end(terms.copy_id, done, wall_ns_);
}

void HistoryProjection::on_outcome(std::uint32_t slot, Outcome outcome,
                                   std::optional<Reject> reason) {
  const auto node = open_.extract(slot);
  if (writing_ && !node.empty())
    history_.set_outcome(node.mapped().fill, node.mapped().follower, outcome, reason);
}

void HistoryProjection::on_restored(const journal::OpenOrder& order, std::uint32_t outcome) {
  restored_.emplace_back(order, outcome);
}

}  // namespace copyd::engine
