// Roster: the accounts a simulated venue starts with, and the keys their owners would hold.
// Built at start; cold.
#pragma once

#include <string>
#include <vector>

#include "sim/exchange.hpp"
#include "sim/json.hpp"

namespace copyd::sim {

struct Member {
  std::string label{};
  PositionMode mode = PositionMode::one_way;
  Usd wallet = Usd::whole(100'000);  // USDT
  KeyType key_type = KeyType::hmac;
  std::string api_key{};
  std::string secret{};           // HMAC
  std::string private_key_pem{};  // the others; "" when only the public half was given
  std::string public_key_pem{};
  Permissions permissions{};
};

using Roster = std::vector<Member>;

// alpha (leader), bob, carol (Ed25519, hedge), dave, withdraw (may withdraw), readonly (no futures
// right); then follower1 … followerN.
Roster default_roster(Random& random, std::size_t more_followers);

// {"accounts":[{"label":…,"key_type":"hmac"|"ed25519"|"rsa","api_key":…,"secret":…,
// "private_key_pem":…,"public_key_pem":…,"position_mode":"one_way"|"hedge","wallet":"100000",
// "permissions":{"reading":…,"futures":…,"withdrawals":…,"internal_transfer":…,
// "universal_transfer":…,"ip_restricted":…}}]}. Only the label is required; keys that are not
// given are made. The error says what is wrong.
Answer<Roster> read_roster(std::string_view json, Random& random);

// Opens the accounts. False when a key cannot be read.
bool enrol(const Roster& roster, Exchange& exchange);
// Makes what of a key was not given: the API key, and the private half.
void complete(Member& member, Random& random);
// The member's key becomes one of the account. False when it cannot be read.
bool add_key(const Member& member, AccountIndex account, Exchange& exchange);

// The array of accounts in the ready line, with the owners' keys.
std::string describe(const Roster& roster);
// "api_key", "key_type", and "secret" or "private_key_pem", as members.
void describe_key(const Member& member, JsonWriter& out);

}  // namespace copyd::sim
