// Orders over REST: the targets as they are signed and sent, and the answers.
#include "venue/rest_orders.hpp"

#include <gtest/gtest.h>

#include "tests/unit/venue/support.hpp"

namespace copyd::venue::testing {
namespace {

Signer docs_signer() {
  auto made = Signer::hmac(
      Secret::copy_of("2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"));
  return std::move(*made);
}

// What a target must be: the query as it stands, and behind it its own signature.
std::string signed_whole(const std::string& path, const std::string& query) {
  return path + "?" + query + "&signature=" + docs_signer().sign_for_url(query);
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

OrderRequest order_of(std::int64_t order, std::string_view client) {
  return {.id = 1,
          .symbol = "BTCUSDT",
          .order = VenueOrderId{order},
          .client_order_id = client,
          .timestamp = VenueTime{7},
          .recv_window_ms = 1500};
}

TEST(RestOrders, AMarketOrder) {
  const OrderTerms terms = market_buy();
  Signer signer = docs_signer();
  EXPECT_EQ(signed_place_target(request_of(terms), signer),
            signed_whole("/fapi/v1/order",
                         "newClientOrderId=c100000000000000000000003&newOrderRespType=RESULT"
                         "&positionSide=BOTH&quantity=0.1&selfTradePreventionMode=EXPIRE_TAKER"
                         "&side=BUY&symbol=BTCUSDT&type=MARKET&recvWindow=2000"
                         "&timestamp=1705311512994"));
}

TEST(RestOrders, AReducingLimitOrderAndAHedgeLeg) {
  OrderTerms terms = market_buy();
  terms.side = Side::sell;
  terms.limit = *Price::parse("43187.10");
  terms.reduce_only = true;
  Signer signer = docs_signer();
  EXPECT_EQ(signed_place_target(request_of(terms), signer),
            signed_whole("/fapi/v1/order",
                         "newClientOrderId=c100000000000000000000003&newOrderRespType=RESULT"
                         "&positionSide=BOTH&price=43187.1&quantity=0.1&reduceOnly=true"
                         "&selfTradePreventionMode=EXPIRE_TAKER&side=SELL&symbol=BTCUSDT"
                         "&timeInForce=IOC&type=LIMIT&recvWindow=2000&timestamp=1705311512994"));
  terms.reduce_only = false;
  terms.leg = Leg::short_;
  const std::string hedge = signed_place_target(request_of(terms), signer);
  EXPECT_NE(hedge.find("&positionSide=SHORT&"), hedge.npos);
  EXPECT_EQ(hedge.find("reduceOnly"), hedge.npos);
}

TEST(RestOrders, ASymbolBeyondAsciiIsEncodedBeforeItIsSigned) {
  const OrderTerms terms = market_buy();
  PlaceRequest request = request_of(terms);
  request.symbol = "测试USDT";
  Signer signer = docs_signer();
  const std::string target = signed_place_target(request, signer);
  EXPECT_NE(target.find("&symbol=%E6%B5%8B%E8%AF%95USDT&"), target.npos);
  const auto query = target.substr(target.find('?') + 1);
  const auto end = query.find("&signature=");
  EXPECT_EQ(query.substr(end + 11), docs_signer().sign_for_url(query.substr(0, end)));
}

TEST(RestOrders, CallsAboutOneOrder) {
  Signer signer = docs_signer();
  EXPECT_EQ(signed_query_target(order_of(33878894217, "ignored"), signer),
            signed_whole("/fapi/v1/order",
                         "orderId=33878894217&symbol=BTCUSDT&recvWindow=1500&timestamp=7"));
  EXPECT_EQ(signed_cancel_target(order_of(0, "c1x"), signer),
            signed_whole("/fapi/v1/order",
                         "origClientOrderId=c1x&symbol=BTCUSDT&recvWindow=1500&timestamp=7"));
  const ModifyRequest modify{.order = order_of(5, ""),
                             .side = Side::sell,
                             .leg = Leg::long_,
                             .qty = *Qty::parse("0.02"),
                             .price = *Price::parse("2315.90"),
                             .modify_id = 9};
  EXPECT_EQ(signed_modify_target(modify, signer),
            signed_whole("/fapi/v1/order",
                         "orderId=5&symbol=BTCUSDT&modifyId=9&positionSide=LONG&price=2315.9"
                         "&quantity=0.02&side=SELL&recvWindow=1500&timestamp=7"));
  EXPECT_EQ(signed_cancel_all_target("BTCUSDT", {VenueTime{7}, 1500}, signer),
            signed_whole("/fapi/v1/allOpenOrders", "symbol=BTCUSDT&recvWindow=1500&timestamp=7"));
  EXPECT_EQ(signed_open_orders_target("", {VenueTime{7}, 1500}, signer),
            signed_whole("/fapi/v1/openOrders", "recvWindow=1500&timestamp=7"));
  EXPECT_EQ(signed_open_orders_target("BTCUSDT", {VenueTime{7}, 1500}, signer),
            signed_whole("/fapi/v1/openOrders", "symbol=BTCUSDT&recvWindow=1500&timestamp=7"));
}

TEST(RestOrders, BatchesAreJsonEncodedBeforeTheyAreSigned) {
  OrderTerms first = market_buy();
  OrderTerms second = market_buy();
  second.limit = *Price::parse("9000");
  const PlaceRequest requests[] = {request_of(first), request_of(second)};
  Signer signer = docs_signer();
  EXPECT_EQ(
      signed_batch_place_target(requests, signer),
      signed_whole(
          "/fapi/v1/batchOrders",
          "batchOrders=%5B%7B%22newClientOrderId%22%3A%22c100000000000000000000003%22%2C"
          "%22newOrderRespType%22%3A%22RESULT%22%2C%22positionSide%22%3A%22BOTH%22%2C"
          "%22quantity%22%3A%220.1%22%2C%22selfTradePreventionMode%22%3A%22EXPIRE_TAKER%22%2C"
          "%22side%22%3A%22BUY%22%2C%22symbol%22%3A%22BTCUSDT%22%2C%22type%22%3A%22MARKET%22%7D%2C"
          "%7B%22newClientOrderId%22%3A%22c100000000000000000000003%22%2C%22newOrderRespType%22%3A"
          "%22RESULT%22%2C%22positionSide%22%3A%22BOTH%22%2C%22price%22%3A%229000%22%2C"
          "%22quantity%22%3A%220.1%22%2C%22selfTradePreventionMode%22%3A%22EXPIRE_TAKER%22%2C"
          "%22side%22%3A%22BUY%22%2C%22symbol%22%3A%22BTCUSDT%22%2C%22timeInForce%22%3A%22IOC%22%2C"
          "%22type%22%3A%22LIMIT%22%7D%5D&recvWindow=2000&timestamp=1705311512994"));

  const ModifyRequest changes[] = {{.order = order_of(5, ""),
                                    .side = Side::buy,
                                    .qty = *Qty::parse("1"),
                                    .price = *Price::parse("2")}};
  EXPECT_EQ(signed_batch_modify_target(changes, signer),
            signed_whole("/fapi/v1/batchOrders",
                         "batchOrders=%5B%7B%22orderId%22%3A%225%22%2C%22symbol%22%3A%22BTCUSDT%22"
                         "%2C%22price%22%3A%222%22%2C%22quantity%22%3A%221%22%2C%22side%22%3A"
                         "%22BUY%22%7D%5D&recvWindow=1500&timestamp=7"));

  const std::string_view names[] = {"a.1", "b\"2"};
  EXPECT_EQ(signed_batch_cancel_target("BTCUSDT", names, {VenueTime{7}, 1500}, signer),
            signed_whole("/fapi/v1/batchOrders",
                         "origClientOrderIdList=%5B%22a.1%22%2C%22b2%22%5D&symbol=BTCUSDT"
                         "&recvWindow=1500&timestamp=7"));
  const VenueOrderId ids[] = {VenueOrderId{1}, VenueOrderId{9007199254740993}};
  EXPECT_EQ(signed_batch_cancel_target("BTCUSDT", ids, {VenueTime{7}, 1500}, signer),
            signed_whole("/fapi/v1/batchOrders",
                         "orderIdList=%5B1%2C9007199254740993%5D&symbol=BTCUSDT&recvWindow=1500"
                         "&timestamp=7"));
}

TEST(RestOrders, AnAnswerWithAnOrder) {
  const std::string body = golden("rest.order.place.result.market.filled.json");
  const auto reply = decode_rest_order(200, body);
  ASSERT_TRUE(reply.has_value());
  ASSERT_TRUE(reply->has_order);
  EXPECT_EQ(reply->id, 0U);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->code, 0);
  EXPECT_EQ(reply->order.order.value, 33878894217);
  EXPECT_EQ(reply->order.client_order_id, "6e8f8d89-5b04-4ede-88bb-52b7d8b2b0d2");
  EXPECT_GE(reply->order.client_order_id.data(), body.data());
  EXPECT_LT(reply->order.client_order_id.data(), body.data() + body.size());
  EXPECT_EQ(reply->order.status, OrderStatus::filled);
  EXPECT_EQ(reply->order.order_qty, *Qty::parse("4.9"));
  EXPECT_EQ(reply->order.executed_qty, *Qty::parse("4.9"));
  EXPECT_EQ(reply->order.average_price, Price());
  EXPECT_EQ(reply->order.update_time.ms, 1789837689736);
}

TEST(RestOrders, ViewsStandInTheBodyEvenWithEscapesAndSpace) {
  const std::string body =
      R"({ "orderId" : 1 , "clientOrderId" : "a\/b" ,"status":"NEW","origQty":"1",)"
      R"("executedQty":"0"})";
  const auto reply = decode_rest_order(200, body);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->order.client_order_id, R"(a\/b)");
  const std::string error = R"({"msg":  "plain"  ,"code":-1})";
  EXPECT_EQ(decode_rest_order(400, error)->message, "plain");
}

TEST(RestOrders, ARefusal) {
  const auto reply = decode_rest_order(400, golden("error.2019.margin.json"));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status, 400);
  EXPECT_EQ(reply->code, -2019);
  EXPECT_FALSE(reply->has_order);
  const std::string ban = golden("error.1003.ip_banned.json");
  const auto banned = decode_rest_order(418, ban);
  ASSERT_TRUE(banned.has_value());
  EXPECT_EQ(banned_until(banned->message).ms, 1780765249479);
  EXPECT_EQ(classify(banned->status, banned->code, banned->message), RetryClass::backoff);
}

TEST(RestOrders, BansWithoutATime) {
  EXPECT_EQ(banned_until("").ms, 0);
  EXPECT_EQ(banned_until("banned until ").ms, 0);
  EXPECT_EQ(banned_until("banned until soon").ms, 0);
  EXPECT_EQ(banned_until("banned until -5").ms, 0);
  EXPECT_EQ(banned_until("banned until 99999999999999999999999").ms, 0);
  EXPECT_EQ(banned_until("IP banned until 12.").ms, 12);
}

TEST(RestOrders, AGatewaysPageIsAnErrorWithText) {
  const std::string html = "<html><h1>503 Service Unavailable</h1></html>" + std::string(500, ' ');
  const auto reply = decode_rest_order(503, html);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->code, 0);
  EXPECT_EQ(reply->message.size(), 200U);
  EXPECT_EQ(classify(reply->status, reply->code, reply->message), RetryClass::retry);
  for (const char* body : {"", "[]", "{}", "null", R"({"msg":"x"})", R"({"code":"x"})"}) {
    const auto other = decode_rest_order(502, body);
    ASSERT_TRUE(other.has_value()) << body;
    EXPECT_EQ(other->status, 502);
    EXPECT_EQ(other->code, 0);
    EXPECT_EQ(classify(502, 0, other->message), RetryClass::query);
  }
  const auto gateway = decode_rest_order(500, golden("error.gateway_500_timestamp_path.json"));
  ASSERT_TRUE(gateway.has_value());
  EXPECT_FALSE(gateway->has_order);
}

TEST(RestOrders, ASuccessThatTellsNothingIsMalformed) {
  const std::string order = golden("rest.order.place.result.market.filled.json");
  ASSERT_TRUE(decode_rest_order(200, order).has_value());
  std::vector<std::string> bodies{"",
                                  "{}",
                                  "[]",
                                  "null",
                                  "<html>",
                                  R"({"code":-2019,"msg":"x"})",
                                  R"({"code":200,"code":200})",
                                  order + "x",
                                  order + "}"};
  for (std::size_t size = 0; size < order.size(); ++size) bodies.push_back(order.substr(0, size));
  std::string both = order;
  both.insert(1, R"("code":-1,"msg":"no",)");
  bodies.push_back(both);
  for (const auto& [from, to] :
       {std::pair{R"("executedQty":"4.9")", R"("executedQty":4.9)"},
        std::pair{R"("executedQty":"4.9")", R"("executedQty":"-4.9")"},
        std::pair{R"("status":"FILLED")", R"("status":1)"},
        std::pair{R"("orderId":33878894217)", R"("orderId":1,"orderId":2)"},
        std::pair{R"("origQty":)", R"("_":)"}}) {
    std::string text = order;
    text.replace(text.find(from), std::string_view(from).size(), to);
    bodies.push_back(text);
  }
  for (const auto& body : bodies) {
    const auto reply = decode_rest_order(200, body);
    ASSERT_TRUE(reply.has_error()) << body;
    EXPECT_EQ(reply.error(), make_error_code(Errc::malformed));
  }
  // An order under an error's status: yes and no at once.
  EXPECT_TRUE(decode_rest_order(400, order).has_error());
}

TEST(RestOrders, ADoneWithoutAnOrder) {
  for (const char* body :
       {R"({"code":200,"msg":"The operation of cancel all open order is done."})",
        R"({"code":"200","msg":"success"})"}) {
    const auto reply = decode_rest_order(200, body);
    ASSERT_TRUE(reply.has_value()) << body;
    EXPECT_FALSE(reply->has_order);
    EXPECT_EQ(reply->code, 0);
  }
}

const std::string mixed_batch =
    R"([{"orderId":7,"clientOrderId":"a","status":"NEW","origQty":"1","executedQty":"0"},)"
    R"({"code":-2022,"msg":"ReduceOnly Order is rejected."}])";

TEST(RestOrders, ABatchOfBothKinds) {
  const auto batch = decode_rest_batch(200, mixed_batch);
  ASSERT_TRUE(batch.has_value());
  EXPECT_FALSE(batch->refused);
  ASSERT_EQ(batch->elements.size(), 2U);
  EXPECT_TRUE(batch->elements[0].has_order);
  EXPECT_EQ(batch->elements[0].status, 200);
  EXPECT_EQ(batch->elements[0].order.client_order_id, "a");
  EXPECT_FALSE(batch->elements[1].has_order);
  EXPECT_EQ(batch->elements[1].status, 400);
  EXPECT_EQ(batch->elements[1].code, -2022);
  EXPECT_EQ(batch->elements[1].message, "ReduceOnly Order is rejected.");
}

TEST(RestOrders, ABatchRefusedAsAWholeOrBroken) {
  const auto refused = decode_rest_batch(400, R"({"code":-1102,"msg":"m"})");
  ASSERT_TRUE(refused.has_value());
  EXPECT_TRUE(refused->refused);
  EXPECT_EQ(refused->whole.code, -1102);
  EXPECT_TRUE(refused->elements.empty());
  for (std::size_t size = 0; size < mixed_batch.size(); ++size)
    EXPECT_TRUE(decode_rest_batch(200, mixed_batch.substr(0, size)).has_error()) << size;
  for (const char* body : {"[1]", "[{}]", "[[]]", "{}", R"([{"code":-1,"orderId":5}])"})
    EXPECT_TRUE(decode_rest_batch(200, body).has_error()) << body;
  EXPECT_TRUE(decode_rest_batch(200, "[]")->elements.empty());
}

}  // namespace
}  // namespace copyd::venue::testing
