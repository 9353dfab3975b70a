// What the tests of the decoders share: the messages, the symbol table, and frames with padding.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbols.hpp"

namespace copyd::venue::testing {

inline std::filesystem::path golden_dir() {
  return std::filesystem::path(COPYD_TESTS_DIR) / "golden";
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// One message, without the line end of its file.
inline std::string golden(const std::string& name) {
  std::string text = read_file(golden_dir() / "venue" / name);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// The kinds and names of the messages, as expected.txt lists them.
struct Expected {
  std::string kind;
  std::string name;
  std::string meaning;
};

inline std::vector<Expected> expected() {
  std::vector<Expected> lines;
  std::ifstream in(golden_dir() / "expected.txt");
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    lines.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1),
                     second == line.npos ? "" : line.substr(second + 1)});
  }
  return lines;
}

inline std::vector<std::string> names_of_kind(std::string_view kind) {
  std::vector<std::string> names;
  for (const auto& line : expected())
    if (line.kind == kind) names.push_back(line.name);
  return names;
}

// The symbols in the order of their ids; expected.py has the same list.
inline const SymbolTable& symbols() {
  static const SymbolTable table = [] {
    SymbolTable result;
    for (const char* name : {"BTCUSDT", "ETHUSDT", "ETHUSDC", "DOTUSDT", "ADAUSDT"})
      result.add({.name = name, .filters = {}, .copyable = true});
    return result;
  }();
  return table;
}

// A frame in a buffer of its own that is exactly as large as the contract asks for, so that a
// sanitizer sees every byte read beyond it. `behind` is what stands in the padding.
class Frame {
 public:
  static constexpr std::size_t padding = 64;

  explicit Frame(std::string_view text, std::string_view behind = {})
      : size_(text.size()), bytes_(new char[text.size() + padding]()) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
    const auto tail = behind.substr(0, padding);
    if (!tail.empty()) std::memcpy(bytes_.get() + size_, tail.data(), tail.size());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace copyd::venue::testing
