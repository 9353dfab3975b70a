// Checkers: what must hold of a run, one function each. They read the venue's ledger, the script,
// and the outcome counts; never the books of the engine.
// Each returns a sentence for every breach, and none when all is well.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "faults.hpp"
#include "script.hpp"

namespace copyd::flow {

using Breaches = std::vector<std::string>;

// Which fill of the script a copy id belongs to, whichever follower's it is. It learns the ids of
// new fills alone: to make them all anew at each check took a third of a run.
class CopyIds {
 public:
  void learn(Rig& rig, const Script& script);
  std::optional<std::size_t> fill_of(const CopyId& id) const;

 private:
  struct Hash {  // an id is a hash already
    std::size_t operator()(const CopyId& id) const noexcept {
      std::size_t low = 0;
      std::memcpy(&low, id.bytes.data(), sizeof low);
      return low;
    }
  };
  std::unordered_map<CopyId, std::size_t, Hash> fills_;
  std::size_t learnt_ = 0;
};

// Every follower holds what the script says, on every leg.
Breaches positions_are_on_target(Rig& rig, const Script& script);
// No client order id left for the venue twice, and none has two orders there.
Breaches ids_are_used_once(Rig& rig, const Faults& faults);
// What was executed for one copy is no more than was sized for it, over all its attempts; and for
// one fill no more than the script asks.
Breaches nothing_is_copied_twice(Rig& rig, const Script& script, const Faults& faults,
                                 const CopyIds& ids);
// What copies a decrease, or a settlement that no fill caused, brings the leg toward zero and not
// through it.
Breaches closes_only_close(Rig& rig, const Script& script, const CopyIds& ids);
// Every fill has one outcome for every follower; nothing is unknown, missed or in flight, and what
// was carried and what moved nothing is what the script says.
Breaches outcomes_are_whole(Rig& rig, const Script& script);

}  // namespace copyd::flow
