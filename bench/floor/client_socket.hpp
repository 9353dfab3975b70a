// ClientSocket: a WebSocket client with nothing around it: a blocking connect, then raw OpenSSL
// over memory BIOs on a nonblocking socket. For the floor responder alone: it verifies no
// certificate and knows no fragments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct bio_st BIO;

namespace copyd::bench {

class ClientSocket {
 public:
  // Connects to 127.0.0.1 and upgrades. Throws std::runtime_error.
  ClientSocket(SSL_CTX* tls, std::uint16_t port, const std::string& target);
  ~ClientSocket();
  ClientSocket(const ClientSocket&) = delete;
  ClientSocket& operator=(const ClientSocket&) = delete;

  // One decrypted record; empty when there is none now. Valid until the next call. A record that
  // came together with the one before is there without another recv.
  std::string_view read();
  // Bytes that are frames already; one record where they fit, and one send.
  void write(std::string_view frames);

 private:
  void handshake();
  void upgrade(const std::string& target);
  void send_encrypted();

  SSL* ssl_ = nullptr;
  BIO* to_ssl_ = nullptr;
  BIO* from_ssl_ = nullptr;
  int socket_ = -1;
  char raw_[32768];
  char plain_[32768];
};

// Appends a masked text frame; returns its size. `to` has room for 14 bytes more than the text.
std::size_t masked_frame(std::string_view text, char* to) noexcept;

}  // namespace copyd::bench
