#include "net/tls_transport.hpp"

#include <boost/asio/io_context.hpp>

#include "net/https_client.hpp"
#include "net/tls_websocket.hpp"

namespace copyd::net {
namespace {

class TlsTransport final : public Transport {
 public:
  TlsTransport(TlsContext& tls, const Clock& clock) : tls_(tls), clock_(clock) {}

  std::unique_ptr<WebSocket> websocket() override { return make_tls_websocket(io_, tls_, clock_); }
  std::unique_ptr<Http> http(const std::string& origin) override {
    return make_https_client(io_, tls_, clock_, origin);
  }

 private:
  // For resolving names; one thread runs it.
  boost::asio::io_context io_{1};
  TlsContext& tls_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Transport> make_tls_transport(TlsContext& tls, const Clock& clock) {
  return std::make_unique<TlsTransport>(tls, clock);
}

}  // namespace copyd::net
