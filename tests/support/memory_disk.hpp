// MemoryDisk: the journal's directory in memory, with the faults of a real one: a power cut that
// loses what was not synced, torn and changed bytes, no room, and errors of the device.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "journal/disk.hpp"

namespace copyd::test {

class MemoryDisk final : public journal::Disk {
 public:
  struct Content {
    std::vector<std::byte> bytes;    // as a reader sees them
    std::vector<std::byte> durable;  // as they are on the platter
    std::vector<bool> dirty;         // by 512-byte sector: was not synced
    std::uint64_t dirty_from = 0;    // those are within these
    std::uint64_t dirty_to = 0;
  };

  Result<std::unique_ptr<journal::File>> create(std::string_view name, std::uint64_t size) override;
  Result<std::vector<std::string>> list() override;
  Result<std::uint64_t> size(std::string_view name) override;
  Result<std::size_t> read_at(std::string_view name, std::uint64_t offset,
                              std::span<std::byte> bytes) override;
  Result<void> truncate(std::string_view name, std::uint64_t size) override;
  Result<void> rename(std::string_view from, std::string_view to) override;
  Result<void> remove(std::string_view name) override;

  // ---- faults ----------------------------------------------------------------------------------

  // What was not synced is lost, but for the dirty sectors for which `keep` says true: a disk
  // writes them in any order.
  template <class Keep>
  void power_cut(Keep keep) {
    for (auto& [name, content] : files_) {
      each_dirty(*content, [&](std::uint64_t sector) {
        if (keep(name, sector)) settle(*content, sector);
      });
      content->bytes = content->durable;
    }
  }
  void power_cut() {
    power_cut([](const std::string&, std::uint64_t) { return false; });
  }
  void no_room(bool full) { full_ = full; }
  void fail_writes(bool fail) { fail_writes_ = fail; }
  void fail_syncs(bool fail) { fail_syncs_ = fail; }
  // Bytes of a file, to be changed behind everybody's back.
  std::vector<std::byte>& bytes(const std::string& name) { return files_.at(name)->bytes; }
  std::uint64_t syncs() const { return syncs_; }
  std::uint64_t writes() const { return writes_; }

 private:
  class Handle;
  static void settle(Content& content, std::uint64_t sector);
  // Visits what was not synced, in order, and forgets it.
  template <class Visit>
  static void each_dirty(Content& content, Visit visit) {
    for (auto sector = content.dirty_from; sector < content.dirty_to; ++sector) {
      if (content.dirty[sector]) visit(sector);
      content.dirty[sector] = false;
    }
    content.dirty_from = content.dirty_to = 0;
  }

  std::map<std::string, std::shared_ptr<Content>, std::less<>> files_;
  bool full_ = false;
  bool fail_writes_ = false;
  bool fail_syncs_ = false;
  std::uint64_t syncs_ = 0;
  std::uint64_t writes_ = 0;
};

}  // namespace copyd::test
