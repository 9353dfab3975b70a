// What an operator meets: refused keys, faulty files, wrong usage, and no secret anywhere.
#include <fmt/format.h>
#include <fstream>
#include <sstream>

#include "tests/system/rig.hpp"

namespace copyd::system_test {
namespace {

const char* one_follower =
    "[[leader]]\nlabel = \"alpha\"\n[[follower]]\nlabel = \"bob\"\n[[follower.link]]\n"
    "leader = \"alpha\"\nsizing = { mode = \"fixed_ratio\", ratio = 1 }\n";

class Operator : public testing::Test {
 protected:
  void start() {
    rig.start_venue();
    rig.configure("threads = \"shared\"", one_follower);
    rig.start_daemon();
  }
  CommandResult connect_as(const std::string& label, const std::string& key) {
    return rig.copyctl({"connect", label, "--stdin"}, key + "\n");
  }
  Rig rig;
};

TEST_F(Operator, ADangerousKeyIsRefusedInWordsAndNothingIsStored) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  const auto withdraw = connect_as("bob", rig.key_of("withdraw"));
  EXPECT_EQ(withdraw.exit_code, 1);
  EXPECT_NE((withdraw.output + withdraw.errors).find("Withdrawals"), std::string::npos)
      << withdraw.output << withdraw.errors;
  const auto no_futures = connect_as("bob", rig.key_of("readonly"));
  EXPECT_EQ(no_futures.exit_code, 1);
  EXPECT_NE((no_futures.output + no_futures.errors).find("futures"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(rig.directory() / "state/keys.sealed"));
}

TEST_F(Operator, AWrongSecretIsRefusedWithTheVenuesWords) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  const Json key(rig.key_of("bob"));
  const auto result =
      connect_as("bob", fmt::format(R"({{"api_key":"{}","secret":"wrong"}})", key.text("/api_key")));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE((result.output + result.errors).find("-1022"), std::string::npos)
      << result.output << result.errors;
}

TEST_F(Operator, OneAccountHasOneLabel) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_EQ(connect_as("alpha", rig.key_of("bob")).exit_code, 0);
  const auto again = connect_as("bob", rig.key_of("bob"));
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE((again.output + again.errors).find("same account"), std::string::npos);
}

TEST_F(Operator, NoSecretIsWrittenAnywhere) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  rig.connect("alpha");
  rig.connect("bob");
  rig.wait_until_ready({"bob"});
  const auto accounts = rig.copyctl({"accounts", "--json"});
  EXPECT_EQ(accounts.exit_code, 0);
  EXPECT_EQ(rig.stop_daemon(), 0);
  std::string written = accounts.output + rig.daemon_log();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(rig.directory() / "state")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    written += text.str();
  }
  for (const char* label : {"alpha", "bob"}) {
    const Json key(rig.key_of(label));
    ASSERT_FALSE(key.text("/secret").empty());
    EXPECT_EQ(written.find(key.text("/secret")), std::string::npos);
    EXPECT_EQ(written.find(key.text("/api_key")), std::string::npos);
  }
}

TEST_F(Operator, CheckShowsEveryFaultWithItsPlace) {
  const auto file = rig.directory() / "faulty.toml";
  std::ofstream(file) << "[engine]\nlane = 2\n[venue]\nname = \"binance-usdm\"\n[[leader]]\n"
                         "label = \"alpha\"\n[[follower]]\nlabel = \"bob\"\n[[follower.link]]\n"
                         "leader = \"alpah\"\nsizing = { mode = \"fixed_ratio\", ratio = 1 }\n";
  const auto result = rig.run({rig.program("copyd"), "check", "--config", file.string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.output.find("faulty.toml:2:1:"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("lanes"), std::string::npos) << "did you mean";
  EXPECT_NE(result.output.find("faulty.toml:10:"), std::string::npos) << result.output;
  EXPECT_EQ(rig.run({rig.program("copyd"), "run", "--config", file.string()}).exit_code, 1);
}

TEST_F(Operator, RunRefusesWhatIsNotBuiltYetByName) {
  const auto file = rig.directory() / "unbuilt.toml";
  std::ofstream(file) << "[venue]\nname = \"binance-usdm\"\n[[leader]]\nlabel = \"alpha\"\n"
                         "[[follower]]\nlabel = \"bob\"\nstate = \"shadow\"\n[[follower.link]]\n"
                         "leader = \"alpha\"\nsizing = { mode = \"fixed_ratio\", ratio = 1 }\n";
  EXPECT_EQ(rig.run({rig.program("copyd"), "check", "--config", file.string()}).exit_code, 0);
  const auto result = rig.run({rig.program("copyd"), "run", "--config", file.string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("shadow"), std::string::npos) << result.errors;
}

TEST_F(Operator, WrongUsageIsTwoAndHelpIsZero) {
  for (const char* name : {"copyd", "copyctl", "venue-sim"}) {
    EXPECT_EQ(rig.run({rig.program(name), "--help"}).exit_code, 0) << name;
    EXPECT_EQ(rig.run({rig.program(name), "--no-such-option"}).exit_code, 2) << name;
  }
  EXPECT_EQ(rig.copyctl({"status"}).exit_code, 1) << "no daemon";
}

}  // namespace
}  // namespace copyd::system_test
