#include "core/channel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace copyd {
namespace {

TEST(Channel, HoldsExactlyItsCapacityAndCountsFull) {
  Channel<int> channel(100);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(channel.try_push(i));
  EXPECT_FALSE(channel.try_push(100));
  EXPECT_EQ(channel.full_count(), 1U);
  int out = -1;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(channel.try_pop(out));
    EXPECT_EQ(out, i);
  }
  EXPECT_FALSE(channel.try_pop(out));
}

TEST(Channel, NeverRefusesWhileThereIsRoomHoweverTheEndsAreAligned) {
  Channel<int> channel(64);
  int out = 0;
  for (int round = 0; round < 1000; ++round) {
    const int burst = round % 64 + 1;
    for (int i = 0; i < burst; ++i) ASSERT_TRUE(channel.try_push(i)) << round << ' ' << i;
    for (int i = 0; i < burst; ++i) ASSERT_TRUE(channel.try_pop(out));
  }
  EXPECT_EQ(channel.full_count(), 0U);
}

TEST(Channel, ALargeOneIsFilledWholeFromAnywhereInABlock) {
  constexpr int capacity = 100'000;
  Channel<int> channel(capacity);
  int out = 0;
  for (const int passed_before : {0, 1, 300, 255}) {
    for (int i = 0; i < passed_before; ++i) {
      ASSERT_TRUE(channel.try_push(i));
      ASSERT_TRUE(channel.try_pop(out));
    }
    for (int i = 0; i < capacity; ++i) ASSERT_TRUE(channel.try_push(i)) << passed_before << ' ' << i;
    for (int i = 0; i < capacity; ++i) ASSERT_TRUE(channel.try_pop(out) && out == i);
  }
  EXPECT_EQ(channel.full_count(), 0U);
}

TEST(Channel, CarriesOwnershipAndKeepsItWhenFull) {
  Channel<std::unique_ptr<int>> channel(1);
  ASSERT_TRUE(channel.try_push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(channel.try_push(std::move(second)));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(Channel, KeepsOrderBetweenTwoThreads) {
  Channel<int> channel(256);
  constexpr int count = 200'000;
  std::thread producer([&] {
    for (int i = 0; i < count;)
      if (channel.try_push(i)) ++i;
      else std::this_thread::yield();
  });
  for (int expected = 0; expected < count;) {
    int out = -1;
    if (!channel.try_pop(out)) {
      std::this_thread::yield();
      continue;
    }
    if (out != expected) {
      ADD_FAILURE() << out << " instead of " << expected;
      break;
    }
    ++expected;
  }
  producer.join();
  EXPECT_EQ(channel.size(), 0U);
}

}  // namespace
}  // namespace copyd
