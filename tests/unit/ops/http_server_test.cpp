// The server of metrics and health: what it answers, and what it does not let itself be done.
#include "ops/http_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <vector>

#include "ops/file_descriptor.hpp"

namespace copyd::ops {
namespace {

using namespace std::chrono_literals;

FileDescriptor connect_to(std::uint16_t port) {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return {};
  return socket;
}

bool send_all(const FileDescriptor& socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Until the server closes.
std::string read_to_end(const FileDescriptor& socket) {
  std::string text;
  char piece[4096];
  pollfd waits{.fd = socket.get(), .events = POLLIN, .revents = 0};
  while (::poll(&waits, 1, 20'000) == 1) {
    const ssize_t got = ::recv(socket.get(), piece, sizeof piece, 0);
    if (got <= 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
  }
  return text + "(not closed in time)";
}

HttpAnswer answer_of(std::string text, unsigned status = 200) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(text))};
}

class Server : public testing::Test {
 protected:
  void open(HttpOptions options = {}) {
    options.address = "127.0.0.1:0";
    auto opened = HttpServer::open(options, [this](std::string_view path, HttpServer::Give give) {
      ++asked;
      if (path == "/never") {
        kept = std::move(give);
        return;
      }
      give(answer_of("you asked for " + std::string(path), path == "/sick" ? 503 : 200));
    });
    ASSERT_TRUE(opened.has_value()) << opened.error().error;
    server = std::move(opened).value();
  }
  std::string ask(std::string_view request) {
    const auto socket = connect_to(server->port());
    send_all(socket, request);
    return read_to_end(socket);
  }
  static std::string status_of(const std::string& answer) {
    return answer.substr(0, answer.find('\r'));
  }

  std::atomic<int> asked{0};
  HttpServer::Give kept;
  std::unique_ptr<HttpServer> server;
};

TEST_F(Server, AnswersOneRequestAndCloses) {
  open();
  EXPECT_EQ(ask("GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\n"
            "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: "
            "close\r\n\r\nyou asked for /metrics");
  EXPECT_EQ(status_of(ask("GET /sick HTTP/1.1\r\nHost: a\r\n\r\n")),
            "HTTP/1.1 503 Service Unavailable");
  const auto head = ask("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 22"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST_F(Server, RefusesWhatIsNoPlainGet) {
  open();
  EXPECT_EQ(status_of(ask("POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n")),
            "HTTP/1.1 405 Method Not Allowed");
  EXPECT_EQ(status_of(ask("nonsense\r\n\r\n")), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n")),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(asked.load(), 0);
}

TEST_F(Server, AGigabyteIsNeitherReadNorKept) {
  open();
  const auto socket = connect_to(server->port());
  ASSERT_TRUE(send_all(socket, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n"));
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  const std::string piece(64U << 10U, 'x');
  std::size_t taken = 0;
  while (taken < (std::size_t{1} << 30U) && send_all(socket, piece)) taken += piece.size();
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(taken, std::size_t{64} << 20U) << "cut off early";
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 32 << 10) << "KiB";
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")), "HTTP/1.1 200 OK");
}

TEST_F(Server, ARequestThatDribblesInIsCutOff) {
  open({.request_timeout = 300ms});
  const auto socket = connect_to(server->port());
  ASSERT_TRUE(send_all(socket, "GET /metrics HT"));
  EXPECT_EQ(read_to_end(socket), "");
  EXPECT_EQ(asked.load(), 0);
}

TEST_F(Server, AnAnswerThatDoesNotComeIsSaidSoAndALateOneGoesNowhere) {
  open({.answer_timeout = 200ms});
  const auto answer = ask("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 503 Service Unavailable");
  EXPECT_NE(answer.find("the supervisor does not answer"), std::string::npos);
  server->post([this] { kept(answer_of("too late")); });
  EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")), "HTTP/1.1 200 OK");
}

// A thousand that say nothing: whoever asks properly is answered meanwhile.
TEST_F(Server, AThousandConnectionsThatDawdleKeepNobodyOut) {
  open({.connections_max = 16, .request_timeout = 30s});
  std::vector<FileDescriptor> crowd;
  for (int i = 0; i < 1000; ++i) {
    auto socket = connect_to(server->port());
    // The process itself may not open more.
    if (!socket.valid()) break;
    if (i % 2 == 0) send_all(socket, "GET /met");
    crowd.push_back(std::move(socket));
    if (i % 100 == 99)
      EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")), "HTTP/1.1 200 OK") << i;
  }
  EXPECT_GE(crowd.size(), 500U);
  EXPECT_EQ(read_to_end(crowd.front()), "") << "the first has made room";
}

TEST_F(Server, OneThatDoesNotTakeItsAnswerIsCutOff) {
  const auto large = std::make_shared<const std::string>(std::size_t{32} << 20U, 'x');
  auto opened =
      HttpServer::open({.address = "127.0.0.1:0", .write_timeout = 300ms},
                       [&](std::string_view, HttpServer::Give give) { give({.body = large}); });
  ASSERT_TRUE(opened.has_value());
  server = std::move(opened).value();
  const auto socket = connect_to(server->port());
  ASSERT_TRUE(send_all(socket, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  // It reads nothing until the server has given it up.
  pollfd waits{.fd = socket.get(), .events = POLLRDHUP, .revents = 0};
  ASSERT_EQ(::poll(&waits, 1, 20'000), 1);
  EXPECT_LT(read_to_end(socket).size(), large->size());
}

TEST_F(Server, AnAddressThatIsTakenIsNamedWithARemedy) {
  open();
  const auto address = "127.0.0.1:" + std::to_string(server->port());
  const auto second =
      HttpServer::open({.address = address}, [](std::string_view, HttpServer::Give) {});
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().error.find(address), std::string::npos);
  EXPECT_FALSE(second.error().remedy.empty());
  EXPECT_FALSE(
      HttpServer::open({.address = "nowhere.invalid:1"}, [](std::string_view, HttpServer::Give) {
      }).has_value());
}

TEST_F(Server, EndsWhileClientsWait) {
  open();
  const auto waits = connect_to(server->port());
  ASSERT_TRUE(send_all(waits, "GET /never HTTP/1.1\r\nHost: a\r\n\r\n"));
  const auto dawdles = connect_to(server->port());
  while (asked.load() == 0) ::sched_yield();
  server.reset();
  kept(answer_of("to nobody"));
  EXPECT_EQ(read_to_end(waits), "");
}

}  // namespace
}  // namespace copyd::ops
