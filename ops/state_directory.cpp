#include "ops/state_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace copyd::ops {

Outcome<FileDescriptor> claim_state_directory(const std::string& path) {
  const std::string name = path + "/daemon";
  FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid()) {
    const auto error = last_error();
    if (error.value() == ENOENT || error.value() == ENOTDIR) {
      return Failure{.error = "engine.state_dir " + path + " is not a directory",
                     .remedy = "make it: install -d -m 700 " + path +
                               ", or set engine.state_dir to another path"};
    }
    return Failure{.error = "engine.state_dir " + path + " cannot be written: " + error.message(),
                   .remedy = "give it to the user that copyd runs as"};
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    return Failure{.error = "another copyd works in engine.state_dir " + path,
                   .remedy =
                       "stop it, or give this one its own engine.state_dir, engine.control "
                       "and keys.file"};
  }
  return file;
}

}  // namespace copyd::ops
