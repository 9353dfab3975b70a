// HMAC-SHA256 in hex as OpenSSL makes it in one call, from nothing prepared: what a signer is
// compared with.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string>
#include <string_view>

namespace copyd::venue::testing {

inline std::string one_shot_hmac(std::string_view key, std::string_view payload) {
  unsigned char digest[32];
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), digest, nullptr);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4U];
    hex += "0123456789abcdef"[byte & 15U];
  }
  return hex;
}

}  // namespace copyd::venue::testing
