#include "scenario.hpp"

#include <algorithm>
#include <iterator>

namespace copyd::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Many orders in doubt on one leg are resolved one after the other.
constexpr seconds convergence_max{600};
constexpr seconds deaf_max{100};  // a silent stream is found by asking after a minute of quiet

class Scenario {
 public:
  Scenario(std::uint64_t seed, bool trace)
      : random_(seed * 7 + 3), script_(seed), faults_(seed), rig_(options()) {
    faults_.trace(trace);
    faults_.attach(rig_);
  }

  SeedRun play() {
    rig_.connect();
    if (!rig_.run_until([&] { return rig_.ready(); }, seconds(30))) breach("it did not connect");
    // That the leader is followed is on the disk then. A power cut in the milliseconds before would
    // begin anew with the positions, as the first time.
    rig_.run_for(seconds(1));
    const std::uint64_t trades = 30 + random_.below(31);
    std::uint64_t until_check = 5 + random_.below(10);
    // Some seeds are calm, and in some everything goes wrong at once.
    constexpr std::uint64_t rarities[] = {1, 2, 3, 3, 6};
    const std::uint64_t rarity = rarities[random_.below(std::size(rarities))];
    for (std::uint64_t i = 0; i < trades && breaches_.empty(); ++i) {
      bool quiet = false;
      if (random_.below(rarity) == 0) {
        const Fault fault = faults_.draw();
        // What is under way for a day is too old to be copied.
        if (fault == Fault::passed_day) check("before a day of quiet");
        faults_.strike(fault);
        quiet = fault == Fault::lagging_history;
      }
      faults_.say("the leader trades");
      script_.trade(rig_);
      // What comes back to where it was leaves no trace but in the list. While it may still come to
      // light the leader does nothing more; late_history_test.cpp says what holds if he does.
      if (quiet) wait_for_the_history();
      pause();
      if (--until_check > 0) continue;
      until_check = 5 + random_.below(10);
      check("after trade " + std::to_string(i + 1));
    }
    check("at the end");
    // Whatever comes late must change nothing.
    rig_.run_for(seconds(20));
    check("long after the end");
    return result();
  }

 private:
  RigOptions options() {
    RigOptions made = script_.options();
    // Of each mode of the leader.
    made.leader_connections = made.seed % 4 < 2 ? 2 : 1;
    // In some seeds the venue takes so few orders that most of them wait.
    if (made.seed % 3 == 0) made.order_limits = {.per_10s = 10, .per_minute = 50};
    faults_.install(made);
    return made;
  }

  void wait_for_the_history() {
    rig_.run_for(seconds(1));  // the loss is noticed
    if (!rig_.run_until([&] { return rig_.history_is_whole(); }, convergence_max))
      breach("the leader's history is not read again");
  }

  void pause() {
    switch (random_.below(8)) {
      case 0:
      case 1:
        return;  // a burst
      case 2:
      case 3:
        return rig_.run_for(milliseconds(random_.below(50)));
      case 4:
        return rig_.run_for(milliseconds(1000 + random_.below(9000)));
      default:
        return rig_.run_for(milliseconds(random_.below(1500)));
    }
  }

  // Waits until nothing is under way, and looks.
  void check(const std::string& when) {
    if (!breaches_.empty()) return;
    const auto fills = static_cast<std::int64_t>(script_.fills().size());
    const auto done = [&] { return rig_.settled(fills); };
    const bool deaf = faults_.leader_may_be_deaf();
    bool settled = rig_.run_until(done, deaf ? deaf_max : convergence_max);
    if (!settled && deaf) {
      // Whoever trades back and forth unseen changes no position that could be noticed. The daily
      // disconnect finds it.
      faults_.strike(Fault::cut_leader_stream);
      settled = rig_.run_until(done, convergence_max);
    }
    if (!settled) breach("it does not come to rest");
    take(positions_are_on_target(rig_, script_));
    take(ids_are_used_once(rig_, faults_));
    ids_.learn(rig_, script_);
    take(nothing_is_copied_twice(rig_, script_, faults_, ids_));
    take(closes_only_close(rig_, script_, ids_));
    take(outcomes_are_whole(rig_, script_));
    for (auto& breach : breaches_) breach = when + ": " + breach;
  }

  void take(const Breaches& more) { breaches_.insert(breaches_.end(), more.begin(), more.end()); }
  void breach(const std::string& text) { breaches_.push_back(text); }

  SeedRun result() {
    SeedRun run;
    faults_.calm();
    run.digest = rig_.venue().digest();
    run.fired = faults_.fired();
    run.breaches = breaches_;
    run.deaths = rig_.deaths();
    run.unknown_ends = rig_.unknown_ends();
    run.joined = rig_.joined();
    run.deaths_mid_order = rig_.deaths_mid_order();
    run.fills = static_cast<std::int64_t>(script_.fills().size());
    for (std::size_t i = 0; i < rig_.options().followers.size(); ++i) {
      run.orders +=
          static_cast<std::int64_t>(rig_.account(rig_.options().followers[i].label).orders.size());
      if (!rig_.alive()) continue;
      for (std::size_t outcome = 0; outcome < outcome_count; ++outcome)
        run.outcomes[outcome] += rig_.cells(i).outcomes[outcome].get();
    }
    run.about = script_.describe();
    run.notices = rig_.notices();
    return run;
  }

  sim::Random random_;
  Script script_;
  Faults faults_;
  Rig rig_;
  CopyIds ids_;
  Breaches breaches_;
};

}  // namespace

SeedRun run_seed(std::uint64_t seed, bool trace) {
  return Scenario(seed, trace).play();
}

}  // namespace copyd::flow
