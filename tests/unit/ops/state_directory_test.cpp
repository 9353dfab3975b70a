#include "ops/state_directory.hpp"

#include <gtest/gtest.h>

#include "temporary_directory.hpp"

namespace copyd::ops {
namespace {

TEST(StateDirectory, BelongsToOneAtATime) {
  const TemporaryDirectory directory;
  const std::string path = directory.path();
  {
    const auto first = claim_state_directory(path);
    ASSERT_TRUE(first);
    const auto second = claim_state_directory(path);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().error.find("another copyd"), std::string::npos);
    EXPECT_FALSE(second.error().remedy.empty());
  }
  EXPECT_TRUE(claim_state_directory(path)) << "free again when the first one is gone";
}

TEST(StateDirectory, AMissingOneIsNamedWithTheRemedy) {
  const TemporaryDirectory directory;
  const auto missing = claim_state_directory(directory.path() + "/none");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().error.find("/none is not a directory"), std::string::npos);
  EXPECT_NE(missing.error().remedy.find("install -d"), std::string::npos);
}

}  // namespace
}  // namespace copyd::ops
