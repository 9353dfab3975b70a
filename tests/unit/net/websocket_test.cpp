// The real WebSocket against real TLS servers on 127.0.0.1. Client and server take turns on one
// thread; time stands still unless a test moves it.
#include <gtest/gtest.h>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cerrno>
#include <string>
#include <vector>

#include "net/frame.hpp"
#include "net/tls_transport.hpp"
#include "tests/unit/net/allocations.hpp"
#include "tests/unit/net/websocket_rig.hpp"

namespace copyd::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::use_awaitable;
using test::TlsSocket;
using test::frame;
using test::Peer;
using test::swallow;
using test::echo;
using test::upgrade;
using test::WebSocketTest;
using namespace std::chrono_literals;

TEST_F(WebSocketTest, OpensAndEchoes) {
  serve(echo);
  EXPECT_EQ(socket_->send("x").error(), make_error_code(Errc::not_connected));
  open();
  EXPECT_EQ(socket_->send("x").error(), make_error_code(Errc::not_connected));
  ASSERT_EQ(next(), Event::opened);
  EXPECT_TRUE(socket_->is_open());
  for (const std::string text : {"hello", "", "again"}) {
    ASSERT_TRUE(socket_->send(text).has_value());
    ASSERT_EQ(next(), Event::frame);
    EXPECT_EQ(socket_->frame(), text);
  }
}

TEST_F(WebSocketTest, OpensByName) {
  serve(echo, "DNS:localhost");
  open("localhost");
  ASSERT_EQ(next(), Event::opened) << socket_->error().message();
}

TEST_F(WebSocketTest, BigMessagesBothWays) {
  const std::string big(5U << 20U, 'b');
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    Peer peer(stream);
    co_await peer.async_accept(use_awaitable);
    beast::flat_buffer buffer;
    co_await peer.async_read(buffer, use_awaitable);
    co_await peer.async_write(buffer.data(), use_awaitable);
    co_await peer.async_write(asio::buffer(big), use_awaitable);
    co_await test::read_head(stream);
  });
  const std::string text(200'000, 's');
  ASSERT_TRUE(socket_->send(text).has_value());
  ASSERT_EQ(next(), Event::frame);
  EXPECT_TRUE(socket_->frame() == text);
  ASSERT_EQ(next(), Event::frame);
  EXPECT_TRUE(socket_->frame() == big);
}

TEST_F(WebSocketTest, PutsFragmentsTogether) {
  const std::string text = std::string(5000, 'a') + std::string(5000, 'b');
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    Peer peer(stream);
    co_await peer.async_accept(use_awaitable);
    peer.auto_fragment(true);
    peer.write_buffer_bytes(100);
    co_await peer.async_write(asio::buffer(text), use_awaitable);
    co_await swallow(stream);
  });
  ASSERT_EQ(next(), Event::frame);
  EXPECT_TRUE(socket_->frame() == text);
}

TEST_F(WebSocketTest, FramesOfOneRecordComeOneByOneWithOneStamp) {
  serve_and_open([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await upgrade(stream);
    co_await test::write(
        stream, frame(0x81, "one") + frame(0x89, "p") + frame(0x81, "two") + frame(0x81, "three"));
    co_await swallow(stream);
  });
  ASSERT_EQ(next(), Event::frame);
  EXPECT_EQ(socket_->frame(), "one");
  const Mono received = socket_->received();
  Mono framed = socket_->framed();
  EXPECT_LT(received, framed);
  for (const std::string_view text : {"two", "three"}) {
    // No turn of the context is needed: they are there.
    ASSERT_EQ(socket_->poll(clock_.now()), Event::frame);
    EXPECT_EQ(socket_->frame(), text);
    EXPECT_EQ(socket_->received(), received);
    EXPECT_LT(framed, socket_->framed());
    framed = socket_->framed();
  }
  EXPECT_EQ(socket_->poll(clock_.now()), Event::none);
}

TEST_F(WebSocketTest, FramesInOneRecordWithTheUpgradeAreNotLost) {
  serve_and_open([](TlsSocket& stream) -> asio::awaitable<void> {
    const auto head = co_await test::read_head(stream);
    const std::string_view name = "Sec-WebSocket-Key: ";
    const auto accept = test::accept_of(head.substr(head.find(name) + name.size(), 24));
    co_await test::write(stream,
                         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                             accept + "\r\n\r\n" + frame(0x81, "early"));
    co_await swallow(stream);
  });
  ASSERT_EQ(next(), Event::frame);
  EXPECT_EQ(socket_->frame(), "early");
}

TEST_F(WebSocketTest, AMessageIsFollowedByPadding) {
  serve_and_open(echo);
  ASSERT_TRUE(socket_->send("x").has_value());
  ASSERT_EQ(next(), Event::frame);
  unsigned sum = 0;
  for (std::size_t i = 0; i < 64; ++i)
    sum += static_cast<unsigned char>(*(socket_->frame().data() + socket_->frame().size() + i));
  EXPECT_LE(sum, 64U * 255U);
}

TEST_F(WebSocketTest, AnswersPings) {
  std::vector<std::string> pongs;
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    Peer peer(stream);
    co_await peer.async_accept(use_awaitable);
    peer.control_callback([&](beast::websocket::frame_type kind, beast::string_view payload) {
      if (kind == beast::websocket::frame_type::pong) pongs.emplace_back(payload);
    });
    co_await peer.async_ping("still there", use_awaitable);
    co_await peer.async_ping({}, use_awaitable);
    beast::flat_buffer buffer;
    co_await peer.async_read(buffer, use_awaitable);
  });
  EXPECT_TRUE(test::turn_until(io_, [&] {
    socket_->poll(clock_.now());
    return pongs.size() == 2;
  }));
  EXPECT_EQ(pongs, (std::vector<std::string>{"still there", ""}));
}

TEST_F(WebSocketTest, AFloodOfPingsLeavesTheCallerItsTurn) {
  serve_and_open([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await upgrade(stream);
    std::string flood;
    for (int i = 0; i < 100; ++i) flood += frame(0x89, "");
    co_await test::write(stream, flood + frame(0x81, "behind them"));
    co_await swallow(stream);
  });
  EXPECT_EQ(next(), Event::frame);
  EXPECT_EQ(socket_->frame(), "behind them");
}

TEST_F(WebSocketTest, PingsEveryFourSecondsAndLivesOnPongs) {
  int pings = 0;
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    Peer peer(stream);
    co_await peer.async_accept(use_awaitable);
    peer.control_callback([&](beast::websocket::frame_type kind, beast::string_view) {
      if (kind == beast::websocket::frame_type::ping) ++pings;
    });
    beast::flat_buffer buffer;
    co_await peer.async_read(buffer, use_awaitable);
  });
  clock_.advance(3900ms);
  EXPECT_TRUE(is_quiet());
  EXPECT_EQ(pings, 0);
  for (int expected = 1; expected <= 5; ++expected) {
    clock_.advance(4s);
    EXPECT_TRUE(is_quiet());
    EXPECT_EQ(pings, expected);
  }
  EXPECT_TRUE(socket_->is_open());
}

TEST_F(WebSocketTest, APongThatDoesNotComeClosesAfterFourSeconds) {
  std::string sent;
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    co_await upgrade(stream);
    co_await swallow(stream, &sent);
  });
  clock_.advance(4s);
  EXPECT_TRUE(is_quiet());
  ASSERT_EQ(sent.size(), 14U) << "one ping of eight bytes, masked";
  EXPECT_EQ(static_cast<unsigned char>(sent[0]), 0x89);
  clock_.advance(3900ms);
  EXPECT_TRUE(is_quiet());
  clock_.advance(100ms);
  expect_closed(Errc::timeout);
}

TEST_F(WebSocketTest, APongThatNobodyAskedForIsNoSignOfLife) {
  serve_and_open([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await upgrade(stream);
    char byte = 0;
    co_await stream.async_read_some(asio::buffer(&byte, 1), use_awaitable);
    co_await test::write(stream, frame(0x8A, "") + frame(0x8A, "12345678"));
    co_await swallow(stream);
  });
  clock_.advance(4s);
  EXPECT_TRUE(is_quiet());
  clock_.advance(4s);
  expect_closed(Errc::timeout);
}

TEST_F(WebSocketTest, APongThatWaitsForUsCounts) {
  serve_and_open(echo);
  clock_.advance(4s);
  EXPECT_EQ(socket_->poll(clock_.now()), Event::none);  // sends the ping
  // The server answers, while this thread is away for long.
  for (int i = 0; i < 3000; ++i) {
    io_.restart();
    io_.poll();
  }
  clock_.advance(60s);
  EXPECT_TRUE(is_quiet());
  EXPECT_TRUE(socket_->is_open());
}

TEST_F(WebSocketTest, AServersCloseIsAnsweredAndTold) {
  bool answered = false;
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    Peer peer(stream);
    co_await peer.async_accept(use_awaitable);
    co_await peer.async_write(asio::buffer("last", 4), use_awaitable);
    try {
      co_await peer.async_close(beast::websocket::close_code::going_away, use_awaitable);
    } catch (const boost::system::system_error&) {
      // How the client leaves after its answer does not matter here.
    }
    answered = peer.reason().code == beast::websocket::close_code::going_away;
  });
  ASSERT_EQ(next(), Event::frame);
  EXPECT_EQ(socket_->frame(), "last");
  expect_closed(Errc::closed);
  EXPECT_TRUE(test::turn_until(io_, [&] { return answered; }));
}

TEST_F(WebSocketTest, AConnectionCutInAFrameIsClosed) {
  serve_and_open([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await upgrade(stream);
    co_await test::write(stream, frame(0x81, "whole") + frame(0x81, "half of it").substr(0, 6));
  });
  ASSERT_EQ(next(), Event::frame);
  expect_closed(Errc::closed);
}

TEST_F(WebSocketTest, AViolationIsTheEndAndTheServerIsTold) {
  std::string sent;
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    co_await upgrade(stream);
    co_await test::write(stream, frame(0x81, "good") + frame(0xC1, "bad"));
    co_await swallow(stream, &sent);
  });
  ASSERT_EQ(next(), Event::frame);
  expect_closed(Errc::protocol_violation);
  EXPECT_TRUE(test::turn_until(io_, [&] { return sent.size() == 8; }));
  EXPECT_EQ(static_cast<unsigned char>(sent[0]), 0x88);
}

TEST_F(WebSocketTest, CloseSaysGoodbyeWithoutAnEvent) {
  std::string sent;
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    co_await upgrade(stream);
    co_await swallow(stream, &sent);
  });
  socket_->close();
  EXPECT_FALSE(socket_->is_open());
  EXPECT_TRUE(is_quiet(100));
  EXPECT_TRUE(test::turn_until(io_, [&] { return sent.size() == 8; }));
  EXPECT_EQ(static_cast<unsigned char>(sent[0]), 0x88);
}

TEST_F(WebSocketTest, OpensAgainAlsoOverAnOpenConnection) {
  serve_and_open(echo);
  open();
  EXPECT_FALSE(socket_->is_open());
  ASSERT_EQ(next(), Event::opened);
  ASSERT_TRUE(socket_->send("second").has_value());
  ASSERT_EQ(next(), Event::frame);
  EXPECT_EQ(socket_->frame(), "second");
  EXPECT_EQ(server_->accepted(), 2);
}

TEST_F(WebSocketTest, RefusesAnAuthorityItDoesNotKnow) {
  const test::Authority stranger;
  TlsContext other = test::trusting(stranger);
  socket_ = make_tls_websocket(io_, other, clock_);
  serve(echo);
  open();
  expect_closed(Errc::tls_untrusted);
  EXPECT_TRUE(is_quiet(100));
  EXPECT_EQ(server_->handshaken(), 0);
}

TEST_F(WebSocketTest, RefusesACertificateForAnotherHost) {
  serve(echo, "DNS:localhost");
  open("127.0.0.1");
  expect_closed(Errc::tls_untrusted);
  server_.reset();
  serve(echo, "IP:127.0.0.1");
  open("localhost");
  expect_closed(Errc::tls_untrusted);
  // An address in a name's place vouches for nothing.
  server_.reset();
  serve(echo, "DNS:127.0.0.1");
  open("127.0.0.1");
  expect_closed(Errc::tls_untrusted);
}

TEST_F(WebSocketTest, RefusesAnExpiredCertificate) {
  server_.emplace(io_, authority_.issue("IP:127.0.0.1", true), echo);
  open();
  expect_closed(Errc::tls_untrusted);
}

TEST_F(WebSocketTest, SpeaksTls12ButNothingOlder) {
  serve(echo);
  SSL_CTX_set_max_proto_version(server_->tls().native_handle(), TLS1_2_VERSION);
  open();
  ASSERT_EQ(next(), Event::opened);
  ASSERT_TRUE(socket_->send("x").has_value());
  ASSERT_EQ(next(), Event::frame);

  SSL_CTX_set_security_level(server_->tls().native_handle(), 0);
  SSL_CTX_set_max_proto_version(server_->tls().native_handle(), TLS1_1_VERSION);
  open();
  EXPECT_EQ(next(), Event::closed);
  EXPECT_TRUE(socket_->error());
}

TEST_F(WebSocketTest, ARefusedPortIsClosedAtOnce) {
  serve(echo);
  Url url;
  url.host = "127.0.0.1";
  {
    asio::ip::tcp::acceptor nobody(io_, {asio::ip::make_address("127.0.0.1"), 0});
    url.port = std::to_string(nobody.local_endpoint().port());
  }
  socket_->open(url, clock_.now());
  expect_closed({ECONNREFUSED, boost::system::system_category()});
}

TEST_F(WebSocketTest, AnUpgradeRefusedIsClosed) {
  serve([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await test::read_head(stream);
    co_await test::write(stream, "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope");
    co_await swallow(stream);
  });
  open();
  expect_closed(Errc::handshake_refused);
}

TEST_F(WebSocketTest, TheUpgradeNamesPathAndHost) {
  std::string head;
  serve(
      [&](TlsSocket& stream) -> asio::awaitable<void> { head = co_await test::read_head(stream); });
  open();
  expect_closed(Errc::closed);
  EXPECT_TRUE(head.starts_with("GET /ws/stream HTTP/1.1\r\nHost: 127.0.0.1:" + server_->port()));
}

TEST_F(WebSocketTest, ConnectingTakesTenSecondsAtMost) {
  // The kernel accepts, and nobody ever says a word.
  asio::ip::tcp::acceptor silent(io_, {asio::ip::make_address("127.0.0.1"), 0});
  Url url;
  url.host = "127.0.0.1";
  url.port = std::to_string(silent.local_endpoint().port());
  socket_->open(url, clock_.now());
  clock_.advance(9900ms);
  EXPECT_TRUE(is_quiet());
  clock_.advance(100ms);
  expect_closed(Errc::timeout);
}

TEST_F(WebSocketTest, TheUpgradeIsUnderTheSameDeadline) {
  serve([](TlsSocket& stream) -> asio::awaitable<void> { co_await swallow(stream); });
  open();
  EXPECT_TRUE(is_quiet());
  EXPECT_EQ(server_->handshaken(), 1);
  clock_.advance(10s);
  expect_closed(Errc::timeout);
}

TEST_F(WebSocketTest, WhatDoesNotFitIsRefusedWholeAndTheRestArrives) {
  test::Gate reads(io_);
  std::vector<std::string> arrived;
  serve_and_open([&](TlsSocket& stream) -> asio::awaitable<void> {
    Peer peer(stream);
    co_await peer.async_accept(use_awaitable);
    co_await reads.pass();
    for (;;) {
      beast::flat_buffer buffer;
      co_await peer.async_read(buffer, use_awaitable);
      arrived.push_back(beast::buffers_to_string(buffer.data()));
    }
  });
  EXPECT_EQ(socket_->send(std::string(300U << 10U, 'x')).error(), make_error_code(Errc::too_large));
  std::vector<std::string> accepted;
  Result<void> result;
  for (int i = 0; i < 10'000 && result.has_value(); ++i) {
    const std::string text = std::to_string(i) + std::string(10'000, 'x');
    result = socket_->send(text);
    if (result.has_value()) accepted.push_back(text);
  }
  ASSERT_EQ(result.error(), make_error_code(Errc::buffer_full));
  EXPECT_GT(accepted.size(), 20U);
  EXPECT_EQ(socket_->poll(clock_.now()), Event::none) << "that is no reason to close";
  reads.open();
  EXPECT_TRUE(test::turn_until(io_, [&] {
    EXPECT_EQ(socket_->poll(clock_.now()), Event::none);
    return arrived.size() == accepted.size();
  }));
  EXPECT_TRUE(arrived == accepted);
  ASSERT_TRUE(socket_->send("goes on").has_value());
  EXPECT_TRUE(test::turn_until(io_, [&] { return arrived.back() == "goes on"; }));
}

TEST_F(WebSocketTest, SendingIntoAResetConnectionEndsIt) {
  serve_and_open([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await upgrade(stream);
    stream.lowest_layer().set_option(asio::socket_base::linger(true, 0));
    stream.lowest_layer().close();
  });
  for (int i = 0; i < 1000; ++i) {
    io_.restart();
    io_.poll();
  }
  // The kernel knows of the reset: not a byte can have left.
  EXPECT_EQ(socket_->send("x").error(), make_error_code(Errc::not_connected));
  expect_closed(Errc::closed);
}

TEST_F(WebSocketTest, OrdinaryTrafficAllocatesNothing) {
  serve_and_open([](TlsSocket& stream) -> asio::awaitable<void> {
    Peer peer(stream);
    co_await peer.async_accept(use_awaitable);
    beast::flat_buffer buffer;
    for (;;) {
      co_await peer.async_read(buffer, use_awaitable);
      co_await peer.async_ping({}, use_awaitable);
      co_await peer.async_write(buffer.data(), use_awaitable);
      buffer.consume(buffer.size());
    }
  });
  const std::string text(1200, 'o');
  for (int i = 0; i < 50; ++i) {
    {
      test::Allocations allocations;
      const bool sent = socket_->send(text).has_value();
      EXPECT_EQ(allocations.count(), 0U);
      EXPECT_TRUE(sent);
    }
    if (i % 10 == 9) clock_.advance(4s);
    Event event = Event::none;
    EXPECT_TRUE(test::turn_until(io_, [&] {
      const Mono now = clock_.now();
      std::uint64_t count = 0;
      {
        test::Allocations allocations;
        event = socket_->poll(now);
        count = allocations.count();
      }
      EXPECT_EQ(count, 0U);
      return event != Event::none;
    }));
    ASSERT_EQ(event, Event::frame);
    EXPECT_TRUE(socket_->frame() == text);
  }
}

TEST_F(WebSocketTest, MayGoAwayAtAnyStep) {
  serve(echo);
  for (int polls = 0; polls < 60; ++polls) {
    socket_ = make_tls_websocket(io_, tls_, clock_);
    open(polls % 2 == 0 ? "127.0.0.1" : "localhost");
    for (int i = 0; i < polls; ++i) {
      socket_->poll(clock_.now());
      io_.restart();
      io_.poll();
    }
    socket_.reset();
  }
  EXPECT_GT(server_->accepted(), 10);
}

TEST_F(WebSocketTest, ATransportMakesThemReady) {
  serve(echo);
  const auto transport = make_tls_transport(tls_, clock_);
  socket_ = transport->websocket();
  open();
  EXPECT_EQ(next(), Event::opened);
  socket_.reset();
}

TEST(TlsContextTest, AFileOfAuthoritiesMustHoldOne) {
  EXPECT_EQ(TlsContext::create("/nonexistent/ca.pem").error(), make_error_code(Errc::io));
  EXPECT_EQ(TlsContext::create("/dev/null").error(), make_error_code(Errc::io));
  EXPECT_TRUE(TlsContext::create("").has_value());
}

}  // namespace
}  // namespace copyd::net
