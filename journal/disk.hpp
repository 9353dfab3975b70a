// Disk: the directory that the journal lives in, behind an interface, so that a test can lose what
// was not synced, tear a sector, or run out of room.
//
// A File may be written by one thread while another syncs it. Errors are the operating system's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace copyd::journal {

class File {
 public:
  virtual ~File() = default;
  // Writes all of it, or fails; allocates nothing.
  virtual Result<void> write_at(std::uint64_t offset,
                                std::span<const std::byte> bytes) noexcept = 0;
  // What was written before the call is on the disk when it returns.
  virtual Result<void> sync() noexcept = 0;
};

class Disk {
 public:
  virtual ~Disk() = default;
  // A new file of that many zero bytes, all of them allocated, readable by its owner alone. An
  // existing one is an error. The directory entry is on the disk when it returns.
  virtual Result<std::unique_ptr<File>> create(std::string_view name, std::uint64_t size) = 0;
  // Names of all files, sorted.
  virtual Result<std::vector<std::string>> list() = 0;
  virtual Result<std::uint64_t> size(std::string_view name) = 0;
  // Up to `bytes.size()` bytes from `offset` on; how many there were.
  virtual Result<std::size_t> read_at(std::string_view name, std::uint64_t offset,
                                      std::span<std::byte> bytes) = 0;
  // Cuts a file short, on the disk.
  virtual Result<void> truncate(std::string_view name, std::uint64_t size) = 0;
  virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
  virtual Result<void> remove(std::string_view name) = 0;
};

// The directory is made (0700) when it is missing.
Result<std::unique_ptr<Disk>> open_directory(const std::string& path);
// For reading alone: it makes no directory, and refuses every change.
Result<std::unique_ptr<Disk>> open_for_reading(const std::string& path);

}  // namespace copyd::journal
