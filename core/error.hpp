// Failures of the world outside: one enum, one sentence each. Values of std-like error codes, so
// that Asio's own errors and ours travel in the same Result.
#pragma once

#include <boost/system/error_code.hpp>

namespace copyd {

enum class Errc {
  ok = 0,
  malformed,            // a message that does not say what its kind must say
  unknown_symbol,       // a symbol that exchangeInfo does not list
  too_large,            // a message beyond its limit
  timeout,              // no answer within the time allowed
  closed,               // the peer closed the connection
  tls_untrusted,        // certificate not trusted, or not for this host
  handshake_refused,    // the peer answered the upgrade with something else than 101
  protocol_violation,   // a frame that RFC 6455 forbids
  not_connected,        // nothing to send on
  buffer_full,          // the peer does not read; our bounded buffer is full
  unlock_failed,        // wrong passphrase, or the key file was changed
  no_such_account,      // a label that the key store does not hold
  account_exists,       // a label that the key store holds already
  refused,              // a rule of ours says no; the message says which
  io,                   // a file could not be read or written
};

const boost::system::error_category& copyd_category() noexcept;

inline boost::system::error_code make_error_code(Errc e) noexcept {
  return {static_cast<int>(e), copyd_category()};
}

}  // namespace copyd

namespace boost::system {
template <>
struct is_error_code_enum<copyd::Errc> : std::true_type {};
}  // namespace boost::system
