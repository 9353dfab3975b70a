// No allocation for a fill or a report after start: asserted with a counting operator new.
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/net/allocations.hpp"
#include "tests/unit/risk/copier_rig.hpp"

namespace copyd::risk {
namespace {

using namespace copyd::test;

TEST(Allocation, TheCounterCounts) {
  const Allocations allocations;
  // Called by name: the compiler may leave out a `new` expression, not this.
  ::operator delete(::operator new(100));
  EXPECT_EQ(allocations.count(), 1U);
}

class Allocation : public testing::TestWithParam<PositionMode> {};

TEST_P(Allocation, NoneForFillsAndReportsAfterStart) {
  auto link = link_to("alpha", config::EquityRatio{"1"_ratio});
  link.order.type = config::OrderStyle::Type::limit_ioc;
  config::Limits limits;
  limits.max_daily_loss = config::LossLimit{"0.5"_ratio};
  limits.max_price_deviation_bps = 100;
  limits.max_order_qty = {{"BTCUSDT", "0.05"_qty}};
  CopierRig rig({.followers = 50, .lanes = 2, .link = link, .limits = limits, .connected = false});
  rig.command(SetMark{.symbol = btc, .price = "50000"_price});
  rig.command(SetMark{.symbol = eth, .price = "50000"_price});
  for (std::uint16_t i = 0; i < 50; ++i) rig.connect(FollowerId{i}, GetParam());
  rig.command(SetLeaderEquity{.leader = alpha, .equity = "1000"_usd, .known = true});
  std::array<Order, 4096> orders;
  std::size_t decided = 0;

  const auto round = [&](int i) {
    const bool buys = i % 3 != 0;
    LeaderFill fill = rig.fill_of(buys ? Side::buy : Side::sell,
                                  Qty::from_units("0.02"_qty.units() * (1 + i % 4)));
    fill.symbol = i % 2 == 0 ? btc : eth;
    rig.events.try_push(fill);
    rig.copier->do_work();
    for (int pass = 0; pass < 4; ++pass) {
      std::size_t taken = 0;
      for (auto& lane : rig.orders)
        while (taken < orders.size() && lane->try_pop(orders[taken])) ++taken;
      decided += taken;
      for (std::size_t k = 0; k < taken; ++k) {
        const auto& order = orders[k];
        const bool missed = (k + static_cast<std::size_t>(i)) % 7 == 0 && pass == 0;
        const std::size_t lane = order->follower.value % 2;
        rig.reports[lane]->try_push(OrderUnknown{order->ref, order->follower});
        rig.reports[lane]->try_push(OrderDone{.ref = order->ref,
                                              .follower = order->follower,
                                              .filled = missed ? Qty() : order->qty,
                                              .average = {},
                                              .venue_time = {}});
      }
      rig.copier->do_work();
    }
  };
  for (std::uint16_t i = 0; i < 50; ++i)
    rig.command(SetFollowerEquity{.follower = FollowerId{i},
                                  .equity = Usd::whole(100 + 7 * i),
                                  .transfers = {},
                                  .known = true});

  const Allocations allocations;
  for (int i = 0; i < 400; ++i) round(i);
  EXPECT_EQ(allocations.count(), 0U);
  EXPECT_GT(decided, 10'000U);
}

INSTANTIATE_TEST_SUITE_P(Modes, Allocation,
                         testing::Values(PositionMode::one_way, PositionMode::hedge));

}  // namespace
}  // namespace copyd::risk
