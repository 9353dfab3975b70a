#include "ops/key_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <type_traits>

#include "ops/file_descriptor.hpp"
#include "temporary_directory.hpp"

namespace copyd::ops {
namespace {

static_assert(!std::is_copy_constructible_v<Account>);

constexpr std::string_view canary_key = "CANARYAPIKEY0123456789";
constexpr std::string_view canary_secret = "CANARYSECRET9876543210";

Unlock by_key(char fill = 'k') {
  return {.kind = Unlock::Kind::key,
          .secret = Secret::copy_of(std::string(KeyStore::key_size, fill)),
          .cost = {}};
}

Unlock by_passphrase(std::string_view passphrase) {
  return {.kind = Unlock::Kind::passphrase,
          .secret = Secret::copy_of(passphrase),
          .cost = Argon2id::minimum()};
}

Account account(std::string label, std::string_view secret = canary_secret) {
  Account made;
  made.label = std::move(label);
  made.venue = "binance-usdm";
  made.key_type = AccountKey::ed25519;
  made.api_key = Secret::copy_of(canary_key);
  made.secret = Secret::copy_of(secret);
  made.created_ns = 1'790'000'000'123'456'789;
  made.alias = "SgsR";
  return made;
}

boost::system::error_code error_of(const std::string& path, const Unlock& unlock) {
  const auto store = KeyStore::open(path, unlock);
  return store.has_error() ? store.error() : boost::system::error_code();
}

// A store of two accounts; returns the file.
std::string make_store(const std::string& path, const Unlock& unlock) {
  auto store = KeyStore::open(path, unlock);
  EXPECT_TRUE(store.has_value());
  EXPECT_TRUE(store->add(account("alpha")).has_value());
  EXPECT_TRUE(store->add(account("bob")).has_value());
  EXPECT_TRUE(store->save().has_value());
  return content_of(path);
}

void expect_round_trip(const Unlock& unlock) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  make_store(path, unlock);
  const auto store = KeyStore::open(path, unlock);
  ASSERT_TRUE(store.has_value());
  EXPECT_EQ(store->labels(), (std::vector<std::string>{"alpha", "bob"}));
  const Account* bob = store->find("bob");
  ASSERT_NE(bob, nullptr);
  EXPECT_EQ(bob->label, "bob");
  EXPECT_EQ(bob->venue, "binance-usdm");
  EXPECT_EQ(bob->key_type, AccountKey::ed25519);
  EXPECT_EQ(bob->api_key.reveal(), canary_key);
  EXPECT_EQ(bob->secret.reveal(), canary_secret);
  EXPECT_EQ(bob->created_ns, 1'790'000'000'123'456'789);
  EXPECT_EQ(bob->alias, "SgsR");
  EXPECT_EQ(store->find("carol"), nullptr);
}

TEST(KeyStore, GivesBackWhatWasStoredUnderAKey) {
  expect_round_trip(by_key());
}
TEST(KeyStore, GivesBackWhatWasStoredUnderAPassphrase) {
  expect_round_trip(by_passphrase("correct horse"));
}

TEST(KeyStore, AnAbsentFileIsAnEmptyStoreThatOpeningDoesNotMake) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  const auto store = KeyStore::open(path, by_key());
  ASSERT_TRUE(store.has_value());
  EXPECT_EQ(store->size(), 0U);
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(store->save().has_value());
  EXPECT_FALSE(error_of(path, by_key()));
}

TEST(KeyStore, AFileThatCannotBeReadIsTheSystemsError) {
  const TemporaryDirectory directory;
  EXPECT_EQ(error_of(directory.path(), by_key()), boost::system::errc::is_a_directory);
  const auto store = KeyStore::open(directory.file("no/such/directory"), by_key());
  ASSERT_TRUE(store.has_value());
  EXPECT_EQ(store->save().error(), boost::system::errc::no_such_file_or_directory);
}

TEST(KeyStore, TheWrongKeyOpensNothing) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  make_store(path, by_key());
  EXPECT_EQ(error_of(path, by_key('x')), Errc::unlock_failed);
  EXPECT_EQ(error_of(path, by_passphrase("kkkk")), Errc::unlock_failed);
  EXPECT_EQ(KeyStore::opened_by(path), Unlock::Kind::key);
  EXPECT_EQ(KeyStore::opened_by(directory.file("none")), std::nullopt);
  Unlock cut = by_key();
  cut.secret = Secret::copy_of("kkk");
  EXPECT_EQ(error_of(path, cut), Errc::unlock_failed);
}

TEST(KeyStore, TheWrongPassphraseOpensNothing) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  make_store(path, by_passphrase("correct horse"));
  EXPECT_FALSE(error_of(path, by_passphrase("correct horse")));
  EXPECT_EQ(error_of(path, by_passphrase("correct horsf")), Errc::unlock_failed);
  EXPECT_EQ(error_of(path, by_passphrase("correct hors")), Errc::unlock_failed);
  EXPECT_EQ(error_of(path, by_passphrase("")), Errc::unlock_failed);
  EXPECT_EQ(KeyStore::opened_by(path), Unlock::Kind::passphrase);
  EXPECT_EQ(error_of(path, by_key()), Errc::unlock_failed);
}

void expect_every_change_to_be_found(const Unlock& unlock) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  const std::string good = make_store(path, unlock);
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff, 0x00}) {
      const char changed = static_cast<char>(good[at] ^ flip);
      ASSERT_EQ(::pwrite(file.get(), &changed, 1, static_cast<off_t>(at)), 1);
      if (flip == 0) continue;  // the last one puts the byte back
      ASSERT_EQ(error_of(path, unlock), Errc::unlock_failed) << "byte " << at << " ^ " << flip;
    }
  }
  EXPECT_EQ(content_of(path), good);
  EXPECT_FALSE(error_of(path, unlock));
}

TEST(KeyStore, EveryChangedByteIsFoundUnderAKey) {
  expect_every_change_to_be_found(by_key());
}
TEST(KeyStore, EveryChangedByteIsFoundUnderAPassphrase) {
  expect_every_change_to_be_found(by_passphrase("p"));
}

TEST(KeyStore, EveryTruncationIsFound) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  const std::string good = make_store(path, by_key());
  for (std::size_t size = good.size(); size-- > 0;) {
    ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(size)), 0);
    ASSERT_EQ(error_of(path, by_key()), Errc::unlock_failed) << size;
  }
  put(path, good + '\0');
  EXPECT_EQ(error_of(path, by_key()), Errc::unlock_failed);
}

// The two records of the file have the same size when their labels have.
TEST(KeyStore, SwappedRemovedAndForeignRecordsAreFound) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  auto store = KeyStore::open(path, by_key());
  ASSERT_TRUE(store.has_value());
  ASSERT_TRUE(store->add(account("one")).has_value());
  ASSERT_TRUE(store->add(account("two")).has_value());
  ASSERT_TRUE(store->save().has_value());
  const std::string good = content_of(path);
  constexpr std::size_t header = 64;
  constexpr std::size_t mac = 32;
  const std::size_t record = (good.size() - header - mac) / 2;
  const std::string head = good.substr(0, header);
  const std::string first = good.substr(header, record);
  const std::string second = good.substr(header + record, record);
  const std::string tail = good.substr(header + 2 * record);
  ASSERT_EQ(head + first + second + tail, good);
  for (const std::string& changed :
       {head + second + first + tail, head + first + tail, head + second + tail,
        head + first + first + tail, head + first + second + first + tail}) {
    put(path, changed);
    EXPECT_EQ(error_of(path, by_key()), Errc::unlock_failed);
  }
  // A whole record of the same store, written at another time.
  ASSERT_TRUE(store->save().has_value());
  const std::string later = content_of(path);
  put(path, head + first + later.substr(header + record));
  EXPECT_EQ(error_of(path, by_key()), Errc::unlock_failed);
}

TEST(KeyStore, TheFileShowsNothingAndIsItsOwnersAlone) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  put(path + ".new", "left behind", 0666);
  const std::string file = make_store(path, by_passphrase("correct horse"));
  for (const std::string_view text : {canary_key, canary_secret, std::string_view("alpha"),
                                      std::string_view("binance"), std::string_view("correct")}) {
    EXPECT_EQ(file.find(text), std::string::npos) << text;
  }
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(KeyStore, EachWritingDiffersButOpens) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  const std::string first = make_store(path, by_key());
  const auto store = KeyStore::open(path, by_key());
  ASSERT_TRUE(store.has_value() && store->save().has_value());
  EXPECT_NE(content_of(path), first);
  EXPECT_FALSE(error_of(path, by_key()));
}

TEST(KeyStore, AddsRemovesAndReplaces) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  make_store(path, by_key());
  auto store = KeyStore::open(path, by_key());
  ASSERT_TRUE(store.has_value());
  EXPECT_EQ(store->add(account("bob")).error(), Errc::account_exists);
  EXPECT_EQ(store->remove("carol").error(), Errc::no_such_account);
  EXPECT_EQ(store->replace(account("carol")).error(), Errc::no_such_account);
  EXPECT_EQ(store->add(account("")).error(), Errc::refused);
  EXPECT_EQ(store->add(account(std::string(32, 'l'))).error(), Errc::refused);
  EXPECT_EQ(store->add(account("empty", "")).error(), Errc::refused);
  const auto before = store->replace(account("bob", "another secret"));
  ASSERT_TRUE(before.has_value());
  EXPECT_EQ(before->secret.reveal(), canary_secret);
  ASSERT_TRUE(store->remove("alpha").has_value());
  ASSERT_TRUE(store->save().has_value());

  const auto again = KeyStore::open(path, by_key());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->labels(), (std::vector<std::string>{"bob"}));
  EXPECT_EQ(again->find("bob")->secret.reveal(), "another secret");
}

// A process that ends at any step of the replacement leaves the old file or the new one.
TEST(KeyStore, KilledWhileSavingItKeepsTheOldOrTheNew) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  for (const ReplaceStep step :
       {ReplaceStep::created, ReplaceStep::half_written, ReplaceStep::written, ReplaceStep::synced,
        ReplaceStep::renamed, ReplaceStep::done}) {
    std::filesystem::remove(path);
    make_store(path, by_key());
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto store = KeyStore::open(path, by_key());
      if (store.has_error() || store->add(account("carol")).has_error()) ::_exit(1);
      [[maybe_unused]] const auto saved = store->save([&](ReplaceStep now) {
        if (now == step) ::_exit(77);
      });
      ::_exit(2);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 77) << status;
    auto store = KeyStore::open(path, by_key());
    ASSERT_TRUE(store.has_value());
    const bool renamed = step == ReplaceStep::renamed || step == ReplaceStep::done;
    EXPECT_EQ(store->size(), renamed ? 3U : 2U);
    // What was left behind does not hinder the next one.
    ASSERT_TRUE(store->save().has_value());
    EXPECT_FALSE(std::filesystem::exists(path + ".new"));
  }
}

// Written by the format's first version, which did not keep the venue's name of the account.
TEST(KeyStore, AFileOfTheFirstVersionIsReadAndWrittenAnew) {
  constexpr std::string_view hex =
      "636f7079646b6579010000000100000000000000000000000000000000000000179266e6b625d76a"
      "fe195823e888967c55b5ab15b6e123e0f34a28ecd1e5b48b53000000484be1752ef41abfd1290736"
      "598d34b84f8afa3a4aa6420971ebdad29d03311c12a7830f018e67985867023278060e2651698756"
      "0daac84905af58700e5ad0effa162e90d836984469de9373bcc7ce3d0fd8df7c22e9422a82e59898"
      "ce03cbe4aebf15ac99b09ea818d95ff5f3bb8c3f142295";
  std::string file(hex.size() / 2, '\0');
  ASSERT_EQ(sodium_hex2bin(reinterpret_cast<unsigned char*>(file.data()), file.size(), hex.data(),
                           hex.size(), nullptr, nullptr, nullptr),
            0);
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  std::ofstream(path, std::ios::binary) << file;
  const Unlock unlock{
      .kind = Unlock::Kind::key, .secret = Secret::copy_of(std::string(32, 'k')), .cost = {}};
  for (int i = 0; i < 2; ++i) {
    const auto store = KeyStore::open(path, unlock);
    ASSERT_TRUE(store.has_value()) << i;
    const Account* bob = store->find("bob");
    ASSERT_NE(bob, nullptr);
    EXPECT_EQ(bob->api_key.reveal(), "KEY");
    EXPECT_EQ(bob->secret.reveal(), "SECRET");
    EXPECT_EQ(bob->created_ns, 5);
    EXPECT_EQ(bob->alias, "");
    ASSERT_TRUE(store->save().has_value());
  }
}

TEST(KeyStore, AFailedSaveKeepsTheOldFile) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("keys.sealed");
  const std::string good = make_store(path, by_key());
  auto store = KeyStore::open(path, by_key());
  ASSERT_TRUE(store.has_value() && store->remove("bob").has_value());
  std::filesystem::create_directories(path + ".new/in the way");
  EXPECT_TRUE(store->save().has_error());
  EXPECT_EQ(content_of(path), good);
}

}  // namespace
}  // namespace copyd::ops
