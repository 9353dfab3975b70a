// Writer: appends records to the segments of one agent, on that agent's thread.
//
// append() fills in a record and writes it with one pwrite: it allocates nothing, and a killed
// process loses nothing that was appended. What a power cut loses is what the journal's own thread
// (journal/journal.hpp) had not yet synced. stage() keeps a record for the next commit() or
// append(), which writes all that is staged, in order, with one pwrite: for an agent that does many
// things at once and begins none of them before the commit.
//
// The next segment lies ready before it is needed. Where it does not (the disk is full), or where a
// write or a sync fails, the writer has failed, and stays so: the journal has a hole, and only a
// start, which asks the venue, makes it whole again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/bell.hpp"
#include "core/clock.hpp"
#include "core/limits.hpp"
#include "journal/disk.hpp"
#include "journal/records.hpp"

namespace copyd::journal {

class Writer {
 public:
  // The open segment: nothing but its header is in it.
  struct Start {
    std::string name;
    std::unique_ptr<File> file;
    std::uint64_t capacity = 0;       // records that fit into a segment
    std::uint64_t last_sequence = 0;  // of the writer's segments before
    Bell* bell = nullptr;             // of the journal's thread; null: it is called all the time
  };
  explicit Writer(Start start) noexcept;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // ---- the agent's thread ----------------------------------------------------------------------

  // False: it is not in the journal, and nothing will be any more.
  template <class P>
  bool append(const P& payload, Mono now) noexcept {
    return stage(payload, now) && commit();
  }
  bool append(Type type, std::span<const std::byte> payload, Mono now) noexcept {
    return stage(type, payload, now) && commit();
  }
  template <class P>
  bool stage(const P& payload, Mono now) noexcept {
    static_assert(std::is_trivially_copyable_v<P> && sizeof(P) <= payload_size);
    P clean = payload;
    clear_padding(clean);
    return stage(P::type, std::as_bytes(std::span(&clean, 1)), now);
  }
  bool stage(Type type, std::span<const std::byte> payload, Mono now) noexcept;
  // False: nothing that was staged since the last commit may be counted on.
  bool commit() noexcept;
  // The sequence of the record that was last appended or staged.
  std::uint64_t last_sequence() const noexcept { return sequence_ + staged_size_; }
  // Something waits until what was appended, here or by the others, is on the disk. That is asked
  // for by the next ask(), which wakes the journal's thread and so belongs behind a pass.
  void want_durable() noexcept { wants_durable_ = true; }
  void ask() noexcept {
    if (std::exchange(wants_durable_, false)) ask_now();
  }

  // ---- any thread ------------------------------------------------------------------------------

  bool failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  std::uint64_t appended() const noexcept { return appended_.load(std::memory_order_acquire); }
  std::uint64_t durable() const noexcept { return durable_.load(std::memory_order_acquire); }
  const std::string& name() const noexcept { return name_; }
  // The open segment is half full and none lies ready behind it.
  bool wants_segment() const noexcept;

  // ---- the journal's thread --------------------------------------------------------------------

  // A file whose header is written. REQUIRES: wants_segment().
  void prepare(std::unique_ptr<File> file) noexcept;
  // Whether it was asked for since the last call.
  bool take_asked() noexcept { return asked_.exchange(false, std::memory_order_acquire); }
  // Syncs what was appended so far. An error is kept: the writer has failed.
  Result<void> sync() noexcept;

 private:
  bool fail() noexcept;
  bool open_next() noexcept;
  void ask_now() noexcept;

  const std::string name_;
  const std::uint64_t capacity_;  // records of a segment, its header among them

  static constexpr std::size_t staged_max = 32;

  // Written by the agent.
  std::array<Record, staged_max> staged_;
  std::size_t staged_size_ = 0;
  bool wants_durable_ = false;
  std::uint64_t sequence_;                          // of the last record that is written
  std::atomic<std::uint64_t> records_;  // in the open segment
  std::atomic<File*> open_;
  alignas(limits::cache_line) std::atomic<std::uint64_t> appended_;

  // Written by the journal's thread, but that the agent takes `ready_`.
  alignas(limits::cache_line) std::atomic<std::uint64_t> durable_;
  std::atomic<File*> ready_{nullptr};
  std::vector<std::unique_ptr<File>> files_;  // oldest first; the open one, and what waits to be
                                              // synced or opened

  Bell* const bell_;
  std::atomic<bool> asked_{false};   // by the agent
  std::atomic<bool> failed_{false};  // by either
};

}  // namespace copyd::journal
