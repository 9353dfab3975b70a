// Plays a range of seeds, in this process or in several, and counts what came of them. Each seed
// that fails is named on stderr at once, with what it broke.
#pragma once

#include <cstdint>

#include "tally.hpp"

namespace copyd::flow {

struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t count = 100;
  bool once = false;      // not a second time, to compare the logs
  bool trace = false;     // every frame, on stdout
  bool talks = false;     // what was said, on stdout, also of a seed that passes
  bool progress = false;  // a line on stderr every now and then
};

Tally play(const SeedRange& range);
// By that many processes. One that dies costs the seed that it was playing, which fails.
Tally play_in_processes(const SeedRange& range, std::size_t processes);

}  // namespace copyd::flow
