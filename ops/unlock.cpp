#include "ops/unlock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "ops/environment.hpp"
#include "ops/file_descriptor.hpp"

namespace copyd::ops {
namespace {

constexpr std::size_t passphrase_max = 4096;

Failure cannot_read(const std::string& path, const std::string& remedy) {
  return {.error = path + ": cannot be read: " + last_error().message(), .remedy = remedy};
}

// At most `size_max` bytes of a file, in memory that is wiped.
Outcome<Secret> read_secret(int fd, const std::string& path, std::size_t size_max) {
  Secret buffer = Secret::of_size(size_max + 1);
  std::size_t used = 0;
  while (used < buffer.size()) {
    const ssize_t got = ::read(fd, buffer.writable() + used, buffer.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path, "check the disk and the file's permissions");
    if (got == 0) return Secret::copy_of(buffer.reveal().substr(0, used));
    used += static_cast<std::size_t>(got);
  }
  return Failure{.error = path + ": larger than " + std::to_string(size_max) + " bytes",
                 .remedy = "name the right file"};
}

// A terminal that shows nothing of what is typed, until it goes out of scope. Keys come one by one,
// so that ^C is seen here and the terminal is never left silent.
class SilentTerminal {
 public:
  explicit SilentTerminal(int fd) noexcept : fd_(fd) {
    if (::tcgetattr(fd_, &before_) != 0) return;
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
  }
  bool ok() const noexcept { return ok_; }

 private:
  int fd_;
  termios before_{};
  bool ok_ = false;
};

void show(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// The line typed; empty when it was cancelled (^C, or ^D on an empty line).
Secret read_typed_line(int fd) {
  constexpr char interrupt = 3;
  constexpr char end_of_file = 4;
  constexpr char backspace = 8;
  constexpr char kill_line = 21;
  constexpr char rub_out = 127;
  Secret line = Secret::of_size(passphrase_max);
  std::size_t used = 0;
  for (;;) {
    char key = 0;
    const ssize_t got = ::read(fd, &key, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || key == interrupt) return {};
    if (key == '\r' || key == '\n' || key == end_of_file) break;
    if (key == backspace || key == rub_out) {
      used -= used > 0 ? 1 : 0;
    } else if (key == kill_line) {
      used = 0;
    } else if (used < line.size()) {
      line.writable()[used++] = key;
    }
  }
  return Secret::copy_of(line.reveal().substr(0, used));
}

Outcome<Secret> read_keyring(const std::string& path, int fd) {
  auto keyring = read_secret(fd, path, KeyStore::key_size);
  if (keyring.has_value() && keyring->size() == KeyStore::key_size) return keyring;
  return Failure{.error = "the credential \"keyring\" is not exactly 32 bytes long",
                 .remedy =
                     "make it once: head -c 32 /dev/urandom | systemd-creds encrypt "
                     "--name=keyring - /etc/credstore.encrypted/copyd.keyring"};
}

Unlock by_passphrase(Secret passphrase, Argon2id cost) {
  return {.kind = Unlock::Kind::passphrase, .secret = std::move(passphrase), .cost = cost};
}

Outcome<Unlock> unlock_by_prompt(const UnlockSources& sources) {
  auto first =
      ask_on_terminal(sources.terminal, sources.new_store ? "New passphrase of the key store: "
                                                          : "Passphrase of the key store: ");
  if (first.has_error()) return first.error();
  if (sources.new_store) {
    const auto second = ask_on_terminal(sources.terminal, "The same again: ");
    if (second.has_error()) return second.error();
    if (first->reveal() != second->reveal()) {
      return Failure{.error = "the two passphrases differ", .remedy = "start again"};
    }
  }
  return by_passphrase(std::move(*first), sources.cost);
}

// The first line of a small file. `own`: only its owner may read it.
Outcome<Secret> read_line_of(const std::string& path, const std::string& what, bool own) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return cannot_read(path, "name a file that copyd may read");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return cannot_read(path, "name a file");
  if (own && (status.st_mode & 077) != 0) {
    return Failure{.error = path + ": others than its owner may read or change it",
                   .remedy = "chmod 600 " + path};
  }
  auto content = read_secret(file.get(), path, passphrase_max);
  if (content.has_error()) return content.error();
  std::string_view line = content->reveal();
  line = line.substr(0, line.find('\n'));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty()) {
    return Failure{.error = path + ": no " + what + " in its first line",
                   .remedy = "write the " + what + " into it, in one line"};
  }
  return Secret::copy_of(line);
}

}  // namespace

UnlockSources UnlockSources::from_environment() {
  UnlockSources sources;
  sources.credentials_directory = environment("CREDENTIALS_DIRECTORY");
  return sources;
}

Outcome<Unlock> find_unlock(const UnlockSources& sources) {
  if (!sources.credentials_directory.empty()) {
    const std::string path = sources.credentials_directory + "/keyring";
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.valid()) {
      auto keyring = read_keyring(path, file.get());
      if (keyring.has_error()) return keyring.error();
      return Unlock{.kind = Unlock::Kind::key, .secret = std::move(*keyring), .cost = {}};
    }
    if (errno != ENOENT) return cannot_read(path, "check the unit's LoadCredential lines");
  }
  if (!sources.passphrase_file.empty()) {
    auto passphrase = read_passphrase_file(sources.passphrase_file);
    if (passphrase.has_error()) return passphrase.error();
    return by_passphrase(std::move(*passphrase), sources.cost);
  }
  if (!sources.terminal.empty()) return unlock_by_prompt(sources);
  return Failure{.error = "nothing unlocks the key store",
                 .remedy = "give a systemd credential named keyring, or --passphrase-file"};
}

Outcome<Secret> read_passphrase_file(const std::string& path) {
  return read_line_of(path, "passphrase", true);
}

Outcome<Secret> read_secret_line(const std::string& path) {
  return read_line_of(path, "secret", true);
}

Outcome<Secret> read_credential(const std::string& path) {
  return read_line_of(path, "secret", false);
}

Outcome<Secret> ask_on_terminal(const std::string& terminal, const std::string& prompt) {
  const std::string remedy = "give --passphrase-file, or a systemd credential named keyring";
  const FileDescriptor tty(::open(terminal.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!tty.valid()) return Failure{.error = "no terminal to ask on", .remedy = remedy};
  const SilentTerminal silent(tty.get());
  if (!silent.ok()) return Failure{.error = terminal + " is not a terminal", .remedy = remedy};
  show(tty.get(), prompt);
  Secret line = read_typed_line(tty.get());
  show(tty.get(), "\n");
  if (line.empty()) return Failure{.error = "no passphrase was typed", .remedy = remedy};
  return line;
}

}  // namespace copyd::ops
