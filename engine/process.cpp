#include "engine/process.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace copyd::engine {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

Deadline after(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

int milliseconds_left(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  return left.count() < 0 ? 0 : static_cast<int>(left.count());
}

bool readable(int fd, Deadline deadline) {
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  for (;;) {
    const int ready = poll(&entry, 1, milliseconds_left(deadline));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

std::optional<std::string> take_line(std::string& buffer) {
  const auto end = buffer.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = buffer.substr(0, end);
  buffer.erase(0, end + 1);
  return line;
}

struct Pipe {
  int read = -1;
  int write = -1;
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::optional<Process> Process::spawn(const Options& options) {
  Pipe input;
  Pipe output;
  if (!input.open() || !output.open()) return std::nullopt;

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO);
  const char* error_file = options.error_file.empty() ? "/dev/null" : options.error_file.c_str();
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error_file,
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<char*> arguments;
  for (const auto& argument : options.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int failed =
      posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input.read);
  ::close(output.write);
  if (failed == 0) {
    // A child that ends before it has read its input must not end us.
    std::signal(SIGPIPE, SIG_IGN);
    write_all(input.write, options.input);
  }
  ::close(input.write);
  if (failed != 0) {
    ::close(output.read);
    return std::nullopt;
  }
  return Process(pid, output.read);
}

Process::Process(Process&& other) noexcept { *this = std::move(other); }

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  release();
  pid_ = std::exchange(other.pid_, -1);
  output_ = std::exchange(other.output_, -1);
  buffer_ = std::move(other.buffer_);
  at_end_ = other.at_end_;
  exit_code_ = other.exit_code_;
  return *this;
}

Process::~Process() { release(); }

void Process::release() noexcept {
  if (pid_ > 0 && !exit_code_) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  }
  pid_ = -1;
  if (output_ >= 0) ::close(std::exchange(output_, -1));
}

bool Process::fill(Deadline deadline) {
  if (at_end_ || !readable(output_, deadline)) return false;
  char bytes[4096];
  const auto got = ::read(output_, bytes, sizeof bytes);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) {
    at_end_ = true;
    return false;
  }
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> Process::read_line(std::chrono::milliseconds within) {
  const auto deadline = after(within);
  for (;;) {
    if (auto line = take_line(buffer_)) return line;
    if (!fill(deadline)) return std::nullopt;
  }
}

std::string Process::read_rest(std::chrono::milliseconds within) {
  const auto deadline = after(within);
  while (fill(deadline)) {}
  return std::exchange(buffer_, {});
}

void Process::signal(int number) noexcept {
  if (pid_ > 0 && !exit_code_) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds within) {
  const auto deadline = after(within);
  while (!exit_code_) {
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      break;
    }
    if (milliseconds_left(deadline) == 0) return std::nullopt;
    poll(nullptr, 0, 5);
  }
  return exit_code_;
}

std::optional<LineClient> LineClient::connect(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  if (inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr) != 1)
    return std::nullopt;
  LineClient client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (client.socket_ < 0 ||
      ::connect(client.socket_, reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0)
    return std::nullopt;
  return client;
}

LineClient::LineClient(LineClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

LineClient& LineClient::operator=(LineClient&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

LineClient::~LineClient() {
  if (socket_ >= 0) ::close(socket_);
}

std::optional<std::string> LineClient::call(const std::string& request,
                                            std::chrono::milliseconds within) {
  if (!write_all(socket_, request + "\n")) return std::nullopt;
  const auto deadline = after(within);
  for (;;) {
    if (auto line = take_line(buffer_)) return line;
    if (!readable(socket_, deadline)) return std::nullopt;
    char bytes[65536];
    const auto got = ::read(socket_, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    buffer_.append(bytes, static_cast<std::size_t>(got));
  }
}

}  // namespace copyd::engine
