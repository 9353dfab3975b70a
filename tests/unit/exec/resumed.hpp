// Orders of an earlier run, as a start hands them to a lane.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lane_rig.hpp"

namespace copyd::exec::test {

inline std::string client_id(const OrderTerms& t, std::uint8_t attempt) {
  return std::string(venue::client_order_id(t.copy_id, attempt).view());
}

class Resumed : public ::testing::Test {
 protected:
  OrderTerms terms(OrderKind kind, Side side, const char* quantity) {
    auto t = rig.terms(kind, side, quantity);
    t.expires = rig.clock.now() + seconds(600);
    return t;
  }
  OrderTerms doubtful(OrderKind kind, Side side, std::uint8_t attempt, std::uint8_t doubts) {
    auto t = terms(kind, side, "2");
    t.attempt = attempt;
    t.doubts = doubts;
    return t;
  }
  void expect(const char* quantity) {
    rig.commands.try_push(
        LaneCommand{ExpectPosition{LaneRig::id(0), rig.btc, Leg::both, qty(quantity)}});
  }
  void position(const char* amount) {
    rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {amount, rig.venue.now_ms() - 60'000};
  }
  void at_venue(const OrderTerms& t, std::uint8_t attempt, const char* status,
                const char* executed) {
    rig.venue.accounts[0].orders[client_id(t, attempt)] = {.status = status, .executed = executed};
  }
  // The follower's stream, that the first attempt of a buy has filled.
  void stream_tells_of_the_first(const OrderTerms& t) {
    Placed order;
    order.account = 0;
    order.client_order_id = client_id(t, 0);
    order.symbol = "BTCUSDT", order.side = "BUY", order.leg = "BOTH", order.quantity = "2";
    rig.venue.placed.push_back(order);
    rig.venue.fill(0, "2", "FILLED");
    rig.step();
  }
  // As a start does it: what is held, the key, and the orders, all before the lane runs.
  void start(const OrderTerms& t) {
    rig.add(0, hmac_key(0));
    rig.push(t);
  }
  void start_with(const std::vector<OrderTerms>& all) {
    rig.add(0, hmac_key(0));
    for (const auto& t : all) EXPECT_TRUE(rig.orders.try_push(TestApproval::order(t)));
    rig.step();
  }
  OrderDone done_of(const OrderTerms& t) const {
    for (const auto& done : rig.all<OrderDone>())
      if (done.ref == t.ref) return done;
    ADD_FAILURE() << "it is not told";
    return {};
  }
  void run_until_placed() {
    for (int i = 0; i < 30 && placed() == 0; ++i) rig.run(seconds(1));
  }
  std::size_t placed() const { return rig.venue.placed.size(); }
  LaneRig rig;
};

}  // namespace copyd::exec::test
