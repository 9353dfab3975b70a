// A leader who fills hundreds of times at once, and a venue that takes few orders: what waits
// leaves together, within the limits, and the sum is right to a step.
#include <gtest/gtest.h>

#include "rig.hpp"

namespace copyd::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int fills = 200;
constexpr int fills_of_an_order = 10;
constexpr milliseconds burst{300};
constexpr std::size_t orders_per_10s = 50;

RigFollower bob() {
  config::Link link;
  link.sizing = config::FixedRatio{*Ratio::parse("0.5")};
  link.order.type = config::OrderStyle::Type::market;
  link.max_fill_age = milliseconds(600'000);
  return {.label = "bob", .link = link};
}

// 200 partial fills of 0.102 within 300 ms: 0.051 each here.
void trade(Rig& rig, sim::Side side) {
  constexpr int orders = fills / fills_of_an_order;
  for (int i = 0; i < orders; ++i) {
    const std::vector<sim::Fill> parts(fills_of_an_order,
                                       {*Qty::parse("0.102"), Price::whole(3000)});
    const auto trades = rig.trade(Rig::leader_label, {.symbol = rig.venue_symbol("ETHUSDT"),
                                                      .side = side,
                                                      .qty = *Qty::parse("1.02"),
                                                      .fills = parts});
    ASSERT_EQ(trades.size(), static_cast<std::size_t>(fills_of_an_order));
    rig.run_for(burst / orders);
  }
}

// The most orders within any ten seconds.
std::size_t busiest(const std::vector<sim::Order>& orders) {
  std::size_t most = 0;
  for (std::size_t first = 0, i = 0; i < orders.size(); ++i) {
    while (orders[i].created.ms - orders[first].created.ms >= 10'000) ++first;
    most = std::max(most, i + 1 - first);
  }
  return most;
}

TEST(Burst, TwoHundredFillsLeaveWithinTheLimitsAndSumUpToAStep) {
  Rig rig({.seed = 1,
           .followers = {bob()},
           .order_limits = {.per_10s = orders_per_10s, .per_minute = 4 * orders_per_10s}});
  rig.connect();
  ASSERT_TRUE(rig.run_until([&] { return rig.ready(); }, seconds(5)));

  trade(rig, sim::Side::buy);
  ASSERT_TRUE(rig.run_until([&] { return rig.settled(fills); }, seconds(60)));
  EXPECT_EQ(rig.position("bob", "ETHUSDT", sim::Leg::both), *Qty::parse("10.2"));
  const std::size_t opened = rig.account("bob").orders.size();
  EXPECT_LT(opened, fills / 2) << "hardly any left together";
  EXPECT_GT(rig.joined(), 0);

  trade(rig, sim::Side::sell);
  ASSERT_TRUE(rig.run_until([&] { return rig.settled(2 * fills); }, seconds(120)));
  EXPECT_TRUE(rig.position("bob", "ETHUSDT", sim::Leg::both).is_zero());
  EXPECT_LE(busiest(rig.account("bob").orders), orders_per_10s);

  EXPECT_EQ(rig.cells(0).outcomes[static_cast<std::size_t>(Outcome::copied)].get(), 2 * fills);
  EXPECT_EQ(rig.link(0).venue_code.get(), 0) << "the venue refused something";
}

// Most of two hundred wait, some have left, and of two of those nobody knows what became of them.
TEST(Burst, AFlattenInTheMidstOfItEndsFlatAndNothingOpensAfterIt) {
  Rig rig({.seed = 2,
           .followers = {bob()},
           .order_limits = {.per_10s = orders_per_10s, .per_minute = 4 * orders_per_10s}});
  rig.connect();
  ASSERT_TRUE(rig.run_until([&] { return rig.ready(); }, seconds(5)));
  auto& venue_faults = rig.venue().world().protocol().faults(rig.account_index("bob"));
  venue_faults.rejection = {
      .code = -1007, .message = "Timeout waiting for response from backend server.", .status = 408};
  venue_faults.rejections = 2;

  trade(rig, sim::Side::buy);
  EXPECT_GT(rig.copier().in_flight(), 0U);
  rig.process().tell_copier(Flatten{.follower = FollowerId{0}});
  rig.run_for(milliseconds(5));  // what left until now may still be under way
  const auto since = rig.venue().venue_time(rig.clock().now());

  ASSERT_TRUE(rig.run_until([&] { return rig.settled(fills); }, seconds(120)));
  EXPECT_TRUE(rig.position("bob", "ETHUSDT", sim::Leg::both).is_zero());
  for (const auto& order : rig.account("bob").orders)
    EXPECT_TRUE(order.side == sim::Side::sell || order.created <= since) << order.client_id;
  EXPECT_EQ(rig.cells(0).state.get(), static_cast<std::int64_t>(FollowerState::halted));

  // He buys once more, and nobody follows.
  const std::size_t orders = rig.account("bob").orders.size();
  trade(rig, sim::Side::buy);
  ASSERT_TRUE(rig.run_until([&] { return rig.settled(2 * fills); }, seconds(120)));
  EXPECT_EQ(rig.account("bob").orders.size(), orders);
}

}  // namespace
}  // namespace copyd::flow
