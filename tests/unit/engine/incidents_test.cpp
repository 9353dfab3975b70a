#include "engine/incidents.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace copyd::engine {
namespace {

using namespace std::chrono_literals;
using ops::Severity;
using Standing = AccountHealth::Standing;

std::int64_t bits(std::initializer_list<StateCause> causes) {
  std::int64_t made = 0;
  for (const auto cause : causes) made |= std::int64_t{1} << static_cast<std::size_t>(cause);
  return made;
}

Sight::Follower follower(const std::string& label, std::initializer_list<StateCause> causes = {}) {
  return {.label = label, .causes = bits(causes)};
}

std::vector<std::string> keys(const std::vector<Suspect>& found) {
  std::vector<std::string> made;
  for (const auto& suspect : found) made.push_back(suspect.alert.key);
  return made;
}
std::vector<std::string> keys(const std::vector<ops::Alert>& found) {
  std::vector<std::string> made;
  for (const auto& alert : found) made.push_back(alert.key);
  return made;
}
using Keys = std::vector<std::string>;

Sight::Account account(const std::string& label, Standing standing, const std::string& words) {
  Sight::Account made;
  made.label = label;
  made.health.standing = standing;
  made.health.words = words;
  return made;
}

Sight of_followers(std::vector<Sight::Follower> followers) {
  Sight sight;
  sight.followers = std::move(followers);
  return sight;
}

Notice notice(std::string_view text) {
  Notice made{.level = Notice::Level::error, .subject = Notice::Subject::follower};
  std::copy(text.begin(), text.end(), made.text.begin());
  return made;
}

TEST(Suspects, NothingIsWrong) {
  Sight sight = of_followers({follower("bob"), follower("dave", {StateCause::operator_})});
  sight.accounts.push_back(account("bob", Standing::good, ""));
  sight.leaders.push_back({.label = "alpha", .live = true});
  EXPECT_TRUE(suspects(sight).empty()) << "what the operator wants is no incident";
}

TEST(Suspects, AVenueThatIsSilentFromTheStartOnIsTold) {
  Sight sight;
  sight.waiting_for = "the venue's time cannot be read: refused";
  const auto found = suspects(sight);
  ASSERT_EQ(keys(found), Keys{"venue_silent"});
  EXPECT_EQ(found[0].after, 5min);
  EXPECT_NE(found[0].alert.text.find("refused"), std::string::npos);
}

TEST(Suspects, EachStateIsItsOwnIncident) {
  Sight sight = of_followers({follower("bob", {StateCause::breach, StateCause::breaker})});
  sight.followers[0].quarantined = 2;
  sight.followers[0].drift = 1;
  sight.accounts = {account("bob", Standing::refused, "-2015 Invalid API-key"),
                    account("alpha", Standing::failing, "HTTP 503")};
  sight.leaders.push_back({.label = "alpha"});
  const auto found = suspects(sight);
  EXPECT_EQ(keys(found), (Keys{"reauth/bob", "failing/alpha", "leader_stale/alpha", "breach/bob",
                               "breaker/bob", "quarantine/bob", "drift/bob"}));
  EXPECT_NE(found[0].alert.text.find("-2015 Invalid API-key"), std::string::npos);
  EXPECT_EQ(found[0].alert.subject, "bob");
  EXPECT_EQ(found[0].after, 0s);
  EXPECT_EQ(found[1].after, 5min);
  EXPECT_EQ(found[2].after, 30s);
  EXPECT_EQ(found[3].alert.severity, Severity::page);
  EXPECT_EQ(found[6].alert.severity, Severity::warning);
}

TEST(Suspects, WhatConcernsEverybodyIsToldOnce) {
  for (const auto& [cause, key] : {std::pair{StateCause::recovery, "journal_damaged"},
                                   {StateCause::journal, "journal_lost"},
                                   {StateCause::kill, "kill_file"}}) {
    const auto found =
        suspects(of_followers({follower("bob", {cause}), follower("dave", {cause})}));
    ASSERT_EQ(keys(found), Keys{key});
    EXPECT_EQ(found[0].alert.subject, "copyd");
    EXPECT_TRUE(found[0].alert.text.ends_with("(2 followers)")) << found[0].alert.text;
  }
}

TEST(Suspects, AKeyThatFailsIsNotAlsoAConnectionThatDoes) {
  EXPECT_EQ(keys(suspects(of_followers({follower("bob", {StateCause::connection})}))),
            Keys{"not_ready/bob"});
  EXPECT_TRUE(
      suspects(of_followers({follower("bob", {StateCause::connection, StateCause::health})}))
          .empty());
}

class IncidentsTest : public testing::Test {
 protected:
  Incidents::Change look(const Sight& sight) { return incidents.look(suspects(sight), now); }
  Incidents incidents;
  Mono now{1'000'000'000};
};

TEST_F(IncidentsTest, AreToldFromWhenTheyAreToWhenTheyAreOver) {
  const Sight wrong = of_followers({follower("bob", {StateCause::breach})});
  EXPECT_EQ(keys(look(wrong).firing), Keys{"breach/bob"});
  EXPECT_EQ(keys(look(wrong).firing), Keys{"breach/bob"}) << "as long as it lasts";
  const auto change = look(of_followers({follower("bob")}));
  EXPECT_TRUE(change.firing.empty());
  ASSERT_EQ(change.resolved.size(), 1U);
  EXPECT_EQ(change.resolved[0],
            (std::pair<std::string, std::string>{"breach/bob", "it is resumed"}));
  EXPECT_TRUE(look(of_followers({follower("bob")})).resolved.empty());
}

TEST_F(IncidentsTest, AFailureIsToldAfterFiveMinutesAndNotIfItPasses) {
  Sight wrong;
  wrong.accounts.push_back(account("bob", Standing::failing, "HTTP 503"));
  const Sight right;
  EXPECT_TRUE(look(wrong).firing.empty());
  now = now + 4min;
  EXPECT_TRUE(look(wrong).firing.empty());
  EXPECT_TRUE(look(right).resolved.empty()) << "what was not told has no end";
  EXPECT_TRUE(look(wrong).firing.empty());
  now = now + 299s;
  EXPECT_TRUE(look(wrong).firing.empty()) << "counted anew";
  now = now + 1s;
  EXPECT_EQ(keys(look(wrong).firing), Keys{"failing/bob"});
  EXPECT_EQ(look(right).resolved.size(), 1U);
}

TEST_F(IncidentsTest, WhatTurnsIntoReAuthEndsAsAFailure) {
  Sight sight;
  sight.accounts.push_back(account("bob", Standing::failing, "-2015 x"));
  look(sight);
  now = now + 60s;
  sight.accounts[0].health.standing = Standing::refused;
  const auto change = look(sight);
  EXPECT_EQ(keys(change.firing), Keys{"reauth/bob"});
  EXPECT_TRUE(change.resolved.empty());
}

TEST(Notices, AreKeyedByAccountAndClassOfText) {
  const auto one = alert_of(notice("an order is lost: 12 BTCUSDT"), "bob");
  EXPECT_EQ(one.key, "notice/an_order_is_lost/bob");
  EXPECT_EQ(one.subject, "bob");
  EXPECT_EQ(one.text, "an order is lost: 12 BTCUSDT");
  EXPECT_EQ(one.severity, Severity::page);
  EXPECT_EQ(alert_of(notice("an order is lost: 7 ETHUSDT"), "bob").key, one.key);
  EXPECT_EQ(alert_of(notice("1 file, 2 files"), "").key, "notice/file_files");
  EXPECT_EQ(alert_of(notice("x"), "").subject, "copyd");
}

TEST(Notices, ThatTellWhatAStateTellsShareItsKey) {
  EXPECT_EQ(alert_of(notice("max_daily_loss: net equity is 5"), "bob").key, "breach/bob");
  EXPECT_EQ(alert_of(notice("the venue refused three opening orders"), "bob").key, "breaker/bob");
  EXPECT_EQ(alert_of(notice("the journal cannot be written: no follower"), "").key, "journal_lost");
  EXPECT_EQ(
      alert_of(notice("BTCUSDT: the fate of an order cannot be found out: nothing"), "bob").key,
      "quarantine/bob");
  EXPECT_EQ(alert_of(notice("the venue refuses the key: -2015 x"), "bob").key, "")
      << "Health looks at once, and it is told when it lasts";
}

}  // namespace
}  // namespace copyd::engine
