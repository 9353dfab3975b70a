// The real WebSocket and a TLS server of a test's own on 127.0.0.1. Client and server take turns on
// one thread; time stands still unless a test moves it.
#pragma once

#include <gtest/gtest.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <optional>
#include <string>

#include "net/tls_websocket.hpp"
#include "tests/unit/net/tls_server.hpp"
#include "tests/unit/net/websocket_peer.hpp"

namespace copyd::test {

// Each look at it takes a nanosecond, so that stamps can be told apart.
class TickingClock final : public Clock {
 public:
  Mono now() const noexcept override { return Mono{++now_.ns}; }
  void advance(std::chrono::nanoseconds by) noexcept { now_ = now_ + by; }

 private:
  mutable Mono now_{1'000'000'000};
};

inline asio::awaitable<void> echo(TlsSocket& stream) {
  Peer peer(stream);
  peer.read_message_max(32U << 20U);
  co_await peer.async_accept(asio::use_awaitable);
  boost::beast::flat_buffer buffer;
  for (;;) {
    co_await peer.async_read(buffer, asio::use_awaitable);
    peer.text(true);
    co_await peer.async_write(buffer.data(), asio::use_awaitable);
    buffer.consume(buffer.size());
  }
}

class WebSocketTest : public testing::Test {
 protected:
  using Event = net::WebSocket::Event;

  void serve(TlsServer::Script script, const std::string& subject = "IP:127.0.0.1") {
    server_.emplace(io_, authority_.issue(subject), std::move(script));
  }
  void open(const std::string& host = "127.0.0.1") {
    net::Url url;
    url.host = host;
    url.port = server_->port();
    url.path = "/ws/stream";
    socket_->open(url, clock_.now());
  }
  // The next event, or none if nothing ever happens.
  Event next() {
    Event event = Event::none;
    turn_until(io_, [&] {
      event = socket_->poll(clock_.now());
      return event != Event::none;
    });
    return event;
  }
  bool is_quiet(int turns = 3000) {
    for (int i = 0; i < turns; ++i) {
      io_.restart();
      io_.poll();
      if (socket_->poll(clock_.now()) != Event::none) return false;
    }
    return true;
  }
  void serve_and_open(TlsServer::Script script) {
    serve(std::move(script));
    open();
    ASSERT_EQ(next(), Event::opened) << socket_->error().message();
  }
  void expect_closed(boost::system::error_code why) {
    EXPECT_EQ(next(), Event::closed);
    EXPECT_EQ(socket_->error(), why) << socket_->error().message();
    EXPECT_FALSE(socket_->is_open());
    EXPECT_TRUE(is_quiet(10)) << "closed is said once";
    EXPECT_EQ(socket_->send("x").error(), make_error_code(Errc::not_connected));
  }

  asio::io_context io_{1};
  TickingClock clock_;
  Authority authority_;
  net::TlsContext tls_ = trusting(authority_);
  std::optional<TlsServer> server_;
  std::unique_ptr<net::WebSocket> socket_ = net::make_tls_websocket(io_, tls_, clock_);
};

}  // namespace copyd::test
