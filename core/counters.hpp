// Cells that one agent writes and the supervisor reads: outcomes per follower, stage latencies.
// No lock: each cell has one writer; readers see a moment's view.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/histogram.hpp"
#include "core/reject.hpp"

namespace copyd {

// A number with one writer.
class Cell {
 public:
  void add(std::int64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  std::int64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// How one leader fill ended for one follower. In order of precedence: the first that applies to
// any part of it.
enum class Outcome : std::uint8_t {
  unknown,  // an order of it has no answer yet that can be trusted; being resolved
  failed,   // the venue refused an order for good
  skipped,  // a part was not copied, for a reason (Reject)
  carried,  // the target moved and no order was needed or possible
  copied,   // orders were filled
  none,     // no target moved: no share was held, nothing to do
};
inline constexpr std::size_t outcome_count = 6;
constexpr std::string_view name_of(Outcome o) noexcept {
  constexpr std::array<std::string_view, outcome_count> names{"unknown", "failed", "skipped",
                                                              "carried", "copied", "none"};
  return names[static_cast<std::size_t>(o)];
}

// The stages of one copy, each the time since the stage before it, by our clock.
enum class Stage : std::uint8_t {
  feed,          // recv returned → the frame is decrypted and whole
  decode,        // → the fill is an event
  decide,        // → the order is decided (queue hop included)
  lane,          // → the lane has taken it (queue hop included)
  sign,          // → encoded and signed
  write,         // → send returned
  acknowledged,  // → the venue's answer is decoded
  filled,        // send returned → the order is finished
  fill_to_wire,  // recv returned → send returned: the whole of our share
};
inline constexpr std::size_t stage_count = 9;
constexpr std::string_view name_of(Stage s) noexcept {
  constexpr std::array<std::string_view, stage_count> names{
      "feed", "decode", "decide", "lane", "sign", "write", "acknowledged", "filled",
      "fill_to_wire"};
  return names[static_cast<std::size_t>(s)];
}

// The latency record of one agent. Each agent records only the stages it ends.
struct StageTimes {
  std::array<Histogram, stage_count> of{};
  Histogram& operator[](Stage s) noexcept { return of[static_cast<std::size_t>(s)]; }
  const Histogram& operator[](Stage s) const noexcept { return of[static_cast<std::size_t>(s)]; }
};

// FollowerCells::flattening, while all positions of the account are still to be read and taken.
inline constexpr std::int64_t flattening_takes_positions = 2;

// Written by the copy agent, one per follower. `outcomes` of fills that are still in flight are
// not counted yet, but for `unknown`, which is left again when the order is resolved.
struct FollowerCells {
  std::array<Cell, outcome_count> outcomes;
  std::array<Cell, reject_count> skipped;  // fills whose outcome is skipped, by first reason
  Cell orders;                             // orders handed to the lane
  Cell in_flight;                          // of them, not finished
  Cell state;                              // FollowerState in force
  Cell causes;                             // bit set of the causes that restrict it
  Cell flattening;                         // not 0: being flattened; what waits finishes unfilled
  Cell order_limited;                      // not 0: one order may not be as large as the venue's
  Cell quarantined;                        // symbols on which nothing opens
  // Copies against what they copy: of orders that a fill caused and that filled.
  Cell timed;     // so many had a time of execution, and
  Cell delay_ms;  // so much later than the leader's it was in all, by the venue's clock
  Cell priced;    // so many had a price, and
  Cell worse;     // so much worse than the leader's it was in all, in hundredths of a basis point
  // Of a follower in `shadow`, whose orders no venue sees; money in units of 1e-8.
  Cell is_shadow;
  Cell paper_realised;    // profit of what it has closed
  Cell paper_fees;        // paid
  Cell paper_unrealised;  // of what it holds, at the marks
};

}  // namespace copyd
