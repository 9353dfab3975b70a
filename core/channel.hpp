// Channel<T>: the only door between two threads. One producer, one consumer, bounded, no lock and
// no allocation after construction. Full is a fact for the producer to answer (see limits.hpp),
// and is counted; nobody ever waits.
//
// The queue is moodycamel's ConcurrentQueue with explicit tokens. Its own capacity is rounded to
// blocks, so the bound is kept here: `size_` counts what is inside. A block is used again as soon
// as it is empty, so of a large queue only as much memory is touched as was ever in it at once, and
// the head of each block.
#pragma once

#include <concurrentqueue/concurrentqueue.h>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "core/limits.hpp"

namespace copyd {

template <class T>
class Channel {
 public:
  explicit Channel(std::size_t capacity)
      : capacity_(capacity),
        // Two spare blocks: the explicit producer may hold one partly filled block at each end.
        queue_(capacity + 2 * Queue::BLOCK_SIZE),
        producer_(queue_),
        consumer_(queue_) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Producer's thread. False: full, `value` is untouched, and `full_count` has grown.
  bool try_push(T&& value) noexcept {
    // Counted before it is visible, so that the consumer never takes the count below zero.
    if (size_.fetch_add(1, std::memory_order_acq_rel) >= capacity_ ||
        !queue_.try_enqueue(producer_, std::move(value))) {
      size_.fetch_sub(1, std::memory_order_release);
      full_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    return true;
  }
  bool try_push(const T& value) noexcept {
    T copy = value;
    return try_push(std::move(copy));
  }

  // Consumer's thread.
  bool try_pop(T& out) noexcept {
    if (!queue_.try_dequeue(consumer_, out)) return false;
    size_.fetch_sub(1, std::memory_order_release);
    return true;
  }

  // As many as there are and `out` has room for.
  std::size_t try_pop(std::span<T> out) noexcept {
    const std::size_t count = queue_.try_dequeue_bulk(consumer_, out.begin(), out.size());
    if (count != 0) size_.fetch_sub(count, std::memory_order_release);
    return count;
  }

  // Any thread; a moment's view.
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  std::size_t capacity() const noexcept { return capacity_; }
  std::uint64_t full_count() const noexcept { return full_.load(std::memory_order_relaxed); }

 private:
  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    // Several pages of orders or reports, of which the head of a block touches one.
    static constexpr std::size_t BLOCK_SIZE = 256;
    static constexpr std::size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 0;
  };
  using Queue = moodycamel::ConcurrentQueue<T, Traits>;

  const std::size_t capacity_;
  Queue queue_;
  moodycamel::ProducerToken producer_;
  moodycamel::ConsumerToken consumer_;
  alignas(limits::cache_line) std::atomic<std::size_t> size_{0};
  std::atomic<std::uint64_t> full_{0};
};

}  // namespace copyd
