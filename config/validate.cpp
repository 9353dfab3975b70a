#include "config/validate.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "config/text.hpp"
#include "core/limits.hpp"

namespace copyd::config {
namespace {

// Bytes of a path that a Unix socket takes, without the final NUL.
constexpr std::size_t socket_path_max = 107;

std::string index(std::string_view name, std::size_t i) {
  return std::string(name) + '[' + std::to_string(i) + ']';
}

std::string link_path(std::size_t follower, std::size_t link) {
  return index("follower", follower) + '.' + index("link", link);
}

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// "0-3,8": how the processors of a machine are usually written.
std::string ranges(std::vector<int> numbers) {
  std::sort(numbers.begin(), numbers.end());
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(numbers[i]);
    if (last > i) text += '-' + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text.empty() ? "none" : text;
}

class Rules {
 public:
  Rules(const Config& config, Findings& findings) : config_(config), findings_(findings) {}

  void processors(const std::vector<int>& usable);
  void files();
  void population();
  void labels();
  void leaders_of_links();
  void cycles();
  void overlapping_links();
  void symbol_lists();

 private:
  void fault(std::string_view path, const std::string& message) {
    findings_.fault(position_of(findings_.positions, path), message);
  }
  bool written(std::string_view path) const { return findings_.positions.contains(path); }
  void overlap_of(std::size_t follower, std::size_t first, std::size_t second);

  const Config& config_;
  Findings& findings_;
};

void Rules::processors(const std::vector<int>& usable) {
  const Cpus& cpus = config_.engine.cpus;
  std::map<int, std::string> taken;
  const auto check = [&](int cpu, const std::string& path) {
    if (std::find(usable.begin(), usable.end(), cpu) == usable.end()) {
      fault(path, "CPU " + std::to_string(cpu) +
                      " is not among those this process may use: " + ranges(usable));
      return;
    }
    const auto [other, fresh] = taken.emplace(cpu, path);
    if (fresh) return;
    findings_.note(position_of(findings_.positions, path),
                   "CPU " + std::to_string(cpu) + " is given to " + other->second +
                       " as well; a "
                       "pinned thread works best on a CPU of its own");
  };
  if (cpus.feed) check(*cpus.feed, "engine.cpus.feed");
  if (cpus.copy) check(*cpus.copy, "engine.cpus.copy");
  for (const int cpu : cpus.lanes) check(cpu, "engine.cpus.lanes");
  if (!written("engine.cpus.lanes")) return;
  if (cpus.lanes.size() != static_cast<std::size_t>(config_.engine.lanes)) {
    fault("engine.cpus.lanes", "`engine.cpus.lanes` names " + std::to_string(cpus.lanes.size()) +
                                   " CPUs, it must name one for each of the " +
                                   std::to_string(config_.engine.lanes) + " lanes");
  }
}

void Rules::files() {
  const std::string& control = config_.engine.control;
  const std::string& keys = config_.keys.file;
  const std::string& state = config_.engine.state_dir;
  const auto place = [&](std::string_view preferred, std::string_view other) {
    return written(preferred) ? preferred : other;
  };
  if (control.size() > socket_path_max) {
    fault("engine.control", "`engine.control` has " + std::to_string(control.size()) +
                                " bytes; the path of a socket has at most 107");
  }
  if (control.ends_with('/')) {
    fault("engine.control", "`engine.control` must be the path of a socket, not of a directory");
  }
  if (keys.ends_with('/')) {
    fault("keys.file", "`keys.file` must be the path of a file, not of a directory");
  }
  if (state == "/") {
    fault("engine.state_dir", "`engine.state_dir` must be a directory of copyd's own, not /");
  }
  const std::string bare = state.ends_with('/') ? state.substr(0, state.size() - 1) : state;
  if (keys == bare) {
    fault(place("keys.file", "engine.state_dir"),
          "`keys.file` and `engine.state_dir` are the same path; the key store is a file, like " +
              bare + "/keys.sealed");
  }
  if (control == bare) {
    fault(
        place("engine.control", "engine.state_dir"),
        "`engine.control` and `engine.state_dir` are the same path; the control socket is a file");
  }
  if (keys == control) {
    fault(place("keys.file", "engine.control"),
          "`keys.file` and `engine.control` are the same path; each must have its own");
  }
  if (!config_.venue.ca_file.empty() && config_.venue.ca_file == keys) {
    fault("venue.ca_file",
          "`venue.ca_file` and `keys.file` are the same path; each must have its "
          "own");
  }
}

void Rules::population() {
  const auto& [leaders, followers] = std::tie(config_.leaders, config_.followers);
  if (leaders.empty() && !written("leader")) {
    fault("", "there is no leader; write at least one [[leader]] with a label");
  }
  if (followers.empty() && !written("follower")) {
    fault("",
          "there is no follower; write at least one [[follower]] with a label and a "
          "[[follower.link]]");
  }
  if (leaders.size() > limits::leaders_max) {
    fault(index("leader", limits::leaders_max),
          "there are " + std::to_string(leaders.size()) + " leaders; at most " +
              std::to_string(limits::leaders_max) + " can be copied");
  }
  if (followers.size() > limits::followers_max) {
    fault(index("follower", limits::followers_max),
          "there are " + std::to_string(followers.size()) + " followers; there can be at most " +
              std::to_string(limits::followers_max));
  }
  for (std::size_t f = 0; f < followers.size(); ++f) {
    const std::string path = index("follower", f);
    if (followers[f].links.empty() && !written(path + ".link")) {
      fault(path, "follower " + in_quotes(followers[f].label) +
                      " copies nobody; write at least one [[follower.link]] with a leader");
    }
    if (followers[f].links.size() > follower_links_max) {
      fault(link_path(f, follower_links_max),
            "follower " + in_quotes(followers[f].label) + " has " +
                std::to_string(followers[f].links.size()) + " links; there can be at most " +
                std::to_string(follower_links_max));
    }
  }
}

void Rules::labels() {
  const auto unique = [&](std::string_view kind, const auto& accounts) {
    std::map<std::string_view, std::size_t> first;
    for (std::size_t i = 0; i < accounts.size(); ++i) {
      const std::string& label = accounts[i].label;
      if (label.empty()) continue;
      const auto [earlier, fresh] = first.emplace(label, i);
      if (fresh) continue;
      const Position at = position_of(findings_.positions, index(kind, earlier->second) + ".label");
      fault(index(kind, i) + ".label", std::string(kind) + " " + in_quotes(label) +
                                           " stands at line " + std::to_string(at.line) +
                                           " already; a label is given once");
    }
  };
  unique("leader", config_.leaders);
  unique("follower", config_.followers);
}

void Rules::leaders_of_links() {
  std::set<std::string_view> known;
  for (const Leader& leader : config_.leaders) {
    if (!leader.label.empty()) known.insert(leader.label);
  }
  const std::vector<std::string_view> labels(known.begin(), known.end());
  for (std::size_t f = 0; f < config_.followers.size(); ++f) {
    const Follower& follower = config_.followers[f];
    for (std::size_t l = 0; l < follower.links.size(); ++l) {
      const std::string& leader = follower.links[l].leader;
      const std::string path = link_path(f, l) + ".leader";
      if (leader.empty()) continue;
      if (leader == follower.label) {
        fault(path, "follower " + in_quotes(leader) +
                        " would copy itself; a link names another "
                        "account");
      } else if (!known.contains(leader)) {
        const std::string_view meant = nearest(leader, labels);
        fault(path, "there is no leader " + in_quotes(leader) +
                        (meant.empty() ? "; write a [[leader]] with this label"
                                       : "; did you mean " + in_quotes(meant) + "?"));
      }
    }
  }
}

// An account that copies, over others, itself: every fill would come round again. Each follower is
// visited once; a link back to one that is still being visited closes a circle.
void Rules::cycles() {
  const auto& followers = config_.followers;
  std::map<std::string_view, std::size_t> by_label;
  for (std::size_t f = 0; f < followers.size(); ++f) {
    if (!followers[f].label.empty()) by_label.emplace(followers[f].label, f);
  }
  enum class Visit : std::uint8_t { no, open, done };
  std::vector<Visit> visits(followers.size(), Visit::no);
  struct Step {
    std::size_t follower;
    std::size_t next_link;
  };
  for (std::size_t start = 0; start < followers.size(); ++start) {
    if (visits[start] != Visit::no) continue;
    std::vector<Step> way{{start, 0}};
    visits[start] = Visit::open;
    while (!way.empty()) {
      Step& step = way.back();
      const std::size_t at = step.follower;
      const auto& links = followers[at].links;
      if (step.next_link == links.size()) {
        visits[at] = Visit::done;
        way.pop_back();
        continue;
      }
      const std::size_t l = step.next_link++;
      const auto leader = by_label.find(links[l].leader);
      if (links[l].removed || leader == by_label.end() || leader->second == at) continue;
      if (visits[leader->second] == Visit::no) {
        visits[leader->second] = Visit::open;
        way.push_back({leader->second, 0});
      } else if (visits[leader->second] == Visit::open) {
        std::string circle;
        auto first = std::find_if(way.begin(), way.end(),
                                  [&](const Step& s) { return s.follower == leader->second; });
        for (; first != way.end(); ++first) circle += followers[first->follower].label + " → ";
        fault(link_path(at, l) + ".leader", "this link closes a circle of copying: " + circle +
                                                followers[leader->second].label +
                                                "; take one of its links out");
      }
    }
  }
}

// The two links' own lists say which symbols each takes: the allow list, or all, without those
// denied. The venue's symbols are not known here, so two links that both take "all but some" count
// as overlapping.
void Rules::overlap_of(std::size_t follower, std::size_t first, std::size_t second) {
  const Link& a = config_.followers[follower].links[first];
  const Link& b = config_.followers[follower].links[second];
  const auto takes = [](const Link& link, std::string_view symbol) {
    return (link.allow.empty() || contains(link.allow, symbol)) && !contains(link.deny, symbol);
  };
  std::string shared;
  if (a.allow.empty() && b.allow.empty()) {
    shared = "any symbol";
  } else {
    for (const std::string& symbol : a.allow.empty() ? b.allow : a.allow) {
      if (!takes(a, symbol) || !takes(b, symbol)) continue;
      shared = symbol;
      break;
    }
  }
  if (shared.empty()) return;
  const Position at = position_of(findings_.positions, link_path(follower, first) + ".leader");
  fault(link_path(follower, second) + ".leader",
        "this link and the one at line " + std::to_string(at.line) + " both copy " + shared +
            " from " + in_quotes(a.leader) +
            " and would trade against each other; separate them with symbols = { allow = […] }");
}

void Rules::overlapping_links() {
  for (std::size_t f = 0; f < config_.followers.size(); ++f) {
    const auto& links = config_.followers[f].links;
    for (std::size_t second = 1; second < std::min(links.size(), follower_links_max); ++second) {
      for (std::size_t first = 0; first < second; ++first) {
        if (links[first].leader.empty() || links[first].leader != links[second].leader) continue;
        // What is removed opens nothing.
        if (links[first].removed || links[second].removed) continue;
        overlap_of(f, first, second);
      }
    }
  }
}

void Rules::symbol_lists() {
  for (std::size_t f = 0; f < config_.followers.size(); ++f) {
    const auto& links = config_.followers[f].links;
    for (std::size_t l = 0; l < links.size(); ++l) {
      for (const std::string& symbol : links[l].deny) {
        if (!contains(links[l].allow, symbol)) continue;
        fault(link_path(f, l) + ".symbols.deny",
              symbol + " is allowed and denied; take it out of one of the lists");
      }
    }
  }
}

}  // namespace

void validate(const Config& config, const std::vector<int>& usable_cpus, Findings& findings) {
  Rules rules(config, findings);
  rules.processors(usable_cpus);
  rules.files();
  rules.population();
  rules.labels();
  rules.leaders_of_links();
  rules.cycles();
  rules.overlapping_links();
  rules.symbol_lists();
}

}  // namespace copyd::config
