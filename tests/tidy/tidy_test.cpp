// The rules of the house that a compiler does not check: who may include whom, what may not be
// written where, and a few measures of form. A failure names the file and the line.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Line {
  std::string file;    // relative to the root
  std::string folder;  // its first component
  std::size_t number = 0;
  std::string text;
};

const std::set<std::string> source_folders{"core", "journal", "config", "net",    "venue", "risk",
                                           "feed", "exec",    "ops",    "engine", "cli",   "sim",
                                           "manual"};

std::vector<fs::path> sources(const std::set<std::string>& folders) {
  std::vector<fs::path> files;
  for (const auto& folder : folders) {
    const fs::path root = fs::path(COPYD_SOURCE_DIR) / folder;
    if (!fs::exists(root)) continue;
    for (fs::recursive_directory_iterator entry(root), end; entry != end; ++entry) {
      // What npm installs is not ours.
      if (entry->path().filename() == "node_modules") entry.disable_recursion_pending();
      const auto extension = entry->path().extension();
      if (extension == ".hpp" || extension == ".cpp") files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<Line> lines_of(const std::set<std::string>& folders) {
  std::vector<Line> lines;
  for (const auto& path : sources(folders)) {
    const auto relative = fs::relative(path, COPYD_SOURCE_DIR);
    std::ifstream in(path);
    std::string text;
    for (std::size_t number = 1; std::getline(in, text); ++number)
      lines.push_back({relative.string(), relative.begin()->string(), number, text});
  }
  return lines;
}

std::string where(const Line& line) {
  return line.file + ":" + std::to_string(line.number) + ": " + line.text;
}

// The text between the quotes or brackets of an #include, with its opening sign; or "".
std::string included(const std::string& text) {
  if (text.rfind("#include", 0) != 0) return "";
  const auto begin = text.find_first_of("\"<", 8);
  if (begin == std::string::npos) return "";
  const auto end = text.find_first_of("\">", begin + 1);
  return text.substr(begin, end - begin);
}

TEST(Tidy, ThereIsSomethingToRead) {
  EXPECT_GT(lines_of(source_folders).size(), 1000U);
}

// docs/ARCHITECTURE.md shows the same table.
TEST(Tidy, FoldersIncludeOnlyWhatTheirRowOfTheTableAllows) {
  const std::map<std::string, std::set<std::string>> allowed{
      {"core", {"core"}},
      {"journal", {"journal", "core"}},
      {"config", {"config", "core"}},
      {"net", {"net", "core"}},
      {"venue", {"venue", "core"}},
      {"risk", {"risk", "core", "config/schema.hpp", "journal"}},
      {"feed", {"feed", "core", "config/schema.hpp", "venue", "net", "journal"}},
      {"exec", {"exec", "core", "config/schema.hpp", "venue", "net", "journal"}},
      {"ops", {"ops", "core", "config/schema.hpp", "journal", "net"}},
      {"engine",
       {"engine", "core", "journal", "config", "net", "venue", "risk", "feed", "exec", "ops"}},
      {"cli", {"cli", "core", "journal", "ops/control_protocol.hpp", "ops/key_pair.hpp"}},
      {"sim", {"sim", "core", "net"}},
      {"manual", {"manual", "config"}},
  };
  for (const auto& line : lines_of(source_folders)) {
    const auto target = included(line.text);
    if (target.empty() || target.front() != '"') continue;
    const auto path = target.substr(1);
    const auto folder = path.substr(0, path.find('/'));
    const auto& row = allowed.at(line.folder);
    EXPECT_TRUE(row.count(folder) != 0 || row.count(path) != 0) << where(line);
  }
}

TEST(Tidy, LibrariesStayWhereTheyBelong) {
  struct Rule {
    std::string_view header;            // the include begins with it
    std::set<std::string> folders;      // where it may stand
    std::set<std::string> only_cpp_in;  // of them: not in a header
  };
  const std::vector<Rule> rules{
      {"<concurrentqueue", {"core"}, {}},
      {"<toml++", {"config"}, {"config"}},
      {"<boost/asio", {"net", "feed", "exec", "ops", "engine", "cli", "sim"}, {"ops"}},
      {"<boost/beast", {"net", "ops", "sim"}, {"net", "ops"}},
      {"<openssl", {"net", "venue", "sim"}, {"venue"}},
      {"<simdjson", {"venue", "ops", "engine", "cli", "sim"}, {"venue", "ops"}},
      {"<sodium", {"core", "venue", "ops", "sim"}, {"core", "venue", "ops", "sim"}},
      {"<CLI", {"engine", "cli", "sim"}, {}},
      {"<spdlog", {"ops", "engine"}, {"ops"}},
      {"<sqlite3", {"ops", "engine"}, {"ops"}},
      {"<systemd", {"ops", "engine"}, {"ops"}},
      {"<prometheus", {"ops"}, {"ops"}},
  };
  for (const auto& line : lines_of(source_folders)) {
    const auto target = included(line.text);
    for (const auto& rule : rules) {
      if (target.rfind(rule.header, 0) != 0) continue;
      EXPECT_TRUE(rule.folders.count(line.folder) != 0) << where(line);
      const bool header = line.file.ends_with(".hpp");
      EXPECT_FALSE(header && rule.only_cpp_in.count(line.folder) != 0) << where(line);
    }
  }
}

TEST(Tidy, BannedWords) {
  struct Rule {
    std::string_view word;
    std::set<std::string> folders;
    std::set<std::string> except;  // files
  };
  const std::set<std::string> decides{"core", "journal", "config", "net",    "venue", "risk",
                                      "feed", "exec",    "ops",    "engine", "cli"};
  const std::set<std::string> path{"risk", "feed", "exec"};
  const std::vector<Rule> rules{
      // Metrics are doubles where they are read.
      {"double ", decides, {"ops/metrics.cpp"}},
      {"float ", decides, {}},
      {"stod(", decides, {}},
      {"atof(", decides, {}},
      {"strtod(", decides, {}},
      {"system_clock::now", source_folders, {"core/clock.cpp"}},
      {"std::cout", source_folders, {}},
      {"shared_ptr", path, {}},
      {"throw ", {"core", "risk", "feed", "exec", "venue"}, {}},
      {"std::mutex", path, {}},
      {".enqueue(", source_folders, {}},
      {"FIXME", source_folders, {}},
      {"TODO", source_folders, {}},
      // A command in the foreground has nothing else to do while it waits.
      {"sleep_for", source_folders, {"core/agent.cpp", "engine/key_check.cpp"}},
      {"verify_none", source_folders, {}},
      {"SSL_VERIFY_NONE", source_folders, {"sim/server.cpp"}},
  };
  for (const auto& line : lines_of(source_folders)) {
    const auto code = line.text.substr(0, line.text.find("//"));
    for (const auto& rule : rules) {
      if (rule.folders.count(line.folder) == 0 || rule.except.count(line.file) != 0) continue;
      const auto at = code.find(rule.word);
      const bool whole = at != std::string::npos &&
                         (at == 0 || std::isalnum(static_cast<unsigned char>(code[at - 1])) == 0);
      EXPECT_FALSE(whole) << rule.word << " in " << where(line);
    }
  }
}

TEST(Tidy, NoTestSleepsOrAsksTheWallClock) {
  for (const auto& line : lines_of({"tests"})) {
    if (line.file == "tests/tidy/tidy_test.cpp") continue;
    for (const std::string_view word : {"sleep_for", "usleep(", "sleep_until"})
      EXPECT_EQ(line.text.find(word), std::string::npos) << where(line);
  }
}

TEST(Tidy, FormOfFiles) {
  auto folders = source_folders;
  folders.insert("tests");
  for (const auto& path : sources(folders)) {
    std::ifstream in(path);
    std::string text;
    bool pragma = false;
    while (std::getline(in, text)) {
      pragma = pragma || text == "#pragma once";
      // Counted in bytes, so a line of wide characters gets a little grace.
      EXPECT_LE(text.size(), 120U) << path << ": " << text;
      EXPECT_TRUE(text.empty() || (text.back() != ' ' && text.back() != '\t'))
          << path << ": " << text;
    }
    EXPECT_EQ(pragma, path.extension() == ".hpp") << path << ": #pragma once";
  }
}

}  // namespace
