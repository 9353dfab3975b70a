#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <utility>

namespace copyd::net {

Result<TlsContext> TlsContext::create(const std::string& ca_file) {
  auto context = std::make_unique<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  // A renegotiation would make a write wait for a read; a session cache would be shared by threads.
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  // Without a system bundle this trusts nobody, which is what it should do.
  SSL_CTX_set_default_verify_paths(native);
  if (!ca_file.empty() && SSL_CTX_load_verify_file(native, ca_file.c_str()) != 1) {
    ERR_clear_error();
    return make_error_code(Errc::io);
  }
  ERR_clear_error();
  return TlsContext(std::move(context));
}

TlsContext::TlsContext(std::unique_ptr<boost::asio::ssl::context> context)
    : context_(std::move(context)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

SSL_CTX* TlsContext::native() noexcept {
  return context_->native_handle();
}
boost::asio::ssl::context& TlsContext::asio() noexcept {
  return *context_;
}

}  // namespace copyd::net
