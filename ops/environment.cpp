#include "ops/environment.hpp"

#include <cstdlib>

namespace copyd::ops {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace copyd::ops
