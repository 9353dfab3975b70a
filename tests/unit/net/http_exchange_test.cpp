#include "net/http_exchange.hpp"

#include <gtest/gtest.h>

namespace copyd::net {
namespace {

Url origin() {
  return *Url::parse("https://api.example.com:8443", "https");
}

HttpRequest request(HttpRequest::Method method, std::string target, std::string api_key = "") {
  HttpRequest made;
  made.method = method;
  made.target = std::move(target);
  made.api_key = std::move(api_key);
  return made;
}

TEST(HttpRequestText, SaysWhatTheVenueNeeds) {
  EXPECT_EQ(http_request_text(origin(), request(HttpRequest::Method::get, "/a?b=c")),
            "GET /a?b=c HTTP/1.1\r\nHost: api.example.com:8443\r\nUser-Agent: copyd\r\n\r\n");
  EXPECT_EQ(http_request_text(origin(), request(HttpRequest::Method::post, "/a", "KEY")),
            "POST /a HTTP/1.1\r\nHost: api.example.com:8443\r\nUser-Agent: copyd\r\n"
            "X-MBX-APIKEY: KEY\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(http_request_text(origin(), request(HttpRequest::Method::put, "/a"))
                  ->ends_with("Content-Length: 0\r\n\r\n"));
  EXPECT_TRUE(http_request_text(origin(), request(HttpRequest::Method::delete_, "/a"))
                  ->starts_with("DELETE /a "));
}

TEST(HttpRequestText, ABodyIsJsonAndNotOfAGet) {
  auto made = request(HttpRequest::Method::post, "/a");
  made.body = "{}";
  EXPECT_TRUE(http_request_text(origin(), made)
                  ->ends_with("Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));
  made.method = HttpRequest::Method::get;
  EXPECT_FALSE(http_request_text(origin(), made));
}

TEST(HttpRequestText, RefusesWhatCouldNotStandInAHeader) {
  for (const char* target : {"", "a", "/a b", "/a\r\nX: y", "/\x7f", "/\xc3\xa4"})
    EXPECT_FALSE(http_request_text(origin(), request(HttpRequest::Method::get, target))) << target;
  EXPECT_FALSE(http_request_text(origin(), request(HttpRequest::Method::get, "/", "K\r\nX: y")));
}

struct Read {
  bool done = false;
  boost::system::error_code error;
  bool keeps_alive = false;
  HttpResponse response;
};

// Feeds `text` in pieces of `piece` bytes; stops where the answer does.
Read read(const std::string& text, std::size_t piece, std::size_t body_max = 1000) {
  HttpAnswer answer(body_max);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const auto progress = answer.feed(std::string_view(text).substr(at, piece));
    if (progress.has_error()) return {false, progress.error(), false, {}};
    if (*progress == Progress::done) return {true, {}, answer.keeps_alive(), answer.take()};
  }
  return {};
}

TEST(HttpAnswer, ReadsAnAnswerHoweverItIsSplit) {
  const std::string text =
      "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 13\r\nRetry-After: 17\r\n"
      "X-MBX-USED-WEIGHT-1M: 2401\r\nx-mbx-order-count-10s: 3\r\nX-MBX-ORDER-COUNT-1M: 11\r\n"
      "\r\n{\"code\":-103}";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto got = read(text, piece);
    ASSERT_TRUE(got.done) << piece;
    EXPECT_EQ(got.response.status, 429);
    EXPECT_EQ(got.response.body, "{\"code\":-103}");
    EXPECT_EQ(got.response.retry_after, std::chrono::seconds(17));
    EXPECT_EQ(got.response.used_weight, 2401);
    EXPECT_EQ(got.response.orders_10s, 3);
    EXPECT_EQ(got.response.orders_1m, 11);
    EXPECT_TRUE(got.keeps_alive);
  }
}

TEST(HttpAnswer, ReadsChunksHoweverTheyAreSplit) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;note=x\r\n \r\n5\r\nworld\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto got = read(text, piece);
    ASSERT_TRUE(got.done) << piece;
    EXPECT_EQ(got.response.body, "hello world");
    EXPECT_TRUE(got.keeps_alive);
  }
}

// Every split in two as well: a last chunk that came in parts once ended the process.
TEST(HttpAnswer, ReadsAnEmptyChunkedBodyHoweverItIsSplit) {
  const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t first = 1; first < text.size(); ++first) {
    for (std::size_t second = first + 1; second < text.size(); ++second) {
      HttpAnswer answer(1000);
      ASSERT_EQ(*answer.feed(text.substr(0, first)), Progress::pending);
      ASSERT_EQ(*answer.feed(text.substr(first, second - first)), Progress::pending);
      ASSERT_EQ(*answer.feed(text.substr(second)), Progress::done) << first << ' ' << second;
      EXPECT_EQ(answer.take().body, "");
      EXPECT_TRUE(answer.keeps_alive());
    }
  }
}

TEST(HttpAnswer, PassesOverInterimAnswers) {
  const std::string text =
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto got = read(text, piece);
    ASSERT_TRUE(got.done) << piece;
    EXPECT_EQ(got.response.status, 200);
    EXPECT_EQ(got.response.body, "ok");
  }
}

TEST(HttpAnswer, HeadersThatAreAbsentOrOddStayAbsent) {
  const auto got = read(
      "HTTP/1.1 503 x\r\nContent-Length: 0\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"
      "X-MBX-USED-WEIGHT-1M: -4\r\n\r\n",
      4096);
  ASSERT_TRUE(got.done);
  EXPECT_FALSE(got.response.retry_after);
  EXPECT_FALSE(got.response.used_weight);
  EXPECT_FALSE(got.response.orders_10s);
  EXPECT_FALSE(got.response.orders_1m);
}

TEST(HttpAnswer, KnowsWhenAConnectionIsOver) {
  EXPECT_FALSE(
      read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 999).keeps_alive);
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 999).keeps_alive);
  const auto more = read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200", 999);
  EXPECT_TRUE(more.done);
  EXPECT_FALSE(more.keeps_alive) << "bytes that nobody asked for";
}

TEST(HttpAnswer, ABodyMayEndWithTheStreamOnlyWithoutALength) {
  HttpAnswer open_end(1000);
  ASSERT_EQ(*open_end.feed("HTTP/1.1 200 OK\r\n\r\nall of it"), Progress::pending);
  EXPECT_TRUE(open_end.end());
  EXPECT_EQ(open_end.take().body, "all of it");
  EXPECT_FALSE(open_end.keeps_alive());

  HttpAnswer cut(1000);
  ASSERT_EQ(*cut.feed("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nall"), Progress::pending);
  EXPECT_FALSE(cut.end());
  HttpAnswer nothing(1000);
  EXPECT_FALSE(nothing.end());
}

TEST(HttpAnswer, RefusesWhatIsTooLarge) {
  const auto too_large = make_error_code(Errc::too_large);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", 7, 10).error, too_large);
  EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", 7, 10).done);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n", 7, 10).error,
            too_large);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\n" + std::string(11, 'x'), 7, 10).error, too_large);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x'), 1000).error, too_large);
}

TEST(HttpAnswer, RefusesWhatIsNotHttp) {
  const auto malformed = make_error_code(Errc::malformed);
  EXPECT_EQ(read("SSH-2.0-OpenSSH_9.2\r\n\r\n", 999).error, malformed);
  EXPECT_EQ(read("HTTP/1.1 2x0 OK\r\n\r\n", 999).error, malformed);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", 999).error, malformed);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 999).error,
            malformed);
}

}  // namespace
}  // namespace copyd::net
