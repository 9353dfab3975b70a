#include "memory_disk.hpp"

#include <algorithm>

namespace copyd::test {
namespace {

constexpr std::uint64_t sector_size = 512;

boost::system::error_code system_error(boost::system::errc::errc_t code) {
  return boost::system::errc::make_error_code(code);
}

}  // namespace

class MemoryDisk::Handle final : public journal::File {
 public:
  Handle(MemoryDisk& disk, std::shared_ptr<Content> content)
      : disk_(disk), content_(std::move(content)) {}

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) noexcept override {
    if (disk_.fail_writes_) return system_error(boost::system::errc::io_error);
    ++disk_.writes_;
    std::copy(bytes.begin(), bytes.end(),
              content_->bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    const auto from = offset / sector_size;
    const auto to = (offset + bytes.size() + sector_size - 1) / sector_size;
    for (auto sector = from; sector < to; ++sector) content_->dirty[sector] = true;
    const bool none = content_->dirty_from == content_->dirty_to;
    content_->dirty_from = none ? from : std::min(content_->dirty_from, from);
    content_->dirty_to = std::max(content_->dirty_to, to);
    return {};
  }

  Result<void> sync() noexcept override {
    ++disk_.syncs_;
    if (disk_.fail_syncs_) return system_error(boost::system::errc::io_error);
    each_dirty(*content_, [&](std::uint64_t sector) { settle(*content_, sector); });
    return {};
  }

 private:
  MemoryDisk& disk_;
  std::shared_ptr<Content> content_;
};

void MemoryDisk::settle(Content& content, std::uint64_t sector) {
  const auto from = sector * sector_size;
  const auto to = std::min<std::uint64_t>(from + sector_size, content.bytes.size());
  std::copy(content.bytes.begin() + static_cast<std::ptrdiff_t>(from),
            content.bytes.begin() + static_cast<std::ptrdiff_t>(to),
            content.durable.begin() + static_cast<std::ptrdiff_t>(from));
}

Result<std::unique_ptr<journal::File>> MemoryDisk::create(std::string_view name,
                                                          std::uint64_t size) {
  if (full_) return system_error(boost::system::errc::no_space_on_device);
  if (files_.find(name) != files_.end()) return system_error(boost::system::errc::file_exists);
  auto content = std::make_shared<Content>();
  content->bytes.resize(size);
  content->durable.resize(size);
  content->dirty.resize((size + sector_size - 1) / sector_size);
  files_.emplace(std::string(name), content);
  return std::unique_ptr<journal::File>(std::make_unique<Handle>(*this, std::move(content)));
}

Result<std::vector<std::string>> MemoryDisk::list() {
  std::vector<std::string> names;
  for (const auto& [name, content] : files_) names.push_back(name);
  return names;
}

Result<std::uint64_t> MemoryDisk::size(std::string_view name) {
  const auto at = files_.find(name);
  if (at == files_.end()) return system_error(boost::system::errc::no_such_file_or_directory);
  return at->second->bytes.size();
}

Result<std::size_t> MemoryDisk::read_at(std::string_view name, std::uint64_t offset,
                                        std::span<std::byte> bytes) {
  const auto at = files_.find(name);
  if (at == files_.end()) return system_error(boost::system::errc::no_such_file_or_directory);
  const auto& content = at->second->bytes;
  if (offset >= content.size()) return std::size_t{0};
  const auto count = std::min<std::size_t>(bytes.size(), content.size() - offset);
  std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), count, bytes.begin());
  return count;
}

Result<void> MemoryDisk::truncate(std::string_view name, std::uint64_t size) {
  const auto at = files_.find(name);
  if (at == files_.end()) return system_error(boost::system::errc::no_such_file_or_directory);
  at->second->bytes.resize(size);
  at->second->durable = at->second->bytes;
  each_dirty(*at->second, [](std::uint64_t) {});
  return {};
}

Result<void> MemoryDisk::rename(std::string_view from, std::string_view to) {
  const auto at = files_.find(from);
  if (at == files_.end()) return system_error(boost::system::errc::no_such_file_or_directory);
  files_[std::string(to)] = at->second;
  files_.erase(at);
  return {};
}

Result<void> MemoryDisk::remove(std::string_view name) {
  const auto at = files_.find(name);
  if (at == files_.end()) return system_error(boost::system::errc::no_such_file_or_directory);
  files_.erase(at);
  return {};
}

}  // namespace copyd::test
