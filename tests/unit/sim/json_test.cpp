#include "sim/json.hpp"

#include <gtest/gtest.h>

#include "sim/params.hpp"

namespace copyd::sim {
namespace {

TEST(SimJson, WritesWhatItIsTold) {
  JsonWriter out;
  out.object().text("a", "x\"y\\z\n").number("b", -5).flag("c", true);
  out.key("d").array().integer(1).integer(2).null().end_array();
  out.key("e").object().end_object().decimal("f", Qty::from_units(150'000'000)).end_object();
  EXPECT_EQ(out.str(), R"({"a":"x\"y\\z\n","b":-5,"c":true,"d":[1,2,null],"e":{},"f":"1.5"})");
}

TEST(SimJson, PadsAndCutsDecimals) {
  EXPECT_EQ(padded(Price::whole(5), 2), "5.00");
  EXPECT_EQ(padded(Price::from_units(12'345'678), 3), "0.123");
  EXPECT_EQ(padded(Price::from_units(-12'345'678), 8), "-0.12345678");
  EXPECT_EQ(padded(Price::whole(7), 0), "7");
  EXPECT_EQ(padded(Price::from_units(1), 10), "0.0000000100");
}

TEST(SimJson, KeepsTheTextOfNumbers) {
  const auto object = JsonObject::parse(R"({"q":0.100 ,"t":1705311512994,"s":"0.1","n":null})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->find("q")->text, "0.100");
  EXPECT_EQ(object->find("q")->kind, JsonValue::Kind::number);
  EXPECT_EQ(object->find("t")->text, "1705311512994");
  EXPECT_EQ(object->find("s")->kind, JsonValue::Kind::string);
  EXPECT_EQ(object->find("n")->kind, JsonValue::Kind::null);
  EXPECT_EQ(object->find("absent"), nullptr);
}

TEST(SimJson, KeepsInnerObjectsAndArraysWhole) {
  const auto object = JsonObject::parse(R"({"params":{"a":[1,{"b":2}]},"list":[1,"two"]})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->find("params")->text, R"({"a":[1,{"b":2}]})");
  const auto list = parse_array(object->find("list")->text);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  EXPECT_EQ((*list)[1].text, "two");
}

TEST(SimJson, RefusesWhatIsNotOneObject) {
  for (const char* text : {"", "{", "[1]", "null", R"({"a":1)", R"({"a":})", R"({"a":1}x)",
                           R"({"a":1}{"b":2})", "{a:1}", R"({"a":tru})", R"({"a":1.2.3})"})
    EXPECT_FALSE(JsonObject::parse(text)) << text;
  EXPECT_TRUE(JsonObject::parse("{\"a\":1} \n"));
}

TEST(SimParams, AreReadFromAQuery) {
  const auto params = Params::from_query("symbol=%E6%B5%8B%E8%AF%95USDT&empty=&x=1%2B2&x=second");
  EXPECT_EQ(*params.find("symbol"), "测试USDT");
  EXPECT_EQ(params.find("empty"), nullptr);
  EXPECT_EQ(*params.find("x"), "1+2");
  EXPECT_EQ(params.find("absent"), nullptr);
}

TEST(SimParams, IntegersAreWholeNumbers) {
  const auto params = Params::from_query("a=12&b=1x&c=99999999999999999999");
  EXPECT_EQ(params.integer("a").value(), 12);
  EXPECT_FALSE(params.integer("absent").value().has_value());
  EXPECT_EQ(params.integer("b").error().code, -1130);
  EXPECT_EQ(params.integer("c").error().code, -1130);
}

TEST(SimParams, PercentEncodingGoesBothWays) {
  EXPECT_EQ(percent_encode("a/b+c=d e~"), "a%2Fb%2Bc%3Dd%20e~");
  EXPECT_EQ(percent_decode(percent_encode("a/b+c=d e~测")), "a/b+c=d e~测");
  EXPECT_EQ(percent_decode("50%"), "50%");
}

}  // namespace
}  // namespace copyd::sim
