#include "bench/fill_to_wire/matrix.hpp"

#include <algorithm>
#include <cstdio>

namespace copyd::bench {
namespace {

using namespace std::chrono_literals;

// One copier's turn.
constexpr std::chrono::microseconds block_time = 500ms;
constexpr int block_fills_min = 4;

EngineOptions engine_of(std::size_t followers, std::string threads = "shared") {
  EngineOptions options;
  options.followers = followers;
  options.lanes = threads == "shared" && followers < 1000 ? 1 : 2;
  options.threads = std::move(threads);
  return options;
}

Row row_of(std::string name, EngineOptions engine, std::chrono::microseconds gap, int fills) {
  return {.name = std::move(name), .engine = std::move(engine), .gap = gap, .fills = fills};
}

EngineOptions shared_connection(EngineOptions options) {
  options.connection = "shared";
  options.batch = 16;
  return options;
}

EngineOptions logged_on(EngineOptions options) {
  options.ed25519 = true;
  return options;
}

EngineOptions backing_off(EngineOptions options) {
  options.idle = "backoff";
  return options;
}

EngineOptions racing(EngineOptions options) {
  options.leader_connections = 2;
  return options;
}

struct Turn {
  std::unique_ptr<Copier> copier;
  Result result;
  int fills = 0;
  std::vector<TurnFills> taken{};
};

Turn turn_of(Started started, std::string name, int fills) {
  Turn turn{.copier = std::move(started.copier), .result = {}, .fills = fills};
  turn.result.copier = std::move(name);
  turn.result.failure = std::move(started.failure);
  if (!turn.result.failure.empty())
    std::fprintf(stderr, "  %s: not measured: %s\n", turn.result.copier.c_str(),
                 turn.result.failure.c_str());
  return turn;
}

std::vector<Turn> start_all(BenchVenue& venue, const Row& row, const std::string& directory,
                            int cpu) {
  std::vector<Turn> turns;
  const std::size_t followers = row.engine.followers;
  const bool shared = row.engine.connection != "own" && followers > 1;
  turns.push_back(turn_of(start_floor(venue, {.followers = followers,
                                              .shared_connection = shared,
                                              .logged_on = row.engine.ed25519,
                                              .cpu = cpu}),
                          "floor", row.fills));
  EngineOptions engine = row.engine;
  engine.directory = directory + "/engine";
  engine.cpu = cpu;
  turns.push_back(turn_of(start_engine(venue, engine), engine.name, row.fills));
  if (!row.peers) return turns;
  for (const char* client : {"official", "binance", "ccxt"})
    for (const char* way : {"ws", "rest"})
      turns.push_back(
          turn_of(start_peer(venue, {.client = client, .way = way, .followers = followers}),
                  std::string(client) + "-" + way, row.peer_fills));
  return turns;
}

// One block of the copier; false when it has had all its fills.
bool take_turn(BenchVenue& venue, const Row& row, Turn& turn) {
  const auto done = static_cast<int>(turn.result.times.fills);
  if (!turn.copier || done >= turn.fills) return false;
  const auto fills = std::max(static_cast<int>(block_time / row.gap), block_fills_min);
  const Block block{.group = turn.copier->group(),
                    .fills = std::min(fills, turn.fills - done),
                    .warm_up = std::clamp(fills / 8, 2, 50),
                    .gap = row.gap};
  turn.copier->resume();
  turn.result.times.add(venue.run(block));
  turn.copier->pause();
  turn.taken.push_back({.warm_up = static_cast<std::size_t>(block.warm_up),
                        .counted = static_cast<std::size_t>(block.fills)});
  return true;
}

void conclude(Turn& turn) {
  Result& result = turn.result;
  if (!turn.copier) return;
  turn.copier->resume();
  result.stages = turn.copier->stages();
  result.first_words = turn.copier->first_words();
  result.resident_kib = turn.copier->resident_kib();
  result.ready_ms = turn.copier->ready_ms();
  result.last_left = percentiles_of(turn.copier->end_and_last_left(turn.taken));
  turn.copier.reset();
  result.first = percentiles_of(result.times.first);
  result.last = percentiles_of(result.times.last);
  result.first_scheduled = percentiles_of(result.times.first_scheduled);
  result.last_scheduled = percentiles_of(result.times.last_scheduled);
  result.writing = percentiles_of(result.times.writing);
}

}  // namespace

const Result* RowResult::find(const std::string& copier) const {
  for (const auto& result : results)
    if (result.copier == copier && result.failure.empty() && result.first.count != 0)
      return &result;
  return nullptr;
}

std::vector<Row> rows_of(Extent extent, bool peers) {
  constexpr const char* race = "1 follower, two leader connections";
  if (extent == Extent::smoke)
    return {row_of("1 follower", backing_off(engine_of(1)), 1ms, 300),
            row_of(race, racing(backing_off(engine_of(1))), 1ms, 300)};
  const bool full = extent == Extent::full;
  const auto size = [&](int in_full, int in_quick) { return full ? in_full : in_quick; };
  std::vector<Row> rows{
      row_of("1 follower", engine_of(1), 2ms, size(100'000, 6'000)),
      row_of("1 follower, 300 us apart", engine_of(1), 300us, size(100'000, 10'000)),
      row_of("1 follower, logged on (Ed25519)", logged_on(engine_of(1)), 300us,
             size(100'000, 10'000)),
      row_of(race, racing(engine_of(1)), 300us, size(100'000, 4'000)),
      row_of("1 follower, dedicated threads", engine_of(1, "dedicated"), 300us,
             size(100'000, 5'000)),
      row_of("1 follower, backing off", backing_off(engine_of(1)), 300us, size(100'000, 5'000)),
      row_of("1 follower, 20 ms of idleness", engine_of(1), 20ms, size(1'000, 200)),
      row_of("10 followers", engine_of(10), 2ms, size(5'000, 1'000)),
      row_of("10 followers, shared connection", shared_connection(engine_of(10)), 2ms,
             size(5'000, 1'000)),
      row_of("100 followers", engine_of(100), 20ms, size(1'000, 100)),
      row_of("100 followers, shared connection", shared_connection(engine_of(100)), 20ms,
             size(1'000, 100)),
      row_of("1000 followers", engine_of(1000), 200ms, size(150, 15)),
      row_of("1000 followers, shared connection", shared_connection(engine_of(1000)), 200ms,
             size(150, 15))};
  if (!peers) return rows;
  for (const std::size_t followers : {std::size_t{1}, std::size_t{10}}) {
    Row row = row_of(followers == 1 ? "peers, 1 follower" : "peers, 10 followers",
                     engine_of(followers), followers == 1 ? 2ms : 10ms, size(5'000, 600));
    row.peers = true;
    row.engine.connection = "auto";  // as a user has it who sets nothing
    row.engine.batch = 8;
    row.peer_fills = followers == 1 ? size(5'000, 600) : size(1'000, 150);
    row.fills = row.peer_fills;
    rows.push_back(std::move(row));
  }
  return rows;
}

RowResult run_row(BenchVenue& venue, const Row& row, const std::string& directory, int cpu) {
  std::vector<Turn> turns = start_all(venue, row, directory, cpu);
  // The floor is measured where the engine cannot be: so one sees what there is to gain.
  bool more = true;
  while (more) {
    more = false;
    for (auto& turn : turns) more |= take_turn(venue, row, turn);
  }
  RowResult result{.row = row, .results = {}};
  for (auto& turn : turns) {
    conclude(turn);
    result.results.push_back(std::move(turn.result));
  }
  return result;
}

}  // namespace copyd::bench
