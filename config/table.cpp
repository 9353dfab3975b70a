#include "config/table.hpp"

#include <algorithm>
#include <set>

#include "config/text.hpp"
#include "config/values.hpp"
#include "core/assert.hpp"
#include "core/limits.hpp"

namespace copyd::config {
namespace {

// What stands there, for the end of a message.
std::string shown(const Node& node) {
  constexpr std::size_t number_max = 60;
  switch (node.kind) {
    case Node::Kind::table:
      return "a table";
    case Node::Kind::array:
      return "a list";
    case Node::Kind::string:
      return "the string " + in_quotes(node.text);
    case Node::Kind::integer:
    case Node::Kind::decimal:
      return node.text.substr(0, number_max);
    case Node::Kind::boolean:
      return node.boolean ? "true" : "false";
    case Node::Kind::date:
      return "a date or time";
  }
  return {};
}

bool is_number(const Node& node) {
  return node.kind == Node::Kind::integer || node.kind == Node::Kind::decimal;
}

// An amount above 0, from a string or a number; else why not.
Decimal positive(const Node& node) {
  if (node.kind != Node::Kind::string && !is_number(node)) return {};
  Decimal value = read_decimal(node.text);
  if (value.units && *value.units <= 0) value = {.units = std::nullopt, .why = "it is not above 0"};
  return value;
}

// What is wrong with a text of this kind; empty if nothing is. Kinds whose rule is all said by
// must_be answer with a space: wrong, and nothing to add.
std::string wrong_text(Kind kind, std::string_view text) {
  switch (kind) {
    case Kind::label:
      return is_label(text) ? "" : " ";
    case Kind::credential:
      return is_credential(text) ? "" : " ";
    case Kind::chat:
      return is_chat(text) ? "" : " ";
    case Kind::path:
      return wrong_path(text);
    case Kind::https:
      return wrong_url(text, "https");
    case Kind::wss:
      return wrong_url(text, "wss");
    case Kind::address:
      return wrong_address(text);
    default:
      ASSERT(false);
      return {};
  }
}

}  // namespace

void Findings::fault(Position at, std::string message) {
  faults.push_back({.file = file, .line = at.line, .column = at.column, .message = message});
}

void Findings::note(Position at, std::string message) {
  notes.push_back({.file = file, .line = at.line, .column = at.column, .message = message});
}

Table::Table(Findings& findings, const Node& root) : Table(findings, &root, {}, {}) {}

Table::Table(Findings& findings, const Node* node, std::string path, std::string keys)
    : findings_(&findings), node_(node), path_(std::move(path)), keys_(std::move(keys)) {
  if (node_ == nullptr) return;
  if (!path_.empty()) findings.positions[path_] = node_->at;
  const auto known = names_in(keys_);
  for (const auto& [name, member] : node_->members) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      refuse_unknown(name, member);
    } else {
      findings.positions[path_of(name)] = member.at;
    }
  }
}

const Node* Table::find(std::string_view name) const noexcept {
  return node_ == nullptr ? nullptr : node_->find(name);
}

Position Table::place_of(std::string_view name) const noexcept {
  if (const Node* node = find(name)) return node->at;
  return node_ != nullptr ? node_->at : position_of(findings_->positions, path_);
}

Position Table::key_place_of(std::string_view name) const noexcept {
  const Node* node = find(name);
  return node != nullptr && node->key_at.line != 0 ? node->key_at : place_of(name);
}

std::string Table::key_path(std::string_view name) const {
  return keys_.empty() ? std::string(name) : keys_ + '.' + std::string(name);
}

std::string Table::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + '.' + std::string(name);
}

void Table::refuse_unknown(const std::string& name, const Node& node) const {
  const auto known = names_in(keys_);
  std::string message = "unknown key " + in_quotes(name);
  message += keys_.empty() ? " at the top of the file" : " in `" + keys_ + "`";
  if (const std::string_view meant = nearest(name, known); !meant.empty()) {
    message += "; did you mean `" + std::string(meant) + "`?";
  } else {
    std::string elsewhere;
    for (const Key& key : all_keys()) {
      const std::size_t cut = key.path.rfind('.');
      if (key.path.substr(cut + 1) != name) continue;
      if (!elsewhere.empty()) elsewhere += " or ";
      elsewhere += "`" + std::string(key.path.substr(0, cut)) + "`";
    }
    message +=
        elsewhere.empty() ? "; known here: " + one_of(known, "`") : "; it belongs in " + elsewhere;
  }
  findings_->fault(node.key_at.line != 0 ? node.key_at : node.at, message);
}

Table Table::inner(std::string_view name, std::string_view example) const {
  const Node* node = find(name);
  if (node != nullptr && node->kind != Node::Kind::table) {
    findings_->fault(node->at, "`" + key_path(name) + "` must be a table like " +
                                   std::string(example) + ", not " + shown(*node));
    node = nullptr;
  }
  return {*findings_, node, path_of(name), key_path(name)};
}

std::vector<Table> Table::entries(std::string_view name) const {
  std::vector<Table> tables;
  const Node* node = find(name);
  if (node == nullptr) return tables;
  const std::string header = "[[" + key_path(name) + "]]";
  const auto add = [&](const Node& entry) {
    const std::string index = '[' + std::to_string(tables.size()) + ']';
    tables.push_back(Table(*findings_, &entry, path_of(name) + index, key_path(name)));
  };
  if (node->kind == Node::Kind::table) {
    findings_->fault(node->at, "`" + key_path(name) + "` is a list: write " + header);
    add(*node);
  } else if (node->kind != Node::Kind::array) {
    findings_->fault(node->at, "`" + key_path(name) + "` must be written as " + header +
                                   " tables, not " + shown(*node));
  } else {
    for (const Node& entry : node->items) {
      if (entry.kind == Node::Kind::table) {
        add(entry);
      } else {
        findings_->fault(entry.at, "an entry of `" + key_path(name) + "` must be a " + header +
                                       " table, not " + shown(entry));
      }
    }
  }
  return tables;
}

Table::Found Table::get(std::string_view name) const {
  const Key* key = find_key(key_path(name));
  ASSERT(key != nullptr);
  const Node* node = find(name);
  if (node == nullptr && key->required && node_ != nullptr) {
    findings_->fault(node_->at, "`" + key_path(name) + "` is missing; it must be " + must_be(*key));
  }
  return {.key = key, .node = node};
}

void Table::refuse(const Found& found, std::string_view why) const {
  std::string message = "`" + std::string(found.key->path) + "` must be " + must_be(*found.key) +
                        ", not " + shown(*found.node);
  if (!why.empty() && why != " ") message += ": " + std::string(why);
  findings_->fault(found.node->at, message);
}

void Table::read(std::string_view name, bool& out) const {
  const Found found = get(name);
  if (found.node == nullptr) return;
  if (found.node->kind != Node::Kind::boolean) return refuse(found);
  out = found.node->boolean;
}

void Table::read(std::string_view name, std::string& out) const {
  const Found found = get(name);
  if (found.node == nullptr) return;
  if (found.node->kind != Node::Kind::string) return refuse(found);
  const std::string why = wrong_text(found.key->kind, found.node->text);
  if (!why.empty()) refuse(found, why);
  // A label is kept even if it is malformed: the links that name it are then not at fault as well.
  if (why.empty() || found.key->kind == Kind::label) out = found.node->text;
}

void Table::read(std::string_view name, std::vector<std::string>& symbols) const {
  const Found found = get(name);
  if (found.node == nullptr) return;
  if (found.node->kind != Node::Kind::array) return refuse(found);
  std::set<std::string_view> seen;
  for (const Node& item : found.node->items) {
    std::string why = item.kind == Node::Kind::string ? wrong_symbol(item.text) : "it is no string";
    if (why.empty() && !seen.insert(item.text).second) why = "it stands in the list twice";
    if (why.empty()) {
      symbols.push_back(item.text);
    } else {
      findings_->fault(item.at, "`" + key_path(name) +
                                    "` must hold symbols like \"BTCUSDT\", not " + shown(item) +
                                    ": " + why);
    }
  }
}

void Table::read(std::string_view name, std::vector<int>& cpus) const {
  const Found found = get(name);
  if (found.node == nullptr) return;
  if (found.node->kind != Node::Kind::array) return refuse(found);
  for (const Node& item : found.node->items) {
    const bool fits =
        item.kind == Node::Kind::integer && item.integer >= 0 && item.integer <= found.key->most;
    if (!fits) {
      refuse({.key = found.key, .node = &item}, "one of its entries is no CPU");
      continue;
    }
    cpus.push_back(static_cast<int>(item.integer));
  }
}

void Table::read(std::string_view name, std::optional<LossLimit>& out) const {
  const Found found = get(name);
  if (found.node == nullptr) return;
  const Node& node = *found.node;
  if (node.kind != Node::Kind::string || !node.text.ends_with('%')) {
    const Decimal value = positive(node);
    if (!value.units) return refuse(found, value.why);
    out = LossLimit{Usd::from_units(*value.units)};
    return;
  }
  const Decimal percent = read_decimal(std::string_view(node.text).substr(0, node.text.size() - 1));
  if (!percent.units) return refuse(found, percent.why);
  constexpr std::int64_t hundred = 100;
  if (*percent.units <= 0 || *percent.units > hundred * units_per_whole) {
    return refuse(found, "a share is above 0% and at most 100%");
  }
  if (*percent.units % hundred != 0) return refuse(found, "a percentage has at most 6 decimals");
  out = LossLimit{Ratio::from_units(*percent.units / hundred)};
}

void Table::read(std::string_view name, std::map<std::string, Qty>& quantities) const {
  const Found found = get(name);
  if (found.node == nullptr) return;
  if (found.node->kind != Node::Kind::table) return refuse(found);
  if (found.node->members.size() > limits::symbols_max) {
    return refuse(found, "it has more entries than there can be symbols");
  }
  for (const auto& [symbol, node] : found.node->members) {
    if (const std::string why = wrong_symbol(symbol); !why.empty()) {
      findings_->fault(node.key_at, "`" + key_path(name) +
                                        "` must name symbols like BTCUSDT, not " +
                                        in_quotes(symbol) + ": " + why);
    }
    const Decimal value = positive(node);
    if (value.units) {
      quantities[symbol] = Qty::from_units(*value.units);
      continue;
    }
    const std::string why = value.why.empty() ? "" : ": " + value.why;
    findings_->fault(node.at, "the quantity of " + in_quotes(symbol) + " in `" + key_path(name) +
                                  "` must be an amount above 0 with at most 8 decimals, not " +
                                  shown(node) + why);
  }
}

void Table::read(std::string_view name, Leverage& out) const {
  const Found found = get(name);
  if (found.node == nullptr) return;
  const Node& node = *found.node;
  if (node.kind == Node::Kind::string) {
    const auto index = choice(name, 2);
    if (index) {
      out = {.kind = *index == 0 ? Leverage::Kind::mirror : Leverage::Kind::keep, .value = 0};
    }
    return;
  }
  if (node.kind != Node::Kind::integer || node.integer < found.key->least ||
      node.integer > found.key->most) {
    return refuse(found);
  }
  out = {.kind = Leverage::Kind::fixed, .value = static_cast<int>(node.integer)};
}

std::optional<std::int64_t> Table::integer(std::string_view name) const {
  const Found found = get(name);
  if (found.node == nullptr) return std::nullopt;
  const Node& node = *found.node;
  const std::int64_t value = node.integer;
  const bool fits =
      node.kind == Node::Kind::integer && value >= found.key->least && value <= found.key->most;
  if (fits) return value;
  refuse(found, node.kind == Node::Kind::string ? "write it without quotes" : "");
  return std::nullopt;
}

std::optional<std::int64_t> Table::amount(std::string_view name) const {
  const Found found = get(name);
  if (found.node == nullptr) return std::nullopt;
  Decimal value = positive(*found.node);
  if (value.units && found.key->kind == Kind::share && *value.units > units_per_whole) {
    value = {.units = std::nullopt, .why = "it is above 1"};
  }
  if (!value.units) refuse(found, value.why);
  return value.units;
}

std::optional<std::size_t> Table::choice(std::string_view name, std::size_t count) const {
  const Found found = get(name);
  const auto choices = split(found.key->choices, '|');
  ASSERT(choices.size() == count);
  if (found.node == nullptr) return std::nullopt;
  if (found.node->kind != Node::Kind::string) {
    refuse(found);
    return std::nullopt;
  }
  const auto match = std::find(choices.begin(), choices.end(), found.node->text);
  if (match != choices.end()) return static_cast<std::size_t>(match - choices.begin());
  const std::string_view meant = nearest(found.node->text, choices);
  refuse(found, meant.empty() ? "" : "did you mean \"" + std::string(meant) + "\"?");
  return std::nullopt;
}

}  // namespace copyd::config
