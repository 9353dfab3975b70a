// Rig: the real programs over TLS, each in its own process, in a directory of their own: the
// simulated venue, the daemon, and copyctl. What a test waits for is a condition with a deadline,
// never a length of time.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <simdjson.h>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "engine/process.hpp"

namespace copyd::system_test {

// One JSON text, parsed and kept.
class Json {
 public:
  explicit Json(const std::string& text);
  bool valid() const noexcept { return valid_; }
  simdjson::dom::element root() const noexcept { return root_; }
  std::string text(std::string_view pointer) const;         // "" when absent
  std::int64_t number(std::string_view pointer) const;      // 0 when absent
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
  // Writes copyd.toml: the engine and venue tables, then `accounts` ([[leader]] and [[follower]]).
  void configure(const std::string& engine_lines, const std::string& accounts);
  void start_daemon();
  // The daemon's exit code after SIGTERM.
  int stop_daemon();
  void connect(const std::string& label);
  CommandResult copyctl(std::vector<std::string> arguments, const std::string& input = {});
  CommandResult run(std::vector<std::string> arguments, const std::string& input = {});

  Json status();
  // The venue's control port; fails the test when the venue refuses.
  Json venue(const std::string& request);
  Positions positions();

  // Polls until the condition holds; fails the test at the deadline.
  void wait_until(const std::string& what, const std::function<bool()>& condition,
                  std::chrono::seconds within = std::chrono::seconds(30));
  // Every leader live and the named followers ready and active.
  void wait_until_ready(const std::vector<std::string>& followers);
  // Every follower has answered `fills` fills, and nothing is in flight.
  void wait_until_quiet(std::int64_t fills, std::chrono::seconds within = std::chrono::seconds(30));

  std::string key_of(const std::string& label) const { return keys_.at(label); }
  std::string daemon_log() const;
  std::filesystem::path directory() const { return directory_; }
  std::string program(const std::string& name) const;
  engine::Process& daemon() { return *daemon_; }

 private:
  std::filesystem::path directory_;
  std::map<std::string, std::string> urls_;
  std::map<std::string, std::string> keys_;
  std::optional<engine::Process> venue_;
  std::optional<engine::Process> daemon_;
  std::optional<engine::LineClient> control_;
  int commands_ = 0;
};

}  // namespace copyd::system_test
