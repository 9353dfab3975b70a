// What the venue lists only a while after a loss was made good.
#include "session_rig.hpp"

namespace copyd::feed {
namespace {

struct LateHistory : LiveSession {
  // Lost and live again, with a history that shows nothing and a position that agrees with it.
  LateHistory() {
    lose();
    ask_again();
    rig.play(asks(Call::user_trades, Trades{}));
    rig.play(asks(Call::positions, Positions{position(rig.btc, 6, 500'000)}));
    EXPECT_EQ(rig.session->state(), SessionState::live);
    rig.handed();
    rig.notices();
  }
  void lose() {
    rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
    rig.pass(6s);
  }
  // On to the list of orders, which is empty; what it was asked from.
  VenueTime ask_again() {
    const auto script = again_script(rig.btc);
    for (std::size_t i = 0; i < 2; ++i) rig.play(script[i]);
    rig.play(opens());
    return orders();
  }
  VenueTime orders() {
    rig.pass(1ms);
    const Ask ask = rig.expect_ask(Call::all_orders);
    rig.session->answered(ask.ticket, Orders{}, rig.now);
    return ask.start;
  }
  // A sell and a buy of 4 that were not listed before.
  void list_late() {
    rig.play(asks(Call::user_trades, Trades{user_trade(3, 1500, -4), user_trade(4, 1600, 4)}));
    rig.play(asks(Call::order, order_record(30, 4, 1500)));
    rig.play(asks(Call::order, order_record(40, 4, 1600)));
  }
  Qty tracked() { return rig.session->tracked({rig.btc, Leg::both}); }
};

TEST_F(LateHistory, IsReadOnceMoreAndHandedOver) {
  rig.pass(2900ms);
  EXPECT_FALSE(rig.next());
  rig.pass(100ms);
  orders();
  list_late();
  EXPECT_EQ(rig.handed(), "f3 f4");
  EXPECT_EQ(rig.session->state(), SessionState::live);
  EXPECT_EQ(tracked(), Qty::whole(6));
  EXPECT_EQ(rig.cells.back_filled.get(), 2);
  EXPECT_NE(rig.notices().find("2 fills were listed late"), std::string::npos);
  rig.pass(50s);
  EXPECT_FALSE(rig.next()) << "once is enough";
  rig.bring(trade_event(rig.btc, 3, 1500, -4));
  EXPECT_EQ(rig.handed(), "");
}

TEST_F(LateHistory, WhatTheLeaderHasTradedOverIsNotCopiedAnyMore) {
  rig.pass(1s);
  rig.bring(trade_event(rig.btc, 9, 600'000, 1));
  EXPECT_EQ(rig.handed(), "f9");
  rig.pass(2s);
  orders();
  list_late();
  EXPECT_EQ(rig.handed(), "");
  EXPECT_EQ(tracked(), Qty::whole(7));
  EXPECT_EQ(rig.cells.contained.get(), 2);
  EXPECT_NE(rig.notices().find("2 of them sum to nothing"), std::string::npos);
}

TEST_F(LateHistory, WhatIsTradedSinceComesByTheStream) {
  rig.pass(3s);
  orders();
  rig.play(asks(Call::user_trades, Trades{user_trade(9, 600'000, 1)}));
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.handed(), "");
  EXPECT_EQ(rig.notices(), "");
  rig.bring(trade_event(rig.btc, 9, 600'000, 1));
  EXPECT_EQ(rig.handed(), "f9");
}

TEST_F(LateHistory, WaitsForWhatIsToBeHandedOverFirst) {
  rig.bring(trade_event(rig.btc, 9, 600'000, 1));
  rig.pass(10s);
  EXPECT_FALSE(rig.next());
  rig.handed();
  rig.pass(1ms);
  orders();
}

TEST_F(LateHistory, ALookThatFailsIsTriedAgain) {
  for (int i = 1; i < LeaderSession::second_looks_max; ++i) {
    rig.pass(3s);
    rig.session->answered(rig.expect_ask(Call::all_orders).ticket, http_500(), rig.now);
    EXPECT_FALSE(rig.next());
  }
  rig.pass(3s);
  orders();
  list_late();
  EXPECT_EQ(rig.handed(), "f3 f4");
}

TEST_F(LateHistory, AnAnswerToSomethingElseIsAFailure) {
  rig.pass(3s);
  rig.session->answered(rig.expect_ask(Call::all_orders).ticket, ListenKeyExtended{}, rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::live);
  rig.pass(3s);
  orders();
}

TEST_F(LateHistory, ARateLimitIsWaitedOut) {
  rig.pass(3s);
  Failure limited = http_500();
  limited.retry = venue::RetryClass::backoff;
  limited.retry_after = 20s;
  rig.session->answered(rig.expect_ask(Call::all_orders).ticket, limited, rig.now);
  rig.pass(19s);
  EXPECT_FALSE(rig.next());
  rig.pass(1s);
  orders();
}

TEST_F(LateHistory, WhenNoLookSucceedsItIsSaid) {
  for (int i = 0; i < LeaderSession::second_looks_max; ++i) {
    EXPECT_EQ(rig.notices(), "");
    rig.pass(3s);
    rig.session->answered(rig.expect_ask(Call::all_orders).ticket, http_500(), rig.now);
  }
  EXPECT_NE(rig.notices().find("whether fills were listed late is not known"), std::string::npos);
  rig.pass(30s);
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.session->state(), SessionState::live);
}

TEST_F(LateHistory, ASymbolThatTheVenueHasDroppedDoesNotKeepItFromTheRest) {
  rig.pass(3s);
  orders();
  Failure dropped;
  dropped.status = 400;
  dropped.code = -1121;
  dropped.retry = venue::RetryClass::final_;
  rig.play(asks(Call::user_trades, dropped));
  rig.pass(30s);
  EXPECT_FALSE(rig.next());
}

TEST_F(LateHistory, AnOrderThatTheVenueDoesNotKnowIsTakenAsForcedInTheEnd) {
  Failure absent;
  absent.status = 400;
  absent.code = -2013;
  const Trades listed{user_trade(3, 1500, -4), user_trade(4, 1600, 4)};
  for (int i = 1; i < LeaderSession::order_asks_max; ++i) {
    rig.pass(3s);
    orders();
    rig.play(asks(Call::user_trades, listed));
    rig.play(asks(Call::order, absent));
    EXPECT_EQ(rig.handed(), "");
  }
  rig.pass(3s);
  orders();
  rig.play(asks(Call::user_trades, listed));
  rig.play(asks(Call::order, absent));
  rig.play(asks(Call::order, order_record(40, 4, 1600)));
  ASSERT_NE(rig.session->front(), nullptr);
  EXPECT_TRUE(std::get<LeaderFill>(*rig.session->front()).forced);
  EXPECT_EQ(rig.handed(), "f3 f4");
}

// Before the second look there is no saying what the first loss hid.
TEST_F(LateHistory, ALossBeforeTheLookBeginsWhereTheFirstOneDid) {
  rig.pass(1s);
  rig.bring(trade_event(rig.btc, 9, 900'000, 1));
  rig.handed();
  lose();
  EXPECT_EQ(ask_again(), VenueTime{day0 + 500'000 - 10'000});
  list_late();
  rig.play(asks(Call::positions, Positions{position(rig.btc, 7, 900'000)}));
  EXPECT_EQ(rig.handed(), "f3 f4 p=7");
}

TEST_F(LateHistory, ALossAfterTheLookBeginsWhereItDid) {
  rig.pass(3s);
  orders();
  rig.play(asks(Call::user_trades, Trades{}));
  rig.bring(trade_event(rig.btc, 9, 900'000, 1));
  rig.handed();
  lose();
  EXPECT_EQ(ask_again(), VenueTime{day0 + 900'000 - 10'000});
}

TEST_F(LateHistory, ALossDuringTheLookAnswersNothing) {
  rig.pass(3s);
  const Ask ask = rig.expect_ask(Call::all_orders);
  lose();
  rig.session->answered(ask.ticket, Orders{}, rig.now);
  ask_again();
  rig.session->answered(ask.ticket, Orders{}, rig.now);
  list_late();
  rig.play(asks(Call::positions, Positions{position(rig.btc, 6, 500'000)}));
  EXPECT_EQ(rig.handed(), "f3 f4 p=6");
}

}  // namespace
}  // namespace copyd::feed
