// The matrix: rows of followers, gaps, threads and keys; in each row the engine, the floor
// responder and, where they take part, the bots, all on one venue, measured in blocks by turns, so
// that what the machine does meanwhile happens to all of them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "bench/fill_to_wire/copier.hpp"
#include "bench/fill_to_wire/statistics.hpp"

namespace copyd::bench {

struct Row {
  std::string name;
  EngineOptions engine;
  std::chrono::microseconds gap{2000};
  int fills = 1000;       // of each copier
  bool peers = false;     // the bots take part
  int peer_fills = 1000;  // of each bot
};

struct Result {
  std::string copier;
  std::string failure;  // it was not measured, and why
  FillTimes times;
  Percentiles first;
  Percentiles last;
  Percentiles first_scheduled;
  Percentiles last_scheduled;
  Percentiles writing;
  // The engine's, by its journal: the fill's `recv` has returned → the `send` of its last order
  // has.
  Percentiles last_left;
  std::string stages = "{}";
  std::string first_words = "{}";  // of the engine, warming up included
  std::int64_t resident_kib = 0;
  std::int64_t ready_ms = 0;
};

struct RowResult {
  Row row;
  std::vector<Result> results;  // the floor first, then the engine, then the bots

  // Null when it was not measured.
  const Result* find(const std::string& copier) const;
};

enum class Extent { smoke, quick, full };
std::vector<Row> rows_of(Extent extent, bool peers);

// `directory`: where the engine keeps its state. `cpu`: of the copiers' threads.
RowResult run_row(BenchVenue& venue, const Row& row, const std::string& directory, int cpu);

}  // namespace copyd::bench
