// History: what became of every trade of a leader, in a file of SQLite beside the journal
// (docs/HISTORY.md). A projection: it is made from the journal alone and can be made again from
// what is left of it; nothing that copies ever reads it.
//
// What was written between `begin` and `commit` is there as a whole, with the place in the journal
// that it was made from, or not at all: so that each record counts exactly once, wherever a stop
// comes. After an error `commit` is false and nothing of it is there; then this is of no use any
// more and the file is opened again. One thread; cold.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/copy_id.hpp"
#include "core/counters.hpp"
#include "core/flow.hpp"
#include "journal/records.hpp"
#include "ops/database.hpp"
#include "ops/failure.hpp"
#include "ops/order_ids.hpp"

namespace copyd::ops {

// Times: `wall_ns` since 1970 by our clock, `…_ns` else by the steady clock, `…_ms` the venue's.
// Amounts are exact; accounts and symbols have their names.

struct FillRow {
  const LeaderFill& fill;
  std::string leader;
  std::string symbol;
  std::optional<std::int64_t> age_ms;
  std::int64_t decided_ns = 0;
  std::int64_t wall_ns = 0;  // of the decision
};

struct LinkRow {
  std::int64_t fill = 0;
  std::string follower;
  std::int64_t link = 0;
  std::string state;
  std::string sizing;
  std::optional<Ratio> rate;
  std::optional<Usd> equity;
  std::optional<Usd> leader_equity;
  Qty closed;
  Qty opened;
  Qty sized;
  Qty leader_before;
  Qty leader_after;
  Qty target_before;
  Qty target_moved;
  Qty target_after;
  std::string lots_before;
  std::string lots_after;
};

struct LegRow {
  std::int64_t fill = 0;
  std::string follower;
  std::int64_t link = 0;
  Leg leg = Leg::both;
  std::string state;
  Qty wanted;
  Qty position;
  Qty effective;
  bool in_flight = false;
  Price price;
  Qty to_do;  // D − E, signed
  Qty reducing;
  Qty increasing;
  bool enters = false;
  Qty floor;
  std::optional<Usd> order_room;
  std::optional<Usd> position_room;
  std::optional<Usd> total_room;
  std::optional<Qty> max_order_qty;
};

struct OrderRow {
  const OrderTerms& terms;
  std::optional<std::int64_t> fill;
  std::string follower;
  std::string symbol;
  std::int64_t wall_ns = 0;
};

struct SkipRow {
  std::optional<std::int64_t> fill;
  std::string follower;
  std::int64_t link = 0;
  std::string symbol;
  Reject reason = Reject::missed;
  std::int64_t wall_ns = 0;
};

std::string_view name_of(OrderEnd end) noexcept;
std::string_view name_of_leg(Leg leg) noexcept;

class History {
 public:
  // The file is made where it is missing, and made new where it is damaged or of another version;
  // `made_new` says why, "" when it was not. A failure: there is no history for now.
  static Outcome<History> open(const std::string& path);
  const std::string& made_new() const noexcept { return made_new_; }

  void begin() { database_->begin(); }
  bool commit();
  Database& database() noexcept { return *database_; }

  // ---- where in the journal it has come to
  struct Place {
    std::uint64_t segment = 0;
    std::uint64_t sequence = 0;
    std::uint64_t begun = 0;  // of the copy agent: the segment in which its run began
  };
  Place place(std::string_view writer);
  void set_place(std::string_view writer, const Place& place);
  // Something is missing in it, for a person to know.
  void note(std::int64_t wall_ns, std::string_view text);

  // ---- what the copy agent decided; `fill` numbers are the history's own
  std::int64_t add(const FillRow& row);
  std::optional<std::int64_t> find_fill(std::string_view leader, std::string_view symbol,
                                        const LeaderFill& fill);
  void add_copy(std::int64_t fill, std::string_view follower);
  void set_outcome(std::int64_t fill, std::string_view follower, copyd::Outcome outcome,
                   std::optional<Reject> reason);
  void add(const LinkRow& row);
  void add(const LegRow& row);
  void add(const SkipRow& row);
  void add(const OrderRow& row);
  // An order that was in flight when its run began; where it is not known yet.
  void add_if_missing(const OrderRow& row);
  std::optional<std::int64_t> fill_of(const CopyId& order);
  void set_unknown(const CopyId& order, bool quarantined);
  void end(const CopyId& order, const OrderDone& done, std::int64_t wall_ns);
  // A run begins with these orders in flight: others that have no end are not gone on with.
  void forget_all_but(std::span<const CopyId> orders, std::int64_t wall_ns);

  // ---- what the lanes wrote
  void add(const journal::Intent& intent, std::int64_t wall_ns);
  void add(const journal::Answer& answer, std::int64_t wall_ns);
  void add(const journal::Timing& timing);
  void set_lost(const journal::Fate& fate, std::int64_t wall_ns);
  void set_absent(const journal::Fate& fate, std::int64_t wall_ns);
  void add(const journal::Riding& riding);
  void add(const journal::Finished& finished, std::int64_t mono_ns);
  // Orders that a lane has finished and the copy agent was not heard to know of, as told.
  std::vector<journal::Finished> finished_and_open();

 private:
  explicit History(std::unique_ptr<Database> database, std::string made_new);
  bool knows(const CopyId& order);

  std::unique_ptr<Database> database_;
  std::unique_ptr<OrderIds> order_ids_;
  std::set<std::string, std::less<>> followers_;  // that are in their table for certain
  std::string made_new_;
};

}  // namespace copyd::ops
