// User-data events out of a seed, in every way that they may be written: keys in any order, blanks,
// escapes, padded numbers, numbers at the edge of what fits, unknown fields, nesting, envelopes;
// and a share that is broken on purpose, in what it says or in how it is written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace copyd::testing {

// splitmix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  const T& one_of(const std::vector<T>& items) {
    return items[below(items.size())];
  }

 private:
  std::uint64_t state_;
};

// The symbols that the decoders know, in the order of their ids.
const std::vector<std::string>& generated_symbols();

std::string generate_frame(Random& random);

}  // namespace copyd::testing
