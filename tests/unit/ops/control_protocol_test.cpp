#include "ops/control_protocol.hpp"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>

namespace copyd::ops {
namespace {

static_assert(!std::is_copy_constructible_v<ControlRequest>);

constexpr std::string_view pem =
    "-----BEGIN PRIVATE KEY-----\nCANARYPEM\n-----END PRIVATE KEY-----\n";

TEST(ControlCommands, TheTableIsWhole) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < control_commands.size(); ++i) {
    const ControlCommand& command = control_commands[i];
    EXPECT_EQ(static_cast<std::size_t>(command.verb), i) << command.name;
    EXPECT_EQ(&command_of(command.verb), &command);
    EXPECT_EQ(find_command(command.name), &command);
    EXPECT_TRUE(names.insert(command.name).second);
    EXPECT_FALSE(command.help.empty());
    EXPECT_LE(command.help.size(), 72U) << command.name;
    const std::string begin = "copyctl " + std::string(command.name);
    EXPECT_TRUE(command.example.starts_with(begin)) << command.example;
    std::set<std::string_view> arguments{"command"};
    for (const Argument& argument : command.arguments) {
      EXPECT_TRUE(arguments.insert(argument.name).second) << command.name << argument.name;
      EXPECT_FALSE(argument.help.empty()) << command.name << ' ' << argument.name;
    }
  }
  EXPECT_EQ(find_command("hal"), nullptr);
  EXPECT_EQ(find_command(""), nullptr);
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Verb::version) + 1);
}

TEST(ControlCommands, WhatChangesSomethingIsSaid) {
  std::set<std::string_view> changing;
  for (const ControlCommand& command : control_commands) {
    if (command.changes_state) changing.insert(command.name);
  }
  EXPECT_EQ(changing, (std::set<std::string_view>{"pause", "resume", "halt", "flatten", "connect",
                                                  "rotate", "disconnect"}));
}

std::string encoded(const ControlRequest& request) {
  return std::string(encode_request(request).reveal());
}

TEST(ControlRequest, IsOneLineOfJson) {
  ControlRequest request;
  EXPECT_EQ(encoded(request), "{\"command\":\"status\"}\n");
  request.verb = Verb::pause;
  request.label = "bob";
  request.reason = "\"maintenance\"";
  EXPECT_EQ(encoded(request),
            "{\"command\":\"pause\",\"label\":\"bob\",\"reason\":\"\\\"maintenance\\\"\"}\n");
}

TEST(ControlRequest, ComesBackAsItWasSent) {
  ControlRequest request;
  request.verb = Verb::connect;
  request.label = "bob";
  request.venue = "binance-usdm";
  request.credentials.kind = Credentials::Kind::private_key_pem;
  request.credentials.api_key = Secret::copy_of("KEY");
  request.credentials.secret = Secret::copy_of(pem);
  const Secret line = encode_request(request);
  ASSERT_EQ(line.reveal().find('\n'), line.size() - 1);
  const auto back = decode_request(line.reveal().substr(0, line.size() - 1));
  ASSERT_TRUE(back.has_value()) << back.error().error;
  EXPECT_EQ(back->verb, Verb::connect);
  EXPECT_EQ(back->label, "bob");
  EXPECT_EQ(back->venue, "binance-usdm");
  EXPECT_EQ(back->credentials.kind, Credentials::Kind::private_key_pem);
  EXPECT_EQ(back->credentials.api_key.reveal(), "KEY");
  EXPECT_EQ(back->credentials.secret.reveal(), pem);
}

TEST(ControlRequest, AQuestionToTheHistoryComesBackWhole) {
  const auto asked = decode_request(
      R"({"command":"history","since":"2h","until":"2026-11-21","symbol":"BTCUSDT",)"
      R"("follower":"bob","limit":"7","cursor":"12.bob"})");
  ASSERT_TRUE(asked.has_value()) << asked.error().error;
  EXPECT_EQ(encoded(*asked),
            "{\"command\":\"history\",\"follower\":\"bob\",\"symbol\":\"BTCUSDT\","
            "\"since\":\"2h\",\"until\":\"2026-11-21\",\"limit\":\"7\",\"cursor\":\"12.bob\"}\n");
  EXPECT_EQ(limit_of(*asked), 7);
  EXPECT_EQ(limit_of(ControlRequest()), control_limit_default);
  EXPECT_FALSE(decode_request(R"({"command":"export","what":"trades","format":"csv"})"))
      << "the form is copyctl's own business";
}

TEST(When, IsAPointInTimeOrASpanBeforeNow) {
  constexpr std::int64_t now = 1'763'700'000'000;
  EXPECT_EQ(when_ms("90s", now), now - 90'000);
  EXPECT_EQ(when_ms("30m", now), now - 1'800'000);
  EXPECT_EQ(when_ms("2h", now), now - 7'200'000);
  EXPECT_EQ(when_ms("7d", now), now - 604'800'000);
  EXPECT_EQ(when_ms("1970-01-02", now), 86'400'000);
  EXPECT_EQ(when_ms("1970-01-01T01:02Z", now), 3'720'000);
  EXPECT_EQ(when_ms("1970-01-01T00:00:05.250Z", now), 5'250);
  EXPECT_EQ(when_ms("2025-11-21T04:40:00", now), now);
  for (const char* wrong : {"", "2h30m", "h", "-2h", "2025-13-01", "2025-02-30", "2025-1-1",
                            "2025-11-21T", "2025-11-21T24:00", "2025-11-21T10:00:00.5Z",
                            "2025-11-21 10:00", "2025-11-21T10:00Zx", "1234567d"})
    EXPECT_FALSE(when_ms(wrong, now)) << wrong;
}

TEST(ControlRequest, HaltAloneMeansAll) {
  const auto all = decode_request(R"({"command":"halt"})");
  ASSERT_TRUE(all.has_value());
  EXPECT_TRUE(all->all);
  const auto one = decode_request(R"({"command":"halt","label":"bob"})");
  ASSERT_TRUE(one.has_value());
  EXPECT_FALSE(one->all);
  const auto resume = decode_request(R"({"command":"resume","all":true,"reason":"over"})");
  ASSERT_TRUE(resume.has_value());
  EXPECT_TRUE(resume->all);
  EXPECT_EQ(resume->reason, "over");
}

TEST(ControlRequest, AFlattenNamesOneAndSaysHowMuch) {
  const auto flatten =
      decode_request(R"({"command":"flatten","label":"bob","everything":true,"reason":"out"})");
  ASSERT_TRUE(flatten.has_value());
  EXPECT_TRUE(flatten->everything);
  EXPECT_FALSE(flatten->all);
  EXPECT_EQ(encoded(*flatten),
            "{\"command\":\"flatten\",\"label\":\"bob\",\"reason\":\"out\",\"everything\":true}\n");
  EXPECT_TRUE(decode_request(R"({"command":"flatten","all":true})")->all);
  for (const auto* wrong :
       {R"({"command":"flatten"})", R"({"command":"flatten","label":"bob","all":true})",
        R"({"command":"flatten","label":"bob","everything":1})",
        R"({"command":"flatten","label":"bob","yes":true})",
        R"({"command":"halt","label":"bob","everything":true})"})
    EXPECT_FALSE(decode_request(wrong).has_value()) << wrong;
}

TEST(ControlRequest, WhatIsWrongIsRefusedWithoutQuotingIt) {
  const std::string long_label(32, 'l');
  const std::string long_reason(201, 'r');
  for (const std::string& line : std::vector<std::string>{
           "",
           "CANARY",
           "[]",
           "null",
           R"("CANARY")",
           R"({"command":"CANARY"})",
           R"({"command":1})",
           R"({"label":"CANARY"})",
           R"({"command":"status","CANARY":1})",
           R"({"command":"status","watch":true})",
           R"({"command":"status"}CANARY)",
           R"({"command":"pause"})",
           R"({"command":"resume"})",
           R"({"command":"pause","all":false})",
           R"({"command":"pause","label":"CANARY","all":true})",
           R"({"command":"pause","label":["CANARY"]})",
           R"({"command":"pause","all":"CANARY"})",
           R"({"command":"pause","label":"CANARY ETC"})",
           R"({"command":"connect","label":"--CANARY"})",
           R"({"command":"pause","label":"CANARYü"})",
           R"({"command":"pause","label":"CANARY\u001b[2J"})",
           R"({"command":"pause","label":")" + long_label + R"("})",
           R"({"command":"pause","all":true,"reason":")" + long_reason + R"("})",
           R"({"command":"pause","all":true,"reason":"CANARY\nREADY"})",
           R"({"command":"pause","label":"a","label":"CANARY"})",
           R"({"command":"status","command":"status"})",
           R"({"command":"disconnect"})",
           R"({"command":"accounts","label":"CANARY"})",
           R"({"command":"connect","label":"bob"})",
           R"({"command":"connect","label":"bob","api_key":"CANARY"})",
           R"({"command":"connect","label":"bob","secret":"CANARY"})",
           R"({"command":"connect","api_key":"CANARY","secret":"CANARY"})",
           R"({"command":"connect","label":"bob","api_key":"CANARY","secret":"CANARY X"})",
           R"({"command":"connect","label":"bob","api_key":"CAN\nARY","secret":"CANARY"})",
           R"({"command":"connect","label":"bob","api_key":"CANARY","secret":7})",
           R"({"command":"connect","label":"bob","api_key":"CANARY","private_key_pem":"CANARY"})",
           R"({"command":"connect","label":"bob","api_key":"CANARY","secret":"CANARY",)"
           R"("private_key_pem":"-----BEGIN CANARY"})",
           R"({"command":"connect","label":"bob","venue":"CANARY!","api_key":"k","secret":"s"})",
           R"({"command":"connect","label":"bob","api_key":"k","secret":"s","CANARYSECRET":""})",
           "{\"command\":\"pause\",\"label\":\"CANARY\xff\"}"}) {
    const auto request = decode_request(line);
    ASSERT_TRUE(request.has_error()) << line;
    const Failure& failure = request.error();
    EXPECT_FALSE(failure.error.empty()) << line;
    EXPECT_FALSE(failure.remedy.empty()) << line;
    EXPECT_EQ((failure.error + failure.remedy).find("CANARY"), std::string::npos) << line;
  }
}

// Any text at all is answered, none is a crash.
TEST(ControlRequest, EveryCutAndEveryChangedByteIsAnswered) {
  const std::string good =
      R"({"command":"connect","label":"bob","api_key":"KEY","secret":"S\u0041","venue":"v"})";
  ASSERT_TRUE(decode_request(good).has_value());
  for (std::size_t at = 0; at < good.size(); ++at) {
    EXPECT_TRUE(decode_request(good.substr(0, at)).has_error()) << at;
    for (int flip = 1; flip < 256; flip += 2) {
      std::string changed = good;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto request = decode_request(changed);
      EXPECT_TRUE(request.has_error() || !fault_of(*request)) << changed;
    }
  }
}

TEST(ControlRequest, DeepAndWideTextsAreRefused) {
  EXPECT_TRUE(decode_request(std::string(60'000, '[')).has_error());
  std::string wide = R"({"command":"status")";
  for (int i = 0; i < 5'000; ++i) wide += ",\"" + std::to_string(i) + "\":0";
  EXPECT_TRUE(decode_request(wide + "}").has_error());
}

TEST(Credentials, AreReadInBothForms) {
  const auto hmac = decode_credentials(" {\"api_key\":\"K\",\"secret\":\"S\"}\n");
  ASSERT_TRUE(hmac.has_value());
  EXPECT_EQ(hmac->kind, Credentials::Kind::secret);
  EXPECT_EQ(hmac->api_key.reveal(), "K");
  EXPECT_EQ(hmac->secret.reveal(), "S");
  const auto key = decode_credentials(
      R"({"private_key_pem":"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n",)"
      R"("api_key":"K"})");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->kind, Credentials::Kind::private_key_pem);
  EXPECT_EQ(key->secret.reveal(), "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n");
  for (const std::string_view wrong :
       {"", "CANARY", R"({"api_key":"CANARY"})", R"({"api_key":"CANARY","secret":""})",
        R"({"api_key":"CANARY","secret":"CANARY","label":"CANARY"})",
        R"({"api_key":"CANARY","secret":"CANARY","secret":"CANARY"})",
        R"({"api_key":"CANARY","secret":["CANARY"]})"}) {
    const auto refused = decode_credentials(wrong);
    ASSERT_TRUE(refused.has_error()) << wrong;
    EXPECT_EQ((refused.error().error + refused.error().remedy).find("CANARY"), std::string::npos);
  }
}

TEST(Credentials, AnApiKeyAloneIsReadForAPairThatIsMadeHere) {
  const auto key = decode_api_key(" {\"api_key\":\"K\"}\n");
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->reveal(), "K");
  for (const std::string_view wrong :
       {"", "CANARY", R"({"api_key":["CANARY"]})", R"({"api_key":"CANARY","secret":"CANARY"})",
        R"({"secret":"CANARY"})"}) {
    const auto refused = decode_api_key(wrong);
    ASSERT_TRUE(refused.has_error()) << wrong;
    EXPECT_EQ((refused.error().error + refused.error().remedy).find("CANARY"), std::string::npos);
  }
}

TEST(FailureReply, IsAnObjectOfTheProtocol) {
  EXPECT_EQ(failure_reply({.error = "no \"bob\"", .remedy = "copyctl accounts"}),
            R"({"ok":false,"error":"no \"bob\"","remedy":"copyctl accounts"})");
}

}  // namespace
}  // namespace copyd::ops
