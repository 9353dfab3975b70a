// A new Ed25519 pair, for a key whose private half never leaves this machine. Any thread; no state.
// Source: RFC 8410, the PEM forms that the venue's "self-generated" API keys take.
#pragma once

#include <string>

#include "core/secret.hpp"

namespace copyd::ops {

struct KeyPair {
  Secret private_key_pem;      // PKCS#8
  std::string public_key_pem;  // SubjectPublicKeyInfo, with the end of its last line
};

KeyPair new_ed25519_pair();

}  // namespace copyd::ops
