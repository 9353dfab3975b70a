// A long run is made small while it goes on, and a start finds the same books as ever.
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "config/load.hpp"
#include "engine/compaction.hpp"
#include "engine/recovery.hpp"
#include "engine/snapshot.hpp"
#include "journal/describe.hpp"
#include "journal/journal.hpp"
#include "support/memory_disk.hpp"

namespace copyd::engine {
namespace {

using journal::Reader;
using journal::Record;
using journal::Type;

constexpr const char* two_followers = R"(
[venue]
name = "binance-usdm"
[[leader]]
label = "alpha"
[[follower]]
label = "bob"
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 0.5 }
[[follower]]
label = "carol"
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 2 }
)";

RunNames names() {
  RunNames names{
      .config_text = two_followers, .config = {}, .symbols = {}, .wall_offset_ns = 1'000};
  const auto loaded = config::load(two_followers, "test.toml");
  if (!loaded.config) throw std::runtime_error(loaded.faults.front().message);
  names.config = std::make_shared<const config::Config>(*loaded.config);
  for (const char* symbol : {"BTCUSDT", "ETHUSDT"})
    names.symbols.add({.name = symbol,
                       .filters = SymbolFilters{.tick = *Price::parse("0.1"),
                                                .step = *Qty::parse("0.001"),
                                                .min_qty = *Qty::parse("0.001"),
                                                .max_qty = Qty::whole(100),
                                                .min_notional = Usd::whole(5)},
                       .copyable = true});
  return names;
}

// A disk that stops in front of the n-th change of its files; segments go on being written.
class StoppingDisk final : public journal::Disk {
 public:
  explicit StoppingDisk(journal::Disk& disk) : disk_(disk) {}
  void stop_after(int changes) { left_ = changes; }
  bool stopped() const { return left_ < 0; }

  Result<std::unique_ptr<journal::File>> create(std::string_view name,
                                                std::uint64_t size) override {
    if (!may_change()) return make_error_code(Errc::io);
    return disk_.create(name, size);
  }
  Result<std::vector<std::string>> list() override { return disk_.list(); }
  Result<std::uint64_t> size(std::string_view name) override { return disk_.size(name); }
  Result<std::size_t> read_at(std::string_view name, std::uint64_t offset,
                              std::span<std::byte> bytes) override {
    return disk_.read_at(name, offset, bytes);
  }
  Result<void> truncate(std::string_view name, std::uint64_t size) override {
    return may_change() ? disk_.truncate(name, size) : make_error_code(Errc::io);
  }
  Result<void> rename(std::string_view from, std::string_view to) override {
    return may_change() ? disk_.rename(from, to) : make_error_code(Errc::io);
  }
  Result<void> remove(std::string_view name) override {
    return may_change() ? disk_.remove(name) : make_error_code(Errc::io);
  }

 private:
  bool may_change() { return --left_ >= 0; }
  journal::Disk& disk_;
  int left_ = 1'000'000;
};

// A run of random inputs, with its books replayed beside it from the first record on.
struct Rig {
  explicit Rig(unsigned seed) : random(seed) {
    begin();
    for (std::uint16_t i = 0; i < 2; ++i)
      input(
          journal::Link{{.follower = FollowerId{i}, .ready = true, .mode = PositionMode::one_way}});
  }

  void begin() {
    copy = journal.open("copy", {}, 1'000 + clock.now().ns).value();
    lane = journal.open("lane0", {}, 1'000 + clock.now().ns).value();
    header = Reader::open(disk, "copy").value().segment();
    std::vector<Record> beginning = names().preamble();
    beginning.push_back(journal::record_of(journal::Books{.settle_number = 5'000}));
    beginning.push_back(journal::record_of(journal::BooksEnd{.rows = 1}));
    for (const Record& record : beginning) {
      ASSERT_TRUE(copy->append(static_cast<Type>(record.type),
                               std::span(record.payload).first(record.length), clock.now()));
      ASSERT_TRUE(whole.apply(record, header)) << whole.error();
    }
  }
  template <class Payload>
  void input(const Payload& payload) {
    ASSERT_TRUE(copy->append(payload, clock.now()));
    Record record = journal::record_of(payload);
    record.mono_ns = clock.now().ns;
    ASSERT_TRUE(whole.apply(record, header)) << whole.error();
  }
  template <class Payload>
  void at_lane(const Payload& payload) {
    ASSERT_TRUE(lane->append(payload, clock.now()));
  }

  void fill() {
    LeaderFill fill;
    fill.trade = TradeId{++trade};
    fill.price = Price::whole(50'000 + static_cast<std::int64_t>(random() % 100));
    fill.qty = fill.order_qty =
        Qty::from_units(static_cast<std::int64_t>(1 + random() % 40) * 100'000);
    fill.time = VenueTime{1'000 + trade};
    fill.received = clock.now();
    fill.symbol = SymbolId{static_cast<std::uint16_t>(random() % 2)};
    fill.side = random() % 2 == 0 ? Side::buy : Side::sell;
    input(journal::Fill{.fill = fill, .age_ms = 3});
    for (const auto& order : open_orders())
      if (order.unknown == 0 && !sent.contains(order.copy_id)) send(order);
  }
  std::vector<journal::OpenOrder> open_orders() const {
    std::vector<journal::OpenOrder> orders;
    for (const Record& row : whole.rows())
      if (row.type == static_cast<std::uint16_t>(Type::open_order))
        orders.push_back(row.as<journal::OpenOrder>());
    return orders;
  }
  void send(const journal::OpenOrder& order) {
    sent.insert(order.copy_id);
    at_lane(journal::Intent{.copy_id = order.copy_id,
                            .qty = order.qty,
                            .follower = order.follower,
                            .symbol = order.symbol,
                            .side = order.side,
                            .attempt = 3});
  }
  void finish(const journal::OpenOrder& order) {
    const bool refused = random() % 10 == 0;
    const OrderDone done{.ref = {},
                         .follower = order.follower,
                         .end = refused ? OrderEnd::refused : OrderEnd::executed,
                         .filled = refused ? Qty() : order.qty,
                         .average = Price::whole(50'000),
                         .venue_time = VenueTime{1'000 + trade},
                         .venue_code = refused ? -2019 : 0};
    at_lane(journal::Finished{.copy_id = order.copy_id,
                              .filled = done.filled,
                              .average = done.average,
                              .venue_ms = done.venue_time.ms,
                              .code = done.venue_code,
                              .follower = order.follower,
                              .end = done.end});
    input(journal::Done{.copy_id = order.copy_id, .done = done});
  }
  void mark() {
    input(
        journal::Mark{{.symbol = SymbolId{static_cast<std::uint16_t>(random() % 2)},
                       .price = Price::whole(49'000 + static_cast<std::int64_t>(random() % 999))}});
  }
  void connect(bool ready) {
    input(journal::Link{{.follower = FollowerId{static_cast<std::uint16_t>(random() % 2)},
                         .ready = ready,
                         .mode = PositionMode::one_way}});
  }
  void restrict() {
    input(journal::State{{.follower = FollowerId{static_cast<std::uint16_t>(random() % 2)},
                          .cause = StateCause::operator_,
                          .state = static_cast<FollowerState>(random() % 3)}});
  }
  // Something of all that happens, and then the cold threads.
  void step() {
    clock.advance(std::chrono::milliseconds(7));
    const auto what = random() % 16;
    const auto open = open_orders();
    if (what < 6) fill();
    else if (what < 12 && !open.empty()) finish(open[random() % open.size()]);
    else if (what == 15) restrict();
    else if (what == 14) connect(random() % 3 != 0);
    else mark();
    journal.do_work();
    clock.advance(std::chrono::seconds(2));
    while (compaction.do_work() != 0) {}
  }
  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }

  // The books that a start comes to, as they stand.
  std::vector<Record> from_disk(std::vector<std::string>* notes = nullptr) {
    std::vector<std::string> own;
    auto base = newest_snapshot(disk, notes != nullptr ? *notes : own).value();
    auto reader = Reader::open(disk, "copy", base.behind).value();
    while (const auto record = reader.next())
      if (!base.replay->apply(*record, reader.segment())) {
        ADD_FAILURE() << reader.file() << ": " << base.replay->error();
        return {};
      }
    EXPECT_EQ(reader.end().kind, journal::ReadEnd::Kind::clean) << reader.end().reason;
    return base.replay->rows();
  }
  std::vector<std::string> files(std::string_view writer) {
    std::vector<std::string> found;
    for (const auto& file : disk.list().value())
      if (const auto name = journal::parse_segment_name(file); name && name->writer == writer)
        found.push_back(file);
    return found;
  }

  std::mt19937 random;
  test::MemoryDisk disk;
  StoppingDisk stopping{disk};
  ManualClock clock;
  Channel<Notice> notices{16};
  journal::Journal journal{disk, clock, notices, {.segment_records = 64}};
  journal::Writer* copy = nullptr;
  journal::Writer* lane = nullptr;
  journal::Segment header;
  Replay whole;
  std::int64_t trade = 0;
  std::set<CopyId> sent;
  Compaction compaction{stopping, clock, notices, {}, {.segments = 4}};
};

std::string line_of(const Record& record) {
  std::string line = std::to_string(record.type);
  for (const auto& field : journal::fields_of(record, {}))
    line += ' ' + std::string(field.name) + '=' + field.text;
  return line;
}

void expect_same(const std::vector<Record>& found, const std::vector<Record>& wanted) {
  for (std::size_t i = 0; i < std::min(found.size(), wanted.size()); ++i)
    ASSERT_EQ(std::memcmp(&found[i], &wanted[i], sizeof(Record)), 0) << "row " << i << '\n'
                                                                     << line_of(found[i]) << '\n'
                                                                     << line_of(wanted[i]);
  ASSERT_EQ(found.size(), wanted.size());
}

TEST(Compaction, BooksFromTheSnapshotAreThoseOfTheWholeReplay) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Rig rig(seed);
    for (int part = 0; part < 4; ++part) {
      rig.run(300);
      expect_same(rig.from_disk(), rig.whole.rows());
    }
    ASSERT_FALSE(rig.compaction.failed());
    EXPECT_GE(rig.compaction.snapshot(), 8U) << seed;
  }
}

TEST(Compaction, KeepsTheLastIntervalAndPutsAsideWhatIsOlder) {
  Rig rig(7);
  while (rig.compaction.snapshot() == 0) rig.step();
  EXPECT_EQ(rig.files("snapshot"), std::vector<std::string>{"snapshot-00000004.seg"});
  EXPECT_EQ(rig.files("copy").front(), "copy-00000001.seg") << "the only snapshot may be damaged";
  while (rig.compaction.snapshot() == 4) rig.step();
  EXPECT_EQ(rig.files("copy").front(), "copy-00000005.seg");
  EXPECT_EQ(rig.files("snapshot").size(), 2U);
  while (rig.compaction.snapshot() == 8) rig.step();
  EXPECT_EQ(rig.files("snapshot"),
            (std::vector<std::string>{"snapshot-00000008.seg", "snapshot-00000012.seg"}));
  EXPECT_EQ(rig.files("copy").front(), "copy-00000009.seg");
  EXPECT_TRUE(rig.disk.size("copy-00000001.seg.past"));
  EXPECT_TRUE(rig.disk.size("snapshot-00000004.seg.past"));
}

TEST(Compaction, AnOpenOrderKeepsTheLaneSegmentsFromItsOwnOn) {
  Rig rig(3);
  rig.fill();
  const auto open = rig.open_orders();
  ASSERT_FALSE(open.empty());
  const CopyId kept = open.front().copy_id;
  // All but that one are finished as they come.
  while (rig.compaction.snapshot() < 12) {
    rig.clock.advance(std::chrono::seconds(2));
    rig.fill();
    for (const auto& order : rig.open_orders())
      if (order.copy_id != kept) rig.finish(order);
    rig.journal.do_work();
    while (rig.compaction.do_work() != 0) {}
  }
  EXPECT_EQ(rig.files("lane0").front(), "lane0-00000001.seg");
  const auto found = recover(rig.disk, names()).value();
  bool seen = false;
  for (const Record& row : found.rows) {
    if (row.type != static_cast<std::uint16_t>(Type::open_order)) continue;
    const auto order = row.as<journal::OpenOrder>();
    if (order.copy_id != kept) continue;
    seen = true;
    EXPECT_EQ(order.attempt, 3) << "as its intent says";
    EXPECT_EQ(order.doubts, 1);
  }
  EXPECT_TRUE(seen);
  // Once it is over, they go.
  for (const auto& order : rig.open_orders()) rig.finish(order);
  const auto before = rig.compaction.snapshot();
  while (rig.compaction.snapshot() == before) rig.step();
  EXPECT_GT(rig.files("lane0").front(), "lane0-00000004.seg");
}

// Whatever the lane has of an order that is open in the books that a start finds is found.
TEST(Compaction, NoAttemptOfAnOpenOrderIsEverPutAside) {
  int put_aside = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Rig rig(seed);
    while (rig.compaction.snapshot() < 12) rig.step();
    put_aside += rig.files("lane0").front() > "lane0-00000001.seg" ? 1 : 0;
    const auto found = recover(rig.disk, names()).value();
    EXPECT_EQ(found.trust, Trust::whole) << found.damage;
    std::size_t orders = 0;
    for (const Record& row : found.rows) {
      if (row.type != static_cast<std::uint16_t>(Type::open_order)) continue;
      const auto order = row.as<journal::OpenOrder>();
      EXPECT_EQ(order.doubts, rig.sent.contains(order.copy_id) ? 1 : 0) << seed;
      ++orders;
    }
    EXPECT_EQ(orders, rig.open_orders().size());
  }
  EXPECT_GT(put_aside, 3);
}

TEST(Compaction, ADamagedSnapshotFallsBackToTheOneBefore) {
  Rig rig(11);
  while (rig.compaction.snapshot() < 8) rig.step();
  auto& bytes = rig.disk.bytes("snapshot-00000008.seg");
  bytes[bytes.size() / 2] ^= std::byte{1};
  std::vector<std::string> notes;
  expect_same(rig.from_disk(&notes), rig.whole.rows());
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes.front().find("snapshot-00000008.seg"), std::string::npos);
  EXPECT_EQ(recover(rig.disk, names())->trust, Trust::whole);
}

TEST(Compaction, TheOnlySnapshotDamagedFallsBackToTheSegments) {
  Rig rig(12);
  while (rig.compaction.snapshot() < 4) rig.step();
  rig.disk.bytes("snapshot-00000004.seg").resize(300);
  std::vector<std::string> notes;
  expect_same(rig.from_disk(&notes), rig.whole.rows());
  EXPECT_EQ(notes.size(), 1U);
}

TEST(Compaction, WithoutASnapshotAndWithoutItsBeginningTheJournalIsCorrupt) {
  Rig rig(13);
  while (rig.compaction.snapshot() < 8) rig.step();
  for (const auto& file : rig.files("snapshot")) rig.disk.bytes(file).resize(300);
  const auto found = recover(rig.disk, names()).value();
  EXPECT_EQ(found.trust, Trust::corrupt);
  EXPECT_NE(found.damage.find("copy-00000005.seg"), std::string::npos) << found.damage;
}

TEST(Compaction, AGapBehindTheSnapshotIsSeen) {
  Rig rig(14);
  while (rig.compaction.snapshot() < 8) rig.step();
  ASSERT_TRUE(rig.journal.sync());
  rig.run(150);
  ASSERT_TRUE(rig.disk.remove("copy-00000009.seg"));
  const auto found = recover(rig.disk, names()).value();
  EXPECT_EQ(found.trust, Trust::corrupt);
}

// The machine stops in front of each change that a compaction makes.
TEST(Compaction, AStopAnywhereCostsNothing) {
  int changes = 0;
  for (bool cut = true; cut; ++changes) {
    ASSERT_LT(changes, 200);
    Rig rig(21);
    while (rig.compaction.snapshot() < 4) rig.step();
    rig.stopping.stop_after(changes);
    while (rig.compaction.snapshot() < 12 && !rig.compaction.failed()) rig.step();
    cut = rig.stopping.stopped();
    EXPECT_EQ(rig.compaction.failed(), cut);
    ASSERT_TRUE(rig.journal.sync());
    rig.disk.power_cut();
    ASSERT_TRUE(journal::finish_archive(rig.disk));
    expect_same(rig.from_disk(), rig.whole.rows());
    const auto found = recover(rig.disk, names()).value();
    EXPECT_EQ(found.trust, Trust::whole) << changes << ' ' << found.damage;
    for (const Record& row : found.rows) {
      if (row.type != static_cast<std::uint16_t>(Type::open_order)) continue;
      const auto order = row.as<journal::OpenOrder>();
      EXPECT_EQ(order.doubts, rig.sent.contains(order.copy_id) ? 1 : 0) << changes;
    }
  }
  EXPECT_GT(changes, 20);
}

TEST(Compaction, AfterAnErrorItSaysSoAndRests) {
  Rig rig(22);
  rig.stopping.stop_after(0);
  rig.run(800);
  EXPECT_TRUE(rig.compaction.failed());
  EXPECT_TRUE(rig.files("snapshot").empty());
  EXPECT_EQ(rig.files("copy").front(), "copy-00000001.seg");
  Notice notice;
  ASSERT_TRUE(rig.notices.try_pop(notice));
  EXPECT_NE(notice.message().find("not made smaller"), std::string_view::npos);
  EXPECT_FALSE(rig.notices.try_pop(notice));
}

}  // namespace
}  // namespace copyd::engine
