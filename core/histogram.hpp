// Histogram: how long something took, in nanoseconds, in fixed memory.
//
// Log-linear: 32 buckets per power of two, so a percentile is at most 3 % above the true value.
// One thread records; any thread may read at any time (a reader sees a moment's view, never a torn
// number). Recording is an index computation and one relaxed store; nothing is allocated.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace copyd {

class Histogram {
 public:
  static constexpr int precision_bits = 5;
  static constexpr std::size_t per_octave = std::size_t{1} << precision_bits;
  static constexpr std::size_t buckets = (64 - precision_bits + 1) * per_octave;

  // Negative durations (a clock read on two cores) count as zero.
  void record(std::int64_t ns) noexcept {
    const auto value = ns < 0 ? std::uint64_t{0} : static_cast<std::uint64_t>(ns);
    bump(counts_[index_of(value)]);
  }

  // Adds another histogram's counts. For readers that merge several lanes.
  void merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets; ++i) {
      const auto n = other.counts_[i].load(std::memory_order_relaxed);
      counts_[i].store(counts_[i].load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
  }

  std::uint64_t count() const noexcept {
    std::uint64_t total = 0;
    for (const auto& c : counts_) total += c.load(std::memory_order_relaxed);
    return total;
  }

  // What one bucket holds; its values are at most upper_edge(index).
  std::uint64_t count_of(std::size_t index) const noexcept {
    return counts_[index].load(std::memory_order_relaxed);
  }

  // The upper edge of the bucket that holds the given share, in parts of 10,000 (p50 = 5000,
  // p99.9 = 9990). 0 when nothing was recorded.
  std::uint64_t percentile(std::uint32_t parts_of_10000) const noexcept {
    const std::uint64_t total = count();
    if (total == 0) return 0;
    std::uint64_t rank = (total * parts_of_10000 + 9999) / 10000;
    if (rank == 0) rank = 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
      seen += counts_[i].load(std::memory_order_relaxed);
      if (seen >= rank) return upper_edge(i);
    }
    return upper_edge(buckets - 1);
  }

  static constexpr std::size_t index_of(std::uint64_t value) noexcept {
    if (value < per_octave) return static_cast<std::size_t>(value);
    const int octave = static_cast<int>(std::bit_width(value)) - 1 - precision_bits;  // ≥ 0
    const auto mantissa = static_cast<std::size_t>(value >> octave) - per_octave;
    return (static_cast<std::size_t>(octave) + 1) * per_octave + mantissa;
  }
  static constexpr std::uint64_t upper_edge(std::size_t index) noexcept {
    if (index < per_octave) return index;
    const std::size_t octave = index / per_octave - 1;
    const std::uint64_t mantissa = per_octave + index % per_octave;
    return ((mantissa + 1) << octave) - 1;
  }

 private:
  static void bump(std::atomic<std::uint64_t>& cell) noexcept {
    cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::array<std::atomic<std::uint64_t>, buckets> counts_{};
};

}  // namespace copyd
