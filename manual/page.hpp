// Manual pages in man(7)'s language. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manual/help.hpp"

namespace copyd::manual {

struct PageHead {
  int section = 1;
  std::string version;
  std::string files;     // man(7) text of FILES; "" for none
  std::string see_also;  // "copyctl(1), copyd.toml(5)"
};

std::string program_page(const Command& program, const PageHead& head);

// copyd.toml(5): every key of config/keys.hpp with its meaning, which stands in docs/CONFIG.md; a
// test compares the two. Empty when a key has no row there.
std::string keys_page(std::string_view config_md, const PageHead& head);

// Text as it stands: nothing in it is a request or an escape.
std::string escaped(std::string_view text);

}  // namespace copyd::manual
