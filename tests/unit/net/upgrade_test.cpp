#include "net/upgrade.hpp"

#include <gtest/gtest.h>

#include <set>

namespace copyd::net {
namespace {

// The key and the answer that RFC 6455 gives in section 1.3.
const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string good =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

std::string with(const std::string& from, const std::string& to) {
  std::string text = good;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Upgrade, AsksAsTheRfcSays) {
  Url url;
  url.host = "stream.example.com";
  url.port = "9443";
  url.path = "/ws/x?y=z";
  EXPECT_EQ(upgrade_request(url, key),
            "GET /ws/x?y=z HTTP/1.1\r\nHost: stream.example.com:9443\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: copyd\r\n\r\n");
}

TEST(Upgrade, KeysAreSixteenFreshBytes) {
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    keys.insert(make_upgrade_key());
    EXPECT_EQ(keys.begin()->size(), 24U);
    EXPECT_TRUE(keys.begin()->ends_with("=="));
  }
  EXPECT_EQ(keys.size(), 20U);
}

TEST(Upgrade, AcceptsTheExampleWholeAndNoSooner) {
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(*judge_upgrade(good.substr(0, size), key), 0U) << size;
  EXPECT_EQ(*judge_upgrade(good, key), good.size());
  EXPECT_EQ(*judge_upgrade(good + "\x81\x01x", key), good.size()) << "frames behind it are not its";
}

TEST(Upgrade, AcceptsOtherSpellings) {
  EXPECT_TRUE(judge_upgrade(with("Upgrade: websocket", "upgrade: WebSocket"), key).has_value());
  EXPECT_TRUE(judge_upgrade(with("Connection: Upgrade", "Connection: keep-alive, upgrade"), key)
                  .has_value());
}

TEST(Upgrade, RefusesEverythingElse) {
  const auto refused = make_error_code(Errc::handshake_refused);
  for (const auto& answer :
       {with("101 Switching Protocols", "200 OK"), with("101 Switching Protocols", "403 Forbidden"),
        with("Upgrade: websocket", "Upgrade: h2c"), with("Upgrade: websocket\r\n", ""),
        with("Connection: Upgrade", "Connection: close"), with("Connection: Upgrade\r\n", ""),
        with("s3pP", "s3pQ"), with("s3pP", "S3pP"),
        with("Upgrade: websocket",
             "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate"),
        with("Upgrade: websocket", "Upgrade: websocket\r\nSec-WebSocket-Protocol: x"),
        with("HTTP/1.1", "FTP/1.1"), std::string("\x16\x03\x01\r\n\r\n")}) {
    const auto judged = judge_upgrade(answer, key);
    ASSERT_TRUE(judged.has_error()) << answer;
    EXPECT_EQ(judged.error(), refused) << answer;
  }
}

TEST(Upgrade, RefusesAHeaderWithoutEnd) {
  const auto judged = judge_upgrade("HTTP/1.1 101 x\r\nA: " + std::string(9000, 'x'), key);
  ASSERT_TRUE(judged.has_error());
  EXPECT_EQ(judged.error(), make_error_code(Errc::handshake_refused));
}

}  // namespace
}  // namespace copyd::net
