#include "config/built.hpp"

#include <string>

namespace copyd::config {
namespace {

// "follower[0].link[1].leverage" → "follower.link.leverage".
std::string without_indices(std::string_view path) {
  std::string key;
  bool inside = false;
  for (const char c : path) {
    if (c == '[') inside = true;
    if (!inside) key += c;
    if (c == ']') inside = false;
  }
  return key;
}

class Refusals {
 public:
  Refusals(const Positions& positions, std::string_view file)
      : positions_(positions), file_(file) {}

  // Refuses a value; `instead` is one that is built.
  void value(const std::string& path, bool asked, std::string_view shown,
             std::string_view instead) {
    if (!asked) return;
    const std::string key = "`" + without_indices(path);
    add(path, key + " = " + std::string(shown) + "`", "write " + std::string(instead));
  }
  std::vector<Fault> take() {
    sort_by_place(faults_);
    return std::move(faults_);
  }

 private:
  void add(std::string_view path, const std::string& what, const std::string& remedy) {
    const Position at = position_of(positions_, path);
    faults_.push_back({.file = std::string(file_),
                       .line = at.line,
                       .column = at.column,
                       .message = what + " is not built yet; " + remedy});
  }

  const Positions& positions_;
  std::string_view file_;
  std::vector<Fault> faults_;
};

}  // namespace

std::vector<Fault> not_built_yet(const Config& config, const Positions& positions,
                                 std::string_view file_name) {
  Refusals refusals(positions, file_name);
  for (std::size_t l = 0; l < config.leaders.size(); ++l) {
    const int connections = config.leaders[l].connections;
    refusals.value("leader[" + std::to_string(l) + "].connections", connections > 1,
                   std::to_string(connections), "1");
  }
  return refusals.take();
}

}  // namespace copyd::config
