// /metrics, /healthz and /readyz: the supervisor is asked once however many ask, and what it does
// not say is said for it.
#include "engine/monitor.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace copyd::engine {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A port that was free a moment ago.
std::string free_address() {
  asio::io_context io;
  asio::ip::tcp::acceptor probe(io, {asio::ip::make_address("127.0.0.1"), 0});
  return "127.0.0.1:" + std::to_string(probe.local_endpoint().port());
}

std::string get(const std::string& address, const std::string& path) {
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  boost::system::error_code error;
  socket.connect({asio::ip::make_address("127.0.0.1"), port}, error);
  if (error) return "";
  asio::write(socket, asio::buffer("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"), error);
  std::string answer;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  return answer;
}

class Watched : public testing::Test {
 protected:
  Watched()
      : address(free_address()), monitor(io, clock, [this] {
          ++looks;
          Look seen;
          seen.not_alive = alive ? "" : "not healthy: the thread copyd-feed hangs";
          seen.not_ready = ready ? "" : "not ready: alpha is reconnecting";
          seen.summary = "ready: 1/1 leaders";
          seen.metrics.gauges("copyd_ready", "Ready.");
          seen.metrics.sample({}, ready ? 1 : 0);
          return seen;
        }) {
    monitor.open(address);
  }
  // Asks while the supervisor takes its turns.
  std::string ask(const std::string& path) {
    std::string answer;
    std::atomic<bool> done{false};
    std::thread client([&] {
      answer = get(address, path);
      done = true;
    });
    while (!done) {
      io.restart();
      io.run_one_for(5ms);
    }
    client.join();
    return answer;
  }

  asio::io_context io{1};
  ManualClock clock;
  bool alive = true;
  bool ready = true;
  int looks = 0;
  std::string address;
  Monitor monitor;
};

TEST_F(Watched, MetricsAreInPrometheusFormat) {
  const auto answer = ask("/metrics");
  EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("copyd_ready 1\n")) << answer;
}

TEST_F(Watched, ReadyAndHealthSayWhyNot) {
  EXPECT_TRUE(ask("/healthz").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(ask("/readyz").ends_with("\r\n\r\nready: 1/1 leaders\n"));
  ready = false;
  clock.advance(2s);
  EXPECT_TRUE(ask("/healthz").starts_with("HTTP/1.1 200")) << "a leader that is away is not sick";
  const auto answer = ask("/readyz");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nnot ready: alpha is reconnecting\n")) << answer;
  alive = false;
  clock.advance(2s);
  EXPECT_TRUE(ask("/healthz").starts_with("HTTP/1.1 503"));
}

TEST_F(Watched, TheSupervisorLooksOnceASecondAtMost) {
  for (int i = 0; i < 20; ++i) ask(i % 2 == 0 ? "/metrics" : "/readyz");
  EXPECT_EQ(looks, 1);
  clock.advance(2s);
  ask("/metrics");
  EXPECT_EQ(looks, 2);
  EXPECT_TRUE(ask("/").starts_with("HTTP/1.1 404"));
  EXPECT_EQ(looks, 2);
}

TEST_F(Watched, ASupervisorThatHangsIsReportedInItsStead) {
  const auto answer = get(address, "/healthz");  // and nobody takes a turn
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  EXPECT_NE(answer.find("the supervisor does not answer"), std::string::npos) << answer;
  EXPECT_EQ(looks, 0);
}

// A daemon that nobody can watch copies all the same, and is watched when the address is free.
TEST(Monitor, AnAddressThatIsTakenIsTriedAgain) {
  asio::io_context io{1};
  ManualClock clock;
  const auto address = free_address();
  const auto look = [] { return Look{}; };
  auto first = std::make_unique<Monitor>(io, clock, look);
  first->open(address);
  std::atomic<int> seen{0};
  Monitor second(io, clock, [&] {
    ++seen;
    return Look{};
  });
  second.open(address);
  first.reset();
  second.poll();
  EXPECT_EQ(get(address, "/healthz"), "") << "not before ten seconds have passed";
  clock.advance(std::chrono::seconds(11));
  second.poll();
  std::atomic<bool> done{false};
  std::thread client([&] {
    get(address, "/healthz");
    done = true;
  });
  while (!done) {
    io.restart();
    io.run_one_for(5ms);
  }
  client.join();
  EXPECT_EQ(seen.load(), 1);
}

}  // namespace
}  // namespace copyd::engine
