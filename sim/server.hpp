// Server: the simulated venue on real sockets: REST, the WebSocket API and the user streams over
// TLS on one port of 127.0.0.1, and the control port (plain TCP, one JSON object a line) on
// another.
//
// One thread: whoever calls run(). Only stop() may be called from elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "sim/world.hpp"

namespace copyd::sim {

struct ServerOptions {
  std::uint16_t port = 0;  // 0: any free one
  std::uint16_t control_port = 0;
  std::string directory{};  // where ca.pem goes, or is found from an earlier start; exists
  std::chrono::seconds ping_interval{180};  // of WebSockets; none answered for pong_timeout: cut
  std::chrono::seconds pong_timeout{600};
  std::chrono::seconds socket_life{24 * 3600};  // after which a WebSocket is closed
  std::string state_file{};  // read at the start if it is there; see sim/state.hpp
  WorldOptions world{};
};

class Server {
 public:
  // Listens at once. The error says what could not be had.
  static Answer<std::shared_ptr<Server>> create(ServerOptions options);
  virtual ~Server() = default;

  virtual void run() = 0;
  // Writes the state file, if there is one. Not while it runs.
  virtual std::optional<ApiError> save_if_kept() = 0;
  // WebSockets are told by a close frame; returns at once.
  virtual void stop() = 0;
  virtual std::uint16_t port() const noexcept = 0;
  virtual std::uint16_t control_port() const noexcept = 0;
  virtual const std::string& ca_file() const noexcept = 0;
  // The one line a caller waits for: addresses, CA file, accounts with their keys.
  virtual std::string ready_line() const = 0;
  virtual World& world() noexcept = 0;
};

}  // namespace copyd::sim
