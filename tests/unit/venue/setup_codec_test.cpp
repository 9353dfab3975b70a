// How an account is set up, conditional orders, mark prices, and the decimals among them.
#include "venue/setup_codec.hpp"

#include <gtest/gtest.h>

#include "tests/unit/venue/support.hpp"
#include "venue/algo_codec.hpp"
#include "venue/decimal.hpp"
#include "venue/market_codec.hpp"

namespace copyd::venue::testing {
namespace {

using Text = std::string_view;

bool reads_brackets(Text t) {
  return decode_leverage_brackets(t).has_value();
}
bool reads_configs(Text t) {
  return decode_symbol_configs(t, symbols()).has_value();
}
bool reads_leverage(Text t) {
  return decode_leverage(t).has_value();
}
bool reads_mode(Text t) {
  return decode_position_mode(t).has_value();
}
bool reads_assets(Text t) {
  return decode_asset_mode(t).has_value();
}
bool reads_limits(Text t) {
  return decode_order_limits(t).has_value();
}
bool reads_algo(Text t) {
  return decode_algo_order(t).has_value();
}
bool reads_algos(Text t) {
  return decode_algo_orders(t).has_value();
}
bool reads_cancelled(Text t) {
  return decode_algo_cancelled(t).has_value();
}
bool reads_premium(Text t) {
  return decode_premium_index(t, symbols()).has_value();
}

struct Case {
  const char* name;
  bool (*reads)(Text);
};
const Case cases[] = {{"rest.leverage_bracket.array.docs.json", reads_brackets},
                      {"rest.leverage_bracket.object_when_symbol_sent.docs.json", reads_brackets},
                      {"rest.symbol_config.two_symbols.json", reads_configs},
                      {"rest.leverage.set.docs.json", reads_leverage},
                      {"rest.position_side_dual.get.docs.json", reads_mode},
                      {"rest.multi_assets_margin.get.docs.json", reads_assets},
                      {"rest.rate_limit_order.docs.json", reads_limits},
                      {"rest.algo_order.query.docs.json", reads_algo},
                      {"rest.all_algo_orders.finished_and_canceled.json", reads_algos},
                      {"rest.algo_order.cancel.json", reads_cancelled},
                      {"rest.premium_index.btcusdt.json", reads_premium}};

TEST(SetupCodec, CutAtAnyByteOrFollowedByMoreIsMalformed) {
  for (const auto& [name, reads] : cases) {
    const std::string whole = golden(name);
    ASSERT_TRUE(reads(whole)) << name;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::vector<char> bytes(whole.begin(), whole.begin() + static_cast<long>(size));
      ASSERT_FALSE(reads(Text(bytes.data(), bytes.size()))) << name << ' ' << size;
    }
    EXPECT_FALSE(reads(whole + "x")) << name;
  }
}

TEST(SetupCodec, WhatARowDoesNotSayIsNotGuessed) {
  const auto refused = [](std::size_t index, const char* from, const char* to) {
    const auto& [name, reads] = cases[index];
    std::string text = golden(name);
    ASSERT_NE(text.rfind(from), text.npos) << from;
    text.replace(text.rfind(from), Text(from).size(), to);
    EXPECT_FALSE(reads(text)) << name << to;
  };
  refused(0, R"("notionalCap":10000)", R"("notionalCap":true)");
  refused(0, R"("notionalCap":10000)", R"("notionalCap":1e400)");
  refused(0, R"("notionalCap":10000)", R"("_":1)");
  refused(0, R"("initialLeverage":75)", R"("initialLeverage":75.5)");
  refused(0, R"("initialLeverage":75)", R"("initialLeverage":75,"initialLeverage":76)");
  refused(0, R"("symbol":"ETHUSDT")", R"("symbol":"")");
  refused(0, R"("brackets":[)", R"("brackets":[1,)");
  refused(2, R"("leverage":25)", R"("leverage":0)");
  refused(2, R"("leverage":25)", R"("leverage":"x")");
  refused(2, R"("marginType":"ISOLATED")", R"("marginType":1)");
  refused(3, R"("symbol":)", R"("_":)");
  refused(4, "true", R"("true")");
  refused(5, "true", "1");
  refused(6, R"("limit":20000)", R"("limit":0)");
  refused(7, R"("algoStatus":)", R"("_":)");
  refused(7, R"("side":"SELL")", R"("side":"sell")");
  refused(7, R"("quantity":"0.01")", R"("quantity":"-0.01")");
  refused(8, R"("actualOrderId":"33877541028")", R"("actualOrderId":33877541028)");
  refused(8, R"("actualOrderId":"33877541028")", R"("actualOrderId":"-5")");
  refused(9, R"("code":"200")", R"("code":"400")");
  refused(10, R"("markPrice":"76916.95122464")", R"("markPrice":"-1")");
}

TEST(SetupCodec, BracketsInBothForms) {
  const auto array = decode_leverage_brackets(golden("rest.leverage_bracket.array.docs.json"));
  const auto object =
      decode_leverage_brackets(golden("rest.leverage_bracket.object_when_symbol_sent.docs.json"));
  ASSERT_TRUE(array.has_value() && object.has_value());
  for (const auto& brackets : {array->front(), object->front()}) {
    EXPECT_EQ(brackets.symbol_name, "ETHUSDT");
    EXPECT_EQ(brackets.coefficient, Ratio::parse("1.5"));
    ASSERT_EQ(brackets.brackets.size(), 1U);
    EXPECT_EQ(brackets.brackets[0].leverage, 75);
    EXPECT_EQ(brackets.brackets[0].cap, Usd::whole(10000));
    EXPECT_EQ(brackets.brackets[0].maintenance, *Ratio::parse("0.0065"));
  }
  for (const char* text : {"", "5", "\"x\"", "null", "[1]", "[[]]"})
    EXPECT_TRUE(decode_leverage_brackets(text).has_error()) << text;
}

TEST(Decimal, NumbersWithoutTheirExponent) {
  const std::pair<const char*, const char*> numbers[] = {
      {"0", "0"},           {"1.5", "1.5"},       {"-1.5", "-1.5"},
      {"6.5E-3", "0.0065"}, {"1e3", "1000"},      {"1.25e1", "12.5"},
      {"1E+2", "100"},      {"-2.5e-1", "-0.25"}, {"1.0E7", "10000000"},
      {"12e-1", "1.2"},     {"5e0", "5"},         {"0.00000001", "0.00000001"}};
  for (const auto& [text, plain] : numbers) EXPECT_EQ(PlainNumber(text).view(), plain) << text;
  for (const char* text :
       {"", "-", ".5", "1e", "1e400", "1e-31", "e5", "1x", "1.2.3", "--1", "NaN", "{", "true",
        "1e99999999999", "12345678901234567890123456789012345678901"})
    EXPECT_EQ(PlainNumber(text).view(), "") << text;
  EXPECT_EQ(PlainNumber("1e-30").view(), "0." + std::string(29, '0') + "1");
  EXPECT_EQ(PlainNumber(std::string(40, '9') + "e30").view(),
            std::string(40, '9') + std::string(30, '0'));
}

TEST(Decimal, CutBehindTheEighthPlace) {
  struct Tag;
  EXPECT_EQ(parse_cut<Tag>("83041.30324000001")->units(), 8304130324000);
  EXPECT_EQ(parse_cut<Tag>("-0.123456789")->units(), -12345678);
  EXPECT_FALSE(parse_cut<Tag>("0.12345678x"));
  EXPECT_FALSE(parse_cut<Tag>(""));
  EXPECT_FALSE(parse_cut<Tag>("99999999999999"));
}

std::string mark(const char* symbol, const char* price) {
  return std::string(R"({"e":"markPriceUpdate","E":5,"s":")") + symbol + R"(","p":")" + price +
         R"(","ap":"1","i":"1","P":"1","r":"","T":0,"st":1})";
}

TEST(MarkPrices, InEveryForm) {
  MarkPriceDecoder decoder(symbols());
  const std::string rows = "[" + mark("BTCUSDT", "95209.55336957") + "," + mark("XUSDT", "2") + "]";
  for (const std::string& text : {rows, R"({"stream":"!markPrice@arr@1s","data":)" + rows + "}",
                                  R"({"data":)" + rows + R"(,"stream":"!markPrice@arr@1s"})"}) {
    const Frame frame(text);
    const auto marks = decoder.decode(frame.view());
    ASSERT_TRUE(marks.has_value()) << text;
    ASSERT_EQ(marks->size(), 2U);
    EXPECT_TRUE((*marks)[0].symbol_known);
    EXPECT_EQ((*marks)[0].symbol.value, 0);
    EXPECT_EQ((*marks)[0].price, *Price::parse("95209.55336957"));
    EXPECT_EQ((*marks)[0].event_time.ms, 5);
    EXPECT_FALSE((*marks)[1].symbol_known);
    EXPECT_EQ((*marks)[1].symbol_name, "XUSDT");
  }
  const Frame one(R"({"stream":"btcusdt@markPrice","data":)" + mark("BTCUSDT", "7") + "}");
  EXPECT_EQ(decoder.decode(one.view())->size(), 1U);
  const Frame none("[]");
  EXPECT_TRUE(decoder.decode(none.view())->empty());
}

TEST(MarkPrices, WhatIsNoMarkPriceIsMalformed) {
  MarkPriceDecoder decoder(symbols());
  const std::string row = mark("BTCUSDT", "7");
  std::vector<std::string> texts{"",
                                 "{}",
                                 "1",
                                 "[1]",
                                 R"({"result":null,"id":1})",
                                 R"({"data":5})",
                                 R"({"data":[1]})",
                                 row + "x",
                                 R"({"data":)" + row + R"(,"data":)" + row + "}",
                                 mark("BTCUSDT", "-7"),
                                 mark("BTCUSDT", ""),
                                 mark("BTCUSDT", "NaN"),
                                 golden("stream.book_ticker.docs.json")};
  for (const char* field : {R"("e":)", R"("E":)", R"("s":)", R"("p":)"}) {
    std::string text = row;
    texts.push_back(text.replace(text.find(field), Text(field).size(), R"("_":)"));
  }
  std::string twice = row;
  texts.push_back(twice.insert(1, R"("p":"9",)"));
  const std::string rows = "[" + row + "," + row + "]";
  for (std::size_t size = 0; size < rows.size(); ++size) texts.push_back(rows.substr(0, size));
  for (const auto& text : texts) {
    const Frame frame(text, rows);
    EXPECT_TRUE(decoder.decode(frame.view()).has_error()) << text;
  }
}

TEST(PremiumIndex, ADeliveringContractHasNoFunding) {
  std::string text = golden("rest.premium_index.btcusdt.json");
  EXPECT_TRUE(decode_premium_index(text, symbols())->front().funding_rate.has_value());
  text.replace(text.find("0.00008972"), 10, "");
  const auto rows = decode_premium_index("[" + text + "," + text + "]", symbols());
  ASSERT_TRUE(rows.has_value());
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_FALSE(rows->front().funding_rate.has_value());
}

}  // namespace
}  // namespace copyd::venue::testing
