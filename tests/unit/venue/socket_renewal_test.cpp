#include "venue/socket_renewal.hpp"

#include <gtest/gtest.h>

#include <set>

namespace copyd::venue {
namespace {

using namespace std::chrono_literals;

constexpr Mono begin{1'000'000'000};
constexpr auto latest = SocketRenewal::life - SocketRenewal::margin;
constexpr auto earliest = latest - SocketRenewal::jitter_max;

// How long after `begin`, to the minute.
std::chrono::minutes due_after(SocketRenewal& renewal, std::chrono::minutes from = {}) {
  for (auto at = from; at < from + 25h; at += 1min)
    if (renewal.due(begin + at)) return at;
  return -1min;
}

TEST(SocketRenewal, IsNotDueBeforeASocketServes) {
  SocketRenewal renewal(1);
  EXPECT_FALSE(renewal.due(begin + 48h));
}

TEST(SocketRenewal, IsDueAnHourBeforeTheEndAtAMomentOfItsOwn) {
  std::set<std::chrono::minutes> moments;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SocketRenewal renewal(seed);
    renewal.started(begin);
    const auto after = due_after(renewal);
    EXPECT_GE(after, earliest);
    EXPECT_LE(after, latest);
    moments.insert(after);
  }
  EXPECT_GT(moments.size(), 25U);
}

TEST(SocketRenewal, TheSameSeedGivesTheSameMoments) {
  SocketRenewal one(7);
  SocketRenewal other(7);
  for (int i = 0; i < 3; ++i) {
    one.started(begin);
    other.started(begin);
    EXPECT_EQ(due_after(one), due_after(other));
  }
}

TEST(SocketRenewal, IsDueOnce) {
  SocketRenewal renewal(1);
  renewal.started(begin);
  EXPECT_TRUE(renewal.due(begin + 23h));
  EXPECT_FALSE(renewal.due(begin + 23h));
  EXPECT_FALSE(renewal.due(begin + 48h));
}

TEST(SocketRenewal, OneThatIsWantedIsDueAtOnceOrWhenTheLastFailuresPauseIsOver) {
  SocketRenewal renewal(1);
  renewal.wanted(begin);
  EXPECT_TRUE(renewal.due(begin));
  renewal.failed(begin);
  renewal.forget();
  renewal.wanted(begin + 1s);
  EXPECT_FALSE(renewal.due(begin + 1s + SocketRenewal::retry_first));
  EXPECT_TRUE(renewal.due(begin + 1s + 3 * SocketRenewal::retry_first));
  renewal.started(begin);
  renewal.wanted(begin);
  EXPECT_TRUE(renewal.due(begin)) << "it has served meanwhile";
}

TEST(SocketRenewal, ASuccessorIsRenewedInItsTurn) {
  SocketRenewal renewal(1);
  renewal.started(begin);
  ASSERT_TRUE(renewal.due(begin + 23h));
  renewal.started(begin + 23h);
  EXPECT_FALSE(renewal.due(begin + (23h + earliest - 1ns)));
  EXPECT_TRUE(renewal.due(begin + 23h + latest));
}

TEST(SocketRenewal, AFailureIsTriedAgainAndLessAndLessOften) {
  SocketRenewal renewal(1);
  renewal.started(begin);
  Mono now = begin + 23h;
  ASSERT_TRUE(renewal.due(now));
  std::chrono::nanoseconds pause = SocketRenewal::retry_first;
  int attempts = 0;
  while (now < begin + SocketRenewal::life) {
    renewal.failed(now);
    EXPECT_FALSE(renewal.due(now + (pause * 3 / 4 - 1ns)));
    ASSERT_TRUE(renewal.due(now + pause * 5 / 4));
    now = now + pause * 5 / 4;
    pause = std::min<std::chrono::nanoseconds>(pause * 2, SocketRenewal::retry_max);
    ++attempts;
  }
  EXPECT_GE(attempts, 10);
  // The pause begins anew with the next socket.
  renewal.started(now);
  ASSERT_TRUE(renewal.due(now + latest));
  renewal.failed(now + latest);
  EXPECT_TRUE(renewal.due(now + latest + SocketRenewal::retry_first * 5 / 4));
}

TEST(SocketRenewal, AWarningMakesItDueAtOnceOrWithinASpread) {
  SocketRenewal renewal(1);
  renewal.hasten(begin);
  EXPECT_FALSE(renewal.due(begin)) << "no socket serves";
  renewal.started(begin);
  renewal.hasten(begin + 1h);
  EXPECT_TRUE(renewal.due(begin + 1h));
  renewal.hasten(begin + 1h);
  EXPECT_FALSE(renewal.due(begin + 1h)) << "a successor is on its way";

  bool waited = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SocketRenewal one(seed);
    one.started(begin);
    one.hasten(begin + 1h, 10s);
    waited = waited || !one.due(begin + 1h + 1s);
    one.hasten(begin + 1h, 10s);
    one.due(begin + 1h + 10s);
    EXPECT_FALSE(one.due(begin + 24h));
  }
  EXPECT_TRUE(waited);
}

TEST(SocketRenewal, IsForgottenWithItsSocket) {
  SocketRenewal renewal(1);
  renewal.started(begin);
  renewal.forget();
  EXPECT_FALSE(renewal.due(begin + 48h));
}

}  // namespace
}  // namespace copyd::venue
