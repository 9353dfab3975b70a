#include "engine/recovery.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace copyd::engine {
namespace {

using journal::ReadEnd;
using journal::Reader;
using journal::Record;
using journal::Type;

constexpr std::string_view copy_writer = "copy";

bool is_lane(std::string_view writer) {
  return writer.starts_with("lane");
}

std::string where(const ReadEnd& end) {
  return fmt::format("{} at {}: {}", end.file, end.offset, end.reason);
}

// Reads to the end, cuts off a torn tail, and says how far the writer can be trusted.
template <class Apply>
Result<void> read_all(journal::Disk& disk, std::string_view writer, Recovered& found,
                      journal::Journal::Behind& behind, Apply apply) {
  Reader reader = TRY(Reader::open(disk, writer));
  while (const auto record = reader.next())
    if (!apply(*record, reader)) break;
  behind = {.segment = reader.last_segment(), .sequence = reader.last_sequence()};
  const ReadEnd& end = reader.end();
  switch (end.kind) {
    case ReadEnd::Kind::clean:
      break;
    case ReadEnd::Kind::torn:
      found.trust = std::max(found.trust, Trust::lossy);
      found.notes.push_back("the journal's end was cut off: " + where(end));
      TRY(journal::cut_off(disk, reader));
      break;
    case ReadEnd::Kind::corrupt:
      found.trust = Trust::corrupt;
      if (found.damage.empty()) found.damage = where(end);
      break;
    case ReadEnd::Kind::unreadable:
      return make_error_code(Errc::refused);
  }
  return {};
}

void annotate(journal::OpenOrder& order, const LaneTrack& lanes, bool lossy) {
  const AttemptRecord* const known = lanes.find(order.copy_id);
  if (known != nullptr) {
    order.attempt = known->attempt;
    order.doubts = known->doubts;
    order.ended = known->ended;
    order.filled_before = known->filled_before;
    return;
  }
  // Not written since it was last kept, unless the disk has lost that it was.
  if (!lossy) return;
  order.attempt = std::max<std::uint8_t>(order.attempt, risk::Copier::lost_attempts - 1);
  order.doubts = static_cast<std::uint8_t>(order.attempt + 1);
  order.ended = false;
}

}  // namespace

// ---- lanes -------------------------------------------------------------------------------------

const AttemptRecord* LaneTrack::find(const CopyId& id) const {
  const auto at = orders_.find(id);
  return at == orders_.end() ? nullptr : &at->second.record;
}

void LaneTrack::apply(const Record& record) {
  switch (static_cast<Type>(record.type)) {
    case Type::resumed: {
      const auto resumed = record.as<journal::Resumed>();
      orders_[resumed.copy_id] = {.record = {.attempt = resumed.attempt,
                                             .doubts = resumed.doubts,
                                             .ended = resumed.ended != 0,
                                             .filled_before = resumed.filled_before},
                                  .filled = {}};
      break;
    }
    case Type::intent: {
      const auto intent = record.as<journal::Intent>();
      Known& known = orders_[intent.copy_id];
      known.record.attempt = intent.attempt;
      known.record.doubts = 1;
      known.record.ended = false;
      known.filled = Qty();
      break;
    }
    case Type::answer: {
      const auto answer = record.as<journal::Answer>();
      Known& known = orders_[answer.copy_id];
      if (answer.attempt != known.record.attempt || known.record.ended) break;
      known.filled = std::max(known.filled, answer.filled);
      if (answer.final_ == 0) break;
      known.record.ended = true;
      known.record.doubts = 0;
      known.record.filled_before += known.filled;
      break;
    }
    case Type::absent: {
      const auto absent = record.as<journal::Absent>();
      Known& known = orders_[absent.copy_id];
      // Of several doubts the first attempt is cleared first.
      if (known.record.doubts > 0) --known.record.doubts;
      if (known.record.doubts == 0) known.record.ended = true;
      break;
    }
    case Type::finished:
      // The report may not have been applied: what is known stays.
      break;
    default:
      break;
  }
}

// ---- all of it ---------------------------------------------------------------------------------

Result<Recovered> recover(journal::Disk& disk, const RunNames& live) {
  Recovered found;
  const auto files = TRY(disk.list());
  for (const auto& file : files)
    if (journal::parse_segment_name(file)) found.obsolete.push_back(file);
  if (found.obsolete.empty()) return found;
  found.trust = Trust::whole;

  Replay replay;
  journal::Segment last;
  TRY(read_all(disk, copy_writer, found, found.copy, [&](const Record& record, Reader& reader) {
    last = reader.segment();
    if (replay.apply(record, last)) return true;
    found.trust = Trust::corrupt;
    found.damage = fmt::format("{} at {}: {}", reader.file(), reader.offset(), replay.error());
    return false;
  }));
  LaneTrack lanes;
  for (const auto& writer : TRY(Reader::writers(disk))) {
    if (!is_lane(writer)) continue;
    TRY(read_all(disk, writer, found, found.lanes[writer], [&](const Record& record, Reader&) {
      lanes.apply(record);
      return true;
    }));
  }
  // Another boot: what the last one had not synced is gone, without a trace.
  if (found.trust == Trust::whole && last.boot != journal::boot_id()) found.trust = Trust::lossy;
  if (!replay.has_books()) return found;

  Translation translation(replay.names(), live);
  for (Record row : replay.rows()) {
    if (!translation.translate(row)) continue;
    if (row.type == static_cast<std::uint16_t>(Type::open_order)) {
      auto order = row.as<journal::OpenOrder>();
      annotate(order, lanes, found.trust != Trust::whole);
      journal::clear_padding(order);
      std::memcpy(row.payload.data(), &order, sizeof order);
    }
    if (row.type == static_cast<std::uint16_t>(Type::leader_leg)) {
      const auto leg = row.as<journal::LeaderLeg>();
      found.leaders[leg.leader].legs[{leg.symbol, leg.leg}] = leg.qty;
    }
    if (row.type == static_cast<std::uint16_t>(Type::seen_trade)) {
      const auto seen = row.as<journal::SeenTrade>();
      found.leaders[seen.leader].seen.push_back(
          {.symbol = seen.symbol, .trade = seen.trade, .time = VenueTime{seen.time_ms}});
    }
    found.rows.push_back(row);
  }
  for (const auto& name : translation.dropped())
    found.notes.push_back(name +
                          " is not in the configuration any more: what was kept of it is "
                          "forgotten");
  return found;
}

}  // namespace copyd::engine
