// Words in messages, and how faults are shown.
#include "config/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "config/fault.hpp"

namespace copyd::config {
namespace {

TEST(Text, EditDistanceCountsSteps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("lanes", "lanes"), 0U);
  EXPECT_EQ(edit_distance("lane", "lanes"), 1U);
  EXPECT_EQ(edit_distance("lnaes", "lanes"), 1U);
  EXPECT_EQ(edit_distance("lines", "lanes"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
}

TEST(Text, TheNearestWordIsNearEnough) {
  constexpr std::array<std::string_view, 3> words = {"threads", "lanes", "state_dir"};
  EXPECT_EQ(nearest("thread", words), "threads");
  EXPECT_EQ(nearest("LANES", words), "lanes");
  EXPECT_EQ(nearest("statedir", words), "state_dir");
  EXPECT_EQ(nearest("quux", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(nearest(std::string(100000, 'l'), words), "");
}

TEST(Text, WhatAFileSaysCannotReachTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\x7f"), "a\\x1b[2Jb\\x0a\\x7f");
  EXPECT_EQ(printable("ok ü €"), "ok ü €");
  EXPECT_EQ(printable("\xC2\x9B"), "\\x9b");
  EXPECT_EQ(printable("a\xFF"
                      "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(printable("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xF5\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Text, LongTextIsShortenedBetweenCharacters) {
  EXPECT_EQ(in_quotes("bob"), "\"bob\"");
  EXPECT_EQ(in_quotes(std::string(61, 'x')), '"' + std::string(60, 'x') + "…\"");
  EXPECT_EQ(in_quotes(std::string(59, 'x') + "üx"), '"' + std::string(59, 'x') + "…\"");
}

TEST(Text, JsonStringsAreEscaped) {
  EXPECT_EQ(json_string("a\"b\\c\n\t\x01"), "\"a\\\"b\\\\c\\n\\u0009\\u0001\"");
  EXPECT_EQ(json_string("ü"), "\"ü\"");
  EXPECT_EQ(json_string("\x80"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), "\"\\u0000\"");
}

TEST(Text, FaultsAreLines) {
  const std::vector<Fault> faults = {
      {.file = "a.toml", .line = 3, .column = 7, .message = "wrong\n\"x\""},
      {.file = "a.toml", .line = 0, .column = 0, .message = "cannot be opened"}};
  EXPECT_EQ(as_text(faults), "a.toml:3:7: wrong\\x0a\"x\"\na.toml: cannot be opened\n");
  EXPECT_EQ(as_text({}), "");
}

TEST(Text, FaultsAreJson) {
  const std::vector<Fault> faults = {{.file = "a\"b", .line = 3, .column = 7, .message = "one"},
                                     {.file = "c", .line = 1, .column = 1, .message = "tw\\o"}};
  EXPECT_EQ(as_json(faults),
            "[{\"file\":\"a\\\"b\",\"line\":3,\"column\":7,\"message\":\"one\"},"
            "{\"file\":\"c\",\"line\":1,\"column\":1,\"message\":\"tw\\\\o\"}]");
  EXPECT_EQ(as_json({}), "[]");
}

TEST(Text, PlacesFallBackToTheTableAround) {
  const Positions positions = {{"follower[0]", {.line = 4, .column = 1}},
                               {"follower[0].link[0].leader", {.line = 6, .column = 10}}};
  EXPECT_EQ(position_of(positions, "follower[0].link[0].leader").line, 6U);
  EXPECT_EQ(position_of(positions, "follower[0].limits.max_leverage").line, 4U);
  EXPECT_EQ(position_of(positions, "engine.lanes"), (Position{.line = 1, .column = 1}));
}

}  // namespace
}  // namespace copyd::config
