#include "net/connector.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace copyd::net {

using boost::asio::ip::tcp;
using boost::system::error_code;

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void Socket::close() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

error_code socket_error(int number) noexcept {
  switch (number) {
    case ECONNRESET:
    case EPIPE:
      return Errc::closed;
    case ETIMEDOUT:
      return Errc::timeout;
    default:
      return {number, boost::system::system_category()};
  }
}

namespace {

// What the resolver's handler fills in; it may run after the connector has gone.
struct Answer {
  bool done = false;
  error_code error;
  std::vector<Endpoint> endpoints;
};

Endpoint endpoint_of(const tcp::endpoint& from) {
  Endpoint endpoint;
  std::memcpy(&endpoint.address, from.data(), from.size());
  endpoint.size = static_cast<socklen_t>(from.size());
  return endpoint;
}

void set_option(int descriptor, int level, int name, int value) noexcept {
  // Best effort: a socket without these still works, only less well.
  (void)::setsockopt(descriptor, level, name, &value, sizeof value);
}

// Once, before it connects: nothing is set on the path. What is not set, and why, is in
// docs/PERFORMANCE.md. Source: tcp(7), socket(7); thin streams: Linux, Documentation/networking.
void set_options(int descriptor) noexcept {
  using std::chrono::milliseconds;
  const auto seconds = [](std::chrono::seconds time) { return static_cast<int>(time.count()); };
  // An order does not wait for the answer to the one before it.
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  // What is not acknowledged for so long ends the connection, not after a quarter of an hour. Later
  // than our own pings' deadline, which says why; it is for what only the kernel still holds.
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT,
             static_cast<int>(milliseconds(Connector::unacknowledged_max).count()));
  // A connection that waits for the next request has no pings of ours: one whose peer or whose
  // entry in a router's table is gone is found before a request is sent into the void.
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds(Connector::probed_after));
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, seconds(Connector::probe_period));
  // A lone order that is lost more than once is sent again after the same time, not after twice
  // that: fewer than four segments are under way, so congestion is not of our making.
  set_option(descriptor, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1);
  // Before what else this machine sends, where the card's queue knows priorities. It stays on this
  // machine; IP_TOS would mark the packets for every network on the way.
  constexpr int interactive = 6;  // TC_PRIO_INTERACTIVE, the highest that needs no capability
  set_option(descriptor, SOL_SOCKET, SO_PRIORITY, interactive);
}

Socket make_socket(int family) noexcept {
  Socket socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (socket.is_open()) set_options(socket.descriptor());
  return socket;
}

}  // namespace

struct Connector::Resolution {
  explicit Resolution(boost::asio::io_context& io) : resolver(io) {}
  tcp::resolver resolver;
  std::shared_ptr<Answer> answer = std::make_shared<Answer>();
};

Connector::Connector(boost::asio::io_context& io) : io_(io) {}
Connector::~Connector() = default;

void Connector::cancel() noexcept {
  resolution_.reset();
  endpoints_.clear();
  next_ = 0;
  socket_.close();
  last_error_ = make_error_code(Errc::not_connected);
}

void Connector::open(std::vector<Endpoint> endpoints) {
  cancel();
  endpoints_ = std::move(endpoints);
}

void Connector::open(const std::string& host, const std::string& port) {
  cancel();
  error_code not_literal;
  const auto address = boost::asio::ip::make_address(host, not_literal);
  if (!not_literal) {
    const auto number = static_cast<unsigned short>(std::strtoul(port.c_str(), nullptr, 10));
    endpoints_ = {endpoint_of({address, number})};
    return;
  }
  try {
    resolution_ = std::make_unique<Resolution>(io_);
    resolution_->resolver.async_resolve(
        host, port,
        [answer = resolution_->answer](error_code error, const tcp::resolver::results_type& found) {
          answer->done = true;
          answer->error = error;
          for (const auto& entry : found)
            answer->endpoints.push_back(endpoint_of(entry.endpoint()));
        });
  } catch (const boost::system::system_error& failure) {
    // The resolver's thread could not be started.
    resolution_.reset();
    last_error_ = failure.code();
  }
}

Result<std::optional<Socket>> Connector::poll(Mono now) {
  if (resolution_ && TRY(poll_resolution()) == Progress::pending) return std::optional<Socket>();
  for (;;) {
    if (!socket_.is_open()) {
      if (next_ >= endpoints_.size()) return last_error_;
      begin_next(now);
      continue;
    }
    pollfd waiting{socket_.descriptor(), POLLOUT, 0};
    if (::poll(&waiting, 1, 0) <= 0) {
      if (now < attempt_deadline_) return std::optional<Socket>();
      last_error_ = make_error_code(Errc::timeout);
      socket_.close();
      continue;
    }
    int number = 0;
    socklen_t size = sizeof number;
    if (::getsockopt(socket_.descriptor(), SOL_SOCKET, SO_ERROR, &number, &size) != 0)
      number = errno;
    if (number == 0) return std::optional<Socket>(std::move(socket_));
    last_error_ = socket_error(number);
    socket_.close();
  }
}

// Done when the addresses are there.
Result<Progress> Connector::poll_resolution() {
  if (!resolution_->answer->done) {
    io_.restart();
    io_.poll();
  }
  const auto answer = resolution_->answer;
  if (!answer->done) return Progress::pending;
  resolution_.reset();
  if (answer->error) {
    last_error_ = answer->error;
    return answer->error;
  }
  endpoints_ = by_turns(answer->endpoints);
  return Progress::done;
}

void Connector::begin_next(Mono now) noexcept {
  const Endpoint& to = endpoints_[next_++];
  socket_ = make_socket(to.address.ss_family);
  if (!socket_.is_open()) {
    last_error_ = socket_error(errno);
    return;
  }
  attempt_deadline_ = now + endpoint_deadline;
  const void* address = &to.address;
  const auto result =
      ::connect(socket_.descriptor(), static_cast<const sockaddr*>(address), to.size);
  if (result == 0 || errno == EINPROGRESS) return;
  last_error_ = socket_error(errno);
  socket_.close();
}

std::vector<Endpoint> by_turns(const std::vector<Endpoint>& endpoints) {
  std::vector<Endpoint> first;
  std::vector<Endpoint> second;
  for (const auto& endpoint : endpoints) {
    const bool as_first = endpoint.address.ss_family == endpoints.front().address.ss_family;
    (as_first ? first : second).push_back(endpoint);
  }
  std::vector<Endpoint> mixed;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

}  // namespace copyd::net
