#include "session_rig.hpp"

namespace copyd::feed {
namespace {

using Rig = SessionRig;
using Live = LiveSession;

TEST(LeaderSession, FirstStart) {
  Rig rig;
  rig.session->start(rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::connecting);
  rig.play(first_script(rig.btc));
  EXPECT_EQ(rig.session->state(), SessionState::live);
  EXPECT_EQ(rig.cells.state.get(), static_cast<std::int64_t>(SessionState::live));
  EXPECT_EQ(rig.handed(), first_result);
  EXPECT_EQ(rig.session->tracked({rig.btc, Leg::both}), Qty::whole(6));
}

TEST(LeaderSession, AHeldFillThatClosesBeyondThePositionIsReadAgain) {
  Rig rig;
  auto row = position(rig.btc, 5, -500);
  row.leg = Leg::long_;
  auto close = trade_event(rig.btc, 2, 500'000, -7);
  close.leg = Leg::long_;
  rig.session->start(rig.now);
  rig.play(std::vector<Line>{
      asks(Call::account_config, venue::AccountConfig{.mode = PositionMode::hedge}),
      asks(Call::create_listen_key, ListenKey{"key"}), opens({close}),
      asks(Call::positions, Positions{row})});
  EXPECT_EQ(rig.handed(), "p=5 f2");
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  rig.pass(5s);
  rig.expect_ask(Call::account_config);
  EXPECT_EQ(rig.closed, 1);
}

// What an earlier run knew after `first_script`.
LeaderResume known_after_first(SymbolId btc) {
  const LegName leg{.symbol = btc, .leg = Leg::both};
  return {.begun = VenueTime{day0 - 400},
          .since = VenueTime{day0 + 500'000},
          .legs = {{.leg = leg, .qty = Qty::whole(6), .as_of = VenueTime{day0 - 500}}},
          .seen = {{.leg = leg, .trade = TradeId{2}}}};
}

TEST(LeaderSession, ARestartFillsTheGapAsALossDoes) {
  Rig rig;
  rig.session->resume(known_after_first(rig.btc));
  rig.session->start(rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.session->state(), SessionState::live);
  EXPECT_EQ(rig.handed(), again_result);
  ASSERT_EQ(rig.synced.size(), 1U);
  EXPECT_EQ(rig.synced[0].begun, VenueTime{day0 - 400});
  EXPECT_GE(rig.synced[0].until, VenueTime{day0 + 700'000});
}

TEST(LeaderSession, AfterARestartOrdersThatMayHaveRestedAreLookedFor) {
  Rig rig;
  rig.session->resume(known_after_first(rig.btc));
  rig.session->start(rig.now);
  const auto script = again_script(rig.btc);
  for (std::size_t i = 0; i < 3; ++i) rig.play(script[i]);
  const Ask orders = rig.expect_ask(Call::all_orders);
  EXPECT_LE(orders.start, VenueTime{day0 + 500'000} + -LeaderSession::rested_max);
  rig.session->answered(orders.ticket, Orders{}, rig.now);
  const Ask trades = rig.expect_ask(Call::user_trades);
  EXPECT_GE(trades.start, VenueTime{day0 + 480'000}) << "its trades are known until then";
}

// A trade that the position of the first start held, and that nobody saw, is not copied later.
TEST(LeaderSession, ARestartKnowsWhatTheFirstPositionHeld) {
  Rig rig;
  auto known = known_after_first(rig.btc);
  known.since = VenueTime{day0 + 1'000};
  rig.session->resume(known);
  rig.session->start(rig.now);
  rig.play(std::vector<Line>{
      asks(Call::account_config, venue::AccountConfig{.mode = PositionMode::one_way}),
      asks(Call::create_listen_key, ListenKey{"key"}), opens(), asks(Call::all_orders, Orders{}),
      asks(Call::user_trades, Trades{user_trade(1, -900, 2), user_trade(2, 500'000, 1)}),
      asks(Call::positions, Positions{position(rig.btc, 6, 500'000)})});
  EXPECT_EQ(rig.handed(), "p=6");
}

TEST(LeaderSession, WaitsForTheVenuesTime) {
  Rig rig;
  LeaderSession session({.leader = LeaderId{0}, .symbols = rig.symbols, .cells = rig.cells});
  session.start(rig.now);
  session.tick(rig.now);
  EXPECT_FALSE(session.next_action());
  session.set_time({.at = rig.now, .venue = VenueTime{day0}});
  session.tick(rig.now);
  EXPECT_TRUE(session.next_action());
}

TEST(LeaderSession, AfterALossTheGapIsFilledFirst) {
  Rig rig;
  rig.session->start(rig.now);
  rig.play(first_script(rig.btc));
  EXPECT_EQ(rig.handed(), first_result);
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  EXPECT_FALSE(rig.next());
  rig.pass(5s);
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.session->state(), SessionState::live);
  EXPECT_EQ(rig.handed(), again_result);
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
  EXPECT_EQ(rig.cells.back_filled.get(), 1);
  EXPECT_EQ(rig.session->tracked({rig.btc, Leg::both}), Qty::whole(3));
}

// Plays the script with a fault in place of one line's answer, then whole; the outcome must be the
// same as without the fault.
struct Fault {
  const char* name;
  std::function<void(Rig&, std::uint32_t ticket)> strike;
  bool needs_stream = false;
};
const std::vector<Fault>& faults() {
  static const std::vector<Fault> all{
      {"no answer", [](Rig& r, std::uint32_t t) { r.session->answered(t, no_answer(), r.now); }},
      {"500", [](Rig& r, std::uint32_t t) { r.session->answered(t, http_500(), r.now); }},
      {"another answer",
       [](Rig& r, std::uint32_t t) { r.session->answered(t, ListenKeyExtended{}, r.now); }},
      {"key refused",
       [](Rig& r, std::uint32_t t) { r.session->answered(t, key_refused(), r.now); }},
      {"stream closed",
       [](Rig& r, std::uint32_t) {
         r.session->stream_closed(make_error_code(Errc::closed), r.now);
       },
       true},
      {"listen key expired",
       [](Rig& r, std::uint32_t) {
         r.session->event(venue::ListenKeyExpired{}, {.received = r.now, .decoded = r.now});
       },
       true},
      {"started anew", [](Rig& r, std::uint32_t) { r.session->start(r.now); }}};
  return all;
}

void play_with_fault(Rig& rig, const std::vector<Line>& script, std::size_t at,
                     const Fault& fault) {
  bool streaming = false;
  for (std::size_t i = 0; i < at; ++i) {
    rig.play(script[i]);
    if (!script[i].call) streaming = true;
  }
  rig.pass(1ms);
  const int closed_before = rig.closed;
  std::uint32_t stale = 0;
  const bool opening = !script[at].call;
  if (opening) {
    ASSERT_TRUE(rig.next().has_value());
    streaming = true;
    if (!fault.needs_stream) {
      rig.pass(LeaderSession::opening_max);  // never opens
    } else {
      fault.strike(rig, 0);
    }
  } else {
    stale = rig.expect_ask(*script[at].call).ticket;
    if (fault.needs_stream && !streaming) {
      rig.session->answered(stale, no_answer(), rig.now);
    } else {
      fault.strike(rig, stale);
    }
  }
  EXPECT_EQ(rig.session->front(), nullptr) << "nothing is handed over by halves";
  EXPECT_NE(rig.session->state(), SessionState::live);
  rig.session->answered(stale, Positions{}, rig.now);  // late, and to a question nobody asks now
  if (std::string_view(fault.name) == "started anew" && !opening) {
    rig.play(script);
  } else {
    EXPECT_FALSE(rig.next().has_value());
    rig.pass(61s);
    rig.play(script);
  }
  const bool by_venue = std::string_view(fault.name) == "stream closed";
  EXPECT_EQ(rig.closed, closed_before + (streaming && !by_venue ? 1 : 0));
}

TEST(LeaderSession, FirstStartWithAFaultAtEveryStep) {
  for (const Fault& fault : faults()) {
    for (std::size_t at = 0; at < 4; ++at) {
      SCOPED_TRACE(std::string(fault.name) + " at " + std::to_string(at));
      Rig rig;
      rig.session->start(rig.now);
      play_with_fault(rig, first_script(rig.btc), at, fault);
      EXPECT_EQ(rig.session->state(), SessionState::live);
      EXPECT_EQ(rig.handed(), first_result);
    }
  }
}

TEST(LeaderSession, ReconnectWithAFaultAtEveryStep) {
  for (const Fault& fault : faults()) {
    for (std::size_t at = 0; at < 7; ++at) {
      SCOPED_TRACE(std::string(fault.name) + " at " + std::to_string(at));
      Rig rig;
      rig.session->start(rig.now);
      rig.play(first_script(rig.btc));
      EXPECT_EQ(rig.handed(), first_result);
      rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
      rig.pass(5s);
      auto script = again_script(rig.btc);
      const auto without_order = [&] {
        // What an attempt that was cut short learned of orders is not asked again.
        if (at == 6) script.erase(script.begin() + 5);
      };
      if (at < 6) {
        play_with_fault(rig, script, at, fault);
      } else {
        for (std::size_t i = 0; i < at; ++i) rig.play(script[i]);
        rig.pass(1ms);
        rig.session->answered(rig.expect_ask(Call::positions).ticket, http_500(), rig.now);
        EXPECT_EQ(rig.session->front(), nullptr);
        rig.pass(61s);
        without_order();
        rig.play(script);
      }
      EXPECT_EQ(rig.session->state(), SessionState::live);
      EXPECT_EQ(rig.handed(), again_result);
    }
  }
}

TEST_F(Live, DuplicatesAndContainedFillsAreCountedAndNotHandedOver) {
  rig.bring(trade_event(rig.btc, 9, 600'000, 1));
  rig.bring(trade_event(rig.btc, 9, 600'000, 1));
  rig.bring(trade_event(rig.btc, 7, 600'001, 1));  // out of order
  rig.bring(trade_event(rig.btc, 1, -900, 2));     // was held and contained
  rig.bring(trade_event(rig.btc, 5, -500, 1));     // comes late, and the position holds it
  EXPECT_EQ(rig.handed(), "f9 f7");
  EXPECT_EQ(rig.cells.duplicates.get(), 2);
  EXPECT_EQ(rig.cells.contained.get(), 1);
}

TEST_F(Live, AFillCarriesWhatTheVenueSaid) {
  auto update = trade_event(rig.btc, 9, 600'000, -3);
  update.order_qty = Qty::whole(8);
  update.forced = true;
  update.leg = Leg::short_;
  rig.bring(update);
  ASSERT_NE(rig.session->front(), nullptr);
  const auto fill = std::get<LeaderFill>(*rig.session->front());
  EXPECT_EQ(fill.side, Side::sell);
  EXPECT_EQ(fill.leg, Leg::short_);
  EXPECT_EQ(fill.order_qty, Qty::whole(8));
  EXPECT_TRUE(fill.forced);
  EXPECT_EQ(fill.received, rig.now);
  EXPECT_EQ(fill.decoded_ns, 5000U);
  EXPECT_EQ(rig.session->tracked({rig.btc, Leg::short_}), Qty::whole(-3));
  EXPECT_FALSE(rig.session->wants_frames()) << "what waits goes first";
}

TEST_F(Live, AnUnlistedSymbolIsSaidOnce) {
  auto update = trade_event(rig.btc, 9, 600'000, 1);
  update.symbol_known = false;
  update.symbol_name = "NEWUSDT";
  rig.bring(update);
  rig.bring(update);
  EXPECT_EQ(rig.handed(), "");
  EXPECT_EQ(rig.cells.unknown_symbols.get(), 2);
  const std::string said = rig.notices();
  EXPECT_NE(said.find("NEWUSDT"), said.npos);
  EXPECT_EQ(said.find("NEWUSDT"), said.rfind("NEWUSDT"));
}

TEST_F(Live, UnknownEventsAreCountedAndKnownOnesAreNot) {
  rig.session->event(venue::OtherEvent{.name = "NEWS", .known = false},
                     {.received = rig.now, .decoded = rig.now});
  rig.session->event(venue::OtherEvent{.name = "MARGIN_CALL", .known = true},
                     {.received = rig.now, .decoded = rig.now});
  EXPECT_EQ(rig.cells.unknown_events.get(), 1);
}

TEST_F(Live, ChangesOfTheSetupAreCounted) {
  const auto before = rig.cells.config_changes.get();
  venue::AccountConfigUpdate leverage;
  leverage.leverage = 5;
  rig.bring(leverage);
  venue::AccountUpdate margin;
  margin.reason = "MARGIN_TYPE_CHANGE";
  rig.bring(margin);
  EXPECT_EQ(rig.cells.config_changes.get(), before + 2);
  venue::AccountUpdate order;
  order.reason = "ORDER";
  rig.bring(order);
  venue::AccountConfigUpdate assets;
  assets.multi_assets = true;
  rig.bring(assets);
  EXPECT_EQ(rig.cells.config_changes.get(), before + 2);
  EXPECT_EQ(rig.cells.multi_assets.get(), 1);
  EXPECT_EQ(rig.handed(), "");
}

TEST_F(Live, TheListenKeyIsExtendedAndNeverGivenUp) {
  for (int i = 1; i <= 3; ++i) {
    for (int minute = 0; minute < 20; ++minute) {
      rig.pass(30s);
      rig.bring(trade_event(rig.btc, i * 100 + minute, 600'000 + i * 1000 + minute, 1));
      rig.handed();
      rig.pass(30s);
    }
    const Ask ask = rig.expect_ask(Call::extend_listen_key);
    rig.session->answered(ask.ticket, ListenKeyExtended{}, rig.now);
    EXPECT_FALSE(rig.next());
  }
  rig.session->stop();
  EXPECT_FALSE(rig.next()) << "closing is all that stopping does";
  EXPECT_EQ(rig.closed, 1);
  EXPECT_EQ(rig.session->state(), SessionState::not_connected);
}

// To the next extension, with an event every half minute so that nothing else is asked.
Ask until_extension(Rig& rig) {
  for (std::int64_t i = 0; i < 41; ++i) {
    rig.pass(30s);
    rig.bring(trade_event(rig.btc, 9000 + i, 600'000 + i, 1));
    rig.handed();
    if (const auto action = rig.next()) return std::get<Ask>(*action);
  }
  return {};
}

TEST_F(Live, AFailedExtensionIsTriedAgain) {
  Ask ask = until_extension(rig);
  EXPECT_EQ(ask.call, Call::extend_listen_key);
  rig.session->answered(ask.ticket, http_500(), rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::live);
  rig.pass(29s);
  EXPECT_FALSE(rig.next());
  rig.pass(1s);
  ask = rig.expect_ask(Call::extend_listen_key);
  EXPECT_EQ(rig.session->state(), SessionState::live);
}

TEST_F(Live, AListenKeyThatIsGoneMeansANewOne) {
  const Ask ask = until_extension(rig);
  Failure gone;
  gone.status = 400;
  gone.code = -1125;
  gone.retry = venue::RetryClass::final_;
  rig.session->answered(ask.ticket, gone, rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.closed, 1);
  rig.pass(1s);
  rig.expect_ask(Call::account_config);
}

TEST_F(Live, AnExpiredListenKeySaidTwiceMeansOneReconnect) {
  rig.session->event(venue::ListenKeyExpired{}, {.received = rig.now, .decoded = rig.now});
  rig.session->event(venue::ListenKeyExpired{}, {.received = rig.now, .decoded = rig.now});
  EXPECT_EQ(rig.cells.reconnects.get(), 1);
  EXPECT_FALSE(rig.next());
  rig.pass(1s);
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.handed(), again_result);
}

TEST_F(Live, ARefusedKeyIsTriedSlowlyAndHeals) {
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  rig.pass(1s);
  rig.notices();
  for (int i = 0; i < 3; ++i) {
    rig.session->answered(rig.expect_ask(Call::account_config).ticket, key_refused(), rig.now);
    EXPECT_EQ(rig.session->state(), SessionState::refused);
    rig.pass(59s);
    EXPECT_FALSE(rig.next());
    rig.pass(1s);
  }
  const std::string said = rig.notices();
  EXPECT_NE(said.find("Invalid API-key, IP, or permissions"), said.npos) << said;
  EXPECT_EQ(said.find("Invalid"), said.rfind("Invalid")) << "once, not with every attempt";
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.session->state(), SessionState::live);
}

TEST_F(Live, ARateLimitIsWaitedOut) {
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  rig.pass(1s);
  Failure limited;
  limited.status = 429;
  limited.retry = venue::RetryClass::backoff;
  limited.retry_after = 120s;
  rig.session->answered(rig.expect_ask(Call::account_config).ticket, limited, rig.now);
  rig.pass(119s);
  EXPECT_FALSE(rig.next());
  rig.pass(1s);
  rig.expect_ask(Call::account_config);
}

TEST_F(Live, AQuietStreamIsComparedWithThePositions) {
  rig.pass(59s);
  EXPECT_FALSE(rig.next());
  rig.pass(1s);
  const Ask ask = rig.expect_ask(Call::positions);
  rig.session->answered(ask.ticket, Positions{position(rig.btc, 6, 500'000)}, rig.now);
  rig.pass(59s);
  EXPECT_FALSE(rig.next()) << "nothing differs";
  EXPECT_EQ(rig.session->state(), SessionState::live);
}

TEST_F(Live, ADifferenceThatStaysMeansADeadStream) {
  rig.pass(60s);
  rig.session->answered(rig.expect_ask(Call::positions).ticket,
                        Positions{position(rig.btc, 2, 600'000)}, rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::live);
  rig.pass(2s);
  rig.session->answered(rig.expect_ask(Call::positions).ticket,
                        Positions{position(rig.btc, 2, 600'000)}, rig.now);
  EXPECT_EQ(rig.session->state(), SessionState::reconnecting);
  rig.pass(1s);
  rig.play(again_script(rig.btc));
  EXPECT_EQ(rig.handed(), again_result);
}

TEST_F(Live, ADifferenceThatAnEventExplainsIsNone) {
  rig.pass(60s);
  rig.session->answered(rig.expect_ask(Call::positions).ticket,
                        Positions{position(rig.btc, 2, 600'000)}, rig.now);
  rig.bring(trade_event(rig.btc, 3, 600'000, -4));
  EXPECT_EQ(rig.handed(), "f3");
  rig.pass(3s);
  EXPECT_FALSE(rig.next());
  EXPECT_EQ(rig.session->state(), SessionState::live);
}

TEST_F(Live, AMalformedFrameIsCountedAndLookedAfter) {
  rig.session->malformed(rig.now);
  EXPECT_EQ(rig.cells.malformed.get(), 1);
  rig.pass(2s);
  rig.expect_ask(Call::positions);
  EXPECT_EQ(rig.session->state(), SessionState::live);
}

TEST_F(Live, TradesThatTheHistoryLacksAreWaitedForThenThePositionIsTaken) {
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  rig.pass(1s);
  auto script = again_script(rig.btc);
  script.resize(3);
  script[2].events.clear();
  rig.play(script);
  rig.play(asks(Call::all_orders, Orders{}));
  const Positions there{position(rig.btc, 2, 600'000)};
  rig.play(asks(Call::user_trades, Trades{}));
  for (int i = 0; i < LeaderSession::history_rereads_max; ++i) {
    rig.play(asks(Call::positions, there));
    EXPECT_EQ(rig.session->front(), nullptr);
    rig.pass(500ms);
    rig.play(asks(Call::user_trades, Trades{}));
  }
  rig.play(asks(Call::positions, there));
  EXPECT_EQ(rig.handed(), "p=2");
  rig.bring(trade_event(rig.btc, 3, 600'000, -4));
  EXPECT_EQ(rig.handed(), "") << "the position has its effect already";
}

TEST_F(Live, AnOrderThatTheVenueDoesNotKnowYetIsAskedAgain) {
  rig.session->stream_closed(make_error_code(Errc::closed), rig.now);
  rig.pass(1s);
  const auto script = again_script(rig.btc);
  for (std::size_t i = 0; i < 5; ++i) rig.play(script[i]);
  Failure absent;
  absent.status = 400;
  absent.code = -2013;
  rig.play(asks(Call::order, absent));
  EXPECT_FALSE(rig.next());
  rig.pass(1s);
  rig.play(asks(Call::order, absent));
  rig.pass(1s);
  rig.play(asks(Call::order, absent));
  rig.play(script[6]);
  ASSERT_NE(rig.session->front(), nullptr);
  EXPECT_TRUE(std::get<LeaderFill>(*rig.session->front()).forced);
  EXPECT_EQ(rig.handed(), again_result);
}

}  // namespace
}  // namespace copyd::feed
