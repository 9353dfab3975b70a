#include "bench/floor/client_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cstring>
#include <stdexcept>

namespace copyd::bench {

ClientSocket::ClientSocket(SSL_CTX* tls, std::uint16_t port, const std::string& target)
    : ssl_(SSL_new(tls)),
      to_ssl_(BIO_new(BIO_s_mem())),
      from_ssl_(BIO_new(BIO_s_mem())),
      socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  SSL_set_bio(ssl_, to_ssl_, from_ssl_);
  SSL_set_connect_state(ssl_);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("the floor responder cannot connect");
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  handshake();
  upgrade(target);
  ::fcntl(socket_, F_SETFL, O_NONBLOCK);
}

ClientSocket::~ClientSocket() {
  SSL_free(ssl_);
  ::close(socket_);
}

void ClientSocket::handshake() {
  while (SSL_do_handshake(ssl_) != 1) {
    send_encrypted();
    const auto got = ::recv(socket_, raw_, sizeof raw_, 0);
    if (got <= 0) throw std::runtime_error("the floor responder's handshake failed");
    BIO_write(to_ssl_, raw_, static_cast<int>(got));
  }
  send_encrypted();
}

void ClientSocket::upgrade(const std::string& target) {
  write("GET " + target +
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  std::string answer;
  while (answer.find("\r\n\r\n") == answer.npos) answer += read();
  if (answer.find(" 101 ") == answer.npos)
    throw std::runtime_error("the venue does not upgrade the floor responder's connection");
}

std::string_view ClientSocket::read() {
  if (BIO_ctrl_pending(to_ssl_) == 0) {
    const auto got = ::recv(socket_, raw_, sizeof raw_, 0);
    if (got <= 0) return {};
    BIO_write(to_ssl_, raw_, static_cast<int>(got));
  }
  const int size = SSL_read(ssl_, plain_, sizeof plain_);
  return {plain_, size > 0 ? static_cast<std::size_t>(size) : 0};
}

void ClientSocket::write(std::string_view frames) {
  SSL_write(ssl_, frames.data(), static_cast<int>(frames.size()));
  send_encrypted();
}

void ClientSocket::send_encrypted() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(from_ssl_, &data);
  long sent = 0;
  while (sent < size) {
    const auto part =
        ::send(socket_, data + sent, static_cast<std::size_t>(size - sent), MSG_NOSIGNAL);
    if (part > 0) sent += part;
    else if (errno != EAGAIN && errno != EINTR) break;
  }
  static_cast<void>(BIO_reset(from_ssl_));
}

std::size_t masked_frame(std::string_view text, char* to) noexcept {
  constexpr unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
  std::size_t header = 2;
  to[0] = static_cast<char>(0x81);
  if (text.size() < 126) {
    to[1] = static_cast<char>(0x80U | text.size());
  } else {
    to[1] = static_cast<char>(0xFE);
    to[2] = static_cast<char>(text.size() >> 8U);
    to[3] = static_cast<char>(text.size() & 255U);
    header = 4;
  }
  std::memcpy(to + header, mask, sizeof mask);
  header += sizeof mask;
  for (std::size_t i = 0; i < text.size(); ++i)
    to[header + i] = static_cast<char>(text[i] ^ static_cast<char>(mask[i & 3U]));
  return header + text.size();
}

}  // namespace copyd::bench
