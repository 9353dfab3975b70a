// The connections of the server. Private to it; its thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <set>

#include "sim/world.hpp"

namespace copyd::sim {

// How long WebSockets live, and how they are asked whether they still do.
struct SocketTimes {
  std::chrono::seconds ping_interval{180};
  std::chrono::seconds pong_timeout{600};
  std::chrono::seconds life{24 * 3600};
};

// What every connection needs of the server.
class Hub {
 public:
  virtual ~Hub() = default;
  virtual World& world() noexcept = 0;
  virtual VenueTime now() const = 0;
  virtual const SocketTimes& times() const noexcept = 0;
  // Whether messages are to leave in many frames.
  virtual bool fragments() const noexcept = 0;
};

// A connection that can be cut from outside. Keeps itself alive while it has work.
class Connection {
 public:
  virtual ~Connection() = default;
  // At once, with no word to the peer.
  virtual void cut() = 0;
  // With a close frame where there is one.
  virtual void leave() { cut(); }
  // Nothing is read or written any more, and nothing closed. False: it is so already.
  virtual bool half_open() = 0;
  virtual bool serves(AccountIndex account) const = 0;
  // The session of a WebSocket-API connection, else null.
  virtual WsSession* session() noexcept { return nullptr; }
  virtual void send(std::string) {}
};

using Connections = std::set<std::shared_ptr<Connection>>;

// Takes over an accepted socket: TLS, then HTTP, and from there a WebSocket where asked for.
// Enters itself in `connections` and leaves it when it ends.
void serve_tls(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls, Hub& hub,
               Connections& connections);

// One line in, one line out. `handle` answers a line.
void serve_control(boost::asio::ip::tcp::socket socket,
                   std::function<std::string(std::string_view)> handle);

}  // namespace copyd::sim
