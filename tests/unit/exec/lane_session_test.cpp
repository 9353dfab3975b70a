// The conversation that makes a follower ready: the script, and the script with a fault at every
// step.
#include "exec/lane_session.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace copyd::exec {
namespace {

using Action = LaneSession::Action;
using Event = LaneSession::Event;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Runs a session: every action is answered by the event that its success would bring, unless a
// fault is planted.
class Runner {
 public:
  explicit Runner(bool logs_on) : session_(42, logs_on) {}

  LaneSession& session() { return session_; }
  Mono now() const { return now_; }
  void on(Event event) { session_.on(event, now_); }
  void plant(std::size_t step, Event fault) { fault_step_ = step, fault_ = fault, faulty_ = true; }
  // The step is never answered at all.
  void plant_silence(std::size_t step) { fault_step_ = step, silent_ = true; }

  // All that the session says at this moment, answered.
  void settle() {
    for (auto action = session_.next(now_); action != Action::none; action = session_.next(now_)) {
      check(action);
      said_.push_back(action);
      answer(action);
    }
  }
  void run(std::chrono::nanoseconds time) {
    const Mono end = now_ + time;
    settle();
    while (now_ < end) {
      now_ = now_ + milliseconds(10);
      settle();
    }
  }
  std::size_t times(Action action) const {
    return static_cast<std::size_t>(std::count(said_.begin(), said_.end(), action));
  }
  std::vector<Action> take() { return std::exchange(said_, {}); }
  std::size_t steps() const { return steps_; }

 private:
  // What must hold whatever happens.
  void check(Action action) {
    if (action == Action::announce) {
      EXPECT_FALSE(ready_ && mode_ == session_.mode()) << "announced twice";
      EXPECT_TRUE(session_.can_send() || session_.may_fall_back(now_));
      ready_ = true;
      mode_ = session_.mode();
    }
    if (action == Action::renounce) {
      EXPECT_TRUE(ready_) << "renounced what was never announced";
      ready_ = false;
    }
    if (action == Action::open_orders) {
      EXPECT_TRUE(config_seen_) << "connected before the mode is read";
    }
    if (!ready_ && action != Action::announce) {
      EXPECT_FALSE(session_.can_send() && action == Action::none);
    }
  }
  void answer(Action action) {
    const auto reply = reply_to(action);
    if (!reply) return;
    const std::size_t step = steps_++;
    if (step == fault_step_ && silent_) return;
    if (step == fault_step_ && faulty_) {
      session_.on(fault_, now_);
      return;
    }
    if (action == Action::read_config) config_seen_ = true;
    session_.on(*reply, now_);
  }
  static std::optional<Event> reply_to(Action action) {
    switch (action) {
      case Action::read_config:
        return Event::config_read;
      case Action::create_listen_key:
        return Event::listen_key_created;
      case Action::open_stream:
        return Event::stream_opened;
      case Action::read_positions:
        return Event::positions_read;
      case Action::open_orders:
        return Event::orders_opened;
      case Action::log_on:
        return Event::logged_on;
      case Action::extend_listen_key:
        return Event::key_extended;
      case Action::open_next_stream:
        return Event::next_stream_opened;
      case Action::open_next_orders:
        return Event::next_orders_opened;
      case Action::log_on_next:
        return Event::next_logged_on;
      default:
        return std::nullopt;
    }
  }

  LaneSession session_;
  Mono now_{1'000'000'000};
  std::vector<Action> said_;
  std::size_t steps_ = 0;
  std::size_t fault_step_ = SIZE_MAX;
  Event fault_ = Event::account_failed;
  bool faulty_ = false;
  bool silent_ = false;
  bool ready_ = false;
  bool config_seen_ = false;
  PositionMode mode_ = PositionMode::one_way;
};

TEST(LaneSession, TheScriptWithASignatureOnEachRequest) {
  Runner runner(false);
  runner.settle();
  EXPECT_EQ(runner.take(),
            (std::vector{Action::read_config, Action::create_listen_key, Action::open_stream,
                         Action::read_positions, Action::open_orders, Action::announce,
                         Action::resolve_unknown}));
  EXPECT_TRUE(runner.session().can_send());
  EXPECT_TRUE(runner.session().healthy());
}

TEST(LaneSession, TheScriptWithALogon) {
  Runner runner(true);
  runner.settle();
  EXPECT_EQ(runner.take(),
            (std::vector{Action::read_config, Action::create_listen_key, Action::open_stream,
                         Action::read_positions, Action::open_orders, Action::log_on,
                         Action::announce, Action::resolve_unknown}));
}

TEST(LaneSession, AFaultAtEveryStepDelaysAndNothingMore) {
  for (const bool logs_on : {false, true}) {
    for (std::size_t step = 0; step < (logs_on ? 6U : 5U); ++step) {
      for (const auto fault : {Event::account_failed, Event::stream_closed, Event::orders_failed,
                               Event::listen_key_gone, Event::mode_doubtful}) {
        Runner runner(logs_on);
        runner.plant(step, fault);
        runner.run(seconds(30));
        EXPECT_TRUE(runner.session().healthy()) << "step " << step;
        EXPECT_EQ(runner.times(Action::announce), 1U);
        EXPECT_EQ(runner.times(Action::renounce), 0U);
      }
    }
  }
}

TEST(LaneSession, AStepThatIsNeverAnsweredIsAFailure) {
  for (std::size_t step = 0; step < 6; ++step) {
    Runner runner(true);
    runner.plant_silence(step);
    runner.run(seconds(9));
    EXPECT_FALSE(runner.session().can_send()) << "step " << step;
    runner.run(seconds(6));
    EXPECT_TRUE(runner.session().healthy()) << "step " << step;
    EXPECT_EQ(runner.times(Action::announce), 1U);
  }
}

TEST(LaneSession, ARefusedKeyAtEveryStepIsTriedAgainAfterAMinute) {
  for (std::size_t step = 0; step < 6; ++step) {
    Runner runner(true);
    runner.plant(step, Event::key_refused);
    runner.run(seconds(59));
    EXPECT_TRUE(runner.session().refused()) << "step " << step;
    EXPECT_FALSE(runner.session().can_send());
    EXPECT_EQ(runner.times(Action::announce), 0U);
    EXPECT_EQ(runner.steps(), step + 1);  // not one call meanwhile
    runner.run(seconds(2));
    EXPECT_TRUE(runner.session().healthy());
    EXPECT_EQ(runner.times(Action::announce), 1U);
  }
}

TEST(LaneSession, ARefusalWhileReadyIsSaidAndBothConnectionsEnd) {
  Runner runner(true);
  runner.settle();
  runner.take();
  runner.on(Event::key_refused);
  EXPECT_FALSE(runner.session().can_send());
  runner.settle();
  EXPECT_EQ(runner.take(),
            (std::vector{Action::close_stream, Action::close_orders, Action::renounce}));
  runner.run(seconds(61));
  EXPECT_EQ(runner.times(Action::announce), 1U);
  EXPECT_TRUE(runner.session().healthy());
}

TEST(LaneSession, ARefusalBeforeReadyWasSaidLeavesItUnsaid) {
  LaneSession session(1, false);
  Mono now{1'000'000'000};
  for (const auto event : {Event::config_read, Event::listen_key_created, Event::stream_opened,
                           Event::positions_read, Event::orders_opened}) {
    EXPECT_NE(session.next(now), Action::none);
    session.on(event, now);
  }
  EXPECT_TRUE(session.healthy());
  session.on(Event::key_refused, now);
  for (auto action = session.next(now); action != Action::none; action = session.next(now)) {
    EXPECT_NE(action, Action::announce);
    EXPECT_NE(action, Action::resolve_unknown);
  }
}

TEST(LaneSession, ALostOrderSocketComesBackAloneAndIsNotUnready) {
  Runner runner(true);
  runner.settle();
  runner.take();
  runner.on(Event::orders_failed);
  EXPECT_FALSE(runner.session().can_send());
  runner.run(seconds(1));
  EXPECT_EQ(runner.take(), (std::vector{Action::close_orders, Action::open_orders, Action::log_on,
                                        Action::resolve_unknown}));
  EXPECT_TRUE(runner.session().can_send());
}

TEST(LaneSession, ALostStreamIsRecoveredWhileOrdersStillLeave) {
  for (const auto event : {Event::stream_closed, Event::listen_key_gone}) {
    Runner runner(false);
    runner.settle();
    runner.take();
    runner.on(event);
    EXPECT_TRUE(runner.session().can_send());
    EXPECT_FALSE(runner.session().healthy());
    runner.run(seconds(1));
    EXPECT_EQ(runner.take(),
              (std::vector{Action::close_stream, Action::read_config, Action::create_listen_key,
                           Action::open_stream, Action::read_positions, Action::resolve_unknown}));
    EXPECT_TRUE(runner.session().healthy());
  }
}

TEST(LaneSession, TwoExpiriesAtOnceAreOneReconnect) {
  Runner runner(false);
  runner.settle();
  runner.on(Event::listen_key_gone);
  runner.on(Event::listen_key_gone);
  runner.run(seconds(2));
  EXPECT_EQ(runner.times(Action::create_listen_key), 2U);
}

TEST(LaneSession, AChangedPositionModeIsAnnounced) {
  Runner runner(false);
  runner.settle();
  runner.session().set_mode(PositionMode::hedge);
  runner.on(Event::mode_doubtful);
  runner.run(seconds(1));
  EXPECT_EQ(runner.times(Action::announce), 2U);
  EXPECT_EQ(runner.session().mode(), PositionMode::hedge);
}

TEST(LaneSession, TheListenKeyIsExtendedEveryTwentyMinutes) {
  Runner runner(false);
  runner.run(std::chrono::minutes(61));
  EXPECT_EQ(runner.times(Action::extend_listen_key), 3U);
  EXPECT_EQ(runner.times(Action::create_listen_key), 1U);
}

TEST(LaneSession, BeginsWhenTheAddressHasTheWeightForIt) {
  venue::AddressWeight weight;
  LaneSession session(42, false);
  Mono now{};
  while (weight.take(now, 1)) {}
  const LaneSession::Holds holds{.weight = &weight};
  EXPECT_EQ(session.next(now, holds), Action::none);
  EXPECT_EQ(session.account(), LaneSession::Account::idle);
  now = now + venue::WeightMinute::span;
  EXPECT_EQ(session.next(now, holds), Action::read_config);
  EXPECT_EQ(session.unpaid(venue::call_weight::handshake), 0) << "of the order socket that follows";
  EXPECT_EQ(session.unpaid(venue::call_weight::handshake), venue::call_weight::handshake);
  session.on(Event::config_read, now);
  while (weight.take(now, 1)) {}
  EXPECT_EQ(session.next(now, holds), Action::create_listen_key) << "all of it is taken at once";
}

TEST(LaneSession, AnExtensionThatFailedIsTriedAgainSoon) {
  Runner runner(false);
  runner.plant(5, Event::extension_failed);
  runner.run(std::chrono::minutes(20) + seconds(31));
  EXPECT_EQ(runner.times(Action::extend_listen_key), 2U);
}

TEST(LaneSession, AFlappingConnectionBacksOff) {
  Runner runner(false);
  runner.settle();
  runner.take();
  for (int i = 0; i < 6; ++i) {
    runner.on(Event::orders_failed);
    while (!runner.session().can_send()) runner.run(milliseconds(10));
  }
  runner.on(Event::orders_failed);
  runner.run(seconds(3));
  EXPECT_FALSE(runner.session().can_send());  // five seconds by now, less the jitter
  runner.run(seconds(4));
  EXPECT_TRUE(runner.session().can_send());
  // A connection that stood for a while was no flapping.
  runner.run(seconds(30));
  runner.on(Event::orders_failed);
  runner.run(milliseconds(200));
  EXPECT_TRUE(runner.session().can_send());
}

TEST(LaneSession, ASuccessorTakesOverWithoutAMomentBetween) {
  for (const bool logs_on : {false, true}) {
    Runner runner(logs_on);
    runner.settle();
    runner.take();
    runner.on(Event::orders_ending);
    runner.on(Event::stream_ending);
    runner.run(LaneSession::ending_spread);
    auto said = runner.take();
    EXPECT_EQ(std::count(said.begin(), said.end(), Action::open_next_orders), 1);
    EXPECT_EQ(std::count(said.begin(), said.end(), Action::log_on_next), logs_on ? 1 : 0);
    EXPECT_EQ(std::count(said.begin(), said.end(), Action::take_next_orders), 1);
    EXPECT_EQ(std::count(said.begin(), said.end(), Action::take_next_stream), 1);
    EXPECT_EQ(said.size(), logs_on ? 5U : 4U);
    EXPECT_TRUE(runner.session().healthy());
    EXPECT_EQ(runner.session().losses(), 0U);
  }
}

// Both within one poll of its socket: nobody has taken it over yet.
TEST(LaneSession, ASuccessorThatStandsAndEndsAtOnceIsALossAndNeverTakesOver) {
  struct Part {
    Event ending, opened, failed;
    Action open, take;
  };
  for (const Part& part : {Part{Event::stream_ending, Event::next_stream_opened,
                                Event::next_stream_failed, Action::open_next_stream,
                                Action::take_next_stream},
                           Part{Event::orders_ending, Event::next_orders_opened,
                                Event::next_orders_failed, Action::open_next_orders,
                                Action::take_next_orders}}) {
    Runner runner(false);
    runner.settle();
    runner.take();
    LaneSession& session = runner.session();
    session.on(part.ending, runner.now());
    Mono now = runner.now();
    auto said = Action::none;
    for (const Mono end = now + LaneSession::ending_spread; said == Action::none && now < end;
         now = now + milliseconds(10))
      said = session.next(now);
    ASSERT_EQ(said, part.open);
    session.on(part.opened, now);
    session.on(part.failed, now);
    EXPECT_EQ(session.losses(), 1U);
    for (said = session.next(now); said != Action::none; said = session.next(now))
      EXPECT_NE(said, part.take);
    EXPECT_FALSE(session.healthy());
    runner.run(seconds(30));
    EXPECT_TRUE(session.healthy());
  }
}

// Steps 6 to 8 of the script are the successors'.
TEST(LaneSession, AFaultAtEveryStepOfARenewalLeavesBothPartsStanding) {
  for (std::size_t step = 6; step < 9; ++step) {
    for (const bool silent : {false, true}) {
      for (const auto fault : {Event::next_orders_failed, Event::next_stream_failed}) {
        Runner runner(true);
        runner.settle();
        if (silent) runner.plant_silence(step);
        else runner.plant(step, fault);
        runner.on(Event::orders_ending);
        runner.on(Event::stream_ending);
        for (int i = 0; i < 3000; ++i) {
          runner.run(milliseconds(10));
          ASSERT_TRUE(runner.session().healthy()) << step;
        }
        EXPECT_EQ(runner.times(Action::take_next_orders), 1U) << step;
        EXPECT_EQ(runner.times(Action::take_next_stream), 1U) << step;
        EXPECT_EQ(runner.session().losses(), 0U);
        EXPECT_EQ(runner.times(Action::announce), 1U);
      }
    }
  }
}

TEST(LaneSession, ALossAtEveryStepOfARenewalIsMadeGood) {
  for (std::size_t step = 6; step < 9; ++step) {
    for (const auto fault : {Event::orders_failed, Event::stream_closed, Event::listen_key_gone,
                             Event::logon_lost, Event::mode_doubtful}) {
      Runner runner(true);
      runner.settle();
      runner.plant(step, fault);
      runner.on(Event::orders_ending);
      runner.on(Event::stream_ending);
      runner.run(seconds(40));
      EXPECT_TRUE(runner.session().healthy()) << step;
      EXPECT_EQ(runner.times(Action::announce), 1U);
      EXPECT_EQ(runner.times(Action::renounce), 0U);
    }
  }
}

TEST(LaneSession, ASocketThatIsToldToEndIsRenewedOnlyWhileItStands) {
  Runner runner(false);
  runner.settle();
  runner.on(Event::orders_failed);
  runner.on(Event::orders_ending);
  runner.run(seconds(5));
  EXPECT_EQ(runner.times(Action::open_next_orders), 0U);
}

TEST(LaneSession, NothingIsBegunWhileTheAddressIsHeld) {
  LaneSession session(1, false);
  const Mono now{1'000'000'000};
  const LaneSession::Holds both{.rest = now + seconds(9), .sockets = now + seconds(5)};
  EXPECT_EQ(session.next(now, both), Action::none);
  EXPECT_EQ(session.next(now + seconds(9), both), Action::read_config);
}

TEST(LaneSession, AnotherWayOpensAfterAMomentOrAFailedAttempt) {
  Runner runner(false);
  runner.run(seconds(20));
  EXPECT_FALSE(runner.session().may_fall_back(runner.now()));
  runner.on(Event::orders_failed);
  EXPECT_FALSE(runner.session().may_fall_back(runner.now() + milliseconds(249)));
  EXPECT_TRUE(runner.session().may_fall_back(runner.now() + milliseconds(250)));
  runner.plant(runner.steps(), Event::orders_failed);
  while (runner.times(Action::open_orders) < 2) runner.run(milliseconds(10));
  EXPECT_TRUE(runner.session().may_fall_back(runner.now()));
  runner.run(seconds(1));
  EXPECT_TRUE(runner.session().can_send());
  EXPECT_FALSE(runner.session().may_fall_back(runner.now() + seconds(60)));
}

TEST(LaneSession, AnswersOfAGivenUpAttemptMoveNothing) {
  LaneSession session(1, true);
  const Mono now{1'000'000'000};
  EXPECT_EQ(session.next(now), Action::read_config);
  for (const auto event : {Event::logged_on, Event::orders_opened, Event::positions_read,
                           Event::stream_opened, Event::listen_key_created})
    session.on(event, now);
  EXPECT_EQ(session.account(), LaneSession::Account::config);
  EXPECT_EQ(session.orders(), LaneSession::Orders::idle);
  EXPECT_EQ(session.next(now), Action::none);
}

}  // namespace
}  // namespace copyd::exec
