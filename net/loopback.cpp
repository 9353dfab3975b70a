#include "net/loopback.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace copyd::net {
namespace {

sockaddr* generic(sockaddr_in& address) noexcept {
  return reinterpret_cast<sockaddr*>(&address);
}

// It may block until the connection stands: the kernel makes one to itself without a wait.
Socket make_socket() noexcept {
  return Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
}

}  // namespace

Result<Loopback> Loopback::create() {
  const Socket listener = make_socket();
  Loopback loopback;
  loopback.near_ = make_socket();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int near = loopback.near_.descriptor();
  // Where something keeps packets from coming back, nobody waits for them.
  const timeval patience{.tv_sec = 0, .tv_usec = 100'000};
  if (!listener.is_open() || near < 0 ||
      ::setsockopt(near, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
      ::bind(listener.descriptor(), generic(address), size) != 0 ||
      ::listen(listener.descriptor(), 1) != 0 ||
      ::getsockname(listener.descriptor(), generic(address), &size) != 0 ||
      ::connect(near, generic(address), size) != 0)
    return socket_error(errno);
  sockaddr_in theirs{};
  loopback.far_ = Socket(
      ::accept4(listener.descriptor(), generic(theirs), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const int at_once = 1;
  if (!loopback.far_.is_open() || ::getsockname(near, generic(address), &size) != 0 ||
      ::setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once) != 0)
    return socket_error(errno);
  // Any process of this machine could have connected in between.
  if (theirs.sin_port != address.sin_port || theirs.sin_addr.s_addr != address.sin_addr.s_addr)
    return make_error_code(Errc::io);
  return loopback;
}

bool Loopback::round(std::string_view bytes) noexcept {
  const auto sent = ::send(near_.descriptor(), bytes.data(), bytes.size(),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(bytes.size())) return false;
  // The kernel may deliver later, when it has much to do; the next round takes that as well.
  std::array<char, round_max> back;
  const auto taken = ::recv(far_.descriptor(), back.data(), back.size(), 0);
  return taken > 0 || (taken < 0 && errno == EAGAIN);
}

}  // namespace copyd::net
