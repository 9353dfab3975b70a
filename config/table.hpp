// Table: one table of the file while it is read. It knows from the key table which keys may stand
// in it and what each must be; whatever does not fit becomes a fault at its place, and reading goes
// on. A table that is absent reads as one whose keys are all absent.
// Lives during a load, on the thread that loads.
#pragma once

#include <concepts>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/fault.hpp"
#include "config/keys.hpp"
#include "config/load_tree.hpp"
#include "config/schema.hpp"

namespace copyd::config {

// What is collected while a file is read.
struct Findings {
  std::string file;
  std::vector<Fault> faults;
  std::vector<Fault> notes;
  Positions positions;

  void fault(Position at, std::string message);
  void note(Position at, std::string message);
};

class Table {
 public:
  // The whole file. Keys that nobody knows are faults at once, here and for every inner table.
  Table(Findings& findings, const Node& root);

  bool written() const noexcept { return node_ != nullptr; }
  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  Position place_of(std::string_view name) const noexcept;
  Position key_place_of(std::string_view name) const noexcept;

  // An inner table. `example` completes "`key` must be a table like …".
  Table inner(std::string_view name, std::string_view example) const;
  // The entries of [[name]]. A single [name] is a fault and read all the same.
  std::vector<Table> entries(std::string_view name) const;

  // Each leaves `out` as it is when the key is absent or its value does not fit; an absent key that
  // is required is a fault.
  void read(std::string_view name, bool& out) const;
  void read(std::string_view name, std::string& out) const;
  void read(std::string_view name, std::vector<std::string>& symbols) const;
  void read(std::string_view name, std::vector<int>& cpus) const;
  void read(std::string_view name, std::optional<LossLimit>& out) const;
  void read(std::string_view name, std::map<std::string, Qty>& quantities) const;
  void read(std::string_view name, Leverage& out) const;

  template <std::integral Int>
  void read(std::string_view name, Int& out) const {
    if (const auto value = integer(name)) out = static_cast<Int>(*value);
  }
  template <std::integral Int>
  void read(std::string_view name, std::optional<Int>& out) const {
    if (const auto value = integer(name)) out = static_cast<Int>(*value);
  }
  template <class Tag>
  void read(std::string_view name, Fixed<Tag>& out) const {
    if (const auto units = amount(name)) out = Fixed<Tag>::from_units(*units);
  }
  template <class Tag>
  void read(std::string_view name, std::optional<Fixed<Tag>>& out) const {
    if (const auto units = amount(name)) out = Fixed<Tag>::from_units(*units);
  }

  // `values` in the order of the key's choices. False if the key is absent or does not fit.
  template <class Enum>
  bool read(std::string_view name, Enum& out, std::initializer_list<Enum> values) const {
    const auto index = choice(name, values.size());
    if (index) out = *(values.begin() + *index);
    return index.has_value();
  }

  Findings& findings() const noexcept { return *findings_; }
  // "follower.link.leader": what messages call the key.
  std::string key_path(std::string_view name) const;

 private:
  Table(Findings& findings, const Node* node, std::string path, std::string keys);

  struct Found {
    const Key* key;
    const Node* node;  // null: absent
  };
  const Node* find(std::string_view name) const noexcept;
  Found get(std::string_view name) const;
  std::string path_of(std::string_view name) const;
  void refuse_unknown(const std::string& name, const Node& node) const;
  void refuse(const Found& found, std::string_view why = {}) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<std::int64_t> amount(std::string_view name) const;
  std::optional<std::size_t> choice(std::string_view name, std::size_t count) const;

  Findings* findings_;
  const Node* node_;  // null: absent, or not a table
  std::string path_;  // "follower[0].link[1]"
  std::string keys_;  // "follower.link"
};

}  // namespace copyd::config
