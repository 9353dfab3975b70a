// What a reload makes of a changed file.
#include "config/reload.hpp"

#include <gtest/gtest.h>

#include <string>

#include "config/write.hpp"
#include "document.hpp"

namespace copyd::config {
namespace {

using Changes = std::vector<Change>;

Config config_of(const std::string& text) {
  const LoadOutcome outcome = load_text(text);
  EXPECT_TRUE(outcome.config) << listed(outcome.faults);
  return outcome.config.value_or(Config());
}

std::string leader(const std::string& label) {
  return "[[leader]]\nlabel = '" + label + "'\n";
}

std::string link(const std::string& to, const std::string& more = "") {
  return "[[follower.link]]\nleader = '" + to +
         "'\nsizing = { mode = 'fixed_ratio', ratio = 0.5 }\n" + more;
}

std::string follower(const std::string& label, const std::string& links) {
  return "[[follower]]\nlabel = '" + label + "'\n" + links;
}

const std::string head = "[venue]\nname = 'binance-usdm'\n" + leader("alpha");

TEST(Changes, NoneBetweenAFileAndItself) {
  const std::string text = head + follower("bob", link("alpha"));
  EXPECT_EQ(changes_between(text, text), Changes());
}

TEST(Changes, NoneBetweenTwoSpellings) {
  const std::string one = head + follower("bob", link("alpha")) + follower("eve", link("alpha"));
  std::string other = head + follower("eve", link("alpha")) + follower("bob", link("alpha"));
  other.replace(other.find("0.5"), 3, "'0.50'");
  EXPECT_EQ(changes_between(one, other), Changes());
}

TEST(Changes, AreNamedByLabelsWithBothValues) {
  const auto text = [](const std::string& limits, const std::string& more) {
    return head + follower("bob", limits + link("alpha", more));
  };
  EXPECT_EQ(
      changes_between(text("limits.max_order_notional = 5_000\n", "inverse = true\n"),
                      text("limits.max_order_notional = 8000.5\n", "min_order = 'carry'\n")),
      (Changes{
          {.path = "follower[bob].limits.max_order_notional", .before = "5000", .after = "8000.5"},
          {.path = "follower[bob].link[alpha].min_order", .after = "\"carry\""},
          {.path = "follower[bob].link[alpha].inverse", .before = "true"}}));
}

TEST(Changes, SecondLinksAndTablesOfQuantitiesHaveNames) {
  const std::string one = link("alpha", "symbols.allow = ['BTCUSDT']\n");
  const auto text = [&](const std::string& allowed, const std::string& most) {
    return head + follower("bob", "limits.max_order_qty = { BTCUSDT = " + most + " }\n" + one +
                                      link("alpha", "symbols.allow = ['" + allowed + "']\n"));
  };
  EXPECT_EQ(
      changes_between(text("ETHUSDT", "2"), text("XRPUSDT", "'2.5'")),
      (Changes{
          {.path = "follower[bob].limits.max_order_qty.BTCUSDT", .before = "2", .after = "2.5"},
          {.path = "follower[bob].link[alpha#2].symbols.allow",
           .before = "[\"ETHUSDT\"]",
           .after = "[\"XRPUSDT\"]"}}));
}

TEST(Changes, SayWhatNeedsARestart) {
  const std::string text = head + follower("bob", link("alpha"));
  EXPECT_EQ(changes_between(text, "[engine]\nlanes = 4\n[log]\nlevel = 'debug'\n" + text),
            (Changes{{.path = "engine.lanes", .after = "4", .restart = true},
                     {.path = "log.level", .after = "\"debug\""}}));
}

TEST(Merged, WhatStaysKeepsItsPlaceAndWhatIsNewComesBehind) {
  const Config running = config_of(head + leader("beta") + follower("bob", link("alpha")) +
                                   follower("eve", link("beta")));
  const Config fresh = config_of("[venue]\nname = 'binance-usdm'\n" + leader("gamma") +
                                 leader("beta") + follower("dan", link("gamma")) +
                                 follower("eve", link("gamma") + link("beta", "inverse = true\n")));
  const Config out = merged(running, fresh);
  ASSERT_EQ(out.leaders.size(), 3U);
  EXPECT_EQ(out.leaders[0].label, "alpha");
  EXPECT_EQ(out.leaders[1].label, "beta");
  EXPECT_EQ(out.leaders[2].label, "gamma");
  ASSERT_EQ(out.followers.size(), 3U);
  EXPECT_EQ(out.followers[0].label, "bob");
  EXPECT_TRUE(out.followers[0].removed);
  ASSERT_EQ(out.followers[0].links.size(), 1U);
  EXPECT_TRUE(out.followers[0].links[0].removed);
  EXPECT_EQ(out.followers[1].label, "eve");
  EXPECT_FALSE(out.followers[1].removed);
  ASSERT_EQ(out.followers[1].links.size(), 2U);
  EXPECT_EQ(out.followers[1].links[0].leader, "beta");
  EXPECT_TRUE(out.followers[1].links[0].inverse);
  EXPECT_EQ(out.followers[1].links[1].leader, "gamma");
  EXPECT_EQ(out.followers[2], fresh.followers[0]);
}

TEST(Merged, ALinkThatIsGoneIsDrainedAndOneThatComesBackIsNot) {
  const std::string both = link("alpha") + link("beta");
  const Config running = config_of(head + leader("beta") + follower("bob", both));
  const Config without =
      merged(running, config_of(head + leader("beta") + follower("bob", link("beta"))));
  ASSERT_EQ(without.followers[0].links.size(), 2U);
  EXPECT_TRUE(without.followers[0].links[0].removed);
  EXPECT_FALSE(without.followers[0].links[1].removed);
  EXPECT_EQ(merged(without, running), running);
}

TEST(Merged, AFollowerThatComesBackIsTheSameOne) {
  const Config running =
      config_of(head + follower("bob", link("alpha")) + follower("eve", link("alpha")));
  const Config without = merged(running, config_of(head + follower("eve", link("alpha"))));
  EXPECT_TRUE(without.followers[0].removed);
  EXPECT_EQ(merged(without, running), running);
}

TEST(Merged, WhatNeedsARestartKeepsItsRunningValue) {
  const std::string rest = follower("bob", link("alpha"));
  const Config running = config_of(head + rest);
  const Config fresh = config_of("[engine]\nlanes = 7\n[log]\nlevel = 'debug'\n" + head + rest);
  const Config out = merged(running, fresh);
  EXPECT_EQ(out.engine, running.engine);
  EXPECT_EQ(out.log, fresh.log);
}

constexpr std::size_t all = 100;

TEST(Plan, TakesWhatCountsFromTheNextFillOn) {
  const Config running = config_of(head + follower("bob", link("alpha")));
  const Config fresh = config_of("[log]\nlevel = 'debug'\n" + head +
                                 follower("bob", "state = 'halted'\nlimits.equity_floor = 7\n" +
                                                     link("alpha", "min_order = 'round_up'\n")));
  const Plan plan = plan_of(running, fresh);
  EXPECT_EQ(plan.next, fresh);
  EXPECT_EQ(in_words(plan.applied, all),
            "follower[bob].limits.equity_floor: (absent) → 7, follower[bob].link[alpha].min_order: "
            "(absent) → \"round_up\", follower[bob].state: (absent) → \"halted\", log.level: "
            "(absent) → \"debug\"");
  EXPECT_EQ(plan.waiting, Changes());
  EXPECT_EQ(conflict_of(plan.next), "");
}

TEST(Plan, TakesWhatIsPreparedOtherwise) {
  const std::string keep = "leverage = 'keep'\nmargin = 'keep'\n";
  const Config running = config_of(head + leader("beta") + follower("bob", link("alpha")) +
                                   follower("eve", link("alpha", keep)));
  const Config fresh =
      config_of(head + leader("beta") +
                follower("bob", "limits.max_leverage = 3\n" +
                                    link("alpha", "leverage = 3\nmargin = 'keep'\n")) +
                follower("eve", link("alpha", keep) + link("beta")));
  const Plan plan = plan_of(running, fresh);
  EXPECT_EQ(plan.next, fresh);
  EXPECT_EQ(plan.waiting, Changes());
}

TEST(Plan, TakesAnotherSortOfConnection) {
  const Config fresh = config_of(head + follower("bob", "connection = 'own'\n" + link("alpha")));
  const Plan plan = plan_of(config_of(head + follower("bob", link("alpha"))), fresh);
  EXPECT_EQ(plan.next, fresh);
  EXPECT_EQ(plan.waiting, Changes());
}

TEST(Plan, TakesAShadowThatIsToTrade) {
  const Config fresh = config_of(head + follower("bob", "state = 'reduce_only'\n" + link("alpha")));
  const Plan plan =
      plan_of(config_of(head + follower("bob", "state = 'shadow'\n" + link("alpha"))), fresh);
  EXPECT_EQ(plan.next, fresh);
  EXPECT_EQ(plan.waiting, Changes());
}

TEST(Plan, TakesOtherAlerts) {
  const std::string rest = head + follower("bob", link("alpha"));
  const Config fresh = config_of("[alerts]\ncommand = '/bin/true'\n" + rest);
  const Plan plan = plan_of(config_of(rest), fresh);
  EXPECT_EQ(plan.next, fresh);
  EXPECT_EQ(in_words(plan.applied, all), "alerts.command: (absent) → \"/bin/true\"");
  EXPECT_EQ(plan.waiting, Changes());
}

TEST(Plan, ADefaultThatIsWrittenIsNoChange) {
  const Plan plan =
      plan_of(config_of(head + follower("bob", link("alpha"))),
              config_of(head + follower("bob", link("alpha", "min_order = 'carry'\n"))));
  EXPECT_EQ(plan.applied, Changes());
  EXPECT_EQ(plan.waiting, Changes());
}

TEST(Plan, NamesWhatWaitsForARestartAndKeepsIt) {
  const Config running = config_of(head + leader("beta") + follower("bob", link("alpha")) +
                                   follower("sue", link("alpha")));
  const Config fresh =
      config_of("[engine]\nlanes = 4\n" + head + "connections = 1\n" + leader("beta") +
                follower("bob", "limits.equity_floor = 1\n" + link("alpha")) +
                follower("sue", "state = 'shadow'\n" + link("alpha")));
  const Plan plan = plan_of(running, fresh);
  Config expected = running;
  expected.followers[0].limits.equity_floor = *Usd::parse("1");
  EXPECT_EQ(plan.next, expected);
  EXPECT_EQ(in_words(plan.applied, all), "follower[bob].limits.equity_floor: (absent) → 1");
  EXPECT_EQ(in_words(plan.waiting, all),
            "engine.lanes: (absent) → 4, follower[sue].state: (absent) → \"shadow\", "
            "leader[alpha].connections: (absent) → 1");
  EXPECT_EQ(in_words(plan.waiting, 1), "engine.lanes: (absent) → 4 and 2 more");
}

TEST(Plan, TakesLeadersFollowersAndLinksThatAreNewAndDrainsWhatIsGone) {
  const Config running =
      config_of(head + leader("beta") + follower("bob", link("alpha") + link("beta")) +
                follower("eve", link("beta")));
  const Config fresh =
      config_of("[venue]\nname = 'binance-usdm'\n" + leader("gamma") + leader("alpha") +
                follower("dan", link("gamma")) + follower("bob", link("gamma") + link("alpha")));
  const Plan plan = plan_of(running, fresh);
  ASSERT_EQ(plan.next.leaders.size(), 3U);
  EXPECT_EQ(plan.next.leaders[0].label, "alpha") << "places do not move";
  EXPECT_FALSE(plan.next.leaders[0].removed);
  EXPECT_EQ(plan.next.leaders[1].label, "beta");
  EXPECT_TRUE(plan.next.leaders[1].removed) << "its links close by it still";
  EXPECT_EQ(plan.next.leaders[2].label, "gamma");
  const auto& followers = plan.next.followers;
  ASSERT_EQ(followers.size(), 3U);
  ASSERT_EQ(followers[0].links.size(), 3U);
  EXPECT_EQ(followers[0].links[0].leader, "alpha");
  EXPECT_TRUE(followers[0].links[1].removed);
  EXPECT_EQ(followers[0].links[2].leader, "gamma");
  EXPECT_TRUE(followers[1].removed);
  EXPECT_EQ(followers[2].label, "dan");
  EXPECT_EQ(in_words(plan.applied, all),
            "follower[bob].link[gamma]: new, follower[dan]: new, leader[gamma]: new, "
            "follower[bob].link[beta]: gone, follower[eve]: gone, leader[beta]: gone");
  EXPECT_EQ(plan.waiting, Changes());
  EXPECT_EQ(conflict_of(plan.next), "");
  const LoadOutcome again = load_written(text_of(plan.next), "");
  ASSERT_TRUE(again.config) << listed(again.faults);
  EXPECT_EQ(*again.config, plan.next) << "so it stands in the journal";
  EXPECT_EQ(plan_of(plan.next, running).next.leaders[1], running.leaders[1]) << "it comes back";
}

TEST(Plan, WhatIsGoneStaysGoneAndComesBackAsItWas) {
  const Config running =
      config_of(head + follower("bob", link("alpha")) + follower("eve", link("alpha")));
  const Config without_eve = config_of(head + follower("bob", link("alpha")));
  const Plan gone = plan_of(running, without_eve);
  EXPECT_EQ(in_words(gone.applied, all), "follower[eve]: gone");
  EXPECT_EQ(gone.waiting, Changes());
  EXPECT_TRUE(gone.next.followers[1].removed);
  const Plan again = plan_of(gone.next, without_eve);
  EXPECT_EQ(again.applied, Changes());
  EXPECT_EQ(again.next, gone.next);
  const Plan back = plan_of(gone.next, running);
  EXPECT_EQ(in_words(back.applied, all), "follower[eve]: new");
  EXPECT_EQ(back.next, running);
}

// It opens nothing any more, so that the two do not trade against each other.
TEST(Plan, ALinkMayTakeTheSymbolsOfOneThatIsGone) {
  const auto on = [](const std::string& symbol) {
    return link("alpha", "symbols.allow = ['" + symbol + "']\n");
  };
  const Config running = config_of(head + follower("bob", on("BTCUSDT") + on("ETHUSDT")));
  const Plan plan = plan_of(running, config_of(head + follower("bob", on("ETHUSDT"))));
  ASSERT_EQ(plan.next.followers[0].links.size(), 2U);
  EXPECT_EQ(plan.next.followers[0].links[0].allow, std::vector<std::string>{"ETHUSDT"});
  EXPECT_TRUE(plan.next.followers[0].links[1].removed);
  EXPECT_EQ(conflict_of(plan.next), "");
}

}  // namespace
}  // namespace copyd::config
