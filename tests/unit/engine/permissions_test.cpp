#include "engine/permissions.hpp"

#include <gtest/gtest.h>

namespace copyd::engine {
namespace {

constexpr VenueTime now{1'789'837'689'736};

venue::KeyPermissions trade_key() {
  venue::KeyPermissions permissions;
  permissions.ip_restrict = true;
  permissions.reading = true;
  permissions.futures = true;
  permissions.withdrawals = false;
  permissions.internal_transfer = false;
  permissions.universal_transfer = false;
  return permissions;
}

TEST(Permissions, ATradeKeyIsTakenWithoutAWord) {
  const auto verdict = judge(trade_key(), Role::follower, now);
  EXPECT_EQ(verdict.refusal, "");
  EXPECT_TRUE(verdict.warnings.empty());
}

TEST(Permissions, EveryDangerousRightIsRefusedByName) {
  const auto refusal = [](auto change) {
    auto permissions = trade_key();
    change(permissions);
    return judge(permissions, Role::follower, now).refusal;
  };
  EXPECT_NE(refusal([](auto& p) { p.withdrawals = true; }).find("Withdrawals"), std::string::npos);
  EXPECT_NE(refusal([](auto& p) { p.internal_transfer = true; }).find("Internal"),
            std::string::npos);
  EXPECT_NE(refusal([](auto& p) { p.universal_transfer = true; }).find("Universal"),
            std::string::npos);
  EXPECT_NE(refusal([](auto& p) { p.withdrawals.reset(); }).find("does not say"), std::string::npos)
      << "an absent dangerous flag is unknown, and unknown is refused";
}

TEST(Permissions, AFollowerNeedsFuturesAndALeaderOnlyReading) {
  auto permissions = trade_key();
  permissions.futures = false;
  EXPECT_NE(judge(permissions, Role::follower, now).refusal, "");
  EXPECT_EQ(judge(permissions, Role::leader, now).refusal, "");
  permissions.reading = false;
  EXPECT_NE(judge(permissions, Role::leader, now).refusal, "");
}

TEST(Permissions, NoIpListAndACloseExpiryAreWarnings) {
  auto permissions = trade_key();
  permissions.ip_restrict = false;
  permissions.trading_expires = now + std::chrono::days(7);
  const auto verdict = judge(permissions, Role::follower, now);
  EXPECT_EQ(verdict.refusal, "");
  ASSERT_EQ(verdict.warnings.size(), 2U);
  EXPECT_NE(verdict.warnings[1].find("7 days"), std::string::npos);
  permissions.trading_expires = now + std::chrono::days(-2);
  EXPECT_NE(judge(permissions, Role::follower, now).refusal, "");
}

TEST(Permissions, AKeyOfAnotherProductIsCalledThat) {
  auto permissions = trade_key();
  permissions.futures = false;
  EXPECT_EQ(judge(permissions, Role::follower, now).refusal, "this key may not trade futures");
  permissions.portfolio_margin = true;
  EXPECT_NE(judge(permissions, Role::follower, now).refusal.find("Portfolio Margin"),
            std::string::npos);
  permissions.futures = true;
  EXPECT_EQ(judge(permissions, Role::follower, now).refusal, "") << "it may do both";
}

TEST(Permissions, TheEndOfTradingIsWarnedOfAtThirtySevenAndOneDays) {
  auto permissions = trade_key();
  const auto left = [&](std::chrono::hours time) {
    permissions.trading_expires = now + time;
    return expiry_warning(permissions, now);
  };
  using std::chrono::hours;
  EXPECT_EQ(expiry_warning(permissions, now), std::nullopt);
  EXPECT_EQ(left(hours(30 * 24 + 1)), std::nullopt);
  EXPECT_EQ(left(hours(30 * 24)), 30);
  EXPECT_EQ(left(hours(7 * 24 + 1)), 30);
  EXPECT_EQ(left(hours(7 * 24)), 7);
  EXPECT_EQ(left(hours(24)), 1);
  EXPECT_NE(expiry_words(permissions, now).find("within a day"), std::string::npos);
  EXPECT_EQ(left(hours(7 * 24 - 1)), 7);
  EXPECT_NE(expiry_words(permissions, now).find("in 7 days"), std::string::npos);
  EXPECT_EQ(left(hours(3)), 1);
  EXPECT_NE(expiry_words(permissions, now).find("within a day"), std::string::npos);
  EXPECT_EQ(left(hours(0)), 1);
  EXPECT_NE(judge(permissions, Role::follower, now).refusal, "");
  EXPECT_EQ(judge(permissions, Role::leader, now).refusal, "") << "reading goes on";
}

}  // namespace
}  // namespace copyd::engine
