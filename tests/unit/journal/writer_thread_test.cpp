// The agent appends while the journal's thread syncs and lays segments ready.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "journal/journal.hpp"
#include "journal/reader.hpp"

namespace copyd::journal {
namespace {

// Takes what is written and counts; a disk without a lock of its own, as the real one seems.
class CountingDisk final : public Disk {
 public:
  class CountingFile final : public File {
   public:
    explicit CountingFile(CountingDisk& disk) : disk_(disk) {}
    Result<void> write_at(std::uint64_t, std::span<const std::byte>) noexcept override {
      disk_.writes_.fetch_add(1, std::memory_order_relaxed);
      return {};
    }
    Result<void> sync() noexcept override { return {}; }

   private:
    CountingDisk& disk_;
  };

  Result<std::unique_ptr<File>> create(std::string_view, std::uint64_t) override {
    ++files_;
    return std::unique_ptr<File>(std::make_unique<CountingFile>(*this));
  }
  Result<std::vector<std::string>> list() override { return std::vector<std::string>(); }
  Result<std::uint64_t> size(std::string_view) override { return std::uint64_t{0}; }
  Result<std::size_t> read_at(std::string_view, std::uint64_t, std::span<std::byte>) override {
    return std::size_t{0};
  }
  Result<void> truncate(std::string_view, std::uint64_t) override { return {}; }
  Result<void> rename(std::string_view, std::string_view) override { return {}; }
  Result<void> remove(std::string_view) override { return {}; }

  int files() const { return files_; }
  std::uint64_t writes() const { return writes_.load(); }

 private:
  int files_ = 0;  // the journal thread's
  std::atomic<std::uint64_t> writes_{0};
};

TEST(JournalThread, AppendsAndSyncsMeetWithoutALock) {
  constexpr std::uint64_t segment = 64;  // records
  constexpr std::uint64_t records = 20'000;
  CountingDisk disk;
  SteadyClock clock;
  Channel<Notice> notices(16);
  Journal journal(disk, clock, notices,
                  {.segment_records = segment, .sync_every = std::chrono::milliseconds(0)});
  Writer* const writer = journal.open("copy", {}, wall_clock_ns()).value();
  std::atomic<bool> done{false};
  std::thread agent([&] {
    std::uint64_t appended = 0;
    while (appended < records) {
      // As no agent would: it waits until the next segment lies ready.
      while (writer->wants_segment()) std::this_thread::yield();
      const Mark mark{{.symbol = SymbolId{1}, .price = Price::from_units(1)}};
      if (!writer->append(mark, clock.now())) break;
      ++appended;
    }
    done.store(true);
  });
  while (!done.load()) journal.do_work();
  agent.join();
  ASSERT_TRUE(journal.sync());
  EXPECT_EQ(writer->durable(), writer->appended());
  EXPECT_EQ(disk.writes(), writer->appended() + static_cast<std::uint64_t>(disk.files()));
  if (!writer->failed()) { EXPECT_EQ(writer->appended(), records); }
}

// It naps for half an hour, and is woken each time.
TEST(JournalThread, IsWokenWhenSomethingWaits) {
  CountingDisk disk;
  SteadyClock clock;
  Channel<Notice> notices(16);
  Journal journal(disk, clock, notices, {.sync_every = std::chrono::hours(1)});
  Writer* const writer = journal.open("lane0", {}, wall_clock_ns()).value();
  AgentThread thread("journal", {&journal}, Idle::sleep, std::nullopt);
  for (std::int64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(writer->append(Mark{{.symbol = SymbolId{1}, .price = Price::from_units(i)}},
                               clock.now()));
    writer->want_durable();
    writer->ask();
    while (writer->durable() != writer->appended()) std::this_thread::yield();
  }
  thread.stop();
  journal.bell()->ring();
}

}  // namespace
}  // namespace copyd::journal
