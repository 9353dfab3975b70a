// copyd: the daemon, the check of its configuration, and the demo.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>

#include "engine/daemon.hpp"
#include "engine/demo.hpp"
#include "engine/version.hpp"

namespace {

// Wrong usage, in one manner with copyctl: the cause, then where the right way is shown.
int refuse(const CLI::ParseError& error, const CLI::App& app, std::string_view first) {
  const auto chosen = app.get_subcommands();
  const bool command_missing = chosen.empty() && !first.empty() && first.front() != '-';
  fmt::print(stderr, "copyd: {}\nSee copyd{} --help\n",
             command_missing
                 ? fmt::format("there is no command \"{}\"; the commands are run, check "
                               "and demo",
                               first)
                 : std::string(error.what()),
             chosen.empty() ? "" : " " + chosen.front()->get_name());
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace copyd::engine;
  // Keys live in this process: no core dump, no debugger of another user.
  prctl(PR_SET_DUMPABLE, 0);

  CLI::App app("copyd copies a leader's trades to follower accounts on Binance USD-M Futures.",
               "copyd");
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
  run->footer("Example:\n  copyd run --config copyd.toml --passphrase-file /root/copyd.passphrase");

  CheckOptions check;
  auto* check_command = app.add_subcommand("check", "reads the configuration, shows every fault");
  check_command->add_option("--config", check.config_file, "the configuration")->required();
  check_command->add_flag("--online", check.online,
                          "asks the venue about each account's key as well; changes nothing");
  check_command->add_option("--passphrase-file", check.passphrase_file,
                            "with --online: the passphrase of the key store");
  check_command->add_flag("--json", check.json, "what was found as JSON");
  check_command->footer(
      "Examples:\n"
      "  copyd check --config /etc/copyd/copyd.toml\n"
      "  copyd check --config copyd.toml --online --passphrase-file /root/copyd.passphrase");

  DemoOptions demo;
  auto* demo_command = app.add_subcommand("demo", "shows the whole product on this machine");
  demo_command->add_flag("--json", demo.json, "the summary as JSON");
  demo_command->add_flag("--keep", demo.keep, "its logs, journal and configuration stay behind");
  demo_command->footer("Example:\n  copyd demo --keep");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return refuse(error, app, argc > 1 ? argv[1] : "");
  }
  if (*run) return run_daemon(daemon);
  if (*check_command) return run_check(check);
  return run_demo(demo);
}
