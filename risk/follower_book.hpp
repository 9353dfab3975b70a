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
// What protects the follower restricts openings alone: order limits, loss limits, the breaker, a
// quarantine. No close is ever held up by one of them.
//
//   loss limits  risk/loss_limits.hpp; checked at every equity
//   collar       a fill whose price is further from the mark than it allows opens nothing; nor does
//                one of a symbol whose mark is not known, or was told more than 30 s ago
//   breaker      three increases refused for good within 60 s (the 60th second is within):
//                reduce_only until `resume`
//   no equity    where a limit or a sizing needs the equity and it is not known for 10 minutes,
//                nothing opens; what is sized by it does not open from the first moment on
//   quarantine   an order on the symbol is unknown for long: nothing opens on it before it is known
//
// A flatten closes what the book holds (follower_book_flatten.cpp): while it goes on the book is
// reduce_only, also if it was halted, and settles nothing but the flatten. Each leg that holds
// something gets MARKET closes of it, once no reduction or flip of it is in flight; increases in
// flight are not waited for, what they bring is closed when they bring it. When every leg is flat
// and nothing is in flight, all targets go to 0 and the book is halted by who asked for it: the
// operator, or the breach. `everything` first waits for the positions of the whole account. To set
// the cause of who asked to `active` ends it: what is still held then is held on.
//
// A book starts without a position mode and with the cause `connection` at reduce_only; before the
// mode is known nothing can be sent. Room for `reserved_entries` symbols and as many ledgers is
// reserved at start; a follower that goes beyond it makes the book allocate. Copy agent only.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "config/schema.hpp"
#include "core/copy_id.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "journal/records.hpp"
#include "risk/decision_sink.hpp"
#include "risk/gate.hpp"
#include "risk/ledger.hpp"
#include "risk/loss_limits.hpp"
#include "risk/order_table.hpp"
#include "risk/policy.hpp"

namespace copyd::risk {

struct Skip {
  std::uint16_t link = 0;  // its place in the follower's list of links
  SymbolId symbol;
  Reject reason = Reject::missed;
};

// What a book has done to protect its follower, for a person to read about.
struct Alarm {
  enum class Kind : std::uint8_t {
    daily_loss,
    equity_floor,
    drawdown,
    breaker,
    no_equity,         // the first fill that is not opened for it
    flattened,         // all closed and halted
    flatten_not_whole  // the same, but for what the venue takes no order for
  };
  Kind kind = Kind::breaker;
  Usd equity{};  // net equity; for the floor the equity itself
  Usd base{};    // what it is measured from
};

// Receives what a book decides, in order.
class BookSink {
 public:
  virtual void on_order(const Order& order) noexcept = 0;
  virtual void on_skip(const Skip& skip) noexcept = 0;
  // One link has done its part of a fill; `moved`: its target changed.
  virtual void on_link_done(bool moved) noexcept = 0;
  virtual void on_alarm(const Alarm&) noexcept {}

 protected:
  ~BookSink() = default;
};

// The mark of a symbol, and when it was told. It counts for `age_max`.
struct KnownMark {
  static constexpr std::chrono::seconds age_max{30};
  Price price;  // 0: not known
  Mono at;
};

// Of the configuration that a start reads.
inline constexpr std::uint32_t first_generation = 1;

// What all books of one copy agent share. All of it outlives them.
struct BookShared {
  const SymbolTable& symbols;
  std::span<const Price> last_prices;    // by SymbolId; 0: not known
  std::span<const NameKey> symbol_keys;  // by SymbolId
  std::span<const NameKey> leader_keys;  // by LeaderId
  OrderTable& orders;
  std::int64_t& settle_number;  // n of the next settle(n)
  const Gate& gate;
  // Not 0: the journal may have lost that the present event was decided before, so that its orders
  // may be at the venue already, each by as many attempts as lost_attempts() says.
  const std::uint8_t& doubts;
  std::span<const KnownMark> marks{};  // by SymbolId
  DecisionSink* decisions = nullptr;   // watches; null on the path
  // Of the configuration that decides now; every order is stamped with it.
  const std::uint32_t& generation = first_generation;
};

class FollowerBook {
 public:
  static constexpr std::size_t reserved_entries = 64;
  static constexpr std::size_t reserved_links = 8;

  struct Setup {
    FollowerId id;
    NameKey key = 0;
    std::vector<LinkPolicy> links;  // in the file's order
    OrderLimits limits;
    LossRules losses{};
    bool paper = false;
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
  // Asks for the memory that a fill of this symbol will touch.
  void bring_near(SymbolId symbol) const noexcept;

  // Decides by another configuration from now on, of the same links and maybe new ones behind them;
  // what it decided by is left in `policy`. A book on paper may begin to trade: what it had on paper
  // is dropped, and it waits to be told the account's mode. REQUIRES: it does not go on paper.
  void renew(FollowerPolicy& policy, Mono now) noexcept;
  // A link is new, and its leader holds this: it is there, and not copied.
  void begin_link(std::uint16_t link, const LeaderPosition& held, BookSink& sink);

  // An order finished. `if_missing` names the skip of an increase that did not fill whole.
  void result(OrderRef ref, Qty filled, Reject if_missing, BookSink& sink);
  // An order finished and its leg is not settled: its position is about to be handed over.
  void finish(OrderRef ref, Qty filled) noexcept;

  void follower_equity(std::optional<Usd> equity) noexcept;
  // The same, and the loss limits are checked.
  void equity_seen(const SetFollowerEquity& seen, Mono now, BookSink& sink);
  // The follower can be served from now on: where its equity is not known, it is so since now.
  void served(Mono now) noexcept;
  void leader_equity(LeaderId leader, std::optional<Usd> equity) noexcept;
  // `active` for `breach` and `breaker` arms them again.
  void set_state(StateCause cause, FollowerState state, BookSink& sink);
  // The venue refused an increase for good. After `result`.
  void increase_refused(Mono now, BookSink& sink);
  // An order is unknown for long. REQUIRES: it is open.
  void quarantine(OrderRef ref) noexcept;

  // To be gone on with at once, and after each event: what it does next.
  void flatten(bool everything) noexcept;
  void positions_taken() noexcept;
  void go_on_flattening(BookSink& sink);
  // False: refused, because the mode differs from the one in which the book holds something.
  bool set_mode(PositionMode mode) noexcept;
  void leader_position(const LeaderPosition& position, BookSink& sink);
  // An order in flight was decided before we heard of this and fills after it: the position was
  // read while the lane had none of the leg on the wire, and it tells in that order. False: not
  // applied, because the leg is not one of the follower's mode.
  bool follower_position(const FollowerPosition& position);
  void leader_synced(LeaderId leader) noexcept;
  // While `adopting`, after each event: opens what was held at first, if it is known how.
  void adopt(Mono now, BookSink& sink);
  bool adopting() const noexcept { return adopting_ != 0; }

  // A book on paper (`shadow`): its orders are filled at the mark, and never leave.
  bool on_paper() const noexcept { return setup_.paper; }
  // Says of `done.ref` how much, and at which price.
  void fill_on_paper(OrderDone& done, Mono now) noexcept;
  struct PaperResult {
    Usd realised, fees, unrealised;  // fees apart
  };
  PaperResult paper_result() const noexcept;

  // ---- what it holds ---------------------------------------------------------------------------

  FollowerId id() const noexcept { return setup_.id; }
  const std::vector<LinkPolicy>& links() const noexcept { return setup_.links; }
  std::optional<PositionMode> mode() const noexcept { return mode_; }
  FollowerState state() const noexcept;               // the strictest of all causes; reduce_only
                                                      // in a flatten
  std::uint32_t restricting_causes() const noexcept;  // bit set of StateCause
  bool follows(LeaderId leader) const noexcept;
  bool flattening() const noexcept { return flatten_.stage != Flattening::Stage::none; }
  bool awaits_positions() const noexcept { return flatten_.stage == Flattening::Stage::everything; }
  std::size_t quarantined_symbols() const noexcept;
  // One order that increases may not be as large as the venue takes it.
  bool limits_orders() const noexcept {
    return setup_.limits.max_order_notional.has_value() || !setup_.limits.max_order_qty.empty();
  }

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

  // ---- kept over a restart (follower_book_rows.cpp) --------------------------------------------
  //
  // A book as rows (journal/records.hpp), and a fresh book made the same by them, in the order
  // saved. Cold; allocates. A row that does not fit this book's links is dropped, and said so by
  // `false`. Its orders are not among them: who keeps the order table saves those.

  // `refused_mode`: of its account, as the Copier keeps it.
  void save(journal::RowSink& sink, std::optional<PositionMode> refused_mode) const;
  bool restore(const journal::Follower& row);
  bool restore(const journal::LinkEquity& row);
  bool restore(const journal::Ledger& row);
  bool restore(const journal::Lot& row);  // of the ledger restored last
  bool restore(const journal::HeldLeg& row);
  bool restore(const journal::LossBase& row);
  bool restore(const journal::Paper& row);
  bool restore(const journal::Adopting& row);

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
  std::optional<OrderRef> restore(const journal::OpenOrder& row, std::uint32_t generation,
                                  Joined joined = Joined::no);

 private:
  using Index = std::uint16_t;
  static constexpr Index none = UINT16_MAX;

  struct LedgerEntry {
    Ledger ledger;
    Index link = 0;
    Index next = none;  // of the same symbol, by (link, leg)
    Leg leg = Leg::both;
    bool out_of_sync = false;
    bool adopting = false;
  };

  struct FollowerLeg {
    Qty position;   // A
    Qty effective;  // E
    Qty in_flight;
    std::uint32_t first = no_slot;  // orders in flight, in sending order
    std::uint32_t last = no_slot;
    std::uint32_t open_orders = 0;
    Usd cost;  // on paper: of what is held
  };

  struct SymbolEntry {
    SymbolId symbol;
    Index first_ledger = none;
    std::array<FollowerLeg, 2> legs;  // one-way: BOTH; hedge: LONG, SHORT
    std::uint16_t quarantined = 0;    // its orders that are
  };

  struct Flattening {
    enum class Stage : std::uint8_t { none, held, everything };
    Stage stage = Stage::none;
    bool by_operator = false;
    bool by_breach = false;
  };

  struct LinkState {
    std::optional<Usd> leader_equity;
    std::optional<Ratio> equity_ratio;  // R
    bool adopting = false;              // until its leader's first positions are told
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
    std::optional<Reject> opens_denied{};
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
  std::optional<Reject> denial(Index link, const FillSeen& seen, const LedgerEntry& entry,
                               const Turn& turn) const noexcept;
  void correct(Index link, const LeaderPosition& position, Turn& turn);
  int settle_moved(Index symbol, Index ledger, Qty before, Turn& turn);
  void tell_leg(const Gate::Question& question, SymbolId symbol, std::uint8_t leg,
                Index link) const;

  // In follower_book_protection.cpp.
  std::optional<Reject> opens_denied(const FillSeen& seen, BookSink& sink) noexcept;
  bool within_collar(const FillSeen& seen) const noexcept;
  void breach(Breach breach, Usd equity, BookSink& sink);
  bool wants_equity() const noexcept;

  // In follower_book_adopt.cpp and follower_book_paper.cpp.
  void mark_adopting(LedgerEntry& entry, bool adopting) noexcept;
  bool can_adopt(SymbolId symbol, Index link, Mono now) const noexcept;
  void adopt_leg(Index symbol, Index at, Mono now, BookSink& sink);
  void leave_paper() noexcept;
  void save_adopting(journal::RowSink& sink) const;
  void save_paper(journal::RowSink& sink) const;

  // In follower_book_flatten.cpp.
  std::uint8_t flattening_bits() const noexcept;
  bool close_leg(Index symbol, std::uint8_t leg, Turn& turn);
  void end_flatten(bool whole, BookSink& sink);
  void abandon_flatten() noexcept;

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

  Setup setup_;
  const BookShared& shared_;
  std::optional<PositionMode> mode_;
  std::array<FollowerState, state_cause_count> states_{};
  std::optional<Usd> equity_;
  std::vector<LinkState> link_states_;

  LossLimits loss_;
  bool needs_equity_;            // a limit or a sizing does
  std::optional<Mono> unknown_since_;  // the equity; while it is not known
  bool no_equity_told_ = false;
  static constexpr std::size_t refusals_max = 3;
  std::array<std::optional<Mono>, refusals_max - 1> refusals_;  // the last ones, oldest first
  std::uint32_t quarantined_orders_ = 0;
  Flattening flatten_;
  std::uint32_t adopting_ = 0;  // ledgers
  Usd paper_realised_, paper_fees_;

  std::vector<SymbolEntry> symbols_;
  std::vector<Index> by_symbol_;  // indices into symbols_, sorted by SymbolId
  std::vector<LedgerEntry> ledgers_;
  Index restoring_ = none;  // the ledger whose lots come next
};

}  // namespace copyd::risk
