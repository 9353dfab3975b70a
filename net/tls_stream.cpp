#include "net/tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace copyd::net {

using boost::system::error_code;

namespace {

constexpr std::size_t receive_max = 64U << 10U;
// Beyond what write() admits: handshake messages, alerts and answers to key updates.
constexpr std::size_t out_room = TlsStream::waiting_max + (32U << 10U);
constexpr int handshake_rounds = 16;

// No cipher suite adds more than this to a record of at most 16 KiB.
constexpr std::size_t record_overhead = 128;
constexpr std::size_t encrypted_max(std::size_t plain) noexcept {
  return plain + (plain / SSL3_RT_MAX_PLAIN_LENGTH + 1) * record_overhead;
}

}  // namespace

void TlsStream::SslDeleter::operator()(SSL* ssl) const noexcept {
  SSL_free(ssl);
}

TlsStream::TlsStream(boost::asio::io_context& io, TlsContext& tls, const Clock& clock)
    : tls_(tls),
      clock_(clock),
      connector_(io),
      in_(std::make_unique_for_overwrite<char[]>(receive_max)),
      out_(std::make_unique_for_overwrite<char[]>(out_room)) {}

TlsStream::~TlsStream() {
  close();
}

void TlsStream::open(const Url& url) {
  close();
  host_ = url.host;
  connector_.open(url.host, url.port);
  phase_ = Phase::connecting;
}

void TlsStream::close() noexcept {
  if (phase_ == Phase::open && !send_failure_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    take_encrypted();
    flush();
  }
  ERR_clear_error();
  connector_.cancel();
  ssl_.reset();
  to_ssl_ = nullptr;
  from_ssl_ = nullptr;
  socket_.close();
  phase_ = Phase::closed;
  holds_input_ = false;
  ended_cleanly_ = false;
  out_begin_ = 0;
  out_end_ = 0;
  queued_ = 0;
  sent_ = 0;
  send_failure_ = {};
}

Result<Progress> TlsStream::connect(Mono now) {
  switch (phase_) {
    case Phase::open:
      return Progress::done;
    case Phase::closed:
      return make_error_code(Errc::not_connected);
    case Phase::handshaking:
      return handshake();
    case Phase::connecting:
      break;
  }
  auto socket = TRY(connector_.poll(now));
  if (!socket) return Progress::pending;
  socket_ = std::move(*socket);
  TRY(begin_tls());
  phase_ = Phase::handshaking;
  return handshake();
}

Result<void> TlsStream::begin_tls() {
  ERR_clear_error();
  ssl_.reset(SSL_new(tls_.native()));
  to_ssl_ = BIO_new(BIO_s_mem());
  from_ssl_ = BIO_new(BIO_s_mem());
  if (!ssl_ || to_ssl_ == nullptr || from_ssl_ == nullptr) {
    BIO_free(to_ssl_);
    BIO_free(from_ssl_);
    return make_error_code(Errc::io);
  }
  SSL_set_bio(ssl_.get(), to_ssl_, from_ssl_);
  SSL_set_connect_state(ssl_.get());

  // An address must stand in the certificate as an address, a name as a name.
  bool prepared = false;
  error_code not_literal;
  boost::asio::ip::make_address(host_, not_literal);
  if (not_literal) {
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    prepared = SSL_set1_host(ssl_.get(), host_.c_str()) == 1 &&
               SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                        host_.data()) == 1;
  } else {
    prepared = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host_.c_str()) == 1;
  }
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, nullptr);
  // Without the name to check there is no connection.
  if (!prepared) return make_error_code(Errc::tls_untrusted);
  return {};
}

Result<Progress> TlsStream::handshake() {
  for (int round = 0; round < handshake_rounds; ++round) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const error_code failure = result == 1 ? error_code() : tls_failure(result);
    // Also an alert of ours should reach the peer.
    if (!take_encrypted()) return make_error_code(Errc::buffer_full);
    flush();
    if (failure) return failure;
    if (send_failure_) return send_failure_;
    if (result == 1) {
      if (SSL_get_verify_result(ssl_.get()) != X509_V_OK ||
          SSL_get0_peer_certificate(ssl_.get()) == nullptr)
        return make_error_code(Errc::tls_untrusted);
      phase_ = Phase::open;
      holds_input_ = true;
      return Progress::done;
    }
    if (TRY(receive()) == 0) return Progress::pending;
  }
  return Progress::pending;
}

// Why a call of OpenSSL did not succeed; no error when it only wants more input.
error_code TlsStream::tls_failure(int result) noexcept {
  const int kind = SSL_get_error(ssl_.get(), result);
  if (kind == SSL_ERROR_WANT_READ) return {};
  if (kind == SSL_ERROR_ZERO_RETURN) {
    ended_cleanly_ = true;
    return Errc::closed;
  }
  const auto reason = ERR_get_error();
  ERR_clear_error();
  if (SSL_get_verify_result(ssl_.get()) != X509_V_OK) return Errc::tls_untrusted;
  if (reason == 0) return Errc::closed;
  return {static_cast<int>(reason), boost::asio::error::get_ssl_category()};
}

// One recv, handed to OpenSSL. 0: the kernel has nothing now.
Result<std::size_t> TlsStream::receive() {
  ssize_t size = 0;
  do {
    size = ::recv(socket_.descriptor(), in_.get(), receive_max, 0);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    if (send_failure_) return send_failure_;
    return std::size_t{0};
  }
  if (size < 0) return socket_error(errno);
  if (size == 0) return make_error_code(Errc::closed);
  received_ = clock_.now();
  if (BIO_write(to_ssl_, in_.get(), static_cast<int>(size)) != size)
    return make_error_code(Errc::io);
  holds_input_ = true;
  return static_cast<std::size_t>(size);
}

Result<std::size_t> TlsStream::decrypt(char* to, std::size_t room) {
  std::size_t size = 0;
  // The queue of errors belongs to the thread; what others left in it must not look like ours.
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), to, room, &size);
  if (result == 1) return size;
  holds_input_ = false;
  const error_code failure = tls_failure(result);
  if (failure) return failure;
  // OpenSSL may have answered the peer's key update.
  if (BIO_ctrl_pending(from_ssl_) != 0) {
    if (!take_encrypted()) return make_error_code(Errc::buffer_full);
    flush();
  }
  return std::size_t{0};
}

Result<std::size_t> TlsStream::read(char* to, std::size_t room) {
  if (phase_ != Phase::open) return make_error_code(Errc::not_connected);
  for (;;) {
    if (holds_input_) {
      const std::size_t size = TRY(decrypt(to, room));
      if (size > 0) return size;
    }
    const std::size_t taken = TRY(receive());
    if (taken == 0) return std::size_t{0};
    const std::size_t size = TRY(decrypt(to, room));
    // Less than the buffer holds means that the kernel has no more; the next poll will ask again.
    if (size > 0 || taken < receive_max) return size;
  }
}

Result<void> TlsStream::write(std::string_view plain) {
  if (phase_ != Phase::open || send_failure_) return make_error_code(Errc::not_connected);
  if (plain.empty()) return {};
  const std::size_t room = encrypted_max(plain.size());
  if (room > waiting_max) return make_error_code(Errc::too_large);
  if (out_end_ - out_begin_ + room > waiting_max) return make_error_code(Errc::buffer_full);

  const std::uint64_t begin = queued_;
  ERR_clear_error();
  std::size_t written = 0;
  if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) != 1 || !take_encrypted()) {
    // OpenSSL's state is then unknown, and what it holds of this message is dropped with it.
    send_failure_ = make_error_code(Errc::closed);
    out_end_ -= static_cast<std::size_t>(queued_ - begin);
    return make_error_code(Errc::not_connected);
  }
  flush();
  if (send_failure_ && sent_ <= begin) return make_error_code(Errc::not_connected);
  return {};
}

// Moves what OpenSSL wants to send into our buffer. False when it does not fit.
bool TlsStream::take_encrypted() noexcept {
  const std::size_t size = BIO_ctrl_pending(from_ssl_);
  if (size == 0) return true;
  if (size > out_room - out_end_) {
    std::memmove(out_.get(), out_.get() + out_begin_, out_end_ - out_begin_);
    out_end_ -= out_begin_;
    out_begin_ = 0;
  }
  if (size > out_room - out_end_) return false;
  const int taken = BIO_read(from_ssl_, out_.get() + out_end_, static_cast<int>(size));
  if (taken <= 0) return false;
  out_end_ += static_cast<std::size_t>(taken);
  queued_ += static_cast<std::uint64_t>(taken);
  return static_cast<std::size_t>(taken) == size;
}

void TlsStream::flush() noexcept {
  while (out_begin_ < out_end_ && !send_failure_) {
    const ssize_t size =
        ::send(socket_.descriptor(), out_.get() + out_begin_, out_end_ - out_begin_, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (size < 0) {
      send_failure_ = socket_error(errno);
      return;
    }
    out_begin_ += static_cast<std::size_t>(size);
    sent_ += static_cast<std::uint64_t>(size);
  }
  if (out_begin_ == out_end_) out_begin_ = out_end_ = 0;
}

}  // namespace copyd::net
