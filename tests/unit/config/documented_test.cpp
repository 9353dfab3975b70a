// docs/CONFIG.md and config/example.toml say what the code says.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "config/keys.hpp"
#include "config/text.hpp"
#include "document.hpp"

namespace copyd::config {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(std::string(COPYD_SOURCE_DIR) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

// The rows whose first cell is a key with its table: | `engine.lanes` | … |
std::map<std::string, std::vector<std::string>> documented_keys() {
  std::map<std::string, std::vector<std::string>> rows;
  std::istringstream lines(contents("docs/CONFIG.md"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    for (const auto cell : split(line, '|')) cells.push_back(trimmed(cell));
    const std::string key = cells.at(1).substr(1, cells.at(1).size() - 2);
    EXPECT_TRUE(rows.emplace(key, cells).second) << key << " stands twice";
  }
  return rows;
}

TEST(Documented, EveryKeyAndNoOther) {
  const auto rows = documented_keys();
  for (const Key& key : all_keys()) {
    EXPECT_TRUE(rows.contains(std::string(key.path))) << key.path << " is not documented";
  }
  for (const auto& [key, cells] : rows) {
    EXPECT_NE(find_key(key), nullptr) << key << " is documented and unknown";
  }
}

TEST(Documented, DefaultsBoundsAndRestart) {
  const auto rows = documented_keys();
  for (const Key& key : all_keys()) {
    const auto row = rows.find(std::string(key.path));
    ASSERT_NE(row, rows.end()) << key.path;
    const auto& cells = row->second;
    ASSERT_EQ(cells.size(), 8U) << key.path;
    EXPECT_GT(cells[2].size(), 15U) << key.path << " has no meaning";
    std::string standard = "–";
    if (key.required) standard = "required";
    if (!key.standard.empty()) standard = "`" + std::string(key.standard) + "`";
    EXPECT_EQ(cells[3], standard) << key.path;
    EXPECT_EQ(cells[4], must_be(key)) << key.path;
    EXPECT_EQ(cells[5], key.restart ? "restart" : "reload") << key.path;
    EXPECT_EQ(cells[6], "yes") << key.path;
  }
}

// A default of the table is what holds when the key is absent.
TEST(Documented, DefaultsAreThoseOfTheCode) {
  for (const Key& key : all_keys()) {
    if (key.standard.empty()) continue;
    Document document;
    if (key.path.ends_with(".multiplier")) {
      document.set("follower.link.sizing.mode", "\"equity_ratio\"");
      document.remove("follower.link.sizing.ratio");
    }
    const LoadOutcome absent = document.load();
    const LoadOutcome written = document.set(key.path, key.standard).load();
    ASSERT_TRUE(absent.config && written.config) << key.path << '\n' << listed(written.faults);
    EXPECT_EQ(*absent.config, *written.config) << key.path;
  }
}

TEST(Documented, TheExampleIsRightAndRuns) {
  const LoadOutcome outcome = load(contents("config/example.toml"), "example.toml", test_cpus);
  EXPECT_EQ(listed(outcome.faults), "");
  EXPECT_EQ(listed(outcome.notes), "");
  ASSERT_TRUE(outcome.config);
  EXPECT_EQ(outcome.config->followers.size(), 2U);
}

TEST(Documented, TheExampleShowsEveryKey) {
  const std::string text = contents("config/example.toml");
  for (const Key& key : all_keys()) {
    const std::string name(key.path.substr(key.path.rfind('.') + 1));
    const bool written = text.find(name + " ") != std::string::npos;
    // The quantity and the token file stand in remarks.
    EXPECT_TRUE(written || text.find(name) != std::string::npos) << key.path;
  }
}

TEST(Documented, RestartIsNeededForWhatIsFixedAtStart) {
  for (const Key& key : all_keys()) {
    const bool fixed = key.path.starts_with("engine.") || key.path.starts_with("venue.") ||
                       key.path.starts_with("keys.") || key.path == "leader.connections";
    EXPECT_EQ(key.restart, fixed) << key.path;
  }
}

}  // namespace
}  // namespace copyd::config
