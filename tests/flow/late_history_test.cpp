// The leader's trades are listed late, he had come back to where he was, and he trades on before it
// comes to light.
//
// Then the order of things is lost: what came after was copied as if the rest had not been. The
// late trades sum to nothing and are not copied any more, so a follower whose size depends on price
// or order may hold another amount than if they had been seen in time, until the leader is flat.
// What holds: every fill was copied once or belongs to such a sum, no client order id is used twice,
// and when the leader is flat every follower is.
#include <gtest/gtest.h>

#include "checkers.hpp"

namespace copyd::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t seeds = 40;
constexpr int losses = 8;  // of a seed
constexpr seconds convergence_max{180};

std::int64_t contained(const Rig& rig) { return rig.leader_cells().contained.get(); }

bool settled(Rig& rig, const Script& script) {
  rig.run_for(seconds(1));  // a loss is noticed
  return rig.run_until(
      [&] {
        const auto fills = static_cast<std::int64_t>(script.fills().size()) - contained(rig);
        return rig.history_is_whole() && rig.settled(fills);
      },
      convergence_max);
}

// How many fills were late and are not copied.
std::int64_t play(std::uint64_t seed) {
  Script script(seed);
  Faults faults(seed);
  RigOptions options = script.options();
  faults.install(options);
  Rig rig(options);
  faults.attach(rig);
  sim::Random random(seed + 77);
  const auto pause = [&](std::uint64_t most) { rig.run_for(milliseconds(random.below(most))); };

  rig.connect();
  EXPECT_TRUE(rig.run_until([&] { return rig.ready(); }, seconds(30)));
  for (int i = 0; i < losses; ++i) {
    script.trade(rig);
    pause(2000);
    faults.strike(Fault::lagging_history);
    script.there_and_back(rig);
    for (std::uint64_t more = random.below(4); more > 0; --more) {
      pause(3000);
      script.trade(rig);
    }
    EXPECT_TRUE(settled(rig, script)) << "after loss " << i + 1;
  }
  script.close_all(rig);
  EXPECT_TRUE(settled(rig, script)) << "at the end";

  for (std::size_t follower = 0; follower < rig.options().followers.size(); ++follower)
    for (const auto& symbol : Script::symbols())
      for (const LegIndex leg : {both_leg, long_leg, short_leg})
        EXPECT_TRUE(
            rig.position(rig.options().followers[follower].label, symbol, venue_leg(leg)).is_zero())
            << symbol;
  for (const auto& breach : ids_are_used_once(rig, faults)) ADD_FAILURE() << breach;
  return contained(rig);
}

TEST(LateHistory, WhoeverTradesOnMeanwhileIsStillFollowedToTheEnd) {
  std::int64_t late = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    late += play(seed);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(late, 50) << "it hardly ever happens";
}

}  // namespace
}  // namespace copyd::flow
