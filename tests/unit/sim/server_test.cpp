// The server on real sockets, spoken to by the project's own TLS client.
#include "sim/server.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "net/tls_transport.hpp"
#include "support.hpp"

namespace copyd::sim::testing {
namespace {

using Event = net::WebSocket::Event;
constexpr std::chrono::seconds patience{20};

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "sim-test-XXXXXX").string();
    directory = mkdtemp(name.data());
    auto made = Server::create({.directory = directory, .world = {.seed = 11}});
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
    server = made.value();
    tls.emplace(net::TlsContext::create(server->ca_file()).value());
    transport = net::make_tls_transport(*tls, clock);
    runner = std::thread([this] { server->run(); });
  }
  ~ServerTest() override {
    server->stop();
    runner.join();
    std::filesystem::remove_all(directory);
  }

  std::string origin(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(server->port());
  }
  net::Url url(const std::string& path) const {
    return {.host = "127.0.0.1", .port = std::to_string(server->port()), .path = path};
  }
  // The next event of the socket.
  Event next(net::WebSocket& socket) {
    const Mono limit = clock.now() + patience;
    while (clock.now() < limit) {
      const Event event = socket.poll(clock.now());
      if (event != Event::none) return event;
      std::this_thread::yield();
    }
    return Event::none;
  }
  Result<net::HttpResponse> ask(net::Http& http, const std::string& target,
                                const std::string& key = "",
                                net::HttpRequest::Method method = net::HttpRequest::Method::get) {
    std::optional<Result<net::HttpResponse>> answer;
    http.request({.method = method, .target = target, .api_key = key},
                 [&](Result<net::HttpResponse> result) { answer = std::move(result); });
    const Mono limit = clock.now() + patience;
    while (!answer && clock.now() < limit) {
      http.poll(clock.now());
      std::this_thread::yield();
    }
    if (!answer) return Errc::timeout;
    return *answer;
  }
  std::string control(const std::string& line) {
    namespace asio = boost::asio;
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), server->control_port()});
    asio::write(socket, asio::buffer(line + "\n"));
    std::string answer;
    asio::read_until(socket, asio::dynamic_buffer(answer), '\n');
    return answer;
  }

  std::string directory;
  SteadyClock clock;
  std::shared_ptr<Server> server;
  std::optional<net::TlsContext> tls;
  std::unique_ptr<net::Transport> transport;
  std::thread runner;
};

TEST_F(ServerTest, TheReadyLineNamesEverything) {
  const auto line = server->ready_line();
  EXPECT_EQ(at(line, "ready"), "true");
  EXPECT_EQ(at(line, "rest"), origin());
  EXPECT_EQ(at(line, "sapi"), origin());
  EXPECT_EQ(at(line, "ws_api"), "wss" + origin().substr(5) + "/ws-fapi/v1");
  EXPECT_EQ(at(line, "streams"), "wss" + origin().substr(5));
  EXPECT_EQ(at(line, "ca_file"), directory + "/ca.pem");
  EXPECT_EQ(at(line, "control"), "127.0.0.1:" + std::to_string(server->control_port()));
  const auto accounts = elements(at(line, "accounts"));
  ASSERT_EQ(accounts.size(), 6U);
  EXPECT_EQ(at(accounts[0], "label"), "alpha");
  EXPECT_NE(at(accounts[0], "secret"), "");
  EXPECT_EQ(at(accounts[2], "key_type"), "ed25519");
  EXPECT_EQ(at(accounts[2], "position_mode"), "hedge");
  EXPECT_NE(at(accounts[2], "private_key_pem"), "");
}

TEST_F(ServerTest, RestOverTlsWithKeepAlive) {
  auto http = transport->http(origin());
  for (int i = 1; i <= 3; ++i) {
    const auto answer = ask(*http, "/fapi/v1/time");
    ASSERT_TRUE(answer.has_value()) << answer.error().message();
    EXPECT_EQ(answer->status, 200);
    EXPECT_NE(at(answer->body, "serverTime"), "");
    EXPECT_EQ(answer->used_weight, i);
  }
  EXPECT_EQ(at(control(R"({"command":"stats"})"), "connections"), "1");
  const auto missing = ask(*http, "/fapi/v1/nothing");
  EXPECT_EQ(missing->status, 501);
  const auto info = ask(*http, "/fapi/v1/exchangeInfo");
  EXPECT_EQ(elements(at(info->body, "symbols")).size(), default_symbols().size());
}

TEST_F(ServerTest, TheCertificateIsForTheNamesOfThisHostOnly) {
  auto http = transport->http(origin("localhost"));
  const auto answer = ask(*http, "/fapi/v1/ping");
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  auto stranger = net::TlsContext::create("");
  ASSERT_TRUE(stranger.has_value());
  auto untrusting = net::make_tls_transport(*stranger, clock);
  EXPECT_FALSE(ask(*untrusting->http(origin()), "/fapi/v1/ping").has_value());
}

TEST_F(ServerTest, AnOrderByWebSocketAppearsOnTheStream) {
  auto http = transport->http(origin());
  // Keys are only read here; the server's thread never changes them.
  const auto& bob = server->world().member("bob");
  const auto created =
      ask(*http, "/fapi/v1/listenKey", bob.api_key, net::HttpRequest::Method::post);
  ASSERT_TRUE(created.has_value());
  auto stream = transport->websocket();
  stream->open(url("/private/ws/" + at(created->body, "listenKey")), clock.now());
  ASSERT_EQ(next(*stream), Event::opened);
  auto api = transport->websocket();
  api->open(url("/ws-fapi/v1"), clock.now());
  ASSERT_EQ(next(*api), Event::opened);
  const auto time = at(ask(*http, "/fapi/v1/time")->body, "serverTime");
  const std::string payload = "apiKey=" + bob.api_key +
                              "&newClientOrderId=c1abc&quantity=0.5&side=BUY&symbol=ETHUSDT&"
                              "timestamp=" +
                              time + "&type=MARKET";
  const std::string request =
      R"({"id":1,"method":"order.place","params":{"symbol":"ETHUSDT","side":"BUY","type":"MARKET",)"
      R"("quantity":"0.5","newClientOrderId":"c1abc","timestamp":)" +
      time + R"(,"apiKey":")" + bob.api_key + R"(","signature":")" + hmac_hex(bob.secret, payload) +
      R"("}})";
  ASSERT_TRUE(api->send(request).has_value());
  ASSERT_EQ(next(*api), Event::frame);
  EXPECT_EQ(at(api->frame(), "status"), "200") << api->frame();
  std::vector<std::string> events;
  while (events.size() < 4 && next(*stream) == Event::frame) events.emplace_back(stream->frame());
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(at(events[3], "o.c"), "c1abc");
  EXPECT_EQ(at(control(R"({"command":"ledger","account":"bob"})"), "accounts.0.positions.0.qty"),
            "0.5");
}

TEST_F(ServerTest, DroppedConnectionsEndAndNewOnesAreRefusedForAWhile) {
  auto socket = transport->websocket();
  socket->open(url("/private/ws/none"), clock.now());
  ASSERT_EQ(next(*socket), Event::opened);
  EXPECT_EQ(at(control(R"({"command":"drop_connections","refuse_ms":300})"), "closed"), "1");
  EXPECT_EQ(next(*socket), Event::closed);
  socket->open(url("/private/ws/none"), clock.now());
  EXPECT_EQ(next(*socket), Event::closed) << "refused";
  EXPECT_EQ(at(control(R"({"command":"stats"})"), "ok"), "true") << "the control port stays";
  const Mono limit = clock.now() + patience;
  Event event = Event::closed;
  while (event == Event::closed && clock.now() < limit) {
    socket->open(url("/private/ws/none"), clock.now());
    event = next(*socket);
  }
  EXPECT_EQ(event, Event::opened) << "accepted again on the same port";
}

TEST_F(ServerTest, QuitEndsTheServer) {
  EXPECT_EQ(at(control(R"({"command":"quit"})"), "ok"), "true");
  runner.join();
  runner = std::thread([] {});
}

}  // namespace
}  // namespace copyd::sim::testing
