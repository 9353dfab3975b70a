// HostileClients: a thread for each way of being a nuisance to the control socket and to the
// metrics page. They rest until they are let loose, and hold no connection while they rest.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace copyd::bench {

class HostileClients {
 public:
  // `cpu`: where none of them runs; -1: anywhere.
  HostileClients(std::string control_socket, std::uint16_t http_port, int cpu);
  ~HostileClients();
  HostileClients(const HostileClients&) = delete;
  HostileClients& operator=(const HostileClients&) = delete;

  void let_loose();
  void rest();

  struct Counters {
    std::atomic<std::int64_t> floods{0};
    std::atomic<std::int64_t> flood_bytes{0};
    std::atomic<std::int64_t> crowd_refused{0};
    std::atomic<std::int64_t> crowd_held{0};
    std::atomic<std::int64_t> dribbled{0};
    std::atomic<std::int64_t> nonsense{0};
    std::atomic<std::int64_t> scrapes{0};
  };
  const Counters& counters() const noexcept { return counters_; }

 private:
  bool loose() const noexcept { return state_.load(std::memory_order_acquire) == State::loose; }
  void run(int cpu, void (HostileClients::*nuisance)());
  // Each returns when it may no longer.
  void flood();
  void crowd();
  void dribble();
  void babble();
  void scrape();

  enum class State : std::uint8_t { resting, loose, ending };
  const std::string control_;
  const std::uint16_t http_port_;
  std::atomic<State> state_{State::resting};
  Counters counters_;
  std::vector<std::thread> threads_;
};

}  // namespace copyd::bench
