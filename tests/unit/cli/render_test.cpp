#include "cli/render.hpp"

#include <gtest/gtest.h>

#include "cli/format.hpp"
#include "cli/table.hpp"

namespace copyd::cli {
namespace {

using ops::Verb;

constexpr std::string_view status_reply = R"({"ok":true,"version":"0.1.0","generation":1,
"ready":true,"uptime_s":11525,"threads":"shared","venue":"binance-usdm","new_member":[1],
"leaders":[{"label":"alpha","state":"live","last_fill_ms_ago":1234,"fills":132,"equity":"10000.5"},
 {"label":"z","state":"connecting","last_fill_ms_ago":null,"fills":0,"equity":null}],
"followers":[{"label":"bob","state":"active","causes":[],"link":"ready","outcomes":{"copied":120,
 "carried":5,"skipped":3,"failed":1,"unknown":2,"none":1},"skipped":{"below_min":2,"missed":1},
 "orders":140,"in_flight":4,"equity":"5000","positions":[{"symbol":"BTCUSDT","leg":"BOTH",
 "target":"0.1","position":"0.1","in_flight":"0"}]},
 {"label":"carol","state":"halted","causes":["configuration","operator"],"link":"not_connected",
 "outcomes":{"copied":0,"carried":0,"skipped":0,"failed":0,"unknown":1,"none":0},"skipped":{},
 "orders":0,"in_flight":3,"equity":null,"positions":[]}],
"latency_ns":{"decode":{"p50":850,"p99":900,"p999":1000,"n":132},
 "fill_to_wire":{"p50":45123,"p99":1250000,"p999":3000000000,"n":132},
 "sign":{"p50":0,"p99":0,"p999":0,"n":0}}})";

TEST(Render, StatusIsTwoTables) {
  const Rendered status = render(Verb::status, status_reply);
  EXPECT_TRUE(status.ok);
  EXPECT_EQ(status.text,
            "copyd 0.1.0  binance-usdm  ready  up 3 h 12 min  configuration 1  threads shared\n"
            "in flight 7  unknown 3  failed 1  fill_to_wire p50 45.1 µs, p99 1.25 ms\n"
            "\n"
            "LEADER  STATE       LAST FILL  FILLS   EQUITY\n"
            "alpha   live        1.2 s ago    132  10000.5\n"
            "z       connecting  -              0        -\n"
            "\n"
            "FOLLOWER  STATE   CAUSES                   LINK           COPIED  CARRIED  SKIPPED  "
            "FAILED  UNKNOWN  NONE  ORDERS  IN FLIGHT  EQUITY\n"
            "bob       active  -                        ready             120        5        3  "
            "     1        2     1     140          4    5000\n"
            "carol     halted  configuration, operator  not_connected       0        0        0  "
            "     0        1     0       0          3       -\n"
            "\n"
            "skipped by bob: below_min 2, missed 1\n");
}

TEST(Render, StatusBeforeAnythingIsKnown) {
  const Rendered status = render(Verb::status, R"({"ok":true,"ready":false})");
  EXPECT_TRUE(status.ok);
  EXPECT_EQ(status.text,
            "copyd -  -  NOT READY  up -  configuration -  threads -\n"
            "in flight 0  unknown 0  failed 0  fill_to_wire -\n"
            "\nNo leaders.\n\nNo followers.\n");
}

TEST(Render, StatusSaysWhatTheDaemonWaitsFor) {
  const Rendered status = render(Verb::status, R"({"ok":true,"waiting_for":"its\u001b time"})");
  EXPECT_NE(status.text.find("waiting for the venue: its"), std::string::npos) << status.text;
  EXPECT_EQ(status.text.find('\x1b'), std::string::npos) << "nothing reaches the terminal as it is";
  const Rendered ready = render(Verb::status, R"({"ok":true,"waiting_for":null})");
  EXPECT_EQ(ready.text.find("waiting"), std::string::npos);
}

TEST(Render, StatusSaysWhatAPersonShouldLookAt) {
  const Rendered status = render(Verb::status, R"({"ok":true,"followers":[{"label":"bob",
    "flattening":true,"quarantined":2,"drift_legs":1,"skipped":{"quarantined":1}},
    {"label":"carol","flattening":false,"quarantined":0,"drift_legs":0}]})");
  EXPECT_NE(
      status.text.find("\nbob is being flattened\n"
                       "bob: nothing opens on 2 of its symbols: an order is unknown for long\n"
                       "bob: the venue holds more than copyd does on 1 of its legs\n"
                       "skipped by bob: quarantined 1\n"),
      std::string::npos)
      << status.text;
  EXPECT_EQ(status.text.find("carol:"), std::string::npos);
}

TEST(Render, AFlattenShowsWhoIsBeingFlattened) {
  EXPECT_EQ(render(Verb::flatten, R"({"ok":true,"changed":[{"label":"bob","state":"halted",
            "flattening":true,"causes":["operator"]}]})")
                .text,
            "FOLLOWER  STATE                     CAUSES\n"
            "bob       halted (being flattened)  operator\n");
}

TEST(Render, LatencyHasALinePerStage) {
  EXPECT_EQ(render(Verb::latency, status_reply).text,
            "STAGE             P50      P99    P99.9  COUNT\n"
            "decode         850 ns   900 ns  1.00 µs    132\n"
            "fill_to_wire  45.1 µs  1.25 ms   3.00 s    132\n"
            "sign                -        -        -      0\n");
  EXPECT_EQ(render(Verb::latency, R"({"ok":true,"latency_ns":{}})").text,
            "Nothing was measured yet.\n");
}

TEST(Render, WhatToldTheLeadersFillsFirstIsSaidWithWhatItGained) {
  const std::string reply = R"({"ok":true,"latency_ns":{},"leaders":[
    {"label":"alpha","said_first":[120,80],"said_first_lead_ns":[
      {"p50":35000,"p99":1250000,"p999":3000000,"n":120},{"p50":0,"p99":0,"p999":0,"n":0}],
     "lite_fills":7,"lite_lead_ns":{"p50":3100,"p99":4200,"p999":5300,"n":7}},
    {"label":"beta","said_first":[0,0],"said_first_lead_ns":[{"n":0},{"n":0}],
     "lite_fills":0,"lite_lead_ns":{"n":0}},
    {"label":"gamma","said_first":[0,0],"said_first_lead_ns":[{"n":0},{"n":0}],
     "lite_fills":1,"lite_lead_ns":{"p50":900,"p99":900,"p999":900,"n":1}}]})";
  EXPECT_EQ(render(Verb::latency, reply).text,
            "Nothing was measured yet.\n\n"
            "LEADER  FIRST TOLD BY  FILLS  AHEAD BY P50      P99    P99.9\n"
            "alpha   connection 1     120       35.0 µs  1.25 ms  3.00 ms\n"
            "alpha   connection 2      80             -        -        -\n"
            "alpha   TRADE_LITE         7       3.10 µs  4.20 µs  5.30 µs\n"
            "gamma   TRADE_LITE         1        900 ns   900 ns   900 ns\n");
  EXPECT_NE(render(Verb::status, reply)
                .text.find("\nalpha was first told by connection 1: 120 (p50 35.0 µs ahead), "
                           "connection 2: 80 (p50 - ahead), TRADE_LITE: 7 (p50 3.10 µs ahead)\n"
                           "gamma was first told by TRADE_LITE: 1 (p50 900 ns ahead)\n\n"),
            std::string::npos)
      << render(Verb::status, reply).text;
}

TEST(Render, LatencyComparesTheFollowers) {
  const std::string quantiles = R"({"p50":1500,"p99":2500000,"p999":2500000,"n":2})";
  const std::string row = R"(","orders":2,"stages_ns":{"acknowledged":)" + quantiles +
                          R"(,"fill_to_wire":)" + quantiles +
                          R"(},"delay_ms":{"p50":12,"p99":38,"p999":38,"n":2},)"
                          R"("worse_bps":{"p50":"-0.5","p99":"2","p999":"2","n":2}})";
  const std::string none =
      R"(,{"follower":"carol","orders":1,"stages_ns":{"fill_to_wire":{"p50":null,"p99":null,)"
      R"("p999":null,"n":0}},"delay_ms":{"p50":null,"n":0},"worse_bps":{"p50":null,"n":0}})";
  const auto reply = [&](const std::string& rows, const char* next) {
    return R"({"ok":true,"latency_ns":{},"copies":{"orders":3,"newest_only":false,"followers":[)" +
           (R"({"follower":"bob)" + row) + rows + R"(],"next":)" + next + R"(},"note":null})";
  };
  EXPECT_EQ(render(Verb::latency, reply(none, "\"carol\"")).text,
            "Nothing was measured yet.\n\n"
            "Copies by the history, of all orders:\n"
            "FOLLOWER  ORDERS  TO WIRE P50      P99  ANSWER P50      P99  DELAY P50    P99  "
            "WORSE BPS P50  P99\n"
            "bob            2      1.50 µs  2.50 ms     1.50 µs  2.50 ms      12 ms  38 ms  "
            "         -0.5    2\n"
            "carol          1            -        -           -        -          -      -  "
            "            -    -\n"
            "There may be more: --cursor carol, or a larger --limit.\n");
  const std::string alone = render(Verb::latency, reply("", "null")).text;
  EXPECT_NE(alone.find("\n\nSTAGE             P50      P99    P99.9  COUNT\n"
                       "acknowledged  1.50 µs  2.50 ms  2.50 ms      2\n"),
            std::string::npos)
      << alone;
  EXPECT_EQ(render(Verb::latency, R"({"ok":true,"latency_ns":{},"copies":null,"note":"why"})").text,
            "Nothing was measured yet.\n\nNothing by follower: why\n");
}

TEST(Render, PositionsAndChangedStates) {
  EXPECT_EQ(render(Verb::positions, R"({"ok":true,"positions":[{"follower":"bob",
            "symbol":"BTCUSDT","leg":"LONG","target":"-0.125","position":"0","in_flight":"0.1"}]})")
                .text,
            "FOLLOWER  SYMBOL   LEG   TARGET  POSITION  IN FLIGHT\n"
            "bob       BTCUSDT  LONG  -0.125         0        0.1\n");
  EXPECT_EQ(render(Verb::positions, R"({"ok":true,"positions":[]})").text, "No positions.\n");
  for (const Verb verb : {Verb::pause, Verb::resume, Verb::halt}) {
    EXPECT_EQ(render(verb, R"({"ok":true,"changed":[{"label":"bob","state":"reduce_only",
              "causes":["operator"]}]})")
                  .text,
              "FOLLOWER  STATE        CAUSES\n"
              "bob       reduce_only  operator\n");
  }
}

constexpr std::string_view card = R"({"label":"bob","role":"follower","venue":"binance-usdm",
"key_type":"Ed25519","api_key":"dbef…","status":"Connected","message":null,"permissions":
{"reading":true,"futures":true,"withdrawals":false,"internal_transfer":null,
"universal_transfer":false},"ip_list":false,"trading_expires":"2027-01-31",
"last_sync_ms_ago":90000,"equity":"5000","warnings":["the key has no IP list"]})";

constexpr std::string_view card_text =
    "bob  Connected\n"
    "  role              follower\n"
    "  venue             binance-usdm\n"
    "  key               Ed25519 dbef…\n"
    "  permissions       reading yes, futures yes, withdrawals no, internal_transfer unknown, "
    "universal_transfer no\n"
    "  IP list           no\n"
    "  trading expires   2027-01-31\n"
    "  equity            5000\n"
    "  last sync         1 min ago\n"
    "  WARNING: the key has no IP list\n";

TEST(Render, AnAccountIsACard) {
  const std::string one(card);
  EXPECT_EQ(render(Verb::connect, R"({"ok":true,"account":)" + one + "}").text, card_text);
  const std::string error =
      R"({"label":"carol","status":"Re-auth needed","message":"Invalid API-key",)"
      R"("permissions":null})";
  const std::string both =
      render(Verb::accounts, R"({"ok":true,"accounts":[)" + one + "," + error + "]}").text;
  EXPECT_TRUE(both.starts_with(std::string(card_text) + "\ncarol  Re-auth needed\n")) << both;
  EXPECT_NE(both.find("Invalid API-key\n"), std::string::npos);
  EXPECT_NE(both.find("permissions       unknown\n"), std::string::npos);
  EXPECT_NE(render(Verb::accounts, R"({"ok":true,"accounts":[]})").text.find("copyctl connect"),
            std::string::npos);
}

TEST(Render, TheShortReplies) {
  EXPECT_EQ(render(Verb::version, R"({"ok":true,"version":"0.1.0"})").text, "copyd 0.1.0\n");
  EXPECT_EQ(render(Verb::disconnect, R"({"ok":true,"label":"bob","note":null})").text,
            "bob is disconnected; its key is forgotten.\n");
}

TEST(Render, AFailureNamesCauseAndRemedy) {
  const Rendered failure =
      render(Verb::pause, R"({"ok":false,"error":"no follower bob","remedy":"copyctl status"})");
  EXPECT_FALSE(failure.ok);
  EXPECT_EQ(failure.text, "copyctl: no follower bob\n  what to do: copyctl status\n");
  for (const std::string_view wrong : {"", "CANARY", "[]", R"({"ok":1})", R"({"ok":true)"}) {
    const Rendered unreadable = render(Verb::status, wrong);
    EXPECT_FALSE(unreadable.ok);
    EXPECT_NE(unreadable.text.find("cannot be read"), std::string::npos);
  }
}

TEST(Render, WhatTheVenueSaysCannotMoveTheCursor) {
  const Rendered rendered =
      render(Verb::disconnect, R"({"ok":true,"label":"a\u001b[2J\u009b1mü","note":"x\ny"})");
  EXPECT_EQ(rendered.text, "a?[2J?1mü is disconnected; its key is forgotten.\nx?y\n");
}

// Whatever shape a reply has, something is printed.
TEST(Render, MembersOfTheWrongTypeAreShownAsUnknown) {
  constexpr std::string_view odd = R"({"ok":true,"version":{},"leaders":5,"followers":[1,{},"x",
      {"label":[],"outcomes":7,"skipped":[],"causes":{}}],"latency_ns":[],"accounts":[3],
      "account":"x","positions":[null],"changed":[[]],"label":{}})";
  for (const ops::ControlCommand& command : ops::control_commands) {
    const Rendered rendered = render(command.verb, odd);
    EXPECT_TRUE(rendered.ok);
    EXPECT_TRUE(rendered.text.ends_with('\n')) << command.name;
  }
}

TEST(Format, Nanoseconds) {
  EXPECT_EQ(nanoseconds_text(0), "0 ns");
  EXPECT_EQ(nanoseconds_text(999), "999 ns");
  EXPECT_EQ(nanoseconds_text(1'000), "1.00 µs");
  EXPECT_EQ(nanoseconds_text(1'059), "1.05 µs");
  EXPECT_EQ(nanoseconds_text(99'999), "99.9 µs");
  EXPECT_EQ(nanoseconds_text(999'999), "999 µs");
  EXPECT_EQ(nanoseconds_text(12'345'678), "12.3 ms");
  EXPECT_EQ(nanoseconds_text(INT64_MAX), "9223372036 s");
}

TEST(Format, Durations) {
  EXPECT_EQ(ago_text(59'999), "59.9 s ago");
  EXPECT_EQ(ago_text(60'000), "1 min ago");
  EXPECT_EQ(ago_text(3'600'000), "1 h ago");
  EXPECT_EQ(ago_text(172'800'000), "2 d ago");
  EXPECT_EQ(duration_text(59), "59 s");
  EXPECT_EQ(duration_text(185), "3 min 5 s");
  EXPECT_EQ(duration_text(187'200), "2 d 4 h");
}

TEST(Table, CountsCharactersNotBytes) {
  Table table({{"A"}, {"B", true}});
  table.add({"µµ", "1"});
  table.add({"x", "22"});
  EXPECT_EQ(table.text(), "A    B\nµµ   1\nx   22\n");
}

}  // namespace
}  // namespace copyd::cli
