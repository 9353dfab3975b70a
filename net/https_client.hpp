// The real Http: HTTPS/1.1 to one origin, keep-alive, at most four connections, polled.
//
// Each connection is a TlsStream; Beast parses the answers. Requests beyond the connections wait in
// a queue without a bound: who asks waits for the answers, and so bounds it. The time a request is
// allowed counts from when it gets a connection, and covers connecting.
//
// A GET whose reused connection turns out to have been closed by the server, before any byte of an
// answer, is tried once more on a new one. Nothing else is ever sent twice.
#pragma once

#include <memory>
#include <string>

#include "net/http.hpp"
#include "net/tls_context.hpp"

namespace boost::asio {
class io_context;
}

namespace copyd::net {

inline constexpr std::size_t http_body_max = 32U << 20U;

// `io`, `tls` and `clock` outlive the client. With an `origin` that is not "https://host[:port]"
// every request fails with Errc::not_connected.
std::unique_ptr<Http> make_https_client(boost::asio::io_context& io, TlsContext& tls,
                                        const Clock& clock, const std::string& origin);

}  // namespace copyd::net
