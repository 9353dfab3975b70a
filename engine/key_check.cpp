#include "engine/key_check.hpp"

#include <fmt/format.h>

#include <map>
#include <thread>

namespace copyd::engine {
namespace {

constexpr std::chrono::milliseconds turn{1};

class KeyCheck {
 public:
  explicit KeyCheck(const KeyCheckParts& parts)
      : parts_(parts),
        roster_(parts.config),
        trial_{.venue = parts.venue,
               .testnet = parts.config.venue.name == config::Venue::Name::binance_usdm_testnet} {
    parts_.venue.count_into(address_);
    if (parts_.store == nullptr) return;
    for (const auto& label : parts_.store->labels()) roster_.at(label);
  }

  ops::Outcome<std::vector<CheckedKey>> run() {
    std::optional<std::string> silence;
    wait([&](const auto& done) {
      parts_.venue.time([&silence, done](std::optional<TimeReading> reading, const auto& why) {
        if (!reading) silence = why;
        done();
      });
    });
    if (silence)
      return ops::Failure{.error = "the venue does not answer: " + *silence,
                          .remedy = "check the network, venue.rest and venue.ca_file"};
    std::vector<CheckedKey> checked;
    for (const auto& account : roster_.accounts()) checked.push_back(check(account));
    return checked;
  }

 private:
  // Begins what tells that it is done, and waits until it has.
  template <class Begin>
  void wait(Begin begin) {
    bool done = false;
    begin([&done] { done = true; });
    while (!done) take_turn();
  }
  void take_turn() {
    if (parts_.venue.poll(parts_.clock.now()) == 0) std::this_thread::sleep_for(turn);
  }

  CheckedKey check(const RosterAccount& account) {
    CheckedKey checked{.label = account.label, .role = account.role()};
    const auto* stored = parts_.store != nullptr ? parts_.store->find(account.label) : nullptr;
    if (stored == nullptr) {
      checked.warnings.push_back("not connected: copyctl connect " + account.label);
      return checked;
    }
    checked.key_type = stored->key_type;
    checked.api_key = masked(stored->api_key.reveal());
    if (stored->venue != parts_.venue_name) {
      checked.warnings.push_back(
          fmt::format("not asked: it is an account of {}, and venue.name is {}", stored->venue,
                      parts_.venue_name));
      return checked;
    }
    try_key(*stored, checked);
    if (checked.good() && account.role() == Role::none) checked.warnings.emplace_back(unused_label);
    return checked;
  }

  void try_key(const ops::Account& stored, CheckedKey& checked) {
    auto credentials = credentials_of(stored);
    if (!credentials) {
      checked.failure = ops::Failure{
          .error = "the stored private key cannot be read",
          .remedy = fmt::format("give it another key: copyctl rotate {}", checked.label)};
      return;
    }
    while (!parts_.venue.has_room()) take_turn();
    wait([&](const auto& done) {
      trial_.begin(*credentials, stored.key_type, checked.role,
                   [&checked, this, done](ops::Outcome<KeyFindings> outcome) {
                     if (outcome) take(std::move(outcome).value(), checked);
                     else checked.failure = std::move(outcome).error();
                     done();
                   });
    });
  }

  void take(KeyFindings found, CheckedKey& checked) {
    checked.warnings = std::move(found.warnings);
    const auto [first, is_first] = label_of_.emplace(found.alias, checked.label);
    if (is_first) return;
    checked.failure = ops::Failure{
        .error = fmt::format("this key is of the same account as \"{}\"", first->second),
        .remedy = "an account has one label: copyctl disconnect one of them"};
  }

  KeyCheckParts parts_;
  Roster roster_;
  KeyTrial trial_;
  venue::AddressWeight address_;
  std::map<std::string, std::string> label_of_;  // by alias
};

}  // namespace

ops::Outcome<std::vector<CheckedKey>> check_keys(const KeyCheckParts& parts) {
  return KeyCheck(parts).run();
}

std::string as_text(const std::vector<CheckedKey>& keys) {
  std::string text;
  for (const auto& key : keys) {
    text += fmt::format("{} ({}): ", key.label,
                        key.role == Role::none ? "in no role" : name_of(key.role));
    if (key.failure) text += fmt::format("{}: {}", key.failure->error, key.failure->remedy);
    else if (!key.key_type || !key.warnings.empty()) text += key.warnings.front();
    else text += "the key works";
    if (key.key_type) text += fmt::format(" [{} {}]", ops::name_of(*key.key_type), key.api_key);
    text += "\n";
    const bool shown = !key.failure && !key.warnings.empty();
    for (std::size_t i = shown ? 1 : 0; i < key.warnings.size(); ++i)
      text += fmt::format("  {}\n", key.warnings[i]);
  }
  return text;
}

void write(ops::JsonWriter& out, const std::vector<CheckedKey>& keys) {
  out.begin_array();
  for (const auto& key : keys) {
    out.begin_object().member("label", key.label).member("role", name_of(key.role));
    out.key("key_type");
    if (key.key_type) out.value(ops::name_of(*key.key_type));
    else out.null();
    out.key("api_key");
    if (key.key_type) out.value(key.api_key);
    else out.null();
    out.member("ok", key.good());
    if (key.failure) out.member("error", key.failure->error).member("remedy", key.failure->remedy);
    out.key("warnings").begin_array();
    for (const auto& warning : key.warnings) out.value(warning);
    out.end_array().end_object();
  }
  out.end_array();
}

}  // namespace copyd::engine
