#include "core/secret.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace copyd {
namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!printable<Secret>, "a secret cannot be printed");
static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);

TEST(Secret, TakesTheBytesAndWipesTheSource) {
  std::string source = "correct horse battery staple, and more than one small buffer holds";
  const char* bytes = source.data();
  const std::size_t size = source.size();
  const Secret secret = Secret::take(source);
  EXPECT_EQ(secret.size(), size);
  EXPECT_TRUE(source.empty());
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(bytes[i], '\0');
}

TEST(Secret, MovesAndClones) {
  Secret a = Secret::copy_of("key");
  Secret b = std::move(a);
  EXPECT_EQ(b.reveal(), "key");
  EXPECT_EQ(b.clone().reveal(), "key");
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, ApiKeysShowFourCharacters) { EXPECT_EQ(masked("dbefbc809e3e"), "dbef…"); }

}  // namespace
}  // namespace copyd
