// A small valid copyd.toml that a test changes key by key, and where each key then stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.hpp"

namespace copyd::config {

// The processors of every test's machine.
inline const std::vector<int> test_cpus = {0, 1, 2, 3};

// One leader "alpha", one follower "bob", one link. Keys are schema paths; each stands on a line of
// its own as a dotted key of the file, of [[leader]], [[follower]] or [[follower.link]].
class Document {
 public:
  Document();
  Document& set(std::string_view key, std::string_view value);  // adds or replaces
  Document& remove(std::string_view key);
  std::string text() const;
  // Of the value. REQUIRES: the key is set.
  Position place_of(std::string_view key) const;
  LoadOutcome load() const;

 private:
  std::vector<std::string> lines(std::string_view wanted, Position* at) const;
  std::vector<std::pair<std::string, std::string>> values_;
};

LoadOutcome load_text(std::string_view text);

// "line:column: message" of every fault, one a line.
std::string listed(const std::vector<Fault>& faults);

}  // namespace copyd::config
