// Floor: the least program that answers a leader's fill with its followers' orders over TLS. One
// spinning thread, raw OpenSSL, a prebuilt text with four places to patch, HMAC from kept
// midstates. No journal, no limits, no book, no second thought: what stands between it and the
// engine is what the engine costs.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace copyd::bench {

struct FloorSetup {
  std::uint16_t port = 0;
  std::string leader_key;
  std::vector<std::string> follower_keys;
  bool shared_connection = false;  // one for all followers, their orders in one record
  bool logged_on = false;          // session.logon: orders are not signed; own connections only
  int cpu = -1;                    // of its thread; -1: any
};

class Floor {
 public:
  // Connects everything. Its thread stands still, and never wakes, until resume().
  explicit Floor(const FloorSetup& setup);
  ~Floor();
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;

  void resume() noexcept { become(State::active); }
  void pause() noexcept { become(State::paused); }

 private:
  enum class State : std::uint8_t { paused, active, stopped };
  void become(State state) noexcept {
    state_ = state;
    state_.notify_all();
  }
  void run();

  const FloorSetup setup_;
  std::atomic<State> state_{State::paused};
  std::atomic<bool> ready_{false};
  std::string failure_;
  std::thread thread_;
};

}  // namespace copyd::bench
