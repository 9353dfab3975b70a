// What happens to a leader's position without his hand: a stop that is triggered, a liquidation, a
// deleveraging, the end of a contract. The followers close, and nothing opens.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "rig.hpp"

namespace copyd::flow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* symbol = "ETHUSDT";

class Forced : public ::testing::Test {
 protected:
  Forced() : rig({.seed = 1, .followers = {bob()}}) {
    rig.connect();
    EXPECT_TRUE(rig.run_until([&] { return rig.ready(); }, seconds(5)));
    // The leader buys 2; bob has 1.
    const auto trades =
        rig.trade(Rig::leader_label, {.symbol = rig.venue_symbol(symbol),
                                      .side = sim::Side::buy,
                                      .qty = Qty::whole(2),
                                      .fills = {{Qty::whole(2), Price::whole(3000)}}});
    EXPECT_EQ(trades.size(), 1U);
    EXPECT_TRUE(rig.run_until([&] { return rig.settled(1); }, seconds(5)));
    EXPECT_EQ(held(), Qty::whole(1));
  }

  static RigFollower bob() {
    config::Link link;
    link.sizing = config::FixedRatio{*Ratio::parse("0.5")};
    link.order.type = config::OrderStyle::Type::market;
    return {.label = "bob", .link = link};
  }
  Qty held() { return rig.position("bob", symbol, sim::Leg::both); }
  Qty leader_holds() { return rig.position(Rig::leader_label, symbol, sim::Leg::both); }
  sim::Exchange& exchange() {
    rig.venue().pump(rig.clock().now());
    return rig.venue().world().exchange();
  }
  VenueTime now() { return rig.venue().venue_time(rig.clock().now()); }
  // Sells all that the account holds, once the price is at 2,900.
  void place_stop(const std::string& label) {
    sim::AlgoRequest stop;
    stop.order.symbol = rig.venue_symbol(symbol);
    stop.order.side = sim::Side::sell;
    stop.order.type = sim::AlgoType::stop_market;
    stop.order.trigger = Price::whole(2900);
    stop.order.close_position = true;
    stop.order.client_id = "stop-of-" + label;
    EXPECT_TRUE(exchange().place_algo(rig.account_index(label), stop, now()).ok());
  }
  void fall() {
    exchange().set_price(rig.venue_symbol(symbol), Price::whole(2890), Price::whole(2890), now());
  }
  // Bob's position after each of his trades: never on the other side, and none opens but the first.
  void expect_only_closed() {
    Qty position;
    int openings = 0;
    for (const auto& trade : rig.account("bob").trades) {
      const bool buys = trade.side == sim::Side::buy;
      openings += buys ? 1 : 0;
      position += buys ? trade.qty : -trade.qty;
      EXPECT_GE(position.sign(), 0);
    }
    EXPECT_EQ(openings, 1);
  }
  void expect_flat(std::int64_t fills) {
    EXPECT_TRUE(leader_holds().is_zero());
    ASSERT_TRUE(rig.run_until([&] { return rig.settled(fills); }, seconds(30)));
    EXPECT_TRUE(held().is_zero());
    rig.run_for(seconds(30));
    EXPECT_TRUE(held().is_zero());
    expect_only_closed();
  }

  Rig rig;
};

TEST_F(Forced, AStopOfTheLeadersThatIsTriggeredIsAClose) {
  place_stop(Rig::leader_label);
  fall();
  expect_flat(2);
}

// Both at one price: the follower's own has closed what the copy is to close.
TEST_F(Forced, AStopOfTheFollowersOwnBesideItEndsFlatAndNotShort) {
  place_stop(Rig::leader_label);
  place_stop("bob");
  fall();
  expect_flat(2);
}

TEST_F(Forced, ALiquidationIsAClose) {
  fall();
  ASSERT_TRUE(
      exchange().liquidate(rig.account_index(Rig::leader_label), {}, std::nullopt, now()).ok());
  expect_flat(2);
}

TEST_F(Forced, ADeleveragingClosesItsShare) {
  ASSERT_TRUE(exchange()
                  .deleverage(rig.account_index(Rig::leader_label), rig.venue_symbol(symbol),
                              Qty::whole(1), std::nullopt, now())
                  .ok());
  ASSERT_TRUE(rig.run_until([&] { return rig.settled(2); }, seconds(30)));
  EXPECT_EQ(leader_holds(), Qty::whole(1));
  EXPECT_EQ(held(), *Qty::parse("0.5"));
  expect_only_closed();
}

// The venue closes everybody's, the follower's too.
TEST_F(Forced, TheEndOfAContractLeavesNobodyWithAPosition) {
  EXPECT_GE(exchange().settle(rig.venue_symbol(symbol), std::nullopt, now()), 2U);
  expect_flat(2);
}

}  // namespace
}  // namespace copyd::flow
