// Leader: trades its script at the venue on a thread of its own, whatever happens to the daemon.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "engine/process.hpp"
#include "tests/system/kill_loop/script.hpp"

namespace copyd::system_test {

class Leader {
 public:
  // Throws std::runtime_error when the venue's control port does not answer.
  Leader(const std::string& control_address, std::uint64_t seed);
  ~Leader();

  // Ends with open positions on two contracts and none on the third; throws what went wrong while
  // it traded.
  void finish();
  std::int64_t fills() const;
  // Waits for a fill after those; false: there was none in time.
  bool wait_for_fill_after(std::int64_t fills, std::chrono::milliseconds within);
  // A point in time, to the part of a millisecond that the scheduler grants.
  void wait(std::chrono::microseconds time);

 private:
  void run();
  bool trade(const ScriptedTrade& trade);

  engine::LineClient venue_;
  Script script_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t fills_ = 0;
  bool stopping_ = false;
  std::string fault_;
  std::thread thread_;
};

}  // namespace copyd::system_test
