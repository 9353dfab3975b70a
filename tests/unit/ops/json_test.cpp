#include "ops/json.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

namespace copyd::ops {
namespace {

TEST(JsonWriter, SetsTheCommas) {
  JsonWriter json;
  json.begin_object().member("a", 1).key("b").begin_array().value(-2).value("x").begin_object();
  json.end_object().end_array().member("c", true).key("d").null().key("e").begin_object();
  json.end_object().end_object();
  EXPECT_EQ(json.take(), R"({"a":1,"b":[-2,"x",{}],"c":true,"d":null,"e":{}})");
}

TEST(JsonWriter, WritesAmountsAsStringsAndIntegersWhole) {
  JsonWriter json;
  json.begin_array().value(*Usd::parse("-10000.50")).value(UINT64_MAX).value(INT64_MIN);
  json.value(std::optional<Qty>()).value(std::optional(Qty::whole(3))).end_array();
  EXPECT_EQ(json.take(), R"(["-10000.5",18446744073709551615,-9223372036854775808,null,"3"])");
}

TEST(JsonWriter, EscapesWhatJsonReserves) {
  JsonWriter json;
  json.value(std::string_view("q\" b\\ n\n t\t z\0 d\x7f ü", 20));
  EXPECT_EQ(json.take(), "\"q\\\" b\\\\ n\\n t\\u0009 z\\u0000 d\\u007f ü\"");
}

TEST(JsonWriter, RepairsWhatIsNotUtf8) {
  const auto written = [](std::string_view text) {
    JsonWriter json;
    json.value(text);
    return json.take();
  };
  EXPECT_EQ(written("a\xff z"), "\"a\xef\xbf\xbd z\"");
  EXPECT_EQ(written("\xc3"), "\"\xef\xbf\xbd\"");                                  // cut short
  EXPECT_EQ(written("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // overlong
  EXPECT_EQ(written("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // surrogate
  EXPECT_EQ(written("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

TEST(JsonWriter, EveryByteCanBeReadAgain) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; b += 5) {
      const std::string text{static_cast<char>(a), static_cast<char>(b), 'x'};
      JsonWriter json;
      json.begin_object().member("k", text).end_object();
      const std::string written = json.take();
      simdjson::dom::parser parser;
      std::string_view back;
      ASSERT_EQ(parser.parse(simdjson::padded_string(written))["k"].get(back), simdjson::SUCCESS)
          << written;
      ASSERT_TRUE(back == text || a >= 0x80 || b >= 0x80) << written;
      ASSERT_TRUE(back.ends_with('x'));
    }
  }
}

TEST(JsonWriterDeathTest, WrongNestingIsABug) {
  EXPECT_DEATH(JsonWriter().begin_object().end_array(), "assertion");
  EXPECT_DEATH(JsonWriter().begin_object().value(1), "assertion");
  EXPECT_DEATH(JsonWriter().begin_array().key("k"), "assertion");
}

}  // namespace
}  // namespace copyd::ops
