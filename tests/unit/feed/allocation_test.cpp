// The steady path of a fill, from its frame to the copy agent's queue, allocates nothing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "feed_rig.hpp"

namespace {
thread_local bool counting = false;
thread_local std::size_t allocations = 0;

void* counted(std::size_t size) {
  if (counting) ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace copyd::feed {
namespace {

TEST(Allocation, TheCountSeesAnAllocation) {
  counting = true;
  const auto before = allocations;
  const auto memory = std::make_unique<std::string>(100, 'x');
  counting = false;
  EXPECT_GE(allocations - before, 2U);
}

TEST(Allocation, ALiveFillAllocatesNothing) {
  FeedRig rig;
  rig.start();
  rig.run(std::chrono::milliseconds(5));
  for (int i = 0; i < 10; ++i) rig.venue.trade("lea", "BTCUSDT", 1);  // the decoder sees its frames
  rig.run(std::chrono::milliseconds(10));
  const std::size_t taken = rig.fills.size();
  ASSERT_EQ(taken, 10U);

  rig.stalled = true;
  for (int i = 0; i < 100; ++i) rig.venue.trade("lea", "ETHUSDT", i % 2 == 0 ? 2 : -1);
  counting = true;
  allocations = 0;
  for (int i = 0; i < 60; ++i) {
    rig.clock.advance(std::chrono::milliseconds(1));
    rig.passes();
  }
  counting = false;
  EXPECT_EQ(allocations, 0U);
  rig.stalled = false;
  rig.take();
  EXPECT_EQ(rig.fills.size(), taken + 100);
}

TEST(Allocation, ALiveFillAllocatesNothingWhileTwoSocketsServe) {
  FeedRig rig;
  rig.start();
  rig.venue.push("lea", R"({"e":"serverShutdown","E":1})");
  rig.run(std::chrono::milliseconds(20));
  ASSERT_EQ(rig.venue.open_streams(), 2);
  for (int i = 0; i < 10; ++i) rig.venue.trade("lea", "BTCUSDT", 1);
  rig.run(std::chrono::milliseconds(10));
  const std::size_t taken = rig.fills.size();
  rig.venue.trade("lea", "ETHUSDT", 1);
  rig.stalled = true;
  for (int i = 0; i < 100; ++i) rig.venue.trade("lea", "ETHUSDT", i % 2 == 0 ? 2 : -1);
  counting = true;
  allocations = 0;
  for (int i = 0; i < 60; ++i) {
    rig.clock.advance(std::chrono::milliseconds(1));
    rig.passes();
  }
  counting = false;
  EXPECT_EQ(allocations, 0U);
  EXPECT_GT(rig.cells[0].duplicates.get(), 100);
  rig.stalled = false;
  rig.take();
  EXPECT_EQ(rig.fills.size(), taken + 101);
}

}  // namespace
}  // namespace copyd::feed
