#include "tests/system/kill_loop/kill_plan.hpp"

#include <array>

#include <fmt/format.h>

namespace copyd::system_test {
namespace {

// What happens between a fill and its acknowledgement, and in recovery, with about how often one
// thread does it: from its start until it is ready, and with the next few fills. Sockets are
// polled, so most reads carry nothing.
struct CallSet {
  const char* calls;
  int most_at_start;
  int most_later;
};
constexpr std::array<CallSet, 6> call_sets{{{"pwrite64", 120, 12},
                                            {"sendto,sendmsg,write,writev", 60, 12},
                                            {"recvfrom,recvmsg,read,readv", 400, 3000},
                                            {"rename,renameat,renameat2,unlink,unlinkat", 4, 2},
                                            {"fsync,fdatasync", 12, 12},
                                            {"fallocate,ftruncate,openat", 60, 2}}};

std::vector<std::string> tracer(const Kill& kill, std::vector<std::string> how) {
  std::vector<std::string> arguments{
      "/usr/bin/strace",
      "-f",
      "-qqq",
      "-o",
      "/dev/null",
      "-e",
      fmt::format("trace={}", kill.system_calls),
      "-e",
      fmt::format("inject={}:signal=KILL:when={}", kill.system_calls, kill.nth)};
  arguments.insert(arguments.end(), how.begin(), how.end());
  return arguments;
}

}  // namespace

std::int64_t KillPlan::draw(std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(to - from + 1));
}

Kill KillPlan::next() {
  Kill kill;
  const auto kind = draw(0, 99);
  if (kind < 60) {
    kill.moment = Kill::Moment::in_an_order;
    kill.after = std::chrono::microseconds(draw(0, 25'000));
  } else if (kind < 72) {
    kill.moment = Kill::Moment::at_random;
    kill.after = std::chrono::microseconds(draw(0, 400'000));
  } else {
    kill.moment = Kill::Moment::at_start;
    kill.after = std::chrono::microseconds(draw(5'000, 600'000));
  }
  if (inject_) {
    const auto& set = call_sets[static_cast<std::size_t>(draw(0, call_sets.size() - 1))];
    kill.system_calls = set.calls;
    const bool at_start = kill.moment == Kill::Moment::at_start;
    kill.nth = static_cast<int>(draw(1, at_start ? set.most_at_start : set.most_later));
  }
  return kill;
}

// As a grandchild, so that the daemon is our own child and what ends is the daemon.
std::vector<std::string> KillPlan::tracer_of_start(const Kill& kill) {
  if (kill.system_calls.empty() || kill.moment != Kill::Moment::at_start) return {};
  return tracer(kill, {"-D"});
}

std::vector<std::string> KillPlan::tracer_of(const Kill& kill, int pid) {
  if (kill.system_calls.empty() || kill.moment == Kill::Moment::at_start) return {};
  return tracer(kill, {"-p", std::to_string(pid)});
}

}  // namespace copyd::system_test
