// The table of every key of copyd.toml: its kind, bounds, default, and whether a change of it needs
// a restart. The loader reads by this table and refuses what is not in it; docs/CONFIG.md is
// compared with it by a test. Constant; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace copyd::config {

enum class Kind : std::uint8_t {
  boolean,
  integer,     // least..most
  cpu,         // the number of a processor
  cpus,        // a list of them
  choice,      // one of `choices`
  label,       // the name of an account
  path,        // absolute
  https,       // an address beginning with https://
  wss,         // an address beginning with wss://
  address,     // "host:port" or ""
  credential,  // the name of a systemd credential
  chat,        // a Telegram chat id
  amount,      // exact decimal above 0
  share,       // exact decimal above 0, at most 1
  loss,        // an amount, or a percentage as a string
  leverage,    // one of `choices`, or an integer least..most
  symbols,     // a list of symbols
  quantities,  // a table: symbol = amount
};

struct Key {
  std::string_view path;  // "follower.link.sizing.mode"; [[…]] adds nothing to it
  Kind kind;
  std::string_view standard = {};  // the default as it would be written; empty: none
  bool required = false;
  bool restart = false;           // a change takes effect at a restart only
  std::string_view choices = {};  // "a|b|c"
  std::int64_t least = 0;
  std::int64_t most = 0;
};

std::span<const Key> all_keys() noexcept;

// The key with this path, or null.
const Key* find_key(std::string_view path) noexcept;

// The names that may stand in a table ("engine", "" for the whole file): keys and inner tables.
std::vector<std::string_view> names_in(std::string_view table);

// What a value of this key must be, as the end of "`key` must be …".
std::string must_be(const Key& key);

}  // namespace copyd::config
