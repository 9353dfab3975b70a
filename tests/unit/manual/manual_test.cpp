// Manual pages and completions come from what the programs say of themselves.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/keys.hpp"
#include "manual/completion.hpp"
#include "manual/page.hpp"

namespace copyd::manual {
namespace {

const char* flatten_help =
    "closes all; asks\n"
    "Usage: copyctl flatten [OPTIONS] [label]\n"
    "\n"
    "Positionals:\n"
    "  label LABEL                 a follower or a leader\n"
    "\n"
    "Options:\n"
    "  -h,--help                   Print this help message and exit\n"
    "  --reason TEXT               why; recorded\n"
    "  --limits TEXT:{on,off}\n"
    "                              on: the announced\n"
    "                              limits\n"
    "  --yes                       don't ask\n"
    "\n"
    "Example:\n"
    "  copyctl flatten bob --reason \"he's leaving\"\n"
    "\n";

Command tree() {
  Command program = parse_help(
      "Operates copyd.\nUsage: copyctl [OPTIONS] SUBCOMMAND\n\nOptions:\n"
      "  --socket PATH=/run/x.sock (Env:COPYCTL_SOCKET)\n"
      "                              the socket\n\nSubcommands:\n"
      "  flatten                     closes all; asks\n");
  program.path = {"copyctl"};
  Command inner = parse_help(flatten_help);
  inner.path = {"copyctl", "flatten"};
  program.commands.push_back(inner);
  return program;
}

TEST(Help, IsReadBack) {
  const Command command = parse_help(flatten_help);
  EXPECT_EQ(command.summary, "closes all; asks");
  EXPECT_EQ(command.usage, "copyctl flatten [OPTIONS] [label]");
  ASSERT_EQ(command.positionals.size(), 1U);
  EXPECT_EQ(command.positionals[0].value, "LABEL");
  ASSERT_EQ(command.options.size(), 4U);
  EXPECT_EQ(command.options[0].names, (std::vector<std::string>{"-h", "--help"}));
  EXPECT_EQ(command.options[2].choices, (std::vector<std::string>{"on", "off"}));
  EXPECT_EQ(command.options[2].value, "TEXT");
  EXPECT_EQ(command.options[2].help, "on: the announced limits");
  EXPECT_EQ(command.footer, "Example:\n  copyctl flatten bob --reason \"he's leaving\"\n");
  const Command program = tree();
  EXPECT_EQ(program.options[0].value, "PATH");
  EXPECT_EQ(program.options[0].help, "the socket");
}

TEST(Page, HasEveryCommandWithItsOptionsAndEscapesWhatRoffWouldObey) {
  const std::string page = program_page(tree(), {1, "0.1.0", "", "copyd(8)"});
  EXPECT_TRUE(page.find(".TH COPYCTL 1 \"\" \"copyd 0.1.0\" \"copyd\"\n") != std::string::npos);
  EXPECT_NE(page.find("copyctl \\- Operates copyd\n"), std::string::npos) << page;
  EXPECT_NE(page.find(".SS copyctl flatten\n"), std::string::npos);
  EXPECT_NE(page.find("\\fB\\-\\-reason\\fR \\fITEXT\\fR\n"), std::string::npos);
  EXPECT_EQ(escaped(".so /etc/shadow"), "\\&.so /etc/shadow");
  EXPECT_EQ(escaped("a\\b"), "a\\eb");
}

TEST(Page, CopydTomlHasEveryKeyOfTheTable) {
  std::ifstream file(std::string(COPYD_SOURCE_DIR) + "/docs/CONFIG.md");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string page = keys_page(text.str(), {5, "0.1.0", "", "copyd(8)"});
  for (const auto& key : config::all_keys())
    EXPECT_NE(page.find("\\fB" + escaped(key.path) + "\\fR"), std::string::npos) << key.path;
  EXPECT_EQ(keys_page("no table", {5, "0.1.0", "", ""}), "") << "a key that is not explained";
}

TEST(Completion, NamesCommandsOptionsAndChoices) {
  const std::string bash = bash_completion(tree());
  EXPECT_NE(bash.find("--limits) COMPREPLY=($(compgen -W \"on off\""), std::string::npos) << bash;
  EXPECT_NE(bash.find("\" flatten\" | \" flatten \"*)"), std::string::npos) << bash;
  EXPECT_NE(bash.find("compgen -W \"flatten --socket\""), std::string::npos) << bash;
  EXPECT_NE(zsh_completion(tree()).find("'flatten:closes all; asks'"), std::string::npos);
  const std::string fish = fish_completion(tree());
  EXPECT_NE(fish.find("-l limits -r -f -a 'on off'"), std::string::npos) << fish;
  EXPECT_NE(fish.find("-l yes -d 'don’t ask'"), std::string::npos) << fish;
}

}  // namespace
}  // namespace copyd::manual
