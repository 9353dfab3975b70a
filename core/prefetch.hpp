// Asks the processor for memory before it is needed, so that many waits are one. Changes nothing,
// never faults. Pays where a pass over many things meets each of them for the first time in a
// while.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "core/limits.hpp"

namespace copyd {

inline void prefetch(std::span<const std::byte> bytes) noexcept {
  for (std::size_t at = 0; at < bytes.size(); at += limits::cache_line)
    __builtin_prefetch(bytes.data() + at);
}
// The object's own memory, not what it points to.
template <class T>
void prefetch(const T& object) noexcept {
  const void* const address = std::addressof(object);
  prefetch(std::span(static_cast<const std::byte*>(address), sizeof object));
}

}  // namespace copyd
