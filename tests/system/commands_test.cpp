// Every command that an operator can type, against a running daemon: in words and as JSON, with
// right and with wrong arguments. What there is to type is read from the programs' own help, so a
// command, or an option of one, without a case here fails the test.
#include <fmt/format.h>
#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

#include "manual/help.hpp"
#include "ops/control_protocol.hpp"
#include "tests/system/command_cases.hpp"
#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

// What the tests could not run twice in a minute, or run elsewhere.
const std::set<std::string> shown_elsewhere{
    "copyd run",                      // the daemon of these tests
    "copyd demo",                     // a test of its own: it takes half a minute
    "copyd demo --keep",              // there
    "copyd check --online",           // tests of their own: they need a key store
    "copyd check --passphrase-file",  // there
    "copyctl status --watch",         // below
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

bool has_member(const Json& json, const std::string& pointer) {
  return json.valid() && json.root().at_pointer(pointer).error() == simdjson::SUCCESS;
}

// The names at the ends of the tree: what can be typed.
void collect(const manual::Command& command, std::vector<manual::Command>& leaves) {
  if (command.commands.empty()) leaves.push_back(command);
  for (const auto& inner : command.commands) collect(inner, leaves);
}

std::vector<manual::Command> commands_of(const std::string& program) {
  const auto help = manual::read_help(program);
  EXPECT_TRUE(help) << program;
  std::vector<manual::Command> leaves;
  if (help) collect(*help, leaves);
  return leaves;
}

// Two followers, of whom dave does not copy ETHUSDT; two trades; carol's account is nobody's.
class Commands : public CopyTest {
 protected:
  void trade_a_little() {
    start(shared_threads,
          ratio_follower("bob", "0.5", never_stale) +
              ratio_follower("dave", "1", never_stale + "\nsymbols = { deny = [\"ETHUSDT\"] }"),
          {"bob", "dave"});
    if (HasFatalFailure()) return;
    lead("BUY", "BTCUSDT", "0.04", "60000");
    lead("BUY", "ETHUSDT", "1", "3000");
    rig.wait_until_quiet(2);
    rig.wait_until("the history has both trades", [&] {
      const Json all(rig.copyctl({"history", "--json", "--symbol", "BTCUSDT"}).output);
      trade_ = std::to_string(all.number("/trades/0/trade"));
      return has_member(all, "/trades/1") && all.text("/trades/0/outcome") == "copied" &&
             Json(rig.copyctl({"skips", "--json"}).output).text("/skips/0/reason") ==
                 "symbol_not_allowed";
    });
    rig.wait_until("equities are known", [&] {
      return !Json(rig.copyctl({"balance", "bob", "--json"}).output)
                  .text("/accounts/0/equity")
                  .empty();
    });
  }

  // As typed where there is no terminal to ask on.
  CommandResult type(const CommandCase& one, bool json) {
    std::vector<std::string> words{"/usr/bin/setsid"};
    auto names = split(one.command, ' ');
    const bool copyctl = names.front() == "copyctl";
    names.front() = rig.program(names.front());
    if (copyctl) names.insert(names.begin() + 1, {"--socket", socket_});
    words.insert(words.end(), names.begin(), names.end());
    if (json) words.emplace_back("--json");
    words.insert(words.end(), one.arguments.begin(), one.arguments.end());
    return rig.run(std::move(words), one.input.empty() ? "" : one.input + "\n");
  }

  void expect_words(const CommandCase& one) {
    const auto said = type(one, false);
    const std::string all = said.output + said.errors;
    EXPECT_EQ(said.exit_code, one.exit_code) << all;
    for (const auto& part : split(one.words, '|'))
      EXPECT_NE(all.find(part), std::string::npos) << "without \"" << part << "\":\n" << all;
    EXPECT_TRUE(all.ends_with('\n')) << all;
    if (one.exit_code == 0) { EXPECT_EQ(said.errors, ""); }
    if (one.exit_code == 2) expect_usage(one, said);
    // `copyd check` answers on its standard output in any case: the faults are what it is for.
    // `--generate` shows a public key there before anything can be refused.
    const bool generates =
        std::find(one.arguments.begin(), one.arguments.end(), "--generate") != one.arguments.end();
    if (one.exit_code != 1 || !one.command.starts_with("copyctl") || generates) return;
    EXPECT_EQ(said.output, "");
    EXPECT_TRUE(said.errors.starts_with("copyctl: ")) << said.errors;
    EXPECT_NE(said.errors.find("\n  what to do: "), std::string::npos) << said.errors;
  }

  void expect_json(const CommandCase& one) {
    const auto said = type(one, true);
    EXPECT_EQ(said.exit_code, one.exit_code) << said.output << said.errors;
    if (one.exit_code == 2) {
      expect_usage(one, said);
      return;
    }
    // A dump is an object per line.
    const Json reply(said.output.substr(0, said.output.find('\n')));
    ASSERT_TRUE(reply.valid()) << said.output << said.errors;
    if (has_member(reply, "/ok")) { EXPECT_EQ(reply.truth("/ok"), one.exit_code == 0); }
    for (const auto& pointer : split(one.members, ' '))
      EXPECT_TRUE(has_member(reply, pointer)) << "without " << pointer << ":\n" << said.output;
    if (one.exit_code != 1 || !one.command.starts_with("copyctl")) return;
    EXPECT_NE(reply.text("/error"), "") << said.output;
    EXPECT_NE(reply.text("/remedy"), "") << said.output;
  }

  void expect_usage(const CommandCase& one, const CommandResult& said) {
    EXPECT_EQ(said.output, "");
    EXPECT_NE(said.errors.find("See " + one.command.substr(0, one.command.find(' '))),
              std::string::npos)
        << said.errors;
    EXPECT_NE(said.errors.find("--help"), std::string::npos) << said.errors;
  }

  void expect_case(const CommandCase& one) {
    SCOPED_TRACE(one.command + ' ' + manual::joined(one.arguments, " "));
    if (one.form != Form::json) expect_words(one);
    if (one.form != Form::words) expect_json(one);
  }

  std::string config() const { return (rig.directory() / "copyd.toml").string(); }

  CommandCases all_cases() { return command_cases(rig, trade_); }

  std::string trade_ = "7";
  std::string socket_ = (rig.directory() / "control.sock").string();
};

// ---- the tests ---------------------------------------------------------------------------------

TEST_F(Commands, EachIsAnsweredInWordsAndAsJsonAndRefusedWithARemedy) {
  trade_a_little();
  ASSERT_FALSE(HasFatalFailure());
  for (const CommandCase& one : all_cases()) expect_case(one);
  rig.wait_until("all is flat", [&] { return rig.positions().size() == 2; });
  std::ofstream(config(), std::ios::app) << "lanse = 2\n";
  expect_case({"copyctl reload", {}, 1, "lanse|copyd check"});
  expect_case({"copyctl reload", {"--wait"}, 1, "lanse|copyd check"});
  EXPECT_TRUE(rig.daemon_runs());
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Commands, NoneAndNoOptionOfOneIsWithoutItsCase) {
  rig.start_venue();
  ASSERT_FALSE(HasFatalFailure());
  const CommandCases all = all_cases();
  std::set<std::string> names;
  for (const char* program : {"copyctl", "copyd"}) {
    for (const auto& leaf : commands_of(rig.program(program))) {
      const std::string name = manual::joined(leaf.path, " ");
      names.insert(name);
      const auto some = [&](auto is_meant) {
        return std::any_of(all.begin(), all.end(), [&](const CommandCase& one) {
          return one.command == name && is_meant(one);
        });
      };
      EXPECT_TRUE(shown_elsewhere.contains(name) || some([](const CommandCase& one) {
                    return one.exit_code == 0 && !one.members.empty();
                  }))
          << name << " needs a case that works, in this file";
      EXPECT_TRUE(some([](const CommandCase& one) { return one.exit_code != 0; }))
          << name << " needs a case that is refused";
      EXPECT_NE(leaf.footer.find(program), std::string::npos) << name << " --help has no example";
      for (const auto& option : leaf.options) {
        const std::string& longest = option.names.back();
        if (longest == "--help" || longest == "--json") continue;
        EXPECT_TRUE(shown_elsewhere.contains(name + ' ' + longest) ||
                    some([&](const CommandCase& one) {
                      return std::find(one.arguments.begin(), one.arguments.end(), longest) !=
                             one.arguments.end();
                    }))
            << name << ' ' << longest << " needs a case, in this file";
      }
    }
  }
  for (const auto& command : ops::control_commands)
    EXPECT_TRUE(names.contains("copyctl " + std::string(command.name))) << command.name;
}

TEST_F(Commands, EachSaysWhatToDoWhenThereIsNoDaemon) {
  rig.start_venue();
  ASSERT_FALSE(HasFatalFailure());
  std::set<std::string> asked;
  for (CommandCase one : all_cases()) {
    const auto name = one.command.substr(one.command.find(' ') + 1);
    if (one.exit_code != 0 || ops::find_command(name) == nullptr) continue;
    one.exit_code = 1;
    one.words = "there is no control socket at " + socket_ + "|systemctl status copyd|--socket";
    one.members = "";
    expect_case(one);
    asked.insert(name);
  }
  EXPECT_EQ(asked.size(), ops::control_commands.size());
}

TEST_F(Commands, WatchingShowsTheStatusEachSecondUntilItIsInterrupted) {
  trade_a_little();
  ASSERT_FALSE(HasFatalFailure());
  const auto watch = [&](std::vector<std::string> more) {
    std::vector<std::string> words{rig.program("copyctl"), "status", "--watch", "--socket",
                                   socket_};
    words.insert(words.end(), more.begin(), more.end());
    return engine::Process::spawn(
        {.arguments = words, .input = {}, .error_file = (rig.directory() / "watch").string()});
  };
  auto json = watch({"--json"});
  ASSERT_TRUE(json);
  for (int i = 0; i < 3; ++i) {
    const auto line = json->read_line(20s);
    ASSERT_TRUE(line);
    EXPECT_TRUE(Json(*line).truth("/ok")) << *line;
  }
  json->signal(SIGINT);
  EXPECT_EQ(json->wait(20s), 0) << "^C is how one leaves it";

  auto words = watch({});
  ASSERT_TRUE(words);
  int looks = 0;
  while (looks < 2) {
    const auto line = words->read_line(20s);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->find('\x1b'), std::string::npos) << "no terminal to clear";
    looks += line->starts_with("copyd ") ? 1 : 0;
  }
  EXPECT_EQ(rig.stop_daemon(), 0);
  EXPECT_EQ(words->wait(20s), 1) << "the daemon is gone";
  std::ifstream errors(rig.directory() / "watch");
  const std::string said(std::istreambuf_iterator<char>(errors), {});
  EXPECT_NE(said.find("what to do: "), std::string::npos) << said;
}

}  // namespace
}  // namespace copyd::system_test
