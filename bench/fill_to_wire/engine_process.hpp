// EngineProcess: copyd as a process of its own, with journal, limits, metrics and latency records
// on, as in production. Its configuration, key store and state are made anew in a directory, which
// is removed at the end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/fill_to_wire/last_left.hpp"
#include "engine/process.hpp"

namespace copyd::bench {

struct EngineOptions {
  std::string name = "copyd";
  std::size_t followers = 1;
  std::string threads = "shared";
  std::string idle = "spin";
  int lanes = 1;
  std::string connection = "own";
  int batch = 1;
  int leader_connections = 1;  // as many as the floor and the bots have
  bool ed25519 = false;
  int cpu = -1;  // of the thread that does it all, with "shared"; -1: any
  std::int64_t max_fill_age_ms = 2000;
  std::string directory;
};

struct VenueAddresses {
  std::string rest;
  std::string sapi;
  std::string ws_api;
  std::string streams;
  std::string ca_file;
};

// The leader's first, then the followers'.
struct EngineKey {
  std::string api_key;
  std::string secret;  // of HMAC, or a PEM
  bool pem = false;
};

class EngineProcess {
 public:
  explicit EngineProcess(EngineOptions options);
  ~EngineProcess();
  EngineProcess(const EngineProcess&) = delete;
  EngineProcess& operator=(const EngineProcess&) = delete;

  // Returns when every follower is ready, and where two connections to the leader are wanted, they
  // race; "", or why that did not come about.
  std::string start(const VenueAddresses& venue, const std::vector<EngineKey>& keys);
  std::int64_t ready_ms() const noexcept { return ready_ms_; }
  engine::Process& process() noexcept { return *process_; }
  // Waits until it has ended. process() and ask() are of no use afterwards.
  void stop();
  // Of the counted fills of these turns, how long after a fill the last order had left; stopped.
  std::vector<std::int64_t> last_left(std::span<const TurnFills> turns) const;
  // A reply of copyctl as JSON; "" when none came.
  std::string ask(const std::string& verb);
  // Members of `status` of all followers, summed: "in_flight", "orders".
  std::optional<std::int64_t> sum_of(const std::string& member);
  // How many fills were skipped, by reason: {"stale_fill":3}.
  std::string skipped();

 private:
  void write_configuration(const VenueAddresses& venue);
  bool write_keys(const std::vector<EngineKey>& keys);
  bool is_ready();

  EngineOptions options_;
  std::filesystem::path root_;
  std::optional<engine::Process> process_;
  std::int64_t ready_ms_ = 0;
};

// Of a process; 0 when it is gone.
std::int64_t resident_kib_of(pid_t pid);

}  // namespace copyd::bench
