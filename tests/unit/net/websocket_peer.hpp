// The server's end of a WebSocket: Beast's, or frames by hand where Beast is too well-behaved.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <string>
#include <string_view>

#include "tests/unit/net/tls_server.hpp"

namespace copyd::test {

using Peer = boost::beast::websocket::stream<TlsSocket&>;

// A server's frame by hand: its first byte, and less than 126 bytes of payload.
inline std::string frame(int first, std::string_view payload) {
  EXPECT_LT(payload.size(), 126U);
  std::string text{static_cast<char>(first), static_cast<char>(payload.size())};
  return text.append(payload);
}

inline std::string accept_of(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  const void* bytes = text.data();
  SHA1(static_cast<const unsigned char*>(bytes), text.size(), digest.data());
  std::string accept(29, '\0');
  void* to = accept.data();
  EVP_EncodeBlock(static_cast<unsigned char*>(to), digest.data(), SHA_DIGEST_LENGTH);
  accept.pop_back();
  return accept;
}

inline asio::awaitable<void> upgrade(TlsSocket& stream) {
  Peer peer(stream);
  co_await peer.async_accept(asio::use_awaitable);
}

// Reads whatever comes until the client leaves.
inline asio::awaitable<void> swallow(TlsSocket& stream, std::string* into = nullptr) {
  std::array<char, 4096> bytes{};
  for (;;) {
    const auto size = co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
    if (into != nullptr) into->append(bytes.data(), size);
  }
}

}  // namespace copyd::test
