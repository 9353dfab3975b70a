// What the path notices of clients that mean ill: fills are copied by turns with and without them,
// by one and the same daemon. They run in threads of the bench's, off the copier's processor.
#pragma once

#include <cstdint>
#include <string>

#include "bench/fill_to_wire/statistics.hpp"
#include "bench/venue/venue.hpp"

namespace copyd::bench {

struct HostileOptions {
  int turns = 60;            // of each kind
  int fills_per_turn = 250;  // 2 ms apart
  std::string directory;     // the engine's state
  int cpu = -1;              // the copier's
};

// What the daemon made of them.
struct HostileCounts {
  std::int64_t floods = 0;         // requests of up to 1 GiB that were cut off
  std::int64_t flood_bytes = 0;    // the most that one of them got rid of
  std::int64_t crowd_refused = 0;  // of a thousand connections at once
  std::int64_t crowd_held = 0;     // the most that stood at once
  std::int64_t dribbled = 0;       // bytes of requests that never end
  std::int64_t nonsense = 0;       // lines that were refused in words
  std::int64_t scrapes = 0;        // connections of scrapers that hardly read
};

struct HostileResult {
  std::string failure;  // it was not measured, and why
  std::int64_t fills = 0;
  std::int64_t lost = 0;
  std::int64_t stray = 0;
  Percentiles quiet;
  Percentiles attacked;
  HostileCounts counts;
  bool answers = false;  // an honest request behind it all is answered

  // Whether nothing was lost, everything was tried, and the daemon answers.
  bool is_whole() const noexcept;
  std::string words() const;
  std::string json() const;
};

HostileResult run_hostile(BenchVenue& venue, const HostileOptions& options);

}  // namespace copyd::bench
