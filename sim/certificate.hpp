// A certificate authority of the simulator's own, and one server certificate of it
// for localhost, 127.0.0.1 and ::1. Cold; no state.
#pragma once

#include <optional>
#include <string>

namespace copyd::sim {

struct Certificates {
  std::string ca_pem{};
  std::string server_pem{};
  std::string server_key_pem{};
};

// Empty when OpenSSL refuses.
std::optional<Certificates> make_certificates();

// Those of an earlier start, from ca.pem, server.pem and server.key (0600) of the directory, while
// they are good for another day; else new ones, written there. Empty when that cannot be done.
std::optional<Certificates> certificates_in(const std::string& directory);

}  // namespace copyd::sim
