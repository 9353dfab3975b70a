// The user-data events of an order: which, in what order, and with exactly whose members. The
// captures are of Binance USD-M Futures, 2026-09-19.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

constexpr const char* captured_lite =
    R"({"e":"TRADE_LITE","E":1789837689736,"T":1789837689736,"s":"DOTUSDT","q":"4.9","p":"0.000000",
    "m":false,"c":"6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2","S":"BUY","L":"1.135900","l":"4.9",
    "t":1190331610,"i":33878894217})";
constexpr const char* captured_fill =
    R"({"e":"ORDER_TRADE_UPDATE","T":1789837689736,"E":1789837689736,"o":{"s":"DOTUSDT",
    "c":"6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2","S":"BUY","o":"MARKET","f":"GTC","q":"4.9","p":"0",
    "ap":"1.1359","sp":"0","x":"TRADE","X":"FILLED","i":33878894217,"l":"4.9","z":"4.9",
    "L":"1.1359","n":"0.00000325","N":"BNB","T":1789837689736,"t":1190331610,"b":"0","a":"0",
    "m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"MARKET","ps":"BOTH","cp":false,"rp":"0",
    "pP":false,"si":0,"ss":0,"V":"EXPIRE_MAKER","pm":"NONE","gtd":0,"er":"0"}})";
constexpr const char* captured_account =
    R"({"e":"ACCOUNT_UPDATE","T":1789837689736,"E":1789837689736,"a":{"B":[{"a":"USDT",
    "wb":"28.05614361","cw":"28.05614361","bc":"0"}],"P":[{"s":"DOTUSDT","pa":"4.9","ep":"1.1359",
    "cr":"-0.73987992","up":"0","mt":"cross","iw":"0","ps":"BOTH","ma":"USDT","bep":"1.13646795"}],
    "m":"ORDER"}})";

// "TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE", …
std::vector<std::string> names(const std::vector<std::string>& events) {
  std::vector<std::string> result;
  for (const auto& event : events) {
    const auto kind = at(event, "e");
    result.push_back(kind == "ORDER_TRADE_UPDATE" ? at(event, "o.x") : kind);
  }
  return result;
}

using Names = std::vector<std::string>;

TEST(SimEvents, OneMarketFillInTheObservedOrder) {
  Bench bench;
  auto& events = bench.listen("bob");
  auto request = bench.market("DOTUSDT", Side::buy, "4.9");
  request.client_id = "mine";
  bench.place("bob", request);
  ASSERT_EQ(names(events), (Names{"TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE"}));
  for (const auto& event : events) {
    EXPECT_EQ(at(event, "T"), std::to_string(bench.now.ms));
    EXPECT_EQ(at(event, "E"), at(event, "T"));
  }
  EXPECT_EQ(at(events[1], "o.X"), "NEW");
  EXPECT_EQ(at(events[1], "o.z"), "0");
  EXPECT_EQ(at(events[1], "o.t"), "0");
  EXPECT_EQ(at(events[1], "o.ap"), "0");
  EXPECT_EQ(at(events[3], "o.X"), "FILLED");
  EXPECT_EQ(at(events[3], "o.l"), "4.9");
  EXPECT_EQ(at(events[3], "o.z"), "4.9");
  EXPECT_EQ(at(events[3], "o.L"), "5");
  EXPECT_EQ(at(events[3], "o.n"), "0.01225");
  EXPECT_EQ(at(events[3], "o.N"), "USDT");
  EXPECT_EQ(at(events[3], "o.c"), "mine");
  EXPECT_EQ(at(events[3], "o.t"), at(events[0], "t"));
  EXPECT_EQ(at(events[3], "o.i"), at(events[0], "i"));
}

TEST(SimEvents, TheyHaveExactlyTheMembersOfTheCaptures) {
  Bench bench;
  auto& events = bench.listen("bob");
  bench.place("bob", bench.market("DOTUSDT", Side::buy, "4.9"));
  EXPECT_EQ(keys_of(events[0]), keys_of(captured_lite));
  EXPECT_EQ(keys_of(events[1]), keys_of(captured_fill));
  EXPECT_EQ(keys_of(at(events[1], "o")), keys_of(at(captured_fill, "o")));
  EXPECT_EQ(keys_of(at(events[3], "o")), keys_of(at(captured_fill, "o")));
  EXPECT_EQ(keys_of(events[2]), keys_of(captured_account));
  for (const char* path : {"a", "a.B.0", "a.P.0"})
    EXPECT_EQ(keys_of(at(events[2], path)), keys_of(at(captured_account, path))) << path;
}

TEST(SimEvents, TheLightEventPadsItsDecimalsAndItsTwinDoesNot) {
  Bench bench;
  auto& events = bench.listen("bob");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "0.02"));
  EXPECT_EQ(at(events[0], "q"), "0.020");
  EXPECT_EQ(at(events[0], "p"), "0.00");
  EXPECT_EQ(at(events[0], "L"), "3000.00");
  EXPECT_EQ(at(events[3], "o.q"), "0.02");
  EXPECT_EQ(at(events[3], "o.p"), "0");
  EXPECT_EQ(at(events[3], "o.L"), "3000");
}

TEST(SimEvents, EveryPartialFillBringsItsOwnThree) {
  Bench bench;
  auto& events = bench.listen("alpha");
  bench.world->exchange().trade(
      bench.account("alpha"),
      {.symbol = bench.symbol("ETHUSDT"),
       .side = Side::buy,
       .qty = qty("1"),
       .fills = {{qty("0.4"), price("3000")}, {qty("0.6"), price("3001")}}},
      bench.now);
  ASSERT_EQ(names(events), (Names{"TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE", "TRADE_LITE",
                                  "ACCOUNT_UPDATE", "TRADE"}));
  EXPECT_EQ(at(events[3], "o.X"), "PARTIALLY_FILLED");
  EXPECT_EQ(at(events[3], "o.z"), "0.4");
  EXPECT_EQ(at(events[2], "a.P.0.pa"), "0.4");
  EXPECT_EQ(at(events[6], "o.X"), "FILLED");
  EXPECT_EQ(at(events[6], "o.z"), "1");
  EXPECT_EQ(at(events[6], "o.l"), "0.6");
  EXPECT_EQ(at(events[6], "o.ap"), "3000.6");
  EXPECT_EQ(at(events[5], "a.P.0.pa"), "1");
}

TEST(SimEvents, WhatIsNotFilledExpiresWithItsReason) {
  Bench bench;
  auto& events = bench.listen("bob");
  bench.place("bob", bench.limit("ETHUSDT", Side::buy, "1", "2990"));
  ASSERT_EQ(names(events), (Names{"NEW", "EXPIRED"}));
  EXPECT_EQ(at(events[1], "o.X"), "EXPIRED");
  EXPECT_EQ(at(events[1], "o.f"), "IOC");
  EXPECT_EQ(at(events[1], "o.er"), "2");
  EXPECT_EQ(at(events[1], "o.z"), "0");
  events.clear();
  bench.world->exchange().set_liquidity(bench.symbol("ETHUSDT"), qty("0.5"), 1);
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));
  ASSERT_EQ(names(events), (Names{"TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE", "EXPIRED"}));
  EXPECT_EQ(at(events[4], "o.er"), "9");
  EXPECT_EQ(at(events[4], "o.z"), "0.5");
  EXPECT_EQ(at(events[4], "o.l"), "0");
  EXPECT_EQ(at(events[4], "o.t"), "0");
}

TEST(SimEvents, AFlatPositionIsPushedAsZero) {
  Bench bench;
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  auto& events = bench.listen("bob");
  auto close = bench.market("ETHUSDT", Side::sell, "1");
  close.reduce_only = true;
  bench.place("bob", close);
  EXPECT_EQ(at(events[2], "a.P.0.pa"), "0");
  EXPECT_EQ(at(events[2], "a.P.0.ep"), "0");
  EXPECT_EQ(at(events[2], "a.P.0.bep"), "0");
  EXPECT_EQ(at(events[3], "o.R"), "true");
}

TEST(SimEvents, HedgeOrdersNameTheirLeg) {
  Bench bench;
  auto& events = bench.listen("carol");
  auto open = bench.market("ETHUSDT", Side::sell, "1");
  open.leg = Leg::short_;
  bench.place("carol", open);
  EXPECT_EQ(at(events[2], "a.P.0.ps"), "SHORT");
  EXPECT_EQ(at(events[2], "a.P.0.pa"), "-1");
  EXPECT_EQ(at(events[3], "o.ps"), "SHORT");
  EXPECT_EQ(at(events[3], "o.R"), "false");
}

TEST(SimEvents, ForcedExecutionsLookAsTheVenueMakesThem) {
  struct Case {
    Forced forced;
    const char* client_id;
    const char* type;
    const char* execution;
    Names order;
  };
  for (const auto& expected : {Case{Forced::liquidation,
                                    "autoclose-",
                                    "LIQUIDATION",
                                    "TRADE",
                                    {"TRADE_LITE", "NEW", "ACCOUNT_UPDATE", "TRADE"}},
                               Case{Forced::adl,
                                    "adl_autoclose",
                                    "LIMIT",
                                    "CALCULATED",
                                    {"NEW", "ACCOUNT_UPDATE", "CALCULATED"}},
                               Case{Forced::settlement,
                                    "settlement_autoclose-",
                                    "MARKET",
                                    "CALCULATED",
                                    {"NEW", "ACCOUNT_UPDATE", "CALCULATED"}}}) {
    Bench bench;
    bench.place("alpha", bench.market("ETHUSDT", Side::buy, "1"));
    auto& events = bench.listen("alpha");
    bench.world->exchange().trade(bench.account("alpha"),
                                  {.symbol = bench.symbol("ETHUSDT"),
                                   .side = Side::sell,
                                   .qty = qty("1"),
                                   .fills = {{qty("1"), price("2800")}},
                                   .forced = expected.forced},
                                  bench.now);
    ASSERT_EQ(names(events), expected.order);
    const auto& fill = events.back();
    EXPECT_TRUE(at(fill, "o.c").starts_with(expected.client_id)) << at(fill, "o.c");
    EXPECT_EQ(at(fill, "o.o"), expected.type);
    EXPECT_EQ(at(fill, "o.x"), expected.execution);
    EXPECT_EQ(at(fill, "o.rp"), "-200");
    EXPECT_EQ(at(fill, "o.n"), "0");
  }
}

TEST(SimEvents, ARejectedOrderSaysNothing) {
  Bench bench;
  auto& events = bench.listen("bob");
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "100")), -2019);
  EXPECT_TRUE(events.empty());
}

}  // namespace
}  // namespace copyd::sim::testing
