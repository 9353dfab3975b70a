// What the rows of earlier runs become where the configuration has made something else of a
// follower or a link since. Pure; at start, before anything is restored.
//
//   a link that is new   its leader's positions, as far as they are known, are there and not
//   copied.
//                        With on_start = "adopt" it is told to adopt them (risk/follower_book.hpp).
//   to or from shadow    the book begins anew: flat, nothing wanted, nothing counted; what the
//                        leaders hold is there and not copied
//   to shadow, holding   refused: nothing would close what it holds at the venue any more
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "config/schema.hpp"
#include "engine/replay.hpp"
#include "journal/records.hpp"
#include "ops/failure.hpp"

namespace copyd::engine {

struct LinkBooks {
  const config::Config& config;
  const std::map<LeaderId, LeaderTrack>& leaders;
  // False: the journal was damaged. A link that is not in it may have been, and adopts nothing.
  bool complete = true;

  // `rows` are in the ids of `config`. A failure: nothing may be started.
  std::optional<ops::Failure> fit(std::vector<journal::Record>& rows) const;
};

}  // namespace copyd::engine
