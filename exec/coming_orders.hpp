// ComingOrders: a lane's end of its queue. Orders are taken from it some at a time, so that what
// they will touch can be asked for together (core/prefetch.hpp), and given out one by one: the rest
// of a group waits here, where a pass that has lasted long enough ends. Owned by one lane.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/channel.hpp"
#include "core/flow.hpp"
#include "core/limits.hpp"

namespace copyd::exec {

class ComingOrders {
 public:
  explicit ComingOrders(Channel<Order>& queue) noexcept : queue_(queue) {}

  // Neither here nor in the queue is one.
  bool empty() const noexcept { return next_ == count_ && queue_.size() == 0; }
  // The group is given out: another has to be taken.
  bool group_is_over() const noexcept { return next_ == count_; }
  // What was taken and not given out; empty when the queue is. REQUIRES: group_is_over().
  std::span<const Order> take_group() noexcept {
    next_ = 0;
    count_ = queue_.try_pop(std::span(group_));
    return std::span(group_).first(count_);
  }
  // In the order of the queue; valid until the next group. REQUIRES: the group is not over.
  const Order& next() noexcept { return group_[next_++]; }

 private:
  Channel<Order>& queue_;
  std::array<Order, limits::near_group> group_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace copyd::exec
