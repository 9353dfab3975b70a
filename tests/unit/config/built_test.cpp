// What is checked and not built yet: refused by name, and only if it is asked for.
#include "config/built.hpp"

#include <gtest/gtest.h>

#include <string>

#include "config/keys.hpp"
#include "document.hpp"

namespace copyd::config {
namespace {

std::vector<Fault> not_built(const Document& document) {
  const LoadOutcome outcome = document.load();
  EXPECT_TRUE(outcome.config) << listed(outcome.faults);
  if (!outcome.config) return {};
  return not_built_yet(*outcome.config, outcome.positions, "test.toml");
}

std::string refusal(std::string_view key, std::string_view value) {
  Document document;
  document.set(key, value);
  const auto faults = not_built(document);
  if (faults.size() != 1) return "not one fault:\n" + listed(faults);
  EXPECT_EQ(faults[0].line, document.place_of(key).line);
  EXPECT_EQ(faults[0].column, document.place_of(key).column);
  EXPECT_EQ(faults[0].file, "test.toml");
  return faults[0].message;
}

TEST(NotBuilt, TheSmallestFileAsksForNothing) {
  EXPECT_TRUE(not_built(Document()).empty());
}

TEST(NotBuilt, ValuesThatAreNotBuiltAreNamedWithTheOneThatIs) {
  EXPECT_EQ(refusal("leader.connections", "2"),
            "`leader.connections = 2` is not built yet; write 1");
}

TEST(NotBuilt, ThePlaceIsThatOfTheLeaderThatAsks) {
  const LoadOutcome outcome = load_text(R"(venue.name = "binance-usdm"
[[leader]]
label = "alpha"
[[leader]]
label = "beta"
connections = 2
[[follower]]
label = "bob"
[[follower.link]]
leader = "alpha"
sizing = { mode = "equity_ratio" }
[[follower.link]]
leader = "beta"
sizing = { mode = "equity_ratio" }
[[follower]]
label = "carol"
[[follower.link]]
leader = "alpha"
sizing = { mode = "equity_ratio" }
)");
  ASSERT_TRUE(outcome.config) << listed(outcome.faults);
  EXPECT_EQ(listed(not_built_yet(*outcome.config, outcome.positions, "f")),
            "6:15: `leader.connections = 2` is not built yet; write 1\n");
}

// The column "built" of the key table says the same as the code: a default is always built, a key
// that is built takes any value, one that is not takes none.
TEST(NotBuilt, TheKeyTableAgrees) {
  for (const Key& key : all_keys()) {
    if (!key.standard.empty() && !key.path.ends_with(".multiplier")) {
      EXPECT_TRUE(not_built(Document().set(key.path, key.standard)).empty()) << key.path;
    }
    std::size_t refused = 0;
    std::size_t tried = 0;
    const auto attempt = [&](std::string_view value) {
      const LoadOutcome outcome = Document().set(key.path, value).load();
      if (!outcome.config) return;
      ++tried;
      refused += not_built_yet(*outcome.config, outcome.positions, "f").size();
    };
    for (const char* value :
         {"1",        "2",      "true",    "false",      "'auto'",   "'own'",          "'shared'",
          "'mirror'", "'keep'", "'cross'", "'isolated'", "'ignore'", "'adopt'",        "'active'",
          "'shadow'", "'5%'",   "'h:1'",   "''",         "'/x'",     "{ BTCUSDT = 1 }"}) {
      attempt(value);
    }
    if (key.built == "yes") { EXPECT_EQ(refused, 0U) << key.path; }
    if (key.built == "no") { EXPECT_TRUE(refused == tried && tried > 0) << key.path; }
    if (key.built.starts_with("only") || key.built.starts_with("not")) {
      EXPECT_TRUE(refused > 0 && refused < tried) << key.path;
    }
  }
}

}  // namespace
}  // namespace copyd::config
