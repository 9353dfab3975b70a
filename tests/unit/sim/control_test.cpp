#include "sim/control.hpp"

#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class Door final : public FrontDoor {
 public:
  void drop_connections(std::chrono::milliseconds refuse) override { refused = refuse; }
  void set_clock_offset(std::chrono::milliseconds by) override { offset = by; }
  std::size_t connections() const override { return 3; }
  void quit() override { ended = true; }

  std::optional<std::chrono::milliseconds> refused;
  std::chrono::milliseconds offset{0};
  bool ended = false;
};

class ControlTest : public ::testing::Test {
 protected:
  std::string run(const std::string& line) { return control.handle(line, bench.now); }
  std::string error(const std::string& line) {
    const auto answer = run(line);
    EXPECT_EQ(at(answer, "ok"), "false") << line;
    return at(answer, "error");
  }
  Bench bench;
  Door door;
  Control control{*bench.world, door};
};

TEST_F(ControlTest, TradesInGivenFillsAndSetsThePrice) {
  auto& events = bench.listen("alpha");
  const auto answer = run(
      R"({"command":"trade","account":"alpha","symbol":"BTCUSDT","side":"BUY","qty":"0.5",
         "fills":[{"qty":"0.2","price":"60010"},{"qty":0.3,"price":60020}],"price_after":"60100",
         "client_order_id":"web_1"})");
  EXPECT_EQ(at(answer, "ok"), "true") << answer;
  EXPECT_EQ(at(answer, "status"), "FILLED");
  EXPECT_EQ(at(answer, "executed"), "0.5");
  EXPECT_EQ(at(answer, "client_order_id"), "web_1");
  const auto ids = elements(at(answer, "trade_ids"));
  ASSERT_EQ(ids.size(), 2U);
  EXPECT_EQ(ids[0], at(events[0], "t"));
  EXPECT_EQ(events.size(), 7U);
  EXPECT_EQ(bench.world->exchange().market(bench.symbol("BTCUSDT")).last, price("60100"));
}

TEST_F(ControlTest, SetsAnAccountUpAndShowsIt) {
  auto& events = bench.listen("bob");
  const std::string bob = R"({"command":"set_up","account":"bob","symbol":"BTCUSDT")";
  EXPECT_EQ(at(run(bob + "}"), "leverage"), "20");
  EXPECT_TRUE(events.empty());
  const auto answer = run(bob + R"(,"leverage":7,"margin":"isolated"})");
  EXPECT_EQ(at(answer, "leverage"), "7");
  EXPECT_EQ(at(answer, "margin"), "isolated");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(at(events[0], "e"), "ACCOUNT_UPDATE");
  EXPECT_EQ(at(events[1], "ac.l"), "7");
  EXPECT_NE(error(bob + R"(,"leverage":126})"), "");
  EXPECT_NE(error(bob + R"(,"margin":"neither"})"), "");
  EXPECT_NE(error(bob + R"(,"multi_assets":true})"), "") << "with a symbol in isolated margin";
  EXPECT_EQ(at(run(bob + R"(,"margin":"cross"})"), "margin"), "cross");
  EXPECT_EQ(at(run(bob + R"(,"multi_assets":true})"), "multi_assets"), "true");
}

TEST_F(ControlTest, RefusesWhatSetsAnAccountUp) {
  run(R"({"command":"reject_next","account":"bob","code":-4048,"methods":"setup","count":2})");
  const auto set = [&](const std::string& path, const std::string& query) {
    return at(bench.signed_call("POST", "/fapi/v1/" + path, "bob", "symbol=BTCUSDT&" + query).body,
              "code");
  };
  EXPECT_EQ(bench.signed_call("GET", "/fapi/v1/symbolConfig", "bob").body.front(), '[');
  EXPECT_EQ(set("leverage", "leverage=5"), "-4048");
  EXPECT_EQ(set("marginType", "marginType=ISOLATED"), "-4048");
  EXPECT_EQ(set("leverage", "leverage=5"), "");
}

TEST_F(ControlTest, ATradeWithoutPricesHappensAtTheLastOne) {
  run(R"({"command":"price","symbol":"ETHUSDT","price":"3100.5"})");
  EXPECT_EQ(at(run(R"({"command":"trade","account":"carol","symbol":"ETHUSDT","side":"SELL",
                      "position_side":"SHORT","qty":"2"})"),
               "ok"),
            "true");
  const auto ledger = run(R"({"command":"ledger","account":"carol"})");
  EXPECT_EQ(at(ledger, "accounts.0.positions.0.symbol"), "ETHUSDT");
  EXPECT_EQ(at(ledger, "accounts.0.positions.0.leg"), "SHORT");
  EXPECT_EQ(at(ledger, "accounts.0.positions.0.qty"), "-2");
  EXPECT_EQ(at(ledger, "accounts.0.positions.0.entry_price"), "3100.5");
}

TEST_F(ControlTest, FillsARestingOrderInPart) {
  auto request = bench.resting("ETHUSDT", Side::buy, "1", "2990");
  request.client_id = "mine";
  const auto id = bench.place("bob", request)->id;
  auto& events = bench.listen("bob");
  const auto answer = run(R"({"command":"fill","account":"bob","symbol":"ETHUSDT",
                              "client_order_id":"mine","qty":"0.4"})");
  EXPECT_EQ(at(answer, "status"), "PARTIALLY_FILLED") << answer;
  EXPECT_EQ(at(answer, "executed"), "0.4");
  EXPECT_EQ(elements(at(answer, "trade_ids")).size(), 1U);
  EXPECT_EQ(event_names(events), (Names{"TRADE_LITE", "ACCOUNT_UPDATE", "TRADE"}));
  EXPECT_EQ(at(events[2], "o.L"), "2990");
  EXPECT_EQ(at(events[2], "o.m"), "true");
  EXPECT_EQ(bench.world->exchange().market(bench.symbol("ETHUSDT")).last, price("3000"));
  const std::string by_id =
      R"({"command":"fill","account":"bob","symbol":"ETHUSDT","order_id":)" + std::to_string(id);
  EXPECT_NE(error(by_id + R"(,"qty":"0.7"})"), "") << "more than is left";
  EXPECT_EQ(at(run(by_id + "}"), "status"), "FILLED");
  EXPECT_EQ(error(by_id + "}"), "Unknown order sent.");
  EXPECT_NE(error(R"({"command":"fill","account":"bob","symbol":"ETHUSDT"})"), "");
}

TEST_F(ControlTest, TheLedgerTellsEverything) {
  run(R"({"command":"trade","account":"alpha","symbol":"ETHUSDT","side":"BUY","qty":"1"})");
  run(R"({"command":"trade","account":"alpha","symbol":"ETHUSDT","side":"SELL","qty":"0.4",
         "reduce_only":true})");
  const auto ledger = run(R"({"command":"ledger"})");
  const auto accounts = elements(at(ledger, "accounts"));
  ASSERT_EQ(accounts.size(), bench.world->roster().size());
  const auto& alpha = accounts[0];
  EXPECT_EQ(at(alpha, "label"), "alpha");
  EXPECT_EQ(at(alpha, "position_mode"), "one_way");
  EXPECT_EQ(at(alpha, "wallets.USDT"), "99997.9");
  EXPECT_EQ(at(alpha, "positions.0.qty"), "0.6");
  const auto orders = elements(at(alpha, "orders"));
  ASSERT_EQ(orders.size(), 2U);
  EXPECT_EQ(at(orders[1], "reduce_only"), "true");
  EXPECT_EQ(at(orders[1], "status"), "FILLED");
  EXPECT_EQ(at(orders[1], "executed"), "0.4");
  EXPECT_EQ(at(orders[1], "side"), "SELL");
  EXPECT_EQ(at(orders[1], "position_side"), "BOTH");
  EXPECT_EQ(at(orders[1], "time"), std::to_string(bench.now.ms));
  EXPECT_EQ(elements(at(alpha, "trades")).size(), 2U);
  EXPECT_EQ(at(alpha, "trades.0.client_order_id"), at(orders[0], "client_order_id"));
}

TEST_F(ControlTest, LiquidityIsSetAndTakenBack) {
  run(R"({"command":"liquidity","symbol":"ETHUSDT","qty":"0.5"})");
  EXPECT_EQ(bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"))->executed, qty("0.5"));
  run(R"({"command":"liquidity","symbol":"ETHUSDT","qty":null,"pieces":2})");
  EXPECT_EQ(bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"))->executed, qty("1"));
  EXPECT_EQ(bench.world->exchange().account(bench.account("bob")).trades.size(), 3U);
}

TEST_F(ControlTest, ForcedTradesCarryTheVenuesNames) {
  run(R"({"command":"trade","account":"alpha","symbol":"ETHUSDT","side":"BUY","qty":"1"})");
  const auto answer = run(R"({"command":"trade","account":"alpha","symbol":"ETHUSDT",
                             "side":"SELL","qty":"1","forced":"adl"})");
  EXPECT_EQ(at(answer, "client_order_id"), "adl_autoclose");
}

TEST_F(ControlTest, TheDoorsCommands) {
  EXPECT_EQ(at(run(R"({"command":"drop_connections","refuse_ms":10000})"), "closed"), "3");
  EXPECT_EQ(door.refused, std::chrono::milliseconds(10000));
  run(R"({"command":"clock_offset","ms":-1500})");
  EXPECT_EQ(door.offset, std::chrono::milliseconds(-1500));
  EXPECT_EQ(at(run(R"({"command":"stats"})"), "connections"), "3");
  run(R"({"command":"quit"})");
  EXPECT_TRUE(door.ended);
}

TEST_F(ControlTest, FaultsAreArmedPerAccount) {
  run(R"({"command":"reject_next","account":"bob","code":-4192,"msg":"cool","count":2})");
  const auto& bob = bench.world->protocol().faults(bench.account("bob"));
  EXPECT_EQ(bob.rejections, 2);
  EXPECT_EQ(bob.rejection.code, -4192);
  EXPECT_EQ(bob.rejection.message, "cool");
  run(R"({"command":"drop_next_answer","account":"bob","before_execution":true})");
  EXPECT_EQ(bob.drops, 1);
  EXPECT_TRUE(bob.drop_before);
  EXPECT_EQ(bench.world->protocol().faults(bench.account("dave")).rejections, 0);
}

TEST_F(ControlTest, ListenKeysEndOnCommand) {
  EXPECT_EQ(error(R"({"command":"expire_listen_key","account":"bob"})"),
            "the account has no listen key");
  auto& events = bench.listen("bob");
  run(R"({"command":"expire_listen_key","account":"bob"})");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(at(events[0], "e"), "listenKeyExpired");
}

TEST_F(ControlTest, PositionModesChangeWhileFlat) {
  EXPECT_EQ(at(run(R"({"command":"position_mode","account":"bob","mode":"hedge"})"), "ok"), "true");
  EXPECT_EQ(bench.world->exchange().account(bench.account("bob")).mode, PositionMode::hedge);
  const auto again = run(R"({"command":"position_mode","account":"bob","mode":"hedge"})");
  EXPECT_EQ(at(again, "code"), "-4059");
}

TEST_F(ControlTest, StatsCountOrders) {
  bench.signed_call("POST", "/fapi/v1/order", "bob",
                    "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1");
  bench.signed_call("POST", "/fapi/v1/order", "bob",
                    "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=0");
  const auto stats = run(R"({"command":"stats"})");
  EXPECT_EQ(at(stats, "orders.bob.placed"), "1");
  EXPECT_EQ(at(stats, "orders.bob.rejected"), "1");
  EXPECT_EQ(at(stats, "rest_requests"), "2");
}

TEST_F(ControlTest, SecretsAreListenKeysAndSignatures) {
  const auto created = bench.send("POST", "/fapi/v1/listenKey", "bob").body;
  bench.signed_call("GET", "/fapi/v3/account", "bob");
  const auto secrets = run(R"({"command":"secrets"})");
  EXPECT_EQ(at(secrets, "listen_keys.0"), at(created, "listenKey"));
  EXPECT_EQ(at(secrets, "signatures.0").size(), 64U);
}

TEST_F(ControlTest, WhatItDoesNotUnderstandIsAnError) {
  EXPECT_EQ(error("hello"), "not a JSON object");
  EXPECT_EQ(error("{}"), "command is missing");
  EXPECT_EQ(error(R"({"command":"dance"})"), "unknown command dance");
  EXPECT_EQ(error(R"({"command":"stats","why":1})"), "unknown field why");
  EXPECT_EQ(error(R"({"command":"price","symbol":"BTCUSDT"})"), "price is missing");
  EXPECT_EQ(error(R"({"command":"price","symbol":"BTCUSDT","price":"x"})"),
            "price is not a decimal");
  EXPECT_EQ(error(R"({"command":"price","symbol":"NOSUCH","price":"1"})"), "no symbol NOSUCH");
  EXPECT_EQ(error(R"({"command":"ledger","account":"zoe"})"), "no account is labelled zoe");
  const std::string trade = R"({"command":"trade","account":"alpha","symbol":"ETHUSDT",)";
  EXPECT_EQ(error(trade + R"("qty":"1"})"), "side is not BUY or SELL");
  EXPECT_EQ(error(trade + R"("side":"BUY"})"), "qty is missing");
  EXPECT_EQ(error(trade + R"("side":"BUY","qty":"1","fills":[]})"),
            "fills is not an array with something in it");
  EXPECT_EQ(error(trade + R"("side":"BUY","qty":"1","fills":[{"qty":"2","price":"1"}]})"),
            "the fills are more than qty");
  EXPECT_EQ(error(trade + R"("side":"BUY","qty":"1","forced":"fire"})"),
            "forced is not liquidation, adl or settlement");
  EXPECT_EQ(at(run(trade + R"("side":"BUY","qty":"1","position_side":"LONG"})"), "code"), "-4061");
}

TEST(SimRoster, ReadsAccountsAndMakesWhatIsMissing) {
  Random random(3);
  const auto roster = read_roster(
      R"({"accounts":[{"label":"a","api_key":"k","secret":"s","wallet":"5.5"},
         {"label":"b","key_type":"ed25519","position_mode":"hedge",
          "permissions":{"withdrawals":true,"ip_restricted":false}}]})",
      random);
  ASSERT_TRUE(roster.ok()) << roster.error().message;
  ASSERT_EQ(roster.value().size(), 2U);
  EXPECT_EQ(roster.value()[0].wallet, usd("5.5"));
  EXPECT_EQ(roster.value()[0].secret, "s");
  EXPECT_EQ(roster.value()[1].mode, PositionMode::hedge);
  EXPECT_TRUE(roster.value()[1].permissions.withdrawals);
  EXPECT_FALSE(roster.value()[1].permissions.ip_restricted);
  EXPECT_NE(roster.value()[1].private_key_pem, "");
  EXPECT_EQ(roster.value()[1].api_key.size(), 64U);
  for (const char* wrong :
       {"[]", "{}", R"({"accounts":[{}]})", R"({"accounts":[{"label":"a","colour":"red"}]})",
        R"({"accounts":[{"label":"a"},{"label":"a"}]})",
        R"({"accounts":[{"label":"a","wallet":"lots"}]})",
        R"({"accounts":[{"label":"a","key_type":"dsa"}]})"})
    EXPECT_FALSE(read_roster(wrong, random).ok()) << wrong;
}

TEST(SimRoster, TheSameSeedGivesTheSameKeys) {
  Random one(9);
  Random other(9);
  const auto first = default_roster(one, 2);
  const auto second = default_roster(other, 2);
  ASSERT_EQ(first.size(), 8U);
  EXPECT_EQ(first.back().label, "follower2");
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(first[i].api_key, second[i].api_key);
}

}  // namespace
}  // namespace copyd::sim::testing
