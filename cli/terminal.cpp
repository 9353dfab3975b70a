#include "cli/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace copyd::cli {
namespace {

using ops::Failure;

constexpr std::size_t input_max = ops::control_request_max / 2;

// The terminal, showing nothing of what is typed until it goes out of scope. Keys come one by one,
// so that ^C is seen here and the terminal is never left silent.
class SilentTerminal {
 public:
  explicit SilentTerminal(const std::string& path) noexcept
      : fd_(::open(path.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (fd_ < 0 || ::tcgetattr(fd_, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    ok_ = ::tcsetattr(fd_, TCSAFLUSH, &silent) == 0;
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  ~SilentTerminal() {
    if (ok_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (fd_ >= 0) ::close(fd_);
  }
  bool ok() const noexcept { return ok_; }

  void show(std::string_view text) const noexcept {
    [[maybe_unused]] const ssize_t written = ::write(fd_, text.data(), text.size());
  }
  // The next key; 0 when there are no more.
  char next() const noexcept {
    char key = 0;
    ssize_t got = 0;
    do got = ::read(fd_, &key, 1);
    while (got < 0 && errno == EINTR);
    return got == 1 ? key : '\0';
  }

 private:
  int fd_;
  termios before_{};
  bool ok_ = false;
};

// Whether a PEM text has begun and not yet come to its end.
bool inside_pem(std::string_view text) noexcept {
  if (!text.starts_with("-----BEGIN ")) return false;
  const std::size_t end = text.find("-----END ");
  return end == std::string_view::npos || text.find("-----", end + 9) == std::string_view::npos;
}

// One line, or a PEM text to the end of its last line. Empty when it was cancelled.
Secret read_silently(const SilentTerminal& terminal) {
  constexpr char interrupt = 3;
  constexpr char end_of_file = 4;
  constexpr char backspace = 8;
  constexpr char kill_line = 21;
  constexpr char rub_out = 127;
  Secret text = Secret::of_size(input_max);
  std::size_t used = 0;
  for (;;) {
    const char key = terminal.next();
    if (key == '\0' || key == interrupt) return {};
    const bool line_end = key == '\r' || key == '\n';
    if (key == end_of_file || (line_end && !inside_pem(text.reveal().substr(0, used)))) break;
    if (key == backspace || key == rub_out) {
      used -= used > 0 ? 1 : 0;
    } else if (key == kill_line) {
      used = 0;
    } else if (used < text.size()) {
      text.writable()[used++] = line_end ? '\n' : key;
    }
  }
  return Secret::copy_of(text.reveal().substr(0, used));
}

Failure no_terminal() {
  return {.error = "there is no terminal to ask for the key on",
          .remedy = "give it with --stdin, as JSON"};
}

// Standard input to its end.
ops::Outcome<Secret> read_input(int fd) {
  Secret input = Secret::of_size(input_max + 1);
  std::size_t used = 0;
  while (used < input.size()) {
    const ssize_t got = ::read(fd, input.writable() + used, input.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
  }
  if (used > input_max) {
    return Failure{.error = "standard input has more than a key",
                   .remedy = R"(give {"api_key":…,"secret":…}, nothing else)"};
  }
  return Secret::copy_of(input.reveal().substr(0, used));
}

}  // namespace

ops::Outcome<Secret> ask_for_api_key(const std::string& terminal) {
  const SilentTerminal silent(terminal);
  if (!silent.ok()) return no_terminal();
  silent.show("API key that the venue gave (not shown; empty: give up): ");
  Secret key = read_silently(silent);
  silent.show("\n");
  return key;
}

ops::Outcome<ops::Credentials> ask_for_credentials(const std::string& terminal) {
  const SilentTerminal silent(terminal);
  if (!silent.ok()) return no_terminal();
  ops::Credentials credentials;
  silent.show("API key (not shown): ");
  credentials.api_key = read_silently(silent);
  silent.show("\n");
  if (!credentials.api_key.empty()) {
    silent.show("Secret, or private key from -----BEGIN to -----END (not shown): ");
    credentials.secret = read_silently(silent);
    silent.show("\n");
  }
  if (credentials.api_key.empty() || credentials.secret.empty()) {
    return Failure{.error = "no key was given", .remedy = "start again, or use --stdin"};
  }
  if (credentials.secret.reveal().starts_with("-----BEGIN ")) {
    credentials.kind = ops::Credentials::Kind::private_key_pem;
  }
  return credentials;
}

ops::Outcome<ops::Credentials> read_credentials(int fd) {
  const auto input = read_input(fd);
  if (input.has_error()) return input.error();
  return ops::decode_credentials(input->reveal());
}

ops::Outcome<Secret> read_api_key(int fd) {
  const auto input = read_input(fd);
  if (input.has_error()) return input.error();
  return ops::decode_api_key(input->reveal());
}

std::optional<bool> confirm(const std::string& terminal, std::string_view question) {
  const int fd = ::open(terminal.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string shown(question);
  shown += " Type yes: ";
  std::string answer;
  if (::write(fd, shown.data(), shown.size()) == static_cast<ssize_t>(shown.size())) {
    for (char key = 0; answer.size() < 8;) {
      const ssize_t got = ::read(fd, &key, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got != 1 || key == '\n' || key == '\r') break;
      answer += key;
    }
  }
  ::close(fd);
  return answer == "yes";
}

}  // namespace copyd::cli
