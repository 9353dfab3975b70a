// ASSERT: a broken invariant of ours is a bug, and a process that handles money does not go on
// with one. It aborts, systemd restarts it, and recovery starts from what is known. Never used on
// input: what comes from outside is an error value.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace copyd::detail {
[[noreturn]] inline void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "<0>%s:%d: assertion failed: %s\n", file, line, condition);
  std::abort();
}
}  // namespace copyd::detail

#define ASSERT(condition)  \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0) \
       : ::copyd::detail::assertion_failed(#condition, __FILE__, __LINE__))
