// What goes wrong with requests, by control command.
#include <gtest/gtest.h>

#include "sim/control.hpp"
#include "support.hpp"

namespace copyd::sim::testing {
namespace {

using std::chrono::milliseconds;

// One session of the WebSocket API is all there is.
class OneSession final : public FrontDoor {
 public:
  void drop_connections(milliseconds) override {}
  void set_clock_offset(milliseconds) override {}
  std::size_t connections() const override { return 1; }
  void quit() override {}
  std::size_t tell_sessions(const Tell& tell) override {
    const auto text = tell(session);
    if (text) told.push_back(*text);
    return text ? 1 : 0;
  }
  WsSession session;
  std::vector<std::string> told;
};

class AnswerFaultsTest : public ::testing::Test {
 protected:
  AnswerFaultsTest() { door.session = protocol().open_ws_api("/ws-fapi/v1", bench.now); }
  Protocol& protocol() { return bench.world->protocol(); }
  void run(const std::string& line) {
    const auto answer = control.handle(line, bench.now);
    EXPECT_EQ(at(answer, "ok"), "true") << answer;
  }
  std::string error(const std::string& line) {
    return at(control.handle(line, bench.now), "error");
  }
  HttpReply order(const std::string& client_id = "one", std::string_view label = "bob",
                  const std::string& more = "&side=BUY") {
    return bench.signed_call(
        "POST", "/fapi/v1/order", label,
        "symbol=ETHUSDT&type=MARKET&quantity=0.1&newClientOrderId=" + client_id + more);
  }
  HttpReply query(const std::string& client_id = "one") {
    return bench.signed_call("GET", "/fapi/v1/order", "bob",
                             "symbol=ETHUSDT&origClientOrderId=" + client_id);
  }
  std::string ws_order(const std::string& client_id) {
    return bench.ws_call(door.session, "order.place", "bob",
                         R"({"symbol":"ETHUSDT","side":"BUY","type":"MARKET","quantity":"0.1",)"
                         R"("newClientOrderId":")" +
                             client_id + R"("})");
  }
  std::size_t orders() {
    return bench.world->exchange().account(bench.account("bob")).orders.size();
  }
  Bench bench;
  OneSession door;
  Control control{*bench.world, door};
};

TEST_F(AnswerFaultsTest, EveryKindOfAnswerHasItsWordsOnBothDoors) {
  struct Kind {
    std::string name;
    int status;
    std::string code;
    std::string words;
  };
  const std::vector<Kind> kinds{
      {"unknown_503", 503, "-1000", "Unknown error, please check your request or try again later."},
      {"unavailable_503", 503, "-1000", "Service Unavailable."},
      {"internal_503", 503, "-1001",
       "Internal error; unable to process your request. Please try again."},
      {"maintenance_503", 503, "-1016", "Service is under maintenance."},
      {"throttled_1008", 503, "-1008",
       "Request throttled by system-level protection. Reduce-only/close-position orders are "
       "exempt. Please try again."},
      {"timeout_1007", 408, "-1007",
       "Timeout waiting for response from backend server. Send status unknown; execution status "
       "unknown."},
      {"unexpected_1006", 500, "-1006",
       "An unexpected response was received from the message bus. Execution status unknown."},
      {"disconnected_1001", 500, "-1001",
       "Internal error; unable to process your request. Please try again."}};
  for (const auto& kind : kinds) {
    run(R"({"command":"answer_next","account":"bob","count":2,"kind":")" + kind.name + "\"}");
    const auto reply = order(kind.name);
    EXPECT_EQ(reply.status, kind.status) << kind.name;
    EXPECT_EQ(at(reply.body, "code"), kind.code);
    EXPECT_EQ(at(reply.body, "msg"), kind.words);
    const auto answer = ws_order(kind.name);
    EXPECT_EQ(at(answer, "status"), std::to_string(kind.status)) << kind.name;
    EXPECT_EQ(at(answer, "error.msg"), kind.words);
  }
  EXPECT_EQ(orders(), 0U) << "none was executed";
  EXPECT_EQ(order().status, 200) << "and then all is well";
}

TEST_F(AnswerFaultsTest, AGatewayAnswersWithAPageAndEndsAWebSocket) {
  run(R"({"command":"answer_next","account":"bob","kind":"bad_gateway_502","executed":true})");
  const auto reply = order("behind");
  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(reply.body.substr(0, 6), "<html>");
  EXPECT_EQ(reply.headers.back(),
            (std::pair<std::string, std::string>("Content-Type", "text/html")));
  EXPECT_EQ(query("behind").status, 200) << "it was executed";
  run(R"({"command":"answer_next","account":"bob","kind":"timeout_408"})");
  EXPECT_EQ(ws_order("never"), "") << "the connection ends";
  EXPECT_EQ(at(query("never").body, "code"), "-2013");
}

TEST_F(AnswerFaultsTest, AnUnknownOutcomeMayHaveBeenExecuted) {
  run(R"({"command":"answer_next","account":"bob","kind":"timeout_1007","executed":true})");
  EXPECT_EQ(order("done").status, 408);
  EXPECT_EQ(at(query("done").body, "status"), "FILLED");
  EXPECT_EQ(order("next").status, 200) << "once only";
}

TEST_F(AnswerFaultsTest, ADefiniteFailureIsNeverExecuted) {
  for (const char* kind : {"unavailable_503", "internal_503", "throttled_1008"})
    EXPECT_NE(error(R"({"command":"answer_next","account":"bob","executed":true,"kind":")" +
                    std::string(kind) + "\"}"),
              "");
  EXPECT_EQ(order().status, 200) << "a refused command changes nothing";
}

TEST_F(AnswerFaultsTest, OnlyTheMethodsAskedForAreStruck) {
  run(R"({"command":"answer_next","account":"bob","kind":"unknown_503","methods":"query"})");
  EXPECT_EQ(order().status, 200);
  EXPECT_EQ(query().status, 503);
  EXPECT_EQ(query().status, 200);
  run(R"({"command":"answer_next","account":"bob","kind":"unknown_503","methods":"cancel"})");
  EXPECT_EQ(query().status, 200);
  EXPECT_EQ(bench.signed_call("DELETE", "/fapi/v1/order", "bob", "symbol=ETHUSDT&orderId=1").status,
            503);
  run(R"({"command":"answer_next","account":"bob","kind":"unknown_503","methods":"any"})");
  EXPECT_EQ(bench.signed_call("GET", "/fapi/v3/account", "bob").status, 503);
  EXPECT_NE(error(R"({"command":"answer_next","account":"bob","kind":"unknown_503",
                     "methods":"all"})"),
            "");
  EXPECT_NE(error(R"({"command":"answer_next","account":"bob","kind":"nothing"})"), "");
}

TEST_F(AnswerFaultsTest, OtherAccountsAreNotStruck) {
  run(R"({"command":"answer_next","account":"bob","kind":"unknown_503"})");
  EXPECT_EQ(order("x", "dave").status, 200);
  EXPECT_EQ(order().status, 503);
}

TEST_F(AnswerFaultsTest, ThrottlingExemptsWhatClosesAndCancels) {
  run(R"({"command":"answer_next","account":"bob","kind":"throttled_1008","count":9})");
  run(R"({"command":"answer_next","account":"carol","kind":"throttled_1008","count":9})");
  bench.place("bob", bench.market("ETHUSDT", Side::buy, "1"));
  EXPECT_EQ(order("a").status, 503);
  EXPECT_EQ(order("b", "bob", "&side=SELL&reduceOnly=true").status, 200);
  EXPECT_EQ(order("c", "carol", "&side=BUY&positionSide=LONG").status, 503);
  auto leg = bench.market("ETHUSDT", Side::buy, "1");
  leg.leg = Leg::long_;
  bench.place("carol", leg);
  EXPECT_EQ(order("d", "carol", "&side=SELL&positionSide=LONG").status, 200);
  EXPECT_EQ(
      at(bench.signed_call("DELETE", "/fapi/v1/order", "bob", "symbol=ETHUSDT&orderId=1").body,
         "code"),
      "-2011");
}

TEST_F(AnswerFaultsTest, WhatTheVenueSaysIsNotCountedIsNot) {
  const auto count = [&] {
    const auto reply = order();
    for (const auto& [name, value] : reply.headers)
      if (name == "X-MBX-ORDER-COUNT-10S") return value;
    return std::string("none");
  };
  EXPECT_EQ(count(), "1");
  run(R"({"command":"answer_next","account":"bob","kind":"unavailable_503"})");
  EXPECT_EQ(count(), "none");
  run(R"({"command":"answer_next","account":"bob","kind":"unknown_503"})");
  EXPECT_EQ(count(), "2");
}

TEST_F(AnswerFaultsTest, DroppedAnswersOfAnyMethod) {
  ASSERT_EQ(order().status, 200);
  run(R"({"command":"drop_next_answer","account":"bob","methods":"query"})");
  EXPECT_FALSE(order("two").drop);
  EXPECT_TRUE(query().drop);
  EXPECT_FALSE(query().drop);
  run(R"({"command":"drop_next_answer","account":"bob"})");
  EXPECT_TRUE(order("three").drop);
  EXPECT_EQ(query("three").status, 200);
  run(R"({"command":"drop_next_answer","account":"bob","before_execution":true})");
  EXPECT_TRUE(order("four").drop);
  EXPECT_EQ(at(query("four").body, "code"), "-2013");
}

TEST_F(AnswerFaultsTest, AnOrderMayBeHiddenForAWhile) {
  run(R"({"command":"hide_order","account":"bob","ms":1500})");
  const auto placed = order("ghost");
  ASSERT_EQ(placed.status, 200);
  EXPECT_EQ(at(query("ghost").body, "code"), "-2013");
  EXPECT_EQ(
      at(bench.ws_call(door.session, "order.status", "bob",
                       R"({"symbol":"ETHUSDT","orderId":)" + at(placed.body, "orderId") + "}"),
         "error.code"),
      "-2013");
  order("plain");
  EXPECT_EQ(query("plain").status, 200) << "one order only";
  bench.now = bench.now + milliseconds(1499);
  EXPECT_EQ(query("ghost").status, 400);
  bench.now = bench.now + milliseconds(1);
  EXPECT_EQ(query("ghost").status, 200);
}

TEST_F(AnswerFaultsTest, AnswersMayBeLate) {
  run(R"({"command":"delay_next","account":"bob","what":"answer","ms":700,"count":1})");
  EXPECT_EQ(query().delay, milliseconds(0));
  EXPECT_EQ(order().delay, milliseconds(700));
  EXPECT_EQ(order("two").delay, milliseconds(0));
}

TEST_F(AnswerFaultsTest, TheEngineLooksAtTheWindowAgain) {
  run(R"({"command":"engine_delay","account":"bob","ms":3000})");
  const auto with_window = [&](const std::string& window) {
    return order("w" + window, "bob", "&side=BUY&recvWindow=" + window);
  };
  const auto late = with_window("2999");
  EXPECT_EQ(late.status, 400);
  EXPECT_EQ(at(late.body, "code"), "-5028");
  EXPECT_EQ(at(late.body, "msg"), "Timestamp for this request is outside of the ME recvWindow.");
  EXPECT_EQ(with_window("3000").status, 200);
  EXPECT_EQ(with_window("3001").delay, milliseconds(3000)) << "the answer takes as long";
  EXPECT_EQ(query("w3000").delay, milliseconds(0));
  run(R"({"command":"engine_delay","account":"bob","ms":0})");
  EXPECT_EQ(with_window("10").status, 200);
}

TEST_F(AnswerFaultsTest, HistoryMayLag) {
  const auto rows = [&](const std::string& call) {
    return elements(bench.signed_call("GET", call, "bob", "symbol=ETHUSDT").body).size();
  };
  order("old");
  run(R"({"command":"lag_history","account":"bob","ms":2000})");
  bench.now = bench.now + milliseconds(3000);
  order("new");
  EXPECT_EQ(rows("/fapi/v1/allOrders"), 1U);
  EXPECT_EQ(rows("/fapi/v1/userTrades"), 1U);
  const auto amount = [&] {
    return at(bench.signed_call("GET", "/fapi/v3/positionRisk", "bob", "symbol=ETHUSDT").body,
              "0.positionAmt");
  };
  EXPECT_EQ(amount(), "0.1");
  EXPECT_EQ(at(bench.ws_call(door.session, "v2/account.position", "bob", R"({"symbol":"ETHUSDT"})"),
               "result.0.positionAmt"),
            "0.1");
  bench.now = bench.now + milliseconds(2000);
  EXPECT_EQ(rows("/fapi/v1/allOrders"), 2U);
  EXPECT_EQ(amount(), "0.2");
  order("newest");
  EXPECT_EQ(amount(), "0.2");
  run(R"({"command":"lag_history","account":"bob","ms":0})");
  EXPECT_EQ(amount(), "0.3");
}

TEST_F(AnswerFaultsTest, ARevokedKeyIsRefusedUntilItIsRestored) {
  run(R"({"command":"revoke_key","account":"bob"})");
  const auto reply = bench.signed_call("GET", "/fapi/v3/account", "bob");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(at(reply.body, "code"), "-2015");
  EXPECT_EQ(bench.send("POST", "/fapi/v1/listenKey", "bob").status, 401);
  EXPECT_EQ(at(ws_order("x"), "error.code"), "-2015");
  EXPECT_TRUE(door.told.empty()) << "nobody had logged on";
  EXPECT_EQ(bench.signed_call("GET", "/fapi/v3/account", "dave").status, 200);
  run(R"({"command":"restore_key","account":"bob"})");
  EXPECT_EQ(bench.signed_call("GET", "/fapi/v3/account", "bob").status, 200);
}

TEST_F(AnswerFaultsTest, ALoggedOnSessionIsToldThatItsKeyHasGone) {
  ASSERT_EQ(at(bench.ws_call(door.session, "session.logon", "carol"), "status"), "200");
  run(R"({"command":"revoke_key","account":"carol"})");
  ASSERT_EQ(door.told.size(), 1U);
  EXPECT_EQ(door.told[0],
            R"({"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key, IP, or )"
            R"(permissions for action."}})");
  EXPECT_EQ(at(bench.ws_call(door.session, "session.status", ""), "result.apiKey"), "null");
}

TEST_F(AnswerFaultsTest, TheShutdownNoticeIsForTheWebSocketApi) {
  run(R"({"command":"shutdown_notice"})");
  ASSERT_EQ(door.told.size(), 1U);
  EXPECT_EQ(door.told[0],
            R"({"event":{"e":"serverShutdown","E":)" + std::to_string(bench.now.ms) + "}}");
}

TEST_F(AnswerFaultsTest, BansByCommand) {
  run(R"({"command":"ban","ms":5000})");
  EXPECT_EQ(bench.send("GET", "/fapi/v1/time").status, 418);
  EXPECT_EQ(at(bench.ws_call(door.session, "time", ""), "status"), "200") << "REST only";
  run(R"({"command":"ban","ms":5000,"status":403})");
  const auto page = bench.send("GET", "/fapi/v1/time");
  EXPECT_EQ(page.status, 403);
  EXPECT_NE(page.body.find("403 Forbidden"), std::string::npos);
  EXPECT_EQ(page.headers.size(), 1U) << "the firewall shows no weight";
  run(R"({"command":"ban","ms":0})");
  EXPECT_EQ(bench.send("GET", "/fapi/v1/time").status, 200);
  run(R"({"command":"ban","ms":5000,"status":429,"ip":"127.0.0.3"})");
  EXPECT_EQ(bench.send("GET", "/fapi/v1/time").status, 200);
  EXPECT_EQ(protocol()
                .handle_rest({.method = "GET",
                              .target = "/fapi/v1/time",
                              .api_key = {},
                              .body = {},
                              .address = "127.0.0.3"},
                             bench.now)
                .status,
            429);
  run(R"({"command":"ban","ms":5000,"pool":"all"})");
  EXPECT_EQ(at(bench.ws_call(door.session, "time", ""), "status"), "418");
  EXPECT_NE(error(R"({"command":"ban","ms":5000,"status":200})"), "");
  EXPECT_NE(error(R"({"command":"ban"})"), "");
}

TEST_F(AnswerFaultsTest, EverythingIsForgottenAtOnce) {
  run(R"({"command":"answer_next","account":"bob","kind":"unknown_503","methods":"any"})");
  run(R"({"command":"reject_next","account":"bob","code":-2019})");
  run(R"({"command":"engine_delay","account":"bob","ms":9000})");
  run(R"({"command":"clear_faults"})");
  EXPECT_EQ(order().status, 200);
  EXPECT_EQ(query().status, 200);
}

TEST_F(AnswerFaultsTest, BrokenRequestsAreRefusedInTheVenuesWords) {
  for (const char* text : {"", "{", "[]", "17", R"({"id":1})", R"({"id":1,"method":7})"})
    EXPECT_EQ(protocol().handle_ws_api(door.session, text, bench.now).text,
              R"({"id":null,"status":400,"error":{"code":-1000,"msg":"Invalid JSON request."}})")
        << text;
  const auto ask = [&](const std::string& params) {
    return at(
        protocol()
            .handle_ws_api(door.session,
                           R"({"id":1,"method":"order.place","params":)" + params + "}", bench.now)
            .text,
        "error.msg");
  };
  const std::string key = bench.world->member("bob").api_key;
  EXPECT_NE(ask("{}").find("'apiKey'"), std::string::npos);
  EXPECT_NE(ask(R"({"apiKey":")" + key + R"("})").find("'signature'"), std::string::npos);
  EXPECT_NE(ask(R"({"apiKey":")" + key + R"(","signature":"x"})").find("'timestamp'"),
            std::string::npos);
}

}  // namespace
}  // namespace copyd::sim::testing
