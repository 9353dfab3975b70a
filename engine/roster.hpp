// Roster: the accounts the configuration names and those the key store holds, with what the
// supervisor knows of each. The supervisor's thread only.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/result.hpp"
#include "engine/permissions.hpp"
#include "ops/key_store.hpp"
#include "venue/account_codec.hpp"
#include "venue/credentials.hpp"

namespace copyd::engine {

// Whether an account's key works, as engine/health sees it.
struct AccountHealth {
  enum class Standing : std::uint8_t {
    good,
    failing,  // "Error": heals by itself
    refused,  // "Re-auth needed": until another key comes, or the operator resumes it
  };
  Standing standing = Standing::good;
  std::string words;  // the venue's, and what to do; "" when good
  Mono since;         // not good since then
  Mono failed;        // the last failure
};

struct RosterAccount {
  std::string label;
  std::optional<LeaderId> leader;
  std::optional<FollowerId> follower;

  // The supervisor's own signer; the account's agent has another. Empty: not connected.
  std::optional<venue::Credentials> credentials;
  std::string alias;                 // the venue's name of the account; the same for two keys of it
  std::optional<venue::KeyPermissions> permissions;  // as last read
  std::vector<std::string> warnings;

  std::optional<Usd> equity;
  Mono last_sync;                    // of the last answer to a signed call; 0 = none
  std::string error;                 // the venue's words at the last failure; "" = none
  AccountHealth health;
  Mono equity_due;
  bool asking = false;               // a call for its equity is under way

  bool connected() const noexcept { return credentials.has_value(); }
  Role role() const noexcept {
    return follower ? Role::follower : leader ? Role::leader : Role::none;
  }
};

// A warning for an account without a role.
inline constexpr const char* unused_label =
    "no leader and no follower of the configuration has this label: the key is stored and not "
    "used; check the label, or add it to the file and copyctl reload";

class Roster {
 public:
  explicit Roster(const config::Config& config);

  // Every leader and follower of a configuration that has more of them than the one before.
  void take_roles(const config::Config& config);
  RosterAccount* find(std::string_view label) noexcept;
  // The account of that label, made without a role when the configuration does not name it.
  RosterAccount& at(std::string_view label);
  std::deque<RosterAccount>& accounts() noexcept { return accounts_; }
  // Another label with a key of the same account, or null.
  const RosterAccount* same_account(const RosterAccount& than, std::string_view alias) const noexcept;

 private:
  std::deque<RosterAccount> accounts_;  // a deque: calls under way hold pointers
};

// A stored key as its owner needs it. Errc::malformed for a key that is not what it says.
Result<venue::Credentials> credentials_of(const ops::Account& account);

}  // namespace copyd::engine
