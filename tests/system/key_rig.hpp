// KeyTest: what the tests of keys have in common: a daemon whose store opens with a key, one leader
// and one follower, and keys given, replaced and looked at.
#pragma once

#include <gtest/gtest.h>
#include <map>
#include <string>

#include "core/result.hpp"
#include "ops/key_store.hpp"
#include "tests/system/scenes.hpp"

namespace copyd::system_test {

// {"api_key":…,HALF:…}, as `--stdin` reads it. `half`: "secret" or "private_key_pem".
std::string key_json(const std::string& api_key, const std::string& half, const std::string& text);

class KeyTest : public CopyTest {
 protected:
  // The venue and the daemon, nobody connected.
  void start_daemon();
  CommandResult connect_with(const std::string& label, const std::string& key);
  CommandResult rotate_to(const std::string& label, const std::string& key);
  Json card(const std::string& label);
  std::filesystem::path key_file() const { return rig.state_directory() / "keys.sealed"; }
  // The store as the daemon has left it.
  Result<ops::KeyStore> open_store() const;
  // The API key a label has at present: the one it began with, or the one last remembered.
  std::string present_key(const std::string& label) const;
  void remember(const std::string& label, const std::string& api_key) { keys_[label] = api_key; }

 private:
  std::map<std::string, std::string> keys_;
};

}  // namespace copyd::system_test
