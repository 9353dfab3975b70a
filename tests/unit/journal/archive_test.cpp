// Segments that are not needed any more go all at once or not at all, wherever the machine stops.
#include <algorithm>

#include <gtest/gtest.h>

#include "journal/archive.hpp"
#include "journal/journal.hpp"
#include "journal/reader.hpp"
#include "support/memory_disk.hpp"

namespace copyd::journal {
namespace {

constexpr std::uint64_t capacity = 16;

// Stops the machine in front of the n-th change: from there on nothing is done any more.
class StoppingDisk final : public Disk {
 public:
  StoppingDisk(Disk& disk, int changes) : disk_(disk), left_(changes) {}

  Result<std::unique_ptr<File>> create(std::string_view name, std::uint64_t size) override {
    if (!may_change()) return make_error_code(Errc::io);
    auto file = TRY(disk_.create(name, size));
    return std::unique_ptr<File>(std::make_unique<StoppingFile>(*this, std::move(file)));
  }
  Result<std::vector<std::string>> list() override { return disk_.list(); }
  Result<std::uint64_t> size(std::string_view name) override { return disk_.size(name); }
  Result<std::size_t> read_at(std::string_view name, std::uint64_t offset,
                              std::span<std::byte> bytes) override {
    return disk_.read_at(name, offset, bytes);
  }
  Result<void> truncate(std::string_view name, std::uint64_t size) override {
    return may_change() ? disk_.truncate(name, size) : stopped();
  }
  Result<void> rename(std::string_view from, std::string_view to) override {
    return may_change() ? disk_.rename(from, to) : stopped();
  }
  Result<void> remove(std::string_view name) override {
    return may_change() ? disk_.remove(name) : stopped();
  }

 private:
  class StoppingFile final : public File {
   public:
    StoppingFile(StoppingDisk& disk, std::unique_ptr<File> file)
        : disk_(disk), file_(std::move(file)) {}
    Result<void> write_at(std::uint64_t offset,
                          std::span<const std::byte> bytes) noexcept override {
      return disk_.may_change() ? file_->write_at(offset, bytes) : stopped();
    }
    Result<void> sync() noexcept override { return disk_.may_change() ? file_->sync() : stopped(); }

   private:
    StoppingDisk& disk_;
    std::unique_ptr<File> file_;
  };
  static Result<void> stopped() { return make_error_code(Errc::io); }
  bool may_change() noexcept { return left_-- > 0; }

  Disk& disk_;
  int left_;
};

struct Rig {
  test::MemoryDisk disk;
  ManualClock clock;
  Channel<Notice> notices{64};

  // Segments of `writer`, each but the last one full of records.
  void write(std::string_view writer, int records) {
    Journal journal(disk, clock, notices, {.segment_records = capacity});
    Writer& to = *journal.open(writer, {}, clock.now().ns).value();
    for (int i = 0; i < records; ++i) {
      clock.advance(std::chrono::milliseconds(5));
      ASSERT_TRUE(to.append(Mark{{.symbol = SymbolId{1}, .price = Price::whole(i)}}, clock.now()));
      journal.do_work();
    }
    ASSERT_TRUE(journal.sync());
  }
  std::vector<std::string> names() { return disk.list().value(); }
  std::vector<std::string> segments() {
    std::vector<std::string> found;
    for (const auto& name : names())
      if (parse_segment_name(name)) found.push_back(name);
    return found;
  }
};

TEST(Archive, CutsToWhatWasWrittenAndKeepsItUnderAnotherName) {
  Rig rig;
  rig.write("copy", 20);
  ASSERT_EQ(rig.segments(), (std::vector<std::string>{"copy-00000001.seg", "copy-00000002.seg"}));
  ASSERT_TRUE(archive(rig.disk, rig.segments()));
  EXPECT_EQ(rig.names(),
            (std::vector<std::string>{"copy-00000001.seg.past", "copy-00000002.seg.past"}));
  EXPECT_EQ(rig.disk.size("copy-00000001.seg.past").value(), capacity * record_size);
  EXPECT_EQ(rig.disk.size("copy-00000002.seg.past").value(), 6 * record_size);
  auto reader = Reader::of_file(rig.disk, "copy-00000002.seg.past");
  std::uint64_t records = 0;
  while (reader.next()) ++records;
  EXPECT_EQ(records, 5U);
  EXPECT_EQ(reader.end().kind, ReadEnd::Kind::clean);
}

TEST(Archive, NoStartReadsWhatIsPast) {
  Rig rig;
  rig.write("copy", 20);
  rig.write("lane0", 3);
  ASSERT_TRUE(archive(rig.disk, rig.segments()));
  EXPECT_TRUE(Reader::writers(rig.disk).value().empty());
  auto reader = Reader::open(rig.disk, "copy").value();
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.last_segment(), 0U);
}

TEST(Archive, OneThatWasNeverUsedIsRemoved) {
  Rig rig;
  rig.write("copy", 12);
  ASSERT_EQ(rig.segments().size(), 2U) << "one lies ready";
  ASSERT_TRUE(archive(rig.disk, rig.segments()));
  EXPECT_EQ(rig.names(), std::vector<std::string>{"copy-00000001.seg.past"});
}

TEST(Archive, TheOldestAreDeletedBeyondWhatIsKept) {
  Rig rig;
  rig.write("lane0", 10);
  rig.write("copy", 20);
  const std::uint64_t keep = (capacity + 6) * record_size;
  ASSERT_TRUE(archive(rig.disk, rig.segments(), keep));
  EXPECT_EQ(rig.names(),
            (std::vector<std::string>{"copy-00000001.seg.past", "copy-00000002.seg.past"}));
  ASSERT_TRUE(finish_archive(rig.disk, keep - 1));
  EXPECT_EQ(rig.names(), std::vector<std::string>{"copy-00000002.seg.past"});
}

TEST(Archive, NamesThatAreNotThereArePassedOver) {
  Rig rig;
  rig.write("copy", 3);
  ASSERT_TRUE(archive(rig.disk, std::vector<std::string>{"copy-00000009.seg"}));
  EXPECT_EQ(rig.names(), std::vector<std::string>{"copy-00000001.seg"});
}

// The machine stops in front of each change, with what was not synced lost or kept. The next start
// finds all of the segments, or none of them.
TEST(Archive, AStopAnywhereTakesOutAllOrNone) {
  for (const bool keep_dirty : {false, true}) {
    bool finished = false;
    int undone = 0;
    int changes = 0;
    for (; !finished; ++changes) {
      ASSERT_LT(changes, 100);
      Rig rig;
      rig.write("copy", 35);
      rig.write("lane0", 20);
      rig.write("new", 5);
      auto all = rig.segments();
      auto obsolete = all;
      std::erase(obsolete, "new-00000001.seg");
      {
        StoppingDisk stopping(rig.disk, changes);
        finished = archive(stopping, obsolete).has_value();
      }
      rig.disk.power_cut([&](const std::string&, std::uint64_t) { return keep_dirty; });
      const auto gone = half_archived(rig.disk).value();
      ASSERT_TRUE(finish_archive(rig.disk));
      const auto left = rig.segments();
      if (left == all) {
        ++undone;
        EXPECT_TRUE(gone.empty());
        continue;
      }
      EXPECT_EQ(left, std::vector<std::string>{"new-00000001.seg"}) << changes;
      EXPECT_EQ(rig.names().size(), obsolete.size() + 1) << changes;
      EXPECT_TRUE(half_archived(rig.disk).value().empty());
    }
    EXPECT_EQ(undone, 4) << "create, write, sync, and the name that makes it so";
    EXPECT_GT(changes, 2 * 5);
  }
}

TEST(Archive, AListThatIsNotWholeIsAnErrorAndNothingIsTouched) {
  Rig rig;
  rig.write("copy", 3);
  ASSERT_TRUE(rig.disk.create("archive.todo", 10));
  EXPECT_FALSE(finish_archive(rig.disk));
  EXPECT_EQ(rig.segments(), std::vector<std::string>{"copy-00000001.seg"});
}

}  // namespace
}  // namespace copyd::journal
