// The key file with the real daemon: damaged anywhere, and after a kill at any moment.
#include <fmt/format.h>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "tests/system/key_rig.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class KeyFile : public KeyTest {
 protected:
  void write(const std::string& content) {
    std::ofstream(key_file(), std::ios::binary | std::ios::trunc) << content;
  }
  std::string key_of_store() const {
    const auto store = open_store();
    return store ? std::string(store->find("bob")->api_key.reveal()) : std::string();
  }
};

// tests/unit/ops changes every byte; here the daemon meets some of them in each part of the file.
TEST_F(KeyFile, OneChangedByteIsToldAndTheFileIsLeftAsItIs) {
  start_daemon();
  rig.connect("alpha");
  rig.connect("bob");
  ASSERT_EQ(rig.stop_daemon(), 0);
  const std::string good = content_of(key_file());
  std::vector<std::size_t> offsets{
      0, 8, 9, 12, 16, 24, 32, 47, 48, 63, 64, 68, good.size() - 33, good.size() - 1};
  for (std::size_t at = 70; at < good.size(); at += good.size() / 16) offsets.push_back(at);
  for (const auto at : offsets) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    write(changed);
    const auto result = rig.run_daemon_to_its_end();
    EXPECT_EQ(result.exit_code, 1) << at;
    EXPECT_NE(result.errors.find("was changed"), std::string::npos) << at << result.errors;
    EXPECT_NE(result.errors.find("backup"), std::string::npos) << at << ": the remedy";
    EXPECT_EQ(content_of(key_file()), changed) << at << ": it is somebody's only copy";
  }
  write(good);
  rig.start_daemon();
  rig.wait_until("both are connected again", [&] {
    return card("alpha").text("/status") == "Connected" &&
           card("bob").text("/status") == "Connected";
  });
}

TEST_F(KeyFile, AKeyThatIsNotItsOwnOpensNothingAndLosesNothing) {
  start_daemon();
  rig.connect("bob");
  ASSERT_EQ(rig.stop_daemon(), 0);
  const std::string good = content_of(key_file());
  const auto keyring = rig.directory() / "credentials/keyring";
  const std::string right = content_of(keyring);
  std::ofstream(keyring, std::ios::binary | std::ios::trunc) << std::string(32, 'w');
  const auto result = rig.run_daemon_to_its_end();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("give the passphrase or credential"), std::string::npos)
      << result.errors;
  EXPECT_EQ(content_of(key_file()), good);
  std::ofstream(keyring, std::ios::binary | std::ios::trunc) << right;
  EXPECT_TRUE(open_store());
}

// Each round begins a rotation or, after a disconnect, a connect, and kills the daemon somewhere in
// it. What is stored then is what was there before or the new key, whole, and the daemon starts
// with it. How long either takes is the machine's: a daemon that died too early to store lives
// longer the next time, one that stored less long, so that the kills gather around that moment.
TEST_F(KeyFile, AKillDuringAConnectOrARotationLeavesWhatWasThereOrTheNewKey) {
  start_daemon();
  rig.connect("alpha");
  const auto began = Clock::now();
  rig.connect("bob");
  const auto takes = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  std::mt19937 random(20260921);
  std::array<std::chrono::microseconds, 2> longest{takes, takes};  // of connects, of rotations
  std::string now = key_of_store();  // "": bob has none
  std::array<int, 2> stored{};       // by connects, by rotations
  constexpr int kills = 24;
  for (int i = 0; i < kills; ++i) {
    if (i % 2 == 0 && !now.empty()) {
      EXPECT_EQ(rig.copyctl({"disconnect", "bob"}).exit_code, 0);
      now.clear();
    }
    const bool rotates = !now.empty();
    const Json fresh = rig.venue(R"({"command":"new_key","account":"bob"})");
    const std::string next = fresh.text("/api_key");
    const std::string secret = fresh.text("/secret");
    const std::string key = key_json(next, "secret", secret);
    std::thread person([&] { rotates ? rotate_to("bob", key) : connect_with("bob", key); });
    auto& most = longest[rotates ? 1 : 0];
    std::uniform_int_distribution<std::int64_t> moment(0, most.count());
    EXPECT_FALSE(rig.daemon().wait(std::chrono::milliseconds(moment(random) / 1000))) << "it ended";
    rig.kill_daemon();
    person.join();
    auto store = open_store();
    ASSERT_TRUE(store) << "kill " << i << ": " << store.error().message();
    const auto* bob = store->find("bob");
    EXPECT_EQ(store->size(), bob != nullptr ? 2U : 1U);
    EXPECT_TRUE(store->find("alpha"));
    const std::string kept(bob != nullptr ? bob->api_key.reveal() : "");
    EXPECT_TRUE(kept == now || kept == next) << "kill " << i;
    if (kept == next) {
      EXPECT_EQ(bob->secret.reveal(), secret);
      ++stored[rotates ? 1 : 0];
      most = most * 3 / 4;
    } else {
      most = most * 3 / 2;
    }
    now = kept;
    rig.start_daemon();
    ASSERT_FALSE(HasFatalFailure());
    rig.wait_until("it has time and symbols",
                   [&] { return rig.status().text("/threads") == "shared"; });
  }
  EXPECT_GT(stored[0], 0) << "too early, all connects";
  EXPECT_LT(stored[0] + stored[1], kills) << "too late, all of them";
  if (now.empty()) rig.connect("bob");
  rig.wait_until_ready({"bob"});
}

}  // namespace
}  // namespace copyd::system_test
