// Canaries: keys whose every part is known, and then all that was written anywhere is searched for
// them: logs, the journal, replies, errors, the key file, a core.
#include <fcntl.h>
#include <fmt/format.h>
#include <pty.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "engine/process.hpp"
#include "ops/json.hpp"
#include "ops/key_pair.hpp"
#include "tests/system/key_rig.hpp"

namespace copyd::system_test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Secrets : public KeyTest {
 protected:
  Canaries canaries;

  // Of the pair that copyd has made: the end of the test looks for it in all that was written.
  void keep_generated_key_secret(const std::string& label) {
    const auto store = open_store();
    ASSERT_TRUE(store);
    const auto* account = store->find(label);
    ASSERT_TRUE(account);
    ASSERT_EQ(account->key_type, ops::AccountKey::ed25519);
    rig.keep_secret("a generated private key", account->secret.reveal());
  }

  // The key that the passphrase makes; the store's own are made from it.
  void add_store_key(const fs::path& path, const std::string& passphrase) {
    const std::string salt = content_of(path).substr(32, crypto_pwhash_SALTBYTES);
    std::string key(ops::KeyStore::key_size, '\0');
    ASSERT_EQ(
        crypto_pwhash(reinterpret_cast<unsigned char*>(key.data()), key.size(), passphrase.data(),
                      passphrase.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                      crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN,
                      crypto_pwhash_ALG_ARGON2ID13),
        0);
    canaries.add("the key of the store", key);
    const std::string context = salt + "copyd key store: records";
    std::string record_key(key.size(), '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(record_key.data()), record_key.size(),
                       reinterpret_cast<const unsigned char*>(context.data()), context.size(),
                       reinterpret_cast<const unsigned char*>(key.data()), key.size());
    canaries.add("the key of its records", record_key);
  }
};

// copyctl on a terminal of its own, and the person before it.
class Person {
 public:
  explicit Person(std::vector<std::string> command) {
    std::vector<char*> words;
    for (auto& word : command) words.push_back(word.data());
    words.push_back(nullptr);
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    ::execv(words[0], words.data());
    ::_exit(127);
  }
  Person(const Person&) = delete;
  Person& operator=(const Person&) = delete;
  ~Person() {
    if (pid_ > 0 && code_ < 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(terminal_);
  }
  // Reads on until the text stands there; false: it ended before.
  bool sees(const std::string& text) {
    while (shown_.find(text, read_) == std::string::npos) {
      char bytes[512];
      const ssize_t got = ::read(terminal_, bytes, sizeof bytes);
      if (got <= 0) return false;
      shown_.append(bytes, static_cast<std::size_t>(got));
    }
    read_ = shown_.find(text, read_) + text.size();
    return true;
  }
  void types(const std::string& line) {
    const std::string text = line + "\r";
    EXPECT_EQ(::write(terminal_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  int ends() {
    sees("no such words: to the end");
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
  const std::string& shown() const { return shown_; }

 private:
  int terminal_ = -1;
  pid_t pid_ = -1;
  int code_ = -1;
  std::string shown_;
  std::size_t read_ = 0;
};

// From BEGIN to END, with plain line ends.
std::string public_pem(const std::string& shown) {
  const auto begin = shown.find("-----BEGIN PUBLIC KEY-----");
  const std::string end = "-----END PUBLIC KEY-----";
  std::string pem;
  for (const char c : shown.substr(begin, shown.find(end) + end.size() - begin))
    if (c != '\r') pem += c;
  return pem + "\n";
}

std::string new_key_for(const std::string& label, const std::string& pem,
                        const std::string& api_key) {
  return ops::JsonWriter()
      .begin_object()
      .member("command", "new_key")
      .member("account", label)
      .member("key_type", "ed25519")
      .member("public_key_pem", pem)
      .member("api_key", api_key)
      .end_object()
      .take();
}

TEST_F(Secrets, AGeneratedKeysPrivateHalfStaysHereAndAMistypedApiKeyIsAskedForAgain) {
  start_daemon();
  const std::string api_key = "GenCanary" + std::string(55, 'g');
  Person person({rig.program("copyctl"), "--socket", (rig.directory() / "control.sock").string(),
                 "connect", "bob", "--generate"});
  ASSERT_TRUE(person.sees("not shown; empty: give up): ")) << person.shown();
  rig.venue(new_key_for("bob", public_pem(person.shown()), api_key));
  person.types("mistyped");
  ASSERT_TRUE(person.sees("API key is garbled")) << person.shown();
  ASSERT_TRUE(person.sees("not shown; empty: give up): "));
  person.types(api_key);
  EXPECT_EQ(person.ends(), 0) << person.shown();
  EXPECT_NE(person.shown().find("Ed25519 GenC"), std::string::npos) << person.shown();
  EXPECT_EQ(person.shown().find("PRIVATE"), std::string::npos);
  EXPECT_EQ(person.shown().find(api_key.substr(0, 6)), std::string::npos);
  EXPECT_EQ(person.shown().find("mistyped"), std::string::npos);
  rig.connect("alpha");
  rig.wait_until_ready({"bob"});
  keep_generated_key_secret("bob");
  rig.heard(person.shown());
}

TEST_F(Secrets, ARotationToAGeneratedKeyWorksForPrograms) {
  start_daemon();
  rig.connect("alpha");
  rig.connect("bob");
  const auto fifo = rig.directory() / "key-for-copyctl";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int in = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  auto command = engine::Process::spawn(
      {.arguments = {"/bin/sh", "-c",
                     fmt::format("exec {} --json --socket {} rotate bob --generate --stdin < {}",
                                 rig.program("copyctl"),
                                 (rig.directory() / "control.sock").string(), fifo.string())},
       .input = {},
       .error_file = {}});
  ASSERT_TRUE(command);
  const auto line = command->read_line(20s);
  ASSERT_TRUE(line);
  const std::string pem = Json(*line).text("/public_key_pem");
  const std::string api_key = "RotCanary" + std::string(55, 'r');
  rig.venue(new_key_for("bob", pem, api_key));
  const std::string answer = "{\"api_key\":\"" + api_key + "\"}\n";
  ASSERT_EQ(::write(in, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
  ::close(in);
  const Json reply(command->read_line(20s).value_or(""));
  EXPECT_TRUE(reply.truth("/ok")) << reply.source();
  EXPECT_EQ(reply.text("/account/api_key"), "RotC…");
  EXPECT_EQ(command->wait(10s), 0);
  keep_generated_key_secret("bob");
  rig.heard(*line + reply.source());
}

TEST_F(Secrets, NothingThatIsWrittenShowsAKey) {
  rig.start_venue();
  rig.unlock_with_key();
  rig.configure(shared_threads,
                "[log]\nlevel = \"debug\"\n" + leader_alpha + ratio_follower("bob", "1"));
  rig.start_daemon();
  ASSERT_FALSE(HasFatalFailure());
  for (const char* label : {"alpha", "bob", "withdraw"}) connect_with(label, rig.key_of(label));
  rig.wait_until_ready({"bob"});
  rig.venue(trade("BUY", "BTCUSDT", "0.1", "60000"));
  rig.wait_until_quiet(1);
  const std::pair<const char*, const char*> turns[] = {
      {"rsa", "bob"}, {"ed25519", "bob"}, {"ed25519", "alpha"}};
  for (const auto& [type, label] : turns) {
    const Json fresh = rig.venue(
        fmt::format(R"({{"command":"new_key","account":"{}","key_type":"{}"}})", label, type));
    rotate_to(label,
              key_json(fresh.text("/api_key"), "private_key_pem", fresh.text("/private_key_pem")));
    // Refused, and with parts in the wrong place.
    rotate_to("bob", key_json(fresh.text("/private_key_pem"), "secret", fresh.text("/api_key")));
    rig.copyctl({"rotate", label, fresh.text("/api_key")});
  }
  rig.wait_until_ready({"bob"});
  rig.venue(trade("SELL", "BTCUSDT", "0.1", "60000"));
  rig.wait_until_quiet(2);
  // A key that stops working is talked about.
  rig.venue(R"({"command":"revoke_key","account":"bob"})");
  rig.wait_until("it is said", [&] { return rig.daemon_log().find("-2015") != std::string::npos; });
  for (const char* command : {"status", "accounts", "positions", "latency"}) {
    rig.copyctl({command});
    rig.copyctl({command, "--json"});
  }
  rig.copyctl({"journal", "dump", "--state-dir", rig.state_directory().string()});
  rig.copyctl({"disconnect", "bob"});
  EXPECT_EQ(rig.stop_daemon(), 0);
  EXPECT_EQ(rig.find_secrets(), std::vector<std::string>());
}

// The demo is what people run first and show to others. Its venue has the keys of its seed, as the
// rig's has, so they are known here.
TEST_F(Secrets, TheDemoWritesNone) {
  rig.start_venue({"--seed", "7"});
  const auto programs = rig.directory() / "programs";
  const auto temporary = rig.directory() / "demo";
  fs::create_directory(programs);
  fs::create_directory(temporary);
  fs::copy_file(rig.program("copyd"), programs / "copyd");  // it takes the programs beside it
  fs::create_symlink(rig.program("copyctl"), programs / "copyctl");
  std::ofstream(programs / "venue-sim")
      << fmt::format("#!/bin/sh\nexec '{}' --seed 7 \"$@\"\n", rig.program("venue-sim"));
  fs::permissions(programs / "venue-sim", fs::perms::owner_all);
  const auto demo = rig.run({"/usr/bin/env", "TMPDIR=" + temporary.string(),
                             (programs / "copyd").string(), "demo", "--json", "--keep"});
  ASSERT_EQ(demo.exit_code, 0) << demo.output << demo.errors;
  const fs::path kept = Json(demo.output).text("/directory");
  ASSERT_EQ(kept.parent_path(), temporary);
  EXPECT_TRUE(fs::exists(kept / "copyd.log"));
  EXPECT_TRUE(fs::exists(kept / "state/journal"));
  const auto store = ops::KeyStore::open((kept / "state/keys.sealed").string(),
                                         {.kind = ops::Unlock::Kind::passphrase,
                                          .secret = Secret::copy_of("only for this demo"),
                                          .cost = {}});
  ASSERT_TRUE(store && store->find("alpha"));
  ASSERT_EQ(store->find("alpha")->api_key.reveal(), Json(rig.key_of("alpha")).text("/api_key"));
  EXPECT_EQ(rig.find_secrets(), std::vector<std::string>());
}

// The user who owns what `/proc` shows of a process.
uid_t owner_of_memory(engine::Process& process) {
  struct ::stat status {};
  EXPECT_EQ(::stat(fmt::format("/proc/{}/mem", process.pid()).c_str(), &status), 0);
  return status.st_uid;
}

// Whoever else is on this machine, be it with the daemon's own user: the kernel shows nobody but
// root the memory and the environment of a process that asked for it, and leaves no core of it.
TEST_F(Secrets, AnotherProcessSeesNothingOfTheDaemon) {
  rig.start_venue();
  rig.unlock_with_key();
  rig.configure(shared_threads, leader_alpha + ratio_follower("bob", "1"));
  std::vector<std::string> as_user;
  uid_t user = ::getuid();
  if (user == 0) {
    // Of root's processes all belongs to root.
    user = 12'345;
    as_user = {"/usr/bin/setpriv", "--reuid", std::to_string(user), "--clear-groups"};
    auto tried = as_user;
    tried.insert(tried.end(), {rig.program("copyd"), "--version"});
    if (rig.run(tried).exit_code != 0)
      GTEST_SKIP() << "the programs are where no other user can run them";
    ASSERT_EQ(::chown(rig.directory().c_str(), user, 0), 0);
    for (const auto& entry : fs::recursive_directory_iterator(rig.directory()))
      ASSERT_EQ(::chown(entry.path().c_str(), user, 0), 0);
  }
  auto any = as_user;
  any.insert(any.end(), {"/bin/sh", "-c", "echo runs; read nothing; sleep 60"});
  auto other = engine::Process::spawn({.arguments = any, .input = {}, .error_file = {}});
  ASSERT_TRUE(other && other->read_line(20s));
  ASSERT_EQ(owner_of_memory(*other), user) << "what any process shows";

  auto within_core_limit = as_user;
  within_core_limit.insert(
      within_core_limit.end(),
      {"/bin/sh", "-c",
       fmt::format("cd {} && ulimit -c unlimited; exec \"$@\"", rig.directory().string()), "sh"});
  rig.launch_daemon(within_core_limit);
  rig.wait_until("it has opened its keys",
                 [&] { return fs::exists(rig.directory() / "control.sock"); });
  EXPECT_NE(owner_of_memory(rig.daemon()), user);
  rig.daemon().signal(SIGQUIT);
  EXPECT_EQ(rig.daemon().wait(20s), 128 + SIGQUIT);
  for (const auto& entry : fs::directory_iterator(rig.directory()))
    EXPECT_FALSE(entry.path().filename().string().starts_with("core")) << entry.path();
}

// Of a process that has loaded the store and signed with every key of it.
TEST_F(Secrets, ACoreHoldsNoSecret) {
  const auto path = rig.directory() / "keys.sealed";
  const auto passphrase_file = rig.directory() / "passphrase";
  const std::string passphrase = "a passphrase nobody ever guesses";
  std::ofstream(passphrase_file) << passphrase << "\n";
  fs::permissions(passphrase_file, fs::perms::owner_read | fs::perms::owner_write);
  canaries.add("the passphrase", passphrase);
  const std::string secret = "CanarySecretOfTheHmacAccount0123456789";
  canaries.add("the secret", secret);
  const auto pair = ops::new_ed25519_pair();
  const std::string pem(pair.private_key_pem.reveal());
  canaries.add_private_key("the private key", pem);
  {
    auto store = ops::KeyStore::open(path.string(), {.kind = ops::Unlock::Kind::passphrase,
                                                     .secret = Secret::copy_of(passphrase),
                                                     .cost = ops::Argon2id::minimum()});
    ASSERT_TRUE(store);
    const auto put = [&](const char* label, ops::AccountKey type, const std::string& half) {
      return store->add({.label = label,
                         .venue = "custom",
                         .key_type = type,
                         .api_key = Secret::copy_of(std::string("ApiKeyOf") + label),
                         .secret = Secret::copy_of(half)});
    };
    ASSERT_TRUE(put("hmac", ops::AccountKey::hmac, secret));
    ASSERT_TRUE(put("ed25519", ops::AccountKey::ed25519, pem));
    ASSERT_TRUE(store->save());
  }
  add_store_key(path, passphrase);
  auto helper = engine::Process::spawn(
      {.arguments = {"/bin/sh", "-c",
                     fmt::format("cd {} && exec {} {} {}", rig.directory().string(), CORE_HELPER,
                                 path.string(), passphrase_file.string())},
       .input = {},
       .error_file = (rig.directory() / "helper.log").string()});
  ASSERT_TRUE(helper);
  for (int i = 0; i < 2; ++i) {
    const std::string flags = helper->read_line(20s).value_or("");
    EXPECT_NE(flags.find(" dd"), std::string::npos) << "not kept out of cores: " << flags;
// A sanitizer's runtime turns mlock into nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_NE(flags.find(" lo"), std::string::npos) << "not locked: " << flags;
#endif
  }
  EXPECT_EQ(helper->wait(20s), 128 + SIGABRT);
  bool found = false;
  for (const auto& entry : fs::directory_iterator(rig.directory())) {
    if (!entry.path().filename().string().starts_with("core")) continue;
    found = true;
    const std::string core = content_of(entry.path());
    EXPECT_NE(core.find("keys.sealed"), std::string::npos) << "the core has the process's memory";
    EXPECT_EQ(canaries.shown_in(core), std::set<std::string>());
  }
  if (!found)
    GTEST_SKIP() << "this machine writes cores elsewhere, or none: only the flags of the "
                    "secrets' memory were looked at";
}

}  // namespace
}  // namespace copyd::system_test
