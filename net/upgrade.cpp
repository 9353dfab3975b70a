#include "net/upgrade.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cstring>
#include <random>

namespace copyd::net {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t key_bytes = 16;
constexpr unsigned header_max = 8U << 10U;

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a zero
  void* to = text.data();
  EVP_EncodeBlock(static_cast<unsigned char*>(to), bytes, static_cast<int>(size));
  text.pop_back();
  return text;
}

// What a server that understood the key must answer.
std::string accept_of(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  const void* bytes = text.data();
  SHA1(static_cast<const unsigned char*>(bytes), text.size(), digest.data());
  return base64(digest.data(), digest.size());
}

bool is_accepted(const http::response<http::empty_body>& answer, const std::string& key) {
  // Nothing was offered, so nothing may have been chosen.
  return answer.result() == http::status::switching_protocols &&
         boost::beast::iequals(answer[http::field::upgrade], "websocket") &&
         http::token_list{answer[http::field::connection]}.exists("upgrade") &&
         answer[http::field::sec_websocket_accept] == accept_of(key) &&
         answer.count(http::field::sec_websocket_extensions) == 0 &&
         answer.count(http::field::sec_websocket_protocol) == 0;
}

}  // namespace

std::string make_upgrade_key() {
  std::random_device device;
  std::array<unsigned char, key_bytes> bytes{};
  for (auto& byte : bytes) byte = static_cast<unsigned char>(device());
  return base64(bytes.data(), bytes.size());
}

std::string upgrade_request(const Url& url, const std::string& key) {
  return "GET " + url.path + " HTTP/1.1\r\nHost: " + url.host_header() +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
         "\r\nSec-WebSocket-Key: " +
         key + "\r\nUser-Agent: copyd\r\n\r\n";
}

Result<std::size_t> judge_upgrade(std::string_view answer, const std::string& key) {
  const auto end = answer.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (answer.size() > header_max) return make_error_code(Errc::handshake_refused);
    return std::size_t{0};
  }
  http::response_parser<http::empty_body> parser;
  parser.header_limit(header_max);
  boost::system::error_code error;
  const std::size_t size = parser.put(boost::asio::buffer(answer.data(), end + 4), error);
  if (error || !parser.is_header_done()) return make_error_code(Errc::handshake_refused);
  if (!is_accepted(parser.get(), key)) return make_error_code(Errc::handshake_refused);
  return size;
}

}  // namespace copyd::net
