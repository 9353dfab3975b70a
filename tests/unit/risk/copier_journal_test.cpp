// What a Copier wrote to the journal makes the same books again: by replay, and row by row.
#include <algorithm>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "journal/journal.hpp"
#include "journal/reader.hpp"
#include "support/memory_disk.hpp"
#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::test {
namespace {

using journal::Record;

// Rows as records.
class Rows final : public journal::RowSink {
 public:
  void row(journal::Type type, std::span<const std::byte> payload) override {
    Record record{.type = static_cast<std::uint16_t>(type),
                  .length = static_cast<std::uint16_t>(payload.size())};
    std::copy(payload.begin(), payload.end(), record.payload.begin());
    all.push_back(record);
  }
  std::size_t count(journal::Type type) const {
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(),
        [&](const Record& record) { return record.type == static_cast<std::uint16_t>(type); }));
  }
  std::vector<Record> all;
};

Rows rows_of(const risk::Copier& copier) {
  Rows rows;
  copier.save(rows);
  return rows;
}

void expect_same(const Rows& left, const Rows& right) {
  ASSERT_EQ(left.all.size(), right.all.size());
  for (std::size_t i = 0; i < left.all.size(); ++i) {
    EXPECT_EQ(left.all[i].type, right.all[i].type) << i;
    EXPECT_EQ(left.all[i].payload, right.all[i].payload) << i << " of type " << left.all[i].type;
  }
}

struct Journalled {
  MemoryDisk disk;
  ManualClock clock;
  Channel<Notice> notices{16};
  journal::Journal journal{disk, clock, notices, {.segment_records = 4096}};
  journal::Writer* writer = journal.open("copy", {}, 0).value();
};

CopierRig::Options options_with(journal::Writer* writer, PositionMode mode) {
  CopierRig::Options options;
  options.journal = writer;
  options.mode = mode;
  options.link = link_to("alpha", config::FixedRatio{"0.37"_ratio});
  return options;
}

// A run of what may happen, in any order.
class Happenings {
 public:
  Happenings(CopierRig& rig, std::uint64_t seed, PositionMode mode)
      : rig_(rig), random_(seed), mode_(mode) {}

  void step() {
    switch (below(12)) {
      case 0:
        return rig_.command(SetState{.follower = follower(),
                                     .cause = StateCause::operator_,
                                     .state = static_cast<FollowerState>(below(3))});
      case 1:
        return rig_.command(SetMark{.symbol = btc, .price = Price::whole(40'000)});
      case 2:
        return rig_.command(
            SetFollowerEquity{.follower = follower(), .equity = Usd::whole(1'000), .known = true});
      case 3:
        return rig_.hand(
            LeaderPosition{.leader = alpha, .symbol = btc, .leg = leg(), .qty = leader_quantity()});
      case 4:
      case 5:
      case 6:
        return finish_some();
      default:
        return trade();
    }
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  FollowerId follower() { return FollowerId{static_cast<std::uint16_t>(below(3))}; }
  Leg leg() {
    if (mode_ == PositionMode::one_way) return Leg::both;
    return below(2) == 0 ? Leg::long_ : Leg::short_;
  }
  Qty leader_quantity() {
    return Qty::from_units(static_cast<std::int64_t>(below(3)) * 50'000'000);
  }
  void trade() {
    auto fill =
        rig_.fill_of(below(2) == 0 ? Side::buy : Side::sell,
                     Qty::from_units(static_cast<std::int64_t>(1 + below(300)) * 1'000'000));
    rig_.hand(fill);
  }
  void finish_some() {
    for (const auto& order : rig_.taken()) open_.push_back(order);
    while (!open_.empty() && below(4) != 0) {
      const auto at = static_cast<std::ptrdiff_t>(below(open_.size()));
      const Order order = open_[static_cast<std::size_t>(at)];
      if (below(4) == 0) {
        rig_.report(OrderUnknown{.ref = order->ref, .follower = order->follower},
                    order->follower.value % 2);
        continue;
      }
      open_.erase(open_.begin() + at);
      const OrderEnd ends[] = {OrderEnd::executed, OrderEnd::refused, OrderEnd::expired};
      const OrderEnd end = ends[below(3)];
      const auto tenths = static_cast<std::int64_t>(below(11));
      rig_.done(order, end,
                end == OrderEnd::executed
                    ? Qty::from_units(order->qty.units() / 10 * tenths / 100'000 * 100'000)
                    : Qty());
    }
  }

  CopierRig& rig_;
  std::mt19937_64 random_;
  PositionMode mode_;
  std::vector<Order> open_;
};

void replay_into(risk::Copier& copier, journal::Disk& disk) {
  auto reader = journal::Reader::open(disk, "copy").value();
  while (const auto record = reader.next()) copier.replay(*record);
  ASSERT_EQ(reader.end().kind, journal::ReadEnd::Kind::clean);
}

TEST(CopierJournal, AReplayMakesTheSameBooksAndSoDoTheirRows) {
  std::size_t orders = 0;
  std::size_t lots = 0;
  std::size_t outcomes = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const auto mode = seed % 3 == 0 ? PositionMode::hedge : PositionMode::one_way;
    Journalled kept;
    CopierRig live(options_with(kept.writer, mode));
    Happenings happenings(live, seed, mode);
    for (std::uint64_t i = 0; i < 20 + seed; ++i) happenings.step();
    const Rows rows = rows_of(*live.copier);
    orders += rows.count(journal::Type::open_order);
    lots += rows.count(journal::Type::lot);
    outcomes += rows.count(journal::Type::outcome);

    auto again = options_with(nullptr, mode);
    again.connected = false;
    auto replays = again;
    replays.replays = true;
    CopierRig replayed(replays);
    replay_into(*replayed.copier, kept.disk);
    expect_same(rows, rows_of(*replayed.copier));
    EXPECT_TRUE(replayed.taken().empty());

    CopierRig restored(again);
    for (const Record& row : rows.all) EXPECT_TRUE(restored.copier->restore(row));
    restored.copier->restored();
    // But for its states, which begin as those of a start.
    for (std::uint16_t i = 0; i < 3; ++i) restored.connect(FollowerId{i}, mode);
    expect_same(rows, rows_of(*restored.copier));
  }
  EXPECT_GT(orders, 60U);
  EXPECT_GT(lots, 60U);
  EXPECT_GT(outcomes, 60U);
}

TEST(CopierJournal, OrdersInFlightAreHandedToTheirLanesAgain) {
  CopierRig rig;
  rig.fill(Side::buy, "2"_qty);
  const auto sent = rig.taken();
  ASSERT_EQ(sent.size(), 3U);
  Rows rows = rows_of(*rig.copier);
  for (Record& row : rows.all)
    if (row.type == static_cast<std::uint16_t>(journal::Type::open_order)) {
      auto order = row.as<journal::OpenOrder>();
      order.attempt = 2;
      order.doubts = 1;
      std::memcpy(row.payload.data(), &order, sizeof order);
    }
  CopierRig next(CopierRig::Options{.connected = false});
  for (const Record& row : rows.all) EXPECT_TRUE(next.copier->restore(row));
  next.copier->restored();
  const auto again = next.taken();
  ASSERT_EQ(again.size(), 3U);
  for (const auto& order : again) {
    EXPECT_EQ(order->doubts, 1);
    EXPECT_EQ(order->attempt, 2);
    EXPECT_EQ(order->qty, "2"_qty);
  }
  EXPECT_EQ(next.copier->in_flight(), 3U);
  // Their results go on where they would have gone: into the book and into the fill's outcome.
  for (std::uint16_t i = 0; i < 3; ++i) next.connect(FollowerId{i});
  next.executed(again);
  EXPECT_EQ(next.row(0).position, "2"_qty);
  EXPECT_EQ(next.outcome(0, Outcome::copied), 1);
  EXPECT_EQ(next.copier->in_flight(), 0U);
}

TEST(CopierJournal, OrdersOfFillsThatALostJournalMayHaveKnownAreInDoubt) {
  CopierRig::Options options;
  options.doubt_until = VenueTime{1'000'000};
  CopierRig rig(options);
  auto fill = rig.fill_of(Side::buy, "1"_qty);
  rig.hand(fill);
  const auto doubtful = rig.taken();
  ASSERT_EQ(doubtful.size(), 3U);
  EXPECT_EQ(doubtful[0]->doubts, risk::Copier::lost_attempts);
  EXPECT_EQ(doubtful[0]->attempt, risk::Copier::lost_attempts - 1);
  fill = rig.fill_of(Side::buy, "1"_qty);
  fill.time = VenueTime{1'000'001};
  rig.hand(fill);
  EXPECT_EQ(rig.taken()[0]->doubts, 0);
}

TEST(CopierJournal, RowsOfAFollowerOrLinkThatIsNoMoreAreDropped) {
  CopierRig rig;
  rig.fill(Side::buy, "2"_qty);
  const Rows rows = rows_of(*rig.copier);
  CopierRig::Options fewer;
  fewer.followers = 1;
  fewer.connected = false;
  fewer.link = link_to("beta", config::FixedRatio{Ratio::whole(1)});
  CopierRig next(fewer);
  std::size_t dropped = 0;
  for (const Record& row : rows.all) dropped += next.copier->restore(row) ? 0U : 1U;
  next.copier->restored();
  EXPECT_GT(dropped, 8U);
  EXPECT_EQ(next.copier->book(FollowerId{0}).ledgers(), 0U);
  // But not an order that is in flight: what it brings is held, and wanted by nobody.
  const auto orders = next.taken();
  ASSERT_EQ(orders.size(), 1U);
  next.connect(FollowerId{0});
  next.executed(orders);
  EXPECT_EQ(next.row(0).position, "2"_qty);
  EXPECT_EQ(next.row(0).target, Qty());
}

TEST(CopierJournal, AnInputThatIsNotOursChangesNothingAndIsNotWritten) {
  Journalled kept;
  CopierRig rig(options_with(kept.writer, PositionMode::one_way));
  const auto before = kept.writer->appended();
  OrderDone stranger;
  stranger.ref = {.slot = 7, .generation = 9};
  rig.report(stranger, 0);
  EXPECT_EQ(kept.writer->appended(), before);
  rig.fill(Side::buy, "1"_qty);
  EXPECT_EQ(kept.writer->appended(), before + 1);
}

TEST(CopierJournal, WithoutAJournalNothingOpensAndClosesGoOn) {
  Journalled kept;
  CopierRig rig(options_with(kept.writer, PositionMode::one_way));
  rig.fill(Side::buy, "10"_qty);
  rig.executed(rig.taken());
  kept.disk.fail_writes(true);
  rig.fill(Side::buy, "10"_qty);
  EXPECT_TRUE(rig.taken().empty());
  EXPECT_EQ(rig.skipped(0, Reject::reduce_only), 1);
  rig.fill(Side::sell, "20"_qty);
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 3U);
  EXPECT_EQ(closes[0]->kind, OrderKind::reduce);
  const auto told = rig.told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("journal"), std::string::npos);
}

}  // namespace
}  // namespace copyd::test
