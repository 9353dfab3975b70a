// Compaction: keeps what a start has to read small while a run grows long. It replays the copy
// agent's closed segments into books of its own, one after the other, and after every few of them
// writes a snapshot; what the snapshot before it had made unnecessary is then put aside.
//
//   copy   1 2 3 4 │ 5 6 7 8 │ 9 (open)      snapshot-4 is kept, with 5…8, in case
//                  ▼         ▼               snapshot-8 is damaged; 1…4 are `.past`
//             snapshot-4 snapshot-8
//
// A lane's segment is put aside when the copy agent had been told, and had written so before the
// snapshot's end, how every order that it names was finished: those orders are over in every books
// that a start can come to from here, and nothing of them is ever asked for again.
//
// A thread of its own (Idle::sleep): a segment takes a moment to replay, and no sync waits for it.
// The copy agent and the lanes are never touched: only what they have written and what is on the
// disk is read. After an error it says so and rests; the journal only grows.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/agent.hpp"
#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/copy_id.hpp"
#include "core/flow.hpp"
#include "engine/replay.hpp"
#include "journal/archive.hpp"
#include "journal/disk.hpp"
#include "journal/reader.hpp"

namespace copyd::engine {

class Compaction final : public Agent {
 public:
  struct Settings {
    std::uint64_t segments = 4;  // of the copy agent, between two snapshots
    std::uint64_t keep_bytes = journal::past_bytes_default;
    std::chrono::milliseconds look_every{1'000};
  };

  // `before`: the copy agent's last segment of the run before. All references outlive it.
  Compaction(journal::Disk& disk, const Clock& clock, Channel<Notice>& notices,
             journal::Reader::Behind before, Settings settings);

  const char* name() const noexcept override { return "compaction"; }
  int do_work() noexcept override;
  std::chrono::milliseconds nap() const noexcept override { return settings_.look_every / 10; }

  // Segments of the copy agent that the newest snapshot counts up to; 0: there is none yet.
  std::uint64_t snapshot() const noexcept { return snapshot_; }
  bool failed() const noexcept { return failed_; }

 private:
  enum class Is : std::uint8_t { no, so };
  Result<Is> is_closed(std::string_view writer, std::uint64_t segment);
  Result<void> feed(std::uint64_t segment);
  Result<void> take_snapshot();
  bool apply(const journal::Record& record, const journal::Segment& segment);
  Result<Is> is_over(const std::string& file, std::vector<CopyId>& finished);
  Result<std::vector<std::string>> obsolete(std::uint64_t before);
  Result<int> step();

  journal::Disk& disk_;
  const Clock& clock_;
  Channel<Notice>& notices_;
  const Settings settings_;
  const std::uint64_t first_;  // segment of this run
  Replay replay_;
  journal::Reader::Behind fed_;
  journal::Segment header_;  // of the last segment
  std::set<CopyId> over_;    // orders whose end was applied; without those of segments put aside
  std::uint64_t snapshot_ = 0;
  std::string fault_;
  bool failed_ = false;
  Mono look_due_{};
};

}  // namespace copyd::engine
