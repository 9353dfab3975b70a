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

// As far as it is written.
void annotate(journal::OpenOrder& order, const LaneTrack& lanes) {
  const AttemptRecord* const known = lanes.find(order.copy_id);
  if (known == nullptr) return;
  order.attempt = known->attempt;
  order.doubts = known->doubts;
  order.ended = known->ended;
  order.filled_before = known->filled_before;
}

void annotate(journal::OpenOrder& order, const LaneTrack& lanes, bool lossy) {
  annotate(order, lanes);
  // No attempt was written but those, unless the disk has lost that it was.
  if (!lossy) return;
  const bool none = order.attempt == 0 && order.doubts == 0 && order.ended == 0;
  const int next = order.attempt + 1 - none;  // the lowest that is not known
  const int lost = std::min<int>(risk::lost_attempts(order.kind), venue::attempt_max + 1 - next);
  order.attempt = static_cast<std::uint8_t>(next + lost - 1);
  order.doubts = static_cast<std::uint8_t>(order.doubts + lost);
  order.ended = false;
}

// Orders that left as one, or may have, each with the one that carried; that one with itself. A
// joined order is its carrier's first attempt. It left when that has an intent, for more than the
// carrier's own, which a lossy journal may lack; it failed where it ended without a fill, and then
// each is for itself, as it is where they are said to be apart.
class JoinedOrders {
 public:
  JoinedOrders(const std::vector<Record>& rows, const LaneTrack& lanes, bool lossy) {
    std::map<CopyId, CopyId> said;  // by the books of the run before
    for (const Record& row : rows) {
      if (row.type == static_cast<std::uint16_t>(Type::joined)) {
        const auto joined = row.as<journal::JoinedOrder>();
        said[joined.copy_id] = joined.carrier;
      }
      if (row.type != static_cast<std::uint16_t>(Type::open_order)) continue;
      auto order = row.as<journal::OpenOrder>();
      const CopyId* const newer = lanes.carrier_of(order.copy_id);
      const CopyId carrier = newer != nullptr ? *newer : said[order.copy_id];
      // Of a leg the one that carries comes first, and it is the last one that is told.
      annotate(order, lanes);
      const AttemptRecord* const known = lanes.find(order.copy_id);
      const bool by_itself =
          known != nullptr && known->asked.sign() > 0 && known->asked <= order.qty;
      const bool left = order.attempt == 0 && !by_itself &&
                        (order.doubts != 0 || !order.filled_before.is_zero() ||
                         (lossy && order.ended == 0));
      if (carrier == order.copy_id ? left : carriers_.contains(carrier))
        carriers_[order.copy_id] = carrier;
    }
  }

  // True: its row is annotated, and `rows` gets the one that goes before it.
  bool take(journal::OpenOrder& order, std::vector<Record>& rows) const {
    const auto at = carriers_.find(order.copy_id);
    if (at == carriers_.end()) return false;
    order.attempt = 0;
    order.doubts = at->second == order.copy_id ? 1 : 0;
    order.ended = 0;
    order.filled_before = Qty();
    rows.push_back(journal::record_of(
        journal::JoinedOrder{.copy_id = order.copy_id, .carrier = at->second}));
    return true;
  }

 private:
  std::map<CopyId, CopyId> carriers_;
};

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

const CopyId* LaneTrack::carrier_of(const CopyId& id) const {
  const auto at = carriers_.find(id);
  return at == carriers_.end() ? nullptr : &at->second;
}

void LaneTrack::apply(const journal::Intent& intent) {
  Known& known = orders_[intent.copy_id];
  known.record.attempt = intent.attempt;
  known.record.doubts = 1;
  known.record.ended = false;
  known.record.asked = intent.qty;
  known.filled = Qty();
  if (const CopyId* carrier = carrier_of(intent.copy_id); carrier && *carrier != intent.copy_id)
    carriers_.erase(intent.copy_id);
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
    case Type::riding: {
      const auto riding = record.as<journal::Riding>();
      carriers_[riding.copy_id] = riding.carrier;
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

  const std::vector<Record> rows = replay.rows();
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
  const bool lossy = found.trust != Trust::whole;
  const JoinedOrders joined(rows, lanes, lossy);
  for (Record row : rows) {
    if (row.type == static_cast<std::uint16_t>(Type::joined)) continue;
    if (!translation.translate(row)) continue;
    if (row.type == static_cast<std::uint16_t>(Type::open_order)) {
      auto order = row.as<journal::OpenOrder>();
      if (!joined.take(order, found.rows)) annotate(order, lanes, lossy);
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
