// What copyd.toml may say already and the engine does not do yet. `check` shows it, `run` refuses
// it: a protection that is accepted and ignored would be worse than none.
// Each change that builds a feature takes its lines out of here. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "config/fault.hpp"
#include "config/schema.hpp"

namespace copyd::config {

// One fault per written key or value, by line and column, each naming the key and what to write
// instead. `positions` are those of the load that made the configuration.
std::vector<Fault> not_built_yet(const Config& config, const Positions& positions,
                                 std::string_view file_name);

}  // namespace copyd::config
