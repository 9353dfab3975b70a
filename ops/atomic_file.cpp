#include "ops/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/file_descriptor.hpp"

namespace copyd::ops {
namespace {

Result<void> write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return last_error();
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Removes the temporary file unless it has become the real one.
class Temporary {
 public:
  explicit Temporary(std::string path) : path_(std::move(path)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const char* path() const noexcept { return path_.c_str(); }
  void keep() noexcept { path_.clear(); }

 private:
  std::string path_;
};

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view content,
                          const ReplaceObserver& observer) {
  const auto tell = [&](ReplaceStep step) {
    if (observer) observer(step);
  };
  Temporary temporary(path + ".new");
  // A file of this name is what an interrupted replacement left behind.
  ::unlink(temporary.path());
  {
    const FileDescriptor file(
        ::open(temporary.path(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.valid()) return last_error();
    tell(ReplaceStep::created);
    TRY(write_all(file.get(), content.substr(0, content.size() / 2)));
    tell(ReplaceStep::half_written);
    TRY(write_all(file.get(), content.substr(content.size() / 2)));
    tell(ReplaceStep::written);
    if (::fsync(file.get()) != 0) return last_error();
    tell(ReplaceStep::synced);
  }
  if (::rename(temporary.path(), path.c_str()) != 0) return last_error();
  temporary.keep();
  tell(ReplaceStep::renamed);
  // The new name itself is durable only when its directory is.
  const FileDescriptor directory(
      ::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) return last_error();
  tell(ReplaceStep::done);
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t size_max) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return last_error();
  std::string content;
  char block[16384];
  for (;;) {
    const ssize_t got = ::read(file.get(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) return content;
    content.append(block, static_cast<std::size_t>(got));
    if (content.size() > size_max) return make_error_code(Errc::too_large);
  }
}

}  // namespace copyd::ops
