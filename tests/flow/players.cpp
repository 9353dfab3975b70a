#include "players.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>
#include <span>
#include <string>

#include <fmt/format.h>

#include "core/assert.hpp"

namespace copyd::flow {
namespace {

constexpr std::uint64_t progress_period = 1000;  // seeds
constexpr std::size_t processes_max = 64;

// An assertion of the engine ends the process: then at least the seed is known.
std::array<char, 64> running{};
void on_abort(int) {
  const auto written = write(STDERR_FILENO, running.data(), std::strlen(running.data()));
  static_cast<void>(written);
}

std::string told(const SeedRun& run, std::uint64_t seed, bool talks) {
  std::string text = fmt::format("flow_test --seed={}   ({})", seed, run.about);
  for (const auto& breach : run.breaches) text += "\n  " + breach;
  if (talks)
    for (const auto& notice : run.notices) text += "\n    " + notice;
  return text + "\n";
}

SeedRun play_one(std::uint64_t seed, const SeedRange& range) {
  std::snprintf(running.data(), running.size(), "flow_test --seed=%llu\n",
                static_cast<unsigned long long>(seed));
  SeedRun run = run_seed(seed, range.trace);
  if (!range.once && run_seed(seed).digest != run.digest)
    run.breaches.push_back("a second run was different");
  const std::string text = told(run, seed, range.talks);
  // One write, so that lines of several processes do not mix.
  if (!run.breaches.empty()) std::fwrite(text.data(), 1, text.size(), stderr);
  else if (range.talks) std::fwrite(text.data(), 1, text.size(), stdout);
  return run;
}

class Progress {
 public:
  explicit Progress(const SeedRange& range) : range_(range) {}
  void tell(std::uint64_t played, std::uint64_t failed) const {
    if (!range_.progress || played % progress_period != 0) return;
    const std::chrono::duration<double> past = std::chrono::steady_clock::now() - began_;
    const auto line = fmt::format("{} of {} seeds, {} failed, {:.0f} s\n", played, range_.count,
                                  failed, past.count());
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

 private:
  const SeedRange& range_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// What the processes share.
struct Board {
  std::atomic<std::uint64_t> next{0};  // from the first
  std::atomic<std::uint64_t> played{0};
  std::atomic<std::uint64_t> failed{0};
  struct Player {
    Tally tally{};
    std::uint64_t seed = 0;  // 0: none is being played
  };
  std::array<Player, processes_max> players{};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

[[noreturn]] void play_from(Board& board, Board::Player& player, const SeedRange& range,
                            const Progress& progress) {
  while (true) {
    const std::uint64_t at = board.next.fetch_add(1);
    if (at >= range.count) break;
    player.seed = range.first + at;
    const SeedRun run = play_one(player.seed, range);
    player.tally.add(run, player.seed);
    player.seed = 0;
    if (!run.breaches.empty()) board.failed.fetch_add(1);
    progress.tell(board.played.fetch_add(1) + 1, board.failed.load());
  }
  std::fflush(nullptr);
  _exit(0);
}

}  // namespace

Tally play(const SeedRange& range) {
  Tally tally;
  const Progress progress(range);
  const auto before = std::signal(SIGABRT, on_abort);
  for (std::uint64_t seed = range.first; seed < range.first + range.count; ++seed) {
    tally.add(play_one(seed, range), seed);
    progress.tell(tally.seeds, tally.failed);
  }
  std::signal(SIGABRT, before);
  return tally;
}

Tally play_in_processes(const SeedRange& range, std::size_t processes) {
  ASSERT(processes > 0 && processes <= processes_max);
  void* const shared =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT(shared != MAP_FAILED);
  Board& board = *new (shared) Board;
  const Progress progress(range);
  std::map<pid_t, Board::Player*> playing;
  const auto start = [&](Board::Player& player) {
    std::fflush(nullptr);
    const pid_t process = fork();
    ASSERT(process >= 0);
    if (process == 0) play_from(board, player, range, progress);
    playing.emplace(process, &player);
  };
  const std::span players(board.players.data(), processes);
  for (auto& player : players) start(player);
  while (!playing.empty()) {
    int status = 0;
    const auto ended = playing.extract(wait(&status));
    if (ended.empty()) continue;
    Board::Player& player = *ended.mapped();
    if (player.seed == 0) continue;
    std::fprintf(stderr, "flow_test --seed=%llu\n  the process ended: status %d\n",
                 static_cast<unsigned long long>(player.seed), status);
    ++player.tally.seeds;
    player.tally.fail(player.seed);
    player.seed = 0;
    board.failed.fetch_add(1);
    progress.tell(board.played.fetch_add(1) + 1, board.failed.load());
    start(player);
  }
  Tally sum;
  for (const auto& player : players) sum.add(player.tally);
  munmap(shared, sizeof(Board));
  return sum;
}

}  // namespace copyd::flow
