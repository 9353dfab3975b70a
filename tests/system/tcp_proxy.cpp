#include "tests/system/tcp_proxy.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace copyd::system_test {
namespace {

using Clock = std::chrono::steady_clock;

// More waiting than this, and a way is not read until some of it has left.
constexpr std::size_t waiting_max = 1 << 20;

sockaddr_in local(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void close_with_reset(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd);
}

struct Piece {
  Clock::time_point due;
  std::string bytes;
};

// One way of one connection.
struct Stream {
  int from = -1;
  int to = -1;
  std::deque<Piece> waiting;
  std::size_t waiting_bytes = 0;
  std::size_t passed = 0;  // since the mark was set
  bool ended = false;      // the sender has said that it sends no more
  bool told = false;       // and the receiver knows
};

struct Connection {
  std::array<Stream, 2> ways;  // by Way
  bool swallowed = false;
  bool draining = false;  // cut: the client is gone, the server takes what is left and the end
  int client() const { return ways[0].from; }
  int server() const { return ways[0].to; }
};

}  // namespace

struct TcpProxy::Worker {
  explicit Worker(std::uint16_t port) : server_port(port) {
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sockaddr_in address = local(0);
    socklen_t size = sizeof address;
    if (listener < 0 || wake < 0 || bind(listener, as_sockaddr(address), size) != 0 ||
        listen(listener, 64) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("the proxy has no port");
    own_port = ntohs(address.sin_port);
    thread = std::thread([this] { run(); });
  }
  ~Worker() {
    command([this] { stopping = true; });
    thread.join();
    for (auto& connection : connections) {
      if (connection.client() >= 0) ::close(connection.client());
      ::close(connection.server());
    }
    ::close(listener);
    ::close(wake);
  }

  template <class Action>
  void command(Action action) {
    const std::lock_guard lock(mutex);
    action();
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake, &one, sizeof one));
  }

  void run();
  int wait(std::vector<pollfd>& entries, std::optional<Clock::time_point> due) const;
  std::optional<Clock::time_point> watch(std::vector<pollfd>& entries) const;
  void accept_all();
  bool serve(Connection& connection);
  bool read_way(Connection& connection, std::size_t way);
  bool write_way(Stream& stream) const;
  bool crosses_mark(Stream& stream, std::size_t way, std::string& bytes);
  void cut_connection(Connection& connection);
  void swallow_all();
  void end(Connection& connection);

  const std::uint16_t server_port;
  std::uint16_t own_port = 0;
  int listener = -1;
  int wake = -1;

  mutable std::mutex mutex;  // of all below; held by the thread but while it polls
  bool stopping = false;
  std::array<bool, 2> stopped{};
  std::optional<Cut> mark;
  bool swallowing = false;
  bool refusing = false;
  std::chrono::milliseconds delay_each_way{0};
  std::list<Connection> connections;
  Counts counts;

  std::thread thread;
};

// What is waited for; and when the next delayed piece is due.
std::optional<Clock::time_point> TcpProxy::Worker::watch(std::vector<pollfd>& entries) const {
  entries.assign({{.fd = wake, .events = POLLIN, .revents = 0},
                  {.fd = listener, .events = POLLIN, .revents = 0}});
  std::optional<Clock::time_point> next;
  const auto now = Clock::now();
  for (const auto& connection : connections) {
    for (std::size_t way = 0; way < 2; ++way) {
      const Stream& stream = connection.ways[way];
      const bool reads =
          stream.from >= 0 && !stream.ended && !stopped[way] && stream.waiting_bytes < waiting_max;
      if (reads) entries.push_back({.fd = stream.from, .events = POLLIN, .revents = 0});
      if (stream.waiting.empty() || stream.to < 0) continue;
      const auto due = stream.waiting.front().due;
      if (due <= now) entries.push_back({.fd = stream.to, .events = POLLOUT, .revents = 0});
      else next = next ? std::min(*next, due) : due;
    }
  }
  return next;
}

int TcpProxy::Worker::wait(std::vector<pollfd>& entries,
                           std::optional<Clock::time_point> due) const {
  int timeout = -1;
  if (due) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(*due - Clock::now()).count() + 1;
    timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
  }
  return poll(entries.data(), entries.size(), timeout);
}

void TcpProxy::Worker::run() {
  std::vector<pollfd> entries;
  std::unique_lock lock(mutex);
  while (!stopping) {
    const auto due = watch(entries);
    lock.unlock();
    wait(entries, due);
    lock.lock();
    std::uint64_t ignored = 0;
    static_cast<void>(!::read(wake, &ignored, sizeof ignored));
    accept_all();
    for (auto at = connections.begin(); at != connections.end();) {
      if (serve(*at)) {
        ++at;
        continue;
      }
      end(*at);
      at = connections.erase(at);
    }
  }
}

void TcpProxy::Worker::accept_all() {
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    if (refusing) {
      ++counts.refused;
      close_with_reset(client);
      continue;
    }
    // On the loopback a connection is there or refused at once.
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = local(server_port);
    if (connect(server, as_sockaddr(address), sizeof address) != 0) {
      ++counts.refused;
      ::close(server);
      close_with_reset(client);
      continue;
    }
    const int on = 1;
    for (const int fd : {client, server}) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Connection connection;
    connection.ways[0].from = connection.ways[1].to = client;
    connection.ways[0].to = connection.ways[1].from = server;
    connection.swallowed = swallowing;
    connections.push_back(std::move(connection));
    ++counts.connections;
  }
}

// False when it is over.
bool TcpProxy::Worker::serve(Connection& connection) {
  for (std::size_t way = 0; way < 2; ++way)
    if (!read_way(connection, way)) return false;
  // Nobody hears how the other side ended; when the client has given up it is of no use any more.
  if (connection.swallowed) return !connection.ways[0].ended;
  for (auto& stream : connection.ways)
    if (!write_way(stream)) return false;
  const auto& [up, down] = connection.ways;
  if (connection.draining) return !(down.ended && up.told);
  return !(up.told && down.told);
}

bool TcpProxy::Worker::read_way(Connection& connection, std::size_t way) {
  Stream& stream = connection.ways[way];
  std::array<char, 16384> buffer;
  while (stream.from >= 0 && !stream.ended && !stopped[way] && stream.waiting_bytes < waiting_max) {
    const auto got = recv(stream.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    if (got == 0) {
      stream.ended = true;
      break;
    }
    std::string bytes(buffer.data(), static_cast<std::size_t>(got));
    (way == 0 ? counts.to_server : counts.to_client) += bytes.size();
    if (connection.swallowed || (connection.draining && way == 1)) continue;
    const bool cut = mark && crosses_mark(stream, way, bytes);
    stream.waiting_bytes += bytes.size();
    stream.waiting.push_back({Clock::now() + delay_each_way, std::move(bytes)});
    if (cut) {
      mark.reset();
      write_way(stream);
      cut_connection(connection);
      break;
    }
  }
  return true;
}

// Whether the connection is to be cut behind these bytes, which are made fewer if need be.
bool TcpProxy::Worker::crosses_mark(Stream& stream, std::size_t way, std::string& bytes) {
  if (way != static_cast<std::size_t>(mark->way)) return false;
  const std::size_t before = stream.passed;
  stream.passed += bytes.size();
  if (stream.passed < mark->after) return false;
  if (!mark->whole_piece) bytes.resize(mark->after - before);
  return true;
}

bool TcpProxy::Worker::write_way(Stream& stream) const {
  const auto now = Clock::now();
  while (!stream.waiting.empty() && stream.waiting.front().due <= now && stream.to >= 0) {
    auto& bytes = stream.waiting.front().bytes;
    const auto sent = send(stream.to, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    stream.waiting_bytes -= static_cast<std::size_t>(sent);
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (bytes.empty()) stream.waiting.pop_front();
  }
  if (stream.ended && stream.waiting.empty() && !stream.told) {
    if (stream.to >= 0) shutdown(stream.to, SHUT_WR);
    stream.told = true;
  }
  return true;
}

void TcpProxy::Worker::cut_connection(Connection& connection) {
  if (connection.draining) return;
  ++counts.cut;
  close_with_reset(connection.client());
  auto& [up, down] = connection.ways;
  up.from = down.to = -1;
  up.ended = true;
  down.waiting.clear();
  down.waiting_bytes = 0;
  connection.draining = true;
}

void TcpProxy::Worker::swallow_all() {
  for (auto& connection : connections) {
    if (connection.draining) continue;
    connection.swallowed = true;
    for (auto& stream : connection.ways) {
      stream.waiting.clear();
      stream.waiting_bytes = 0;
    }
  }
}

void TcpProxy::Worker::end(Connection& connection) {
  if (connection.client() >= 0) close_with_reset(connection.client());
  ::close(connection.server());
}

TcpProxy::TcpProxy(std::uint16_t server_port) : worker_(std::make_unique<Worker>(server_port)) {}
TcpProxy::~TcpProxy() = default;

std::uint16_t TcpProxy::port() const noexcept {
  return worker_->own_port;
}

void TcpProxy::stop_reading(Way way) {
  worker_->command([&] { worker_->stopped[static_cast<std::size_t>(way)] = true; });
}

void TcpProxy::cut_after(const Cut& cut) {
  worker_->command([&] {
    worker_->mark = cut;
    for (auto& connection : worker_->connections)
      for (auto& stream : connection.ways) stream.passed = 0;
  });
}

void TcpProxy::cut_now() {
  worker_->command([&] {
    for (auto& connection : worker_->connections) worker_->cut_connection(connection);
  });
}

void TcpProxy::swallow_present() {
  worker_->command([&] { worker_->swallow_all(); });
}

void TcpProxy::black_hole() {
  worker_->command([&] {
    worker_->swallowing = true;
    worker_->swallow_all();
  });
}

void TcpProxy::delay(std::chrono::milliseconds each_way) {
  worker_->command([&] { worker_->delay_each_way = each_way; });
}

void TcpProxy::refuse() {
  worker_->command([&] { worker_->refusing = true; });
}

void TcpProxy::heal() {
  worker_->command([&] {
    worker_->stopped = {};
    worker_->mark.reset();
    worker_->swallowing = worker_->refusing = false;
    worker_->delay_each_way = std::chrono::milliseconds(0);
  });
}

TcpProxy::Counts TcpProxy::counts() const {
  const std::lock_guard lock(worker_->mutex);
  Counts counts = worker_->counts;
  counts.open = worker_->connections.size();
  return counts;
}

}  // namespace copyd::system_test
