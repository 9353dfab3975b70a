// Numbers as a person reads them. Exact integers in, three digits out, cut off and never rounded
// up.
#pragma once

#include <cstdint>
#include <string>

namespace copyd::cli {

std::string nanoseconds_text(std::int64_t ns);    // "850 ns", "45.1 µs", "3.20 ms", "1.25 s"
std::string ago_text(std::int64_t ms);            // "1.2 s ago", "3 min ago", "2 h ago"
std::string duration_text(std::int64_t seconds);  // "42 s", "3 min 5 s", "3 h 12 min", "2 d 4 h"

}  // namespace copyd::cli
