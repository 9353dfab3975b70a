// Tally: what the runs of many seeds come to. No pointer is in it, so that it can stand in memory
// that processes share.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "scenario.hpp"

namespace copyd::flow {

struct Tally {
  static constexpr std::size_t named_max = 1024;

  std::uint64_t seeds = 0;
  std::uint64_t failed = 0;
  std::array<std::uint64_t, named_max> failed_seeds{};  // the first of them
  Fired fired{};
  std::array<std::int64_t, outcome_count> outcomes{};
  std::int64_t fills = 0;
  std::int64_t orders = 0;
  std::int64_t joined = 0;  // of them, those that left for others as well
  std::uint64_t deaths = 0;
  std::uint64_t deaths_mid_order = 0;
  Process::UnknownEnds unknown_ends{};

  void add(const SeedRun& run, std::uint64_t seed);
  void fail(std::uint64_t seed);
  void add(const Tally& other);
  // Sorted, a blank between two.
  std::string names_of_failed() const;
};

// For people, and for programs: one object in one line.
std::string text_of(const Tally& tally);
std::string json_of(const Tally& tally, std::uint64_t first, double seconds);

}  // namespace copyd::flow
