// From the order in the channel to its bytes on the socket nothing is allocated, signed by HMAC or
// logged on.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "lane_rig.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
void* counted(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
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

namespace copyd::exec::test {
namespace {

TEST(LaneAllocationCounter, TheCounterCounts) {
  const auto before = allocations.load();
  const auto text = std::make_unique<int>(3);
  EXPECT_GT(allocations.load(), before);
  EXPECT_EQ(*text, 3);
}

// A disk that takes everything and keeps nothing: a real one does not allocate either.
class NoDisk final : public journal::File {
 public:
  Result<void> write_at(std::uint64_t, std::span<const std::byte>) noexcept override { return {}; }
  Result<void> sync() noexcept override { return {}; }
};

class LaneAllocation : public ::testing::TestWithParam<bool> {};

TEST_P(LaneAllocation, NoneFromOrderToSend) {
  journal::Writer writer({.name = "lane0", .file = std::make_unique<NoDisk>(), .capacity = 8192});
  LaneRig rig({}, {}, &writer);
  rig.venue.on_order = {};
  rig.add(0, GetParam() ? ed25519_key(0) : hmac_key(0));
  rig.run(milliseconds(5));
  rig.buy("1");
  rig.fill_last("1");
  rig.venue.counting = true;
  const auto sends = rig.venue.sends;
  for (int i = 0; i < 100; ++i) {
    auto t = rig.terms(i % 3 == 0 ? OrderKind::reduce : OrderKind::increase,
                       i % 3 == 0 ? Side::sell : Side::buy, "0.5");
    t.expires = t.expires + seconds(60);
    ASSERT_TRUE(rig.orders.try_push(TestApproval::order(t)));
    const auto before = allocations.load();
    rig.lane->do_work();
    EXPECT_EQ(allocations.load(), before);
    rig.clock.advance(milliseconds(1));
  }
  EXPECT_EQ(rig.venue.sends, sends + 100);
  EXPECT_GE(writer.appended(), 100U);
}

INSTANTIATE_TEST_SUITE_P(Keys, LaneAllocation, ::testing::Bool(),
                         [](const auto& each) { return each.param ? "Ed25519" : "Hmac"; });

}  // namespace
}  // namespace copyd::exec::test
