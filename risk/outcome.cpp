#include "risk/outcome.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "core/price_difference.hpp"

namespace copyd::risk {
namespace {

Cell& cell_of(FollowerCells& cells, Outcome outcome) noexcept {
  return cells.outcomes[static_cast<std::size_t>(outcome)];
}

}  // namespace

OutcomeTable::OutcomeTable(std::size_t capacity, DecisionSink* decisions)
    : decisions_(decisions) {
  records_.reserve(capacity);
}

std::uint32_t OutcomeTable::begin(FollowerCells& cells, const Traded& fill) {
  std::uint32_t slot = free_;
  if (slot == no_slot) {
    slot = static_cast<std::uint32_t>(records_.size());
    records_.emplace_back();
  } else {
    free_ = records_[slot].next_free;
  }
  records_[slot] = Record{};
  records_[slot].cells = &cells;
  records_[slot].fill = fill;
  records_[slot].open_parts = 1;
  ++size_;
  return slot;
}

void OutcomeTable::end(std::uint32_t slot) noexcept {
  ASSERT(records_[slot].open_parts > 0);
  --records_[slot].open_parts;
  conclude(slot);
}

void OutcomeTable::order(std::uint32_t slot) noexcept {
  if (slot == no_slot) return;
  ++records_[slot].open_parts;
  records_[slot].link_ordered = true;
}

void OutcomeTable::skip(std::uint32_t slot, Reject reason) noexcept {
  if (slot == no_slot) return;
  Record& record = records_[slot];
  record.link_skipped = true;
  if (reason == Reject::below_min) record.carried = true;
  else if (!record.first_skip) record.first_skip = reason;
}

void OutcomeTable::link_done(std::uint32_t slot, bool moved) noexcept {
  if (slot == no_slot) return;
  Record& record = records_[slot];
  record.moved = record.moved || moved;
  if (moved && !record.link_ordered && !record.link_skipped) record.carried = true;
  record.link_ordered = false;
  record.link_skipped = false;
}

void OutcomeTable::order_unknown(std::uint32_t slot) noexcept {
  if (slot == no_slot) return;
  Record& record = records_[slot];
  if (record.unknown_orders++ == 0) cell_of(*record.cells, Outcome::unknown).add(1);
}

void OutcomeTable::order_finished(std::uint32_t slot, const Finished& finished) noexcept {
  if (slot == no_slot) return;
  Record& record = records_[slot];
  ASSERT(record.open_parts > 0);
  --record.open_parts;
  record.failed = record.failed || finished.refused;
  record.filled = record.filled || !finished.filled.is_zero();
  if (!finished.filled.is_zero()) compare(record, finished);
  if (!finished.was_unknown) return;
  ASSERT(record.unknown_orders > 0);
  if (--record.unknown_orders == 0) cell_of(*record.cells, Outcome::unknown).add(-1);
}

void OutcomeTable::conclude(std::uint32_t slot) noexcept {
  if (slot == no_slot || records_[slot].open_parts != 0) return;
  Record& record = records_[slot];
  const Outcome outcome = outcome_of(record);
  cell_of(*record.cells, outcome).add(1);
  if (outcome == Outcome::skipped)
    record.cells->skipped[static_cast<std::size_t>(*record.first_skip)].add(1);
  if (decisions_ != nullptr) decisions_->on_outcome(slot, outcome, record.first_skip);
  record.next_free = free_;
  free_ = slot;
  --size_;
}

void OutcomeTable::compare(const Record& record, const Finished& finished) noexcept {
  FollowerCells& cells = *record.cells;
  // What the venue says of two accounts at once may be out of order by a millisecond.
  if (record.fill.time.ms != 0 && finished.traded.ms != 0) {
    cells.timed.add();
    cells.delay_ms.add(std::max<std::int64_t>(finished.traded.ms - record.fill.time.ms, 0));
  }
  const auto worse = worse_bps_hundredths(record.fill.price, finished.average, finished.buys);
  if (!worse) return;
  cells.priced.add();
  cells.worse.add(*worse);
}

OutcomeTable::Row OutcomeTable::row(std::uint32_t slot) const noexcept {
  const Record& record = records_[slot];
  return {.first_skip = record.first_skip,
          .failed = record.failed,
          .carried = record.carried,
          .filled = record.filled,
          .moved = record.moved};
}

std::uint32_t OutcomeTable::restore(FollowerCells& cells, const Row& row) {
  const std::uint32_t slot = begin(cells);
  Record& record = records_[slot];
  record.open_parts = 0;
  record.first_skip = row.first_skip;
  record.failed = row.failed;
  record.carried = row.carried;
  record.filled = row.filled;
  record.moved = row.moved;
  return slot;
}

void OutcomeTable::restore_order(std::uint32_t slot, bool unknown) noexcept {
  if (slot == no_slot) return;
  ++records_[slot].open_parts;
  if (unknown) order_unknown(slot);
}

Outcome OutcomeTable::outcome_of(const Record& record) const noexcept {
  if (record.failed) return Outcome::failed;
  if (record.first_skip) return Outcome::skipped;
  if (record.carried) return Outcome::carried;
  if (record.filled) return Outcome::copied;
  return record.moved ? Outcome::carried : Outcome::none;
}

}  // namespace copyd::risk
