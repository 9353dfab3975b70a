// LastLeft: when copyd had sent the last order of each fill, by its own journal: from when `recv`
// had returned the fill until the `send` of the last follower's order had. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "journal/records.hpp"

namespace copyd::bench {

// So many fills in a row, of which the first are not counted.
struct TurnFills {
  std::size_t warm_up = 0;
  std::size_t counted = 0;
};

class LastLeft {
 public:
  explicit LastLeft(std::size_t followers) : followers_(followers) {}

  // In any order. What answers no fill, or left again, is passed over.
  void add(const journal::Timing& timing);
  // All that lanes 0 to `lanes` - 1 have written, also what was put aside. REQUIRES: copyd stands
  // still. An error is the disk's.
  Result<void> read(const std::string& directory, int lanes);

  // Nanoseconds of each counted fill that every follower has answered, oldest first. The newest
  // fill is the last of `turns`: the oldest may have been deleted from the journal.
  std::vector<std::int64_t> times(std::span<const TurnFills> turns) const;

 private:
  struct Fill {
    std::size_t orders = 0;
    std::int64_t written_ns = 0;  // of the last of them
  };
  std::size_t followers_;
  std::map<std::int64_t, Fill> fills_;  // by when they were received
};

}  // namespace copyd::bench
