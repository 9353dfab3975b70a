// The history is what the journal says, each record once, wherever a stop comes.
#include <cstdlib>

#include "history_rig.hpp"

namespace copyd::engine::test {
namespace {

using namespace std::chrono_literals;
constexpr std::int64_t epoch = 1'760'000'000'000;  // the venue's time of trade 0

ops::ControlRequest request(ops::Verb verb) {
  ops::ControlRequest made;
  made.verb = verb;
  return made;
}

std::string said(ops::Outcome<std::string> outcome) {
  EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().error);
  return outcome ? *outcome : std::string();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Two trades: bob copies both; carol hits her limit, and her close is refused once.
void trade(HistoryRig& rig) {
  rig.fill(1, Side::buy, "1");
  rig.sync();
  rig.read();
  rig.execute(rig.order_of(1, "bob"), 0,
              {.filled = "0.5", .price = 50'010, .venue_ms = epoch + 13});
  rig.execute(rig.order_of(1, "carol"), 1,
              {.filled = "0.2", .price = 49'990, .venue_ms = epoch + 21});
  rig.fill(2, Side::sell, "1", 51'000);
  rig.sync();
  rig.read();
  rig.execute(rig.order_of(2, "bob"), 0,
              {.filled = "0.5", .price = 51'000, .venue_ms = epoch + 40});
  rig.execute(rig.order_of(2, "carol"), 1,
              {.end = OrderEnd::refused, .venue_ms = 0, .code = -2019});
  rig.sync();
  rig.read();
}

TEST(History, OutcomesAndOrdersAreRows) {
  HistoryRig rig;
  trade(rig);
  EXPECT_EQ(rig.one("SELECT group_concat(trade || side || qty) FROM fills"),
            "1BUY100000000,2SELL100000000");
  EXPECT_EQ(rig.one("SELECT outcome FROM copies WHERE fill=1 AND follower='bob'"), "copied");
  EXPECT_EQ(
      rig.one("SELECT outcome || ' ' || reason FROM copies WHERE fill=1 AND follower='carol'"),
      "skipped max_position_notional");
  EXPECT_EQ(rig.one("SELECT outcome FROM copies WHERE fill=2 AND follower='bob'"), "copied");
  EXPECT_EQ(rig.one("SELECT outcome FROM copies WHERE fill=2 AND follower='carol'"), "failed");
  EXPECT_EQ(rig.one("SELECT ended || ' ' || code FROM orders WHERE fill=2 AND follower='carol' "
                    "ORDER BY id LIMIT 1"),
            "refused -2019");
}

// The numbers by hand: carol wants 2, may hold 10,000 / 50,000 = 0.2, and gives the rest up.
TEST(History, ADecisionHasItsNumbers) {
  HistoryRig rig;
  trade(rig);
  EXPECT_EQ(rig.one("SELECT printf('%d %d %d %d %d %d %d', leader_before, leader_after, "
                    "target_before, target_moved, target_after, opened, sized) FROM links "
                    "WHERE fill=1 AND follower='carol'"),
            "0 100000000 0 200000000 20000000 100000000 200000000");
  EXPECT_EQ(rig.one("SELECT lots_before || '|' || lots_after || '|' || sizing FROM links "
                    "WHERE fill=1 AND follower='bob'"),
            "|1:0.5|fixed_ratio 0.5");
  EXPECT_EQ(rig.one("SELECT printf('%d %d %d %d %d %d %d', wanted, position, effective, to_do, "
                    "increasing, floor, position_room) FROM legs WHERE fill=1 AND "
                    "follower='carol'"),
            "200000000 0 0 200000000 200000000 100000 1000000000000");
  EXPECT_EQ(rig.one("SELECT reason FROM skips WHERE fill=1"), "max_position_notional");
  EXPECT_EQ(rig.one("SELECT printf('%d %d %d', closed, target_before, target_after) FROM links "
                    "WHERE fill=2 AND follower='bob'"),
            "100000000 50000000 0");
}

TEST(History, WhyTellsTheWholeStory) {
  HistoryRig rig;
  trade(rig);
  auto asked = request(ops::Verb::why);
  asked.trade = "BTCUSDT:1";
  asked.follower = "bob";
  const std::string story = said(rig.ask(std::move(asked)));
  EXPECT_TRUE(has(story, R"("trade":{"leader":"alpha","symbol":"BTCUSDT","trade":1,"leg":"BOTH",)"
                         R"("side":"BUY","qty":"1","price":"50000","order_qty":"1","forced":false,)"
                         R"("traded":"2025-10-09T08:53:20.001Z")"))
      << story;
  EXPECT_TRUE(has(story, R"("follower":"bob","outcome":"copied","reason":null)")) << story;
  EXPECT_TRUE(has(story, R"("end":"executed","unknown":false,"filled":"0.5","average":"50010",)"
                         R"("venue_code":null,"delay_ms":12,"worse_bps":"2")"))
      << story;
  EXPECT_TRUE(has(story, R"("stages_ns":{"decode":700,"decide":300,"lane":500,"sign":6500,)"
                         R"("write":3000,"acknowledged":3000000,)"))
      << story;
  EXPECT_TRUE(has(story, R"("fill_to_wire":11000)")) << story;
  EXPECT_FALSE(has(story, "carol"));

  asked = request(ops::Verb::why);
  asked.trade = "99";
  const auto unknown = rig.ask(std::move(asked));
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(has(unknown.error().error, "no trade "));
  EXPECT_TRUE(has(unknown.error().remedy, "copyctl history"));
}

// Three of bob's openings waited, and the first left for all; another try is for the first alone.
TEST(History, WhyNamesTheOrderUnderWhichAnotherLeft) {
  HistoryRig rig;
  for (std::int64_t id = 1; id <= 3; ++id) rig.fill(id, Side::buy, "1");
  rig.sync();
  rig.read();
  const CopyId carrier = rig.order_of(1, "bob");
  const auto ride = [&](std::int64_t id, const CopyId& with) {
    rig.at_lane(journal::Riding{
        .copy_id = rig.order_of(id, "bob"), .carrier = with, .follower = FollowerId{0}});
  };
  const auto story = [&](const char* trade) {
    rig.sync();
    rig.read();
    auto asked = request(ops::Verb::why);
    asked.trade = trade;
    asked.follower = "bob";
    return said(rig.ask(std::move(asked)));
  };
  for (std::int64_t id = 1; id <= 3; ++id) ride(id, carrier);
  EXPECT_TRUE(has(story("BTCUSDT:1"), R"("left_with":null,"left_for_others":2)"));
  const std::string rider = story("BTCUSDT:3");
  EXPECT_TRUE(has(rider, R"("trade":"BTCUSDT:1"},"left_for_others":0,"attempts":[])")) << rider;

  for (std::int64_t id = 1; id <= 3; ++id) ride(id, CopyId{});
  EXPECT_TRUE(has(story("BTCUSDT:1"), R"("left_with":null,"left_for_others":0)"));
  EXPECT_TRUE(has(story("BTCUSDT:3"), R"("left_with":null,"left_for_others":0)"));
}

// Two orders of each, of which carol's close was refused: percentiles by hand.
TEST(History, LatencyIsToldByFollower) {
  HistoryRig rig;
  trade(rig);
  const std::string all = said(rig.ask(request(ops::Verb::latency)));
  EXPECT_TRUE(has(all, R"({"orders":4,"newest_only":false,"followers":[{"follower":"bob",)"
                       R"("orders":2,"stages_ns":{"decode":{"p50":700,"p99":700,"p999":700,)"
                       R"("n":2},"decide":{"p50":300,)"))
      << all;
  EXPECT_TRUE(has(all, R"("acknowledged":{"p50":3000000,"p99":3000000,"p999":3000000,"n":2})"));
  EXPECT_TRUE(has(all, R"("fill_to_wire":{"p50":11000,"p99":11000,"p999":11000,"n":2})"));
  EXPECT_TRUE(has(all, R"("delay_ms":{"p50":12,"p99":38,"p999":38,"n":2},)"
                       R"("worse_bps":{"p50":"0","p99":"2","p999":"2","n":2}},{"follower":"carol")"))
      << all;
  EXPECT_TRUE(has(all, R"("delay_ms":{"p50":20,"p99":20,"p999":20,"n":1},)"
                       R"("worse_bps":{"p50":"-2","p99":"-2","p999":"-2","n":1}}],"next":null})"))
      << all;
}

TEST(History, LatencyIsFilteredAndPaged) {
  HistoryRig rig;
  trade(rig);
  auto asked = request(ops::Verb::latency);
  asked.follower = "carol";
  const std::string carol = said(rig.ask(std::move(asked)));
  EXPECT_TRUE(has(carol, R"({"orders":2,)") && has(carol, "carol") && !has(carol, "bob")) << carol;
  asked = request(ops::Verb::latency);
  asked.limit = "1";
  EXPECT_TRUE(has(said(rig.ask(std::move(asked))), R"("next":"bob")"));
  asked = request(ops::Verb::latency);
  asked.cursor = "bob";
  const std::string rest = said(rig.ask(std::move(asked)));
  EXPECT_TRUE(has(rest, R"("follower":"carol")") && !has(rest, R"("follower":"bob")")) << rest;
  asked = request(ops::Verb::latency);
  asked.until = "2025-10-09T08:53:20.002Z";  // the first trade alone
  EXPECT_TRUE(has(said(rig.ask(std::move(asked))), R"({"orders":2,)"));
  asked = request(ops::Verb::latency);
  asked.follower = "mallory";
  EXPECT_FALSE(rig.ask(std::move(asked)));
}

TEST(History, ATradeOfTwoSymbolsHasToBeNamed) {
  HistoryRig rig;
  rig.fill(5, Side::buy, "1");
  rig.fill(5, Side::buy, "1", 3'000, 1);
  rig.sync();
  rig.read();
  auto asked = request(ops::Verb::why);
  asked.trade = "5";
  const auto both = rig.ask(std::move(asked));
  ASSERT_FALSE(both);
  EXPECT_TRUE(has(both.error().error, "BTCUSDT:5 of alpha, ETHUSDT:5 of alpha"));
  asked = request(ops::Verb::why);
  asked.trade = "ETHUSDT:5";
  EXPECT_TRUE(has(said(rig.ask(std::move(asked))), R"("symbol":"ETHUSDT","trade":5)"));
}

TEST(History, ListsAreFilteredAndPaged) {
  HistoryRig rig;
  trade(rig);
  auto asked = request(ops::Verb::history);
  asked.limit = "3";
  const std::string page = said(rig.ask(std::move(asked)));
  EXPECT_LT(page.find(R"("trade":2)"), page.find(R"("trade":1)"));
  EXPECT_TRUE(has(page, R"("next":"1.bob")")) << page;
  asked = request(ops::Verb::history);
  asked.cursor = "1.bob";
  const std::string rest = said(rig.ask(std::move(asked)));
  EXPECT_TRUE(has(rest, R"("follower":"carol")") && !has(rest, R"("follower":"bob")")) << rest;
  EXPECT_TRUE(has(rest, R"("next":null)"));
  asked = request(ops::Verb::skips);
  asked.reason = "max_position_notional";
  EXPECT_TRUE(has(said(rig.ask(std::move(asked))), R"("follower":"carol")"));
  asked = request(ops::Verb::skips);
  asked.reason = "nonsense";
  EXPECT_FALSE(rig.ask(std::move(asked)));
  asked = request(ops::Verb::history);
  asked.follower = "mallory";
  EXPECT_FALSE(rig.ask(std::move(asked)));
  asked = request(ops::Verb::history);
  asked.since = "2030-01-01";
  EXPECT_EQ(said(rig.ask(std::move(asked))), R"({"ok":true,"trades":[],"next":null})");
}

// bob buys 0.5 at 50,010 and sells it at 51,000.
TEST(History, ProfitIsExact) {
  HistoryRig rig;
  trade(rig);
  auto asked = request(ops::Verb::export_);
  asked.what = "pnl";
  asked.follower = "bob";
  EXPECT_TRUE(has(said(rig.ask(std::move(asked))),
                  R"("rows":[{"follower":"bob","symbol":"BTCUSDT","realised":"495",)"
                  R"("closed_qty":"0.5","orders":2,"orders_without_price":0,)"
                  R"("fees":"not included"}])"));
}

TEST(History, EachRecordCountsOnceWhereverAStopComes) {
  HistoryRig whole;
  trade(whole);
  const std::string expected = whole.dump();
  for (const int pass : {1, 4}) {
    whole.close_feed();
    std::filesystem::remove_all(whole.directory());
    std::filesystem::create_directory(whole.directory());
    // Each is stopped a pass later than the one before it.
    for (int stop = 1; stop <= 48 / pass; ++stop) {
      whole.open_feed(pass);
      for (int i = 0; i < stop; ++i) {
        whole.clock.advance(1s);
        whole.feed().do_work();
      }
    }
    whole.read();
    EXPECT_EQ(whole.dump(), expected) << pass << " records at a time";
  }
}

TEST(History, AFileThatIsDamagedOrOldIsMadeAnew) {
  HistoryRig rig;
  trade(rig);
  const std::string expected = rig.dump();
  rig.close_feed();
  std::filesystem::remove(rig.path() + "-wal");
  std::ofstream(rig.path(), std::ios::trunc) << std::string(10'000, 'x');
  rig.read();
  EXPECT_EQ(rig.dump(), expected);
  EXPECT_EQ(rig.notices(),
            std::vector<std::string>{"the history is made anew from the journal: it was damaged"});
  rig.close_feed();
  {
    ops::Database old(rig.path());
    old.script("PRAGMA user_version=99");
  }
  rig.read();
  EXPECT_EQ(rig.dump(), expected);
  EXPECT_TRUE(has(rig.notices().at(0), "another version"));
}

TEST(History, TheNextRunGoesOnAndWhatWasPutAsideIsReadToo) {
  HistoryRig rig;
  rig.fill(1, Side::buy, "1");
  rig.sync();
  rig.read();
  rig.execute(rig.order_of(1, "bob"), 0, {.filled = "0.5", .venue_ms = epoch + 9});
  // carol's lane had finished, and the copy agent had not heard of it.
  rig.execute(rig.order_of(1, "carol"), 1,
              {.filled = "0.1", .venue_ms = epoch + 9, .heard = false});
  rig.close_feed();
  rig.sync();
  rig.begin();
  for (std::uint16_t i = 0; i < 2; ++i)
    rig.input(
        journal::Link{{.follower = FollowerId{i}, .ready = true, .mode = PositionMode::one_way}});
  rig.fill(2, Side::sell, "1");
  rig.sync();
  rig.read();
  EXPECT_EQ(rig.one("SELECT outcome FROM copies WHERE fill=1 AND follower='carol'"), "skipped");
  EXPECT_EQ(rig.one("SELECT ended || filled FROM orders WHERE fill=1 AND follower='carol'"),
            "executed10000000");
  EXPECT_EQ(rig.one("SELECT count(*) FROM orders WHERE fill=2"), "2");
  EXPECT_EQ(rig.one("SELECT qty FROM orders WHERE fill=2 AND follower='carol'"), "10000000");
  EXPECT_EQ(rig.one("SELECT count(*) FROM notes"), "0");
  const std::string expected = rig.dump();
  rig.close_feed();
  std::filesystem::remove(rig.path());
  rig.read();
  EXPECT_EQ(rig.dump(), expected) << "made again from the .past files";
}

TEST(History, AnOrderInFlightBelongsToItsTradeAcrossAStart) {
  HistoryRig rig;
  rig.fill(1, Side::buy, "1");
  rig.sync();
  rig.read();
  const CopyId bobs = rig.order_of(1, "bob");
  EXPECT_EQ(rig.one("SELECT outcome FROM copies WHERE fill=1 AND follower='bob'"), "null");
  EXPECT_TRUE(has(said(rig.ask(request(ops::Verb::orders))), R"("state":"waiting")"));
  rig.close_feed();
  rig.begin();
  rig.execute(bobs, 0, {.filled = "0.5", .venue_ms = epoch + 500});
  rig.sync();
  rig.read();
  EXPECT_EQ(rig.one("SELECT outcome FROM copies WHERE fill=1 AND follower='bob'"), "copied");
}

// The number of an order is forgotten when many others have ended since.
TEST(History, AnOrderThatASnapshotKnowsAsOpenIsNoSecondOne) {
  constexpr std::uint64_t small_segment = 64;
  HistoryRig rig(small_segment);
  rig.fill(1, Side::buy, "1");
  rig.sync();
  rig.read();
  const CopyId bobs = rig.order_of(1, "bob");
  const auto quiet_segments = [&](int count) {
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count) * small_segment; ++i) {
      rig.input(journal::Link{
          {.follower = FollowerId{0}, .ready = true, .mode = PositionMode::one_way}});
      if (i % 8 == 0) rig.tend_journal();
    }
  };
  quiet_segments(6);
  ASSERT_TRUE(std::ranges::any_of(*rig.disk.list(), [](const std::string& file) {
    return file.starts_with("snapshot-");
  }));
  rig.execute(bobs, 0, {.filled = "0.5", .venue_ms = epoch + 9});
  rig.sync();
  rig.read();
  rig.close_feed();
  {
    ops::Database file(rig.path());
    file.script("DELETE FROM order_ids");
  }
  rig.fill(2, Side::buy, "1");
  rig.sync();
  rig.read();
  EXPECT_EQ(rig.one("SELECT count(*) FROM orders WHERE fill=1 AND follower='bob'"), "1");
  EXPECT_EQ(rig.one("SELECT count(DISTINCT copy_id)=count(*) FROM orders"), "1");
  EXPECT_EQ(rig.one("SELECT ended FROM orders WHERE fill=1 AND follower='bob'"), "executed");
  EXPECT_EQ(rig.one("SELECT group_concat(follower) FROM orders WHERE fill=2"), "bob");
}

TEST(History, WhatIsNotOnTheDiskIsNotTold) {
  HistoryRig rig;
  rig.open_feed(2'000, true);
  rig.sync();
  rig.fill(1, Side::buy, "1");
  rig.read();
  EXPECT_EQ(rig.one("SELECT count(*) FROM fills"), "0");
  rig.sync();
  rig.read();
  EXPECT_EQ(rig.one("SELECT count(*) FROM fills"), "1");
}

TEST(History, WhatWasDeletedIsNamedAsMissing) {
  HistoryRig rig;
  rig.fill(1, Side::buy, "1");
  rig.sync();
  rig.begin();
  rig.fill(2, Side::buy, "1");
  rig.sync();
  // The first half of the second run's segment is gone, with the run before.
  rig.begin();
  rig.fill(3, Side::buy, "1");
  rig.sync();
  ASSERT_TRUE(rig.disk.remove("copy-00000001.seg.past"));
  auto& second = rig.disk.bytes("copy-00000002.seg.past");
  second[10 * journal::record_size] ^= std::byte{1};
  rig.read();
  EXPECT_EQ(rig.one("SELECT group_concat(trade) FROM fills"), "3");
  EXPECT_NE(rig.one("SELECT count(*) FROM notes"), "0");
  EXPECT_FALSE(rig.notices().empty());
}

TEST(History, WhileItCannotBeWrittenItWaitsAndThenCatchesUp) {
  HistoryRig rig;
  rig.fill(1, Side::buy, "1");
  rig.sync();
  std::filesystem::remove_all(rig.directory());
  rig.read();
  const auto refused = rig.ask(request(ops::Verb::history));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(has(refused.error().error, "cannot be read for now"));
  auto notices = rig.notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_TRUE(has(notices[0], "copying goes on"));
  std::filesystem::create_directory(rig.directory());
  rig.clock.advance(11s);
  rig.read();
  EXPECT_EQ(rig.one("SELECT count(*) FROM fills"), "1");
  notices = rig.notices();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_TRUE(has(notices[0], "catches up"));
}

}  // namespace
}  // namespace copyd::engine::test
