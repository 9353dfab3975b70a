#include "bench/fill_to_wire/hostile_clients.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "bench/venue/cpus.hpp"
#include "ops/file_descriptor.hpp"

namespace copyd::bench {
namespace {

using namespace std::chrono_literals;
using ops::FileDescriptor;

constexpr std::int64_t flood_max = std::int64_t{1} << 30;
constexpr std::size_t crowd_size = 1000;
constexpr std::size_t dribblers = 8;
constexpr std::size_t scrapers = 64;
// Between two tries of one nuisance: a thousand a second are bad enough, and all of them have to
// find room on what processors there are beside the copier's.
constexpr auto breath = 1ms;
constexpr auto crowd_breath = 20ms;
constexpr auto dribble_breath = 10ms;
constexpr timeval patience{.tv_sec = 0, .tv_usec = 200'000};
constexpr std::string_view endless_request = R"({"command":"status","reason":"xxxxxxxxxxxxxxxx)";
constexpr std::string_view endless_header =
    "GET /metrics HTTP/1.1\r\nHost: copyd\r\nX-Slow: xxxxxx";
constexpr std::string_view whole_header = "GET /metrics HTTP/1.1\r\nHost: copyd\r\n\r\n";

FileDescriptor connect_to(const sockaddr* address, socklen_t size, int flags) {
  FileDescriptor fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (fd.get() < 0) return fd;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  // What is not read soon stands in the daemon's way, not in ours.
  const int little = 2048;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  if (::connect(fd.get(), address, size) != 0 && errno != EINPROGRESS) return FileDescriptor();
  return fd;
}

FileDescriptor connect_control(const std::string& path, int flags = 0) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof address.sun_path - 1));
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, flags);
}

FileDescriptor connect_http(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, 0);
}

ssize_t send_some(int fd, std::string_view bytes, int flags = 0) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
}

// Whether the daemon has ended it; what it said before is thrown away.
bool is_cut(int fd) {
  char words[512];
  ssize_t got = 0;
  do got = ::recv(fd, words, sizeof words, MSG_DONTWAIT);
  while (got > 0);
  return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void raise_to(std::atomic<std::int64_t>& most, std::int64_t value) {
  if (value > most.load()) most.store(value);
}

}  // namespace

HostileClients::HostileClients(std::string control_socket, std::uint16_t http_port, int cpu)
    : control_(std::move(control_socket)), http_port_(http_port) {
  for (const auto nuisance :
       {&HostileClients::flood, &HostileClients::crowd, &HostileClients::dribble,
        &HostileClients::babble, &HostileClients::scrape})
    threads_.emplace_back([this, cpu, nuisance] { run(cpu, nuisance); });
}

HostileClients::~HostileClients() {
  state_.store(State::ending, std::memory_order_release);
  state_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void HostileClients::let_loose() {
  state_.store(State::loose, std::memory_order_release);
  state_.notify_all();
}

void HostileClients::rest() {
  state_.store(State::resting, std::memory_order_release);
}

void HostileClients::run(int cpu, void (HostileClients::*nuisance)()) {
  stay_off(cpu);
  for (;;) {
    state_.wait(State::resting);
    if (state_.load(std::memory_order_acquire) == State::ending) return;
    (this->*nuisance)();
  }
}

// A request of a gigabyte, again and again.
void HostileClients::flood() {
  const std::string block(64U << 10U, 'x');
  while (loose()) {
    const auto fd = connect_control(control_);
    std::int64_t sent = 0;
    ssize_t got = 0;
    while (loose() && fd.get() >= 0 && sent < flood_max && (got = send_some(fd.get(), block)) > 0)
      sent += got;
    if (sent > 0 && loose()) counters_.floods += 1;
    raise_to(counters_.flood_bytes, sent);
    std::this_thread::sleep_for(breath);
  }
}

// A thousand connections; those that are refused come back.
void HostileClients::crowd() {
  std::vector<FileDescriptor> all(crowd_size);
  while (loose()) {
    std::int64_t held = 0;
    for (auto& fd : all) {
      if (fd.get() >= 0 && is_cut(fd.get())) {
        fd = FileDescriptor();
        counters_.crowd_refused += 1;
      }
      if (fd.get() < 0) fd = connect_control(control_, SOCK_NONBLOCK);
      held += fd.get() >= 0 ? 1 : 0;
      if (!loose()) return;
    }
    raise_to(counters_.crowd_held, held);
    std::this_thread::sleep_for(crowd_breath);
  }
}

// Requests that come byte by byte and never end.
void HostileClients::dribble() {
  std::vector<FileDescriptor> all(dribblers);
  for (std::size_t at = 0; loose(); at = (at + 1) % endless_request.size()) {
    for (auto& fd : all) {
      if (fd.get() < 0 || is_cut(fd.get())) fd = connect_control(control_);
      if (fd.get() >= 0 && send_some(fd.get(), endless_request.substr(at, 1)) == 1)
        counters_.dribbled += 1;
    }
    std::this_thread::sleep_for(dribble_breath);
  }
}

// What is no request at all, line by line.
void HostileClients::babble() {
  constexpr std::string_view lines[] = {"{]\n",
                                        "\n",
                                        "{\"command\":\"status\"\xff}\n",
                                        "{\"command\":7}\n",
                                        "[[[[[[[[[[[[[[[[\n",
                                        "{\"command\":\"nonsense\",\"label\":{}}\n"};
  FileDescriptor fd;
  for (std::size_t next = 0; loose(); ++next) {
    if (fd.get() < 0) fd = connect_control(control_);
    char reply[1024];
    const bool asked = fd.get() >= 0 && send_some(fd.get(), lines[next % std::size(lines)]) > 0;
    const ssize_t got = asked ? ::recv(fd.get(), reply, sizeof reply, 0) : -1;
    if (got > 0 &&
        std::string_view(reply, static_cast<std::size_t>(got)).starts_with(R"({"ok":false)"))
      counters_.nonsense += 1;
    if (got <= 0) fd = FileDescriptor();
    std::this_thread::sleep_for(breath);
  }
}

// Half of them ask at once and read a byte at a time; the others do not come to the end of asking.
void HostileClients::scrape() {
  std::vector<FileDescriptor> all(scrapers);
  for (std::size_t at = 0; loose(); at = (at + 1) % endless_header.size()) {
    for (std::size_t i = 0; i < all.size() && loose(); ++i) {
      FileDescriptor& fd = all[i];
      const bool asks = i % 2 == 0;
      if (fd.get() < 0) {
        fd = connect_http(http_port_);
        if (fd.get() < 0) continue;
        counters_.scrapes += 1;
        if (asks && send_some(fd.get(), whole_header) < 0) fd = FileDescriptor();
        continue;
      }
      char byte = 0;
      const ssize_t done = asks ? ::recv(fd.get(), &byte, 1, MSG_DONTWAIT)
                                : send_some(fd.get(), endless_header.substr(at, 1), MSG_DONTWAIT);
      if (done == 0 || (done < 0 && errno != EAGAIN && errno != EWOULDBLOCK)) fd = FileDescriptor();
    }
    std::this_thread::sleep_for(dribble_breath);
  }
}

}  // namespace copyd::bench
