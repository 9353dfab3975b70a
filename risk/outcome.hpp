// OutcomeTable: how each leader fill ended for each follower, one of six (core/counters.hpp).
//
// A record is opened when a fill is handed to a follower's book, collects what the book and the
// lane say about its orders, and is counted into the follower's cells when its last order is
// finished. The outcome is the first of these that applies to any part of the fill:
//
//   unknown   an order of it is with the venue and its fate cannot be told; counted while it is so
//   failed    the venue refused an order of it for good
//   skipped   a part was not copied; counted under the first reason (below_min is not one of them)
//   carried   a target moved and no order was needed or possible
//   copied    orders were filled
//   none      no target moved
//
// An order of it that has filled is compared with the fill, by time and price, and its follower's
// cells sum that up.
//
// Reserved at start: a record lives no longer than an order of its fill, so there are never more
// of them than open orders, and one. Copy agent only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/units.hpp"
#include "risk/decision_sink.hpp"
#include "risk/order_table.hpp"

namespace copyd::risk {

class OutcomeTable {
 public:
  explicit OutcomeTable(std::size_t capacity, DecisionSink* decisions = nullptr);

  // A fill is handed to a follower, and the follower's book is done with it. In between the record
  // stays, whatever becomes of its orders. A fill of an earlier run is not known any more, and
  // nothing is compared with it.
  struct Traded {
    VenueTime time;
    Price price;
  };
  std::uint32_t begin(FollowerCells& cells, const Traded& fill = {});
  void end(std::uint32_t slot) noexcept;

  // What the book decides. `slot` may be no_slot everywhere below: then nothing is recorded.
  void order(std::uint32_t slot) noexcept;
  void skip(std::uint32_t slot, Reject reason) noexcept;
  void link_done(std::uint32_t slot, bool moved) noexcept;

  // What becomes of its orders.
  void order_unknown(std::uint32_t slot) noexcept;
  struct Finished {
    bool was_unknown = false;
    bool refused = false;
    Qty filled;
    Price average{};     // 0: not known
    VenueTime traded{};  // of the last execution
    bool buys = false;
  };
  void order_finished(std::uint32_t slot, const Finished& finished) noexcept;

  // Counts the outcome and frees the record if nothing of it is open any more.
  void conclude(std::uint32_t slot) noexcept;

  std::size_t size() const noexcept { return size_; }

  // A record as it stands, and the same again, before its orders are: each of them is then told
  // with `restore_order`. REQUIRES: `slot` is open.
  struct Row {
    std::optional<Reject> first_skip;
    bool failed = false;
    bool carried = false;
    bool filled = false;
    bool moved = false;
  };
  Row row(std::uint32_t slot) const noexcept;
  std::uint32_t restore(FollowerCells& cells, const Row& row);
  void restore_order(std::uint32_t slot, bool unknown) noexcept;

 private:
  struct Record {
    FollowerCells* cells = nullptr;
    Traded fill;
    std::uint32_t open_parts = 0;  // orders that are not finished, and the book's own turn
    std::uint32_t unknown_orders = 0;
    std::optional<Reject> first_skip;
    bool failed = false;
    bool carried = false;
    bool filled = false;
    bool moved = false;
    // Of the link that is being copied just now.
    bool link_ordered = false;
    bool link_skipped = false;
    std::uint32_t next_free = no_slot;
  };
  Outcome outcome_of(const Record& record) const noexcept;
  static void compare(const Record& record, const Finished& finished) noexcept;

  DecisionSink* const decisions_;  // hears of each outcome; may be null
  std::vector<Record> records_;
  std::uint32_t free_ = no_slot;
  std::size_t size_ = 0;
};

}  // namespace copyd::risk
