#include "core/copy_id.hpp"

#include <gtest/gtest.h>

#include <set>

namespace copyd {
namespace {

CopyIdParts parts() {
  return {.follower = name_key("bob"),
          .cause = {.kind = CopyCause::Kind::fill,
                    .leader = name_key("alpha"),
                    .symbol = name_key("BTCUSDT"),
                    .number = 42},
          .symbol = name_key("BTCUSDT"),
          .leg = 0,
          .ordinal = 0};
}

TEST(CopyId, IsAFunctionOfItsPartsAlone) { EXPECT_EQ(make_copy_id(parts()), make_copy_id(parts())); }

TEST(CopyId, EveryPartMatters) {
  std::set<CopyId> ids{make_copy_id(parts())};
  const auto differs = [&](auto change) {
    CopyIdParts changed = parts();
    change(changed);
    EXPECT_TRUE(ids.insert(make_copy_id(changed)).second);
  };
  differs([](CopyIdParts& p) { p.follower = name_key("carol"); });
  differs([](CopyIdParts& p) { p.cause.leader = name_key("beta"); });
  differs([](CopyIdParts& p) { p.cause.symbol = name_key("ETHUSDT"); });
  differs([](CopyIdParts& p) { p.cause.number = 43; });
  differs([](CopyIdParts& p) { p.cause.kind = CopyCause::Kind::settle; });
  differs([](CopyIdParts& p) { p.symbol = name_key("ETHUSDT"); });
  differs([](CopyIdParts& p) { p.leg = 1; });
  differs([](CopyIdParts& p) { p.ordinal = 1; });
}

// The ids of orders already at the venue depend on this value: it may never change.
TEST(CopyId, KeepsItsFormat) {
  const CopyId id = make_copy_id(parts());
  std::string hex;
  for (const auto byte : id.bytes) {
    constexpr char digits[] = "0123456789abcdef";
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  EXPECT_EQ(hex, "b8405f9a3d5ae7bdce91e769eb01ebc4");
}

}  // namespace
}  // namespace copyd
