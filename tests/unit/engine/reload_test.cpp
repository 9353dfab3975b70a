// A configuration that was reloaded is in the journal, and a start and a snapshot go by it.
#include <gtest/gtest.h>

#include <stdexcept>

#include "config/load.hpp"
#include "engine/compaction.hpp"
#include "engine/recovery.hpp"
#include "journal/journal.hpp"
#include "support/memory_disk.hpp"

namespace copyd::engine {
namespace {

using journal::Record;

std::string copies(const std::string& ratio) {
  return "[venue]\nname = \"binance-usdm\"\n[[leader]]\nlabel = \"alpha\"\n[[follower]]\n"
         "label = \"bob\"\n[[follower.link]]\nleader = \"alpha\"\n"
         "sizing = { mode = \"fixed_ratio\", ratio = " +
         ratio + " }\norder = { type = \"market\" }\n# " + std::string(600, '-') + "\n";
}

RunNames names(const std::string& text, std::uint32_t generation = 1) {
  RunNames names{.config_text = text,
                 .config = {},
                 .symbols = {},
                 .wall_offset_ns = 1'000,
                 .generation = generation};
  const auto loaded = config::load(text, "test.toml");
  if (!loaded.config) throw std::runtime_error(loaded.faults.front().message);
  names.config = std::make_shared<const config::Config>(*loaded.config);
  names.symbols.add({.name = "BTCUSDT",
                     .filters = SymbolFilters{.tick = *Price::parse("0.1"),
                                              .step = *Qty::parse("0.001"),
                                              .min_qty = *Qty::parse("0.001"),
                                              .max_qty = Qty::whole(100),
                                              .min_notional = Usd::whole(5)},
                     .copyable = true});
  return names;
}

// What a copy agent writes, by hand.
struct Rig {
  explicit Rig(std::uint64_t segment_records)
      : journal(disk, clock, notices, {.segment_records = segment_records, .sync_every = {}}),
        copy(journal.open("copy", {}, 1'000).value()) {
    std::vector<Record> beginning = names(copies("1")).preamble();
    beginning.push_back(journal::record_of(journal::Books{.settle_number = 5'000}));
    beginning.push_back(journal::record_of(journal::BooksEnd{.rows = 1}));
    for (const Record& record : beginning) {
      EXPECT_TRUE(copy->append(static_cast<journal::Type>(record.type),
                               std::span(record.payload).first(record.length), clock.now()));
      journal.do_work();
    }
    input(journal::Link{{.follower = FollowerId{0}, .ready = true, .mode = PositionMode::one_way}});
  }
  template <class Payload>
  void input(const Payload& payload) {
    ASSERT_TRUE(copy->append(payload, clock.now()));
    journal.do_work();
  }
  // Pieces [from, to) of the text.
  void text(const std::string& text, std::uint32_t generation, std::size_t from = 0,
            std::size_t to = SIZE_MAX) {
    constexpr std::size_t size = sizeof(journal::Text::bytes);
    for (std::size_t i = from; i < to && i * size < text.size(); ++i)
      input(journal::piece_of(text, generation, static_cast<std::uint32_t>(i * size)));
  }
  void reload(const std::string& ratio, std::uint32_t generation) {
    text(copies(ratio), generation);
    input(journal::Reloaded{.generation = generation});
  }
  void fill(const char* qty) {
    LeaderFill fill;
    fill.trade = TradeId{++trade};
    fill.price = Price::whole(50'000);
    fill.qty = fill.order_qty = *Qty::parse(qty);
    fill.time = VenueTime{1'000 + trade};
    fill.received = clock.now();
    input(journal::Fill{.fill = fill, .age_ms = 3});
  }
  Recovered recovered() {
    EXPECT_TRUE(journal.sync());
    auto found = recover(disk, names(copies("1")));
    EXPECT_TRUE(found) << found.error().message();
    return found ? std::move(found).value() : Recovered();
  }

  test::MemoryDisk disk;
  ManualClock clock;
  Channel<Notice> notices{16};
  journal::Journal journal;
  journal::Writer* copy;
  std::int64_t trade = 0;
};

struct Decided {
  Qty qty;
  std::uint32_t generation;
  friend bool operator==(const Decided&, const Decided&) = default;
};
std::vector<Decided> decided(const Recovered& found) {
  std::vector<Decided> all;
  std::uint32_t generation = 0;
  for (const Record& row : found.rows) {
    if (row.type == static_cast<std::uint16_t>(journal::Type::generation))
      generation = row.as<journal::Generation>().generation;
    if (row.type == static_cast<std::uint16_t>(journal::Type::open_order))
      all.push_back({row.as<journal::OpenOrder>().qty, std::exchange(generation, 0)});
  }
  return all;
}

TEST(Reloaded, EachFillIsDecidedAgainUnderItsOwnConfiguration) {
  Rig rig(4096);
  rig.fill("1");
  rig.reload("3", 2);
  rig.fill("1");
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::whole) << found.damage;
  EXPECT_EQ(found.generation, 2U);
  EXPECT_EQ(decided(found), (std::vector<Decided>{{Qty::whole(1), 1}, {Qty::whole(3), 2}}));
}

TEST(Reloaded, AFollowerThatIsNewIsThereFromThatPointOn) {
  Rig rig(4096);
  rig.fill("1");
  const std::string both =
      copies("1") +
      "[[follower]]\nlabel = \"eve\"\n[[follower.link]]\nleader = \"alpha\"\n"
      "sizing = { mode = \"fixed_ratio\", ratio = 2 }\norder = { type = \"market\" }\n";
  rig.text(both, 2);
  rig.input(journal::Reloaded{.generation = 2});
  rig.input(
      journal::Link{{.follower = FollowerId{1}, .ready = true, .mode = PositionMode::one_way}});
  rig.fill("1");
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::whole) << found.damage;
  EXPECT_EQ(decided(found),
            (std::vector<Decided>{{Qty::whole(1), 1}, {Qty::whole(1), 2}, {Qty::whole(2), 2}}));
  ASSERT_NE(found.config, nullptr) << "the file that the start has does not name her";
  EXPECT_TRUE(found.config->followers.at(1).removed);
}

TEST(Reloaded, ALeaderThatIsNewIsThereFromThatPointOn) {
  Rig rig(4096);
  rig.fill("1");
  std::string both = copies("1");
  both.insert(both.find("[[follower]]"), "[[leader]]\nlabel = \"beta\"\n");
  both +=
      "[[follower.link]]\nleader = \"beta\"\nsizing = { mode = \"fixed_ratio\", ratio = 2 }\n"
      "order = { type = \"market\" }\nsymbols = { allow = [\"BTCUSDT\"] }\n";
  rig.text(both, 2);
  rig.input(journal::Reloaded{.generation = 2});
  LeaderFill fill;
  fill.leader = LeaderId{1};
  fill.trade = TradeId{900};
  fill.price = Price::whole(50'000);
  fill.qty = fill.order_qty = Qty::whole(1);
  fill.time = VenueTime{2'000};
  rig.input(journal::Fill{.fill = fill, .age_ms = 3});
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::whole) << found.damage;
  EXPECT_EQ(decided(found), (std::vector<Decided>{{Qty::whole(1), 1}, {Qty::whole(2), 2}}));
  ASSERT_NE(found.config, nullptr) << "the file that the start has does not name him";
  EXPECT_TRUE(found.config->leaders.at(1).removed);
}

TEST(Reloaded, InputsBetweenThePiecesOfTheTextAreOfTheOneBefore) {
  Rig rig(4096);
  rig.text(copies("3"), 2, 0, 2);
  rig.fill("1");
  rig.text(copies("3"), 2, 2);
  rig.fill("2");
  rig.input(journal::Reloaded{.generation = 2});
  rig.fill("1");
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::whole) << found.damage;
  EXPECT_EQ(decided(found),
            (std::vector<Decided>{{Qty::whole(1), 1}, {Qty::whole(2), 1}, {Qty::whole(3), 2}}));
}

TEST(Reloaded, AReloadThatWasCutOffNeverWas) {
  Rig rig(4096);
  rig.text(copies("3"), 2, 0, 3);
  const auto cut = rig.recovered();
  EXPECT_EQ(cut.trust, Trust::whole) << cut.damage;
  EXPECT_EQ(cut.generation, 1U);
  rig.reload("4", 2);
  rig.fill("1");
  const auto found = rig.recovered();
  EXPECT_EQ(found.generation, 2U);
  EXPECT_EQ(decided(found), (std::vector<Decided>{{Qty::whole(4), 2}}));
}

TEST(Reloaded, ATextThatIsNotWholeIsDamage) {
  Rig rig(4096);
  rig.text(copies("3"), 2, 0, 3);
  rig.input(journal::Reloaded{.generation = 2});
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::corrupt);
  EXPECT_NE(found.damage.find("not whole"), std::string::npos) << found.damage;
}

// Its segments are shorter than one text, so that every snapshot would stand in the middle of one.
TEST(Reloaded, ASnapshotHasTheConfigurationOfItsMoment) {
  Rig rig(12);
  Channel<Notice> told{16};
  Compaction compaction(rig.disk, rig.clock, told, {}, Compaction::Settings{});
  std::uint32_t generation = 1;
  while (compaction.snapshot() < 40 && generation < 200) {
    ++generation;
    rig.reload(std::to_string(generation), generation);
    for (int i = 0; i < 3; ++i) rig.input(journal::Mark{{.symbol = SymbolId{0}, .price = {}}});
    rig.clock.advance(std::chrono::seconds(2));
    while (compaction.do_work() != 0) {}
    const auto found = rig.recovered();
    ASSERT_EQ(found.trust, Trust::whole) << found.damage << " at " << generation;
    ASSERT_EQ(found.generation, generation);
  }
  EXPECT_GE(compaction.snapshot(), 40U);
  Notice notice;
  EXPECT_FALSE(told.try_pop(notice)) << notice.message();
  rig.fill("0.001");
  EXPECT_EQ(decided(rig.recovered()),
            (std::vector<Decided>{
                {Qty::from_units(100'000 * static_cast<std::int64_t>(generation)), generation}}));
}

}  // namespace
}  // namespace copyd::engine
