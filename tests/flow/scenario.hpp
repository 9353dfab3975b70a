// Scenario: one seed's run, from the first connection to the last check.
#pragma once

#include <string>
#include <vector>

#include "checkers.hpp"

namespace copyd::flow {

struct SeedRun {
  std::uint64_t digest = 0;  // of every frame at the venue, with its time
  Fired fired{};
  std::uint64_t deaths = 0;
  Process::UnknownEnds unknown_ends{};
  std::int64_t joined = 0;  // orders that left for others as well
  std::uint64_t deaths_mid_order = 0;  // of them, those that left an order on the wire
  Breaches breaches{};
  std::int64_t fills = 0;
  std::int64_t orders = 0;
  std::array<std::int64_t, outcome_count> outcomes{};
  std::string about{};
  std::vector<std::string> notices{};
};

SeedRun run_seed(std::uint64_t seed, bool trace = false);

}  // namespace copyd::flow
