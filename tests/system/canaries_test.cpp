// The search itself: that it finds what it is there for, in every form, and nothing else.
#include "tests/system/canaries.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <fstream>

#include "ops/key_pair.hpp"
#include "tests/system/scenes.hpp"

namespace copyd::system_test {
namespace {

using Names = std::set<std::string>;
const std::string secret = "hXk3vQ0aZ9rLw7TnB2yMd8sUe5JpCf1G";

TEST(Canaries, ASecretShowsInAnyForm) {
  Canaries canaries;
  canaries.add("it", secret);
  EXPECT_EQ(canaries.shown_in("level=info key=" + secret + " and more"), Names{"it"});
  EXPECT_EQ(canaries.shown_in(secret.substr(9, Canaries::run)), Names{"it"}) << "a part of it";
  EXPECT_EQ(canaries.shown_in(std::string(100'000, '\0') + secret), Names{"it"});
  EXPECT_EQ(canaries.shown_in("68586b337651"), Names()) << "less than a run";
  EXPECT_EQ(canaries.shown_in("68586b33765130"), Names{"it"}) << "in hex";
}

TEST(Canaries, AnythingElseDoesNot) {
  Canaries canaries;
  canaries.add("it", secret);
  canaries.add("a short one", "abc");
  for (const auto& text : {std::string(), std::string(10'000, '\0'), secret.substr(0, 4) + "…",
                           secret.substr(0, Canaries::run - 1), std::string("abc")})
    EXPECT_EQ(canaries.shown_in(text), Names()) << text;
}

TEST(Canaries, APrivateKeyShowsInBase64BytesAndHex) {
  const auto pair = ops::new_ed25519_pair();
  const std::string pem(pair.private_key_pem.reveal());
  Canaries canaries;
  canaries.add_private_key("the key", pem);
  const std::string seed = decoded_base64(pem_body(pem)).substr(16);
  EXPECT_EQ(canaries.shown_in(pem), Names{"the key"});
  EXPECT_EQ(canaries.shown_in("x" + seed + "x"), Names{"the key"});
  const auto other = ops::new_ed25519_pair();
  EXPECT_EQ(canaries.shown_in(other.private_key_pem.reveal()), Names());
  EXPECT_EQ(canaries.shown_in(pair.public_key_pem), Names());
}

// The whole of it: a key in a log line, in a file and in an answer fails the test that wrote them.
TEST(Canaries, TheRigFindsWhatWasWritten) {
  Rig rig;
  rig.start_venue();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  const Json key(rig.key_of("bob"));
  std::ofstream(rig.directory() / "copyd.log", std::ios::app)
      << "asked with " << key.text("/secret");
  std::ofstream(rig.state_directory() / "odd", std::ios::binary)
      << std::string(4096, '\0') << key.text("/api_key").substr(20, 20);
  rig.heard("{\"private_key_pem\":\"" + Json(rig.key_of("alpha")).text("/api_key") + "\"}");
  auto found = rig.find_secrets();
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{"an answer shows an API key",
                                             "copyd.log shows a key's secret",
                                             "state/odd shows an API key"}));
}

}  // namespace
}  // namespace copyd::system_test
