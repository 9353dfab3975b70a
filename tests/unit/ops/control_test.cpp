#include "ops/control.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <deque>

#include "ops/control_socket.hpp"
#include "ops/file_descriptor.hpp"
#include "temporary_directory.hpp"

namespace copyd::ops {
namespace {

// The server and its clients take turns on one thread, so a test sees every step in one order.
class ControlTest : public testing::Test {
 protected:
  struct Asked {
    ControlRequest request;
    Reply reply;
  };

  void open(ControlOptions options = {}) {
    options.path = path_;
    auto server = ControlServer::open(io_, options, [this](ControlRequest request, Reply reply) {
      if (answer_at_once_) {
        reply(R"({"ok":true,"label":")" + request.label + "\"}");
      } else {
        asked_.push_back({std::move(request), std::move(reply)});
      }
    });
    ASSERT_TRUE(server.has_value()) << server.error().error;
    server_.emplace(std::move(*server));
  }

  FileDescriptor connect() {
    FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.data(), path_.size());
    if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      return FileDescriptor();
    }
    return client;
  }

  static ssize_t send(const FileDescriptor& client, std::string_view text) {
    return ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  // The next line without its end, or "closed". The server works until there is one.
  std::string line(const FileDescriptor& client) {
    std::string text;
    for (;;) {
      char byte = 0;
      const ssize_t got = ::recv(client.get(), &byte, 1, MSG_DONTWAIT);
      if (got == 1 && byte == '\n') return text;
      if (got == 1) {
        text += byte;
      } else if (got < 0 && errno == EAGAIN) {
        io_.run_one();
      } else {
        return "closed";
      }
    }
  }

  std::string ask(const FileDescriptor& client, const std::string& request) {
    EXPECT_EQ(send(client, request + "\n"), static_cast<ssize_t>(request.size() + 1));
    return line(client);
  }

  // The next request that the handler was given.
  Asked& next_asked() {
    while (asked_.empty()) io_.run_one();
    return asked_.front();
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.file("control.sock");
  boost::asio::io_context io_;
  std::deque<Asked> asked_;
  bool answer_at_once_ = true;
  std::optional<ControlServer> server_;
};

TEST_F(ControlTest, AnswersOneRequestAfterAnother) {
  open();
  const FileDescriptor client = connect();
  EXPECT_EQ(ask(client, R"({"command":"disconnect","label":"bob"})"),
            R"({"ok":true,"label":"bob"})");
  EXPECT_EQ(ask(client, R"({"command":"status"})"), R"({"ok":true,"label":""})");
  // Several in one piece, with blank lines and the line ends of another system.
  send(client,
       "\n\r\n{\"command\":\"positions\",\"label\":\"a\"}\r\n"
       "{\"command\":\"positions\",\"label\":\"b\"}\n");
  EXPECT_EQ(line(client), R"({"ok":true,"label":"a"})");
  EXPECT_EQ(line(client), R"({"ok":true,"label":"b"})");
}

TEST_F(ControlTest, ARequestMayComeByteByByte) {
  open();
  const FileDescriptor client = connect();
  for (const char byte : std::string_view("{\"command\":\"positions\",\"label\":\"bob\"}\n")) {
    send(client, {&byte, 1});
    io_.poll();
  }
  EXPECT_EQ(line(client), R"({"ok":true,"label":"bob"})");
}

TEST_F(ControlTest, TheSocketIsForOwnerAndGroup) {
  const mode_t before = ::umask(0077);
  open();
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777, 0660U);
}

TEST_F(ControlTest, TheHandlerLearnsWhoAsksAndWhat) {
  answer_at_once_ = false;
  open();
  const FileDescriptor client = connect();
  send(client, R"({"command":"connect","label":"bob","api_key":"KEY","secret":"S\u0041\n"})"
               "\n");
  EXPECT_NE(line(client).find("\"ok\":false"), std::string::npos);
  send(client, R"({"command":"connect","label":"bob","api_key":"KEY","secret":"S\u0041"})"
               "\n");
  const Asked& asked = next_asked();
  EXPECT_EQ(asked.request.verb, Verb::connect);
  EXPECT_EQ(asked.request.label, "bob");
  EXPECT_EQ(asked.request.credentials.api_key.reveal(), "KEY");
  EXPECT_EQ(asked.request.credentials.secret.reveal(), "SA");
  EXPECT_EQ(asked.request.peer_uid, ::geteuid());
}

TEST_F(ControlTest, AnAnswerMayComeLaterAndOnlyOnce) {
  answer_at_once_ = false;
  open();
  const FileDescriptor first = connect();
  const FileDescriptor second = connect();
  send(first, "{\"command\":\"status\"}\n{\"command\":\"version\"}\n");
  next_asked();
  send(second, "{\"command\":\"latency\"}\n");
  while (asked_.size() < 2) io_.run_one();
  EXPECT_EQ(asked_[1].request.verb, Verb::latency);
  EXPECT_TRUE(asked_[1].reply("{\"b\":1}"));
  EXPECT_EQ(line(second), "{\"b\":1}");
  EXPECT_TRUE(asked_[0].reply("{\"a\":\n1}"));
  EXPECT_FALSE(asked_[0].reply("{\"again\":1}"));
  EXPECT_EQ(line(first), "{\"a\": 1}");
  while (asked_.size() < 3) io_.run_one();
  EXPECT_EQ(asked_[2].request.verb, Verb::version);
  asked_[2].reply("{\"c\":1}");
  EXPECT_EQ(line(first), "{\"c\":1}");
}

TEST_F(ControlTest, ARequestThatIsDroppedIsAnsweredAllTheSame) {
  answer_at_once_ = false;
  open();
  const FileDescriptor client = connect();
  send(client, "{\"command\":\"status\"}\n");
  next_asked();
  asked_.clear();
  EXPECT_NE(line(client).find("did not answer"), std::string::npos);
}

TEST_F(ControlTest, AnAnswerThatComesTooLateGoesNowhere) {
  answer_at_once_ = false;
  open({.answer_timeout = std::chrono::milliseconds(5)});
  const FileDescriptor client = connect();
  send(client, "{\"command\":\"status\"}\n");
  next_asked();
  EXPECT_NE(line(client).find("did not finish this in time"), std::string::npos);
  send(client, "{\"command\":\"version\"}\n");
  while (asked_.size() < 2) io_.run_one();
  asked_[0].reply("{\"late\":1}");
  asked_[1].reply("{\"right\":1}");
  EXPECT_EQ(line(client), "{\"right\":1}");
}

TEST_F(ControlTest, AClientOrServerThatIsGoneMakesNoDifference) {
  answer_at_once_ = false;
  open();
  FileDescriptor client = connect();
  send(client, "{\"command\":\"status\"}\n");
  next_asked();
  client = FileDescriptor();
  asked_[0].reply("{}");
  const FileDescriptor other = connect();
  send(other, "{\"command\":\"status\"}\n");
  while (asked_.size() < 2) io_.run_one();
  server_->close();
  asked_[1].reply("{}");
  EXPECT_EQ(line(other), "closed");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ControlTest, TheHandlerMayCloseTheServer) {
  auto server = ControlServer::open(io_, {.path = path_}, [this](ControlRequest, Reply reply) {
    server_->close();
    reply("{}");
  });
  ASSERT_TRUE(server.has_value());
  server_.emplace(std::move(*server));
  const FileDescriptor client = connect();
  EXPECT_EQ(ask(client, "{\"command\":\"status\"}"), "closed");
}

TEST_F(ControlTest, GarbageIsAnsweredAndTheConnectionGoesOn) {
  open();
  const FileDescriptor client = connect();
  for (const std::string& garbage :
       {std::string("CANARY"), std::string("{}"), std::string("\0\xff\x01", 3),
        std::string("{\"command\":\"CANARY\"}"), std::string(5000, '[')}) {
    const std::string answer = ask(client, garbage);
    EXPECT_TRUE(answer.starts_with(R"({"ok":false,"error":")")) << answer;
    EXPECT_EQ(answer.find("CANARY"), std::string::npos);
  }
  EXPECT_EQ(ask(client, R"({"command":"status"})"), R"({"ok":true,"label":""})");
}

TEST_F(ControlTest, ARequestMayHaveItsMaximumAndNotAByteMore) {
  open();
  const std::string request = R"({"command":"status"})";
  const std::string longest = request + std::string(control_request_max - request.size(), ' ');
  const FileDescriptor client = connect();
  EXPECT_EQ(ask(client, longest), R"({"ok":true,"label":""})");
  const std::string answer = ask(client, longest + ' ');
  EXPECT_NE(answer.find("longer than 65536 bytes"), std::string::npos) << answer;
  EXPECT_EQ(line(client), "closed");
}

TEST_F(ControlTest, AnEndlessLineIsCutOff) {
  open();
  const FileDescriptor client = connect();
  const std::string block(4096, 'x');
  ssize_t sent = 0;
  std::size_t total = 0;
  do {
    sent = send(client, block);
    total += sent > 0 ? static_cast<std::size_t>(sent) : 0;
    io_.poll();
  } while (sent > 0 || errno == EAGAIN);
  EXPECT_LT(total, 4 * control_request_max);
  EXPECT_NE(line(client).find("longer than"), std::string::npos);
}

TEST_F(ControlTest, ASlowWriterIsToldAndCutOff) {
  open({.idle_timeout = std::chrono::milliseconds(5)});
  const FileDescriptor slow = connect();
  send(slow, "{\"command\":");
  EXPECT_NE(line(slow).find("did not arrive in time"), std::string::npos);
  EXPECT_EQ(line(slow), "closed");
  const FileDescriptor silent = connect();
  EXPECT_EQ(line(silent), "closed");
}

TEST_F(ControlTest, AClientThatDoesNotReadIsCutOff) {
  answer_at_once_ = false;
  open({.connections_max = 1, .idle_timeout = std::chrono::milliseconds(5)});
  const FileDescriptor deaf = connect();
  send(deaf, "{\"command\":\"status\"}\n");
  next_asked();
  asked_[0].reply("{\"long\":\"" + std::string(8U << 20U, 'x') + "\"}");
  asked_.clear();
  answer_at_once_ = true;
  // Its place is given to somebody else.
  std::string answer;
  do {
    const FileDescriptor other = connect();
    send(other, "{\"command\":\"status\"}\n");
    answer = line(other);
  } while (answer.find("too many connections") != std::string::npos);
  EXPECT_EQ(answer, R"({"ok":true,"label":""})");
}

TEST_F(ControlTest, AThousandConnectionsAreBoundedAndRefusedInWords) {
  open();
  std::deque<FileDescriptor> served;
  std::size_t refused = 0;
  for (int i = 0; i < 1000; ++i) {
    FileDescriptor client = connect();
    ASSERT_TRUE(client.valid());
    if (served.size() < control_connections_max) {
      EXPECT_EQ(ask(client, R"({"command":"status"})"), R"({"ok":true,"label":""})");
      served.push_back(std::move(client));
    } else {
      if (line(client).find("too many connections") != std::string::npos) ++refused;
      EXPECT_EQ(line(client), "closed");
    }
  }
  EXPECT_EQ(refused, 1000 - control_connections_max);
  // Those that were served still are, and one that leaves makes room.
  EXPECT_EQ(ask(served.back(), R"({"command":"status"})"), R"({"ok":true,"label":""})");
  served.pop_front();
  io_.poll();
  EXPECT_EQ(ask(connect(), R"({"command":"status"})"), R"({"ok":true,"label":""})");
}

TEST_F(ControlTest, AStaleSocketIsReplacedAndALiveOneIsNot) {
  {
    const auto stale = listen_on(path_);
    ASSERT_TRUE(stale.has_value());
    boost::asio::io_context other;
    const auto refused = ControlServer::open(other, {.path = path_}, {});
    ASSERT_TRUE(refused.has_error());
    EXPECT_NE(refused.error().error.find("another copyd answers"), std::string::npos);
  }
  ASSERT_TRUE(std::filesystem::exists(path_));
  open();
  EXPECT_EQ(ask(connect(), R"({"command":"status"})"), R"({"ok":true,"label":""})");
}

TEST_F(ControlTest, AFileThatIsNoSocketIsLeftAlone) {
  put(path_, "precious");
  for (const std::string& path : {path_, directory_.file("no/such/directory"),
                                  directory_.file(std::string(120, 'l')), std::string()}) {
    const auto server = ControlServer::open(io_, {.path = path}, {});
    ASSERT_TRUE(server.has_error()) << path;
    EXPECT_FALSE(server.error().remedy.empty());
  }
  EXPECT_EQ(content_of(path_), "precious");
}

TEST_F(ControlTest, ClosingLeavesAnothersSocketAlone) {
  open();
  ASSERT_EQ(::rename(path_.c_str(), directory_.file("aside").c_str()), 0);
  const auto another = listen_on(path_);
  ASSERT_TRUE(another.has_value());
  server_->close();
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST(MayControl, RootTheOwnUserAndTheGroup) {
  const PeerRule rule{.own_uid = 500, .group = 600};
  EXPECT_TRUE(may_control({.uid = 0, .gid = 0, .groups = {}}, rule));
  EXPECT_TRUE(may_control({.uid = 500, .gid = 1, .groups = {}}, rule));
  EXPECT_TRUE(may_control({.uid = 501, .gid = 600, .groups = {}}, rule));
  EXPECT_TRUE(may_control({.uid = 501, .gid = 1, .groups = {7, 600}}, rule));
  EXPECT_FALSE(may_control({.uid = 501, .gid = 1, .groups = {7, 601}}, rule));
  EXPECT_FALSE(may_control({.uid = 600, .gid = 500, .groups = {500}}, rule));
  const PeerRule without_group{.own_uid = 500, .group = std::nullopt};
  EXPECT_FALSE(may_control({.uid = 501, .gid = 0, .groups = {0}}, without_group));
}

TEST_F(ControlTest, AnotherUserIsRefusedThoughTheFileLetsHimIn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can connect as another user";
  open();
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  // The system call itself, so that only this thread is somebody else, and root's groups with it.
  constexpr uid_t nobody = 65534;
  constexpr uid_t unchanged = static_cast<uid_t>(-1);
  ASSERT_EQ(::syscall(SYS_setresuid, unchanged, nobody, unchanged), 0);
  const FileDescriptor client = connect();
  ASSERT_EQ(::syscall(SYS_setresuid, unchanged, 0, unchanged), 0);
  ASSERT_TRUE(client.valid());
  EXPECT_NE(line(client).find("you may not control this daemon"), std::string::npos);
  EXPECT_EQ(line(client), "closed");
}

// How often the bytes of `pattern` ^ 0x55 stand in this process's writable memory.
int copies_in_memory(std::string_view pattern) {
  static char block[1 << 16];
  const FileDescriptor memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
  std::ifstream maps("/proc/self/maps");
  int found = 0;
  for (std::string region; std::getline(maps, region);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char mode[5] = {};
    if (std::sscanf(region.c_str(), "%lx-%lx %4s", &begin, &end, mode) != 3) continue;
    // The shadow of a sanitizer is too large, and holds nothing.
    if (mode[0] != 'r' || mode[1] != 'w' || end - begin > (1UL << 30U)) continue;
    for (unsigned long at = begin; at < end; at += sizeof block - pattern.size()) {
      const ssize_t got =
          ::pread(memory.get(), block, std::min(sizeof block, end - at), static_cast<off_t>(at));
      const char* const last = block + got;
      const char* next = block;
      while (next < last) {
        const auto left = static_cast<std::size_t>(last - next);
        const void* first = std::memchr(next, pattern[0] ^ 0x55, left);
        if (first == nullptr) break;
        next = static_cast<const char*>(first);
        std::size_t same = 1;
        while (same < pattern.size() && next + same < last &&
               next[same] == (pattern[same] ^ 0x55)) {
          ++same;
        }
        found += same == pattern.size() ? 1 : 0;
        ++next;
      }
      wipe(block, sizeof block);
    }
  }
  return found;
}

TEST_F(ControlTest, ASecretIsInMemoryOnceAndThenNoMore) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "too much memory to search";
#endif
  answer_at_once_ = false;
  open();
  const FileDescriptor client = connect();
  // Kept disguised here, so that this test's own copy is not found.
  std::string disguised = "LEAKCANARY-0123456789-abcdefghijklm";
  for (char& c : disguised) c = static_cast<char>(c ^ 0x55);
  {
    ControlRequest request;
    request.verb = Verb::connect;
    request.label = "bob";
    request.credentials.api_key = Secret::copy_of("KEY");
    request.credentials.secret = Secret::of_size(disguised.size());
    for (std::size_t i = 0; i < disguised.size(); ++i) {
      request.credentials.secret.writable()[i] = static_cast<char>(disguised[i] ^ 0x55);
    }
    EXPECT_EQ(copies_in_memory(disguised), 1);
    const Secret line = encode_request(request);
    EXPECT_EQ(copies_in_memory(disguised), 2);
    ASSERT_EQ(send(client, line.reveal()), static_cast<ssize_t>(line.size()));
  }
  EXPECT_EQ(copies_in_memory(disguised), 0);
  const Asked& asked = next_asked();
  EXPECT_EQ(asked.request.credentials.secret.size(), disguised.size());
  EXPECT_EQ(copies_in_memory(disguised), 1);
  asked_.clear();
  EXPECT_EQ(copies_in_memory(disguised), 0);
}

}  // namespace
}  // namespace copyd::ops
