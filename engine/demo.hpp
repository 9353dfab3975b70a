// The demo: the whole product on this machine, as real processes over TLS: the simulated venue, the
// daemon, and `copyctl`. A scripted leader trades, three followers copy, and after every step each
// follower's position in the venue's own ledger is compared with what the copy semantics demand.
#pragma once

namespace copyd::engine {

struct DemoOptions {
  bool json = false;  // the summary as JSON instead of the table
  bool keep = false;  // logs, journal and configuration stay behind, also when all went well
};

// The exit code: 0 only if every position was on its target at every step and at the end.
int run_demo(const DemoOptions& options);

}  // namespace copyd::engine
