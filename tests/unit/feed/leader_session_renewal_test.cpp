// The next socket: opened ahead of the day's end, beside the one that serves.
#include "session_rig.hpp"

namespace copyd::feed {
namespace {

struct Renewal : LiveSession {
  // Lets time pass and answers what is asked meanwhile, until something else is to be done.
  std::optional<Action> wait(std::chrono::nanoseconds time, std::chrono::nanoseconds by = 30s) {
    for (auto passed = 0ns; passed < time; passed += by) {
      rig.pass(by);
      while (auto action = rig.next()) {
        const auto* ask = std::get_if<Ask>(&*action);
        if (!ask) return action;
        auto row = position(rig.btc, 0, 500'000);
        row.qty = rig.session->tracked({rig.btc, Leg::both});
        Answer answer = Positions{row};
        if (ask->call == Call::extend_listen_key) answer = ListenKeyExtended{};
        rig.session->answered(ask->ticket, answer, rig.now);
      }
    }
    return std::nullopt;
  }
  template <class What>
  bool does(std::chrono::nanoseconds time, std::chrono::nanoseconds by = 30s) {
    const auto action = wait(time, by);
    return action && std::holds_alternative<What>(*action);
  }
  void stand() {
    ASSERT_TRUE(does<OpenSuccessor>(24h));
    rig.session->successor_opened(rig.now);
  }
  const Mono opened{rig.now};
};

TEST_F(Renewal, OpensASecondSocketOnTheSameKeyAboutAnHourBeforeTheEnd) {
  EXPECT_FALSE(wait(22h));
  const auto action = wait(1h);
  ASSERT_TRUE(action && std::holds_alternative<OpenSuccessor>(*action));
  EXPECT_EQ(std::get<OpenSuccessor>(*action).listen_key, "key");
  EXPECT_GE(rig.now - opened, 22h + 29min);
  EXPECT_EQ(rig.session->state(), SessionState::live);
}

TEST_F(Renewal, BothServeForAWhileThenTheOldOneIsClosed) {
  stand();
  rig.bring(trade_event(rig.btc, 20, 600'000, 1));
  rig.bring(trade_event(rig.btc, 20, 600'000, 1), true);
  rig.bring(trade_event(rig.btc, 21, 600'001, 1), true);
  rig.bring(trade_event(rig.btc, 21, 600'001, 1));
  EXPECT_EQ(rig.handed(), "f20 f21");
  EXPECT_FALSE(wait(LeaderSession::overlap - 1s, 1s));
  EXPECT_TRUE(does<AdoptSuccessor>(1s, 1s));
  EXPECT_EQ(rig.cells.renewals.get(), 1);
  EXPECT_EQ(rig.cells.reconnects.get(), 0);
  EXPECT_EQ(rig.session->state(), SessionState::live);
  rig.bring(trade_event(rig.btc, 22, 600'002, 1));
  EXPECT_EQ(rig.handed(), "f22");
  EXPECT_EQ(rig.closed, 0);
  EXPECT_EQ(rig.notices(), "");
}

TEST_F(Renewal, WhatIsStillOnItsWayInTheOldOneGoesFirst) {
  stand();
  rig.bring(trade_event(rig.btc, 21, 600'001, 1), true);
  EXPECT_EQ(rig.handed(), "");
  rig.bring(trade_event(rig.btc, 20, 600'000, 1));  // from before the successor stood
  rig.bring(trade_event(rig.btc, 21, 600'001, 1));
  EXPECT_EQ(rig.handed(), "f20 f21");
  EXPECT_TRUE(does<AdoptSuccessor>(1min, 1s));
  EXPECT_EQ(rig.session->state(), SessionState::live);
  EXPECT_EQ(rig.handed(), "");
}

TEST_F(Renewal, WhatADroppedSuccessorSaidIsForgotten) {
  stand();
  rig.bring(trade_event(rig.btc, 21, 600'001, 1), true);
  rig.session->successor_closed(make_error_code(Errc::closed), rig.now);
  rig.next();
  stand();
  EXPECT_TRUE(does<AdoptSuccessor>(1min, 1s));
  EXPECT_EQ(rig.handed(), "") << "it comes by the stream, or is missing as any other";
}

TEST_F(Renewal, TheNextIsRenewedInItsTurn) {
  for (int i = 1; i <= 3; ++i) {
    const Mono before = rig.now;
    stand();
    EXPECT_GE(rig.now - before, 22h + 28min);
    ASSERT_TRUE(does<AdoptSuccessor>(1min, 1s));
    EXPECT_EQ(rig.cells.renewals.get(), i);
  }
}

TEST_F(Renewal, ASuccessorThatDoesNotOpenLeavesTheOldOneAlone) {
  ASSERT_TRUE(does<OpenSuccessor>(24h));
  EXPECT_TRUE(does<CloseSuccessor>(16s, 1s));
  EXPECT_EQ(rig.session->state(), SessionState::live);
  rig.bring(trade_event(rig.btc, 20, 600'000, 1));
  EXPECT_EQ(rig.handed(), "f20");
  EXPECT_TRUE(does<OpenSuccessor>(10s, 1s)) << "and is tried again";
  rig.session->successor_opened(rig.now);
  EXPECT_TRUE(does<AdoptSuccessor>(1min, 1s));
  EXPECT_EQ(rig.cells.renewals.get(), 1);
  EXPECT_EQ(rig.cells.reconnects.get(), 0);
}

TEST_F(Renewal, ASuccessorThatEndsLeavesTheOldOneAlone) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(does<OpenSuccessor>(24h, 1s));
    if (i % 2 == 1) rig.session->successor_opened(rig.now);
    rig.session->successor_closed(make_error_code(Errc::closed), rig.now);
    EXPECT_TRUE(does<CloseSuccessor>(1s, 1s));
  }
  EXPECT_EQ(rig.session->state(), SessionState::live);
  const std::string said = rig.notices();
  EXPECT_NE(said.find("renewing the private stream"), said.npos);
  EXPECT_EQ(said.find("renewing"), said.rfind("renewing")) << "once, not with every attempt";
  stand();
  EXPECT_TRUE(does<AdoptSuccessor>(1min, 1s));
}

TEST_F(Renewal, TheOldOneEndsWhileTheSuccessorOpens) {
  ASSERT_TRUE(does<OpenSuccessor>(24h));
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  const auto action = rig.next();
  EXPECT_TRUE(action && std::holds_alternative<CloseSuccessor>(*action));
  rig.session->successor_opened(rig.now);  // late, and of no consequence
  rig.pass(6s);
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.handed(), again_result);
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
}

TEST_F(Renewal, TheOldOneEndsWhileTheSuccessorStands) {
  stand();
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  const auto action = rig.next();
  ASSERT_TRUE(action && std::holds_alternative<AdoptSuccessor>(*action));
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  rig.bring(trade_event(rig.btc, 4, 700'000, 1));
  EXPECT_EQ(rig.handed(), "") << "what was missed goes first";
  const auto script = again_script(rig.btc);
  for (std::size_t i = 3; i < script.size(); ++i) rig.play(script[i]);
  EXPECT_EQ(rig.handed(), again_result) << "and no new key, nor another socket";
  EXPECT_EQ(rig.session->state(), SessionState::live);
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
  EXPECT_EQ(rig.cells.renewals.get(), 0);
}

TEST_F(Renewal, AnOldOneThatSaysNothingIsFoundOutByItsSuccessor) {
  stand();
  rig.bring(trade_event(rig.btc, 4, 700'000, 1), true);
  ASSERT_TRUE(does<AdoptSuccessor>(10s, 1s));
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  rig.pass(1ms);
  const Ask ask = rig.expect_ask(Call::all_orders);
  EXPECT_EQ(ask.start, VenueTime{day0 + 500'000 - 10'000}) << "from the old one's last word on";
  rig.session->answered(ask.ticket, Orders{}, rig.now);
  rig.play(asks(Call::user_trades, Trades{user_trade(3, 600'000, -4), user_trade(4, 700'000, 1)}));
  rig.play(asks(Call::order, order_record(30, 4, 600'000)));
  rig.play(asks(Call::order, order_record(40, 1, 700'000)));
  rig.play(asks(Call::positions, Positions{position(rig.btc, 3, 700'000)}));
  EXPECT_EQ(rig.handed(), "f3 f4 p=3");
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
}

TEST_F(Renewal, AnOldOneThatIsALittleBehindIsNotSilent) {
  stand();
  EXPECT_FALSE(wait(LeaderSession::overlap - 1s, 1s));
  rig.bring(trade_event(rig.btc, 4, 700'000, 1), true);
  ASSERT_TRUE(does<AdoptSuccessor>(1s, 1s));
  EXPECT_EQ(rig.session->state(), SessionState::live);
  EXPECT_EQ(rig.handed(), "f4");
}

TEST_F(Renewal, ThePositionsAreComparedOnceItHasTakenOver) {
  stand();
  rig.bring(trade_event(rig.btc, 20, 600'000, 1));
  rig.handed();
  ASSERT_TRUE(does<AdoptSuccessor>(1min, 1s));
  rig.pass(LeaderSession::second_look);
  rig.expect_ask(Call::positions);
}

TEST_F(Renewal, AnAnswerToTheOldOneIsNoneToTheNew) {
  stand();
  rig.pass(60s - LeaderSession::overlap);
  std::optional<Action> action;
  std::uint32_t probe = 0;
  while ((action = rig.next()))
    if (const auto* ask = std::get_if<Ask>(&*action)) probe = ask->ticket;
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  rig.session->answered(probe, Positions{}, rig.now);
  rig.session->answered(probe, Orders{}, rig.now);
  EXPECT_EQ(rig.handed(), "");
}

TEST_F(Renewal, AnExpiredKeySaidOnBothSocketsMeansOneReconnect) {
  stand();
  rig.bring(venue::ListenKeyExpired{}, true);
  rig.bring(venue::ListenKeyExpired{});
  rig.bring(venue::ListenKeyExpired{}, true);
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
  const auto action = rig.next();
  EXPECT_TRUE(action && std::holds_alternative<CloseSuccessor>(*action));
  EXPECT_EQ(rig.closed, 1);
  EXPECT_FALSE(rig.next());
  rig.pass(6s);
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.handed(), again_result);
}

TEST_F(Renewal, AnAnnouncedShutdownMeansNow) {
  rig.bring(venue::ServerShutdown{});
  rig.bring(venue::ServerShutdown{});
  EXPECT_TRUE(does<OpenSuccessor>(1s, 1s));
  rig.bring(venue::ServerShutdown{});
  EXPECT_FALSE(wait(5s, 1s));
  rig.session->successor_opened(rig.now);
  EXPECT_TRUE(does<AdoptSuccessor>(1min, 1s));
  EXPECT_FALSE(wait(22h));
}

TEST_F(Renewal, AShutdownAnnouncedToTheSuccessorMeansAnotherOne) {
  rig.bring(venue::ServerShutdown{});
  ASSERT_TRUE(does<OpenSuccessor>(1s, 1s));
  rig.session->successor_opened(rig.now);
  rig.bring(venue::ServerShutdown{}, true);
  EXPECT_TRUE(does<CloseSuccessor>(1s, 1s));
  EXPECT_TRUE(does<OpenSuccessor>(10s, 1s));
}

TEST_F(Renewal, WaitsWhileNothingIsRead) {
  stand();
  rig.bring(trade_event(rig.btc, 20, 600'000, 1));
  EXPECT_FALSE(wait(5min, 1s));
  EXPECT_EQ(rig.handed(), "f20");
  EXPECT_FALSE(wait(LeaderSession::overlap - 2s, 1s));
  EXPECT_TRUE(does<AdoptSuccessor>(3s, 1s));
}

TEST_F(Renewal, StoppingClosesBoth) {
  stand();
  rig.session->stop();
  const auto action = rig.next();
  EXPECT_TRUE(action && std::holds_alternative<CloseSuccessor>(*action));
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.closed, 1);
  EXPECT_FALSE(wait(24h)) << "nothing is renewed";
}

// Two orders rest; one of them ends, and both sockets say so. The other may still fill unseen.
TEST(RenewalOrders, AnOrderThatEndsTwiceDoesNotHideAnother) {
  SessionRig rig;
  auto script = first_script(rig.btc);
  script[2].events.clear();
  script[3] = asks(Call::positions, Positions{});
  rig.session->start(rig.now);
  rig.play(script);
  rig.handed();
  for (int i = 0; i < 2; ++i) {
    auto update = trade_event(rig.btc, i + 1, 0, 1);
    update.execution = venue::Execution::new_;
    update.status = venue::OrderStatus::new_;
    rig.bring(update);
  }
  rig.bring(venue::ServerShutdown{});
  rig.pass(1ms);
  const auto action = rig.next();
  ASSERT_TRUE(action && std::holds_alternative<OpenSuccessor>(*action));
  rig.session->successor_opened(rig.now);
  auto update = trade_event(rig.btc, 1, 0, 1);
  update.execution = venue::Execution::canceled;
  update.status = venue::OrderStatus::canceled;
  rig.bring(update);
  rig.bring(update, true);
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  rig.next();
  rig.play(asks(Call::all_orders, Orders{}));
  rig.pass(1ms);
  rig.expect_ask(Call::user_trades);
}

}  // namespace
}  // namespace copyd::feed
