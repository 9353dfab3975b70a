// A TLS server on a free port of 127.0.0.1, living on the io_context that the test turns, so that
// client and server take turns on one thread. What it says after the handshake is a script.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/tls_context.hpp"
#include "tests/unit/net/certificates.hpp"

namespace copyd::test {

namespace asio = boost::asio;
using TcpSocket = asio::ip::tcp::socket;
using TlsSocket = asio::ssl::stream<TcpSocket>;

class TlsServer {
 public:
  // The connection ends when the script does.
  using Script = std::function<asio::awaitable<void>(TlsSocket&)>;

  TlsServer(asio::io_context& io, const Identity& identity, Script script)
      : tls_(asio::ssl::context::tls_server),
        acceptor_(io, {asio::ip::make_address("127.0.0.1"), 0}),
        script_(std::move(script)) {
    tls_.use_certificate_chain(asio::buffer(identity.certificate));
    tls_.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    asio::co_spawn(io, accept(), asio::detached);
  }

  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }
  int accepted() const { return accepted_; }      // TCP connections
  int handshaken() const { return handshaken_; }  // of them, those where TLS was agreed
  asio::ssl::context& tls() { return tls_; }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
      socket.set_option(asio::ip::tcp::no_delay(true));
      ++accepted_;
      asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> serve(TcpSocket socket) {
    TlsSocket stream(std::move(socket), tls_);
    try {
      co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
      ++handshaken_;
      co_await script_(stream);
    } catch (const std::exception&) {
      // The client went away; the test judges the client.
    }
  }

  asio::ssl::context tls_;
  asio::ip::tcp::acceptor acceptor_;
  Script script_;
  int accepted_ = 0;
  int handshaken_ = 0;
};

// Reads up to an empty line; what came behind it stays in the kernel or is returned too.
inline asio::awaitable<std::string> read_head(TlsSocket& stream) {
  std::string text;
  char byte = 0;
  while (!text.ends_with("\r\n\r\n")) {
    co_await stream.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
    text.push_back(byte);
  }
  co_return text;
}

inline asio::awaitable<void> write(TlsSocket& stream, std::string_view text) {
  co_await asio::async_write(stream, asio::buffer(text.data(), text.size()), asio::use_awaitable);
}

// Where scripts wait until the test lets them go on.
class Gate {
 public:
  explicit Gate(asio::io_context& io) : timer_(io, asio::steady_timer::time_point::max()) {}
  asio::awaitable<void> pass() {
    if (opened_) co_return;
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  void open() {
    opened_ = true;
    timer_.cancel();
  }

 private:
  asio::steady_timer timer_;
  bool opened_ = false;
};

// Turns the context until `done` says so; false when it never does.
template <class Done>
bool turn_until(asio::io_context& io, Done done) {
  for (int turn = 0; turn < 1'000'000; ++turn) {
    io.restart();
    const auto work = io.poll();
    if (done()) return true;
    if (work == 0) std::this_thread::yield();
  }
  return false;
}

inline net::TlsContext trusting(const std::string& file) {
  auto context = net::TlsContext::create(file);
  std::remove(file.c_str());
  return std::move(context).value();
}
inline net::TlsContext trusting(const Authority& authority) {
  return trusting(authority.file());
}

}  // namespace copyd::test
