#include "engine/key_trial.hpp"

#include <gtest/gtest.h>

#include "sim/memory_venue.hpp"

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;

// bob's key, at a venue with or without permission records.
class KeyTrialTest : public ::testing::Test {
 protected:
  std::optional<ops::Outcome<KeyFindings>> tried(VenueApi& api, bool testnet = false) {
    api.time([](std::optional<TimeReading>, const std::string&) {});
    run(api);
    const auto& member = venue.world().member("bob");
    venue::Credentials bob{.api_key = Secret::copy_of(member.api_key),
                           .signer = *venue::Signer::hmac(Secret::copy_of(member.secret))};
    const KeyTrial trial{.venue = api, .testnet = testnet};
    std::optional<ops::Outcome<KeyFindings>> outcome;
    trial.begin(bob, ops::AccountKey::hmac, Role::follower,
                [&](ops::Outcome<KeyFindings> found) { outcome.emplace(std::move(found)); });
    run(api);
    return outcome;
  }
  void run(VenueApi& api) {
    for (const Mono end = clock.now() + 200ms; clock.now() < end; clock.advance(5ms))
      api.poll(clock.now());
  }
  VenueApi api_with(const std::string& sapi) {
    return {
        *transport, {.rest = "https://venue", .sapi = sapi, .ws_api = "", .streams = ""}, clock};
  }

  ManualClock clock;
  sim::MemoryVenue venue{clock, {}};
  std::unique_ptr<net::Transport> transport = venue.transport("supervisor");
};

TEST_F(KeyTrialTest, AKeyIsTakenByItsRecordAndByACallThatTellsOfTheAccount) {
  VenueApi api = api_with("https://wallet");
  const auto outcome = tried(api);
  ASSERT_TRUE(outcome && *outcome) << (outcome ? outcome->error().error : "no answer");
  EXPECT_TRUE((*outcome)->permissions);
  EXPECT_FALSE((*outcome)->alias.empty());
}

// As the testnet: that is said, and the futures call alone proves the key.
TEST_F(KeyTrialTest, WithoutARecordItSaysSoAndGoesOn) {
  VenueApi api = api_with("");
  const auto outcome = tried(api, true);
  ASSERT_TRUE(outcome && *outcome) << (outcome ? outcome->error().error : "no answer");
  EXPECT_FALSE((*outcome)->permissions);
  EXPECT_FALSE((*outcome)->alias.empty());
  ASSERT_EQ((*outcome)->warnings.size(), 1U);
  EXPECT_NE((*outcome)->warnings[0].find("no permission record"), std::string::npos);
  venue.control(R"({"command":"revoke_key","account":"bob"})");
  const auto refused = tried(api, true);
  ASSERT_TRUE(refused && !*refused);
  EXPECT_NE(refused->error().error.find("-2015"), std::string::npos) << refused->error().error;
  EXPECT_NE(refused->error().remedy.find("testnet"), std::string::npos) << refused->error().remedy;
}

TEST_F(KeyTrialTest, ADangerousRightEndsIt) {
  venue.control(R"({"command":"permissions","account":"bob","withdrawals":true})");
  VenueApi api = api_with("https://wallet");
  const auto outcome = tried(api);
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_NE(outcome->error().error.find("Enable Withdrawals"), std::string::npos);
  EXPECT_FALSE(outcome->error().remedy.empty());
}

}  // namespace
}  // namespace copyd::engine
