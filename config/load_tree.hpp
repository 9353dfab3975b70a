// The TOML text as a plain tree: values with the places where they stand, numbers as they are
// written. The only user of toml++ stands behind it, so that the rest of the loader neither
// compiles nor knows it. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace copyd::config {

struct Member;

struct Node {
  enum class Kind : std::uint8_t { table, array, string, integer, decimal, boolean, date };
  Kind kind = Kind::table;
  Position at;       // of the value; of the header for [table] and [[table]]
  Position key_at;   // of the key, for the members of a table
  std::string text;  // a string's value; a number as it is written
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<Member> members;  // of a table
  std::vector<Node> items;      // of an array

  const Node* find(std::string_view name) const noexcept;
};

struct Member {
  std::string key;
  Node value;
};

struct Tree {
  Node root;
  // What the parser says where it had to stop. Then the root is empty.
  std::optional<std::string> error;
  Position error_at;
};

Tree read_tree(std::string_view toml_text);

}  // namespace copyd::config
