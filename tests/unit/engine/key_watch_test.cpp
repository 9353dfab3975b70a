#include "engine/key_watch.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/memory_venue.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;

// alpha leads, bob follows; the venue's record of each is what the control port says.
class KeyWatchTest : public ::testing::Test {
 protected:
  KeyWatchTest()
      : transport(venue.transport("supervisor")),
        config(two()),
        roster(config),
        api(*transport,
            venue::Endpoints{
                .rest = "https://venue", .sapi = "https://wallet", .ws_api = "", .streams = ""},
            clock),
        watch({.roster = roster,
               .venue = api,
               .clock = clock,
               .judged = [this](RosterAccount& account, const PermissionVerdict& verdict) {
                 judged.emplace_back(account.label, verdict.refusal);
               }}) {
    venue.set_fate([this](const sim::MemoryFrame& frame) {
      const bool asks = frame.kind == sim::LinkKind::http && frame.to_venue;
      if (asks && frame.target.find("apiRestrictions") != frame.target.npos) ++asked;
      return sim::MemoryFate();
    });
    api.time([](std::optional<TimeReading>, const std::string&) {});
    run(100ms);
  }

  static config::Config two() {
    config::Config made;
    made.leaders = {{.label = "alpha"}};
    made.followers.resize(1);
    made.followers[0].label = "bob";
    return made;
  }
  RosterAccount& connect(const std::string& label) {
    const auto& member = venue.world().member(label);
    RosterAccount& account = roster.at(label);
    account.credentials.emplace(
        venue::Credentials{.api_key = Secret::copy_of(member.api_key),
                           .signer = *venue::Signer::hmac(Secret::copy_of(member.secret))});
    watch.connected(account);
    return account;
  }
  void run(std::chrono::nanoseconds time) {
    for (const Mono end = clock.now() + time; clock.now() < end; clock.advance(5ms)) {
      watch.poll();
      api.poll(clock.now());
    }
  }
  // Long, with looks at its end only.
  void wait(std::chrono::nanoseconds time) {
    clock.advance(time);
    run(1s);
  }
  void command(const std::string& line) {
    const auto answer = venue.control(line);
    ASSERT_NE(answer.find("\"ok\":true"), answer.npos) << answer;
  }
  void rights(const std::string& flags) {
    command(R"({"command":"permissions","account":"bob",)" + flags + "}");
  }

  ManualClock clock;
  sim::MemoryVenue venue{clock, {.latency = 10ms}};
  std::unique_ptr<net::Transport> transport;
  config::Config config;
  Roster roster;
  VenueApi api;
  std::vector<std::pair<std::string, std::string>> judged;
  int asked = 0;
  KeyWatch watch;
};

TEST_F(KeyWatchTest, EveryRecordIsReadAtTheStartAndEveryDay) {
  connect("alpha");
  const RosterAccount& bob = connect("bob");
  run(1s);
  ASSERT_EQ(judged.size(), 2U);
  EXPECT_EQ(judged[1], std::pair(std::string("bob"), std::string()));
  ASSERT_TRUE(bob.permissions);
  EXPECT_TRUE(bob.permissions->futures.value_or(false));
  wait(23h);
  EXPECT_EQ(asked, 2);
  wait(1h);
  EXPECT_EQ(asked, 4);
}

TEST_F(KeyWatchTest, WhatConnectHasJustReadIsReadAgainTomorrow) {
  RosterAccount& bob = roster.at("bob");
  bob.permissions = venue::KeyPermissions();
  connect("bob");
  wait(23h);
  EXPECT_EQ(asked, 0);
  wait(2h);
  EXPECT_EQ(asked, 1);
}

TEST_F(KeyWatchTest, ARightThatAppearsIsJudgedAndOneThatGoesAgain) {
  const RosterAccount& bob = connect("bob");
  run(1s);
  rights(R"("internal_transfer":true,"ip_restricted":false)");
  wait(24h);
  ASSERT_EQ(judged.size(), 2U);
  EXPECT_NE(judged[1].second.find("Internal Transfer"), std::string::npos);
  rights(R"("internal_transfer":false)");
  watch.look(roster.at("bob"));
  run(1s);
  ASSERT_EQ(judged.size(), 3U) << "asked for, it is looked at now";
  EXPECT_EQ(judged[2].second, "");
  ASSERT_EQ(bob.warnings.size(), 1U);
  EXPECT_NE(bob.warnings[0].find("no IP list"), std::string::npos);
}

TEST_F(KeyWatchTest, ARecordThatCannotBeReadJudgesNothingAndIsAskedForAgain) {
  connect("bob");
  command(R"({"command":"revoke_key","account":"bob"})");
  run(1s);
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(judged.empty());
  command(R"({"command":"restore_key","account":"bob"})");
  wait(4min);
  EXPECT_EQ(asked, 1);
  wait(1min);
  EXPECT_EQ(judged.size(), 1U);
}

TEST_F(KeyWatchTest, TheEndOfTradingIsLookedAtWhenItsDaysCome) {
  const auto end = venue.venue_time(clock.now()) + std::chrono::days(7) + 2h;
  rights(fmt::format(R"("expires":{})", end.ms));
  const RosterAccount& bob = connect("bob");
  run(1s);
  ASSERT_EQ(bob.warnings.size(), 1U);
  EXPECT_NE(bob.warnings[0].find("in 8 days"), std::string::npos) << bob.warnings[0];
  wait(2h);
  EXPECT_EQ(asked, 2) << "seven days are left: not a day later";
  for (int day = 0; day < 6; ++day) wait(24h);
  EXPECT_NE(bob.warnings[0].find("within a day"), std::string::npos) << bob.warnings[0];
  EXPECT_EQ(judged.back().second, "");
  wait(24h);
  EXPECT_NE(judged.back().second.find("has expired"), std::string::npos);
}

TEST_F(KeyWatchTest, AThousandAccountsAreAskedOneAfterAnother) {
  for (int i = 0; i < 100; ++i) {
    RosterAccount& account = roster.at(fmt::format("other{}", i));
    const auto& member = venue.world().member("bob");
    account.credentials.emplace(
        venue::Credentials{.api_key = Secret::copy_of(member.api_key),
                           .signer = *venue::Signer::hmac(Secret::copy_of(member.secret))});
    watch.connected(account);
  }
  run(1s);
  EXPECT_LE(asked, 31);
  run(8s);
  EXPECT_EQ(asked, 100);
}

TEST_F(KeyWatchTest, AnAnswerToAnOlderKeyIsNothing) {
  RosterAccount& bob = connect("bob");
  run(10ms);
  EXPECT_EQ(asked, 1);
  bob.permissions = venue::KeyPermissions();
  watch.connected(bob);
  run(1s);
  EXPECT_TRUE(judged.empty());
}

}  // namespace
}  // namespace copyd::engine
