// The members of every answer about accounts, positions and the market, against the venue's own.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class AccountShapeTest : public ::testing::Test {
 protected:
  AccountShapeTest() { bench.place("bob", bench.market("BTCUSDT", Side::buy, "0.5")); }
  std::string get(const std::string& path, const std::string& query = "",
                  std::string_view who = "bob") {
    const auto reply = bench.signed_call("GET", path, who, query);
    EXPECT_EQ(reply.status, 200) << path << reply.body;
    return reply.body;
  }
  std::string market(const std::string& target) {
    const auto reply = bench.send("GET", "/fapi/v1/" + target);
    EXPECT_EQ(reply.status, 200) << target << reply.body;
    return reply.body;
  }
  std::string ws(std::string_view method, const std::string& params = "{}") {
    auto session = bench.world->protocol().open_ws_api("/ws-fapi/v1", bench.now);
    const auto answer = bench.ws_call(session, method, "bob", params);
    EXPECT_EQ(at(answer, "status"), "200") << method << answer;
    return at(answer, "result");
  }
  // The row of one symbol.
  static std::string row(const std::vector<std::string>& rows, const std::string& symbol) {
    for (const auto& each : rows)
      if (at(each, "symbol") == symbol) return each;
    return "";
  }
  Bench bench;
};

TEST_F(AccountShapeTest, AccountV3) {
  const auto body = get("/fapi/v3/account");
  EXPECT_EQ(paths_of(body), paths_of(golden("rest.account_v3.multi_asset.with_position.json")));
  EXPECT_EQ(elements(at(body, "positions")).size(), 1U);
  EXPECT_EQ(at(body, "positions.0.notional"), "30000.00000000");
  EXPECT_EQ(ws("v2/account.status"), body);
}

TEST_F(AccountShapeTest, AccountV2ListsEverySymbol) {
  const auto body = get("/fapi/v2/account");
  const auto documented = golden("rest.account_v2.single_asset.docs.json");
  EXPECT_EQ(keys_of(body), keys_of(documented));
  EXPECT_EQ(keys_of(at(body, "assets.0")), keys_of(at(documented, "assets.0")));
  const auto rows = elements(at(body, "positions"));
  EXPECT_EQ(rows.size(), bench.world->exchange().symbols().size());
  EXPECT_EQ(keys_of(rows[0]), keys_of(golden("rest.account_v2.position_row.2026_09.json")));
  EXPECT_EQ(at(row(rows, "BTCUSDT"), "positionAmt"), "0.500");
  EXPECT_EQ(at(row(rows, "BTCUSDT"), "leverage"), "20");
  EXPECT_EQ(at(row(rows, "ETHUSDT"), "entryPrice"), "0.0");
  EXPECT_EQ(ws("account.status"), body);
  EXPECT_EQ(keys_of(body), keys_of(at(golden("wsapi.account_status.2025_11.json"), "result")));
}

TEST_F(AccountShapeTest, Balances) {
  const auto body = get("/fapi/v3/balance");
  EXPECT_EQ(paths_of(body), paths_of(golden("rest.balance_v3.docs.json")));
  EXPECT_EQ(paths_of(body), paths_of(golden("rest.balance_v2.docs.json")));
  EXPECT_EQ(get("/fapi/v2/balance"), body);
  EXPECT_EQ(ws("account.balance"), body);
  EXPECT_EQ(ws("v2/account.balance"), body);
}

TEST_F(AccountShapeTest, PositionRiskV3ListsWhatIsInUse) {
  EXPECT_EQ(paths_of(get("/fapi/v3/positionRisk")),
            paths_of(golden("rest.position_risk_v3.one_way.long.json")));
  bench.place("bob", bench.resting("ETHUSDT", Side::buy, "2", "2900"));
  const auto rows = elements(get("/fapi/v3/positionRisk"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(at(rows[1], "symbol"), "ETHUSDT");
  EXPECT_EQ(at(rows[1], "positionAmt"), "0");
  EXPECT_EQ(at(rows[1], "openOrderInitialMargin"), "290.00000000");
  EXPECT_EQ(at(rows[1], "bidNotional"), "5800.00000000");
  EXPECT_EQ(at(rows[1], "adl"), "0");
  EXPECT_EQ(elements(get("/fapi/v3/positionRisk", "symbol=ETHUSDT")).size(), 1U);
  EXPECT_EQ(elements(ws("v2/account.position")).size(), 2U);
}

TEST_F(AccountShapeTest, PositionRiskV2ListsEverything) {
  const auto all = get("/fapi/v2/positionRisk");
  EXPECT_EQ(paths_of(all), paths_of(golden("rest.position_risk_v2.hedge.docs.json")));
  const auto rows = elements(all);
  EXPECT_EQ(rows.size(), bench.world->exchange().symbols().size());
  const auto held = row(rows, "BTCUSDT");
  EXPECT_EQ(at(held, "marginType"), "cross");
  EXPECT_NE(held.find(R"("isAutoAddMargin":"false")"), std::string::npos) << "a text, not a flag";
  EXPECT_EQ(at(held, "maxNotionalValue"), "100000000");
  const auto legs = elements(get("/fapi/v2/positionRisk", "symbol=BTCUSDT", "carol"));
  ASSERT_EQ(legs.size(), 2U);
  EXPECT_EQ(at(legs[1], "positionSide"), "SHORT");
  EXPECT_EQ(paths_of(ws("account.position")),
            paths_of(at(golden("wsapi.account_position.2025_11.json"), "result")));
}

TEST_F(AccountShapeTest, SetUp) {
  EXPECT_EQ(paths_of(get("/fapi/v1/accountConfig")),
            paths_of(golden("rest.account_config.docs.json")));
  EXPECT_EQ(paths_of(get("/fapi/v1/symbolConfig")),
            paths_of(golden("rest.symbol_config.two_symbols.json")));
  EXPECT_EQ(paths_of(get("/fapi/v1/multiAssetsMargin")),
            paths_of(golden("rest.multi_assets_margin.get.docs.json")));
  EXPECT_EQ(paths_of(get("/fapi/v1/positionSide/dual")),
            paths_of(golden("rest.position_side_dual.get.docs.json")));
  EXPECT_EQ(paths_of(get("/fapi/v1/feeBurn")), paths_of(golden("rest.fee_burn.docs.json")));
  EXPECT_EQ(
      bench.signed_call("POST", "/fapi/v1/marginType", "bob", "symbol=ETHUSDT&marginType=ISOLATED")
              .body +
          "\n",
      golden("rest.success_code_200.json"));
  EXPECT_EQ(keys_of(get("/fapi/v1/apiTradingStatus")),
            (std::set<std::string>{"indicators", "updateTime"}));
}

TEST_F(AccountShapeTest, LeverageBrackets) {
  const auto body = get("/fapi/v1/leverageBracket", "symbol=BTCUSDT");
  EXPECT_EQ(paths_of(body), paths_of(golden("rest.leverage_bracket.array.docs.json")));
  EXPECT_EQ(at(body, "0.brackets.0.initialLeverage"), "125");
  EXPECT_EQ(at(body, "0.brackets.0.notionalCap"), "300000");
  EXPECT_NE(body.find(R"("maintMarginRatio":0.004,)"), std::string::npos) << "a number";
  EXPECT_EQ(elements(get("/fapi/v1/leverageBracket")).size(),
            bench.world->exchange().symbols().size());
}

TEST_F(AccountShapeTest, AdlQuantiles) {
  auto buy = bench.market("ETHUSDT", Side::buy, "1");
  buy.leg = Leg::long_;
  bench.place("carol", buy);
  EXPECT_EQ(get("/fapi/v1/adlQuantile", "", "carol"),
            R"([{"symbol":"ETHUSDT","adlQuantile":{"LONG":2,"SHORT":0,"HEDGE":0}}])");
  EXPECT_EQ(get("/fapi/v1/adlQuantile"),
            R"([{"symbol":"BTCUSDT","adlQuantile":{"LONG":0,"SHORT":0,"BOTH":2}}])");
  const auto documented = paths_of(golden("rest.adl_quantile.docs.json"));
  for (const auto& path : paths_of(get("/fapi/v1/adlQuantile", "", "carol")))
    EXPECT_TRUE(documented.count(path) != 0) << path;
}

TEST_F(AccountShapeTest, MarketData) {
  EXPECT_EQ(paths_of(market("premiumIndex?symbol=BTCUSDT")),
            paths_of(golden("rest.premium_index.btcusdt.json")));
  EXPECT_EQ(paths_of(market("ticker/price?symbol=BTCUSDT")),
            paths_of(golden("rest.ticker_price_v2.btcusdt.json")));
  EXPECT_EQ(paths_of(market("ticker/bookTicker?symbol=BTCUSDT")),
            paths_of(golden("rest.book_ticker.btcusdt.json")));
  EXPECT_EQ(elements(market("ticker/price")).size(), bench.world->exchange().symbols().size());
  EXPECT_EQ(market("fundingInfo"), "[]");
  EXPECT_EQ(market("fundingRate"), "[]");
  EXPECT_EQ(at(ws("ticker.price", R"({"symbol":"BTCUSDT"})"), "price"), "60000.00");
  EXPECT_EQ(at(ws("ticker.book", R"({"symbol":"BTCUSDT"})"), "bidPrice"), "60000.00");
  EXPECT_EQ(at(ws("depth", R"({"symbol":"BTCUSDT","limit":5})"), "bids.0.0"), "60000.00");
}

TEST_F(AccountShapeTest, Depth) {
  const auto book = market("depth?symbol=BTCUSDT&limit=5");
  EXPECT_EQ(paths_of(book), paths_of(golden("rest.depth.btcusdt.json")));
  EXPECT_EQ(elements(at(book, "bids")).size(), 5U);
  EXPECT_EQ(at(book, "bids.0.0"), "60000.00");
  EXPECT_EQ(at(book, "bids.1.0"), "59999.90");
  EXPECT_EQ(at(book, "asks.0.0"), "60000.10");
  const auto bad = bench.send("GET", "/fapi/v1/depth?symbol=BTCUSDT&limit=3");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.body + "\n", golden("error.4021.bad_depth_limit.json"));
}

TEST(ExchangeInfo, HasTheRealRowAndTheRealLength) {
  Bench bench({.filler_symbols = 900});
  const auto body = bench.send("GET", "/fapi/v1/exchangeInfo").body;
  EXPECT_GE(body.size(), 1'000'000U);
  EXPECT_LE(body.size(), 1'250'000U);
  const auto real = golden("exchange_info.symbol.btcusdt.mainnet_2026_09.json");
  const auto row = at(body, "symbols.0");
  EXPECT_EQ(keys_of(row), keys_of(real));
  EXPECT_EQ(paths_of(row), paths_of(real));
  for (const auto* name : {"contractType", "underlyingType", "underlyingSubType", "pricePrecision",
                           "quantityPrecision", "marketTakeBound", "orderTypes", "timeInForce"})
    EXPECT_EQ(at(row, name), at(real, name)) << name;
  std::map<std::string, std::set<std::string>> real_filters;
  for (const auto& filter : elements(at(real, "filters")))
    real_filters[at(filter, "filterType")] = keys_of(filter);
  for (const auto& filter : elements(at(row, "filters"))) {
    EXPECT_EQ(keys_of(filter), real_filters[at(filter, "filterType")]);
    real_filters.erase(at(filter, "filterType"));
  }
  EXPECT_TRUE(real_filters.empty());
}

TEST(ExchangeInfo, ASymbolMayBeChinese) {
  Bench bench;
  const std::string encoded = percent_encode("测试USDT");
  EXPECT_EQ(encoded, "%E6%B5%8B%E8%AF%95USDT");
  EXPECT_NE(bench.send("GET", "/fapi/v1/exchangeInfo").body.find(R"("symbol":"测试USDT")"),
            std::string::npos);
  const auto reply = bench.signed_call("POST", "/fapi/v1/order", "bob",
                                       "symbol=" + encoded + "&side=BUY&type=MARKET&quantity=100");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(at(reply.body, "symbol"), "测试USDT");
  EXPECT_EQ(at(bench.send("GET", "/fapi/v1/premiumIndex?symbol=" + encoded).body, "symbol"),
            "测试USDT");
}

TEST(ExchangeInfo, TheDemoVenueAnnouncesOtherFilters) {
  Bench bench({.demo_filters = true});
  const auto body = bench.send("GET", "/fapi/v1/exchangeInfo").body;
  std::map<std::string, std::string> filters;
  for (const auto& filter : elements(at(body, "symbols.0.filters")))
    filters[at(filter, "filterType")] = filter;
  EXPECT_EQ(at(filters["MIN_NOTIONAL"], "notional"), "100");
  EXPECT_EQ(at(filters["LOT_SIZE"], "stepSize"), "0.001");
  EXPECT_EQ(at(filters["MARKET_LOT_SIZE"], "stepSize"), "0.002");
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "0.003")), -4023);
  EXPECT_EQ(bench.refusal("bob", bench.market("BTCUSDT", Side::buy, "0.004")), 0);
  EXPECT_EQ(bench.refusal("bob", bench.limit("BTCUSDT", Side::buy, "0.003", "60000")), 0);
}

}  // namespace
}  // namespace copyd::sim::testing
