// Checkers: what must hold of a run, one function each. They read the venue's ledger, the script,
// and the outcome counts; never the books of the engine.
// Each returns a sentence for every breach, and none when all is well.
#pragma once

#include <string>
#include <vector>

#include "faults.hpp"
#include "script.hpp"

namespace copyd::flow {

using Breaches = std::vector<std::string>;

// Every follower holds what the script says, on every leg.
Breaches positions_are_on_target(Rig& rig, const Script& script);
// No client order id left for the venue twice, and none has two orders there.
Breaches ids_are_used_once(Rig& rig, const Faults& faults);
// What was executed for one copy is no more than was sized for it, over all its attempts; and for
// one fill no more than the script asks.
Breaches nothing_is_copied_twice(Rig& rig, const Script& script, const Faults& faults);
// What copies a decrease, or a settlement that no fill caused, brings the leg toward zero and not
// through it.
Breaches closes_only_close(Rig& rig, const Script& script);
// Every fill has one outcome for every follower; nothing is unknown, missed or in flight, and what
// was carried and what moved nothing is what the script says.
Breaches outcomes_are_whole(Rig& rig, const Script& script);

}  // namespace copyd::flow
