#include "ops/key_store.hpp"

#include <sodium.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "core/assert.hpp"
#include "core/limits.hpp"

namespace copyd::ops {
namespace {

constexpr std::string_view magic = "copydkey";
constexpr unsigned char format_version = 2;
constexpr unsigned char version_without_alias = 1;  // still read
constexpr std::size_t salt_size = crypto_pwhash_SALTBYTES;
constexpr std::size_t hash_frames_size = 32 * 1024;  // more stack than Argon2id and BLAKE2b use
constexpr std::size_t checksum_size = 16;
constexpr std::size_t header_signed_size = 48;  // all of the header but its checksum
constexpr std::size_t header_size = header_signed_size + checksum_size;
constexpr std::size_t whole_mac_size = 32;
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t file_size_max = 64U << 20U;
constexpr std::size_t field_size_max = 64U << 10U;
// A file may not make us work for minutes or take the machine's memory.
constexpr std::uint64_t passes_max = 16;
constexpr std::uint64_t memory_max = 1U << 30U;
static_assert(KeyStore::key_size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(magic.size() + 8 + 16 + salt_size == header_signed_size);

const unsigned char* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(char* text) noexcept {
  return reinterpret_cast<unsigned char*>(text);
}

template <class T>
void put_number(std::string& out, T number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    out += static_cast<char>((static_cast<std::uint64_t>(number) >> (8 * i)) & 0xff);
  }
}

// Reads from the front of a text; what is missing makes it invalid, never a crash.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) {}
  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return text_.empty(); }
  std::string_view take(std::size_t size) noexcept {
    if (size > text_.size()) {
      ok_ = false;
      size = 0;
    }
    const std::string_view part = text_.substr(0, size);
    text_.remove_prefix(size);
    return part;
  }
  template <class T>
  T number() noexcept {
    std::uint64_t value = 0;
    const std::string_view part = take(sizeof(T));
    for (std::size_t i = 0; i < part.size(); ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(part[i])} << (8 * i);
    }
    return static_cast<T>(value);
  }
  std::string_view field() noexcept { return take(number<std::uint32_t>()); }

 private:
  std::string_view text_;
  bool ok_ = true;
};

// Writes into memory of a known size, so that a secret is never moved by a growing buffer.
class SecretWriter {
 public:
  explicit SecretWriter(std::size_t size) : memory_(Secret::of_size(size)) {}
  void put(std::string_view part) noexcept {
    ASSERT(part.size() <= memory_.size() - used_);
    if (!part.empty()) std::memcpy(memory_.writable() + used_, part.data(), part.size());
    used_ += part.size();
  }
  template <class T>
  void number(T value) {
    std::string text;
    put_number(text, value);
    put(text);
  }
  void field(std::string_view part) {
    number(static_cast<std::uint32_t>(part.size()));
    put(part);
  }
  Secret finish() noexcept {
    ASSERT(used_ == memory_.size());
    return std::move(memory_);
  }

 private:
  Secret memory_;
  std::size_t used_ = 0;
};

Secret pack(const Account& account) {
  const std::size_t size = 5 * sizeof(std::uint32_t) + account.label.size() + account.venue.size() +
                           account.api_key.size() + account.secret.size() + account.alias.size() +
                           sizeof(std::uint8_t) + sizeof(std::int64_t);
  SecretWriter writer(size);
  writer.field(account.label);
  writer.field(account.venue);
  writer.number(static_cast<std::uint8_t>(account.key_type));
  writer.number(account.created_ns);
  writer.field(account.api_key.reveal());
  writer.field(account.secret.reveal());
  writer.field(account.alias);
  return writer.finish();
}

std::optional<Account> unpack(const Secret& plain, unsigned char version) {
  Reader reader(plain.reveal());
  Account account;
  account.label = reader.field();
  account.venue = reader.field();
  const auto kind = reader.number<std::uint8_t>();
  account.created_ns = reader.number<std::int64_t>();
  account.api_key = Secret::copy_of(reader.field());
  account.secret = Secret::copy_of(reader.field());
  if (version != version_without_alias) account.alias = reader.field();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  if (kind > static_cast<std::uint8_t>(AccountKey::rsa)) return std::nullopt;
  account.key_type = static_cast<AccountKey>(kind);
  return account;
}

// Ties a record to its file and to its place in it.
std::string record_context(std::string_view header, std::uint32_t index) {
  std::string context(header.substr(0, header_signed_size));
  put_number(context, index);
  return context;
}

template <std::size_t Size>
std::array<unsigned char, Size> digest(std::string_view text, std::string_view key = {}) {
  std::array<unsigned char, Size> out;
  const int rc = crypto_generichash(out.data(), out.size(), bytes(text), text.size(),
                                    key.empty() ? nullptr : bytes(key), key.size());
  ASSERT(rc == 0);
  return out;
}

template <std::size_t Size>
std::string_view as_text(const std::array<unsigned char, Size>& array) noexcept {
  return {reinterpret_cast<const char*>(array.data()), array.size()};
}

template <std::size_t Size>
bool equal(const std::array<unsigned char, Size>& a, std::string_view b) noexcept {
  return b.size() == Size && sodium_memcmp(a.data(), b.data(), Size) == 0;
}

// A key of its own for each purpose, from the one key of the store.
Secret subkey(const Secret& master, std::string_view salt, std::string_view purpose) {
  Secret key = Secret::of_size(KeyStore::key_size);
  const std::string context = std::string(salt) + "copyd key store: " + std::string(purpose);
  const int rc = crypto_generichash(bytes(key.writable()), key.size(), bytes(context),
                                    context.size(), bytes(master.reveal()), master.size());
  ASSERT(rc == 0);
  return key;
}

bool acceptable(const Account& account) noexcept {
  return !account.label.empty() && account.label.size() <= limits::label_max &&
         account.venue.size() <= field_size_max && account.alias.size() <= field_size_max &&
         !account.api_key.empty() &&
         account.api_key.size() <= field_size_max && !account.secret.empty() &&
         account.secret.size() <= field_size_max;
}

}  // namespace

std::string_view name_of(AccountKey kind) noexcept {
  switch (kind) {
    case AccountKey::hmac:
      return "HMAC";
    case AccountKey::ed25519:
      return "Ed25519";
    case AccountKey::rsa:
      return "RSA";
  }
  return "?";
}

Argon2id Argon2id::moderate() noexcept {
  return {.passes = crypto_pwhash_OPSLIMIT_MODERATE, .memory = crypto_pwhash_MEMLIMIT_MODERATE};
}

Argon2id Argon2id::minimum() noexcept {
  return {.passes = crypto_pwhash_OPSLIMIT_MIN, .memory = crypto_pwhash_MEMLIMIT_MIN};
}

struct KeyStore::Header {
  unsigned char version = format_version;
  Unlock::Kind kind = Unlock::Kind::key;
  Argon2id cost;
  std::string salt;
  std::uint32_t records = 0;

  std::string encode() const {
    std::string out(magic);
    out += static_cast<char>(version);
    out += static_cast<char>(kind);
    out.append(2, '\0');
    put_number(out, records);
    put_number(out, cost.passes);
    put_number(out, cost.memory);
    out += salt;
    // Found before Argon2id runs: a damaged cost would otherwise be paid first.
    out += as_text(digest<checksum_size>(out));
    return out;
  }

  // REQUIRES: at least header_size bytes.
  static std::optional<Header> decode(std::string_view text) {
    const std::string_view body = text.substr(0, header_signed_size);
    if (!equal(digest<checksum_size>(body), text.substr(header_signed_size, checksum_size))) {
      return std::nullopt;
    }
    Reader reader(body);
    if (reader.take(magic.size()) != magic) return std::nullopt;
    const auto version = reader.number<std::uint8_t>();
    if (version != format_version && version != version_without_alias) return std::nullopt;
    const auto kind = reader.number<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(Unlock::Kind::passphrase)) return std::nullopt;
    if (reader.number<std::uint16_t>() != 0) return std::nullopt;
    Header header;
    header.version = version;
    header.kind = static_cast<Unlock::Kind>(kind);
    header.records = reader.number<std::uint32_t>();
    header.cost.passes = reader.number<std::uint64_t>();
    header.cost.memory = reader.number<std::uint64_t>();
    header.salt = reader.take(salt_size);
    return header;
  }
};

Result<KeyStore> KeyStore::open(const std::string& path, const Unlock& unlock) {
  static const int ready = sodium_init();
  ASSERT(ready >= 0);
  KeyStore store(path);
  auto file = read_file(path, file_size_max);
  if (file.has_error()) {
    if (file.error() != boost::system::errc::no_such_file_or_directory) return file.error();
    TRY(store.create(unlock));
    return store;
  }
  TRY(store.read(*file, unlock));
  return store;
}

std::optional<Unlock::Kind> KeyStore::opened_by(const std::string& path) {
  const auto file = read_file(path, file_size_max);
  if (file.has_error() || file->size() < header_size) return std::nullopt;
  const auto header = Header::decode(*file);
  return header ? std::optional(header->kind) : std::nullopt;
}

Result<void> KeyStore::create(const Unlock& unlock) {
  kind_ = unlock.kind;
  if (kind_ == Unlock::Kind::passphrase) cost_ = unlock.cost;
  salt_.resize(salt_size);
  randombytes_buf(salt_.data(), salt_.size());
  return derive(unlock);
}

Result<void> KeyStore::derive(const Unlock& unlock) {
  Secret master = Secret::of_size(key_size);
  if (unlock.kind == Unlock::Kind::key) {
    if (unlock.secret.size() != key_size) return make_error_code(Errc::unlock_failed);
    std::memcpy(master.writable(), unlock.secret.reveal().data(), key_size);
  } else {
    if (unlock.secret.empty()) return make_error_code(Errc::unlock_failed);
    if (cost_.passes < crypto_pwhash_OPSLIMIT_MIN || cost_.passes > passes_max ||
        cost_.memory < crypto_pwhash_MEMLIMIT_MIN || cost_.memory > memory_max) {
      return make_error_code(Errc::unlock_failed);
    }
    const std::string_view passphrase = unlock.secret.reveal();
    // Fails only when the memory cannot be had.
    if (crypto_pwhash(bytes(master.writable()), key_size, passphrase.data(), passphrase.size(),
                      bytes(salt_), cost_.passes, static_cast<std::size_t>(cost_.memory),
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
      return boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
    }
  }
  record_key_ = subkey(master, salt_, "records");
  whole_key_ = subkey(master, salt_, "file");
  // libsodium's hashes leave the key that they were given in their frames.
  sodium_stackzero(hash_frames_size);
  return {};
}

Result<void> KeyStore::read(std::string_view file, const Unlock& unlock) {
  const auto changed = make_error_code(Errc::unlock_failed);
  if (file.size() < header_size + whole_mac_size) return changed;
  const auto header = Header::decode(file);
  if (!header || header->kind != unlock.kind) return changed;
  kind_ = header->kind;
  cost_ = header->cost;
  salt_ = header->salt;
  TRY(derive(unlock));

  const std::string_view body = file.substr(0, file.size() - whole_mac_size);
  const auto mac = digest<whole_mac_size>(body, whole_key_.reveal());
  if (!equal(mac, file.substr(body.size()))) return changed;

  Reader reader(body.substr(header_size));
  for (std::uint32_t index = 0; index < header->records; ++index) {
    const std::string_view sealed = reader.field();
    if (!reader.ok() || sealed.size() < nonce_size + tag_size) return changed;
    const std::string_view cipher = sealed.substr(nonce_size);
    const std::string context = record_context(file, index);
    Secret plain = Secret::of_size(cipher.size() - tag_size);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            bytes(plain.writable()), nullptr, nullptr, bytes(cipher), cipher.size(), bytes(context),
            context.size(), bytes(sealed), bytes(record_key_.reveal())) != 0) {
      return changed;
    }
    auto account = unpack(plain, header->version);
    if (!account || !acceptable(*account)) return changed;
    std::string label = account->label;
    if (!accounts_.emplace(std::move(label), std::move(*account)).second) return changed;
  }
  if (!reader.at_end()) return changed;
  return {};
}

std::vector<std::string> KeyStore::labels() const {
  std::vector<std::string> labels;
  labels.reserve(accounts_.size());
  for (const auto& [label, account] : accounts_) labels.push_back(label);
  return labels;
}

const Account* KeyStore::find(std::string_view label) const {
  const auto at = accounts_.find(label);
  return at == accounts_.end() ? nullptr : &at->second;
}

Result<void> KeyStore::add(Account account) {
  if (!acceptable(account)) return make_error_code(Errc::refused);
  if (accounts_.contains(account.label)) return make_error_code(Errc::account_exists);
  if (accounts_.size() >= limits::leaders_max + limits::followers_max) {
    return make_error_code(Errc::refused);
  }
  std::string label = account.label;
  accounts_.emplace(std::move(label), std::move(account));
  return {};
}

Result<void> KeyStore::remove(std::string_view label) {
  const auto at = accounts_.find(label);
  if (at == accounts_.end()) return make_error_code(Errc::no_such_account);
  accounts_.erase(at);
  return {};
}

Result<Account> KeyStore::replace(Account account) {
  if (!acceptable(account)) return make_error_code(Errc::refused);
  const auto at = accounts_.find(account.label);
  if (at == accounts_.end()) return make_error_code(Errc::no_such_account);
  return std::exchange(at->second, std::move(account));
}

Result<void> KeyStore::save(const ReplaceObserver& observer) const {
  const Header header{.kind = kind_,
                      .cost = cost_,
                      .salt = salt_,
                      .records = static_cast<std::uint32_t>(accounts_.size())};
  std::string file = header.encode();
  std::uint32_t index = 0;
  for (const auto& [label, account] : accounts_) {
    const Secret plain = pack(account);
    const std::string context = record_context(file, index++);
    std::string sealed(nonce_size + plain.size() + tag_size, '\0');
    // 24 random bytes never repeat, so each writing of a record has a nonce of its own.
    randombytes_buf(sealed.data(), nonce_size);
    const int rc = crypto_aead_xchacha20poly1305_ietf_encrypt(
        bytes(sealed.data() + nonce_size), nullptr, bytes(plain.reveal()), plain.size(),
        bytes(context), context.size(), nullptr, bytes(sealed), bytes(record_key_.reveal()));
    ASSERT(rc == 0);
    put_number(file, static_cast<std::uint32_t>(sealed.size()));
    file += sealed;
  }
  file += as_text(digest<whole_mac_size>(file, whole_key_.reveal()));
  return replace_file(path_, file, observer);
}

}  // namespace copyd::ops
