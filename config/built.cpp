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

  // Refuses the key as such, whatever its value, if it is written.
  void key(const std::string& path) {
    if (positions_.contains(path)) add(path, "`" + without_indices(path) + "`", "leave it out");
  }
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

void refuse_link(const Link& link, const std::string& path, Refusals& refusals) {
  using Kind = Leverage::Kind;
  const Leverage& leverage = link.leverage;
  refusals.value(path + ".leverage", leverage.kind != Kind::keep,
                 leverage.kind == Kind::mirror ? "\"mirror\"" : std::to_string(leverage.value),
                 "\"keep\"");
  const char* margin = link.margin == Margin::mirror  ? "\"mirror\""
                       : link.margin == Margin::cross ? "\"cross\""
                                                      : "\"isolated\"";
  refusals.value(path + ".margin", link.margin != Margin::keep, margin, "\"keep\"");
  refusals.value(path + ".on_start", link.on_start == OnStart::adopt, "\"adopt\"", "\"ignore\"");
}

void refuse_follower(const Follower& follower, const std::string& path, Refusals& refusals) {
  refusals.value(path + ".state", follower.state == FollowerMode::shadow, "\"shadow\"",
                 "\"active\", \"reduce_only\" or \"halted\"");
  refusals.value(path + ".connection", follower.connection != Connection::own,
                 follower.connection == Connection::auto_ ? "\"auto\"" : "\"shared\"", "\"own\"");
  refusals.key(path + ".limits.max_leverage");
  for (std::size_t l = 0; l < follower.links.size(); ++l) {
    refuse_link(follower.links[l], path + ".link[" + std::to_string(l) + ']', refusals);
  }
}

}  // namespace

std::vector<Fault> not_built_yet(const Config& config, const Positions& positions,
                                 std::string_view file_name) {
  Refusals refusals(positions, file_name);
  refusals.value("engine.batch", config.engine.batch > 1, std::to_string(config.engine.batch), "1");
  refusals.value("engine.http", !config.engine.http.empty(), '"' + config.engine.http + '"',
                 "\"\"");
  for (std::size_t l = 0; l < config.leaders.size(); ++l) {
    const int connections = config.leaders[l].connections;
    refusals.value("leader[" + std::to_string(l) + "].connections", connections > 1,
                   std::to_string(connections), "1");
  }
  for (std::size_t f = 0; f < config.followers.size(); ++f) {
    refuse_follower(config.followers[f], "follower[" + std::to_string(f) + ']', refusals);
  }
  for (const char* alert : {"alerts.webhook", "alerts.telegram", "alerts.command"}) {
    refusals.key(alert);
  }
  refusals.value("metrics.per_follower", config.metrics.per_follower, "true", "false");
  return refusals.take();
}

}  // namespace copyd::config
