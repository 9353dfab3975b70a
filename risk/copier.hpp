// Copier: the agent of the copy station. Leader events, reports and commands in; orders out.
//
//   leader events ──▶ ┌────────┐ ──orders[k]──▶ lane k
//   commands ───────▶ │ Copier │ ◀─reports[k]──
//                     └────────┘ ──answers, notices──▶ supervisor
//
// It owns every FollowerBook and is the only one who changes them. An order is handed to its lane
// as soon as it is decided, inside the loop over the followers, so follower 1 does not wait for
// follower N; which follower comes first rotates with every fill. Where lanes share the thread, a
// fill is decided in portions, a pass each, and nothing else is applied in between: a replay, which
// decides it at once, comes out the same.
//
// The orders of a follower on paper (`shadow`) reach no lane: each finishes here, at the mark, when
// what decided it is done.
//
// A lane never has more than limits::inflight_per_lane_max orders of ours. Where it has no room an
// increase finishes unfilled (`lane_full`), and a reduction waits here and leaves first when there
// is room again; it does not leave while its follower is halted.
//
// Every input is written to the journal before it is applied, in the order applied, so that the
// same inputs, replayed into a fresh Copier, make the same books. Time, where it decides anything,
// is that of the record. A start replays what the last run
// wrote and hands the books to the Copier that goes on, row by row (copier_journal.cpp). Where the
// journal cannot be written nothing increases any more; closes go on.
//
// A reload (risk/reload.hpp) is applied between two inputs: every order is decided under the one
// configuration or under the other, and is stamped with its generation.
//
// Nothing is allocated for a fill or a report after start, as long as a follower stays within what
// its book reserves (risk/follower_book.hpp). Runs on one thread; `in_flight` may be asked from
// any.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "config/schema.hpp"
#include "core/agent.hpp"
#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "core/symbols.hpp"
#include "journal/records.hpp"
#include "journal/writer.hpp"
#include "risk/follower_book.hpp"
#include "risk/gate.hpp"
#include "risk/order_table.hpp"
#include "risk/outcome.hpp"
#include "risk/reload.hpp"

namespace copyd::risk {

// All references outlive the Copier.
struct CopierSetup {
  struct Follower {
    const config::Follower& config;
    std::size_t lane = 0;  // index into `lanes`; of one that a reload brings: id % lanes
  };
  struct Lane {
    Channel<Order>& orders;
    Channel<Report>& reports;
  };
  std::span<const config::Leader> leaders;  // by LeaderId
  std::span<const Follower> followers;      // by FollowerId
  std::span<const Lane> lanes;
  const SymbolTable& symbols;
  const Clock& clock;
  Channel<LeaderEvent>& leader_events;
  Channel<CopyCommand>& commands;
  Channel<BookAnswer>& answers;
  Channel<Notice>& notices;
  std::span<FollowerCells> cells;      // by FollowerId; as many followers there may ever be
  StageTimes& stages;                  // Stage::decide is recorded here
  std::size_t followers_per_pass = 0;  // whose turn a fill is in one pass; 0: all
  std::int64_t settle_start = 0;       // n of the first settle(n): the start time in nanoseconds
  journal::Writer* journal = nullptr;  // null: nothing is kept
  // Fills up to then may have been copied by a run whose journal the disk has lost.
  std::optional<VenueTime> doubt_until{};
  bool replays = false;  // nothing is handed to a lane: only good for `replay` and `save`
  DecisionSink* decisions = nullptr;  // watches; null on the path
  std::uint32_t generation = first_generation;  // of the configuration
  ReloadChannels* reloads = nullptr;            // null: it is never reloaded
};

class Copier final : public Agent, private BookSink {
 public:
  explicit Copier(const CopierSetup& setup);
  Copier(const Copier&) = delete;
  Copier& operator=(const Copier&) = delete;

  const char* name() const noexcept override { return "copy"; }
  int do_work() noexcept override;

  // Orders that are decided and not finished, as of the end of the last pass. Any thread.
  std::size_t in_flight() const noexcept { return static_cast<std::size_t>(in_flight_.get()); }
  // Of the configuration that decides. Any thread.
  std::uint32_t generation() const noexcept {
    return static_cast<std::uint32_t>(shown_generation_.get());
  }
  // Bits by LeaderId: by a link that is `removed` something is held still that closes with him. As
  // of the last BookEnd. Any thread.
  std::uint64_t leaders_wanted() const noexcept {
    return static_cast<std::uint64_t>(leaders_wanted_.get());
  }
  // Makes the books of followers that are new in it. Before it is handed over; any thread.
  void prepare(Reload& reload) const;
  // For tests, on the agent's own thread.
  const FollowerBook& book(FollowerId follower) const noexcept { return books_[follower.value]; }
  bool is_deciding() const noexcept { return fill_.has_value(); }

  // ---- kept over a restart (copier_journal.cpp); cold, before do_work is first called
  // ------------

  // Applies an input as it was applied before. Records that are no inputs are passed over.
  // REQUIRES: it was set up with `replays`.
  void replay(const journal::Record& record);
  // The same for a reload, which takes more than its record.
  void replay(const journal::Record& record, Reload& reload);
  // The books as rows, without their end.
  void save(journal::RowSink& sink) const;
  // The same again in a fresh Copier. The orders in flight are handed to their lanes. False: the
  // row belongs to a follower, link or leg that is no more, and is dropped.
  bool restore(const journal::Record& row);
  // After the last row.
  void restored();

  static constexpr int commands_per_pass = 16;
  static constexpr int text_pieces_per_pass = 16;
  static constexpr int book_rows_per_pass = 64;
  static constexpr std::size_t queries_max = 16;  // of the book, waiting for their turn

 private:
  struct Lane {
    Channel<Order>& orders;
    Channel<Report>& reports;
    std::size_t in_flight = 0;              // handed over and not finished
    std::uint32_t first_waiting = no_slot;  // reductions that wait for room, oldest first
    std::uint32_t last_waiting = no_slot;
  };
  // Whose event is being applied, and to which fill its orders belong.
  struct Turn {
    std::uint16_t follower = 0;
    std::uint32_t outcome = no_slot;
    bool orders_belong = false;  // to `outcome`
    bool adopts = false;         // what the leader held at first
    TradeId trade{};             // of the fill, while it is decided
    LeaderId leader{};
  };
  struct LastIncrease {
    Qty qty;
    Mono at;
    TradeId trade{};
    std::optional<Mono> told;
    SymbolId symbol;
    LeaderId leader;
    Side side = Side::buy;
  };
  struct Query {
    std::uint32_t number = 0;
    std::size_t follower = 0;
    std::size_t row = 0;
  };

  // copier_journal.cpp: what is applied is written first
  template <class Input>
  void take(const Input& input) {
    now_ = clock_.now();
    note(input);
    apply(input);
  }
  template <class Payload>
  void append(const Payload& payload) noexcept {
    if (journal_ != nullptr) journal_->append(payload, now_);
  }
  void note(const LeaderFill&) noexcept {}  // with its age, when it is applied
  void note(const LeaderPosition& position) noexcept;
  void note(const LeaderSynced& synced) noexcept;
  void note(const OrderDone& done) noexcept;
  void note(const OrderUnknown& unknown) noexcept;
  void note(const FollowerPosition& position) noexcept;
  void note(const PositionsTaken& taken) noexcept;
  void note(const FollowerLink& link) noexcept;
  void note(const SetState& command) noexcept;
  void note(const SetLeaderEquity& command) noexcept;
  void note(const SetFollowerEquity& command) noexcept;
  void note(const SetMark& command) noexcept;
  void note(const Flatten& command) noexcept;
  void note(const OperatorWord& command) noexcept;
  void note(const TimeSample&) noexcept {}
  void note(const QueryBook&) noexcept {}
  void check_journal() noexcept;
  void save_orders(const FollowerBook& book, std::uint32_t& outcomes, journal::RowSink& sink) const;
  void save_counts(std::size_t follower, journal::RowSink& sink) const;
  bool restore_outcome(const journal::Outcome& row);
  bool restore_order(const journal::OpenOrder& row);
  bool restore_count(const journal::Count& row) noexcept;
  OrderRef in_replay(const CopyId& id) const;

  // copier.cpp: fills and lanes
  void apply(const LeaderFill& fill);
  struct Moment {
    std::optional<std::chrono::milliseconds> age;  // empty: the venue's time is not known
    Mono now;
  };
  // A fill, until each of its followers has had his turn.
  struct Deciding {
    LeaderFill fill;
    Moment moment;
    std::size_t first = 0;  // of followers_of_, whose turn it was first
    std::size_t done = 0;   // turns
  };
  int take_inputs() noexcept;
  void begin_deciding(const LeaderFill& fill, const Moment& moment);
  int go_on_deciding();
  void end_deciding();
  void apply(const LeaderPosition& position);
  void apply(const LeaderSynced& synced);
  void on_order(const Order& order) noexcept override;
  void on_skip(const Skip& skip) noexcept override;
  void on_link_done(bool moved) noexcept override;
  bool hand_over(Lane& lane, std::uint32_t slot) noexcept;
  void wait_for_room(Lane& lane, std::uint32_t slot) noexcept;
  void hand_over_waiting(Lane& lane) noexcept;
  void finish_here();
  void adopt(std::uint16_t follower);
  BookSink& turn_of(std::size_t follower) noexcept;

  // copier_reports.cpp: reports, commands and the book query
  void apply(const OrderDone& done);
  void apply(const FollowerPosition& position);
  void apply(const FollowerLink& link);
  void apply(const TimeSample& sample);
  void apply(const SetState& command);
  void apply(const SetLeaderEquity& command);
  void apply(const SetMark& command);
  void apply(const QueryBook& command);
  void finish(const OrderDone& done);
  void go_on(std::uint16_t follower);
  void try_mode(std::uint16_t follower);
  int answer_queries() noexcept;
  bool answer_rows(Query& query, int& budget) noexcept;
  void show_leaders_wanted() noexcept;
  void show_state(std::size_t follower) noexcept;
  void show_paper() noexcept;
  void notify(Notice::Level level, Notice::Subject subject, std::uint16_t account,
              const char* format, ...) noexcept __attribute__((format(printf, 5, 6)));

  // copier_protection.cpp: limits, quarantine, flatten, and what the operator wants
  void apply(const SetFollowerEquity& command);
  void apply(const Flatten& command);
  void apply(const OperatorWord& word);
  void apply(const PositionsTaken& taken);
  void apply(const OrderUnknown& unknown);
  void resolve_quarantine(const OrderTerms& terms) noexcept;
  void protect(std::uint16_t follower);
  void show_alarmed(std::uint16_t follower) noexcept;
  void on_alarm(const Alarm& alarm) noexcept override;
  void watch_for_twin(const OrderTerms& terms) noexcept;
  void save_wishes(journal::RowSink& sink) const;
  bool wish(OperatorWord::About about, std::uint16_t account, FollowerState state);

  // copier_reload.cpp
  int go_on_reloading() noexcept;
  bool write_text() noexcept;
  void apply(Reload& reload) noexcept;
  void take_in(FollowerBook book) noexcept;
  void leave_paper(std::uint16_t follower) noexcept;
  void begin_link(std::uint16_t follower, std::uint16_t link) noexcept;
  Qty& held_by_leader(LeaderId leader, SymbolId symbol, Leg leg) noexcept {
    return held_by_leader_[leader.value][symbol.value * leg_kinds + static_cast<std::size_t>(leg)];
  }

  const SymbolTable& symbols_;
  const Clock& clock_;
  Channel<LeaderEvent>& leader_events_;
  Channel<CopyCommand>& commands_;
  Channel<BookAnswer>& answers_;
  Channel<Notice>& notices_;
  std::span<FollowerCells> cells_;
  StageTimes& stages_;

  VenueClock venue_clock_;
  Mono now_;                          // of the input that is being applied, as it is journalled
  std::vector<Price> last_prices_;    // by SymbolId
  std::vector<KnownMark> marks_;      // by SymbolId
  std::vector<NameKey> symbol_keys_;  // by SymbolId
  std::vector<NameKey> leader_keys_;  // by LeaderId
  std::int64_t settle_number_;
  std::uint32_t generation_;
  OrderTable orders_;
  OutcomeTable outcomes_;
  Gate gate_;
  BookShared shared_;

  std::vector<FollowerBook> books_;     // by FollowerId
  std::vector<std::uint16_t> lane_of_;  // by FollowerId
  // By FollowerId: the account's mode, where the book still holds something in the other one.
  std::vector<std::optional<PositionMode>> refused_mode_;
  std::vector<std::vector<std::uint16_t>> followers_of_;  // by LeaderId; sorted
  static constexpr std::size_t leg_kinds = 3;
  // By LeaderId, then by SymbolId and leg: by his fills, and where they were told by his positions.
  std::vector<std::vector<Qty>> held_by_leader_;
  std::vector<Lane> lanes_;
  // Orders of this event that finish without a lane: on paper, and increases that found no room.
  std::vector<OrderRef> finish_here_;
  std::vector<std::uint16_t> on_paper_;  // followers
  bool paper_moved_ = true;              // since it was last shown
  std::size_t first_follower_ = 0;
  const std::size_t followers_per_pass_;
  std::optional<Deciding> fill_;
  Turn turn_;
  bool alarmed_ = false;                      // the book of `turn_` has, during this event
  std::vector<LastIncrease> last_increases_;  // by FollowerId
  bool out_of_sync_ = false;                  // seen during this fill

  journal::Writer* const journal_;
  bool journal_lost_ = false;
  const bool replaying_;
  VenueTime doubt_until_;  // 0: none
  std::uint8_t doubts_ = 0;                                   // of the fill that is being applied
  std::map<CopyId, OrderRef> replayed_orders_;                // in flight, while replaying
  std::map<std::uint32_t, std::uint32_t> restored_outcomes_;  // slots, by the number of their row
  FollowerBook* restoring_ = nullptr;
  // The newest wish about each, FollowerState as the operator's word asks for it.
  std::map<std::pair<OperatorWord::About, std::uint16_t>, FollowerState> wishes_;

  std::vector<Query> queries_;  // the first one is being answered
  DecisionSink* const decisions_;
  ReloadChannels* const reloads_;
  ReloadPtr reload_;               // that is being written
  std::uint32_t text_written_ = 0;  // bytes of its text
  journal::Generation restored_generation_;  // of the order whose row comes next
  journal::JoinedOrder restored_joined_;     // likewise
  Cell in_flight_;
  Cell shown_generation_;
  Cell leaders_wanted_;
};

}  // namespace copyd::risk
