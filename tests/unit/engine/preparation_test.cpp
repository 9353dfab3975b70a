// Preparation against the simulated venue, in virtual time: what it asks, sets and tells.
#include "engine/preparation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/memory_venue.hpp"

namespace copyd::engine {
namespace {

using exec::Preparedness;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// alpha leads bob, who mirrors it up to 10, and dave, who keeps what he has.
class PreparationTest : public ::testing::Test {
 protected:
  PreparationTest()
      : transport(venue.transport("supervisor")),
        api(*transport,
            venue::Endpoints{.rest = "https://venue", .sapi = "", .ws_api = "", .streams = ""},
            clock) {
    btc = *symbols.add({.name = "BTCUSDT", .filters = SymbolFilters{}});
    eth = *symbols.add({.name = "ETHUSDT", .filters = SymbolFilters{}});
    config.leaders = {{.label = "alpha"}};
    config.followers.resize(2);
    config.followers[0].label = "bob";
    config.followers[0].limits.max_leverage = 10;
    config.followers[0].links.resize(1);
    config.followers[0].links[0].leader = "alpha";
    config.followers[1].label = "dave";
    config.followers[1].links.resize(1);
    config.followers[1].links[0].leader = "alpha";
    config.followers[1].links[0].leverage.kind = config::Leverage::Kind::keep;
    config.followers[1].links[0].margin = config::Margin::keep;
    venue.set_fate([this](const sim::MemoryFrame& frame) {
      if (frame.kind == sim::LinkKind::http && frame.to_venue) note(frame);
      return fate ? fate(frame) : sim::MemoryFate();
    });
    api.time([](std::optional<TimeReading>, const std::string&) {});
    for (int i = 0; i < 10; ++i) {
      clock.advance(milliseconds(5));
      api.poll(clock.now());
    }
  }

  void make() {
    roster.emplace(config);
    preparation = std::make_unique<Preparation>(Preparation::Parts{
        .config = config,
        .roster = *roster,
        .venue = api,
        .symbols = symbols,
        .clock = clock,
        .tell = [this](FollowerId id,
                       exec::LaneCommand command) { return take(id, std::move(command)); },
        .cells_of = [this](LeaderId) -> const feed::LeaderCells& { return cells; },
        .may_change = [this](FollowerId) { return may_change; }});
  }
  bool take(FollowerId id, exec::LaneCommand command) {
    if (!room) return false;
    if (const auto* one = std::get_if<exec::SymbolPrepared>(&command)) {
      EXPECT_EQ(one->follower, id);
      told.push_back(*one);
    } else {
      overviews.push_back(std::move(std::get<exec::SymbolsPrepared>(command)));
    }
    return true;
  }
  void connect(const std::string& label) {
    const auto& member = venue.world().member(label);
    RosterAccount& account = roster->at(label);
    account.credentials.emplace(
        venue::Credentials{.api_key = Secret::copy_of(member.api_key),
                           .signer = *venue::Signer::hmac(Secret::copy_of(member.secret))});
    preparation->connected(account);
  }
  void start() {
    make();
    connect("alpha");
    connect("bob");
    connect("dave");
    run(seconds(1));
  }
  void run(std::chrono::nanoseconds time) {
    for (const Mono end = clock.now() + time; clock.now() < end; clock.advance(milliseconds(5))) {
      preparation->poll();
      api.poll(clock.now());
    }
  }
  void note(const sim::MemoryFrame& frame) {
    const std::string target(frame.target);
    if (target.find("/symbolConfig") != target.npos) ++reads;
    if (target.find("/leverage?") != target.npos || target.find("/marginType") != target.npos)
      ++sets;
  }
  std::string control(const std::string& line) { return venue.control(line); }
  void set_up(const std::string& label, const std::string& symbol, const std::string& what) {
    const auto answer = control(R"({"command":"set_up","account":")" + label + R"(","symbol":")" +
                                symbol + "\"," + what + "}");
    ASSERT_NE(answer.find("\"ok\":true"), answer.npos) << answer;
  }
  // "10 isolated".
  std::string has(const std::string& label, const std::string& symbol) {
    const auto answer =
        control(R"({"command":"set_up","account":")" + label + R"(","symbol":")" + symbol + "\"}");
    const auto after = [&](const std::string& name) {
      const auto from = answer.find(name) + name.size();
      return answer.substr(from, answer.find_first_of(",\"}", from) - from);
    };
    return after("\"leverage\":") + ' ' + after("\"margin\":\"");
  }
  void ask(SymbolId symbol) { preparation->ask({.follower = FollowerId{0}, .symbol = symbol}); }
  const exec::SymbolPrepared& last() const { return told.back(); }

  ManualClock clock;
  sim::MemoryVenue venue{clock, {.latency = milliseconds(10)}};
  std::unique_ptr<net::Transport> transport;
  SymbolTable symbols;
  SymbolId btc, eth;
  config::Config config;
  std::optional<Roster> roster;
  VenueApi api;
  feed::LeaderCells cells;
  bool may_change = true;
  bool room = true;
  sim::MemoryVenue::Decide fate;
  std::vector<exec::SymbolPrepared> told;
  std::vector<exec::SymbolsPrepared> overviews;
  int reads = 0;
  int sets = 0;
  std::unique_ptr<Preparation> preparation;
};

TEST_F(PreparationTest, WhatIsAsItIsToBeNeedsNoCall) {
  set_up("alpha", "BTCUSDT", R"("leverage":8)");
  set_up("bob", "BTCUSDT", R"("leverage":8)");
  start();
  EXPECT_EQ(sets, 0);
  EXPECT_EQ(reads, 2) << "the leader's, and bob's: dave keeps what he has";
  ASSERT_EQ(overviews.size(), 1U);
  EXPECT_EQ(overviews[0].follower, FollowerId{0});
  EXPECT_EQ(overviews[0].ready[btc.value], 1);
  EXPECT_EQ(overviews[0].ready[eth.value], 0) << "20 is beyond his 10";
  EXPECT_TRUE(told.empty());
}

TEST_F(PreparationTest, WhatAnOrderWaitsForIsSetAndTold) {
  set_up("alpha", "ETHUSDT", R"("leverage":5,"margin":"isolated")");
  start();
  ask(eth);
  run(milliseconds(200));
  EXPECT_EQ(has("bob", "ETHUSDT"), "5 isolated");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(last().symbol, eth);
  EXPECT_EQ(last().state, Preparedness::ready);
  EXPECT_EQ(sets, 2);
  ask(eth);
  run(milliseconds(50));
  EXPECT_EQ(told.size(), 2U) << "asked again, it is told again";
  EXPECT_EQ(sets, 2);
  EXPECT_EQ(has("dave", "ETHUSDT"), "20 cross");
}

TEST_F(PreparationTest, WhatTheLeaderHoldsAndWhatIsAllowedIsPreparedInAdvance) {
  config.followers[0].links[0].allow = {"BTCUSDT", "ETHUSDT"};
  make();
  control(R"({"command":"trade","account":"alpha","symbol":"SOLUSDT","side":"BUY","qty":"1"})");
  const SymbolId sol = *symbols.add({.name = "SOLUSDT", .filters = SymbolFilters{}});
  start();
  EXPECT_EQ(has("bob", "BTCUSDT"), "10 cross");
  EXPECT_EQ(has("bob", "ETHUSDT"), "10 cross");
  EXPECT_EQ(has("bob", "SOLUSDT"), "20 cross") << "held, and not allowed";
  config.followers[0].links[0].allow.clear();
  start();
  EXPECT_EQ(has("bob", "SOLUSDT"), "10 cross");
  EXPECT_EQ(last().symbol, sol);
}

TEST_F(PreparationTest, AChangeOfTheLeaderIsFollowedUpToTheCap) {
  start();
  set_up("alpha", "BTCUSDT", R"("leverage":3)");
  run(seconds(1));
  EXPECT_EQ(has("bob", "BTCUSDT"), "20 cross") << "nobody has said that it changed";
  cells.config_changes.add();
  run(milliseconds(300));
  EXPECT_EQ(has("bob", "BTCUSDT"), "3 cross");
  EXPECT_EQ(last().state, Preparedness::ready);
  set_up("alpha", "BTCUSDT", R"("leverage":50)");
  cells.config_changes.add();
  run(milliseconds(300));
  EXPECT_EQ(has("bob", "BTCUSDT"), "10 cross");
  EXPECT_EQ(has("bob", "ETHUSDT"), "20 cross") << "of which nothing changed";
}

TEST_F(PreparationTest, AReadingThatCameTooEarlyIsMadeAgain) {
  start();
  cells.config_changes.add();
  run(milliseconds(300));
  set_up("alpha", "BTCUSDT", R"("leverage":4)");
  run(seconds(4));
  EXPECT_EQ(has("bob", "BTCUSDT"), "4 cross");
  set_up("alpha", "BTCUSDT", R"("leverage":6)");
  run(minutes(11));
  EXPECT_EQ(has("bob", "BTCUSDT"), "6 cross") << "and now and then in any case";
}

TEST_F(PreparationTest, WhileTheMarginTypeChangesNothingOpens) {
  start();
  set_up("alpha", "BTCUSDT", R"("margin":"isolated")");
  cells.config_changes.add();
  run(milliseconds(300));
  ASSERT_GE(told.size(), 2U);
  EXPECT_EQ(told[0].state, Preparedness::unprepared);
  EXPECT_EQ(last().state, Preparedness::ready);
  EXPECT_EQ(has("bob", "BTCUSDT"), "10 isolated");
}

TEST_F(PreparationTest, ARefusalIsToldWithItsCodeAndTriedAgain) {
  start();
  control(R"({"command":"trade","account":"bob","symbol":"BTCUSDT","side":"BUY","qty":"1"})");
  set_up("alpha", "BTCUSDT", R"("margin":"isolated")");
  cells.config_changes.add();
  run(milliseconds(300));
  EXPECT_EQ(last().state, Preparedness::refused);
  EXPECT_EQ(last().venue_code, -4048);
  const int before = sets;
  run(minutes(5));
  EXPECT_GE(sets, before + 5);
  EXPECT_LE(sets, before + 12) << "at last every minute";
  control(R"({"command":"trade","account":"bob","symbol":"BTCUSDT","side":"SELL","qty":"1"})");
  run(seconds(61));
  EXPECT_EQ(last().state, Preparedness::ready);
  EXPECT_EQ(has("bob", "BTCUSDT"), "10 isolated");
}

TEST_F(PreparationTest, IsolatedMarginIsRefusedInMultiAssetsMode) {
  set_up("bob", "BTCUSDT", R"("multi_assets":true)");
  set_up("alpha", "BTCUSDT", R"("margin":"isolated")");
  start();
  ask(btc);
  run(milliseconds(200));
  EXPECT_EQ(last().state, Preparedness::refused);
  EXPECT_EQ(last().venue_code, -4168);
}

TEST_F(PreparationTest, ARefusalEndsAtOnceWhenTheLeaderChangesItBack) {
  start();
  control(R"({"command":"reject_next","account":"bob","code":-4028,"methods":"setup","count":99})");
  ask(btc);
  run(seconds(40));
  ASSERT_EQ(last().state, Preparedness::refused);
  EXPECT_EQ(last().venue_code, -4028);
  control(R"({"command":"clear_faults"})");
  set_up("alpha", "BTCUSDT", R"("leverage":9)");
  cells.config_changes.add();
  run(milliseconds(300));
  EXPECT_EQ(last().state, Preparedness::ready);
  EXPECT_EQ(has("bob", "BTCUSDT"), "9 cross");
}

TEST_F(PreparationTest, WhatACallDidThatGotNoAnswerIsReadFirst) {
  start();
  control(R"({"command":"drop_next_answer","account":"bob","methods":"setup"})");
  const int before = reads;
  ask(btc);
  run(seconds(8));
  EXPECT_EQ(has("bob", "BTCUSDT"), "10 cross");
  EXPECT_EQ(sets, 1) << "it was set by the call that got no answer";
  EXPECT_EQ(reads, before + 1);
  EXPECT_EQ(last().state, Preparedness::ready);
  control(R"({"command":"answer_next","account":"bob","kind":"unknown_503","methods":"setup"})");
  ask(eth);
  run(seconds(4));
  EXPECT_EQ(has("bob", "ETHUSDT"), "10 cross");
  EXPECT_EQ(last().symbol, eth);
}

TEST_F(PreparationTest, ARateLimitIsWaitedOut) {
  start();
  control(
      R"({"command":"reject_next","account":"bob","code":-1003,"status":429,"methods":"setup"})");
  ask(btc);
  run(seconds(30));
  EXPECT_EQ(sets, 1);
  EXPECT_TRUE(told.empty());
  run(seconds(120));
  EXPECT_EQ(last().state, Preparedness::ready);
}

TEST_F(PreparationTest, NothingIsChangedAtAFollowerThatIsHalted) {
  start();
  may_change = false;
  ask(btc);
  run(seconds(5));
  EXPECT_EQ(sets, 0);
  EXPECT_TRUE(told.empty());
  may_change = true;
  run(seconds(2));
  EXPECT_EQ(has("bob", "BTCUSDT"), "10 cross");
  EXPECT_EQ(last().state, Preparedness::ready);
}

TEST_F(PreparationTest, WhatALaneHasNoRoomForIsToldLater) {
  room = false;
  start();
  ask(btc);
  run(milliseconds(500));
  EXPECT_TRUE(told.empty() && overviews.empty());
  room = true;
  run(milliseconds(20));
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(overviews.size(), 1U);
}

TEST_F(PreparationTest, AnotherKeyBeginsAnew) {
  start();
  ask(btc);
  run(milliseconds(200));
  ASSERT_EQ(told.size(), 1U);
  preparation->disconnected(roster->at("bob"));
  ask(btc);
  run(milliseconds(200));
  EXPECT_EQ(told.size(), 1U);
  connect("bob");
  run(milliseconds(300));
  EXPECT_EQ(overviews.size(), 2U);
  ask(btc);
  run(milliseconds(200));
  EXPECT_EQ(last().state, Preparedness::ready);
  EXPECT_EQ(sets, 1);
}

TEST_F(PreparationTest, WhatAReloadChangesIsAnsweredByTheOneThatComes) {
  start();
  config.followers[0].links[0].leverage = {.kind = config::Leverage::Kind::fixed, .value = 9};
  ASSERT_TRUE(preparation->hold(FollowerId{0}));
  ASSERT_EQ(overviews.size(), 2U);
  EXPECT_EQ(overviews[1].ready, (std::vector<std::uint8_t>{0, 0})) << "nothing opens unasked";
  ask(btc);
  run(seconds(2));
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(sets, 0);
  preparation->reloaded({FollowerId{0}});
  run(seconds(1));
  EXPECT_EQ(has("bob", "BTCUSDT"), "9 cross");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(last().symbol, btc);
  EXPECT_EQ(last().state, Preparedness::ready);
}

TEST_F(PreparationTest, WhoKeptEverythingIsPreparedFromAReloadOn) {
  start();
  EXPECT_FALSE(preparation->prepares(FollowerId{1}));
  config.followers[1].links[0].leverage.kind = config::Leverage::Kind::mirror;
  room = false;
  EXPECT_FALSE(preparation->hold(FollowerId{1})) << "its lane has to know it before";
  room = true;
  ASSERT_TRUE(preparation->hold(FollowerId{1}));
  EXPECT_EQ(overviews.back().follower, FollowerId{1});
  EXPECT_TRUE(preparation->prepares(FollowerId{1}));
  set_up("alpha", "BTCUSDT", R"("leverage":6)");
  cells.config_changes.add();
  preparation->reloaded({FollowerId{1}});
  preparation->ask({.follower = FollowerId{1}, .symbol = btc});
  run(seconds(5));
  EXPECT_EQ(has("dave", "BTCUSDT"), "6 cross");
  EXPECT_TRUE(std::any_of(told.begin(), told.end(), [&](const exec::SymbolPrepared& one) {
    return one.follower == FollowerId{1} && one.state == Preparedness::ready;
  }));
}

TEST_F(PreparationTest, AnOrderThatWaitsDoesNotWaitForTheReading) {
  fate = [&](const sim::MemoryFrame& frame) {
    const bool reading = frame.target.find("/symbolConfig") != frame.target.npos;
    return sim::MemoryFate{.cut = reading && frame.to_venue && reads >= 2};
  };
  start();
  ask(btc);
  run(milliseconds(300));
  EXPECT_EQ(has("bob", "BTCUSDT"), "10 cross");
  EXPECT_EQ(sets, 2) << "cross margin is told to be so already";
  EXPECT_EQ(last().state, Preparedness::ready);
  EXPECT_TRUE(overviews.empty());
  fate = nullptr;
  run(seconds(6));
  EXPECT_EQ(overviews.size(), 1U);
}

TEST_F(PreparationTest, ALeaderThatCannotBeReadHoldsWhatMirrorsIt) {
  fate = [&](const sim::MemoryFrame& frame) {
    return sim::MemoryFate{.cut = frame.kind == sim::LinkKind::http && reads < 4};
  };
  start();
  ask(btc);
  run(milliseconds(500));
  EXPECT_TRUE(told.empty());
  run(seconds(20));
  EXPECT_EQ(has("bob", "BTCUSDT"), "10 cross");
  EXPECT_EQ(last().state, Preparedness::ready);
}

TEST(PreparationWeight, AThousandFollowersStayWithinAQuarterOfTheLimit) {
  RequestBucket bucket(200, milliseconds(150));
  ManualClock clock;
  int taken = 0;
  for (int i = 0; i < 60'000; i += 5) {
    while (bucket.take(clock.now(), i % 10 == 0 ? 5 : 1)) taken += i % 10 == 0 ? 5 : 1;
    clock.advance(milliseconds(5));
  }
  EXPECT_LE(taken, 600);
  EXPECT_GE(taken, 590);
}

}  // namespace
}  // namespace copyd::engine
