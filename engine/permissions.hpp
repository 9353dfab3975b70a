// What a key may do, and whether copyd takes it. Pure.
//
// Only trade keys are taken: a right to move money out is refused, and so is a dangerous right that
// the venue did not mention. A leader's key needs reading only.
// Source: GET /sapi/v1/account/apiRestrictions; every field of its answer is optional.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "venue/account_codec.hpp"

namespace copyd::engine {

enum class Role : std::uint8_t { none, leader, follower };
std::string_view name_of(Role role) noexcept;

struct PermissionVerdict {
  // Empty: taken. Else why not, and what to change, in words for the key's owner.
  std::string refusal;
  std::string remedy;
  // Taken all the same, but the owner should read this.
  std::vector<std::string> warnings;
};

PermissionVerdict judge(const venue::KeyPermissions& permissions, Role role, VenueTime now);

// The days before the end of the trading permission at which its owner is warned, most first.
inline constexpr int expiry_warnings[] = {30, 7, 1};
// The smallest of them that has been reached; nothing: none yet, or no end.
std::optional<int> expiry_warning(const venue::KeyPermissions& permissions, VenueTime now);
// "the trading permission of this key expires in 7 days". REQUIRES: it has an end.
std::string expiry_words(const venue::KeyPermissions& permissions, VenueTime now);

}  // namespace copyd::engine
