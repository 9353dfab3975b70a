// TlsContext: what this process trusts. TLS 1.2 or newer, the system's authorities, and those of an
// extra file where the configuration names one. Built once, before the threads; then shared.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"

typedef struct ssl_ctx_st SSL_CTX;

namespace boost::asio::ssl {
class context;
}

namespace copyd::net {

class TlsContext {
 public:
  // `ca_file`: PEM, "" for none. Errc::io when it cannot be read or holds no certificate.
  static Result<TlsContext> create(const std::string& ca_file);
  TlsContext(TlsContext&&) noexcept;
  TlsContext& operator=(TlsContext&&) noexcept;
  ~TlsContext();

  SSL_CTX* native() noexcept;
  boost::asio::ssl::context& asio() noexcept;

 private:
  explicit TlsContext(std::unique_ptr<boost::asio::ssl::context> context);
  std::unique_ptr<boost::asio::ssl::context> context_;
};

}  // namespace copyd::net
