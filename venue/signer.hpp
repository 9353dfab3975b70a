// Signer: one account's key, made ready once, signing into the caller's buffer.
//
// HMAC-SHA256 gives 64 hex digits; Ed25519 and RSA give base64. Not shared between threads, signing
// neither: HMAC keeps the hash of the first block of a payload that begins with an apiKey, for the
// next that begins alike.
// Source: Binance derivatives docs, general info, "SIGNED endpoint security".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace copyd::venue {

enum class KeyType : std::uint8_t { hmac, ed25519, rsa };
std::string_view name_of(KeyType type) noexcept;

class Signer {
 public:
  // The longest signature: base64 of RSA-4096.
  static constexpr std::size_t signature_max = 700;

  static Result<Signer> hmac(const Secret& secret);
  // A PKCS#8 PEM private key; Ed25519 is told from RSA by its content. Errc::malformed when it is
  // neither, encrypted, or an RSA key of more than 4096 bits.
  static Result<Signer> private_key(const Secret& pem);

  Signer(Signer&&) noexcept;
  Signer& operator=(Signer&&) noexcept;
  ~Signer();

  KeyType type() const noexcept;
  // Writes the signature of `payload`; returns its length, 0 when OpenSSL could not sign (RSA
  // only). REQUIRES: room for signature_max. HMAC and Ed25519 allocate nothing.
  std::size_t sign(std::string_view payload, char* out) noexcept;
  // Asks for the memory that sign() will read.
  void bring_near() const noexcept;
  // The signature as it may stand in a URL ('+', '/' and '=' percent-encoded).
  std::string sign_for_url(std::string_view payload);

 private:
  struct Key;
  explicit Signer(std::unique_ptr<Key> key);
  static Signer ed25519(const unsigned char* seed);
  std::unique_ptr<Key> key_;
};

}  // namespace copyd::venue
