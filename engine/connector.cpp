#include "engine/connector.hpp"

#include <fmt/format.h>

#include "engine/key_trial.hpp"

namespace copyd::engine {

struct Connector::Attempt {
  ops::Account account;
  venue::Credentials credentials;
  bool rotates = false;
  Handler handler;

  void fail(ops::Failure failure) const { handler(std::move(failure)); }
};

void Connector::connect(ops::Account account, Handler handler) {
  const auto* stored = parts_.store.find(account.label);
  if (stored == nullptr) return begin(std::move(account), false, std::move(handler));
  if (stored->venue != parts_.venue_name)
    return handler(ops::Failure{
        .error = fmt::format("\"{}\" is an account of {}, and this daemon works with {}",
                             account.label, stored->venue, parts_.venue_name),
        .remedy = fmt::format("choose another label, or copyctl disconnect {} first: that forgets "
                              "its key",
                              account.label)});
  handler(ops::Failure{
      .error = fmt::format("\"{}\" is connected already", account.label),
      .remedy = fmt::format("give it another key with copyctl rotate {}; to make it another "
                            "account, copyctl disconnect {} first",
                            account.label, account.label)});
}

void Connector::rotate(ops::Account account, Handler handler) {
  const auto* stored = parts_.store.find(account.label);
  if (stored == nullptr)
    return handler(
        ops::Failure{.error = fmt::format("\"{}\" is not connected", account.label),
                     .remedy = fmt::format("copyctl connect {} gives it its first key; copyctl "
                                           "accounts lists the accounts",
                                           account.label)});
  if (stored->venue != parts_.venue_name)
    return handler(ops::Failure{
        .error = fmt::format("\"{}\" is an account of {}, and this daemon works with {}",
                             account.label, stored->venue, parts_.venue_name),
        .remedy = "rotate it with the daemon of that venue"});
  if (stored->api_key.reveal() == account.api_key.reveal())
    return handler(ops::Failure{
        .error = fmt::format("this is the key that \"{}\" has already", account.label),
        .remedy = "make another key at the venue, in the same account, and give that one"});
  begin(std::move(account), true, std::move(handler));
}

void Connector::begin(ops::Account account, bool rotates, Handler handler) {
  auto credentials = credentials_of(account);
  if (!credentials)
    return handler(ops::Failure{
        .error = "the private key cannot be read",
        .remedy = "give a PKCS#8 PEM (-----BEGIN PRIVATE KEY-----) with an Ed25519 or RSA key"});
  auto attempt = std::make_shared<Attempt>(Attempt{.account = std::move(account),
                                                   .credentials = std::move(credentials).value(),
                                                   .rotates = rotates,
                                                   .handler = std::move(handler)});
  const auto* known = parts_.roster.find(attempt->account.label);
  trial_.begin(attempt->credentials, attempt->account.key_type,
               known != nullptr ? known->role() : Role::none,
               [this, attempt](ops::Outcome<KeyFindings> outcome) {
                 if (!outcome) return attempt->fail(std::move(outcome).error());
                 store(attempt, std::move(outcome).value());
               });
}

std::optional<ops::Failure> Connector::misplaced(const Attempt& attempt, const std::string& alias) {
  const std::string& label = attempt.account.label;
  const RosterAccount& entry = parts_.roster.at(label);
  if (const auto* other = parts_.roster.same_account(entry, alias))
    return ops::Failure{
        .error = fmt::format("this key is of the same account as \"{}\"", other->label),
        .remedy =
            "an account has one label, and a follower is never its own leader; use a key of "
            "another account"};
  if (!attempt.rotates) return std::nullopt;
  if (entry.alias.empty())
    return ops::Failure{
        .error = fmt::format("which account \"{}\" is, is not known yet", label),
        .remedy = fmt::format("try again when copyctl accounts shows its equity; where its old key "
                              "does not work any more, copyctl disconnect {} and connect it again",
                              label)};
  if (entry.alias != alias)
    return ops::Failure{
        .error = fmt::format("this key is of another account than \"{}\" is", label),
        .remedy =
            "make the new key in the same account, at the venue. Another account takes "
            "another label, or a disconnect first"};
  return std::nullopt;
}

// Into the store, on the disk; as it was before when that fails.
std::optional<ops::Failure> Connector::put(Attempt& attempt) {
  ops::KeyStore& store = parts_.store;
  const std::string label = attempt.account.label;
  std::optional<ops::Account> before;
  if (attempt.rotates) {
    auto replaced = store.replace(std::move(attempt.account));
    // Disconnected meanwhile.
    if (!replaced)
      return ops::Failure{.error = replaced.error().message(), .remedy = "copyctl connect it"};
    before = std::move(replaced).value();
  } else if (auto added = store.add(std::move(attempt.account)); !added) {
    return ops::Failure{.error = added.error().message(), .remedy = "choose another label"};
  }
  const auto saved = store.save();
  if (saved) return std::nullopt;
  if (before) static_cast<void>(store.replace(std::move(*before)));
  else static_cast<void>(store.remove(label));
  return ops::Failure{.error = "the key store cannot be written: " + saved.error().message(),
                      .remedy = "check keys.file, its directory's rights and the disk"};
}

void Connector::store(const AttemptPtr& attempt, KeyFindings found) {
  if (auto failure = misplaced(*attempt, found.alias)) return attempt->fail(std::move(*failure));
  RosterAccount& entry = parts_.roster.at(attempt->account.label);
  attempt->account.alias = found.alias;
  if (auto failure = put(*attempt)) return attempt->fail(std::move(*failure));
  entry.credentials = std::move(attempt->credentials);
  entry.alias = std::move(found.alias);
  entry.permissions = found.permissions;
  entry.warnings = std::move(found.warnings);
  if (entry.role() == Role::none) entry.warnings.emplace_back(unused_label);
  entry.error.clear();
  attempt->handler(&entry);
}

}  // namespace copyd::engine
