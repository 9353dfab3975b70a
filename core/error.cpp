#include "core/error.hpp"

namespace copyd {
namespace {

const char* sentence(Errc e) noexcept {
  switch (e) {
    case Errc::ok: return "success";
    case Errc::malformed: return "malformed message";
    case Errc::unknown_symbol: return "unknown symbol";
    case Errc::too_large: return "message too large";
    case Errc::timeout: return "no answer in time";
    case Errc::closed: return "connection closed by the peer";
    case Errc::tls_untrusted: return "certificate not trusted for this host";
    case Errc::handshake_refused: return "the peer refused the WebSocket upgrade";
    case Errc::protocol_violation: return "WebSocket protocol violation";
    case Errc::not_connected: return "not connected";
    case Errc::buffer_full: return "the peer does not read";
    case Errc::unlock_failed: return "wrong passphrase, or the key file was changed";
    case Errc::no_such_account: return "no such account";
    case Errc::account_exists: return "the account exists already";
    case Errc::refused: return "refused";
    case Errc::io: return "input/output error";
  }
  return "unknown error";
}

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "copyd"; }
  std::string message(int value) const override { return sentence(static_cast<Errc>(value)); }
};

}  // namespace

const boost::system::error_category& copyd_category() noexcept {
  static const Category category;
  return category;
}

}  // namespace copyd
