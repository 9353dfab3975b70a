#include "exec/inflight.hpp"

#include <cstring>

#include "core/assert.hpp"
#include "core/prefetch.hpp"

namespace copyd::exec {
namespace {

constexpr RequestId slot_mask = (RequestId{1} << request_slot_bits) - 1;
constexpr RequestId no_order = slot_mask;  // in place of a slot

// What a usual day has at once: the memory of so many is there from the start, so that the path
// meets no page fault for them, and their index stays in a near cache.
constexpr std::size_t usual_orders = 8192;
constexpr std::size_t usual_index = 4 * usual_orders;
constexpr std::size_t wide_index = 2 * limits::inflight_per_lane_max;
constexpr bool is_power_of_two(std::size_t size) noexcept {
  return (size & (size - 1)) == 0;
}
static_assert(is_power_of_two(usual_index) && is_power_of_two(wide_index),
              "a mask takes the place of a remainder");

// A CopyId is a hash already.
std::size_t home_of(const CopyId& id, std::size_t mask) noexcept {
  std::uint64_t low = 0;
  std::memcpy(&low, id.bytes.data(), sizeof low);
  return static_cast<std::size_t>(low) & mask;
}

}  // namespace

Inflight::Inflight(std::size_t followers) : heads_(followers) {
  slots_.reserve(limits::inflight_per_lane_max);
  slots_.resize(usual_orders);
  slots_.clear();
  index_.reserve(wide_index);
  index_.resize(usual_index, InflightOrder::none);
}

// Once, half a millisecond, in memory that was reserved.
void Inflight::widen() noexcept {
  index_.assign(wide_index, InflightOrder::none);
  for (const InflightOrder& order : slots_)
    if (order.state != OrderState::free) index(order);
}

std::uint32_t Inflight::free_slot() noexcept {
  if (free_ == InflightOrder::none) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const std::uint32_t slot = free_;
  free_ = slots_[slot].next;
  // For the order that comes after this one.
  if (free_ != InflightOrder::none) prefetch(slots_[free_]);
  return slot;
}

InflightOrder& Inflight::open(const OrderTerms& terms, Mono now) noexcept {
  ASSERT(!full());
  ASSERT(terms.follower.value < heads_.size());
  if (size_ == usual_orders && index_.size() < wide_index) widen();
  const std::uint32_t slot = free_slot();
  InflightOrder& order = slots_[slot];
  const std::uint32_t generation = order.generation + 1;
  order = InflightOrder{};
  order.slot = slot;
  order.generation = generation;
  order.terms = terms;
  order.sent_qty = terms.qty;
  order.state = OrderState::waiting;
  order.taken = now;
  order.retry_at = now;

  Ends& ends = heads_[terms.follower.value];
  order.previous = ends.last;
  if (ends.last != InflightOrder::none) slots_[ends.last].next = slot;
  else ends.first = slot;
  ends.last = slot;
  ++size_;
  index(order);
  return order;
}

void Inflight::bring_near(const CopyId& id) const noexcept {
  prefetch(index_[home_of(id, index_.size() - 1)]);
}

void Inflight::close(InflightOrder& order) noexcept {
  unindex(order);
  unlink(order);
  order.state = OrderState::free;
  order.request = 0;
  order.next = free_;
  free_ = order.slot;
  --size_;
}

RequestId Inflight::new_request(InflightOrder& order) noexcept {
  order.request = (++serial_ << request_slot_bits) | order.slot;
  return order.request;
}

RequestId Inflight::session_request() noexcept {
  return (++serial_ << request_slot_bits) | no_order;
}

bool Inflight::is_session_request(RequestId id) noexcept {
  return (id & slot_mask) == no_order;
}

InflightOrder* Inflight::by_request(RequestId id) noexcept {
  const RequestId slot = id & slot_mask;
  if (id == 0 || slot >= slots_.size()) return nullptr;
  InflightOrder& order = slots_[static_cast<std::size_t>(slot)];
  return order.state != OrderState::free && order.request == id ? &order : nullptr;
}

InflightOrder* Inflight::by_copy_id(const CopyId& id) noexcept {
  return at(index_[probe(id)]);
}

InflightOrder* Inflight::by_handle(OrderHandle handle) noexcept {
  if (handle.slot >= slots_.size()) return nullptr;
  InflightOrder& order = slots_[handle.slot];
  const bool same = order.state != OrderState::free && order.generation == handle.generation;
  return same ? &order : nullptr;
}

// Where the id stands, or the empty place where it would.
std::size_t Inflight::probe(const CopyId& id) const noexcept {
  const std::size_t mask = index_.size() - 1;
  std::size_t place = home_of(id, mask);
  while (index_[place] != InflightOrder::none && slots_[index_[place]].terms.copy_id != id)
    place = (place + 1) & mask;
  return place;
}

void Inflight::index(const InflightOrder& order) noexcept {
  const std::size_t place = probe(order.terms.copy_id);
  // One order per CopyId: a second would share its client order ids.
  ASSERT(index_[place] == InflightOrder::none);
  index_[place] = order.slot;
}

void Inflight::unindex(const InflightOrder& order) noexcept {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = probe(order.terms.copy_id);
  ASSERT(index_[hole] == order.slot);
  // Whatever follows in the same run moves up, so that no search stops at the hole.
  for (std::size_t i = (hole + 1) & mask; index_[i] != InflightOrder::none; i = (i + 1) & mask) {
    const std::size_t home = home_of(slots_[index_[i]].terms.copy_id, mask);
    const std::size_t from_home = (i - home) & mask;
    const std::size_t from_hole = (i - hole) & mask;
    if (from_home < from_hole) continue;
    index_[hole] = index_[i];
    hole = i;
  }
  index_[hole] = InflightOrder::none;
}

void Inflight::unlink(InflightOrder& order) noexcept {
  Ends& ends = heads_[order.terms.follower.value];
  if (order.previous != InflightOrder::none) slots_[order.previous].next = order.next;
  else ends.first = order.next;
  if (order.next != InflightOrder::none) slots_[order.next].previous = order.previous;
  else ends.last = order.previous;
}

}  // namespace copyd::exec
