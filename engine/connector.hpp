// Connector: what happens to a key at `copyctl connect` and `rotate`: it is tried at the venue
// (engine/key_trial), and only then stored. Nothing of a key that was refused is kept, and until a
// new one is stored the old one is in force. The supervisor's thread only.
#pragma once

#include <functional>
#include <string>

#include "engine/key_trial.hpp"
#include "engine/roster.hpp"
#include "ops/failure.hpp"
#include "ops/key_store.hpp"

namespace copyd::engine {

class Connector {
 public:
  // Told once per attempt: the account has the key (its credentials are in the roster and in the
  // store), or why not.
  using Handler = std::function<void(ops::Outcome<RosterAccount*>)>;

  struct Parts {
    Roster& roster;
    ops::KeyStore& store;
    VenueApi& venue;
    const std::string& venue_name;
    bool testnet = false;
  };
  explicit Connector(const Parts& parts) noexcept
      : parts_(parts), trial_{.venue = parts.venue, .testnet = parts.testnet} {}

  // The first key of a label.
  void connect(ops::Account account, Handler handler);
  // Another key of a label that is connected, and of the same account.
  void rotate(ops::Account account, Handler handler);

 private:
  struct Attempt;
  using AttemptPtr = std::shared_ptr<Attempt>;
  void begin(ops::Account account, bool rotates, Handler handler);
  void store(const AttemptPtr& attempt, KeyFindings found);
  // What speaks against this account under this label; nothing: it may be stored.
  std::optional<ops::Failure> misplaced(const Attempt& attempt, const std::string& alias);
  std::optional<ops::Failure> put(Attempt& attempt);

  Parts parts_;
  KeyTrial trial_;
};

}  // namespace copyd::engine
