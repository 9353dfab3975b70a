// TRADE_LITE and ORDER_TRADE_UPDATE tell the same fill: the first is believed, where its leg is
// known, and neither makes two of it.
#include "session_rig.hpp"

namespace copyd::feed {
namespace {

venue::TradeLite lite_event(SymbolId symbol, std::int64_t trade, std::int64_t time, int qty) {
  const auto update = trade_event(symbol, trade, time, qty);
  venue::TradeLite lite;
  lite.symbol_name = update.symbol_name;
  lite.symbol = symbol;
  lite.symbol_known = true;
  lite.side = update.side;
  lite.trade = update.trade;
  lite.order = update.order;
  lite.order_qty = lite.last_qty = update.last_qty;
  lite.last_price = update.last_price;
  lite.trade_time = update.trade_time;
  lite.event_time = update.event_time;
  return lite;
}

class Lite : public LiveSession {
 protected:
  void short_word(int trade, int qty = 1, bool second = false) {
    rig.bring(lite_event(rig.btc, trade, 600'000 + trade, qty), second);
  }
  void whole(int trade, int qty = 1, bool second = false, Leg leg = Leg::both) {
    auto update = trade_event(rig.btc, trade, 600'000 + trade, qty);
    update.leg = leg;
    rig.bring(update, second);
  }
  // By how much the short word was ahead, p50 and how often.
  void expect_lead(std::chrono::nanoseconds p50, std::uint64_t count) {
    EXPECT_EQ(rig.cells.lite_lead.count(), count);
    EXPECT_EQ(rig.cells.lite_lead.percentile(5000),
              Histogram::upper_edge(Histogram::index_of(p50.count())));
  }
};

TEST_F(Lite, TheShortWordIsHandedOverAndTheWholeIsExpected) {
  short_word(20, -3);
  ASSERT_NE(rig.session->front(), nullptr);
  const auto fill = std::get<LeaderFill>(*rig.session->front());
  EXPECT_EQ(fill.side, Side::sell);
  EXPECT_EQ(fill.leg, Leg::both);
  EXPECT_EQ(fill.qty, Qty::whole(3));
  EXPECT_EQ(fill.order_qty, Qty::whole(3));
  EXPECT_EQ(fill.price, Price::whole(100));
  EXPECT_EQ(fill.time, VenueTime{day0 + 600'020});
  EXPECT_EQ(fill.received, rig.now);
  EXPECT_EQ(fill.decoded_ns, 5000U);
  EXPECT_EQ(rig.handed(), "f20");
  rig.now = rig.now + 3us;
  whole(20, -3);
  EXPECT_EQ(rig.handed(), "");
  EXPECT_EQ(rig.cells.duplicates.get(), 0);
  EXPECT_EQ(rig.cells.lite_fills.get(), 1);
  expect_lead(3us, 1);
  whole(20, -3);
  EXPECT_EQ(rig.cells.duplicates.get(), 1) << "said twice";
  expect_lead(3us, 1);
}

TEST_F(Lite, WhicheverComesFirstEveryFillHasItsTurn) {
  short_word(20), short_word(21), whole(20), short_word(22), whole(21), whole(22);
  whole(23);  // it has no short word
  short_word(24), whole(24);
  whole(25), short_word(25);
  EXPECT_EQ(rig.handed(), "f20 f21 f22 f23 f24 f25");
  EXPECT_EQ(rig.cells.lite_fills.get(), 4);
}

TEST_F(Lite, AForcedExecutionIsOneInBoth) {
  auto lite = lite_event(rig.btc, 20, 600'020, 1);
  lite.forced = true;
  rig.bring(lite);
  EXPECT_TRUE(std::get<LeaderFill>(*rig.session->front()).forced);
}

TEST_F(Lite, OnASymbolThatIsNotListedTheWholeSaysIt) {
  auto lite = lite_event(rig.btc, 20, 600'020, 1);
  lite.symbol_known = false;
  rig.bring(lite);
  EXPECT_EQ(rig.handed(), "");
  EXPECT_EQ(rig.cells.unknown_symbols.get(), 0);
}

// What traded between the last update and the loss may have been told by updates alone.
TEST_F(Lite, HowFarAllWasHandedOverTheUpdatesSay) {
  whole(20);
  short_word(21);
  rig.handed();
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  rig.pass(2s);
  auto script = again_script(rig.btc);
  for (std::size_t i = 0; i < 2; ++i) rig.play(script[i]);
  rig.play(opens());
  const Ask orders = rig.expect_ask(Call::all_orders);
  constexpr auto margin = 10s;
  EXPECT_EQ(orders.start, VenueTime{day0 + 600'020} + -margin);
}

// While it is not live both are held, as one: the positions are compared with the sum.
TEST(LiteSync, WhatIsHeldCountsOnce) {
  SessionRig rig;
  rig.session->start(rig.now);
  rig.play(asks(Call::account_config, venue::AccountConfig{.mode = PositionMode::one_way}));
  rig.play(asks(Call::create_listen_key, ListenKey{"key"}));
  rig.play(opens());
  for (const int trade : {1, 2}) {
    rig.bring(lite_event(rig.btc, trade, 500'000 + trade, 1));
    rig.bring(trade_event(rig.btc, trade, 500'000 + trade, 1));
  }
  rig.bring(lite_event(rig.btc, 3, 500'003, 1));
  rig.play(asks(Call::positions, Positions{position(rig.btc, 5, -500)}));
  rig.pass(LeaderSession::late_events);
  EXPECT_EQ(rig.handed(), "p=5 f1 f2 f3");
  rig.bring(trade_event(rig.btc, 3, 500'003, 1));
  EXPECT_EQ(rig.handed(), "");
  EXPECT_EQ(rig.session->tracked({rig.btc, Leg::both}), Qty::whole(8));
}

TEST(LiteSync, InHedgeModeItSaysTooLittle) {
  SessionRig rig;
  rig.session->start(rig.now);
  rig.play(asks(Call::account_config, venue::AccountConfig{.mode = PositionMode::hedge}));
  rig.play(asks(Call::create_listen_key, ListenKey{"key"}));
  rig.play(opens());
  rig.play(asks(Call::positions, Positions{}));
  rig.pass(LeaderSession::late_events);
  rig.handed();
  rig.bring(lite_event(rig.btc, 20, 600'020, 1));
  EXPECT_EQ(rig.handed(), "");
  auto update = trade_event(rig.btc, 20, 600'020, 1);
  update.leg = Leg::long_;
  rig.bring(update);
  EXPECT_EQ(rig.handed(), "f20");
  EXPECT_EQ(rig.session->tracked({rig.btc, Leg::long_}), Qty::whole(1));
  EXPECT_EQ(rig.cells.lite_fills.get(), 0);
}

TEST_F(Lite, AModeThatHasChangedIsNoticedAndAllIsReadAgain) {
  short_word(20);
  rig.handed();
  whole(20, 1, false, Leg::long_);
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  EXPECT_NE(rig.notices().find("position mode was changed"), std::string::npos);
}

TEST_F(Lite, AModeThatHasChangedBeforeAnythingWasBelievedCostsNothing) {
  whole(20, 1, false, Leg::long_);
  short_word(21);
  EXPECT_EQ(rig.handed(), "f20");
  whole(21, 1, false, Leg::long_);
  EXPECT_EQ(rig.handed(), "f21");
  EXPECT_EQ(rig.session->state(), SessionState::live);
  EXPECT_EQ(rig.cells.position_mode.get(), static_cast<std::int64_t>(PositionMode::hedge));
}

}  // namespace
}  // namespace copyd::feed
