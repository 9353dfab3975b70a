// KeyTrial: what the venue says of a key: its permission record is read and judged, and one signed
// futures call proves that it works there and tells of which account it is. Changes nothing here or
// there. The thread of its VenueApi only.
// Weight: 5, and 1 of the wallet host's.
// Protocol: GET /sapi/v1/account/apiRestrictions, GET /fapi/v3/balance.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/permissions.hpp"
#include "engine/venue_api.hpp"
#include "ops/failure.hpp"
#include "ops/key_store.hpp"

namespace copyd::engine {

// Of a key that is taken.
struct KeyFindings {
  std::string alias;  // the venue's name of the account; the same for two keys of it
  std::optional<venue::KeyPermissions> permissions;  // nothing: this venue has no record
  std::vector<std::string> warnings;
};

struct KeyTrial {
  // Told once: what was found, or why the key is not taken and what to change.
  using Handler = std::function<void(ops::Outcome<KeyFindings>)>;

  VenueApi& venue;
  bool testnet = false;

  // REQUIRES: venue.clock_known(). `credentials` and this outlive the answers.
  void begin(venue::Credentials& credentials, ops::AccountKey key_type, Role role,
             Handler handler) const;

 private:
  struct Trial;
  void prove(const std::shared_ptr<Trial>& trial) const;
};

}  // namespace copyd::engine
