#include "sim/signature.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

namespace copyd::sim {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac_hex(std::string_view secret, std::string_view payload) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(payload), payload.size(),
       digest.data(), &size);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex.push_back(digits[digest[i] >> 4U]);
    hex.push_back(digits[digest[i] & 15U]);
  }
  return hex;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char lower = b[i] >= 'A' && b[i] <= 'F' ? static_cast<char>(b[i] + 32) : b[i];
    if (a[i] != lower) return false;
  }
  return true;
}

// Strict: empty for anything that is not whole base64 with its padding.
std::optional<std::vector<unsigned char>> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::vector<unsigned char> out(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(out.data(), bytes(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

// Empty when it has no private half.
std::string private_ed25519(const EVP_PKEY* key) {
  std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
  std::size_t size = seed.size();
  if (EVP_PKEY_get_raw_private_key(key, seed.data(), &size) != 1 || size != seed.size()) return {};
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret_key{};
  crypto_sign_seed_keypair(public_key.data(), secret_key.data(), seed.data());
  return {secret_key.begin(), secret_key.end()};
}

// The signature that its owner makes. Another that a lenient client makes may be valid too.
bool is_made_by(std::string_view ed25519, std::string_view payload,
                const std::vector<unsigned char>& signature) {
  std::array<unsigned char, crypto_sign_BYTES> made{};
  crypto_sign_detached(made.data(), nullptr, bytes(payload), payload.size(), bytes(ed25519));
  return std::equal(made.begin(), made.end(), signature.begin(), signature.end());
}

// An encrypted key is refused rather than asked about on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::string private_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

std::string_view name_of(KeyType type) noexcept {
  switch (type) {
    case KeyType::hmac:
      return "hmac";
    case KeyType::ed25519:
      return "ed25519";
    case KeyType::rsa:
      return "rsa";
  }
  return "hmac";
}

std::optional<KeyType> parse_key_type(std::string_view text) noexcept {
  if (text == "hmac") return KeyType::hmac;
  if (text == "ed25519") return KeyType::ed25519;
  if (text == "rsa") return KeyType::rsa;
  return std::nullopt;
}

Verifier Verifier::hmac(std::string secret) {
  Verifier verifier;
  verifier.secret_ = std::move(secret);
  return verifier;
}

std::optional<Verifier> Verifier::from_pem(std::string_view pem) {
  const auto open = [&] {
    return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  };
  EVP_PKEY* raw = PEM_read_bio_PUBKEY(open().get(), nullptr, no_passphrase, nullptr);
  if (raw == nullptr) raw = PEM_read_bio_PrivateKey(open().get(), nullptr, no_passphrase, nullptr);
  if (raw == nullptr) return std::nullopt;
  Verifier verifier;
  verifier.key_ = std::shared_ptr<EVP_PKEY>(raw, EVP_PKEY_free);
  switch (EVP_PKEY_get_base_id(raw)) {
    case EVP_PKEY_ED25519:
      verifier.type_ = KeyType::ed25519;
      // Where the private half was given it is kept too: such a signature is a function of key and
      // payload (RFC 8032), and to make it takes a fifth of the time that looking at one does.
      verifier.secret_ = private_ed25519(raw);
      return verifier;
    case EVP_PKEY_RSA:
      verifier.type_ = KeyType::rsa;
      return verifier;
    default:
      return std::nullopt;
  }
}

bool Verifier::verify(std::string_view payload, std::string_view signature) const {
  if (type_ == KeyType::hmac) return equal_ignoring_case(hmac_hex(secret_, payload), signature);
  const auto raw = from_base64(signature);
  if (!raw) return false;
  if (!secret_.empty() && is_made_by(secret_, payload, *raw)) return true;
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const EVP_MD* digest = type_ == KeyType::rsa ? EVP_sha256() : nullptr;
  if (EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), raw->data(), raw->size(), bytes(payload),
                          payload.size()) == 1;
}

std::string new_hmac_secret(Random& random) {
  return random.alphanumeric(64);
}

std::string new_ed25519_pem(Random& random) {
  std::array<unsigned char, 32> seed{};
  for (auto& byte : seed) byte = static_cast<unsigned char>(random.below(256));
  const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()),
                EVP_PKEY_free);
  return private_pem(key.get());
}

std::string new_rsa_pem() {
  const Key key(EVP_RSA_gen(2048), EVP_PKEY_free);
  return private_pem(key.get());
}

}  // namespace copyd::sim
