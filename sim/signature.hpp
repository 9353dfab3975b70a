// Keys of the simulated accounts: made here, and signatures checked with them for real (OpenSSL),
// over exactly the bytes that were sent. Cold; one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/random.hpp"

typedef struct evp_pkey_st EVP_PKEY;

namespace copyd::sim {

enum class KeyType : std::uint8_t { hmac, ed25519, rsa };
std::string_view name_of(KeyType type) noexcept;
std::optional<KeyType> parse_key_type(std::string_view text) noexcept;

// What the venue keeps of a key: the shared secret of HMAC, the public half of the others.
class Verifier {
 public:
  static Verifier hmac(std::string secret);
  // A PEM with a public key, or with a private one, of which the public half is kept. Empty when
  // it is neither Ed25519 nor RSA.
  static std::optional<Verifier> from_pem(std::string_view pem);

  KeyType type() const noexcept { return type_; }
  // `signature`: hex in any case for HMAC, base64 for the others, not percent-encoded.
  bool verify(std::string_view payload, std::string_view signature) const;

 private:
  KeyType type_ = KeyType::hmac;
  std::string secret_;
  std::shared_ptr<EVP_PKEY> key_;
};

// The private half of a new key, as its owner would hold it.
std::string new_hmac_secret(Random& random);
std::string new_ed25519_pem(Random& random);
// Two thousand bits; OpenSSL's own randomness, so not repeatable.
std::string new_rsa_pem();

}  // namespace copyd::sim
