// Reader: the records of one writer, in order, over all its segments.
//
// A record that does not hold together ends the reading. What it means is told apart: if anything
// valid behind it was written when the bad one was known to be on the disk, something that stood
// there was changed: the journal is corrupt. If not, the machine stopped before it was on the disk:
// a torn tail, which is cut off, and nothing that was promised is missing.
//
// Cold; reads a segment at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/disk.hpp"
#include "journal/records.hpp"

namespace copyd::journal {

// "copy-00000001.seg"
std::string segment_name(std::string_view writer, std::uint64_t number);
struct SegmentName {
  std::string writer;
  std::uint64_t number = 0;
};
// Empty for a file that is no segment.
std::optional<SegmentName> parse_segment_name(std::string_view file);

struct ReadEnd {
  enum class Kind : std::uint8_t {
    clean,
    torn,
    corrupt,
    unreadable,  // the disk said no, or a newer version of this program wrote it
  };
  Kind kind = Kind::clean;
  std::string file;          // where, but for clean
  std::uint64_t offset = 0;  // of the record that does not hold together
  std::string reason;
  bool newer = false;  // unreadable, because a newer version wrote it
};

class Reader {
 public:
  Reader(Disk& disk, std::string_view writer, std::vector<std::uint64_t> segments);
  // One file, whatever its name: a segment that was kept as `.past`, or a snapshot.
  static Reader of_file(Disk& disk, std::string file);
  // All segments of that writer that the directory holds.
  static Result<Reader> open(Disk& disk, std::string_view writer) {
    return open(disk, writer, {});
  }
  // Those behind a segment that ended with that sequence: the next record must go on with it.
  struct Behind {
    std::uint64_t segment = 0;
    std::uint64_t sequence = 0;
  };
  static Result<Reader> open(Disk& disk, std::string_view writer, Behind behind);
  // The writers that the directory knows, sorted.
  static Result<std::vector<std::string>> writers(Disk& disk);

  // The next record, headers left out; empty at the end, whose kind end() tells.
  std::optional<Record> next();
  const ReadEnd& end() const noexcept { return end_; }

  // Of the segment that the last record came from.
  const Segment& segment() const noexcept { return header_; }
  const std::string& file() const noexcept { return file_; }
  std::uint64_t offset() const noexcept { return offset_ - record_size; }

  // Where the writer's next segment goes on.
  std::uint64_t last_sequence() const noexcept { return sequence_; }
  std::uint64_t last_segment() const noexcept;

 private:
  bool load_next();
  bool load(const std::string& name, std::vector<Record>& into);
  bool read_header();
  void stop(std::string_view what);
  bool known_durable_later(std::uint64_t sequence);
  void unreadable(std::string reason);

  Disk* disk_;
  std::string writer_;
  std::vector<std::uint64_t> segments_;
  std::vector<std::string> files_;  // the same, by name
  std::uint64_t behind_segment_ = 0;
  std::size_t at_ = 0;  // index of the segment to load next
  std::vector<Record> records_;
  std::size_t index_ = 0;
  std::string file_;
  std::uint64_t offset_ = 0;
  std::uint64_t sequence_ = 0;
  bool first_ = true;
  bool done_ = false;
  Segment header_;
  ReadEnd end_;
};

// Cuts off what a torn end left, and every segment behind it, so that the writer can go on.
// REQUIRES: the reader has ended torn.
Result<void> cut_off(Disk& disk, const Reader& reader);

}  // namespace copyd::journal
