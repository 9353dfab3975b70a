// The goals of speed, as ratios within one run wherever the machine would decide otherwise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/fill_to_wire/burst.hpp"
#include "bench/fill_to_wire/hostile.hpp"
#include "bench/fill_to_wire/matrix.hpp"

namespace copyd::bench {

struct Goal {
  std::string name;
  std::string goal;
  std::string value;  // "" when it was not measured
  bool pass = false;
  std::string note{};
};

std::vector<Goal> goals_of(const std::vector<RowResult>& rows,
                           const std::vector<BurstResult>& bursts,
                           const std::optional<HostileResult>& hostile);

}  // namespace copyd::bench
