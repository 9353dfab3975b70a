// The real Http against real TLS servers on 127.0.0.1. Client and server take turns on one thread;
// time stands still unless a test moves it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "net/https_client.hpp"
#include "net/tls_transport.hpp"
#include "tests/unit/net/tls_server.hpp"

namespace copyd::net {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using test::TlsServer;
using test::TlsSocket;
using Method = HttpRequest::Method;
using namespace std::chrono_literals;

std::string answer(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// Stays until the client leaves.
asio::awaitable<void> wait(TlsSocket& stream) {
  for (;;) co_await test::read_head(stream);
}

class HttpsClientTest : public testing::Test {
 protected:
  void serve(TlsServer::Script script, const std::string& subject = "IP:127.0.0.1") {
    server_.emplace(io_, authority_.issue(subject), std::move(script));
    client_ = make_https_client(io_, tls_, clock_, "https://127.0.0.1:" + server_->port());
  }
  // Answers every request with its own request line.
  void serve_lines() {
    serve([this](TlsSocket& stream) -> asio::awaitable<void> {
      for (;;) {
        const auto head = co_await test::read_head(stream);
        heads_.push_back(head);
        co_await test::write(stream, answer(head.substr(0, head.find(" HTTP"))));
      }
    });
  }
  void ask(Method method, std::string target, std::chrono::milliseconds timeout = 5s) {
    HttpRequest request;
    request.method = method;
    request.target = std::move(target);
    request.api_key = api_key_;
    request.timeout = timeout;
    client_->request(std::move(request), [this](Result<HttpResponse> result) {
      results_.push_back(std::move(result));
    });
  }
  bool turn_until_answered(std::size_t count) {
    return test::turn_until(io_, [&] {
      client_->poll(clock_.now());
      return results_.size() >= count;
    });
  }
  void turn(int turns = 3000) {
    for (int i = 0; i < turns; ++i) {
      io_.restart();
      io_.poll();
      client_->poll(clock_.now());
    }
  }
  Result<HttpResponse> get(std::string target, Method method = Method::get) {
    const std::size_t before = results_.size();
    ask(method, std::move(target));
    if (!turn_until_answered(before + 1)) return make_error_code(Errc::refused);
    return results_.back();
  }

  asio::io_context io_{1};
  ManualClock clock_;
  test::Authority authority_;
  TlsContext tls_ = test::trusting(authority_);
  std::string api_key_;
  std::vector<std::string> heads_;
  std::optional<TlsServer> server_;
  std::unique_ptr<Http> client_;
  std::vector<Result<HttpResponse>> results_;
};

TEST_F(HttpsClientTest, AsksAndHears) {
  serve_lines();
  api_key_ = "the-key";
  const auto result = get("/fapi/v1/time?x=1");
  ASSERT_TRUE(result.has_value()) << result.error().message();
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "GET /fapi/v1/time?x=1");
  EXPECT_NE(heads_[0].find("\r\nX-MBX-APIKEY: the-key\r\n"), std::string::npos);
  EXPECT_NE(heads_[0].find("\r\nHost: 127.0.0.1:" + server_->port() + "\r\n"), std::string::npos);
}

TEST_F(HttpsClientTest, OneConnectionServesOneRequestAfterAnother) {
  serve_lines();
  for (const auto method : {Method::get, Method::post, Method::put, Method::delete_, Method::get})
    ASSERT_TRUE(get("/x", method).has_value());
  EXPECT_EQ(server_->accepted(), 1);
  EXPECT_EQ(results_[3]->body, "DELETE /x");
}

TEST_F(HttpsClientTest, FourConnectionsAtMostAndTheRestWaits) {
  int waiting = 0;
  test::Gate gate(io_);
  serve([&](TlsSocket& stream) -> asio::awaitable<void> {
    for (;;) {
      const auto head = co_await test::read_head(stream);
      ++waiting;
      co_await gate.pass();
      co_await test::write(stream, answer(head.substr(4, head.find(" HTTP") - 4)));
    }
  });
  for (int i = 0; i < 10; ++i) ask(Method::get, "/" + std::to_string(i));
  EXPECT_TRUE(test::turn_until(io_, [&] {
    client_->poll(clock_.now());
    return waiting == 4;
  }));
  turn();
  EXPECT_EQ(waiting, 4);
  EXPECT_TRUE(results_.empty());
  gate.open();
  ASSERT_TRUE(turn_until_answered(10));
  EXPECT_EQ(server_->accepted(), 4);
  std::vector<std::string> bodies;
  for (const auto& result : results_) bodies.push_back(result->body);
  std::sort(bodies.begin(), bodies.end());
  EXPECT_EQ(bodies.front(), "/0");
  EXPECT_EQ(bodies.back(), "/9");
}

TEST_F(HttpsClientTest, TheHandlerIsCalledFromALaterPollOnly) {
  serve([](TlsSocket&) -> asio::awaitable<void> { co_return; });
  client_ = make_https_client(io_, tls_, clock_, "https://not an origin");
  ask(Method::get, "/x");
  EXPECT_TRUE(results_.empty());
  EXPECT_GT(client_->poll(clock_.now()), 0);
  ASSERT_EQ(results_.size(), 1U);
  EXPECT_EQ(results_[0].error(), make_error_code(Errc::not_connected));
  EXPECT_EQ(client_->poll(clock_.now()), 0);
}

TEST_F(HttpsClientTest, AHandlerMayAskAgain) {
  serve_lines();
  std::string last;
  HttpRequest request;
  request.target = "/1";
  client_->request(request, [&](Result<HttpResponse> first) {
    HttpRequest second;
    second.target = first.has_value() ? "/2" : "/failed";
    client_->request(second, [&](Result<HttpResponse> result) { last = result->body; });
  });
  EXPECT_TRUE(test::turn_until(io_, [&] {
    client_->poll(clock_.now());
    return !last.empty();
  }));
  EXPECT_EQ(last, "GET /2");
}

TEST_F(HttpsClientTest, AHandlerMayDestroyTheClient) {
  serve_lines();
  bool called = false;
  HttpRequest request;
  request.target = "/1";
  client_->request(request, [&](Result<HttpResponse>) {
    client_.reset();
    called = true;
  });
  EXPECT_TRUE(test::turn_until(io_, [&] {
    client_->poll(clock_.now());
    return called;
  }));
}

TEST_F(HttpsClientTest, ReadsWhatTheVenueSaysBesidesTheBody) {
  serve([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await test::read_head(stream);
    co_await test::write(stream,
                         "HTTP/1.1 418 I'm a teapot\r\nretry-after: 120\r\n"
                         "x-mbx-used-weight-1m: 2400\r\nContent-Length: 2\r\n\r\n{}");
    co_await wait(stream);
  });
  const auto result = get("/x");
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->status, 418);
  EXPECT_EQ(result->retry_after, 120s);
  EXPECT_EQ(result->used_weight, 2400);
}

TEST_F(HttpsClientTest, ReadsABigBodyInChunks) {
  const std::string chunk(100'000, 'c');
  serve([&](TlsSocket& stream) -> asio::awaitable<void> {
    for (;;) {
      co_await test::read_head(stream);
      co_await test::write(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 50; ++i) {
        co_await test::write(stream, "186a0\r\n");
        co_await test::write(stream, chunk);
        co_await test::write(stream, "\r\n");
      }
      co_await test::write(stream, "0\r\n\r\n");
    }
  });
  for (int i = 0; i < 2; ++i) {
    const auto result = get("/x");
    ASSERT_TRUE(result.has_value()) << result.error().message();
    EXPECT_EQ(result->body.size(), 5'000'000U);
  }
  EXPECT_EQ(server_->accepted(), 1);
}

TEST_F(HttpsClientTest, ABodyBeyondTheLimitIsRefused) {
  serve([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await test::read_head(stream);
    co_await test::write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 33554433\r\n\r\n");
    co_await wait(stream);
  });
  EXPECT_EQ(get("/x").error(), make_error_code(Errc::too_large));
}

TEST_F(HttpsClientTest, AnAnswerThatDoesNotComeIsATimeout) {
  serve(wait);
  ask(Method::get, "/x", 700ms);
  turn();
  EXPECT_EQ(server_->handshaken(), 1);
  clock_.advance(699ms);
  turn();
  EXPECT_TRUE(results_.empty());
  clock_.advance(1ms);
  ASSERT_TRUE(turn_until_answered(1));
  EXPECT_EQ(results_[0].error(), make_error_code(Errc::timeout));
  // The connection's answer could still come; it must not be taken for another's.
  ask(Method::get, "/y");
  turn();
  EXPECT_EQ(server_->accepted(), 2);
}

TEST_F(HttpsClientTest, TimeoutsBeforeAnythingWasSentSaySo) {
  serve(wait);
  asio::ip::tcp::acceptor silent(io_, {asio::ip::make_address("127.0.0.1"), 0});
  client_ = make_https_client(
      io_, tls_, clock_, "https://127.0.0.1:" + std::to_string(silent.local_endpoint().port()));
  ask(Method::post, "/x", 700ms);
  turn();
  clock_.advance(700ms);
  ASSERT_TRUE(turn_until_answered(1));
  EXPECT_EQ(results_[0].error(), make_error_code(Errc::not_connected));
}

TEST_F(HttpsClientTest, ARefusedPortIsNotConnected) {
  serve(wait);
  std::string port;
  {
    asio::ip::tcp::acceptor nobody(io_, {asio::ip::make_address("127.0.0.1"), 0});
    port = std::to_string(nobody.local_endpoint().port());
  }
  client_ = make_https_client(io_, tls_, clock_, "https://127.0.0.1:" + port);
  EXPECT_EQ(get("/x").error(), make_error_code(Errc::not_connected));
}

TEST_F(HttpsClientTest, DistrustIsToldAndNothingIsSent) {
  serve(
      [this](TlsSocket& stream) -> asio::awaitable<void> {
        heads_.push_back(co_await test::read_head(stream));
      },
      "DNS:localhost");
  EXPECT_EQ(get("/x").error(), make_error_code(Errc::tls_untrusted));
  const test::Authority stranger;
  TlsContext other = test::trusting(stranger);
  client_ = make_https_client(io_, other, clock_, "https://localhost:" + server_->port());
  EXPECT_EQ(get("/x").error(), make_error_code(Errc::tls_untrusted));
  client_ = make_https_client(io_, tls_, clock_, "https://localhost:" + server_->port());
  EXPECT_EQ(get("/x").error(), make_error_code(Errc::closed)) << "trusted, and then not answered";
  EXPECT_EQ(heads_.size(), 1U);
}

TEST_F(HttpsClientTest, AnAnswerCutInTheMiddleIsNoAnswer) {
  for (const std::string text :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    serve([text](TlsSocket& stream) -> asio::awaitable<void> {
      co_await test::read_head(stream);
      co_await test::write(stream, text);
      co_await stream.async_shutdown(use_awaitable);
    });
    EXPECT_EQ(get("/x").error(), make_error_code(Errc::closed)) << text;
    EXPECT_EQ(server_->accepted(), 1) << "a new connection is no reason to try again";
  }
}

TEST_F(HttpsClientTest, ABodyWithoutALengthEndsOnlyWithAProperGoodbye) {
  for (const bool proper : {true, false}) {
    serve([proper](TlsSocket& stream) -> asio::awaitable<void> {
      co_await test::read_head(stream);
      co_await test::write(stream, "HTTP/1.1 200 OK\r\n\r\neverything?");
      if (proper) co_await stream.async_shutdown(use_awaitable);
    });
    const auto result = get("/x");
    ASSERT_EQ(result.has_value(), proper);
    if (proper) EXPECT_EQ(result->body, "everything?");
    else EXPECT_EQ(result.error(), make_error_code(Errc::closed));
  }
}

TEST_F(HttpsClientTest, ACloseThatWasAnnouncedIsHeeded) {
  serve([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await test::read_head(stream);
    co_await test::write(stream,
                         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    co_await wait(stream);
  });
  ASSERT_TRUE(get("/x").has_value());
  ASSERT_TRUE(get("/y", Method::post).has_value());
  EXPECT_EQ(server_->accepted(), 2);
}

// Answers the first request of a connection; leaves at the second without a word.
asio::awaitable<void> once(TlsSocket& stream) {
  co_await test::read_head(stream);
  co_await test::write(stream, answer("once"));
  co_await test::read_head(stream);
}

TEST_F(HttpsClientTest, AGetOnAStaleConnectionIsTriedOnceMore) {
  serve(once);
  ASSERT_TRUE(get("/1").has_value());
  const auto second = get("/2");
  ASSERT_TRUE(second.has_value()) << second.error().message();
  EXPECT_EQ(second->body, "once");
  EXPECT_EQ(server_->accepted(), 2);
}

TEST_F(HttpsClientTest, NothingButAGetIsEverSentTwice) {
  serve(once);
  for (const auto method : {Method::post, Method::put, Method::delete_}) {
    ASSERT_TRUE(get("/1").has_value());
    const int before = server_->accepted();
    EXPECT_EQ(get("/2", method).error(), make_error_code(Errc::closed));
    turn(100);
    EXPECT_EQ(server_->accepted(), before);
  }
}

TEST_F(HttpsClientTest, AGetIsTriedOnceMoreAndNotTwice) {
  int connections = 0;
  serve([&](TlsSocket& stream) -> asio::awaitable<void> {
    const bool first = ++connections == 1;
    co_await test::read_head(stream);
    if (!first) co_return;
    co_await test::write(stream, answer("once"));
    co_await test::read_head(stream);
  });
  ASSERT_TRUE(get("/1").has_value());
  EXPECT_EQ(get("/2").error(), make_error_code(Errc::closed));
  EXPECT_EQ(server_->accepted(), 2);
}

TEST_F(HttpsClientTest, AKeptConnectionThatTheServerClosedIsNotUsed) {
  serve([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await test::read_head(stream);
    co_await test::write(stream, answer("and goodbye"));
    co_await stream.async_shutdown(use_awaitable);
  });
  ASSERT_TRUE(get("/1").has_value());
  turn();
  // Also a POST may go on a new connection: nothing of it was sent on the old one.
  ASSERT_TRUE(get("/2", Method::post).has_value());
  EXPECT_EQ(server_->accepted(), 2);
}

TEST_F(HttpsClientTest, AnOldConnectionIsLeft) {
  serve_lines();
  ASSERT_TRUE(get("/1").has_value());
  clock_.advance(49s);
  ASSERT_TRUE(get("/2").has_value());
  EXPECT_EQ(server_->accepted(), 1);
  clock_.advance(50s);
  ASSERT_TRUE(get("/3").has_value());
  EXPECT_EQ(server_->accepted(), 2);
}

TEST_F(HttpsClientTest, WordsThatNobodyAskedForEndAConnection) {
  serve([](TlsSocket& stream) -> asio::awaitable<void> {
    co_await test::read_head(stream);
    co_await test::write(stream, answer("yours") + answer("somebody else's"));
    co_await wait(stream);
  });
  for (int i = 0; i < 3; ++i) {
    const auto result = get("/x");
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->body, "yours");
  }
  EXPECT_EQ(server_->accepted(), 3);
}

TEST_F(HttpsClientTest, ATargetThatCannotBeSentIsNot) {
  serve_lines();
  EXPECT_EQ(get("/x\r\nX-Other: y").error(), make_error_code(Errc::not_connected));
  EXPECT_TRUE(heads_.empty());
}

TEST_F(HttpsClientTest, MayGoAwayWithRequestsUnderWay) {
  serve(wait);
  for (int turns = 0; turns < 40; ++turns) {
    client_ = make_https_client(io_, tls_, clock_, "https://127.0.0.1:" + server_->port());
    for (int i = 0; i < 6; ++i) ask(Method::get, "/x");
    turn(turns);
  }
  client_.reset();
  for (int i = 0; i < 1000; ++i) {
    io_.restart();
    io_.poll();
  }
  EXPECT_TRUE(results_.empty());
  EXPECT_GT(server_->handshaken(), 4);
}

TEST_F(HttpsClientTest, ATransportMakesThemReady) {
  serve_lines();
  const auto transport = make_tls_transport(tls_, clock_);
  client_ = transport->http("https://127.0.0.1:" + server_->port());
  EXPECT_TRUE(get("/x").has_value());
  client_.reset();
}

}  // namespace
}  // namespace copyd::net
