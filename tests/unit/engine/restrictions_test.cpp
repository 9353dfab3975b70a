#include "engine/restrictions.hpp"

#include <gtest/gtest.h>

namespace copyd::engine {
namespace {

// alpha and beta lead; bob follows both, carol follows beta alone.
config::Config two_leaders() {
  config::Config config;
  config.leaders = {{.label = "alpha"}, {.label = "beta"}};
  config::Link alpha, beta;
  alpha.leader = "alpha";
  beta.leader = "beta";
  config.followers.resize(2);
  config.followers[0].label = "bob";
  config.followers[0].links = {alpha, beta};
  config.followers[1].label = "carol";
  config.followers[1].links = {beta};
  return config;
}

TEST(Restrictions, AFollowerIsRestrictedByItsOwnName) {
  const auto config = two_leaders();
  Restrictions restrictions(config);
  const auto changes = restrictions.set("carol", FollowerState::halted);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].follower, FollowerId{1});
  EXPECT_EQ(changes[0].cause, StateCause::operator_);
  EXPECT_EQ(changes[0].state, FollowerState::halted);
}

TEST(Restrictions, ALeaderReachesEveryFollowerAndTheStrictestOfTwoHolds) {
  const auto config = two_leaders();
  Restrictions restrictions(config);
  EXPECT_EQ(restrictions.set("beta", FollowerState::halted).size(), 2U);
  auto changes = restrictions.set("alpha", FollowerState::reduce_only);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].state, FollowerState::halted) << "beta's halt is still in force for bob";
  changes = restrictions.set("beta", FollowerState::active);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].state, FollowerState::reduce_only) << "alpha's pause is left for bob";
  EXPECT_EQ(changes[1].state, FollowerState::active);
}

TEST(Restrictions, ResumingAllEndsEveryRestrictionOfTheOperator) {
  const auto config = two_leaders();
  Restrictions restrictions(config);
  restrictions.set("bob", FollowerState::halted);
  restrictions.set("beta", FollowerState::halted);
  restrictions.set_all(FollowerState::halted);
  for (const auto& change : restrictions.set_all(FollowerState::active))
    EXPECT_EQ(change.state, FollowerState::active);
  EXPECT_EQ(restrictions.set("alpha", FollowerState::active)[0].state, FollowerState::active)
      << "beta's halt is forgotten too";
}

TEST(Restrictions, WhatIsInForceNamesEveryCause) {
  auto config = two_leaders();
  config.followers[1].state = config::FollowerMode::reduce_only;
  Restrictions restrictions(config);
  EXPECT_TRUE(restrictions.in_force(FollowerId{0}).empty());
  restrictions.set_all(FollowerState::halted);
  restrictions.set("beta", FollowerState::reduce_only);
  const auto bob = restrictions.in_force(FollowerId{0});
  ASSERT_EQ(bob.size(), 2U);
  EXPECT_EQ(bob[0].cause, StateCause::leader);
  EXPECT_EQ(bob[0].state, FollowerState::reduce_only);
  EXPECT_EQ(bob[1].cause, StateCause::engine);
  EXPECT_EQ(bob[1].state, FollowerState::halted);
  restrictions.set_all(FollowerState::active);
  const auto carol = restrictions.in_force(FollowerId{1});
  ASSERT_EQ(carol.size(), 1U);
  EXPECT_EQ(carol[0].cause, StateCause::configuration) << "no resume undoes what the file says";
}

TEST(Restrictions, ToldApartByRole) {
  const auto config = two_leaders();
  const Restrictions restrictions(config);
  EXPECT_EQ(restrictions.find("alpha"), Restrictions::Found::leader);
  EXPECT_EQ(restrictions.find("bob"), Restrictions::Found::follower);
  EXPECT_EQ(restrictions.find("mallory"), Restrictions::Found::nobody);
}

}  // namespace
}  // namespace copyd::engine
