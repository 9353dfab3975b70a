#include "config/fault.hpp"

#include <algorithm>

#include "config/text.hpp"

namespace copyd::config {

Position position_of(const Positions& positions, std::string_view path) {
  while (!path.empty()) {
    if (const auto found = positions.find(path); found != positions.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    path = cut == std::string_view::npos ? std::string_view{} : path.substr(0, cut);
  }
  return Position{.line = 1, .column = 1};
}

void sort_by_place(std::vector<Fault>& faults) {
  std::stable_sort(faults.begin(), faults.end(), [](const Fault& a, const Fault& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
}

std::string as_text(std::span<const Fault> faults) {
  std::string text;
  for (const Fault& fault : faults) {
    text += printable(fault.file);
    if (fault.line != 0) {
      text += ':' + std::to_string(fault.line) + ':' + std::to_string(fault.column);
    }
    text += ": " + printable(fault.message) + '\n';
  }
  return text;
}

std::string as_json(std::span<const Fault> faults) {
  std::string json = "[";
  for (const Fault& fault : faults) {
    if (json.size() > 1) json += ',';
    json += "{\"file\":" + json_string(fault.file) + ",\"line\":" + std::to_string(fault.line) +
            ",\"column\":" + std::to_string(fault.column) +
            ",\"message\":" + json_string(fault.message) + '}';
  }
  return json += ']';
}

}  // namespace copyd::config
