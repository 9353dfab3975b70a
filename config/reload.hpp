// What a reload makes of a changed file: the differences, key by key, in words; and the
// configuration that the running engine goes on with. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace copyd::config {

// One written value that is not what it was. Tables that have a label are named by it, because
// their place in the file may change: "follower[bob].link[alpha].inverse". A second link to the
// same leader is "link[alpha#2]".
struct Change {
  std::string path;
  std::string before;  // as it was written; "" when it was not
  std::string after;
  bool restart = false;  // has no effect before copyd is restarted
  friend bool operator==(const Change&, const Change&) = default;
};

// In the order of the fresh file, then what was taken out of it. Two spellings of one value, and
// the order of tables, are no difference.
// REQUIRES: texts that were loaded without a fault.
std::vector<Change> changes_between(std::string_view running_text, std::string_view fresh_text);

// `fresh` as a running engine can take it: every leader, follower and link keeps its place, because
// ids are places; what is new comes behind; what is gone stays where it was, `removed`. A key that
// needs a restart keeps its running value. So the same two always give the same third, which is
// what a replay of the journal rests on.
Config merged(const Config& running, const Config& fresh);

// What a running engine makes of a fresh file.
struct Plan {
  Config next;  // what it goes on with: every leader, follower and link of `running` in its
                // place, `removed` where it is gone; and behind them the new ones
  std::vector<Change> applied;  // from `running` to `next`
  std::vector<Change> waiting;  // from `next` to the file: they need a restart
};
// Besides the keys that need one, a follower that is to become a `shadow` waits for a restart.
Plan plan_of(const Config& running, const Config& fresh);

// What is not as it is to be in `next`, although no file is at fault: it has too many places with
// those that are `removed`. Empty: nothing.
std::string conflict_of(const Config& next);

// "follower[bob].limits.max_order_notional: 5000 → 8000, log.level: (absent) → \"debug\"". What is
// new or gone as a whole is named once. No more than `most` of them.
std::string in_words(const std::vector<Change>& changes, std::size_t most);

}  // namespace copyd::config
