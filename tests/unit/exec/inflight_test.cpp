// The table of orders in flight: found by request and by identity, in order, and never mistaken.
#include "exec/inflight.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace copyd::exec {
namespace {

constexpr Mono now{1'000'000'000};

CopyId copy_id(std::uint64_t n) {
  CopyIdParts parts;
  parts.follower = n;
  return make_copy_id(parts);
}

OrderTerms terms(std::uint64_t n, int follower = 0) {
  OrderTerms t;
  t.copy_id = copy_id(n);
  t.qty = Qty::whole(1);
  t.follower = FollowerId{static_cast<std::uint16_t>(follower)};
  return t;
}

std::vector<CopyId> listed(Inflight& inflight, int follower) {
  std::vector<CopyId> ids;
  const FollowerId id{static_cast<std::uint16_t>(follower)};
  for (auto* order = inflight.first(id); order != nullptr; order = inflight.next(*order))
    ids.push_back(order->terms.copy_id);
  return ids;
}

TEST(Inflight, AnOpenedOrderWaitsAndIsFound) {
  Inflight inflight(2);
  auto& order = inflight.open(terms(1), now);
  EXPECT_EQ(order.state, OrderState::waiting);
  EXPECT_EQ(inflight.by_copy_id(copy_id(1)), &order);
  EXPECT_EQ(inflight.by_copy_id(copy_id(2)), nullptr);
  EXPECT_EQ(inflight.by_handle(order.handle()), &order);
  const auto request = inflight.new_request(order);
  EXPECT_EQ(inflight.by_request(request), &order);
  EXPECT_EQ(inflight.size(), 1U);
}

TEST(Inflight, AnEarlierRequestOfTheSameOrderFindsNothing) {
  Inflight inflight(1);
  auto& order = inflight.open(terms(1), now);
  const auto first = inflight.new_request(order);
  const auto second = inflight.new_request(order);
  EXPECT_EQ(inflight.by_request(first), nullptr);
  EXPECT_EQ(inflight.by_request(second), &order);
  EXPECT_LT(second, RequestId{1} << 53U);
}

TEST(Inflight, NothingOfAClosedOrderFindsItsSuccessor) {
  Inflight inflight(1);
  auto& first = inflight.open(terms(1), now);
  const auto request = inflight.new_request(first);
  const auto handle = first.handle();
  inflight.close(first);
  auto& second = inflight.open(terms(2), now);
  EXPECT_EQ(second.slot, handle.slot);  // the same slot, a new tenant
  EXPECT_EQ(inflight.by_request(request), nullptr);
  EXPECT_EQ(inflight.by_handle(handle), nullptr);
  EXPECT_EQ(inflight.by_copy_id(copy_id(1)), nullptr);
  EXPECT_EQ(inflight.by_copy_id(copy_id(2)), &second);
}

TEST(Inflight, StrangeRequestIdsFindNothing) {
  Inflight inflight(1);
  inflight.new_request(inflight.open(terms(1), now));
  EXPECT_EQ(inflight.by_request(0), nullptr);
  EXPECT_EQ(inflight.by_request(UINT64_MAX), nullptr);
  const auto session = inflight.session_request();
  EXPECT_TRUE(Inflight::is_session_request(session));
  EXPECT_EQ(inflight.by_request(session), nullptr);
}

TEST(Inflight, OrdersOfAFollowerStayInOrderOfDecision) {
  Inflight inflight(2);
  for (std::uint64_t n = 1; n <= 6; ++n) inflight.open(terms(n, static_cast<int>(n % 2)), now);
  EXPECT_EQ(listed(inflight, 1), (std::vector{copy_id(1), copy_id(3), copy_id(5)}));
  inflight.close(*inflight.by_copy_id(copy_id(3)));
  EXPECT_EQ(listed(inflight, 1), (std::vector{copy_id(1), copy_id(5)}));
  inflight.close(*inflight.by_copy_id(copy_id(1)));
  inflight.close(*inflight.by_copy_id(copy_id(5)));
  EXPECT_TRUE(listed(inflight, 1).empty());
  EXPECT_EQ(listed(inflight, 0).size(), 3U);
}

TEST(Inflight, ItHoldsItsLimitAndNotOneMore) {
  Inflight inflight(1);
  for (std::uint64_t n = 0; n < limits::inflight_per_lane_max; ++n) {
    ASSERT_FALSE(inflight.full());
    inflight.open(terms(n), now);
  }
  EXPECT_TRUE(inflight.full());
  inflight.close(*inflight.by_copy_id(copy_id(17)));
  EXPECT_FALSE(inflight.full());
}

TEST(Inflight, EachOrderIsFoundWhereTheIndexHasGrown) {
  Inflight inflight(1);
  constexpr std::uint64_t many = 20'000;
  for (std::uint64_t n = 0; n < many; ++n) {
    inflight.open(terms(n), now);
    // Some have gone before, so that not every slot is one of an order.
    if (n % 3 == 2) inflight.close(*inflight.by_copy_id(copy_id(n - 1)));
  }
  for (std::uint64_t n = 0; n < many; ++n) {
    InflightOrder* const order = inflight.by_copy_id(copy_id(n));
    ASSERT_EQ(order != nullptr, n % 3 != 1 || n + 1 == many) << n;
    if (order != nullptr) inflight.close(*order);
  }
  EXPECT_EQ(inflight.size(), 0U);
}

// So that memory is touched by as many orders as there were at once.
TEST(Inflight, ASlotIsUsedAgainBeforeAnotherIsTaken) {
  Inflight inflight(1);
  for (std::uint64_t n = 0; n < 1'000; ++n) {
    InflightOrder& first = inflight.open(terms(2 * n), now);
    InflightOrder& second = inflight.open(terms(2 * n + 1), now);
    EXPECT_LT(first.slot, 2U);
    EXPECT_LT(second.slot, 2U);
    inflight.close(first);
    inflight.close(second);
  }
  EXPECT_EQ(inflight.by_handle({.slot = 2, .generation = 0}), nullptr);
}

// Random comings and goings against a plain list.
TEST(Inflight, TheIndexSurvivesEveryOrderOfComingAndGoing) {
  Inflight inflight(1);
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> open;
  std::uint64_t made = 0;
  for (int step = 0; step < 60'000; ++step) {
    const bool opens = open.size() < 50 || (open.size() < 6000 && random() % 2 == 0);
    if (opens) {
      inflight.open(terms(made), now);
      open.push_back(made++);
    } else {
      const std::size_t at = random() % open.size();
      inflight.close(*inflight.by_copy_id(copy_id(open[at])));
      EXPECT_EQ(inflight.by_copy_id(copy_id(open[at])), nullptr);
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  EXPECT_EQ(inflight.size(), open.size());
  for (const auto n : open) {
    auto* order = inflight.by_copy_id(copy_id(n));
    ASSERT_NE(order, nullptr);
    EXPECT_EQ(order->terms.copy_id, copy_id(n));
  }
}

TEST(InflightDeathTest, TwoOrdersOfOneIdentityAreABug) {
  Inflight inflight(1);
  inflight.open(terms(1), now);
  EXPECT_DEATH(inflight.open(terms(1), now), "assertion failed");
}

}  // namespace
}  // namespace copyd::exec
