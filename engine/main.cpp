// copyd: the daemon, the check of its configuration, and the demo.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <sys/prctl.h>

#include "engine/daemon.hpp"
#include "engine/demo.hpp"
#include "engine/version.hpp"

int main(int argc, char** argv) {
  using namespace copyd::engine;
  // Keys live in this process: no core dump, no debugger of another user.
  prctl(PR_SET_DUMPABLE, 0);

  CLI::App app("copyd copies a leader's trades to follower accounts on Binance USD-M Futures.");
  app.set_version_flag("--version", std::string("copyd ") + version);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  copyd check --config copyd.toml\n"
      "  copyd run --config copyd.toml --passphrase-file /root/copyd.passphrase\n"
      "  copyd demo --json");

  DaemonOptions daemon;
  auto* run = app.add_subcommand("run", "the daemon, in the foreground; logs to stderr");
  run->add_option("--config", daemon.config_file, "the configuration")->required();
  run->add_option("--passphrase-file", daemon.passphrase_file,
                  "the passphrase of the key store, in a file that only you can read");

  CheckOptions check;
  auto* check_command = app.add_subcommand("check", "reads the configuration, shows every fault");
  check_command->add_option("--config", check.config_file, "the configuration")->required();
  check_command->add_flag("--json", check.json, "the faults as JSON");

  DemoOptions demo;
  auto* demo_command = app.add_subcommand("demo", "shows the whole product on this machine");
  demo_command->add_flag("--json", demo.json, "the summary as JSON");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (*run) return run_daemon(daemon);
  if (*check_command) return run_check(check);
  return run_demo(demo);
}
