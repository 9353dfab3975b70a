#include "ops/key_pair.hpp"

#include <sodium.h>

#include <array>
#include <cstring>
#include <string_view>

#include "core/assert.hpp"

namespace copyd::ops {
namespace {

// What stands in DER before the 32 bytes of a private and of a public key.
constexpr std::array<unsigned char, 16> private_prefix{
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr std::array<unsigned char, 12> public_prefix{0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                      0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr int variant = sodium_base64_VARIANT_ORIGINAL;

unsigned char* bytes(Secret& secret) noexcept {
  return reinterpret_cast<unsigned char*>(secret.writable());
}

// In locked memory from the first byte to the last.
Secret private_pem(const Secret& seed) {
  constexpr std::string_view begin = "-----BEGIN PRIVATE KEY-----\n";
  constexpr std::string_view end = "\n-----END PRIVATE KEY-----\n";
  Secret der = Secret::of_size(private_prefix.size() + seed.size());
  std::memcpy(der.writable(), private_prefix.data(), private_prefix.size());
  std::memcpy(der.writable() + private_prefix.size(), seed.reveal().data(), seed.size());
  const std::size_t room = sodium_base64_encoded_len(der.size(), variant);  // with its zero
  Secret text = Secret::of_size(room);
  sodium_bin2base64(text.writable(), room, bytes(der), der.size(), variant);
  Secret pem = Secret::of_size(begin.size() + room - 1 + end.size());
  char* out = pem.writable();
  for (const std::string_view part : {begin, text.reveal().substr(0, room - 1), end}) {
    std::memcpy(out, part.data(), part.size());
    out += part.size();
  }
  return pem;
}

std::string public_pem(const std::array<unsigned char, crypto_sign_PUBLICKEYBYTES>& key) {
  std::array<unsigned char, public_prefix.size() + crypto_sign_PUBLICKEYBYTES> der{};
  std::memcpy(der.data(), public_prefix.data(), public_prefix.size());
  std::memcpy(der.data() + public_prefix.size(), key.data(), key.size());
  std::array<char, sodium_base64_ENCODED_LEN(der.size(), variant)> text{};
  sodium_bin2base64(text.data(), text.size(), der.data(), der.size(), variant);
  return std::string("-----BEGIN PUBLIC KEY-----\n") + text.data() + "\n-----END PUBLIC KEY-----\n";
}

}  // namespace

KeyPair new_ed25519_pair() {
  static const int ready = sodium_init();
  ASSERT(ready >= 0);
  Secret seed = Secret::of_size(crypto_sign_SEEDBYTES);
  Secret secret_key = Secret::of_size(crypto_sign_SECRETKEYBYTES);
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
  randombytes_buf(seed.writable(), seed.size());
  crypto_sign_seed_keypair(public_key.data(), bytes(secret_key), bytes(seed));
  return {.private_key_pem = private_pem(seed), .public_key_pem = public_pem(public_key)};
}

}  // namespace copyd::ops
