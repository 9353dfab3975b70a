#include "cli/client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace copyd::cli {
namespace {

using ops::Failure;

// A little longer than the daemon lets itself take.
constexpr timeval patience{.tv_sec = ops::control_answer_timeout.count() + 15, .tv_usec = 0};
constexpr std::size_t reply_max = 256U << 20U;

class Socket {
 public:
  Socket() noexcept : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }

 private:
  int fd_;
};

Failure not_connected(const std::string& path, int cause) {
  const std::string start =
      "is the daemon running? systemctl status copyd; else name its socket "
      "with --socket or COPYCTL_SOCKET";
  switch (cause) {
    case ENOENT:
    case ENOTDIR:
      return {.error = "there is no control socket at " + path, .remedy = start};
    case ECONNREFUSED:
      return {.error = "nobody answers on " + path, .remedy = start};
    case EACCES:
    case EPERM:
      return {.error = "you may not use the control socket " + path,
              .remedy =
                  "use sudo, or join the group copyd: sudo usermod -aG copyd \"$USER\", "
                  "then log in again"};
    default:
      return {.error = path + ": " + std::strerror(cause), .remedy = start};
  }
}

std::optional<Failure> connect(int fd, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Failure{.error = "a socket's path has 1 to 107 characters",
                   .remedy = "give the path of engine.control in copyd.toml"};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return std::nullopt;
  }
  return not_connected(path, errno);
}

// A daemon that refuses us may close before it has read everything; its words are waiting then.
void send_all(int fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t sent = ::send(fd, line.data(), line.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    line.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

ops::Outcome<std::string> ask(const std::string& socket, std::string_view line) {
  const Socket daemon;
  if (daemon.get() < 0) return not_connected(socket, errno);
  if (auto fault = connect(daemon.get(), socket)) return *fault;
  send_all(daemon.get(), line);
  std::string reply;
  char block[65536];
  while (reply.size() < reply_max) {
    const ssize_t got = ::recv(daemon.get(), block, sizeof block, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return Failure{.error = "the daemon does not answer",
                     .remedy = "see its log: journalctl -u copyd"};
    }
    if (got <= 0) break;
    reply.append(block, static_cast<std::size_t>(got));
    if (reply.back() == '\n') {
      reply.pop_back();
      return ops::Outcome<std::string>(boost::system::in_place_value, std::move(reply));
    }
  }
  return Failure{.error = "the daemon ended the connection without an answer",
                 .remedy = "see its log: journalctl -u copyd"};
}

}  // namespace copyd::cli
