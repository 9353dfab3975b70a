// Seeded runs of the whole engine against a venue where things go wrong: whatever happens, every
// follower ends exactly on target, and the same seed gives the same run.
//
//   flow_test                 100 seeds, or COPYD_FLOW_SEEDS
//   flow_test --seeds=N       the first N seeds
//   flow_test --seed=N        one seed, with what was said about it
//   flow_test --seed=N --trace    and every frame
#include <gtest/gtest.h>

#include <unistd.h>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "scenario.hpp"

namespace copyd::flow {
namespace {

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t count = 100;
  bool one = false;
  bool trace = false;
};
Arguments arguments;

// Of each fault, over a thousand seeds and over a hundred.
constexpr std::uint64_t firings_needed = 100;
constexpr std::uint64_t firings_needed_of_few = 10;
constexpr std::size_t failures_shown = 10;

// An assertion of the engine ends the process: then at least the seed is known.
std::array<char, 64> running{};
void on_abort(int) {
  const auto written = write(STDERR_FILENO, running.data(), std::strlen(running.data()));
  static_cast<void>(written);
}

std::string told(const SeedRun& run, std::uint64_t seed) {
  std::string text = "flow_test --seed=" + std::to_string(seed) + "   (" + run.about + ")";
  for (const auto& breach : run.breaches) text += "\n  " + breach;
  if (arguments.one)
    for (const auto& notice : run.notices) text += "\n    " + notice;
  return text;
}

void print(const Fired& fired, const std::array<std::int64_t, outcome_count>& outcomes) {
  for (std::size_t i = 0; i < fault_count; ++i)
    std::printf("  %-24s %8llu\n", std::string(name_of(static_cast<Fault>(i))).c_str(),
                static_cast<unsigned long long>(fired[i]));
  for (std::size_t i = 0; i < outcome_count; ++i)
    std::printf("  %-24s %8lld\n", std::string(copyd::name_of(static_cast<Outcome>(i))).c_str(),
                static_cast<long long>(outcomes[i]));
}

TEST(Seeds, EveryFollowerEndsOnTargetAndEverySeedRepeats) {
  Fired fired{};
  std::array<std::int64_t, outcome_count> outcomes{};
  std::int64_t fills = 0;
  std::int64_t orders = 0;
  std::size_t failed = 0;
  std::uint64_t deaths = 0;
  std::uint64_t deaths_mid_order = 0;
  Process::UnknownEnds unknown_ends;
  std::signal(SIGABRT, on_abort);
  for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.count; ++seed) {
    std::snprintf(running.data(), running.size(), "flow_test --seed=%llu\n",
                  static_cast<unsigned long long>(seed));
    const SeedRun run = run_seed(seed, arguments.trace);
    SeedRun again = run_seed(seed);
    if (run.digest != again.digest) again.breaches.push_back("a second run was different");
    else again.breaches = run.breaches;
    if (!again.breaches.empty() && ++failed <= failures_shown) ADD_FAILURE() << told(again, seed);
    else if (arguments.one) std::printf("%s\n", told(run, seed).c_str());
    for (std::size_t i = 0; i < fault_count; ++i) fired[i] += run.fired[i];
    for (std::size_t i = 0; i < outcome_count; ++i) outcomes[i] += run.outcomes[i];
    fills += run.fills;
    deaths += run.deaths;
    deaths_mid_order += run.deaths_mid_order;
    unknown_ends.found += run.unknown_ends.found;
    unknown_ends.absent += run.unknown_ends.absent;
    orders += run.orders;
  }
  std::signal(SIGABRT, SIG_DFL);
  std::printf(
      "%llu seeds, %zu failed, %lld leader fills, %lld orders; faults that fired, and "
      "outcomes:\n",
      static_cast<unsigned long long>(arguments.count), failed, static_cast<long long>(fills),
      static_cast<long long>(orders));
  print(fired, outcomes);
  std::printf("  %llu deaths of the process, %llu of them with an order on the wire\n",
              static_cast<unsigned long long>(deaths),
              static_cast<unsigned long long>(deaths_mid_order));
  std::printf("  of the orders whose fate was unknown %lld were found and %lld proven absent\n",
              static_cast<long long>(unknown_ends.found),
              static_cast<long long>(unknown_ends.absent));
  if (arguments.count < 100) return;
  for (std::size_t i = 0; i < fault_count; ++i)
    EXPECT_GE(fired[i], arguments.count >= 1000 ? firings_needed : firings_needed_of_few)
        << name_of(static_cast<Fault>(i)) << " hardly ever happens";
}

// "--name=7" or "--name 7"; moves on over what it took.
std::optional<std::uint64_t> number(std::string_view name, int count, char** values, int& at) {
  std::string_view text = values[at];
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  if (text.starts_with("=")) text.remove_prefix(1);
  else if (text.empty() && at + 1 < count) text = values[++at];
  else return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ptr != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool read_arguments(int count, char** values) {
  if (const char* seeds = std::getenv("COPYD_FLOW_SEEDS"))
    arguments.count = std::strtoull(seeds, nullptr, 10);
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(values[i], "--trace") == 0) {
      arguments.trace = true;
    } else if (const auto seed = number("--seed", count, values, i)) {
      arguments.first = *seed;
      arguments.count = 1;
      arguments.one = true;
    } else if (const auto seeds = number("--seeds", count, values, i)) {
      arguments.count = *seeds;
    } else if (const auto first = number("--first", count, values, i)) {
      arguments.first = *first;
    } else {
      std::fprintf(stderr, "unknown argument %s\n", values[i]);
      return false;
    }
  }
  return arguments.count > 0;
}

}  // namespace
}  // namespace copyd::flow

int main(int count, char** values) {
  testing::InitGoogleTest(&count, values);
  if (!copyd::flow::read_arguments(count, values)) return 2;
  return RUN_ALL_TESTS();
}
