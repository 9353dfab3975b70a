// Connector: what happens to a key at `copyctl connect`: the permission record is read and judged,
// one signed futures call proves that the key works there, and only then is it stored.
// Nothing of a key that was refused is kept. The supervisor's thread only.
#pragma once

#include <functional>
#include <string>

#include "engine/roster.hpp"
#include "engine/venue_api.hpp"
#include "ops/failure.hpp"
#include "ops/key_store.hpp"

namespace copyd::engine {

class Connector {
 public:
  // Told once per attempt: the account is connected (its credentials are in the roster and in the
  // store), or why not.
  using Handler = std::function<void(ops::Outcome<RosterAccount*>)>;

  Connector(Roster& roster, ops::KeyStore& store, VenueApi& venue) noexcept
      : roster_(roster), store_(store), venue_(venue) {}

  void connect(ops::Account account, Handler handler);

 private:
  struct Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;
  void read_permissions(const AttemptPtr& attempt);
  void prove(const AttemptPtr& attempt);
  void store(const AttemptPtr& attempt, std::string alias);

  Roster& roster_;
  ops::KeyStore& store_;
  VenueApi& venue_;
};

}  // namespace copyd::engine
