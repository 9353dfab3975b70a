// copyctl: the operator's command. It asks the daemon over its control socket; it never opens the
// key store and never speaks to the venue.
#include <sys/prctl.h>

#include <string>
#include <vector>

#include "cli/run.hpp"

int main(int argc, char** argv) {
  // A key may pass through here: no core dump, and no debugger of the same user.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return copyd::cli::run(std::vector<std::string>(argv + 1, argv + argc));
}
