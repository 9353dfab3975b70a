// Percentiles of what was measured, in nanoseconds. Exact: every sample is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace copyd::bench {

struct Percentiles {
  std::int64_t p50 = 0;
  std::int64_t p90 = 0;
  std::int64_t p99 = 0;
  std::int64_t p999 = 0;
  std::int64_t max = 0;
  std::size_t count = 0;
};

// By value: it is sorted.
Percentiles percentiles_of(std::vector<std::int64_t> times);

// {"p50":…,"p90":…,"p99":…,"p999":…,"max":…,"n":…}
std::string json_of(const Percentiles& p);
// Nanoseconds as microseconds with one decimal.
std::string micros(std::int64_t ns);

}  // namespace copyd::bench
