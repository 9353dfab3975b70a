// A shadow beside followers that trade, and what a link adopts at first, through kills and power
// cuts: a shadow's paper ends where the script says and the venue never hears of it; what is
// adopted is adopted once.
#include <gtest/gtest.h>

#include "checkers.hpp"

namespace copyd::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t seeds = 60;
constexpr seconds convergence_max{300};

Rig::Death death(sim::Random& random, int deeds_max) {
  return {.deeds = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(deeds_max))),
          .before = random.below(2) == 0,
          .power_cut = random.below(3) == 0,
          .down_for = milliseconds(100 + random.below(5000))};
}

// What the book holds, by the venue's name of the leg.
Qty on_paper(const Rig& rig, std::size_t follower, const std::string& symbol, LegIndex leg) {
  const auto& book = rig.copier().book(FollowerId{static_cast<std::uint16_t>(follower)});
  for (std::size_t i = 0; i < book.rows(); ++i)
    if (book.row(i).symbol == rig.symbol(symbol) && book.row(i).leg == static_cast<Leg>(leg))
      return book.row(i).position;
  return {};
}

// The last follower is a shadow of the first one.
void play_shadow(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  Script script(seed);
  RigOptions options = script.options();
  const std::size_t shadow = options.followers.size();
  options.followers.push_back(options.followers[0]);
  options.followers[shadow].label = "sam";
  options.followers[shadow].shadow = true;
  Rig rig(options);
  sim::Random random(seed + 177);
  rig.connect();
  ASSERT_TRUE(rig.run_until([&] { return rig.ready(); }, seconds(30)));
  rig.run_for(seconds(1));
  const auto fees = [&] { return rig.cells(shadow).paper_fees.get(); };
  std::int64_t paid = 0;
  for (int i = 0; i < 20; ++i) {
    if (random.below(5) == 0) rig.doom(death(random, 30));
    script.trade(rig);
    rig.run_for(milliseconds(random.below(2000)));
    if (i % 5 != 4) continue;
    const auto fills = static_cast<std::int64_t>(script.fills().size());
    ASSERT_TRUE(rig.run_until([&] { return rig.settled(fills); }, convergence_max)) << i;
    for (std::size_t symbol = 0; symbol < Script::symbols().size(); ++symbol)
      for (const LegIndex leg : {both_leg, long_leg, short_leg})
        EXPECT_EQ(on_paper(rig, shadow, Script::symbols()[symbol], leg),
                  script.expected(0, symbol, leg))
            << "trade " << i << ", " << Script::symbols()[symbol];
    EXPECT_GE(fees(), paid) << "a restart forgets nothing";
    paid = fees();
  }
  EXPECT_TRUE(rig.account("sam").orders.empty());
  EXPECT_GT(paid, 0);
}

TEST(Shadow, EndsWhereTheScriptSaysAndTheVenueNeverHearsOfIt) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    play_shadow(seed);
    if (HasFailure()) return;
  }
}

// How often a start died while it adopted.
std::uint64_t play_adoption(std::uint64_t seed) {
  SCOPED_TRACE(seed);
  sim::Random random(seed + 277);
  config::Link link;
  link.sizing = config::FixedRatio{Ratio::from_units(50'000'000)};
  link.order.type = config::OrderStyle::Type::market;
  link.max_fill_age = milliseconds(600'000);
  link.on_start = config::OnStart::adopt;
  RigOptions options{.seed = seed, .latency = milliseconds(1 + random.below(20))};
  options.followers = {{.label = "ann", .link = link},
                       {.label = "bob", .mode = sim::PositionMode::hedge, .link = link}};
  link.on_start = config::OnStart::ignore;
  options.followers.push_back({.label = "cat", .link = link});
  Rig rig(options);
  const auto leads = [&](const char* symbol, sim::Side side, std::int64_t qty, std::int64_t price) {
    rig.trade(Rig::leader_label, {.symbol = rig.venue_symbol(symbol),
                                  .side = side,
                                  .qty = Qty::whole(qty),
                                  .fills = {{Qty::whole(qty), Price::whole(price)}}});
  };
  leads("ETHUSDT", sim::Side::buy, 4, 3000);
  leads("BTCUSDT", sim::Side::sell, 2, 60'000);
  rig.connect();
  rig.doom(death(random, 60));
  // The supervisor tells the marks about once a second.
  const auto adopted = [&] {
    return rig.ready() && rig.settled(0) &&
           rig.position("ann", "ETHUSDT", sim::Leg::both) == Qty::whole(2) &&
           rig.position("ann", "BTCUSDT", sim::Leg::both) == -Qty::whole(1) &&
           rig.position("bob", "ETHUSDT", sim::Leg::long_) == Qty::whole(2) &&
           rig.position("bob", "BTCUSDT", sim::Leg::short_) == -Qty::whole(1);
  };
  const auto live = [&](int rounds, const std::function<bool()>& done) {
    for (int i = 0; i < rounds && !done(); ++i) {
      if (rig.alive()) {
        rig.process().tell_copier(
            SetMark{.symbol = rig.symbol("ETHUSDT"), .price = Price::whole(3000)});
        rig.process().tell_copier(
            SetMark{.symbol = rig.symbol("BTCUSDT"), .price = Price::whole(60'000)});
      }
      rig.run_for(seconds(1));
    }
  };
  live(120, adopted);
  EXPECT_TRUE(adopted());
  // And at no start after that.
  for (int i = 0; i < 2; ++i) {
    rig.doom(death(random, 20));
    live(20, [] { return false; });
    EXPECT_TRUE(rig.run_until(adopted, convergence_max)) << "start " << i;
  }
  EXPECT_TRUE(rig.account("cat").orders.empty());
  for (const char* who : {"ann", "bob"}) {
    Qty traded;
    for (const auto& trade : rig.account(who).trades) traded += trade.qty;
    EXPECT_EQ(traded, Qty::whole(3)) << who;
  }
  return rig.deaths();
}

TEST(Adoption, HappensOnceWhateverDiesMeanwhile) {
  std::uint64_t deaths = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deaths += play_adoption(seed);
    if (HasFailure()) return;
  }
  EXPECT_GT(deaths, seeds);
}

}  // namespace
}  // namespace copyd::flow
