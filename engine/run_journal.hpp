// RunJournal: the journal of this run, and what the runs before it have left. Every start goes
//
//   recover ─▶ open ─▶ (the books are restored) ─▶ begin ─▶ (the agents run) ─▶ finish
//
// and may be cut off at any point of it: until `begin` is done the earlier runs still count, and
// from then on this one. The supervisor's thread; the agents it gives away run on their own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/agent.hpp"
#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/flow.hpp"
#include "engine/compaction.hpp"
#include "engine/recovery.hpp"
#include "engine/replay.hpp"
#include "journal/disk.hpp"
#include "journal/journal.hpp"
#include "ops/failure.hpp"

namespace copyd::engine {

class RunJournal {
 public:
  struct Parts {
    journal::Disk& disk;
    std::string directory;  // as people are told of it
    const Clock& clock;
    journal::Settings settings{};
  };
  explicit RunJournal(Parts parts);

  // What earlier runs left. A failure: nothing may be started on it.
  ops::Outcome<Recovered> recover(const RunNames& live);
  // A writer for the copy agent and for each lane. False: the disk cannot be written. Then there
  // are none, and what earlier runs left stays as it is.
  bool open(const RunNames& live, const Recovered& recovered, std::size_t lanes);
  // From now on this run counts: `books` and what is known of the leaders are on the disk, and what
  // was before is put aside. False: it cannot be written. REQUIRES: open.
  bool begin(const RunNames& live, std::vector<journal::Record> books, const Recovered& recovered);
  // Syncs, and lays out what will be needed. REQUIRES: open.
  Agent& agent() noexcept { return *journal_; }
  // Keeps what the next start has to read short. A thread of its own. REQUIRES: begin.
  Agent& compaction() noexcept { return *compaction_; }
  // It cannot be written: nothing opens.
  bool failed() const noexcept { return !journal_ || journal_->failed(); }
  // Everything that was appended is on the disk then. REQUIRES: the agents have stopped.
  void finish();

  journal::Writer* copy() const noexcept { return copy_; }
  const std::vector<journal::Writer*>& lanes() const noexcept { return lanes_; }
  bool next_notice(Notice& out) {
    return notices_.try_pop(out) || compaction_notices_.try_pop(out);
  }

 private:
  journal::Writer* open_writer(const RunNames& live, const std::string& name,
                               journal::Journal::Behind behind);

  const Parts parts_;
  Channel<Notice> notices_;
  Channel<Notice> compaction_notices_;
  std::optional<journal::Journal> journal_;
  journal::Writer* copy_ = nullptr;
  std::vector<journal::Writer*> lanes_;
  std::optional<Compaction> compaction_;
};

}  // namespace copyd::engine
