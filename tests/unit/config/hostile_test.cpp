// Whatever the file holds: faults, never a crash, and not for long.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "config/source.hpp"
#include "document.hpp"

namespace copyd::config {
namespace {

using namespace std::string_view_literals;

std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

// One fault that says the text is no TOML that is read.
void expect_refused(const std::string& text) {
  const LoadOutcome outcome = load_text(text);
  EXPECT_FALSE(outcome.config);
  ASSERT_EQ(outcome.faults.size(), 1U);
  EXPECT_TRUE(outcome.faults[0].message.starts_with("not valid TOML: "))
      << outcome.faults[0].message;
  EXPECT_GT(outcome.faults[0].line, 0U);
}

TEST(Hostile, BytesThatAreNoText) {
  expect_refused(std::string("a = 1\0\n", 7));
  expect_refused(std::string("a = \"\0\"", 7));
  expect_refused("a = \"\xFF\xFE\"");
  expect_refused("\xC3\x28 = 1");
  expect_refused("# \x01\n");
  expect_refused("a = 1\r\rb = 2");
  expect_refused(std::string(1000, '\0'));
}

TEST(Hostile, NumbersBeyondAllBounds) {
  expect_refused("a = 99999999999999999999");
  expect_refused("a = " + std::string(300000, '1'));
  expect_refused("a = 0." + std::string(300000, '1'));
}

TEST(Hostile, DeepNesting) {
  expect_refused("a = " + std::string(200000, '['));
  expect_refused("a = " + repeated("{a=", 200000));
  expect_refused(repeated("a.", 200000) + "a = 1");
  expect_refused("[" + repeated("a.", 200000) + "a]");
  expect_refused("[[" + repeated("'a' . ", 200000) + "a]]");
  expect_refused("a = {x = \"\"\"q\"\"\"\"\", " + repeated("a.", 200000) + "a = 1}");
  // As deep as the parser goes: read, refused as unknown, and taken down again.
  const LoadOutcome outcome = load_text("a = " + repeated("{a.a.a.a.a.a.a.a.a = [", 120) + "1" +
                                        repeated("]}", 120) + "\n");
  EXPECT_EQ(outcome.faults.at(0).message.substr(0, 15), "unknown key \"a\"")
      << outcome.faults[0].message;
}

TEST(Hostile, DotsInStringsAndCommentsAreNoKeys) {
  const std::string dots(40, '.');
  const std::string text = "venue.ca_file = '/" + dots + "' # " + dots + "\n" +
                           "keys.file = \"/\\\"" + dots + "\"\n" + "engine.state_dir = '''/''" +
                           dots + "''''\n" + Document().text();
  const LoadOutcome outcome = load_text(text);
  EXPECT_EQ(listed(outcome.faults), "");
  EXPECT_TRUE(SourceText("a.b.c.d = 1").key_deeper_than(2));
  EXPECT_FALSE(SourceText("a.b.c = 1.5\nd.e.f = 'x'").key_deeper_than(2));
}

// Each of these breaks an assumption of the parser and is refused where it does.
TEST(Hostile, WhatTheParserDoesNotExpect) {
  const auto refusal = [](std::string_view text) { return listed(load_text(text).faults); };
  const auto saw = [](std::string_view place, std::string_view character) {
    return std::string(place) + ": not valid TOML: expected a key or a value, saw \"" +
           std::string(character) + "\"\n";
  };
  EXPECT_EQ(refusal("a = 1\n[[[1]]]\n"), saw("2:3", "["));
  EXPECT_EQ(refusal("[:a]"), saw("1:2", ":"));
  EXPECT_EQ(refusal("# ü\n [[ =b]]"), saw("2:5", "="));
  EXPECT_EQ(refusal("x = '''\n'''\n[[ö]]"), saw("3:3", "ö"));
  EXPECT_EQ(refusal("[follower]\nsymbols = { allow = [\"A\", }\n"), saw("2:27", "}"));
  for (const char* text : {"[", "[[", "[]", " [[ ]]", "[[.a]]", "a = 1\n[[\n", "[[\x80]]"}) {
    expect_refused(text);
  }
}

TEST(Hostile, LettersBeyondAsciiOutsideOfStrings) {
  for (const char* text : {"ö = 1", "[ö]", "[a.ö]", "a = ö", "a = 1ö", "a = 1\"ö\"", "a = 1.'ö'",
                           "a = 1 ö", "a.ö = 1", "a = [ö]",
                           "a = \xC2\xA0"
                           "1",
                           "\xE2\x80\xA8", "a = \"\"\"x\\ö\"\"\""}) {
    expect_refused(text);
  }
  const LoadOutcome outcome = load_text("a = \"\"\"x\\\n  ö\"\"\"");
  EXPECT_TRUE(outcome.faults.at(0).message.starts_with("unknown key \"a\""));
}

TEST(Hostile, TooLargeAFile) {
  const LoadOutcome outcome = load_text(std::string(file_bytes_max + 1, '\n'));
  ASSERT_EQ(outcome.faults.size(), 1U);
  EXPECT_EQ(outcome.faults[0].message, "the file is larger than 16 MiB");
}

TEST(Hostile, ThousandsOfFaultsAreAllShown) {
  std::string text = "[engine]\n";
  for (int i = 0; i < 5000; ++i) text += "x" + std::to_string(i) + " = 1\n";
  const LoadOutcome outcome = load_text(text);
  EXPECT_EQ(outcome.faults.size(), 5000U + 3U);  // and no venue, no leader, no follower
}

TEST(Hostile, ALongLineOfNumbers) {
  std::string text = "[engine]\ncpus.lanes = [";
  for (int i = 0; i < 20000; ++i) text += "5000, ";
  const LoadOutcome outcome = load_text(text + "]\n");
  EXPECT_GE(outcome.faults.size(), 20000U);
}

TEST(Hostile, AMessageCarriesLittleOfTheFile) {
  const LoadOutcome outcome =
      Document().set("follower.state", '"' + std::string(100000, 'x') + '"').load();
  ASSERT_EQ(outcome.faults.size(), 1U);
  EXPECT_LT(outcome.faults[0].message.size(), 300U);
}

TEST(Hostile, AnEmptyFileAndAnEmptyKey) {
  EXPECT_EQ(load_text("").faults.size(), 3U);
  EXPECT_EQ(load_text("\xEF\xBB\xBF").faults.size(), 3U);
  EXPECT_EQ(load_text("\"\" = 1\n").faults.size(), 4U);
  EXPECT_EQ(load_text("\"engine.lanes\" = 1\n").faults.size(), 4U);
}

// A fault never depends on luck: any damage to a good file ends in a Config or in faults.
TEST(Hostile, DamagedFiles) {
  const std::string good = Document()
                               .set("follower.limits.max_order_notional", "1_000.5")
                               .set("follower.limits.max_order_qty", "{ BTCUSDT = '2' }")
                               .set("follower.link.symbols.allow", "['A', \"B\"]")
                               .text();
  constexpr std::string_view spice = "\"'[]{}=.,#\n\r\t\\\0\x80\xC3_-+e0x:%"sv;
  std::mt19937 random(20260901);
  const auto below = [&](std::size_t n) { return random() % n; };
  std::size_t accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (std::size_t i = 0, damages = 1 + below(4); i < damages; ++i) {
      const std::size_t at = below(text.size());
      const char with = spice[below(spice.size())];
      switch (below(4)) {
        case 0:
          text[at] = with;
          break;
        case 1:
          text.insert(at, 1, with);
          break;
        case 2:
          text.erase(at, 1 + below(5));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), below(30)));
          break;
      }
    }
    const LoadOutcome outcome = load_text(text);
    EXPECT_EQ(outcome.config.has_value(), outcome.faults.empty());
    accepted += outcome.config.has_value() ? 1U : 0U;
    for (const Fault& fault : outcome.faults) {
      EXPECT_GT(fault.line, 0U) << fault.message;
      EXPECT_GT(fault.column, 0U) << fault.message;
    }
  }
  EXPECT_GT(accepted, 0U);
  EXPECT_LT(accepted, 3000U);
}

}  // namespace
}  // namespace copyd::config
