#include "engine/setup_wish.hpp"

#include <gtest/gtest.h>

namespace copyd::engine {
namespace {

using config::Leverage;
using config::Margin;
using venue::MarginType;

const Symbol btc{.name = "BTCUSDT", .filters = {}};
const Symbol eth{.name = "ETHUSDT", .filters = {}};

config::Link link(Leverage leverage, Margin margin, std::string leader = "alpha") {
  config::Link made;
  made.leader = std::move(leader);
  made.leverage = leverage;
  made.margin = margin;
  return made;
}
config::Follower with(std::vector<config::Link> links, std::optional<int> cap = {}) {
  config::Follower made;
  made.limits.max_leverage = cap;
  made.links = std::move(links);
  return made;
}
constexpr Leverage mirror{.kind = Leverage::Kind::mirror, .value = 0};
constexpr Leverage keep{.kind = Leverage::Kind::keep, .value = 0};
constexpr Leverage fixed(int value) {
  return {.kind = Leverage::Kind::fixed, .value = value};
}
SetupWish wish(const config::Follower& follower, std::vector<LeaderSetup> leaders,
               const Symbol& symbol = btc) {
  return wish_of(follower, symbol, leaders).wish;
}
LeaderSetup has(std::string_view label, int leverage, MarginType margin) {
  return {.label = label, .setup = {.leverage = leverage, .margin = margin}};
}

TEST(SetupWish, MirrorsTheLeader) {
  const auto made =
      wish(with({link(mirror, Margin::mirror)}),
           {has("beta", 3, MarginType::cross), has("alpha", 25, MarginType::isolated)});
  EXPECT_EQ(made, (SetupWish{.leverage = 25, .margin = MarginType::isolated}));
}

TEST(SetupWish, TheDefaultMirrors) {
  config::Link plain;
  plain.leader = "alpha";
  EXPECT_EQ(wish(with({plain}), {has("alpha", 7, MarginType::cross)}),
            (SetupWish{.leverage = 7, .margin = MarginType::cross}));
}

TEST(SetupWish, TheCapHoldsForWhatIsMirroredAndWhatIsFixed) {
  EXPECT_EQ(wish(with({link(mirror, Margin::keep)}, 10), {has("alpha", 25, MarginType::cross)}),
            (SetupWish{.leverage = 10, .margin = {}}));
  EXPECT_EQ(wish(with({link(mirror, Margin::keep)}, 10), {has("alpha", 5, MarginType::cross)}),
            (SetupWish{.leverage = 5, .margin = {}}));
  EXPECT_EQ(wish(with({link(fixed(20), Margin::keep)}, 10), {}),
            (SetupWish{.leverage = 10, .margin = {}}));
}

TEST(SetupWish, KeepWantsNothingAndAFixedValueNeedsNoLeader) {
  const auto kept = with({link(keep, Margin::keep)}, 10);
  EXPECT_EQ(wish(kept, {has("alpha", 25, MarginType::isolated)}), SetupWish());
  EXPECT_FALSE(prepares(kept));
  EXPECT_EQ(wish(with({link(fixed(3), Margin::cross)}), {}),
            (SetupWish{.leverage = 3, .margin = MarginType::cross}));
  EXPECT_TRUE(prepares(with({link(keep, Margin::keep), link(keep, Margin::isolated)})));
}

TEST(SetupWish, OnlyWhatMayWantSomethingElseIsPreparedOtherwise) {
  const auto kept = with({link(keep, Margin::keep)});
  const auto set = with({link(fixed(3), Margin::keep)});
  EXPECT_FALSE(prepares_otherwise(set, set));
  EXPECT_FALSE(prepares_otherwise(set, kept)) << "it stays as it is";
  EXPECT_TRUE(prepares_otherwise(kept, set));
  EXPECT_TRUE(prepares_otherwise(set, with({link(fixed(3), Margin::keep)}, 2)));
  auto other = set;
  other.limits.equity_floor = Usd::whole(1);
  other.links[0].inverse = true;
  EXPECT_FALSE(prepares_otherwise(set, other));
  other.links[0].allow = {"BTCUSDT"};
  EXPECT_TRUE(prepares_otherwise(set, other)) << "another link may decide for a symbol";
  EXPECT_TRUE(
      prepares_otherwise(kept, with({link(keep, Margin::keep), link(mirror, Margin::keep)})));
}

TEST(SetupWish, WhatTheLeaderHasAndNobodyKnowsIsNotWanted) {
  EXPECT_EQ(wish(with({link(mirror, Margin::mirror)}), {}), SetupWish());
  EXPECT_EQ(wish(with({link(mirror, Margin::mirror)}), {has("alpha", 0, MarginType::unknown)}),
            SetupWish());
}

TEST(SetupWish, OnlyALinkThatTakesTheSymbolCounts) {
  auto first = link(fixed(5), Margin::isolated);
  first.allow = {"BTCUSDT"};
  auto second = link(fixed(9), Margin::keep);
  second.deny = {"BTCUSDT"};
  const auto both = with({first, second});
  EXPECT_EQ(wish(both, {}), (SetupWish{.leverage = 5, .margin = MarginType::isolated}));
  EXPECT_EQ(wish(both, {}, eth), (SetupWish{.leverage = 9, .margin = {}}));
  EXPECT_FALSE(wish_of(both, btc, {}).disputed);
  auto removed = both;
  removed.links[0].removed = true;
  EXPECT_EQ(wish(removed, {}), SetupWish());
}

TEST(SetupWish, OfTwoLinksThatDifferTheFirstDecides) {
  const auto two = with({link(mirror, Margin::keep), link(mirror, Margin::mirror, "beta")});
  const std::vector<LeaderSetup> leaders{has("alpha", 4, MarginType::cross),
                                         has("beta", 8, MarginType::isolated)};
  const auto made = wish_of(two, btc, leaders);
  EXPECT_EQ(made.wish, (SetupWish{.leverage = 4, .margin = MarginType::isolated}));
  EXPECT_TRUE(made.disputed);
  EXPECT_FALSE(wish_of(with(two.links, 3), btc, leaders).disputed) << "the cap makes them one";
}

TEST(SetupCall, OnlyWhatDiffersIsSetTheMarginTypeFirst) {
  const SetupWish both{.leverage = 10, .margin = MarginType::isolated};
  const auto first = next_call({.leverage = 20, .margin = MarginType::cross}, both);
  ASSERT_TRUE(std::holds_alternative<SetMargin>(first));
  EXPECT_EQ(std::get<SetMargin>(first).margin, MarginType::isolated);
  const auto second = next_call({.leverage = 20, .margin = MarginType::isolated}, both);
  ASSERT_TRUE(std::holds_alternative<SetLeverage>(second));
  EXPECT_EQ(std::get<SetLeverage>(second).leverage, 10);
  EXPECT_TRUE(fulfils({.leverage = 10, .margin = MarginType::isolated}, both));
  EXPECT_TRUE(fulfils({}, {}));
  EXPECT_FALSE(fulfils({}, both)) << "what is not known is set";
}

TEST(SetupAnswer, WhatEachAnswerMeans) {
  using enum SetupAnswer;
  EXPECT_EQ(judge_setup(200, 0, ""), set);
  EXPECT_EQ(judge_setup(200, 200, "success"), set);
  EXPECT_EQ(judge_setup(400, -4046, "No need to change margin type."), set);
  for (const int code :
       {-4047, -4048, -4028, -4141, -4161, -4168, -2027, -2028, -1102, -1121, -2015})
    EXPECT_EQ(judge_setup(400, code, ""), refused) << code;
  EXPECT_EQ(judge_setup(401, -2015, ""), refused);
  EXPECT_EQ(judge_setup(400, -1109, "Invalid account."), refused);
  EXPECT_EQ(judge_setup(400, -4999, "something new"), refused) << "it is no order: nothing is lost";
  EXPECT_EQ(judge_setup(429, -1003, ""), later);
  EXPECT_EQ(judge_setup(418, -1003, ""), later);
  EXPECT_EQ(judge_setup(400, -1021, ""), later);
  EXPECT_EQ(judge_setup(503, -1008, ""), later);
  EXPECT_EQ(judge_setup(403, 0, "<html>"), later) << "a firewall's page is not the venue's word";
  EXPECT_EQ(judge_setup(0, 0, ""), unknown);
  EXPECT_EQ(judge_setup(408, -1007, ""), unknown);
  EXPECT_EQ(judge_setup(503, -1000, "Unknown error"), unknown);
  EXPECT_EQ(judge_setup(502, 0, "<html>"), unknown);
  EXPECT_EQ(judge_setup(400, -1000, ""), unknown);
}

}  // namespace
}  // namespace copyd::engine
