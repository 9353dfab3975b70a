// Connector: from a host's name to a connected TCP socket, without blocking the thread that polls
// it. Asio resolves; the addresses are then tried one after the other, IPv6 and IPv4 by turns, each
// for at most endpoint_deadline, so that a dead address costs little. Used by one thread.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/progress.hpp"

namespace boost::asio {
class io_context;
}

namespace copyd::net {

// Owns one file descriptor of a socket.
class Socket {
 public:
  Socket() noexcept = default;
  explicit Socket(int descriptor) noexcept : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }
  void close() noexcept;

 private:
  int descriptor_ = -1;
};

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

class Connector {
 public:
  static constexpr std::chrono::seconds endpoint_deadline{2};
  // Of every connection: a peer that acknowledges nothing for so long is gone; it is asked after so
  // long a silence, and again, and gone as well when it answers none.
  static constexpr std::chrono::seconds unacknowledged_max{10};
  static constexpr std::chrono::seconds probed_after{4};
  static constexpr std::chrono::seconds probe_period{2};
  // The kernel ends a silent connection at the first probe that is due after unacknowledged_max.
  static_assert(probed_after + 2 * probe_period < unacknowledged_max,
                "one probe that is lost ends nothing");

  // `io` outlives the connector; poll() runs it while a name is being resolved.
  explicit Connector(boost::asio::io_context& io);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  // Begin; an attempt under way is dropped.
  void open(const std::string& host, const std::string& port);
  void open(std::vector<Endpoint> endpoints);
  // Moves on. nullopt: not there yet. An error: no address answered; the last one's reason.
  Result<std::optional<Socket>> poll(Mono now);
  void cancel() noexcept;

 private:
  struct Resolution;
  Result<Progress> poll_resolution();
  void begin_next(Mono now) noexcept;

  boost::asio::io_context& io_;
  std::unique_ptr<Resolution> resolution_;
  std::vector<Endpoint> endpoints_;
  std::size_t next_ = 0;
  Socket socket_;  // the attempt under way
  Mono attempt_deadline_;
  boost::system::error_code last_error_;
};

// One of an address family, then one of the other, beginning with the first's.
std::vector<Endpoint> by_turns(const std::vector<Endpoint>& endpoints);

// A failed system call's errno, in our words where we have one.
boost::system::error_code socket_error(int number) noexcept;

}  // namespace copyd::net
