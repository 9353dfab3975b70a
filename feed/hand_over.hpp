// The hand-over: in which order fills and positions go to the copy agent when a stream has just
// been opened. Pure.
//
// Two facts rule it. A position row holds every trade up to its update time and none after it; a
// leg without a row is flat, and what it holds ends when the question was asked, by the venue's
// clock. And the copy agent takes a fill for a change and a position for a fact: a position handed
// over before a fill that it contains would turn that fill into a second one.
#pragma once

#include <span>
#include <vector>

#include "core/flow.hpp"
#include "feed/leader_book.hpp"
#include "venue/account_codec.hpp"

namespace copyd::feed {

// One reading of all positions.
struct Snapshot {
  struct Row {
    LegName leg;
    Qty qty;
    VenueTime as_of;
  };
  VenueTime asked;
  std::vector<Row> rows;

  const Row* find(LegName leg) const noexcept;
  // Rows of symbols that exchangeInfo does not list are left out.
  static Snapshot of(VenueTime asked, const std::vector<venue::PositionRisk>& positions);
};

// The positions that copying starts from.
//
// A leg without a row leaves a doubt if a fill on it is held that traded after the question was
// asked: did the venue answer before or after that trade? Applying it to the wrong one of the two
// would turn a close into an opening. Another reading tells.
class StartingPositions {
 public:
  void clear() noexcept { *this = StartingPositions{}; }
  bool empty() const noexcept { return asked_.ms == 0; }
  void read(const Snapshot& snapshot, std::span<const LeaderFill> held);
  bool doubtful(std::span<const LeaderFill> held);

  // Positions first, then the held fills that they do not contain. Appends to `out`.
  void hand_over(LeaderId leader, std::span<const LeaderFill> held, LeaderBook& book,
                 std::vector<LeaderEvent>& out) const;

 private:
  struct Start {
    Snapshot::Row row;
    bool sure = true;
  };
  Start* find(LegName leg) noexcept;

  VenueTime asked_{};
  std::vector<Start> starts_;
};

// The symbols on which a reading differs from what is known: the book, trades found by asking, and
// the fills held. Sorted.
std::vector<SymbolId> differing_symbols(const LeaderBook& book, std::span<const LeaderFill> found,
                                        std::span<const LeaderFill> held, const Snapshot& snapshot);

// After a reconnect: `found` in order of time, each symbol's trades in order of their ids, then
// `held` as they came, each trade once; each leg's position after the last fill that it contains.
// The snapshot was read after `found`. Appends to `out`; returns how many of `found` were fresh.
int hand_over_again(LeaderId leader, std::vector<LeaderFill> found,
                    std::span<const LeaderFill> held, const Snapshot& snapshot, LeaderBook& book,
                    std::vector<LeaderEvent>& out);

// Trades of a loss that were listed only after the leader was live again. Their sum on a leg is
// nothing, for the position was explained without them.
//
// Where nothing traded on the leg since, they are handed over in order and all is as if they had
// been found in time. Where something did, they come too late to go before it: to open and close
// then would change what came after them, at a price of its own. They stay what the position handed
// over contains. Appends to `out`.
struct LateFills {
  int handed = 0;
  int contained = 0;
};
LateFills hand_over_late(std::vector<LeaderFill> found, LeaderBook& book,
                         std::vector<LeaderEvent>& out);

}  // namespace copyd::feed
