// What an agent appends is read back; what a stop leaves is told from what somebody changed.
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "journal/journal.hpp"
#include "journal/reader.hpp"
#include "support/memory_disk.hpp"

namespace copyd::journal {
namespace {

constexpr std::uint64_t capacity = 16;  // records of a segment, its header among them
constexpr std::int64_t wall_ns = 1'800'000'000'000'000'000;

struct Rig {
  test::MemoryDisk disk;
  ManualClock clock;
  Channel<Notice> notices{64};
  std::unique_ptr<Journal> journal = make();
  Writer* writer = open({});

  std::unique_ptr<Journal> make() {
    return std::make_unique<Journal>(
        disk, clock, notices,
        Settings{.segment_records = capacity, .sync_every = std::chrono::milliseconds(5)});
  }
  Writer* open(Journal::Behind behind) {
    auto opened = journal->open("copy", behind, wall_ns);
    return opened ? opened.value() : nullptr;
  }
  bool append(std::int64_t price) {
    return writer->append(Mark{{.symbol = SymbolId{7}, .price = Price::from_units(price)}},
                          clock.now());
  }
  bool stage(std::int64_t price) {
    return writer->stage(Mark{{.symbol = SymbolId{7}, .price = Price::from_units(price)}},
                         clock.now());
  }
  void turn() {
    clock.advance(std::chrono::milliseconds(5));
    journal->do_work();
  }
  // Prices of the marks that are there.
  std::vector<std::int64_t> read(ReadEnd& end) {
    auto reader = Reader::open(disk, "copy").value();
    std::vector<std::int64_t> prices;
    while (const auto record = reader.next())
      prices.push_back(record->as<Mark>().mark.price.units());
    end = reader.end();
    return prices;
  }
};

std::vector<std::int64_t> upto(std::int64_t last) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 1; i <= last; ++i) numbers.push_back(i);
  return numbers;
}

// RFC 3720, B.4.
TEST(Crc32c, OfKnownBytes) {
  const auto crc = [](const std::vector<std::uint8_t>& bytes) {
    return crc32c(std::as_bytes(std::span(bytes)));
  };
  EXPECT_EQ(crc(std::vector<std::uint8_t>(32, 0)), 0x8A9136AAU);
  EXPECT_EQ(crc(std::vector<std::uint8_t>(32, 0xFF)), 0x62A8AB43U);
  EXPECT_EQ(crc({'1', '2', '3', '4', '5', '6', '7', '8', '9'}), 0xE3069283U);
}

TEST(Crc32c, IsTheSameByInstructionAndByTable) {
  std::vector<std::byte> bytes;
  for (int size = 0; size <= 300; ++size) {
    EXPECT_EQ(crc32c(bytes), crc32c_by_table(bytes)) << size;
    bytes.push_back(static_cast<std::byte>(size * 37 + 11));
  }
  EXPECT_EQ(crc32c_by_table(std::vector<std::byte>(32)), 0x8A9136AAU);
}

TEST(Journal, WhatWasAppendedIsReadBackOverSegments) {
  Rig rig;
  for (std::int64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(rig.append(i));
    if (i % 5 == 0) rig.turn();
  }
  ReadEnd end;
  EXPECT_EQ(rig.read(end), upto(100));
  EXPECT_EQ(end.kind, ReadEnd::Kind::clean);
  EXPECT_GE(rig.disk.list().value().size(), 7U);
}

TEST(Journal, ARecordCarriesItsTimeAndTheSegmentTheWallClock) {
  Rig rig;
  rig.clock.advance(std::chrono::seconds(3));
  ASSERT_TRUE(rig.append(1));
  auto reader = Reader::open(rig.disk, "copy").value();
  const auto record = reader.next();
  ASSERT_TRUE(record.has_value());
  const auto& header = reader.segment();
  EXPECT_EQ(header.writer.view(), "copy");
  EXPECT_EQ(header.wall_ns + (record->mono_ns - header.mono_ns), wall_ns + 3'000'000'000);
  EXPECT_EQ(reader.offset(), record_size);
}

TEST(Journal, AnotherStartGoesOnWithTheNumbers) {
  Rig rig;
  for (std::int64_t i = 1; i <= 3; ++i) ASSERT_TRUE(rig.append(i));
  auto reader = Reader::open(rig.disk, "copy").value();
  while (reader.next()) {}
  rig.journal = rig.make();
  rig.writer = rig.open({.segment = reader.last_segment(), .sequence = reader.last_sequence()});
  ASSERT_NE(rig.writer, nullptr);
  for (std::int64_t i = 4; i <= 6; ++i) ASSERT_TRUE(rig.append(i));
  ReadEnd end;
  EXPECT_EQ(rig.read(end), upto(6));
  EXPECT_EQ(end.kind, ReadEnd::Kind::clean);
}

TEST(Journal, SyncsWhenItsTimeHasComeAndWhenItIsAsked) {
  Rig rig;
  rig.turn();
  ASSERT_TRUE(rig.append(1));
  rig.journal->do_work();
  EXPECT_EQ(rig.writer->durable(), 0U) << "not yet";
  rig.turn();
  EXPECT_EQ(rig.writer->durable(), 1U);

  ASSERT_TRUE(rig.append(2));
  rig.writer->ask();
  rig.journal->do_work();
  EXPECT_EQ(rig.writer->durable(), 1U) << "nothing waits";
  rig.writer->want_durable();
  rig.writer->ask();
  rig.journal->do_work();
  EXPECT_EQ(rig.writer->durable(), 2U);
  ASSERT_TRUE(rig.append(3));
  rig.journal->do_work();
  EXPECT_EQ(rig.writer->durable(), 2U) << "that was asked for once";
}

// Every sector that was not synced may be lost or not, each for itself.
TEST(Journal, APowerCutCostsAtMostWhatWasNotSynced) {
  for (unsigned kept = 0; kept < 16; ++kept) {
    Rig rig;
    for (std::int64_t i = 1; i <= 4; ++i) ASSERT_TRUE(rig.append(i));
    ASSERT_TRUE(rig.journal->sync());
    for (std::int64_t i = 5; i <= 15; ++i) ASSERT_TRUE(rig.append(i));
    rig.disk.power_cut(
        [&](const std::string&, std::uint64_t sector) { return (kept >> sector & 1U) != 0; });
    auto reader = Reader::open(rig.disk, "copy").value();
    std::int64_t last = 0;
    while (const auto record = reader.next())
      EXPECT_EQ(record->as<Mark>().mark.price.units(), ++last);
    EXPECT_GE(last, 4);
    ASSERT_NE(reader.end().kind, ReadEnd::Kind::corrupt) << reader.end().reason;
    if (reader.end().kind == ReadEnd::Kind::torn) { ASSERT_TRUE(cut_off(rig.disk, reader)); }
    ReadEnd end;
    EXPECT_EQ(rig.read(end), upto(last));
    EXPECT_EQ(end.kind, ReadEnd::Kind::clean) << kept;
  }
}

TEST(Journal, EveryChangedByteIsNoticed) {
  Rig rig;
  for (std::int64_t i = 1; i <= 4; ++i) ASSERT_TRUE(rig.append(i));
  ASSERT_TRUE(rig.journal->sync());
  ASSERT_TRUE(rig.append(5));
  const std::string file = segment_name("copy", 1);
  for (std::size_t at = record_size; at < 5 * record_size; ++at) {
    auto& byte = rig.disk.bytes(file)[at];
    byte ^= std::byte{0x10};
    ReadEnd end;
    const auto prices = rig.read(end);
    EXPECT_EQ(end.kind, ReadEnd::Kind::corrupt) << at;
    EXPECT_EQ(end.file, file);
    EXPECT_EQ(end.offset, at / record_size * record_size);
    EXPECT_EQ(prices.size(), at / record_size - 1);
    byte ^= std::byte{0x10};
  }
}

TEST(Journal, ZeroesInTheMiddleAreCorruptAndNotAnEnd) {
  Rig rig;
  for (std::int64_t i = 1; i <= 8; ++i) ASSERT_TRUE(rig.append(i));
  ASSERT_TRUE(rig.journal->sync());
  ASSERT_TRUE(rig.append(9));
  auto& bytes = rig.disk.bytes(segment_name("copy", 1));
  std::fill_n(bytes.begin() + 2 * record_size, 2 * record_size, std::byte{0});
  ReadEnd end;
  EXPECT_EQ(rig.read(end), upto(1));
  EXPECT_EQ(end.kind, ReadEnd::Kind::corrupt);
}

TEST(Journal, AMissingSegmentIsNoticed) {
  Rig rig;
  for (std::int64_t i = 1; i <= 40; ++i) {
    ASSERT_TRUE(rig.append(i));
    rig.turn();
  }
  ASSERT_TRUE(rig.disk.remove(segment_name("copy", 2)));
  ReadEnd end;
  EXPECT_EQ(rig.read(end), upto(15));
  EXPECT_EQ(end.kind, ReadEnd::Kind::corrupt);
}

TEST(Journal, ANewerVersionIsRefusedByName) {
  Rig rig;
  ASSERT_TRUE(rig.append(1));
  auto& bytes = rig.disk.bytes(segment_name("copy", 1));
  Record header;
  std::memcpy(&header, bytes.data(), sizeof header);
  auto segment = header.as<Segment>();
  segment.version = format_version + 1;
  std::memcpy(header.payload.data(), &segment, sizeof segment);
  header.crc = checksum(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  ReadEnd end;
  EXPECT_TRUE(rig.read(end).empty());
  EXPECT_EQ(end.kind, ReadEnd::Kind::unreadable);
  EXPECT_NE(end.reason.find("version 2"), std::string::npos) << end.reason;
}

TEST(Journal, WithoutRoomForASegmentTheWriterFailsAtItsEndAndSaysSo) {
  Rig rig;
  rig.disk.no_room(true);
  for (std::int64_t i = 1; i <= 15; ++i) {
    ASSERT_TRUE(rig.append(i));
    rig.turn();
  }
  EXPECT_FALSE(rig.journal->failed());
  EXPECT_FALSE(rig.append(16));
  rig.disk.no_room(false);
  rig.turn();
  EXPECT_TRUE(rig.journal->failed());
  // A journal with a hole is not gone on with.
  EXPECT_FALSE(rig.append(17));
  Notice notice;
  ASSERT_TRUE(rig.notices.try_pop(notice));
  EXPECT_NE(notice.message().find("no room"), std::string_view::npos) << notice.message();
  ASSERT_TRUE(rig.notices.try_pop(notice));
  EXPECT_EQ(notice.level, Notice::Level::error);
  EXPECT_FALSE(rig.notices.try_pop(notice));
}

TEST(Journal, RoomThatComesBackInTimeIsUsed) {
  Rig rig;
  rig.disk.no_room(true);
  for (std::int64_t i = 1; i <= 12; ++i) {
    ASSERT_TRUE(rig.append(i));
    rig.turn();
  }
  rig.disk.no_room(false);
  rig.turn();
  for (std::int64_t i = 13; i <= 20; ++i) ASSERT_TRUE(rig.append(i));
  ReadEnd end;
  EXPECT_EQ(rig.read(end), upto(20));
}

TEST(Journal, AFailedWriteAndAFailedSyncAreFinal) {
  for (const bool write : {true, false}) {
    Rig rig;
    ASSERT_TRUE(rig.append(1));
    write ? rig.disk.fail_writes(true) : rig.disk.fail_syncs(true);
    if (write) { EXPECT_FALSE(rig.append(2)); }
    rig.turn();
    rig.disk.fail_writes(false);
    rig.disk.fail_syncs(false);
    rig.turn();
    EXPECT_TRUE(rig.journal->failed());
    EXPECT_FALSE(rig.append(3));
  }
}

TEST(Journal, WhatIsStagedIsWrittenByOneWriteAndInOrder) {
  Rig rig;
  ASSERT_TRUE(rig.append(1));
  const auto writes = rig.disk.writes();
  for (const int price : {2, 3, 4}) ASSERT_TRUE(rig.stage(price));
  ReadEnd end;
  EXPECT_EQ(rig.read(end), upto(1)) << "not before the commit";
  EXPECT_EQ(rig.writer->appended(), 1U);
  EXPECT_EQ(rig.writer->last_sequence(), 4U);
  ASSERT_TRUE(rig.writer->commit());
  EXPECT_EQ(rig.read(end), upto(4));
  EXPECT_EQ(rig.writer->appended(), 4U);
  EXPECT_EQ(rig.disk.writes() - writes, 1U);
  ASSERT_TRUE(rig.writer->commit()) << "of nothing";
  // What is appended takes what is staged along, before it.
  ASSERT_TRUE(rig.stage(5));
  ASSERT_TRUE(rig.append(6));
  EXPECT_EQ(rig.read(end), upto(6));
}

TEST(Journal, MoreIsStagedThanASegmentOrAWriteHolds) {
  Rig rig;
  std::int64_t price = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(rig.stage(++price));
      rig.turn();
    }
    ASSERT_TRUE(rig.writer->commit());
  }
  ReadEnd end;
  EXPECT_EQ(rig.read(end), upto(150));
}

TEST(Journal, ACommitThatFailsIsFinal) {
  Rig rig;
  ASSERT_TRUE(rig.stage(1));
  rig.disk.fail_writes(true);
  EXPECT_FALSE(rig.writer->commit());
  rig.disk.fail_writes(false);
  EXPECT_FALSE(rig.stage(2));
  EXPECT_FALSE(rig.writer->commit());
  ReadEnd end;
  EXPECT_TRUE(rig.read(end).empty());
}

TEST(Journal, SyncsComeInGroups) {
  Rig rig;
  const auto before = rig.disk.syncs();
  for (std::int64_t i = 1; i <= 10; ++i) ASSERT_TRUE(rig.append(i));
  EXPECT_EQ(rig.disk.syncs(), before);
  EXPECT_EQ(rig.writer->durable(), 0U);
  rig.turn();
  EXPECT_EQ(rig.writer->durable(), 10U);
  const auto after = rig.disk.syncs();
  rig.turn();
  EXPECT_EQ(rig.disk.syncs(), after);
}

// docs/JOURNAL.md shows one record byte by byte.
TEST(Journal, TheWorkedExampleIsARecord) {
  std::ifstream page(COPYD_SOURCE_DIR "/docs/JOURNAL.md");
  std::vector<std::byte> bytes;
  for (std::string line; std::getline(page, line);) {
    if (line.size() != 53 || line[4] != ' ' || line[5] != ' ') continue;
    std::istringstream words(line.substr(6));
    for (std::string word; words >> word;)
      bytes.push_back(static_cast<std::byte>(std::stoi(word, nullptr, 16)));
  }
  ASSERT_EQ(bytes.size(), record_size);
  Record record;
  std::memcpy(&record, bytes.data(), sizeof record);
  EXPECT_EQ(record.crc, checksum(record));
  EXPECT_EQ(record.type, static_cast<std::uint16_t>(Type::mark));
  EXPECT_EQ(record.length, sizeof(Mark));
  EXPECT_EQ(record.sequence, 42U);
  EXPECT_EQ(record.durable, 40U);
  EXPECT_EQ(record.as<Mark>().mark.symbol, SymbolId{7});
  EXPECT_EQ(record.as<Mark>().mark.price, *Price::parse("50000.12"));
}

TEST(SegmentName, IsReadBackAndNothingElseIs) {
  const auto name = parse_segment_name(segment_name("lane0", 12));
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->writer, "lane0");
  EXPECT_EQ(name->number, 12U);
  for (const char* other : {"copy.seg", "copy-1.seg", "copy-0000000x.seg", "-00000001.seg", "KILL"})
    EXPECT_FALSE(parse_segment_name(other).has_value()) << other;
}

}  // namespace
}  // namespace copyd::journal
