// How accounts are set up over REST, and what their streams say of it.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class SetupTest : public ::testing::Test {
 protected:
  HttpReply post(const std::string& path, const std::string& query, std::string_view who = "bob") {
    return bench.signed_call("POST", "/fapi/v1/" + path, who, query);
  }
  std::string get(const std::string& path, const std::string& query = "",
                  std::string_view who = "bob") {
    const auto reply = bench.signed_call("GET", "/fapi/v1/" + path, who, query);
    EXPECT_EQ(reply.status, 200) << path << reply.body;
    return reply.body;
  }
  // The code of a refusal, or "".
  std::string code(const std::string& path, const std::string& query,
                   std::string_view who = "bob") {
    return at(post(path, query, who).body, "code");
  }
  std::string config(const std::string& symbol, const std::string& member) {
    return at(get("symbolConfig", "symbol=" + symbol), "0." + member);
  }

  Bench bench;
};

TEST_F(SetupTest, LeverageIsSetPerSymbolAndTold) {
  auto& events = bench.listen("bob");
  const auto reply = post("leverage", "symbol=BTCUSDT&leverage=50");
  EXPECT_EQ(reply.body, R"({"leverage":50,"maxNotionalValue":"12000000","symbol":"BTCUSDT"})");
  EXPECT_EQ(keys_of(reply.body), keys_of(golden("rest.leverage.set.docs.json")));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(paths_of(events[0]), paths_of(golden("account_config_update.leverage.json")));
  EXPECT_EQ(at(events[0], "ac.s"), "BTCUSDT");
  EXPECT_EQ(at(events[0], "ac.l"), "50");
  EXPECT_EQ(config("BTCUSDT", "leverage"), "50");
  EXPECT_EQ(config("BTCUSDT", "maxNotionalValue"), "12000000");
  EXPECT_EQ(config("ETHUSDT", "leverage"), "20");
  post("leverage", "symbol=BTCUSDT&leverage=50");
  EXPECT_EQ(events.size(), 1U) << "nothing changed, nothing is told";
}

TEST_F(SetupTest, LeverageOutOfBoundsIsRefused) {
  EXPECT_EQ(code("leverage", "symbol=BTCUSDT&leverage=0"), "-4028");
  EXPECT_EQ(code("leverage", "symbol=BTCUSDT&leverage=126"), "-4028");
  EXPECT_EQ(code("leverage", "symbol=BTCUSDT&leverage=125"), "");
  EXPECT_EQ(code("leverage", "symbol=SOLUSDT&leverage=76"), "-4028") << "75 is its most";
  EXPECT_EQ(code("leverage", "symbol=SOLUSDT&leverage=99999999999"), "-4028");
  EXPECT_EQ(code("leverage", "symbol=SOLUSDT"), "-1102");
  EXPECT_EQ(code("leverage", "symbol=NONEUSDT&leverage=5"), "-1121");
}

TEST_F(SetupTest, LeverageMayNotFallBelowWhatIsHeld) {
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "10"));  // 600,000, of 100,000 in hand
  EXPECT_EQ(code("leverage", "symbol=BTCUSDT&leverage=100"), "");
  EXPECT_EQ(code("leverage", "symbol=BTCUSDT&leverage=125"), "-2027") << "300,000 is its most";
  EXPECT_EQ(code("leverage", "symbol=BTCUSDT&leverage=6"), "-2028");
  EXPECT_EQ(code("leverage", "symbol=BTCUSDT&leverage=7"), "");
}

TEST_F(SetupTest, AnIsolatedPositionKeepsItsLeverage) {
  ASSERT_EQ(post("marginType", "symbol=ETHUSDT&marginType=ISOLATED").status, 200);
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  EXPECT_EQ(code("leverage", "symbol=ETHUSDT&leverage=10"), "-4161");
  EXPECT_EQ(code("leverage", "symbol=ETHUSDT&leverage=40"), "");
}

TEST_F(SetupTest, MarginTypeIsSetAndTold) {
  auto& events = bench.listen("bob");
  const auto reply = post("marginType", "symbol=BTCUSDT&marginType=ISOLATED");
  EXPECT_EQ(reply.body, R"({"code":200,"msg":"success"})");
  EXPECT_EQ(config("BTCUSDT", "marginType"), "ISOLATED");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(paths_of(events[0]), paths_of(golden("account_update.margin_type_change.json")));
  EXPECT_EQ(at(events[0], "a.m"), "MARGIN_TYPE_CHANGE");
  EXPECT_EQ(at(events[0], "a.P.0.mt"), "isolated");
  EXPECT_EQ(code("marginType", "symbol=BTCUSDT&marginType=ISOLATED"), "-4046");
  EXPECT_EQ(code("marginType", "symbol=BTCUSDT&marginType=HALF"), "-1130");
}

TEST_F(SetupTest, MarginTypeWaitsForOrdersAndPositions) {
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "1", "2900"));
  EXPECT_EQ(code("marginType", "symbol=ETHUSDT&marginType=ISOLATED"), "-4047");
  EXPECT_EQ(code("marginType", "symbol=BTCUSDT&marginType=ISOLATED"), "200");
  bench.place("bob", bench.market("SOLUSDT", Side::sell, "1"));
  EXPECT_EQ(code("marginType", "symbol=SOLUSDT&marginType=ISOLATED"), "-4048");
}

TEST_F(SetupTest, PositionModeIsSetOverRest) {
  EXPECT_EQ(get("positionSide/dual"), R"({"dualSidePosition":false})");
  EXPECT_EQ(code("positionSide/dual", "dualSidePosition=false"), "-4059");
  EXPECT_EQ(code("positionSide/dual", ""), "-1102");
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "1", "2900"));
  EXPECT_EQ(code("positionSide/dual", "dualSidePosition=true"), "-4067");
  bench.world->exchange().cancel_all(bench.account("bob"), bench.symbol("ETHUSDT"), bench.now);
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  EXPECT_EQ(code("positionSide/dual", "dualSidePosition=true"), "-4068");
  bench.place("bob", bench.market("ETHUSDT", Side::sell, "1"));
  EXPECT_EQ(code("positionSide/dual", "dualSidePosition=true"), "200");
  EXPECT_EQ(get("positionSide/dual"), R"({"dualSidePosition":true})");
  EXPECT_EQ(at(get("accountConfig"), "dualSidePosition"), "true");
}

TEST_F(SetupTest, MultiAssetsModeIsSetAndTold) {
  auto& events = bench.listen("bob");
  EXPECT_EQ(get("multiAssetsMargin"), R"({"multiAssetsMargin":false})");
  EXPECT_EQ(code("multiAssetsMargin", "multiAssetsMargin=false"), "-4171");
  EXPECT_EQ(code("multiAssetsMargin", "multiAssetsMargin=true"), "200");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(paths_of(events[0]), paths_of(golden("account_config_update.multi_assets.docs.json")));
  EXPECT_EQ(at(events[0], "ai.j"), "true");
  EXPECT_EQ(at(get("accountConfig"), "multiAssetsMargin"), "true");
  EXPECT_EQ(code("marginType", "symbol=ETHUSDT&marginType=ISOLATED"), "-4168");
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "1", "2900"));
  EXPECT_EQ(code("multiAssetsMargin", "multiAssetsMargin=false"), "-4170");
}

TEST_F(SetupTest, MultiAssetsModeAndIsolatedMarginExcludeEachOther) {
  ASSERT_EQ(post("marginType", "symbol=ETHUSDT&marginType=ISOLATED").status, 200);
  EXPECT_EQ(code("multiAssetsMargin", "multiAssetsMargin=true"), "-4167");
}

TEST_F(SetupTest, MultiAssetsModeMayNotEndOnBorrowedMargin) {
  ASSERT_EQ(post("multiAssetsMargin", "multiAssetsMargin=true").status, 200);
  // 3,000,000 at 20x needs 150,000: more than the USDT there are.
  bench.place("bob", bench.market("BTCUSDT", Side::buy, "50"));
  EXPECT_EQ(code("multiAssetsMargin", "multiAssetsMargin=false"), "-4169");
}

TEST_F(SetupTest, IsolatedMarginMovesBothWays) {
  EXPECT_EQ(code("positionMargin", "symbol=ETHUSDT&amount=100&type=1"), "-4049");
  ASSERT_EQ(post("marginType", "symbol=ETHUSDT&marginType=ISOLATED").status, 200);
  EXPECT_EQ(code("positionMargin", "symbol=ETHUSDT&amount=100&type=1"), "-4054");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "2"));  // 6,000, so 300 of margin
  auto& events = bench.listen("bob");
  const auto reply = post("positionMargin", "symbol=ETHUSDT&amount=100.5&type=1");
  EXPECT_EQ(keys_of(reply.body), keys_of(golden("rest.position_margin.docs.json")));
  EXPECT_EQ(at(reply.body, "code"), "200");
  EXPECT_EQ(bench.held("bob", "ETHUSDT").isolated_wallet, usd("400.5"));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(at(events[0], "a.m"), "MARGIN_TRANSFER");
  EXPECT_EQ(at(events[0], "a.P.0.iw"), "400.5");
  EXPECT_EQ(at(events[0], "a.B.0.bc"), "0") << "the wallet is what it was";
  EXPECT_EQ(code("positionMargin", "symbol=ETHUSDT&amount=101&type=2"), "-4051");
  EXPECT_EQ(code("positionMargin", "symbol=ETHUSDT&amount=100&type=2"), "200");
  EXPECT_EQ(code("positionMargin", "symbol=ETHUSDT&amount=1000000&type=1"), "-4050");
  EXPECT_EQ(code("positionMargin", "symbol=ETHUSDT&amount=0&type=1"), "-4055");
  EXPECT_EQ(code("positionMargin", "symbol=ETHUSDT&amount=1&type=3"), "-1130");
}

TEST_F(SetupTest, AKeyWithoutTheFuturesRightSetsNothing) {
  EXPECT_EQ(code("leverage", "symbol=BTCUSDT&leverage=5", "readonly"), "-2015");
  EXPECT_EQ(code("marginType", "symbol=BTCUSDT&marginType=ISOLATED", "readonly"), "-2015");
}

TEST_F(SetupTest, FeesInBnbAreAskedFor) {
  EXPECT_EQ(get("feeBurn"), R"({"feeBurn":false})");
  EXPECT_EQ(code("feeBurn", "feeBurn=true"), "200");
  EXPECT_EQ(get("feeBurn"), R"({"feeBurn":true})");
}

}  // namespace
}  // namespace copyd::sim::testing
