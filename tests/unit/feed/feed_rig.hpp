// The feed, a venue in memory, and a copy agent that only keeps books: it replays what it is handed
// and watches the promises: no fill twice, and the sum is the leader's position.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fake_venue.hpp"
#include "feed/leader_feed.hpp"

namespace copyd::feed {

using namespace std::chrono_literals;

struct FeedRig {
  explicit FeedRig(std::size_t room = 1024, int connections_wanted = 1)
      : events(room), connections(connections_wanted) {}

  void tell(FeedCommand command) { ASSERT_TRUE(commands.try_push(std::move(command))); }
  void sync_time() { tell(TimeSample{.at = clock.now(), .venue = VenueTime{venue.now_ms()}}); }
  void add(std::uint16_t leader = 0, const std::string& key = "lea") {
    keys[leader] = key;
    tell(AddLeader{.leader = LeaderId{leader},
                   .credentials = fake::credentials(key),
                   .connections = connections});
  }
  // Passes of a millisecond each, taking what is handed over unless told otherwise.
  // As many as find something: a pass ends with a fill.
  void passes() {
    for (int i = 0; i < 64 && feed.do_work() != 0; ++i) {}
  }
  void run(std::chrono::milliseconds time) {
    for (auto i = 0ms; i < time; i += 1ms) {
      clock.advance(1ms);
      passes();
      if (!stalled) take();
    }
  }
  // For long times: passes of a tenth of a second.
  void run_coarse(std::chrono::seconds time) {
    for (auto i = 0ms; i < time; i += 100ms) {
      clock.advance(100ms);
      passes();
      if (!stalled) take();
    }
  }
  // For days: passes of a second.
  void run_long(std::chrono::seconds time) {
    for (auto i = 0s; i < time; i += 1s) {
      clock.advance(1s);
      passes();
      take();
    }
  }
  bool run_until_live(std::uint16_t leader = 0) {
    for (int i = 0; i < 20'000; ++i) {
      run(1ms);
      if (feed.state(LeaderId{leader}) == SessionState::live) return true;
    }
    return false;
  }
  void start() {
    sync_time();
    add();
    ASSERT_TRUE(run_until_live());
    live_trades_from = venue.account("lea").trades.size();
  }

  void take() {
    LeaderEvent event;
    while (events.try_pop(event)) {
      if (std::holds_alternative<LeaderSynced>(event)) continue;
      if (const auto* fill = std::get_if<LeaderFill>(&event)) {
        EXPECT_TRUE(seen.emplace(fill->leader, fill->symbol, fill->trade).second)
            << "trade " << fill->trade.value << " twice";
        books[{fill->leader, fill->symbol, fill->leg}] +=
            fill->side == Side::buy ? fill->qty : -fill->qty;
        fills.push_back(*fill);
      } else {
        const auto& position = std::get<LeaderPosition>(event);
        books[{position.leader, position.symbol, position.leg}] = position.qty;
        positions.push_back(position);
      }
      order.push_back(event);
    }
  }

  // The books are the leader's position, and every trade since it was live was a fill.
  void expect_whole(std::uint16_t leader = 0) {
    const auto& account = venue.account(keys[leader]);
    for (const auto& [name, position] : account.positions) {
      const auto symbol = table.find(name.first);
      ASSERT_TRUE(symbol);
      const Leg leg = name.second == "BOTH"   ? Leg::both
                      : name.second == "LONG" ? Leg::long_
                                              : Leg::short_;
      EXPECT_EQ((books[{LeaderId{leader}, *symbol, leg}]), Qty::whole(position.qty)) << name.first;
      EXPECT_EQ(feed.tracked(LeaderId{leader}, *symbol, leg), Qty::whole(position.qty));
    }
    if (leader != 0) return;
    for (std::size_t i = live_trades_from; i < account.trades.size(); ++i) {
      const auto& trade = account.trades[i];
      EXPECT_TRUE(seen.contains({LeaderId{leader}, *table.find(trade.symbol), TradeId{trade.id}}))
          << "trade " << trade.id << " was lost";
    }
  }
  std::string notices_text() {
    std::string text;
    Notice notice;
    while (notices.try_pop(notice)) text += std::string(notice.message()) + "\n";
    return text;
  }

  ManualClock clock;
  SymbolTable table = fake::symbols();
  fake::Venue venue{clock};
  Channel<LeaderEvent> events;
  int connections;
  Channel<FeedCommand> commands{16};
  Channel<Notice> notices{64};
  std::vector<LeaderCells> cells{std::vector<LeaderCells>(2)};
  StageTimes stages;
  LeaderFeed feed{Wiring{.transport = venue,
                         .clock = clock,
                         .symbols = table,
                         .endpoints = {.rest = "https://venue.test",
                                       .sapi = "",
                                       .ws_api = "",
                                       .streams = "wss://venue.test"},
                         .events = events,
                         .commands = commands,
                         .notices = notices,
                         .cells = cells,
                         .stages = stages,
                         .seed = 42}};

  bool stalled = false;  // the copy agent takes nothing
  std::map<std::uint16_t, std::string> keys;
  std::size_t live_trades_from = SIZE_MAX;  // until `start` says otherwise
  std::set<std::tuple<LeaderId, SymbolId, TradeId>> seen;
  std::map<std::tuple<LeaderId, SymbolId, Leg>, Qty> books;
  std::vector<LeaderFill> fills;
  std::vector<LeaderPosition> positions;
  std::vector<LeaderEvent> order;
};

}  // namespace copyd::feed
