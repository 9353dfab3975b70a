// copyd-vectors FILE...: runs copy-semantics vectors through the real decision code.
//
// Prints the first difference of each case that fails, and as its last line "N passed, M failed".
// Exit 0: all passed; 1: a case failed; 2: wrong usage, or a file that cannot be read.
#include <cstdio>
#include <string_view>

#include "tests/vectors/vector_run.hpp"

int main(int argc, char** argv) {
  const std::string_view first = argc < 2 ? "" : argv[1];
  if (first.empty() || first == "--help" || first == "-h") {
    std::fprintf(first.empty() ? stderr : stdout,
                 "usage: copyd-vectors FILE...\n"
                 "Runs copy-decision cases with exact expected answers through the engine's code.\n"
                 "Example: copyd-vectors tests/vectors/data/named.json\n"
                 "Exit 0: all passed; 1: a case failed; 2: wrong usage, or an unreadable file.\n");
    return first.empty() ? 2 : 0;
  }
  int passed = 0;
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    const auto file = copyd::vectors::read_cases(argv[i]);
    if (!file.error.empty()) {
      std::fprintf(stderr, "%s: %s\n", argv[i], file.error.c_str());
      return 2;
    }
    for (const auto& test : file.cases) {
      const auto difference = copyd::vectors::first_difference(test);
      if (difference) std::printf("%s: %s", argv[i], difference->c_str());
      ++(difference ? failed : passed);
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
