// The version of the programs, from the build.
#pragma once

#ifndef COPYD_VERSION
#error "COPYD_VERSION is set by the build"
#endif

namespace copyd::engine {
inline constexpr const char* version = COPYD_VERSION;
}  // namespace copyd::engine
