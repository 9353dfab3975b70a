#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/disk.hpp"

namespace copyd::journal {
namespace {

boost::system::error_code last_error() noexcept {
  return {errno, boost::system::system_category()};
}

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const noexcept { return number_; }
  bool ok() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

class PosixFile final : public File {
 public:
  explicit PosixFile(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes) noexcept override {
    while (!bytes.empty()) {
      const auto done =
          ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return last_error();
      offset += static_cast<std::uint64_t>(done);
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return {};
  }

  Result<void> sync() noexcept override {
    if (::fdatasync(descriptor_.get()) != 0) return last_error();
    return {};
  }

 private:
  Descriptor descriptor_;
};

enum class Access : std::uint8_t { change, read };

class PosixDisk final : public Disk {
 public:
  PosixDisk(Descriptor directory, Access access) noexcept
      : directory_(std::move(directory)), access_(access) {}

  Result<std::unique_ptr<File>> create(std::string_view name, std::uint64_t size) override {
    if (access_ == Access::read) return read_only();
    Descriptor file = open(name, O_RDWR | O_CREAT | O_EXCL);
    if (!file.ok()) return last_error();
    const int refused = ::posix_fallocate(file.get(), 0, static_cast<off_t>(size));
    if (refused != 0) {
      ::unlinkat(directory_.get(), std::string(name).c_str(), 0);
      return boost::system::error_code(refused, boost::system::system_category());
    }
    // The whole of it, with its size, before anybody relies on a record being in it.
    if (::fsync(file.get()) != 0 || ::fsync(directory_.get()) != 0) return last_error();
    return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(file)));
  }

  Result<std::vector<std::string>> list() override {
    const int copy = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return last_error();
    DIR* const entries = ::fdopendir(copy);
    if (entries == nullptr) {
      ::close(copy);
      return last_error();
    }
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(entries))
      if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    ::closedir(entries);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::uint64_t> size(std::string_view name) override {
    struct stat status {};
    if (::fstatat(directory_.get(), std::string(name).c_str(), &status, 0) != 0)
      return last_error();
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<std::size_t> read_at(std::string_view name, std::uint64_t offset,
                              std::span<std::byte> bytes) override {
    const Descriptor file = open(name, O_RDONLY);
    if (!file.ok()) return last_error();
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto more = ::pread(file.get(), bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(offset + done));
      if (more < 0 && errno == EINTR) continue;
      if (more < 0) return last_error();
      if (more == 0) break;
      done += static_cast<std::size_t>(more);
    }
    return done;
  }

  Result<void> truncate(std::string_view name, std::uint64_t size) override {
    if (access_ == Access::read) return read_only();
    const Descriptor file = open(name, O_RDWR);
    if (!file.ok() || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0 ||
        ::fsync(file.get()) != 0)
      return last_error();
    return {};
  }

  Result<void> rename(std::string_view from, std::string_view to) override {
    if (access_ == Access::read) return read_only();
    if (::renameat(directory_.get(), std::string(from).c_str(), directory_.get(),
                   std::string(to).c_str()) != 0 ||
        ::fsync(directory_.get()) != 0)
      return last_error();
    return {};
  }

  Result<void> remove(std::string_view name) override {
    if (access_ == Access::read) return read_only();
    if (::unlinkat(directory_.get(), std::string(name).c_str(), 0) != 0) return last_error();
    return {};
  }

 private:
  static boost::system::error_code read_only() noexcept {
    return {EROFS, boost::system::system_category()};
  }
  Descriptor open(std::string_view name, int flags) const {
    return Descriptor(::openat(directory_.get(), std::string(name).c_str(),
                               flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  }

  Descriptor directory_;
  Access access_;
};

Result<std::unique_ptr<Disk>> open_existing(const std::string& path, Access access) {
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.ok()) return last_error();
  return std::unique_ptr<Disk>(std::make_unique<PosixDisk>(std::move(directory), access));
}

}  // namespace

Result<std::unique_ptr<Disk>> open_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return last_error();
  return open_existing(path, Access::change);
}

Result<std::unique_ptr<Disk>> open_for_reading(const std::string& path) {
  return open_existing(path, Access::read);
}

}  // namespace copyd::journal
