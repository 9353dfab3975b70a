// Health in virtual time, against the simulated venue.
#include "engine/health.hpp"

#include <gtest/gtest.h>

#include "sim/memory_venue.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using Standing = AccountHealth::Standing;

TEST(HealthPeriod, GrowsWithTheAccountsFromFiveHundredOn) {
  EXPECT_EQ(health_period(1), 60s);
  EXPECT_EQ(health_period(500), 60s);
  EXPECT_EQ(health_period(750), 90s);
  EXPECT_EQ(health_period(1000), 120s);
}

class HealthTest : public testing::Test {
 protected:
  HealthTest()
      : transport(venue.transport("supervisor")),
        config(three()),
        roster(config),
        api(*transport,
            venue::Endpoints{.rest = "https://venue", .sapi = "", .ws_api = "", .streams = ""},
            clock) {
    venue.set_fate([this](const sim::MemoryFrame& frame) {
      if (frame.to_venue && frame.target.find("rateLimit/order") != frame.target.npos) ++checks;
      return fate ? fate(frame) : sim::MemoryFate();
    });
    api.time([](std::optional<TimeReading>, const std::string&) {});
    for (int i = 0; i < 10; ++i) {
      clock.advance(5ms);
      api.poll(clock.now());
    }
    health.emplace(Health::Parts{
        .roster = roster,
        .venue = api,
        .clock = clock,
        .tell = [this](const CopyCommand& said) { told.push_back(std::get<SetState>(said)); },
        .agent_answered = [this](const RosterAccount& account) { return answered[account.label]; },
        .agent_refused = [this](const RosterAccount& account) { return refused[account.label]; },
        .held_until = [this] { return held; },
        .look_at_rights = [this](RosterAccount& account) { looked.push_back(account.label); }});
    for (const char* label : {"alpha", "bob", "dave"}) connect(label);
  }

  static config::Config three() {
    config::Config made;
    made.leaders = {{.label = "alpha"}};
    made.followers.resize(2);
    made.followers[0].label = "bob";
    made.followers[1].label = "dave";
    return made;
  }
  void connect(const std::string& label) {
    const auto& member = venue.world().member(label);
    RosterAccount& account = roster.at(label);
    account.credentials.emplace(
        venue::Credentials{.api_key = Secret::copy_of(member.api_key),
                           .signer = *venue::Signer::hmac(Secret::copy_of(member.secret))});
    health->connected(account);
  }
  void revoke(const std::string& label) {
    const auto answer = venue.control(R"({"command":"revoke_key","account":")" + label + "\"}");
    ASSERT_NE(answer.find("\"ok\":true"), answer.npos) << answer;
  }
  void run(std::chrono::nanoseconds time) {
    for (const Mono end = clock.now() + time; clock.now() < end; clock.advance(20ms)) {
      health->poll();
      api.poll(clock.now());
    }
  }
  const AccountHealth& of(const char* label) { return roster.at(label).health; }
  static VenueAnswer answer(int status, std::string body = "{}") {
    return {.status = status, .body = std::move(body), .failure = "", .retry_after = std::nullopt};
  }
  static VenueAnswer key_refused() {
    return answer(401, R"({"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."})");
  }
  void break_network() {
    fate = [](const sim::MemoryFrame& frame) {
      return sim::MemoryFate{.cut = frame.kind == sim::LinkKind::http};
    };
  }

  ManualClock clock;
  sim::MemoryVenue venue{clock, {.latency = 10ms}};
  std::unique_ptr<net::Transport> transport;
  config::Config config;
  Roster roster;
  VenueApi api;
  sim::MemoryVenue::Decide fate;
  int checks = 0;
  std::map<std::string, Mono> answered;
  std::map<std::string, bool> refused;
  Mono held{};
  std::vector<SetState> told;
  std::vector<std::string> looked;
  std::optional<Health> health;
};

TEST_F(HealthTest, EveryKeyIsExercisedOnceAPeriod) {
  run(59s);
  EXPECT_EQ(checks, 0);
  run(2s);
  EXPECT_EQ(checks, 3);
  run(60s);
  EXPECT_EQ(checks, 6);
  EXPECT_EQ(of("bob").standing, Standing::good);
  EXPECT_GT(roster.at("bob").last_sync.ns, 0);
  EXPECT_TRUE(told.empty());
}

TEST_F(HealthTest, WhatFailedInTheLastRunIsAskedAtOnceAndRestrictedUntilItPasses) {
  health->was_failing(roster.at("bob"));
  connect("bob");
  break_network();
  run(1s);
  EXPECT_TRUE(told.empty()) << "the restriction of the last run stands";
  fate = nullptr;
  run(10s);
  EXPECT_EQ(of("bob").standing, Standing::good);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].follower, *roster.at("bob").follower);
  EXPECT_EQ(told[0].cause, StateCause::health);
  EXPECT_EQ(told[0].state, FollowerState::active);
}

TEST_F(HealthTest, AnySignedAnswerOfThePeriodCounts) {
  for (int i = 0; i < 6; ++i) {
    run(30s);
    for (const char* label : {"alpha", "bob"}) health->heard(roster.at(label), answer(200));
    answered["dave"] = clock.now();
  }
  EXPECT_EQ(checks, 0);
}

TEST_F(HealthTest, OneLostAnswerOfAnotherReaderRestrictsNobody) {
  health->heard(roster.at("bob"), answer(503));
  run(1s);
  EXPECT_EQ(checks, 1) << "it is asked at once";
  EXPECT_EQ(of("bob").standing, Standing::good);
  EXPECT_TRUE(told.empty());
}

TEST_F(HealthTest, AShortOutageRestrictsNobody) {
  health->heard(roster.at("bob"), answer(503));
  break_network();
  run(19s);
  EXPECT_GE(checks, 3) << "it is asked again and again";
  fate = nullptr;
  run(6s);
  break_network();
  health->heard(roster.at("bob"), answer(503));
  run(19s);
  EXPECT_EQ(of("bob").standing, Standing::good) << "each outage counts for itself";
  EXPECT_TRUE(told.empty());
}

TEST_F(HealthTest, ATransientFailureThatLastsIsShownRestrictsAndHeals) {
  health->heard(roster.at("bob"), answer(503));
  break_network();
  run(21s);
  EXPECT_EQ(of("bob").standing, Standing::failing);
  EXPECT_FALSE(of("bob").words.empty());
  const Mono since = of("bob").since;
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].follower, FollowerId{0});
  EXPECT_EQ(told[0].cause, StateCause::health);
  EXPECT_EQ(told[0].state, FollowerState::reduce_only);
  run(40s);
  EXPECT_EQ(of("bob").since, since) << "the failure goes on; it does not begin again";
  EXPECT_EQ(told.size(), 1U);
  fate = nullptr;
  run(16s);
  EXPECT_EQ(of("bob").standing, Standing::good);
  EXPECT_TRUE(of("bob").words.empty());
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].state, FollowerState::active);
  EXPECT_EQ(of("dave").standing, Standing::good);
}

TEST_F(HealthTest, AnAnswerToTheAgentHealsUnlessItIsOlderThanTheFailure) {
  run(20ms);
  const Mono before = clock.now();
  health->heard(roster.at("bob"), answer(503));
  break_network();
  run(21s);
  ASSERT_EQ(of("bob").standing, Standing::failing);
  answered["bob"] = before;
  run(100ms);
  EXPECT_EQ(of("bob").standing, Standing::failing);
  answered["bob"] = clock.now();
  run(100ms);
  EXPECT_EQ(of("bob").standing, Standing::good);
}

TEST_F(HealthTest, ARevokedKeyIsReAuthNeededAfterAMinuteAndNobodyElseNotices) {
  revoke("bob");
  refused["bob"] = true;
  run(1s);
  EXPECT_EQ(of("bob").standing, Standing::failing) << "Error at once";
  EXPECT_NE(of("bob").words.find("-2015"), std::string::npos);
  run(55s);
  EXPECT_EQ(of("bob").standing, Standing::failing) << "one refusal may be a mistake";
  run(10s);
  EXPECT_EQ(of("bob").standing, Standing::refused);
  const int asked = checks;
  run(10s);
  EXPECT_EQ(checks, asked + 0) << "a key that is refused is not asked for ever";
  for (const char* label : {"alpha", "dave"}) EXPECT_EQ(of(label).standing, Standing::good);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].follower, FollowerId{0});
}

TEST_F(HealthTest, RefusalsOfOtherReadersCountToo) {
  revoke("bob");
  health->heard(roster.at("bob"), key_refused());
  run(1s);
  ASSERT_EQ(of("bob").standing, Standing::failing);
  clock.advance(60s);
  health->heard(roster.at("bob"), key_refused());
  EXPECT_EQ(of("bob").standing, Standing::refused);
}

TEST_F(HealthTest, ARefusedKeyDoesNotHealByItself) {
  revoke("bob");
  refused["bob"] = true;
  run(65s);
  ASSERT_EQ(of("bob").standing, Standing::refused);
  health->heard(roster.at("bob"), answer(200));
  answered["bob"] = clock.now();
  run(5s);
  EXPECT_EQ(of("bob").standing, Standing::refused);
}

TEST_F(HealthTest, ResumeAsksOnceMoreAndItStaysIfThatFails) {
  revoke("bob");
  refused["bob"] = true;
  run(65s);
  ASSERT_EQ(of("bob").standing, Standing::refused);
  const int asked = checks;
  health->resume(roster.at("bob"));
  run(1s);
  EXPECT_EQ(checks, asked + 1);
  EXPECT_EQ(of("bob").standing, Standing::refused);
  EXPECT_EQ(told.size(), 1U) << "nothing opened meanwhile";
}

TEST_F(HealthTest, ResumeHealsAKeyThatWorksAgain) {
  roster.at("bob");
  health->heard(roster.at("bob"), key_refused());
  fate = [](const sim::MemoryFrame& frame) {
    return sim::MemoryFate{.cut = frame.kind == sim::LinkKind::http};
  };
  run(21s);
  clock.advance(60s);
  health->heard(roster.at("bob"), key_refused());
  ASSERT_EQ(of("bob").standing, Standing::refused);
  health->resume(roster.at("bob"));
  run(1s);
  EXPECT_EQ(of("bob").standing, Standing::refused) << "no answer is no proof";
  fate = nullptr;
  run(16s);
  EXPECT_EQ(of("bob").standing, Standing::good) << "but it is asked until there is one";
  EXPECT_EQ(told.back().state, FollowerState::active);
}

TEST_F(HealthTest, AnotherKeyHealsIt) {
  health->heard(roster.at("bob"), key_refused());
  break_network();
  run(21s);
  clock.advance(60s);
  health->heard(roster.at("bob"), key_refused());
  ASSERT_EQ(of("bob").standing, Standing::refused);
  fate = nullptr;
  connect("bob");
  EXPECT_EQ(of("bob").standing, Standing::good);
  EXPECT_EQ(told.size(), 1U) << "nothing opens before it has shown that it works";
  run(1s);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].state, FollowerState::active);
}

TEST_F(HealthTest, ABanProvesNothingOfAKey) {
  held = clock.now() + 200s;
  health->heard(roster.at("bob"), key_refused());
  clock.advance(70s);
  health->heard(roster.at("bob"), key_refused());
  run(1s);
  EXPECT_NE(of("bob").standing, Standing::refused);
  EXPECT_EQ(checks, 0) << "nothing is asked while the address is banned";
}

TEST_F(HealthTest, ALongBanIsAFailureAndItsEndHeals) {
  VenueAnswer banned = answer(418, R"({"code":-1003,"msg":"Way too many requests; IP banned."})");
  banned.retry_after = 90s;
  health->heard(roster.at("bob"), banned);
  run(50s);
  EXPECT_TRUE(told.empty()) << "the period is not over";
  run(20s);
  EXPECT_EQ(checks, 0);
  for (const char* label : {"alpha", "bob", "dave"}) {
    EXPECT_EQ(of(label).standing, Standing::failing);
    EXPECT_NE(of(label).words.find("-1003"), std::string::npos);
  }
  EXPECT_EQ(told.size(), 2U) << "a leader cannot be restricted";
  run(40s);
  for (const char* label : {"alpha", "bob", "dave"}) EXPECT_EQ(of(label).standing, Standing::good);
  EXPECT_EQ(told.size(), 4U);
}

TEST_F(HealthTest, ARightThatNoKeyMayHaveStaysUntilItIsLookedAtAgain) {
  health->refuse(roster.at("bob"), "it may withdraw", "take the right away at the venue");
  EXPECT_EQ(of("bob").standing, Standing::refused);
  EXPECT_EQ(of("bob").words, "it may withdraw: take the right away at the venue");
  ASSERT_EQ(told.size(), 1U);
  run(130s);
  health->heard(roster.at("bob"), answer(200));
  health->rights_are_good(roster.at("bob"));
  run(1s);
  EXPECT_EQ(of("bob").standing, Standing::refused) << "nobody has resumed it";
  health->resume(roster.at("bob"));
  EXPECT_EQ(looked, std::vector<std::string>{"bob"});
  run(1s);
  EXPECT_EQ(of("bob").standing, Standing::refused) << "that the key works says nothing of rights";
  health->rights_are_good(roster.at("bob"));
  run(1s);
  EXPECT_EQ(of("bob").standing, Standing::good);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].state, FollowerState::active);
}

TEST_F(HealthTest, WhoIsDisconnectedIsNoLongerRestrictedForIt) {
  health->refuse(roster.at("bob"), "it may withdraw", "");
  RosterAccount& account = roster.at("bob");
  account.credentials.reset();
  health->disconnected(account);
  EXPECT_EQ(account.health.standing, Standing::good);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1].state, FollowerState::active);
  run(130s);
  EXPECT_EQ(checks, 4) << "of the other two";
}

TEST_F(HealthTest, AnAnswerToAnOlderKeyIsNothing) {
  refused["bob"] = true;
  break_network();
  health->poll();
  connect("bob");
  fate = nullptr;
  run(5s);
  EXPECT_EQ(of("bob").standing, Standing::good);
}

}  // namespace
}  // namespace copyd::engine
