#include "net/scratch_line.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstring>
#include <utility>

namespace copyd::net {
namespace {

constexpr int handshake_rounds = 8;
constexpr long a_day = 24L * 3600;
// More often warms no more, and a fill that comes in the midst of it waits.
constexpr std::uint32_t sends_per_round = 4;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate self_signed(EVP_PKEY* key) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -a_day);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), a_day);
  X509_set_pubkey(certificate.get(), key);
  if (X509_sign(certificate.get(), key, EVP_sha256()) == 0) certificate.reset();
  return certificate;
}

// What one end has written becomes what the other reads.
void move_over(SSL* from, SSL* to) noexcept {
  std::array<char, 4096> bytes;
  for (int size = 0; (size = BIO_read(SSL_get_wbio(from), bytes.data(), bytes.size())) > 0;)
    BIO_write(SSL_get_rbio(to), bytes.data(), size);
}

}  // namespace

void ScratchLine::Deleter::operator()(SSL* ssl) const noexcept {
  SSL_free(ssl);
}
void ScratchLine::Deleter::operator()(SSL_CTX* context) const noexcept {
  SSL_CTX_free(context);
}

Result<std::unique_ptr<SSL_CTX, ScratchLine::Deleter>> ScratchLine::server_context() {
  std::unique_ptr<SSL_CTX, Deleter> context(SSL_CTX_new(TLS_server_method()));
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (!context || !key) return make_error_code(Errc::io);
  const Certificate certificate = self_signed(key.get());
  if (!certificate || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      // As the venue chooses where it may.
      SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256") != 1 ||
      SSL_CTX_set_num_tickets(context.get(), 0) != 1)
    return make_error_code(Errc::io);
  return context;
}

Result<ScratchLine> ScratchLine::create(bool through_kernel) {
  ERR_clear_error();
  const auto server = TRY(server_context());
  const std::unique_ptr<SSL_CTX, Deleter> client(SSL_CTX_new(TLS_client_method()));
  ScratchLine line;
  line.parser_ = std::make_unique<FrameParser>();
  if (!client) return make_error_code(Errc::io);
  line.ours_.reset(SSL_new(client.get()));
  line.peer_.reset(SSL_new(server.get()));
  if (!line.ours_ || !line.peer_) return make_error_code(Errc::io);
  for (SSL* const end : {line.ours_.get(), line.peer_.get()})
    SSL_set_bio(end, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(line.ours_.get());
  SSL_set_accept_state(line.peer_.get());
  const bool done = line.shake_hands();
  ERR_clear_error();
  if (!done) return make_error_code(Errc::io);
  if (!through_kernel) return line;
  if (auto kernel = Loopback::create()) line.kernel_ = std::move(*kernel);
  return line;
}

bool ScratchLine::shake_hands() noexcept {
  for (int round = 0; round < handshake_rounds; ++round) {
    SSL_do_handshake(ours_.get());
    move_over(ours_.get(), peer_.get());
    SSL_do_handshake(peer_.get());
    move_over(peer_.get(), ours_.get());
    if (SSL_is_init_finished(ours_.get()) == 1 && SSL_is_init_finished(peer_.get()) == 1)
      return true;
  }
  return false;
}

std::string_view ScratchLine::receive(std::string_view text) noexcept {
  if (text.size() > message_max) return {};
  // A server's frame: not masked.
  std::size_t header = 2;
  plain_[0] = static_cast<char>(0x81);
  if (text.size() < 126) {
    plain_[1] = static_cast<char>(text.size());
  } else {
    header = 4;
    plain_[1] = 126;
    plain_[2] = static_cast<char>(text.size() >> 8U);
    plain_[3] = static_cast<char>(text.size() & 0xFFU);
  }
  std::memcpy(plain_.data() + header, text.data(), text.size());
  std::size_t size = 0;
  ERR_clear_error();
  if (SSL_write_ex(peer_.get(), plain_.data(), header + text.size(), &size) != 1) return {};
  const int bytes =
      BIO_read(SSL_get_wbio(peer_.get()), encrypted_.data(), static_cast<int>(encrypted_.size()));
  if (bytes <= 0) return {};
  // From here on it is what a connection does.
  if (BIO_write(SSL_get_rbio(ours_.get()), encrypted_.data(), bytes) != bytes ||
      SSL_read_ex(ours_.get(), plain_.data(), plain_.size(), &size) != 1)
    return {};
  std::string_view input(plain_.data(), size);
  const auto what = parser_->feed(input);
  if (what.has_error() || *what != FrameParser::What::message) return {};
  return parser_->message();
}

void ScratchLine::send(std::string_view text) noexcept {
  if (text.size() > message_max) return;
  const std::size_t frame = encode_frame(Opcode::text, text, masks_.next(), plain_.data());
  std::size_t size = 0;
  ERR_clear_error();
  static_cast<void>(SSL_write_ex(ours_.get(), plain_.data(), frame, &size));
  const int bytes =
      BIO_read(SSL_get_wbio(ours_.get()), encrypted_.data(), static_cast<int>(encrypted_.size()));
  if (!kernel_ || bytes <= 0 || ++sends_ % sends_per_round != 0) return;
  if (!kernel_->round({encrypted_.data(), static_cast<std::size_t>(bytes)})) kernel_.reset();
}

}  // namespace copyd::net
