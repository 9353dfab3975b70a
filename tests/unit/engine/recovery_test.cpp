// What a start finds in the journal of the run before it.
#include <gtest/gtest.h>

#include "config/load.hpp"
#include "config/write.hpp"
#include "exec/order_lane.hpp"
#include "recovery_rig.hpp"

namespace copyd::engine {
namespace {

// The same accounts in another order, and one leader more.
constexpr const char* rearranged = R"(
[venue]
name = "binance-usdm"
[[leader]]
label = "beta"
[[leader]]
label = "alpha"
[[follower]]
label = "carol"
  [[follower.link]]
  leader = "beta"
  sizing = { mode = "fixed_ratio", ratio = 1 }
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 2 }
[[follower]]
label = "bob"
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 0.5 }
)";

constexpr const char* without_bob = R"(
[venue]
name = "binance-usdm"
[[leader]]
label = "alpha"
[[follower]]
label = "carol"
  [[follower.link]]
  leader = "alpha"
  sizing = { mode = "fixed_ratio", ratio = 2 }
)";

journal::OpenOrder order_of(const Recovered& found, std::uint16_t follower) {
  for (const auto& order : rows<journal::OpenOrder>(found))
    if (order.follower == FollowerId{follower}) return order;
  ADD_FAILURE() << "no order of follower " << follower;
  return {};
}

TEST(Recovery, TheFirstStartFindsNothing) {
  test::MemoryDisk disk;
  const auto found = recover(disk, names(two_followers, usual_symbols)).value();
  EXPECT_EQ(found.trust, Trust::fresh);
  EXPECT_TRUE(found.rows.empty());
}

TEST(Recovery, BooksLeadersAndOrdersComeBack) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::whole);
  EXPECT_TRUE(found.notes.empty());
  const auto bob = order_of(found, 0);
  EXPECT_EQ(bob.qty, *Qty::parse("0.5"));
  EXPECT_EQ(bob.received.ns, rig.clock.now().ns);
  EXPECT_EQ(order_of(found, 1).qty, Qty::whole(2));
  const auto& alpha = found.leaders.at(LeaderId{0});
  EXPECT_EQ(alpha.legs.at({SymbolId{0}, Leg::both}).qty, Qty::whole(1));
  ASSERT_EQ(alpha.seen.size(), 1U);
  EXPECT_EQ(alpha.seen[0].trade, TradeId{7});
  EXPECT_EQ(alpha.seen[0].time, VenueTime{1'007});
}

TEST(Recovery, AnOrderIsWhatItsLaneWroteOfIt) {
  struct Case {
    const char* what;
    std::vector<Record> written;  // with the copy id of bob's order
    std::uint8_t attempt, doubts;
    bool ended;
    const char* filled;
  };
  Rig first;
  first.connect();
  first.fill(7, Side::buy, "1");
  const CopyId id = order_of(first.recovered(), 0).copy_id;
  const auto intent = [&](std::uint8_t attempt) {
    return Rig::record(journal::Intent{.copy_id = id, .attempt = attempt});
  };
  const auto answer = [&](std::uint8_t attempt, const char* filled, bool final_) {
    return Rig::record(journal::Answer{
        .copy_id = id, .filled = *Qty::parse(filled), .attempt = attempt, .final_ = final_});
  };
  journal::Absent gone;
  gone.copy_id = id;
  const journal::Resumed resumed{.copy_id = id, .attempt = 3, .doubts = 2};
  const std::vector<Case> cases{
      {"nothing: it was not sent", {}, 0, 0, false, "0"},
      {"an intent: it may be at the venue", {intent(0)}, 0, 1, false, "0"},
      {"a part is known, and more may come",
       {intent(0), answer(0, "0.1", false)},
       0,
       1,
       false,
       "0"},
      {"the attempt has ended", {intent(0), answer(0, "0.2", true)}, 0, 0, true, "0.2"},
      {"another attempt after it",
       {intent(0), answer(0, "0.2", true), intent(1)},
       1,
       1,
       false,
       "0.2"},
      {"both have ended",
       {intent(0), answer(0, "0.2", true), intent(1), answer(1, "0.1", true)},
       1,
       0,
       true,
       "0.3"},
      {"told twice, counted once",
       {intent(0), answer(0, "0.2", true), answer(0, "0.2", true)},
       0,
       0,
       true,
       "0.2"},
      {"proven absent", {intent(0), Rig::record(gone)}, 0, 0, true, "0"},
      {"taken over, one of two doubts cleared",
       {Rig::record(resumed), Rig::record(gone)},
       3,
       1,
       false,
       "0"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    Rig rig;
    rig.connect();
    rig.fill(7, Side::buy, "1");
    for (const Record& record : c.written)
      ASSERT_TRUE(rig.lane->append(static_cast<Type>(record.type),
                                   std::span(record.payload).first(record.length),
                                   rig.clock.now()));
    const auto order = order_of(rig.recovered(), 0);
    EXPECT_EQ(order.attempt, c.attempt);
    EXPECT_EQ(order.doubts, c.doubts);
    EXPECT_EQ(order.ended != 0, c.ended);
    EXPECT_EQ(order.filled_before, *Qty::parse(c.filled));
  }
}

TEST(Recovery, WhatTheCopyAgentHeardIsOver) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto order = order_of(rig.recovered(), 0);
  rig.input(journal::Done{.copy_id = order.copy_id,
                          .done = {.ref = {},
                                   .follower = FollowerId{0},
                                   .filled = order.qty,
                                   .average = {},
                                   .venue_time = {}}});
  const auto found = rig.recovered();
  EXPECT_EQ(rows<journal::OpenOrder>(found).size(), 1U);
  const auto held = rows<journal::HeldLeg>(found);
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].position, *Qty::parse("0.5"));
  const auto counts = rows<journal::Count>(found);
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].index, static_cast<std::uint8_t>(Outcome::copied));
}

TEST(Recovery, WhatTheLaneHadToReportIsApplied) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto order = order_of(rig.recovered(), 0);
  rig.at_lane(journal::Intent{.copy_id = order.copy_id});
  rig.at_lane(journal::Finished{.copy_id = order.copy_id,
                                .filled = order.qty,
                                .average = Price::whole(50'000),
                                .venue_ms = 1'020});
  const auto found = rig.recovered();
  EXPECT_EQ(rows<journal::OpenOrder>(found).size(), 1U) << "that of the other follower";
  const auto held = rows<journal::HeldLeg>(found);
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].position, *Qty::parse("0.5"));
}

// The venue filled less than was asked of the close: what is to follow is decided by the start.
TEST(Recovery, WhatFollowsFromAReportIsDecided) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto order = order_of(rig.recovered(), 0);
  rig.input(journal::Done{.copy_id = order.copy_id,
                          .done = {.ref = {},
                                   .follower = FollowerId{0},
                                   .filled = order.qty,
                                   .average = {},
                                   .venue_time = {}}});
  rig.fill(8, Side::sell, "1");
  const auto close = order_of(rig.recovered(), 0);
  EXPECT_EQ(close.kind, OrderKind::reduce);
  rig.at_lane(journal::Intent{.copy_id = close.copy_id, .qty = close.qty});
  rig.at_lane(journal::Finished{.copy_id = close.copy_id, .end = OrderEnd::refused});
  const auto again = order_of(rig.recovered(), 0);
  EXPECT_EQ(again.qty, close.qty);
  EXPECT_NE(again.copy_id, close.copy_id);
  EXPECT_EQ(again.doubts, 0) << "nobody can have sent it";
}

TEST(Recovery, ALeaderGoesOnFromWhereItWas) {
  Rig rig;
  rig.connect();
  EXPECT_TRUE(rig.recovered().leaders.empty());
  rig.input(journal::Position{{.leader = LeaderId{0},
                               .symbol = SymbolId{1},
                               .leg = Leg::both,
                               .qty = Qty::whole(3),
                               .as_of = VenueTime{900}}});
  EXPECT_EQ(rig.recovered().leaders.at(LeaderId{0}).resume(), nullptr) << "it was never live";
  rig.input(
      journal::Synced{{.leader = LeaderId{0}, .begun = VenueTime{950}, .until = VenueTime{980}}});
  rig.fill(7, Side::buy, "1");
  const auto found = rig.recovered();
  const auto resume = found.leaders.at(LeaderId{0}).resume();
  ASSERT_NE(resume, nullptr);
  EXPECT_EQ(resume->begun, VenueTime{950});
  EXPECT_EQ(resume->since, VenueTime{1'007});
  ASSERT_EQ(resume->legs.size(), 2U);
  EXPECT_EQ(resume->legs[0].as_of, VenueTime{}) << "what traded until `begun` is in it";
  EXPECT_EQ(resume->legs[1].qty, Qty::whole(3));
  EXPECT_EQ(resume->legs[1].as_of, VenueTime{900});
  ASSERT_EQ(resume->seen.size(), 1U);
  EXPECT_EQ(resume->seen[0].trade, TradeId{7});
}

TEST(Recovery, WhatANewerVersionWroteIsNotTouched) {
  Rig rig;
  rig.connect();
  auto& bytes = rig.disk.bytes(journal::segment_name("lane0", 1));
  Record header;
  std::memcpy(&header, bytes.data(), sizeof header);
  auto segment = header.as<journal::Segment>();
  ++segment.version;
  std::memcpy(header.payload.data(), &segment, sizeof segment);
  header.crc = journal::checksum(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::unreadable);
  EXPECT_NE(found.damage.find("lane0"), std::string::npos) << found.damage;
  EXPECT_NE(found.damage.find("version"), std::string::npos) << found.damage;
}

TEST(Recovery, NamesNotNumbersCarryOver) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto live = names(rearranged, {"ADAUSDT", "ETHUSDT", "BTCUSDT"});
  const auto found = rig.recovered(live);
  EXPECT_TRUE(found.notes.empty());
  const auto carol = order_of(found, 0);
  EXPECT_EQ(carol.qty, Qty::whole(2));
  EXPECT_EQ(carol.symbol, SymbolId{2});
  EXPECT_EQ(carol.link, 1);
  EXPECT_EQ(carol.leader, LeaderId{1});
  EXPECT_EQ(order_of(found, 1).qty, *Qty::parse("0.5"));
  ASSERT_EQ(found.leaders.count(LeaderId{1}), 1U);
  EXPECT_EQ(found.leaders.at(LeaderId{1}).legs.begin()->first.symbol, SymbolId{2});
  for (const auto& ledger : rows<journal::Ledger>(found)) {
    EXPECT_EQ(ledger.symbol, SymbolId{2});
    EXPECT_EQ(ledger.link, ledger.follower == FollowerId{0} ? 1 : 0);
  }
}

TEST(Recovery, AFollowerThatIsNoMoreInTheFileAndHoldsNothingIsForgottenAndSaid) {
  Rig rig;
  rig.connect();
  const auto found = rig.recovered(names(without_bob, {"BTCUSDT"}));
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_NE(found.notes[0].find("follower bob"), std::string::npos) << found.notes[0];
  EXPECT_NE(found.notes[0].find("forgotten"), std::string::npos) << found.notes[0];
  EXPECT_EQ(found.config, nullptr);
  EXPECT_EQ(rows<journal::Follower>(found).size(), 1U);
}

TEST(Recovery, AFollowerThatIsNoMoreInTheFileAndHoldsSomethingIsDrained) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  auto live = names(without_bob, {"BTCUSDT"});
  auto found = rig.recovered(live);
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_NE(found.notes[0].find("bob is not in the configuration any more and is drained"),
            std::string::npos)
      << found.notes[0];
  ASSERT_NE(found.config, nullptr);
  ASSERT_EQ(found.config->followers.size(), 2U);
  EXPECT_FALSE(found.config->followers[0].removed);
  EXPECT_EQ(found.config->followers[1].label, "bob");
  EXPECT_TRUE(found.config->followers[1].removed);
  ASSERT_EQ(found.config->followers[1].links.size(), 1U);
  EXPECT_TRUE(found.config->followers[1].links[0].removed);
  EXPECT_EQ(order_of(found, 0).qty, Qty::whole(2)) << "carol's";
  EXPECT_EQ(order_of(found, 1).qty, *Qty::parse("0.5")) << "bob's";

  // And by the start after it, from what this one writes.
  live.config = found.config;
  live.config_text = config::text_of(*found.config);
  journal::Journal second(rig.disk, rig.clock, rig.notices, {.segment_records = 4096});
  auto* const copy = second.open("copy", found.copy, 1'000 + rig.clock.now().ns).value();
  ASSERT_TRUE(write_beginning(*copy, live, found.rows, rig.clock.now()));
  for (const auto& file : found.obsolete) ASSERT_TRUE(rig.disk.remove(file));
  found = rig.recovered(names(without_bob, {"BTCUSDT"}));
  EXPECT_EQ(found.trust, Trust::whole) << found.damage;
  ASSERT_NE(found.config, nullptr);
  EXPECT_EQ(order_of(found, 1).qty, *Qty::parse("0.5"));
  // Until it is in the file again.
  EXPECT_EQ(rig.recovered(names(two_followers, usual_symbols)).config, nullptr);
}

TEST(Recovery, ALinkThatIsNoMoreInTheFileAndWantsSomethingIsDrainedWithItsLeader) {
  Rig rig(names(rearranged, usual_symbols));
  rig.connect();
  LeaderFill fill;  // of beta
  fill.trade = TradeId{7};
  fill.price = Price::whole(50'000);
  fill.qty = fill.order_qty = Qty::whole(1);
  fill.time = VenueTime{1'007};
  rig.input(journal::Fill{.fill = fill, .age_ms = 3});
  const auto found = rig.recovered(names(two_followers, usual_symbols));
  ASSERT_NE(found.config, nullptr);
  ASSERT_EQ(found.config->leaders.size(), 2U);
  EXPECT_EQ(found.config->leaders[1].label, "beta");
  const auto& carol = found.config->followers[1];
  EXPECT_FALSE(carol.removed);
  ASSERT_EQ(carol.links.size(), 2U);
  EXPECT_FALSE(carol.links[0].removed);
  EXPECT_TRUE(carol.links[1].removed);
  EXPECT_EQ(carol.links[1].leader, "beta");
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_NE(found.notes[0].find("carol's link to beta"), std::string::npos) << found.notes[0];
  const auto order = order_of(found, 1);
  EXPECT_EQ(order.link, 1U);
  EXPECT_EQ(order.leader, LeaderId{1});
}

TEST(Recovery, AnotherRunGoesOnFromTheRowsOfTheOneBefore) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto live = names(two_followers, {"ETHUSDT", "BTCUSDT"});
  const auto found = rig.recovered(live);
  journal::Journal second(rig.disk, rig.clock, rig.notices, {.segment_records = 4096});
  auto* const copy = second.open("copy", found.copy, 1'000 + rig.clock.now().ns).value();
  ASSERT_TRUE(write_beginning(*copy, live, found.rows, rig.clock.now()));
  // Nothing of the first run is needed any more.
  for (const auto& file : found.obsolete) ASSERT_TRUE(rig.disk.remove(file));
  const auto again = rig.recovered(live);
  EXPECT_EQ(again.trust, Trust::whole);
  ASSERT_EQ(again.rows.size(), found.rows.size());
  // But for the followers' states: whether they are connected is of each run.
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    if (found.rows[i].type == static_cast<std::uint16_t>(Type::follower)) continue;
    EXPECT_EQ(again.rows[i].payload, found.rows[i].payload) << i << " of " << found.rows[i].type;
  }
}

TEST(Recovery, ARunThatDidNotGetToItsFirstInputNeverBegan) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto live = names(rearranged, {"ETHUSDT", "BTCUSDT"});
  const auto found = rig.recovered(live);
  journal::Journal second(rig.disk, rig.clock, rig.notices, {.segment_records = 4096});
  auto* const copy = second.open("copy", found.copy, 1'000 + rig.clock.now().ns).value();
  auto some = found.rows;
  some.resize(some.size() / 2);
  ASSERT_TRUE(write_beginning(*copy, live, some, rig.clock.now()));
  const auto again = rig.recovered(live);
  ASSERT_EQ(again.rows.size(), found.rows.size());
}

TEST(Recovery, AnotherBootPutsOrdersWithoutAnIntentInDoubt) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  rig.other_boot();
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::lossy);
  const auto order = order_of(found, 0);
  EXPECT_EQ(order.doubts, 1);
  EXPECT_EQ(order.attempt, 0);
}

// No attempt left before the intent of the one below it was on the disk.
TEST(Recovery, AnotherBootAddsOneAttemptToThoseThatAreKnown) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto first = order_of(rig.recovered(), 0);
  const auto second = order_of(rig.recovered(), 1);
  rig.at_lane(journal::Intent{.copy_id = first.copy_id, .attempt = 0});
  rig.at_lane(journal::Intent{.copy_id = second.copy_id, .attempt = 0});
  rig.at_lane(journal::Answer{
      .copy_id = second.copy_id, .filled = Qty::whole(1), .attempt = 0, .final_ = 1});
  rig.other_boot();
  const auto found = rig.recovered();
  EXPECT_EQ(order_of(found, 0).attempt, 1);
  EXPECT_EQ(order_of(found, 0).doubts, 2);
  EXPECT_EQ(order_of(found, 1).attempt, 1);
  EXPECT_EQ(order_of(found, 1).doubts, 1) << "the first has ended";
  EXPECT_EQ(order_of(found, 1).ended, 0);
  EXPECT_EQ(order_of(found, 1).filled_before, Qty::whole(1));
}

// One more may have left while the disk took nothing, and none after it.
TEST(Recovery, ItCountsOnNoMoreAttemptsThanALaneLetsLeave) {
  EXPECT_EQ(risk::lost_attempts(OrderKind::reduce), exec::OrderLane::unrecorded_max);
  EXPECT_EQ(risk::lost_attempts(OrderKind::increase), 1);
  // It may have been the close alone, when it was first decided.
  EXPECT_EQ(risk::lost_attempts(OrderKind::flip), exec::OrderLane::unrecorded_max);
}

// ---- doubts ------------------------------------------------------------------------------------

TEST(Recovery, AWholeJournalLeavesNoDoubt) {
  Rig rig;
  rig.connect();
  rig.synced(980);
  const auto found = rig.recovered();
  EXPECT_EQ(doubt_until(found, VenueTime{2'000}), std::nullopt);
  EXPECT_FALSE(positions_doubtful(found, VenueTime{2'000}));
}

TEST(Recovery, ALossyJournalIsDoubtfulUntilNow) {
  Rig rig;
  rig.connect();
  rig.synced(980);
  rig.other_boot();
  const auto found = rig.recovered();
  EXPECT_EQ(doubt_until(found, VenueTime{2'000}), VenueTime{2'000});
  EXPECT_TRUE(positions_doubtful(found, VenueTime{2'000}));
}

TEST(Recovery, ACorruptJournalIsDoubtfulUntilNow) {
  Recovered found;
  found.trust = Trust::corrupt;
  EXPECT_EQ(doubt_until(found, VenueTime{2'000}), VenueTime{2'000});
}

// The run that found the loss was killed before it had caught up: the next one finds a whole
// journal, and is no wiser.
TEST(Recovery, ADoubtOutlivesTheRunThatFoundIt) {
  Rig rig(VenueTime{1'500});
  rig.connect();
  rig.synced(980);
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::whole);
  ASSERT_EQ(rows<journal::Books>(found).size(), 1U);
  EXPECT_EQ(rows<journal::Books>(found)[0].doubt_until_ms, 1'500);
  EXPECT_EQ(doubt_until(found, VenueTime{2'000}), VenueTime{1'500});
  EXPECT_TRUE(positions_doubtful(found, VenueTime{2'000}));
}

TEST(Recovery, PositionsAreNotDoubtfulOnceTheLeaderHasCaughtUp) {
  Rig rig(VenueTime{1'500});
  rig.connect();
  rig.synced(1'500);
  const auto found = rig.recovered();
  EXPECT_EQ(doubt_until(found, VenueTime{2'000}), VenueTime{1'500});
  EXPECT_FALSE(positions_doubtful(found, VenueTime{2'000}));
}

// The start after a power cut was cut off itself: what it had begun to write is of the new boot, and
// what counts is not.
TEST(Recovery, AStartThatIsCutOffAfterAnotherBootLeavesTheDoubt) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  const auto live = names(two_followers, usual_symbols);
  const journal::BootId next_boot{9};
  const auto found = recover(rig.disk, live, next_boot).value();
  EXPECT_EQ(found.trust, Trust::lossy);
  journal::Journal second(rig.disk, rig.clock, rig.notices,
                          {.segment_records = 4096, .boot = next_boot});
  auto* const copy = second.open("copy", found.copy, 1'000 + rig.clock.now().ns).value();
  auto some = found.rows;
  some.resize(some.size() / 2);
  ASSERT_TRUE(write_beginning(*copy, live, some, rig.clock.now()));
  EXPECT_EQ(recover(rig.disk, live, next_boot).value().trust, Trust::lossy);
}

TEST(Recovery, SteadyTimesAreThoseOfThisBoot) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  auto live = names(two_followers, usual_symbols);
  live.wall_offset_ns = 1'000 + 5'000'000'000;  // the steady clock began 5 s later
  const auto found = rig.recovered(live);
  EXPECT_EQ(order_of(found, 0).received.ns, rig.clock.now().ns - 5'000'000'000);
}

TEST(Recovery, AChangedByteIsNamedByFileAndOffset) {
  Rig rig;
  rig.connect();
  rig.fill(7, Side::buy, "1");
  ASSERT_TRUE(rig.journal.sync());
  rig.fill(8, Side::buy, "1");
  const std::string file = journal::segment_name("copy", 1);
  const auto offset = (rig.copy->appended() - 1) * journal::record_size;
  rig.disk.bytes(file)[offset + 40] ^= std::byte{1};
  const auto found = rig.recovered();
  EXPECT_EQ(found.trust, Trust::corrupt);
  EXPECT_NE(found.damage.find(file), std::string::npos) << found.damage;
  EXPECT_NE(found.damage.find(std::to_string(offset)), std::string::npos) << found.damage;
  // What stands before it is used.
  EXPECT_FALSE(found.rows.empty());
}

// What is torn must not stand in front of what the next run writes.
TEST(Recovery, TheStartAfterATornOneReadsWhatItsRunHasWritten) {
  Rig rig;
  rig.connect();
  ASSERT_TRUE(rig.journal.sync());
  rig.fill(1, Side::buy, "1");
  auto& bytes = rig.disk.bytes(journal::segment_name("copy", 1));
  auto last = bytes.size();
  while (bytes[last - 1] == std::byte{0}) --last;
  bytes[last - 1] ^= std::byte{1};
  const auto first = rig.recovered();
  EXPECT_EQ(first.trust, Trust::lossy);
  rig.begin(names(two_followers, usual_symbols), first.copy);
  rig.connect();
  ASSERT_TRUE(rig.journal.sync());
  rig.fill(2, Side::buy, "1");
  const auto second = rig.recovered();
  EXPECT_EQ(second.trust, Trust::whole) << second.damage;
  EXPECT_EQ(rows<journal::OpenOrder>(second).size(), 2U);
}

}  // namespace
}  // namespace copyd::engine
