#include "engine/connector.hpp"

#include <fmt/format.h>

#include "core/clock.hpp"

namespace copyd::engine {

struct Connector::Attempt {
  ops::Account account;
  venue::Credentials credentials;
  Handler handler;
  Role role = Role::none;
  std::optional<venue::KeyPermissions> permissions{};
  std::vector<std::string> warnings{};

  void fail(std::string error, std::string remedy) const {
    handler(ops::Failure{.error = std::move(error), .remedy = std::move(remedy)});
  }
};

namespace {

// The remedy for a refusal of the venue itself.
std::string remedy_for(std::int32_t code) {
  switch (code) {
    case -2014:
      return "the API key is garbled: copy it again";
    case -2015:
      return "check the key, its IP list and its futures permission at the venue; keys of the "
             "testnet and of the live venue are not interchangeable";
    case -1022:
      return "the secret does not belong to this API key: copy both again";
    case -1021:
      return "try again; copyd keeps its own offset to the venue's clock";
    case -4109:
      return "the account is archived: wake it up at the venue first";
    default:
      return "try again; if it persists, the venue's words say why";
  }
}

}  // namespace

void Connector::connect(ops::Account account, Handler handler) {
  if (store_.find(account.label) != nullptr)
    return handler(
        ops::Failure{.error = fmt::format("\"{}\" is connected already", account.label),
                     .remedy = fmt::format("copyctl disconnect {} first", account.label)});
  auto credentials = credentials_of(account);
  if (!credentials)
    return handler(ops::Failure{
        .error = "the private key cannot be read",
        .remedy = "give a PKCS#8 PEM (-----BEGIN PRIVATE KEY-----) with an Ed25519 or RSA key"});
  auto attempt = std::make_shared<Attempt>(Attempt{.account = std::move(account),
                                                   .credentials = std::move(credentials).value(),
                                                   .handler = std::move(handler)});
  if (const auto* known = roster_.find(attempt->account.label)) attempt->role = known->role();
  if (venue_.has_permission_record()) return read_permissions(attempt);
  attempt->warnings.emplace_back(
      "this venue has no permission record: the key's rights are unknown");
  prove(attempt);
}

void Connector::read_permissions(const AttemptPtr& attempt) {
  venue_.permissions(attempt->credentials, [this, attempt](const VenueAnswer& answer) {
    if (!answer.ok())
      return attempt->fail(fmt::format("the venue refused the key: {}", answer.words()),
                           remedy_for(venue::decode_error(answer.body).code));
    const auto permissions = venue::decode_key_permissions(answer.body);
    if (!permissions)
      return attempt->fail("the venue's permission record cannot be read", "try again later");
    auto verdict = judge(*permissions, attempt->role, venue_.now());
    if (!verdict.refusal.empty())
      return attempt->fail(std::move(verdict.refusal), std::move(verdict.remedy));
    attempt->warnings = std::move(verdict.warnings);
    attempt->permissions = *permissions;
    prove(attempt);
  });
}

void Connector::prove(const AttemptPtr& attempt) {
  venue_.signed_get(
      venue::path::balance, attempt->credentials, [this, attempt](const VenueAnswer& answer) {
        if (!answer.ok())
          return attempt->fail(fmt::format("the key does not work on futures: {}", answer.words()),
                               remedy_for(venue::decode_error(answer.body).code));
        auto alias = venue::decode_account_alias(answer.body);
        if (!alias)
          return attempt->fail("the venue's balance answer cannot be read", "try again later");
        store(attempt, std::move(alias).value());
      });
}

void Connector::store(const AttemptPtr& attempt, std::string alias) {
  const std::string label = attempt->account.label;
  RosterAccount& entry = roster_.at(label);
  if (const auto* other = roster_.same_account(entry, alias))
    return attempt->fail(fmt::format("this key is of the same account as \"{}\"", other->label),
                         "an account has one label; use a key of another account");
  if (auto added = store_.add(std::move(attempt->account)); !added)
    return attempt->fail(added.error().message(), "choose another label");
  if (auto saved = store_.save(); !saved) {
    static_cast<void>(store_.remove(label));
    return attempt->fail("the key store cannot be written: " + saved.error().message(),
                         "check keys.file, its directory's rights and the disk");
  }
  entry.credentials = std::move(attempt->credentials);
  entry.alias = std::move(alias);
  entry.permissions = attempt->permissions;
  entry.warnings = std::move(attempt->warnings);
  if (attempt->role == Role::none)
    entry.warnings.emplace_back(
        "no leader and no follower of the configuration has this label: the key is stored and not "
        "used; check the label, or add it to the file and restart copyd");
  entry.error.clear();
  attempt->handler(&entry);
}

}  // namespace copyd::engine
