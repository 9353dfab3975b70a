#include "ops/control_socket.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace copyd::ops {
namespace {

constexpr mode_t socket_mode = 0660;

sockaddr_un address_of(const std::string& path) noexcept {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* general(const sockaddr_un& address) noexcept {
  return reinterpret_cast<const sockaddr*>(&address);
}

Failure failed(const std::string& path, const std::string& what) {
  return {.error = path + ": " + what + ": " + last_error().message(),
          .remedy =
              "make sure that its directory exists and belongs to copyd's user, or set "
              "engine.control"};
}

// Takes away what an earlier daemon left behind.
std::optional<Failure> clear(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return failed(path, "cannot be looked at");
  }
  if (!S_ISSOCK(status.st_mode)) {
    return Failure{.error = path + " exists and is not a socket",
                   .remedy = "remove it, or set engine.control to another path"};
  }
  const FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return failed(path, "cannot be probed");
  const sockaddr_un address = address_of(path);
  if (::connect(probe.get(), general(address), sizeof address) == 0 || errno == EAGAIN) {
    return Failure{.error = "another copyd answers on " + path,
                   .remedy = "stop it, or give this one its own engine.control and state_dir"};
  }
  if (errno != ECONNREFUSED) return failed(path, "cannot be probed");
  if (::unlink(path.c_str()) != 0) return failed(path, "the stale socket cannot be removed");
  return std::nullopt;
}

}  // namespace

Outcome<FileDescriptor> listen_on(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return Failure{.error = "the control socket's path has to have 1 to 107 characters",
                   .remedy = "set engine.control to a shorter path"};
  }
  if (auto fault = clear(path)) return *fault;
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return failed(path, "no socket");
  // The file is made with the mode of the socket, so that there is no moment at which it is wider.
  if (::fchmod(socket.get(), socket_mode) != 0) return failed(path, "cannot set its mode");
  const sockaddr_un address = address_of(path);
  if (::bind(socket.get(), general(address), sizeof address) != 0) {
    return failed(path, "cannot listen");
  }
  // The umask may have taken the group away.
  if (::chmod(path.c_str(), socket_mode) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
    const Failure failure = failed(path, "cannot listen");
    ::unlink(path.c_str());
    return failure;
  }
  return socket;
}

std::optional<std::uint32_t> group_id(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const group* found = ::getgrnam(name.c_str());
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

}  // namespace copyd::ops
