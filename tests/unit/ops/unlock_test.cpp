#include "ops/unlock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <thread>

#include "ops/file_descriptor.hpp"
#include "temporary_directory.hpp"

namespace copyd::ops {
namespace {

UnlockSources without_terminal() {
  UnlockSources sources;
  sources.terminal.clear();
  sources.cost = Argon2id::minimum();
  return sources;
}

TEST(Unlock, TheCredentialComesBeforeThePassphraseFile) {
  const TemporaryDirectory directory;
  put(directory.file("keyring"), std::string(32, 'k'), 0400);
  put(directory.file("passphrase"), "from the file\n");
  UnlockSources sources = without_terminal();
  sources.passphrase_file = directory.file("passphrase");
  sources.credentials_directory = directory.path();
  const auto by_credential = find_unlock(sources);
  ASSERT_TRUE(by_credential.has_value());
  EXPECT_EQ(by_credential->kind, Unlock::Kind::key);
  EXPECT_EQ(by_credential->secret.reveal(), std::string(32, 'k'));

  std::filesystem::remove(directory.file("keyring"));
  const auto by_file = find_unlock(sources);
  ASSERT_TRUE(by_file.has_value());
  EXPECT_EQ(by_file->kind, Unlock::Kind::passphrase);
  EXPECT_EQ(by_file->secret.reveal(), "from the file");
  EXPECT_EQ(by_file->cost.memory, Argon2id::minimum().memory);
}

TEST(Unlock, ACredentialOfTheWrongSizeIsNotPassedOver) {
  const TemporaryDirectory directory;
  put(directory.file("passphrase"), "from the file\n");
  UnlockSources sources = without_terminal();
  sources.passphrase_file = directory.file("passphrase");
  sources.credentials_directory = directory.path();
  for (const std::size_t size : {0U, 31U, 33U, 5000U}) {
    put(directory.file("keyring"), std::string(size, 'k'));
    const auto unlock = find_unlock(sources);
    ASSERT_TRUE(unlock.has_error()) << size;
    EXPECT_NE(unlock.error().error.find("32"), std::string::npos);
    EXPECT_NE(unlock.error().remedy.find("systemd-creds encrypt"), std::string::npos);
  }
}

TEST(Unlock, APassphraseFileOpenToOthersIsRefused) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("passphrase");
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0644U, 0610U}) {
    put(path, "CANARY\n", mode);
    const auto passphrase = read_passphrase_file(path);
    ASSERT_TRUE(passphrase.has_error()) << std::oct << mode;
    EXPECT_EQ(passphrase.error().remedy, "chmod 600 " + path);
    EXPECT_EQ(passphrase.error().error.find("CANARY"), std::string::npos);
  }
  for (const mode_t mode : {0600U, 0400U}) {
    put(path, "CANARY\n", mode);
    EXPECT_TRUE(read_passphrase_file(path).has_value()) << std::oct << mode;
  }
}

TEST(Unlock, APassphraseIsTheFirstLine) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("passphrase");
  const auto read = [&](const std::string& content) {
    put(path, content);
    auto passphrase = read_passphrase_file(path);
    return passphrase.has_value() ? std::string(passphrase->reveal()) : std::string("refused");
  };
  EXPECT_EQ(read("one two "), "one two ");
  EXPECT_EQ(read("one\r\nsecond\n"), "one");
  EXPECT_EQ(read(std::string(4096, 'p')), std::string(4096, 'p'));
  EXPECT_EQ(read(std::string(4097, 'p')), "refused");
  EXPECT_EQ(read("\n"), "refused");
  EXPECT_EQ(read(""), "refused");
  EXPECT_TRUE(read_passphrase_file(directory.file("absent")).has_error());
}

TEST(Unlock, WithoutAnySourceTheRemedyNamesThem) {
  const auto unlock = find_unlock(without_terminal());
  ASSERT_TRUE(unlock.has_error());
  EXPECT_NE(unlock.error().remedy.find("--passphrase-file"), std::string::npos);
}

// A terminal with a person at it, who answers each prompt with the next of the lines.
class Terminal {
 public:
  explicit Terminal(std::vector<std::string> lines)
      : person_(::posix_openpt(O_RDWR | O_NOCTTY)), lines_(std::move(lines)) {
    EXPECT_EQ(::grantpt(person_.get()), 0);
    EXPECT_EQ(::unlockpt(person_.get()), 0);
    name_ = ::ptsname(person_.get());
    // Held open, so that its settings outlive each question.
    held_ = FileDescriptor(::open(name_.c_str(), O_RDWR | O_NOCTTY));
    typing_ = std::thread([this] { type(); });
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() { finish(); }

  const std::string& name() const { return name_; }
  // All that was to be seen on it.
  std::string finish() {
    if (typing_.joinable()) typing_.join();
    return shown_;
  }
  bool echoes() const {
    termios settings{};
    return ::tcgetattr(held_.get(), &settings) == 0 && (settings.c_lflag & ECHO) != 0;
  }

 private:
  void type() {
    for (const std::string& line : lines_) {
      read_until(": ");
      EXPECT_EQ(::write(person_.get(), line.data(), line.size()),
                static_cast<ssize_t>(line.size()));
      read_until("\n");
    }
  }
  void read_until(const std::string& end) {
    char byte = 0;
    const std::size_t from = shown_.size();
    while (shown_.find(end, from) == std::string::npos) {
      if (::read(person_.get(), &byte, 1) != 1) return;
      shown_ += byte;
    }
  }

  FileDescriptor person_;
  FileDescriptor held_;
  std::string name_;
  std::vector<std::string> lines_;
  std::string shown_;
  std::thread typing_;
};

TEST(Unlock, AsksOnTheTerminalWithoutShowingTheAnswer) {
  Terminal terminal(
      {"wrong\x15"
       "correcx\x7ft horse\r"});
  UnlockSources sources = without_terminal();
  sources.terminal = terminal.name();
  const auto unlock = find_unlock(sources);
  ASSERT_TRUE(unlock.has_value()) << unlock.error().error;
  EXPECT_EQ(unlock->secret.reveal(), "correct horse");
  EXPECT_EQ(terminal.finish(), "Passphrase of the key store: \r\n");
  EXPECT_TRUE(terminal.echoes());
}

TEST(Unlock, ANewPassphraseIsAskedForTwice) {
  UnlockSources sources = without_terminal();
  sources.new_store = true;
  Terminal same({"one\n", "one\n"});
  sources.terminal = same.name();
  EXPECT_TRUE(find_unlock(sources).has_value());
  Terminal different({"one\n", "two\n"});
  sources.terminal = different.name();
  const auto unlock = find_unlock(sources);
  ASSERT_TRUE(unlock.has_error());
  EXPECT_NE(unlock.error().error.find("differ"), std::string::npos);
}

TEST(Unlock, ControlCEndsTheQuestionAndTheTerminalShowsAgain) {
  Terminal terminal({"half\x03"});
  const auto answer = ask_on_terminal(terminal.name(), "Passphrase: ");
  EXPECT_TRUE(answer.has_error());
  terminal.finish();
  EXPECT_TRUE(terminal.echoes());
}

TEST(Unlock, AFileIsNoTerminal) {
  const TemporaryDirectory directory;
  put(directory.file("tty"), "");
  EXPECT_TRUE(ask_on_terminal(directory.file("tty"), "Passphrase: ").has_error());
  EXPECT_TRUE(ask_on_terminal(directory.file("absent"), "Passphrase: ").has_error());
}

}  // namespace
}  // namespace copyd::ops
