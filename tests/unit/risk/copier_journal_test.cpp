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

using Rows = RowRecords;

void expect_same(const Rows& left, const Rows& right) {
  ASSERT_EQ(left.all.size(), right.all.size());
  for (std::size_t i = 0; i < left.all.size(); ++i) {
    EXPECT_EQ(left.all[i].type, right.all[i].type) << i;
    EXPECT_EQ(left.all[i].payload, right.all[i].payload) << i << " of type " << left.all[i].type;
  }
}

template <class Payload, class Change>
void change_rows(Rows& rows, Change change) {
  for (Record& row : rows.all) {
    if (row.type != static_cast<std::uint16_t>(Payload::type)) continue;
    auto payload = row.as<Payload>();
    change(payload);
    journal::clear_padding(payload);
    std::memcpy(row.payload.data(), &payload, sizeof payload);
  }
}

// As a snapshot has them.
Rows of_the_same_run(Rows rows) {
  change_rows<journal::LastPrice>(rows, [](auto& row) { row.same_run = 1; });
  change_rows<journal::Follower>(rows, [](auto& row) { row.same_run = 1; });
  return rows;
}

// Without what only counts in the run that wrote it.
Rows of_any_run(Rows rows) {
  change_rows<journal::LastPrice>(rows, [](auto& row) {
    row.mark = {};
    row.mark_ns = 0;
  });
  change_rows<journal::Follower>(rows, [](auto& row) {
    row.refused_mode = 0;
    row.unknown_since_ns = journal::never_ns;
    row.refused_ns.fill(journal::never_ns);
    row.no_equity_told = 0;
  });
  return rows;
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

CopierRig::Options limited(CopierRig::Options options) {
  options.limits.max_daily_loss = config::LossLimit{"0.1"_ratio};
  options.limits.max_drawdown = config::LossLimit{"250"_usd};
  options.limits.max_price_deviation_bps = 500;
  options.limits.max_order_qty = {{"BTCUSDT", "0.6"_qty}};
  return options;
}

// A run of what may happen, in any order.
class Happenings {
 public:
  Happenings(CopierRig& rig, std::uint64_t seed, PositionMode mode)
      : rig_(rig), random_(seed), mode_(mode) {
    rig_.command(SetMark{.symbol = btc, .price = Price::whole(50'000)});
  }

  void step() {
    rig_.clock.advance(std::chrono::seconds(below(20) == 0 ? 600 : below(5)));
    switch (below(18)) {
      case 17:
        return reload();
      case 16:
      case 0:
        return rig_.command(SetState{.follower = follower(),
                                     .cause = StateCause::operator_,
                                     .state = static_cast<FollowerState>(below(3))});
      case 1:
        return mark();
      case 2:
        return equity();
      case 3:
        return rig_.hand(LeaderPosition{
            .leader = alpha, .symbol = btc, .leg = leg(), .qty = leader_quantity(), .as_of = {}});
      case 4:
      case 5:
      case 6:
        return finish_some();
      case 7:
        return below(4) == 0 ? flatten() : resume();
      case 8:
        return held();
      default:
        return trade();
    }
  }

 private:
  void mark() {
    const std::int64_t marks[] = {0, 40'000, 50'000, 51'000, 49'000, 50'500};
    rig_.command(SetMark{.symbol = btc, .price = Price::whole(marks[below(6)])});
  }
  void equity() {
    rig_.command(
        SetFollowerEquity{.follower = follower(),
                          .equity = Usd::whole(static_cast<std::int64_t>(800 + below(400))),
                          .transfers = Usd::whole(static_cast<std::int64_t>(below(50))),
                          .transfers_ms = ++transfers_ms_,
                          .day = static_cast<std::int32_t>(transfers_ms_ / 4),
                          .known = below(4) != 0});
  }
  void flatten() {
    rig_.command(Flatten{.follower = follower(), .everything = below(2) == 0});
    OperatorWord word;
    word.about = static_cast<OperatorWord::About>(below(3));
    word.word = static_cast<OperatorWord::Word>(below(4));
    word.account = word.about == OperatorWord::About::all ? std::uint16_t{0}
                                                          : static_cast<std::uint16_t>(below(2));
    rig_.command(word);
  }
  void resume() {
    const FollowerId whose = follower();
    for (const auto cause : {StateCause::operator_, StateCause::breach, StateCause::breaker})
      rig_.command(SetState{.follower = whose, .cause = cause, .state = FollowerState::active});
  }
  void held() {
    const FollowerId whose = follower();
    const std::size_t lane = whose.value % 2;
    rig_.report(FollowerPosition{.follower = whose,
                                 .symbol = below(2) == 0 ? btc : eth,
                                 .leg = leg(),
                                 .qty = leader_quantity(),
                                 .taken = below(2) == 0},
                lane);
    if (below(2) == 0) rig_.report(PositionsTaken{.follower = whose}, lane);
  }
  void reload() {
    const auto notional = Usd::whole(20'000 + static_cast<std::int64_t>(below(80'000)));
    const auto ratio = Ratio::from_units(static_cast<std::int64_t>(1 + below(200)) * 1'000'000);
    const bool by_equity = below(2) == 0;
    const bool no_loss = below(4) == 0;
    rig_.reload([&](config::Follower& changed) {
      changed.limits.max_position_notional = notional;
      if (no_loss) changed.limits.max_drawdown.reset();
      else changed.limits.max_drawdown = config::LossLimit{"250"_usd};
      if (by_equity) changed.links[0].sizing = config::EquityRatio{ratio};
      else changed.links[0].sizing = config::FixedRatio{ratio};
    });
    reloads.push_back(rig_.configs);
  }
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
        rig_.report(
            OrderUnknown{
                .ref = order->ref, .follower = order->follower, .quarantined = below(2) == 0},
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

 public:
  std::vector<std::deque<config::Follower>> reloads;  // what each has made of the followers

 private:
  std::int64_t transfers_ms_ = 0;
};

void replay_into(CopierRig& rig, journal::Disk& disk, const Happenings& happenings) {
  auto reader = journal::Reader::open(disk, "copy").value();
  std::size_t reloads = 0;
  while (const auto record = reader.next()) {
    if (record->type != static_cast<std::uint16_t>(journal::Type::reload)) {
      rig.copier->replay(*record);
      continue;
    }
    const auto& made = happenings.reloads.at(reloads++);
    std::size_t follower = 0;
    const auto reload =
        rig.prepared([&](config::Follower& changed) { changed = made.at(follower++); });
    EXPECT_EQ(reload->generation, record->as<journal::Reloaded>().generation);
    rig.copier->replay(*record, *reload);
  }
  EXPECT_EQ(reloads, happenings.reloads.size());
  ASSERT_EQ(reader.end().kind, journal::ReadEnd::Kind::clean);
}

TEST(CopierJournal, SoDoThoseOnPaperWithTheirResult) {
  std::size_t held = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const auto mode = seed % 3 == 0 ? PositionMode::hedge : PositionMode::one_way;
    Journalled kept;
    auto options = limited(options_with(kept.writer, mode));
    options.state = config::FollowerMode::shadow;
    CopierRig live(options);
    RowRecords adopting;
    for (std::uint16_t i = 0; i < 3; ++i)
      adopting.put(journal::Adopting{.follower = FollowerId{i}, .link = 0, .leader = alpha});
    ASSERT_EQ(live.restore(adopting), 0U);
    Happenings happenings(live, seed, mode);
    for (std::uint64_t i = 0; i < 20 + seed; ++i) {
      happenings.step();
      if (i == 10) live.hand(LeaderSynced{.leader = alpha, .begun = {}, .until = {}});
    }
    EXPECT_TRUE(live.taken().empty());
    const Rows rows = rows_of(*live.copier);
    held += rows.count(journal::Type::paper) - 3;

    auto again = options;
    again.journal = nullptr;
    again.connected = false;
    CopierRig restored(again);
    EXPECT_EQ(restored.restore(of_the_same_run(rows)), 0U);
    expect_same(rows, rows_of(*restored.copier));
    again.replays = true;
    CopierRig replayed(again);
    ASSERT_EQ(replayed.restore(adopting), 0U);
    replay_into(replayed, kept.disk, happenings);
    expect_same(rows, rows_of(*replayed.copier));
  }
  EXPECT_GT(held, 20U);
}

TEST(CopierJournal, AReplayMakesTheSameBooksAndSoDoTheirRows) {
  std::size_t orders = 0;
  std::size_t lots = 0;
  std::size_t outcomes = 0;
  std::size_t flattening = 0;
  std::size_t breached = 0;
  std::size_t broken = 0;
  std::size_t quarantined = 0;
  std::int64_t outside_collar = 0;
  std::int64_t clipped = 0;
  std::int64_t without_equity = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    const auto mode = seed % 3 == 0 ? PositionMode::hedge : PositionMode::one_way;
    Journalled kept;
    CopierRig live(limited(options_with(kept.writer, mode)));
    Happenings happenings(live, seed, mode);
    for (std::uint64_t i = 0; i < 20 + seed; ++i) {
      happenings.step();
      for (std::uint16_t f = 0; f < 3; ++f) {
        const auto causes = static_cast<unsigned>(live.cells[f].causes.get());
        flattening += live.cells[f].flattening.get() != 0 ? 1U : 0U;
        breached += causes >> static_cast<unsigned>(StateCause::breach) & 1U;
        broken += causes >> static_cast<unsigned>(StateCause::breaker) & 1U;
        quarantined += live.cells[f].quarantined.get() != 0 ? 1U : 0U;
      }
    }
    for (std::size_t f = 0; f < 3; ++f) {
      outside_collar += live.skipped(f, Reject::price_collar);
      clipped += live.skipped(f, Reject::max_order_qty);
      without_equity += live.skipped(f, Reject::no_equity);
    }
    const Rows rows = rows_of(*live.copier);
    orders += rows.count(journal::Type::open_order);
    lots += rows.count(journal::Type::lot);
    outcomes += rows.count(journal::Type::outcome);

    auto again = limited(options_with(nullptr, mode));
    again.connected = false;
    auto replays = again;
    replays.replays = true;
    CopierRig replayed(replays);
    replay_into(replayed, kept.disk, happenings);
    expect_same(rows, rows_of(*replayed.copier));
    EXPECT_TRUE(replayed.taken().empty());

    CopierRig restored(again);
    EXPECT_EQ(restored.restore(rows), 0U);
    // But for its states, which begin as those of a start.
    for (std::uint16_t i = 0; i < 3; ++i) restored.connect(FollowerId{i}, mode);
    expect_same(of_any_run(rows), of_any_run(rows_of(*restored.copier)));

    CopierRig continued(again);
    EXPECT_EQ(continued.restore(of_the_same_run(rows)), 0U);
    expect_same(rows, rows_of(*continued.copier));
  }
  EXPECT_GT(orders, 60U);
  EXPECT_GT(lots, 60U);
  EXPECT_GT(outcomes, 60U);
  EXPECT_GT(flattening, 100U);
  EXPECT_GT(breached, 100U);
  EXPECT_GT(broken, 100U);
  EXPECT_GT(quarantined, 100U);
  EXPECT_GT(outside_collar, 100);
  EXPECT_GT(clipped, 100);
  EXPECT_GT(without_equity, 100);
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
  EXPECT_EQ(doubtful[0]->doubts, 1);
  EXPECT_EQ(doubtful[0]->attempt, 0);
  rig.executed(doubtful);
  rig.hand(rig.fill_of(Side::sell, "1"_qty));
  const auto closes = rig.taken();
  ASSERT_EQ(closes.size(), 3U);
  EXPECT_EQ(closes[0]->kind, OrderKind::reduce);
  EXPECT_EQ(closes[0]->doubts, 2) << "one attempt of it may have left without its record";
  EXPECT_EQ(closes[0]->attempt, 1);
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
