#include "bench/fill_to_wire/statistics.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace copyd::bench {

Percentiles percentiles_of(std::vector<std::int64_t> times) {
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  const auto at = [&](std::size_t parts_of_1000) {
    const std::size_t rank = (times.size() * parts_of_1000 + 999) / 1000;
    return times[std::clamp<std::size_t>(rank, 1, times.size()) - 1];
  };
  return {.p50 = at(500),
          .p90 = at(900),
          .p99 = at(990),
          .p999 = at(999),
          .max = times.back(),
          .count = times.size()};
}

std::string json_of(const Percentiles& p) {
  return fmt::format(R"({{"p50":{},"p90":{},"p99":{},"p999":{},"max":{},"n":{}}})", p.p50, p.p90,
                     p.p99, p.p999, p.max, p.count);
}

std::string micros(std::int64_t ns) {
  return fmt::format("{}.{}", ns / 1000, ns % 1000 / 100);
}

}  // namespace copyd::bench
