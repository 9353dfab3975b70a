// Rig: the real programs over TLS, each in its own process, in a directory of their own: the
// simulated venue, the daemon, and copyctl. What a test waits for is a condition with a deadline,
// never a length of time.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "engine/process.hpp"
#include "tests/system/canaries.hpp"
#include "tests/system/tcp_proxy.hpp"

namespace copyd::system_test {

// One JSON text, parsed and kept.
class Json {
 public:
  explicit Json(const std::string& text);
  bool valid() const noexcept { return valid_; }
  simdjson::dom::element root() const noexcept { return root_; }
  std::string text(std::string_view pointer) const;     // "" when absent
  std::int64_t number(std::string_view pointer) const;  // 0 when absent
  bool truth(std::string_view pointer) const;
  const std::string& source() const noexcept { return source_; }

 private:
  std::string source_;
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element root_;
  bool valid_ = false;
};

struct CommandResult {
  int exit_code = -1;
  std::string output;
  std::string errors;
};

// (follower, symbol, leg) → signed quantity at the venue; zeros left out.
using Positions = std::map<std::array<std::string, 3>, Qty>;

class Rig {
 public:
  Rig();
  ~Rig();

  // Starts venue-sim and reads its ready line.
  void start_venue(std::vector<std::string> more_arguments = {});
  // From now on configure() writes addresses that lead through a proxy.
  TcpProxy& use_proxy();
  // The key store is sealed with a key instead of a passphrase, which takes a second less at each
  // start. Before the first start.
  void unlock_with_key();
  // Writes copyd.toml: the engine and venue tables, then `accounts` ([[leader]] and [[follower]]).
  void configure(const std::string& engine_lines, const std::string& accounts);
  // Until its control socket answers.
  void start_daemon();
  // Returns at once. `before`: what the program is to be run by, with its arguments.
  void launch_daemon(const std::vector<std::string>& before = {});
  // The exit code of `copyd run` with the present configuration, which is expected to end.
  CommandResult run_daemon_to_its_end();
  // `copyd check` of the present configuration, with what opens its keys.
  CommandResult check(const std::vector<std::string>& more);
  // The daemon's exit code after SIGTERM.
  int stop_daemon();
  // SIGKILL; gone when it returns.
  void kill_daemon();
  bool daemon_runs();
  void connect(const std::string& label);
  CommandResult copyctl(std::vector<std::string> arguments, const std::string& input = {});
  CommandResult run(std::vector<std::string> arguments, const std::string& input = {});

  Json status();
  // The venue's control port; fails the test when the venue refuses.
  Json venue(const std::string& request);
  Positions positions();

  // What came to the test by another way than files and copyctl is looked through as well.
  void heard(const std::string& text);
  // A private key that was made by our own programs, so that the venue cannot name it.
  void keep_secret(const std::string& name, std::string_view private_key_pem);
  // Files below the directory that somebody else than our programs has written secrets to.
  void leave_out(const std::string& path) { left_out_.insert(path); }
  // Ends the daemon and looks through all that our programs have written and answered for the
  // venue's secrets: where one shows, without it. The end of a test does it, and fails where there
  // is one.
  std::vector<std::string> find_secrets();

  // Polls until the condition holds; fails the test at the deadline.
  void wait_until(const std::string& what, const std::function<bool()>& condition,
                  std::chrono::seconds within = std::chrono::seconds(30));
  // Its directory, with the log and the state, outlives it.
  void keep() noexcept { keep_ = true; }
  // Every leader live and the named followers ready and active.
  void wait_until_ready(const std::vector<std::string>& followers);
  // Every follower has answered `fills` fills, and nothing is in flight.
  void wait_until_quiet(std::int64_t fills, std::chrono::seconds within = std::chrono::seconds(30));

  std::string key_of(const std::string& label) const { return keys_.at(label); }
  std::string daemon_log() const;
  std::filesystem::path directory() const { return directory_; }
  std::filesystem::path state_directory() const { return directory_ / "state"; }
  std::filesystem::path journal_directory() const { return directory_ / "state/journal"; }
  std::string control_address() const { return control_address_; }
  std::string program(const std::string& name) const;
  engine::Process& daemon() { return *daemon_; }

 private:
  std::filesystem::path directory_;
  std::map<std::string, std::string> urls_;
  std::map<std::string, std::string> keys_;
  std::string control_address_;
  std::unique_ptr<TcpProxy> proxy_;
  std::optional<engine::Process> venue_;
  std::optional<engine::Process> daemon_;
  std::optional<engine::LineClient> control_;
  void note_key(const Json& key);
  void note_venue_secrets();
  void look_through_answers();

  Canaries canaries_;
  std::set<std::string> left_out_{"venue", "venue.log", "passphrase", "credentials"};
  std::string heard_;
  std::set<std::string> shown_;  // in answers
  bool looked_ = false;
  bool by_key_ = false;
  bool keep_ = false;
  int commands_ = 0;

  // `copyd` with this command on the present configuration.
  std::vector<std::string> daemon_command(const std::string& command = "run") const;
};

}  // namespace copyd::system_test
