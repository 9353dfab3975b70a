#include "tally.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace copyd::flow {
namespace {

std::vector<std::uint64_t> sorted_failures(const Tally& tally) {
  const auto named = std::min<std::uint64_t>(tally.failed, Tally::named_max);
  std::vector<std::uint64_t> seeds(tally.failed_seeds.begin(),
                                   tally.failed_seeds.begin() + static_cast<std::ptrdiff_t>(named));
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

template <class Take>
void each_count(const Tally& tally, Take take) {
  for (std::size_t i = 0; i < fault_count; ++i)
    take("faults", name_of(static_cast<Fault>(i)), static_cast<std::int64_t>(tally.fired[i]));
  for (std::size_t i = 0; i < outcome_count; ++i)
    take("outcomes", copyd::name_of(static_cast<Outcome>(i)), tally.outcomes[i]);
}

}  // namespace

void Tally::add(const SeedRun& run, std::uint64_t seed) {
  ++seeds;
  if (!run.breaches.empty()) fail(seed);
  for (std::size_t i = 0; i < fault_count; ++i) fired[i] += run.fired[i];
  for (std::size_t i = 0; i < outcome_count; ++i) outcomes[i] += run.outcomes[i];
  fills += run.fills;
  orders += run.orders;
  joined += run.joined;
  deaths += run.deaths;
  deaths_mid_order += run.deaths_mid_order;
  unknown_ends.found += run.unknown_ends.found;
  unknown_ends.absent += run.unknown_ends.absent;
}

void Tally::fail(std::uint64_t seed) {
  if (failed < named_max) failed_seeds[failed] = seed;
  ++failed;
}

void Tally::add(const Tally& other) {
  const std::uint64_t named = std::min<std::uint64_t>(other.failed, named_max);
  for (std::uint64_t i = 0; i < named; ++i) fail(other.failed_seeds[i]);
  failed += other.failed - named;
  seeds += other.seeds;
  for (std::size_t i = 0; i < fault_count; ++i) fired[i] += other.fired[i];
  for (std::size_t i = 0; i < outcome_count; ++i) outcomes[i] += other.outcomes[i];
  fills += other.fills;
  orders += other.orders;
  joined += other.joined;
  deaths += other.deaths;
  deaths_mid_order += other.deaths_mid_order;
  unknown_ends.found += other.unknown_ends.found;
  unknown_ends.absent += other.unknown_ends.absent;
}

std::string Tally::names_of_failed() const {
  return fmt::format("{}", fmt::join(sorted_failures(*this), " "));
}

std::string text_of(const Tally& tally) {
  std::string text = fmt::format(
      "{} seeds, {} failed, {} leader fills, {} orders, {} of them joined; faults that fired, and "
      "outcomes:\n",
      tally.seeds, tally.failed, tally.fills, tally.orders, tally.joined);
  each_count(tally, [&](std::string_view, std::string_view name, std::int64_t count) {
    fmt::format_to(std::back_inserter(text), "  {:<24} {:>8}\n", name, count);
  });
  fmt::format_to(std::back_inserter(text),
                 "  {} deaths of the process, {} of them with an order on the wire\n"
                 "  of the orders whose fate was unknown {} were found and {} proven absent\n",
                 tally.deaths, tally.deaths_mid_order, tally.unknown_ends.found,
                 tally.unknown_ends.absent);
  return text;
}

std::string json_of(const Tally& tally, std::uint64_t first, double seconds) {
  std::string text =
      fmt::format(R"({{"first":{},"seeds":{},"failed":{},"failed_seeds":[{}],"seconds":{:.1f},)"
                  R"("fills":{},"orders":{},"joined":{},"deaths":{},"deaths_mid_order":{},)"
                  R"("unknown_found":{},"unknown_absent":{})",
                  first, tally.seeds, tally.failed, fmt::join(sorted_failures(tally), ","), seconds,
                  tally.fills, tally.orders, tally.joined, tally.deaths,
                  tally.deaths_mid_order,
                  tally.unknown_ends.found, tally.unknown_ends.absent);
  std::string_view open;
  each_count(tally, [&](std::string_view group, std::string_view name, std::int64_t count) {
    if (group != open)
      fmt::format_to(std::back_inserter(text), R"({},"{}":{{)", open.empty() ? "" : "}", group);
    fmt::format_to(std::back_inserter(text), R"({}"{}":{})", group == open ? "," : "", name, count);
    open = group;
  });
  return text + "}}";
}

}  // namespace copyd::flow
