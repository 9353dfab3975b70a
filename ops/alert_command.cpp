// The alert channel that is a program of the operator's.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "ops/alert_channel.hpp"
#include "ops/file_descriptor.hpp"

namespace copyd::ops {
namespace {

using namespace std::chrono_literals;

// What is done between fork and exec, and its memory.
class SpawnPlan {
 public:
  explicit SpawnPlan(int input) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    for (const int output : {STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&actions_, output, "/dev/null", O_WRONLY, 0);
    // Not every library opens with O_CLOEXEC, and the venue's sockets are not for others.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t ours;
    ::sigemptyset(&ours);
    for (const int number : {SIGPIPE, SIGHUP, SIGINT, SIGTERM}) ::sigaddset(&ours, number);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &ours);
    // A group of its own, so that what it starts can be ended with it.
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  // 0, or what `posix_spawn` says.
  int start(std::string program, pid_t& pid) const {
    std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
    std::string language = "LANG=C.UTF-8";
    std::array<char*, 2> arguments{program.data(), nullptr};
    std::array<char*, 3> environment{path.data(), language.data(), nullptr};
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(),
                         environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

class AlertCommand final : public AlertChannel {
 public:
  AlertCommand(std::string program, std::chrono::milliseconds time)
      : program_(std::move(program)), time_(time) {}
  // What still runs is killed, and not waited for: it may hang in the kernel.
  ~AlertCommand() override {
    if (child_ >= 0) ::kill(-child_, SIGKILL);
  }

  std::string_view name() const noexcept override { return "command"; }
  std::chrono::milliseconds pace() const noexcept override { return 1s; }
  // It may have done its work and failed behind it: not again and again for ever.
  int attempts_max() const noexcept override { return 3; }
  void begin(const AlertMessage& message, Mono now) override;
  std::optional<Delivery> poll(Mono now) override;

 private:
  static Delivery failed(std::string why) {
    return {.end = Delivery::End::failed, .why = std::move(why)};
  }

  const std::string program_;
  const std::chrono::milliseconds time_;
  pid_t child_ = -1;
  Mono deadline_{};
  bool killed_ = false;
  std::optional<Delivery> end_;
};

void AlertCommand::begin(const AlertMessage& message, Mono now) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    end_ = failed("no pipe: " + last_error().message());
    return;
  }
  const FileDescriptor input(ends[0]);
  const FileDescriptor output(ends[1]);
  // It reads what was written before it began, so nothing here ever waits for it: a message is far
  // smaller than a pipe. Its end of the pipe blocks as programs expect.
  const std::string text = as_json(message) + "\n";
  const bool written =
      ::write(output.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::fcntl(input.get(), F_SETFL, 0);
  if (!written) {
    end_ = failed("its input cannot be written");
    return;
  }
  const int error = SpawnPlan(input.get()).start(program_, child_);
  if (error != 0) {
    child_ = -1;
    end_ = failed("it cannot be started: " +
                  std::error_code(error, std::generic_category()).message());
    return;
  }
  deadline_ = now + time_;
  killed_ = false;
}

std::optional<Delivery> AlertCommand::poll(Mono now) {
  if (end_) return std::exchange(end_, std::nullopt);
  if (child_ < 0) return std::nullopt;
  siginfo_t info{};
  const bool over =
      ::waitid(P_PID, static_cast<id_t>(child_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      info.si_pid == child_;
  if (!over) {
    if (now < deadline_ || killed_) return std::nullopt;
    ::kill(-child_, SIGKILL);
    killed_ = true;
    return std::nullopt;
  }
  // What it has left behind ends with it; its number is its group's until it is reaped.
  ::kill(-child_, SIGKILL);
  int status = 0;
  ::waitpid(child_, &status, WNOHANG);
  child_ = -1;
  if (killed_) return failed("killed after " + std::to_string(time_.count()) + " ms");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Delivery{};
  return failed(WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                                  : "ended by signal " + std::to_string(WTERMSIG(status)));
}

}  // namespace

std::unique_ptr<AlertChannel> make_alert_command(std::string program,
                                                 std::chrono::milliseconds time) {
  return std::make_unique<AlertCommand>(std::move(program), time);
}

}  // namespace copyd::ops
