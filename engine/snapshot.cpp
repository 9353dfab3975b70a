#include "engine/snapshot.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "journal/archive.hpp"

namespace copyd::engine {
namespace {

using journal::Reader;
using journal::Record;
using journal::Type;

// Whatever is damaged in a snapshot was once on the disk.
void number(std::vector<Record>& records) {
  const std::uint64_t last = records.size() - 1;
  for (std::uint64_t i = 0; i < records.size(); ++i) {
    records[i].sequence = i;
    if (i > 0) records[i].durable = last;
    records[i].crc = journal::checksum(records[i]);
  }
}

// What of the books is of one start alone counts here too: the run goes on.
Record of_this_run(const Record& row) {
  if (row.type == static_cast<std::uint16_t>(Type::follower)) {
    auto follower = row.as<journal::Follower>();
    follower.same_run = 1;
    return journal::record_of(follower);
  }
  if (row.type == static_cast<std::uint16_t>(Type::last_price)) {
    auto last = row.as<journal::LastPrice>();
    last.same_run = 1;
    return journal::record_of(last);
  }
  return row;
}

struct Attempt {
  std::optional<SnapshotBase> base;
  std::string fault;
};

Attempt load(journal::Disk& disk, const std::string& file, std::uint64_t segment,
             risk::DecisionSink* decisions = nullptr) {
  Reader reader = Reader::of_file(disk, file);
  const auto first = reader.next();
  if (!first || first->type != static_cast<std::uint16_t>(Type::snapshot))
    return {.base = {}, .fault = first ? "it is no snapshot" : reader.end().reason};
  const auto upto = first->as<journal::Snapshot>();
  if (upto.segment != segment) return {.base = {}, .fault = "it is of another segment"};
  SnapshotBase base{.replay = std::make_unique<Replay>(decisions),
                    .behind = {.segment = upto.segment, .sequence = upto.sequence},
                    .header = reader.segment()};
  while (const auto record = reader.next())
    if (!base.replay->apply(*record, reader.segment()))
      return {.base = {}, .fault = base.replay->error()};
  if (reader.end().kind != journal::ReadEnd::Kind::clean)
    return {.base = {}, .fault = reader.end().reason};
  if (!base.replay->has_books()) return {.base = {}, .fault = "it has no end"};
  return {.base = std::move(base), .fault = {}};
}

}  // namespace

Result<void> write_snapshot(journal::Disk& disk, const Replay& replay,
                            const journal::Snapshot& upto, const journal::Segment& header) {
  journal::Segment own = header;
  own.writer = journal::Name<16>(snapshot_writer);
  own.number = upto.segment;
  std::vector<Record> records{journal::record_of(own), journal::record_of(upto)};
  const auto preamble = replay.names().preamble();
  records.insert(records.end(), preamble.begin(), preamble.end());
  for (const Record& row : replay.rows()) records.push_back(of_this_run(row));
  number(records);

  const std::string name = journal::segment_name(snapshot_writer, upto.segment);
  const std::string draft = name + ".draft";
  const auto files = TRY(disk.list());
  if (std::find(files.begin(), files.end(), draft) != files.end()) TRY(disk.remove(draft));
  const auto file = TRY(disk.create(draft, records.size() * journal::record_size));
  TRY(file->write_at(0, std::as_bytes(std::span(records))));
  TRY(file->sync());
  return disk.rename(draft, name);
}

std::optional<SnapshotBase> load_snapshot(journal::Disk& disk, std::uint64_t segment,
                                          risk::DecisionSink* decisions) {
  const std::string name = journal::segment_name(snapshot_writer, segment);
  for (const std::string& file : {name, name + std::string(journal::past_suffix)})
    if (auto attempt = load(disk, file, segment, decisions); attempt.base)
      return std::move(attempt.base);
  return std::nullopt;
}

Result<SnapshotBase> newest_snapshot(journal::Disk& disk, std::vector<std::string>& notes) {
  std::vector<std::uint64_t> numbers;
  for (const auto& file : TRY(disk.list()))
    if (const auto name = journal::parse_segment_name(file);
        name && name->writer == snapshot_writer)
      numbers.push_back(name->number);
  std::sort(numbers.rbegin(), numbers.rend());
  for (const auto segment : numbers) {
    const std::string file = journal::segment_name(snapshot_writer, segment);
    auto attempt = load(disk, file, segment);
    if (attempt.base) return std::move(*attempt.base);
    notes.push_back(fmt::format("{} is passed over: {}", file, attempt.fault));
  }
  return SnapshotBase{.replay = std::make_unique<Replay>(), .behind = {}, .header = {}};
}

}  // namespace copyd::engine
