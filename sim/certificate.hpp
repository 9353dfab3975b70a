// A certificate authority of the simulator's own, made at start, and one server certificate of it
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

}  // namespace copyd::sim
