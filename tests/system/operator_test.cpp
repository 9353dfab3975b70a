// What an operator meets: refused keys, faulty files, wrong usage, and no secret anywhere.
#include <fmt/format.h>
#include <csignal>
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
  const auto result = connect_as(
      "bob", fmt::format(R"({{"api_key":"{}","secret":"wrong"}})", key.text("/api_key")));
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

// The venue's name of an account is not in the key store: it is asked for again at the next start.
TEST_F(Operator, OneAccountHasOneLabelAfterARestartToo) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  rig.connect("bob");
  ASSERT_EQ(rig.stop_daemon(), 0);
  rig.start_daemon();
  ASSERT_FALSE(HasFatalFailure());
  rig.wait_until("bob's account was asked", [&] {
    return Json(rig.copyctl({"accounts", "--json"}).output).text("/accounts/1/equity") == "100000";
  });
  const auto again = connect_as("alpha", rig.key_of("bob"));
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.errors.find("same account"), std::string::npos) << again.output << again.errors;
}

TEST_F(Operator, AChangeShowsWhatHoldsAfterIt) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  rig.connect("bob");
  rig.wait_until("bob is active",
                 [&] { return rig.status().text("/followers/0/state") == "active"; });
  EXPECT_EQ(rig.copyctl({"halt"}).exit_code, 0);
  const Json resumed(rig.copyctl({"--json", "resume", "bob"}).output);
  EXPECT_EQ(resumed.text("/changed/0/state"), "halted") << "everybody is halted still";
  EXPECT_EQ(resumed.text("/changed/0/causes/0"), "engine");
  const Json all(rig.copyctl({"--json", "resume", "--all"}).output);
  EXPECT_EQ(all.text("/changed/0/state"), "active");
}

TEST_F(Operator, AMistypedLabelIsNeverSilent) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_EQ(rig.copyctl({"positions", "mallory"}).exit_code, 1);
  EXPECT_EQ(rig.copyctl({"disconnect", "mallory"}).exit_code, 1);
  EXPECT_EQ(rig.copyctl({"halt", "mallory"}).exit_code, 1);
  const auto stranger = connect_as("mallory", rig.key_of("bob"));
  EXPECT_EQ(stranger.exit_code, 0);
  EXPECT_NE(stranger.output.find("has this label"), std::string::npos) << stranger.output;
  EXPECT_EQ(rig.copyctl({"disconnect", "mallory"}).exit_code, 0);
  EXPECT_EQ(rig.copyctl({"accounts"}).output.find("mallory"), std::string::npos);
}

TEST_F(Operator, TwoDaemonsNeverShareAStateDirectoryOrASocket) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  const auto text = [&] {
    std::ifstream in(rig.directory() / "copyd.toml");
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  const auto started_with = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    const auto file = rig.directory() / "other.toml";
    std::ofstream(file) << other;
    return rig.run({rig.program("copyd"), "run", "--config", file.string(), "--passphrase-file",
                    (rig.directory() / "passphrase").string()});
  };
  const auto socket = started_with("control.sock", "other.sock");
  EXPECT_EQ(socket.exit_code, 1);
  EXPECT_NE(socket.errors.find("engine.state_dir"), std::string::npos) << socket.errors;
  std::filesystem::create_directory(rig.directory() / "other");
  const auto state = started_with("/state\"", "/other\"");
  EXPECT_EQ(state.exit_code, 1);
  EXPECT_NE(state.errors.find("another copyd answers"), std::string::npos) << state.errors;
  EXPECT_TRUE(rig.status().valid()) << "the first one goes on";
}

TEST_F(Operator, AKeyStoreOpensWithItsPassphraseAndUnchangedOnly) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  rig.connect("bob");
  ASSERT_EQ(rig.stop_daemon(), 0);
  const auto passphrase = rig.directory() / "another";
  std::ofstream(passphrase) << "wrong\n";
  const auto run = [&](const std::filesystem::path& file) {
    return rig.run({rig.program("copyd"), "run", "--config",
                    (rig.directory() / "copyd.toml").string(), "--passphrase-file", file.string()});
  };
  std::filesystem::permissions(passphrase, std::filesystem::perms(0644));
  const auto open_to_all = run(passphrase);
  EXPECT_EQ(open_to_all.exit_code, 1);
  EXPECT_NE(open_to_all.errors.find("chmod 600"), std::string::npos) << open_to_all.errors;
  std::filesystem::permissions(passphrase, std::filesystem::perms(0600));
  const auto wrong = run(passphrase);
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.errors.find("wrong passphrase"), std::string::npos) << wrong.errors;
  rig.unlock_with_key();
  const auto other = rig.run_daemon_to_its_end();
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.errors.find("is opened by a passphrase, and the systemd credential"),
            std::string::npos)
      << other.errors;
  {
    std::fstream keys(rig.directory() / "state/keys.sealed",
                      std::ios::in | std::ios::out | std::ios::binary);
    keys.seekg(100);
    const char byte = static_cast<char>(keys.get() ^ 1);
    keys.seekp(100);
    keys.put(byte);
  }
  const auto changed = run(rig.directory() / "passphrase");
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_NE(changed.errors.find("was changed"), std::string::npos) << changed.errors;
  EXPECT_NE(changed.errors.find("backup"), std::string::npos) << "the remedy";
}

TEST_F(Operator, AReloadAppliesTheFileAndSaysWhat) {
  start();
  ASSERT_FALSE(HasFatalFailure());
  const auto file = rig.directory() / "copyd.toml";
  rig.wait_until("it has started", [&] { return rig.status().number("/generation") == 1; });
  rig.daemon().signal(SIGHUP);
  rig.wait_until("the log says so",
                 [&] { return rig.daemon_log().find("reload: ") != std::string::npos; });
  const auto same = rig.copyctl({"reload", "--wait"});
  EXPECT_EQ(same.exit_code, 0) << same.errors;
  EXPECT_NE(same.output.find("nothing was changed"), std::string::npos) << same.output;
  const auto generation = rig.status().number("/generation");
  EXPECT_EQ(generation, 1);

  std::ofstream(file, std::ios::app) << "[log]\nlevel = \"debug\"\n";
  const auto changed = rig.copyctl({"reload", "--wait"});
  EXPECT_EQ(changed.exit_code, 0) << changed.errors;
  EXPECT_NE(changed.output.find("generation 2 is in force: log.level: (absent) → \"debug\""),
            std::string::npos)
      << changed.output;
  EXPECT_EQ(rig.status().number("/generation"), 2);

  std::ofstream(file, std::ios::app) << "[[leader]]\nlabel = \"beta\"\n";
  const auto led = rig.copyctl({"reload", "--wait"});
  EXPECT_NE(led.output.find("generation 3 is in force: leader[beta]: new"), std::string::npos)
      << led.output;
  std::ofstream(file, std::ios::app) << "connections = 1\n";
  const auto waits = rig.copyctl({"reload", "--wait"});
  EXPECT_EQ(waits.exit_code, 0) << waits.errors;
  EXPECT_NE(waits.output.find("Only a restart applies: leader[beta].connections: (absent) → 1"),
            std::string::npos)
      << waits.output;
  EXPECT_EQ(rig.status().number("/generation"), 3);

  std::ofstream(file, std::ios::app) << "lanse = 2\n";
  const auto faulty = rig.copyctl({"reload", "--wait"});
  EXPECT_EQ(faulty.exit_code, 1);
  EXPECT_NE(faulty.errors.find("copyd.toml:"), std::string::npos) << "file and line";
  EXPECT_NE(faulty.errors.find("lanse"), std::string::npos) << faulty.errors;
  EXPECT_NE(faulty.errors.find("copyd check"), std::string::npos) << faulty.errors;
  EXPECT_EQ(rig.status().number("/generation"), 3);
  EXPECT_EQ(rig.stop_daemon(), 0);
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

TEST_F(Operator, WrongUsageIsTwoAndHelpIsZero) {
  for (const char* name : {"copyd", "copyctl", "venue-sim"}) {
    EXPECT_EQ(rig.run({rig.program(name), "--help"}).exit_code, 0) << name;
    EXPECT_EQ(rig.run({rig.program(name), "--no-such-option"}).exit_code, 2) << name;
  }
  EXPECT_EQ(rig.copyctl({"status"}).exit_code, 1) << "no daemon";
}

}  // namespace
}  // namespace copyd::system_test
