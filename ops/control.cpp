#include "ops/control.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "ops/control_socket.hpp"

namespace copyd::ops {
namespace {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;
using boost::system::error_code;

std::optional<Peer> peer_of(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  Peer peer{.uid = credentials.uid, .gid = credentials.gid, .groups = {}};
  std::vector<gid_t> groups(256);
  size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
    groups.resize(size / sizeof(gid_t));
    peer.groups.assign(groups.begin(), groups.end());
  }
  return peer;
}

// One line to a client that is not served, if it can be taken at once.
void refuse(Protocol::socket& socket, const Failure& failure) {
  const std::string line = failure_reply(failure) + '\n';
  [[maybe_unused]] const ssize_t sent =
      ::send(socket.native_handle(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

// ---- Reply -------------------------------------------------------------------------------------

struct Reply::Once {
  explicit Once(Send given) : send(std::move(given)) {}
  Once(const Once&) = delete;
  Once& operator=(const Once&) = delete;

  bool answer(std::string json) {
    const Send taken = std::exchange(send, nullptr);
    if (!taken) return false;
    taken(std::move(json));
    return true;
  }
  ~Once() {
    answer(failure_reply({.error = "the daemon did not answer this request",
                          .remedy = "see the daemon's log: journalctl -u copyd"}));
  }

  Send send;  // empty once an answer was given
};

Reply::Reply(Send send) : once_(std::make_shared<Once>(std::move(send))) {}

bool Reply::operator()(std::string json) const {
  return once_->answer(std::move(json));
}

bool may_control(const Peer& peer, const PeerRule& rule) noexcept {
  if (peer.uid == 0 || peer.uid == rule.own_uid) return true;
  if (!rule.group) return false;
  return peer.gid == *rule.group ||
         std::find(peer.groups.begin(), peer.groups.end(), *rule.group) != peer.groups.end();
}

// ---- the server's state ------------------------------------------------------------------------

struct ControlServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& io, ControlOptions given, ControlHandler handle)
      : acceptor(io), pause(io), options(std::move(given)), handler(std::move(handle)) {}

  void accept();
  void admit(Protocol::socket socket);
  void close();

  Protocol::acceptor acceptor;
  asio::steady_timer pause;  // after a failed accept: out of file descriptors, most likely
  ControlOptions options;
  ControlHandler handler;
  PeerRule rule;
  struct stat socket_file {};
  std::unordered_set<Session*> sessions;
};

// ---- one connection ----------------------------------------------------------------------------

// Reads a line, hands it on, writes the answer, and so on. One deadline runs at any time: for the
// request to come, for the daemon to answer, or for the client to take the answer.
class ControlServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Impl> server, Protocol::socket socket, std::uint32_t uid)
      : server_(std::move(server)),
        socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        buffer_(Secret::of_size(control_request_max + 1)),
        uid_(uid) {
    server_->sessions.insert(this);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { server_->sessions.erase(this); }

  // The wait for the next request begins.
  void next() {
    phase_ = Phase::request;
    arm(server_->options.idle_timeout);
    take_line_or_read();
  }

  void close() {
    phase_ = Phase::closed;
    deadline_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  enum class Phase : std::uint8_t { request, answer, write, last_write, closed };

  void arm(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([self = shared_from_this()](error_code error) {
      // A handler that was queued before the deadline was moved finds it in the future.
      if (error || self->deadline_.expiry() > asio::steady_timer::clock_type::now()) return;
      self->on_deadline();
    });
  }

  void on_deadline() {
    if (phase_ == Phase::request && used_ > 0) {
      return send_last({.error = "the request did not arrive in time",
                        .remedy = "send each request whole, in one line"});
    }
    if (phase_ == Phase::answer) {
      ++ticket_;
      return send(failure_reply({.error = "the daemon did not finish this in time",
                                 .remedy = "it may still be done: ask for status, then try again"}),
                  Phase::write);
    }
    close();
  }

  void take_line_or_read() {
    const std::string_view received = buffer_.reveal().substr(0, used_);
    const std::size_t end = received.find('\n', searched_);
    if (end != std::string_view::npos) return take_line(end);
    searched_ = used_;
    if (used_ == buffer_.size()) {
      return send_last(
          {.error = "the request is longer than " + std::to_string(control_request_max) + " bytes",
           .remedy = "send shorter requests, each in one line"});
    }
    socket_.async_read_some(asio::buffer(buffer_.writable() + used_, buffer_.size() - used_),
                            [self = shared_from_this()](error_code error, std::size_t got) {
                              if (self->phase_ != Phase::request) return;
                              if (error) return self->close();
                              self->used_ += got;
                              self->take_line_or_read();
                            });
  }

  // Decodes the line before `end`, and wipes it before anything else happens.
  void take_line(std::size_t end) {
    const std::string_view line = buffer_.reveal().substr(0, end);
    const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    auto request = decode_request(line);
    const std::size_t rest = used_ - (end + 1);
    std::memmove(buffer_.writable(), buffer_.writable() + end + 1, rest);
    wipe(buffer_.writable() + rest, used_ - rest);
    used_ = rest;
    searched_ = 0;
    if (blank) return take_line_or_read();
    if (request.has_error()) return send(failure_reply(request.error()), Phase::write);

    phase_ = Phase::answer;
    arm(server_->options.answer_timeout);
    request->peer_uid = uid_;
    // A copy, because the handler may close the server.
    const ControlHandler handler = server_->handler;
    handler(std::move(*request),
            Reply([weak = weak_from_this(), ticket = ++ticket_](std::string json) {
              const auto self = weak.lock();
              if (!self || self->phase_ != Phase::answer || self->ticket_ != ticket) return;
              self->send(std::move(json), Phase::write);
            }));
  }

  void send_last(const Failure& failure) { send(failure_reply(failure), Phase::last_write); }

  void send(std::string json, Phase phase) {
    phase_ = phase;
    arm(server_->options.idle_timeout);
    // A line break can only stand between two tokens of JSON, where a space does as well.
    std::replace(json.begin(), json.end(), '\n', ' ');
    answer_ = std::move(json);
    answer_ += '\n';
    asio::async_write(socket_, asio::buffer(answer_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (self->phase_ == Phase::closed) return;
                        if (error || self->phase_ == Phase::last_write) return self->close();
                        self->next();
                      });
  }

  std::shared_ptr<Impl> server_;
  Protocol::socket socket_;
  asio::steady_timer deadline_;
  Secret buffer_;  // a request may hold a key
  std::size_t used_ = 0;
  std::size_t searched_ = 0;  // so far no line ends
  std::string answer_;
  std::uint64_t ticket_ = 0;  // of the request being answered; an older one's answer is too late
  std::uint32_t uid_;
  Phase phase_ = Phase::request;
};

// ---- accepting ---------------------------------------------------------------------------------

void ControlServer::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](error_code error, Protocol::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (!error) {
      self->admit(std::move(socket));
      return self->accept();
    }
    self->pause.expires_after(std::chrono::milliseconds(100));
    self->pause.async_wait([self](error_code) {
      if (self->acceptor.is_open()) self->accept();
    });
  });
}

void ControlServer::Impl::admit(Protocol::socket socket) {
  const auto peer = peer_of(socket.native_handle());
  if (!peer || !may_control(*peer, rule)) {
    return refuse(socket, {.error = "you may not control this daemon",
                           .remedy = "use root or copyd's own user, or join its group: "
                                     "usermod -aG " +
                                     options.group + " NAME"});
  }
  if (sessions.size() >= options.connections_max) {
    return refuse(socket, {.error = "too many connections to the control socket",
                           .remedy = "end other copyctl commands and try again"});
  }
  std::make_shared<Session>(shared_from_this(), std::move(socket), peer->uid)->next();
}

void ControlServer::Impl::close() {
  if (!acceptor.is_open()) return;
  // Another daemon's socket may stand under the name by now.
  struct stat there {};
  if (::lstat(options.path.c_str(), &there) == 0 && there.st_ino == socket_file.st_ino &&
      there.st_dev == socket_file.st_dev) {
    ::unlink(options.path.c_str());
  }
  error_code ignored;
  acceptor.close(ignored);
  pause.cancel();
  const std::vector<Session*> open(sessions.begin(), sessions.end());
  for (Session* session : open) session->close();
}

// ---- the door ----------------------------------------------------------------------------------

Outcome<ControlServer> ControlServer::open(asio::io_context& io, ControlOptions options,
                                           ControlHandler handler) {
  auto socket = listen_on(options.path);
  if (socket.has_error()) return socket.error();
  auto impl = std::make_shared<Impl>(io, std::move(options), std::move(handler));
  impl->rule = {.own_uid = ::geteuid(), .group = group_id(impl->options.group)};
  ::lstat(impl->options.path.c_str(), &impl->socket_file);
  error_code error;
  impl->acceptor.assign(Protocol(), socket->get(), error);
  if (error) {
    ::unlink(impl->options.path.c_str());
    return Failure{.error = impl->options.path + ": cannot listen: " + error.message(),
                   .remedy = "see ulimit -n"};
  }
  socket->release();
  impl->accept();
  return ControlServer(std::move(impl));
}

ControlServer::ControlServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlServer::ControlServer(ControlServer&&) noexcept = default;
ControlServer& ControlServer::operator=(ControlServer&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}
ControlServer::~ControlServer() {
  close();
}

void ControlServer::close() {
  if (impl_) impl_->close();
}

}  // namespace copyd::ops
