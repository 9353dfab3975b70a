// KeyStore: the accounts' keys, sealed in one file.
//
// The file: a header (magic, version, how the key is made, Argon2id's cost, salt, checksum), one
// record per account sealed with XChaCha20-Poly1305, and a keyed BLAKE2b over all of it. A wrong
// key, a changed byte, a record removed, swapped or added, a file cut short: each gives
// Errc::unlock_failed and no account at all. Not detected: an older whole file put back.
//
// Accounts live in memory as Secret; nothing of them can be printed. Changes are made in memory and
// written by `save`, whole or not at all. The supervisor's thread owns it; cold, blocks on the disk
// and, with a passphrase, on Argon2id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "ops/atomic_file.hpp"

namespace copyd::ops {

enum class AccountKey : std::uint8_t { hmac, ed25519, rsa };
std::string_view name_of(AccountKey kind) noexcept;

struct Account {
  std::string label;
  std::string venue;  // the venue's name in the configuration; a label belongs to one venue
  AccountKey key_type = AccountKey::hmac;
  Secret api_key;
  Secret secret;                // the HMAC secret, or the private key as PEM
  std::int64_t created_ns = 0;  // since 1970, UTC
  // The venue's name of the account the key is of: another key of the label is of the same one.
  // "" when it was stored before this was kept.
  std::string alias{};
};

// What Argon2id costs: passes over memory, and bytes of it.
struct Argon2id {
  std::uint64_t passes = 0;
  std::uint64_t memory = 0;
  static Argon2id moderate() noexcept;  // about 0.7 s and 256 MiB
  static Argon2id minimum() noexcept;   // protects nothing; for tests
};

// How the store is opened: a key of 32 random bytes, or a passphrase.
struct Unlock {
  enum class Kind : std::uint8_t { key, passphrase };
  Kind kind = Kind::key;
  Secret secret;
  Argon2id cost = Argon2id::moderate();  // for a store that is made anew; else the file's own
};

class KeyStore {
 public:
  static constexpr std::size_t key_size = 32;

  // An absent file is an empty store, which `save` writes for the first time.
  // Errors: Errc::unlock_failed, or the operating system's.
  static Result<KeyStore> open(const std::string& path, const Unlock& unlock);
  // What opens the file, by its header, which nothing but a checksum vouches for. Empty: it does not
  // say.
  static std::optional<Unlock::Kind> opened_by(const std::string& path);

  std::size_t size() const noexcept { return accounts_.size(); }
  std::vector<std::string> labels() const;  // in alphabetical order
  // Valid until the account is removed or replaced.
  const Account* find(std::string_view label) const;

  // Errc::account_exists; Errc::refused for a label or a key that cannot be.
  Result<void> add(Account account);
  // Errc::no_such_account.
  Result<void> remove(std::string_view label);
  // The new key of an existing label; gives back the old one. Errc::no_such_account; Errc::refused
  // for a key that cannot be.
  Result<Account> replace(Account account);

  // Writes the file. On an error the old file stands, unless only its durability is in doubt.
  Result<void> save(const ReplaceObserver& observer = {}) const;

 private:
  struct Header;
  explicit KeyStore(std::string path) : path_(std::move(path)) {}
  Result<void> create(const Unlock& unlock);
  Result<void> read(std::string_view file, const Unlock& unlock);
  Result<void> derive(const Unlock& unlock);

  std::string path_;
  Unlock::Kind kind_ = Unlock::Kind::key;
  Argon2id cost_;
  std::string salt_;
  Secret record_key_;  // seals the records
  Secret whole_key_;   // authenticates the file
  std::map<std::string, Account, std::less<>> accounts_;
};

}  // namespace copyd::ops
