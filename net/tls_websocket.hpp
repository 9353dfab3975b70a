// The real WebSocket: TCP, TLS and RFC 6455 framing, nonblocking, without a callback or an
// allocation once it is open.
//
// Asio resolves and connects; from then on OpenSSL is driven directly over memory BIOs (recv →
// decrypt → unframe; frame → encrypt → send), because each hot socket then costs one system call a
// message and the moment recv returned is known. Beast parses the upgrade's answer.
// Certificate and host name are always verified. Own pings every 4 s, each with a deadline of 4 s.
#pragma once

#include <memory>

#include "net/tls_context.hpp"
#include "net/transport.hpp"
#include "net/websocket.hpp"

namespace boost::asio {
class io_context;
}

namespace copyd::net {

// `io` is the owner's own context; the WebSocket polls it for name resolution only.
std::unique_ptr<WebSocket> make_tls_websocket(boost::asio::io_context& io, TlsContext& tls,
                                              const Clock& clock);

}  // namespace copyd::net
