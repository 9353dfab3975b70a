#include "risk/order_table.hpp"

#include "core/assert.hpp"

namespace copyd::risk {

OrderTable::OrderTable(std::size_t capacity) {
  slots_.reserve(capacity);
}

OrderRef OrderTable::open() {
  std::uint32_t slot = free_;
  if (slot == no_slot) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    free_ = slots_[slot].next;
  }
  const std::uint32_t generation = slots_[slot].generation + 1;
  slots_[slot] = OpenOrder{};
  slots_[slot].generation = generation;
  slots_[slot].open = true;
  ++size_;
  return {.slot = slot, .generation = generation};
}

void OrderTable::close(OrderRef ref) noexcept {
  OpenOrder* order = find(ref);
  ASSERT(order != nullptr);
  order->open = false;
  order->next = free_;
  free_ = ref.slot;
  --size_;
}

OpenOrder* OrderTable::find(OrderRef ref) noexcept {
  if (ref.slot >= slots_.size()) return nullptr;
  OpenOrder& order = slots_[ref.slot];
  return order.open && order.generation == ref.generation ? &order : nullptr;
}

}  // namespace copyd::risk
