// Seeded runs of the whole engine against a venue where things go wrong: whatever happens, every
// follower ends exactly on target, and the same seed gives the same run.
//
//   flow_test                     100 seeds, or COPYD_FLOW_SEEDS
//   flow_test --seeds=N           N seeds
//   flow_test --first=N           not from seed 1 on, but from this one
//   flow_test --jobs=N            by so many processes
//   flow_test --once              each once only: whether it repeats is not looked at
//   flow_test --json              these tests alone, and what they come to as one line of JSON
//   flow_test --seed=N            one seed, with what was said about it
//   flow_test --seed=N --trace    and every frame
//
// A seed that fails is named on stderr at once.
#include <gtest/gtest.h>

#include <malloc.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "players.hpp"

namespace copyd::flow {
namespace {

struct Arguments {
  SeedRange range{};
  std::size_t jobs = 0;  // 0: in this process
  bool json = false;
};
Arguments arguments;

// Of each fault, over a thousand seeds and over a hundred.
constexpr std::uint64_t firings_needed = 100;
constexpr std::uint64_t firings_needed_of_few = 10;

TEST(Seeds, EveryFollowerEndsOnTargetAndEverySeedRepeats) {
  const SeedRange& range = arguments.range;
  const auto began = std::chrono::steady_clock::now();
  const Tally tally = arguments.jobs == 0 ? play(range) : play_in_processes(range, arguments.jobs);
  const std::chrono::duration<double> past = std::chrono::steady_clock::now() - began;
  if (arguments.json) std::printf("%s\n", json_of(tally, range.first, past.count()).c_str());
  else std::printf("%s", text_of(tally).c_str());
  EXPECT_EQ(tally.failed, 0U) << "failed: " << tally.names_of_failed();
  EXPECT_EQ(tally.seeds, range.count);
  if (range.count < 100) return;
  for (std::size_t i = 0; i < fault_count; ++i)
    EXPECT_GE(tally.fired[i], range.count >= 1000 ? firings_needed : firings_needed_of_few)
        << name_of(static_cast<Fault>(i)) << " hardly ever happens";
  EXPECT_GE(tally.joined, static_cast<std::int64_t>(range.count)) << "orders hardly ever join";
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
  SeedRange& range = arguments.range;
  if (const char* seeds = std::getenv("COPYD_FLOW_SEEDS"))
    range.count = std::strtoull(seeds, nullptr, 10);
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(values[i], "--trace") == 0) {
      range.trace = true;
    } else if (std::strcmp(values[i], "--once") == 0) {
      range.once = true;
    } else if (std::strcmp(values[i], "--json") == 0) {
      arguments.json = true;
    } else if (const auto seed = number("--seed", count, values, i)) {
      range.first = *seed;
      range.count = 1;
      range.talks = true;
    } else if (const auto seeds = number("--seeds", count, values, i)) {
      range.count = *seeds;
    } else if (const auto first = number("--first", count, values, i)) {
      range.first = *first;
    } else if (const auto jobs = number("--jobs", count, values, i); jobs && *jobs <= 64) {
      arguments.jobs = static_cast<std::size_t>(*jobs);
    } else {
      std::fprintf(stderr, "unknown argument %s\n", values[i]);
      return false;
    }
  }
  range.progress = !range.talks;
  return range.count > 0;
}

// Nothing but the JSON on stdout.
void silence() {
  GTEST_FLAG_SET(filter, "Seeds.*");
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
}

}  // namespace
}  // namespace copyd::flow

int main(int count, char** values) {
  // A start takes some twenty megabytes, thousands of times: they are kept, and not given back to
  // the system and faulted in anew.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  testing::InitGoogleTest(&count, values);
  if (!copyd::flow::read_arguments(count, values)) return 2;
  if (copyd::flow::arguments.json) copyd::flow::silence();
  return RUN_ALL_TESTS();
}
