#include <gtest/gtest.h>

#include "cli/render.hpp"

namespace copyd::cli {
namespace {

using ops::Verb;

constexpr std::string_view why_reply =
    R"({"ok":true,"trade":{"leader":"alpha","symbol":"BTCUSDT","trade":7,"leg":"BOTH","side":"BUY",
"qty":"1","price":"50000","order_qty":"2","forced":false,"traded":"2026-11-21T09:30:15.250Z",
"decided":"2026-11-21T09:30:15.262Z","age_ms":12,"decode_ns":700},
"followers":[{"follower":"bob","outcome":"copied","reason":null,
"links":[{"link":1,"state":"active","sizing":"fixed_ratio 0.5","rate":null,"equity":null,
 "leader_equity":null,"closed":"0","opened":"1","sized":"0.5","leader_before":"0",
 "leader_after":"1","target_before":"0","target_moved":"0.5","target_after":"0.5",
 "lots_before":"","lots_after":"1:0.5"}],
"legs":[{"link":1,"leg":"BOTH","state":"active","wanted":"0.5","position":"0","effective":"0",
 "in_flight":false,"price":"50000","to_do":"0.5","reducing":"0","increasing":"0.5",
 "enters":false,"floor":"0.001","room":{"max_order_notional":null,
 "max_position_notional":"30000","max_total_notional":null,"max_order_qty":null}}],
"skips":[],
"orders":[{"id":"AB","symbol":"BTCUSDT","leg":"BOTH","side":"BUY","kind":"increase",
 "reduce_only":false,"qty":"0.5","limit":"50250","end":"executed","unknown":false,"filled":"0.5",
 "average":"50010","venue_code":null,"delay_ms":12,"worse_bps":"2",
 "left_with":null,"left_for_others":2,
 "attempts":[{"attempt":0,"sent":"2026-11-21T09:30:15.262Z","qty":"0.5","lost":null,"absent":null,
  "answers":[{"time":"2026-11-21T09:30:15.265Z","by":"answer","status":200,"code":0,
   "filled":"0.5","average":"50010","final":true}],
  "stages_ns":{"decode":700,"decide":300,"lane":null,"sign":6500,"write":3000,
   "acknowledged":3000000,"filled":3100000,"fill_to_wire":11000}}]}]},
{"follower":"carol","outcome":"skipped","reason":"reduce_only","links":[],"legs":[],
"skips":[{"link":1,"reason":"reduce_only"}],"orders":[]}],"next":null})";

TEST(RenderHistory, WhyIsAStoryInOrder) {
  const Rendered why = render(Verb::why, why_reply);
  EXPECT_TRUE(why.ok);
  EXPECT_EQ(why.text,
            "alpha  BUY 1 BTCUSDT at 50000  (trade 7, leg BOTH, of an order of 2)\n"
            "  traded   2026-11-21T09:30:15.250Z  by the venue's clock\n"
            "  decided  2026-11-21T09:30:15.262Z  by ours, when it was 12 ms old; decoded 700 ns "
            "after it "
            "was received\n"
            "\n"
            "  bob: copied - its orders were filled\n"
            "    link 1 (fixed_ratio 0.5, active): leader 0 -> 1, target 0 -> 0.5\n"
            "      closes 0, opens 1 of the leader's; the opening is 0.5 here\n"
            "      lots (leader:target) [] -> [1:0.5]\n"
            "    leg BOTH: wanted 0.5, held 0, with orders in flight 0; to do 0.5 (reducing 0, "
            "increasing 0.5)\n"
            "      smallest order 0.001 at 50000; max_position_notional leaves 30000\n"
            "    order BUY 0.5 BTCUSDT BOTH, increase, limit 50250: executed, filled 0.5 at 50010\n"
            "      12 ms behind the leader by the venue's clock; price 2 bps worse\n"
            "      waited, and left for 2 more that waited behind it\n"
            "      attempt 0: 0.5 sent 2026-11-21T09:30:15.262Z\n"
            "        2026-11-21T09:30:15.265Z answer: filled 0.5 at 50010, final\n"
            "        stages: decode 700 ns, decide 300 ns, sign 6.50 µs, write 3.00 µs, "
            "acknowledged 3.00 "
            "ms, filled 3.10 ms, fill_to_wire 11.0 µs\n"
            "\n"
            "  carol: skipped (reduce_only) - a part was not copied\n"
            "    skipped by link 1: reduce_only\n");
}

TEST(RenderHistory, WhyNamesTheTradeWithWhoseOrderOneLeft) {
  const std::string text = render(Verb::why, R"({"ok":true,"trade":{"leader":"alpha"},
"followers":[{"follower":"bob","outcome":"copied","orders":[{"side":"BUY","qty":"0.5",
"symbol":"BTCUSDT","leg":"BOTH","kind":"increase","end":"executed","filled":"0.5","average":"50010",
"left_with":{"id":"AB","trade":"BTCUSDT:6"},"left_for_others":0,"attempts":[]}]}]})")
                               .text;
  EXPECT_NE(text.find("waited, and left within the order of BTCUSDT:6\n"), std::string::npos) << text;
}

TEST(RenderHistory, TradesAndSkipsAreTables) {
  EXPECT_EQ(
      render(Verb::history,
             R"({"ok":true,"trades":[{"time":"T","leader":"alpha","symbol":"BTCUSDT","trade":7,
"leg":"BOTH","side":"BUY","qty":"1","price":"50000","follower":"bob","outcome":"copied",
"reason":null,"copied_side":"BUY","copied_qty":"0.5","copied_price":"50010","orders":1,
"venue_code":null,"delay_ms":12,"worse_bps":"-0.25"},{"time":"T","leader":"alpha",
"symbol":"BTCUSDT","trade":7,"leg":"BOTH","side":"BUY","qty":"1","price":"50000",
"follower":"carol","outcome":"skipped","reason":"halted","copied_side":null,"copied_qty":"0",
"copied_price":null,"orders":0,"venue_code":null,"delay_ms":null,"worse_bps":null}],
"next":"1.carol"})")
          .text,
      "TIME (UTC)  LEADER  TRADE      SIDE  QTY  PRICE  FOLLOWER  OUTCOME           COPIED     AT  "
      "DELAY  WORSE BPS\n"
      "T           alpha   BTCUSDT:7  BUY     1  50000  bob       copied               0.5  50010  "
      "12 ms      -0.25\n"
      "T           alpha   BTCUSDT:7  BUY     1  50000  carol     skipped (halted)       0      -  "
      "    -          -\n"
      "There may be more: --cursor 1.carol, or a larger --limit.\n");
  EXPECT_EQ(render(Verb::history, R"({"ok":true,"trades":[],"next":null})").text, "No trades.\n");
  EXPECT_EQ(render(Verb::skips,
                   R"({"ok":true,"skips":[{"time":"T","follower":"carol","symbol":"BTCUSDT",
"reason":"halted","link":1,"leader":null,"trade":null,"side":null,"qty":null,"price":null}],
"next":null})")
                .text,
            "TIME (UTC)  FOLLOWER  SYMBOL   REASON  LEADER  TRADE  SIDE  QTY  PRICE\n"
            "T           carol     BTCUSDT  halted  -       -      -       -      -\n");
  EXPECT_EQ(render(Verb::skips, R"({"ok":true,"skips":[]})").text, "Nothing was skipped.\n");
}

TEST(RenderHistory, DriftSaysWhatIsOff) {
  EXPECT_EQ(render(Verb::drift,
                   R"({"ok":true,"legs":[{"follower":"bob","symbol":"BTCUSDT","leg":"BOTH",
"target":"0.5","position":"0.4","in_flight":"0","drift":"-0.1","state":"off_target"}],
"foreign":[{"follower":"bob","legs":1}]})")
                .text,
            "FOLLOWER  SYMBOL   LEG   TARGET  POSITION  IN FLIGHT  DRIFT  STATE\n"
            "bob       BTCUSDT  BOTH     0.5       0.4          0   -0.1  off_target\n"
            "1 off target: what is below the venue's smallest order waits for the next opening; "
            "copyctl skips and copyctl status say what holds back the rest.\n"
            "bob: the venue holds more than copyd does on 1 of its legs: opened by others, and "
            "left alone\n");
}

TEST(RenderHistory, BalancesAndOrders) {
  EXPECT_EQ(render(Verb::balance,
                   R"({"ok":true,"accounts":[{"label":"bob","role":"follower","equity":"5000",
"transfers":"100","net_equity":"4900","last_sync_ms_ago":900},{"label":"alpha","role":"leader",
"equity":null,"transfers":null,"net_equity":null,"last_sync_ms_ago":null}]})")
                .text,
            "ACCOUNT  ROLE      EQUITY  TRANSFERS  NET EQUITY  LAST READ\n"
            "bob      follower    5000        100        4900  0.9 s ago\n"
            "alpha    leader         -          -           -  -\n");
  EXPECT_EQ(
      render(Verb::orders,
             R"({"ok":true,"followers":[{"label":"bob","in_flight":1,"waiting":0,
"written":1,"unknown":0}],"orders":[{"follower":"bob","symbol":"BTCUSDT","leg":"BOTH",
"side":"BUY","kind":"increase","qty":"0.5","filled":"0","limit":null,"decided":"T",
"state":"written","attempts":1,"leader":"alpha","trade":7,"id":"AB"}]})")
          .text,
      "FOLLOWER  WAITING  WRITTEN  UNKNOWN\n"
      "bob             0        1        0\n"
      "\n"
      "DECIDED (UTC)  FOLLOWER  SYMBOL   LEG   SIDE  KIND      QTY  FILLED  STATE    ATTEMPTS  "
      "FOR\n"
      "T              bob       BTCUSDT  BOTH  BUY   increase  0.5       0  written         1  "
      "BTCUSDT:7\n");
}

}  // namespace
}  // namespace copyd::cli
