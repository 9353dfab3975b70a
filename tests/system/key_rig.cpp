#include "tests/system/key_rig.hpp"

#include "ops/json.hpp"

namespace copyd::system_test {

std::string key_json(const std::string& api_key, const std::string& half, const std::string& text) {
  return ops::JsonWriter()
      .begin_object()
      .member("api_key", api_key)
      .member(half, text)
      .end_object()
      .take();
}

void KeyTest::start_daemon() {
  rig.start_venue();
  rig.unlock_with_key();
  rig.configure(shared_threads, leader_alpha + ratio_follower("bob", "1"));
  rig.start_daemon();
}

CommandResult KeyTest::connect_with(const std::string& label, const std::string& key) {
  return rig.copyctl({"connect", label, "--stdin"}, key + "\n");
}

CommandResult KeyTest::rotate_to(const std::string& label, const std::string& key) {
  return rig.copyctl({"rotate", label, "--stdin"}, key + "\n");
}

Json KeyTest::card(const std::string& label) {
  const Json all(rig.copyctl({"--json", "accounts"}).output);
  for (int i = 0; i < 16; ++i) {
    const std::string at = "/accounts/" + std::to_string(i);
    if (all.text(at + "/label") != label) continue;
    return Json(simdjson::minify(all.root().at_pointer(at).value()));
  }
  return Json("{}");
}

Result<ops::KeyStore> KeyTest::open_store() const {
  const std::string key = content_of(rig.directory() / "credentials/keyring");
  return ops::KeyStore::open(
      key_file().string(),
      {.kind = ops::Unlock::Kind::key, .secret = Secret::copy_of(key), .cost = {}});
}

std::string KeyTest::present_key(const std::string& label) const {
  const auto at = keys_.find(label);
  return at != keys_.end() ? at->second : Json(rig.key_of(label)).text("/api_key");
}

}  // namespace copyd::system_test
