// TlsStream: a byte stream to a verified host: TCP and TLS, nonblocking, polled by the one thread
// that owns it. What the WebSocket and the HTTPS client are built on.
//
// OpenSSL works on memory BIOs, so each read costs one recv and each write one send, the moment
// recv returned is known, and nothing calls back. After it is open no function here allocates;
// OpenSSL's own allocations (one per record read, three per record written) stay.
// The peer's certificate must be trusted by the TlsContext and be for the host that was asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/connector.hpp"
#include "net/progress.hpp"
#include "net/tls_context.hpp"
#include "net/url.hpp"

typedef struct ssl_st SSL;
typedef struct bio_st BIO;

namespace copyd::net {

class TlsStream {
 public:
  // Bytes that may wait for the kernel, encrypted.
  static constexpr std::size_t waiting_max = 256U << 10U;

  TlsStream(boost::asio::io_context& io, TlsContext& tls, const Clock& clock);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Begins to connect; ends an earlier connection. The caller holds the deadline of the whole.
  void open(const Url& url);
  // Moves on; done once it is open. An error (Errc::tls_untrusted, Errc::closed, the system's or
  // OpenSSL's own) ends the attempt.
  Result<Progress> connect(Mono now);
  bool is_open() const noexcept { return phase_ == Phase::open; }

  // Decrypted bytes, at most `room`; 0 when there are none now. Does not ask the kernel while
  // bytes it gave earlier are left. An error: the stream is over, and everything before it was
  // read.
  Result<std::size_t> read(char* to, std::size_t room);
  // When the last recv that gave bytes returned.
  Mono received() const noexcept { return received_; }
  // The peer ended the stream with a close_notify: nothing was cut off.
  bool ended_cleanly() const noexcept { return ended_cleanly_; }

  // Encrypts and sends; what the kernel does not take waits for flush(). On an error
  // (not_connected, buffer_full, too_large) nothing of `plain` was sent or ever will be.
  Result<void> write(std::string_view plain);
  // Hands waiting bytes to the kernel. A failure shows at the next read().
  void flush() noexcept;
  bool is_flushed() const noexcept { return out_begin_ == out_end_; }

  // Says goodbye if that can leave without waiting, and ends the connection.
  void close() noexcept;

 private:
  enum class Phase { closed, connecting, handshaking, open };
  struct SslDeleter {
    void operator()(SSL* ssl) const noexcept;
  };

  Result<void> begin_tls();
  Result<Progress> handshake();
  boost::system::error_code tls_failure(int result) noexcept;
  Result<std::size_t> receive();
  Result<std::size_t> decrypt(char* to, std::size_t room);
  bool take_encrypted() noexcept;

  TlsContext& tls_;
  const Clock& clock_;
  Connector connector_;
  Phase phase_ = Phase::closed;
  std::string host_;
  Socket socket_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  BIO* to_ssl_ = nullptr;    // owned by ssl_
  BIO* from_ssl_ = nullptr;  // owned by ssl_

  // Buffers are not touched before they are used, so an idle connection costs a page or two.
  std::unique_ptr<char[]> in_;
  bool holds_input_ = false;  // OpenSSL may have bytes left to decrypt
  Mono received_;
  bool ended_cleanly_ = false;

  std::unique_ptr<char[]> out_;
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  std::uint64_t queued_ = 0;  // bytes ever put into out_, and taken out of it by the kernel
  std::uint64_t sent_ = 0;
  boost::system::error_code send_failure_;
};

}  // namespace copyd::net
