// One run of copyctl, from its arguments to its exit status: 0 it worked, 1 it did not, 2 it was
// called wrongly. Prints to stdout and stderr; blocks.
#pragma once

#include <string>
#include <vector>

namespace copyd::cli {

int run(const std::vector<std::string>& arguments);

}  // namespace copyd::cli
