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

// What a key without the futures right was made for, where its record says so.
const char* other_product(const venue::KeyPermissions& permissions) {
  if (permissions.portfolio_margin.value_or(false)) return "Portfolio Margin";
  if (permissions.options.value_or(false)) return "options";
  if (permissions.margin.value_or(false)) return "margin trading";
  return nullptr;
}

PermissionVerdict without_futures(const venue::KeyPermissions& permissions) {
  if (const char* product = other_product(permissions))
    return refused(fmt::format("this key was made for {} and may not trade futures", product),
                   "switch on \"Enable Futures\" for the key at the venue; where that cannot be "
                   "switched on, make a new key for futures alone");
  return refused("this key may not trade futures",
                 "switch on \"Enable Futures\" for the key at the venue; a key made before the "
                 "futures account was opened cannot have it: then make a new key");
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
                     "make a new key at the venue with reading and futures only, and give that");
    if (*flag)
      return refused(fmt::format("this key has \"{}\": it could move money out", right.name),
                     "switch that right off at the venue (API Management), or make a new key "
                     "with reading and futures only; then try again");
  }
  if (!permissions.reading.value_or(false))
    return refused("this key may not read the account",
                   "switch on \"Enable Reading\" for the key at the venue, then try again");
  if (role != Role::leader && !permissions.futures.value_or(false))
    return without_futures(permissions);
  const bool expired = permissions.trading_expires && *permissions.trading_expires <= now;
  if (expired && role != Role::leader)
    return refused("the trading permission of this key has expired",
                   "renew it at the venue (API Management), or make a new key; then try again");
  PermissionVerdict verdict;
  if (!permissions.ip_restrict.value_or(false))
    verdict.warnings.emplace_back(
        "this key has no IP list: whoever steals it can trade from anywhere; restrict it to this "
        "machine's address at the venue");
  if (expiry_warning(permissions, now)) verdict.warnings.push_back(expiry_words(permissions, now));
  return verdict;
}

std::optional<int> expiry_warning(const venue::KeyPermissions& permissions, VenueTime now) {
  std::optional<int> reached;
  if (!permissions.trading_expires) return reached;
  for (const int days : expiry_warnings)
    if (*permissions.trading_expires - now <= std::chrono::days(days)) reached = days;
  return reached;
}

std::string expiry_words(const venue::KeyPermissions& permissions, VenueTime now) {
  const auto left = *permissions.trading_expires - now;
  const auto days = std::chrono::ceil<std::chrono::days>(left).count();
  if (left <= left.zero()) return "the trading permission of this key has expired";
  return fmt::format(
      "the trading permission of this key expires {}: renew it at the venue, or `copyctl rotate` "
      "to a new key",
      days <= 1 ? "within a day" : fmt::format("in {} days", days));
}

}  // namespace copyd::engine
