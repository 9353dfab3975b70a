// FollowerBook: everything the copy agent keeps about one follower, and every decision about it.
//
//   ledger   per (link, symbol, leader leg): lots, P, T                       (risk/ledger.hpp)
//   leg      per (symbol, leg in the follower's own position mode): A, the orders in flight, E
//
//   A  the follower's position, by our own orders' fills
//   E  A after every order in flight, filled in sending order
//   wanted of a leg: the sum of the T of the symbol's ledgers; in hedge mode the positive ones on
//   LONG, the negative ones on SHORT
//
// Each event method applies one event whole and hands what it decides, in order, to a BookSink. The
// sink must not call back into the book. Pure: no time is read but to stamp orders, and the same
// events give the same orders, bit for bit.
//
// A book starts without a position mode and with the cause `connection` at reduce_only; before the
// mode is known nothing can be sent. Room for `reserved_entries` symbols and as many ledgers is
// reserved at start; a follower that goes beyond it makes the book allocate. Copy agent only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "config/schema.hpp"
#include "core/copy_id.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "journal/records.hpp"
#include "risk/gate.hpp"
#include "risk/ledger.hpp"
#include "risk/order_table.hpp"
#include "risk/policy.hpp"

namespace copyd::risk {

struct Skip {
  std::uint16_t link = 0;  // its place in the follower's list of links
  SymbolId symbol;
  Reject reason = Reject::missed;
};

// Receives what a book decides, in order.
class BookSink {
 public:
  virtual void on_order(const Order& order) noexcept = 0;
  virtual void on_skip(const Skip& skip) noexcept = 0;
  // One link has done its part of a fill; `moved`: its target changed.
  virtual void on_link_done(bool moved) noexcept = 0;

 protected:
  ~BookSink() = default;
};

// What all books of one copy agent share. All of it outlives them.
struct BookShared {
  const SymbolTable& symbols;
  std::span<const Price> last_prices;    // by SymbolId; 0: not known
  std::span<const NameKey> symbol_keys;  // by SymbolId
  std::span<const NameKey> leader_keys;  // by LeaderId
  OrderTable& orders;
  std::int64_t& settle_number;  // n of the next settle(n)
  const Gate& gate;
  // Of the orders that the present event makes: attempts that the journal may have lost, so that
  // they may be at the venue already.
  const std::uint8_t& doubts;
};

class FollowerBook {
 public:
  static constexpr std::size_t reserved_entries = 64;

  struct Setup {
    FollowerId id;
    NameKey key = 0;
    std::vector<LinkPolicy> links;  // in the file's order
    OrderLimits limits;
  };
  FollowerBook(Setup setup, const BookShared& shared);

  // ---- events ----------------------------------------------------------------------------------

  struct FillSeen {
    const LeaderFill& fill;
    std::optional<std::chrono::milliseconds> age;  // empty: the venue's time is not known
    Mono now;
  };
  // REQUIRES: the fill's price is already the symbol's last price.
  void fill(const FillSeen& seen, BookSink& sink);

  // An order finished. `if_missing` names the skip of an increase that did not fill whole.
  void result(OrderRef ref, Qty filled, Reject if_missing, BookSink& sink);
  // An order finished and its leg is not settled: its position is about to be handed over.
  void finish(OrderRef ref, Qty filled) noexcept;

  void follower_equity(std::optional<Usd> equity) noexcept;
  void leader_equity(LeaderId leader, std::optional<Usd> equity) noexcept;
  void set_state(StateCause cause, FollowerState state, BookSink& sink);
  // False: refused, because the mode differs from the one in which the book holds something.
  bool set_mode(PositionMode mode) noexcept;
  void leader_position(const LeaderPosition& position, BookSink& sink);
  // An order in flight was decided before we heard of this and fills after it: the position was
  // read while the lane had none of the leg on the wire, and it tells in that order. False: not
  // applied, because the leg is not one of the follower's mode.
  bool follower_position(const FollowerPosition& position);

  // ---- what it holds ---------------------------------------------------------------------------

  FollowerId id() const noexcept { return setup_.id; }
  const std::vector<LinkPolicy>& links() const noexcept { return setup_.links; }
  std::optional<PositionMode> mode() const noexcept { return mode_; }
  FollowerState state() const noexcept;               // the strictest of all causes
  std::uint32_t restricting_causes() const noexcept;  // bit set of StateCause
  bool follows(LeaderId leader) const noexcept;

  struct LegRow {
    SymbolId symbol;
    Leg leg = Leg::both;
    Qty target;
    Qty position;
    Qty effective;
    Qty in_flight;  // signed sum
    std::uint32_t open_orders = 0;
  };
  // Rows of all legs of every symbol that has a ledger or a position so far; none before the mode
  // is known. REQUIRES: i < rows().
  std::size_t rows() const noexcept;
  LegRow row(std::size_t i) const noexcept;

  // P and T of one ledger; empty when there is none.
  struct LedgerRow {
    std::uint16_t link = 0;
    SymbolId symbol;
    Leg leg = Leg::both;
    Qty leader_position;
    Qty target;
  };
  std::size_t ledgers() const noexcept { return ledgers_.size(); }
  LedgerRow ledger_row(std::size_t i) const noexcept;

  // ---- kept over a restart (follower_book_rows.cpp)
  // ----------------------------------------------
  //
  // A book as rows (journal/records.hpp), and a fresh book made the same by them, in the order
  // saved. Cold; allocates. A row that does not fit this book's links is dropped, and said so by
  // `false`. Its orders are not among them: who keeps the order table saves those.

  void save(journal::RowSink& sink) const;
  bool restore(const journal::Follower& row);
  bool restore(const journal::LinkEquity& row);
  bool restore(const journal::Ledger& row);
  bool restore(const journal::Lot& row);  // of the ledger restored last
  bool restore(const journal::HeldLeg& row);

  // The orders in flight of each leg, in sending order.
  template <class Visit>
  void each_open_order(Visit visit) const {
    for (const SymbolEntry& entry : symbols_)
      for (const FollowerLeg& leg : entry.legs)
        for (std::uint32_t slot = leg.first; slot != no_slot; slot = shared_.orders.at(slot).next)
          visit(slot);
  }
  // The leader's leg of the ledger that asked for an order; empty: none did.
  std::optional<Leg> asking_leg(const OpenOrder& order) const noexcept;
  // An order that was in flight, behind those of its leg that were restored before it. Empty: the
  // leg is not one of the follower's mode.
  std::optional<OrderRef> restore(const journal::OpenOrder& row);

 private:
  using Index = std::uint16_t;
  static constexpr Index none = UINT16_MAX;

  struct LedgerEntry {
    Ledger ledger;
    Index link = 0;
    Index next = none;  // of the same symbol, by (link, leg)
    Leg leg = Leg::both;
    bool out_of_sync = false;
  };

  struct FollowerLeg {
    Qty position;   // A
    Qty effective;  // E
    Qty in_flight;
    std::uint32_t first = no_slot;  // orders in flight, in sending order
    std::uint32_t last = no_slot;
    std::uint32_t open_orders = 0;
  };

  struct SymbolEntry {
    SymbolId symbol;
    Index first_ledger = none;
    std::array<FollowerLeg, 2> legs;  // one-way: BOTH; hedge: LONG, SHORT
  };

  struct LinkState {
    std::optional<Usd> leader_equity;
    std::optional<Ratio> equity_ratio;  // R
  };

  // One event while it is applied: what its orders are stamped with.
  struct Turn {
    BookSink& sink;
    CopyCause cause;
    bool numbered = false;  // `cause` is complete; settle(n) takes its n with the first order
    std::uint32_t ordinal = 0;
    Mono received;
    std::uint32_t decoded_ns = 0;
    Mono expires;  // of increases
  };

  // Who asks for a settlement, and in which direction.
  struct Ask {
    Index link = 0;
    Index ledger = none;  // gives up first
    int moved = 0;        // 0: no fill asks, only what reduces is sent
  };

  void copy(Index link, const FillSeen& seen, Turn& turn);
  Qty closing_part(const LedgerEntry& entry, Qty change) const noexcept;
  Ledger::Opening opening(Index link, const FillSeen& seen, const LedgerEntry& entry, Qty quantity,
                          Turn& turn) const;
  std::optional<Reject> denial(Index link, const FillSeen& seen,
                               const LedgerEntry& entry) const noexcept;
  void correct(Index link, const LeaderPosition& position, Turn& turn);

  // In follower_book_settle.cpp.
  using LegSet = std::array<bool, 2>;
  void settle(Index symbol, const Ask& ask, LegSet legs, Turn& turn);
  void send(Index symbol, std::uint8_t leg, const Ask& ask, const Intent& intent,
            Admission& admission, Turn& turn);
  void open_order(Index symbol, std::uint8_t leg, const Ask& ask, OrderTerms terms,
                  Admission& admission, Turn& turn);
  void settle_all_reducing(Turn& turn);
  void lower_to_effective(Index symbol, std::uint8_t leg, Index first_ledger) noexcept;
  void give_up(Index symbol, std::uint8_t leg, Qty quantity, Index first_ledger) noexcept;
  void chain(OrderRef ref) noexcept;
  void close_order(OrderRef ref, const OpenOrder& order, Qty filled) noexcept;
  void renew_effective(FollowerLeg& held) const noexcept;
  Qty wanted(const SymbolEntry& entry, std::uint8_t leg) const noexcept;
  Usd worth_elsewhere(Index symbol, std::uint8_t leg) const noexcept;
  LegView view(const SymbolEntry& entry, std::uint8_t leg) const noexcept;
  Price last_price(SymbolId symbol) const noexcept { return shared_.last_prices[symbol.value]; }
  bool tradable(SymbolId symbol) const noexcept;

  std::uint8_t leg_count() const noexcept { return mode_ == PositionMode::hedge ? 2 : 1; }
  Leg leg_at(std::uint8_t i) const noexcept;
  std::optional<std::uint8_t> leg_index(Leg leg) const noexcept;
  Turn silent_turn(BookSink& sink) const noexcept;

  Index find_symbol(SymbolId symbol) const noexcept;
  Index symbol_entry(SymbolId symbol);
  Index ledger_entry(Index symbol, Index link, Leg leg);
  void renew_equity_ratio(Index link) noexcept;

  const Setup setup_;
  const BookShared& shared_;
  std::optional<PositionMode> mode_;
  std::array<FollowerState, state_cause_count> states_{};
  std::optional<Usd> equity_;
  std::vector<LinkState> link_states_;

  std::vector<SymbolEntry> symbols_;
  std::vector<Index> by_symbol_;  // indices into symbols_, sorted by SymbolId
  std::vector<LedgerEntry> ledgers_;
  Index restoring_ = none;  // the ledger whose lots come next
};

}  // namespace copyd::risk
