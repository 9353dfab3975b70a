#include "sim/server_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>

namespace copyd::sim {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using Socket = asio::ip::tcp::socket;
using TlsStream = beast::ssl_stream<Socket>;

constexpr std::size_t body_max = 1U << 20U;
constexpr std::size_t waiting_max = 1U << 16U;  // texts a reader may be behind
constexpr auto ping_period = std::chrono::minutes(3);

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// A WebSocket after the upgrade: the WebSocket API, or a stream of user data.
class WsConnection final : public Connection, public std::enable_shared_from_this<WsConnection> {
 public:
  WsConnection(TlsStream stream, Hub& hub, Connections& connections)
      : ws_(std::move(stream)), timer_(ws_.get_executor()), hub_(hub), connections_(connections) {}

  void run(http::request<http::string_body> request) {
    connections_.insert(shared_from_this());
    target_ = std::string(view(request.target()));
    ws_.read_message_max(body_max);
    ws_.text(true);
    ws_.auto_fragment(false);
    ws_.async_accept(request, [self = shared_from_this()](error_code error) {
      if (error) return self->end();
      self->accepted();
    });
  }

  void cut() override {
    error_code ignored;
    beast::get_lowest_layer(ws_).close(ignored);
    end();
  }

 private:
  void accepted() {
    // The upgrade counts as an open connection from here on, not while it is under way.
    if (over_) return;
    const auto path = std::string_view(target_).substr(0, target_.find('?'));
    is_api_ = path == "/ws-fapi/v1";
    auto& protocol = hub_.world().protocol();
    if (is_api_) session_ = protocol.open_ws_api(target_, hub_.now());
    else
      stream_ = protocol.streams().open(target_, [this](const std::string& text) { send(text); });
    ping_later();
    read();
  }

  void read() {
    ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error || self->over_) return self->end();
      const std::string text = beast::buffers_to_string(self->buffer_.data());
      self->buffer_.consume(self->buffer_.size());
      self->handle(text);
      if (!self->over_) self->read();
    });
  }

  void handle(const std::string& text) {
    auto& protocol = hub_.world().protocol();
    if (!is_api_) {
      send(protocol.streams().handle_text(stream_, text));
      return;
    }
    auto reply = protocol.handle_ws_api(session_, text, hub_.now());
    if (reply.drop) return cut();
    send(std::move(reply.text));
  }

  void send(std::string text) {
    if (over_) return;
    if (waiting_.size() >= waiting_max) return cut();
    waiting_.push_back(std::move(text));
    if (waiting_.size() == 1) write();
  }

  void write() {
    ws_.async_write(asio::buffer(waiting_.front()),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (error || self->over_) return self->end();
                      self->waiting_.pop_front();
                      if (!self->waiting_.empty()) self->write();
                    });
  }

  void ping_later() {
    timer_.expires_after(ping_period);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->over_) return;
      self->ws_.async_ping({}, [self](error_code failed) {
        if (failed) return self->end();
        self->ping_later();
      });
    });
  }

  void end() {
    if (over_) return;
    over_ = true;
    timer_.cancel();
    if (stream_ != 0) hub_.world().protocol().streams().close(stream_);
    error_code ignored;
    beast::get_lowest_layer(ws_).close(ignored);
    connections_.erase(shared_from_this());
  }

  websocket::stream<TlsStream> ws_;
  asio::steady_timer timer_;
  Hub& hub_;
  Connections& connections_;
  beast::flat_buffer buffer_;
  std::deque<std::string> waiting_;
  std::string target_;
  WsSession session_;
  StreamId stream_ = 0;
  bool is_api_ = false;
  bool over_ = false;
};

// TLS and HTTP with keep-alive, until the client asks for a WebSocket.
class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Socket socket, asio::ssl::context& tls, Hub& hub, Connections& connections)
      : stream_(std::move(socket), tls), hub_(hub), connections_(connections) {}

  void run() {
    connections_.insert(shared_from_this());
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = shared_from_this()](error_code error) {
                              if (error || self->over_) return self->end();
                              self->read();
                            });
  }

  void cut() override { end(); }

 private:
  void read() {
    parser_.emplace();
    parser_->body_limit(body_max);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (error || self->over_) return self->end();
                       self->handle();
                     });
  }

  void handle() {
    if (websocket::is_upgrade(parser_->get())) {
      over_ = true;
      std::make_shared<WsConnection>(std::move(stream_), hub_, connections_)
          ->run(parser_->release());
      connections_.erase(shared_from_this());
      return;
    }
    const auto& request = parser_->get();
    const auto method = request.method_string();
    const auto target = request.target();
    const auto key = request["X-MBX-APIKEY"];
    const auto reply = hub_.world().protocol().handle_rest({.method = view(method),
                                                            .target = view(target),
                                                            .api_key = view(key),
                                                            .body = request.body()},
                                                           hub_.now());
    if (reply.drop) return end();
    respond(reply, request.keep_alive());
  }

  void respond(const HttpReply& reply, bool keep_alive) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(reply.status));
    response_.set(http::field::content_type, "application/json;charset=UTF-8");
    for (const auto& [name, value] : reply.headers) response_.set(name, value);
    response_.keep_alive(keep_alive);
    response_.body() = reply.body;
    response_.prepare_payload();
    http::async_write(stream_, response_,
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error || self->over_ || !self->response_.keep_alive())
                          return self->end();
                        self->read();
                      });
  }

  void end() {
    if (over_) return;
    over_ = true;
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
    connections_.erase(shared_from_this());
  }

  TlsStream stream_;
  Hub& hub_;
  Connections& connections_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool over_ = false;
};

class ControlConnection final : public std::enable_shared_from_this<ControlConnection> {
 public:
  ControlConnection(Socket socket, std::function<std::string(std::string_view)> handle)
      : socket_(std::move(socket)), handle_(std::move(handle)) {}

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, body_max), '\n',
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (!error) self->answer(size);
                           });
  }

 private:
  void answer(std::size_t size) {
    output_ = handle_(std::string_view(input_).substr(0, size - 1)) + "\n";
    input_.erase(0, size);
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (!error) self->read();
                      });
  }

  Socket socket_;
  std::function<std::string(std::string_view)> handle_;
  std::string input_;
  std::string output_;
};

}  // namespace

void serve_tls(Socket socket, asio::ssl::context& tls, Hub& hub, Connections& connections) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  std::make_shared<HttpConnection>(std::move(socket), tls, hub, connections)->run();
}

void serve_control(Socket socket, std::function<std::string(std::string_view)> handle) {
  std::make_shared<ControlConnection>(std::move(socket), std::move(handle))->read();
}

}  // namespace copyd::sim
