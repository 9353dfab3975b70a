#include "cli/options.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace copyd::cli {
namespace {

Invocation accepted(const std::vector<std::string>& arguments) {
  Parsed parsed = parse_arguments(arguments);
  EXPECT_TRUE(parsed.invocation.has_value()) << parsed.err;
  return parsed.invocation ? std::move(*parsed.invocation) : Invocation();
}

std::string refused(const std::vector<std::string>& arguments) {
  const Parsed parsed = parse_arguments(arguments);
  EXPECT_FALSE(parsed.invocation.has_value());
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_TRUE(parsed.out.empty());
  EXPECT_NE(parsed.err.find("--help"), std::string::npos) << parsed.err;
  return parsed.err;
}

TEST(Options, ReadsEachCommandOfTheTable) {
  for (const ops::ControlCommand& command : ops::control_commands) {
    std::vector<std::string> arguments{std::string(command.name)};
    const bool labelled = command.verb == ops::Verb::connect || command.verb == ops::Verb::pause ||
                          command.verb == ops::Verb::resume || command.verb == ops::Verb::flatten ||
                          command.verb == ops::Verb::disconnect ||
                          command.verb == ops::Verb::rotate;
    if (labelled) arguments.push_back("bob");
    if (command.verb == ops::Verb::why) arguments.push_back("BTCUSDT:7");
    if (command.verb == ops::Verb::export_) arguments.push_back("trades");
    const Invocation invocation = accepted(arguments);
    EXPECT_EQ(invocation.request.verb, command.verb);
    EXPECT_EQ(invocation.request.label, labelled ? "bob" : "");
    EXPECT_EQ(invocation.socket, "/run/copyd/control.sock");
    EXPECT_FALSE(invocation.json || invocation.watch || invocation.from_stdin);
  }
}

TEST(Options, GeneralOptionsStandBeforeOrAfterTheCommand) {
  for (const auto& arguments : {std::vector<std::string>{"--json", "--socket", "/s", "status"},
                                std::vector<std::string>{"status", "--json", "--socket=/s"}}) {
    const Invocation invocation = accepted(arguments);
    EXPECT_TRUE(invocation.json);
    EXPECT_EQ(invocation.socket, "/s");
  }
}

TEST(Options, TheSocketMayComeFromTheEnvironment) {
  ::setenv("COPYCTL_SOCKET", "/from/environment", 1);
  EXPECT_EQ(accepted({"status"}).socket, "/from/environment");
  EXPECT_EQ(accepted({"--socket", "/given", "status"}).socket, "/given");
  ::unsetenv("COPYCTL_SOCKET");
}

TEST(Options, ReadsTheArgumentsOfTheCommands) {
  EXPECT_TRUE(accepted({"status", "--watch"}).watch);
  const Invocation connect = accepted({"connect", "bob", "--stdin", "--venue", "binance-usdm"});
  EXPECT_TRUE(connect.from_stdin);
  EXPECT_EQ(connect.request.venue, "binance-usdm");
  EXPECT_TRUE(connect.request.credentials.api_key.empty());
  const Invocation rotate = accepted({"rotate", "bob", "--generate"});
  EXPECT_TRUE(rotate.generate);
  EXPECT_FALSE(rotate.from_stdin);
  const Invocation history =
      accepted({"history", "--since", "2h", "--until", "2026-11-21T09:30Z", "--follower", "bob",
                "--symbol", "BTCUSDT", "--limit", "7", "--cursor", "12.bob"});
  EXPECT_EQ(history.request.since, "2h");
  EXPECT_EQ(history.request.until, "2026-11-21T09:30Z");
  EXPECT_EQ(history.request.follower, "bob");
  EXPECT_EQ(history.request.symbol, "BTCUSDT");
  EXPECT_EQ(history.request.limit, "7");
  EXPECT_EQ(history.request.cursor, "12.bob");
  EXPECT_EQ(accepted({"why", "7", "--leader", "alpha"}).request.leader, "alpha");
  EXPECT_EQ(accepted({"export", "pnl"}).format, ExportFormat::csv);
  EXPECT_EQ(accepted({"export", "pnl", "--format", "jsonl"}).format, ExportFormat::jsonl);
  const Invocation pause = accepted({"pause", "--all", "--reason", "over night"});
  EXPECT_TRUE(pause.request.all);
  EXPECT_EQ(pause.request.reason, "over night");
  EXPECT_EQ(accepted({"positions", "bob"}).request.label, "bob");
}

TEST(Options, HaltAloneHaltsAll) {
  EXPECT_TRUE(accepted({"halt"}).request.all);
  EXPECT_FALSE(accepted({"halt", "bob"}).request.all);
}

TEST(Options, AFlattenNamesWhomAndAsksUnlessToldNotTo) {
  const Invocation flatten = accepted({"flatten", "bob", "--everything", "--reason", "he leaves"});
  EXPECT_TRUE(flatten.request.everything);
  EXPECT_FALSE(flatten.request.all);
  EXPECT_FALSE(flatten.yes);
  EXPECT_EQ(flatten.request.reason, "he leaves");
  const Invocation all = accepted({"flatten", "--all", "--yes"});
  EXPECT_TRUE(all.request.all);
  EXPECT_TRUE(all.yes);
  EXPECT_FALSE(all.request.everything);
  refused({"flatten"});
  refused({"flatten", "--yes"});
  refused({"flatten", "bob", "--all"});
  refused({"halt", "bob", "--everything"});
}

TEST(Options, WrongUsageIsRefused) {
  EXPECT_EQ(refused({}).find("did you mean"), std::string::npos);
  EXPECT_NE(refused({"pasue", "bob"}).find("did you mean pause?"), std::string::npos);
  EXPECT_EQ(refused({"CANARY"}).find("CANARY"), std::string::npos);
  refused({"pause"});
  refused({"resume"});
  refused({"pause", "bob", "--all"});
  refused({"pause", "two words"});
  refused({"pause", std::string(32, 'l')});
  refused({"disconnect"});
  refused({"connect"});
  refused({"rotate"});
  refused({"why"});
  refused({"why", "BTCUSDT"});
  refused({"why", "7", "8"});
  refused({"history", "--since", "yesterday"});
  refused({"history", "--limit", "0"});
  refused({"skips", "--limit", "1001"});
  refused({"export"});
  refused({"export", "everything"});
  refused({"export", "trades", "--format", "xml"});
  refused({"status", "--wacth"});
  refused({"accounts", "bob"});
  refused({"pause", "bob", "--reason"});
  refused({"pause", "bob", "--reason", std::string(201, 'r')});
  refused({"--socket"});
}

TEST(Options, AKeyAmongTheArgumentsIsNotRepeated) {
  for (const auto& arguments : {std::vector<std::string>{"connect", "bob", "CANARY"},
                                std::vector<std::string>{"connect", "bob", "--secret", "CANARY"},
                                std::vector<std::string>{"connect", "bob", "--api_key=CANARY"},
                                std::vector<std::string>{"rotate", "bob", "CANARY"},
                                std::vector<std::string>{"accounts", "CANARY"}}) {
    EXPECT_EQ(refused(arguments).find("CANARY"), std::string::npos);
  }
}

TEST(Options, HelpShowsEveryCommandAndItsExample) {
  const Parsed help = parse_arguments({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_FALSE(help.invocation.has_value());
  for (const ops::ControlCommand& command : ops::control_commands) {
    EXPECT_NE(help.out.find(command.help), std::string::npos) << help.out;
    EXPECT_NE(help.out.find(command.example), std::string::npos) << help.out;
    const Parsed one = parse_arguments({std::string(command.name), "--help"});
    EXPECT_EQ(one.exit_code, 0);
    EXPECT_NE(one.out.find(command.example), std::string::npos) << one.out;
    EXPECT_EQ(one.out.find("api_key"), std::string::npos) << "a key is never an argument";
  }
}

TEST(Options, TellsItsVersion) {
  const Parsed version = parse_arguments({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("copyctl ")) << version.out;
}

}  // namespace
}  // namespace copyd::cli
