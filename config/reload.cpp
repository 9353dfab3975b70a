#include "config/reload.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "config/keys.hpp"
#include "config/load.hpp"
#include "config/load_tree.hpp"
#include "config/values.hpp"
#include "config/write.hpp"

namespace copyd::config {
namespace {

struct Written {
  std::string path;
  std::string keys;  // the path without labels, as the key table has it
  std::string value;
};

// How an entry of [[…]] is told from its neighbours: by its label or its leader, and by its turn
// among those that have the same.
std::string name_of_entry(const Node& entry, std::map<std::string, int>& seen, std::size_t place) {
  std::string name = std::to_string(place);
  for (const std::string_view key : {"label", "leader"})
    if (const Node* label = entry.find(key)) name = label->text;
  const int turn = ++seen[name];
  return turn == 1 ? name : name + '#' + std::to_string(turn);
}

// The same for every way to write the same number.
std::string canonical_number(const std::string& text) {
  const auto number = read_decimal(text);
  if (!number.units) return text;
  std::string digits = std::to_string(*number.units);
  const bool negative = digits.starts_with('-');
  if (negative) digits.erase(0, 1);
  constexpr std::size_t decimals = 8;
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  digits.insert(digits.size() - decimals, 1, '.');
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return negative ? '-' + digits : digits;
}

bool is_amount(std::string_view keys) {
  const Key* key = find_key(keys);
  return key != nullptr && (key->kind == Kind::amount || key->kind == Kind::share ||
                            key->kind == Kind::loss || key->kind == Kind::quantities);
}

std::string value_text(const Node& node, const std::string& keys) {
  switch (node.kind) {
    case Node::Kind::boolean:
      return node.boolean ? "true" : "false";
    case Node::Kind::integer:
    case Node::Kind::decimal:
      return canonical_number(node.text);
    case Node::Kind::string:
      // An amount may be written either way.
      if (is_amount(keys) && read_decimal(node.text).units) return canonical_number(node.text);
      return '"' + node.text + '"';
    case Node::Kind::array: {
      std::string list;
      for (const Node& item : node.items)
        list += (list.empty() ? "" : ", ") + value_text(item, keys);
      return '[' + list + ']';
    }
    case Node::Kind::table:
    case Node::Kind::date:
      return {};
  }
  return {};
}

bool holds_tables(const Node& node) {
  return node.kind == Node::Kind::array && !node.items.empty() &&
         node.items.front().kind == Node::Kind::table;
}

void flatten(const Node& table, const std::string& path, const std::string& keys,
             std::vector<Written>& out) {
  for (const auto& [name, node] : table.members) {
    const std::string inner = path.empty() ? name : path + '.' + name;
    const Key* here = find_key(keys);
    const bool is_value = here != nullptr && here->kind == Kind::quantities;
    const std::string inner_keys = is_value ? keys : keys.empty() ? name : keys + '.' + name;
    if (node.kind == Node::Kind::table) {
      flatten(node, inner, inner_keys, out);
    } else if (holds_tables(node)) {
      std::map<std::string, int> seen;
      for (std::size_t i = 0; i < node.items.size(); ++i)
        flatten(node.items[i], inner + '[' + name_of_entry(node.items[i], seen, i) + ']',
                inner_keys, out);
    } else {
      out.push_back({.path = inner, .keys = inner_keys, .value = value_text(node, inner_keys)});
    }
  }
}

std::vector<Written> written_in(std::string_view text) {
  std::vector<Written> values;
  flatten(read_tree(text).root, "", "", values);
  return values;
}

bool needs_restart(const std::string& keys) {
  const Key* key = find_key(keys);
  return key != nullptr && key->restart;
}

// The entry of `entries` that is `wanted` again: by the same name, and by its turn among those of
// that name.
template <class Entry, class NameOf>
std::optional<std::size_t> place_of(const std::vector<Entry>& entries, const NameOf& name_of,
                                    const std::string& wanted, std::size_t turn) {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (name_of(entries[i]) == wanted && turn-- == 0) return i;
  return std::nullopt;
}

// `running` with each entry replaced by its namesake of `fresh` through `renew`, which is given
// null for one that is gone; and behind them those that are new.
template <class Entry, class NameOf, class Renew>
std::vector<Entry> merged_entries(const std::vector<Entry>& running,
                                  const std::vector<Entry>& fresh, const NameOf& name_of,
                                  const Renew& renew) {
  std::vector<Entry> out;
  std::map<std::string, std::size_t> turns;
  for (const Entry& entry : running) {
    const auto at = place_of(fresh, name_of, name_of(entry), turns[name_of(entry)]++);
    out.push_back(renew(entry, at ? &fresh[*at] : nullptr));
  }
  std::map<std::string, std::size_t> fresh_turns;
  for (const Entry& entry : fresh)
    if (fresh_turns[name_of(entry)]++ >= turns[name_of(entry)]) out.push_back(entry);
  return out;
}

Link renewed_link(const Link& running, const Link* fresh) {
  if (fresh != nullptr) return *fresh;
  Link gone = running;
  gone.removed = true;
  return gone;
}

Follower renewed_follower(const Follower& running, const Follower* fresh) {
  if (fresh == nullptr) {
    Follower gone = running;
    gone.removed = true;
    for (Link& link : gone.links) link.removed = true;
    return gone;
  }
  Follower out = *fresh;
  out.links = merged_entries(
      running.links, fresh->links, [](const Link& link) { return link.leader; }, renewed_link);
  return out;
}

// Its connections need a restart.
Leader renewed_leader(const Leader& running, const Leader* fresh) {
  Leader out = running;
  out.removed = fresh == nullptr;
  return out;
}

// What of a follower can be taken as it is.
Follower applicable(const Follower& running, const Follower& merged) {
  Follower next = merged;
  // What it holds at the venue would be left there.
  const bool becomes_paper = merged.state == FollowerMode::shadow;
  if (becomes_paper && running.state != FollowerMode::shadow) next.state = running.state;
  return next;
}

// Without what is `removed`: as a file would say it.
Config in_file(Config config) {
  const auto removed = [](const auto& entry) { return entry.removed; };
  std::erase_if(config.leaders, removed);
  std::erase_if(config.followers, removed);
  for (Follower& follower : config.followers) std::erase_if(follower.links, removed);
  return config;
}

// "follower[bob].link[alpha]" of a path like "follower[bob].link[alpha].leader".
std::string_view entry_of(std::string_view path) {
  return path.substr(0, path.rfind('.'));
}

bool names_its_entry(std::string_view path) {
  return path.ends_with("].label") || path.ends_with("].leader");
}

}  // namespace

std::vector<Change> changes_between(std::string_view running_text, std::string_view fresh_text) {
  const auto running = written_in(running_text);
  const auto fresh = written_in(fresh_text);
  std::map<std::string_view, const Written*> before;
  for (const auto& value : running) before.emplace(value.path, &value);
  std::vector<Change> changes;
  for (const auto& value : fresh) {
    const auto old = before.extract(value.path);
    if (!old.empty() && old.mapped()->value == value.value) continue;
    changes.push_back({.path = value.path,
                       .before = old.empty() ? "" : old.mapped()->value,
                       .after = value.value,
                       .restart = needs_restart(value.keys)});
  }
  for (const auto& value : running)
    if (before.contains(value.path))
      changes.push_back({.path = value.path,
                         .before = value.value,
                         .after = "",
                         .restart = needs_restart(value.keys)});
  return changes;
}

Config merged(const Config& running, const Config& fresh) {
  Config out = fresh;
  out.engine = running.engine;
  out.venue = running.venue;
  out.keys = running.keys;
  const auto label_of = [](const auto& entry) { return entry.label; };
  out.leaders = merged_entries(running.leaders, fresh.leaders, label_of, renewed_leader);
  out.followers = merged_entries(running.followers, fresh.followers, label_of, renewed_follower);
  return out;
}

Plan plan_of(const Config& running, const Config& fresh) {
  Plan plan{.next = merged(running, fresh), .applied = {}, .waiting = {}};
  for (std::size_t i = 0; i < running.followers.size(); ++i)
    plan.next.followers[i] = applicable(running.followers[i], plan.next.followers[i]);
  const std::string text = text_of(in_file(plan.next));
  plan.applied = changes_between(text_of(in_file(running)), text);
  plan.waiting = changes_between(text, text_of(fresh));
  return plan;
}

std::string conflict_of(const Config& next) {
  const auto again = load_written(text_of(next), "");
  return again.faults.empty() ? std::string() : again.faults.front().message;
}

std::string in_words(const std::vector<Change>& changes, std::size_t most) {
  std::vector<std::string_view> whole;  // entries that are new or gone
  for (const Change& change : changes)
    if (names_its_entry(change.path) && (change.before.empty() || change.after.empty()))
      whole.push_back(entry_of(change.path));
  // The outermost of them that a change is part of; empty: none.
  const auto part_of = [&](std::string_view path) {
    std::string_view outer;
    for (const std::string_view entry : whole)
      if (path.starts_with(entry) && path[entry.size()] == '.' &&
          (outer.empty() || entry.size() < outer.size()))
        outer = entry;
    return outer;
  };
  const auto shown = [](const std::string& value) { return value.empty() ? "(absent)" : value; };
  std::string words;
  std::size_t named = 0;
  for (const Change& change : changes) {
    const std::string_view entry = part_of(change.path);
    const bool names = names_its_entry(change.path) && entry_of(change.path) == entry;
    if ((!entry.empty() && !names) || named++ >= most) continue;
    if (!words.empty()) words += ", ";
    if (names) words += std::string(entry) + (change.after.empty() ? ": gone" : ": new");
    else words += change.path + ": " + shown(change.before) + " → " + shown(change.after);
  }
  if (named > most) words += " and " + std::to_string(named - most) + " more";
  return words;
}

}  // namespace copyd::config
