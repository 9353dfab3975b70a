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
  EXPECT_NE(refusal([](auto& p) { p.internal_transfer = true; }).find("Internal"), std::string::npos);
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

}  // namespace
}  // namespace copyd::engine
