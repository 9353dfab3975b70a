#include "engine/marks.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/memory_venue.hpp"

namespace copyd::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

config::Config with_collar() {
  config::Config config;
  config.leaders = {{.label = "alpha"}};
  config.followers.resize(1);
  config.followers[0].label = "bob";
  config.followers[0].limits.max_price_deviation_bps = 200;
  config.followers[0].links.resize(1);
  config.followers[0].links[0].leader = "alpha";
  return config;
}

SymbolTable three_symbols() {
  SymbolTable symbols;
  symbols.add({.name = "BTCUSDT", .filters = SymbolFilters{}});
  symbols.add({.name = "ETHUSDT", .filters = SymbolFilters{}});
  symbols.add({.name = "SOLUSDT", .filters = SymbolFilters{}, .copyable = false});
  return symbols;
}
constexpr SymbolId btc{0}, eth{1}, sol{2};

TEST(MarkNeeds, OnlyWhatALimitAsksAbout) {
  const auto symbols = three_symbols();
  config::Config config = with_collar();
  auto needs = MarkNeeds::of(config, symbols);
  EXPECT_TRUE(needs.any);
  EXPECT_EQ(needs.may_open, (std::vector<bool>{true, true, false}));
  config.followers[0].links[0].allow = {"ETHUSDT"};
  EXPECT_EQ(MarkNeeds::of(config, symbols).may_open, (std::vector<bool>{false, true, false}));
  config.followers[0].links[0].allow.clear();
  config.followers[0].links[0].deny = {"ETHUSDT"};
  EXPECT_EQ(MarkNeeds::of(config, symbols).may_open, (std::vector<bool>{true, false, false}));
  config.followers[0].limits = {};
  EXPECT_FALSE(MarkNeeds::of(config, symbols).any);
  config.followers[0].limits.max_drawdown = config::LossLimit{.value = Usd::whole(1)};
  needs = MarkNeeds::of(config, symbols);
  EXPECT_TRUE(needs.any);
  EXPECT_EQ(needs.may_open, (std::vector<bool>{false, false, false}));
}

TEST(MarkNeeds, AShadowFillsAtThemAndAnAdoptionOpensAtThem) {
  const auto symbols = three_symbols();
  config::Config config = with_collar();
  config.followers[0].limits = {};
  config.followers[0].state = config::FollowerMode::shadow;
  EXPECT_TRUE(MarkNeeds::of(config, symbols).any);
  EXPECT_EQ(MarkNeeds::of(config, symbols).may_open, (std::vector<bool>{true, true, false}));
  config.followers[0].state = config::FollowerMode::active;
  config.followers[0].links[0].on_start = config::OnStart::adopt;
  config.followers[0].links[0].deny = {"ETHUSDT"};
  EXPECT_TRUE(MarkNeeds::of(config, symbols).any);
  EXPECT_EQ(MarkNeeds::of(config, symbols).may_open, (std::vector<bool>{true, false, false}));
}

class MarksTest : public ::testing::Test {
 protected:
  void make(config::Config of = with_collar()) {
    config = std::move(of);
    marks = std::make_unique<Marks>(
        Marks::Parts{.config = config,
                     .symbols = symbols,
                     .endpoints = endpoints,
                     .transport = *transport,
                     .clock = clock,
                     .tell = [this](SetMark mark) { told.push_back(mark); }});
  }
  void run(std::chrono::nanoseconds time) {
    for (const Mono end = clock.now() + time; clock.now() < end; clock.advance(milliseconds(5)))
      marks->poll();
  }
  void set_mark(const std::string& symbol, const std::string& price) {
    const auto answer = venue.control(R"({"command":"price","symbol":")" + symbol +
                                      R"(","price":")" + price + "\"}");
    ASSERT_NE(answer.find("\"ok\":true"), answer.npos) << answer;
  }
  long count(SymbolId symbol) const {
    return std::count_if(told.begin(), told.end(),
                         [&](const SetMark& mark) { return mark.symbol == symbol; });
  }

  ManualClock clock;
  sim::MemoryVenue venue{clock, {.latency = milliseconds(10)}};
  std::unique_ptr<net::Transport> transport = venue.transport("marks");
  const venue::Endpoints endpoints{.rest = "", .sapi = "", .ws_api = "", .streams = "wss://venue"};
  SymbolTable symbols = three_symbols();
  config::Config config;
  std::vector<SetMark> told;
  std::unique_ptr<Marks> marks;
};

TEST_F(MarksTest, NoStreamWithoutNeed) {
  config::Config nobody = with_collar();
  nobody.followers[0].limits = {};
  make(nobody);
  run(seconds(20));
  EXPECT_FALSE(marks->wanted());
  EXPECT_TRUE(venue.links().empty());
  EXPECT_FALSE(marks->age());
}

TEST_F(MarksTest, TellsWhatMovedAndTheRestNowAndThen) {
  set_mark("BTCUSDT", "60000");
  make();
  run(milliseconds(2500));
  EXPECT_EQ(count(btc), 1);
  EXPECT_EQ(count(eth), 1);
  EXPECT_EQ(count(sol), 0) << "nobody may open it";
  EXPECT_EQ(told[0].price, Price::whole(60000));
  set_mark("BTCUSDT", "60020");
  run(seconds(2));
  EXPECT_EQ(count(btc), 1) << "0.03 %";
  set_mark("BTCUSDT", "60040");
  run(seconds(2));
  EXPECT_EQ(count(btc), 2);
  run(seconds(12));
  EXPECT_EQ(count(btc), 3) << "a calm mark is not an old one";
  ASSERT_TRUE(marks->age());
  EXPECT_LE(*marks->age(), seconds(2));
  EXPECT_EQ(marks->malformed(), 0U);
}

TEST_F(MarksTest, ASymbolInUseIsToldWheneverItMoves) {
  set_mark("SOLUSDT", "100");
  make();
  marks->set_used({false, false, true});
  run(milliseconds(2500));
  EXPECT_EQ(count(sol), 1);
  set_mark("SOLUSDT", "100.01");
  run(seconds(2));
  EXPECT_EQ(count(sol), 2);
}

TEST_F(MarksTest, AConnectionThatEndsIsOpenedAgain) {
  make();
  run(seconds(3));
  venue.drop_all();
  venue.refuse_until(clock.now() + seconds(2));
  run(seconds(12));
  EXPECT_GE(marks->reconnects(), 2U);
  EXPECT_LE(*marks->age(), seconds(2));
}

TEST_F(MarksTest, AStreamThatSaysNothingIsOpenedAgain) {
  make();
  run(seconds(3));
  bool mute = true;
  venue.set_fate([&](const sim::MemoryFrame& frame) {
    return sim::MemoryFate{.lose = mute && !frame.to_venue};
  });
  run(seconds(11));
  EXPECT_EQ(marks->reconnects(), 1U);
  EXPECT_GT(*marks->age(), seconds(9));
  mute = false;
  run(seconds(4));
  EXPECT_LE(*marks->age(), seconds(2));
}

}  // namespace
}  // namespace copyd::engine
