// venue-sim: the simulated venue as a program. Prints one JSON line when it is ready.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "sim/server.hpp"

namespace copyd::sim {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

constexpr const char* examples = R"(
Examples:
  venue-sim
      any free ports, the default accounts: leader alpha; followers bob, carol (Ed25519, hedge)
      and dave; withdraw and readonly with keys that a careful client refuses
  venue-sim --port 9443 --control-port 9444 --dir /tmp/venue --followers 100
  venue-sim --accounts accounts.json --seed 7
  venue-sim --port 9443 --control-port 9444 --dir /tmp/venue --state /tmp/venue/state
      goes on where it was when it is started so again
  echo '{"command":"ledger","account":"bob"}' | nc 127.0.0.1 9444

Exit codes: 0 asked to stop, 1 could not start, 2 wrong usage.)";

struct Arguments {
  std::uint16_t port = 0;
  std::uint16_t control_port = 0;
  std::string directory;
  std::string accounts;
  std::string state;
  std::string filters = "live";
  bool auto_liquidation = false;
  std::size_t followers = 0;
  std::size_t symbols = 600;
  std::string order_limits = "on";
  std::string weight_limits = "on";
  std::optional<std::uint64_t> seed;
  int ping_interval = 180;
  int pong_timeout = 600;
  int socket_life = 24 * 3600;
};

// A directory of our own, removed with its content at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "venue-sim-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

int failed(const std::string& message) {
  fmt::print(stderr, "venue-sim: {}\n", message);
  return exit_failed;
}

Answer<ServerOptions> options_of(const Arguments& arguments) {
  ServerOptions options{.port = arguments.port,
                        .control_port = arguments.control_port,
                        .directory = arguments.directory,
                        .ping_interval = std::chrono::seconds(arguments.ping_interval),
                        .pong_timeout = std::chrono::seconds(arguments.pong_timeout),
                        .socket_life = std::chrono::seconds(arguments.socket_life),
                        .state_file = arguments.state,
                        .world = {}};
  std::random_device device;
  options.world.seed = arguments.seed.value_or((std::uint64_t{device()} << 32U) ^ device());
  options.world.filler_symbols = arguments.symbols;
  options.world.more_followers = arguments.followers;
  options.world.order_limits = arguments.order_limits == "on";
  options.world.weight_limits = arguments.weight_limits == "on";
  options.world.auto_liquidation = arguments.auto_liquidation;
  options.world.demo_filters = arguments.filters == "demo";
  if (!arguments.accounts.empty()) {
    std::ifstream file(arguments.accounts);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) return ApiError{.message = "cannot read " + arguments.accounts};
    Random random(options.world.seed);
    auto roster = read_roster(text.str(), random);
    if (!roster.ok())
      return ApiError{.message = arguments.accounts + ": " + roster.error().message};
    options.world.roster = std::move(roster.value());
  }
  return options;
}

int run(Arguments arguments) {
  std::optional<TemporaryDirectory> temporary;
  if (arguments.directory.empty()) arguments.directory = temporary.emplace().path();
  if (arguments.directory.empty()) return failed("no temporary directory");
  std::error_code error;
  std::filesystem::create_directories(arguments.directory, error);
  if (error) return failed("cannot make " + arguments.directory);
  auto options = options_of(arguments);
  if (!options.ok()) return failed(options.error().message);
  const auto server = Server::create(std::move(options.value()));
  if (!server.ok()) return failed(server.error().message);
  fmt::print("{}\n", server.value()->ready_line());
  std::fflush(stdout);
  boost::asio::io_context signals;
  boost::asio::signal_set wanted(signals, SIGINT, SIGTERM);
  wanted.async_wait([&](const boost::system::error_code& ended, int) {
    if (!ended) server.value()->stop();
  });
  std::thread waiter([&] { signals.run(); });
  server.value()->run();
  signals.stop();
  waiter.join();
  if (auto unsaved = server.value()->save_if_kept()) return failed(unsaved->message);
  return 0;
}

int parse_and_run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"A simulated Binance USD-M Futures venue on 127.0.0.1, for tests and the demo."};
  app.footer(examples);
  app.add_option("--port", arguments.port, "TLS port for REST, WebSocket API and streams; 0: any");
  app.add_option("--control-port", arguments.control_port, "plain TCP port, JSON lines; 0: any");
  app.add_option("--dir", arguments.directory,
                 "where ca.pem and the server's key are kept; default: a temporary one");
  app.add_option("--accounts", arguments.accounts, "JSON file of accounts instead of the default");
  app.add_option(
      "--state", arguments.state,
      "file that keeps the exchange: read at the start if it is there, written at the end "
      "and at `save`; its accounts and contracts count, not those of other options");
  app.add_option("--filters", arguments.filters,
                 "contracts as announced live, or by the demo venue")
      ->check(CLI::IsMember({"live", "demo"}));
  app.add_flag("--auto-liquidation", arguments.auto_liquidation,
               "a price that is set may bring margin calls and liquidations");
  app.add_option("--followers", arguments.followers, "so many more accounts follower1, …");
  app.add_option("--symbols", arguments.symbols, "filler contracts that lengthen exchangeInfo");
  app.add_option("--order-limits", arguments.order_limits, "on: -1015 above the announced limits")
      ->check(CLI::IsMember({"on", "off"}));
  app.add_option("--weight-limits", arguments.weight_limits, "on: 429 above 2,400 a minute")
      ->check(CLI::IsMember({"on", "off"}));
  app.add_option("--seed", arguments.seed, "the same keys and ids every time");
  app.add_option("--ping-interval", arguments.ping_interval, "seconds between pings of WebSockets")
      ->check(CLI::Range(1, 86'400));
  app.add_option("--pong-timeout", arguments.pong_timeout, "seconds without a pong: cut")
      ->check(CLI::Range(1, 86'400));
  app.add_option("--socket-life", arguments.socket_life, "seconds until a WebSocket is closed")
      ->check(CLI::Range(1, 7 * 86'400));
  app.set_version_flag("--version", "venue-sim " COPYD_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) { return app.exit(error) == 0 ? 0 : exit_usage; }
  return run(std::move(arguments));
}

}  // namespace
}  // namespace copyd::sim

int main(int argc, char** argv) {
  return copyd::sim::parse_and_run(argc, argv);
}
