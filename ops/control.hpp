// ControlServer: the daemon's end of the control socket (protocol: ops/control_protocol.hpp).
//
// Runs on one io_context, that of the supervisor's thread: everything here, and every call of a
// Reply, happens on that thread. Nothing that a client does costs more than its bounded share: a
// line has at most control_request_max bytes, a request must arrive and an answer be taken within
// the idle timeout, and connections beyond the limit are refused with a sentence.
// Who may: root, the daemon's own user, and members of the group (SO_PEERCRED, SO_PEERGROUPS).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/control_protocol.hpp"
#include "ops/failure.hpp"

namespace boost::asio {
class io_context;
}

namespace copyd::ops {

// The answer to one request: given once, now or later. A second answer is ignored, and a client
// that has gone away makes no difference. If every copy of it goes without an answer, the client is
// told.
class Reply {
 public:
  using Send = std::function<void(std::string)>;
  explicit Reply(Send send);

  // One JSON object of the protocol. Returns false if an answer was given before.
  bool operator()(std::string json) const;
  bool fail(const Failure& failure) const { return (*this)(failure_reply(failure)); }

 private:
  struct Once;
  std::shared_ptr<Once> once_;
};

using ControlHandler = std::function<void(ControlRequest, Reply)>;

struct ControlOptions {
  std::string path{control_socket_default};
  std::string group = "copyd";  // whose members may; nobody's if there is no such group
  std::size_t connections_max = control_connections_max;
  std::chrono::milliseconds idle_timeout = control_idle_timeout;
  std::chrono::milliseconds answer_timeout = control_answer_timeout;
};

// Who is at the other end of a connection, and who may be.
struct Peer {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;
};
struct PeerRule {
  std::uint32_t own_uid = 0;
  std::optional<std::uint32_t> group;
};
bool may_control(const Peer& peer, const PeerRule& rule) noexcept;

class ControlServer {
 public:
  // Listens from now on. A socket file that nobody answers on is replaced.
  static Outcome<ControlServer> open(boost::asio::io_context& io, ControlOptions options,
                                     ControlHandler handler);

  ControlServer(ControlServer&&) noexcept;
  ControlServer& operator=(ControlServer&&) noexcept;
  ~ControlServer();  // as close()

  // Ends every connection and removes the socket file. Replies given later go nowhere.
  void close();

 private:
  struct Impl;
  class Session;
  explicit ControlServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace copyd::ops
