// Which symbols a link takes. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/symbols.hpp"

namespace copyd::engine {

inline bool permits(const config::Link& link, const Symbol& symbol) {
  const auto names = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), symbol.name) != list.end();
  };
  return symbol.copyable && (link.allow.empty() || names(link.allow)) && !names(link.deny);
}

}  // namespace copyd::engine
