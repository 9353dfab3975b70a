#include "venue/rest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace copyd::venue {
namespace {

Signer docs_signer() {
  auto made = Signer::hmac(
      Secret::copy_of("2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"));
  return std::move(*made);
}

// The example that the venue's documentation prints.
TEST(Rest, SignsTheQueryAsItIsSent) {
  Signer signer = docs_signer();
  const Params params{{"symbol", "BTCUSDT"}, {"side", "BUY"},   {"type", "LIMIT"},
                      {"quantity", "1"},     {"price", "9000"}, {"timeInForce", "GTC"}};
  EXPECT_EQ(signed_target(path::order, params, VenueTime{1591702613943}, 5000, signer),
            "/fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000"
            "&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943"
            "&signature=3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9");
}

TEST(Rest, EncodesBeforeItSigns) {
  Signer signer = docs_signer();
  const std::string target = signed_target("/x", {{"symbol", "测试USDT"}, {"c", "a b+c/d=e&~_-."}},
                                           VenueTime{7}, 2000, signer);
  const std::string query =
      "symbol=%E6%B5%8B%E8%AF%95USDT&c=a%20b%2Bc%2Fd%3De%26~_-.&recvWindow=2000&timestamp=7";
  EXPECT_EQ(target, "/x?" + query + "&signature=" + docs_signer().sign_for_url(query));
}

TEST(Rest, SignsARequestWithoutParameters) {
  Signer signer = docs_signer();
  const std::string query = "recvWindow=5000&timestamp=1";
  EXPECT_EQ(signed_target(path::account, {}, VenueTime{1}, 5000, signer),
            "/fapi/v3/account?" + query + "&signature=" + docs_signer().sign_for_url(query));
}

TEST(Rest, PlainTargets) {
  EXPECT_EQ(plain_target(path::time, {}), "/fapi/v1/time");
  EXPECT_EQ(plain_target("/p", {{"a", "1"}, {"b", "x y"}}), "/p?a=1&b=x%20y");
}

TEST(Rest, TheVenuesDoors) {
  const auto live = Endpoints::binance_usdm();
  EXPECT_EQ(live.rest, "https://fapi.binance.com");
  EXPECT_EQ(live.sapi, "https://api.binance.com");
  EXPECT_EQ(live.ws_api, "wss://ws-fapi.binance.com/ws-fapi/v1");
  // The unrouted path no longer carries account data: it would answer with silence.
  EXPECT_EQ(live.private_stream("KEY"), "wss://fstream.binance.com/private/ws/KEY");
  constexpr std::array<std::string_view, 2> keys{"ONE", "TWO"};
  EXPECT_EQ(live.private_streams(keys),
            "wss://fstream.binance.com/private/stream?listenKey=ONE&listenKey=TWO");
  const auto test = Endpoints::binance_usdm_testnet();
  EXPECT_EQ(test.rest, "https://demo-fapi.binance.com");
  EXPECT_EQ(test.sapi, "");
  EXPECT_EQ(test.ws_api, "wss://testnet.binancefuture.com/ws-fapi/v1");
  EXPECT_EQ(test.private_stream("KEY"), "wss://fstream.binancefuture.com/private/ws/KEY");
}

}  // namespace
}  // namespace copyd::venue
