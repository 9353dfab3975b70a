#include "net/url.hpp"

#include <gtest/gtest.h>

namespace copyd::net {
namespace {

TEST(Url, SplitsAnAddressWithEverything) {
  const auto url = Url::parse("wss://fstream.example.com:9443/ws/abc?x=1&y=2", "wss");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "fstream.example.com");
  EXPECT_EQ(url->port, "9443");
  EXPECT_EQ(url->path, "/ws/abc?x=1&y=2");
  EXPECT_EQ(url->host_header(), "fstream.example.com:9443");
}

TEST(Url, FillsInWhatIsAbsent) {
  const auto url = Url::parse("https://fapi.example.com", "https");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->port, "443");
  EXPECT_EQ(url->path, "/");
  EXPECT_EQ(url->host_header(), "fapi.example.com");
}

TEST(Url, AQueryWithoutAPathGetsOne) {
  const auto url = Url::parse("https://a.example?x=1", "https");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->path, "/?x=1");
}

TEST(Url, AnIpv6HostLosesItsBracketsAndGetsThemBack) {
  const auto url = Url::parse("https://[::1]:8443/x", "https");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->host_header(), "[::1]:8443");
  EXPECT_EQ(Url::parse("https://[2001:db8::1]", "https")->host_header(), "[2001:db8::1]");
}

TEST(Url, TheSchemeMayBeWrittenLarge) {
  EXPECT_TRUE(Url::parse("HTTPS://a.example/", "https"));
}

TEST(Url, RefusesAnythingInTheClear) {
  EXPECT_FALSE(Url::parse("http://a.example/", "https"));
  EXPECT_FALSE(Url::parse("ws://a.example/", "wss"));
  EXPECT_FALSE(Url::parse("wss://a.example/", "https"));
  EXPECT_FALSE(Url::parse("http://a.example/", "http"));
  EXPECT_FALSE(Url::parse("ws://a.example/", "ws"));
}

TEST(Url, RefusesWhatIsMalformed) {
  for (const char* text : {"",
                           "https",
                           "https:",
                           "https:/a",
                           "https://",
                           "https:///x",
                           "https://:443/",
                           "https://a.example:",
                           "https://a.example:/x",
                           "https://a.example:0",
                           "https://a.example:0443",
                           "https://a.example:65536",
                           "https://a.example:99999999999999",
                           "https://a.example:4x",
                           "https://user@a.example/",
                           "https://user:pass@a.example/",
                           "https://a b/",
                           "https://a.example/x y",
                           "https://a.example/\r\nX: y",
                           "https://a.example/#part",
                           "https://a.example#part",
                           "https://[::1",
                           "https://[]",
                           "https://[::1]x",
                           "https://[localhost]",
                           "https://[1.2.3.4]",
                           "https://a%2e.example",
                           "https://\xc3\xa4.example",
                           " https://a.example"})
    EXPECT_FALSE(Url::parse(text, "https")) << text;
  EXPECT_FALSE(Url::parse("https://" + std::string(254, 'a'), "https"));
  EXPECT_TRUE(Url::parse("https://" + std::string(253, 'a'), "https"));
  EXPECT_TRUE(Url::parse("https://a.example:65535", "https"));
}

}  // namespace
}  // namespace copyd::net
