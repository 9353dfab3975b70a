#include "risk/order_table.hpp"

#include <gtest/gtest.h>

namespace copyd::risk {
namespace {

TEST(OrderTable, ALateReferenceFindsNothing) {
  OrderTable table(4);
  const OrderRef first = table.open();
  ASSERT_NE(table.find(first), nullptr);
  table.close(first);
  EXPECT_EQ(table.find(first), nullptr);
  const OrderRef second = table.open();
  EXPECT_EQ(second.slot, first.slot);
  EXPECT_NE(second, first);
  EXPECT_EQ(table.find(first), nullptr);
  EXPECT_NE(table.find(second), nullptr);
}

TEST(OrderTable, KnowsNothingOfSlotsItNeverGaveOut) {
  OrderTable table(4);
  EXPECT_EQ(table.find({.slot = 0, .generation = 0}), nullptr);
  EXPECT_EQ(table.find({.slot = 7, .generation = 1}), nullptr);
  const OrderRef ref = table.open();
  EXPECT_EQ(table.find({.slot = ref.slot, .generation = 0}), nullptr);
}

TEST(OrderTable, CountsWhatIsOpenAndGrowsWhenItMust) {
  OrderTable table(2);
  std::vector<OrderRef> refs;
  for (int i = 0; i < 10; ++i) refs.push_back(table.open());
  EXPECT_EQ(table.size(), 10U);
  for (const auto ref : refs) table.close(ref);
  EXPECT_EQ(table.size(), 0U);
  // A slot that is used again starts empty.
  const OrderRef again = table.open();
  table.at(again.slot).unknown = true;
  table.close(again);
  EXPECT_FALSE(table.find(table.open())->unknown);
}

}  // namespace
}  // namespace copyd::risk
