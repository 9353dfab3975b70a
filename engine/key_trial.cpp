#include "engine/key_trial.hpp"

#include "engine/key_refusal.hpp"

namespace copyd::engine {

struct KeyTrial::Trial {
  venue::Credentials& credentials;
  ops::AccountKey key_type;
  Handler handler;
  KeyFindings found{};

  void fail(ops::Failure failure) const { handler(std::move(failure)); }
};

void KeyTrial::begin(venue::Credentials& credentials, ops::AccountKey key_type, Role role,
                     Handler handler) const {
  auto trial = std::make_shared<Trial>(
      Trial{.credentials = credentials, .key_type = key_type, .handler = std::move(handler)});
  if (!venue.has_permission_record()) {
    trial->found.warnings.emplace_back(
        "this venue has no permission record: the key's rights are unknown");
    return prove(trial);
  }
  venue.permissions(credentials, [this, trial, role](const VenueAnswer& answer) {
    if (!answer.ok())
      return trial->fail(explain(answer, {.key_type = trial->key_type, .testnet = testnet}));
    const auto permissions = venue::decode_key_permissions(answer.body);
    if (!permissions)
      return trial->fail(
          {.error = "the venue's permission record cannot be read", .remedy = "try again later"});
    auto verdict = judge(*permissions, role, venue.now());
    if (!verdict.refusal.empty())
      return trial->fail(
          {.error = std::move(verdict.refusal), .remedy = std::move(verdict.remedy)});
    trial->found.warnings = std::move(verdict.warnings);
    trial->found.permissions = *permissions;
    prove(trial);
  });
}

void KeyTrial::prove(const std::shared_ptr<Trial>& trial) const {
  venue.signed_get(
      venue::path::balance, trial->credentials, [this, trial](const VenueAnswer& answer) {
        if (!answer.ok())
          return trial->fail(explain(answer, {.key_type = trial->key_type,
                                              .of_futures = true,
                                              .record_read = trial->found.permissions.has_value(),
                                              .testnet = testnet}));
        auto alias = venue::decode_account_alias(answer.body);
        if (!alias)
          return trial->fail(
              {.error = "the venue's balance answer cannot be read", .remedy = "try again later"});
        trial->found.alias = std::move(alias).value();
        trial->handler(std::move(trial->found));
      });
}

}  // namespace copyd::engine
