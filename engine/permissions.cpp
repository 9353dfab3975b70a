#include "engine/permissions.hpp"

#include <fmt/format.h>

namespace copyd::engine {
namespace {

struct DangerousRight {
  std::optional<bool> venue::KeyPermissions::*flag;
  const char* name;
};

constexpr DangerousRight dangerous_rights[] = {
    {&venue::KeyPermissions::withdrawals, "Enable Withdrawals"},
    {&venue::KeyPermissions::internal_transfer, "Enable Internal Transfer"},
    {&venue::KeyPermissions::universal_transfer, "Permits Universal Transfer"},
};

PermissionVerdict refused(std::string why, std::string remedy) {
  return {.refusal = std::move(why), .remedy = std::move(remedy), .warnings = {}};
}

}  // namespace

std::string_view name_of(Role role) noexcept {
  switch (role) {
    case Role::leader: return "leader";
    case Role::follower: return "follower";
    case Role::none: break;
  }
  return "none";
}

PermissionVerdict judge(const venue::KeyPermissions& permissions, Role role, VenueTime now) {
  for (const auto& right : dangerous_rights) {
    const auto flag = permissions.*right.flag;
    if (!flag)
      return refused(fmt::format("the venue does not say whether this key has \"{}\"", right.name),
                     "make a new key at the venue with reading and futures only, and connect it");
    if (*flag)
      return refused(fmt::format("this key has \"{}\": it could move money out", right.name),
                     "switch that right off at the venue (API Management), or make a new key "
                     "with reading and futures only; then connect again");
  }
  if (!permissions.reading.value_or(false))
    return refused("this key may not read the account",
                   "switch on \"Enable Reading\" for the key at the venue, then connect again");
  if (role != Role::leader && !permissions.futures.value_or(false))
    return refused("this key may not trade futures",
                   "switch on \"Enable Futures\" for the key; a key made before the futures "
                   "account was opened cannot have it: then make a new key");
  PermissionVerdict verdict;
  if (!permissions.ip_restrict.value_or(false))
    verdict.warnings.emplace_back(
        "this key has no IP list: whoever steals it can trade from anywhere; restrict it to this "
        "machine's address at the venue");
  if (permissions.trading_expires) {
    const auto days =
        std::chrono::duration_cast<std::chrono::days>(*permissions.trading_expires - now).count();
    if (days < 0)
      return refused("the trading permission of this key has expired",
                     "renew it at the venue or make a new key, then connect again");
    if (days <= 30)
      verdict.warnings.push_back(
          fmt::format("the trading permission of this key expires in {} days", days));
  }
  return verdict;
}

}  // namespace copyd::engine
