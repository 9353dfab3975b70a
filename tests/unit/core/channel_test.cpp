#include "core/channel.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <span>
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
    for (int i = 0; i < capacity; ++i)
      ASSERT_TRUE(channel.try_push(i)) << passed_before << ' ' << i;
    for (int i = 0; i < capacity; ++i) ASSERT_TRUE(channel.try_pop(out) && out == i);
  }
  EXPECT_EQ(channel.full_count(), 0U);
}

TEST(Channel, HandsOverManyAtOnceInOrder) {
  constexpr int capacity = 700;
  Channel<int> channel(capacity);
  std::array<int, 64> out{};
  int pushed = 0;
  int popped = 0;
  EXPECT_EQ(channel.try_pop(std::span(out)), 0U);
  for (int round = 0; round < 40; ++round) {
    while (channel.try_push(int(pushed))) ++pushed;
    // An odd number each time, so that the rounds meet the blocks' ends everywhere.
    const auto some = std::span(out).first(static_cast<std::size_t>(1 + round * 7 % 63));
    const std::size_t count = channel.try_pop(some);
    ASSERT_EQ(count, some.size());
    for (const int value : some) EXPECT_EQ(value, popped++);
    EXPECT_EQ(channel.size(), static_cast<std::size_t>(pushed - popped));
  }
  while (const std::size_t count = channel.try_pop(std::span(out)))
    for (const int value : std::span(out).first(count)) EXPECT_EQ(value, popped++);
  EXPECT_EQ(popped, pushed);
  EXPECT_EQ(channel.size(), 0U);
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
