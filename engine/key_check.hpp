// KeyCheck: what `copyd check --online` asks: each account's stored key is tried at the venue as
// `copyctl connect` tries it, one after the other, and nothing is changed. A daemon may run beside
// it: the venue's weight is left to it where it runs short.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/key_trial.hpp"
#include "engine/roster.hpp"
#include "ops/json.hpp"

namespace copyd::engine {

struct CheckedKey {
  std::string label;
  Role role = Role::none;
  std::optional<ops::AccountKey> key_type{};  // nothing: not connected
  std::string api_key{};                      // masked
  std::optional<ops::Failure> failure{};      // the key is not taken
  std::vector<std::string> warnings{};

  bool good() const noexcept { return !failure; }
};

struct KeyCheckParts {
  const config::Config& config;
  const std::string& venue_name;
  const ops::KeyStore* store;  // null: there is none yet, and nobody is connected
  VenueApi& venue;
  const Clock& clock;
};

// All accounts that the configuration names and the store holds, the configuration's first; or why
// the venue could not be asked at all. Blocks until all have answered.
ops::Outcome<std::vector<CheckedKey>> check_keys(const KeyCheckParts& parts);

// A line or two for each.
std::string as_text(const std::vector<CheckedKey>& keys);
// The value of the open member.
void write(ops::JsonWriter& out, const std::vector<CheckedKey>& keys);

}  // namespace copyd::engine
