// Connection: one TLS connection of the bench venue, seen from the server. recv and the decryption
// are apart, so that what was read is stamped before anything is made of it. Nonblocking; the
// venue's thread owns it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct bio_st BIO;

namespace copyd::bench {

class Connection {
 public:
  // Takes over the socket, which is nonblocking. `waiting`: how many connections have bytes that
  // the kernel did not take.
  Connection(SSL_CTX* tls, int socket, int& waiting);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const noexcept { return socket_; }
  // One recv. False: the peer is gone.
  bool receive();
  // When the last recv that gave bytes returned.
  Mono received() const noexcept { return received_; }
  // What recv gave, decrypted, behind what is in plain() already. False: the stream is broken.
  bool decrypt();
  std::string& plain() noexcept { return plain_; }

  // Encrypts and sends; what the kernel does not take waits for the next flush().
  void write(std::string_view bytes);
  void flush();
  bool is_flushed() const noexcept { return waiting_.empty(); }

  // What it serves: HTTP until it is upgraded.
  enum class Kind : std::uint8_t { http, orders, stream, silent };
  Kind kind = Kind::http;
  bool combined = false;  // events are wrapped: {"stream":…,"data":…}
  int account = -1;       // whose stream it is, or who has logged on
  bool broken = false;

 private:
  bool handshake();
  void send_encrypted();

  SSL* ssl_ = nullptr;
  BIO* to_ssl_ = nullptr;
  BIO* from_ssl_ = nullptr;
  int socket_ = -1;
  Mono received_;
  std::string raw_;
  std::string plain_;
  std::string waiting_;
  int& all_waiting_;
};

// A whole frame of a server: not masked.
void append_frame(std::string& to, std::string_view text, std::uint8_t opcode = 1);

// The first whole frame of a client in `bytes`, unmasked in place.
struct ClientFrame {
  std::uint8_t opcode = 0;
  std::string_view payload;
  std::size_t size = 0;  // of the frame; 0: not whole yet
};
ClientFrame read_frame(std::string& bytes, std::size_t from);

// The Sec-WebSocket-Accept to a Sec-WebSocket-Key.
std::string accept_key(std::string_view key);

}  // namespace copyd::bench
