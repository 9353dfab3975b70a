#include "engine/compaction.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "engine/snapshot.hpp"

namespace copyd::engine {
namespace {

using journal::Reader;
using journal::Record;
using journal::Type;

constexpr std::string_view copy_writer = "copy";

// The record behind a segment's header; empty while there is none.
Result<std::optional<Record>> first_record(journal::Disk& disk, const std::string& file) {
  Record record;
  const auto read =
      TRY(disk.read_at(file, journal::record_size, std::as_writable_bytes(std::span(&record, 1))));
  if (read != journal::record_size || record.sequence == 0 ||
      record.crc != journal::checksum(record))
    return std::optional<Record>();
  return std::optional<Record>(record);
}

}  // namespace

Compaction::Compaction(journal::Disk& disk, const Clock& clock, Channel<Notice>& notices,
                       Reader::Behind before, Settings settings)
    : disk_(disk),
      clock_(clock),
      notices_(notices),
      settings_(settings),
      first_(before.segment + 1),
      fed_(before) {}

int Compaction::do_work() noexcept {
  const Mono now = clock_.now();
  if (failed_ || now < look_due_) return 0;
  const auto done = step();
  if (done && *done > 0) return *done;
  look_due_ = now + settings_.look_every;
  if (done) return 0;
  failed_ = true;
  Notice notice{.level = Notice::Level::warning, .who = Notice::Who::journal};
  const auto end = fmt::format_to_n(notice.text.data(), notice.text.size() - 1,
                                    "the journal is not made smaller any more in this run: {}",
                                    fault_.empty() ? done.error().message() : fault_);
  *end.out = '\0';
  notices_.try_push(notice);
  return 0;
}

// One segment, or one snapshot.
Result<int> Compaction::step() {
  const std::uint64_t counted = snapshot_ != 0 ? snapshot_ : first_ - 1;
  // A snapshot has a configuration as a whole: not in the middle of a reload.
  const bool is_whole = !replay_.has_books() || !replay_.is_beginning();
  if (fed_.segment - counted >= settings_.segments && is_whole) {
    TRY(take_snapshot());
    return 1;
  }
  if (TRY(is_closed(copy_writer, fed_.segment + 1)) == Is::no) return 0;
  TRY(feed(fed_.segment + 1));
  return 1;
}

// Full, and known to be on the disk: its writer has gone on, and has written so since.
Result<Compaction::Is> Compaction::is_closed(std::string_view writer, std::uint64_t segment) {
  const auto files = TRY(disk_.list());
  std::optional<std::uint64_t> last;  // sequence in the segment
  for (auto next = segment + 1;; ++next) {
    const std::string file = journal::segment_name(writer, next);
    if (!std::binary_search(files.begin(), files.end(), file)) return Is::no;
    const auto record = TRY(first_record(disk_, file));
    if (!record) return Is::no;
    if (!last) last = record->sequence - 1;
    if (record->durable >= *last) return Is::so;
  }
}

bool Compaction::apply(const Record& record, const journal::Segment& segment) {
  if (!replay_.apply(record, segment)) return false;
  if (record.type == static_cast<std::uint16_t>(Type::order_done))
    over_.insert(record.as<journal::Done>().copy_id);
  return true;
}

Result<void> Compaction::feed(std::uint64_t segment) {
  const std::string file = journal::segment_name(copy_writer, segment);
  Reader reader = Reader::of_file(disk_, file);
  while (const auto record = reader.next()) {
    if (record->sequence != fed_.sequence + 1 || !apply(*record, reader.segment())) {
      fault_ = fmt::format("{} at {}: {}", file, reader.offset(), replay_.error());
      return make_error_code(Errc::malformed);
    }
    fed_.sequence = record->sequence;
  }
  const auto next = TRY(first_record(disk_, journal::segment_name(copy_writer, segment + 1)));
  if (reader.end().kind != journal::ReadEnd::Kind::clean || !next ||
      next->sequence != fed_.sequence + 1) {
    fault_ = fmt::format("{} does not hold together", file);
    return make_error_code(Errc::malformed);
  }
  fed_.segment = segment;
  header_ = reader.segment();
  return {};
}

Result<void> Compaction::take_snapshot() {
  // Books whose beginning is longer than that are not begun yet.
  if (!replay_.has_books()) {
    fault_ = "the beginning of the run has no end";
    return make_error_code(Errc::malformed);
  }
  TRY(write_snapshot(disk_, replay_, {.segment = fed_.segment, .sequence = fed_.sequence},
                     header_));
  const std::uint64_t before = std::exchange(snapshot_, fed_.segment);
  return journal::archive(disk_, TRY(obsolete(before)), settings_.keep_bytes);
}

// Every order that it names has ended, as far as the snapshot counts.
Result<Compaction::Is> Compaction::is_over(const std::string& file, std::vector<CopyId>& finished) {
  Reader reader = Reader::of_file(disk_, file);
  while (const auto record = reader.next()) {
    // Every payload of a lane begins with the copy id.
    const auto id = record->as<CopyId>();
    // One to an order that is not over has that order's intent before it. Behind an order's end the
    // stream may have told the price, when nothing else of it is known here any more.
    if (record->type == static_cast<std::uint16_t>(Type::answer)) continue;
    if (!over_.contains(id)) return Is::no;
    if (record->type == static_cast<std::uint16_t>(Type::finished)) finished.push_back(id);
  }
  return reader.end().kind == journal::ReadEnd::Kind::clean ? Is::so : Is::no;
}

// What counts no more now that there is a snapshot behind the one of segment `before`.
Result<std::vector<std::string>> Compaction::obsolete(std::uint64_t before) {
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::uint64_t>> lanes;
  for (const auto& file : TRY(disk_.list())) {
    const auto name = journal::parse_segment_name(file);
    if (!name) continue;
    const bool counted = name->writer == copy_writer && name->number <= before;
    const bool older = name->writer == snapshot_writer && name->number < before;
    if (counted || older) names.push_back(file);
    if (name->writer.starts_with("lane")) lanes[name->writer].push_back(name->number);
  }
  // Of each lane the first ones, without a gap: a series goes on from where it begins.
  for (const auto& [lane, segments] : lanes) {
    for (const auto segment : segments) {
      const std::string file = journal::segment_name(lane, segment);
      std::vector<CopyId> finished;
      if (TRY(is_closed(lane, segment)) == Is::no || TRY(is_over(file, finished)) == Is::no) break;
      names.push_back(file);
      // Nothing of them is written behind that.
      for (const CopyId& id : finished) over_.erase(id);
    }
  }
  return names;
}

}  // namespace copyd::engine
