#include "journal/tail.hpp"

#include <algorithm>

#include "journal/archive.hpp"
#include "journal/reader.hpp"

namespace copyd::journal {
namespace {

constexpr std::size_t chunk_records = 256;

bool holds_together(const Record& record) noexcept {
  return record.length <= payload_size && record.crc == checksum(record);
}

bool is_header(const Record& record) noexcept {
  if (!holds_together(record) || record.type != static_cast<std::uint16_t>(Type::segment))
    return false;
  const auto header = record.as<Segment>();
  return header.magic == magic && header.version == format_version && header.size == record_size;
}

}  // namespace

Result<std::vector<std::uint64_t>> segments_ever(Disk& disk, std::string_view writer) {
  std::vector<std::uint64_t> numbers;
  for (std::string_view file : TRY(disk.list())) {
    if (file.ends_with(past_suffix)) file.remove_suffix(past_suffix.size());
    const auto name = parse_segment_name(file);
    if (name && name->writer == writer) numbers.push_back(name->number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Tail::Tail(Disk& disk, std::string writer, Position behind)
    : disk_(disk), writer_(std::move(writer)), behind_(behind), position_(behind) {}

Result<std::optional<Record>> Tail::next(Position upto) {
  for (;;) {
    if (number_ == 0 && TRY(open_from(behind_.segment)) == Is::no) return std::optional<Record>();
    const auto record = TRY(peek());
    if (!record) {
      if (TRY(move_on()) == Is::no) return std::optional<Record>();
      continue;
    }
    if (number_ >= upto.segment && record->sequence > upto.sequence) return std::optional<Record>();
    ++index_;
    if (number_ == behind_.segment && record->sequence <= behind_.sequence) continue;
    gap_ = position_.segment != 0 && position_.sequence != whole &&
           record->sequence != position_.sequence + 1;
    position_ = {.segment = number_, .sequence = record->sequence};
    return record;
  }
}

// The first segment of that number or a later one which says what it is.
Result<Tail::Is> Tail::open_from(std::uint64_t number) {
  for (const auto candidate : TRY(segments_ever(disk_, writer_))) {
    if (candidate < number) continue;
    Record header;
    if (TRY(read(candidate, 0, std::span(&header, 1))) != 1 || !is_header(header)) continue;
    number_ = candidate;
    index_ = 1;
    chunk_.clear();
    header_ = header.as<Segment>();
    return Is::so;
  }
  return Is::no;
}

// Where the writer has gone on to a later segment. False: it has not.
Result<Tail::Is> Tail::move_on() {
  for (const auto candidate : TRY(segments_ever(disk_, writer_))) {
    if (candidate <= number_) continue;
    Record first;
    if (TRY(read(candidate, 1, std::span(&first, 1))) != 1 || !holds_together(first)) continue;
    // What it wrote here before it went on is there now.
    if (TRY(peek())) return Is::so;
    return open_from(candidate);
  }
  return Is::no;
}

// The record at index_, if it is whole.
Result<std::optional<Record>> Tail::peek() {
  const auto in_chunk = [&]() -> const Record* {
    if (index_ < chunk_index_ || index_ - chunk_index_ >= chunk_.size()) return nullptr;
    const Record& record = chunk_[index_ - chunk_index_];
    return !is_blank(record) && holds_together(record) ? &record : nullptr;
  };
  if (const Record* record = in_chunk()) return std::optional(*record);
  chunk_.resize(chunk_records);
  chunk_.resize(TRY(read(number_, index_, chunk_)));
  chunk_index_ = index_;
  const Record* record = in_chunk();
  return record == nullptr ? std::optional<Record>() : std::optional(*record);
}

// How many whole records there were. A segment may be put aside, and deleted, at any moment.
Result<std::size_t> Tail::read(std::uint64_t number, std::uint64_t index, std::span<Record> into) {
  const std::string name = segment_name(writer_, number);
  for (const std::string& file : {name, name + std::string(past_suffix), name}) {
    const auto got = disk_.read_at(file, index * record_size, std::as_writable_bytes(into));
    if (got) return *got / record_size;
  }
  return std::size_t{0};
}

}  // namespace copyd::journal
