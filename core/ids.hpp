// The names of things, each a type of its own. Small indices are given out at start and never
// reused while the process runs; the venue's numbers are kept as they came.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace copyd {

template <class Tag, class Int>
struct Id {
  Int value = 0;
  friend constexpr auto operator<=>(Id, Id) noexcept = default;
};

using SymbolId = Id<struct SymbolTag, std::uint16_t>;      // index into the SymbolTable
using LeaderId = Id<struct LeaderTag, std::uint16_t>;      // order of [[leader]] in the file
using FollowerId = Id<struct FollowerTag, std::uint16_t>;  // order of [[follower]] in the file
using TradeId = Id<struct TradeTag, std::int64_t>;         // unique per symbol at the venue
using VenueOrderId = Id<struct VenueOrderTag, std::int64_t>;  // unique per symbol; may exceed 2^53

// One order of ours while it is in flight: slot in the copy agent's table, and a generation so
// that a late report about a finished order cannot be taken for its successor.
struct OrderRef {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend constexpr auto operator<=>(OrderRef, OrderRef) noexcept = default;
};

}  // namespace copyd
