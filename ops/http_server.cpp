#include "ops/http_server.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <list>
#include <optional>
#include <thread>
#include <utility>

namespace copyd::ops {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t header_max = 8U << 10U;
// What a refused client may still send before it is cut off: it is to read its answer first.
constexpr std::size_t linger_bytes = 256U << 10U;
constexpr std::chrono::seconds linger_time{1};

HttpAnswer plain(unsigned status, std::string text) {
  return {.status = status, .body = std::make_shared<const std::string>(std::move(text) + '\n')};
}

std::string head_of(const HttpAnswer& answer) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
  return "HTTP/1.1 " + std::to_string(answer.status) + ' ' + std::string(reason) +
         "\r\nContent-Type: " + std::string(answer.content_type) +
         "\r\nContent-Length: " + std::to_string(answer.body->size()) +
         "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff" +
         (answer.status == 405 ? "\r\nAllow: GET, HEAD" : "") + "\r\nConnection: close\r\n\r\n";
}

}  // namespace

// ---- the server's state ------------------------------------------------------------------------

struct HttpServer::Impl {
  Impl(HttpOptions given, Handler handle)
      : options(std::move(given)), handler(std::move(handle)), acceptor(io), pause(io) {}

  std::optional<Failure> listen();
  void run();
  void accept();
  void admit(Tcp::socket socket);

  HttpOptions options;
  Handler handler;
  std::list<Session*> sessions;  // the oldest first; sessions leave it with their last handler,
  asio::io_context io{1};        // of which some go with this
  Tcp::acceptor acceptor;
  asio::steady_timer pause;  // after a failed accept: out of file descriptors, most likely
  std::uint16_t port = 0;
  std::thread thread;
};

// ---- one connection ----------------------------------------------------------------------------

class HttpServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Impl& server, Tcp::socket socket)
      : server_(server), socket_(std::move(socket)), deadline_(socket_.get_executor()) {
    parser_.header_limit(header_max);
    parser_.body_limit(0);
    place_ = server_.sessions.insert(server_.sessions.end(), this);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { server_.sessions.erase(place_); }

  bool reads_request() const noexcept { return phase_ == Phase::request; }
  bool is_closed() const noexcept { return phase_ == Phase::closed; }

  void start() {
    arm(server_.options.request_timeout);
    http::async_read_header(socket_, buffer_, parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (self->phase_ == Phase::request) self->take_header(error);
                            });
  }

  void close() {
    error_code ignored;
    // What was not taken in time is not kept by the system either.
    if (phase_ == Phase::write) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    phase_ = Phase::closed;
    deadline_.cancel();
    socket_.close(ignored);
  }

 private:
  enum class Phase : std::uint8_t { request, answer, write, linger, closed };

  void arm(std::chrono::milliseconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([self = shared_from_this()](error_code error) {
      // A handler that was queued before the deadline was moved finds it in the future.
      if (error || self->deadline_.expiry() > asio::steady_timer::clock_type::now()) return;
      if (self->phase_ == Phase::answer)
        return self->send(plain(503, "the supervisor does not answer"));
      self->close();
    });
  }

  void take_header(error_code error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow)
      return send(plain(431, "the header is longer than 8 KiB"));
    if (error == http::error::body_limit) return send(plain(413, "a request has no body here"));
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message)
      return send(plain(400, "this is not an HTTP request"));
    if (error) return close();
    const auto& request = parser_.get();
    if (parser_.chunked() || parser_.content_length().value_or(0) != 0)
      return send(plain(413, "a request has no body here"));
    head_only_ = request.method() == http::verb::head;
    if (!head_only_ && request.method() != http::verb::get)
      return send(plain(405, "only GET and HEAD are answered"));
    const auto target = request.target();
    const std::string path(target.substr(0, target.find('?')));
    phase_ = Phase::answer;
    arm(server_.options.answer_timeout);
    server_.handler(path, [weak = weak_from_this()](HttpAnswer answer) {
      const auto self = weak.lock();
      if (self && self->phase_ == Phase::answer) self->send(std::move(answer));
    });
  }

  void send(HttpAnswer answer) {
    phase_ = Phase::write;
    arm(server_.options.write_timeout);
    answer_ = std::move(answer);
    head_ = head_of(answer_);
    const std::array<asio::const_buffer, 2> whole{
        asio::buffer(head_), head_only_ ? asio::const_buffer{} : asio::buffer(*answer_.body)};
    asio::async_write(socket_, whole, [self = shared_from_this()](error_code error, std::size_t) {
      if (self->phase_ == Phase::closed) return;
      if (error) return self->close();
      self->phase_ = Phase::linger;
      self->arm(linger_time);
      self->socket_.shutdown(Tcp::socket::shutdown_send, error);
      self->linger();
    });
  }

  // What still comes is thrown away: closing on unread bytes would take the answer back.
  void linger() {
    socket_.async_read_some(asio::buffer(rest_),
                            [self = shared_from_this()](error_code error, std::size_t got) {
                              if (self->phase_ == Phase::closed) return;
                              self->lingered_ += got;
                              if (error || self->lingered_ > linger_bytes) return self->close();
                              self->linger();
                            });
  }

  Impl& server_;
  std::list<Session*>::iterator place_;
  Tcp::socket socket_;
  asio::steady_timer deadline_;
  boost::beast::flat_static_buffer<header_max> buffer_;
  http::request_parser<http::empty_body> parser_;
  Phase phase_ = Phase::request;
  bool head_only_ = false;
  HttpAnswer answer_;
  std::string head_;
  std::array<char, 4096> rest_;
  std::size_t lingered_ = 0;
};

// ---- accepting ---------------------------------------------------------------------------------

std::optional<Failure> HttpServer::Impl::listen() {
  const std::size_t colon = options.address.rfind(':');
  std::string host = options.address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  error_code error;
  const auto found = Tcp::resolver(io).resolve(
      host, colon == std::string::npos ? "" : options.address.substr(colon + 1),
      Tcp::resolver::passive | Tcp::resolver::numeric_service, error);
  if (!error && !found.empty()) {
    const Tcp::endpoint where = found.begin()->endpoint();
    acceptor.open(where.protocol(), error);
    if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(where, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (!error) port = acceptor.local_endpoint(error).port();
  }
  if (!error) return std::nullopt;
  return Failure{
      .error = "engine.http: nothing can be served on " + options.address + ": " + error.message(),
      .remedy = "give this daemon an address of its own, or \"\" for none"};
}

void HttpServer::Impl::run() {
  thread = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "copyd-http");
    const auto stays = asio::make_work_guard(io);
    accept();
    io.run();
  });
}

void HttpServer::Impl::accept() {
  acceptor.async_accept([this](error_code error, Tcp::socket socket) {
    if (!acceptor.is_open()) return;
    if (!error) {
      admit(std::move(socket));
      return accept();
    }
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](error_code) {
      if (acceptor.is_open()) accept();
    });
  });
}

void HttpServer::Impl::admit(Tcp::socket socket) {
  // A closed one stays in the list until its last handler has run.
  const auto open = std::count_if(sessions.begin(), sessions.end(),
                                  [](const Session* session) { return !session->is_closed(); });
  if (static_cast<std::size_t>(open) >= options.connections_max) {
    const auto dawdler = std::find_if(sessions.begin(), sessions.end(), [](const Session* session) {
      return session->reads_request();
    });
    // All wait for their answers: the newcomer goes, which closes it.
    if (dawdler == sessions.end()) return;
    (*dawdler)->close();
  }
  std::make_shared<Session>(*this, std::move(socket))->start();
}

// ---- the door ----------------------------------------------------------------------------------

Outcome<std::unique_ptr<HttpServer>> HttpServer::open(HttpOptions options, Handler handler) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  if (auto failure = impl->listen()) return *failure;
  impl->run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t HttpServer::port() const noexcept {
  return impl_->port;
}

void HttpServer::post(std::function<void()> work) {
  asio::post(impl_->io, std::move(work));
}

}  // namespace copyd::ops
