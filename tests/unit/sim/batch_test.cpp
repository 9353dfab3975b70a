// Several orders in one request, and the lists that show orders afterwards.
#include <gtest/gtest.h>

#include "support.hpp"

namespace copyd::sim::testing {
namespace {

class BatchTest : public ::testing::Test {
 protected:
  HttpReply batch(std::string_view method, const std::string& orders) {
    return bench.signed_call(method, "/fapi/v1/batchOrders", "bob",
                             "batchOrders=" + percent_encode(orders));
  }
  HttpReply get(const std::string& path, const std::string& query) {
    return bench.signed_call("GET", path, "bob", query);
  }
  std::string header(const HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers)
      if (key == name) return value;
    return "";
  }
  static std::string limit_order(const std::string& id, const std::string& price) {
    return R"({"symbol":"ETHUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"1",)"
           R"("price":")" +
           price + R"(","newClientOrderId":")" + id + "\"}";
  }
  Bench bench;
};

// What the venue shows of an order since 2026-06, of an answer recorded before.
std::set<std::string> without_removed(std::set<std::string> keys) {
  for (const char* name : {"avgPrice", "cumQuote", "cumBase"}) keys.erase(name);
  return keys;
}

TEST_F(BatchTest, EachOrderSucceedsOrFailsForItself) {
  const auto reply =
      batch("POST", "[" + limit_order("a", "2990") + "," + limit_order("a", "2980") + "," +
                        R"({"symbol":"ETHUSDT","side":"SELL","type":"MARKET","quantity":"0"},)" +
                        limit_order("b", "2985") + "]");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto rows = elements(reply.body);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(keys_of(rows[0]),
            without_removed(keys_of(elements(golden("rest.batch_orders.place.2025_02.json"))[0])));
  EXPECT_EQ(at(rows[0], "clientOrderId"), "a");
  EXPECT_EQ(at(rows[1], "code"), "-4116");
  EXPECT_EQ(at(rows[2], "code"), "-4003");
  EXPECT_EQ(at(rows[3], "status"), "NEW");
  EXPECT_EQ(header(reply, "X-MBX-ORDER-COUNT-10S"), "5");
  EXPECT_EQ(header(reply, "X-MBX-ORDER-COUNT-1M"), "1");
}

TEST_F(BatchTest, AtMostFive) {
  std::string five = limit_order("x0", "2990");
  for (const char* id : {"x1", "x2", "x3", "x4"}) five += "," + limit_order(id, "2990");
  EXPECT_EQ(batch("POST", "[" + five + "]").status, 200);
  const auto six = batch("POST", "[" + five + "," + limit_order("x5", "2990") + "]");
  EXPECT_EQ(six.status, 400);
  EXPECT_EQ(at(six.body, "code"), "-4082");
  EXPECT_EQ(at(batch("POST", "[]").body, "code"), "-4082");
  EXPECT_EQ(at(batch("POST", "{").body, "code"), "-1130");
  EXPECT_EQ(at(bench.signed_call("POST", "/fapi/v1/batchOrders", "bob").body, "code"), "-1102");
}

TEST_F(BatchTest, ModifyingSeveral) {
  batch("POST", "[" + limit_order("a", "2990") + "," + limit_order("b", "2980") + "]");
  const auto change = [](const std::string& id, const std::string& price) {
    return R"({"symbol":"ETHUSDT","side":"BUY","quantity":"2","origClientOrderId":")" + id +
           R"(","price":")" + price + "\"}";
  };
  const auto reply = batch("PUT", "[" + change("a", "2970") + "," + change("none", "2970") + "]");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto rows = elements(reply.body);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(keys_of(rows[0]), without_removed(keys_of(elements(
                                  golden("rest.batch_orders.modify.mixed_error.docs.json"))[0])));
  EXPECT_EQ(at(rows[0], "origQty"), "2.000");
  EXPECT_EQ(at(rows[1], "code"), "-2013");
}

TEST_F(BatchTest, CancellingSeveral) {
  const auto placed = elements(
      batch("POST", "[" + limit_order("a", "2990") + "," + limit_order("b", "2980") + "]").body);
  const auto cancel = [&](const std::string& lists) {
    return bench.signed_call("DELETE", "/fapi/v1/batchOrders", "bob", "symbol=ETHUSDT" + lists);
  };
  const auto by_id =
      cancel("&orderIdList=" + percent_encode("[" + at(placed[0], "orderId") + ",17]"));
  ASSERT_EQ(by_id.status, 200) << by_id.body;
  const auto rows = elements(by_id.body);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(at(rows[0], "status"), "CANCELED");
  EXPECT_EQ(rows[1], elements(golden("error.batch_cancel.element.json"))[0]);
  const auto by_name = cancel("&origClientOrderIdList=" + percent_encode(R"(["b"])"));
  EXPECT_EQ(at(by_name.body, "0.clientOrderId"), "b") << by_name.body;
  EXPECT_EQ(at(cancel("").body, "code"), "-1102");
  EXPECT_EQ(at(cancel("&orderIdList=" + percent_encode("[1,2,3,4,5,6,7,8,9,10,11]")).body, "code"),
            "-1130");
}

TEST_F(BatchTest, OpenOrdersCostLessWithASymbol) {
  batch("POST", "[" + limit_order("a", "2990") + "," + limit_order("b", "2980") + "]");
  bench.place("bob", bench.resting("BTCUSDT", Side::buy, "0.1", "59000"));
  const auto weight = [&](const HttpReply& reply) {
    return std::stoi(header(reply, "X-MBX-USED-WEIGHT-1M"));
  };
  const int before = weight(bench.send("GET", "/fapi/v1/ping"));
  const auto all = get("/fapi/v1/openOrders", "");
  EXPECT_EQ(weight(all), before + 40);
  const auto some = get("/fapi/v1/openOrders", "symbol=ETHUSDT");
  EXPECT_EQ(weight(some), before + 41);
  EXPECT_EQ(elements(all.body).size(), 3U);
  const auto rows = elements(some.body);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(at(rows[0], "clientOrderId"), "a");
  EXPECT_EQ(keys_of(rows[0]), keys_of(golden("rest.order.query.filled.json")));
}

TEST_F(BatchTest, OneOpenOrder) {
  batch("POST", "[" + limit_order("a", "2990") + "]");
  const auto found = get("/fapi/v1/openOrder", "symbol=ETHUSDT&origClientOrderId=a");
  EXPECT_EQ(at(found.body, "status"), "NEW") << found.body;
  bench.move("ETHUSDT", "2990");
  EXPECT_EQ(at(get("/fapi/v1/openOrder", "symbol=ETHUSDT&origClientOrderId=a").body, "code"),
            "-2013");
  EXPECT_EQ(at(get("/fapi/v1/order", "symbol=ETHUSDT&origClientOrderId=a").body, "status"),
            "FILLED");
}

TEST_F(BatchTest, UnfilledOrdersAreForgottenAfterThreeDaysAndAllAfterNinety) {
  auto request = bench.market("ETHUSDT", Side::buy, "1");
  request.client_id = "filled";
  bench.place("bob", request);
  request = bench.limit("ETHUSDT", Side::buy, "1", "2990");
  request.client_id = "unfilled";
  bench.place("bob", request);
  batch("POST", "[" + limit_order("open", "2990") + "]");
  const auto known = [&](const std::string& id) {
    return get("/fapi/v1/order", "symbol=ETHUSDT&origClientOrderId=" + id).status == 200;
  };
  bench.now = bench.now + std::chrono::hours(72);
  EXPECT_TRUE(known("unfilled"));
  bench.now = bench.now + std::chrono::milliseconds(1);
  EXPECT_FALSE(known("unfilled"));
  EXPECT_TRUE(known("filled"));
  EXPECT_TRUE(known("open"));
  EXPECT_EQ(elements(get("/fapi/v1/allOrders", "symbol=ETHUSDT").body).size(), 2U);
  bench.now = bench.now + std::chrono::hours(87 * 24);
  EXPECT_FALSE(known("filled"));
}

TEST_F(BatchTest, AllOrdersByNumberAreTheNewestFromThere) {
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(bench.place("bob", bench.market("ETHUSDT", Side::buy, "0.1"))->id);
  const auto rows = elements(
      get("/fapi/v1/allOrders", "symbol=ETHUSDT&limit=2&orderId=" + std::to_string(ids[1])).body);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(at(rows[0], "orderId"), std::to_string(ids[3]));
  EXPECT_EQ(at(rows[1], "orderId"), std::to_string(ids[4]));
}

TEST_F(BatchTest, ForcedOrdersAreListedByKind) {
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "3"));
  for (const auto forced : {Forced::liquidation, Forced::adl, Forced::settlement})
    ASSERT_TRUE(bench.world->exchange()
                    .trade(bench.account("bob"),
                           {.symbol = bench.symbol("ETHUSDT"),
                            .side = Side::sell,
                            .qty = qty("1"),
                            .fills = {{qty("1"), price("2950")}},
                            .forced = forced},
                           bench.now)
                    .ok());
  const auto rows = elements(get("/fapi/v1/forceOrders", "").body);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(keys_of(rows[0]), keys_of(elements(golden("rest.force_orders.docs.json"))[0]));
  EXPECT_TRUE(at(rows[0], "clientOrderId").starts_with("autoclose-"));
  const auto adl = elements(get("/fapi/v1/forceOrders", "symbol=ETHUSDT&autoCloseType=ADL").body);
  ASSERT_EQ(adl.size(), 1U);
  EXPECT_EQ(at(adl[0], "clientOrderId"), "adl_autoclose");
  EXPECT_EQ(at(get("/fapi/v1/forceOrders", "autoCloseType=X").body, "code"), "-1130");
}

TEST_F(BatchTest, ATestOrderIsJudgedButNotMade) {
  const auto test = [&](const std::string& quantity) {
    return bench.signed_call(
        "POST", "/fapi/v1/order/test", "bob",
        "symbol=ETHUSDT&side=BUY&type=MARKET&newClientOrderId=t&quantity=" + quantity);
  };
  const auto fine = test("1");
  EXPECT_EQ(fine.status, 200) << fine.body;
  EXPECT_EQ(keys_of(fine.body), keys_of(golden("rest.order.place.result.market.filled.json")));
  EXPECT_EQ(at(test("0").body, "code"), "-4003");
  EXPECT_TRUE(bench.world->exchange().account(bench.account("bob")).orders.empty());
}

}  // namespace
}  // namespace copyd::sim::testing
