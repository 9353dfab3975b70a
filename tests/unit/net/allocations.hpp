// Counts what operator new hands out to this thread between two marks.
#pragma once

#include <cstdint>

namespace copyd::test {

class Allocations {
 public:
  // Counting begins, and ends with the object's life.
  Allocations() noexcept;
  ~Allocations();
  std::uint64_t count() const noexcept;
};

}  // namespace copyd::test
