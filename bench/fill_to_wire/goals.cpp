#include "bench/fill_to_wire/goals.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <algorithm>

namespace copyd::bench {
namespace {

// One goal under way: not measured until it is.
class Line {
 public:
  Line(std::string name, std::string goal)
      : goal_{.name = std::move(name), .goal = std::move(goal), .value = {}} {}
  // `most` or better.
  Goal ratio_at_most(std::int64_t value, std::int64_t base, double most) {
    const double ratio =
        static_cast<double>(value) / static_cast<double>(std::max<std::int64_t>(base, 1));
    goal_.value = fmt::format("{:.2f}", ratio);
    goal_.pass = ratio <= most;
    return goal_;
  }
  Goal ratio_at_least(std::int64_t value, std::int64_t base, double least) {
    const double ratio =
        static_cast<double>(value) / static_cast<double>(std::max<std::int64_t>(base, 1));
    goal_.value = fmt::format("{:.1f}", ratio);
    goal_.pass = ratio >= least;
    return goal_;
  }
  Goal at_most(std::int64_t ns, std::int64_t most) {
    goal_.value = fmt::format("{} us", micros(ns));
    goal_.pass = ns <= most;
    return goal_;
  }
  Goal said(std::string value, bool pass) {
    goal_.value = std::move(value);
    goal_.pass = pass;
    return goal_;
  }
  Goal not_measured(std::string why) {
    goal_.note = std::move(why);
    return goal_;
  }

 private:
  Goal goal_;
};

// What was measured of one row, or why it was not.
struct Pair {
  const Result* engine = nullptr;
  const Result* floor = nullptr;
  std::string why = "the row was not run";
};

const RowResult* row_named(const std::vector<RowResult>& rows, std::string_view name) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

Pair pair_of(const std::vector<RowResult>& rows, std::string_view name) {
  Pair pair;
  const RowResult* row = row_named(rows, name);
  if (row == nullptr) return pair;
  pair.engine = row->find("copyd");
  pair.floor = row->find("floor");
  for (const auto& result : row->results)
    if (!result.failure.empty()) pair.why = result.failure;
  return pair;
}

std::int64_t stage_p50(const std::string& stages, std::string_view stage) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::int64_t p50 = 0;
  if (parser.parse(stages).get(root) != simdjson::SUCCESS ||
      root[stage]["p50"].get(p50) != simdjson::SUCCESS)
    return 0;
  return p50;
}

void one_follower(const std::vector<RowResult>& rows, std::vector<Goal>& goals) {
  const Pair pair = pair_of(rows, "1 follower");
  Line p50("wire-to-wire p50, 1 follower, engine / floor", "<= 1.25");
  Line p99("wire-to-wire p99, 1 follower, engine / floor", "<= 1.5");
  Line own("fill-to-wire p50, 1 follower, HMAC", "<= 4 us");
  if (pair.engine == nullptr || pair.floor == nullptr) {
    for (Line* row : {&p50, &p99, &own}) goals.push_back(row->not_measured(pair.why));
    return;
  }
  goals.push_back(p50.ratio_at_most(pair.engine->first.p50, pair.floor->first.p50, 1.25));
  goals.push_back(p99.ratio_at_most(pair.engine->first.p99, pair.floor->first.p99, 1.5));
  const std::int64_t recorded = stage_p50(pair.engine->stages, "fill_to_wire");
  if (recorded == 0) return goals.push_back(own.not_measured("copyd tells no latencies"));
  Goal wire = own.at_most(recorded, 4000);
  wire.note = "until send has returned, as copyd records it";
  goals.push_back(wire);
}

void fan_out(const std::vector<RowResult>& rows, std::vector<Goal>& goals) {
  const Pair ten = pair_of(rows, "10 followers, shared connection");
  const Pair one = pair_of(rows, "1 follower");
  Line each("each further follower on a shared connection, last order", "<= 0.8 us");
  goals.push_back(ten.engine == nullptr || one.engine == nullptr
                      ? each.not_measured(ten.engine == nullptr ? ten.why : one.why)
                      : each.at_most((ten.engine->last.p50 - one.engine->last.p50) / 9, 800));
  struct Size {
    const char* own;
    const char* shared;
    const char* name;
    const char* goal;
    std::int64_t most;
  };
  for (const Size& size :
       {Size{"100 followers", "100 followers, shared connection",
             "100 followers: last order has left, p50", "<= 100 us", 100'000},
        Size{"1000 followers", "1000 followers, shared connection",
             "1000 followers, 2 lanes: last order has left, p50", "<= 1 ms", 1'000'000}}) {
    const Pair shared = pair_of(rows, size.shared);
    const Pair own = pair_of(rows, size.own);
    Line row(size.name, size.goal);
    const Result* best = shared.engine != nullptr ? shared.engine : own.engine;
    // A fill of which an order was sent again, or not answered, is not whole: few of them are left
    // out, or what is left is not the figure.
    if (best == nullptr || best->last_left.count == 0 ||
        static_cast<std::int64_t>(best->last_left.count) * 10 < best->times.fills * 9) {
      goals.push_back(
          row.not_measured(best == nullptr ? own.why : "too few fills of the journal are whole"));
      continue;
    }
    Goal goal = row.at_most(best->last_left.p50, size.most);
    goal.note = fmt::format(
        "recv to the last send, by copyd's journal, {} of {} fills; read by the venue {} us{}",
        best->last_left.count, best->times.fills, micros(best->last.p50),
        best == shared.engine ? "" : "; on connections of their own; shared: " + shared.why);
    goals.push_back(goal);
  }
}

void against_peers(const std::vector<RowResult>& rows, std::vector<Goal>& goals) {
  const RowResult* one = row_named(rows, "peers, 1 follower");
  const RowResult* ten = row_named(rows, "peers, 10 followers");
  const auto fastest = [](const RowResult* row, auto percentile) {
    const Result* best = nullptr;
    for (const char* name :
         {"official-ws", "official-rest", "binance-ws", "binance-rest", "ccxt-ws", "ccxt-rest"}) {
      const Result* bot = row != nullptr ? row->find(name) : nullptr;
      if (bot != nullptr && (best == nullptr || percentile(*bot) < percentile(*best))) best = bot;
    }
    return best;
  };
  const auto compare = [&](const char* name, const char* goal, const RowResult* row,
                           const Result* bot, auto percentile, double least) {
    Line line(name, goal);
    const Result* engine = row != nullptr ? row->find("copyd") : nullptr;
    if (engine == nullptr || bot == nullptr)
      return goals.push_back(line.not_measured("the bots were not run (--peers)"));
    Goal reached = line.ratio_at_least(percentile(*bot), percentile(*engine), least);
    reached.note = "against " + bot->copier;
    goals.push_back(reached);
  };
  const auto p50 = [](const Result& r) { return r.first.p50; };
  const auto p99 = [](const Result& r) { return r.first.p99; };
  const auto last = [](const Result& r) { return r.last.p50; };
  const auto last_p99 = [](const Result& r) { return r.last.p99; };
  compare("fastest library bot / engine, p50, 1 follower", ">= 4", one, fastest(one, p50), p50, 4);
  compare("fastest library bot / engine, p50, last of 10", ">= 4", ten, fastest(ten, last), last,
          4);
  compare("ccxt.pro over WebSocket / engine, p50, 1 follower", ">= 10", one,
          one != nullptr ? one->find("ccxt-ws") : nullptr, p50, 10);
  compare("ccxt.pro over WebSocket / engine, p50, last of 10", ">= 10", ten,
          ten != nullptr ? ten->find("ccxt-ws") : nullptr, last, 10);
  compare("fastest library bot / engine, p99, 1 follower (reported)", ">= 4", one,
          fastest(one, p99), p99, 4);
  compare("fastest library bot / engine, p99, last of 10 (reported)", ">= 4", ten,
          fastest(ten, last_p99), last_p99, 4);
}

void at_size(const std::vector<RowResult>& rows, std::vector<Goal>& goals) {
  const Pair own = pair_of(rows, "1000 followers");
  const Pair shared = pair_of(rows, "1000 followers, shared connection");
  const Result* engine = shared.engine != nullptr ? shared.engine : own.engine;
  Line memory("resident memory at 1000 followers", "<= 300 MB");
  Line ready("start to ready with 1000 followers", "<= 275 s, what 2,400 of weight a minute allow");
  if (engine == nullptr) {
    goals.push_back(memory.not_measured(own.why));
    goals.push_back(ready.not_measured(own.why));
    return;
  }
  goals.push_back(engine->resident_kib == 0
                      ? memory.not_measured("/proc tells nothing of copyd")
                      : memory.said(fmt::format("{} MB", engine->resident_kib / 1024),
                                    engine->resident_kib <= 300 * 1024));
  goals.push_back(
      ready.said(fmt::format("{}.{} s", engine->ready_ms / 1000, engine->ready_ms % 1000 / 100),
                 engine->ready_ms <= 275'000));
}

void under_attack(const std::optional<HostileResult>& hostile, std::vector<Goal>& goals) {
  Line line("hostile control clients and slow scrapers: p50 with / without", "<= 1.1");
  if (!hostile) return goals.push_back(line.not_measured("not run (--hostile)"));
  if (!hostile->failure.empty()) return goals.push_back(line.not_measured(hostile->failure));
  Goal reached = line.ratio_at_most(hostile->attacked.p50, hostile->quiet.p50, 1.1);
  if (!hostile->is_whole()) reached.pass = false;
  reached.note =
      hostile->is_whole()
          ? fmt::format("{} us / {} us", micros(hostile->attacked.p50), micros(hostile->quiet.p50))
          : "a fill was lost, a nuisance was not tried, or copyctl is not answered";
  goals.push_back(reached);
}

}  // namespace

std::vector<Goal> goals_of(const std::vector<RowResult>& rows,
                           const std::vector<BurstResult>& bursts,
                           const std::optional<HostileResult>& hostile) {
  std::vector<Goal> goals;
  one_follower(rows, goals);
  fan_out(rows, goals);
  against_peers(rows, goals);
  Line line("burst of 1,000 fills in 10 ms to 100 followers, by the ledger",
            "every position right");
  // The worst of them counts: one without the venue's order limits, one with them.
  const auto wrong = std::find_if(bursts.begin(), bursts.end(),
                                  [](const BurstResult& burst) { return !burst.is_right(); });
  const auto burst = wrong == bursts.end() ? bursts.begin() : wrong;
  if (bursts.empty()) goals.push_back(line.not_measured("not run (--burst)"));
  else if (!burst->failure.empty()) goals.push_back(line.not_measured(burst->failure));
  else if (!burst->is_whole()) goals.push_back(line.not_measured("a smaller one was run"));
  else goals.push_back(line.said(burst->words(), burst->is_right()));
  at_size(rows, goals);
  under_attack(hostile, goals);
  return goals;
}

}  // namespace copyd::bench
