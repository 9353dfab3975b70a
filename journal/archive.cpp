#include "journal/archive.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "journal/records.hpp"

namespace copyd::journal {
namespace {

constexpr std::string_view list_name = "archive.todo";
constexpr std::string_view list_draft = "archive.draft";
constexpr std::size_t chunk_records = 1024;

bool is_there(const std::vector<std::string>& files, std::string_view name) {
  return std::find(files.begin(), files.end(), name) != files.end();
}

// Bytes up to the end of the last record that was written.
Result<std::uint64_t> used_length(Disk& disk, std::string_view name) {
  std::uint64_t end = TRY(disk.size(name)) / record_size;
  std::vector<Record> chunk(chunk_records);
  while (end > 0) {
    const auto count = std::min<std::uint64_t>(end, chunk_records);
    const auto part = std::span(chunk).first(count);
    const auto read =
        TRY(disk.read_at(name, (end - count) * record_size, std::as_writable_bytes(part)));
    if (read != part.size_bytes()) return make_error_code(Errc::io);
    for (std::uint64_t i = count; i > 0; --i)
      if (!is_blank(part[i - 1])) return (end - count + i) * record_size;
    end -= count;
  }
  return std::uint64_t{0};
}

// When the segment was made; what cannot be read counts as the oldest.
std::int64_t made_at(Disk& disk, std::string_view name) {
  Record record;
  const auto read = disk.read_at(name, 0, std::as_writable_bytes(std::span(&record, 1)));
  const bool header = read && *read == record_size && record.crc == checksum(record) &&
                      record.type == static_cast<std::uint16_t>(Type::segment);
  return header ? record.as<Segment>().wall_ns : std::numeric_limits<std::int64_t>::min();
}

Result<void> delete_oldest(Disk& disk, std::uint64_t keep_bytes) {
  struct Past {
    std::int64_t made = 0;
    std::string name;
    std::uint64_t bytes = 0;
  };
  std::vector<Past> all;
  std::uint64_t bytes = 0;
  for (const auto& name : TRY(disk.list())) {
    if (!name.ends_with(past_suffix)) continue;
    all.push_back({.made = made_at(disk, name), .name = name, .bytes = TRY(disk.size(name))});
    bytes += all.back().bytes;
  }
  std::sort(all.begin(), all.end(), [](const Past& a, const Past& b) {
    return a.made != b.made ? a.made < b.made : a.name < b.name;
  });
  for (const Past& past : all) {
    if (bytes <= keep_bytes) break;
    TRY(disk.remove(past.name));
    bytes -= past.bytes;
  }
  return {};
}

// Under its own name only when the whole of it is on the disk.
Result<void> write_list(Disk& disk, std::span<const std::string> names) {
  std::string text;
  for (const auto& name : names) text += name + '\n';
  if (is_there(TRY(disk.list()), list_draft)) TRY(disk.remove(list_draft));
  const auto file = TRY(disk.create(list_draft, text.size()));
  TRY(file->write_at(0, std::as_bytes(std::span(text))));
  TRY(file->sync());
  return disk.rename(list_draft, list_name);
}

Result<void> put_away(Disk& disk, const std::string& name) {
  const auto used = TRY(used_length(disk, name));
  // One that lay ready and was never used says nothing.
  if (used <= record_size) return disk.remove(name);
  if (used < TRY(disk.size(name))) TRY(disk.truncate(name, used));
  return disk.rename(name, name + std::string(past_suffix));
}

}  // namespace

Result<std::vector<std::string>> half_archived(Disk& disk) {
  std::vector<std::string> names;
  if (!is_there(TRY(disk.list()), list_name)) return names;
  std::string text(TRY(disk.size(list_name)), '\0');
  const auto read = TRY(disk.read_at(list_name, 0, std::as_writable_bytes(std::span(text))));
  // It got its name when it was whole: anything else is not ours.
  if (read != text.size() || (!text.empty() && text.back() != '\n'))
    return make_error_code(Errc::malformed);
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    names.push_back(text.substr(begin, end - begin));
    if (names.back().find('/') != std::string::npos) return make_error_code(Errc::malformed);
    begin = end + 1;
  }
  return names;
}

Result<void> finish_archive(Disk& disk, std::uint64_t keep_bytes) {
  const auto files = TRY(disk.list());
  if (is_there(files, list_draft)) TRY(disk.remove(list_draft));
  if (is_there(files, list_name)) {
    for (const auto& name : TRY(half_archived(disk)))
      if (is_there(files, name)) TRY(put_away(disk, name));
    TRY(disk.remove(list_name));
  }
  return delete_oldest(disk, keep_bytes);
}

Result<void> archive(Disk& disk, std::span<const std::string> names, std::uint64_t keep_bytes) {
  TRY(finish_archive(disk, keep_bytes));
  if (names.empty()) return {};
  TRY(write_list(disk, names));
  return finish_archive(disk, keep_bytes);
}

}  // namespace copyd::journal
