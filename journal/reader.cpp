#include "journal/reader.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/assert.hpp"

namespace copyd::journal {
namespace {

constexpr std::string_view suffix = ".seg";
constexpr std::size_t digits = 8;

bool holds_together(const Record& record) noexcept {
  return record.length <= payload_size && record.crc == checksum(record);
}

}  // namespace

std::string segment_name(std::string_view writer, std::uint64_t number) {
  return fmt::format("{}-{:08}{}", writer, number, suffix);
}

std::optional<SegmentName> parse_segment_name(std::string_view file) {
  if (!file.ends_with(suffix)) return std::nullopt;
  file.remove_suffix(suffix.size());
  const auto dash = file.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const auto number = file.substr(dash + 1);
  SegmentName name{.writer = std::string(file.substr(0, dash))};
  const auto read = std::from_chars(number.data(), number.data() + number.size(), name.number);
  if (number.size() < digits || read.ec != std::errc() || read.ptr != number.data() + number.size())
    return std::nullopt;
  return name;
}

Reader::Reader(Disk& disk, std::string_view writer, std::vector<std::uint64_t> segments)
    : disk_(&disk), writer_(writer), segments_(std::move(segments)) {
  std::sort(segments_.begin(), segments_.end());
  for (const auto number : segments_) files_.push_back(segment_name(writer_, number));
}

Reader Reader::of_file(Disk& disk, std::string file) {
  Reader reader(disk, "", {});
  reader.files_.push_back(std::move(file));
  return reader;
}

Result<Reader> Reader::open(Disk& disk, std::string_view writer, Behind behind) {
  const auto files = TRY(disk.list());
  std::vector<std::uint64_t> segments;
  for (const auto& file : files)
    if (const auto name = parse_segment_name(file);
        name && name->writer == writer && name->number > behind.segment)
      segments.push_back(name->number);
  Reader reader(disk, writer, std::move(segments));
  reader.behind_segment_ = behind.segment;
  reader.sequence_ = behind.sequence;
  reader.first_ = behind.segment == 0;
  return reader;
}

Result<std::vector<std::string>> Reader::writers(Disk& disk) {
  const auto files = TRY(disk.list());
  std::vector<std::string> writers;
  for (const auto& file : files)
    if (const auto name = parse_segment_name(file)) writers.push_back(name->writer);
  std::sort(writers.begin(), writers.end());
  writers.erase(std::unique(writers.begin(), writers.end()), writers.end());
  return writers;
}

std::uint64_t Reader::last_segment() const noexcept {
  return segments_.empty() ? behind_segment_ : segments_.back();
}

std::optional<Record> Reader::next() {
  while (!done_) {
    // The rest of a segment that a stop left unfinished is blank.
    if (std::all_of(records_.begin() + static_cast<std::ptrdiff_t>(index_), records_.end(),
                    is_blank)) {
      if (!load_next()) return std::nullopt;
      continue;
    }
    const Record& record = records_[index_];
    offset_ = index_ * record_size;
    if (!holds_together(record)) {
      stop("its checksum does not fit");
      return std::nullopt;
    }
    if (!first_ && record.sequence != sequence_ + 1) {
      stop(fmt::format("it is number {}, expected was {}", record.sequence, sequence_ + 1));
      return std::nullopt;
    }
    first_ = false;
    sequence_ = record.sequence;
    ++index_;
    offset_ = index_ * record_size;
    return record;
  }
  return std::nullopt;
}

// False: there is nothing more to read.
bool Reader::load_next() {
  while (at_ < files_.size()) {
    file_ = files_[at_];
    if (!load(file_, records_)) return false;
    ++at_;
    index_ = 0;
    offset_ = 0;
    if (!records_.empty() && !is_blank(records_.front())) return read_header();
    // It was being made when the machine stopped, or lay ready and was not needed.
    records_.clear();
  }
  done_ = true;
  return false;
}

bool Reader::load(const std::string& name, std::vector<Record>& into) {
  const auto size = disk_->size(name);
  if (size.has_error()) return unreadable(size.error().message()), false;
  into.assign(size.value() / record_size, Record{});
  const auto read = disk_->read_at(name, 0, std::as_writable_bytes(std::span(into)));
  if (read.has_error()) return unreadable(read.error().message()), false;
  into.resize(read.value() / record_size);
  return true;
}

bool Reader::read_header() {
  const Record& record = records_.front();
  if (!holds_together(record) || record.type != static_cast<std::uint16_t>(Type::segment) ||
      record.length != sizeof(Segment)) {
    stop("its header does not hold together");
    return false;
  }
  header_ = record.as<Segment>();
  if (header_.magic != magic || header_.size != record_size) {
    stop("its header is not one of copyd's journal");
    return false;
  }
  if (header_.version != format_version) {
    unreadable(fmt::format("version {} of the journal, this program reads version {}",
                           header_.version, format_version));
    end_.newer = header_.version > format_version;
    return false;
  }
  index_ = 1;
  return true;
}

void Reader::stop(std::string_view what) {
  done_ = true;
  end_.kind = known_durable_later(sequence_ + 1) ? ReadEnd::Kind::corrupt : ReadEnd::Kind::torn;
  end_.file = file_;
  end_.offset = index_ * record_size;
  end_.reason = what;
}

// Was that record on the disk when something behind it was written?
bool Reader::known_durable_later(std::uint64_t sequence) {
  const auto knows = [&](const Record& record) {
    return holds_together(record) && record.sequence != 0 && record.durable >= sequence;
  };
  if (std::any_of(records_.begin() + static_cast<std::ptrdiff_t>(index_), records_.end(), knows))
    return true;
  std::vector<Record> later;
  for (std::size_t i = at_; i < files_.size(); ++i)
    if (load(files_[i], later) && std::any_of(later.begin(), later.end(), knows)) return true;
  return false;
}

void Reader::unreadable(std::string reason) {
  done_ = true;
  end_ = {.kind = ReadEnd::Kind::unreadable,
          .file = file_,
          .offset = 0,
          .reason = std::move(reason),
          .newer = false};
}

Result<void> cut_off(Disk& disk, const Reader& reader) {
  const ReadEnd& end = reader.end();
  ASSERT(end.kind == ReadEnd::Kind::torn);
  const auto torn = parse_segment_name(end.file);
  ASSERT(torn.has_value());
  // From the back, so that a stop in between leaves what is torn, and not a gap.
  auto files = TRY(disk.list());
  std::reverse(files.begin(), files.end());
  for (const auto& file : files) {
    const auto name = parse_segment_name(file);
    if (name && name->writer == torn->writer && name->number > torn->number) TRY(disk.remove(file));
  }
  if (end.offset == 0) return disk.remove(end.file);
  return disk.truncate(end.file, end.offset);
}

}  // namespace copyd::journal
