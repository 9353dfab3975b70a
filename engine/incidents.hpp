// Incidents: what is wrong at this moment, out of what the agents and the supervisor's readers
// show, and what of it people have to be told. docs/ALERTS.md lists the keys.
//
//   cells, roster ──▶ Sight ──suspects()──▶ Suspect ──Incidents::look──▶ alerts
//
// Pure: plain values in and out; time is handed in. The supervisor's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/flow.hpp"
#include "engine/roster.hpp"
#include "engine/status.hpp"
#include "ops/alerts.hpp"

namespace copyd::engine {

// What is looked at.
struct Sight {
  struct Account {
    std::string label;
    bool leads = false;
    AccountHealth health;
  };
  struct Leader {
    std::string label;
    bool live = false;
  };
  struct Follower {
    std::string label;
    std::int64_t causes = 0;  // bits by StateCause
    std::int64_t quarantined = 0;
    std::int64_t drift = 0;
  };
  // Of each kind only those that have a key: what is not connected waits for somebody on purpose.
  std::vector<Account> accounts;
  std::vector<Leader> leaders;
  std::vector<Follower> followers;
  std::string waiting_for;  // why the venue has not answered since the start; "" when it has
};
Sight sight_of(const StatusParts& parts);

// Something that does not look right.
struct Suspect {
  ops::Alert alert;
  std::chrono::nanoseconds after{0};  // so long it may pass by itself
  std::string over;                   // how its end is told
};
std::vector<Suspect> suspects(const Sight& sight);

class Incidents {
 public:
  struct Change {
    std::vector<ops::Alert> firing;  // all that are, not only the new ones
    std::vector<std::pair<std::string, std::string>> resolved;  // key, text
  };
  Change look(const std::vector<Suspect>& suspects, Mono now);

 private:
  struct Seen {
    Mono since;
    bool fired = false;
    std::string over;
  };
  std::map<std::string, Seen> seen_;
};

// The alert that a notice at level error is. Where a suspect tells the same, both have one key, and
// the suspect ends it. `label` is "" when the notice is about nobody. Key "": somebody else tells
// it when it lasts.
ops::Alert alert_of(const Notice& notice, std::string_view label);

}  // namespace copyd::engine
