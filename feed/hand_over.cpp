#include "feed/hand_over.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace copyd::feed {
namespace {

LegName leg_of(const LeaderFill& fill) noexcept {
  return {.symbol = fill.symbol, .leg = fill.leg};
}
Qty change_of(const LeaderFill& fill) noexcept {
  return fill.side == Side::buy ? fill.qty : -fill.qty;
}

// As the book has it by now.
LeaderPosition position_in(const LeaderBook& book, LeaderId leader, LegName leg) noexcept {
  return {.leader = leader,
          .symbol = leg.symbol,
          .leg = leg.leg,
          .qty = book.qty(leg),
          .as_of = book.as_of(leg)};
}

// The rows, and a flat one for each leg in `others` that has none. What was found was found before
// the reading, so the reading holds it, whatever its own time says.
std::map<LegName, Snapshot::Row> rows_with(const Snapshot& snapshot,
                                           const std::vector<LegName>& others,
                                           std::span<const LeaderFill> found) {
  std::map<LegName, Snapshot::Row> rows;
  for (const Snapshot::Row& row : snapshot.rows) rows[row.leg] = row;
  const auto flat = [&](LegName leg) {
    return Snapshot::Row{.leg = leg, .qty = {}, .as_of = snapshot.asked};
  };
  for (const LegName leg : others) rows.try_emplace(leg, flat(leg));
  for (const LeaderFill& fill : found) {
    auto& row = rows.try_emplace(leg_of(fill), flat(leg_of(fill))).first->second;
    row.as_of = std::max(row.as_of, fill.time);
  }
  return rows;
}

// By time overall and by id within a symbol, also if a symbol's times and ids disagree.
void sort_found(std::vector<LeaderFill>& found) {
  std::sort(found.begin(), found.end(), [](const LeaderFill& a, const LeaderFill& b) {
    return a.symbol != b.symbol ? a.symbol < b.symbol : a.trade < b.trade;
  });
  std::vector<std::pair<VenueTime, std::size_t>> order(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool follows = i > 0 && found[i].symbol == found[i - 1].symbol;
    order[i] = {follows ? std::max(order[i - 1].first, found[i].time) : found[i].time, i};
  }
  std::sort(order.begin(), order.end());
  std::vector<LeaderFill> sorted;
  sorted.reserve(found.size());
  for (const auto& [time, i] : order) sorted.push_back(found[i]);
  found = std::move(sorted);
}

}  // namespace

const Snapshot::Row* Snapshot::find(LegName leg) const noexcept {
  for (const Row& row : rows) {
    if (row.leg == leg) return &row;
  }
  return nullptr;
}

Snapshot Snapshot::of(VenueTime asked, const std::vector<venue::PositionRisk>& positions) {
  Snapshot snapshot{.asked = asked, .rows = {}};
  for (const venue::PositionRisk& position : positions) {
    if (!position.symbol) continue;
    // A leg that never traded says 0: then the reading is as old as the question.
    const bool dated = position.update_time.ms > 0;
    snapshot.rows.push_back({.leg = {.symbol = *position.symbol, .leg = position.leg},
                             .qty = position.qty,
                             .as_of = dated ? position.update_time : asked});
  }
  return snapshot;
}

StartingPositions::Start* StartingPositions::find(LegName leg) noexcept {
  for (Start& start : starts_) {
    if (start.row.leg == leg) return &start;
  }
  return nullptr;
}

void StartingPositions::read(const Snapshot& snapshot, std::span<const LeaderFill> held) {
  if (empty()) {
    asked_ = snapshot.asked;
    for (const Snapshot::Row& row : snapshot.rows) starts_.push_back({.row = row});
    return;
  }
  for (Start& start : starts_) {
    if (start.sure) continue;
    const Snapshot::Row* row = snapshot.find(start.row.leg);
    const Snapshot::Row now =
        row ? *row : Snapshot::Row{.leg = start.row.leg, .qty = {}, .as_of = snapshot.asked};
    Qty expected = start.row.qty;
    for (const LeaderFill& fill : held) {
      const bool between = fill.time > start.row.as_of && fill.time <= now.as_of;
      if (between && leg_of(fill) == start.row.leg) expected += change_of(fill);
    }
    start.sure = expected == now.qty || row;
    if (expected != now.qty) start.row = now;
  }
}

bool StartingPositions::doubtful(std::span<const LeaderFill> held) {
  for (const LeaderFill& fill : held) {
    if (fill.time <= asked_ || find(leg_of(fill))) continue;
    starts_.push_back({.row = {.leg = leg_of(fill), .qty = {}, .as_of = asked_}, .sure = false});
  }
  return std::any_of(starts_.begin(), starts_.end(), [](const Start& s) { return !s.sure; });
}

void StartingPositions::hand_over(LeaderId leader, std::span<const LeaderFill> held,
                                  LeaderBook& book, std::vector<LeaderEvent>& out) const {
  // What was held when a key was taken back, and is flat now.
  const std::vector<LegName> held_before = book.open_legs();
  book.begin(asked_);
  for (const LegName leg : held_before) {
    const bool named = std::any_of(starts_.begin(), starts_.end(),
                                   [&](const Start& start) { return start.row.leg == leg; });
    if (!named) out.emplace_back(position_in(book, leader, leg));
  }
  book.clear_listed();
  for (const Start& start : starts_) {
    book.set(start.row.leg, start.row.qty, start.row.as_of);
    book.list(start.row.leg.symbol);
    out.emplace_back(position_in(book, leader, start.row.leg));
  }
  for (const LeaderFill& fill : held) {
    if (book.take(fill) == LeaderBook::Taken::fresh) out.emplace_back(fill);
  }
}

std::vector<SymbolId> differing_symbols(const LeaderBook& book, std::span<const LeaderFill> found,
                                        std::span<const LeaderFill> held,
                                        const Snapshot& snapshot) {
  const auto rows = rows_with(snapshot, book.open_legs(), found);
  std::map<LegName, Qty> known;
  for (const auto& [leg, row] : rows) known[leg] = book.qty(leg);
  std::set<std::pair<SymbolId, TradeId>> counted;
  const auto count = [&](const LeaderFill& fill) {
    if (book.seen(fill.symbol, fill.trade) || book.contains(leg_of(fill), fill.time)) return;
    if (counted.emplace(fill.symbol, fill.trade).second) known[leg_of(fill)] += change_of(fill);
  };
  for (const LeaderFill& fill : found) count(fill);
  for (const LeaderFill& fill : held) {
    const auto row = rows.find(leg_of(fill));
    const VenueTime as_of = row == rows.end() ? snapshot.asked : row->second.as_of;
    if (fill.time <= as_of) count(fill);
  }

  std::vector<SymbolId> symbols;
  for (const auto& [leg, qty] : known) {
    const auto row = rows.find(leg);
    const Qty there = row == rows.end() ? Qty{} : row->second.qty;
    if (qty != there && (symbols.empty() || symbols.back() != leg.symbol)) {
      symbols.push_back(leg.symbol);
    }
  }
  return symbols;
}

int hand_over_again(LeaderId leader, std::vector<LeaderFill> found,
                    std::span<const LeaderFill> held, const Snapshot& snapshot, LeaderBook& book,
                    std::vector<LeaderEvent>& out) {
  auto rows = rows_with(snapshot, book.open_legs(), found);
  book.clear_listed();
  for (const Snapshot::Row& row : snapshot.rows) book.list(row.leg.symbol);
  sort_found(found);

  const auto hand_position = [&](const Snapshot::Row& row) {
    // Where the position says nothing new, a late fill is still a fill. Where it does, it has
    // taken the place of every fill that it contains.
    if (book.qty(row.leg) != row.qty) book.set(row.leg, row.qty, row.as_of);
    out.emplace_back(position_in(book, leader, row.leg));
  };
  const auto hand_fill = [&](const LeaderFill& fill) {
    if (book.seen(fill.symbol, fill.trade)) return false;
    const auto row = rows.find(leg_of(fill));
    if (row != rows.end() && fill.time > row->second.as_of) {
      hand_position(row->second);
      rows.erase(row);
    }
    if (book.take(fill) != LeaderBook::Taken::fresh) return false;
    out.emplace_back(fill);
    return true;
  };
  int fresh = 0;
  for (const LeaderFill& fill : found) fresh += hand_fill(fill) ? 1 : 0;
  for (const LeaderFill& fill : held) hand_fill(fill);
  for (const auto& [leg, row] : rows) hand_position(row);
  return fresh;
}

LateFills hand_over_late(std::vector<LeaderFill> found, LeaderBook& book,
                         std::vector<LeaderEvent>& out) {
  sort_found(found);
  std::map<LegName, Qty> overtaken;  // by a trade handed over since
  for (const LeaderFill& fill : found)
    if (fill.trade < book.newest(leg_of(fill))) overtaken[leg_of(fill)] += change_of(fill);
  std::vector<bool> contained(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto sum = overtaken.find(leg_of(found[i]));
    contained[i] = sum != overtaken.end() && sum->second.is_zero() &&
                   found[i].trade < book.newest(leg_of(found[i]));
  }
  LateFills late;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (book.take(found[i]) != LeaderBook::Taken::fresh) continue;
    ++(contained[i] ? late.contained : late.handed);
    if (!contained[i]) out.emplace_back(found[i]);
  }
  return late;
}

}  // namespace copyd::feed
