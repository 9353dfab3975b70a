// A close that leaves late, after orders decided behind it have traded: it takes what it was
// decided to take, and nothing of theirs.
#include <gtest/gtest.h>

#include "lane_rig.hpp"

namespace copyd::exec::test {
namespace {

class LateClose : public ::testing::Test {
 protected:
  LateClose() { rig.ready(); }

  // Of a close of 3, decided for 2 that are held and 1 that is still to be opened (the second order
  // placed), 1 is done; the rest goes again in 200 ms.
  OrderTerms close_in_part(const char* held = "2") {
    rig.hold(held);
    buy();
    const auto close = rig.close("3");
    rig.venue.answer(2, "EXPIRED", "1");
    rig.step();
    EXPECT_EQ(placed(), 3U);
    return close;
  }
  void never_opens() {
    rig.venue.refuse(1, 400, -2019, "Margin is insufficient.");
    rig.step();
  }
  void buy() {
    auto t = rig.terms(OrderKind::increase, Side::buy, "1");
    t.expires = rig.clock.now() + seconds(600);
    rig.push(t);
  }
  // Decided behind the close.
  void open_one_more() {
    buy();
    ASSERT_EQ(placed(), 4U);
    rig.fill_last("1");
  }
  OrderDone done(const OrderTerms& order) const {
    for (const auto& one : rig.all<OrderDone>())
      if (one.ref == order.ref) return one;
    ADD_FAILURE() << "it is not told";
    return {};
  }
  std::size_t placed() const { return rig.venue.placed.size(); }
  const std::string& last_quantity() const { return rig.venue.placed.back().quantity; }
  LaneRig rig;
};

TEST_F(LateClose, IsCutToWhatALaterOrderHasNotOpened) {
  const auto close = close_in_part();
  never_opens();
  open_one_more();
  rig.run(milliseconds(205));
  ASSERT_EQ(placed(), 5U);
  EXPECT_EQ(last_quantity(), "1") << "2 are held, of which 1 is not its own";
  rig.fill_last("1");
  EXPECT_EQ(done(close).end, OrderEnd::executed);
  EXPECT_EQ(done(close).filled, Qty::whole(2));
}

// What it was cut by will never be its to close, so it waits for nothing that may come.
TEST_F(LateClose, IsDoneWhenItHasFilledWhatItWasCutTo) {
  const auto close = close_in_part();
  never_opens();
  open_one_more();
  ASSERT_EQ(placed(), 5U);
  rig.venue.refuse(4, 503, -1008, "overloaded");
  rig.step();
  buy();
  ASSERT_EQ(placed(), 6U);
  rig.run(milliseconds(205));
  ASSERT_EQ(placed(), 7U);
  EXPECT_EQ(last_quantity(), "1");
  rig.fill_last("1");
  EXPECT_EQ(done(close).filled, Qty::whole(2));
}

TEST_F(LateClose, WithNothingLeftIsDoneWithWhatItFilled) {
  const auto close = close_in_part("1");
  never_opens();
  open_one_more();
  rig.run(seconds(5));
  EXPECT_EQ(placed(), 4U);
  EXPECT_EQ(done(close).end, OrderEnd::executed);
  EXPECT_EQ(done(close).filled, Qty::whole(1));
}

TEST_F(LateClose, WaitsForWhatAnEarlierOrderMayStillOpen) {
  close_in_part();
  open_one_more();
  rig.run(seconds(2));
  EXPECT_EQ(placed(), 4U);
  rig.venue.answer(1, "FILLED", "1");
  rig.step();
  ASSERT_EQ(placed(), 5U);
  EXPECT_EQ(last_quantity(), "2") << "3 are held, of which 1 is not its own";
}

TEST_F(LateClose, GoesWholeWhereNothingWasOpenedBehindIt) {
  close_in_part();
  rig.venue.answer(1, "FILLED", "1");
  rig.run(milliseconds(205));
  ASSERT_EQ(placed(), 4U);
  EXPECT_EQ(last_quantity(), "2");
}

// Its attempt was in doubt while one more was opened, and the same was closed again.
TEST_F(LateClose, IsNotCutForWhatALaterCloseHasTakenAgain) {
  rig.hold("2");
  rig.run(seconds(3));
  rig.close("2");
  rig.venue.refuse(1, 408, -1007, "Timeout");
  rig.step();
  buy();
  rig.fill_last("1");
  rig.close("1");
  rig.fill_last("1");
  ASSERT_EQ(placed(), 4U);
  rig.venue.accounts[0].positions[{"BTCUSDT", "BOTH"}] = {"2", rig.venue.now_ms()};
  for (int i = 0; i < 15 && placed() == 4; ++i) rig.run(seconds(1));
  ASSERT_EQ(placed(), 5U);
  EXPECT_EQ(rig.venue.placed[4].side, "SELL");
  EXPECT_EQ(last_quantity(), "2");
}

}  // namespace
}  // namespace copyd::exec::test
