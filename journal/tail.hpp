// Tail: the records of one writer as they come, while it writes on; also over segments that were
// put aside meanwhile (`.past`). Where records are missing it goes on behind them and says so.
//
// It reads a little at a time and keeps no file open. Cold; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/disk.hpp"
#include "journal/records.hpp"

namespace copyd::journal {

// Segments of that writer, whether put aside or not, sorted.
Result<std::vector<std::uint64_t>> segments_ever(Disk& disk, std::string_view writer);

class Tail {
 public:
  // A record is named by both: after a damaged journal the same sequence may be given out again, in
  // a later segment.
  struct Position {
    std::uint64_t segment = 0;
    std::uint64_t sequence = 0;
  };
  // As a sequence: behind all of that segment.
  static constexpr std::uint64_t whole = UINT64_MAX;
  // Begins behind that record; with an empty position, at the oldest that there is.
  Tail(Disk& disk, std::string writer, Position behind);

  // The next record; empty: nothing more for now. Of segments from `upto.segment` on only records
  // up to `upto.sequence` are shown: what is not on the disk yet may still be lost.
  Result<std::optional<Record>> next(Position upto);

  // Of the record shown last.
  const std::string& writer() const noexcept { return writer_; }
  const Segment& segment() const noexcept { return header_; }
  const Position& position() const noexcept { return position_; }
  bool gap() const noexcept { return gap_; }  // records before it are missing

 private:
  enum class Is : std::uint8_t { no, so };
  Result<Is> open_from(std::uint64_t number);
  Result<Is> move_on();
  Result<std::optional<Record>> peek();
  Result<std::size_t> read(std::uint64_t number, std::uint64_t index, std::span<Record> into);

  Disk& disk_;
  const std::string writer_;
  Position behind_;
  Position position_;
  std::uint64_t number_ = 0;  // of the segment that is being read; 0: none
  std::uint64_t index_ = 0;   // of the record to be shown next
  std::vector<Record> chunk_;
  std::uint64_t chunk_index_ = 0;  // of its first record
  Segment header_;
  bool gap_ = false;
};

}  // namespace copyd::journal
