#include "venue/account_codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/unit/venue/support.hpp"

namespace copyd::venue::testing {
namespace {

struct Filters {
  std::string tick = "0.10";
  std::string step = "0.001";
  std::string min = "0.001";
  std::string max = "1000";
  std::string market_step = "0.001";
  std::string market_min = "0.001";
  std::string market_max = "120";
  std::string notional = "50";
  std::string decimals = "4";  // of PERCENT_PRICE: a number in the documents, a text on the wire
  std::string unknown;         // a whole filter that nobody has heard of, behind a comma
};

std::string joined(std::vector<std::string> parts, std::mt19937* random) {
  if (random != nullptr) std::shuffle(parts.begin(), parts.end(), *random);
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

std::string member(const std::string& key, const std::string& value) {
  return "\"" + key + "\":\"" + value + "\"";
}

// The filters of one row, their keys and themselves in a random order when `random` is given.
std::string filters_of(const Filters& f, std::mt19937* random = nullptr) {
  const auto object = [&](std::vector<std::string> members) {
    return "{" + joined(std::move(members), random) + "}";
  };
  return "[" +
         joined(
             {object({member("filterType", "PRICE_FILTER"), member("minPrice", "556.80"),
                      member("maxPrice", "4529764"), member("tickSize", f.tick)}),
              object({member("filterType", "LOT_SIZE"), member("minQty", f.min),
                      member("stepSize", f.step), member("maxQty", f.max)}),
              object({member("filterType", "MARKET_LOT_SIZE"), member("minQty", f.market_min),
                      member("stepSize", f.market_step), member("maxQty", f.market_max)}),
              object({member("filterType", "MAX_NUM_ORDERS"), "\"limit\":200"}),
              object({member("filterType", "MIN_NOTIONAL"), member("notional", f.notional)}),
              object({member("filterType", "PERCENT_PRICE"), member("multiplierUp", "1.0500"),
                      "\"multiplierDecimal\":" + f.decimals, member("multiplierDown", "0.9500")}),
              object({member("filterType", "POSITION_RISK_CONTROL"),
                      member("positionControlSide", "NONE")})},
             random) +
         f.unknown + "]";
}

std::string row(const std::string& name, const std::string& quote, const std::string& status,
                const std::string& filters, std::mt19937* random = nullptr) {
  return "{" +
         joined({member("symbol", name),
                 member("pair", name),
                 member("contractType", "PERPETUAL"),
                 "\"deliveryDate\":4133404800000",
                 member("status", status),
                 "\"onboardDate\":1567965300000",
                 member("baseAsset", "BTC"),
                 member("quoteAsset", quote),
                 member("marginAsset", quote),
                 "\"filters\":" + filters,
                 member("maintMarginPercent", "2.5000"),
                 member("requiredMarginPercent", "5.0000"),
                 "\"pricePrecision\":2",
                 "\"quantityPrecision\":3",
                 "\"baseAssetPrecision\":8",
                 "\"quotePrecision\":8",
                 member("underlyingType", "COIN"),
                 member("triggerProtect", "0.0500"),
                 member("liquidationFee", "0.012500"),
                 member("marketTakeBound", "0.05"),
                 "\"maxMoveOrderLimit\":10000",
                 "\"underlyingSubType\":[\"PoW\",\"Crypto\"]",
                 "\"orderTypes\":[\"LIMIT\",\"MARKET\",\"STOP\",\"STOP_MARKET\",\"TAKE_PROFIT\","
                 "\"TAKE_PROFIT_MARKET\",\"TRAILING_STOP_MARKET\"]",
                 "\"timeInForce\":[\"GTC\",\"IOC\",\"FOK\",\"GTX\",\"GTD\"]",
                 "\"permissionSets\":[\"GRID\",\"COPY\",\"DCA\",\"PSB\"]"},
                random) +
         "}";
}

std::string body(const std::string& rows) {
  return R"({"timezone":"UTC","serverTime":1,"rateLimits":[)"
         R"({"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2300},)"
         R"({"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":1100},)"
         R"({"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":250}],)"
         R"("exchangeFilters":[],"assets":[],"symbols":[)" +
         rows + "]}";
}

std::optional<SymbolFilters> filters_read(const std::string& filters) {
  const auto info = decode_exchange_info(body(row("BTCUSDT", "USDT", "TRADING", filters)));
  EXPECT_TRUE(info.has_value());
  EXPECT_EQ(info->symbols.size(), 1U);
  return info->symbols[SymbolId{0}].filters;
}

TEST(ExchangeInfo, TakesTheStricterOfTheTwoLotSizes) {
  Filters f;
  f.market_step = "0.01";
  f.market_min = "0.002";
  const auto read = filters_read(filters_of(f));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->tick, *Price::parse("0.1"));
  EXPECT_EQ(read->step, *Qty::parse("0.01"));
  EXPECT_EQ(read->min_qty, *Qty::parse("0.002"));
  EXPECT_EQ(read->max_qty, *Qty::parse("120"));
  EXPECT_EQ(read->min_notional, *Usd::parse("50.5"));

  f = {};
  f.step = "0.1";
  f.min = "0.1";
  f.max = "7";
  const auto other = filters_read(filters_of(f));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->step, *Qty::parse("0.1"));
  EXPECT_EQ(other->min_qty, *Qty::parse("0.1"));
  EXPECT_EQ(other->max_qty, *Qty::parse("7"));
}

TEST(ExchangeInfo, MinNotionalIsRoundedUpToTheUnit) {
  const auto notional = [](const std::string& text) {
    Filters f;
    f.notional = text;
    const auto read = filters_read(filters_of(f));
    return read ? read->min_notional.units() : -1;
  };
  EXPECT_EQ(notional("5"), 505000000);
  EXPECT_EQ(notional("5.0"), 505000000);
  EXPECT_EQ(notional("0.00000001"), 2);  // 1.01 units
  EXPECT_EQ(notional("0.00000100"), 101);
  EXPECT_EQ(notional("0.00000101"), 103);  // 102.01 units
  EXPECT_EQ(notional("0"), 0);
}

TEST(ExchangeInfo, ARowWithABadFilterHasNoFiltersAndTheOthersKeepTheirs) {
  std::vector<std::string> bad{"[]", "{}", "null", "[1]", "[{}]", "\"x\""};
  const auto with = [](auto change) {
    Filters f;
    change(f);
    return filters_of(f);
  };
  bad.push_back(with([](Filters& f) { f.tick = "x"; }));
  bad.push_back(with([](Filters& f) { f.tick = "0"; }));
  bad.push_back(with([](Filters& f) { f.tick = "-0.1"; }));
  bad.push_back(with([](Filters& f) { f.step = ""; }));
  bad.push_back(with([](Filters& f) { f.step = "-1"; }));
  bad.push_back(with([](Filters& f) { f.step = f.market_step = "0"; }));
  bad.push_back(with([](Filters& f) { f.step = "0.0000000001"; }));
  bad.push_back(with([](Filters& f) { f.market_min = "-1"; }));
  bad.push_back(with([](Filters& f) { f.market_max = "0"; }));
  bad.push_back(with([](Filters& f) { f.min = "5000"; }));
  bad.push_back(with([](Filters& f) { f.notional = "-5"; }));
  bad.push_back(with([](Filters& f) { f.notional = "5x"; }));
  for (const char* type : {"PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE", "MIN_NOTIONAL"}) {
    std::string missing = filters_of({});
    const std::string quoted = std::string("\"") + type + "\"";
    missing.replace(missing.find(quoted), quoted.size(), "\"GONE\"");
    bad.push_back(missing);
    std::string twice = filters_of({});
    const std::string other = "\"MAX_NUM_ORDERS\"";
    twice.replace(twice.find(other), other.size(), quoted);
    bad.push_back(twice);
  }
  for (const auto& filters : bad) {
    const auto info = decode_exchange_info(body(row("BADUSDT", "USDT", "TRADING", filters) + "," +
                                                row("BTCUSDT", "USDT", "TRADING", filters_of({}))));
    ASSERT_TRUE(info.has_value()) << filters;
    EXPECT_FALSE(info->symbols[*info->symbols.find("BADUSDT")].filters) << filters;
    EXPECT_TRUE(info->symbols[*info->symbols.find("BTCUSDT")].filters) << filters;
  }
}

TEST(ExchangeInfo, SymbolsThatDoNotTradeOrAreNotQuotedInDollars) {
  const auto info =
      decode_exchange_info(body(row("AUSDT", "USDT", "SETTLING", filters_of({})) + "," +
                                row("BUSDC", "USDC", "TRADING", filters_of({})) + "," +
                                row("CBTC", "BTC", "TRADING", filters_of({}))));
  ASSERT_TRUE(info.has_value());
  ASSERT_EQ(info->symbols.size(), 3U);
  EXPECT_FALSE(info->symbols[SymbolId{0}].filters);
  EXPECT_TRUE(info->symbols[SymbolId{0}].copyable);
  EXPECT_TRUE(info->symbols[SymbolId{1}].filters);
  EXPECT_TRUE(info->symbols[SymbolId{1}].copyable);
  EXPECT_FALSE(info->symbols[SymbolId{2}].copyable);
  EXPECT_EQ(info->orders_per_10s, 250);
  EXPECT_EQ(info->orders_per_minute, 1100);
  EXPECT_EQ(info->weight_per_minute, 2300);
}

// As large as the venue's own, the keys of every object and the filters of every row shuffled.
TEST(ExchangeInfo, AWholeBodyWithShuffledKeys) {
  std::mt19937 random(919);
  const auto name_of = [](int i) {
    return i == 450 ? std::string("测试USDT") : "S" + std::to_string(i) + "USDT";
  };
  std::string rows;
  constexpr int count = 900;
  for (int i = 0; i < count; ++i) {
    Filters f;
    f.tick = "0.0" + std::to_string(1 + i % 9);
    f.step = i % 2 == 0 ? "1" : "0.1";
    f.market_max = std::to_string(10 + i);
    f.notional = std::to_string(5 + i % 4);
    if (i % 3 == 0) f.decimals = "\"4\"";
    if (i % 5 == 0) f.unknown = R"(,{"filterType":"BRAND_NEW","stepSize":5,"tickSize":{"a":[]}})";
    if (i > 0) rows += ",";
    rows += row(name_of(i), "USDT", i % 100 == 99 ? "CLOSE" : "TRADING", filters_of(f, &random),
                &random);
  }
  const std::string text = body(rows);
  EXPECT_GT(text.size(), 1'100'000U);
  const auto info = decode_exchange_info(text);
  ASSERT_TRUE(info.has_value());
  ASSERT_EQ(info->symbols.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const auto id = info->symbols.find(name_of(i));
    ASSERT_TRUE(id);
    const auto& filters = info->symbols[*id].filters;
    ASSERT_EQ(filters.has_value(), i % 100 != 99) << i;
    if (!filters) continue;
    EXPECT_EQ(filters->tick.units(), 1'000'000 * (1 + i % 9));
    EXPECT_EQ(filters->step, *Qty::parse(i % 2 == 0 ? "1" : "0.1"));
    EXPECT_EQ(filters->min_qty, *Qty::parse("0.001"));
    EXPECT_EQ(filters->max_qty, Qty::whole(std::min(10 + i, 1000)));
    EXPECT_EQ(filters->min_notional.units(), 101'000'000LL * (5 + i % 4));
  }
  // Cut anywhere it is no body at all.
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(
        decode_exchange_info(std::string_view(text).substr(0, random() % text.size())).has_error());
}

TEST(ExchangeInfo, ARowThatSaysSomethingTwiceHasNoFilters) {
  std::string twice = filters_of({});
  twice.insert(twice.find("\"stepSize\""), R"("stepSize":"5",)");
  EXPECT_FALSE(filters_read(twice));
  std::string both = row("BTCUSDT", "USDT", "TRADING", filters_of({}));
  both.insert(1, R"("status":"TRADING",)");
  const auto info = decode_exchange_info(body(both));
  ASSERT_TRUE(info.has_value());
  EXPECT_FALSE(info->symbols[SymbolId{0}].filters);
}

TEST(ExchangeInfo, WhatIsNoBodyIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"symbols":{}})"),
        std::string(R"({"symbols":[1]})"), std::string(R"({"symbols":[{}]})"),
        std::string(R"({"symbols":[{"symbol":5}]})"), std::string(R"({"symbols":[{"symbol":""}]})"),
        std::string("<html>")})
    EXPECT_TRUE(decode_exchange_info(text).has_error()) << text;
  std::string rows;
  for (int i = 0; i < 2049; ++i)
    rows += (i > 0 ? "," : "") + row("S" + std::to_string(i), "USDT", "CLOSE", "[]");
  const auto info = decode_exchange_info(body(rows));
  ASSERT_TRUE(info.has_error());
  EXPECT_EQ(info.error(), make_error_code(Errc::too_large));
}

TEST(AccountCodec, TheModeIsReadNeverGuessed) {
  EXPECT_EQ(decode_account_config(R"({"dualSidePosition":false})")->mode, PositionMode::one_way);
  EXPECT_EQ(decode_account_config(R"({"dualSidePosition":true})")->mode, PositionMode::hedge);
  EXPECT_FALSE(decode_account_config(R"({"dualSidePosition":true,"canTrade":false})")->can_trade);
  EXPECT_TRUE(
      decode_account_config(R"({"dualSidePosition":true,"multiAssetsMargin":true})")->multi_assets);
  for (const char* text :
       {"{}", "[]", R"({"dualSidePosition":"true"})", R"({"dualSidePosition":1})",
        R"({"dualSidePosition":true,"canTrade":1})", R"({"canTrade":true})"})
    EXPECT_TRUE(decode_account_config(text).has_error()) << text;
}

TEST(AccountCodec, PermissionsThatAreAbsentAreUnknown) {
  const auto keys = decode_key_permissions(R"({"ipRestrict":true,"enableFutures":true})");
  ASSERT_TRUE(keys.has_value());
  EXPECT_EQ(keys->ip_restrict, std::optional(true));
  EXPECT_EQ(keys->futures, std::optional(true));
  EXPECT_FALSE(keys->withdrawals.has_value());
  EXPECT_FALSE(keys->internal_transfer.has_value());
  EXPECT_FALSE(keys->universal_transfer.has_value());
  EXPECT_FALSE(keys->reading.has_value());
  EXPECT_FALSE(keys->trading_expires.has_value());
  for (const char* text : {"{}", "[]", "", R"({"enableWithdrawals":"false"})",
                           R"({"enableWithdrawals":null})", R"({"ipRestrict":0})"})
    EXPECT_TRUE(decode_key_permissions(text).has_error()) << text;
}

TEST(AccountCodec, ErrorBodies) {
  EXPECT_EQ(decode_error(R"({"msg":"m","code":-5})").code, -5);
  const auto page = decode_error("<html>\r\n<b>502 Bad Gateway</b></html>");
  EXPECT_EQ(page.code, 0);
  EXPECT_EQ(page.message, "<html>  <b>502 Bad Gateway</b></html>");
  EXPECT_EQ(decode_error(std::string(5000, 'x')).message.size(), 200U);
  EXPECT_EQ(decode_error("").code, 0);
  EXPECT_EQ(decode_error(R"({"code":"200","msg":"success"})").code, 0);
  EXPECT_EQ(decode_error(R"({"code":-99999999999})").code, 0);
  EXPECT_EQ(decode_error(R"({"code":-1,"msg":"a\nb"})").message, "a b");
}

TEST(AccountCodec, ForcedOrders) {
  EXPECT_TRUE(is_forced_order("autoclose-1"));
  EXPECT_TRUE(is_forced_order("adl_autoclose"));
  EXPECT_TRUE(is_forced_order("settlement_autoclose-1"));
  EXPECT_TRUE(is_forced_order("delivery_autoclose-1"));
  EXPECT_FALSE(is_forced_order("autoclose"));
  EXPECT_FALSE(is_forced_order("x-autoclose-1"));
  EXPECT_FALSE(is_forced_order(""));
}

// Every record, cut at every byte, is refused by the one who reads it.
TEST(AccountCodec, CutAtAnyByteIsMalformed) {
  const auto cut = [](const char* name, auto read) {
    const std::string whole = golden(name);
    EXPECT_TRUE(read(whole)) << name;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      // In a buffer of its own, so that nothing readable stands behind it.
      const std::vector<char> bytes(whole.begin(), whole.begin() + static_cast<long>(size));
      ASSERT_FALSE(read(std::string_view(bytes.data(), bytes.size()))) << name << ' ' << size;
    }
  };
  using Text = std::string_view;
  cut("rest.order.query.filled.json", [](Text t) { return decode_order(t).has_value(); });
  cut("rest.all_orders.docs.json", [](Text t) { return decode_orders(t).has_value(); });
  cut("rest.user_trades.json", [](Text t) { return decode_user_trades(t).has_value(); });
  cut("rest.position_risk_v3.hedge.docs.json",
      [](Text t) { return decode_position_risk(t, symbols()).has_value(); });
  cut("rest.account_v3.single_asset.docs.json",
      [](Text t) { return decode_margin_balance(t).has_value(); });
  cut("rest.balance_v3.docs.json", [](Text t) { return decode_account_alias(t).has_value(); });
  cut("rest.account_config.docs.json", [](Text t) { return decode_account_config(t).has_value(); });
  cut("rest.listen_key.post.json", [](Text t) { return decode_listen_key(t).has_value(); });
  cut("rest.time.json", [](Text t) { return decode_time(t).has_value(); });
  cut("sapi.api_restrictions.docs.json",
      [](Text t) { return decode_key_permissions(t).has_value(); });
  cut("exchange_info.docs.json", [](Text t) { return decode_exchange_info(t).has_value(); });
  cut("rest.account_v3.single_asset.docs.json",
      [](Text t) { return decode_account(t, symbols()).has_value(); });
  cut("rest.balance_v3.docs.json", [](Text t) { return decode_balances(t).has_value(); });
}

TEST(AccountCodec, AFieldMetTwiceSpoilsARecord) {
  for (const char* text : {R"({"dualSidePosition":false,"dualSidePosition":true})",
                           R"({"dualSidePosition":true,"x":1,"x":1})"})
    EXPECT_TRUE(decode_account_config(text).has_error()) << text;
  EXPECT_TRUE(decode_time(R"({"serverTime":1,"serverTime":2})").has_error());
  EXPECT_EQ(decode_error(R"({"code":-1,"code":-2,"msg":"m"})").code, 0);
  std::string trades = golden("rest.user_trades.json");
  trades.insert(trades.find("\"qty\""), R"("qty":"1",)");
  EXPECT_TRUE(decode_user_trades(trades).has_error());
  // An object of absurd size is not searched at all.
  std::string many = R"({"serverTime":1)";
  for (int i = 0; i < 300; ++i) many += ",\"f" + std::to_string(i) + "\":1";
  EXPECT_TRUE(decode_time(many + "}").has_error());
}

TEST(AccountCodec, OneBadRowSpoilsTheWhole) {
  const auto refused = [](const char* name, const char* from, const char* to, auto read) {
    std::string text = golden(name);
    ASSERT_TRUE(read(text)) << name;
    text.replace(text.rfind(from), std::string_view(from).size(), to);
    EXPECT_FALSE(read(text)) << to;
  };
  using Text = std::string_view;
  const auto trades = [](Text t) { return decode_user_trades(t).has_value(); };
  const auto orders = [](Text t) { return decode_orders(t).has_value(); };
  const auto positions = [](Text t) { return decode_position_risk(t, symbols()).has_value(); };
  refused("rest.user_trades.json", R"("id":)", R"("_":)", trades);
  refused("rest.user_trades.json", R"("side":"SELL")", R"("side":"sell")", trades);
  refused("rest.user_trades.json", R"("positionSide":"BOTH")", R"("positionSide":1)", trades);
  refused("rest.user_trades.json", R"("price":")", R"("price":"-)", trades);
  refused("rest.user_trades.json", R"("qty":")", R"("qty":"-)", trades);
  refused("rest.user_trades.json", R"("time":)", R"("_":)", trades);
  const char* const all = "rest.all_orders.filled_and_canceled.json";
  refused(all, R"("orderId":)", R"("_":)", orders);
  refused(all, R"("executedQty":")", R"("executedQty":"-1)", orders);
  refused(all, R"("avgPrice":")", R"("avgPrice":"x)", orders);
  refused(all, R"("clientOrderId":)", R"("_":)", orders);
  refused(all, R"("updateTime":)", R"("updateTime":"x","_":)", orders);
  const char* const hedge = "rest.position_risk_v3.hedge.docs.json";
  refused(hedge, R"("positionAmt":)", R"("_":)", positions);
  refused(hedge, R"("positionSide":"SHORT")", R"("positionSide":"DOWN")", positions);
  refused(hedge, R"("updateTime":)", R"("_":)", positions);
}

}  // namespace
}  // namespace copyd::venue::testing
