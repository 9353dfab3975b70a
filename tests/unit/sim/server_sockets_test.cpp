// What only sockets have: addresses, pings, close frames, fragments, certificates. The client is
// Beast's own, so that every frame can be seen.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "sim/server.hpp"
#include "support.hpp"

namespace copyd::sim::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using TlsStream = beast::ssl_stream<Tcp::socket>;
using WebSocket = websocket::stream<TlsStream>;
using std::chrono::seconds;

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "sim-test-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

class ServerSocketsTest : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    options.directory = directory.path;
    options.world.seed = 11;
    auto made = Server::create(std::move(options));
    ASSERT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
    server = made.value();
    tls.load_verify_file(server->ca_file());
    runner = std::thread([this] { server->run(); });
  }
  ~ServerSocketsTest() override {
    if (!server) return;
    server->stop();
    runner.join();
  }

  TlsStream dial(const std::string& from = "127.0.0.1") {
    TlsStream stream(io, tls);
    auto& socket = beast::get_lowest_layer(stream);
    socket.open(Tcp::v4());
    socket.bind({asio::ip::make_address(from), 0});
    socket.connect({asio::ip::address_v4::loopback(), server->port()});
    stream.handshake(asio::ssl::stream_base::client);
    return stream;
  }
  http::response<http::string_body> get(const std::string& target,
                                        const std::string& from = "127.0.0.1") {
    auto stream = dial(from);
    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, "127.0.0.1");
    http::write(stream, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(stream, buffer, response);
    return response;
  }
  std::unique_ptr<WebSocket> connect(const std::string& path) {
    auto socket = std::make_unique<WebSocket>(dial());
    socket->read_message_max(0);
    socket->handshake("127.0.0.1", path);
    return socket;
  }
  std::unique_ptr<WebSocket> listen() {
    const auto bob = server->world().member("bob").api_key;
    auto api = connect("/ws-fapi/v1");
    api->write(asio::buffer(R"({"id":1,"method":"userDataStream.start","params":{"apiKey":")" +
                            bob + R"("}})"));
    return connect("/private/ws/" + at(read(*api), "result.listenKey"));
  }
  static std::string read(WebSocket& socket) {
    beast::flat_buffer buffer;
    socket.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }
  // Reads until the connection is over, and answers why.
  static error_code end_of(WebSocket& socket) {
    error_code error;
    while (!error) {
      beast::flat_buffer buffer;
      socket.read(buffer, error);
    }
    return error;
  }
  std::string control(const std::string& line) {
    Tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), server->control_port()});
    asio::write(socket, asio::buffer(line + "\n"));
    std::string answer;
    asio::read_until(socket, asio::dynamic_buffer(answer), '\n');
    EXPECT_EQ(at(answer, "ok"), "true") << answer;
    return answer;
  }

  Directory directory;
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::shared_ptr<Server> server;
  std::thread runner;
};

TEST_F(ServerSocketsTest, EveryAddressHasItsOwnWeightAndBan) {
  start();
  EXPECT_EQ(get("/fapi/v1/time")["X-MBX-USED-WEIGHT-1M"], "1");
  EXPECT_EQ(get("/fapi/v1/time", "127.0.0.2")["X-MBX-USED-WEIGHT-1M"], "1");
  control(R"({"command":"ban","ms":60000,"ip":"127.0.0.2"})");
  const auto banned = get("/fapi/v1/time", "127.0.0.2");
  EXPECT_EQ(banned.result_int(), 418U);
  EXPECT_NE(banned.body().find("IP(127.0.0.2) banned until"), std::string::npos);
  EXPECT_EQ(banned["Retry-After"], "60");
  EXPECT_EQ(get("/fapi/v1/time").result_int(), 200U);
}

TEST_F(ServerSocketsTest, TheFirewallAnswersWithAPage) {
  start();
  control(R"({"command":"ban","ms":60000,"status":403})");
  const auto page = get("/fapi/v1/time");
  EXPECT_EQ(page.result_int(), 403U);
  EXPECT_EQ(page[http::field::content_type], "text/html");
}

TEST_F(ServerSocketsTest, ABannedAddressGetsNoUpgrade) {
  start();
  control(R"({"command":"ban","ms":60000,"pool":"ws_api"})");
  WebSocket socket(dial());
  error_code error;
  http::response<http::string_body> response;
  socket.handshake(response, "127.0.0.1", "/ws-fapi/v1", error);
  EXPECT_EQ(error, websocket::error::upgrade_declined);
  EXPECT_EQ(response.result_int(), 418U);
  connect("/private/ws");
}

TEST_F(ServerSocketsTest, TheServerPingsAndCutsWhoeverDoesNotAnswer) {
  start({.ping_interval = seconds(1), .pong_timeout = seconds(1)});
  auto silent = connect("/private/ws");
  auto healthy = connect("/private/ws");
  int pings = 0;
  healthy->control_callback([&](websocket::frame_type type, beast::string_view) {
    if (type == websocket::frame_type::ping) ++pings;
    // The fourth comes when the silent one has long been cut.
    if (pings == 4) beast::get_lowest_layer(*healthy).cancel();
  });
  beast::flat_buffer buffer;
  healthy->async_read(buffer, [](error_code, std::size_t) {});
  while (pings < 4 && io.run_one() > 0) {}
  EXPECT_EQ(pings, 4);
  EXPECT_EQ(at(control(R"({"command":"stats"})"), "connections"), "1");
  EXPECT_NE(end_of(*silent), websocket::error::closed) << "without a word";
}

TEST_F(ServerSocketsTest, AWebSocketIsClosedAtTheEndOfItsLife) {
  start({.socket_life = seconds(1)});
  auto socket = connect("/private/ws");
  EXPECT_EQ(end_of(*socket), websocket::error::closed);
  EXPECT_EQ(socket->reason().code, websocket::close_code::going_away);
}

TEST_F(ServerSocketsTest, QuittingClosesEveryWebSocketProperly) {
  start();
  auto one = connect("/private/ws");
  auto two = connect("/ws-fapi/v1");
  control(R"({"command":"quit"})");
  EXPECT_EQ(end_of(*one), websocket::error::closed);
  EXPECT_EQ(one->reason().code, websocket::close_code::going_away);
  EXPECT_EQ(end_of(*two), websocket::error::closed);
}

TEST_F(ServerSocketsTest, TooManyPingsEndTheConnection) {
  start();
  auto socket = connect("/ws-fapi/v1");
  error_code error;
  // Within one second of the venue's clock, or of the next.
  for (int i = 0; i < 12 && !error; ++i) socket->ping({}, error);
  EXPECT_NE(end_of(*socket), error_code());
  EXPECT_EQ(at(control(R"({"command":"stats"})"), "connections"), "0");
}

TEST_F(ServerSocketsTest, MessagesMayComeInManyFrames) {
  start();
  auto stream = listen();
  const auto parts = [&] {
    control(R"({"command":"huge_frame","account":"bob","bytes":1000})");
    int count = 0;
    beast::flat_buffer buffer;
    do {
      stream->read_some(buffer, 1U << 20U);
      ++count;
    } while (!stream->is_message_done());
    return count;
  };
  EXPECT_EQ(parts(), 1);
  control(R"({"command":"fragment_frames","on":true})");
  EXPECT_GT(parts(), 10);
  control(R"({"command":"fragment_frames","on":false})");
  EXPECT_EQ(parts(), 1);
}

TEST_F(ServerSocketsTest, FramesCanBeBinaryEmptyAndHuge) {
  start();
  auto stream = listen();
  control(R"({"command":"malformed_frame","account":"bob","kind":"binary"})");
  EXPECT_EQ(read(*stream).size(), 6U);
  EXPECT_TRUE(stream->got_binary());
  control(R"({"command":"malformed_frame","account":"bob","kind":"empty"})");
  EXPECT_EQ(read(*stream), "");
  EXPECT_TRUE(stream->got_text());
  control(R"({"command":"huge_frame","account":"bob","bytes":10000000})");
  EXPECT_GE(read(*stream).size(), 10'000'000U);
  control(R"({"command":"malformed_frame","account":"bob","kind":"invalid_utf8"})");
  EXPECT_NE(end_of(*stream), websocket::error::closed) << "the client gives up";
}

TEST_F(ServerSocketsTest, AHalfOpenConnectionStaysAndIsNotRead) {
  start();
  auto stream = listen();
  auto api = connect("/ws-fapi/v1");
  EXPECT_EQ(at(control(R"({"command":"half_open","account":"bob"})"), "connections"), "1");
  control(R"({"command":"send_raw","account":"bob","text":"x"})");
  stream->ping({});
  api->write(asio::buffer(std::string(R"({"id":1,"method":"time"})")));
  EXPECT_EQ(at(read(*api), "status"), "200") << "another connection goes on";
  EXPECT_EQ(beast::get_lowest_layer(*stream).available(), 0U) << "no event, no pong";
  EXPECT_EQ(at(control(R"({"command":"stats"})"), "connections"), "2") << "it is still there";
}

TEST_F(ServerSocketsTest, ALateAnswerComesLate) {
  start();
  const auto bob = server->world().member("bob").api_key;
  auto api = connect("/ws-fapi/v1");
  control(R"({"command":"delay_next","account":"bob","what":"answer","ms":200,"methods":"any"})");
  api->write(asio::buffer(R"({"id":1,"method":"userDataStream.start","params":{"apiKey":")" + bob +
                          R"("}})"));
  api->write(asio::buffer(std::string(R"({"id":2,"method":"time"})")));
  EXPECT_EQ(at(read(*api), "id"), "2");
  EXPECT_EQ(at(read(*api), "id"), "1");
}

TEST_F(ServerSocketsTest, MarkPricesArriveBySocket) {
  start();
  auto market = connect("/market/stream?streams=!markPrice@arr@1s");
  EXPECT_EQ(at(read(*market), "stream"), "!markPrice@arr@1s");
}

TEST_F(ServerSocketsTest, TheCertificatesOfADirectoryAreKept) {
  const auto start_once = [&] {
    const auto made = Server::create({.directory = directory.path, .world = {.seed = 1}});
    EXPECT_TRUE(made.ok());
    return content_of(directory.path + "/ca.pem");
  };
  const auto first = start_once();
  EXPECT_EQ(start_once(), first);
  const auto mode = std::filesystem::status(directory.path + "/server.key").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::ofstream(directory.path + "/server.key") << "not a key";
  EXPECT_NE(start_once(), first) << "what does not fit together is made anew";
}

}  // namespace
}  // namespace copyd::sim::testing
