// A follower's key breaks in the middle of a burst: its card says so, nobody else notices, and the
// operator's alert command is told.
#include <fmt/format.h>
#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

class Health : public CopyTest {
 protected:
  // The card of an account, by its label.
  std::string card(const std::string& label, const char* member) {
    const Json accounts(rig.copyctl({"--json", "accounts"}).output);
    for (int i = 0; i < 8; ++i)
      if (accounts.text(fmt::format("/accounts/{}/label", i)) == label)
        return accounts.text(fmt::format("/accounts/{}/{}", i, member));
    return {};
  }
  std::string alert_command() const {
    const auto path = rig.directory() / "alert";
    std::ofstream(path) << "#!/bin/sh\ncat >> " << alerts_file() << "\n";
    ::chmod(path.c_str(), 0700);
    return path.string();
  }
  std::string alerts_file() const { return (rig.directory() / "alerts").string(); }
  // The alert of that key and state, or one that is not valid.
  Json alert(const std::string& key, const std::string& state) const {
    std::ifstream in(alerts_file());
    for (std::string line; std::getline(in, line);) {
      Json json(line);
      if (json.text("/key") == key && json.text("/state") == state) return json;
    }
    return Json("");
  }
};

TEST_F(Health, ABrokenKeyIsShownAndToldAndNobodyElseNotices) {
  start(shared_threads,
        ratio_follower("bob", "1", never_stale) + ratio_follower("dave", "0.5", never_stale) +
            fmt::format("[alerts]\ncommand = \"{}\"\n", alert_command()),
        {"bob", "dave"});
  ASSERT_FALSE(HasFatalFailure());
  for (int i = 0; i < 5; ++i) lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.venue(R"({"command":"revoke_key","account":"bob"})");
  for (int i = 0; i < 5; ++i) lead("BUY", "BTCUSDT", "0.02", "60000");
  rig.wait_until("bob's card says Error or worse with the venue's words", [&] {
    return card("bob", "status") != "Connected" &&
           card("bob", "message").find("-2015") != std::string::npos;
  });
  rig.wait_until("dave has all of it", [&] {
    return rig.positions()[{"dave", "BTCUSDT", "BOTH"}] == qty("0.1");
  });
  EXPECT_EQ(card("dave", "status"), "Connected");
  EXPECT_EQ(card("alpha", "status"), "Connected");
  rig.wait_until(
      "bob is to be connected again, and somebody was told",
      [&] {
        return card("bob", "status") == "Re-auth needed" && alert("reauth/bob", "firing").valid();
      },
      100s);
  ASSERT_FALSE(HasFatalFailure());
  const Json told = alert("reauth/bob", "firing");
  EXPECT_EQ(told.text("/severity"), "page");
  EXPECT_EQ(told.text("/subject"), "bob");
  EXPECT_NE(told.text("/text").find("-2015"), std::string::npos) << told.source();

  // The operator's word alone does not mend it, and dave goes on.
  const Json resumed(rig.copyctl({"--json", "resume", "bob"}).output);
  EXPECT_EQ(resumed.text("/changed/0/state"), "reduce_only") << resumed.source();
  lead("SELL", "BTCUSDT", "0.2", "60000");
  rig.wait_until("dave is flat", [&] {
    return rig.positions().count({"dave", "BTCUSDT", "BOTH"}) == 0;
  });
  EXPECT_EQ(card("bob", "status"), "Re-auth needed");
  const Json key(rig.key_of("bob"));
  for (const auto& text : {rig.daemon_log(), told.source()}) {
    EXPECT_EQ(text.find(key.text("/secret")), std::string::npos);
    EXPECT_EQ(text.find(key.text("/api_key")), std::string::npos);
  }
  expect_clean_ledger();
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Health, AlertsGoWhereAReloadedFileSaysAndWhatLastsIsTold) {
  start(shared_threads, ratio_follower("bob", "1"), {"bob"});
  ASSERT_FALSE(HasFatalFailure());
  const auto kill_file = rig.state_directory() / "KILL";
  std::ofstream(kill_file) << "pause";
  rig.wait_until("everybody is held back", [&] {
    return rig.daemon_log().find("KILL") != std::string::npos &&
           rig.status().text("/followers/0/state") == "reduce_only";
  });
  rig.configure(shared_threads,
                leader_alpha + ratio_follower("bob", "1") +
                    fmt::format("[alerts]\ncommand = \"{}\"\n", alert_command()));
  const auto result = rig.copyctl({"reload", "--wait"});
  EXPECT_NE(result.output.find("is in force: alerts.command: (absent)"), std::string::npos)
      << result.output << result.errors;
  rig.wait_until("it is told", [&] { return alert("kill_file", "firing").valid(); });
  std::filesystem::remove(kill_file);
  rig.wait_until("its end is told", [&] { return alert("kill_file", "resolved").valid(); });
  EXPECT_EQ(rig.stop_daemon(), 0);
}

TEST_F(Health, AnAlertThatCannotGoAnywhereIsRefusedInWords) {
  rig.start_venue();
  const auto token = rig.directory() / "token";
  std::ofstream(token) << "123:abc\n";
  ::chmod(token.c_str(), 0644);
  rig.configure(shared_threads,
                leader_alpha + ratio_follower("bob", "1") +
                    fmt::format("[alerts]\ncommand = \"/nothing/there\"\ntelegram = {{ chat_id = "
                                "\"-1\", token_file = \"{}\" }}\n",
                                token.string()));
  for (const char* verb : {"check", "run"}) {
    const auto result = rig.run(
        {rig.program("copyd"), verb, "--config", (rig.directory() / "copyd.toml").string()});
    EXPECT_EQ(result.exit_code, 1) << verb;
    const auto said = result.output + result.errors;
    EXPECT_NE(said.find("`alerts.command`: /nothing/there: No such file"), std::string::npos)
        << said;
    EXPECT_NE(said.find("chmod 600"), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace copyd::system_test
