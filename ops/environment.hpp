// The environment that systemd gives a service. The one place of this folder that reads it; at
// start, before there are threads.
#pragma once

#include <string>

namespace copyd::ops {

// The value, or "" when it is not set.
std::string environment(const char* name);

}  // namespace copyd::ops
