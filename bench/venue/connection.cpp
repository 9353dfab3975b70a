#include "bench/venue/connection.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>

namespace copyd::bench {
namespace {

constexpr std::size_t read_size = 64U << 10U;

}  // namespace

Connection::Connection(SSL_CTX* tls, int socket, int& waiting)
    : ssl_(SSL_new(tls)),
      to_ssl_(BIO_new(BIO_s_mem())),
      from_ssl_(BIO_new(BIO_s_mem())),
      socket_(socket),
      all_waiting_(waiting) {
  SSL_set_bio(ssl_, to_ssl_, from_ssl_);
  SSL_set_accept_state(ssl_);
}

Connection::~Connection() {
  if (!waiting_.empty()) --all_waiting_;
  SSL_free(ssl_);
  ::close(socket_);
}

bool Connection::receive() {
  raw_.resize(read_size);
  const auto got = ::recv(socket_, raw_.data(), raw_.size(), 0);
  received_ = SteadyClock().now();
  raw_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

bool Connection::handshake() {
  const int result = SSL_do_handshake(ssl_);
  send_encrypted();
  return result == 1 || SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ;
}

bool Connection::decrypt() {
  BIO_write(to_ssl_, raw_.data(), static_cast<int>(raw_.size()));
  raw_.clear();
  if (!SSL_is_init_finished(ssl_) && !handshake()) return false;
  if (!SSL_is_init_finished(ssl_)) return true;
  std::array<char, 16384> piece;
  for (;;) {
    const int got = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()));
    if (got > 0) {
      plain_.append(piece.data(), static_cast<std::size_t>(got));
      continue;
    }
    return SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ;
  }
}

void Connection::write(std::string_view bytes) {
  if (broken || bytes.empty()) return;
  SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  send_encrypted();
}

void Connection::send_encrypted() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(from_ssl_, &data);
  if (size <= 0) return;
  const auto length = static_cast<std::size_t>(size);
  std::size_t sent = 0;
  if (waiting_.empty()) {
    const auto result = ::send(socket_, data, length, MSG_NOSIGNAL);
    if (result > 0) sent = static_cast<std::size_t>(result);
  }
  if (waiting_.empty() && sent < length) ++all_waiting_;
  waiting_.append(data + sent, length - sent);
  static_cast<void>(BIO_reset(from_ssl_));
}

void Connection::flush() {
  if (waiting_.empty()) return;
  const auto result = ::send(socket_, waiting_.data(), waiting_.size(), MSG_NOSIGNAL);
  if (result > 0) waiting_.erase(0, static_cast<std::size_t>(result));
  if (result < 0 && errno != EAGAIN && errno != EINTR) {
    broken = true;
    waiting_.clear();
  }
  if (waiting_.empty()) --all_waiting_;
}

void append_frame(std::string& to, std::string_view text, std::uint8_t opcode) {
  to += static_cast<char>(0x80U | opcode);
  if (text.size() < 126) {
    to += static_cast<char>(text.size());
  } else if (text.size() < 65536) {
    to += static_cast<char>(126);
    to += static_cast<char>(text.size() >> 8U);
    to += static_cast<char>(text.size() & 255U);
  } else {
    to += static_cast<char>(127);
    for (int shift = 56; shift >= 0; shift -= 8)
      to += static_cast<char>((text.size() >> static_cast<unsigned>(shift)) & 255U);
  }
  to += text;
}

ClientFrame read_frame(std::string& bytes, std::size_t from) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[from + i]));
  };
  const std::size_t have = bytes.size() - from;
  if (have < 6) return {};
  std::size_t header = 2;
  std::uint64_t size = byte(1) & 127U;
  if (size >= 126) {
    const std::size_t more = size == 126 ? 2 : 8;
    if (have < header + more + 4) return {};
    size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8U | byte(2 + i);
    header += more;
  }
  if (have < header + 4 + size) return {};
  char* const payload = bytes.data() + from + header + 4;
  for (std::size_t i = 0; i < size; ++i)
    payload[i] = static_cast<char>(payload[i] ^ static_cast<char>(byte(header + i % 4)));
  return {.opcode = static_cast<std::uint8_t>(byte(0) & 15U),
          .payload = {payload, static_cast<std::size_t>(size)},
          .size = header + 4 + static_cast<std::size_t>(size)};
}

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 32> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size)};
}

}  // namespace copyd::bench
