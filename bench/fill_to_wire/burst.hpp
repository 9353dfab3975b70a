// The burst: a thousand fills of the leader at once to a hundred followers, against venue-sim,
// which checks signatures, filters and limits, and whose ledger says at the end whether everybody
// holds what the leader's trades and a ratio of one make.
#pragma once

#include <cstdint>
#include <string>

namespace copyd::bench {

struct BurstOptions {
  int fills = 1000;
  std::size_t followers = 100;
  bool order_limits = false;  // the venue's own, 300 in 10 s; else announced as off
  std::string directory;
};

struct BurstResult {
  std::string failure;  // it was not run to its end, and why
  bool order_limits = false;
  std::int64_t fills = 0;
  std::int64_t sent_ms = 0;      // from the first fill to the last, by the venue's clock
  std::int64_t finished_ms = 0;  // until nothing was in flight
  std::int64_t followers = 0;
  std::int64_t off_target = 0;  // of them
  std::int64_t orders = 0;
  std::int64_t refused = 0;       // orders, for any reason
  std::int64_t rate_limited = 0;  // -1015
  std::string skipped = "{}";     // by the engine, by reason

  bool is_whole() const noexcept { return fills >= 1000 && followers >= 100; }
  bool is_right() const noexcept { return failure.empty() && off_target == 0 && rate_limited == 0; }
  std::string words() const;
  std::string json() const;
};

BurstResult run_burst(const BurstOptions& options);

}  // namespace copyd::bench
