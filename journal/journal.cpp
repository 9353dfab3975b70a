#include "journal/journal.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "journal/reader.hpp"

namespace copyd::journal {

BootId boot_id() {
  BootId id{};
  std::FILE* const file = std::fopen("/proc/sys/kernel/random/boot_id", "re");
  if (file == nullptr) return id;
  std::size_t nibbles = 0;
  for (int c = std::fgetc(file); c != EOF && nibbles < 2 * id.size(); c = std::fgetc(file)) {
    const auto digit = std::string_view("0123456789abcdef").find(static_cast<char>(c));
    if (digit == std::string_view::npos) continue;
    auto& byte = id[nibbles / 2];
    byte = static_cast<std::uint8_t>((unsigned{byte} << 4U) + static_cast<unsigned>(digit));
    ++nibbles;
  }
  std::fclose(file);
  return id;
}

Journal::Journal(Disk& disk, const Clock& clock, Channel<Notice>& notices, Settings settings)
    : disk_(disk), clock_(clock), notices_(notices), settings_(settings) {}

Result<Writer*> Journal::open(std::string_view writer, Behind behind, std::int64_t wall_ns) {
  Entry entry{
      .writer = {}, .segment = behind.segment + 1, .wall_offset_ns = wall_ns - clock_.now().ns};
  auto file = TRY(make_segment(writer, entry.segment, entry.wall_offset_ns));
  entry.writer = std::make_unique<Writer>(Writer::Start{.name = std::string(writer),
                                                        .file = std::move(file),
                                                        .capacity = settings_.segment_records,
                                                        .last_sequence = behind.sequence,
                                                        .bell = &bell_});
  entries_.push_back(std::move(entry));
  return entries_.back().writer.get();
}

Result<std::unique_ptr<File>> Journal::make_segment(std::string_view writer, std::uint64_t number,
                                                    std::int64_t wall_offset_ns) {
  auto file =
      TRY(disk_.create(segment_name(writer, number), settings_.segment_records * record_size));
  const Mono now = clock_.now();
  const Segment header{.writer = Name<16>(writer),
                       .number = number,
                       .mono_ns = now.ns,
                       .wall_ns = now.ns + wall_offset_ns,
                       .boot = settings_.boot};
  Record record{.type = static_cast<std::uint16_t>(Type::segment),
                .length = sizeof header,
                .mono_ns = now.ns};
  std::memcpy(record.payload.data(), &header, sizeof header);
  record.crc = checksum(record);
  auto written = file->write_at(0, std::as_bytes(std::span(&record, 1)));
  if (written) written = file->sync();
  if (!written) {
    file.reset();
    TRY(disk_.remove(segment_name(writer, number)));
    return written.error();
  }
  return file;
}

Result<void> Journal::sync() {
  Result<void> first;
  for (auto& entry : entries_)
    if (const auto synced = entry.writer->sync(); !synced && first) first = synced;
  return first;
}

int Journal::do_work() noexcept {
  const Mono now = clock_.now();
  bool sync_due = now >= sync_due_;
  for (auto& entry : entries_) sync_due |= entry.writer->take_asked();
  if (sync_due) sync_due_ = now + settings_.sync_every;
  int work = 0;
  for (auto& entry : entries_) work += tend(entry, sync_due);
  return work;
}

int Journal::tend(Entry& entry, bool sync_due) noexcept {
  Writer& writer = *entry.writer;
  int work = 0;
  if (writer.wants_segment()) {
    // A failure here is not yet one of the writer: half a segment is left, and it is tried again.
    if (auto made = make_segment(writer.name(), entry.segment + 1, entry.wall_offset_ns)) {
      ++entry.segment;
      writer.prepare(std::move(made).value());
      ++work;
    } else if (!std::exchange(entry.warned, true)) {
      tell(entry, "no room for its next segment: " + made.error().message());
    }
  }
  if (sync_due && writer.durable() != writer.appended()) {
    if (const auto synced = writer.sync(); !synced) tell(entry, synced.error().message());
    ++work;
  }
  if (writer.failed() && !std::exchange(entry.mourned, true)) {
    failed_.store(true, std::memory_order_release);
    tell(entry, "it cannot be written any more; nothing opens until copyd is started again");
  }
  return work;
}

void Journal::tell(const Entry& entry, std::string_view what) noexcept {
  Notice notice{.level = Notice::Level::error, .who = Notice::Who::journal};
  const auto end = fmt::format_to_n(notice.text.data(), notice.text.size() - 1, "journal {}: {}",
                                    entry.writer->name(), what);
  *end.out = '\0';
  notices_.try_push(notice);
}

}  // namespace copyd::journal
