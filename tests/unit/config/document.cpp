#include "document.hpp"

#include <algorithm>
#include <array>

namespace copyd::config {

Document::Document() {
  set("venue.name", "\"binance-usdm\"");
  set("leader.label", "\"alpha\"");
  set("follower.label", "\"bob\"");
  set("follower.link.leader", "\"alpha\"");
  set("follower.link.sizing.mode", "\"fixed_ratio\"");
  set("follower.link.sizing.ratio", "1");
}

Document& Document::set(std::string_view key, std::string_view value) {
  for (auto& [known, old] : values_) {
    if (known == key) {
      old = value;
      return *this;
    }
  }
  values_.emplace_back(key, value);
  return *this;
}

Document& Document::remove(std::string_view key) {
  std::erase_if(values_, [&](const auto& entry) { return entry.first == key; });
  return *this;
}

std::vector<std::string> Document::lines(std::string_view wanted, Position* at) const {
  struct Section {
    std::string_view header;
    std::string_view prefix;
  };
  constexpr std::array sections = {
      Section{.header = "# the file", .prefix = ""},
      Section{.header = "[[leader]]", .prefix = "leader."},
      Section{.header = "[[follower]]", .prefix = "follower."},
      Section{.header = "[[follower.link]]", .prefix = "follower.link."}};
  const auto section_of = [&](std::string_view key) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < sections.size(); ++i) {
      if (key.starts_with(sections[i].prefix)) best = i;
    }
    return best;
  };
  std::vector<std::string> result;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    result.emplace_back(sections[i].header);
    for (const auto& [key, value] : values_) {
      if (section_of(key) != i) continue;
      const std::string start = key.substr(sections[i].prefix.size()) + " = ";
      if (key == wanted) {
        *at = {.line = static_cast<std::uint32_t>(result.size() + 1),
               .column = static_cast<std::uint32_t>(start.size() + 1)};
      }
      result.push_back(start + value);
    }
  }
  return result;
}

std::string Document::text() const {
  Position unused;
  std::string text;
  for (const std::string& line : lines("", &unused)) text += line + '\n';
  return text;
}

Position Document::place_of(std::string_view key) const {
  Position at;
  lines(key, &at);
  return at;
}

LoadOutcome Document::load() const {
  return load_text(text());
}

LoadOutcome load_text(std::string_view text) {
  return load(text, "test.toml", test_cpus);
}

std::string listed(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) {
    text += std::to_string(fault.line) + ':' + std::to_string(fault.column) + ": " + fault.message +
            '\n';
  }
  return text;
}

}  // namespace copyd::config
