// Replay: the books of an earlier run, rebuilt from what its copy agent wrote.
//
// The journal carries all that a decision rests on. A run begins with its preamble, the
// configuration as text and the symbols with their filters, and with the books it began with, as
// rows; its inputs follow, and with a reload another configuration, under which it goes on. Replay
// decides under the policies and ids of the run that wrote;
// Translation takes its rows to the ids of the run that goes on. A run whose beginning is not whole
// never began: what was before it counts. Cold; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/counters.hpp"
#include "core/symbols.hpp"
#include "feed/leader_book.hpp"
#include "journal/reader.hpp"
#include "journal/records.hpp"
#include "journal/writer.hpp"
#include "risk/copier.hpp"

namespace copyd::engine {

// Whose numbers the ids of a run are.
struct RunNames {
  std::string config_text;
  std::shared_ptr<const config::Config> config;
  SymbolTable symbols;
  std::int64_t wall_offset_ns = 0;  // wall clock − steady clock
  // Of the configuration. Counted on from run to run: each start begins one, and each reload.
  std::uint32_t generation = risk::first_generation;

  // The records of a preamble, in order.
  std::vector<journal::Record> preamble() const;
};

// How a run begins: its preamble, then the books it begins with. False: the writer has failed.
bool write_beginning(journal::Writer& writer, const RunNames& names,
                     std::span<const journal::Record> rows, Mono now);

// Takes rows as records.
class RowList final : public journal::RowSink {
 public:
  void row(journal::Type type, std::span<const std::byte> payload) override;
  std::vector<journal::Record> all;
};

// Turns rows of one run into rows of another. Rows of what the other does not know are dropped and
// named in `dropped`, once each.
class Translation {
 public:
  Translation(const RunNames& from, const RunNames& to);
  // False: dropped.
  bool translate(journal::Record& row);
  const std::vector<std::string>& dropped() const noexcept { return dropped_; }

 private:
  template <class Payload, class Change>
  bool change(journal::Record& row, Change change);
  bool symbol(SymbolId& id);
  bool leader(LeaderId& id);
  bool follower(FollowerId& id);
  bool link(FollowerId old_follower, std::uint16_t& link) const;
  bool account(journal::Wish& wish);
  void drop(std::string what);

  const RunNames& from_;
  const RunNames& to_;
  std::int64_t shift_ns_ = 0;  // of steady-clock times
  bool ledger_dropped_ = false;
  std::vector<std::string> dropped_;
};

// What the journal knows of one leader, for the feed to go on from.
struct LeaderTrack {
  struct Held {
    Qty qty;
    VenueTime as_of;
  };
  struct Seen {
    feed::LegName leg;
    TradeId trade;
    VenueTime time;
  };
  VenueTime begun;  // 0: it was never live
  VenueTime until;
  std::map<feed::LegName, Held> legs;
  std::deque<Seen> seen;  // in the order applied

  void apply(const LeaderFill& fill);
  void apply(const LeaderPosition& position);
  void apply(const LeaderSynced& synced);
  // Null: nothing to go on from.
  std::unique_ptr<const feed::LeaderResume> resume() const;

  void save(LeaderId leader, journal::RowSink& sink) const;
  void restore(const journal::LeaderLeg& row);
  void restore(const journal::SeenTrade& row);
  void restore(const journal::LeaderBegun& row);
};

// Rows of other things are passed over.
void restore_leader(std::map<LeaderId, LeaderTrack>& leaders, const journal::Record& row);

class Replay {
 public:
  // `decisions` watches the Copiers of all runs; it may be null, and outlives this.
  explicit Replay(risk::DecisionSink* decisions = nullptr);
  ~Replay();

  // The next record of the copy agent. False: the record makes no sense where it
  // stands; `error()` says why.
  bool apply(const journal::Record& record, const journal::Segment& segment);
  const std::string& error() const noexcept { return error_; }

  bool has_books() const noexcept { return run_ != nullptr; }
  // A run's beginning is being read: so far it does not count.
  bool is_beginning() const noexcept { return preamble_ != nullptr || begun_ != nullptr; }
  // The books and the leaders as rows, in the ids of their run. REQUIRES: has_books().
  std::vector<journal::Record> rows() const;
  const RunNames& names() const;

 private:
  struct Run;
  struct Preamble;
  bool begin_run(const journal::Record& policy, const journal::Segment& segment);
  bool reload(const journal::Record& record);
  bool read_preamble(const journal::Record& record);
  bool restore(const journal::Record& row);
  static void track(Run& run, const journal::Record& record);
  bool fail(std::string why);

  risk::DecisionSink* const decisions_;
  std::unique_ptr<Preamble> preamble_;
  std::unique_ptr<Run> begun_;  // its first rows are being read
  std::unique_ptr<Run> run_;
  std::string error_;
};

}  // namespace copyd::engine
