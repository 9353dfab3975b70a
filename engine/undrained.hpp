// What a start goes on with besides the file: followers and links of the last run that are not in
// it any more and hold something, or have an order in flight. They are drained as after a reload
// (config/reload.hpp): `removed`, behind all that the file has, and with them leaders that nobody
// else follows. What holds nothing is forgotten. Pure; at start.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "journal/records.hpp"

namespace copyd::engine {

struct Undrained {
  config::Config config;
  std::vector<std::string> names;  // "bob", "carol's link to alpha"
};

// `rows` are the books of the last run, in the ids of `before`, which it ran by. Empty: `file` is
// all; so it is where the two together would be more than there may be.
std::optional<Undrained> with_undrained(const config::Config& file, const config::Config& before,
                                        std::span<const journal::Record> rows);

}  // namespace copyd::engine
