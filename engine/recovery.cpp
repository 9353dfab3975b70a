#include "engine/recovery.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "engine/link_books.hpp"
#include "engine/snapshot.hpp"
#include "engine/undrained.hpp"
#include "journal/archive.hpp"
#include "venue/client_order_id.hpp"

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
                      journal::Journal::Behind& behind, Apply apply, Reader::Behind base = {}) {
  Reader reader = TRY(Reader::open(disk, writer, base));
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
      found.trust = std::max(found.trust, Trust::corrupt);
      if (found.damage.empty()) found.damage = where(end);
      break;
    case ReadEnd::Kind::unreadable:
      found.trust = Trust::unreadable;
      found.newer = end.newer;
      if (found.damage.empty()) found.damage = where(end);
      break;
  }
  return {};
}

std::set<CopyId> open_orders(const std::vector<Record>& rows) {
  std::set<CopyId> open;
  for (const Record& row : rows)
    if (row.type == static_cast<std::uint16_t>(Type::open_order))
      open.insert(row.as<journal::OpenOrder>().copy_id);
  return open;
}

void annotate(journal::OpenOrder& order, const LaneTrack& lanes, bool lossy) {
  const AttemptRecord* const known = lanes.find(order.copy_id);
  if (known != nullptr) {
    order.attempt = known->attempt;
    order.doubts = known->doubts;
    order.ended = known->ended;
    order.filled_before = known->filled_before;
  }
  // No attempt was written but those, unless the disk has lost that it was.
  if (!lossy) return;
  const bool none = order.attempt == 0 && order.doubts == 0 && order.ended == 0;
  const int next = order.attempt + 1 - none;  // the lowest that is not known
  const int lost = std::min<int>(risk::lost_attempts(order.kind), venue::attempt_max + 1 - next);
  order.attempt = static_cast<std::uint8_t>(next + lost - 1);
  order.doubts = static_cast<std::uint8_t>(order.doubts + lost);
  order.ended = false;
}

}  // namespace

// ---- doubts ------------------------------------------------------------------------------------

std::optional<VenueTime> doubt_until(const Recovered& recovered, VenueTime now) {
  if (recovered.trust == Trust::lossy || recovered.trust == Trust::corrupt) return now;
  for (const Record& row : recovered.rows) {
    if (row.type != static_cast<std::uint16_t>(Type::books)) continue;
    const auto until = row.as<journal::Books>().doubt_until_ms;
    if (until != 0) return VenueTime{until};
  }
  return std::nullopt;
}

bool positions_doubtful(const Recovered& recovered, VenueTime now) {
  const auto until = doubt_until(recovered, now);
  return until && std::any_of(recovered.leaders.begin(), recovered.leaders.end(),
                              [&](const auto& leader) { return leader.second.until < *until; });
}

// ---- lanes -------------------------------------------------------------------------------------

Record report_of(const journal::Finished& finished) {
  journal::Done done{.copy_id = finished.copy_id,
                     .done = {.ref = {},
                              .follower = finished.follower,
                              .end = finished.end,
                              .filled = finished.filled,
                              .average = finished.average,
                              .venue_time = VenueTime{finished.venue_ms},
                              .venue_code = finished.code}};
  return journal::record_of(done);
}

const AttemptRecord* LaneTrack::find(const CopyId& id) const {
  const auto at = orders_.find(id);
  return at == orders_.end() ? nullptr : &at->second.record;
}

void LaneTrack::apply(const journal::Intent& intent) {
  Known& known = orders_[intent.copy_id];
  known.record.attempt = intent.attempt;
  known.record.doubts = 1;
  known.record.ended = false;
  known.filled = Qty();
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
    case Type::intent:
      apply(record.as<journal::Intent>());
      break;
    case Type::plain_intent:
      apply(record.as<journal::PlainIntent>().intent());
      break;
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
      finished_.push_back(record.as<journal::Finished>());
      break;
    default:
      break;
  }
}

// ---- all of it ---------------------------------------------------------------------------------

namespace {

Result<Recovered> read_runs(journal::Disk& disk, const RunNames& live,
                            const journal::BootId& boot) {
  Recovered found;
  TRY(journal::finish_archive(disk));
  const auto files = TRY(disk.list());
  for (const auto& file : files)
    if (journal::parse_segment_name(file)) found.obsolete.push_back(file);
  if (found.obsolete.empty()) return found;
  found.trust = Trust::whole;

  const SnapshotBase base = TRY(newest_snapshot(disk, found.notes));
  Replay& replay = *base.replay;
  journal::Segment last = base.header;  // of what counts
  const auto apply = [&](const Record& record, Reader& reader) {
    if (replay.apply(record, reader.segment())) {
      if (!replay.is_beginning()) last = reader.segment();
      return true;
    }
    found.trust = std::max(found.trust, Trust::corrupt);
    if (found.damage.empty())
      found.damage = fmt::format("{} at {}: {}", reader.file(), reader.offset(), replay.error());
    return false;
  };
  TRY(read_all(disk, copy_writer, found, found.copy, apply, base.behind));
  // Of orders that are over nothing is to be known.
  const std::set<CopyId> open =
      replay.has_books() ? open_orders(replay.rows()) : std::set<CopyId>();
  LaneTrack lanes;
  for (const auto& writer : TRY(Reader::writers(disk))) {
    if (!is_lane(writer)) continue;
    TRY(read_all(disk, writer, found, found.lanes[writer], [&](const Record& record, Reader&) {
      // Every payload of a lane begins with the copy id.
      if (open.contains(record.as<CopyId>())) lanes.apply(record);
      return true;
    }));
  }
  if (found.trust == Trust::unreadable) return found;
  // Another boot: what the last one had not synced is gone, without a trace.
  if (found.trust == Trust::whole && last.boot != boot) found.trust = Trust::lossy;
  if (!replay.has_books()) return found;
  found.generation = replay.names().generation;
  for (const auto& finished : lanes.finished()) replay.apply(report_of(finished), last);

  const auto rows = replay.rows();
  RunNames going = live;
  if (auto undrained = with_undrained(*live.config, *replay.names().config, rows)) {
    going.config = found.config =
        std::make_shared<const config::Config>(std::move(undrained->config));
    for (const auto& name : undrained->names)
      found.notes.push_back(name +
                            " is not in the configuration any more and is drained: nothing opens, "
                            "and what is held closes with its leader, or by copyctl flatten");
  }
  Translation translation(replay.names(), going);
  for (Record row : rows) {
    if (!translation.translate(row)) continue;
    if (row.type == static_cast<std::uint16_t>(Type::open_order)) {
      auto order = row.as<journal::OpenOrder>();
      annotate(order, lanes, found.trust != Trust::whole);
      row = journal::record_of(order);
    }
    restore_leader(found.leaders, row);
    found.rows.push_back(row);
  }
  for (const auto& name : translation.dropped())
    found.notes.push_back(name +
                          " is not in the configuration any more: what was kept of it is "
                          "forgotten");
  return found;
}

}  // namespace

Result<Recovered> recover(journal::Disk& disk, const RunNames& live, const journal::BootId& boot) {
  Recovered found = TRY(read_runs(disk, live, boot));
  if (found.trust == Trust::unreadable) return found;
  const LinkBooks books{.config = found.config ? *found.config : *live.config,
                        .leaders = found.leaders,
                        .complete = found.trust != Trust::corrupt};
  found.misfit = books.fit(found.rows);
  return found;
}

}  // namespace copyd::engine
