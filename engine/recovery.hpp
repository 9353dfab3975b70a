// Recovery: what a start finds in the journal, in the ids of this run, ready to be handed to the
// agents. Every start is a recovery; after an orderly stop there is little in it.
//
//   copy-….seg   ─ Replay ─▶ books, leaders ─┐
//   lane0-….seg  ─┐                          ├─▶ rows of this run ─▶ Copier, lanes, feed
//   lane1-….seg  ─┴─ attempts by copy id ────┘
//
// An order in flight without a written intent was not sent. One with an intent may be at the venue:
// its lane asks for it before anything else is written. Cold; at start.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/copy_id.hpp"
#include "core/result.hpp"
#include "engine/replay.hpp"
#include "journal/journal.hpp"
#include "journal/reader.hpp"
#include "ops/failure.hpp"

namespace copyd::engine {

// How far the journal can be trusted.
enum class Trust : std::uint8_t {
  whole,       // all that was promised is there
  fresh,       // there is no journal: the first start here
  lossy,       // the machine stopped since: what was not yet on the disk may be missing
  corrupt,     // something that was on the disk has changed: `damage` names it
  unreadable,  // the disk refuses, or a newer version wrote it: nothing may be started on it
};

struct Recovered {
  Trust trust = Trust::fresh;
  std::string damage;                 // file, offset and reason; for corrupt and unreadable
  bool newer = false;                 // unreadable, because a newer version wrote it
  std::vector<std::string> notes;     // worth a line in the log
  std::uint32_t generation = 0;       // of the configuration, the last one; 0: there was none
  // What the run goes on with in place of the file's, where something is still to be drained that
  // is not in it any more; null: nothing is.
  std::shared_ptr<const config::Config> config;
  std::vector<journal::Record> rows;  // the books in the ids of this run, orders with attempts
  std::map<LeaderId, LeaderTrack> leaders;
  journal::Journal::Behind copy;  // where the writers go on
  std::map<std::string, journal::Journal::Behind> lanes;
  std::vector<std::string> obsolete;  // segments that nothing needs once this run has begun
  std::optional<ops::Failure> misfit;  // why the books cannot be gone on with as configured now
};

// Cuts off torn tails; changes nothing else. Errors: those of the disk.
Result<Recovered> recover(journal::Disk& disk, const RunNames& live,
                          const journal::BootId& boot = journal::boot_id());

// Trades up to then may have been copied by a run whose journal the disk has lost: this one's, or
// that of an earlier run that has not caught up since. Empty: there is none.
std::optional<VenueTime> doubt_until(const Recovered& recovered, VenueTime now);
// Some of those trades are still to be decided again, and until then the followers' positions may
// hold orders that nobody can name.
bool positions_doubtful(const Recovered& recovered, VenueTime now);

// What a lane had to report of an order, as the copy agent is told.
journal::Record report_of(const journal::Finished& finished);

// What one lane knows of one order.
struct AttemptRecord {
  std::uint8_t attempt = 0;
  std::uint8_t doubts = 0;  // as OrderTerms has it
  bool ended = false;
  Qty filled_before;
  Qty asked{};  // by the last attempt that was written; 0: by none
};
class LaneTrack {
 public:
  void apply(const journal::Record& record);
  // Null: nothing of it was written.
  const AttemptRecord* find(const CopyId& id) const;
  // With whom it left last: itself where it carried others, all 0 where it is for itself again.
  // Null: nothing of that was written.
  const CopyId* carrier_of(const CopyId& id) const;
  // Orders that were finished, in that order. The copy agent may not have heard of the last ones.
  const std::vector<journal::Finished>& finished() const noexcept { return finished_; }

 private:
  struct Known {
    AttemptRecord record;
    Qty filled;  // by the running attempt
  };
  void apply(const journal::Intent& intent);

  std::map<CopyId, Known> orders_;
  std::map<CopyId, CopyId> carriers_;
  std::vector<journal::Finished> finished_;
};

}  // namespace copyd::engine
