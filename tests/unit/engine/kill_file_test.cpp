#include "engine/kill_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/ops/temporary_directory.hpp"

namespace copyd::engine {
namespace {

using ops::put;

class KillFileTest : public ::testing::Test {
 protected:
  FollowerState after(KillFile& file, std::chrono::nanoseconds time) {
    for (; time.count() > 0; time -= std::chrono::milliseconds(1)) {
      clock.advance(std::chrono::milliseconds(1));
      file.do_work();
    }
    return state(file);
  }
  static FollowerState state(const KillFile& file) {
    return static_cast<FollowerState>(file.kill().get());
  }
  FollowerState saying(const std::string& content) {
    put(directory.file("KILL"), content);
    const KillFile file(directory.path(), clock);
    order = file.order();
    return state(file);
  }

  ops::TemporaryDirectory directory;
  ManualClock clock;
  KillOrder order;
};

TEST_F(KillFileTest, NothingIsHeldBackWithoutIt) {
  KillFile file(directory.path(), clock);
  EXPECT_EQ(after(file, std::chrono::milliseconds(200)), FollowerState::active);
  EXPECT_EQ(file.order(), KillOrder());
  const KillFile elsewhere(directory.path() + "/not-there", clock);
  EXPECT_EQ(state(elsewhere), FollowerState::active);
}

TEST_F(KillFileTest, ActsWithinATenthOfASecondAndAsLongAsItIsThere) {
  KillFile file(directory.path(), clock);
  put(directory.file("KILL"), "halt\n");
  EXPECT_EQ(state(file), FollowerState::active);
  EXPECT_EQ(after(file, std::chrono::milliseconds(50)), FollowerState::halted);
  put(directory.file("KILL"), "pause");
  EXPECT_EQ(after(file, std::chrono::milliseconds(50)), FollowerState::reduce_only);
  ::unlink(directory.file("KILL").c_str());
  EXPECT_EQ(after(file, std::chrono::milliseconds(50)), FollowerState::active);
}

TEST_F(KillFileTest, IsInForceBeforeTheFirstPass) {
  EXPECT_EQ(saying("halt"), FollowerState::halted);
}

TEST_F(KillFileTest, EachWord) {
  EXPECT_EQ(saying("pause"), FollowerState::reduce_only);
  EXPECT_EQ(order, (KillOrder{.word = KillWord::pause}));
  EXPECT_EQ(saying(" flatten \r\n"), FollowerState::reduce_only) << "its closes must leave";
  EXPECT_EQ(order, (KillOrder{.word = KillWord::flatten}));
  EXPECT_EQ(saying(""), FollowerState::halted);
  EXPECT_EQ(order, (KillOrder{.word = KillWord::halt}));
  EXPECT_EQ(saying("stop"), FollowerState::halted);
  EXPECT_EQ(order, (KillOrder{.word = KillWord::halt, .why = KillOrder::Why::not_understood}));
  EXPECT_EQ(saying("pause" + std::string(200, ' ') + "x"), FollowerState::reduce_only);
}

TEST_F(KillFileTest, WhatCannotBeReadIsAHalt) {
  const KillOrder unreadable{.word = KillWord::halt, .why = KillOrder::Why::unreadable};
  std::filesystem::create_directory(directory.file("KILL"));
  EXPECT_EQ(KillFile(directory.path(), clock).order(), unreadable);
  std::filesystem::remove(directory.file("KILL"));
  std::filesystem::create_symlink("nowhere", directory.file("KILL"));
  EXPECT_EQ(KillFile(directory.path(), clock).order(), unreadable);
  std::filesystem::remove(directory.file("KILL"));
  ASSERT_EQ(::mkfifo(directory.file("KILL").c_str(), 0600), 0);
  EXPECT_EQ(KillFile(directory.path(), clock).order().word, KillWord::halt)
      << "and a pipe does not hold the thread";
  std::filesystem::remove(directory.file("KILL"));
  if (::geteuid() == 0) return;
  put(directory.file("KILL"), "pause", 0);
  EXPECT_EQ(KillFile(directory.path(), clock).order(), unreadable);
}

TEST_F(KillFileTest, LooksNoOftenerThanItMust) {
  KillFile file(directory.path(), clock);
  put(directory.file("KILL"), "halt");
  clock.advance(KillFile::period / 2);
  EXPECT_EQ(file.do_work(), 0);
  EXPECT_EQ(state(file), FollowerState::active);
  clock.advance(KillFile::period / 2);
  EXPECT_EQ(file.do_work(), 1);
  clock.advance(KillFile::period);
  EXPECT_EQ(file.do_work(), 0) << "nothing has changed";
}

TEST_F(KillFileTest, TheCopyAgentIsToldOfEveryChangeOnce) {
  KillFile file(directory.path(), clock);
  KillOrders orders(2);
  EXPECT_TRUE(orders.take(file).said.empty());
  put(directory.file("KILL"), "flatten");
  after(file, KillFile::period + std::chrono::milliseconds(1));
  auto change = orders.take(file);
  ASSERT_EQ(change.states.size(), 2U);
  EXPECT_EQ(change.states[1].follower, FollowerId{1});
  EXPECT_EQ(change.states[1].cause, StateCause::kill);
  EXPECT_EQ(change.states[1].state, FollowerState::reduce_only);
  EXPECT_TRUE(change.flatten);
  EXPECT_NE(change.said.find("flatten"), std::string::npos);
  EXPECT_TRUE(orders.take(file).states.empty());
  ::unlink(directory.file("KILL").c_str());
  after(file, KillFile::period + std::chrono::milliseconds(1));
  change = orders.take(file);
  ASSERT_EQ(change.states.size(), 2U);
  EXPECT_EQ(change.states[0].state, FollowerState::active);
  EXPECT_FALSE(change.flatten);
  EXPECT_NE(change.said.find("gone"), std::string::npos);
}

}  // namespace
}  // namespace copyd::engine
