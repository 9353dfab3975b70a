#include "cli/client.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "cli/terminal.hpp"

namespace copyd::cli {
namespace {

// A daemon that takes one connection, reads one line and says what it is told to.
class Daemon {
 public:
  Daemon() {
    std::string pattern = (std::filesystem::temp_directory_path() / "copyd-cli-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().data(), path().size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() {
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
    std::filesystem::remove_all(directory_);
  }
  std::string path() const { return directory_ + "/control.sock"; }
  std::string directory() const { return directory_; }

  void answer(std::string reply, bool reads = true) {
    ASSERT_EQ(::listen(socket_, 4), 0);
    thread_ = std::thread([this, reply = std::move(reply), reads] {
      const int client = ::accept(socket_, nullptr, nullptr);
      char byte = 0;
      while (reads && ::recv(client, &byte, 1, 0) == 1 && byte != '\n') heard_ += byte;
      EXPECT_EQ(::send(client, reply.data(), reply.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(reply.size()));
      ::close(client);
    });
  }
  std::string heard() {
    thread_.join();
    return heard_;
  }

 private:
  std::string directory_;
  std::string heard_;
  std::thread thread_;
  int socket_ = -1;
};

TEST(Client, AsksAndReturnsTheReply) {
  Daemon daemon;
  const std::string reply = "{\"ok\":true,\"x\":\"" + std::string(300'000, 'x') + "\"}";
  daemon.answer(reply + '\n');
  const auto answer = ask(daemon.path(), "{\"command\":\"status\"}\n");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(*answer, reply);
  EXPECT_EQ(daemon.heard(), "{\"command\":\"status\"}");
}

TEST(Client, HearsADaemonThatRefusesWithoutListening) {
  Daemon daemon;
  daemon.answer("{\"ok\":false}\n", false);
  const auto answer = ask(daemon.path(), std::string(1U << 20U, 'x') + '\n');
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(*answer, "{\"ok\":false}");
}

TEST(Client, NamesCauseAndRemedyWhenThereIsNoAnswer) {
  Daemon daemon;
  const auto nobody = ask(daemon.path(), "{}\n");
  ASSERT_TRUE(nobody.has_error());
  EXPECT_NE(nobody.error().error.find("nobody answers on " + daemon.path()), std::string::npos);
  const auto absent = ask(daemon.directory() + "/absent", "{}\n");
  ASSERT_TRUE(absent.has_error());
  EXPECT_NE(absent.error().error.find("there is no control socket"), std::string::npos);
  EXPECT_NE(absent.error().remedy.find("is the daemon running?"), std::string::npos);
  EXPECT_TRUE(ask(std::string(108, 'p'), "{}\n").has_error());
  EXPECT_TRUE(ask("", "{}\n").has_error());
  daemon.answer("{\"cut\":");
  const auto cut = ask(daemon.path(), "{}\n");
  ASSERT_TRUE(cut.has_error());
  EXPECT_NE(cut.error().error.find("without an answer"), std::string::npos);
}

ops::Outcome<ops::Credentials> credentials_from(const std::string& input) {
  int ends[2] = {};
  EXPECT_EQ(::pipe(ends), 0);
  std::thread writer([&] {
    [[maybe_unused]] const ssize_t written = ::write(ends[1], input.data(), input.size());
    ::close(ends[1]);
  });
  auto credentials = read_credentials(ends[0]);
  ::close(ends[0]);
  writer.join();
  return credentials;
}

TEST(Credentials, AreReadFromStandardInput) {
  const auto good = credentials_from("{\"api_key\":\"KEY\",\n\"secret\":\"SECRET\"}\n");
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->api_key.reveal(), "KEY");
  EXPECT_EQ(good->secret.reveal(), "SECRET");
  EXPECT_TRUE(credentials_from("").has_error());
  EXPECT_TRUE(credentials_from("{\"api_key\":\"KEY\"}").has_error());
  EXPECT_TRUE(credentials_from(std::string(33'000, ' ') + "{}").has_error());
}

// Types each line when the terminal asks for it; returns what was to be seen.
struct Typist {
  int person = ::posix_openpt(O_RDWR | O_NOCTTY);
  int held = -1;
  std::string name;
  std::string shown;
  std::thread thread;

  explicit Typist(std::vector<std::string> lines) {
    EXPECT_EQ(::grantpt(person), 0);
    EXPECT_EQ(::unlockpt(person), 0);
    name = ::ptsname(person);
    held = ::open(name.c_str(), O_RDWR | O_NOCTTY);
    thread = std::thread([this, lines = std::move(lines)] {
      for (const std::string& line : lines) {
        see(": ");
        EXPECT_EQ(::write(person, line.data(), line.size()), static_cast<ssize_t>(line.size()));
        see("\n");
      }
    });
  }
  Typist(const Typist&) = delete;
  Typist& operator=(const Typist&) = delete;
  ~Typist() {
    if (thread.joinable()) thread.join();
    ::close(held);
    ::close(person);
  }
  void see(const std::string& end) {
    const std::size_t from = shown.size();
    char byte = 0;
    while (shown.find(end, from) == std::string::npos && ::read(person, &byte, 1) == 1) {
      shown += byte;
    }
  }
};

TEST(Credentials, AreAskedForAndNotShown) {
  Typist typist({"KEY\r", "SECRETX\x7f\r"});
  const auto credentials = ask_for_credentials(typist.name);
  typist.thread.join();
  ASSERT_TRUE(credentials.has_value()) << credentials.error().error;
  EXPECT_EQ(credentials->kind, ops::Credentials::Kind::secret);
  EXPECT_EQ(credentials->api_key.reveal(), "KEY");
  EXPECT_EQ(credentials->secret.reveal(), "SECRET");
  EXPECT_EQ(typist.shown.find("KEY\r"), std::string::npos);
  EXPECT_EQ(typist.shown.find("SECRET"), std::string::npos) << typist.shown;
}

TEST(Credentials, APrivateKeyIsPastedWithItsLines) {
  const std::string pem = "-----BEGIN PRIVATE KEY-----\nMC4C\nAQAw\n-----END PRIVATE KEY-----";
  Typist typist({"KEY\n", pem + "\n"});
  const auto credentials = ask_for_credentials(typist.name);
  typist.thread.join();
  ASSERT_TRUE(credentials.has_value()) << credentials.error().error;
  EXPECT_EQ(credentials->kind, ops::Credentials::Kind::private_key_pem);
  EXPECT_EQ(credentials->secret.reveal(), pem);
}

TEST(Credentials, ControlCCancels) {
  Typist typist({"KEY\r", "SEC\x03"});
  EXPECT_TRUE(ask_for_credentials(typist.name).has_error());
  EXPECT_TRUE(ask_for_credentials("/dev/null").has_error());
}

}  // namespace
}  // namespace copyd::cli
