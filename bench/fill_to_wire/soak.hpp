// The soak: a leader who trades without pause to many followers; what grows, what is lost, and
// whether the tail stays where it was.
#pragma once

#include <chrono>
#include <string>

#include "bench/venue/venue.hpp"

namespace copyd::bench {

struct SoakOptions {
  std::chrono::seconds length{1200};
  std::size_t followers = 100;
  std::string directory;  // the engine's state
  std::string output;     // soak.json, soak_memory.svg, soak_tail.svg
};

// Prints as it goes. True when nothing was lost and memory has settled.
bool run_soak(BenchVenue& venue, const SoakOptions& options);

}  // namespace copyd::bench
