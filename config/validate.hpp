// The rules that no single value can break: labels and who copies whom, links that would trade
// against each other, processors, files that are the same file.
// Called by load with whatever could be read, so that these faults appear together with the others;
// a value that was refused already causes no second fault here. Pure; any thread.
#pragma once

#include <cstddef>
#include <vector>

#include "config/schema.hpp"
#include "config/table.hpp"

namespace copyd::config {

// Links of one follower.
inline constexpr std::size_t follower_links_max = 64;

void validate(const Config& config, const std::vector<int>& usable_cpus, Findings& findings);

}  // namespace copyd::config
