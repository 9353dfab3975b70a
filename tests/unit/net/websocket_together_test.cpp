// Messages that leave together, in one TLS record.
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/net/websocket_rig.hpp"

namespace copyd::net {
namespace {

using test::echo;
using test::WebSocketTest;

TEST_F(WebSocketTest, WhatIsSentTogetherArrivesInOrder) {
  serve(echo);
  const std::string middle(3000, 'm');
  const std::vector<std::string_view> texts{"first", middle, "last"};
  EXPECT_EQ(socket_->send_together(texts).error(), make_error_code(Errc::not_connected));
  open();
  ASSERT_EQ(next(), Event::opened);
  ASSERT_TRUE(socket_->send("before").has_value());
  ASSERT_TRUE(socket_->send_together(texts).has_value());
  for (const auto text : {std::string_view("before"), texts[0], texts[1], texts[2]}) {
    ASSERT_EQ(next(), Event::frame);
    EXPECT_TRUE(socket_->frame() == text);
  }
}

TEST_F(WebSocketTest, OneRecordsWorthIsSentTogetherAndNoMore) {
  serve(echo);
  open();
  ASSERT_EQ(next(), Event::opened);
  const std::string text(1000, 'x');
  EXPECT_EQ(socket_->send_together(std::vector<std::string_view>(16, text)).error(),
            make_error_code(Errc::too_large));
  ASSERT_TRUE(socket_->send_together(std::vector<std::string_view>(15, text)).has_value());
  for (int i = 0; i < 15; ++i) ASSERT_EQ(next(), Event::frame);
  EXPECT_TRUE(is_quiet()) << "of those that were too many none has left";
}

}  // namespace
}  // namespace copyd::net
