// Two connections to one stream: the first to say a thing is believed, and one that is lost leaves
// no gap.
#include "session_rig.hpp"

namespace copyd::feed {
namespace {

struct Race : LiveSession {
  Race() : LiveSession(2) {}

  // Lets time pass and answers what is asked meanwhile, until something else is to be done.
  std::optional<Action> wait(std::chrono::nanoseconds time, std::chrono::nanoseconds by = 500ms) {
    for (auto passed = 0ns; passed < time; passed += by) {
      rig.pass(by);
      while (auto action = rig.next()) {
        const auto* ask = std::get_if<Ask>(&*action);
        if (!ask) return action;
        auto row = position(rig.btc, 0, 500'000);
        row.qty = rig.session->tracked({rig.btc, Leg::both});
        Answer answer = Positions{row};
        if (ask->call == Call::extend_listen_key) answer = ListenKeyExtended{};
        if (ask->call == Call::all_orders) answer = Orders{};
        if (ask->call == Call::user_trades) answer = Trades{};
        rig.session->answered(ask->ticket, answer, rig.now);
      }
    }
    return std::nullopt;
  }
  template <class What>
  bool does(std::chrono::nanoseconds time) {
    const auto action = wait(time);
    return action && std::holds_alternative<What>(*action);
  }
  template <class What>
  bool did() {
    const auto action = rig.next();
    return action && std::holds_alternative<What>(*action);
  }
  void stand() {
    ASSERT_TRUE(does<OpenSuccessor>(10s));
    rig.session->successor_opened(rig.now);
  }
  void race() {
    stand();
    EXPECT_FALSE(wait(LeaderSession::overlap));
    ASSERT_EQ(rig.cells.connections.get(), 2);
    rig.handed();
    rig.notices();
  }
  void first_says(int trade, int qty = 1) {
    rig.bring(trade_event(rig.btc, trade, 600'000 + trade, qty));
  }
  void second_says(int trade, int qty = 1) {
    rig.bring(trade_event(rig.btc, trade, 600'000 + trade, qty), true);
  }
  std::int64_t said_first(Connection by) {
    return rig.cells.said_first[static_cast<std::size_t>(by)].get();
  }
  // By how much this one was ahead, p50 and how often.
  void expect_lead(Connection by, std::chrono::nanoseconds p50, std::uint64_t count) {
    const Histogram& lead = rig.cells.said_first_lead[static_cast<std::size_t>(by)];
    EXPECT_EQ(lead.count(), count);
    EXPECT_EQ(lead.percentile(5000), Histogram::upper_edge(Histogram::index_of(p50.count())));
  }
  void expect_no_gap() {
    EXPECT_EQ(rig.session->state(), SessionState::live);
    EXPECT_EQ(rig.cells.reconnects.get(), 0);
    EXPECT_EQ(rig.closed, 0);
  }
};

TEST_F(Race, TheSecondIsOpenedAtOnceOnTheSameKey) {
  EXPECT_EQ(rig.cells.connections.get(), 1);
  const auto action = wait(500ms);
  ASSERT_TRUE(action && std::holds_alternative<OpenSuccessor>(*action));
  EXPECT_EQ(std::get<OpenSuccessor>(*action).listen_key, "key");
  EXPECT_EQ(rig.session->state(), SessionState::live);
}

TEST_F(Race, WhileItIsNewTheFirstAloneIsBelieved) {
  stand();
  second_says(21);
  EXPECT_EQ(rig.handed(), "");
  first_says(20);  // from before the second stood
  first_says(21);
  EXPECT_EQ(rig.handed(), "f20 f21");
  EXPECT_FALSE(wait(LeaderSession::overlap));
  EXPECT_EQ(rig.cells.connections.get(), 2);
  EXPECT_EQ(rig.handed(), "");
}

TEST_F(Race, TheFirstToSayAFillIsBelievedAndTheOtherIsNoDuplicate) {
  race();
  first_says(20);
  second_says(20);
  second_says(21);
  second_says(22);
  first_says(21);
  first_says(22);
  EXPECT_EQ(rig.handed(), "f20 f21 f22");
  EXPECT_EQ(said_first(Connection::first), 1);
  EXPECT_EQ(said_first(Connection::second), 2);
  EXPECT_EQ(rig.cells.duplicates.get(), 0);
  first_says(22);
  EXPECT_EQ(rig.cells.duplicates.get(), 1) << "said twice by one";
  EXPECT_FALSE(wait(60s));
  expect_no_gap();
}

TEST_F(Race, WhatEachGainedIsByHowMuchTheOtherWasLater) {
  race();
  first_says(20);
  rig.now = rig.now + 300us;
  second_says(20);
  second_says(21);
  second_says(22);
  rig.now = rig.now + 40us;
  first_says(21);
  first_says(22);
  first_says(22);  // twice: no one's gain
  second_says(23);
  expect_lead(Connection::first, 300us, 1);
  expect_lead(Connection::second, 40us, 2);
  rig.session->successor_closed(make_error_code(Errc::closed), rig.now);
  first_says(23);
  expect_lead(Connection::second, 40us, 3);
}

TEST_F(Race, OneThatEndsLeavesNoGapWhicheverItIs) {
  for (const bool second : {true, false}) {
    race();
    first_says(second ? 20 : 30);
    if (second) rig.session->successor_closed(make_error_code(Errc::closed), rig.now);
    else rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
    EXPECT_TRUE(second ? did<CloseSuccessor>() : did<AdoptSuccessor>());
    EXPECT_EQ(rig.cells.connections.get(), 1);
    if (!second) first_says(30);  // it is the stream now, and confirms
    first_says(second ? 21 : 31);
    EXPECT_EQ(rig.handed(), second ? "f20 f21" : "f30 f31");
    expect_no_gap();
  }
  EXPECT_EQ(rig.cells.connections_lost.get(), 2);
  EXPECT_EQ(rig.cells.duplicates.get(), 0);
  race();
  expect_no_gap();
}

TEST_F(Race, WhatTheLostOneAloneHadSaidIsSaidByTheOther) {
  race();
  first_says(20);
  first_says(21, -1);
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  ASSERT_TRUE(did<AdoptSuccessor>());
  first_says(20);
  first_says(21, -1);
  first_says(22);
  EXPECT_EQ(rig.handed(), "f20 f21 f22");
  EXPECT_TRUE(does<OpenSuccessor>(10s)) << "another one";
  expect_no_gap();
}

TEST_F(Race, TheOneThatIsLeftAndDoesNotSayWhatTheLostOneSaidWasSilent) {
  race();
  first_says(20);
  rig.handed();
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  ASSERT_TRUE(did<AdoptSuccessor>());
  auto action = wait(SaidOnce::silent_after + 1s);
  if (action && std::holds_alternative<OpenSuccessor>(*action))
    action = wait(SaidOnce::silent_after);
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
  EXPECT_EQ(rig.cells.connections.get(), 0);
  EXPECT_NE(rig.notices().find("says less than one that has ended"), std::string::npos);
}

TEST_F(Race, OneThatIsBehindIsWaitedForAndOneThatIsSilentIsReplaced) {
  for (const bool second : {true, false}) {
    race();
    const int trade = second ? 20 : 30;
    second ? first_says(trade) : second_says(trade);
    rig.handed();
    EXPECT_FALSE(wait(SaidOnce::silent_after - 1s));
    second ? second_says(trade) : first_says(trade);
    EXPECT_FALSE(wait(SaidOnce::silent_after * 2)) << "it was only behind";
    second ? first_says(trade + 1) : second_says(trade + 1);
    rig.handed();
    const auto action = wait(SaidOnce::silent_after + 1s);
    ASSERT_TRUE(action);
    EXPECT_TRUE(second ? std::holds_alternative<CloseSuccessor>(*action)
                       : std::holds_alternative<AdoptSuccessor>(*action));
    expect_no_gap();
  }
  EXPECT_EQ(rig.cells.connections_lost.get(), 2);
}

TEST_F(Race, NobodyIsSilentWhileNothingIsRead) {
  race();
  first_says(20);
  EXPECT_FALSE(wait(5min)) << "what was said waits to be taken";
  EXPECT_EQ(rig.handed(), "f20");
  EXPECT_FALSE(wait(SaidOnce::silent_after - 1s));
  second_says(20);
  first_says(21);
  rig.handed();
  rig.pass(10min);  // the process stood still
  EXPECT_FALSE(wait(SaidOnce::silent_after - 1s));
  second_says(21);
  EXPECT_FALSE(wait(1min));
  expect_no_gap();
}

TEST_F(Race, BothEndAndTheGapIsFilledOnce) {
  race();
  rig.session->successor_closed(make_error_code(Errc::closed), rig.now);
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  EXPECT_TRUE(did<CloseSuccessor>());
  EXPECT_FALSE(rig.next());
  rig.pass(6s);
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.handed(), again_result);
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
  EXPECT_EQ(rig.cells.connections_lost.get(), 1);
  EXPECT_TRUE(does<OpenSuccessor>(15s));
}

TEST_F(Race, BothSilentIsFoundByThePositions) {
  race();
  rig.pass(LeaderSession::second_look);
  auto ask = rig.expect_ask(Call::positions);
  rig.session->answered(ask.ticket, Positions{position(rig.btc, 9, 700'000)}, rig.now);
  rig.pass(LeaderSession::second_look);
  ask = rig.expect_ask(Call::positions);
  rig.session->answered(ask.ticket, Positions{position(rig.btc, 9, 700'000)}, rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  EXPECT_TRUE(did<CloseSuccessor>());
  EXPECT_EQ(rig.closed, 1);
}

TEST_F(Race, AnExpiredKeyIsTheSameForBoth) {
  race();
  rig.bring(venue::ListenKeyExpired{}, true);
  rig.bring(venue::ListenKeyExpired{});
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
  EXPECT_TRUE(did<CloseSuccessor>());
  rig.pass(6s);
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.handed(), again_result);
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
}

TEST_F(Race, WhatBothSaidIsNotSaidAgainByTheNext) {
  race();
  first_says(20);
  second_says(20);
  rig.session->successor_closed(make_error_code(Errc::closed), rig.now);
  rig.handed();
  ASSERT_TRUE(did<CloseSuccessor>());
  stand();
  second_says(20);
  EXPECT_EQ(rig.cells.duplicates.get(), 1);
  EXPECT_FALSE(wait(LeaderSession::overlap * 2));
  EXPECT_EQ(rig.handed(), "");
  expect_no_gap();
}

TEST_F(Race, ASecondThatDoesNotOpenIsTriedLessAndLessOften) {
  auto before = rig.now;
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(does<OpenSuccessor>(10min)) << i;
    if (i > 1) { EXPECT_GT(rig.now - before, 5s * (1 << (i - 2))); }
    before = rig.now;
    rig.session->successor_closed(make_error_code(Errc::closed), rig.now);
    ASSERT_TRUE(did<CloseSuccessor>());
  }
  expect_no_gap();
  EXPECT_EQ(rig.cells.connections_lost.get(), 0);
}

// Should the venue allow one alone.
TEST_F(Race, OneThatEndsWheneverTheOtherOpensIsNotProvokedAllTheTime) {
  int opened = 0;
  const Mono end = rig.now + 10min;
  while (rig.now < end) {
    if (!does<OpenSuccessor>(end - rig.now)) break;
    ++opened;
    rig.session->successor_opened(rig.now);
    rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
    ASSERT_TRUE(did<AdoptSuccessor>());
    rig.play(asks(Call::all_orders, Orders{}));
    rig.play(asks(Call::user_trades, Trades{}));
    auto row = position(rig.btc, 0, 500'000);
    row.qty = rig.session->tracked({rig.btc, Leg::both});
    rig.play(asks(Call::positions, Positions{row}));
    ASSERT_EQ(rig.session->state(), SessionState::live);
    rig.handed();
  }
  EXPECT_LE(opened, 7);
}

TEST_F(Race, EachIsRenewedWhileTheOtherServes) {
  race();
  for (int i = 1; i <= 4; ++i) {
    const auto action = wait(24h);
    ASSERT_TRUE(action && (std::holds_alternative<AdoptSuccessor>(*action) ||
                           std::holds_alternative<CloseSuccessor>(*action)));
    EXPECT_EQ(rig.cells.renewals.get(), i);
    EXPECT_EQ(rig.cells.connections.get(), 1);
    first_says(20 + i);
    EXPECT_EQ(rig.handed(), "f" + std::to_string(20 + i));
    race();
  }
  EXPECT_EQ(rig.cells.connections_lost.get(), 0);
  expect_no_gap();
}

TEST_F(Race, AnAnnouncedShutdownReplacesThatOne) {
  race();
  rig.bring(venue::ServerShutdown{}, true);
  EXPECT_TRUE(does<CloseSuccessor>(1s));
  race();
  rig.bring(venue::ServerShutdown{});
  EXPECT_TRUE(does<AdoptSuccessor>(1s));
  race();
  EXPECT_EQ(rig.cells.renewals.get(), 2);
  expect_no_gap();
}

// Two orders rest; one of them ends, and both connections say all of it. The other may still fill
// unseen.
TEST(RaceOrders, AnOrderThatEndsTwiceDoesNotHideAnother) {
  SessionRig fresh(2);
  auto script = first_script(fresh.btc);
  script[2].events.clear();
  script[3] = asks(Call::positions, Positions{});
  fresh.session->start(fresh.now);
  fresh.play(script);
  fresh.handed();
  fresh.pass(1ms);
  ASSERT_TRUE(fresh.next());
  fresh.session->successor_opened(fresh.now);
  fresh.pass(LeaderSession::overlap);
  ASSERT_EQ(fresh.cells.connections.get(), 2);
  const auto say = [&](int order, venue::Execution execution, venue::OrderStatus status) {
    auto update = trade_event(fresh.btc, order, 600'000, 1);
    update.execution = execution;
    update.status = status;
    fresh.bring(update);
    fresh.bring(update, true);
  };
  say(1, venue::Execution::new_, venue::OrderStatus::new_);
  say(2, venue::Execution::new_, venue::OrderStatus::new_);
  say(1, venue::Execution::canceled, venue::OrderStatus::canceled);
  fresh.session->successor_closed(make_error_code(Errc::closed), fresh.now);
  fresh.session->stream_closed(make_error_code(Errc::closed), fresh.now);
  while (fresh.next()) {}
  fresh.pass(6s);
  fresh.play(asks(Call::account_config, venue::AccountConfig{.mode = PositionMode::one_way}));
  fresh.play(asks(Call::create_listen_key, ListenKey{"key"}));
  fresh.play(opens());
  fresh.play(asks(Call::all_orders, Orders{}));
  fresh.pass(1ms);
  fresh.expect_ask(Call::user_trades);
}

TEST_F(Race, StoppingClosesBoth) {
  race();
  rig.session->stop();
  EXPECT_TRUE(did<CloseSuccessor>());
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.closed, 1);
  EXPECT_EQ(rig.cells.connections.get(), 0);
  EXPECT_FALSE(wait(1h));
}

}  // namespace
}  // namespace copyd::feed
