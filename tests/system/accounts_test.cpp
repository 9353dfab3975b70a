// Keys at `copyctl connect` and `rotate`: what is refused and in which words, that nothing of it is
// kept, and that another key takes over without a fill being lost.
#include <fmt/format.h>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "engine/process.hpp"
#include "tests/system/key_rig.hpp"
#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using namespace std::chrono_literals;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Refusal {
  const char* name;
  std::string venue;   // a command for its control port
  std::string undo;    // and how it ends
  const char* cause;   // in the error
  const char* remedy;  // and what to change
};

std::string rights(const std::string& flags) {
  return R"({"command":"permissions","account":"bob",)" + flags + "}";
}

std::string refuse(int status, int code, const std::string& words, const char* api) {
  return fmt::format(
      R"({{"command":"refuse_key","account":"bob","status":{},"code":{},"msg":"{}","api":"{}"}})",
      status, code, words, api);
}

const std::string restore = R"({"command":"restore_key","account":"bob"})";

class Accounts : public KeyTest {
 protected:
  // Refused in these words, and nothing of it is kept.
  void expect_refused(const std::string& name, const CommandResult& result,
                      const std::string& cause, const std::string& remedy) {
    EXPECT_EQ(result.exit_code, 1) << name;
    EXPECT_TRUE(has(result.errors, cause)) << name << ": " << result.errors;
    EXPECT_TRUE(has(result.errors, remedy)) << name << ": " << result.errors;
    EXPECT_FALSE(std::filesystem::exists(key_file())) << name;
  }
  void expect_refusals(const std::vector<Refusal>& rows) {
    for (const auto& row : rows) {
      rig.venue(row.venue);
      expect_refused(row.name, connect_with("bob", rig.key_of("bob")), row.cause, row.remedy);
      rig.venue(row.undo);
    }
    EXPECT_EQ(connect_with("bob", rig.key_of("bob")).exit_code, 0) << "it was only that";
  }
};

TEST_F(Accounts, EveryRightThatIsMissingOrTooMuchIsNamedWithWhatToChange) {
  start_daemon();
  const char* off = "switch that right off";
  const char* anew = "make a new key";
  const auto good = rights(
      R"("futures":true,"reading":true,"withdrawals":false,"internal_transfer":false,)"
      R"("universal_transfer":false,"margin":false,"options":false,"portfolio_margin":false,)"
      R"("expires":null,"ip_list":[])");
  expect_refusals({
      {"withdrawals", rights(R"("withdrawals":true)"), good, "\"Enable Withdrawals\"", off},
      {"internal", rights(R"("internal_transfer":true)"), good, "\"Enable Internal Transfer\"",
       off},
      {"universal", rights(R"("universal_transfer":true)"), good, "\"Permits Universal Transfer\"",
       off},
      {"no word of withdrawals", rights(R"("withdrawals":null)"), good,
       "does not say whether this key has \"Enable Withdrawals\"", anew},
      {"no word of internal", rights(R"("internal_transfer":null)"), good,
       "does not say whether this key has \"Enable Internal Transfer\"", anew},
      {"no word of universal", rights(R"("universal_transfer":null)"), good,
       "does not say whether this key has \"Permits Universal Transfer\"", anew},
      {"reading", rights(R"("reading":false)"), good, "may not read", "Enable Reading"},
      {"futures", rights(R"("futures":false)"), good, "may not trade futures", "Enable Futures"},
      {"portfolio margin", rights(R"("futures":false,"portfolio_margin":true)"), good,
       "made for Portfolio Margin", "for futures alone"},
      {"options", rights(R"("futures":false,"options":true)"), good, "made for options",
       "for futures alone"},
      {"margin", rights(R"("futures":false,"margin":true)"), good, "made for margin trading",
       "for futures alone"},
      {"expired", rights(R"("expires":1700000000000)"), good, "has expired", "renew it"},
      {"address", rights(R"("ip_list":["203.0.113.9"])"), good, "from the address 127.0.0.1",
       "add 127.0.0.1 to the key's IP list"},
  });
}

TEST_F(Accounts, EveryRefusalOfTheVenueIsExplainedWithWhatToChange) {
  start_daemon();
  const std::string unknown = "Invalid API-key, IP, or permissions for action.";
  expect_refusals({
      {"elsewhere", refuse(401, -2015, unknown + ", request ip: 198.51.100.7", "any"), restore,
       "from the address 198.51.100.7", "add 198.51.100.7"},
      {"deleted", R"({"command":"revoke_key","account":"bob"})", restore, "does not know this key",
       "A key of the testnet does not work here"},
      {"no such id", refuse(401, -2008, "Invalid Api-Key ID.", "any"), restore,
       "does not know this key", "API Management"},
      {"before futures", refuse(401, -2015, unknown, "futures"), restore,
       "though its permission record is good", "before the futures account was opened"},
      {"locked", refuse(400, -2017, "API Keys are locked on this account.", "any"), restore,
       "has locked the keys", "unlock them"},
      {"archived", refuse(400, -4109, "This account is inactive.", "futures"), restore,
       "account is archived", "wake it up"},
      {"clock",
       refuse(400, -1021, "Timestamp for this request is outside of the recvWindow.", "any"),
       restore, "clock", "try again"},
      {"unwell", refuse(503, -1001, "Internal error.", "any"), restore, "cannot say whether",
       "status page"},
      {"strange", refuse(400, -1130, "Invalid data sent.", "any"), restore,
       "-1130 Invalid data sent.", "the venue's words"},
  });
}

TEST_F(Accounts, AKeyThatIsMiscopiedIsToldFromOneThatIsUnknown) {
  start_daemon();
  const Json bob(rig.key_of("bob"));
  const Json carol(rig.key_of("carol"));
  const auto hmac = [](const std::string& api_key, const std::string& secret) {
    return fmt::format(R"({{"api_key":"{}","secret":"{}"}})", api_key, secret);
  };
  expect_refused("garbled", connect_with("bob", hmac("tooshort", "s")), "API key is garbled",
                 "copy the API key again");
  expect_refused("another venue's", connect_with("bob", hmac(std::string(64, 'x'), "s")),
                 "does not know this key", "testnet");
  expect_refused("secret", connect_with("bob", hmac(bob.text("/api_key"), "wrong")),
                 "the secret does not belong to this API key", "make a new key");
  const Json other = rig.venue(R"({"command":"new_key","account":"dave","key_type":"ed25519"})");
  expect_refused("private key",
                 connect_with("bob", key_json(carol.text("/api_key"), "private_key_pem",
                                              other.text("/private_key_pem"))),
                 "the private key does not belong to this API key", "--generate");
  expect_refused("no private key",
                 connect_with("bob", key_json(bob.text("/api_key"), "private_key_pem",
                                              "-----BEGIN PRIVATE KEY-----\nAAAA\n"
                                              "-----END PRIVATE KEY-----\n")),
                 "the private key cannot be read", "PKCS#8");
}

TEST_F(Accounts, ARotationThatIsRefusedLeavesTheOldKeyInForce) {
  start_daemon();
  EXPECT_TRUE(has(rotate_to("bob", rig.key_of("bob")).errors, "copyctl connect bob"));
  rig.connect("alpha");
  rig.connect("bob");
  rig.wait_until_ready({"bob"});
  const std::string before = content_of(key_file());
  const std::string shown = card("bob").text("/api_key");
  const auto expect_kept = [&](const char* name, const std::string& key, const char* words) {
    const auto result = rotate_to("bob", key);
    EXPECT_EQ(result.exit_code, 1) << name;
    EXPECT_TRUE(has(result.errors, words)) << name << ": " << result.errors;
    EXPECT_EQ(content_of(key_file()), before) << name;
    EXPECT_EQ(card("bob").text("/api_key"), shown) << name;
    EXPECT_EQ(card("bob").text("/status"), "Connected") << name;
  };
  expect_kept("the key it has", rig.key_of("bob"), "is the key that \"bob\" has already");
  expect_kept("another account", rig.key_of("dave"), "of another account than \"bob\"");
  expect_kept("its own leader", rig.key_of("alpha"), "same account as \"alpha\"");
  const Json fresh = rig.venue(R"({"command":"new_key","account":"bob"})");
  const std::string key = key_json(fresh.text("/api_key"), "secret", fresh.text("/secret"));
  rig.venue(fmt::format(R"({{"command":"permissions","account":"bob","api_key":"{}",)"
                        R"("withdrawals":true}})",
                        fresh.text("/api_key")));
  expect_kept("a dangerous right", key, "Enable Withdrawals");
  expect_kept("a wrong secret", key_json(fresh.text("/api_key"), "secret", "wrong"), "-1022");
  EXPECT_TRUE(has(rig.copyctl({"connect", "bob", "--stdin"}, key).errors, "copyctl rotate bob"));
}

TEST_F(Accounts, ALabelOfAnotherVenueIsRefused) {
  rig.start_venue();
  rig.unlock_with_key();
  rig.configure(shared_threads, leader_alpha + ratio_follower("bob", "1"));
  auto store = open_store();
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->add({.label = "bob",
                          .venue = "binance-usdm-testnet",
                          .api_key = Secret::copy_of("k"),
                          .secret = Secret::copy_of("s")}));
  ASSERT_TRUE(store->save());
  rig.start_daemon();
  ASSERT_FALSE(HasFatalFailure());
  rig.wait_until("it is left out", [&] { return has(rig.daemon_log(), "it is left out"); });
  for (const auto& result :
       {connect_with("bob", rig.key_of("bob")), rotate_to("bob", rig.key_of("bob"))}) {
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(has(result.errors, "is an account of binance-usdm-testnet")) << result.errors;
  }
  const auto other =
      rig.copyctl({"connect", "dave", "--venue", "binance-usdm", "--stdin"}, rig.key_of("dave"));
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_TRUE(has(other.errors, "works with custom, not binance-usdm")) << other.errors;
}

// The record is read again at every start; what it says since then holds the account back until
// the right is gone and the operator, or another key, ends it.
TEST_F(Accounts, ARightThatIsSwitchedOnLaterHoldsTheFollowerBack) {
  start_daemon();
  rig.connect("alpha");
  rig.connect("bob");
  ASSERT_EQ(rig.stop_daemon(), 0);
  rig.venue(rights(R"("withdrawals":true)"));
  rig.start_daemon();
  rig.wait_until("bob is held back", [&] {
    const Json now = rig.status();
    return now.text("/followers/0/state") == "reduce_only" && has(now.source(), "\"health\"") &&
           now.truth("/ready");
  });
  EXPECT_EQ(card("bob").text("/status"), "Re-auth needed");
  EXPECT_TRUE(has(card("bob").text("/message"), "Enable Withdrawals"));
  rig.venue(trade("BUY", "BTCUSDT", "0.2", "60000"));
  rig.wait_until("the fill is skipped",
                 [&] { return rig.status().number("/followers/0/outcomes/skipped") == 1; });
  rig.venue(rights(R"("withdrawals":false)"));
  EXPECT_EQ(rig.copyctl({"resume", "bob"}).exit_code, 0);
  rig.wait_until("it is well again", [&] {
    return card("bob").text("/status") == "Connected" &&
           rig.status().text("/followers/0/state") == "active";
  });
}

TEST_F(Accounts, ARotationEndsReAuthNeeded) {
  start_daemon();
  rig.connect("alpha");
  rig.connect("bob");
  ASSERT_EQ(rig.stop_daemon(), 0);
  rig.venue(rights(R"("universal_transfer":true)"));
  rig.start_daemon();
  rig.wait_until("bob is refused", [&] { return card("bob").text("/status") == "Re-auth needed"; });
  const Json fresh = rig.venue(R"({"command":"new_key","account":"bob","key_type":"rsa"})");
  const auto rotated = rotate_to(
      "bob", key_json(fresh.text("/api_key"), "private_key_pem", fresh.text("/private_key_pem")));
  EXPECT_EQ(rotated.exit_code, 0) << rotated.errors;
  EXPECT_TRUE(has(rotated.output, "RSA")) << rotated.output;
  EXPECT_TRUE(has(rotated.output, "delete it at the venue")) << rotated.output;
  rig.wait_until("it is well again", [&] {
    return card("bob").text("/status") == "Connected" &&
           rig.status().text("/followers/0/state") == "active";
  });
}

// The leader trades on while its key and its followers' are replaced, and the old ones deleted.
TEST_F(Accounts, NoFillIsLostWhileKeysAreRotated) {
  rig.start_venue();
  rig.unlock_with_key();
  rig.configure("threads = \"dedicated\"", leader_alpha +
                                               ratio_follower("bob", "0.5", never_stale) +
                                               ratio_follower("carol", "1", never_stale));
  rig.start_daemon();
  for (const char* label : {"alpha", "bob", "carol"}) rig.connect(label);
  rig.wait_until_ready({"bob", "carol"});
  ASSERT_FALSE(HasFatalFailure());
  std::mutex mutex;
  std::condition_variable ended;
  std::atomic<bool> enough{false};
  std::atomic<int> trades{0};
  std::thread leader([&] {
    auto control = engine::LineClient::connect(rig.control_address());
    for (int i = 0; control && (!enough || i % 4 != 0); ++i) {
      const bool buys = i % 4 != 3;  // up, up, up, and a part of it down again
      if (!control->call(trade(buys ? "BUY" : "SELL", "BTCUSDT", "0.010", "60000"))) break;
      ++trades;
      std::unique_lock lock(mutex);
      ended.wait_for(lock, 20ms, [&] { return enough.load(); });
    }
  });
  const char* types[] = {"ed25519", "hmac", "rsa"};
  const char* labels[] = {"alpha", "bob", "carol"};
  for (int round = 0; round < 6; ++round) {
    const std::string label = labels[round % 3];
    const std::string type = types[(round + round / 3) % 3];
    const Json fresh = rig.venue(
        fmt::format(R"({{"command":"new_key","account":"{}","key_type":"{}"}})", label, type));
    const char* half = type == "hmac" ? "secret" : "private_key_pem";
    const auto rotated = rotate_to(
        label, key_json(fresh.text("/api_key"), half, fresh.text(std::string("/") + half)));
    EXPECT_EQ(rotated.exit_code, 0) << rotated.errors;
    rig.venue(fmt::format(R"({{"command":"delete_key","api_key":"{}"}})", present_key(label)));
    remember(label, fresh.text("/api_key"));
    const int before = trades;
    rig.wait_until("the leader trades on", [&] { return trades >= before + 8; });
  }
  {
    const std::lock_guard lock(mutex);
    enough = true;
  }
  ended.notify_all();
  leader.join();
  rig.wait_until_quiet(trades, 60s);
  auto held = rig.positions();
  const auto alpha = held[{"alpha", "BTCUSDT", "BOTH"}];
  Qty led;
  for (int i = 0; i < trades; i += 4) led += qty("0.02");  // three up, one down
  EXPECT_EQ(alpha, led);
  const auto bob = held[{"bob", "BTCUSDT", "BOTH"}];
  EXPECT_EQ(bob + bob, alpha);
  // In hedge mode a short of its own stands for what was sold beyond the long.
  EXPECT_EQ((held[{"carol", "BTCUSDT", "LONG"}] + held[{"carol", "BTCUSDT", "SHORT"}]), alpha);
  expect_clean_ledger();
}

// The daemon runs beside it all the while.
TEST_F(Accounts, CheckOnlineTriesEachStoredKeyAndChangesNothing) {
  start_daemon();
  const auto nobody = rig.check({"--online"});
  EXPECT_EQ(nobody.exit_code, 0) << nobody.output << nobody.errors;
  EXPECT_TRUE(has(nobody.output, "bob (follower): not connected: copyctl connect bob"));
  rig.connect("alpha");
  rig.connect("bob");
  rig.wait_until_ready({"bob"});
  const auto good = rig.check({"--online"});
  EXPECT_EQ(good.exit_code, 0) << good.output << good.errors;
  EXPECT_TRUE(has(good.output, "alpha (leader): the key works [HMAC ")) << good.output;
  const std::string store = content_of(key_file());

  rig.venue(rights(R"("withdrawals":true)"));
  const auto dangerous = rig.check({"--online"});
  EXPECT_EQ(dangerous.exit_code, 1);
  EXPECT_TRUE(has(dangerous.output, "alpha (leader): the key works")) << dangerous.output;
  EXPECT_TRUE(has(dangerous.output, "bob (follower): ")) << dangerous.output;
  EXPECT_TRUE(has(dangerous.output, "Enable Withdrawals")) << dangerous.output;
  rig.venue(rights(R"("withdrawals":false)"));

  rig.venue(refuse(401, -2015, "Invalid API-key, IP, or permissions for action.", "any"));
  const Json json(rig.check({"--online", "--json"}).output);
  EXPECT_TRUE(json.valid()) << json.source();
  EXPECT_FALSE(json.truth("/ok"));
  EXPECT_TRUE(json.truth("/accounts/0/ok")) << json.source();
  EXPECT_EQ(json.text("/accounts/1/label"), "bob");
  EXPECT_FALSE(json.truth("/accounts/1/ok"));
  EXPECT_TRUE(has(json.text("/accounts/1/error"), "-2015")) << json.source();
  EXPECT_FALSE(json.text("/accounts/1/remedy").empty());
  EXPECT_FALSE(json.truth("/accounts/2/ok")) << "no third: " << json.source();
  rig.venue(restore);
  EXPECT_EQ(content_of(key_file()), store);
  EXPECT_EQ(rig.check({}).exit_code, 0);
  EXPECT_TRUE(rig.daemon_runs());
}

TEST_F(Accounts, CheckOnlineSaysWhyItCouldNotAsk) {
  start_daemon();
  rig.connect("alpha");
  // A passphrase, and the store was sealed with a key.
  const auto file = (rig.directory() / "copyd.toml").string();
  const auto locked = rig.run({rig.program("copyd"), "check", "--config", file, "--online",
                               "--passphrase-file", (rig.directory() / "passphrase").string()});
  EXPECT_EQ(locked.exit_code, 1);
  EXPECT_TRUE(has(locked.output, "give the credential that it was made with"))
      << locked.output << locked.errors;
  std::string text = content_of(file);
  const auto rest = text.find("rest = \"") + 8;
  text.replace(rest, text.find('"', rest) - rest, "https://127.0.0.1:1");
  std::ofstream(file) << text;
  const auto silent = rig.check({"--online"});
  EXPECT_EQ(silent.exit_code, 1);
  EXPECT_TRUE(has(silent.output, "the venue does not answer")) << silent.output << silent.errors;
  const Json json(rig.check({"--online", "--json"}).output);
  EXPECT_FALSE(json.truth("/ok"));
  EXPECT_TRUE(has(json.text("/remedy"), "venue.rest")) << json.source();
}

}  // namespace
}  // namespace copyd::system_test
