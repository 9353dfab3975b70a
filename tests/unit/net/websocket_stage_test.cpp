// What is staged on a WebSocket and leaves together, in one TLS record.
#include <string>
#include <vector>

#include "tests/unit/net/websocket_rig.hpp"

namespace copyd::net {
namespace {

using test::echo;
using test::WebSocketTest;

TEST_F(WebSocketTest, WhatIsStagedLeavesTogetherAndInOrder) {
  serve(echo);
  EXPECT_EQ(socket_->stage("x").error(), make_error_code(Errc::not_connected));
  EXPECT_EQ(socket_->flush().error(), make_error_code(Errc::not_connected));
  open();
  ASSERT_EQ(next(), Event::opened);
  ASSERT_TRUE(socket_->flush().has_value()) << "nothing is staged";
  const std::vector<std::string> texts{"first", std::string(3000, 'm'), "last"};
  for (const auto& text : texts) ASSERT_TRUE(socket_->stage(text).has_value());
  EXPECT_TRUE(is_quiet()) << "nothing has left yet";
  // Something that is sent meanwhile goes before, and spoils nothing.
  ASSERT_TRUE(socket_->send("before").has_value());
  ASSERT_TRUE(socket_->flush().has_value());
  for (const std::string& text : {std::string("before"), texts[0], texts[1], texts[2]}) {
    ASSERT_EQ(next(), Event::frame);
    EXPECT_TRUE(socket_->frame() == text);
  }
}

TEST_F(WebSocketTest, OneRecordsWorthIsStagedAndNoMore) {
  serve(echo);
  open();
  ASSERT_EQ(next(), Event::opened);
  EXPECT_EQ(socket_->stage(std::string(16'001, 'x')).error(), make_error_code(Errc::too_large));
  const std::string text(1000, 'x');
  std::size_t staged = 0;
  while (staged < 100 && socket_->stage(text).has_value()) ++staged;
  EXPECT_EQ(staged, 15U);
  EXPECT_EQ(socket_->stage(text).error(), make_error_code(Errc::buffer_full));
  ASSERT_TRUE(socket_->flush().has_value());
  for (std::size_t i = 0; i < staged; ++i) ASSERT_EQ(next(), Event::frame);
  EXPECT_TRUE(socket_->stage(text).has_value());
}

TEST_F(WebSocketTest, WhatIsStagedWhenAConnectionEndsIsNeverSent) {
  serve(echo);
  open();
  ASSERT_EQ(next(), Event::opened);
  ASSERT_TRUE(socket_->stage("of the first").has_value());
  open();
  ASSERT_EQ(next(), Event::opened);
  ASSERT_TRUE(socket_->flush().has_value());
  ASSERT_TRUE(socket_->send("of the second").has_value());
  ASSERT_EQ(next(), Event::frame);
  EXPECT_EQ(socket_->frame(), "of the second");
}

}  // namespace
}  // namespace copyd::net
