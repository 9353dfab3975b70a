// OrderTable: every order that is decided and not finished, of all followers.
//
// Slots are given out and taken back; an OrderRef carries the slot's generation, so a late report
// about a finished order finds nothing. The orders of one leg are chained in sending order. The
// table is reserved at start and allocates only beyond that (more orders in flight than all lanes
// may carry, that is: reductions waiting for room). Copy agent only.
#pragma once

#include <cstdint>
#include <vector>

#include "core/flow.hpp"

namespace copyd::risk {

inline constexpr std::uint32_t no_slot = UINT32_MAX;

// Attempts of one order, beyond those that a journal which has lost its end still knows, that may
// have left. A lane keeps to it: see OrderLane::may_leave_now. What is a flip when it is decided
// again may have been a close.
constexpr std::uint8_t lost_attempts(OrderKind kind) noexcept {
  return kind == OrderKind::increase ? 1 : 2;
}

struct OpenOrder {
  Order order;

  // Where it stands in its follower's book.
  std::uint16_t link = 0;    // whose policy settles the leg when it finishes
  std::uint16_t ledger = 0;  // the ledger that asked for it
  std::uint16_t symbol = 0;  // index of the symbol's entry in the book
  std::uint8_t leg = 0;      // index of the leg in that entry
  std::uint32_t previous = no_slot;
  std::uint32_t next = no_slot;

  // What the copy agent keeps about it.
  std::uint32_t outcome = no_slot;  // the leader fill it belongs to
  std::uint32_t next_waiting = no_slot;
  bool waiting = false;      // not handed to its lane yet
  bool unknown = false;      // the lane cannot tell its fate
  bool quarantined = false;  // and nothing opens on its symbol because of it

  std::uint32_t generation = 0;
  bool open = false;
};

class OrderTable {
 public:
  explicit OrderTable(std::size_t capacity);

  OrderRef open();
  void close(OrderRef ref) noexcept;
  // Null for an order that is finished, or was never opened.
  OpenOrder* find(OrderRef ref) noexcept;
  OpenOrder& at(std::uint32_t slot) noexcept { return slots_[slot]; }
  const OpenOrder& at(std::uint32_t slot) const noexcept { return slots_[slot]; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::vector<OpenOrder> slots_;
  std::uint32_t free_ = no_slot;  // chained by `next`
  std::size_t size_ = 0;
};

}  // namespace copyd::risk
