// The bench venue's thread, its sockets, and the fills.
#include "bench/venue/venue.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <stdexcept>

#include "sim/certificate.hpp"

namespace copyd::bench {
namespace {

constexpr int backlog = 4096;
constexpr std::size_t key_size = 64;  // as long as the venue's own keys
constexpr std::int64_t fill_thousandths = 10;
constexpr std::string_view fill_quantity = "0.010";

SSL_CTX* make_tls(const std::string& directory) {
  if (!sim::certificates_in(directory)) throw std::runtime_error("no certificate for the venue");
  SSL_CTX* tls = SSL_CTX_new(TLS_server_method());
  // What every client of a run uses, and what the budget was measured with.
  SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(tls, (directory + "/server.pem").c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, (directory + "/server.key").c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("the venue's certificate cannot be used");
  return tls;
}

int listen_anywhere(std::uint16_t& port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (socket < 0 || ::bind(socket, any, size) != 0 || ::listen(socket, backlog) != 0 ||
      ::getsockname(socket, any, &size) != 0)
    throw std::runtime_error("the venue cannot listen");
  port = ntohs(address.sin_port);
  return socket;
}

}  // namespace

void FillTimes::add(const FillTimes& other) {
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(first, other.first);
  append(last, other.last);
  append(first_scheduled, other.first_scheduled);
  append(last_scheduled, other.last_scheduled);
  append(writing, other.writing);
  fills += other.fills;
  lost += other.lost;
  stray += other.stray;
}

BenchVenue::BenchVenue(const std::string& directory, int cpu)
    : directory_(directory),
      cpu_(cpu),
      tls_(make_tls(directory)),
      listener_(listen_anywhere(port_)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener_}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event) != 0)
    throw std::runtime_error("the venue cannot wait for connections");
  thread_ = std::thread([this] { serve(); });
}

BenchVenue::~BenchVenue() {
  stop_ = true;
  thread_.join();
  connections_.clear();
  ::close(listener_);
  ::close(epoll_);
  SSL_CTX_free(tls_);
}

// ---- from outside ------------------------------------------------------------------------------

void BenchVenue::on_thread(const std::function<void()>& job) {
  std::unique_lock lock(mutex_);
  job_ = job;
  has_job_ = true;
  done_.wait(lock, [&] { return !has_job_; });
}

int BenchVenue::add_group(const std::string& name, std::size_t followers) {
  int index = 0;
  on_thread([&] {
    index = static_cast<int>(groups_.size());
    groups_.push_back({.name = name,
                       .leader = static_cast<int>(accounts_.size()),
                       .followers = static_cast<int>(followers)});
    for (std::size_t i = 0; i <= followers; ++i) {
      std::string key = fmt::format("{}g{}a{}", name, index, i);
      key.resize(key_size, 'K');
      by_key_[key] = static_cast<int>(accounts_.size());
      accounts_.push_back({.api_key = key, .group = index, .streams = {}});
    }
  });
  return index;
}

std::string BenchVenue::api_key(int group, int follower) {
  std::string key;
  on_thread([&] {
    const auto at = groups_[static_cast<std::size_t>(group)].leader + 1 + follower;
    key = accounts_[static_cast<std::size_t>(at)].api_key;
  });
  return key;
}

bool BenchVenue::watched(int group) {
  bool watched = false;
  on_thread([&] {
    const auto account = groups_[static_cast<std::size_t>(group)].leader;
    watched = !accounts_[static_cast<std::size_t>(account)].streams.empty();
  });
  return watched;
}

FillTimes BenchVenue::run(const Block& block) {
  FillTimes times;
  on_thread([&] { times = run_here(block); });
  return times;
}

// ---- its thread --------------------------------------------------------------------------------

void BenchVenue::serve() {
  pin_to(cpu_);
  while (!stop_) {
    poll(1);
    if (!has_job_) continue;
    const std::lock_guard lock(mutex_);
    job_();
    has_job_ = false;
    done_.notify_all();
  }
}

// All sockets that have something are read before any of it is decrypted.
void BenchVenue::poll(int wait_ms) {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
  ready_.clear();
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == listener_) {
      accept_all();
      continue;
    }
    // Null: closed already, while a child process that was just being made still held it open.
    Connection* const connection = connections_[static_cast<std::size_t>(event.data.fd)].get();
    if (connection == nullptr) continue;
    if (connection->receive()) ready_.push_back(connection);
    else connection->broken = some_broken_ = true;
  }
  for (Connection* connection : ready_) take(*connection);
  if (waiting_ > 0)
    for (const auto& connection : connections_)
      if (connection && !connection->is_flushed()) connection->flush();
  if (some_broken_) drop_broken();
}

void BenchVenue::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto at = static_cast<std::size_t>(socket);
    if (connections_.size() <= at) connections_.resize(at + 1);
    connections_[at] = std::make_unique<Connection>(tls_, socket, waiting_);
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }
}

void BenchVenue::drop_broken() {
  some_broken_ = false;
  for (auto& connection : connections_) {
    if (!connection || !connection->broken) continue;
    std::erase_if(pending_, [&](const Pending& o) { return o.connection == connection.get(); });
    for (auto& account : accounts_) std::erase(account.streams, connection.get());
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, connection->socket(), nullptr);
    connection.reset();
  }
}

// ---- fills -------------------------------------------------------------------------------------

// In and out by turns, so that positions stay small.
BenchVenue::FillFrames BenchVenue::fill_frames(const Group& group, const Connection& stream) const {
  const auto& account = accounts_[static_cast<std::size_t>(group.leader)];
  const bool buy = group.fills % 2 == 0;
  const Fill fill{.client_order_id = "web_leader_order_0001",
                  .side = buy ? "BUY" : "SELL",
                  .quantity = fill_quantity,
                  .order = next_id_ + 1,
                  .trade = next_id_ + 2,
                  .time_ms = wall_ms()};
  return {.brief = event_frame(account, stream, trade_lite(fill)),
          .whole = event_frame(account, stream, order_trade_update(fill))};
}

void BenchVenue::send_fill(Group& group, Mono& written) {
  auto& account = accounts_[static_cast<std::size_t>(group.leader)];
  std::vector<FillFrames> frames;
  for (const auto* stream : account.streams) frames.push_back(fill_frames(group, *stream));
  account.position += group.fills % 2 == 0 ? fill_thousandths : -fill_thousandths;
  const auto first = static_cast<std::size_t>(group.fills++);
  next_id_ += 2;
  written = clock_.now();
  for (std::size_t turn = 0; turn < frames.size(); ++turn) {
    const std::size_t i = (first + turn) % frames.size();
    account.streams[i]->write(frames[i].brief);
    account.streams[i]->write(frames[i].whole);
  }
}

FillTimes BenchVenue::run_here(const Block& block) {
  FillTimes times;
  Group& group = groups_[static_cast<std::size_t>(block.group)];
  for (int i = 0; i < 2; ++i) poll(0);
  stray_ = 0;
  const Mono begin = clock_.now() + block.gap;
  for (int i = 0; i < block.warm_up + block.fills; ++i) {
    const Mono due = begin + i * block.gap;
    while (clock_.now() < due) poll(0);
    round_ = Round{};
    round_.group = block.group;
    round_.expected = group.followers;
    Mono written;
    send_fill(group, written);
    const Mono told = clock_.now();
    const Mono until = written + block.give_up;
    while (round_.orders < round_.expected && clock_.now() < until) poll(0);
    const Round done = round_;
    round_ = {};
    answer_all();
    if (i < block.warm_up) continue;
    ++times.fills;
    if (done.orders < done.expected) {
      ++times.lost;
      continue;
    }
    times.first.push_back((done.first - written).count());
    times.last.push_back((done.last - written).count());
    times.first_scheduled.push_back((done.first - due).count());
    times.last_scheduled.push_back((done.last - due).count());
    times.writing.push_back((told - written).count());
  }
  // The answers' own consequences are over before the copier is stopped.
  const Mono quiet =
      clock_.now() + std::max<std::chrono::nanoseconds>(block.gap, std::chrono::milliseconds(20));
  while (clock_.now() < quiet) poll(0);
  times.stray = stray_;
  return times;
}

}  // namespace copyd::bench
