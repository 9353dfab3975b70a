#include "venue/client_order_id.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace copyd::venue {
namespace {

CopyId counting() {
  CopyId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(i);
  return id;
}
CopyId highest() {
  CopyId id;
  id.bytes.fill(0xff);
  return id;
}

// The texts were computed with Python's integers.
TEST(ClientOrderId, IsTheIdInBase62BetweenItsMarkAndTheAttempt) {
  EXPECT_EQ(client_order_id({}, 0).view(), "c100000000000000000000000");
  EXPECT_EQ(client_order_id(counting(), 7).view(), "c1000SYW7RiJxkEgOGusQGwp7");
  EXPECT_EQ(client_order_id(highest(), 61).view(), "c17n42DGM5Tflk9n8mt7Fhc7z");
}

TEST(ClientOrderId, IsReadBack) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    CopyId id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
    const auto attempt = static_cast<std::uint8_t>(random() % (attempt_max + 1));
    const ClientOrderId text = client_order_id(id, attempt);
    EXPECT_EQ(text.view().find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "abcdefghijklmnopqrstuvwxyz"),
              std::string_view::npos);
    const auto order = parse_client_order_id(text.view());
    ASSERT_TRUE(order);
    EXPECT_EQ(order->copy_id, id);
    EXPECT_EQ(order->attempt, attempt);
  }
}

TEST(ClientOrderId, DiffersByOneBitAndByAttempt) {
  const std::string first(client_order_id(counting(), 0).view());
  CopyId other = counting();
  other.bytes[15] ^= 1U;
  EXPECT_NE(first, client_order_id(other, 0).view());
  EXPECT_NE(first, client_order_id(counting(), 1).view());
}

TEST(ClientOrderId, LeavesForeignIdsAlone) {
  const std::string own(client_order_id(counting(), 7).view());
  ASSERT_TRUE(parse_client_order_id(own));
  for (const std::string& text :
       {std::string(), std::string("c1"), own + "0", own.substr(0, 24), "c2" + own.substr(2),
        "C1" + own.substr(2), own.substr(0, 10) + "-" + own.substr(11), own.substr(0, 24) + "_",
        std::string("autoclose-1711436538316664001"),
        std::string("6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2"),
        // 2^128, and the largest number of 22 digits: neither is an id.
        std::string("c17n42DGM5Tflk9n8mt7Fhc80"), "c1" + std::string(22, 'z') + "0"})
    EXPECT_FALSE(parse_client_order_id(text)) << text;
}

}  // namespace
}  // namespace copyd::venue
