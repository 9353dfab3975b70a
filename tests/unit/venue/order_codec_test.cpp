#include "venue/order_codec.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/venue/one_shot_hmac.hpp"
#include "tests/unit/venue/support.hpp"

namespace copyd::venue::testing {
namespace {

constexpr std::string_view api_key =
    "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83";

constexpr std::string_view hmac_secret =
    "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9";

Signer hmac_signer() {
  auto made = Signer::hmac(Secret::copy_of(hmac_secret));
  return std::move(*made);
}

Signer ed25519_signer() {
  auto made = Signer::private_key(
      Secret::copy_of("-----BEGIN PRIVATE KEY-----\n"
                      "MC4CAQAwBQYDK2VwBCIEIPQmzwVKJETqVd7L9E/DFbkvrOigy1tLL+9QF0mSn6dV\n"
                      "-----END PRIVATE KEY-----\n"));
  return std::move(*made);
}

// Signed here with another's prepared state, so that only the payload under test matters.
std::string signature_of(Signer signer, std::string_view payload) {
  char out[Signer::signature_max];
  return {out, signer.sign(payload, out)};
}

OrderTerms market_buy() {
  OrderTerms terms;
  terms.qty = *Qty::parse("0.100");
  return terms;
}

PlaceRequest request_of(const OrderTerms& terms) {
  PlaceRequest request;
  request.id = 42;
  request.terms = &terms;
  request.symbol = "BTCUSDT";
  request.client_order_id = client_order_id({}, 3);
  request.timestamp = VenueTime{1705311512994};
  return request;
}

std::string place(const PlaceRequest& request, Signer* signer, std::string_view key = api_key) {
  char out[2048];
  return {out, encode_place(request, key, signer, out)};
}

TEST(Place, AMarketOrderInALoggedOnSession) {
  const OrderTerms terms = market_buy();
  EXPECT_EQ(place(request_of(terms), nullptr),
            R"({"id":42,"method":"order.place","params":{)"
            R"("newClientOrderId":"c100000000000000000000003","newOrderRespType":"RESULT",)"
            R"("positionSide":"BOTH","quantity":"0.1","recvWindow":2000,)"
            R"("selfTradePreventionMode":"EXPIRE_TAKER","side":"BUY","symbol":"BTCUSDT",)"
            R"("timestamp":1705311512994,"type":"MARKET"}})");
}

TEST(Place, AReducingLimitOrderSignedWithHmac) {
  OrderTerms terms = market_buy();
  terms.side = Side::sell;
  terms.limit = *Price::parse("43187.10");
  terms.reduce_only = true;
  Signer signer = hmac_signer();
  const std::string payload =
      "apiKey=" + std::string(api_key) +
      "&newClientOrderId=c100000000000000000000003&newOrderRespType=RESULT&positionSide=BOTH"
      "&price=43187.1&quantity=0.1&recvWindow=2000&reduceOnly=true"
      "&selfTradePreventionMode=EXPIRE_TAKER&side=SELL&symbol=BTCUSDT&timeInForce=IOC"
      "&timestamp=1705311512994&type=LIMIT";
  EXPECT_EQ(place(request_of(terms), &signer),
            R"({"id":42,"method":"order.place","params":{"apiKey":")" + std::string(api_key) +
                R"(","newClientOrderId":"c100000000000000000000003","newOrderRespType":"RESULT",)"
                R"("positionSide":"BOTH","price":"43187.1","quantity":"0.1","recvWindow":2000,)"
                R"("reduceOnly":"true","selfTradePreventionMode":"EXPIRE_TAKER","side":"SELL",)"
                R"("symbol":"BTCUSDT","timeInForce":"IOC","timestamp":1705311512994,)"
                R"("type":"LIMIT","signature":")" +
                signature_of(hmac_signer(), payload) + R"("}})");
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

// The parameters of a new order in the order of their names.
Parameters parameters_of(const PlaceRequest& request, std::string_view key) {
  const OrderTerms& terms = *request.terms;
  const bool market = terms.limit.is_zero();
  Parameters all;
  if (!key.empty()) all.emplace_back("apiKey", key);
  all.emplace_back("newClientOrderId", request.client_order_id.view());
  all.emplace_back("newOrderRespType", "RESULT");
  const char* const legs[] = {"BOTH", "LONG", "SHORT"};
  all.emplace_back("positionSide", legs[static_cast<std::size_t>(terms.leg)]);
  if (!market) all.emplace_back("price", FixedText(terms.limit).view());
  all.emplace_back("quantity", FixedText(terms.qty).view());
  all.emplace_back("recvWindow", std::to_string(request.recv_window_ms));
  if (terms.reduce_only) all.emplace_back("reduceOnly", "true");
  all.emplace_back("selfTradePreventionMode", "EXPIRE_TAKER");
  all.emplace_back("side", terms.side == Side::buy ? "BUY" : "SELL");
  all.emplace_back("symbol", request.symbol);
  if (!market) all.emplace_back("timeInForce", "IOC");
  all.emplace_back("timestamp", std::to_string(request.timestamp.ms));
  all.emplace_back("type", market ? "MARKET" : "LIMIT");
  return all;
}

// The same request, made parameter by parameter.
std::string slow_place(const PlaceRequest& request, std::string_view key) {
  std::string json;
  std::string payload;
  for (const auto& [name, value] : parameters_of(request, key)) {
    const bool number = name == "recvWindow" || name == "timestamp";
    const std::string quote = number ? "" : "\"";
    json.append(json.empty() ? "\"" : ",\"").append(name).append("\":");
    json.append(quote).append(value).append(quote);
    payload.append(payload.empty() ? "" : "&").append(name).append("=").append(value);
  }
  if (!key.empty())
    json.append(",\"signature\":\"").append(one_shot_hmac(hmac_secret, payload)).append("\"");
  return R"({"id":)" + std::to_string(request.id) + R"(,"method":"order.place","params":{)" + json +
         "}}";
}

// Every kind of order, with keys that fill the first block of what is signed and keys that do not,
// by one signer in turn.
TEST(Place, EveryKindIsWhatItsParametersSay) {
  std::mt19937_64 random(20261122);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  Signer signer = hmac_signer();
  const std::string keys[] = {std::string(api_key),       "k",
                              std::string(56, 'a'),       std::string(57, 'b'),
                              std::string(57, 'b') + "c", std::string(128, 'd')};
  const char* const names[] = {"BTCUSDT", "1000PEPEUSDT", "测试USDT", "A"};
  for (int i = 0; i < 5000; ++i) {
    OrderTerms terms;
    terms.qty = Qty::from_units(static_cast<std::int64_t>(random() >> (1 + below(63))));
    if (below(2) == 0)
      terms.limit = Price::from_units(static_cast<std::int64_t>(random() >> (1 + below(63))));
    terms.side = below(2) == 0 ? Side::buy : Side::sell;
    terms.leg = static_cast<Leg>(below(3));
    terms.reduce_only = below(2) == 0;
    for (auto& byte : terms.copy_id.bytes) byte = static_cast<std::uint8_t>(random());
    PlaceRequest request;
    request.id = random() >> below(64);
    request.terms = &terms;
    request.symbol = names[below(4)];
    request.client_order_id = client_order_id(terms.copy_id, static_cast<std::uint8_t>(below(62)));
    request.timestamp = VenueTime{static_cast<std::int64_t>(random() >> (1 + below(63)))};
    request.recv_window_ms = static_cast<int>(below(60001));
    const std::string& key = keys[below(6)];
    ASSERT_EQ(place(request, nullptr), slow_place(request, ""));
    ASSERT_EQ(place(request, &signer, key), slow_place(request, key));
  }
}

TEST(Place, HedgeLegs) {
  OrderTerms terms = market_buy();
  terms.leg = Leg::short_;
  EXPECT_NE(place(request_of(terms), nullptr).find(R"("positionSide":"SHORT")"), std::string::npos);
  terms.leg = Leg::long_;
  EXPECT_NE(place(request_of(terms), nullptr).find(R"("positionSide":"LONG")"), std::string::npos);
  EXPECT_EQ(place(request_of(terms), nullptr).find("reduceOnly"), std::string::npos);
}

TEST(Place, ASymbolBeyondAsciiIsSignedAsItStands) {
  const OrderTerms terms = market_buy();
  PlaceRequest request = request_of(terms);
  request.symbol = "测试USDT";
  Signer signer = ed25519_signer();
  const std::string payload =
      "apiKey=k&newClientOrderId=c100000000000000000000003&newOrderRespType=RESULT"
      "&positionSide=BOTH&quantity=0.1&recvWindow=2000&selfTradePreventionMode=EXPIRE_TAKER"
      "&side=BUY&symbol=测试USDT&timestamp=1705311512994&type=MARKET";
  const std::string text = place(request, &signer, "k");
  EXPECT_NE(text.find(R"("symbol":"测试USDT")"), text.npos);
  EXPECT_NE(text.find(R"("signature":")" + signature_of(ed25519_signer(), payload) + "\""),
            text.npos);
}

TEST(Place, NothingIsWrittenWithoutEnoughRoom) {
  const OrderTerms terms = market_buy();
  Signer signer = hmac_signer();
  const std::string whole = place(request_of(terms), &signer);
  ASSERT_FALSE(whole.empty());
  ASSERT_LE(whole.size(), 1024U);
  for (std::size_t room = 0; room <= whole.size(); ++room) {
    std::vector<char> out(room + 1, '#');
    const auto size =
        encode_place(request_of(terms), api_key, &signer, std::span<char>(out.data(), room));
    EXPECT_EQ(size, room == whole.size() ? whole.size() : 0U);
    EXPECT_EQ(out[room], '#');
  }
}

// Wherever the character stands: text is looked at in eights.
TEST(Place, RefusesOneSpecialCharacterAnywhere) {
  const OrderTerms terms = market_buy();
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string name(size, 'A');
      PlaceRequest request = request_of(terms);
      for (int byte = 0; byte < 256; ++byte) {
        name[at] = static_cast<char>(byte);
        request.symbol = name;
        const bool special =
            byte < ' ' || byte == '"' || byte == '\\' || byte == '&' || byte == '=';
        ASSERT_EQ(place(request, nullptr).empty(), special) << byte << " at " << at;
      }
    }
  }
}

TEST(Place, RefusesTextThatWouldNeedEscaping) {
  const OrderTerms terms = market_buy();
  Signer signer = hmac_signer();
  for (const char* symbol : {"", "A\"B", "A\\B", "A&side=SELL", "A=B", "A\nB"}) {
    PlaceRequest request = request_of(terms);
    request.symbol = symbol;
    EXPECT_EQ(place(request, &signer), "") << symbol;
    EXPECT_EQ(place(request, nullptr), "") << symbol;
  }
  EXPECT_EQ(place(request_of(terms), &signer, "a\"b"), "");
  EXPECT_EQ(place(request_of(terms), &signer, std::string(2000, 'k')), "");
}

OrderRequest order_of(std::int64_t order, std::string_view client) {
  return {.id = 9,
          .symbol = "BTCUSDT",
          .order = VenueOrderId{order},
          .client_order_id = client,
          .timestamp = VenueTime{7},
          .recv_window_ms = 1500};
}

TEST(OrderRequests, CancelAndStatusNameTheOrderByOneId) {
  char out[2048];
  const auto text = [&](std::size_t size) { return std::string(out, size); };
  EXPECT_EQ(text(encode_cancel(order_of(33878894217, "c1x"), api_key, nullptr, out)),
            R"({"id":9,"method":"order.cancel","params":{"orderId":33878894217,)"
            R"("recvWindow":1500,"symbol":"BTCUSDT","timestamp":7}})");
  EXPECT_EQ(text(encode_status(order_of(0, "c1x"), api_key, nullptr, out)),
            R"({"id":9,"method":"order.status","params":{"origClientOrderId":"c1x",)"
            R"("recvWindow":1500,"symbol":"BTCUSDT","timestamp":7}})");
  Signer signer = hmac_signer();
  const std::string payload = "apiKey=" + std::string(api_key) +
                              "&origClientOrderId=c1x&recvWindow=1500&symbol=BTCUSDT&timestamp=7";
  const std::string whole = text(encode_cancel(order_of(0, "c1x"), api_key, &signer, out));
  EXPECT_NE(whole.find(R"("signature":")" + signature_of(hmac_signer(), payload) + "\""),
            whole.npos);
  EXPECT_EQ(encode_cancel(order_of(0, ""), api_key, nullptr, out), 0U);
  EXPECT_EQ(encode_status(order_of(0, "a\"b"), api_key, nullptr, out), 0U);
  EXPECT_EQ(encode_cancel(order_of(1, ""), "", &signer, out), 0U);
  EXPECT_EQ(encode_cancel(order_of(1, ""), api_key, nullptr, std::span<char>(out, 40)), 0U);
}

TEST(OrderRequests, ModifySaysPriceAndQuantity) {
  ModifyRequest request{.order = order_of(5, ""),
                        .side = Side::sell,
                        .leg = Leg::short_,
                        .qty = *Qty::parse("0.02"),
                        .price = *Price::parse("2315.90"),
                        .modify_id = 11};
  char out[2048];
  EXPECT_EQ(std::string(out, encode_modify(request, api_key, nullptr, out)),
            R"({"id":9,"method":"order.modify","params":{"modifyId":11,"orderId":5,)"
            R"("positionSide":"SHORT","price":"2315.9","quantity":"0.02","recvWindow":1500,)"
            R"("side":"SELL","symbol":"BTCUSDT","timestamp":7}})");
  request.leg = Leg::both;
  request.modify_id = 0;
  request.order = order_of(0, "c1x");
  Signer signer = hmac_signer();
  const std::string payload =
      "apiKey=" + std::string(api_key) +
      "&origClientOrderId=c1x&price=2315.9&quantity=0.02&recvWindow=1500&side=SELL"
      "&symbol=BTCUSDT&timestamp=7";
  const std::string whole(out, encode_modify(request, api_key, &signer, out));
  EXPECT_NE(whole.find(R"("signature":")" + signature_of(hmac_signer(), payload) + "\""),
            whole.npos);
  request.order.symbol = "";
  EXPECT_EQ(encode_modify(request, api_key, nullptr, out), 0U);
}

// The payload and the signature of the published logon vector.
TEST(Logon, IsSignedAsPublished) {
  Signer signer = ed25519_signer();
  char out[1024];
  const std::string_view key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
  const auto size = encode_logon(7, key, VenueTime{1649729878532}, signer, out);
  EXPECT_EQ(std::string(out, size),
            R"({"id":7,"method":"session.logon","params":{"apiKey":")" + std::string(key) +
                R"(","recvWindow":5000,"timestamp":1649729878532,)"
                R"("signature":"cOm24V1+r02HfWFwmk0ei458CyBoVnEl1Kci79cH+MgPhxMRxCrIY6nVHcJa0Ieh)"
                R"(VzlkXwY2XtdDNNNrpTSgDQ=="}})");
  EXPECT_EQ(encode_logon(7, key, VenueTime{1649729878532}, signer, std::span<char>(out, size - 1)),
            0U);
  EXPECT_EQ(encode_logon(7, "", VenueTime{1}, signer, out), 0U);
}

Result<Reply> decode(std::string_view text) {
  static ReplyDecoder decoder;
  static std::unique_ptr<Frame> kept;
  kept = std::make_unique<Frame>(text);
  return decoder.decode(kept->view());
}

const std::string order_result =
    R"({"orderId":33878894217,"clientOrderId":"c1x","status":"FILLED","origQty":"4.9",)"
    R"("executedQty":"4.9","updateTime":1789837689736})";

TEST(Reply, IdsOfEveryKind) {
  const auto id_of = [](const std::string& id) {
    const auto reply = decode(R"({"id":)" + id + R"(,"status":200,"result":{}})");
    EXPECT_TRUE(reply.has_value()) << id;
    return reply.has_value() ? reply->id : 999;
  };
  EXPECT_EQ(id_of("42"), 42U);
  EXPECT_EQ(id_of("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(id_of("\"42\""), 42U);
  EXPECT_EQ(id_of("null"), 0U);
  EXPECT_EQ(id_of("\"h4QeAAoC\""), 0U);
  EXPECT_EQ(id_of("\"42x\""), 0U);
  EXPECT_EQ(id_of("\"\""), 0U);
  EXPECT_EQ(decode(R"({"status":200,"result":{}})")->id, 0U);
}

TEST(Reply, AnOrder) {
  const auto reply = decode(R"({"id":5,"status":200,"result":)" + order_result + "}");
  ASSERT_TRUE(reply.has_value());
  ASSERT_TRUE(reply->has_order);
  EXPECT_EQ(reply->code, 0);
  EXPECT_EQ(reply->order.order.value, 33878894217);
  EXPECT_EQ(reply->order.client_order_id, "c1x");
  EXPECT_EQ(reply->order.status, OrderStatus::filled);
  EXPECT_EQ(reply->order.executed_qty, *Qty::parse("4.9"));
  EXPECT_EQ(reply->order.average_price, Price());  // the venue no longer sends it
  EXPECT_EQ(reply->order.update_time.ms, 1789837689736);
}

TEST(Reply, AnErrorInAnyOrderOfKeys) {
  for (const char* text :
       {R"({"id":5,"status":400,"error":{"code":-2019,"msg":"Margin is insufficient."}})",
        R"({"error":{"msg":"Margin is insufficient.","code":-2019},"status":400,"id":5})"}) {
    const auto reply = decode(text);
    ASSERT_TRUE(reply.has_value()) << text;
    EXPECT_EQ(reply->id, 5U);
    EXPECT_EQ(reply->status, 400);
    EXPECT_EQ(reply->code, -2019);
    EXPECT_EQ(reply->message, "Margin is insufficient.");
    EXPECT_FALSE(reply->has_order);
    EXPECT_EQ(classify(reply->status, reply->code, reply->message), RetryClass::final_);
  }
  EXPECT_EQ(decode(R"({"id":5,"status":503})")->status, 503);
}

TEST(Reply, AResultThatIsNoOrder) {
  for (const char* result : {"{}", "null", "[]", R"([{"orderId":1}])", R"({"status":5})", "1",
                             R"({"serverTime":1,"status":{"a":[1]}})"}) {
    const auto reply = decode(std::string(R"({"id":5,"status":200,"result":)") + result + "}");
    ASSERT_TRUE(reply.has_value()) << result;
    EXPECT_FALSE(reply->has_order) << result;
    EXPECT_EQ(reply->order.status, OrderStatus::other);
  }
}

TEST(Reply, WhatHasBeenUsedOfTheLimits) {
  const auto used = [](const std::string& rows) {
    const auto reply = decode(R"({"id":5,"status":200,"result":{},"rateLimits":)" + rows + "}");
    EXPECT_TRUE(reply.has_value()) << rows;
    const UsedLimits u = reply.has_value() ? reply->used : UsedLimits{-9, -9, -9};
    return std::vector<int>{u.weight_1m, u.orders_10s, u.orders_1m};
  };
  const auto row = [](const char* type, const char* interval, int number, const char* count) {
    return std::string(R"({"rateLimitType":")") + type + R"(","interval":")" + interval +
           R"(","intervalNum":)" + std::to_string(number) + R"(,"limit":1,"count":)" + count + "}";
  };
  EXPECT_EQ(used("[" + row("REQUEST_WEIGHT", "MINUTE", 1, "19") + "," +
                 row("ORDERS", "SECOND", 10, "3") + "," + row("ORDERS", "MINUTE", 1, "7") + "]"),
            (std::vector{19, 3, 7}));
  EXPECT_EQ(used("[" + row("REQUEST_WEIGHT", "MINUTE", 1, "-1") + "]"), (std::vector{-1, -1, -1}));
  // Rows of another kind say nothing, and spoil nothing.
  for (const std::string& rows :
       {std::string("[]"), std::string("null"), std::string("{}"), std::string("[1,null,[]]"),
        "[" + row("ORDERS", "SECOND", 10, "\"3\"") + "]", "[" + row("ORDERS", "HOUR", 1, "3") + "]",
        "[" + row("RAW", "MINUTE", 1, "3") + "]", "[" + row("ORDERS", "MINUTE", 5, "3") + "]"})
    EXPECT_EQ(used(rows), (std::vector{-1, -1, -1})) << rows;
  EXPECT_EQ(used("[1," + row("ORDERS", "MINUTE", 1, "7") + "]"), (std::vector{-1, -1, 7}));
}

TEST(Reply, TheVenueShutsDown) {
  for (const char* text : {R"({"event":{"e":"serverShutdown","E":1770123456789}})",
                           R"({"e":"serverShutdown","E":1})"}) {
    const auto reply = decode(text);
    ASSERT_TRUE(reply.has_value()) << text;
    EXPECT_TRUE(reply->shutdown);
    EXPECT_EQ(reply->id, 0U);
    EXPECT_FALSE(reply->has_order);
  }
  EXPECT_FALSE(decode(R"({"id":1,"status":200,"result":{}})")->shutdown);
  for (const char* text :
       {R"({"event":{"e":"somethingElse"}})", R"({"event":{}})", R"({"event":5})", R"({"e":5})",
        R"({"e":"serverShutdown","status":200})", R"({"e":"serverShutdown","e":"serverShutdown"})"})
    EXPECT_TRUE(decode(text).has_error()) << text;
}

TEST(Reply, WhatCannotBeReliedOnIsMalformed) {
  std::vector<std::string> texts{
      "",
      "{}",
      "[]",
      "null",
      R"({"id":5})",
      R"({"id":5,"result":{}})",
      R"({"id":5,"status":"200","result":{}})",
      R"({"id":5,"status":200.5,"result":{}})",
      R"({"id":-5,"status":200})",
      R"({"id":5.5,"status":200})",
      R"({"id":{},"status":200})",
      R"({"id":5,"status":200,"status":400})",
      R"({"id":5,"id":6,"status":200})",
      R"({"id":5,"status":99999999999})",
      R"({"id":5,"status":400,"error":{"msg":"x"}})",
      R"({"id":5,"status":400,"error":"x"})",
      R"({"id":5,"status":400,"error":{"code":"1"}})",
      R"({"id":5,"status":200,"error":{"code":-1,"msg":""}})",
      R"({"id":5,"status":400,"result":)" + order_result + "}",
      R"({"id":5,"status":200,"result":)" + order_result + "}}",
  };
  const std::string whole = R"({"id":5,"status":200,"result":)" + order_result + "}";
  ASSERT_TRUE(decode(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) texts.push_back(whole.substr(0, size));
  const std::pair<const char*, const char*> changes[] = {
      {R"("clientOrderId")", R"("_")"},
      {R"("status":"FILLED")", R"("_":1)"},
      {R"("origQty")", R"("_")"},
      {R"("executedQty")", R"("_")"},
      {R"("orderId":33878894217)", R"("orderId":"33878894217")"},
      {R"("orderId":33878894217)", R"("orderId":1,"orderId":2)"},
      {R"("executedQty":"4.9")", R"("executedQty":4.9)"},
      {R"("executedQty":"4.9")", R"("executedQty":"-4.9")"},
      {R"("updateTime":1789837689736)", R"("updateTime":"1")"},
      {R"("status":"FILLED")", R"("status":1)"},
      {R"("origQty":"4.9")", R"("origQty":"4.9","avgPrice":1)"},
  };
  for (const auto& [from, to] : changes) {
    std::string text = whole;
    text.replace(text.find(from), std::string_view(from).size(), to);
    texts.push_back(text);
  }
  for (const auto& text : texts) {
    const auto reply = decode(text);
    ASSERT_TRUE(reply.has_error()) << text;
    EXPECT_EQ(reply.error(), make_error_code(Errc::malformed));
  }
}

}  // namespace
}  // namespace copyd::venue::testing
