// Snapshot: the books of this run as of the end of one of the copy agent's segments, in a file
// `snapshot-NNNNNNNN.seg` of the same number, so that a start need not read what came before.
//
//   snapshot = segment snapshot preamble books        (docs/JOURNAL.md has the grammar)
//
// It gets its name when all of it is on the disk. One that does not hold together is passed over:
// the one before it, or the segments themselves, are still there. Cold.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "engine/replay.hpp"
#include "journal/disk.hpp"
#include "journal/reader.hpp"
#include "journal/records.hpp"

namespace copyd::engine {

inline constexpr std::string_view snapshot_writer = "snapshot";

// `header`: of the last segment that it counts. REQUIRES: replay.has_books().
Result<void> write_snapshot(journal::Disk& disk, const Replay& replay,
                            const journal::Snapshot& upto, const journal::Segment& header);

// Where a start begins to read: behind the newest whole snapshot, or at the first segment.
struct SnapshotBase {
  std::unique_ptr<Replay> replay;  // with the books of the snapshot, if there is one
  journal::Reader::Behind behind;  // what they count of the copy agent's series
  journal::Segment header;
};
// That of one segment, also where it was put aside; empty: there is none that is whole.
std::optional<SnapshotBase> load_snapshot(journal::Disk& disk, std::uint64_t segment,
                                          risk::DecisionSink* decisions = nullptr);
// What is damaged is named in `notes`. Errors: those of the disk.
Result<SnapshotBase> newest_snapshot(journal::Disk& disk, std::vector<std::string>& notes);

}  // namespace copyd::engine
