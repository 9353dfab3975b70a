// Check: what the venue's ledger says of a run, against what the leader did. The sizes are a ratio
// of the leader's, computed here; of the daemon only its own word on its targets is asked, where a
// follower may have skipped what was too old.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/system/ledger.hpp"

namespace copyd::system_test {

struct FollowerPlan {
  std::string label;
  std::int64_t ratio_percent = 100;
  bool hedge = false;
  bool misses_nothing = false;  // no fill is ever too old for it, and its orders always fill
  std::string link;             // more lines of its link
};

// One leg as `copyctl positions` shows it.
struct Target {
  std::string follower;
  std::string symbol;
  std::string leg;
  Qty target;
  Qty position;
  Qty in_flight;
};

struct Verdict {
  std::int64_t leader_fills = 0;
  std::int64_t doubled = 0;
  std::int64_t lost = 0;
  std::int64_t annulled = 0;  // fills left out together with what undoes them
  std::int64_t off_target = 0;
  std::vector<std::string> words;  // one sentence for each

  bool clean() const { return doubled == 0 && lost == 0 && off_target == 0; }
};

Verdict judge(const Ledger& ledger, const std::vector<FollowerPlan>& followers,
              const std::vector<Target>& targets);

}  // namespace copyd::system_test
