// The Transport of a real process: TLS sockets on an io_context of its own, used by one thread.
#pragma once

#include <memory>

#include "net/tls_context.hpp"
#include "net/transport.hpp"

namespace copyd::net {

// `tls` and `clock` outlive the transport, and the transport everything it made.
std::unique_ptr<Transport> make_tls_transport(TlsContext& tls, const Clock& clock);

}  // namespace copyd::net
