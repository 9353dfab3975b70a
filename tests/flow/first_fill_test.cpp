// One fill of one leader becomes one order of one follower: the whole engine, step by step.
// Start here to see how the parts meet.
#include <gtest/gtest.h>

#include "rig.hpp"
#include "venue/client_order_id.hpp"

namespace copyd::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Bob holds half of what the leader holds, by MARKET orders.
RigFollower bob() {
  config::Link link;
  link.sizing = config::FixedRatio{*Ratio::parse("0.5")};
  link.order.type = config::OrderStyle::Type::market;
  return {.label = "bob", .link = link};
}

TEST(FirstFill, BecomesOneOrder) {
  Rig rig({.seed = 1, .followers = {bob()}});

  // The supervisor hands over the keys. The feed reads the leader's positions and listens; the lane
  // opens Bob's two connections and finds his position mode.
  rig.connect();
  ASSERT_TRUE(rig.run_until([&] { return rig.ready(); }, seconds(5)));
  EXPECT_TRUE(rig.account("bob").orders.empty());

  // The leader buys 2 ETH at 3,000.
  const auto trades = rig.trade(Rig::leader_label, {.symbol = rig.venue_symbol("ETHUSDT"),
                                                    .side = sim::Side::buy,
                                                    .qty = Qty::whole(2),
                                                    .fills = {{Qty::whole(2), Price::whole(3000)}}});
  ASSERT_EQ(trades.size(), 1U);

  // The event travels, the feed takes it, the copy agent decides, the lane sends: a few round trips
  // later it is done.
  ASSERT_TRUE(rig.run_until([&] { return rig.settled(1); }, seconds(1)));

  // At the venue: one MARKET order of half the size.
  const auto& orders = rig.account("bob").orders;
  ASSERT_EQ(orders.size(), 1U);
  EXPECT_EQ(orders[0].qty, Qty::whole(1));
  EXPECT_EQ(orders[0].executed, Qty::whole(1));
  EXPECT_EQ(orders[0].type, sim::OrderType::market);
  EXPECT_FALSE(orders[0].reduce_only);
  EXPECT_EQ(rig.position("bob", "ETHUSDT", sim::Leg::both), Qty::whole(1));

  // Its client order id says which fill it copies, and for whom.
  const auto own = venue::parse_client_order_id(orders[0].client_id);
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(own->attempt, 0);
  EXPECT_EQ(own->copy_id, make_copy_id({.follower = name_key("bob"),
                                        .cause = {.kind = CopyCause::Kind::fill,
                                                  .leader = name_key(Rig::leader_label),
                                                  .symbol = name_key("ETHUSDT"),
                                                  .number = trades[0]},
                                        .symbol = name_key("ETHUSDT"),
                                        .leg = static_cast<std::uint8_t>(Leg::both)}));

  // And in the book: what is wanted is what is held, and the fill was copied.
  const auto row = rig.copier().book(FollowerId{0}).row(0);
  EXPECT_EQ(row.symbol, rig.symbol("ETHUSDT"));
  EXPECT_EQ(row.target, Qty::whole(1));
  EXPECT_EQ(row.position, Qty::whole(1));
  EXPECT_EQ(row.open_orders, 0U);
  EXPECT_EQ(rig.cells(0).outcomes[static_cast<std::size_t>(Outcome::copied)].get(), 1);

  // Nothing more comes of it.
  rig.run_for(seconds(30));
  EXPECT_EQ(rig.account("bob").orders.size(), 1U);
}

}  // namespace
}  // namespace copyd::flow
