#include "engine/operator_words.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

ops::ControlRequest request(ops::Verb verb, const std::string& label) {
  ops::ControlRequest made;
  made.verb = verb;
  made.label = label;
  made.all = label.empty();
  made.peer_uid = 7;
  return made;
}

template <class T>
std::vector<T> all(const OperatorOutcome& outcome) {
  std::vector<T> found;
  for (const auto& command : outcome.commands)
    if (const auto* one = std::get_if<T>(&command)) found.push_back(*one);
  return found;
}

bool ends(const OperatorOutcome& outcome, FollowerId follower, StateCause cause) {
  const auto states = all<SetState>(outcome);
  return std::any_of(states.begin(), states.end(), [&](const SetState& one) {
    return one.follower == follower && one.cause == cause && one.state == FollowerState::active;
  });
}

class OperatorWordsTest : public ::testing::Test {
 protected:
  OperatorOutcome apply(ops::ControlRequest what) {
    return apply_operator(what, 1'790'000'000'000, restrictions);
  }
  config::Config config = two_leaders();
  Restrictions restrictions{config};
};

TEST_F(OperatorWordsTest, APauseIsOnRecordBeforeItActs) {
  auto pause = request(ops::Verb::pause, "bob");
  pause.reason = "holiday";
  const auto out = apply(std::move(pause));
  ASSERT_EQ(out.commands.size(), 2U);
  const auto& word = std::get<OperatorWord>(out.commands[0]);
  EXPECT_EQ(word.about, OperatorWord::About::follower);
  EXPECT_EQ(word.word, OperatorWord::Word::pause);
  EXPECT_EQ(word.account, 0);
  EXPECT_EQ(word.uid, 7U);
  EXPECT_EQ(word.wall_ms, 1'790'000'000'000);
  EXPECT_EQ(std::string_view(word.reason.data()), "holiday");
  EXPECT_EQ(std::get<SetState>(out.commands[1]).state, FollowerState::reduce_only);
  EXPECT_EQ(out.said, "pause bob by uid 7: holiday");
}

TEST_F(OperatorWordsTest, ALongReasonIsCutBetweenCharacters) {
  auto halt = request(ops::Verb::halt, "");
  halt.reason = std::string(79, 'r') + "ü";
  const auto words = all<OperatorWord>(apply(std::move(halt)));
  ASSERT_EQ(words.size(), 1U);
  const std::string_view kept(words[0].reason.data(), words[0].reason.size());
  EXPECT_EQ(kept, std::string(79, 'r') + '\0');
}

TEST_F(OperatorWordsTest, NobodyIsRefused) {
  const auto out = apply(request(ops::Verb::flatten, "mallory"));
  ASSERT_TRUE(out.failure);
  EXPECT_TRUE(out.commands.empty());
}

TEST_F(OperatorWordsTest, ResumingAFollowerEndsWhatTheEngineRestricted) {
  const auto out = apply(request(ops::Verb::resume, "bob"));
  for (const auto cause :
       {StateCause::operator_, StateCause::breach, StateCause::breaker, StateCause::recovery})
    EXPECT_TRUE(ends(out, FollowerId{0}, cause)) << name_of(cause);
  for (const auto& one : all<SetState>(out)) {
    EXPECT_EQ(one.follower, FollowerId{0});
    EXPECT_NE(one.cause, StateCause::health);
    EXPECT_NE(one.cause, StateCause::configuration);
    EXPECT_NE(one.cause, StateCause::engine) << "a halt of everybody goes on";
  }
}

TEST_F(OperatorWordsTest, ResumingALeaderEndsNoBreachOfItsFollowers) {
  const auto out = apply(request(ops::Verb::resume, "beta"));
  EXPECT_TRUE(ends(out, FollowerId{1}, StateCause::leader));
  EXPECT_FALSE(ends(out, FollowerId{1}, StateCause::breach));
}

TEST_F(OperatorWordsTest, ResumingAllIsSaidOfEachWhoWasRestricted) {
  apply(request(ops::Verb::pause, "bob"));
  apply(request(ops::Verb::halt, "beta"));
  const auto out = apply(request(ops::Verb::resume, ""));
  const auto words = all<OperatorWord>(out);
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[0].about, OperatorWord::About::all);
  EXPECT_EQ(words[1].about, OperatorWord::About::leader);
  EXPECT_EQ(words[1].account, 1);
  EXPECT_EQ(words[2].about, OperatorWord::About::follower);
  EXPECT_EQ(words[2].account, 0);
  for (const auto& word : words) EXPECT_EQ(word.word, OperatorWord::Word::resume);
  EXPECT_TRUE(ends(out, FollowerId{1}, StateCause::breaker));
  EXPECT_EQ(all<OperatorWord>(apply(request(ops::Verb::resume, ""))).size(), 1U);
}

TEST_F(OperatorWordsTest, AFlattenSetsNoStateThatWouldKeepItsClosesBack) {
  const auto out = apply(request(ops::Verb::flatten, "carol"));
  EXPECT_TRUE(all<SetState>(out).empty());
  ASSERT_EQ(all<Flatten>(out).size(), 1U);
  EXPECT_EQ(all<Flatten>(out)[0].follower, FollowerId{1});
  EXPECT_FALSE(all<Flatten>(out)[0].everything);
  EXPECT_TRUE(out.positions.empty());
  EXPECT_EQ(all<OperatorWord>(out)[0].word, OperatorWord::Word::flatten);
  ASSERT_EQ(restrictions.in_force(FollowerId{1}).size(), 1U);
  EXPECT_EQ(restrictions.in_force(FollowerId{1})[0].state, FollowerState::halted)
      << "it is to be halted when it is flat";
}

TEST_F(OperatorWordsTest, AFlattenOfALeaderIsOneOfEachFollower) {
  auto flatten = request(ops::Verb::flatten, "beta");
  flatten.everything = true;
  const auto out = apply(std::move(flatten));
  EXPECT_EQ(all<Flatten>(out).size(), 2U);
  EXPECT_TRUE(all<Flatten>(out)[1].everything);
  ASSERT_EQ(out.positions.size(), 2U);
  EXPECT_EQ(out.positions[1].follower, FollowerId{1});
  for (const auto& word : all<OperatorWord>(out))
    EXPECT_EQ(word.about, OperatorWord::About::follower) << "each is resumed by its own name";
  EXPECT_EQ(apply(request(ops::Verb::flatten, "alpha")).flattened,
            std::vector<FollowerId>{FollowerId{0}});
  EXPECT_EQ(apply(request(ops::Verb::flatten, "")).flattened.size(), 2U);
}

TEST_F(OperatorWordsTest, TheKillFileFlattensEverybody) {
  const auto out = flatten_by_kill_file(5, restrictions);
  EXPECT_EQ(all<Flatten>(out).size(), 2U);
  EXPECT_EQ(std::string_view(all<OperatorWord>(out)[0].reason.data()), "the kill file");
}

TEST_F(OperatorWordsTest, WhatWasSaidSurvivesARestart) {
  using About = OperatorWord::About;
  restrictions.restore({.about = About::follower, .state = FollowerState::halted, .account = 1});
  restrictions.restore({.about = About::leader, .state = FollowerState::reduce_only, .account = 0});
  restrictions.restore({.about = About::leader, .state = FollowerState::halted, .account = 99});
  EXPECT_EQ(restrictions.in_force(FollowerId{0})[0].cause, StateCause::leader);
  EXPECT_EQ(restrictions.in_force(FollowerId{1})[0].state, FollowerState::halted);
  restrictions.restore({.about = About::all, .state = FollowerState::halted});
  EXPECT_EQ(restrictions.in_force(FollowerId{0}).size(), 2U);
}

}  // namespace
}  // namespace copyd::engine
