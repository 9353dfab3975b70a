#include "engine/roster.hpp"

namespace copyd::engine {

Roster::Roster(const config::Config& config) {
  take_roles(config);
}

void Roster::take_roles(const config::Config& config) {
  for (std::size_t i = 0; i < config.leaders.size(); ++i)
    at(config.leaders[i].label).leader = LeaderId{static_cast<std::uint16_t>(i)};
  for (std::size_t i = 0; i < config.followers.size(); ++i)
    at(config.followers[i].label).follower = FollowerId{static_cast<std::uint16_t>(i)};
}

RosterAccount* Roster::find(std::string_view label) noexcept {
  for (auto& account : accounts_)
    if (account.label == label) return &account;
  return nullptr;
}

RosterAccount& Roster::at(std::string_view label) {
  if (auto* known = find(label)) return *known;
  accounts_.emplace_back().label = label;
  return accounts_.back();
}

const RosterAccount* Roster::same_account(const RosterAccount& than,
                                          std::string_view alias) const noexcept {
  for (const auto& account : accounts_)
    if (&account != &than && account.connected() && account.alias == alias) return &account;
  return nullptr;
}

Result<venue::Credentials> credentials_of(const ops::Account& account) {
  auto signer = account.key_type == ops::AccountKey::hmac
                    ? venue::Signer::hmac(account.secret)
                    : venue::Signer::private_key(account.secret);
  if (!signer) return signer.error();
  return venue::Credentials{.api_key = account.api_key.clone(),
                            .signer = std::move(signer).value()};
}

}  // namespace copyd::engine
