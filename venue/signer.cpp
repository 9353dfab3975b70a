#include "venue/signer.hpp"

// The low-level SHA-256 keeps its state in a plain struct: the keyed halves of HMAC are prepared
// once and copied per call, without the allocations of the provider interface.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <array>
#include <cstring>
#include <span>

#include "core/prefetch.hpp"

namespace copyd::venue {
namespace {

constexpr std::size_t block_size = 64;
constexpr std::size_t digest_size = 32;

// SHA-256 after the key block of the inner and of the outer hash (RFC 2104), and of the inner one
// after `beginning` too: the block with which the payloads of an account's orders begin, all alike.
struct Midstates {
  SHA256_CTX inner;
  SHA256_CTX outer;
  SHA256_CTX begun;
  char beginning[block_size];
};
constexpr std::size_t rsa_bytes_max = 512;  // 4096 bits
constexpr std::size_t pem_max = 16384;

struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeKey>;

// What stands in DER before the seed of an Ed25519 key. Source: RFC 8410, section 7.
constexpr unsigned char ed25519_prefix[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                            0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

const unsigned char* bytes_of(const Secret& secret) noexcept {
  return reinterpret_cast<const unsigned char*>(secret.reveal().data());
}

// What a PEM text holds; empty when it is none, or encrypted. Read here, because OpenSSL's reader
// leaves copies of it in memory that is neither locked nor wiped.
Secret der_of(std::string_view pem) {
  constexpr std::string_view begin = "-----BEGIN ";
  constexpr std::string_view dashes = "-----";
  const auto at = pem.find(begin);
  if (pem.size() > pem_max || at == std::string_view::npos) return {};
  std::string_view text = pem.substr(at + begin.size());
  const auto name_end = text.find(dashes);
  if (name_end == std::string_view::npos ||
      text.substr(0, name_end).find("ENCRYPTED") != std::string_view::npos)
    return {};
  text.remove_prefix(name_end + dashes.size());
  const auto end = text.find("-----END ");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end);
  Secret room = Secret::of_size(text.size() + 1);
  std::size_t size = 0;
  const char* stopped = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(room.writable()), room.size(), text.data(),
                        text.size(), "\r\n\t ", &size, &stopped,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      stopped != text.data() + text.size())
    return {};
  return Secret::copy_of(room.reveal().substr(0, size));
}

KeyHandle parse_der(const Secret& der) {
  const unsigned char* next = bytes_of(der);
  KeyHandle key(d2i_AutoPrivateKey(nullptr, &next, static_cast<long>(der.size())));
  ERR_clear_error();
  return key;
}

bool is_ed25519(const Secret& der) noexcept {
  return der.size() == sizeof ed25519_prefix + crypto_sign_SEEDBYTES &&
         std::memcmp(bytes_of(der), ed25519_prefix, sizeof ed25519_prefix) == 0;
}

std::size_t base64(const unsigned char* bytes, std::size_t size, char* out) noexcept {
  sodium_bin2base64(out, Signer::signature_max, bytes, size, sodium_base64_VARIANT_ORIGINAL);
  return (size + 2) / 3 * 4;
}

bool begins_with(std::string_view payload, const char (&beginning)[block_size]) noexcept {
  return payload.size() >= block_size && std::memcmp(payload.data(), beginning, block_size) == 0;
}

void keep_beginning(Midstates& kept, const char* block) noexcept {
  std::memcpy(kept.beginning, block, block_size);
  kept.begun = kept.inner;
  SHA256_Update(&kept.begun, kept.beginning, block_size);
}

std::size_t sign_hmac(Secret& state, std::string_view payload, char* out) noexcept {
  auto& kept = *reinterpret_cast<Midstates*>(state.writable());
  // An order names its key first. Its payloads differ behind the first block, if the key is as long
  // as the venue's are.
  if (payload.starts_with("apiKey=") && payload.size() >= block_size &&
      !begins_with(payload, kept.beginning))
    keep_beginning(kept, payload.data());
  const bool begun = begins_with(payload, kept.beginning);
  if (begun) payload.remove_prefix(block_size);

  SHA256_CTX inner = begun ? kept.begun : kept.inner;
  SHA256_CTX outer = kept.outer;
  unsigned char digest[digest_size];
  SHA256_Update(&inner, payload.data(), payload.size());
  SHA256_Final(digest, &inner);
  SHA256_Update(&outer, digest, sizeof digest);
  SHA256_Final(digest, &outer);
  wipe(&inner, sizeof inner);
  wipe(&outer, sizeof outer);
  static constexpr char hex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < digest_size; ++i) {
    out[2 * i] = hex[digest[i] >> 4U];
    out[2 * i + 1] = hex[digest[i] & 15U];
  }
  return 2 * digest_size;
}

std::size_t sign_ed25519(const Secret& key, std::string_view payload, char* out) noexcept {
  unsigned char signature[crypto_sign_BYTES];
  crypto_sign_detached(signature, nullptr, reinterpret_cast<const unsigned char*>(payload.data()),
                       payload.size(), reinterpret_cast<const unsigned char*>(key.reveal().data()));
  return base64(signature, sizeof signature, out);
}

std::size_t sign_rsa(EVP_PKEY* key, EVP_MD_CTX* context, std::string_view payload,
                     char* out) noexcept {
  unsigned char signature[rsa_bytes_max];
  std::size_t size = sizeof signature;
  const bool signed_ =
      EVP_MD_CTX_reset(context) == 1 &&
      EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestSign(context, signature, &size,
                     reinterpret_cast<const unsigned char*>(payload.data()), payload.size()) == 1;
  ERR_clear_error();
  return signed_ ? base64(signature, size, out) : 0;
}

}  // namespace

std::string_view name_of(KeyType type) noexcept {
  switch (type) {
    case KeyType::hmac:
      return "hmac";
    case KeyType::ed25519:
      return "ed25519";
    case KeyType::rsa:
      break;
  }
  return "rsa";
}

struct Signer::Key {
  KeyType type = KeyType::hmac;
  Secret state;   // hmac: Midstates; ed25519: libsodium's 64-byte secret key
  KeyHandle rsa;  // with the context it signs in
  std::unique_ptr<EVP_MD_CTX, FreeContext> context;
};

Signer::Signer(std::unique_ptr<Key> key) : key_(std::move(key)) {}
Signer::Signer(Signer&&) noexcept = default;
Signer& Signer::operator=(Signer&&) noexcept = default;
Signer::~Signer() = default;

Result<Signer> Signer::hmac(const Secret& secret) {
  if (secret.empty()) return make_error_code(Errc::malformed);
  Secret block = Secret::of_size(block_size);
  auto* const bytes = reinterpret_cast<unsigned char*>(block.writable());
  std::memset(bytes, 0, block_size);
  const auto* const source = reinterpret_cast<const unsigned char*>(secret.reveal().data());
  if (secret.size() > block_size) SHA256(source, secret.size(), bytes);
  else std::memcpy(bytes, source, secret.size());

  Midstates keyed{};
  for (std::size_t i = 0; i < block_size; ++i) bytes[i] ^= 0x36U;
  SHA256_Init(&keyed.inner);
  SHA256_Update(&keyed.inner, bytes, block_size);
  for (std::size_t i = 0; i < block_size; ++i) bytes[i] ^= 0x36U ^ 0x5cU;
  SHA256_Init(&keyed.outer);
  SHA256_Update(&keyed.outer, bytes, block_size);
  keep_beginning(keyed, std::array<char, block_size>{}.data());

  auto key = std::make_unique<Key>();
  key->state = Secret::of_size(sizeof keyed);
  std::memcpy(key->state.writable(), &keyed, sizeof keyed);
  wipe(&keyed, sizeof keyed);
  return Signer(std::move(key));
}

void Signer::bring_near() const noexcept {
  prefetch(std::as_bytes(std::span(key_->state.reveal())));
}

Signer Signer::ed25519(const unsigned char* seed) {
  auto key = std::make_unique<Key>();
  key->type = KeyType::ed25519;
  key->state = Secret::of_size(crypto_sign_SECRETKEYBYTES);
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
  crypto_sign_seed_keypair(public_key, reinterpret_cast<unsigned char*>(key->state.writable()),
                           seed);
  return Signer(std::move(key));
}

Result<Signer> Signer::private_key(const Secret& pem) {
  const Secret der = der_of(pem.reveal());
  if (der.empty()) return make_error_code(Errc::malformed);
  if (is_ed25519(der)) return ed25519(bytes_of(der) + sizeof ed25519_prefix);
  KeyHandle parsed = parse_der(der);
  if (!parsed) return make_error_code(Errc::malformed);
  auto key = std::make_unique<Key>();
  switch (EVP_PKEY_get_base_id(parsed.get())) {
    case EVP_PKEY_ED25519: {  // in the longer form, with its public half
      Secret seed = Secret::of_size(crypto_sign_SEEDBYTES);
      auto* const seed_bytes = reinterpret_cast<unsigned char*>(seed.writable());
      std::size_t size = seed.size();
      if (EVP_PKEY_get_raw_private_key(parsed.get(), seed_bytes, &size) != 1 ||
          size != crypto_sign_SEEDBYTES)
        return make_error_code(Errc::malformed);
      return ed25519(seed_bytes);
    }
    case EVP_PKEY_RSA: {
      const int size = EVP_PKEY_get_size(parsed.get());
      if (size <= 0 || static_cast<std::size_t>(size) > rsa_bytes_max)
        return make_error_code(Errc::malformed);
      key->type = KeyType::rsa;
      key->rsa = std::move(parsed);
      key->context.reset(EVP_MD_CTX_new());
      if (!key->context) return make_error_code(Errc::malformed);
      return Signer(std::move(key));
    }
    default:
      return make_error_code(Errc::malformed);
  }
}

KeyType Signer::type() const noexcept {
  return key_->type;
}

std::size_t Signer::sign(std::string_view payload, char* out) noexcept {
  switch (key_->type) {
    case KeyType::hmac:
      return sign_hmac(key_->state, payload, out);
    case KeyType::ed25519:
      return sign_ed25519(key_->state, payload, out);
    case KeyType::rsa:
      break;
  }
  return sign_rsa(key_->rsa.get(), key_->context.get(), payload, out);
}

std::string Signer::sign_for_url(std::string_view payload) {
  char signature[signature_max];
  const std::size_t size = sign(payload, signature);
  std::string text;
  text.reserve(size + 16);
  for (const char c : std::string_view(signature, size)) {
    switch (c) {
      case '+':
        text += "%2B";
        break;
      case '/':
        text += "%2F";
        break;
      case '=':
        text += "%3D";
        break;
      default:
        text += c;
    }
  }
  return text;
}

}  // namespace copyd::venue
