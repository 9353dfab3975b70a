// Journal: the cold side of what must survive a crash. It opens each agent's writer, lays the next
// segment ready before it is needed, and syncs what was appended, in groups, on a thread of its
// own: no agent ever waits for the disk. Some orders do (exec/lane_journal): their lane asks, and
// all is synced at once.
//
//   copy agent ──append──▶ copy-00000007.seg  ─┐
//   lane 0 ─────append──▶ lane0-00000007.seg  ─┼─ sync every 20 ms, or when asked ── Journal
//   lane 1 ─────append──▶ lane1-00000007.seg  ─┘
//
// Writers are opened before the agents start and live as long as the Journal.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/agent.hpp"
#include "core/channel.hpp"
#include "core/clock.hpp"
#include "core/flow.hpp"
#include "journal/disk.hpp"
#include "journal/writer.hpp"

namespace copyd::journal {

// The machine's boot id, which tells whether the steady clock is still the same, and whether what
// was written without a sync is still there. Zeros where the system does not say.
using BootId = std::array<std::uint8_t, 16>;
BootId boot_id();

struct Settings {
  std::uint64_t segment_records = 131'072;  // 16 MiB
  std::chrono::milliseconds sync_every{20};
  BootId boot = boot_id();
};

class Journal final : public Agent {
 public:
  using Settings = journal::Settings;

  // All references outlive it.
  Journal(Disk& disk, const Clock& clock, Channel<Notice>& notices, Settings settings = {});

  // A new segment behind what the writer left. `wall_ns`: now, since 1970.
  struct Behind {
    std::uint64_t segment = 0;
    std::uint64_t sequence = 0;
  };
  Result<Writer*> open(std::string_view writer, Behind behind, std::int64_t wall_ns);

  // Syncs everything that was appended before the call.
  Result<void> sync();
  // Some writer has failed: what follows is not in the journal. Any thread.
  bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }

  const char* name() const noexcept override { return "journal"; }
  int do_work() noexcept override;
  std::chrono::milliseconds nap() const noexcept override {
    return std::max(settings_.sync_every / 2, std::chrono::milliseconds(1));
  }
  Bell* bell() noexcept override { return &bell_; }

 private:
  struct Entry {
    std::unique_ptr<Writer> writer;
    std::uint64_t segment = 0;        // the newest one made
    std::int64_t wall_offset_ns = 0;  // wall clock − steady clock at the start
    bool warned = false;              // that no next segment can be made
    bool mourned = false;             // that it has failed
  };
  Result<std::unique_ptr<File>> make_segment(std::string_view writer, std::uint64_t number,
                                             std::int64_t wall_offset_ns);
  int tend(Entry& entry, bool sync_due) noexcept;
  void tell(const Entry& entry, std::string_view what) noexcept;

  Disk& disk_;
  const Clock& clock_;
  Channel<Notice>& notices_;
  const Settings settings_;
  Bell bell_;
  std::vector<Entry> entries_;
  Mono sync_due_{};
  std::atomic<bool> failed_{false};
};

}  // namespace copyd::journal
