#include "sim/server_connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
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
constexpr auto close_patience = std::chrono::seconds(2);
constexpr std::size_t usual_write_bytes = 4096;
constexpr std::size_t fragment_bytes = 64;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

// A WebSocket after the upgrade: the WebSocket API, or a stream.
class WsConnection final : public Connection, public std::enable_shared_from_this<WsConnection> {
 public:
  WsConnection(TlsStream stream, std::string address, Hub& hub, Connections& connections)
      : ws_(std::move(stream)),
        timer_(ws_.get_executor()),
        life_(ws_.get_executor()),
        address_(std::move(address)),
        hub_(hub),
        connections_(connections) {}

  void run(http::request<http::string_body> request) {
    connections_.insert(shared_from_this());
    target_ = std::string(view(request.target()));
    ws_.read_message_max(body_max);
    ws_.control_callback([this](websocket::frame_type type, beast::string_view) { heard(type); });
    ws_.async_accept(request, [self = shared_from_this()](error_code error) {
      if (self->dead_) return;
      if (error) return self->end();
      self->accepted();
    });
  }

  void cut() override {
    error_code ignored;
    beast::get_lowest_layer(ws_).close(ignored);
    end();
  }

  void leave() override {
    if (over_ || leaving_) return;
    // A close frame may not be sent before the upgrade is done.
    if (dead_ || !accepted_) return cut();
    leaving_ = true;
    timer_.expires_after(close_patience);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->cut();
    });
    ws_.async_close(websocket::close_reason(websocket::close_code::going_away),
                    [self = shared_from_this()](error_code) { self->end(); });
  }

  bool half_open() override {
    if (over_ || dead_) return false;
    dead_ = true;
    timer_.cancel();
    error_code ignored;
    beast::get_lowest_layer(ws_).cancel(ignored);
    return true;
  }

  bool serves(AccountIndex account) const override {
    return is_api_ ? session_.accounts.count(account) != 0
                   : hub_.world().protocol().streams().serves(stream_, account);
  }

  WsSession* session() noexcept override { return is_api_ && !over_ ? &session_ : nullptr; }

  void send(std::string text) override { send(std::move(text), false); }

 private:
  struct Message {
    std::string text;
    bool binary = false;
  };

  void accepted() {
    // The upgrade counts as an open connection from here on, not while it is under way.
    if (over_ || dead_) return;
    accepted_ = true;
    const auto path = std::string_view(target_).substr(0, target_.find('?'));
    is_api_ = path == "/ws-fapi/v1";
    auto& protocol = hub_.world().protocol();
    if (is_api_) session_ = protocol.open_ws_api(target_, hub_.now(), address_);
    else
      stream_ = protocol.open_stream(
          target_, [this](const std::string& text, bool binary) { send(text, binary); });
    life_.expires_after(hub_.times().life);
    life_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->leave();
    });
    ping_later();
    read();
  }

  void read() {
    ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      if (self->dead_) return;
      if (error || self->over_) return self->end();
      const std::string text = beast::buffers_to_string(self->buffer_.data());
      self->buffer_.consume(self->buffer_.size());
      self->handle(text);
      if (!self->over_ && !self->dead_) self->read();
    });
  }

  void handle(const std::string& text) {
    auto& protocol = hub_.world().protocol();
    if (!is_api_) {
      auto reply = protocol.handle_stream(stream_, text, hub_.now());
      return reply.drop ? cut() : send(std::move(reply.text), false);
    }
    auto reply = protocol.handle_ws_api(session_, text, hub_.now());
    if (reply.drop) return cut();
    if (reply.delay.count() == 0) return send(std::move(reply.text), false);
    auto timer = std::make_shared<asio::steady_timer>(ws_.get_executor(), reply.delay);
    timer->async_wait(
        [self = shared_from_this(), timer, late = std::move(reply.text)](error_code error) {
          if (!error) self->send(late, false);
        });
  }

  // A control frame of the client. Ending the connection has to wait until it has been read.
  void heard(websocket::frame_type type) {
    if (type == websocket::frame_type::close || over_) return;
    if (type == websocket::frame_type::pong) unanswered_since_.reset();
    const bool allowed = is_api_ ? Protocol::allow_ping(session_, hub_.now())
                                 : hub_.world().protocol().allow_stream_ping(stream_, hub_.now());
    if (allowed) return;
    asio::post(ws_.get_executor(), [self = shared_from_this()] { self->cut(); });
  }

  void send(std::string text, bool binary) {
    if (over_ || dead_ || leaving_) return;
    if (waiting_.size() >= waiting_max) return cut();
    waiting_.push_back({.text = std::move(text), .binary = binary});
    if (waiting_.size() == 1) write();
  }

  void write() {
    ws_.binary(waiting_.front().binary);
    ws_.auto_fragment(hub_.fragments());
    ws_.write_buffer_bytes(hub_.fragments() ? fragment_bytes : usual_write_bytes);
    ws_.async_write(asio::buffer(waiting_.front().text),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (self->dead_) return;
                      if (error || self->over_) return self->end();
                      self->waiting_.pop_front();
                      if (!self->waiting_.empty() && !self->leaving_) self->write();
                    });
  }

  void ping_later() {
    timer_.expires_after(hub_.times().ping_interval);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->over_ || self->dead_ || self->leaving_) return;
      const auto now = std::chrono::steady_clock::now();
      if (!self->unanswered_since_) self->unanswered_since_ = now;
      if (now - *self->unanswered_since_ >= self->hub_.times().pong_timeout) return self->cut();
      self->ws_.async_ping({}, [self](error_code failed) {
        if (self->dead_ || self->leaving_) return;
        if (failed) return self->end();
        self->ping_later();
      });
    });
  }

  void end() {
    if (over_) return;
    over_ = true;
    timer_.cancel();
    life_.cancel();
    if (stream_ != 0) hub_.world().protocol().close_stream(stream_);
    error_code ignored;
    beast::get_lowest_layer(ws_).close(ignored);
    connections_.erase(shared_from_this());
  }

  websocket::stream<TlsStream> ws_;
  asio::steady_timer timer_;  // the next ping, and at the end the patience with the peer
  asio::steady_timer life_;
  std::string address_;
  Hub& hub_;
  Connections& connections_;
  beast::flat_buffer buffer_;
  std::deque<Message> waiting_;
  std::string target_;
  WsSession session_;
  StreamId stream_ = 0;
  std::optional<std::chrono::steady_clock::time_point> unanswered_since_{};  // of our pings
  bool is_api_ = false;
  bool accepted_ = false;  // upgraded
  bool over_ = false;
  bool dead_ = false;     // half open
  bool leaving_ = false;  // a close frame is under way
};

// TLS and HTTP with keep-alive, until the client asks for a WebSocket.
class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(Socket socket, asio::ssl::context& tls, Hub& hub, Connections& connections)
      : stream_(std::move(socket), tls),
        timer_(stream_.get_executor()),
        hub_(hub),
        connections_(connections) {
    error_code error;
    const auto peer = beast::get_lowest_layer(stream_).remote_endpoint(error);
    if (!error) address_ = peer.address().to_string();
  }

  void run() {
    connections_.insert(shared_from_this());
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [self = shared_from_this()](error_code error) {
                              if (self->dead_) return;
                              if (error || self->over_) return self->end();
                              self->read();
                            });
  }

  void cut() override { end(); }

  bool half_open() override {
    if (over_ || dead_) return false;
    dead_ = true;
    error_code ignored;
    beast::get_lowest_layer(stream_).cancel(ignored);
    return true;
  }

  bool serves(AccountIndex account) const override { return accounts_.count(account) != 0; }

 private:
  void read() {
    parser_.emplace();
    parser_->body_limit(body_max);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (self->dead_) return;
                       if (error || self->over_) return self->end();
                       self->handle();
                     });
  }

  void handle() {
    auto& protocol = hub_.world().protocol();
    if (websocket::is_upgrade(parser_->get())) {
      const auto target = parser_->get().target();
      if (const auto refused = protocol.refuse_upgrade(view(target), address_, hub_.now()))
        return respond(*refused, false);
      over_ = true;
      std::make_shared<WsConnection>(std::move(stream_), address_, hub_, connections_)
          ->run(parser_->release());
      connections_.erase(shared_from_this());
      return;
    }
    const auto& request = parser_->get();
    const auto method = request.method_string();
    const auto target = request.target();
    const auto key = request["X-MBX-APIKEY"];
    const auto reply = protocol.handle_rest({.method = view(method),
                                             .target = view(target),
                                             .api_key = view(key),
                                             .body = request.body(),
                                             .address = address_},
                                            hub_.now());
    if (reply.account) accounts_.insert(*reply.account);
    const bool keep_alive = request.keep_alive();
    if (reply.delay.count() == 0) return reply.drop ? end() : respond(reply, keep_alive);
    timer_.expires_after(reply.delay);
    timer_.async_wait([self = shared_from_this(), reply, keep_alive](error_code error) {
      if (error || self->over_ || self->dead_) return;
      if (reply.drop) self->end();
      else self->respond(reply, keep_alive);
    });
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
                        if (self->dead_) return;
                        if (error || self->over_ || !self->response_.keep_alive())
                          return self->end();
                        self->read();
                      });
  }

  void end() {
    if (over_) return;
    over_ = true;
    timer_.cancel();
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
    connections_.erase(shared_from_this());
  }

  TlsStream stream_;
  asio::steady_timer timer_;  // of a late answer
  std::string address_;
  std::set<AccountIndex> accounts_;
  Hub& hub_;
  Connections& connections_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool over_ = false;
  bool dead_ = false;  // half open
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
