#include "net/http_exchange.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <utility>

namespace copyd::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr unsigned header_max = 32U << 10U;
// A last chunk and the end behind it have no less: "0", and two ends of a line.
constexpr std::size_t last_chunk_min = 5;

std::string_view name_of(HttpRequest::Method method) noexcept {
  switch (method) {
    case HttpRequest::Method::get:
      return "GET";
    case HttpRequest::Method::post:
      return "POST";
    case HttpRequest::Method::put:
      return "PUT";
    case HttpRequest::Method::delete_:
      return "DELETE";
  }
  return "GET";
}

bool is_word(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// A whole decimal number that is not negative; nullopt for anything else, a date say.
std::optional<std::int64_t> number_of(std::string_view text) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::string_view view(boost::beast::string_view text) noexcept {
  return {text.data(), text.size()};
}

}  // namespace

std::optional<std::string> http_request_text(const Url& origin, const HttpRequest& request) {
  if (request.target.empty() || request.target.front() != '/') return std::nullopt;
  if (!is_word(request.target) || !is_word(request.api_key)) return std::nullopt;
  if (request.method == HttpRequest::Method::get && !request.body.empty()) return std::nullopt;
  std::string text(name_of(request.method));
  text.append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  text.append(origin.host_header()).append("\r\nUser-Agent: copyd\r\n");
  if (!request.api_key.empty())
    text.append("X-MBX-APIKEY: ").append(request.api_key).append("\r\n");
  if (!request.body.empty()) text.append("Content-Type: application/json\r\n");
  // A server may wait for a body where a method could have one.
  if (request.method != HttpRequest::Method::get)
    text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return text.append("\r\n").append(request.body);
}

struct HttpAnswer::Parser {
  http::response_parser<http::string_body> beast;
};

HttpAnswer::HttpAnswer(std::size_t body_max) : body_max_(body_max) {
  renew();
}
HttpAnswer::~HttpAnswer() = default;

void HttpAnswer::renew() {
  parser_ = std::make_unique<Parser>();
  parser_->beast.header_limit(header_max);
  parser_->beast.body_limit(body_max_);
  parser_->beast.eager(true);
}

Result<Progress> HttpAnswer::feed(std::string_view bytes) {
  if (!rest_.empty()) bytes = rest_.append(bytes);
  for (;;) {
    auto& beast = parser_->beast;
    // Beast 1.81 asserts that it is not asked about a last chunk twice before so much of it is
    // here. Waiting is safe: at least so much is always still to come.
    if (beast.is_header_done() && beast.chunked() && bytes.size() < last_chunk_min &&
        bytes.starts_with('0')) {
      rest_ = std::string(bytes);
      return Progress::pending;
    }
    error_code error;
    const std::size_t size = beast.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    bytes.remove_prefix(size);
    if (error == http::error::need_more) error = {};
    if (error == http::error::body_limit || error == http::error::header_limit ||
        error == http::error::buffer_overflow)
      return make_error_code(Errc::too_large);
    if (error) return make_error_code(Errc::malformed);
    if (beast.is_done()) {
      // An interim answer; the real one follows.
      if (beast.get().result_int() / 100 == 1) {
        renew();
        if (!bytes.empty()) continue;
        rest_.clear();
        return Progress::pending;
      }
      keeps_alive_ = beast.keep_alive() && bytes.empty();
      return Progress::done;
    }
    if (!bytes.empty() && size > 0) continue;
    if (bytes.size() > header_max) return make_error_code(Errc::too_large);
    rest_ = std::string(bytes);
    return Progress::pending;
  }
}

bool HttpAnswer::end() {
  auto& beast = parser_->beast;
  if (!beast.is_header_done() || !beast.need_eof()) return false;
  error_code error;
  beast.put_eof(error);
  keeps_alive_ = false;
  return !error && beast.is_done();
}

HttpResponse HttpAnswer::take() {
  auto& message = parser_->beast.get();
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  if (const auto seconds = number_of(view(message[http::field::retry_after])))
    response.retry_after = std::chrono::seconds(*seconds);
  response.used_weight = number_of(view(message["X-MBX-USED-WEIGHT-1M"]));
  response.orders_10s = number_of(view(message["X-MBX-ORDER-COUNT-10S"]));
  response.orders_1m = number_of(view(message["X-MBX-ORDER-COUNT-1M"]));
  response.body = std::move(message.body());
  return response;
}

}  // namespace copyd::net
