// KillPlan: when and how the daemon is killed next, drawn from the seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace copyd::system_test {

struct Kill {
  enum class Moment : std::uint8_t {
    in_an_order,  // it is ready; a little after a fill of the leader
    at_random,    // some time after it is ready
    at_start,     // some time after it was started: it recovers
  };
  Moment moment = Moment::in_an_order;
  std::chrono::microseconds after{0};
  // The system call before which the kernel kills it, the nth of a thread; "" : as above.
  std::string system_calls;
  int nth = 0;
};

class KillPlan {
 public:
  KillPlan(std::uint64_t seed, bool inject) : random_(seed ^ 0x6b696c6c), inject_(inject) {}

  Kill next();
  // strace, in front of the daemon's own command, for a kill at its start; empty for others.
  static std::vector<std::string> tracer_of_start(const Kill& kill);
  // strace, to be attached when the daemon is ready; empty for a kill that needs none.
  static std::vector<std::string> tracer_of(const Kill& kill, int pid);
  // How long an answer of the venue takes this time.
  int delay_ms() { return static_cast<int>(draw(4, 40)); }

 private:
  std::int64_t draw(std::int64_t from, std::int64_t to);

  std::mt19937_64 random_;
  const bool inject_;
};

}  // namespace copyd::system_test
